"""What the start page says of each line: open or not, and who is on standby, by id."""

from collections.abc import Mapping
from datetime import datetime

from app.store.mirror import Picture
from app.wording import when
from routing.organisation import Line


def described(picture: Picture, line: Line, now: datetime) -> Mapping[str, object]:
    """What the page says of a line; ids only, since it needs no sign-in."""
    opening = line.hours.next_opening(now)
    return {
        "name": line.name,
        "open": line.hours.is_open(now),
        "opens": None if opening is None else when(opening, line),
        "on_call": [
            {"position": s.position, "therapist": s.therapist, "until": when(s.time.end, line)}
            for s in picture.rotas[line.id].on_call(now)
        ],
    }
