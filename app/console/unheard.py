"""What stands on every page while calls may not come in."""

from collections.abc import Sequence

import sqlalchemy as sa
from flask import Flask, request
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from app.console.filters import moment
from app.console.site import Site
from app.duty.canary import failing
from routing.access import Office
from routing.errors import BeredskapError

_UNHEARD = "beredskap.unheard"  # goes with the request
_CONCERNED = frozenset({Office.THERAPIST, Office.MANAGER, Office.ADMINISTRATOR})


def show_unheard(app: Flask, site: Site) -> None:
    """
    Let the frame of every page of *app* know the lines that last called themselves in vain.

    It is looked up before the page, which may hold a connection of its own while it is drawn.
    """

    @app.before_request
    def look() -> None:
        if request.endpoint != "static" and current_user.is_authenticated:
            request.environ[_UNHEARD] = _unheard(site)

    @app.context_processor
    def unheard() -> dict[str, object]:
        return {"unheard": request.environ.get(_UNHEARD, ())}


def _unheard(site: Site) -> Sequence[tuple[str, str]]:
    """Each by its name, and when; never an error."""
    if Office(current_user.account.office) not in _CONCERNED:
        return ()
    try:
        with site.look() as gate:
            found = failing(gate.connection, gate.organisation)
    except (HTTPException, BeredskapError, sa.exc.SQLAlchemyError):
        return ()  # whoever is not known, or a database that is away, is told so by the page itself
    return [(line.name, moment(last.over_at)) for line, last in found if last.over_at is not None]
