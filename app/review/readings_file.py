"""The reading log as a table for other programs."""

import csv
import io
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from app.contact_log import harmless
from app.review.readings_facts import Entry

COLUMNS = (
    "at",
    "viewer",
    "name",
    "office",
    "viewer_district",
    "act",
    "contact_id",
    "client_reference",
    "handover_id",
    "denied",
    "duty_from",
    "duty_to",
    "flags",
)


def written(entries: Sequence[Entry], zone: ZoneInfo) -> bytes:
    """*entries* as CSV with their columns; no cell is one that a spreadsheet reckons with."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for one in entries:
        table.writerow(map(harmless, _row(one, zone)))
    # A spreadsheet takes it for UTF-8 by its first bytes alone.
    return text.getvalue().encode("utf-8-sig")


def _row(one: Entry, zone: ZoneInfo) -> tuple[str | None, ...]:
    duty = one.duty
    return (
        one.at.astimezone(zone).isoformat(timespec="seconds"),
        one.viewer.id,
        one.name,
        one.viewer.office,
        one.viewer.district,
        one.act,
        one.contact,
        one.reference,
        one.handover,
        one.denied,
        None if duty is None else duty.start.astimezone(zone).isoformat(timespec="minutes"),
        None if duty is None else duty.end.astimezone(zone).isoformat(timespec="minutes"),
        "|".join(flagged.flag for flagged in one.flags),
    )
