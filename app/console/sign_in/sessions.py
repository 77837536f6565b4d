"""Sessions that idle out, are listed, and can be ended; and guessing, which gets slower."""

import hashlib
import hmac
import math
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user, user_logged_in

from app.console.site import Site
from app.store import sessions
from app.store.database import reading

KEPT = "kept"  # the name of what the cookie keeps
# What is asked for by a script and not by a person, and so keeps nobody signed in.
POLLED = "HX-Request"
_FREE = 5
_LONGEST_WAIT = timedelta(seconds=60)
# Where something secret is tried.
_TRIED = {
    "security.login": "email",
    "security.two_factor_token_validation": None,
    "security.mf_recovery": None,
    "security.verify": None,
}
_KEY = "beredskap.login_key"
_SECOND_FACTOR = "tf_user_id"  # whose second factor is asked for: Flask-Security's own name


def keep_sessions(app: Flask, site: Site) -> None:
    """Look at each request's session before anything else does, and slow down guessing."""
    user_logged_in.connect(_begin(site), app, weak=False)

    @app.before_request
    def look() -> ResponseReturnValue | None:
        if request.endpoint == "static":
            return None
        _look(site)
        return _slowed(site)

    @app.after_request
    def count(response: Response) -> Response:
        key = request.environ.get(_KEY)
        if key is None or response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return response
        # Each of these pages goes on elsewhere when it is content, and shows itself again if not.
        failed = response.status_code < HTTPStatus.MULTIPLE_CHOICES
        with site.engine.begin() as connection:
            if failed:
                sessions.refuse(connection, key, site.now())
            else:
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
    if request.method != "POST" or request.endpoint not in _TRIED:
        return None
    field = _TRIED[request.endpoint]
    if field is not None:
        who = request.form.get(field, "").strip().lower()
    elif current_user.is_authenticated:
        who = current_user.get_id()
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
    with reading(site.engine) as connection:
        wait = wait_after(sessions.tries(connection, key, now), now)
    if not wait:
        return None
    seconds = math.ceil(wait.total_seconds())
    page = render_template("slowed.html", seconds=seconds)
    return page, HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(seconds)}
