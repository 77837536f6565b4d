"""Since when each shift is as it is, and which are gone: against the rota at every step."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from app.bootstrap import assemble
from app.settings import Settings
from app.store import rota
from app.store.database import reading
from app.store.shift_history import Dated, dated_shifts
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.override import Override
from routing.rota import Shift
from tests.examples import EFTERVARD

_START = datetime(2026, 3, 3, tzinfo=UTC)
_WINDOW = Interval(_START - timedelta(days=1), _START + timedelta(days=3))
_FIRST_STEP = datetime(2026, 2, 1, tzinfo=UTC)
_STEPS = 12

Slot = tuple[int, TherapistId, datetime]


def _slot(shift: Shift) -> Slot:
    return shift.position, shift.therapist, shift.time.start


def _time(chance: Random) -> Interval:
    start = chance.randrange(0, 40)
    return Interval(
        _START + timedelta(hours=start),
        _START + timedelta(hours=start + chance.randrange(1, 12)),
    )


def _therapist(chance: Random) -> TherapistId:
    return TherapistId(f"t{chance.randrange(1, 4)}")


def _published(chance: Random, extent: Interval) -> list[Shift]:
    """Some shifts inside *extent*, no two of which are at once in one position."""
    found = []
    for position in (1, 2):
        start = extent.start
        while start < extent.end:
            end = min(extent.end, start + timedelta(hours=chance.randrange(1, 6)))
            if chance.random() < 0.8:
                found.append(Shift(Interval(start, end), position, _therapist(chance)))
            start = end
    return found


@pytest.mark.parametrize("seed", range(25))
def test_every_change_of_the_rota_and_nothing_else_is_dated(
    seed: int, sqlite_settings: Settings
) -> None:
    chance = Random(seed)
    parts = assemble(sqlite_settings)
    ever: set[Slot] = set()
    before: dict[Slot, Dated] = {}
    for step in range(_STEPS):
        moment = _FIRST_STEP + timedelta(hours=step)
        signed = rota.Signed("t1", "", moment)
        extent = _time(chance)
        with parts.engine.begin() as connection:
            if chance.random() < 0.5:
                made = [Override(extent, chance.randrange(1, 3), _therapist(chance))]
                rota.override(connection, EFTERVARD, made, signed)
            else:
                own = _published(chance, extent)
                rota.publish(connection, EFTERVARD, own, signed, extent)
        with reading(parts.engine) as connection:
            dated = dated_shifts(connection, EFTERVARD, _WINDOW, _FIRST_STEP)
            lying = rota.in_force(connection, EFTERVARD, _WINDOW)

        found = {_slot(one.shift): one for one in dated}
        assert len(found) == len(dated)
        assert sorted(one.shift for one in dated if not one.gone) == sorted(lying)
        ever |= {_slot(shift) for shift in lying}
        assert set(found) == ever
        for slot, one in found.items():
            was = before.get(slot)
            is_same = was is not None and was.gone == one.gone
            is_same = is_same and was is not None and (one.gone or was.shift == one.shift)
            if was is None or not is_same:
                assert one.changed_at == moment
            else:
                assert was.changed_at <= one.changed_at <= moment
        before = found


def test_what_is_gone_is_told_from_the_moment_on_that_was_asked_for(
    sqlite_settings: Settings,
) -> None:
    parts = assemble(sqlite_settings)
    time = Interval(_START, _START + timedelta(hours=5))
    gone_at = _FIRST_STEP + timedelta(hours=1)
    with parts.engine.begin() as connection:
        own = [Shift(time, 1, TherapistId("t1"))]
        rota.publish(connection, EFTERVARD, own, rota.Signed("t1", "", _FIRST_STEP))
        rota.publish(connection, EFTERVARD, [], rota.Signed("t1", "", gone_at), time)

    with reading(parts.engine) as connection:
        at_once = dated_shifts(connection, EFTERVARD, _WINDOW, gone_at)
        later = dated_shifts(connection, EFTERVARD, _WINDOW, gone_at + timedelta(microseconds=1))

    assert at_once == (Dated(own[0], gone_at, gone=True),)
    assert later == ()
