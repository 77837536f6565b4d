"""Follow-ups as the commands show them: no number, and no client where nobody asked for one."""

from typing import Any

from app.cli.show import local
from app.duty.follow_ups import Shown
from routing.follow_up import FollowUp
from routing.organisation import Line


def listed_row(task: FollowUp, line: Line) -> dict[str, Any]:
    """How far *task* has come, without whom it is about and without any words."""
    return {
        "follow_up": task.id,
        "series": task.series,
        "line": task.order.line,
        "district": task.order.district,
        "from": local(task.window.time.start, line),
        "to": local(task.window.time.end, line),
        "state": str(task.state),
        "outcome": None if task.report is None else str(task.report.outcome),
        "attempts": len(task.attempts),
        "max_attempts": task.order.max_attempts,
        "if_not_reached": str(task.window.if_not_reached),
        "ordered_by": task.order.ordered_by,
    }


def follow_up_row(shown: Shown) -> dict[str, Any]:
    """The whole of it, for somebody who may see it."""
    task, line, entry = shown.task, shown.line, shown.entry
    report, safe = task.report, task.order.safe
    return {
        **listed_row(task, line),
        "ordered_at": local(task.order.ordered_at, line),
        "client": task.order.client,
        "role": None if entry is None else str(entry.role),
        "number_is_known": entry is not None,
        "language": safe.language,
        "may_leave_voicemail": safe.may_leave_voicemail,
        "may_say_who_calls": safe.may_say_who_calls,
        "instruction": task.order.instruction,
        "calls": ", ".join(f"{a.therapist} {a.result}" for a in task.attempts) or None,
        "fallback": line.fallback[0].name if line.fallback else None,
        "report": None if report is None else report.text or None,
        "reported_by": None if report is None else report.by,
        "reported_at": None if report is None else local(report.at, line),
    }


def sentence(task: FollowUp, line: Line) -> str:
    """One line about *task* for a terminal."""
    row = listed_row(task, line)
    outcome = f" ({row['outcome']})" if row["outcome"] else ""
    return (
        f"{task.id}  {row['district']}  {row['from']} to {row['to']}  {row['state']}{outcome}"
        f"  {row['attempts']} of {row['max_attempts']} calls, then {row['if_not_reached']}"
    )
