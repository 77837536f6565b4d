"""Sends the carrier's requests to the service: signed, retried and redirected as Twilio does it."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urljoin

from app.lab import overrides
from app.lab.core import Core
from app.lab.engine import Wait
from app.lab.faults import WebhookFault
from app.lab.lint import Role
from app.lab.overrides import Overrides
from app.lab.signature import sign, signed_address
from app.lab.trace import Exchange
from app.lab.transport import HttpReply, HttpRequest, NoReply, NotConnected

Form = tuple[tuple[str, str], ...]
Pause = Callable[[float], Generator[Wait, object, None]]
Cookies = dict[str, str]
MOST_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD = frozenset({307, 308})
_BROKEN = b"<Response><Say>"


@dataclass(frozen=True, slots=True)
class Hook:
    """One request that the carrier owes the service."""

    purpose: str
    url: str
    form: Form
    method: str = "POST"
    leg: str = ""
    voice: bool = True
    role: Role = Role.CALLER


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and from which address after all redirects."""

    url: str
    reply: HttpReply


class WebhookFailed(Exception):
    """No usable answer; *code* is Twilio's number for the reason."""

    def __init__(self, code: int, words: str, url: str) -> None:
        super().__init__(f"{code} {words}")
        self.code = code
        self.words = words
        self.url = url


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The outcome of one try; *reason* is what a retry policy calls it, empty when all is well."""

    reply: HttpReply | None
    reason: str
    took: float


def send(core: Core, hook: Hook, cookies: Cookies, pause: Pause) -> Generator[Wait, object, Answer]:
    """
    The service's answer to *hook*; time passes through *pause*.

    Raises:
        WebhookFailed: after retries there was no answer, an error or a ring of redirects.
    """
    try:
        url, limits = overrides.split(hook.url)
    except overrides.InvalidOverride as err:
        core.fail("connection override", str(err))
        url, limits = hook.url.partition("#")[0], Overrides()
    if not url.startswith(("http://", "https://")):
        raise WebhookFailed(11100, "an address without a host", url)
    hook = replace(hook, url=url)
    for _ in range(MOST_REDIRECTS + 1):
        reply = yield from _tries(core, hook, limits, cookies, pause)
        if reply.status not in REDIRECTS:
            return Answer(hook.url, reply)
        hook = _redirected(hook, reply)
    raise WebhookFailed(11215, "too many redirects", hook.url)


def _redirected(hook: Hook, reply: HttpReply) -> Hook:
    there = urljoin(hook.url, reply.header("Location")).partition("#")[0]
    if reply.status in _KEEP_METHOD:
        return replace(hook, url=there)
    return replace(hook, url=there, method="GET", form=())


def _tries(
    core: Core, hook: Hook, limits: Overrides, cookies: Cookies, pause: Pause
) -> Generator[Wait, object, HttpReply]:
    left = limits.total
    token = core.sids.uuid()
    attempt = _Attempt(None, "ct", 0.0)
    for turn in range(limits.retries + 1):
        if turn and not core.variant.repeats_idempotency_token:
            token = core.sids.uuid()
        attempt = _try(core, hook, cookies, token, min(limits.read, left))
        if attempt.took:
            yield from pause(attempt.took)
        left -= attempt.took
        if left <= 0 or not limits.retries_after(attempt.reason):
            break
    if attempt.reply is None:
        code, words = (11205, "no connection") if attempt.reason == "ct" else (11200, "no answer")
        raise WebhookFailed(code, words, hook.url)
    if attempt.reason:
        raise WebhookFailed(11200, f"HTTP {attempt.reply.status}", hook.url)
    return attempt.reply


def _try(core: Core, hook: Hook, cookies: Cookies, token: str, patience: float) -> _Attempt:
    fault = core.faults.webhook(hook.url)
    if fault is WebhookFault.EXTRA_PARAMETERS:
        hook = replace(hook, form=(*hook.form, ("StirVerstat", ""), ("NewParam", "åäö 🙏")))
    request = _request(core, hook, cookies, token)
    note = str(fault or "")
    try:
        reply = _deliver(core, hook, cookies, request, patience, fault)
        if reply.took > patience or fault is WebhookFault.SLOW:
            raise NoReply("too slow")  # noqa: TRY301 - as if the transport had said it
    except NotConnected:
        _record(core, hook, request, None, note or "no connection")
        return _Attempt(None, "ct", 0.0)
    except NoReply:
        _record(core, hook, request, None, note or "no answer in time")
        return _Attempt(None, "rt", patience)
    _record(core, hook, request, reply, note)
    _keep_cookies(reply, cookies)
    family = reply.status // 100
    return _Attempt(reply, f"{family}xx" if family in {4, 5} else "", reply.took)


def _request(core: Core, hook: Hook, cookies: Cookies, token: str) -> HttpRequest:
    url = hook.url
    if hook.method == "GET" and hook.form:
        url += ("&" if "?" in url else "?") + urlencode(hook.form)
    form = hook.form if hook.method == "POST" else ()
    signature = sign(core.account.token, signed_address(url, voice=hook.voice), form)
    headers = [
        ("User-Agent", "TwilioProxy/1.1"),
        ("Accept", "*/*"),
        ("X-Twilio-Signature", signature),
        ("I-Twilio-Idempotency-Token", token),
        ("X-Home-Region", core.account.home_region),
    ]
    if cookies:
        headers.append(("Cookie", "; ".join(f"{k}={v}" for k, v in cookies.items())))
    if hook.method == "POST":
        kind = "application/x-www-form-urlencoded; charset=UTF-8"
        headers.append(("Content-Type", kind))
    body = urlencode(form).encode() if hook.method == "POST" else b""
    return HttpRequest(hook.method, url, tuple(headers), body)


def _deliver(
    core: Core,
    hook: Hook,
    cookies: Cookies,
    request: HttpRequest,
    patience: float,
    fault: WebhookFault | None,
) -> HttpReply:
    if fault is WebhookFault.DOWN:
        raise NotConnected("down")
    if fault is WebhookFault.LOST:
        return HttpReply(204, (), b"")
    if fault is WebhookFault.ERROR_BEFORE:
        return _error_page()
    # The service may call the carrier while it answers, from this thread or another.
    with core.engine.baton.put_down():
        reply = core.transport.send(request, patience=patience)
        if fault is WebhookFault.DUPLICATE:
            core.transport.send(request, patience=patience)
        if fault is WebhookFault.DUPLICATE_NEW_TOKEN:
            again = _request(core, hook, cookies, core.sids.uuid())
            core.transport.send(again, patience=patience)
    return _spoilt(reply, fault)


def _spoilt(reply: HttpReply, fault: WebhookFault | None) -> HttpReply:
    if fault is WebhookFault.ERROR_AFTER:
        return _error_page()
    if fault is WebhookFault.BAD_XML:
        return replace(reply, body=_BROKEN)
    if fault is WebhookFault.WRONG_TYPE:
        return replace(reply, headers=(("Content-Type", "application/json"),))
    return reply


def _error_page() -> HttpReply:
    return HttpReply(500, (("Content-Type", "text/html"),), b"<h1>Internal Server Error</h1>")


def _keep_cookies(reply: HttpReply, cookies: Cookies) -> None:
    for name, value in reply.headers:
        if name.lower() == "set-cookie":
            key, _, rest = value.partition("=")
            cookies[key.strip()] = rest.partition(";")[0]


def _record(
    core: Core, hook: Hook, request: HttpRequest, reply: HttpReply | None, note: str
) -> None:
    core.trace.exchanges.append(
        Exchange(
            at=core.now(),
            purpose=hook.purpose,
            leg=hook.leg,
            method=request.method,
            url=request.url,
            form=hook.form,
            headers=request.headers,
            status=None if reply is None else reply.status,
            body="" if reply is None else reply.body.decode("utf-8", "replace"),
            note=note,
        )
    )
