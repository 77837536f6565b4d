"""`on_call` finds what a scan of every shift would, at every edge and on either side of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.ids import TherapistId
from routing.intervals import Interval
from routing.rota import Rota, Shift
from tests.examples import EFTERVARD, STOCKHOLM, at, shift

MOMENT = timedelta(microseconds=1)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
A_YEAR = 366 * 86_400 * 1_000_000  # microseconds: both nights on which the clocks change are in it


def _shift(start: int, length: int, position: int, therapist: str) -> Shift:
    begins = FIRST + start * MOMENT
    return Shift(Interval(begins, begins + length * MOMENT), position, TherapistId(therapist))


_lengths = st.one_of(st.integers(1, 3), st.integers(1, 86_400_000_000), st.integers(1, A_YEAR))
_people = st.sampled_from([f"t{n}" for n in range(1, 7)])
_apart = st.builds(_shift, st.integers(0, A_YEAR), _lengths, st.integers(1, 4), _people)
# Many that begin or end together: the edges of these fall on a few hours.
_HOUR = 3_600_000_000
_meeting = st.builds(
    _shift,
    st.integers(0, 12).map(lambda n: n * _HOUR),
    st.integers(1, 8).map(lambda n: n * _HOUR),
    st.integers(1, 2),
    _people,
)
_rotas = st.lists(st.one_of(_apart, _meeting), max_size=25)
_instants = st.lists(st.integers(-_HOUR, A_YEAR + _HOUR).map(lambda n: FIRST + n * MOMENT))


def _rota(shifts: list[Shift]) -> Rota:
    return Rota(EFTERVARD, shifts, source="a test", read_at=FIRST)


def _scan(shifts: list[Shift], moment: datetime) -> list[Shift]:
    on = [s for s in shifts if s.time.start <= moment < s.time.end]
    return sorted(on, key=lambda s: (s.position, s.time.start, s.therapist))


def _same(found: tuple[Shift, ...], expected: list[Shift]) -> bool:
    """Equal, but for the order of two shifts of one person that begin together."""
    ranks = [[(s.position, s.time.start, s.therapist) for s in x] for x in (found, expected)]
    return sorted(found) == sorted(expected) and ranks[0] == ranks[1]


@settings(deadline=None)
@given(_rotas, _instants)
def test_at_any_instant_it_is_what_a_scan_finds(
    shifts: list[Shift], instants: list[datetime]
) -> None:
    rota = _rota(shifts)

    for moment in instants:
        assert _same(rota.on_call(moment), _scan(shifts, moment))


@settings(deadline=None)
@given(_rotas)
def test_at_every_edge_and_a_microsecond_to_either_side_too(shifts: list[Shift]) -> None:
    rota = _rota(shifts)

    for edge in {e for s in shifts for e in (s.time.start, s.time.end)}:
        for moment in (edge - MOMENT, edge, edge + MOMENT):
            assert _same(rota.on_call(moment), _scan(shifts, moment))


@settings(deadline=None)
@given(_rotas.flatmap(lambda shifts: st.tuples(st.just(shifts), st.permutations(shifts))))
def test_the_order_in_which_shifts_are_given_makes_no_difference(
    both: tuple[list[Shift], list[Shift]],
) -> None:
    shifts, shuffled = both
    one, other = _rota(shifts), _rota(shuffled)

    assert one.shifts == other.shifts
    assert one.digest == other.digest
    for s in shifts:
        assert one.on_call(s.time.start) == other.on_call(s.time.start)


@settings(deadline=None)
@given(_rotas, st.integers(0, A_YEAR))
def test_the_zone_in_which_a_moment_is_asked_makes_no_difference(
    shifts: list[Shift], microseconds: int
) -> None:
    rota, moment = _rota(shifts), FIRST + microseconds * MOMENT

    for zone in (STOCKHOLM, ZoneInfo("Asia/Kathmandu")):
        assert rota.on_call(moment.astimezone(zone)) == rota.on_call(moment)


def test_wall_times_that_come_twice_are_two_moments() -> None:
    before = shift("t4", "2026-10-25T00:00", "2026-10-25T02:30+02:00")
    after = shift("t5", "2026-10-25T02:30+02:00", "2026-10-25T08:00")
    rota = _rota([before, after])
    twice = datetime(2026, 10, 25, 2, 15, tzinfo=STOCKHOLM)

    assert rota.on_call(twice) == (before,)
    assert rota.on_call(twice.replace(fold=1)) == (after,)


def test_two_shifts_of_one_person_are_both_found() -> None:
    one = shift("t4", "2026-03-03T17:00", "2026-03-03T22:00")
    other = shift("t4", "2026-03-03T16:00", "2026-03-03T20:00")

    assert _rota([one, other]).on_call(at("2026-03-03T18:00")) == (other, one)
    assert _rota([one, one]).on_call(at("2026-03-03T18:00")) == (one, one)
