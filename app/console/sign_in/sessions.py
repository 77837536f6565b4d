"""Sessions that idle out, are listed, and can be ended; and guessing, which gets slower."""

import hashlib
import hmac
import math
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, abort, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user, user_logged_in, user_logged_out
from flask_security import password_changed, password_reset

from app.console.site import Site
from app.store import accounts, sessions
from app.store.database import reading

KEPT = "kept"  # the name of what the cookie keeps
# What is asked for by a script and not by a person, and so keeps nobody signed in.
POLLED = "HX-Request"
_FREE = 5
_LONGEST_WAIT = timedelta(seconds=60)
# Where something secret is tried: by whoever is not signed in, and by whoever is.
_AT_THE_DOOR = {
    "security.login",
    "security.two_factor_token_validation",
    "security.mf_recovery",
}
_INSIDE = {"security.verify", "security.change_password"}
_KEY = "beredskap.login_key"
# Flask-Security's own names: whose second factor is asked for, and how far that has come.
_SECOND_FACTOR, _STEP = "tf_user_id", "tf_state"
_SETTING_UP = {"setup_from_login", "validating_profile"}
# Between the two is time to find the telephone, or to set one up for the first time.
_BETWEEN, _SINCE = timedelta(minutes=15), "password_at"


def keep_sessions(app: Flask, site: Site) -> None:
    """Look at each request's session before anything else does, and slow down guessing."""
    user_logged_in.connect(_begin(site), app, weak=False)
    user_logged_out.connect(_end(site), app, weak=False)
    password_changed.connect(_end_the_others(site), app, weak=False)
    password_reset.connect(_end_the_others(site), app, weak=False)

    @app.before_request
    def look() -> ResponseReturnValue | None:
        if request.endpoint == "static":
            return None
        if request.is_json:
            # No page reads it; the sign-in's own would, past everything that slows down guessing.
            abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        _look(site)
        _not_for_ever(site)
        _not_twice(site)
        return _slowed(site)

    @app.after_request
    def count(response: Response) -> Response:
        if _SECOND_FACTOR in session:
            session.setdefault(_SINCE, site.now().timestamp())
        key = request.environ.get(_KEY)
        if key is None or response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return response
        if _was_right(response):
            with site.engine.begin() as connection:
                sessions.forgive(connection, key)
        return response


def wait_after(tries: tuple[datetime, ...], now: datetime) -> timedelta:
    """
    How long to wait before the next try, after these that failed; nothing after a few.

    It doubles, up to a minute: enough to make guessing hopeless, and never so long that somebody
    else's guessing locks a person out of her work.
    """
    if len(tries) < _FREE:
        return timedelta()
    wait = min(timedelta(seconds=2 ** (len(tries) - _FREE + 1)), _LONGEST_WAIT)
    return max(tries[-1] + wait - now, timedelta())


def agent_in_words(agent: str) -> str:
    """A browser and a machine, such as ``Firefox · Android``; the rest would only identify."""
    browsers = ("Edg", "OPR", "Firefox", "CriOS", "Chrome", "Safari")
    machines = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    names = {"Edg": "Edge", "OPR": "Opera", "CriOS": "Chrome", "Mac OS": "Mac"}
    found = [next((b for b in some if b in agent), "") for some in (browsers, machines)]
    return " · ".join(names.get(one, one) for one in found if one)


def _begin(site: Site) -> Any:  # noqa: ANN401 - what blinker calls
    def begun(_: Flask, user: Any) -> None:  # noqa: ANN401 - Flask-Security's user
        agent = agent_in_words(request.headers.get("User-Agent", ""))
        with site.engine.begin() as connection:
            session[KEPT] = sessions.begin(connection, user.account.id, agent, site.now())

    return begun


def _end(site: Site) -> Any:  # noqa: ANN401 - what blinker calls
    def ended(_: Flask, user: Any) -> None:  # noqa: ANN401 - Flask-Security's user, or nobody's
        kept = session.pop(KEPT, "")
        if kept and user is not None and user.is_authenticated:
            with site.engine.begin() as connection:
                sessions.end_kept(connection, user.account.id, kept, site.now())

    return ended


def _end_the_others(site: Site) -> Any:  # noqa: ANN401 - what blinker calls
    def changed(_: Flask, user: Any, **__: object) -> None:  # noqa: ANN401 - Flask-Security's user
        with site.engine.begin() as connection:
            sessions.end_all(connection, user.account.id, site.now(), session.get(KEPT, ""))

    return changed


def _not_for_ever(site: Site) -> None:
    """Whoever has shown the password shows the second factor soon, or begins again."""
    since = session.get(_SINCE)
    is_soon = since is not None and site.now().timestamp() - since <= _BETWEEN.total_seconds()
    if _SECOND_FACTOR in session and not is_soon:
        session.pop(_SECOND_FACTOR)
        session.pop(_STEP, None)
    if _SECOND_FACTOR not in session:
        session.pop(_SINCE, None)


def _not_twice(site: Site) -> None:
    """
    A code app is set up with the password alone only where there is none.

    A cookie from before she had hers, kept by somebody with the password, is no way to another.
    """
    if session.get(_STEP) not in _SETTING_UP or current_user.is_authenticated:
        return
    with reading(site.engine) as connection:
        account = accounts.find(connection, stamp=session.get(_SECOND_FACTOR, ""))
    if account is None or account.second_factor is not None:
        session.pop(_STEP)


def _was_right(response: Response) -> bool:
    """Whether what was tried was right: by what has come of it."""
    if request.endpoint in _INSIDE:
        return response.status_code // 100 == 3  # noqa: PLR2004 - it goes on elsewhere
    if request.endpoint == "security.login":
        return _SECOND_FACTOR in session or current_user.is_authenticated
    return bool(current_user.is_authenticated)


def _look(site: Site) -> None:
    """Whoever's session is over is signed out; who is there and does something is seen."""
    if not current_user.is_authenticated:
        return
    now = site.now()
    with reading(site.engine) as connection:
        found = sessions.find(connection, session.get(KEPT, ""))
    if found is None or found.account != current_user.account.id or not found.is_on(now):
        logout_user()
        session.clear()
    elif sessions.needs_seeing(found, now) and POLLED not in request.headers:
        with site.engine.begin() as connection:
            sessions.see(connection, found, now)


def _login_key(site: Site) -> bytes | None:
    """A keyed digest of whom this request tries to be; None where it tries nothing."""
    known = current_user.is_authenticated
    # Whoever is signed in tries nothing at the door: it must not count as somebody's right try.
    if request.method != "POST" or request.endpoint not in (_INSIDE if known else _AT_THE_DOOR):
        return None
    if known:
        who = current_user.get_id()
    elif request.endpoint == "security.login":
        who = request.form.get("email", "").strip().lower()
    else:
        who = str(session.get(_SECOND_FACTOR, ""))
    return hmac.digest(
        site.settings.secret_key.encode(), f"beredskap refusal {who}".encode(), hashlib.sha256
    )


def _slowed(site: Site) -> ResponseReturnValue | None:
    key = request.environ[_KEY] = _login_key(site)  # who it was is not known any more afterwards
    if key is None:
        return None
    now = site.now()
    with site.engine.begin() as connection:
        wait = wait_after(sessions.tries(connection, key, now), now)
        if not wait:
            # Counted before it is judged: a hundred at the same moment are not one.
            sessions.refuse(connection, key, now)
            if request.endpoint == "security.login":
                session.pop(_SECOND_FACTOR, None)  # of an earlier try; see `_was_right`
                session.pop(_SINCE, None)
            return None
    seconds = math.ceil(wait.total_seconds())
    page = render_template("slowed.html", seconds=seconds)
    return page, HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(seconds)}
