"""Who may see what of a contact, and when: eighteen cases, and what holds in every one."""

from dataclasses import fields, replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rota_adapter.findings import check
from routing.access import Act, Denial, Matter, Office, Viewer, denied
from routing.finding import Severity
from routing.handover import DONE, HandoverState
from routing.ids import ClientId, DistrictId, TherapistId
from routing.intervals import Interval
from routing.ladder import Reason, Seeker, ladder
from routing.organisation import Organisation, Validity
from routing.register import RegisterEntry, identify
from routing.role import Role
from routing.rota import Rota
from tests.examples import (
    EFTERVARD,
    HASSELBY_VALLINGBY,
    JARVA,
    at,
    entry,
    line,
    mandate,
    organisation,
    shift,
    span,
    therapist,
)

_DUTY = span("2026-03-03T17:00", "2026-03-03T22:00")
_DURING, _JUST_AFTER = "2026-03-03T19:10", "2026-03-03T22:40"
_LONG_AFTER, _MEETING = "2026-03-03T23:00", "2026-03-04T08:30"

# A family of Hässelby-Vällingby was answered by t4, whom Järva employs.
_TAKEN = Matter(
    line(),
    home=HASSELBY_VALLINGBY,
    taken_by=TherapistId("t4"),
    received_at=at("2026-03-03T19:04"),
    duty=_DUTY,
)
_NOTIFIED = replace(_TAKEN, handover=HandoverState.NOTIFIED)
_ACKNOWLEDGED = replace(_TAKEN, handover=HandoverState.ACKNOWLEDGED)
_UNASSIGNED = replace(_TAKEN, home=None)
_NOTHING = Matter(line(), home=HASSELBY_VALLINGBY, is_contact=False)

_OTHERS = Viewer("t4", Office.THERAPIST, JARVA)  # the taker
_OWN = Viewer("t1", Office.THERAPIST, HASSELBY_VALLINGBY)
_BYSTANDER = Viewer("t5", Office.THERAPIST, JARVA)
_MANAGER = Viewer("m1", Office.MANAGER, HASSELBY_VALLINGBY)
_MANAGER_OF_JARVA = Viewer("m2", Office.MANAGER, JARVA)
_REVIEWER = Viewer("dpo", Office.REVIEWER, HASSELBY_VALLINGBY)
_OPERATOR = Viewer("admin", Office.ADMINISTRATOR, HASSELBY_VALLINGBY)


def _asked(
    viewer: Viewer,
    act: Act,
    matter: Matter,
    moment: str,
    who: Organisation = organisation(),  # noqa: B008 - immutable
) -> Denial | None:
    return denied(viewer, act, matter, who, at(moment))


_CASES = [
    ("T1 card on her duty", _OTHERS, Act.CARD, _TAKEN, _DURING, None),
    ("T1 new note on her duty", _OTHERS, Act.WRITE, _TAKEN, _DURING, None),
    ("T1 first second", _OTHERS, Act.CARD, _TAKEN, "2026-03-03T17:00", None),
    ("T2 own note after it", _OTHERS, Act.WRITE, _TAKEN, _JUST_AFTER, None),
    ("T2 card while she finishes", _OTHERS, Act.CARD, _TAKEN, "2026-03-03T22:59", None),
    ("T2 no card afterwards", _OTHERS, Act.CARD, _TAKEN, _LONG_AFTER, Denial.DUTY_OVER),
    ("T2 own note until the meeting", _OTHERS, Act.WRITE, _NOTIFIED, _MEETING, None),
    ("T2 reads her own until then", _OTHERS, Act.READ, _NOTIFIED, _MEETING, None),
    ("T2 no search", _OTHERS, Act.SEARCH, _NOTHING, _JUST_AFTER, Denial.NO_CONTACT),
    ("T3 no search on her duty", _OTHERS, Act.SEARCH, _TAKEN, _DURING, Denial.NO_CONTACT),
    ("T3 no card without a contact", _OTHERS, Act.CARD, _NOTHING, _DURING, Denial.NO_CONTACT),
    ("T3 nor in her own district", _OWN, Act.SEARCH, _NOTHING, _DURING, Denial.NO_CONTACT),
    ("T4 reads", _OWN, Act.READ, _NOTIFIED, _MEETING, None),
    ("T4 acknowledges", _OWN, Act.ACKNOWLEDGE, _NOTIFIED, _MEETING, None),
    ("T4 reads afterwards", _OWN, Act.READ, _ACKNOWLEDGED, _MEETING, None),
    ("T4 adds no more", _OWN, Act.WRITE, _ACKNOWLEDGED, _MEETING, Denial.HANDED_OVER),
    ("T5 read", _BYSTANDER, Act.READ, _NOTIFIED, _MEETING, Denial.NOT_YOUR_CONTACT),
    ("T5 log", _BYSTANDER, Act.LOG, _NOTIFIED, _MEETING, Denial.NOT_YOUR_CONTACT),
    ("T5 tick", _BYSTANDER, Act.ACKNOWLEDGE, _NOTIFIED, _MEETING, Denial.NOT_YOUR_DISTRICT),
    ("T5 nor the taker", _OTHERS, Act.ACKNOWLEDGE, _NOTIFIED, _MEETING, Denial.NOT_YOUR_DISTRICT),
    ("T6 read", _OTHERS, Act.READ, _ACKNOWLEDGED, _MEETING, Denial.HANDED_OVER),
    ("T6 addendum", _OTHERS, Act.WRITE, _ACKNOWLEDGED, _MEETING, Denial.HANDED_OVER),
    ("T6 log", _OTHERS, Act.LOG, _ACKNOWLEDGED, _MEETING, Denial.HANDED_OVER),
    ("T7 manager reads", _MANAGER, Act.READ, _NOTIFIED, _MEETING, Denial.NOT_YOUR_OFFICE),
    ("T7 manager writes", _MANAGER, Act.WRITE, _NOTIFIED, _MEETING, Denial.NOT_YOUR_OFFICE),
    ("T7 manager's card", _MANAGER, Act.CARD, _NOTIFIED, _DURING, Denial.NOT_YOUR_OFFICE),
    ("T7 manager counts", _MANAGER, Act.COUNT, _UNASSIGNED, _MEETING, None),
    ("T7 manager's own log", _MANAGER, Act.LOG, _NOTIFIED, _MEETING, None),
    ("T7 not theirs", _MANAGER_OF_JARVA, Act.LOG, _NOTIFIED, _MEETING, Denial.NOT_YOUR_DISTRICT),
    ("T10 her own stranger", _OTHERS, Act.READ, _UNASSIGNED, _DURING, None),
    ("T10 may link", _OTHERS, Act.ASSIGN, _UNASSIGNED, _DURING, None),
    ("T10 nobody else", _OWN, Act.READ, _UNASSIGNED, _DURING, Denial.NOT_YOUR_CONTACT),
    ("T10 nobody's log", _OWN, Act.LOG, _UNASSIGNED, _MEETING, Denial.NOT_YOUR_CONTACT),
    ("T10 nor a manager", _MANAGER, Act.LOG, _UNASSIGNED, _MEETING, Denial.NOT_YOUR_DISTRICT),
    ("T14 sees every read", _REVIEWER, Act.REVIEW, _TAKEN, _MEETING, None),
    ("T14 of no other district", replace(_REVIEWER, district=JARVA), Act.REVIEW, _TAKEN, _MEETING,
     Denial.NOT_YOUR_DISTRICT),
    ("T14 and no word", _REVIEWER, Act.READ, _TAKEN, _MEETING, Denial.NOT_YOUR_OFFICE),
    ("T14 nor the log", _REVIEWER, Act.LOG, _TAKEN, _MEETING, Denial.NOT_YOUR_OFFICE),
    ("T15 content", _OPERATOR, Act.READ, _TAKEN, _MEETING, Denial.NOT_YOUR_OFFICE),
    ("T15 reading log", _OPERATOR, Act.REVIEW, _TAKEN, _MEETING, Denial.NOT_YOUR_OFFICE),
    ("T18 no look-up for a caller", _OTHERS, Act.SEARCH, _UNASSIGNED, _DURING, Denial.NO_CONTACT),
    ("register of her own", _OWN, Act.REGISTER, _NOTHING, _DURING, None),
    ("register of the manager's", _MANAGER, Act.REGISTER, _NOTHING, _MEETING, None),
    ("no other's register", _OTHERS, Act.REGISTER, _NOTHING, _DURING, Denial.NOT_YOUR_DISTRICT),
    ("nor for having taken it", _OTHERS, Act.REGISTER, _TAKEN, _DURING, Denial.NOT_YOUR_DISTRICT),
    ("nor as its manager", _MANAGER_OF_JARVA, Act.REGISTER, _NOTHING, _MEETING,
     Denial.NOT_YOUR_DISTRICT),
    ("no reviewer's register", _REVIEWER, Act.REGISTER, _NOTHING, _MEETING,
     Denial.NOT_YOUR_OFFICE),
    ("no operator's register", _OPERATOR, Act.REGISTER, _NOTHING, _MEETING,
     Denial.NOT_YOUR_OFFICE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("viewer", "act", "matter", "moment", "why"),
    [pytest.param(*case, id=name) for name, *case in _CASES],
)
def test_who_may_do_what(
    viewer: Viewer, act: Act, matter: Matter, moment: str, why: Denial | None
) -> None:
    assert _asked(viewer, act, matter, moment) == why


def test_t1_without_a_mandate_she_is_shown_nothing_even_of_a_call_she_took() -> None:
    none = organisation(mandates=())

    assert _asked(_OTHERS, Act.CARD, _TAKEN, _DURING, none) == Denial.NO_MANDATE
    assert _asked(_OTHERS, Act.WRITE, _TAKEN, _DURING, none) == Denial.NO_MANDATE


def test_t1_the_mandate_is_judged_when_the_call_came() -> None:
    begins = organisation(
        mandates=(mandate(HASSELBY_VALLINGBY, JARVA, valid=Validity(date(2026, 3, 4))),)
    )
    ends = organisation(
        mandates=(mandate(HASSELBY_VALLINGBY, JARVA, valid=Validity(None, date(2026, 3, 3))),)
    )
    night = replace(_TAKEN, duty=span("2026-03-03T22:00", "2026-03-04T06:00"))
    before = replace(night, received_at=at("2026-03-03T23:30"))
    after = replace(night, received_at=at("2026-03-04T00:30"))
    at_night = "2026-03-04T01:00"

    # She was rung lawfully, and so may write, whatever the date on which her duty began or it is.
    assert _asked(_OTHERS, Act.WRITE, after, at_night, begins) is None
    assert _asked(_OTHERS, Act.WRITE, before, at_night, ends) is None
    assert _asked(_OTHERS, Act.WRITE, before, at_night, begins) == Denial.NO_MANDATE
    assert _asked(_OTHERS, Act.WRITE, after, at_night, ends) == Denial.NO_MANDATE


def test_t2_whoever_has_left_sees_nothing_more() -> None:
    staff = {**organisation().therapists}
    staff[TherapistId("t4")] = therapist(4, active=Validity(None, date(2026, 3, 2)))

    assert _asked(_OTHERS, Act.READ, _TAKEN, _DURING, organisation(therapists=staff)) == (
        Denial.INACTIVE
    )
    stranger = Viewer("t9", Office.THERAPIST, HASSELBY_VALLINGBY)
    assert _asked(stranger, Act.READ, _NOTIFIED, _MEETING) == Denial.INACTIVE


def test_whoever_has_left_keeps_no_register() -> None:
    staff = {**organisation().therapists}
    staff[TherapistId("t1")] = therapist(1, active=Validity(None, date(2026, 3, 2)))

    gone = _asked(_OWN, Act.REGISTER, _NOTHING, _DURING, organisation(therapists=staff))

    assert gone == Denial.INACTIVE


def test_t4_only_who_took_it_says_whose_the_caller_is_and_not_after_the_meeting() -> None:
    assert _asked(_OTHERS, Act.ASSIGN, _NOTIFIED, _JUST_AFTER) is None
    assert _asked(_OWN, Act.ASSIGN, _NOTIFIED, _JUST_AFTER) == Denial.NOT_YOUR_CONTACT
    assert _asked(_OTHERS, Act.ASSIGN, _ACKNOWLEDGED, _MEETING) == Denial.HANDED_OVER


def test_t8_without_a_mandate_she_is_not_rung_and_the_other_is() -> None:
    one_way = organisation(mandates=(mandate(HASSELBY_VALLINGBY, JARVA),))
    on_call = (
        shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", 1),
        shift("t4", "2026-03-03T17:00", "2026-03-03T22:00", 2),
    )

    climbed = ladder(one_way, line(), on_call, Seeker(JARVA), at(_DURING), {})
    alone = ladder(one_way, line(), on_call[:1], Seeker(JARVA), at(_DURING), {})

    assert climbed.therapists == ("t4",)
    assert climbed.left_out == ((TherapistId("t1"), Reason.NO_MANDATE),)
    assert alone.therapists == ()  # the office or the fallback is what is left
    card = replace(_TAKEN, home=JARVA, taken_by=TherapistId("t1"))
    assert _asked(_OWN, Act.CARD, card, _DURING, one_way) == Denial.NO_MANDATE


def test_t9_a_mandate_that_ends_during_a_planned_shift_is_an_error_and_then_counts() -> None:
    ending = organisation(
        mandates=(
            mandate(HASSELBY_VALLINGBY, JARVA),
            mandate(JARVA, HASSELBY_VALLINGBY, valid=Validity(None, date(2026, 3, 3))),
        )
    )
    night = shift("t1", "2026-03-03T17:00", "2026-03-04T06:00")
    window = Interval(night.time.start, night.time.end)
    rota = Rota(EFTERVARD, [night], source="a test", read_at=at("2026-03-01T12:00"))

    found = [f for f in check(ending, line(positions=1), rota, window) if f.rule == "R20"]

    assert [(f.therapist, f.severity, f.starts_at, f.ends_at) for f in found] == [
        ("t1", Severity.ERROR, at("2026-03-04T00:00"), at("2026-03-04T06:00"))
    ]
    after = ladder(ending, line(), [night], Seeker(JARVA), at("2026-03-04T00:30"), {})
    assert after.left_out == ((TherapistId("t1"), Reason.NO_MANDATE),)


def test_t10_an_unknown_number_is_answered_by_anybody_and_nothing_is_known() -> None:
    on_call = (
        shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", 1),
        shift("t4", "2026-03-03T17:00", "2026-03-03T22:00", 2),
    )

    climbed = ladder(organisation(mandates=()), line(), on_call, Seeker(), at(_DURING), {})

    assert identify([], date(2026, 3, 3)) is None
    assert climbed.therapists == ("t1", "t4")


def test_t11_a_guardian_s_number_shows_the_guardian_s_own_record_alone() -> None:
    youth = entry("+46701740650", client=ClientId("K-1001"))
    guardian = entry("+46701740651", client=ClientId("K-1001-G"), role=Role.GUARDIAN)

    # The register is asked by number, so the youth's entry is never among a guardian's.
    known = identify([e for e in (youth, guardian) if e.phone == guardian.phone], date(2026, 3, 3))

    assert known is not None
    assert (known.role, known.label) == (Role.GUARDIAN, "K-1001-G")


def test_t12_one_protected_entry_protects_everybody_behind_the_number() -> None:
    both = [entry(), entry(client=ClientId("K-1002"), protected=True, sms_ok=False)]

    known = identify(both, date(2026, 3, 3))

    assert known is not None
    assert (known.protected, known.sms_ok) == (True, False)


def test_t17_nothing_happens_on_a_birthday_since_the_register_knows_none() -> None:
    assert "born" not in {field.name for field in fields(RegisterEntry)}
    youth = [entry(role=Role.YOUTH)]

    assert identify(youth, date(2026, 3, 3)) == identify(youth, date(2030, 3, 3))


def test_t18_whoever_is_not_in_the_register_is_told_nothing_and_confirmed_nothing() -> None:
    assert identify([], date(2026, 3, 3)) is None
    for act in (Act.CARD, Act.SEARCH, Act.LOG, Act.READ):
        assert _asked(_OTHERS, act, _NOTHING, _DURING) == Denial.NO_CONTACT


def test_a_merged_district_s_contacts_are_its_successor_s() -> None:
    merged = DistrictId("vasterort")
    districts = dict(organisation().districts)
    old = districts[HASSELBY_VALLINGBY]
    ended = Validity(old.valid.first, date(2026, 2, 28))
    districts[HASSELBY_VALLINGBY] = replace(old, valid=ended, successor=merged)
    districts[merged] = replace(old, id=merged, valid=Validity(date(2026, 3, 1)))
    staff = {**organisation().therapists, TherapistId("t1"): therapist(1, district=merged)}
    after = organisation(districts=districts, therapists=staff)
    hers = Viewer("t1", Office.THERAPIST, merged)

    assert _asked(hers, Act.READ, _NOTIFIED, _MEETING, after) is None
    assert _asked(_BYSTANDER, Act.READ, _NOTIFIED, _MEETING, after) is not None


def test_what_is_kept_in_the_reading_log_is_never_renamed() -> None:
    kept = (
        "not_your_district not_your_contact not_your_office no_mandate duty_over handed_over "
        "no_contact inactive"
    )
    acts = "card search log read write assign acknowledge count review register"

    assert set(kept.split()) <= {str(denial) for denial in Denial}
    assert set(acts.split()) <= {str(act) for act in Act}
    assert {str(office) for office in Office} == {
        "therapist", "manager", "reviewer", "administrator"
    }  # fmt: skip


_EMPLOYERS = {f"t{n}": HASSELBY_VALLINGBY if n <= 3 else JARVA for n in range(1, 7)}
_therapists = st.sampled_from(sorted(_EMPLOYERS)).map(
    lambda id_: Viewer(id_, Office.THERAPIST, _EMPLOYERS[id_])
)
_everybody = _therapists | st.sampled_from(
    [
        Viewer(f"{office}-{district}", office, district)
        for office in (Office.MANAGER, Office.REVIEWER, Office.ADMINISTRATOR)
        for district in (HASSELBY_VALLINGBY, JARVA)
    ]
)
# What is done with a contact itself; follow-ups and counts are other matters.
_OF_A_CONTACT = (Act.CARD, Act.LOG, Act.READ, Act.WRITE, Act.ASSIGN, Act.ACKNOWLEDGE)
_moments = st.integers(0, 60).map(lambda hours: _DUTY.start + timedelta(hours=hours))
_matters = st.builds(
    Matter,
    line=st.just(line()),
    home=st.sampled_from([None, HASSELBY_VALLINGBY, JARVA]),
    taken_by=st.none() | st.sampled_from(sorted(_EMPLOYERS)).map(TherapistId),
    received_at=st.none() | _moments,
    duty=st.sampled_from([None, _DUTY]),
    handover=st.none() | st.sampled_from(HandoverState),
    is_contact=st.booleans(),
)
_organisations = st.sampled_from(
    [
        organisation(),
        organisation(mandates=()),
        organisation(mandates=(mandate(HASSELBY_VALLINGBY, JARVA),)),
    ]
)


@given(_everybody, _matters, _organisations, _moments)
def test_nobody_of_another_district_who_did_not_take_it_is_let_in(
    viewer: Viewer, matter: Matter, who: Organisation, now: datetime
) -> None:
    if viewer.district == matter.home or viewer.id == matter.taken_by:
        return
    for act in _OF_A_CONTACT:
        assert denied(viewer, act, matter, who, now) is not None


@given(_everybody, st.sampled_from(Act), _matters, _organisations, _moments)
def test_administrators_do_nothing_and_managers_and_reviewers_read_no_word(
    viewer: Viewer, act: Act, matter: Matter, who: Organisation, now: datetime
) -> None:
    why = denied(viewer, act, matter, who, now)

    if viewer.office is Office.ADMINISTRATOR:
        assert why == Denial.NOT_YOUR_OFFICE
    elif viewer.office is not Office.THERAPIST and act in {Act.READ, Act.WRITE, Act.CARD}:
        assert why is not None


@given(_everybody, _matters, _organisations, _moments)
def test_nobody_keeps_another_district_s_register_or_searches(
    viewer: Viewer, matter: Matter, who: Organisation, now: datetime
) -> None:
    assert denied(viewer, Act.SEARCH, matter, who, now) is not None
    if viewer.district != matter.home:
        assert denied(viewer, Act.REGISTER, matter, who, now) is not None


@given(
    _everybody, _matters, st.sampled_from(sorted(DONE)), _organisations, _moments
)  # fmt: skip
def test_after_it_is_acknowledged_nobody_of_another_district_is_let_in(
    viewer: Viewer, matter: Matter, state: HandoverState, who: Organisation, now: datetime
) -> None:
    if matter.home is None or viewer.district == matter.home:
        return
    for act in _OF_A_CONTACT:
        assert denied(viewer, act, replace(matter, handover=state), who, now) is not None


@given(_everybody, st.sampled_from(_OF_A_CONTACT), _matters, _moments)
def test_a_mandate_fewer_never_lets_anybody_in(
    viewer: Viewer, act: Act, matter: Matter, now: datetime
) -> None:
    with_all = denied(viewer, act, matter, organisation(), now)
    with_none = denied(viewer, act, matter, organisation(mandates=()), now)

    if with_all is not None:
        # What was refused for another reason is refused for the same one still.
        assert with_none in {with_all, Denial.NO_MANDATE}
    elif viewer.district == matter.home or matter.home is None:
        assert with_none is None
