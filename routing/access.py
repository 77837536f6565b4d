"""
Who may see what of a contact, and when: one function, which every reader asks.

Two district administrations are two authorities.  A therapist of the one acts for the other only
during the duty and until its handover is done; nobody browses; managers see counts and their own
district's log, and no note.

Source: OSL (2009:400) 8 kap. 1 §, 26 kap. 1 §; SoLPuL (2001:454) 10 §; the mandate.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from routing.handover import DONE, HandoverState
from routing.ids import DistrictId, TherapistId
from routing.intervals import Interval
from routing.organisation import Line, Organisation, Therapist

GRACE = timedelta(minutes=60)  # to finish a note when the duty is over


class Office(StrEnum):
    """What a viewer is there for."""

    THERAPIST = "therapist"
    MANAGER = "manager"
    REVIEWER = "reviewer"  # the data protection officer, and whoever reviews the reading log
    ADMINISTRATOR = "administrator"


class Act(StrEnum):
    """What somebody wants to do; kept in the reading log as written, so never renamed."""

    CARD = "card"  # who the caller is, while there is a contact
    SEARCH = "search"  # look for clients without one
    LOG = "log"  # that there was a contact: times, attempts, outcome
    READ = "read"  # what was said
    WRITE = "write"  # the note, or an addendum to it
    ASSIGN = "assign"  # say whose the caller is
    ACKNOWLEDGE = "acknowledge"  # the handover, and what follows
    EXPORT = "export"  # take the handover out of the service, for the case file
    COUNT = "count"  # that there is something, and no more
    ORDER = "order"  # a follow-up, and what becomes of it until it is done
    FOLLOW_UP = "follow_up"  # carry one out: what was ordered, the call, the outcome
    REVIEW = "review"  # who has read what
    REGISTER = "register"  # keep the register of callers: one's own district's, and no other


_FOR_THE_HOME_DISTRICT = frozenset({Act.ACKNOWLEDGE, Act.EXPORT})


class Denial(StrEnum):
    """Why not."""

    NOT_YOUR_DISTRICT = "not_your_district"
    NOT_YOUR_CONTACT = "not_your_contact"
    NOT_YOUR_OFFICE = "not_your_office"
    NO_MANDATE = "no_mandate"
    DUTY_OVER = "duty_over"
    HANDED_OVER = "handed_over"
    NO_CONTACT = "no_contact"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: *id* is a therapist's or a manager's, *district* the employer."""

    id: str
    office: Office
    district: DistrictId


@dataclass(frozen=True, slots=True)
class Matter:
    """
    What access to one contact, or to nothing in particular, depends on.

    Args:
        home: whose the caller is; None while nobody knows.
        taken_by: the therapist who had the contact, or wrote of it.
        received_at: when it came; whether she might act for the home district is judged there.
        duty: the duty during which she had it; None where she had none.
        handover: how far the home district's handover with it has come; None before there is one.
        line: whose districts it could belong to.
        is_contact: whether there is anything yet: a contact, or a follow-up whose time has come.
    """

    line: Line
    home: DistrictId | None = None
    taken_by: TherapistId | None = None
    received_at: datetime | None = None
    duty: Interval | None = None
    handover: HandoverState | None = None
    is_contact: bool = True


def denied(
    viewer: Viewer, act: Act, matter: Matter, organisation: Organisation, now: datetime
) -> Denial | None:
    """Why *viewer* may not do it at *now*; None is leave to."""
    match viewer.office:
        case Office.THERAPIST:
            return _therapist(viewer, act, matter, organisation, now)
        case Office.MANAGER:
            return _manager(viewer, act, matter, organisation, now)
        case Office.REVIEWER:
            if act is not Act.REVIEW:
                return Denial.NOT_YOUR_OFFICE
            return None if _owns(viewer, matter, organisation, now) else Denial.NOT_YOUR_DISTRICT
        case Office.ADMINISTRATOR:
            return Denial.NOT_YOUR_OFFICE
        case _:
            assert_never(viewer.office)


def _therapist(
    viewer: Viewer, act: Act, matter: Matter, organisation: Organisation, now: datetime
) -> Denial | None:
    therapist = organisation.therapists.get(TherapistId(viewer.id))
    if therapist is None or matter.line.today(now) not in therapist.active:
        return Denial.INACTIVE
    if act in {Act.REVIEW, Act.COUNT}:
        return Denial.NOT_YOUR_OFFICE
    if act is Act.REGISTER:
        return None if _owns(viewer, matter, organisation, now) else Denial.NOT_YOUR_DISTRICT
    if act in {Act.ORDER, Act.FOLLOW_UP}:
        return _of_a_follow_up(viewer, act, matter, therapist, organisation, now)
    return _of_a_contact(viewer, act, matter, therapist, organisation, now)


def _of_a_contact(
    viewer: Viewer,
    act: Act,
    matter: Matter,
    therapist: Therapist,
    organisation: Organisation,
    now: datetime,
) -> Denial | None:
    if act is Act.SEARCH or not matter.is_contact:
        return Denial.NO_CONTACT
    is_taker = matter.taken_by == viewer.id
    if matter.home is None:
        # Until somebody says whose the caller is, only the one who spoke with her knows.
        if is_taker and act not in _FOR_THE_HOME_DISTRICT:
            return None
        return Denial.NOT_YOUR_CONTACT
    if _owns(viewer, matter, organisation, now):
        return _of_ones_own(act, matter, is_taker=is_taker)
    return _of_another(act, matter, therapist, organisation, now)


def _of_another(
    act: Act, matter: Matter, therapist: Therapist, organisation: Organisation, now: datetime
) -> Denial | None:
    """As the other district's hand: what she took herself, until it is handed over."""
    if act in _FOR_THE_HOME_DISTRICT:
        return Denial.NOT_YOUR_DISTRICT
    if matter.taken_by != therapist.id or matter.home is None:
        return Denial.NOT_YOUR_CONTACT
    if matter.handover in DONE:
        return Denial.HANDED_OVER
    then = matter.line.today(matter.received_at or now)  # as when she was rung
    if not organisation.may_answer(therapist, organisation.current(matter.home, then), then):
        return Denial.NO_MANDATE
    if act is Act.CARD and not _is_on_duty(matter, now):
        return Denial.DUTY_OVER
    return None


def _of_a_follow_up(
    viewer: Viewer,
    act: Act,
    matter: Matter,
    therapist: Therapist,
    organisation: Organisation,
    now: datetime,
) -> Denial | None:
    """The home district's own at any time; another's on her duty, by a mandate for that task."""
    if matter.home is not None and _owns(viewer, matter, organisation, now):
        return None
    if act is Act.ORDER or matter.home is None:
        return Denial.NOT_YOUR_DISTRICT
    if not matter.is_contact:
        return Denial.NO_CONTACT  # it has not begun, and she is to know nothing of it before
    began = matter.line.today(now if matter.duty is None else matter.duty.start)
    if not organisation.may_follow_up(therapist, organisation.current(matter.home, began), began):
        return Denial.NO_MANDATE
    return None if _is_on_duty(matter, now) else Denial.DUTY_OVER


def _of_ones_own(act: Act, matter: Matter, *, is_taker: bool) -> Denial | None:
    if act is Act.ASSIGN and not is_taker:
        return Denial.NOT_YOUR_CONTACT
    if act in {Act.ASSIGN, Act.WRITE} and matter.handover in DONE:
        return Denial.HANDED_OVER  # what comes to light later belongs in the case file
    return None


def _manager(
    viewer: Viewer, act: Act, matter: Matter, organisation: Organisation, now: datetime
) -> Denial | None:
    if act is Act.COUNT:
        today = matter.line.today(now)
        homes = {organisation.current(d, today) for d in matter.line.districts}
        mine = organisation.current(viewer.district, today) in homes
        return None if mine else Denial.NOT_YOUR_DISTRICT
    if act not in {Act.LOG, Act.REVIEW, Act.ORDER, Act.REGISTER}:
        return Denial.NOT_YOUR_OFFICE
    return None if _owns(viewer, matter, organisation, now) else Denial.NOT_YOUR_DISTRICT


def _owns(viewer: Viewer, matter: Matter, organisation: Organisation, now: datetime) -> bool:
    """Whether it is the viewer's own district's; what was a merged one's is its successor's."""
    if matter.home is None:
        return False
    today = matter.line.today(now)
    return organisation.current(matter.home, today) == organisation.current(viewer.district, today)


def _is_on_duty(matter: Matter, now: datetime) -> bool:
    return matter.duty is not None and matter.duty.start <= now < matter.duty.end + GRACE
