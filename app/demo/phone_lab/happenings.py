"""What happens in the lab and why, in plain words: calls and texts step by step, and notices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.console.contact_words import RESULTS, became, district_name
from app.console.filters import duration
from app.console.rota_words import REASONS
from app.demo.phone_lab.directory import ANONYMOUS, Directory
from app.demo.stage import Stage
from app.store import contacts
from app.store.outbox import By, State
from app.store.tables import outbox
from app.telephony.exchange import arrival
from app.telephony.planning import asks, plan
from routing.call import Ending, FallbackNumber, OfficeNumber, Person, Target
from routing.contact import (
    CLIENT,
    OFFICE,
    Attempt,
    Channel,
    Contact,
    ContactEvent,
    Direction,
    Kind,
    fold,
)
from routing.ids import ContactId, TherapistId
from routing.ladder import Seeker, ladder

Plain = dict[str, Any]
_MOST, _MOST_NOTICES = 6, 12
# Of what happened at the same moment, the first first; the rest comes after.
_ORDER = (Kind.RECEIVED, Kind.IDENTIFIED, Kind.DECLINED, Kind.ATTEMPT_ENDED, Kind.OFFERED)
_LATER = timedelta(days=2)  # events may be dated after the lab's moment by a second or two
_ENDINGS: Mapping[str | None, object] = {
    Ending.TALKED: lazy_gettext("The call is over."),
    Ending.CALLER_LEFT: lazy_gettext("The caller hung up before anybody had answered."),
    Ending.NOBODY: lazy_gettext("Nobody was left to ring, and the caller was told what to do."),
    Ending.CLOSED: lazy_gettext("The line is closed, and the caller was told when it opens."),
    Ending.BLOCKED: lazy_gettext("The number is blocked, so nobody was rung."),
    Ending.RESCUED: lazy_gettext(
        "Our own code failed, so the carrier was told to ring the fallback at once."
    ),
}
_TOLD: Mapping[Kind, object] = {
    Kind.IDENTIFIED: lazy_gettext("The caller chose %(district)s."),
    Kind.ASSIGNED: lazy_gettext("%(name)s said that it is about %(district)s."),
    Kind.OFFERED: lazy_gettext("%(name)s is rung."),
    Kind.ACCEPTED: lazy_gettext("%(name)s pressed 1 and took the call."),
    Kind.DECLINED: lazy_gettext("%(name)s declined."),
    Kind.HUNG_UP: lazy_gettext("The carrier says that the call is over."),
    Kind.RELAYED: lazy_gettext("The text was passed on to %(name)s."),
    Kind.UNDELIVERED: lazy_gettext("The text reached nobody."),
    Kind.RECONCILED: lazy_gettext("Found afterwards in the carrier's own list."),
}
_STATES: Mapping[str, tuple[object, str]] = {
    State.PENDING: (lazy_gettext("waits to be sent"), "calm"),
    State.SENDING: (lazy_gettext("is being sent"), "calm"),
    State.SENT: (lazy_gettext("sent"), "calm"),
    State.FAILED: (lazy_gettext("could not be sent"), "bad"),
}
_DELIVERIES: Mapping[str, tuple[object, str]] = {
    "delivered": (lazy_gettext("arrived"), "good"),
    "undelivered": (lazy_gettext("did not arrive"), "bad"),
    "failed": (lazy_gettext("did not arrive"), "bad"),
}
_WAYS: Mapping[str, object] = {
    By.TEXT: lazy_gettext("Text"),
    By.MAIL: lazy_gettext("Mail"),
    By.CALL: lazy_gettext("Call"),
}


@dataclass(slots=True)
class Ways:
    """
    Whom each contact would have rung when it came in, kept since the answer changes meanwhile.

    The therapist who takes a call is in a call from then on, and so would be left out of it.
    """

    kept: dict[tuple[str, str | None], Plain] = field(default_factory=dict)


def way(stage: Stage, known: Directory, number: str, home: str | None = None) -> Plain:
    """Who is rung if *number* calls now, in order, and who on standby is left out and why."""
    line = known.line
    form = {"From": number, "To": line.number.e164}
    came = arrival(stage.parts.exchange, form, ContactId("lab"))
    if home is not None and came.caller.home is None:
        came = arrival(
            stage.parts.exchange,
            form,
            ContactId("lab"),
            next(d for d in line.districts if d == home),
        )
    picture, at = came.picture, came.at
    rota = picture.rotas.get(line.id)
    seeker = Seeker(came.caller.home, came.identity.therapist, came.number, came.identity.label)
    tried = ladder(
        picture.organisation,
        line,
        rota.on_call(at) if rota is not None else (),
        seeker,
        at,
        picture.out(at),
    )
    is_open = line.hours.is_open(at)
    return {
        "asks": asks(came),
        "open": is_open,
        "tried": [
            {
                "target": str(target),
                "name": _target_name(known, str(target), came.caller.home),
                "why": _why(known, target, came.identity.therapist),
            }
            for target in plan(came)
        ],
        "left_out": [
            {"target": str(who), "name": _name(known, who), "why": str(REASONS[reason])}
            for who, reason in (tried.left_out if is_open else ())
        ],
    }


def flow(stage: Stage, known: Directory, ways: Ways, began_at: datetime) -> list[Plain]:
    """The last calls and texts since *began_at*, the latest first."""
    with stage_reading(stage) as connection:
        came = contacts.received_between(
            connection, known.line.id, began_at - timedelta(seconds=1), known.now + _LATER
        )
        told = contacts.events_of(connection, [one.id for one in came[-_MOST:]])
    numbers = {leg.sid: leg.frm for leg in stage.carrier.legs if leg.direction == "inbound"}
    numbers.update({message.sid: message.frm for message in stage.carrier.texts})
    shown = []
    for events in told.values():
        contact = fold(events)
        if contact is not None:
            shown.append(_course(stage, known, ways, contact, events, numbers.get(contact.id)))
    return sorted(shown, key=lambda one: one["order"], reverse=True)


def notices(stage: Stage, known: Directory, began_at: datetime) -> list[Plain]:
    """The last letters of the outbox since *began_at*, the latest first."""
    o = outbox.c
    query = (
        sa.select(outbox)
        .where(o.created_at >= began_at - timedelta(seconds=1))
        .order_by(o.created_at.desc())
        .limit(_MOST_NOTICES)
    )
    with stage_reading(stage) as connection:
        rows = connection.execute(query).all()
    cipher = stage.parts.cipher
    found = []
    for row in rows:
        to = cipher.open(row.recipient, "outbox.recipient")
        words, tone = _DELIVERIES.get(row.delivery) or _STATES[row.state]
        found.append(
            {
                "key": row.key,
                "at": _clock(known, row.created_at),
                "to": known.mail(to) if row.channel == By.MAIL else known.at(to).name,
                "by": str(_WAYS[row.channel]),
                "state": str(words),
                "tone": tone,
                "words": cipher.open(row.body, "outbox.body"),
            }
        )
    return found


def stage_reading(stage: Stage) -> sa.Connection:
    """
    A connection that only reads, past the service's own engine.

    What stands in the database is shown also while the service cannot reach it.
    """
    return _engine(stage.parts.settings.database_url).connect()


@lru_cache(maxsize=2)
def _engine(url: str) -> sa.Engine:
    return sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True)


def _course(
    stage: Stage,
    known: Directory,
    ways: Ways,
    contact: Contact,
    events: Sequence[ContactEvent],
    number: str | None,
) -> Plain:
    told: dict[str, ContactEvent] = {}
    for event in sorted(events, key=_order):
        told.setdefault(event.key, event)
    words, tone = became(contact, known.now)
    is_call_in = contact.channel is Channel.VOICE and contact.direction is Direction.INBOUND
    rung = {attempt.target for attempt in contact.attempts}
    planned: Plain = {"asks": False, "tried": [], "left_out": []}
    if number is not None and is_call_in:  # a text is read during a call, too
        key = (str(contact.id), contact.caller.home)
        if key not in ways.kept:
            ways.kept[key] = way(stage, known, number, contact.caller.home)
        planned = ways.kept[key]
    return {
        "id": str(contact.id),
        "order": contact.received_at.timestamp(),
        "at": _clock(known, contact.received_at),
        "title": _title(known, contact, number),
        "became": str(words),
        "tone": tone,
        "step": _step(known, contact, planned) if is_call_in else "",
        # Whoever takes a call is in a call from then on, and was not left out of it.
        "left_out": [one for one in planned["left_out"] if one["target"] not in rung],
        "told": [
            {"at": _clock(known, event.at), "words": _event(known, contact, event)}
            for event in told.values()
        ],
    }


def _order(event: ContactEvent) -> tuple[datetime, int, str]:
    rank = _ORDER.index(event.kind) if event.kind in _ORDER else len(_ORDER)
    return event.at, rank, event.key


def _title(known: Directory, contact: Contact, number: str | None) -> str:
    if contact.direction is Direction.OUTBOUND:
        name = _name(known, contact.therapist)
        if contact.channel is Channel.TEXT:
            return _("%(name)s writes as the line", name=name)
        return _("%(name)s calls as the line", name=name)
    one = known.at(number or ANONYMOUS).name
    if contact.channel is Channel.TEXT:
        return _("Text from %(name)s", name=one)
    return _("Call from %(name)s", name=one)


def _step(known: Directory, contact: Contact, planned: Plain) -> str:
    """Where a call has got to, and what comes next; nothing when it is over."""
    if contact.outcome_at(known.now) is not None and not _talks(contact):
        return ""
    if not contact.attempts:
        asked = _("The caller is asked which district it is about.")
        return asked if planned["asks"] else _("The call has come in.")
    attempt = contact.attempts[-1]
    name = _target_name(known, attempt.target, contact.caller.home)
    tried = {one.target for one in contact.attempts}
    left = [one["name"] for one in planned["tried"] if one["target"] not in tried]
    if _talks(contact):
        words = _("%(name)s talks with the caller.", name=name)
    elif attempt.ended_at is not None:
        words = _("%(name)s did not take the call.", name=name)
    elif left:
        words = _("%(name)s is rung. Next is %(next)s.", name=name, next=left[0])
    else:
        words = _("%(name)s is rung. Nobody comes after that.", name=name)
    return words


def _talks(contact: Contact) -> bool:
    return any(a.accepted_at is not None and a.ended_at is None for a in contact.attempts) and (
        contact.talk is None
    )


def _event(known: Directory, contact: Contact, event: ContactEvent) -> str:
    name = "" if event.target is None else _target_name(known, event.target, contact.caller.home)
    match event.kind:
        case Kind.RECEIVED:
            return _received(known, event)
        case Kind.ATTEMPT_ENDED:
            return _attempt(contact, event, name)
        case Kind.ENDED:
            return str(_ENDINGS.get(event.result, event.result))
        case kind:
            home = event.caller.home if event.caller is not None else None
            district = district_name(known.picture.organisation, home)
            return str(_TOLD.get(kind, kind)) % {"name": name, "district": district}


def _received(known: Directory, event: ContactEvent) -> str:
    caller = event.caller
    district = district_name(known.picture.organisation, caller.home if caller else None)
    if event.direction is Direction.OUTBOUND:
        return _("Begun by %(name)s.", name=_name(known, event.target))
    if event.channel is Channel.TEXT:
        return _("The text came in: %(district)s.", district=district)
    return _("The call came in: %(district)s.", district=district)


def _attempt(contact: Contact, event: ContactEvent, name: str) -> str:
    attempt: Attempt | None = next((a for a in contact.attempts if a.target == event.target), None)
    if attempt is not None and attempt.reached:
        long = duration(timedelta(seconds=event.seconds or 0))
        return _("%(name)s and the caller have talked (%(long)s).", name=name, long=long)
    result = attempt.result if attempt is not None else event.result
    if result in {"unaccepted", "caller_gone"}:  # these have a subject of their own
        return f"{name}: {RESULTS[result]}."
    return f"{name} {RESULTS.get(result, result)}."


def _why(known: Directory, target: Target, own: TherapistId | None) -> str:
    match target:
        case Person(therapist) if therapist == own:
            return _("the family's own therapist, and on standby")
        case Person(therapist):
            is_first = known.positions.get(therapist) == 1
            return _("first on standby") if is_first else _("backup on standby")
        case OfficeNumber():
            return _("the home district's office, which is open")
        case FallbackNumber():
            return _("if nobody else answers")


def _target_name(known: Directory, target: str, home: str | None) -> str:
    if target == OFFICE:
        return known.of(f"office {home}").name
    if target == CLIENT:
        return _("The family")
    if target.startswith("fallback-"):
        place = int(target.removeprefix("fallback-")) - 1
        return known.line.fallback[place].name
    return _name(known, target)


def _name(known: Directory, who: str | None) -> str:
    therapist = known.picture.organisation.therapists.get(TherapistId(who or ""))
    return therapist.name if therapist is not None else (who or "")


def _clock(known: Directory, at: datetime) -> str:
    return f"{at.astimezone(known.line.zone):%H:%M:%S}"
