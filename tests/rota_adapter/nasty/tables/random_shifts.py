"""Shifts at random, many of them near the nights when the clocks change."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from routing.ids import TherapistId
from routing.intervals import Interval
from routing.rota import Shift
from tests.examples import at

_NEAR = [at("2026-01-01T00:00"), at("2026-03-29T01:00"), at("2026-10-25T01:00")]
_STARTS = st.builds(
    lambda near, minutes: near.astimezone(UTC) + timedelta(minutes=minutes),
    st.sampled_from(_NEAR),
    st.integers(-3_000, 3_000),
)


def _shift(start: datetime, minutes: int, position: int, number: int) -> Shift:
    time = Interval(start, start + timedelta(minutes=minutes))
    return Shift(time, position, TherapistId(f"t{number}"))


SHIFTS = st.lists(
    st.builds(_shift, _STARTS, st.integers(1, 14 * 24 * 60), st.integers(1, 2), st.integers(1, 6)),
    max_size=8,
    unique=True,
)
