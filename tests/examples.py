"""Values that tests share: the two districts, their six therapists, and the line they answer."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from routing.check_in import CheckIn
from routing.hours import Hours, Window
from routing.ids import ClientId, DistrictId, LineId, TherapistId
from routing.intervals import Interval
from routing.numbers import parse_number
from routing.organisation import (
    Closed,
    District,
    Fallback,
    Line,
    Mandate,
    Organisation,
    Therapist,
    Validity,
)
from routing.register import RegisterEntry
from routing.role import Role
from routing.rota import Shift

STOCKHOLM = ZoneInfo("Europe/Stockholm")
HASSELBY_VALLINGBY = DistrictId("hasselby-vallingby")
JARVA = DistrictId("jarva")
EFTERVARD = LineId("eftervard")
LINE_NUMBER = parse_number("+46766861004")
SOCIALJOUREN = parse_number("+46846500499")

ORGANISATION_TOML = """\
[[districts]]
id = "hasselby-vallingby"
name = "Hässelby-Vällingby"
valid_from = 1997-01-01
office_number = "+46846500400"
handover = { at = "08:30", notify = ["t1", "t2", "t3"] }

[[districts]]
id = "jarva"
name = "Järva"
valid_from = 2023-07-01
office_number = "+46846500401"
handover = { at = "08:30", notify = ["t4", "t5", "t6"] }

[[therapists]]
id = "t1"
name = "Therapist 1"
phone = "+46701740605"
email = "t1@example.org"
district = "hasselby-vallingby"
active_from = 2025-04-01

[[therapists]]
id = "t2"
name = "Therapist 2"
phone = "+46701740606"
email = "t2@example.org"
district = "hasselby-vallingby"
active_from = 2025-04-01

[[therapists]]
id = "t3"
name = "Therapist 3"
phone = "+46701740607"
email = "t3@example.org"
district = "hasselby-vallingby"
active_from = 2025-04-01

[[therapists]]
id = "t4"
name = "Therapist 4"
phone = "+46701740608"
email = "t4@example.org"
district = "jarva"
active_from = 2025-04-01

[[therapists]]
id = "t5"
name = "Therapist 5"
phone = "+46701740609"
email = "t5@example.org"
district = "jarva"
active_from = 2025-04-01

[[therapists]]
id = "t6"
name = "Therapist 6"
phone = "+46701740610"
email = "t6@example.org"
district = "jarva"
active_from = 2025-04-01

[[mandates]]
principal = "hasselby-vallingby"
staff_of = "jarva"
reference = "HV 2025/1"
valid_from = 2025-04-01
valid_to = 2027-12-31

[[mandates]]
principal = "jarva"
staff_of = "hasselby-vallingby"
reference = "JA 2025/1"
valid_from = 2025-04-01
valid_to = 2027-12-31

[[lines]]
id = "eftervard"
name = "Eftervård"
number = "+46766861004"
timezone = "Europe/Stockholm"
districts = ["hasselby-vallingby", "jarva"]
languages = ["sv", "en", "fi", "ar"]
ring_seconds = 20
positions = 2
hours = [
  { days = ["mon", "tue", "wed", "thu", "fri"], from = "17:00", to = "22:00" },
  { days = ["sat", "sun", "holiday", "eve"], from = "10:00", to = "22:00" },
]
closed_days = []
closed = "office"
rota = { source = "database" }

[[lines.fallback]]
name = "Socialjouren"
number = "+46846500499"

[working_time]
ordinary = [{ days = ["mon", "tue", "wed", "thu", "fri"], from = "08:00", to = "17:00" }]
day_break = "08:00"
week_break = { day = "mon", at = "08:00" }
daily_rest = "11h"
weekly_rest = "36h"
standby_breaks_weekly_rest = true

[retention]
contacts = "24 months"
notes = "24 months"
message_bodies = "14 days"
audit = "60 months"
"""


def at(text: str) -> datetime:
    """A moment written as Stockholm's wall time; what exists twice is its first time."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=STOCKHOLM)


def span(start: str, end: str) -> Interval:
    """From *start* to *end*, both as in `at`."""
    return Interval(at(start), at(end))


def organisation(**changed: object) -> Organisation:
    """What ORGANISATION_TOML says, with the fields in *changed* instead."""
    fields: dict[str, Any] = {
        "districts": {d.id: d for d in (_district(1), _district(4))},
        "therapists": {t.id: t for t in map(therapist, range(1, 7))},
        "mandates": (
            mandate(HASSELBY_VALLINGBY, JARVA, "HV 2025/1"),
            mandate(JARVA, HASSELBY_VALLINGBY, "JA 2025/1"),
        ),
        "lines": {EFTERVARD: line()},
        **changed,
    }
    return Organisation(**fields)


def line(**changed: object) -> Line:
    """The line `eftervard`, with the fields in *changed* instead."""
    evenings = Window(frozenset({"mon", "tue", "wed", "thu", "fri"}), time(17), time(22))
    free_days = Window(frozenset({"sat", "sun", "holiday", "eve"}), time(10), time(22))
    fields: dict[str, Any] = {
        "id": EFTERVARD,
        "name": "Eftervård",
        "number": LINE_NUMBER,
        "zone": STOCKHOLM,
        "districts": (HASSELBY_VALLINGBY, JARVA),
        "languages": ("sv", "en", "fi", "ar"),
        "ring_for": timedelta(seconds=20),
        "positions": 2,
        "hours": Hours((evenings, free_days), STOCKHOLM),
        "closed_days": frozenset(),
        "closed": Closed.OFFICE,
        "fallback": (Fallback("Socialjouren", SOCIALJOUREN, None),),
        "check_in": CheckIn(),
        **changed,
    }
    return Line(**fields)


def therapist(number: int, **changed: object) -> Therapist:
    """The therapist t1 … t6, of whom the last three are Järva's."""
    fields: dict[str, Any] = {
        "id": TherapistId(f"t{number}"),
        "name": f"Therapist {number}",
        "phone": parse_number(f"+467017406{number + 4:02}"),
        "email": f"t{number}@example.org",
        "district": HASSELBY_VALLINGBY if number <= 3 else JARVA,
        "active": Validity(date(2025, 4, 1)),
        **changed,
    }
    return Therapist(**fields)


def mandate(
    principal: DistrictId, staff_of: DistrictId, reference: str = "2025/1", **changed: object
) -> Mandate:
    """A mandate in force from April 2025 to the end of 2027."""
    valid = Validity(date(2025, 4, 1), date(2027, 12, 31))
    fields: dict[str, Any] = {"valid": valid, **changed}
    return Mandate(principal, staff_of, reference, **fields)


def entry(phone: str = "+46701740650", **changed: object) -> RegisterEntry:
    """A youth of Järva in the caller register, with the fields in *changed* instead."""
    fields: dict[str, Any] = {
        "client": ClientId("K-1001"),
        "role": Role.YOUTH,
        "district": JARVA,
        "language": "sv",
        "validity": Validity(),
        **changed,
    }
    return RegisterEntry(phone=parse_number(phone), **fields)


def shift(therapist: str, start: str, end: str, position: int = 1) -> Shift:
    """A shift whose times are as in `at`."""
    return Shift(span(start, end), position, TherapistId(therapist))


def _district(first: int) -> District:
    is_jarva = first == 4
    return District(
        id=JARVA if is_jarva else HASSELBY_VALLINGBY,
        name="Järva" if is_jarva else "Hässelby-Vällingby",
        valid=Validity(date(2023, 7, 1) if is_jarva else date(1997, 1, 1)),
        successor=None,
        office=parse_number("+46846500401" if is_jarva else "+46846500400"),
        handover_at=time(8, 30),
        notify=tuple(TherapistId(f"t{n}") for n in range(first, first + 3)),
    )
