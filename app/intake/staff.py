"""Districts, their therapists, and the mandates between them, out of the organisation file."""

import re
from collections.abc import Mapping

from app.intake.checks import all_different, known, one_of, validity, written
from app.intake.document import DistrictTable, Document, ManagerTable, MandateTable, TherapistTable
from app.intake.locate import Whereabouts
from app.intake.spans import clock_time
from app.intake.working_time import working_time
from routing.errors import InvalidInput, Place
from routing.ids import ClientId, DistrictId, TherapistId
from routing.numbers import PhoneNumber, parse_number
from routing.organisation import District, Manager, Mandate, Task, Therapist
from routing.working_time import Terms

_MAIL_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")


def districts(document: Document, where: Whereabouts) -> Mapping[DistrictId, District]:
    """Every district by id, in the file's order."""
    tables = document.districts
    if not tables:
        raise InvalidInput("there is no district", where.of("districts"))
    found = [_district(place, table, document, where) for place, table in enumerate(tables)]
    _check_successors(found, where)
    return {district.id: district for district in found}


def therapists(
    document: Document, everyone: Terms, where: Whereabouts
) -> Mapping[TherapistId, Therapist]:
    """Every therapist by id, in the file's order."""
    tables = document.therapists
    found = (_therapist(n, table, document, everyone, where) for n, table in enumerate(tables))
    return {therapist.id: therapist for therapist in found}


def mandates(document: Document, where: Whereabouts) -> tuple[Mandate, ...]:
    """Every mandate, in the file's order."""
    ids = {table.id for table in document.districts}
    return tuple(_mandate(n, table, ids, where) for n, table in enumerate(document.mandates))


def managers(document: Document, where: Whereabouts) -> tuple[Manager, ...]:
    """Every manager, in the file's order."""
    return tuple(_manager(n, table, document, where) for n, table in enumerate(document.managers))


def _district(place: int, table: DistrictTable, document: Document, where: Whereabouts) -> District:
    at = ("districts", place)
    own = [t.id for t in document.therapists if t.district == table.id]
    notify = own if table.handover.notify is None else table.handover.notify
    staff = {t.id for t in document.therapists}
    for n, therapist in enumerate(notify):
        known(therapist, staff, "therapist", where.of(*at, "handover", "notify", n))
    for n, therapist in enumerate(table.handover.urgent):
        known(therapist, staff, "therapist", where.of(*at, "handover", "urgent", n))
    if table.successor is not None:
        ids = {d.id for d in document.districts}
        known(table.successor, ids, "district", where.of(*at, "successor"))
    return District(
        id=DistrictId(table.id),
        name=written(table.name, where.of(*at, "name")),
        valid=validity(table.valid_from, table.valid_to, where.of(*at, "valid_to")),
        successor=DistrictId(table.successor) if table.successor is not None else None,
        office=_phone(table.office_number, where.of(*at, "office_number")),
        handover_at=clock_time(table.handover.at, where.of(*at, "handover", "at")),
        notify=tuple(TherapistId(therapist) for therapist in notify),
        wants_empty=table.handover.empty,
        urgent=tuple(TherapistId(therapist) for therapist in table.handover.urgent),
    )


def _check_successors(found: list[District], where: Whereabouts) -> None:
    successor_of = {district.id: district.successor for district in found}
    for n, district in enumerate(found):
        place = where.of("districts", n, "successor")
        if district.successor is not None and district.valid.last is None:
            raise InvalidInput("only a district with a valid_to has a successor", place)
        after, steps = district.successor, 0
        while after is not None and steps <= len(found):
            if after == district.id:
                raise InvalidInput("a district cannot come after itself", place)
            after, steps = successor_of[after], steps + 1


def _therapist(
    place: int, table: TherapistTable, document: Document, everyone: Terms, where: Whereabouts
) -> Therapist:
    at = ("therapists", place)
    ids = {district.id for district in document.districts}
    own = table.working_time
    return Therapist(
        id=TherapistId(table.id),
        name=written(table.name, where.of(*at, "name")),
        phone=_phone(table.phone, where.of(*at, "phone")),
        email=_mail_address(table.email, where.of(*at, "email")),
        district=DistrictId(known(table.district, ids, "district", where.of(*at, "district"))),
        active=validity(table.active_from, table.active_to, where.of(*at, "active_to")),
        not_for=frozenset(
            ClientId(_reference(client, where.of(*at, "not_for", n)))
            for n, client in enumerate(table.not_for)
        ),
        working_time=(
            working_time(own, everyone, where, (*at, "working_time")) if own is not None else None
        ),
    )


def _manager(place: int, table: ManagerTable, document: Document, where: Whereabouts) -> Manager:
    at = ("managers", place)
    ids = {district.id for district in document.districts}
    if table.phone is None and table.email is None:
        raise InvalidInput("has neither phone nor email to be told by", where.of(*at, "phone"))
    return Manager(
        id=table.id,
        name=written(table.name, where.of(*at, "name")),
        phone=_phone(table.phone, where.of(*at, "phone")),
        email=_mail_address(table.email, where.of(*at, "email")),
        district=DistrictId(known(table.district, ids, "district", where.of(*at, "district"))),
    )


def _phone(text: str | None, place: Place) -> PhoneNumber | None:
    return None if text is None else parse_number(text, place)


def _mail_address(text: str | None, place: Place) -> str | None:
    if text is not None and not _MAIL_ADDRESS.fullmatch(text):
        raise InvalidInput("not a mail address", place)
    return text


def _mandate(place: int, table: MandateTable, ids: set[str], where: Whereabouts) -> Mandate:
    at = ("mandates", place)
    if table.principal == table.staff_of:
        raise InvalidInput(
            "a district needs no mandate for its own staff", where.of(*at, "staff_of")
        )
    return Mandate(
        principal=DistrictId(known(table.principal, ids, "district", where.of(*at, "principal"))),
        staff_of=DistrictId(known(table.staff_of, ids, "district", where.of(*at, "staff_of"))),
        reference=written(table.reference, where.of(*at, "reference")),
        valid=validity(table.valid_from, table.valid_to, where.of(*at, "valid_to")),
        tasks=_tasks(table.tasks, where, place),
    )


def _tasks(words: list[str], where: Whereabouts, mandate: int) -> frozenset[Task]:
    at = ("mandates", mandate, "tasks")
    if not words:
        raise InvalidInput("names no task", where.of(*at))
    all_different(words, where, *at)
    return frozenset(Task(one_of(word, Task, where.of(*at, n))) for n, word in enumerate(words))


def _reference(text: str, place: Place) -> str:
    """A client as the register names one; what was written is never quoted."""
    if not text or len(text.split()) != 1 or "/" in text:
        raise InvalidInput("not a client's reference: one word", place)
    return text
