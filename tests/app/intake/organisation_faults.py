"""Faults put into the example of the organisation file, and what is said of each."""

from datetime import date, timedelta

AGREED = 'standby_breaks_weekly_rest = false\nagreement = "LOK 25"'
HOURS = 'days = ["mon", "tue", "wed", "thu", "fri"], from = "17:00", to = "22:00"'
RULE = "standby_breaks_weekly_rest = true"
CHANGE = '[[working_time.changes]]\nreference = "LOK 26"\n'

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
    ('id = "t2"', 'id = "t2"\nnot_for = ["K 1001"]', "therapists.not_for", "one word"),
    ('id = "t2"', 'id = "t2"\nnot_for = ["K-1/K-2"]', "therapists.not_for", "one word"),
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
    (
        'reference = "HV 2025/1"',
        'reference = "HV 2025/1"\ntasks = ["standby",\n"follow-up"]',
        "mandates.tasks",
        "must be one of standby, follow_up",
    ),
    (
        'reference = "HV 2025/1"',
        'reference = "HV 2025/1"\ntasks = []',
        "mandates.tasks",
        "names no task",
    ),
    (
        'reference = "HV 2025/1"',
        'reference = "HV 2025/1"\ntasks = ["standby",\n"standby"]',
        "mandates.tasks",
        "stands there twice",
    ),
    (
        'reference = "HV 2025/1"',
        'reference = "HV 2025/1"\ntasks = "follow_up"',
        "mandates.tasks",
        "must be a list, not a text in quotes",
    ),
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
    # the asking before a duty
    (
        "closed_days = []",
        "closed_days = []\ncheck_in = 5",
        "lines.check_in",
        "must be true or false or a table, not a whole number",
    ),
    (
        "closed_days = []",
        'closed_days = []\ncheck_in = { ask = "1h", call = "1h" }',
        "lines.check_in",
        "ask comes before call, and call before tell",
    ),
    (
        "closed_days = []",
        'closed_days = []\ncheck_in = { call = "15m" }',
        "lines.check_in",
        "ask comes before call, and call before tell",
    ),
    (
        "closed_days = []",
        'closed_days = []\ncheck_in = { ask = "soon" }',
        "lines.check_in.ask",
        "not a length of time such as 11h or 30m",
    ),
    (
        "closed_days = []",
        "closed_days = []\ncheck_in = { call = 45 }",
        "lines.check_in.call",
        "must be a text in quotes, not a whole number",
    ),
    (
        "closed_days = []",
        'closed_days = []\ncheck_in = { tell = "0m" }',
        "lines.check_in.tell",
        "not a length of time such as 11h or 30m",
    ),
    (
        "closed_days = []",
        'closed_days = []\ncheck_in = { when = "2h" }',
        "lines.check_in.when",
        "unknown field",
    ),
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
    (
        "closed_days = []",
        "closed_days = ["
        + ", ".join(str(date(2026, 6, 1) + timedelta(days=n)) for n in range(70))
        + "]",
        "lines.closed_days",
        "no weekday within two months from 2026-06-01",
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
    (RULE, f'{RULE}\nshortest_callout = "5m"', "working_time.shortest_callout", "only an agree"),
    (RULE, f'{RULE}\nmeal_break = "one"', "working_time.meal_break", "not a length of time"),
    (RULE, f"{RULE}\nrepaid_within_days = 15", "working_time.repaid_within_days", "between 1 and"),
    (RULE, f"{RULE}\nrepaid_within_days = 0", "working_time.repaid_within_days", "between 1 and"),
    (RULE, f'{RULE}\nreference = " "', "working_time.reference", "is empty"),
    (
        RULE,
        f"{RULE}\nschedule = {{ first = 2026-01-05, weeks = 0 }}",
        "working_time.schedule.weeks",
        "not a number of weeks",
    ),
    (
        RULE,
        f"{RULE}\n{CHANGE}valid_from = 2026-09-01\n{CHANGE}valid_from = 2026-09-01",
        "working_time.changes.valid_from",
        "not later than the change before it",
    ),
    (
        RULE,
        f'{RULE}\n{CHANGE}valid_from = 2026-09-01\nday_break = "7"',
        "working_time.changes.day_break",
        "not a time of day",
    ),
    ('contacts = "24 months"', 'contacts = "24 days"', "retention.contacts", "at least 60 days"),
    ('contacts = "24 months"', 'contacts = "59 days"', "retention.contacts", "at least 60 days"),
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

_AT = "https://a:s3cret@hidden.example.org/x"
_PRODUCT = f'url = "{_AT}", token = "t0ken"'
_BAD_ADDRESS = "not an address that begins with https:// or http://"
_CALENDAR = f'source = "ics", url = "{_AT}"'

# What stands in the line's rota, and what is said of it; nothing of it may be quoted.
FEED_FAULTS = [
    # keys that are missing
    ('source = "ics"', "lines.rota", "needs one of url and file"),
    ('source = "csv"', "lines.rota", "needs one of url and file"),
    ('source = "xlsx", refresh = "5m"', "lines.rota", "needs one of url and file"),
    (f'{_CALENDAR}, file = "x"', "lines.rota.file", "needs one of url and file"),
    (f'{_CALENDAR}, urls = ["{_AT}"]', "lines.rota.urls", "needs one of url and file"),
    ('source = "ics", urls = ["x"], file = "x"', "lines.rota.file", "needs one of url and file"),
    ('source = "goalert", token = "t0ken", schedules = ["a"]', "lines.rota.url", "is missing"),
    (f'source = "goalert", {_PRODUCT}', "lines.rota.schedules", "is missing"),
    (f'source = "goalert", url = "{_AT}", schedules = ["a"]', "lines.rota.token", "is missing"),
    ('source = "pagerduty", token = "t0ken"', "lines.rota.schedules", "is missing"),
    ('source = "pagerduty", schedules = ["a"]', "lines.rota.token", "is missing"),
    ('source = "pagerduty", token = "", schedules = ["a"]', "lines.rota.token", "is missing"),
    ('source = "pagerduty", token = " ", schedules = ["a"]', "lines.rota.token", "is empty"),
    (f'source = "goalert", {_PRODUCT}, schedules = []', "lines.rota.schedules", "is missing"),
    (f'source = "goalert", {_PRODUCT}, schedules = [" "]', "lines.rota.schedules", "is empty"),
    ('source = "ics", file = " "', "lines.rota.file", "is empty"),
    # keys that mean nothing
    (f'source = "database", url = "{_AT}"', "lines.rota.url", "means nothing for database"),
    ('source = "database", refresh = "5m"', "lines.rota.refresh", "means nothing for database"),
    ('source = "database", map = { a = "t1" }', "lines.rota.map", "means nothing for database"),
    (f'{_CALENDAR}, token = "t0ken"', "lines.rota.token", "means nothing for ics"),
    (f'{_CALENDAR}, schedules = ["a"]', "lines.rota.schedules", "means nothing for ics"),
    (f'source = "csv", urls = ["{_AT}"]', "lines.rota.urls", "means nothing for csv"),
    ('source = "xlsx", file = "x", token = "t0ken"', "lines.rota.token", "nothing for xlsx"),
    (
        f'source = "goalert", {_PRODUCT}, schedules = ["a"], file = "x"',
        "lines.rota.file",
        "means nothing for goalert",
    ),
    (
        f'source = "pagerduty", urls = ["{_AT}"], token = "t0ken", schedules = ["a"]',
        "lines.rota.urls",
        "means nothing for pagerduty",
    ),
    # addresses
    ('source = "ics", url = ""', "lines.rota.url", _BAD_ADDRESS),
    ('source = "ics", url = "hidden.example.org/s3cret"', "lines.rota.url", _BAD_ADDRESS),
    ('source = "ics", url = "webcal://hidden.example.org/x"', "lines.rota.url", _BAD_ADDRESS),
    ('source = "csv", url = "file:///hidden.example.org"', "lines.rota.url", _BAD_ADDRESS),
    ('source = "xlsx", url = "ftp://a:s3cret@h/x"', "lines.rota.url", _BAD_ADDRESS),
    ('source = "ics", url = "https://a:s3cret@/x"', "lines.rota.url", _BAD_ADDRESS),
    ('source = "ics", url = "https://s3cret:99999/x"', "lines.rota.url", _BAD_ADDRESS),
    ('source = "ics", url = "https://s3cret:0/x"', "lines.rota.url", _BAD_ADDRESS),
    ('source = "ics", url = "https://[s3cret/x"', "lines.rota.url", _BAD_ADDRESS),
    ('source = "ics", url = "https://hidden example.org"', "lines.rota.url", _BAD_ADDRESS),
    ('source = "ics", url = " https://hidden.example.org"', "lines.rota.url", _BAD_ADDRESS),
    ('source = "ics", url = "https://hidden.\\nexample.org"', "lines.rota.url", _BAD_ADDRESS),
    (f'source = "ics", urls = ["{_AT}", "s3cret"]', "lines.rota.urls", _BAD_ADDRESS),
    (
        'source = "goalert", url = "s3cret", token = "t0ken", schedules = ["a"]',
        "lines.rota.url",
        _BAD_ADDRESS,
    ),
    # more than the line has positions
    (
        f'source = "ics", urls = ["{_AT}", "{_AT}", "{_AT}"]',
        "lines.rota.urls",
        "must be from 1 to 2, one for each position",
    ),
    ('source = "ics", urls = []', "lines.rota.urls", "must be from 1 to 2"),
    (
        'source = "pagerduty", token = "t0ken", schedules = ["a", "b", "c"]',
        "lines.rota.schedules",
        "must be from 1 to 2, one for each position",
    ),
    # how often
    (f'{_CALENDAR}, refresh = "0m"', "lines.rota.refresh", "not a length of time"),
    (f'{_CALENDAR}, refresh = "59s"', "lines.rota.refresh", "not a length of time"),
    (f'{_CALENDAR}, refresh = "24h 1m"', "lines.rota.refresh", "must be from 1m to 24h"),
    (f'{_CALENDAR}, refresh = "9999h"', "lines.rota.refresh", "must be from 1m to 24h"),
    # names
    (f'{_CALENDAR}, map = {{ "s3cret" = "t9" }}', "lines.rota.map", "no such therapist"),
    (f'{_CALENDAR}, map = {{ " " = "t1" }}', "lines.rota.map", "is empty"),
    (f'{_CALENDAR}, map = {{ "s3cret" = 1 }}', "lines.rota.map", "must be a text in quotes"),
    (f'{_CALENDAR}, map = ["t1"]', "lines.rota.map", "must be a table, not a list"),
]

MANAGER_FAULTS = [
    (
        'phone = "070-174 06 60"\nemail = "m1@example.org"\n',
        "",
        "managers.phone",
        "has neither phone nor email to be told by",
    ),
    ('district = "jarva"', 'district = "farsta"', "managers.district", "no such district"),
    ('district = "jarva"\n', "", "managers.district", "is missing"),
    ('"070-174 06 60"', '"070-174"', "managers.phone", "not a valid telephone number"),
    ('"m1@example.org"', '"m1 example.org"', "managers.email", "not a mail address"),
    ('name = "Manager 1"', 'name = " "', "managers.name", "is empty"),
    ('id = "m1"', 'id = "M 1"', "managers.id", "an id is lower-case letters"),
    (
        "\n[[managers]]",
        '\n[[managers]]\nid = "m1"\nname = "M"\ndistrict = "jarva"\nemail = "a@b"\n[[managers]]',
        "managers.id",
        "another of the same kind has this id",
    ),
    ('id = "m1"', 'id = "m1"\nrole = "head"', "managers.role", "unknown field"),
]
