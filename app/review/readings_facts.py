"""What is told of each row of the reading log: whose contact it was, the duty, and the flags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.duty.gate import Gate
from app.review.readings_duty import Moment, duties
from app.store import contacts, reading_log
from app.store.reading_log import Kept
from routing.access import Act, Denial, Office, Viewer
from routing.contact import Contact
from routing.ids import ClientId, ContactId, DistrictId, FollowUpId, HandoverId, TherapistId
from routing.intervals import Interval
from routing.organisation import Line, Organisation
from routing.reading_flags import Flagged, Look, flags

_FOLLOW_UP = "follow-up-"  # how the gate names one in the log, by its number


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One row of the reading log, as it is told.

    Args:
        name: the reader's; None where the organisation knows her no more, or never did.
        employed: whether the district that reviews employs her.
        reference: the client's, where the register knew the caller.
        duty: the reader's duty at that moment, by the rota in force then.
        after_duty: whether that duty was over, and only its grace left.
    """

    id: int
    at: datetime
    viewer: Viewer
    name: str | None = field(repr=False)
    employed: bool
    act: Act
    contact: ContactId | None
    reference: str | None = field(repr=False)
    handover: HandoverId | None
    denied: Denial | None
    duty: Interval | None
    after_duty: bool
    flags: tuple[Flagged, ...]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of all that some rows are about."""

    contacts: Mapping[ContactId, Contact]
    threads: Mapping[ContactId, str]
    followed_up: Mapping[FollowUpId, ClientId]
    protected: frozenset[ClientId]
    duties: Mapping[Moment, Interval]


def entries(
    gate: Gate,
    districts: frozenset[DistrictId],
    line: Line,
    rows: Sequence[Kept],
    around: Sequence[Kept],
) -> tuple[Entry, ...]:
    """*rows* as they are told, judged by what stands *around* them."""
    facts = _facts(gate, districts, around)
    names = names_of(gate.organisation)
    looks = {row.id: _look(row, districts, facts) for row in around}
    why = flags(looks.values(), line)
    return tuple(
        _entry(row, looks[row.id], districts, facts, names, why.get(row.id, ())) for row in rows
    )


def names_of(organisation: Organisation) -> Mapping[str, str]:
    """What people are called, by id; a reviewer is known by an account alone."""
    managers = {one.id: one.name for one in organisation.managers}
    return {**managers, **{one.id: one.name for one in organisation.therapists.values()}}


def _facts(gate: Gate, districts: frozenset[DistrictId], rows: Sequence[Kept]) -> _Facts:
    connection = gate.connection
    about = list(dict.fromkeys(row.reading.contact for row in rows if row.reading.contact))
    tasks = [number for one in about if (number := _follow_up(one)) is not None]
    moments = {
        Moment(TherapistId(row.reading.viewer.id), row.reading.at)
        for row in rows
        if row.reading.viewer.office is Office.THERAPIST
    }
    return _Facts(
        {one.id: one for one in contacts.of_ids(connection, about)},
        reading_log.threads(connection, about),
        reading_log.followed_up(connection, districts, tasks),
        reading_log.protected(connection, districts),
        duties(connection, gate.organisation, moments),
    )


def _look(row: Kept, districts: frozenset[DistrictId], facts: _Facts) -> Look:
    made = row.reading
    contact = None if made.contact is None else facts.contacts.get(made.contact)
    duty = facts.duties.get(Moment(TherapistId(made.viewer.id), made.at))
    thread = None if made.contact is None else facts.threads.get(made.contact)
    return Look(
        row.id,
        made.viewer,
        made.act,
        made.at,
        matter=made.handover or thread or made.contact,
        refused=made.denied is not None,
        employed=made.viewer.district in districts,
        had_it=contact is not None and _had_it(made.viewer, contact),
        duty=duty,
        in_duty=contact is not None and duty is not None and contact.received_at in duty,
        protected=bool(_clients(row, districts, facts) & facts.protected),
    )


def _had_it(viewer: Viewer, contact: Contact) -> bool:
    """Whether it is the reader's own: she took it, or nobody did and she was rung last."""
    if viewer.office is not Office.THERAPIST:
        return False
    if contact.therapist is not None or contact.caller.home is not None:
        return contact.therapist == viewer.id
    rung = next((one.target for one in reversed(contact.attempts) if not one.is_fallback), None)
    return rung == viewer.id


def _clients(row: Kept, districts: frozenset[DistrictId], facts: _Facts) -> frozenset[ClientId]:
    reference = _reference(row, districts, facts)
    return frozenset(map(ClientId, (reference or "").split("/")))


def _reference(row: Kept, districts: frozenset[DistrictId], facts: _Facts) -> str | None:
    """The client's reference; a contact that is another district's now names nobody here."""
    if row.reading.contact is None:
        return None
    number = _follow_up(row.reading.contact)
    if number is not None:
        return facts.followed_up.get(number)
    contact = facts.contacts.get(row.reading.contact)
    if contact is None or contact.caller.home not in districts:
        return None
    return contact.caller.label


def _follow_up(contact: ContactId) -> FollowUpId | None:
    number = contact.removeprefix(_FOLLOW_UP)
    return FollowUpId(int(number)) if number != contact and number.isdecimal() else None


def _entry(
    row: Kept,
    seen: Look,
    districts: frozenset[DistrictId],
    facts: _Facts,
    names: Mapping[str, str],
    why: tuple[Flagged, ...],
) -> Entry:
    made = row.reading
    return Entry(
        row.id,
        made.at,
        made.viewer,
        names.get(made.viewer.id),
        seen.employed,
        made.act,
        made.contact,
        _reference(row, districts, facts),
        made.handover,
        made.denied,
        seen.duty,
        seen.duty is not None and made.at >= seen.duty.end,
        why,
    )
