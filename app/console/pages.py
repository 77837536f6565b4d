"""The start page: what this is, who is on standby now, and what to try."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from flask import Blueprint, render_template

from app.store.mirror import Mirror, Picture
from app.wording import when
from routing.errors import Unavailable
from routing.intervals import Interval
from routing.organisation import Line


def pages_blueprint(mirror: Mirror, clock: Callable[[], datetime]) -> Blueprint:
    """`/`."""
    pages = Blueprint("pages", __name__, template_folder="templates")

    @pages.get("/")
    def start() -> str:
        try:
            picture = mirror.picture
        except Unavailable:
            return render_template("start.html", lines=[], degraded=True)
        now = clock()
        lines = [_described(picture, line, now) for line in picture.organisation.lines.values()]
        return render_template("start.html", lines=lines, degraded=mirror.degraded)

    return pages


def _described(picture: Picture, line: Line, now: datetime) -> Mapping[str, object]:
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
