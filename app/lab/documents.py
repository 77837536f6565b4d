"""Fetches the documents that a leg is told to follow, and judges them."""

import re
from collections.abc import Generator
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

from app.lab import callbacks
from app.lab.engine import Wait
from app.lab.grammar import Element, problems, voice_grammar
from app.lab.leg import Leg, LegOver
from app.lab.lint import MOST_BYTES, Context, Role, lint
from app.lab.trace import What
from app.lab.webhooks import Answer, Form, Hook, WebhookFailed, send

MOST_DOCUMENTS = 30  # for one leg
FEWEST_DIGITS = 6  # of a telephone number
MOST_AT_ONCE = 10  # without any time passing


@dataclass(frozen=True, slots=True)
class Document:
    """TwiML to follow, and the address that its relative addresses start from."""

    root: ET.Element
    url: str
    role: Role


def fetch(leg: Leg, hook: Hook) -> Generator[Wait, object, Document]:
    """
    The document that *hook* asks for, or the fallback's when there is none to be had.

    Raises:
        LegOver: neither could be had; the party hears the carrier's error message.
    """
    _count(leg)
    try:
        answer = yield from send(leg.core, hook, leg.cookies, leg.spend)
        return parse(leg, answer, hook.role)
    except WebhookFailed as err:
        fallback = yield from fetch_fallback(leg, err, hook.form, hook.role)
    return fallback


def fetch_fallback(
    leg: Leg, err: WebhookFailed, form: Form, role: Role
) -> Generator[Wait, object, Document]:
    """
    The fallback's document after *err*, which the debugger is told of.

    A phone that was rung has none: it is simply let go.

    Raises:
        LegOver: there is no fallback, or this was it.
    """
    leg.core.alert(err.code, err.words, err.url)
    url, method = leg.root.fallback
    if not url or role is not Role.CALLER:
        _application_error(leg, err)
    form = (*form, ("ErrorCode", str(err.code)), ("ErrorUrl", err.url))
    hook = Hook("fallback", url, form, method, leg.sid, role=Role.FALLBACK)
    return (yield from fetch(leg, hook))


def from_text(leg: Leg, twiml: str) -> Document:
    """A document that came with a REST request instead of from an address."""
    return _judged(leg, Document(ET.fromstring(twiml), "", Role.CALLER))  # noqa: S314 - ours


def fetch_in_vain(leg: Leg, hook: Hook) -> Generator[Wait, object, None]:
    """Ask for a document that nobody will follow, since the caller has left."""
    try:
        answer = yield from send(leg.core, hook, leg.cookies, callbacks.pause)
        root = ET.fromstring(answer.reply.body)  # noqa: S314 - our own service wrote it
    except WebhookFailed as err:
        leg.core.alert(err.code, err.words, err.url)
    except ET.ParseError:
        leg.core.alert(12100, "not a document", hook.url)
    else:
        if root.find("Dial") is not None:
            leg.core.fail("caller gone", "the answer dials on though the caller has left")


def parse(leg: Leg, answer: Answer, role: Role) -> Document:
    """
    The document in *answer*, less what Twilio would ignore in it.

    Raises:
        WebhookFailed: it is none.
    """
    reply, core = answer.reply, leg.core
    if len(reply.body) > MOST_BYTES:
        raise WebhookFailed(11750, "a document over 64 KB", answer.url)
    if not reply.body.strip():
        core.alert(12200, "an empty answer where a document was due", answer.url)
        return _judged(leg, Document(ET.Element("Response"), answer.url, role))
    kind = reply.header("Content-Type").partition(";")[0].strip().lower()
    if kind not in {"text/xml", "application/xml", "text/html"}:
        _not_xml(leg, kind, answer)
    try:
        root = ET.fromstring(reply.body)  # noqa: S314 - our own service wrote it
    except ET.ParseError as err:
        raise WebhookFailed(12100, "not a document", answer.url) from err
    return _judged(leg, Document(root, answer.url, role))


def _not_xml(leg: Leg, kind: str, answer: Answer) -> None:
    leg.core.fail("content type", f"a document came as “{kind or 'nothing'}”")
    if kind != "text/plain":
        raise WebhookFailed(12300, f"content type {kind or 'missing'}", answer.url)
    if not answer.reply.body.lstrip().startswith(b"<"):
        leg.note(What.HEARS, answer.reply.body.decode("utf-8", "replace"))
        leg.cut_off = True
        leg.finish()
        raise LegOver


def _judged(leg: Leg, document: Document) -> Document:
    grammar, core = voice_grammar(), leg.core
    if document.root.tag != "Response":
        raise WebhookFailed(12100, "the root is not Response", document.url)
    for words in problems(document.root, grammar):
        core.alert(12200, words, document.url)
        core.fail("grammar", words)
    known = _known_part(document.root, grammar)
    if document.role in {Role.WHISPER, Role.ACCEPT}:
        _keep_secret(leg, document.root)
    context = Context(document.role, document.url, core.caller_ids())
    for words in lint(document.root, context):
        core.fail("lint", words)
    return replace(document, root=known)


def _keep_secret(leg: Leg, root: ET.Element) -> None:
    """A whisper may end up on anybody's voicemail: it must not tell who calls."""
    said = re.sub(r"[\s-]", "", "".join(root.itertext()))
    digits = leg.root.frm.removeprefix("+46").removeprefix("+")
    if digits.isdecimal() and len(digits) >= FEWEST_DIGITS and digits in said:
        leg.core.fail("privacy", "a whisper says the caller's number")


def _known_part(node: ET.Element, rule: Element) -> ET.Element:
    known = ET.Element(node.tag, {k: v for k, v in node.attrib.items() if k in rule.attributes})
    known.text, known.tail = node.text, node.tail
    known.extend(
        _known_part(child, rule.children[child.tag]) for child in node if child.tag in rule.children
    )
    return known


def _count(leg: Leg) -> None:
    leg.documents += 1
    last, count = leg.still
    now = leg.core.engine.elapsed
    leg.still = (now, count + 1 if last == now else 1)
    if leg.documents > MOST_DOCUMENTS or leg.still[1] > MOST_AT_ONCE:
        leg.core.fail("loop", f"document after document: {leg.documents} for one leg")
        leg.cut_off = True
        leg.finish("failed")
        raise LegOver


def _application_error(leg: Leg, err: WebhookFailed) -> None:
    leg.note(What.ERROR, f"{err.code} {err.words}")
    leg.erred = leg.cut_off = True
    leg.finish()
    if leg.parent is None:
        leg.core.fail("application error", f"the caller hears it: {err.code} {err.words}")
    raise LegOver
