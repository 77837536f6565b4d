"""What was observed, for programs and as rows for docs/fidelity.md."""

from collections.abc import Iterable
from datetime import date

from app.telephony.observe.sitting import Observation


def record(observed: Iterable[Observation], refused: int, on: date) -> dict[str, object]:
    """All of it: every request with its parameters, and nothing of anybody."""
    return {
        "observed_on": on.isoformat(),
        "unsigned_requests": refused,
        "behaviours": [_one(each) for each in observed],
    }


def _one(each: Observation) -> dict[str, object]:
    return {
        "id": each.behaviour.id,
        "row": each.behaviour.row,
        "assumed": each.behaviour.assumed,
        "verdict": each.verdict.kind,
        "variants": each.verdict.reading,
        "what": each.verdict.what,
        "answers": dict(zip(each.behaviour.questions, each.answers, strict=False)),
        "requests": [
            {
                "place": one.place,
                "after": one.after,
                "signed_by": one.signed_by,
                "parameters": dict(one.form),
                "headers": dict(one.headers),
            }
            for one in each.seen
        ],
    }


def table(observed: Iterable[Observation], on: date) -> str:
    """Rows in Markdown."""
    rows = (
        f"| {each.behaviour.row} | {each.behaviour.title} | {each.verdict.what} "
        f"| {verdict(each)} | {on.isoformat()} |"
        for each in observed
    )
    head = "| row | behaviour | seen | verdict | on |\n|---|---|---|---|---|"
    return "\n".join((head, *rows)) + "\n"


def verdict(each: Observation) -> str:
    """The verdict in words, with the variants of the built-in carrier that it fits."""
    reading = each.verdict.reading
    return f"{each.verdict.kind}: {reading}" if reading else str(each.verdict.kind)
