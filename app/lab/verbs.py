"""Follows documents verb by verb until the leg ends or they do."""

from collections.abc import Generator
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from app.lab.dial import dial
from app.lab.documents import Document, fetch, fetch_fallback, from_text
from app.lab.engine import Wait
from app.lab.gather import gather
from app.lab.leg import Leg, LegOver, Redirected
from app.lab.lint import Role
from app.lab.params import base
from app.lab.prompts import prompt
from app.lab.signals import Diverted
from app.lab.trace import What
from app.lab.webhooks import Hook, WebhookFailed


def perform(leg: Leg, first: Hook | Document) -> Generator[Wait, object, None]:
    """
    Follow *first* and whatever it leads to; returns at the end of a document.

    Raises:
        LegOver: somebody or something ended the leg.
    """
    todo: Hook | Document | None = first
    while todo is not None:
        try:
            document = (yield from fetch(leg, todo)) if isinstance(todo, Hook) else todo
            todo = yield from _follow(leg, document)
        except Redirected as err:
            todo = _diverted(leg, err.diverted)
        except WebhookFailed as err:
            todo = yield from fetch_fallback(leg, err, base(leg), document.role)


def _follow(leg: Leg, document: Document) -> Generator[Wait, object, Hook | None]:
    on_phone = document.role in {Role.WHISPER, Role.ACCEPT}
    for place, verb in enumerate(document.root):
        if on_phone and verb.tag not in {"Say", "Play", "Gather", "Hangup"}:
            continue  # ignored there; the lint has spoken
        following = yield from _verb(leg, verb, document, first=place == 0)
        if following is not None:
            return following
        if verb.tag == "Dial" and "action" in verb.attrib:
            return None
    return None


def _verb(
    leg: Leg, verb: ET.Element, document: Document, *, first: bool
) -> Generator[Wait, object, Hook | None]:
    match verb.tag:
        case "Say" | "Play" | "Pause":
            seconds = yield from prompt(leg, verb, document.url)
            yield from leg.spend(seconds)
            leg.pick_up()
        case "Gather":
            return (yield from gather(leg, verb, document))
        case "Dial":
            return (yield from dial(leg, verb, document, first=first, perform=perform))
        case "Redirect":
            url = urljoin(document.url, (verb.text or "").strip())
            return Hook("redirect", url, base(leg), verb.get("method", "POST"), leg.sid)
        case "Hangup":
            _cut_off(leg, None)
        case "Reject":
            reason = verb.get("reason", "rejected")
            _cut_off(leg, "busy" if reason == "busy" else "no-answer")
        case other:
            leg.core.fail("unsupported", f"the lab does not carry out <{other}>")
    return None


def _cut_off(leg: Leg, status: str | None) -> None:
    leg.cut_off = True
    leg.note(What.IS_HUNG_UP)
    leg.finish(status if leg.answered_at is None else None)
    raise LegOver


def _diverted(leg: Leg, diverted: Diverted) -> Hook | Document:
    if diverted.twiml:
        return from_text(leg, diverted.twiml)
    return Hook("redirect", diverted.url, base(leg), diverted.method, leg.sid)
