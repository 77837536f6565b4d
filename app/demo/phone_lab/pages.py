"""The lab's page, and what it asks for: a web application of its own, on this machine only."""

import hmac
import secrets
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Blueprint, Flask, abort, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from app.console.filters import teach
from app.console.headers import guard_answers, refuse_the_unreadable
from app.console.words import COOKIE, LANGUAGES, speak
from app.demo.phone_lab.deeds import Deed, Do, NotPossible, Trouble
from app.demo.phone_lab.requests_shown import requests_of
from app.demo.phone_lab.session import Session, moment_of
from app.demo.phone_lab.sitting import parsed, written
from app.demo.phone_lab.state import SPEEDS, Memory, Plain, clock_of, mark_of, snapshot
from app.demo.phone_lab.telling import stories
from app.demo.phone_lab.words import NOT_POSSIBLE, SOMETHING_ELSE
from routing.errors import InvalidInput

_HERE = Path(__file__).parent
_STATIC = _HERE.parents[1] / "static"
_LARGEST_REQUEST = 200_000  # a script of an evening has some thousands
_LONGEST = 1600  # of what is written in a text
_AGAIN = 0.9  # seconds after which a look is taken though nothing is known to have changed
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_KEYS = frozenset("0123456789*#")
TOKEN = "X-Lab-Token"  # noqa: S105 - the name of a header
_A_YEAR = 365 * 86400


@dataclass(slots=True)
class Looks:
    """The latest snapshots, so that a page that asks often costs little."""

    session: Session
    memory: Memory = field(default_factory=Memory)
    _kept: dict[tuple[str, str], tuple[object, float, str, Plain]] = field(default_factory=dict)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def at(self, caller: str) -> tuple[str, Plain]:
        """The snapshot with *caller* in front, and its mark."""
        language = str(get_locale())
        with self._one_at_a_time:
            now, key = (self.session.revision, id(self.session.stage)), (language, caller)
            kept = self._kept.get(key)
            if kept is None or kept[0] != now or monotonic() - kept[1] > _AGAIN:
                plain = snapshot(self.session, self.memory, caller)
                kept = (now, monotonic(), mark_of(plain), plain)
                self._kept = {key: kept}
            return kept[2], kept[3]


def create_lab(session: Session) -> Flask:
    """The lab as a web application; it has no accounts, and obeys only its own page."""
    app = Flask(
        "app.demo.phone_lab",
        static_folder=str(_STATIC),
        static_url_path="/lab/static",
        template_folder=str(_HERE / "templates"),
        root_path=str(_HERE),
    )
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_REQUEST
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    speak(app, _HERE / "translations", has_accounts=False)
    refuse_the_unreadable(app)
    guard_answers(app, https=False)
    teach(app)
    token = secrets.token_urlsafe(24)
    app.before_request(lambda: _refuse_strangers(token))
    app.register_blueprint(_pages(session, token))
    app.register_error_handler(NotPossible, _not_possible)
    return app


def _refuse_strangers(token: str) -> None:
    """
    Only this machine's own browser, and what the lab's own page has it send.

    A page elsewhere can make a browser send here, by a name of its own too, but reads no token.
    """
    host = urlsplit(f"//{request.host}").hostname
    if host not in _LOOPBACK:
        abort(HTTPStatus.FORBIDDEN)
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.host}":
        abort(HTTPStatus.FORBIDDEN)
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        abort(HTTPStatus.FORBIDDEN)
    if not hmac.compare_digest(request.headers.get(TOKEN, "").encode(), token.encode()):
        abort(HTTPStatus.FORBIDDEN)


def _pages(session: Session, token: str) -> Blueprint:
    pages = Blueprint("lab", __name__, url_prefix="/lab")
    _looking(pages, session, token)
    _playing(pages, session)
    _doing(pages, session)
    return pages


def _looking(pages: Blueprint, session: Session, token: str) -> None:
    looks = Looks(session)

    @pages.get("")
    def page() -> str:
        return render_template(
            "lab/page.html",
            token=token,
            clock=clock_of(session),
            speeds=SPEEDS,
            languages=LANGUAGES,
            console=session.stage.parts.settings.public_url,
            **looks.at("")[1],
        )

    @pages.get("/state")
    def state() -> ResponseReturnValue:
        try:
            mark, plain = looks.at(request.args.get("caller", ""))
        except (NotPossible, sa.exc.SQLAlchemyError):  # a world that has just gone
            return jsonify({"clock": clock_of(session)})
        told: Plain = {"clock": clock_of(session), "mark": mark}
        if request.args.get("since") != mark:
            told["board"] = render_template("lab/board.html", **plain)
            told["presets"] = plain["presets"]
        return jsonify(told)

    @pages.get("/script")
    def script() -> ResponseReturnValue:
        answer = make_response(written(session.began_at, session.done))
        answer.content_type = "text/plain; charset=utf-8"
        return answer

    @pages.get("/requests")
    def requests() -> str:
        return render_template("lab/requests.html", requests=requests_of(session))


def _playing(pages: Blueprint, session: Session) -> None:
    @pages.post("/story")
    def story() -> ResponseReturnValue:
        chosen = stories().get(_text(_sent(), "story"))
        if chosen is None:
            raise NotPossible("no_such_story")
        session.play(chosen)
        return jsonify({})

    @pages.post("/over")
    def over() -> ResponseReturnValue:
        """Another world, in which it is another moment and nothing has been."""
        session.start_over(moment_of(_text(_sent(), "to"), session.line))
        return jsonify({})

    @pages.post("/step")
    def step() -> ResponseReturnValue:
        session.step()
        return jsonify({})

    @pages.post("/script")
    def play() -> ResponseReturnValue:
        sent = _sent().get("script")
        if not isinstance(sent, str):
            abort(HTTPStatus.BAD_REQUEST)
        try:
            session.play(parsed(sent, "script"))
        except InvalidInput as err:
            words = _("That is no script that was saved here (%(why)s).", why=str(err))
            return jsonify({"words": words}), HTTPStatus.CONFLICT
        return jsonify({})


def _doing(pages: Blueprint, session: Session) -> None:
    @pages.post("/do")
    def do() -> ResponseReturnValue:
        sent = _sent()
        try:
            deed = Deed(Do(_text(sent, "do")), _text(sent, "who"), _text(sent, "words"))
            _must_make_sense(deed)
        except ValueError:
            abort(HTTPStatus.BAD_REQUEST)
        session.perform(deed)
        return jsonify({})

    @pages.post("/number")
    def number() -> ResponseReturnValue:
        """What a number that somebody typed is called in deeds."""
        return jsonify({"who": session.number_of(_text(_sent(), "number"))})

    @pages.post("/clock")
    def clock() -> ResponseReturnValue:
        sent = _sent()
        running, speed = sent.get("running", session.running), sent.get("speed", session.speed)
        if not isinstance(running, bool) or isinstance(speed, bool) or speed not in SPEEDS:
            abort(HTTPStatus.BAD_REQUEST)
        session.running, session.speed = running, float(speed)
        return jsonify({"clock": clock_of(session)})

    @pages.post("/language")
    def language() -> ResponseReturnValue:
        chosen = _text(_sent(), "language")
        if chosen not in LANGUAGES:
            abort(HTTPStatus.BAD_REQUEST)
        answer = jsonify({})
        answer.set_cookie(COOKIE, chosen, max_age=_A_YEAR, httponly=True, samesite="Lax")
        return answer


def _must_make_sense(deed: Deed) -> None:
    match deed.do:
        case Do.TROUBLE | Do.NO_TROUBLE:
            Trouble(deed.words)
        case Do.PRESS if not deed.words or set(deed.words) - _KEYS:
            raise ValueError("no keys")
        case Do.TEXT if not deed.words.strip():
            raise ValueError("no words")


def _sent() -> dict[str, Any]:
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        abort(HTTPStatus.BAD_REQUEST)
    return sent


def _text(sent: dict[str, Any], name: str) -> str:
    text = sent.get(name, "")
    if not isinstance(text, str) or len(text) > _LONGEST or "\0" in text:
        abort(HTTPStatus.BAD_REQUEST)
    return text


def _not_possible(err: NotPossible) -> ResponseReturnValue:
    words = NOT_POSSIBLE.get(err.why, SOMETHING_ELSE)
    return jsonify({"why": err.why, "words": str(words)}), HTTPStatus.CONFLICT
