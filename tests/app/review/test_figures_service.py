"""Leave to count, and what is counted besides the contacts: handovers, agreements, hours."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app.demo.stage import Stage
from app.duty import follow_ups
from app.duty import notes as duty_notes
from app.duty.gate import NotAllowed
from app.duty.ledger import called_out
from app.review import figures
from app.review.figures import Agreements, Figures, HandedOver
from app.review.figures_own import Spread
from app.review.figures_period import Length, period_of
from app.store import rota as stored_rota
from app.store.database import reading
from routing.contact import Channel
from routing.follow_up import State
from routing.ids import ContactId, TherapistId
from routing.intervals import Interval
from routing.ledger import hours_of
from routing.role import Role
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import WITH_MANAGERS, at_time
from tests.app.duty.desk import CLOCK, acknowledge, gate, the_handover, write
from tests.app.duty.following import wanted
from tests.app.world import ANSWERS, GUARDIAN, YOUTH, evening
from tests.examples import EFTERVARD, JARVA, STOCKHOLM

HALF = period_of(Length.HALF_YEAR, date(2026, 3, 3))
BOTH_EVENINGS = (*evening("2026-03-03"), *evening("2026-03-04"))


def counted(stage: Stage, who: str = "m2") -> Figures:
    with gate(stage, who) as own:
        leave = figures.asked(own, HALF)
    return figures.counted(stage.parts.engine, leave)


def test_handovers_count_when_due_and_are_on_time_by_their_acknowledgement(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at("2026-03-03T19:00", toml=WITH_MANAGERS, shifts=BOTH_EVENINGS)
    stage.call(YOUTH, phones={"t4": ANSWERS})
    at_time(stage, "2026-03-03T22:00", sweeps=CLOCK)
    assert counted(stage).handovers == HandedOver(0, 0, 0)  # due in the morning

    at_time(stage, "2026-03-04T08:20")
    acknowledge(stage, "t4", the_handover(stage, JARVA))
    at_time(stage, "2026-03-04T19:00")
    stage.call(YOUTH, phones={"t4": ANSWERS})
    at_time(stage, "2026-03-04T22:00", "2026-03-05T08:31", sweeps=CLOCK)

    assert counted(stage).handovers == HandedOver(2, 1, 0)
    acknowledge(stage, "t5", the_handover(stage, JARVA))
    assert counted(stage).handovers == HandedOver(2, 1, 1)
    assert counted(stage, "m1").handovers == HandedOver(0, 0, 0)


def test_a_broken_agreement_is_counted_with_its_times_and_no_word(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at("2026-03-03T19:00", toml=WITH_MANAGERS)
    calls = [stage.call(YOUTH, phones={"t4": ANSWERS}).sid for _ in range(2)]
    for call in calls:
        write(stage, "t4", call, broken_agreement=True)
    other = stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid
    write(stage, "t4", other, broken_agreement=True)
    assert counted(stage).agreements == Agreements(2, 0, 0, Spread(0, None, None))

    at_time(stage, "2026-03-04T16:59")
    with gate(stage, "t5") as own:
        duty_notes.react(own, ContactId(calls[0]))
    at_time(stage, "2026-03-04T17:01")
    with gate(stage, "t5") as own:
        duty_notes.react(own, ContactId(calls[1]))

    told = counted(stage).agreements
    assert (told.number, told.met, told.on_time) == (2, 2, 1)
    assert told.until_met.median is not None
    assert timedelta(hours=21) < told.until_met.median < timedelta(hours=22)
    assert counted(stage, "m1").agreements.number == 1


def test_follow_ups_count_by_where_they_stand_when_their_time_is_over(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at("2026-03-03T15:00", toml=WITH_MANAGERS)
    with gate(stage, "t4") as own:
        follow_ups.order(own, wanted(), own.organisation.lines[EFTERVARD])
    assert sum(counted(stage).follow_ups.values()) == 0

    at_time(stage, "2026-03-03T19:30", "2026-03-03T21:00", sweeps=("follow_ups.open",))

    found = {state: number for state, number in counted(stage).follow_ups.items() if number}
    assert found == {State.NOT_REACHED: 1}
    assert sum(counted(stage, "m1").follow_ups.values()) == 0


def test_hours_are_those_of_the_districts_own_people_whoever_called(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at("2026-03-03T19:00", toml=WITH_MANAGERS)
    stage.call(GUARDIAN, phones={"t4": ANSWERS})
    at_time(stage, "2026-03-03T23:00")

    jarva, hasselby = counted(stage).hours, counted(stage, "m1").hours

    assert (jarva.standby, hasselby.standby) == (timedelta(hours=5), timedelta(hours=5))
    assert timedelta() < jarva.called_out < timedelta(minutes=10)
    assert hasselby.called_out == timedelta()
    assert jarva.occasions == 0  # never told
    with reading(stage.parts.engine) as connection:
        span = Interval(HALF.span(STOCKHOLM).start, stage.parts.clock())
        shifts = stored_rota.in_force(connection, EFTERVARD, span)
        called = called_out(connection, stage.organisation, span, stage.parts.clock())
    assert jarva.called_out == sum((time.length for time in called[TherapistId("t4")]), timedelta())
    assert jarva.standby == hours_of(shifts[0].therapist, shifts, (), span, STOCKHOLM).standby


def test_that_somebody_counted_stands_in_the_log_and_nobody_else_may(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at("2026-03-03T19:00", toml=WITH_MANAGERS)
    counted(stage)
    for who in ("t4", "dpo"):
        with pytest.raises(NotAllowed), gate(stage, who) as own:
            figures.asked(own, HALF)

    with reading(stage.parts.engine) as connection:
        rows = connection.execute(
            sa.text("SELECT viewer, act, district, denied FROM readings ORDER BY id")
        ).all()
    assert [tuple(row) for row in rows] == [
        ("m2", "count", "jarva", None),
        ("t4", "count", "jarva", "not_your_office"),
        ("dpo", "count", "hasselby-vallingby", "not_your_office"),
    ]


def test_no_figure_holds_a_contact_a_reference_or_a_word(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at("2026-03-03T19:00", toml=WITH_MANAGERS)
    call = stage.call(YOUTH, phones={"t4": ANSWERS}).sid
    write(stage, "t4", call, broken_agreement=True)

    found = counted(stage)

    told = repr((found.own, found.handovers, found.agreements, found.hours, found.totals))
    for secret in (call, "K-1001", "t4", "bror"):
        assert secret not in told
    assert found.own.roles[Role.YOUTH, Channel.VOICE] == 1
