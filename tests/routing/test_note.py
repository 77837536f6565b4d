"""What a note must hold, which contacts need one, and when a broken agreement must be met."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from routing.contact import Caller, Channel, Contact, Direction, Outcome
from routing.errors import InvalidInput
from routing.ids import ContactId, TherapistId
from routing.note import (
    LONGEST,
    Content,
    EscalatedTo,
    Escalation,
    Note,
    Reason,
    checked,
    needs_note,
    reaction_due,
    without_note,
)
from routing.role import Role
from tests.examples import JARVA, at, line
from tests.routing.contacts import contact

_AT = at("2026-03-03T20:00")
_T1, _T4 = TherapistId("t1"), TherapistId("t4")
_CALLED = Escalation(EscalatedTo.SOCIAL_EMERGENCY, at("2026-03-03T19:50"), Reason.SELF_HARM)
_NOTE = Note(
    ContactId("CA1"), JARVA, _T4, _AT, Role.YOUTH, Content("Ville hem.", "Lyssnade."),
    escalation=_CALLED,
)  # fmt: skip


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-03T10:00", "2026-03-03T17:00+01:00"),  # a Tuesday, while the office is open
        ("2026-03-03T16:59:59", "2026-03-03T17:00+01:00"),
        ("2026-03-03T17:00", "2026-03-04T17:00+01:00"),  # too late for today
        ("2026-03-03T23:59", "2026-03-04T17:00+01:00"),
        ("2026-03-04T00:30", "2026-03-04T17:00+01:00"),  # the small hours are the new day's
        ("2026-03-06T20:00", "2026-03-09T17:00+01:00"),  # Friday evening
        ("2026-03-07T10:00", "2026-03-09T17:00+01:00"),  # Saturday
        ("2026-04-02T20:00", "2026-04-07T17:00+02:00"),  # Maundy Thursday, over Easter
        ("2026-04-03T11:00", "2026-04-07T17:00+02:00"),  # Good Friday morning
        ("2026-06-19T11:00", "2026-06-22T17:00+02:00"),  # Midsummer's Eve
        ("2026-12-23T18:00", "2026-12-28T17:00+01:00"),
        ("2026-12-24T10:00", "2026-12-28T17:00+01:00"),
        ("2026-12-30T18:00", "2027-01-04T17:00+01:00"),
        ("2026-03-29T01:30", "2026-03-30T17:00+02:00"),  # the clocks are put forward that night
        ("2026-10-25T02:30", "2026-10-26T17:00+01:00"),  # and back: an hour that comes twice
    ],
)
def test_a_broken_agreement_is_met_the_same_day_or_the_next_weekday(
    received: str, due: str
) -> None:
    assert reaction_due(at(received), line()).isoformat(timespec="minutes") == due


def test_a_closed_day_is_no_day_to_meet_anything() -> None:
    closed = line(closed_days=frozenset({date(2026, 3, 4), date(2026, 3, 5)}))

    assert reaction_due(at("2026-03-03T18:00"), closed) == at("2026-03-06T17:00")
    assert reaction_due(at("2026-03-04T10:00"), closed) == at("2026-03-06T17:00")
    assert reaction_due(at("2026-03-03T16:00"), closed) == at("2026-03-03T17:00")


def test_a_note_that_holds_what_it_must_passes_unchanged() -> None:
    assert checked(_NOTE) == _NOTE
    longest = replace(_NOTE, content=Content("å" * LONGEST, "b" * LONGEST, "c" * LONGEST))
    assert checked(longest) is longest


@pytest.mark.parametrize(
    ("note", "field"),
    [
        (replace(_NOTE, content=Content(" \n", "Lyssnade.")), "told"),
        (replace(_NOTE, content=Content("Ville hem.", "")), "support"),
        (replace(_NOTE, content=Content("x" * (LONGEST + 1), "Lyssnade.")), "told"),
        (replace(_NOTE, content=Content("Ville hem.", "x" * (LONGEST + 1))), "support"),
        (replace(_NOTE, content=Content("a", "b", "x" * (LONGEST + 1))), "next_step"),
        (replace(_NOTE, escalation=replace(_CALLED, at=_AT + timedelta(seconds=1))),
         "escalated_at"),
    ],
)  # fmt: skip
def test_a_note_that_does_not_is_refused_and_the_field_is_named(note: Note, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked(note)

    assert refused.value.place is not None
    assert refused.value.place.field == field
    assert "hem" not in str(refused.value)


def test_no_word_of_a_note_shows_in_a_repr() -> None:
    assert "Ville hem" not in repr(_NOTE)
    assert "Lyssnade" not in repr(_NOTE)


def _call(outcome: Outcome | None, *, by: TherapistId | None = _T4) -> Contact:
    return contact(_AT, outcome, therapist=by)


def _text(
    label: str = "K-1001",
    by: TherapistId | None = _T4,
    outcome: Outcome | None = Outcome.RELAYED,
    direction: Direction = Direction.INBOUND,
) -> Contact:
    made = contact(_AT, outcome, therapist=by, channel=Channel.TEXT, direction=direction)
    return replace(made, caller=Caller(label, JARVA))


@pytest.mark.parametrize(
    ("had", "needs"),
    [
        (_call(Outcome.ANSWERED), True),
        (replace(_call(Outcome.ANSWERED), direction=Direction.OUTBOUND), True),  # a call back
        (replace(_call(Outcome.MISSED), direction=Direction.OUTBOUND), False),  # nobody answered
        (_call(Outcome.MISSED, by=None), False),
        (_call(Outcome.ABANDONED, by=None), False),
        (_call(Outcome.FALLBACK_ANSWERED, by=None), False),
        (_call(None, by=None), False),
        (_text(), True),
        (_text(direction=Direction.OUTBOUND), False),  # her answer: the text it answers has one
        (_text(outcome=Outcome.UNDELIVERED), False),
        (_text(outcome=Outcome.CLOSED, by=None), False),
    ],
)
def test_a_note_is_needed_where_a_therapist_spoke_or_wrote_with_somebody(
    had: Contact, needs: bool
) -> None:
    assert needs_note(had) is needs
    assert without_note([had], []) == ((had,) if needs else ())


def test_every_call_needs_its_own_note() -> None:
    first, second = _call(Outcome.ANSWERED), _call(Outcome.ANSWERED)

    assert without_note([first, second], []) == (first, second)
    assert without_note([first, second], [first.id]) == (second,)


def test_the_texts_of_one_conversation_need_one_note_on_whichever_of_them() -> None:
    first, second, third = _text(), _text(), _text()

    assert without_note([first, second, third], []) == (first,)
    for noted in (first, second, third):
        assert without_note([first, second, third], [noted.id]) == ()


def test_a_conversation_is_of_one_sender_with_one_therapist() -> None:
    hers, other_sender, passed_on = _text(), _text("K-1002"), _text(by=_T1)

    assert without_note([hers, other_sender, passed_on], [hers.id]) == (other_sender, passed_on)


def test_a_note_on_a_call_does_not_do_for_a_text_of_the_same_person() -> None:
    call = replace(_call(Outcome.ANSWERED), caller=Caller("K-1001", JARVA))
    text = _text()

    assert without_note([call, text], [call.id]) == (text,)


def test_a_note_on_her_own_answer_does_for_the_conversation() -> None:
    text, answer = _text(), _text(direction=Direction.OUTBOUND)

    assert without_note([text, answer], [answer.id]) == ()
