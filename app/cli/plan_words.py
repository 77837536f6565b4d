"""A plan, and why there is none, for people and for programs."""

from collections.abc import Iterator

from app.cli.show import local
from rota_adapter.planner.explain import Empty, Explanation
from rota_adapter.planner.plan import NoPlan, Plan
from rota_adapter.planner.problem import Kind, Status
from routing.finding import Severity
from routing.ids import TherapistId
from routing.organisation import Line

_MOST_SHOWN = 20
_NAMES = {
    Kind.EVENING: "evenings",
    Kind.WEEKEND: "weekends",
    Kind.SATURDAY: "Saturdays",
    Kind.SUNDAY: "Sundays",
    Kind.RED_DAY: "red days",
}


def in_words(found: Plan, line: Line) -> Iterator[str]:
    """What was found, for a person: how good it is, who has how much, and what is wrong with it."""
    layout = found.layout
    request = layout.request
    yield (
        f"{request.weeks} weeks from {request.first}: {len(layout.blocks)} blocks with "
        f"{line.positions} positions each, {len(layout.team)} people."
    )
    for reason in layout.left_out.values():
        yield f"Left out: {reason}."
    yield _how_good(found)
    for said in found.given_up:
        yield f"Given up: {said}."
    if found.given_up:
        proof = "It is proved that" if found.had_to_be else "It is not proved that"
        yield f"{proof} no rota keeps any of these beside the rest."
    yield from _table(found)
    for therapist in layout.team:
        days = [
            a.time.start.astimezone(line.zone) for a in found.days_off if a.therapist == therapist
        ]
        if days:
            yield f"Days off of {therapist}: {', '.join(f'{day:%a %Y-%m-%d}' for day in days)}"
    told = [f for f in found.findings if f.severity is not Severity.INFO]
    for finding in told[:_MOST_SHOWN]:
        yield f"{finding.severity} {finding.rule}: {finding.message}; {finding.remedy}"
    if len(told) > _MOST_SHOWN:
        yield f"… and {len(told) - _MOST_SHOWN} more."
    notes = len(found.findings) - len(told)
    errors = len(found.errors)
    yield f"Checked: {errors} errors, {len(told) - errors} warnings, {notes} notes."


def _how_good(found: Plan) -> str:
    solved = found.solved
    if solved.cost is None:
        return "A rota was found, and nothing is known of what the cheapest would cost."
    if solved.status is Status.OPTIMAL:
        said = f"Cost {solved.cost}, proved: no rota costs less."
        again = (
            "The same seed gives the same rota."
            if solved.is_repeatable
            else ("Several rotas cost that, and the same seed may give another of them.")
        )
        return f"{said}  {again}"
    if solved.is_repeatable:
        return (
            f"Cost {solved.cost}; the cheapest rota costs {solved.bound}, proved.  "
            "The same seed gives the same rota."
        )
    stopped = "the clock" if solved.cut_short else "--effort"
    return (
        f"Cost {solved.cost}; no rota costs less than {solved.bound}.  "
        f"{stopped} ended the search, and the same seed may give another rota."
    )


def _table(found: Plan) -> Iterator[str]:
    """One line for each person: blocks in position 1 + 2 …, her share, and the half-year before."""
    kinds = list(dict.fromkeys(count.kind for count in found.counts))
    yield "held in each position (even share; before)"
    for therapist in found.layout.team:
        cells = [
            f"{_NAMES[c.kind]} {'+'.join(map(str, c.held))} ({float(c.share):.1f}"
            + (f"; {'+'.join(map(str, c.before))}" if any(c.before) else "")
            + ")"
            for c in found.counts
            if c.therapist == therapist
        ]
        yield f"  {therapist}: {', '.join(cells)}, days off {_days_off(found, therapist)}"
    for kind in kinds:
        totals = [sum(c.held) for c in found.counts if c.kind is kind]
        yield f"  {_NAMES[kind]}: from {min(totals)} to {max(totals)} a person"


def _days_off(found: Plan, therapist: TherapistId) -> int:
    return sum(1 for absence in found.days_off if absence.therapist == therapist)


def for_programs(found: Plan, line: Line) -> dict[str, object]:
    """The same, for a program."""
    solved = found.solved
    return {
        "status": str(solved.status),
        "cost": solved.cost,
        "bound": solved.bound,
        "repeatable": solved.is_repeatable,
        "given_up": list(found.given_up),
        "left_out": dict(found.layout.left_out),
        "counts": [
            {
                "therapist": c.therapist,
                "kind": str(c.kind),
                "held": list(c.held),
                "before": list(c.before),
                "share": round(float(c.share), 2),
            }
            for c in found.counts
        ],
        "shifts": [
            {
                "position": s.position,
                "therapist": s.therapist,
                "starts_at": local(s.time.start, line),
                "ends_at": local(s.time.end, line),
            }
            for s in found.shifts
        ],
        "days_off": [
            {
                "therapist": a.therapist,
                "starts_at": local(a.time.start, line),
                "ends_at": local(a.time.end, line),
            }
            for a in found.days_off
        ],
        "findings": [finding.as_json(line.zone) for finding in found.findings],
    }


def why_not(found: NoPlan) -> Iterator[str]:
    """Why there is no rota, for a person."""
    for reason in found.layout.left_out.values():
        yield f"Left out: {reason}."
    why = found.why
    if why is None:
        yield "No rota was found, and it is not proved that there is none: try a higher --effort."
        return
    yield from _in_the_way(why)
    if not why.remedies:
        yield "Nothing that was tried makes a rota possible by itself."
        return
    yield "Each of these would make one possible:"
    for remedy in why.remedies:
        yield f"  {remedy}"


def _in_the_way(why: Explanation) -> Iterator[str]:
    if why.rules:
        yield "No rota exists.  It would, if any one of these rules were not there:"
    else:
        yield "No rota exists, whichever rule is left out: there are too few people (R17)."
    for rule in why.rules:
        yield f"  {rule}"
    if why.empty:
        yield f"At least {len(why.empty)} places stay empty, for example these:"
    for monday, empty in why.weeks[:_MOST_SHOWN]:
        yield f"  week of {monday}"
        for reason in dict.fromkeys(one.why() for one in empty):
            when = [_when(one) for one in empty if one.why() == reason]
            yield f"    {', '.join(when)}: {reason}"
    for fault in why.faults:
        yield f"  {fault}"


def _when(empty: Empty) -> str:
    block = empty.block
    day = f"{block.day:%a %d}" + (" and Sun" if block.kind is Kind.WEEKEND else "")
    return f"{day} position {empty.position}"


def no_plan_for_programs(found: NoPlan, line: Line) -> dict[str, object]:
    """The same, for a program."""
    why = found.why
    return {
        "status": str(Status.UNKNOWN if why is None else Status.IMPOSSIBLE),
        "left_out": dict(found.layout.left_out),
        "rules": [] if why is None else list(why.rules),
        "weeks": [] if why is None else [monday.isoformat() for monday, _ in why.weeks],
        "empty": []
        if why is None
        else [
            {
                "position": one.position,
                "starts_at": local(one.block.times[0].start, line),
                "ends_at": local(one.block.times[-1].end, line),
                "reasons": {therapist: str(reason) for therapist, reason in one.reasons},
            }
            for one in why.empty
        ],
        "faults": [] if why is None else list(why.faults),
        "remedies": [] if why is None else list(why.remedies),
    }
