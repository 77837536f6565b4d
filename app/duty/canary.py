"""
Has each line call itself, and tells the managers when nothing came back.

Each step is a row, with its letter, in one transaction: two clocks take it once, and one that dies
leaves the rest to the next.  What is heard is written down by whoever answers the call.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

import sqlalchemy as sa
import structlog

from app.duty.handover import Desk
from app.duty.post import post
from app.phrases import FIRST, phrases
from app.store import canaries, carried, carrier_purges
from app.store.canaries import Canary, call_key
from app.store.database import reading
from app.store.outbox import By, Letter
from app.store.tables import outbox
from app.wording import when
from routing.canary import (
    Last,
    News,
    Outcome,
    Progress,
    Step,
    Verdict,
    news,
    next_step,
    to_begin,
)
from routing.ids import LineId
from routing.organisation import Line, Manager, Organisation
from routing.watch import managers_of

log = structlog.get_logger()

# Does what the carrier does when somebody calls the line, with the code of that key.
Knock = Callable[[Line, str], None]


def canary(desk: Desk, organisation: Organisation, knock: Knock, now: datetime) -> int:
    """Take each line's canary one step further, where one is due; how many were."""
    with reading(desk.engine) as connection:  # one question for all lines, when nothing is due
        latest = canaries.latest(connection)
    return sum(
        _of_line(desk, organisation, line, latest.get(line.id), knock, now)
        for line in organisation.lines.values()
    )


def asked_key(canary_id: str, asks: int) -> str:
    """What stands for a canary that goes through the webhooks, as a letter's key for its call."""
    return f"{call_key(canary_id, asks)}/asked"


def failing(
    connection: sa.Connection, organisation: Organisation
) -> tuple[tuple[Line, Canary], ...]:
    """The lines whose last canary failed, each with it."""
    found = (
        (line, canaries.last_over(connection, line.id)) for line in organisation.lines.values()
    )
    return tuple(
        (line, last) for line, last in found if last is not None and last.outcome is Outcome.FAILED
    )


def _of_line(
    desk: Desk,
    organisation: Organisation,
    line: Line,
    last: Last | None,
    knock: Knock,
    now: datetime,
) -> int:
    due_at = to_begin(line.hours, last, now)
    if due_at is not None:
        with desk.engine.begin() as connection:
            canaries.begin(connection, line.id, due_at)
    elif last is None or last.over_at is not None:
        return 0
    with reading(desk.engine) as connection:
        under_way = canaries.going_on(connection, line.id)
    return sum(_take(desk, organisation, line, one, knock, now) for one in under_way)


def _take(
    desk: Desk, organisation: Organisation, line: Line, one: Canary, knock: Knock, now: datetime
) -> bool:
    asks = one.asks + 1
    with desk.engine.begin() as connection:
        done = canaries.progress(connection, one)
        step = next_step(done, now)
        match step:
            case None:
                is_ours = False
            case Step.CALL:
                is_ours = canaries.take_try(connection, one, now)
                if is_ours:
                    _withdraw(connection, one, now)
                    post(connection, desk, [_call(line, one)], now)
            case Step.ASK:
                is_ours = canaries.take_ask(connection, one, now)
            case Verdict():
                is_ours = _finish(connection, desk, organisation, line, one, done, step, now)
    if is_ours and step is Step.ASK:
        knock(line, asked_key(one.id, asks))
    if is_ours:
        log.info("canary.step", line=line.id, step=_name(step))
    return is_ours


def _name(step: Step | Verdict | None) -> str:
    return str(step.outcome) if isinstance(step, Verdict) else str(step)


def _call(line: Line, one: Canary) -> Letter:
    return Letter(call_key(one.id, one.tries + 1), By.CALL, line.id, line.number.e164, "")


def _withdraw(connection: sa.Connection, one: Canary, now: datetime) -> None:
    """A call that could not be made by now is not made later."""
    if one.tries:
        carried.give_up(connection, f"{call_key(one.id, one.tries)}", now)


def _finish(
    connection: sa.Connection,
    desk: Desk,
    organisation: Organisation,
    line: Line,
    one: Canary,
    done: Progress,
    verdict: Verdict,
    now: datetime,
) -> bool:
    before, told_at = canaries.last_over(connection, line.id), canaries.told_at(connection, line.id)
    if not canaries.finish(connection, one, verdict, done.code, now):
        return False
    _withdraw(connection, one, now)
    if verdict.outcome is Outcome.FAILED:
        log.error("canary.failed", line=line.id, fault=verdict.fault, code=done.code)
    else:
        # Nothing of it is worth keeping at the carrier.
        carrier_purges.add(connection, _sids(connection, one), now)
    told = news(None if before is None else before.outcome, told_at, verdict.outcome, now)
    if told is not None:
        post(connection, desk, _notices(desk, organisation, line, one, told, now), now)
    if told is News.FAILED:
        canaries.told(connection, one.id, now)
    return True


def _sids(connection: sa.Connection, one: Canary) -> frozenset[str]:
    """
    Both ends of its call; of several calls nobody knows which ends belong together.

    One end that stayed behind alone would look like a caller whom nobody has heard of.
    """
    if one.tries > 1:
        return frozenset()
    o, row = outbox.c, canaries.of_id(connection, one.id)
    made = connection.scalars(sa.select(o.carrier_id).where(o.key == call_key(one.id, one.tries)))
    return carrier_purges.sids([*made, None if row is None else row.call])


def _notices(
    desk: Desk, organisation: Organisation, line: Line, one: Canary, told: News, now: datetime
) -> Iterator[Letter]:
    """By text and by mail: what carries the one may be just what is broken."""
    words = phrases(FIRST).written["canary_failed" if told is News.FAILED else "canary_well"]
    body = words.format(line=line.name, when=when(now, line), address=f"{desk.public_url}/")
    people = managers_of(organisation, line, now)
    if not people:
        log.error("canary.nobody_to_tell", line=line.id)
    for person in people:
        yield from _to(desk, line.id, person, f"canary_news/{one.id}/{person.id}", body)


def _to(desk: Desk, line: LineId, person: Manager, key: str, body: str) -> Iterator[Letter]:
    if person.phone is not None:
        yield Letter(f"{key}/text", By.TEXT, line, person.phone.e164, body)
    if person.email is not None and desk.mails:
        yield Letter(f"{key}/mail", By.MAIL, line, person.email, body)
