"""Tells a played call or text in plain lines, without anybody's number."""

from app.contact_log import log_rows
from app.demo.stage import Stage
from app.lab.call import Call
from app.lab.sms import Message
from app.lab.transcript import transcript
from app.store import contacts
from app.store.database import reading
from routing.ids import ContactId


def told_call(stage: Stage, call: Call) -> list[str]:
    """What every party heard and did, and what the log says of it."""
    return [*transcript(call, stage.labels()), "", _logged(stage, call.sid)]


def told_text(stage: Stage, message: Message) -> list[str]:
    """What came in, what went out to whom, and what the log says of it."""
    labels = stage.labels()
    writer = labels.get(message.frm, "caller")
    told = [f"{_clock(stage, message)}  {writer}  writes “{message.body}”"]
    for sent in stage.carrier.messages:
        who = writer if sent.to == message.frm else labels.get(sent.to, "somebody who wrote before")
        told.append(f"{_clock(stage, sent)}  {who}  receives “{sent.body}” ({sent.status})")
    return [*told, "", _logged(stage, message.sid)]


def _logged(stage: Stage, contact: str) -> str:
    parts = stage.parts
    with reading(parts.engine) as connection:
        found = contacts.of_ids(connection, [ContactId(contact)])
    if not found:
        return "Nothing was logged."
    zone = stage.organisation.lines[found[0].line].zone
    row = log_rows(found, {}, zone, parts.clock())[0]
    said = (
        "outcome",
        "home_district",
        "caller",
        "therapist",
        "attempts",
        "wait_seconds",
        "talk_seconds",
    )
    return "Logged: " + ", ".join(
        f"{name} {row[name]}" for name in said if row[name] not in (None, "")
    )


def _clock(stage: Stage, message: Message) -> str:
    line = next(iter(stage.organisation.lines.values()))
    return f"{message.at.astimezone(line.zone):%H:%M:%S}"
