"""What is due next in the lab, with a moment to jump to for each."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from flask_babel import format_datetime
from flask_babel import gettext as _

from app.console.handover_words import stands_at
from app.demo.phone_lab.directory import Directory
from app.demo.phone_lab.happenings import stage_reading
from app.demo.phone_lab.telephones import Telephones
from app.demo.stage import Stage
from app.store import handovers
from app.store.handovers import Handover
from routing.handover import DONE
from routing.intervals import Interval

Plain = dict[str, Any]
_MOST, _MOST_HANDOVERS = 7, 6
_AHEAD = timedelta(days=9)
_AFTER = timedelta(seconds=15)  # by then the clock has looked
_RINGS_ON = timedelta(seconds=6)  # beyond the line's own patience, as Twilio does
# By then `handover_state` has reminded, and then told of it.
_REMINDED, _ESCALATED = timedelta(minutes=31), timedelta(minutes=61)


def due(known: Directory, telephones: Telephones, rows: list[Handover]) -> list[Plain]:
    """What happens next, the first first."""
    found = sorted(_all(known, telephones, rows), key=lambda one: one[0])
    return [
        {
            "at": _when(at),
            "words": words,
            "to": at.astimezone(known.line.zone).isoformat(timespec="seconds"),
        }
        for at, words in found
        if at > known.now
    ][:_MOST]


def known_handovers(stage: Stage, now: datetime) -> list[Handover]:
    """The handovers of the last days and of those to come."""
    with stage_reading(stage) as connection:
        return list(handovers.listed(connection, None, now + _AHEAD, now - _AHEAD))


def shown_handovers(
    known: Directory, rows: list[Handover], language: str, public_url: str
) -> list[Plain]:
    """The handovers that have been built, the latest first."""
    organisation = known.picture.organisation
    return [
        {
            "id": str(one.id),
            "district": organisation.name_of(one.district) or one.district,
            "state": stands_at(one.state, language),
            "is_done": one.state in DONE,
            "contacts": len(one.contacts),
            "due": _when(one.due_at),
            "address": f"{public_url}/handovers/{one.id}",
        }
        for one in sorted(rows, key=lambda one: one.due_at, reverse=True)[:_MOST_HANDOVERS]
    ]


def _all(
    known: Directory, telephones: Telephones, rows: list[Handover]
) -> Iterator[tuple[datetime, str]]:
    line, now = known.line, known.now
    for one, leg in telephones.ringing():
        if leg.parent is not None:
            yield (
                leg.began_at + line.ring_for + _RINGS_ON,
                _("%(name)s's telephone has rung long enough", name=one.name),
            )
    opens = line.hours.next_opening(now)
    if opens is not None:
        yield opens + _AFTER, _("The line opens")
    span = Interval(now - timedelta(days=1), now + _AHEAD)
    closes = next((part.end for part in line.hours.within(span) if part.end > now), None)
    if closes is not None:
        yield closes + _AFTER, _("The line closes, and the handover is made")
    rota = known.picture.rotas.get(line.id)
    turns = [s for s in rota.shifts if s.time.start > now and s.position == 1] if rota else []
    if turns:
        first = min(turns, key=lambda shift: shift.time.start)
        name = known.picture.organisation.therapists[first.therapist].name
        yield first.time.start + _AFTER, _("%(name)s takes over as first on standby", name=name)
    if line.check_in is not None and opens is not None:
        yield opens - line.check_in.ask + _AFTER, _("Those on standby are asked to confirm")
    for row in rows:
        if row.state in DONE:
            continue
        district = known.picture.organisation.name_of(row.district) or row.district
        yield row.due_at + _AFTER, _("%(name)s meets over its handover", name=district)
        yield (
            row.due_at + _REMINDED,
            _("%(name)s is reminded, if nobody has read the handover", name=district),
        )
        yield (
            row.due_at + _ESCALATED,
            _("The manager in %(name)s is told, if nobody has read the handover", name=district),
        )


def _when(at: datetime) -> str:
    return format_datetime(at, _("EEE d MMM HH:mm"))
