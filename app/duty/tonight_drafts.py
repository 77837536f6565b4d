"""What a therapist is writing: kept while she writes, back on the next load, gone when sent."""

import re
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from app.duty.gate import Gate
from app.store import alterations, writings
from app.store.writings import Writing
from routing.errors import Conflict, InvalidInput, Place

# A note, an addendum, a reply or what came of a follow-up, and of which.  Never a fact.
_SUBJECT = re.compile(r"(note|addendum|reply|report):[A-Za-z0-9._-]{1,80}", re.ASCII)
_LONGEST, _MOST_FIELDS = 20_000, 20


class SentMeanwhile(Conflict):
    """What the form holds was sent, from this telephone or another one, after it was opened."""

    code = "sent_meanwhile"


def save(
    gate: Gate, subject: str, fields: Mapping[str, str], opened_at: datetime | None = None
) -> None:
    """
    Keep what the viewer is writing, of one form.

    Args:
        opened_at: when the form was given to her.  What was sent since is not kept again: a late
            save of a form that has gone would offer its words to be sent twice.

    Raises:
        InvalidInput: nothing is written of such a subject, or it is too much.
        SentMeanwhile: it was sent after *opened_at*.
    """
    if not _SUBJECT.fullmatch(subject):
        raise InvalidInput("nothing is written of that", Place("writing", field="subject"))
    if len(fields) > _MOST_FIELDS or sum(map(len, fields.values())) > _LONGEST:
        raise InvalidInput("is too much", Place("writing", field="fields"))
    check_unsent(gate, subject, opened_at)
    said = {name: value for name, value in fields.items() if value.strip()}
    if not said:
        if draft(gate, subject) is not None:
            writings.drop(gate.connection, gate.viewer.id, subject)
        return
    writings.save(gate.connection, gate.cipher, gate.viewer.id, subject, said, gate.now)


def check_unsent(gate: Gate, subject: str, opened_at: datetime | None) -> None:
    """
    Nothing, where nothing of *subject* was sent after *opened_at*, from whichever telephone.

    Raises:
        SentMeanwhile: something was.
    """
    kept = _kept(gate, subject)
    if kept is not None and kept.was_sent and (opened_at is None or opened_at <= kept.saved_at):
        raise SentMeanwhile("it was sent after the form was opened")


def draft(gate: Gate, subject: str) -> Writing | None:
    """What the viewer has written and not sent; None where there is nothing."""
    kept = _kept(gate, subject)
    return None if kept is None or kept.was_sent else kept


def sent(gate: Gate, subject: str) -> None:
    """It has been sent, in this very transaction: no word of it is kept."""
    writings.save(gate.connection, gate.cipher, gate.viewer.id, subject, {}, gate.now)


def forget_drafts(engine: sa.Engine, now: datetime) -> int:
    """Remove what has been kept for a week, whoever wrote it; how many there were."""
    with engine.begin() as connection:
        return writings.forget_old(connection, now) + alterations.drop_old(connection, now)


def _kept(gate: Gate, subject: str) -> Writing | None:
    return writings.of_person(gate.connection, gate.cipher, gate.viewer.id, subject, gate.now)
