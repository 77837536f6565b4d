"""The figures as a table for people, or as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median

from tests.bench.measure import BARE, INSERT, USUAL, Case, Figures

Found = Mapping[Case, Figures]

_HEAD = (
    "case",
    "server",
    "requests/s",
    "of (a)",
    "of (b)",
    "of (c)",
    "p50 ms",
    "p99 ms",
    "CPU µs",
    "fsync ms",
    "start s",
    "MB",
)


def as_table(found: Found) -> str:
    """
    A Markdown table: medians, with the least and the most of the rounds in brackets.

    Ratios are taken in each round, so that what slows down the machine for a while cancels out.
    """
    rows = [_HEAD, *(_row(found, case, figures) for case, figures in found.items())]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    rows.insert(1, tuple("-" * width for width in widths))
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    return "\n".join(
        [
            *lines,
            "",
            "(a) bare Flask, (b) bare Flask with one insert, on the same server; (c) bare Flask on",
            f"{USUAL} with as many workers.  Ratios of requests/s, in the same round.",
            "CPU: the server's processes, without the database's.  start: to the first answer.",
        ]
    )


def as_json(found: Found) -> str:
    """Every figure of every round."""
    return json.dumps(
        [
            {
                "case": case.what,
                "engine": case.engine or None,
                "server": case.kind.name,
                "workers": case.kind.workers,
                "threads": case.kind.threads,
                "contacts": case.contacts,
                "of_bare": _ratio(found, case, case.yardstick(BARE)),
                "of_insert": _ratio(found, case, case.yardstick(INSERT)),
                "of_usual_bare": _ratio(found, case, case.usual()),
                **asdict(figures),
            }
            for case, figures in found.items()
        ],
        indent=2,
    )


def _row(found: Found, case: Case, figures: Figures) -> tuple[str, ...]:
    return (
        str(case),
        str(case.kind),
        _spread(figures.per_second, 0),
        _share(_ratio(found, case, case.yardstick(BARE))),
        _share(_ratio(found, case, case.yardstick(INSERT))),
        _share(_ratio(found, case, case.usual())),
        _spread(figures.p50_ms, 1),
        _spread(figures.p99_ms, 1),
        _spread(figures.cpu_us, 0),
        _spread(figures.fsync_ms, 2) if case.engine else "",
        f"{median(figures.start_s):.2f}",
        f"{figures.megabytes:.0f}",
    )


def _ratio(found: Found, case: Case, yardstick: Case) -> float | None:
    """Requests a second as a share of the *yardstick*'s; None where that was not measured."""
    if yardstick not in found:
        return None
    pairs = zip(found[case].per_second, found[yardstick].per_second, strict=True)
    return median(ours / theirs for ours, theirs in pairs)


def _share(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"


def _spread(values: Sequence[float], digits: int) -> str:
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"
