"""What must be right before anybody is given the line's number, as far as we can see it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.review.diagnosis import Diagnosis, Value
from app.review.go_live_unseen import unseen
from routing.access import Office
from routing.finding import Severity
from routing.ids import DistrictId, LineId, TherapistId
from routing.organisation import Line, Mandate, Organisation, Task

# A backup is made each night; an older one would cost more than a restore drill shows.
BACKUP_WITHIN = timedelta(days=2)
# Each day's test call has the carrier ask us; an older request may be of another token.
HEARD_WITHIN = timedelta(days=2)


class Part(StrEnum):
    """A heading of the list."""

    SERVICE = "service"
    LINES = "lines"
    DISTRICTS = "districts"
    MANDATES = "mandates"
    THERAPISTS = "therapists"
    DECISIONS = "decisions"
    CARRIER = "carrier"
    OPERATION = "operation"
    TESTS = "tests"
    PEOPLE = "people"
    CHANGEOVER = "changeover"


@dataclass(frozen=True, slots=True)
class Item:
    """
    One line of the list; *is_right* is None where it is not known.

    *unseen* is what kept the service from looking; without it only a person, or time, can tell.
    *code* is for programs; what it says stands in `app.console.go_live_words`.
    """

    part: Part
    code: str
    is_right: bool | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    findings: tuple[Diagnosis, ...] = ()
    unseen: tuple[Diagnosis, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What is known besides the doctor's findings.

    *confirmed* is by a key or a yes before a duty; *heard* is when the carrier last asked anything.
    """

    on: datetime
    confirmed: Mapping[TherapistId, datetime] = field(default_factory=dict)
    offices: Collection[tuple[Office, DistrictId]] = ()  # of accounts that may sign in
    backed_up: datetime | None = None
    called: Collection[LineId] = ()  # lines whose last test call came through
    heard: datetime | None = None


# The doctor's codes by what they are about; one that is nowhere stands under *other*.
_OF_THE_SERVICE: Mapping[str, tuple[str, ...]] = {
    "settings": ("account_odd", "api_url", "metrics_token", "no_account", "no_token", "no_tracing",
                 "on_show", "one_worker", "public_url", "secret_key", "tokens_left", "workers"),
    "front": ("front_", "certificate_"),
    "database": ("database", "no_tables", "not_migrated", "no_organisation", "rights_",
                 "unreadable"),
    "keys": ("keys_",),
    "disk": ("spool", "journal_", "no_snapshot", "old_snapshot", "disk_", "inodes_"),
    "clock": ("clock_", "reconcile_", "purge_", "outbox_", "many_failed", "unexported"),
    "fallback_copy": ("no_fallback_url", "fallback_with_us", "fallback_unreadable",
                      "fallback_differs"),
    "webhooks": ("only_unsigned", "some_unsigned", "many_unsigned"),
    "account": ("account_", "carrier_", "balance_"),
    "mail": ("no_mail", "mail_"),
}  # fmt: skip
_OF_A_LINE: Mapping[str, tuple[str, ...]] = {
    "line_number": ("number_",),
    "line_fallback": ("no_fallback", "fallback_closed", "no_office"),
    "line_rota": ("nobody_", "cannot_be_rung", "rota_", "feed_", "district_unheard",
                  "opted_out_on_duty"),
    "line_canary": ("canary_",),
}  # fmt: skip


_SUBJECTS = frozenset({"line", "therapist", "district", "principal"})


def checked(
    findings: Iterable[Diagnosis], organisation: Organisation | None, facts: Facts
) -> tuple[Item, ...]:
    """Everything that the service can see for itself."""
    wrong = [one for one in findings if one.severity is not Severity.INFO]
    items = [*_service(wrong, facts)]
    if organisation is not None:
        left = _untold(wrong, items)
        for line in organisation.lines.values():
            items += _line(line, wrong, left, facts)
        items += _districts(organisation, facts)
        items += _mandates(organisation, wrong, facts.on)
        items += _therapists(organisation, wrong, facts)
    rest = tuple(_untold(wrong, items))
    return (
        *items,
        *((Item(Part.SERVICE, "other", is_right=False, findings=rest),) if rest else ()),
    )


def _untold(wrong: Iterable[Diagnosis], items: Iterable[Item]) -> list[Diagnosis]:
    told = {id(one) for item in items for one in (*item.findings, *item.unseen)}
    return [one for one in wrong if id(one) not in told]


def is_ready(items: Iterable[Item]) -> bool:
    """Whether everything that can be seen was looked at, and is right."""
    return all(item.is_right for item in items)


def _has_subject(one: Diagnosis) -> bool:
    return not _SUBJECTS.isdisjoint(one.values)


def _item(
    part: Part,
    code: str,
    wrong: Iterable[Diagnosis],
    hidden: tuple[Diagnosis, ...] = (),
    /,
    **values: Value,
) -> Item:
    """One that is wrong where anything is, and not known where somebody should have looked."""
    found = tuple(one for one in wrong if one not in hidden)
    is_right = False if found else None if hidden else True
    return Item(part, code, is_right, values, found, hidden)


def _service(wrong: Sequence[Diagnosis], facts: Facts) -> Iterator[Item]:
    # The copy is each line's, and one place outside the service.
    of_the_copy = _OF_THE_SERVICE["fallback_copy"]
    left = [one for one in wrong if not _has_subject(one) or one.code.startswith(of_the_copy)]
    for code, beginnings in _OF_THE_SERVICE.items():
        own = [one for one in left if one.code.startswith(beginnings)]
        left = [one for one in left if one not in own]
        item = _item(Part.SERVICE, code, own, unseen(code, wrong))
        is_silent = facts.heard is None or facts.on - facts.heard > HEARD_WITHIN
        is_news = code == "webhooks" and is_silent and item.is_right is True
        yield Item(Part.SERVICE, "no_webhook") if is_news else item
    yield from _of_the_rows(unseen("backup", wrong), facts)


def _of_the_rows(hidden: tuple[Diagnosis, ...], facts: Facts) -> Iterator[Item]:
    """What only the database tells."""
    if hidden:
        for code in ("last_backup", "administrator"):
            yield Item(Part.SERVICE, code, unseen=hidden)
        return
    made = facts.backed_up
    if made is None:
        yield Item(Part.SERVICE, "no_backup", is_right=False)
    else:
        is_new = facts.on - made <= BACKUP_WITHIN
        yield Item(Part.SERVICE, "backup", is_new, {"on": made.date()})
    held = {office for office, _ in facts.offices}
    yield Item(Part.SERVICE, "administrator", Office.ADMINISTRATOR in held)


def _line(
    line: Line, wrong: Sequence[Diagnosis], left: Iterable[Diagnosis], facts: Facts
) -> Iterator[Item]:
    own = [one for one in left if one.values.get("line") == line.id]
    for code, beginnings in _OF_A_LINE.items():
        about = [one for one in own if one.code.startswith(beginnings)]
        hidden = unseen(code, wrong, line.id)
        own = [one for one in own if one not in about and one not in hidden]
        item = _item(Part.LINES, code, about, hidden, line=line.id, name=line.name)
        is_bare = code == "line_fallback" and not line.fallback
        is_new = code == "line_canary" and line.id not in facts.called
        yield replace(item, is_right=False) if is_bare or is_new else item
    is_asked = line.check_in is not None
    values: dict[str, Value] = {"line": line.id, "name": line.name}
    yield Item(Part.LINES, "line_check_in", is_asked, values)
    if own:
        yield _item(Part.LINES, "line_other", own, **values)


def current(organisation: Organisation, on: datetime) -> tuple[DistrictId, ...]:
    """The districts that the lines are for, as they are called now."""
    return tuple(
        dict.fromkeys(
            organisation.current(district, line.today(on))
            for line in organisation.lines.values()
            for district in line.districts
        )
    )


def _districts(organisation: Organisation, facts: Facts) -> Iterator[Item]:
    for id_ in current(organisation, facts.on):
        district = organisation.districts[id_]
        at = f"{district.handover_at:%H:%M}"
        values: dict[str, Value] = {"district": id_, "at": at, "count": len(district.notify)}
        yield Item(Part.DISTRICTS, "handover", bool(district.notify), values)
        told = [m for m in organisation.managers if m.district == id_ and (m.phone or m.email)]
        yield Item(Part.DISTRICTS, "manager", bool(told), {"district": id_})
        is_reviewed = (Office.REVIEWER, id_) in facts.offices
        yield Item(Part.DISTRICTS, "reviewer", is_reviewed, {"district": id_})


def _mandates(
    organisation: Organisation, wrong: Iterable[Diagnosis], on: datetime
) -> Iterator[Item]:
    ending = [one for one in wrong if one.code == "mandate_ends"]
    for line in organisation.lines.values():
        today = line.today(on)
        homes = tuple(dict.fromkeys(organisation.current(d, today) for d in line.districts))
        for principal in homes:
            for staff in homes:
                if staff != principal and _has_staff(organisation, staff, today):
                    found = _in_force(organisation, principal, staff, today)
                    yield _mandate(principal, staff, found, ending)


def _has_staff(organisation: Organisation, district: DistrictId, today: date) -> bool:
    return any(
        t.district == district and today in t.active for t in organisation.therapists.values()
    )


def _in_force(
    organisation: Organisation, principal: DistrictId, staff: DistrictId, today: date
) -> Mandate | None:
    own = [
        one
        for one in organisation.mandates
        if (one.principal, one.staff_of) == (principal, staff)
        and Task.STANDBY in one.tasks
        and today in one.valid
    ]
    return max(own, key=lambda one: one.valid.last or date.max, default=None)


def _mandate(
    principal: DistrictId, staff: DistrictId, found: Mandate | None, ending: Sequence[Diagnosis]
) -> Item:
    values: dict[str, Value] = {"principal": principal, "staff": staff}
    if found is None:
        return Item(Part.MANDATES, "no_mandate", is_right=False, values=values)
    values["reference"] = found.reference
    about = [
        one
        for one in ending
        if (one.values["principal"], one.values["staff"]) == (principal, staff)
    ]
    if found.valid.last is None:
        return _item(Part.MANDATES, "mandate_open", about, **values)
    return _item(Part.MANDATES, "mandate", about, last=found.valid.last, **values)


def _therapists(
    organisation: Organisation, wrong: Sequence[Diagnosis], facts: Facts
) -> Iterator[Item]:
    line = next(iter(organisation.lines.values()))
    today = line.today(facts.on)
    for therapist in organisation.therapists.values():
        if today not in therapist.active:
            continue
        who: dict[str, Value] = {"therapist": therapist.id}
        own = [
            one
            for one in wrong
            if one.values.get("therapist") == therapist.id and "line" not in one.values
        ]
        yield _item(Part.THERAPISTS, "phone", own, **who)
        said = facts.confirmed.get(therapist.id)
        if said is None:
            yield Item(Part.THERAPISTS, "unconfirmed", is_right=False, values=who)
        else:
            on = said.astimezone(line.zone).date()
            yield Item(Part.THERAPISTS, "confirmed", is_right=True, values={**who, "on": on})
