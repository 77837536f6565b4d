"""What the start page says of each line: open or not, and who is on standby, by id."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.store.mirror import Picture
from app.wording import when
from routing.intervals import Interval
from routing.organisation import Line


def described(picture: Picture, line: Line, now: datetime) -> Mapping[str, object]:
    """What the page says of a line; ids only, since it needs no sign-in."""
    opening = line.hours.next_opening(now)
    return {
        "name": line.name,
        "open": line.hours.is_open(now),
        "opens": None if opening is None else when(opening, line),
        "last_open": _last_open(line, now),
        "on_call": [
            {"position": s.position, "therapist": s.therapist, "until": when(s.time.end, line)}
            for s in picture.rotas[line.id].on_call(now)
        ],
    }


def _last_open(line: Line, now: datetime) -> str | None:
    """A moment when the line was last open, for those who try it while it is closed."""
    if line.hours.is_open(now):
        return None
    before = line.hours.within(Interval(now - timedelta(days=7), now))
    if not before:
        return None
    middle = before[-1].start + before[-1].length / 2
    return f"{middle.astimezone(line.zone):%Y-%m-%dT%H:%M}"
