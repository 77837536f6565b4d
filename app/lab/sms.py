"""Texts: those the service sends, those phones send, and what is told about them."""

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from app.lab.account import Number, Service
from app.lab.callbacks import deliver, pause
from app.lab.core import Core
from app.lab.engine import Wait
from app.lab.grammar import message_grammar, problems
from app.lab.params import country
from app.lab.phones import Delivery, TextFate
from app.lab.segments import segments
from app.lab.webhooks import Answer, Form, Hook, WebhookFailed, send

STOP_WORDS = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
)
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS = frozenset({"HELP", "INFO"})
_CANNED = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages "
    "from this number. Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply HELP "
    "for help. Reply STOP to unsubscribe.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}


@dataclass(slots=True)
class Message:
    """
    One text, in or out; *body* is empty once it has been redacted.

    *shown* is what stands on the telephones that sent and got it, which forget nothing.
    """

    sid: str
    frm: str = field(repr=False)
    to: str = field(repr=False)
    body: str = field(repr=False)
    at: datetime
    direction: str  # inbound, outbound-api, outbound-reply
    status: str
    callback: str = ""
    error_code: int | None = None
    media: int = 0
    segments: int = 1
    deleted: bool = False
    shown: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.shown = self.body


class Texts:
    """Every text that passed through the carrier."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.sent: list[Message] = []
        self.received: list[Message] = []
        self.canned: list[Message] = []  # what Twilio answers by itself to STOP, START and HELP
        self.fates: dict[str, TextFate] = {}
        self.usual_fate = TextFate()

    def all(self) -> list[Message]:
        """Texts that the REST face lists, the newest first; deleted ones are gone."""
        kept = [message for message in self.sent + self.received if not message.deleted]
        return sorted(kept, key=lambda message: message.at, reverse=True)

    def send(
        self, frm: str, to: str, body: str, callback: str = "", direction: str = "outbound-api"
    ) -> Message:
        """Accept a text of the service's and begin to deliver it; all checks are done already."""
        message = Message(
            sid=self._core.sids.new("SM"),
            frm=frm,
            to=to,
            body=body,
            at=self._core.now(),
            direction=direction,
            status="queued",
            callback=callback,
            segments=segments(body),
        )
        self.sent.append(message)
        fate = self.fates.get(to, self.usual_fate)
        early = self._core.faults.callback_before_reply
        if early:
            message.status = "sent"
            for _ in deliver(self._core, self._told(message, "sent")):
                pass  # no time passes: the reply to the creation is still to be written
        self._core.engine.start(self._delivery(message, fate, sent_already=early))
        return message

    def _delivery(
        self, message: Message, fate: TextFate, *, sent_already: bool
    ) -> Generator[Wait, object, None]:
        last = {Delivery.NEVER: None}.get(fate.delivery, str(fate.delivery))
        statuses = [] if sent_already or fate.delivery is Delivery.FAILED else ["sent"]
        if last is not None:
            statuses.append(last)
        if fate.out_of_order:
            statuses.reverse()
        for status in statuses:
            yield Wait(fate.after if status == last else 0.5)
            if status == last:
                message.error_code = fate.code
            if status == last or message.status == "queued":
                message.status = status
            for _ in range(2 if fate.twice else 1):
                if message.callback:
                    yield from deliver(self._core, self._told(message, status))

    def _told(self, message: Message, status: str) -> Hook:
        form = [
            ("ApiVersion", "2010-04-01"),
            ("AccountSid", self._core.account.sid),
            ("From", message.frm),
            ("To", message.to),
            ("MessageSid", message.sid),
            ("SmsSid", message.sid),
            ("MessageStatus", status),
            ("SmsStatus", status),
        ]
        if status in {"failed", "undelivered"} and message.error_code:
            form.append(("ErrorCode", str(message.error_code)))
        if status in {"delivered", "undelivered"}:
            form.append(("RawDlrDoneDate", f"{self._core.now():%y%m%d%H%M}"))
        return Hook("message status", message.callback, tuple(form), voice=False)

    def come_in(self, frm: str, number: Number, body: str, media: int = 0) -> Message:
        """A phone texts *number*: it is kept, STOP and its kin are obeyed, the service is told."""
        message = Message(
            sid=self._core.sids.new("MM" if media else "SM"),
            frm=frm,
            to=number.e164,
            body=body,
            at=self._core.now(),
            direction="inbound",
            status="received",
            media=media,
            segments=segments(body),
        )
        self.received.append(message)
        self._obey(message)
        self._core.engine.start(self._tell_service(message, number))
        return message

    def _obey(self, message: Message) -> None:
        word, pair = message.body.strip().upper(), (message.to, message.frm)
        if word in STOP_WORDS:
            self._core.account.opted_out.add(pair)
            self._can("STOP", message)
        elif word in START_WORDS and pair in self._core.account.opted_out:
            self._core.account.opted_out.discard(pair)
            self._can("START", message)
        elif word in HELP_WORDS:
            self._can("HELP", message)

    def _can(self, kind: str, message: Message) -> None:
        self.canned.append(
            Message(
                sid=self._core.sids.new("SM"),
                frm=message.to,
                to=message.frm,
                body=_CANNED[kind],
                at=self._core.now(),
                direction="outbound-reply",
                status="delivered",
            )
        )

    def _tell_service(self, message: Message, number: Number) -> Generator[Wait, object, None]:
        service = next((s for s in self._core.services if number.sid in s.numbers), None)
        asked = _asked(number, service)
        if not asked.url:
            return
        form = received(message, self._core.account.sid)
        if service is not None:
            form = (*form, ("MessagingServiceSid", service.sid))
        hook = Hook("message", asked.url, form, asked.method, voice=False)
        try:
            self._reply((yield from send(self._core, hook, {}, pause)), message)
        except WebhookFailed as err:
            self._core.alert(err.code, err.words, err.url)
            if asked.fallback:
                again = (*form, ("ErrorCode", str(err.code)), ("ErrorUrl", err.url))
                hook = Hook("fallback", asked.fallback, again, asked.fallback_method, voice=False)
                yield from deliver(self._core, hook)

    def _reply(self, answer: Answer, message: Message) -> None:
        if not answer.reply.body.strip():
            return
        try:
            root = ET.fromstring(answer.reply.body)  # noqa: S314 - our own service wrote it
        except ET.ParseError as err:
            raise WebhookFailed(12100, "not a document", answer.url) from err
        for words in problems(root, message_grammar()):
            self._core.alert(12200, words, answer.url)
            self._core.fail("grammar", words)
        for node in root.findall("Message"):
            body = "".join(node.itertext()).strip()
            if (message.to, message.frm) not in self._core.account.opted_out:
                callback = node.get("statusCallback") or node.get("action") or ""
                callback = urljoin(answer.url, callback) if callback else ""
                self.send(message.to, message.frm, body, callback, "outbound-reply")


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who is asked about a text that has come in; without an address nobody is."""

    url: str = ""
    method: str = "POST"
    fallback: str = ""
    fallback_method: str = "POST"


def _asked(number: Number, service: Service | None) -> _Asked:
    """
    The number's own address, unless something stands before it.

    Source: Twilio's OpenAPI description, sms_application_sid and use_inbound_webhook_on_number.
    """
    if number.sms_application:
        return _Asked()
    if service is None or service.use_inbound_webhook_on_number:
        fallback, method = number.sms_fallback_url, number.sms_fallback_method
        return _Asked(number.sms_url, number.sms_method, fallback, method)
    fallback, method = service.fallback_url, service.fallback_method
    return _Asked(service.inbound_request_url, service.inbound_method, fallback, method)


def received(message: Message, account: str) -> Form:
    """What the webhook of an incoming text carries."""
    form = [
        ("ToCountry", country(message.to)),
        ("ToState", ""),
        ("SmsMessageSid", message.sid),
        ("NumMedia", str(message.media)),
        ("ToCity", ""),
        ("FromZip", ""),
        ("SmsSid", message.sid),
        ("FromState", ""),
        ("SmsStatus", "received"),
        ("FromCity", ""),
        ("Body", message.body),
        ("FromCountry", country(message.frm)),
        ("To", message.to),
        ("ToZip", ""),
        ("NumSegments", str(message.segments)),
        ("MessageSid", message.sid),
        ("AccountSid", account),
        ("From", message.frm),
        ("ApiVersion", "2010-04-01"),
    ]
    for place in range(message.media):
        form.append((f"MediaContentType{place}", "image/jpeg"))
        form.append((f"MediaUrl{place}", f"https://media.invalid/{message.sid}/{place}"))
    return tuple(form)
