"""Asks a party for keys."""

from collections.abc import Generator
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from app.lab.documents import Document
from app.lab.engine import Wait
from app.lab.leg import Leg
from app.lab.lint import Role
from app.lab.params import base
from app.lab.phones import Moment
from app.lab.prompts import prompt
from app.lab.signals import Pressed
from app.lab.webhooks import Hook

UNLIMITED = 1000


def gather(leg: Leg, node: ET.Element, document: Document) -> Generator[Wait, object, Hook | None]:
    """
    The request that the answer leads to; None when there was none and the document goes on.

    Source: Twilio, docs/voice/twiml/gather.
    """
    leg.pick_up()
    leg.notice(Moment.ASKED)
    digits, finished_on = yield from _digits(leg, node, document.url)
    if not digits and node.get("actionOnEmptyResult") != "true":
        return None
    form = base(leg)
    if digits or leg.core.variant.sends_empty_digits:
        form = (*form, ("Digits", digits))
    if finished_on:
        form = (*form, ("FinishedOnKey", finished_on))
    on_phone = document.role in {Role.WHISPER, Role.ACCEPT}
    return Hook(
        "gather action",
        urljoin(document.url, node.get("action", document.url)),
        form,
        node.get("method", "POST"),
        leg.sid,
        role=Role.ACCEPT if on_phone else Role.CALLER,
    )


def _digits(leg: Leg, node: ET.Element, url: str) -> Generator[Wait, object, tuple[str, str]]:
    """The keys pressed, and the key that ended them if one did."""
    finish_on = node.get("finishOnKey", "#")
    most = int(node.get("numDigits", UNLIMITED))
    digits = ""
    key = yield from _key_in_prompts(leg, node, url)
    while True:
        if not key:
            key = yield from _key_within(leg, float(node.get("timeout", "5")))
        if not key:
            return digits, ""
        if key in finish_on:
            return digits, key if digits else ""
        digits += key
        key = ""
        if len(digits) >= most:
            return digits, ""


def _key_in_prompts(leg: Leg, node: ET.Element, url: str) -> Generator[Wait, object, str]:
    for child in node:
        seconds = yield from prompt(leg, child, url)
        key = yield from _key_within(leg, seconds)
        if key:
            return key
    return ""


def _key_within(leg: Leg, seconds: float) -> Generator[Wait, object, str]:
    """The key pressed within so many seconds; empty when none was."""
    until = leg.core.engine.elapsed + seconds
    while (left := until - leg.core.engine.elapsed) > 0:
        event = yield from leg.listen(left)
        if isinstance(event, Pressed):
            return event.digit
    return ""
