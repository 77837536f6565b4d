"""Which meeting takes up which handover, and who is told what of it."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from routing.ids import HandoverId, TherapistId
from routing.meeting import Guest, Meeting, MeetingId, Message, Placing, Word, messages, placed
from tests.examples import at

FRIDAY, MONDAY, TUESDAY = at("2026-03-06T08:30"), at("2026-03-09T08:30"), at("2026-03-10T08:30")
A, B, C = (HandoverId(name) for name in "abc")
ONE, TWO = MeetingId("one"), MeetingId("two")
T4, T5 = TherapistId("t4"), TherapistId("t5")
AT_T4, AT_T5 = "t4@example.org", "t5@example.org"
MOMENTS = (FRIDAY, MONDAY, TUESDAY)


def meeting(
    id_: MeetingId, due_at: datetime, *handovers: HandoverId, settled: bool = False
) -> Meeting:
    return Meeting(id_, due_at, frozenset(handovers), is_settled=settled)


def guest(
    due_at: datetime = MONDAY, *, address: str = AT_T4, sequence: int = 0, invited: bool = True
) -> Guest:
    return Guest(T4, address, due_at, sequence, invited)


def test_handovers_due_at_one_moment_need_one_meeting() -> None:
    assert placed({A: MONDAY, B: MONDAY, C: TUESDAY}, []) == Placing(
        {MONDAY: None, TUESDAY: None}, frozenset()
    )


def test_a_meeting_moves_with_its_handovers() -> None:
    found = placed({A: TUESDAY, B: TUESDAY}, [meeting(ONE, MONDAY, A, B)])

    assert found == Placing({TUESDAY: ONE}, frozenset())


def test_a_meeting_stays_for_those_that_stay() -> None:
    found = placed({A: FRIDAY, B: MONDAY}, [meeting(ONE, MONDAY, A, B)])

    assert found == Placing({FRIDAY: None, MONDAY: ONE}, frozenset())


def test_where_two_meetings_become_one_the_other_is_off() -> None:
    two = [meeting(ONE, FRIDAY, A), meeting(TWO, MONDAY, B)]

    assert placed({A: MONDAY, B: MONDAY}, two) == Placing({MONDAY: TWO}, frozenset({ONE}))


def test_of_two_meetings_that_both_move_there_the_fuller_one_is_held() -> None:
    two = [meeting(ONE, FRIDAY, A), meeting(TWO, MONDAY, B, C)]

    found = placed(dict.fromkeys((A, B, C), TUESDAY), two)

    assert found == Placing({TUESDAY: TWO}, frozenset({ONE}))


def test_a_meeting_without_a_handover_is_off_unless_one_was_acknowledged_there() -> None:
    two = [meeting(ONE, FRIDAY, A), meeting(TWO, MONDAY, B, settled=True)]

    assert placed({}, two) == Placing({}, frozenset({ONE}))


@given(
    st.dictionaries(st.sampled_from([A, B, C]), st.sampled_from(MOMENTS)),
    st.dictionaries(st.sampled_from(MOMENTS), st.frozensets(st.sampled_from([A, B, C]))),
)
def test_each_moment_has_one_meeting_and_no_meeting_two_moments(
    due: dict[HandoverId, datetime], held: dict[datetime, frozenset[HandoverId]]
) -> None:
    before = [Meeting(MeetingId(f"{n}"), *each) for n, each in enumerate(held.items())]

    found = placed(due, before)

    known = [id_ for id_ in found.at.values() if id_ is not None]
    assert set(found.at) == set(due.values())
    assert len(known) == len(set(known))
    assert {*known, *found.off} == {m.id for m in before}
    assert not found.off & set(known)


def test_who_is_new_is_invited_under_the_number_there_is() -> None:
    said = messages(MONDAY, 2, [guest()], {T4: AT_T4, T5: AT_T5})

    assert said == (Message(Word.INVITED, T5, AT_T5, MONDAY, 2),)


def test_who_knows_it_all_is_told_nothing() -> None:
    assert messages(MONDAY, 2, [guest()], {T4: AT_T4}) == ()
    assert messages(MONDAY, 2, [guest(invited=False)], {}) == ()
    assert messages(None, 2, [guest(invited=False)], {T5: AT_T5}) == ()


def test_whoever_has_heard_of_it_hears_of_a_change_under_a_higher_number() -> None:
    moved = messages(TUESDAY, 0, [guest()], {T4: AT_T4})
    off = messages(None, 0, [guest()], {T4: AT_T4})
    gone = messages(MONDAY, 0, [guest()], {})

    assert moved == (Message(Word.MOVED, T4, AT_T4, TUESDAY, 1),)
    assert off == (Message(Word.CANCELLED, T4, AT_T4, MONDAY, 1),)
    assert gone == (Message(Word.UNINVITED, T4, AT_T4, MONDAY, 1),)


def test_at_a_new_address_she_is_invited_once_the_old_one_has_been_told() -> None:
    wanted = {T4: "new@example.org"}

    first = messages(MONDAY, 0, [guest()], wanted)
    then = messages(MONDAY, 1, [guest(sequence=1, invited=False)], wanted)

    assert first == (Message(Word.UNINVITED, T4, AT_T4, MONDAY, 1),)
    assert then == (Message(Word.INVITED, T4, "new@example.org", MONDAY, 2),)


def test_no_value_of_these_shows_an_address() -> None:
    shown = f"{guest()} {messages(MONDAY, 0, [], {T4: AT_T4})}"

    assert "@" not in shown
