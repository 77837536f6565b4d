"""
A line's totals: counts of all its districts together, which give away none of the small ones.

Whoever reads them knows the own district's numbers to the last one, and subtracts.  So a count is
hidden where it is from 1 to 4, and also where what is left of it without one of the districts is.
There is one answer for everybody, whoever asks: two answers could be laid beside each other.

Source: SoLPuL (2001:454) 7 a §; docs/figures.md.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app.review.figures_period import HalfYear
from routing.contact import Channel, Contact, Direction, Outcome
from routing.ids import DistrictId
from routing.organisation import Retention
from routing.role import Role
from routing.suppression import SMALLEST

Cell = str
Counts = Mapping[Cell, int]

# Whose the caller is may be said for so long; until then the numbers change from day to day, and
# the difference between two days would be somebody.
SETTLED_AFTER = timedelta(days=31)
UNKNOWN, OUTGOING = "unknown", "outgoing"


@dataclass(frozen=True, slots=True)
class Totals:
    """
    What may be said of a line in a half-year; None is hidden.

    Each table splits the same *number*, and there is no sum between: no table can be worked out
    from another.
    """

    number: int | None
    tables: Mapping[str, Mapping[Cell, int | None]]


def is_settled(
    half: HalfYear, today: date, retention: Retention, purged_to: date | None = None
) -> bool:
    """
    Whether the totals of *half* stay as they are from now on.

    It is over, nobody says any more whose a caller was, and nothing of it has been purged: neither
    by the terms of today nor, up to *purged_to*, by shorter ones that there once were.
    """
    kept_from = max(retention.contacts.before(today), purged_to or date.min)
    return half.last + SETTLED_AFTER < today and kept_from <= half.first


def published(districts: Mapping[DistrictId, Mapping[str, Counts]]) -> Totals:
    """The totals of *districts*, each with its tables, which have the same cells."""
    every = list(districts.values())
    names = list(every[0]) if every else []
    numbers = [sum(next(iter(tables.values()), {}).values()) for tables in every]
    number = sum(numbers)
    is_small = any(0 < left < SMALLEST for left in _left(number, numbers))
    tables = {name: _hidden([tables[name] for tables in every]) for name in names}
    if is_small:
        tables = {name: dict.fromkeys(cells) for name, cells in tables.items()}
    return Totals(None if is_small else number, tables)


def tables_of(
    contacts: Iterable[Contact], months: Sequence[date], zone: ZoneInfo
) -> Mapping[str, Counts]:
    """One district's contacts, counted in each of the ways that a total is shown."""
    some = [c for c in contacts if c.outcome is not Outcome.BLOCKED]
    days = [c.received_at.astimezone(zone).date() for c in some]
    return {
        "outcome": _counted(_OUTCOMES, map(_outcome, some)),
        "role": _counted(_ROLES, (str(c.caller.role or UNKNOWN) for c in some)),
        "month": _counted(
            (month.isoformat() for month in months), (d.replace(day=1).isoformat() for d in days)
        ),
        "weekday": _counted(map(str, range(7)), (str(day.weekday()) for day in days)),
    }


_ROLES = (*map(str, Role), UNKNOWN)
_CALLS = (
    Outcome.ANSWERED, Outcome.FALLBACK_ANSWERED, Outcome.FALLBACK_FAILED, Outcome.MISSED,
    Outcome.ABANDONED, Outcome.CLOSED,
)  # fmt: skip
_TEXTS = (Outcome.RELAYED, Outcome.UNDELIVERED, Outcome.CLOSED)
_OUTCOMES = (
    *(f"{Channel.VOICE}.{outcome}" for outcome in _CALLS),
    *(f"{Channel.TEXT}.{outcome}" for outcome in _TEXTS),
    OUTGOING,
)


def _outcome(contact: Contact) -> Cell:
    if contact.direction is Direction.OUTBOUND:
        return OUTGOING
    outcome = contact.outcome or Outcome.MISSED  # it is months ago: the end was lost
    return f"{contact.channel}.{outcome}"


def _counted(cells: Iterable[Cell], found: Iterable[Cell]) -> Counts:
    counts = Counter(found)
    return {cell: counts[cell] for cell in cells}


def _left(whole: int, parts: Sequence[int]) -> Iterable[int]:
    """What the public knows of a count, and what each district does that subtracts its own."""
    return (whole, *(whole - part for part in parts))


def _hidden(districts: Sequence[Counts]) -> Mapping[Cell, int | None]:
    """The sums of one table's cells, without those that would give something away."""
    cells = list(districts[0])
    sums = {cell: sum(district[cell] for district in districts) for cell in cells}
    known = [sums, *({cell: sums[cell] - own[cell] for cell in cells} for own in districts)]
    small = {cell for cell in cells if any(0 < left[cell] < SMALLEST for left in known)}
    hidden = set(small)
    for cell in _after(cells, small):
        # The sum of what is hidden is known, and is a count like any other.
        sums_hidden = [sum(left[one] for one in hidden) for left in known]
        if not any(0 < number < SMALLEST for number in sums_hidden):
            break  # and so never one alone: it would be its own sum
        if sums[cell]:  # nobody is nobody, and hides nothing
            hidden.add(cell)
    return {cell: None if cell in hidden else sums[cell] for cell in cells}


def _after(cells: Sequence[Cell], small: AbstractSet[Cell]) -> Iterator[Cell]:
    """
    The cells to hide beside *small* ones, in an order that their numbers have no part in.

    If the smallest came first, whoever knows that could tell from what is shown how large what is
    hidden must be.
    """
    if not small:
        return
    first = min(cells.index(cell) for cell in small)
    yield from (cell for cell in (*cells[first + 1 :], *cells[:first]) if cell not in small)
