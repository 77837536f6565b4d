"""Swaps and candidates as the commands show them: a line for people, a row for programs."""

import click

from app.cli.show import local
from app.store.swaps import Event
from routing.organisation import Line
from routing.swap import Slot, Swap
from routing.swap_rules import Candidate


def stated(one: Swap, line: Line) -> str:
    """*one* in a line: number, state, when, which position, who from and who to."""
    slot = one.terms.slot
    first, last = (local(edge, line) for edge in (slot.time.start, slot.time.end))
    said = f"{one.id}  {one.state}  {first} to {last}  position {slot.position}"
    said += f"  {one.terms.giver} to {one.taker or ' or '.join(one.waiting_for) or 'nobody'}"
    if one.terms.back is not None:
        back = one.terms.back
        first, last = (local(edge, line) for edge in (back.time.start, back.time.end))
        said += f"  for {first} to {last} position {back.position}"
    return said


def echo_candidate(one: Candidate) -> None:
    """A line for the verdict, and one for each thing that stands in the way or is to be known."""
    click.echo(f"{one.therapist}  {str(one.verdict).replace('_', ' ')}")
    for hindrance in one.hindrances:
        click.echo(f"    {hindrance.message}")
    for finding in one.added:
        click.echo(f"    {finding.severity} {finding.rule}: {finding.message}; {finding.remedy}")


def candidate_row(one: Candidate, line: Line) -> dict[str, object]:
    return {
        "therapist": one.therapist,
        "verdict": str(one.verdict),
        "hindrances": [
            {"obstacle": str(h.obstacle), "therapist": h.therapist, "message": h.message}
            for h in one.hindrances
        ],
        "findings": [finding.as_json(line.zone) for finding in one.added],
    }


def slot_row(slot: Slot, line: Line) -> dict[str, object]:
    return {
        "position": slot.position,
        "starts_at": local(slot.time.start, line),
        "ends_at": local(slot.time.end, line),
    }


def swap_row(one: Swap, line: Line, told: tuple[Event, ...] | None = None) -> dict[str, object]:
    row: dict[str, object] = {
        "swap": one.id,
        "line": one.line,
        "kind": str(one.terms.kind),
        "state": str(one.state),
        "giver": one.terms.giver,
        "taker": one.taker,
        **slot_row(one.terms.slot, line),
        "in_return": None if one.terms.back is None else slot_row(one.terms.back, line),
        "asked": list(one.asked),
        "declined": sorted(one.declined),
    }
    if told is not None:
        row["events"] = [
            {
                "what": str(event.what),
                "author": event.author,
                "at": local(event.at, line),
                "reason": event.reason,
                "findings": event.findings.splitlines(),
            }
            for event in told
        ]
    return row
