"""Swaps at a desk: each sees what concerns her, and what taking a duty would do to her rest."""

from collections.abc import Callable
from typing import TypeVar

import pytest

from app.demo.stage import Stage
from app.duty import rota_desk_swaps as desk
from app.duty.gate import Gate, NotAllowed
from app.duty.handover import Desk
from app.store import absences
from app.store.swaps import What
from routing.absence import Absence, AbsenceKind
from routing.errors import NotFound
from routing.ids import TherapistId
from routing.swap import SwapRefused, Why
from routing.swap_rules import Verdict
from tests.app.conftest import StageAt
from tests.app.duty.desk import gate
from tests.app.duty.swapping import MANAGED, NOON, RELAXED, TUE, TUESDAY, WEEK, Swapping
from tests.examples import EFTERVARD, at, span

WHOLE = (None, None)
_LEAVE = AbsenceKind.LEAVE
_T = TypeVar("_T")


@pytest.fixture
def stage(engine_stage_at: StageAt) -> Stage:
    return engine_stage_at(NOON, shifts=WEEK, toml=RELAXED)


def asked(stage: Stage, who: str, what: Callable[[Gate], _T]) -> _T:
    with gate(stage, who) as own:
        return what(own)


def post(stage: Stage) -> Desk:
    parts = stage.parts
    return Desk(parts.engine, parts.cipher, parts.settings.public_url, mails=False)


def offer(stage: Stage, to: str | None = None) -> int:
    """T4 offers Tuesday's duty; returns the swap's number."""
    moment, own = at(TUESDAY), post(stage)
    done = asked(stage, "t4", lambda g: desk.offer(g, own, EFTERVARD, moment, 1, WHOLE, to))
    return done.swap.id


def listed(stage: Stage, who: str) -> list[tuple[int, bool, bool, bool]]:
    found = asked(stage, who, desk.listed)
    return [(s.swap.id, s.may_answer, s.may_withdraw, s.may_undo) for s in found]


def test_each_sees_what_she_may_do_about_an_offer(stage: Stage) -> None:
    number = offer(stage, "t6")

    assert listed(stage, "t4") == [(number, False, True, False)]
    assert listed(stage, "t6") == [(number, True, False, False)]
    assert listed(stage, "t2") == []
    assert listed(stage, "m1") == [(number, False, False, False)]
    assert listed(stage, "m2") == [(number, False, True, False)]
    with pytest.raises(NotAllowed):
        asked(stage, "t2", lambda g: desk.opened(g, EFTERVARD, number))
    with pytest.raises(NotAllowed):
        asked(stage, "somebody who reviews", desk.listed)


def test_who_was_asked_sees_what_it_would_do_and_takes_it(stage: Stage) -> None:
    number = offer(stage, "t6")

    opened = asked(stage, "t6", lambda g: desk.opened(g, EFTERVARD, number))
    assert opened.taking is not None
    assert opened.taking.verdict is Verdict.LAWFUL
    asked(stage, "t6", lambda g: desk.accept(g, post(stage), EFTERVARD, number))

    assert Swapping(stage).on(f"{TUE}T18:00")[0] == (1, "t6")
    assert listed(stage, "t4") == [(number, False, False, True)]
    assert listed(stage, "t6") == [(number, False, False, False)]
    back = asked(stage, "t4", lambda g: desk.opened(g, EFTERVARD, number))
    assert back.undone is not None
    asked(stage, "t4", lambda g: desk.undo(g, post(stage), EFTERVARD, number, ""))
    assert Swapping(stage).on(f"{TUE}T18:00")[0] == (1, "t4")


def test_no_and_taking_back(stage: Stage) -> None:
    refused = offer(stage, "t6")
    asked(stage, "t6", lambda g: desk.decline(g, post(stage), EFTERVARD, refused))
    withdrawn = offer(stage, "t5")
    asked(stage, "t4", lambda g: desk.withdraw(g, post(stage), EFTERVARD, withdrawn))

    assert Swapping(stage).state(refused) == "declined"
    assert Swapping(stage).state(withdrawn) == "withdrawn"


def test_only_her_own_duty_is_hers_to_offer(stage: Stage) -> None:
    moment = at(TUESDAY)

    with pytest.raises(SwapRefused) as refused:
        asked(
            stage,
            "t5",
            lambda g: desk.offer(g, post(stage), EFTERVARD, moment, 1, WHOLE, None),
        )
    assert refused.value.why is Why.NOT_HELD
    with pytest.raises(NotAllowed):
        asked(stage, "t5", lambda g: desk.asking(g, EFTERVARD, "t4", moment, 1))
    with pytest.raises(NotAllowed):
        asked(
            stage,
            "m1",
            lambda g: desk.offer(g, post(stage), EFTERVARD, moment, 1, WHOLE, None),
        )


def test_a_reason_is_for_the_managers_of_those_it_is_about(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(NOON, shifts=WEEK, toml=MANAGED)
    moment = at(TUESDAY)
    done = asked(
        stage,
        "m2",
        lambda g: desk.arrange(
            g, post(stage), EFTERVARD, "t4", moment, 1, WHOLE, "t6", "t4 har feber"
        ),
    )

    def reasons(who: str) -> list[tuple[What, str | None]]:
        opened = asked(stage, who, lambda g: desk.opened(g, EFTERVARD, done.swap.id))
        return [(event.what, event.reason) for event in opened.told]

    assert reasons("m2") == [(What.ARRANGED, "t4 har feber")]
    assert [reason for _, reason in reasons("m1")] == [None]
    assert [reason for _, reason in reasons("t6")] == [None]
    with pytest.raises(NotAllowed):
        asked(
            stage,
            "t4",
            lambda g: desk.arrange(g, post(stage), EFTERVARD, "t4", moment, 1, WHOLE, "t6", "skäl"),
        )


def test_a_colleagues_leave_and_rest_are_for_her_manager(stage: Stage) -> None:
    away = Absence(span("2026-03-03T00:00", "2026-03-04T00:00"), TherapistId("t5"), _LEAVE)
    with stage.parts.engine.begin() as connection:
        absences.add(connection, [away])

    def why(viewer: str) -> dict[str, list[str]]:
        _, found = asked(stage, viewer, lambda g: desk.asking(g, EFTERVARD, "t4", at(TUESDAY), 1))
        return {one.therapist: [h.message for h in one.hindrances] for one in found}

    assert why("m2")["t5"] == ["t5 is away then"]
    assert why("t4")["t5"] == []
    assert why("t4")["t1"] == ["t1 is in position 2 then"]


def test_duties_that_can_be_swapped_are_those_to_come(stage: Stage) -> None:
    own = asked(stage, "t2", lambda g: desk.duties_of(g, TherapistId("t2")))
    everybodys = asked(stage, "m1", desk.duties_of)

    assert [(d.shift.time, d.shift.position) for d in own] == [
        (span("2026-03-04T17:00", "2026-03-04T22:00"), 2),
        (span("2026-03-06T17:00", "2026-03-06T22:00"), 1),
    ]
    assert len(everybodys) == len(WEEK)


def test_there_is_no_such_swap(stage: Stage) -> None:
    with pytest.raises(NotFound):
        asked(stage, "t4", lambda g: desk.opened(g, EFTERVARD, 99))
