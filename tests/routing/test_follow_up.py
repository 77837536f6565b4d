"""Follow-ups as values: what may be ordered, what is due when, and who may carry one out."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from routing.access import Act, Denial, Matter, Office, Viewer, denied
from routing.call import Result as CallResult
from routing.contact import CLIENT, Caller, Contact, fold
from routing.errors import InvalidInput
from routing.follow_up import (
    Attempt,
    FollowUp,
    FollowUpRefused,
    IfNotReached,
    Order,
    Reached,
    Report,
    Result,
    SafeContact,
    State,
    Step,
    Window,
    check_call,
    check_cancel,
    check_order,
    check_report,
    due,
    may_carry_out,
    takes_over,
    whom_to_tell,
    with_results,
)
from routing.ids import ClientId, ContactId, FollowUpId, TherapistId
from routing.organisation import Organisation, Task, Validity
from routing.record import called_back, calls_back
from tests.examples import (
    EFTERVARD,
    HASSELBY_VALLINGBY,
    JARVA,
    at,
    line,
    mandate,
    organisation,
    span,
    therapist,
)

T1, T4, T5 = (TherapistId(f"t{n}") for n in (1, 4, 5))
TONIGHT = span("2026-03-03T19:00", "2026-03-03T20:00")
SATURDAY = span("2026-03-07T11:00", "2026-03-07T12:00")
RULE = IfNotReached.SOCIALJOUREN
ORDER = Order(
    line=EFTERVARD,
    district=HASSELBY_VALLINGBY,
    client=ClientId("H-2001"),
    instruction="Ring.",
    safe=SafeContact(b"index", may_leave_voicemail=False, may_say_who_calls=False, language="sv"),
    max_attempts=2,
    ordered_by="t1",
    ordered_at=at("2026-03-03T15:00"),
)
BY_MANDATE = mandate(HASSELBY_VALLINGBY, JARVA, tasks=frozenset({Task.FOLLOW_UP}))


def task(state: State = State.OPEN, *results: Result, **changed: object) -> FollowUp:
    """Tonight's, with attempts that ended so."""
    attempts = tuple(
        Attempt(ContactId(f"CA{n}"), T4, at("2026-03-03T19:05"), result)
        for n, result in enumerate(results)
    )
    made = FollowUp(FollowUpId(1), 1, ORDER, Window(TONIGHT, RULE), state, attempts)
    return replace(made, **changed)  # type: ignore[arg-type]


# --- ordering ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "windows", "fault"),
    [
        ({"instruction": " "}, [(TONIGHT, RULE)], "order, instruction: is empty"),
        ({"instruction": "x" * 2001}, [(TONIGHT, RULE)], "longer than 2000"),
        ({"max_attempts": 0}, [(TONIGHT, RULE)], "attempts: must be from 1 to 9"),
        ({"max_attempts": 10}, [(TONIGHT, RULE)], "attempts: must be from 1 to 9"),
        ({}, [], "windows: there must be from 1 to 9"),
        ({"ordered_at": TONIGHT.end}, [(TONIGHT, RULE)], r"windows\.1: is over already"),
        ({}, [(span("2026-04-04T11:00", "2026-04-04T12:00"), RULE)], "more than 31 days ahead"),
        ({}, [(SATURDAY, RULE), (TONIGHT, RULE)], r"windows\.2: begins before the one above"),
        ({}, [(span("2026-03-03T16:30", "2026-03-03T18:00"), RULE)], "the line is not open"),
        ({}, [(span("2026-03-03T21:30", "2026-03-03T22:01"), RULE)], "the line is not open"),
        ({}, [(TONIGHT, IfNotReached.NEXT_WINDOW)], "if_not_reached: the last window has none"),
    ],
)
def test_what_may_not_be_ordered(
    order: dict[str, object], windows: list[tuple[object, object]], fault: str
) -> None:
    made = [Window(time, rule) for time, rule in windows]  # type: ignore[arg-type]

    with pytest.raises(InvalidInput, match=fault):
        check_order(replace(ORDER, **order), made, line())  # type: ignore[arg-type]


def test_tonight_and_on_saturday_may_be_ordered_together() -> None:
    first = Window(TONIGHT, IfNotReached.NEXT_WINDOW)

    check_order(ORDER, [first, Window(SATURDAY, RULE)], line())


def test_without_a_fallback_nobody_can_be_sent_to_it() -> None:
    with pytest.raises(InvalidInput, match="no fallback"):
        check_order(ORDER, [Window(TONIGHT, RULE)], line(fallback=()))


# --- what is due ---------------------------------------------------------------------------------

A, N, G = Result.ANSWERED, Result.NO_ANSWER, Result.GOING_ON


@pytest.mark.parametrize(
    ("state", "results", "moment", "step"),
    [
        (State.ORDERED, [], "18:59", None),
        (State.ORDERED, [], "19:00", Step.OPEN),
        (State.ORDERED, [], "20:00", Step.NOT_REACHED),  # the clock was away
        (State.OPEN, [], "19:59", None),
        (State.OPEN, [], "20:00", Step.NOT_REACHED),
        (State.OPEN, [N], "19:59", None),
        (State.OPEN, [N, N], "19:10", Step.NOT_REACHED),
        (State.OPEN, [N, G], "20:10", None),
        (State.OPEN, [A], "19:59", None),
        (State.OPEN, [A], "20:00", Step.ASK),
        (State.OPEN, [N, A], "19:10", Step.ASK),
        (State.OPEN, [A], "20:29", Step.ASK),
        (State.OPEN, [A], "20:30", Step.NOT_REACHED),
        (State.DONE, [A], "20:30", None),
        (State.NOT_REACHED, [], "20:30", None),
        (State.CANCELLED, [], "19:30", None),
    ],
)
def test_what_is_due(state: State, results: list[Result], moment: str, step: Step | None) -> None:
    assert due(task(state, *results), at(f"2026-03-03T{moment}")) is step


def test_an_attempt_is_what_its_outgoing_contact_says() -> None:
    began = at("2026-03-03T19:05")
    facts: dict[ContactId, Contact] = {}
    for sid, result in (("CA0", CallResult.BRIDGED), ("CA1", CallResult.NO_ANSWER), ("CA2", None)):
        contact = ContactId(sid)
        events = [*calls_back(contact, EFTERVARD, T4, Caller("H-2001", HASSELBY_VALLINGBY), began)]
        if result is not None:
            events += called_back(contact, EFTERVARD, result, 30, began + timedelta(minutes=1))
        folded = fold(events)
        assert folded is not None
        assert folded.attempts[0].target == CLIENT
        facts[contact] = folded

    tried = task(State.OPEN, G, G, G, G).attempts

    soon, late = began + timedelta(minutes=2), began + timedelta(hours=5)
    assert [a.result for a in with_results(tried, facts, soon)] == [A, N, G, N]
    assert [a.result for a in with_results(tried, facts, late)] == [A, N, N, N]


@pytest.mark.parametrize(
    ("state", "then"),
    [
        (State.ORDERED, IfNotReached.NEXT_WINDOW),
        (State.OPEN, IfNotReached.NEXT_WINDOW),
        (State.CANCELLED, IfNotReached.SOCIALJOUREN),
        (State.DONE, IfNotReached.SOCIALJOUREN),
    ],
)
def test_the_next_window_takes_over_while_it_is_still_to_come(
    state: State, then: IfNotReached
) -> None:
    tonight = task(window=Window(TONIGHT, IfNotReached.NEXT_WINDOW))
    saturday = task(state, id=FollowUpId(2), window=Window(SATURDAY, RULE))

    assert takes_over(tonight, [tonight, saturday]) is then
    assert takes_over(saturday, [tonight, saturday]) is RULE


def test_one_person_at_a_time_is_told() -> None:
    assert whom_to_tell([T4, T5], [T4, T5], []) == T4
    assert whom_to_tell([T4, T5], [T4, T5], [T4]) is None
    assert whom_to_tell([T5], [T4, T5], [T4]) is None, "paused, but she has been told"
    assert whom_to_tell([T5], [T5], [T4]) == T5
    assert whom_to_tell([], [T4], []) is None


# --- what may be done ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "moment", "fault"),
    [
        (task(), "18:59", "not the time"),
        (task(), "20:00", "not the time"),
        (task(State.OPEN, G), "19:30", "calling already"),
        (task(State.OPEN, N, N), "19:30", "used up"),
        (task(State.DONE), "19:30", "is done"),
        (task(State.NOT_REACHED), "19:30", "is not reached"),
    ],
)
def test_when_the_family_may_not_be_called(one: FollowUp, moment: str, fault: str) -> None:
    with pytest.raises(FollowUpRefused, match=fault):
        check_call(one, at(f"2026-03-03T{moment}"))


def _report(outcome: Reached, moment: str = "19:30", text: str = "Lugnt.") -> Report:
    return Report(outcome, text, T4, at(f"2026-03-03T{moment}"))


def test_what_may_be_recorded() -> None:
    assert check_report(task(), _report(Reached.REACHED)) is State.DONE  # she called the line
    assert check_report(task(State.OPEN, A), _report(Reached.OTHER_ADULT)) is State.DONE
    assert check_report(task(State.OPEN, N), _report(Reached.NOT_REACHED)) is State.NOT_REACHED
    late = _report(Reached.REACHED, "21:00")
    assert check_report(task(State.NOT_REACHED, A), late) is State.DONE


@pytest.mark.parametrize(
    ("one", "report", "fault"),
    [
        (task(), _report(Reached.REACHED, text=" "), "report, text: is empty"),
        (task(), _report(Reached.REACHED, text="x" * 2001), "longer than 2000"),
        (task(), _report(Reached.NOT_REACHED), "nobody has been called"),
        (task(State.ORDERED), _report(Reached.REACHED, "18:00"), "not begun"),
        (task(State.CANCELLED), _report(Reached.REACHED), "is cancelled"),
        (task(report=_report(Reached.REACHED)), _report(Reached.REACHED), "recorded already"),
    ],
)
def test_what_may_not_be_recorded(one: FollowUp, report: Report, fault: str) -> None:
    with pytest.raises((FollowUpRefused, InvalidInput), match=fault):
        check_report(one, report)


def test_only_what_is_not_over_may_be_cancelled() -> None:
    check_cancel(task(State.ORDERED))
    check_cancel(task())
    for state in (State.DONE, State.NOT_REACHED, State.CANCELLED):
        with pytest.raises(FollowUpRefused):
            check_cancel(task(state))


def test_no_fact_shows_in_a_follow_up() -> None:
    shown = repr(task(report=_report(Reached.REACHED, text="Hemligt")))

    for secret in ("H-2001", "Ring.", "Hemligt", "index"):
        assert secret not in shown


# --- its own mandate, and who may see ------------------------------------------------------------


@pytest.mark.parametrize(
    ("tasks", "may_answer", "may_follow_up"),
    [
        ({Task.STANDBY}, True, False),
        ({Task.FOLLOW_UP}, False, True),
        ({Task.STANDBY, Task.FOLLOW_UP}, True, True),
    ],
)
def test_each_task_has_its_own_mandate(
    tasks: set[Task], may_answer: bool, may_follow_up: bool
) -> None:
    given = mandate(HASSELBY_VALLINGBY, JARVA, tasks=frozenset(tasks))
    known, day = organisation(mandates=(given,)), date(2026, 3, 3)

    assert known.may_answer(therapist(4), HASSELBY_VALLINGBY, day) is may_answer
    assert known.may_follow_up(therapist(4), HASSELBY_VALLINGBY, day) is may_follow_up
    assert not known.may_follow_up(therapist(1), JARVA, day), "it goes one way"
    assert not known.may_follow_up(therapist(4), HASSELBY_VALLINGBY, date(2028, 1, 1))


def test_who_may_carry_one_out() -> None:
    now = at("2026-03-03T19:00")

    assert may_carry_out(organisation(), therapist(1), task(), now), "the home district's own"
    assert not may_carry_out(organisation(), therapist(4), task(), now)
    assert may_carry_out(organisation(mandates=(BY_MANDATE,)), therapist(4), task(), now)
    gone = therapist(1, active=Validity(last=date(2026, 3, 2)))
    assert not may_carry_out(organisation(), gone, task(), now)


HOME = Viewer("t1", Office.THERAPIST, HASSELBY_VALLINGBY)
OTHER = Viewer("t4", Office.THERAPIST, JARVA)
MANAGER = Viewer("c1", Office.MANAGER, HASSELBY_VALLINGBY)
REVIEWER = Viewer("r1", Office.REVIEWER, HASSELBY_VALLINGBY)
DUTY = span("2026-03-03T17:00", "2026-03-03T22:00")
WITH = organisation(mandates=(BY_MANDATE,))
WITHOUT = organisation()


@pytest.mark.parametrize(
    ("viewer", "act", "known", "moment", "is_on_duty", "why"),
    [
        (HOME, Act.ORDER, WITHOUT, "15:00", False, None),
        (MANAGER, Act.ORDER, WITHOUT, "15:00", False, None),
        (OTHER, Act.ORDER, WITH, "19:00", True, Denial.NOT_YOUR_DISTRICT),
        (REVIEWER, Act.ORDER, WITH, "15:00", False, Denial.NOT_YOUR_OFFICE),
        (HOME, Act.FOLLOW_UP, WITHOUT, "15:00", False, None),
        (MANAGER, Act.FOLLOW_UP, WITHOUT, "19:00", False, Denial.NOT_YOUR_OFFICE),
        (OTHER, Act.FOLLOW_UP, WITH, "19:00", True, None),
        (OTHER, Act.FOLLOW_UP, WITH, "22:59", True, None),
        (OTHER, Act.FOLLOW_UP, WITH, "23:00", True, Denial.DUTY_OVER),
        (OTHER, Act.FOLLOW_UP, WITH, "19:00", False, Denial.DUTY_OVER),
        (OTHER, Act.FOLLOW_UP, WITH, "18:00", True, Denial.NO_CONTACT),
        (OTHER, Act.FOLLOW_UP, WITHOUT, "19:00", True, Denial.NO_MANDATE),
    ],
)
def test_who_may_order_and_who_may_carry_out(
    viewer: Viewer,
    act: Act,
    known: Organisation,
    moment: str,
    is_on_duty: bool,
    why: Denial | None,
) -> None:
    now = at(f"2026-03-03T{moment}")
    matter = Matter(
        line(),
        home=HASSELBY_VALLINGBY,
        duty=DUTY if is_on_duty else None,
        is_contact=now >= TONIGHT.start,
    )

    assert denied(viewer, act, matter, known, now) is why
