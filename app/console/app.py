"""The console as a web application of its own, beside the one that answers calls."""

from collections.abc import Callable

from flask import Flask
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from app.console import on_show
from app.console.absences_page import absences_pages
from app.console.account_page import account_pages
from app.console.accounts_page import accounts_pages
from app.console.callers_page import callers_pages
from app.console.contact_page import contact_pages
from app.console.conversation_page import conversation_pages
from app.console.drafts import drafts_pages
from app.console.errors import name_each_request, refuse_while_away, show_errors
from app.console.figures_page import figures_pages
from app.console.filters import teach
from app.console.follow_ups_page import follow_ups_pages
from app.console.handovers_page import handovers_pages
from app.console.headers import guard_answers, refuse_the_unreadable
from app.console.log_page import log_pages
from app.console.menu import menu_of
from app.console.organisation_page import organisation_pages
from app.console.public_pages import public_pages
from app.console.readings_page import readings_pages
from app.console.rota_page import rota_pages
from app.console.sign_in.city import sign_in_at_the_city
from app.console.sign_in.security import sign_in_with
from app.console.sign_in.sessions import keep_sessions
from app.console.site import Pages, Site
from app.console.swaps_page import swaps_pages
from app.console.system_page import system_pages
from app.console.tonight_page import tonight_pages
from app.console.unheard import show_unheard
from app.console.what_if_page import what_if_pages
from app.console.words import LANGUAGES, speak
from routing.access import Office

LARGEST_REQUEST = 1_100_000  # a file of a megabyte, and the form around it

# Each part's pages.
_PARTS: tuple[Callable[[Site], Pages], ...] = (
    account_pages,
    tonight_pages,
    contact_pages,
    conversation_pages,
    drafts_pages,
    accounts_pages,
    log_pages,
    handovers_pages,
    follow_ups_pages,
    callers_pages,
    organisation_pages,
    rota_pages,
    swaps_pages,
    absences_pages,
    what_if_pages,
    readings_pages,
    system_pages,
    figures_pages,
)


def create_console(site: Site) -> Flask:
    """The pages, with everything that is true of all of them."""
    app = Flask("app.console", static_folder="../static", template_folder="templates")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    name_each_request(app)
    refuse_while_away(app, lambda: site.mirror.database_away)
    domain = speak(app)
    security = sign_in_with(app, site)
    security.i18n_domain = domain
    app.jinja_env.globals["_fsdomain"] = domain.gettext
    city = sign_in_at_the_city(app, security, site.settings)
    refuse_the_unreadable(app)
    keep_sessions(app, site)
    is_https = site.settings.public_url.startswith("https://")
    guard_answers(app, https=is_https, sign_in_at=city)
    teach(app)
    show_errors(app)
    app.register_blueprint(public_pages(site))
    for part in _PARTS:
        app.register_blueprint(part(site))
    show_unheard(app, site)
    known = frozenset(app.view_functions)

    @app.context_processor
    def around() -> dict[str, object]:
        """What the frame of every page needs."""
        signed_in = current_user.is_authenticated
        return {
            "languages": LANGUAGES,
            "menu": menu_of(Office(current_user.account.office), known) if signed_in else [],
            "me": _who(site) if signed_in else None,
            "on_show": on_show.how_to_sign_in() if site.settings.on_show else None,
        }

    return app


def _who(site: Site) -> str:
    """Whose page this is, for the person herself."""
    try:
        viewer = site.viewer()
    except HTTPException:  # no longer in the organisation
        return ""
    organisation = site.organisation
    known = {**{str(i): t.name for i, t in organisation.therapists.items()}}
    known.update({one.id: one.name for one in organisation.managers})
    return known.get(viewer.id, viewer.id)
