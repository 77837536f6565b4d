"""What in the reading log somebody should look at, and why: rules that a reviewer can check."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from routing.access import GRACE, Act, Viewer
from routing.intervals import Interval
from routing.organisation import Line
from routing.weekdays import is_weekday

# More than an evening has ever had; whoever looks at so many looks for something.
MANY = 10
WITHIN = timedelta(hours=1)
# A refusal or two is a link clicked in good faith; the third within a day is trying.
REFUSALS = 3
REFUSED_WITHIN = timedelta(hours=24)
# Handovers are read at half past eight and notes are finished after a duty: this leaves room.
DAY_BEGINS, DAY_ENDS = time(6), time(22)

# To see that there was a contact, or who has read of it, tells nobody what was said.
_LOOKS_INTO = frozenset(Act) - {Act.LOG, Act.COUNT, Act.REVIEW}


class Flag(StrEnum):
    """Why somebody should look at a reading; the gravest first."""

    OUTSIDE_DUTY = "outside_duty"  # another district's, when she had no duty
    REFUSED_AGAIN = "refused_again"
    MANY_LOOK_UPS = "many_look_ups"
    PROTECTED = "protected"
    # The district's own, when nobody is at work.  A page of the log, which says no word of what was
    # told, is no reason: each of its rows is a reading, and they would hide the others.
    ODD_HOURS = "odd_hours"

    @property
    def is_grave(self) -> bool:
        """Whether it is seldom innocent."""
        return self is not Flag.ODD_HOURS


@dataclass(frozen=True, slots=True)
class Flagged:
    """One reason, with *count* where it is about how many."""

    flag: Flag
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """
    One row of the reading log, as far as flags depend on it.

    Args:
        matter: what was opened: a contact, or the handover or the conversation that it was part of.
        employed: whether the district whose data it is employs the reader.
        had_it: whether the contact was the reader's own.
        duty: the reader's duty, at the moment or less than `GRACE` before it.
        in_duty: whether the contact came in during that duty.
        protected: whether it is about somebody with a protected identity.
    """

    id: int
    viewer: Viewer
    act: Act
    at: datetime
    matter: str | None = None
    refused: bool = False
    employed: bool = True
    had_it: bool = False
    duty: Interval | None = None
    in_duty: bool = False
    protected: bool = False


def flags(looks: Iterable[Look], line: Line) -> Mapping[int, tuple[Flagged, ...]]:
    """
    The flags of each of *looks* that has any, by its id, the gravest first.

    What came before is judged with: *looks* begin a day earlier than what is asked about.  Who
    reads of her own contact is never flagged, and that somebody reads this very log neither.

    Source: SoLPuL (2001:454) 10 §, systematic and recurring checks of who has read what.
    """
    found: dict[int, tuple[Flagged, ...]] = {}
    opened: dict[str, deque[tuple[datetime, str]]] = {}
    turned_away: dict[str, deque[datetime]] = {}
    for look in sorted(looks, key=lambda one: (one.at, one.id)):
        if look.act is Act.REVIEW and not look.refused:
            continue
        seen = _seen(opened.setdefault(look.viewer.id, deque()), look)
        refused = _refused(turned_away.setdefault(look.viewer.id, deque()), look)
        if look.had_it:
            continue
        why = (*_of_time(look, line), *_of_number(look, seen, refused))
        if why:
            order = list(Flag)
            found[look.id] = tuple(sorted(why, key=lambda one: order.index(one.flag)))
    return found


def _of_time(look: Look, line: Line) -> Iterable[Flagged]:
    if look.duty is not None and look.duty.start <= look.at < look.duty.end + GRACE:
        return
    if not look.employed:
        yield Flagged(Flag.OUTSIDE_DUTY)
    elif look.act is not Act.LOG and not _is_at_work(look.at, line):
        yield Flagged(Flag.ODD_HOURS)


def _of_number(look: Look, seen: int, refused: int) -> Iterable[Flagged]:
    if look.refused and refused >= REFUSALS:
        yield Flagged(Flag.REFUSED_AGAIN, refused)
    if look.act not in _LOOKS_INTO:
        return
    if look.protected:
        yield Flagged(Flag.PROTECTED)
    if seen > MANY and not look.in_duty and not look.refused:
        yield Flagged(Flag.MANY_LOOK_UPS, seen)


def _seen(opened: deque[tuple[datetime, str]], look: Look) -> int:
    """
    How many different matters the reader has looked into within the hour, this one with them.

    Her own contacts and those of her duty are what she is there for, and are not counted.
    """
    while opened and look.at - opened[0][0] >= WITHIN:
        opened.popleft()
    is_counted = not (look.had_it or look.in_duty or look.refused)
    if is_counted and look.matter is not None and look.act in _LOOKS_INTO:
        opened.append((look.at, look.matter))
    return len({one for _, one in opened})


def _refused(turned_away: deque[datetime], look: Look) -> int:
    """How often the reader was refused within a day; what is refused at one moment is one try."""
    while turned_away and look.at - turned_away[0] >= REFUSED_WITHIN:
        turned_away.popleft()
    if look.refused and (not turned_away or turned_away[-1] != look.at):
        turned_away.append(look.at)
    return len(turned_away)


def _is_at_work(at: datetime, line: Line) -> bool:
    wall = at.astimezone(line.zone)
    return is_weekday(wall.date(), line.closed_days) and DAY_BEGINS <= wall.time() < DAY_ENDS
