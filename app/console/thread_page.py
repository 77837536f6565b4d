"""`/sms/<thread>`: on a line that only sends notices, a therapist reads and answers here."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from itsdangerous import BadSignature, Signer
from werkzeug.wrappers import Response as AnyResponse

from app.duty.conversation import NotAnswerable, reply_in
from app.duty.gate import Gate, NotAllowed
from app.phrases import FIRST, phrases
from app.store import texts
from app.store.breaker import DatabaseAway
from app.store.texts import Text
from app.telephony.crowd import Crowd
from app.telephony.exchange import Exchange
from app.wording import when
from routing.access import Office, Viewer
from routing.errors import InvalidInput
from routing.ids import ContactId, TherapistId, ThreadId
from routing.segments import LONGEST
from routing.text import Thread

log = structlog.get_logger()

_COOKIE, _LASTS = "sms", timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class _Door:
    """Who has shown her code lately, kept in a signed cookie and nowhere else."""

    secret: str = field(repr=False)
    public_url: str

    def open(self, answer: AnyResponse, therapist: TherapistId, now: datetime) -> None:
        """Let *therapist* in for a while."""
        until = int((now + _LASTS).timestamp())
        answer.set_cookie(
            _COOKIE,
            self._signer("cookie").sign(f"{therapist}|{until}").decode(),
            max_age=_LASTS,
            path=f"{urlsplit(self.public_url).path}/sms/",
            httponly=True,
            secure=self.public_url.startswith("https://"),
            samesite="Strict",
        )

    def who(self, now: datetime) -> TherapistId | None:
        """Who is in; None where nobody is, or not any more."""
        try:
            said = self._signer("cookie").unsign(request.cookies.get(_COOKIE, "")).decode()
        except BadSignature:
            return None
        therapist, _, until = said.rpartition("|")
        return TherapistId(therapist) if now.timestamp() < int(until) else None

    def form_key(self) -> str:
        """What a form must send along, so that no other page can send it."""
        return self._signer("form").get_signature(request.cookies.get(_COOKIE, "")).decode()

    def _signer(self, purpose: str) -> Signer:
        salt = f"beredskap sms page {purpose}"
        return Signer(self.secret, salt, key_derivation="hmac", digest_method=hashlib.sha256)


def thread_blueprint(exchange: Exchange, secret: str) -> Blueprint:
    """The page of one thread: behind the code of the therapist who has it, and of nobody else."""
    pages = Blueprint("thread", __name__, template_folder="templates")
    door = _Door(secret, exchange.public_url)
    wrong_codes = Crowd[TherapistId]()

    @pages.errorhandler(DatabaseAway)
    def away(_err: DatabaseAway) -> Response:
        return _private(render_template("thread_away.html"), 503)

    @pages.get("/sms/<thread_id>")
    def shown(thread_id: str) -> Response:
        thread, said = _open_thread(exchange, thread_id)
        if door.who(exchange.clock()) != thread.holder:
            return _private(render_template("thread_code.html", wrong=False))
        _write_down(exchange, thread)
        log.info("thread.read", thread=thread.id, therapist=thread.holder)
        return _private(_page(exchange, door, thread, said, sent="sent" in request.args))

    @pages.post("/sms/<thread_id>")
    def code(thread_id: str) -> AnyResponse:
        thread, _ = _open_thread(exchange, thread_id)
        now, holder = exchange.clock(), thread.holder
        if not _is_her_code(exchange, wrong_codes, thread.holder, now):
            log.warning("thread.wrong_code", thread=thread.id, therapist=holder)
            return _private(render_template("thread_code.html", wrong=True), 403)
        answer = redirect(f"{exchange.public_url}/sms/{thread.id}", 303)
        door.open(answer, TherapistId(holder or ""), now)
        return answer

    @pages.post("/sms/<thread_id>/reply")
    def reply(thread_id: str) -> AnyResponse:
        thread, said = _open_thread(exchange, thread_id)
        if door.who(exchange.clock()) != thread.holder:
            return _private(render_template("thread_code.html", wrong=False), 403)
        if request.form.get("key", "") != door.form_key():
            abort(403)
        _write_down(exchange, thread)
        body = request.form.get("body", "").strip()
        try:
            text = reply_in(thread, body, exchange.clock())
        except (InvalidInput, NotAnswerable):
            page = _page(exchange, door, thread, said, draft=body, refused=True)
            return _private(page, 422)
        # Her answer goes the same way as one from her telephone, with the thread named.
        exchange.record(rows=[texts.entry(exchange.cipher, text)])
        log.info("thread.answered", thread=thread.id, therapist=thread.holder)
        return redirect(f"{exchange.public_url}/sms/{thread.id}?sent", 303)

    return pages


def _open_thread(exchange: Exchange, thread_id: str) -> tuple[Thread, tuple[Text, ...]]:
    """The thread and its texts; 404 where there is none that is still with anybody."""
    with exchange.journal.reading() as connection:
        found = texts.conversation(connection, exchange.cipher, ThreadId(thread_id))
    if found is None or found[0].holder is None or not found[0].is_open(exchange.clock()):
        abort(404)
    return found


def _is_her_code(
    exchange: Exchange, wrong_codes: Crowd[TherapistId], holder: TherapistId | None, now: datetime
) -> bool:
    """Whether the form holds the code of *holder*, and not too many wrong ones came before."""
    if holder is None or wrong_codes.has_come_too_often(holder, now):
        return False
    given = request.form.get("code", "").strip()
    digest = exchange.mirror.picture.pins.get(holder, b"")
    is_hers = exchange.cipher.is_code(holder, given, digest)
    if not is_hers:
        wrong_codes.comes_too_often(holder, ContactId(uuid.uuid4().hex), now)
    return is_hers


def _write_down(exchange: Exchange, thread: Thread) -> None:
    """That its holder reads *thread* stands in the reading log; 404 where she may not any more."""
    organisation = exchange.mirror.picture.organisation
    therapist = organisation.therapists.get(thread.holder or TherapistId(""))
    if therapist is None:
        abort(404)
    viewer = Viewer(therapist.id, Office.THERAPIST, therapist.district)
    engine, cipher, now = exchange.journal.engine, exchange.cipher, exchange.clock()
    try:
        with (
            exchange.journal.breaker.guarding(),
            engine.connect() as connection,
            connection.begin() as transaction,
        ):
            try:
                Gate(connection, cipher, organisation, viewer, now).conversation(thread.id)
            except NotAllowed:
                transaction.commit()
                raise
    except NotAllowed:
        abort(404)


def _page(
    exchange: Exchange,
    door: _Door,
    thread: Thread,
    said: tuple[Text, ...],
    *,
    sent: bool = False,
    draft: str = "",
    refused: bool = False,
) -> str:
    line = exchange.mirror.picture.organisation.lines[thread.line]
    shown: list[Mapping[str, object]] = [
        {
            "ours": text.staff is not None,
            "when": when(text.received_at, line),
            "body": text.body.removeprefix(f"{thread.tag} ") if text.staff else text.body,
        }
        for text in said
    ]
    # What a therapist hears when she takes a call, and no more.
    names, caller = phrases(FIRST).names, thread.caller
    home = exchange.mirror.picture.organisation.name_of(caller.home) or names["unassigned"]
    who = [home, names[caller.role or "unknown"]]
    if caller.language is not None:
        who.append(names.get(caller.language, caller.language))
    return render_template(
        "thread.html",
        thread=thread,
        who=", ".join(who),
        texts=shown,
        key=door.form_key(),
        sent=sent,
        draft=draft,
        refused=refused,
        longest=LONGEST,
    )


def _private(page: str, status: int = 200) -> Response:
    """*page*, for her eyes only: kept by no cache, framed by no other page."""
    answer = make_response(page, status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
