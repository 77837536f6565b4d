"""Connects a caller to somebody: rings, waits for the whisper, bridges, and tells the action."""

import re
from collections.abc import Generator
from dataclasses import dataclass
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from app.lab.child import ChildAnswered, ChildOver, ChildReady, Noun, Perform, ring
from app.lab.documents import Document, fetch_in_vain
from app.lab.engine import Wait
from app.lab.leg import Leg, LegOver, Redirected
from app.lab.params import base
from app.lab.phones import Behaviour, Moment, PickUp
from app.lab.signals import Cancelled, Pressed
from app.lab.trace import What
from app.lab.webhooks import Form, Hook

BUFFER = 5  # seconds that Twilio rings beyond the timeout
MOST_NOUNS = 10
E164 = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True, slots=True)
class Plan:
    """A ``<Dial>`` read out of its document."""

    nouns: tuple[Noun, ...]
    caller_id: str
    ring_for: float
    time_limit: float
    sequential: bool
    hang_up_on_star: bool
    action: str
    method: str


@dataclass(frozen=True, slots=True)
class Result:
    """How a Dial ended, in the words of its action request."""

    status: str
    bridged: bool = False
    child: Leg | None = None
    seconds: int | None = None

    def form(self) -> Form:
        """The parameters; a duration only when somebody had answered."""
        found = [("DialCallStatus", self.status), ("DialBridged", str(self.bridged).lower())]
        if self.child is not None:
            found.append(("DialCallSid", self.child.sid))
        if self.seconds is not None:
            found.append(("DialCallDuration", str(self.seconds)))
        return tuple(found)


def dial(
    leg: Leg, node: ET.Element, document: Document, *, first: bool, perform: Perform
) -> Generator[Wait, object, Hook | None]:
    """
    Carry out a ``<Dial>``; the request that follows it, or None when the document goes on.

    Source: Twilio, docs/voice/twiml/dial and docs/voice/twiml/number.
    """
    plan = _plan(leg, node, document.url)
    if not (first and node.get("answerOnBridge") == "true"):
        leg.pick_up()
    before = len(leg.children)
    try:
        result = yield from _connect(leg, plan, perform)
    except LegOver:
        yield from _caller_left(leg, plan, leg.children[before:])
        raise
    except Redirected:
        _take_down(leg.children[before:])
        raise
    if not plan.action:
        return None
    ringing = leg.status == "ringing" and not leg.core.variant.says_ringing_after_a_dial
    form = (*base(leg, "in-progress" if ringing else None), *result.form())
    return Hook("dial action", plan.action, form, plan.method, leg.sid)


def _plan(leg: Leg, node: ET.Element, url: str) -> Plan:
    nouns = tuple(_noun(number, url) for number in node.findall("Number"))
    if text := (node.text or "").strip():
        nouns = (*nouns, Noun(text))
    action = node.get("action", "")
    return Plan(
        nouns=nouns[:MOST_NOUNS],
        caller_id=node.get("callerId", leg.frm if leg.direction == "inbound" else leg.to),
        ring_for=min(max(float(node.get("timeout", "30")), 5), 600) + BUFFER,
        time_limit=float(node.get("timeLimit", "14400")),
        sequential=node.get("sequential") == "true",
        hang_up_on_star=node.get("hangupOnStar") == "true",
        action=urljoin(url, action) if action else "",
        method=node.get("method", "POST"),
    )


def _noun(node: ET.Element, url: str) -> Noun:
    whisper, callback = node.get("url", ""), node.get("statusCallback", "")
    return Noun(
        (node.text or "").strip(),
        urljoin(url, whisper) if whisper else "",
        node.get("method", "POST"),
        urljoin(url, callback) if callback else "",
        node.get("statusCallbackMethod", "POST"),
        frozenset(node.get("statusCallbackEvent", "completed").split()),
    )


def _connect(leg: Leg, plan: Plan, perform: Perform) -> Generator[Wait, object, Result]:
    core = leg.core
    if plan.caller_id not in core.caller_ids() | {leg.frm, leg.to} or not E164.fullmatch(
        plan.caller_id
    ):
        core.alert(13214, "the callerId is not ours to show")
        core.fail("caller id", "a Dial shows a callerId that Twilio refuses")
        return Result("failed")
    result = Result("failed")
    groups = [(noun,) for noun in plan.nouns] if plan.sequential else [plan.nouns]
    for group in groups:
        children = [child for noun in group if (child := _start(leg, plan, noun, perform))]
        if children:
            result = yield from _await(leg, plan, children)
        if result.child is not None and result.child.answered_at is not None:
            break
    return result


def _start(leg: Leg, plan: Plan, noun: Noun, perform: Perform) -> Leg | None:
    core = leg.core
    if not E164.fullmatch(noun.number):
        core.alert(13224, "a number to dial is no number")
        return None
    legs = sum(not record.over for record in core.legs)
    if core.account.max_concurrent is not None and legs >= core.account.max_concurrent:
        core.alert(10004, "more calls at once than the account may have")
        return None
    if noun.number == leg.root.party:
        core.fail("rings the caller", "a Dial rings the number that called")
    behaviour = leg.root.book.next_attempt(noun.number)
    if core.engaged[noun.number] and behaviour.pick_up in {PickUp.ANSWER, PickUp.BY_HAND}:
        behaviour = Behaviour(PickUp.BUSY)
    child = Leg(
        core,
        direction="outbound-dial",
        frm=plan.caller_id,
        to=noun.number,
        behaviour=behaviour,
        parent=leg,
    )
    leg.children.append(child)
    child.begin(ring(child, noun, seconds=plan.ring_for, perform=perform))
    return child


def _await(leg: Leg, plan: Plan, children: list[Leg]) -> Generator[Wait, object, Result]:
    leg.note(What.HEARS_RINGING)
    leg.notice(Moment.RINGING)
    while True:
        match (yield from leg.listen(None)):
            case ChildAnswered(child):
                _take_down([other for other in children if other is not child])
                leg.notice(Moment.WHISPER)
                if leg.answered_at is not None and any(noun.url for noun in plan.nouns):
                    leg.note(What.HEARS_SILENCE)
            case ChildReady(child) if not child.over:
                return (yield from _talk(leg, plan, child))
            case ChildOver() if all(child.over for child in children):
                return _unconnected(leg, children)
            case Pressed("*") if plan.hang_up_on_star:
                _take_down(children)
                return Result("completed", child=children[0])
            case _:
                pass


def _talk(leg: Leg, plan: Plan, child: Leg) -> Generator[Wait, object, Result]:
    leg.pick_up()
    leg.note(What.BRIDGED, other=child.party)
    child.note(What.BRIDGED, other=leg.party)
    child.bridged_at = leg.bridged_at = leg.core.now()
    leg.notice(Moment.BRIDGING)
    child.notice(Moment.BRIDGING)
    until = leg.core.engine.elapsed + plan.time_limit
    while not child.over:
        event = yield from leg.listen(max(until - leg.core.engine.elapsed, 0))
        starred = plan.hang_up_on_star and event == Pressed("*")
        if starred or leg.core.engine.elapsed >= until:
            child.signal(Cancelled())
            break
    return Result("completed", bridged=True, child=child, seconds=_talked(child))


def _unconnected(leg: Leg, children: list[Leg]) -> Result:
    answered = next((child for child in children if child.answered_at is not None), None)
    if answered is None:
        last = children[-1]
        return Result(last.status, child=last)
    if leg.core.variant.counts_unaccepted_as_completed:
        return Result("completed", child=answered, seconds=answered.seconds())
    return Result("no-answer", child=answered)


def _caller_left(leg: Leg, plan: Plan, children: list[Leg]) -> Generator[Wait, object, None]:
    bridged = next((child for child in children if child.bridged_at is not None), None)
    _take_down(children)
    status = leg.core.variant.dial_status_when_caller_leaves
    if not plan.action:
        return
    if bridged is not None:
        result = Result("completed", bridged=True, child=bridged, seconds=_talked(bridged))
    elif status is None:
        return
    else:
        result = Result(status, child=children[-1] if children else None)
    form = (*base(leg), *result.form())
    yield from fetch_in_vain(leg, Hook("dial action", plan.action, form, plan.method, leg.sid))


def _take_down(children: list[Leg]) -> None:
    for child in children:
        child.signal(Cancelled())


def _talked(child: Leg) -> int:
    if child.over or child.answered_at is None:
        return child.seconds()
    return -int(-(child.core.now() - child.answered_at).total_seconds() // 1)
