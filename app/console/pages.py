"""The start page: what this is, who is on standby now, and what to try."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, render_template

from app.store.mirror import Mirror
from app.wording import when
from routing.errors import Unavailable


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
        lines = [
            {
                "name": line.name,
                "open": line.hours.is_open(now),
                "opens": when(opening, line) if (opening := line.hours.next_opening(now)) else None,
                # Ids only: this page needs no sign-in.
                "on_call": [
                    {
                        "position": s.position,
                        "therapist": s.therapist,
                        "until": when(s.time.end, line),
                    }
                    for s in picture.rotas[line.id].on_call(now)
                ],
            }
            for line in picture.organisation.lines.values()
        ]
        return render_template("start.html", lines=lines, degraded=mirror.degraded)

    return pages
