"""A rota at a desk: what is shown of it, drafts that are changed, and who may do what."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

import pytest

from app.demo.stage import Stage
from app.duty import rota_desk, rota_desk_drafts
from app.duty.gate import Gate, NotAllowed
from app.duty.publishing import BreaksARule
from app.duty.rota_desk import Calendar, Piece, calendar, changes, line_for, whole_days
from app.duty.rota_desk_drafts import DraftMoved, Lay, OpenDraft
from app.store.database import reading
from app.store.rota import in_force
from routing.access import Denial
from routing.errors import InvalidInput, NotFound
from routing.ids import TherapistId
from routing.swap import Slot
from tests.app.conftest import StageAt
from tests.app.duty.desk import gate
from tests.app.duty.swapping import FRI, MANAGED, NOON, THU, TUE, WED, WEEK, Swapping
from tests.examples import EFTERVARD, shift, span

MONDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 8)
A_WEEK = span("2026-03-02T00:00", "2026-03-09T00:00")
TUESDAY = Slot(span(f"{TUE}T17:00", f"{TUE}T22:00"), 1)
T3, T4 = TherapistId("t3"), TherapistId("t4")
_T = TypeVar("_T")


@pytest.fixture
def stage(engine_stage_at: StageAt) -> Stage:
    return engine_stage_at(NOON, shifts=WEEK, toml=MANAGED)


def asked(stage: Stage, who: str, what: Callable[[Gate], _T]) -> _T:
    with gate(stage, who) as own:
        return what(own)


def seen(stage: Stage, who: str = "t1") -> Calendar:
    def look(own: Gate) -> Calendar:
        line = line_for(own, EFTERVARD)
        return calendar(own, line, whole_days(line, MONDAY, SUNDAY))

    return asked(stage, who, look)


def made(stage: Stage, first: date = MONDAY, last: date = SUNDAY) -> int:
    return asked(stage, "m1", lambda g: rota_desk_drafts.make(g, EFTERVARD, first, last, "mars"))


def opened(stage: Stage, number: int, who: str = "m1") -> OpenDraft:
    return asked(stage, who, lambda g: rota_desk_drafts.open_draft(g, EFTERVARD, number))


def lay(stage: Stage, number: int, *which: Lay, who: str = "m1", state: str = "") -> None:
    state = state or opened(stage, number).seen
    asked(stage, who, lambda g: rota_desk_drafts.change(g, EFTERVARD, number, state, list(which)))


def publish(stage: Stage, number: int, reason: str = "", who: str = "m1") -> None:
    state = opened(stage, number).seen
    asked(
        stage,
        who,
        lambda g: rota_desk_drafts.publish(g, EFTERVARD, number, state, "en ändring", reason),
    )


def first_on(shown: Calendar, day: date, position: int = 1) -> Piece:
    return next(d for d in shown.days if d.day == day).of(position)[0]


def on(stage: Stage, day: str) -> list[tuple[int, str]]:
    with reading(stage.parts.engine) as connection:
        found = in_force(connection, EFTERVARD, span(f"{day}T18:00", f"{day}T18:01"))
    return [(s.position, str(s.therapist)) for s in found]


def test_each_day_says_who_has_what_and_what_nobody_has(stage: Stage) -> None:
    shown = seen(stage)

    assert [d.day.day for d in shown.days] == [2, 3, 4, 5, 6, 7, 8]
    assert first_on(shown, date(2026, 3, 3)).therapist == T4
    monday = shown.days[0]
    assert [p.therapist for p in monday.pieces] == [None, None]
    assert monday.has_gap
    assert monday.open == (span("2026-03-02T17:00", "2026-03-02T22:00"),)


def test_a_therapist_is_shown_nobody_elses_rest(stage: Stage) -> None:
    number = made(stage)
    line, draft = stage.organisation.lines[EFTERVARD], opened(stage, number).draft
    lay(stage, number, *(Lay(s, T3) for s in rota_desk_drafts.a_week(line, draft, MONDAY, 1)))

    found = {
        who: {f.therapist for f in opened(stage, number, who).calendar.findings}
        for who in ("m1", "t1", "t3")
    }

    assert T3 in found["m1"]
    assert T3 in found["t3"]
    assert found["t1"] == {None}


def test_what_was_swapped_says_who_had_it_and_by_which_swap(stage: Stage) -> None:
    swapping = Swapping(stage)
    number = swapping.arrange("t4", f"{TUE}T18:00", "t6", "m2").swap.id
    swapping.offer("t5", f"{WED}T18:00")

    shown = seen(stage)

    tuesday = first_on(shown, date(2026, 3, 3))
    assert (tuesday.therapist, tuesday.instead_of, tuesday.swap) == ("t6", "t4", number)
    assert tuesday.is_on_top
    assert first_on(shown, date(2026, 3, 4)).offered is not None
    assert not first_on(shown, date(2026, 3, 5)).is_on_top


def test_a_draft_is_what_is_in_force_until_somebody_changes_it(stage: Stage) -> None:
    number = made(stage)

    assert opened(stage, number).changes == ()
    lay(stage, number, Lay(TUESDAY, T3))

    after = opened(stage, number)
    assert [(c.slot, c.before, c.after) for c in after.changes] == [(TUESDAY, (T4,), (T3,))]
    piece = first_on(after.calendar, date(2026, 3, 3))
    assert (piece.therapist, piece.is_changed, piece.was) == (T3, True, (T4,))
    assert on(stage, TUE) == [(1, "t4"), (2, "t1")]


def test_part_of_a_duty_can_be_given_to_somebody_else_or_to_nobody(stage: Stage) -> None:
    number = made(stage)
    late = Slot(span(f"{TUE}T20:00", f"{TUE}T22:00"), 1)

    lay(stage, number, Lay(late, T3), Lay(Slot(span(f"{WED}T17:00", f"{WED}T22:00"), 2), None))

    shown = opened(stage, number).calendar
    tuesday = next(d for d in shown.days if d.day == date(2026, 3, 3))
    assert [(p.therapist, p.slot.time) for p in tuesday.of(1)] == [
        ("t4", span(f"{TUE}T17:00", f"{TUE}T20:00")),
        ("t3", late.time),
    ]
    assert first_on(shown, date(2026, 3, 4), 2).therapist is None


def test_a_whole_week_of_one_position_is_its_open_hours_inside_the_draft(stage: Stage) -> None:
    number = made(stage, date(2026, 3, 4), SUNDAY)
    draft, line = opened(stage, number).draft, stage.organisation.lines[EFTERVARD]

    slots = rota_desk_drafts.a_week(line, draft, MONDAY, 2)

    assert [f"{s.time.start:%d %H}" for s in slots] == ["04 16", "05 16", "06 16", "07 09", "08 09"]


def test_publishing_makes_it_the_rota_and_drops_the_draft(stage: Stage) -> None:
    number = made(stage)
    lay(stage, number, Lay(TUESDAY, T3))

    with pytest.raises(BreaksARule):
        publish(stage, number)
    assert on(stage, TUE)[0] == (1, "t4")
    publish(stage, number, "ingen annan finns")

    assert on(stage, TUE)[0] == (1, "t3")
    with pytest.raises(NotFound):
        opened(stage, number)
    latest = asked(stage, "t1", lambda g: rota_desk.versions(g, line_for(g, EFTERVARD)))[0]
    assert (latest.signed.author, latest.reason) == ("m1", "ingen annan finns")
    told = asked(stage, "t1", lambda g: rota_desk.version(g, line_for(g, EFTERVARD), latest.id))
    assert [(c.before, c.after) for c in told.changes] == [((T4,), (T3,))]


def test_what_a_draft_would_break_is_what_publishing_finds(stage: Stage) -> None:
    number = made(stage)
    lay(stage, number, Lay(TUESDAY, T3))
    before = opened(stage, number).calendar.findings

    state = opened(stage, number).seen
    _, done = asked(
        stage,
        "m1",
        lambda g: rota_desk_drafts.publish(g, EFTERVARD, number, state, "", "ingen annan finns"),
    )

    assert [(f.rule, f.severity, f.therapist) for f in before] == [
        (f.rule, f.severity, f.therapist) for f in done.findings
    ]
    assert "R16" in {f.rule for f in before}


def test_nobody_changes_or_publishes_what_somebody_else_has_changed(stage: Stage) -> None:
    number = made(stage)
    old = opened(stage, number).seen
    lay(stage, number, Lay(TUESDAY, T3))

    with pytest.raises(DraftMoved):
        lay(stage, number, Lay(TUESDAY, None), state=old)
    with pytest.raises(DraftMoved):
        asked(
            stage,
            "m2",
            lambda g: rota_desk_drafts.publish(g, EFTERVARD, number, old, "", "ett skäl"),
        )


@pytest.mark.parametrize(
    "wrong",
    [
        Lay(TUESDAY, TherapistId("nobody")),
        Lay(Slot(TUESDAY.time, 3), T3),
        Lay(Slot(span("2026-03-09T17:00", "2026-03-09T22:00"), 1), T3),
        Lay(Slot(span("2026-03-08T20:00", "2026-03-09T02:00"), 1), T3),
    ],
)
def test_what_makes_no_sense_in_a_draft_is_refused(stage: Stage, wrong: Lay) -> None:
    number = made(stage)

    with pytest.raises(InvalidInput):
        lay(stage, number, wrong)
    assert opened(stage, number).changes == ()


@pytest.mark.parametrize(("who", "why"), [("t1", Denial.NOT_YOUR_OFFICE)])
def test_therapists_see_drafts_and_change_nothing(stage: Stage, who: str, why: Denial) -> None:
    number = made(stage)

    assert opened(stage, number, who).draft.id == number
    state = opened(stage, number).seen
    steps: tuple[Callable[[Gate], object], ...] = (
        lambda g: rota_desk_drafts.make(g, EFTERVARD, MONDAY, SUNDAY, ""),
        lambda g: rota_desk_drafts.change(g, EFTERVARD, number, state, []),
        lambda g: rota_desk_drafts.publish(g, EFTERVARD, number, state, "", "skäl"),
        lambda g: rota_desk_drafts.discard(g, EFTERVARD, number),
    )
    for step in steps:
        with pytest.raises(NotAllowed) as refused:
            asked(stage, who, step)
        assert refused.value.why is why


def test_a_draft_with_dates_that_make_no_sense_is_refused(stage: Stage) -> None:
    with pytest.raises(InvalidInput, match="last"):
        made(stage, SUNDAY, MONDAY)
    with pytest.raises(InvalidInput, match="last"):
        made(stage, MONDAY, date(2027, 4, 1))


def test_a_draft_is_thrown_away(stage: Stage) -> None:
    number = made(stage)
    asked(stage, "m2", lambda g: rota_desk_drafts.discard(g, EFTERVARD, number))

    with pytest.raises(NotFound):
        opened(stage, number)
    assert asked(stage, "m1", lambda g: rota_desk_drafts.listed(g, line_for(g, EFTERVARD))) == ()


def test_changes_are_as_long_as_they_can_be() -> None:
    before = [
        shift("t1", f"{THU}T17:00", f"{THU}T19:00"),
        shift("t1", f"{THU}T19:00", f"{THU}T22:00"),
    ]
    after = [
        shift("t2", f"{THU}T17:00", f"{THU}T21:00"),
        shift("t1", f"{THU}T21:00", f"{FRI}T00:00"),
    ]

    found = changes(before, after, span(f"{THU}T00:00", f"{FRI}T00:00"))

    assert [(c.slot.time, c.before, c.after) for c in found] == [
        (span(f"{THU}T17:00", f"{THU}T21:00"), ("t1",), ("t2",)),
        (span(f"{THU}T22:00", f"{FRI}T00:00"), (), ("t1",)),
    ]


def test_there_is_no_line_by_that_name(stage: Stage) -> None:
    with pytest.raises(NotFound):
        asked(stage, "m1", lambda g: line_for(g, "another"))
