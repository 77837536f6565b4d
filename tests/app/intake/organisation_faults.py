"""Faults put into the example of the organisation file, and what is said of each."""

AGREED = 'standby_breaks_weekly_rest = false\nagreement = "LOK 25"'
HOURS = 'days = ["mon", "tue", "wed", "thu", "fri"], from = "17:00", to = "22:00"'

# Each replaces the first of *old* in the example; the fault stands on the line of *new*'s last.
FAULTS = [
    # ids
    ('id = "t2"', 'id = "T2"', "therapists.id", "an id is lower-case letters"),
    ('id = "t2"', 'id = "t 2"', "therapists.id", "an id is lower-case letters"),
    ('id = "t2"', 'id = ""', "therapists.id", "an id is lower-case letters"),
    ('id = "t2"', 'id = "-t2"', "therapists.id", "an id is lower-case letters"),
    ('id = "t2"', 'id = "office"', "therapists.id", "means something else"),
    ('id = "t2"', 'id = "fallback-1"', "therapists.id", "means something else"),
    ('id = "t2"', 'id = "t1"', "therapists.id", "another of the same kind has this id"),
    ('id = "jarva"', 'id = "hasselby-vallingby"', "districts.id", "another of the same kind"),
    # references
    ('district = "jarva"', 'district = "farsta"', "therapists.district", "no such district"),
    ('"t4", "t5", "t6"', '"t4", "t9", "t6"', "districts.handover.notify", "no such therapist"),
    ('staff_of = "jarva"', 'staff_of = "farsta"', "mandates.staff_of", "no such district"),
    ('principal = "jarva"', 'principal = "farsta"', "mandates.principal", "no such district"),
    ('["hasselby-vallingby", "jarva"]', '["farsta"]', "lines.districts", "no such district"),
    # numbers
    ('"+46701740605"', '"112"', "therapists.phone", "not a valid telephone number"),
    ('"+46701740605"', '"070-174"', "therapists.phone", "not a valid telephone number"),
    ('"+46701740606"', '"070-174 06 05"', "therapists.phone", "the same number as therapist t1"),
    ('"+46766861004"', '"0701740610"', "lines.number", "the same number as therapist t6"),
    ('"+46846500499"', '"+46766861004"', "lines.fallback.number", "as line eftervard"),
    ('"+46846500499"', '"+46701740605"', "lines.fallback.number", "as therapist t1"),
    ('"+46846500400"', '"+46766861004"', "districts.office_number", "as line eftervard"),
    ('"t1@example.org"', '"t1 example.org"', "therapists.email", "not a mail address"),
    # dates
    (
        "valid_to = 2027-12-31",
        "valid_to = 2025-03-31",
        "mandates.valid_to",
        "ends before it begins",
    ),
    (
        "valid_from = 1997-01-01",
        'valid_from = "1997-01-01"',
        "districts.valid_from",
        "must be a da",
    ),
    ("valid_from = 1997-01-01", "valid_from = 1997-01-01T10:00:00", "districts.valid_from", "must"),
    (
        "active_from = 2025-04-01",
        "active_from = 2025",
        "therapists.active_from",
        "not a whole numb",
    ),
    (
        "closed_days = []",
        "closed_days = [\n5]",
        "lines.closed_days",
        "must be a date without quotes",
    ),
    # a mandate
    (
        'staff_of = "jarva"',
        'staff_of = "hasselby-vallingby"',
        "mandates.staff_of",
        "needs no mandat",
    ),
    ('reference = "HV 2025/1"', 'reference = " "', "mandates.reference", "is empty"),
    # a line
    ('"Europe/Stockholm"', '"Europe/Stokholm"', "lines.timezone", "not a time zone"),
    ('"Europe/Stockholm"', '"../etc/passwd"', "lines.timezone", "not a time zone"),
    ('"Europe/Stockholm"', '""', "lines.timezone", "not a time zone"),
    ("ring_seconds = 20", "ring_seconds = 4", "lines.ring_seconds", "must be from 5 to 60"),
    ("ring_seconds = 20", "ring_seconds = 61", "lines.ring_seconds", "must be from 5 to 60"),
    ("ring_seconds = 20", "ring_seconds = 20.5", "lines.ring_seconds", "not a number"),
    ("ring_seconds = 20", "ring_seconds = true", "lines.ring_seconds", "not true or false"),
    ("ring_seconds = 20", f"ring_seconds = {10**20}", "lines.ring_seconds", "must be from"),
    ("positions = 2", "positions = 0", "lines.positions", "must be from 1 to 5"),
    ("positions = 2", "positions = 6", "lines.positions", "must be from 1 to 5"),
    ('closed = "office"', 'closed = "open"', "lines.closed", "one of office, fallback, message"),
    ('"sv", "en"', '"sv", "eng"', "lines.languages", "two letters"),
    ('"sv", "en"', '"sv", "sv"', "lines.languages", "stands there twice"),
    ('["sv", "en", "fi", "ar"]', "[]", "lines.languages", "names no language"),
    ('["hasselby-vallingby", "jarva"]', "[]", "lines.districts", "from 1 to 9 districts"),
    ('["hasselby-vallingby", "jarva"]', '["jarva", "jarva"]', "lines.districts", "stands there"),
    ('source = "database"', 'source = "ics"', "lines.rota", "needs one of url and file"),
    (
        'source = "database"',
        'source = "paper"',
        "lines.rota.source",
        "must be one of database, ics",
    ),
    ('source = "database"', 'url = "x"', "lines.rota.source", "is missing"),
    ('source = "database"', 'source = "database", x = "y"', "lines.rota.x", "unknown field"),
    # hours
    (HOURS, 'days = [], from = "17:00", to = "22:00"', "lines.hours.days", "names no day"),
    ('"tue", "wed"', '"tuesday", "wed"', "lines.hours.days", "must be one of"),
    ('from = "17:00"', 'from = "24:00"', "lines.hours.from", "not a time of day"),
    ('from = "17:00"', 'from = "17.00"', "lines.hours.from", "not a time of day"),
    ('from = "17:00"', "from = 17:00:00", "lines.hours.from", "not a time without quotes"),
    ('to = "22:00"', 'to = "24:01"', "lines.hours.to", "not a time of day"),
    ('from = "17:00", ', "", "lines.hours.from", "is missing"),
    (
        'number = "+46846500499"',
        'number = "+46846500499"\nhours = []',
        "lines.fallback.hours",
        "never open",
    ),
    # working time and retention
    ('daily_rest = "11h"', 'daily_rest = "11"', "working_time.daily_rest", "not a length of time"),
    ('daily_rest = "11h"', 'daily_rest = "0h"', "working_time.daily_rest", "not a length of time"),
    ('daily_rest = "11h"', 'daily_rest = "24h"', "working_time.daily_rest", "longer than the per"),
    ('weekly_rest = "36h"', 'weekly_rest = "168h"', "working_time.weekly_rest", "longer than"),
    ('day_break = "08:00"', 'day_break = "8"', "working_time.day_break", "not a time of day"),
    ('day = "mon"', 'day = "holiday"', "working_time.week_break.day", "must be one of mon, tue"),
    (
        "weekly_rest = true",
        "weekly_rest = false",
        "working_time.standby_breaks_weekly_rest",
        "only an agreement",
    ),
    ('audit = "60 months"', 'audit = "60"', "retention.audit", "not a term such as"),
    ('audit = "60 months"', 'audit = "0 days"', "retention.audit", "not a term such as"),
    (
        'audit = "60 months"',
        'audit = "101 years"',
        "retention.audit",
        "longer than a hundred years",
    ),
    # shape
    ("ring_seconds = 20", "ring_second = 20", "lines.ring_second", "unknown field"),
    ('name = "Eftervård"', 'nam = "Eftervård"', "lines.nam", "unknown field"),
    ('name = "Eftervård"', 'name = " "', "lines.name", "is empty"),
    (
        'name = "Eftervård"',
        "name = 7",
        "lines.name",
        "must be a text in quotes, not a whole number",
    ),
    ("[retention]", "[retentions]", "retentions", "unknown field"),
]
