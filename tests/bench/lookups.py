"""
`python -m tests.bench.lookups`: what "who is on call now?" costs, by the number of shifts.

    --most N           the largest rota has 10 to the power of so many shifts (6)
    --rounds N         rounds, each with every size in turn (5)
    --lookups N        questions for each size in each round (20 000)
    --json             for programs

Asked twice: about moments of one hour, as calls ask, and about moments of the whole rota, which
are in no cache of the processor.  A rota has two positions and shifts of an hour.  The median of
the rounds, and its ratio to a hundred shifts; besides, what it costs to build such a rota, which is
done when a rota has changed and on no call.
"""

import argparse
import gc
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median

from routing.ids import LineId, TherapistId
from routing.intervals import Interval
from routing.rota import Rota, Shift

_START = datetime(2026, 1, 1, 16, tzinfo=UTC)
_SHIFT, _POSITIONS = timedelta(hours=1), 2
_PEOPLE = tuple(TherapistId(f"t{number}") for number in range(1, 7))
_SEED = 20_260_303
_FEWEST = 2  # as a power of ten


@dataclass(frozen=True, slots=True)
class Curve:
    """What was found out about a rota with so many shifts; a value for each round."""

    shifts: int
    build_ms: float
    calls_ns: list[float] = field(default_factory=list)
    anywhere_ns: list[float] = field(default_factory=list)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.lookups",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, usual in (("most", 6), ("rounds", 5), ("lookups", 20_000)):
        parser.add_argument(f"--{name}", type=int, default=usual, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args(arguments)
    curves = measure(told.most, told.rounds, told.lookups)
    sys.stdout.write((as_json(curves) if told.json else as_table(curves)) + "\n")


def rota_of(shifts: int) -> Rota:
    """So many shifts of an hour, in two positions, one after the other."""
    made = []
    for number in range(shifts):
        start = _START + number // _POSITIONS * _SHIFT
        time_ = Interval(start, start + _SHIFT)
        made.append(Shift(time_, number % _POSITIONS + 1, _PEOPLE[number % len(_PEOPLE)]))
    return Rota(LineId("eftervard"), made, source="bench", read_at=_START)


def measure(most: int, rounds: int, lookups: int) -> list[Curve]:
    """Every size in every round, so that a busy machine is busy for all."""
    random_ = random.Random(_SEED)
    found: list[tuple[Curve, Rota]] = []
    for power in range(_FEWEST, most + 1):
        began = time.perf_counter()
        rota = rota_of(10**power)
        took = 1e3 * (time.perf_counter() - began)
        found.append((Curve(10**power, took), rota))
    gc.freeze()  # a collection that walks a million shifts is not a lookup
    for turn in range(rounds + 1):
        for curve, rota in found:
            span = curve.shifts // _POSITIONS * _SHIFT
            evening = _START + span / 2
            for within, found_ns in ((_SHIFT, curve.calls_ns), (span, curve.anywhere_ns)):
                begins = evening if within is _SHIFT else _START
                moments = [begins + random_.random() * within for _ in range(lookups)]
                began = time.perf_counter()
                for moment in moments:
                    rota.on_call(moment)
                nanoseconds = 1e9 * (time.perf_counter() - began) / lookups
                if turn:  # the first round only warms up
                    found_ns.append(nanoseconds)
    gc.unfreeze()
    return [curve for curve, _ in found]


def as_json(curves: Sequence[Curve]) -> str:
    calls, anywhere = (median(n) for n in (curves[0].calls_ns, curves[0].anywhere_ns))
    rows = [
        {
            "shifts": curve.shifts,
            "calls_ns": round(median(curve.calls_ns)),
            "calls_ratio": round(median(curve.calls_ns) / calls, 2),
            "anywhere_ns": round(median(curve.anywhere_ns)),
            "anywhere_ratio": round(median(curve.anywhere_ns) / anywhere, 2),
            "build_ms": round(curve.build_ms, 1),
        }
        for curve in curves
    ]
    return json.dumps(rows)


def as_table(curves: Sequence[Curve]) -> str:
    lines = [
        "| shifts | a call asks, µs | ratio | anywhere, µs | ratio | building it, ms |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for curve in curves:
        cells = [
            f"{curve.shifts:,}".replace(",", " "),
            *_cells(curve.calls_ns, curves[0].calls_ns),
            *_cells(curve.anywhere_ns, curves[0].anywhere_ns),
            f"{curve.build_ms:.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cells(took: Sequence[float], first: Sequence[float]) -> tuple[str, str]:
    """Median, least and most in microseconds, and the ratio to *first*."""
    middle, least, most = (ns / 1000 for ns in (median(took), min(took), max(took)))
    return f"{middle:.2f} ({least:.2f}–{most:.2f})", f"{median(took) / median(first):.2f}"


if __name__ == "__main__":
    main(sys.argv[1:])
