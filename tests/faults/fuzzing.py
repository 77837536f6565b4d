"""How much the fuzz tests try: a little in the suite, as much as is asked for by `make fuzz`."""

import os
from collections import Counter

from hypothesis import HealthCheck, settings

# FUZZ=50 tries fifty times as much, and something else each time.
TIMES = int(os.environ.get("FUZZ", "0"))  # noqa: TID251 - where the tests begin
COUNTS: Counter[str] = Counter()


def tried(examples: int) -> settings:
    """Settings for so many examples in the suite, always the same ones there."""
    return settings(
        max_examples=examples * max(TIMES, 1),
        deadline=None,
        derandomize=not TIMES,
        database=None,
        suppress_health_check=[*HealthCheck],
    )


def count(what: str) -> None:
    """One more example of *what*, for whoever runs `make fuzz`."""
    COUNTS[what] += 1
