"""A very small on-call line for the carrier to call, with switches for what a test needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import Flask, Response, request
from twilio.request_validator import RequestValidator

from app.lab.account import Account, Number
from app.lab.carrier import Carrier
from app.lab.transport import WsgiTransport
from app.lab.variant import Variant

LINE = "+46766861004"
CALLER = "+46701740605"
ANNA = "+46701740610"
BO = "+46701740611"
LANDLINE = "+46846500404"
BASE = "https://jour.example.se"
START = datetime(2026, 11, 20, 18, 4, tzinfo=UTC)
SID = "AC" + "a" * 32
TOKEN = "0123456789abcdef0123456789abcdef"

WHISPER = (
    '<Response><Gather numDigits="1" timeout="8" action="/accept">'
    '<Say language="sv-SE">Jouren. Tryck 1.</Say></Gather><Hangup/></Response>'
)
NOBODY = '<Response><Say language="sv-SE">Ingen svarar.</Say><Hangup/></Response>'


def ring(number: str, rung: int = 0, attributes: str = "") -> str:
    """The document that rings *number* and comes back to the next rung."""
    return (
        f'<Response><Dial action="/ended/{rung}" timeout="15" callerId="{LINE}" '
        f'answerOnBridge="true"{attributes}><Number url="/whisper" statusCallback="/progress" '
        'statusCallbackEvent="initiated ringing answered completed">'
        f"{number}</Number></Dial></Response>"
    )


@dataclass(slots=True)
class Line:
    """The service under test; *pages* maps a path to its document, or to what makes it."""

    ladder: tuple[str, ...] = (ANNA, BO)
    pages: dict[str, str | Callable[[], Response | str]] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def asked(self, path: str) -> list[dict[str, str]]:
        """The parameters of each request to *path*, in order."""
        return [form for seen, form in self.seen if seen == path]

    def app(self) -> Flask:
        app = Flask(__name__)
        app.testing = True
        app.add_url_rule("/<path:path>", "page", self._page, methods=["GET", "POST"])
        return app

    def _page(self, path: str) -> Response | str:
        address = BASE + request.environ["RAW_URI"]
        signature = request.headers.get("X-Twilio-Signature", "")
        if not RequestValidator(TOKEN).validate(address, request.form, signature):
            return Response("not signed", 403)
        self.seen.append((f"/{path}", dict(request.values)))
        page = self.pages.get(f"/{path}", self._usual)
        answer = page() if callable(page) else page
        return Response(answer, mimetype="text/xml") if isinstance(answer, str) else answer

    def _usual(self) -> str:
        form, path = request.form, request.path
        if path in {"/progress", "/after", "/sms", "/sms-status"}:
            return "<Response/>"
        if path == "/whisper":
            return WHISPER
        if path == "/accept":
            accepted = form.get("Digits") == "1"
            return "<Response/>" if accepted else "<Response><Hangup/></Response>"
        rung = 0 if path == "/voice" else int(path.rpartition("/")[2]) + 1
        if form["CallStatus"] not in {"ringing", "in-progress"}:
            return "<Response/>"
        if form.get("DialBridged") == "true":
            return "<Response><Hangup/></Response>"
        return ring(self.ladder[rung], rung) if rung < len(self.ladder) else NOBODY


def number() -> Number:
    return Number(
        LINE,
        voice_url=f"{BASE}/voice",
        status_callback=f"{BASE}/after",
        sms_url=f"{BASE}/sms",
    )


def carrier_of(
    line: Line, *, variant: Variant = Variant.A, strict: bool = True, seed: int = 1
) -> Carrier:
    """A carrier whose one number leads to *line*."""
    account = Account(SID, TOKEN)
    transport = WsgiTransport(line.app())
    return Carrier(
        account, number(), transport, start=START, variant=variant, strict=strict, seed=seed
    )
