"""What a page says when something cannot be done: what happened, and what to do next."""

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_hex

import sqlalchemy as sa
import structlog
from flask import Flask, render_template, request
from flask_babel import force_locale, lazy_gettext
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from jinja2 import Environment, FileSystemLoader
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.exceptions import HTTPException

from app.console.words import language_of_browser
from app.duty.gate import NotAllowed
from app.store.breaker import DatabaseAway
from routing.access import Denial
from routing.errors import BeredskapError, Conflict, NotFound, Unavailable

log = structlog.get_logger()

_PLAIN = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)

_WHY: Mapping[Denial, object] = {
    Denial.NOT_YOUR_DISTRICT: lazy_gettext("This belongs to another district than yours."),
    Denial.NOT_YOUR_CONTACT: lazy_gettext("Somebody else had this contact."),
    Denial.NOT_YOUR_OFFICE: lazy_gettext("Your role does not include this."),
    Denial.NO_MANDATE: lazy_gettext("There is no mandate for you to act for that district."),
    Denial.DUTY_OVER: lazy_gettext("Your duty is over, and with it your access to this."),
    Denial.HANDED_OVER: lazy_gettext("It has been handed over to the home district."),
    Denial.NO_CONTACT: lazy_gettext("There is no contact that this belongs to."),
    Denial.INACTIVE: lazy_gettext("You are not active in the organisation today."),
}

Answer = tuple[str, int]


def show_errors(app: Flask) -> None:
    """Every error of *app* as a page; none of them quotes what was asked for."""

    @app.errorhandler(NotAllowed)
    def not_allowed(err: NotAllowed) -> Answer:
        return _page(403, _("You may not see this"), str(_WHY[err.why]))

    @app.errorhandler(NotFound)
    def not_found(_err: NotFound) -> Answer:
        return _missing()

    @app.errorhandler(Unavailable)
    def unavailable(err: Unavailable) -> Answer:
        log.warning("console.unavailable", error=type(err).__name__)
        return _page(503, *_later())

    @app.errorhandler(DatabaseAway)
    @app.errorhandler(sa.exc.OperationalError)
    @app.errorhandler(sa.exc.TimeoutError)
    def away(err: Exception) -> Answer:
        log.warning("console.unavailable", error=type(err).__name__)
        # Neither the frame nor her language may be asked of the database now.
        with force_locale(language_of_browser()):
            return _bare(503, *_later())

    @app.errorhandler(Conflict)
    def conflict(_err: Conflict) -> Answer:
        return _page(
            409,
            _("Somebody else was first"),
            _("It has been changed meanwhile. Go back, load the page again, and see how it is."),
        )

    @app.errorhandler(BeredskapError)
    def refused(err: BeredskapError) -> Answer:
        log.warning("console.refused", code=err.code)
        return _page(
            422,
            _("It could not be done"),
            _("What was sent cannot be used. Go back and check it."),
        )

    @app.errorhandler(OverflowError)
    @app.errorhandler(sa.exc.DataError)
    def immense(err: Exception) -> Answer:
        """A day before all calendars, or a number that no column holds: nobody's id or date."""
        log.warning("console.immense", error=type(err).__name__, endpoint=request.endpoint)
        return _page(
            422,
            _("It could not be done"),
            _("What was sent cannot be used. Go back and check it."),
        )

    _show_the_rest(app)


def _show_the_rest(app: Flask) -> None:
    """What Flask raises by itself, and what nobody thought of."""

    @app.errorhandler(CSRFError)
    def forged(_err: CSRFError) -> Answer:
        return _page(
            400,
            _("The page was too old"),
            _("Go back, load the page again, and send once more. Nothing has been changed."),
        )

    @app.errorhandler(HTTPException)
    def of_http(err: HTTPException) -> Answer:
        match err.code:
            case 403:
                return _page(
                    403, _("You may not see this"), _("Your role does not include this page.")
                )
            case 404 | 405:
                return _missing()
            case 413:
                return _page(
                    413, _("It is too much"), _("The file is too large. Send a smaller one.")
                )
            case code:
                said = _("Go back and try again.")
                return _page(code or 500, _("It could not be done"), said)

    @app.errorhandler(Exception)
    def broken(err: Exception) -> Answer:
        if app.testing:
            raise err
        # What it says may quote what somebody wrote; its kind and place are enough.
        last = traceback.extract_tb(err.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        log.error(
            "console.failed", error=type(err).__name__, endpoint=request.endpoint, place=place
        )
        return _page(
            500,
            _("Something went wrong here"),
            _("Calls and texts still work. Try again, and tell the administrator if it stays."),
        )


def name_each_request(app: Flask) -> None:
    """Have every line that is logged of one request say so, and nothing of the one before."""

    @app.before_request
    def begin() -> None:
        clear_contextvars()
        bind_contextvars(request=token_hex(8))


def refuse_while_away(app: Flask, is_away: Callable[[], bool]) -> None:
    """Nobody waits at a page for a database that is known not to answer; calls need the threads."""

    @app.before_request
    def look_first() -> None:
        if request.endpoint != "static" and is_away():
            raise DatabaseAway("the database is away")


def _later() -> tuple[str, str]:
    return (
        _("This cannot be shown just now"),
        _("Calls and texts still work. Wait a minute, and load the page again."),
    )


def _missing() -> Answer:
    return _page(
        404,
        _("There is no such page"),
        _("It may have been handed over or removed. Go to the start and look from there."),
    )


def _page(code: int, heading: str, what_to_do: str) -> Answer:
    try:
        return render_template("error.html", heading=heading, what_to_do=what_to_do), code
    except Exception as err:  # noqa: BLE001 - whatever it is, somebody waits for an answer
        # The frame asks who is signed in, which needs the database.
        log.warning("console.error_page_failed", error=type(err).__name__)
        return _bare(code, heading, what_to_do)


def _bare(code: int, heading: str, what_to_do: str) -> Answer:
    # Not by Flask, which would gather what the frame needs.
    return _PLAIN.get_template("bare.html").render(heading=heading, what_to_do=what_to_do), code
