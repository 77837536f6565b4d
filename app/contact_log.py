"""The contact log as a table: the columns that managers and other programs rely on."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from routing.contact import Attempt, Contact

_FORMULA = re.compile(
    "[\\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]"
)

COLUMNS = (
    "contact_id",
    "received_at",
    "line",
    "channel",
    "direction",
    "home_district",
    "caller",
    "role",
    "language",
    "outcome",
    "therapist",
    "acting_for",
    "attempts",
    "wait_seconds",
    "talk_seconds",
    "escalated_to",
    "handover_id",
)
FORMATS = ("csv", "xlsx", "json")

LogRow = dict[str, str | int | None]


def log_rows(
    contacts: Sequence[Contact], handovers: Mapping[str, str], zone: ZoneInfo, now: datetime
) -> list[LogRow]:
    """One row for each contact, in the same order; times with *zone*'s offset, spans in seconds."""
    return [
        {
            "contact_id": contact.id,
            "received_at": contact.received_at.astimezone(zone).isoformat(timespec="seconds"),
            "line": contact.line,
            "channel": contact.channel,
            "direction": contact.direction,
            "home_district": contact.caller.home,
            "caller": contact.caller.label,
            "role": contact.caller.role,
            "language": contact.caller.language,
            "outcome": contact.outcome_at(now),
            "therapist": contact.therapist,
            "acting_for": None if contact.therapist is None else contact.caller.home,
            "attempts": "|".join(map(_attempt, contact.attempts)),
            "wait_seconds": _seconds(contact.wait),
            "talk_seconds": _seconds(contact.talk),
            "escalated_to": contact.escalated_to,
            "handover_id": handovers.get(contact.id),
        }
        for contact in contacts
    ]


def written(rows: Sequence[LogRow], form: str) -> bytes:
    """*rows* as a file of the given format; a district without contacts still has its columns."""
    if form == "json":
        return msgspec.json.format(msgspec.json.encode({"contacts": rows}), indent=1) + b"\n"
    if form == "xlsx":
        return _workbook(rows)
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    table.writeheader()
    table.writerows({name: harmless(row[name]) for name in COLUMNS} for row in rows)
    return text.getvalue().encode()


def _attempt(attempt: Attempt) -> str:
    seconds = "" if attempt.seconds is None else attempt.seconds
    return f"{attempt.target}:{attempt.result or 'ringing'}:{seconds}"


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else round(span.total_seconds())


def reckons(text: str) -> bool:
    """
    Whether a spreadsheet may take *text* for a formula, or for more than one cell.

    Spaces and what is not seen may come before the sign; East Asian ones count as well.

    Source: OWASP, "CSV Injection".
    """
    return _FORMULA.match(text) is not None


def harmless(value: str | int | None) -> str | int:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and reckons(value):
        return f"'{value}"
    return "" if value is None else value


def _workbook(rows: Sequence[LogRow]) -> bytes:
    import openpyxl  # noqa: PLC0415 - costs a tenth of a second and serves one format

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("contacts")
    sheet.append(COLUMNS)
    for row in rows:
        sheet.append([harmless(row[name]) for name in COLUMNS])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
