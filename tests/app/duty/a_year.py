"""A year's calendar, duties and contacts, made by rules of their own and a fixed chance."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from routing.ids import ContactId, DistrictId, TherapistId
from routing.intervals import Interval
from routing.rota import Shift
from tests.examples import HASSELBY_VALLINGBY, JARVA, STOCKHOLM

FIRST, LAST = date(2026, 3, 2), date(2027, 3, 1)
# Written by hand, so that no library says both what is done and what is right.
RED = {
    date.fromisoformat(day)
    for day in (
        "2026-04-03", "2026-04-06", "2026-05-01", "2026-05-14", "2026-06-19", "2026-12-24",
        "2026-12-25", "2026-12-31", "2027-01-01", "2027-01-06",
    )
}  # fmt: skip
CLOSED = {date(2026, 5, 15), date(2027, 1, 4)}
# Around these every day has a duty, elsewhere every ninth: as much happens in less time.
BUSY = (
    ("2026-03-27", "2026-04-07"), ("2026-05-13", "2026-05-17"), ("2026-06-18", "2026-06-21"),
    ("2026-10-23", "2026-10-25"), ("2026-12-22", "2027-01-06"),
)  # fmt: skip
NIGHTS = {date.fromisoformat(d) for d in ("2026-03-28", "2026-10-24", "2026-12-31", "2027-02-12")}
MEETS_AT, A_DAY, A_MINUTE = time(8, 30), timedelta(days=1), timedelta(minutes=1)


def meeting_after(moment: datetime) -> datetime:
    """Half past eight on the first day of work at or after *moment*."""
    day = moment.astimezone(STOCKHOLM).date()
    while True:
        meets = datetime.combine(day, MEETS_AT, STOCKHOLM).astimezone(UTC)
        if day.weekday() < 5 and day not in RED and day not in CLOSED and meets >= moment:
            return meets
        day += A_DAY


def wall(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), STOCKHOLM).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Came:
    """A contact: when it came, when the database learned of it, whose it is and who said so."""

    id: ContactId
    at: datetime
    arrived: datetime
    home: DistrictId | None
    said_at: datetime | None  # None: the register knew

    @property
    def known(self) -> datetime:
        """When a clock could first know that it is owed."""
        return max(self.arrived, self.said_at or self.arrived)


def the_shifts() -> list[Shift]:
    """Evenings and free days, some in two parts, and some nights; each duty another person's."""
    busy = [(date.fromisoformat(a), date.fromisoformat(b)) for a, b in BUSY]
    found: list[Shift] = []
    for number in range((LAST - FIRST).days):
        day = FIRST + number * A_DAY
        if number % 14 and not any(a <= day <= b for a, b in busy):
            continue
        opens = 10 if day.weekday() >= 5 or day in RED else 17
        who, ends = TherapistId(f"t{number % 6 + 1}"), wall(day, 22)
        edges = [wall(day, opens), *([wall(day, 19)] if number % 4 == 0 else []), ends]
        found += [Shift(Interval(a, b), 1, who) for a, b in pairwise(edges)]
        if day in NIGHTS:
            night = Interval(ends, wall(day + A_DAY, 8))
            found.append(Shift(night, 1, TherapistId(f"t{(number + 1) % 6 + 1}")))
    return found


def the_duties(shifts: list[Shift]) -> list[Interval]:
    """The stretches of one person, by hand: touching shifts of the same therapist joined."""
    found: list[tuple[Interval, str]] = []
    for one in sorted(shifts):
        if found and found[-1][1] == one.therapist and found[-1][0].end == one.time.start:
            found[-1] = (Interval(found[-1][0].start, one.time.end), one.therapist)
        else:
            found.append((one.time, one.therapist))
    return [time_ for time_, _ in found]


def the_contacts(duties: list[Interval], chance: random.Random) -> list[Came]:
    """Up to four in each duty, and fifty at any time of the year."""
    times = [
        duty.start + timedelta(minutes=chance.randrange(int(duty.length / A_MINUTE)))
        for duty in duties
        for _ in range(chance.randrange(5))
    ]
    year = int((wall(LAST, 0) - wall(FIRST, 18)) / A_MINUTE)
    times += [wall(FIRST, 18) + chance.randrange(year) * A_MINUTE for _ in range(50)]
    found = []
    for number, moment in enumerate(sorted(times)):
        late = timedelta(minutes=chance.randrange(10, 3000)) if chance.random() < 0.1 else 0 * A_DAY
        home = chance.choice([HASSELBY_VALLINGBY, JARVA])
        said_at = None
        is_strange = chance.random() < 0.2
        if is_strange and chance.random() < 0.7:
            said_at = moment + late + timedelta(minutes=chance.randrange(1, 2000))
        own = None if is_strange and said_at is None else home
        found.append(Came(ContactId(f"CA{number}"), moment, moment + late, own, said_at))
    return found
