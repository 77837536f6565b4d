"""`/calendar/<token>.ics`: shifts for the calendar on somebody's phone, read only."""

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Blueprint, Response, abort

from app.phrases import FIRST, phrases
from app.store import calendar_links
from app.store.calendar_links import CalendarLink
from app.store.database import reading
from app.store.mirror import Mirror
from app.store.shift_history import dated_shifts
from routing.errors import NotFound, Unavailable
from routing.intervals import Interval
from routing.organisation import Line
from routing.rota import Shift

_BACK, _AHEAD = timedelta(days=31), timedelta(days=200)
_GONE_SHOWN_FOR = timedelta(days=30)  # a calendar that looks seldom must still learn of it


def calendar_blueprint(
    engine: sa.Engine, mirror: Mirror, clock: Callable[[], datetime]
) -> Blueprint:
    """The subscribed calendars; whoever has the address sees what it shows, and nothing else."""
    calendars = Blueprint("calendar", __name__)

    @calendars.get("/calendar/<token>.ics")
    def feed(token: str) -> Response:
        # Loaded when it is asked for: what makes calendars takes a while, and calls do not need it.
        from rota_adapter.calendar_out import Entry, calendar_feed  # noqa: PLC0415 - see above

        now = clock()
        if mirror.database_away:
            abort(503)  # a hundred calendars that wait for it would keep calls waiting
        try:
            with engine.begin() as connection:
                link = calendar_links.use(connection, token, now)
            line = mirror.picture.organisation.lines.get(link.line)
            window = Interval(now - _BACK, now + _AHEAD)
            with reading(engine) as connection:  # it takes long, and calls must not wait for it
                found = dated_shifts(connection, link.line, window, now - _GONE_SHOWN_FOR)
        except NotFound:
            abort(404)
        except (Unavailable, sa.exc.SQLAlchemyError):
            abort(503)
        if line is None:
            abort(404)
        own = [one for one in found if link.therapist in {None, one.shift.therapist}]
        entries = [Entry(one.shift, one.changed_at, cancelled=one.gone) for one in own]
        name = phrases(FIRST).written["calendar_name"].format(line=line.name)
        if link.therapist is not None:
            name = phrases(FIRST).written["calendar_own"].format(line=line.name)
        answer = Response(calendar_feed(line, entries, _title(line, link), name, now))
        answer.mimetype = "text/calendar"
        answer.headers["Cache-Control"] = "private, max-age=300"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    return calendars


def _title(line: Line, link: CalendarLink) -> Callable[[Shift], str]:
    """
    What an event is called; ids and not names, since calendars are shared and synchronised.

    A line's calendar can be read back as a rota, and so has positions and people as one is written.
    """
    written = phrases(FIRST).written

    def title(shift: Shift) -> str:
        if link.therapist is None:
            return f"{shift.position}: {shift.therapist}"
        first = written["calendar_first" if shift.position == 1 else "calendar_backup"]
        return f"{first} · {line.name}"

    return title
