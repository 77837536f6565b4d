"""Accounts: who may sign in, as what; a new link for whoever has lost a key."""

from http import HTTPStatus

import sqlalchemy as sa
import structlog
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console.sign_in.invitation import invitation
from app.console.site import Pages, Site
from app.duty import accounts, feedback
from app.duty.handover import Desk
from app.store.accounts import Account
from app.store.database import reading
from routing.access import Office
from routing.errors import InvalidInput
from routing.ids import DistrictId

log = structlog.get_logger()


def accounts_pages(site: Site) -> Pages:
    """`/accounts`, for administrators."""
    pages = Pages("accounts", site)
    only = {Office.ADMINISTRATOR}

    def shown(
        *, link: str = "", of: str = "", problem: str = "", status: int = HTTPStatus.OK
    ) -> tuple[str, int]:
        with reading(site.engine) as connection:
            everybody = accounts.listed(connection, site.now())
            messages = feedback.latest(connection, site.cipher)
        organisation = site.organisation
        page = render_template(
            "accounts/accounts.html",
            everybody=everybody,
            messages=messages,
            organisation=organisation,
            names={
                **{str(key): one.name for key, one in organisation.therapists.items()},
                **{one.id: one.name for one in organisation.managers},
            },
            link=link,
            of=of,
            problem=problem,
            form=request.form,
        )
        return page, status

    def noted(connection: sa.Connection, what: str, account: Account) -> None:
        accounts.write_down(connection, site.cipher, what, account, site.viewer().id, site.now())

    def linked(account: Account) -> ResponseReturnValue:
        """The page once, with a link that is shown nowhere else and never again."""
        link = invitation(site.settings.public_url, account)
        return shown(link=link, of=account.login)

    @pages.get("/accounts", offices=only)
    def accounts_() -> ResponseReturnValue:
        return shown()

    @pages.post("/accounts", offices=only)
    def add() -> ResponseReturnValue:
        form = request.form
        office, _dot, person = form.get("who", "").partition(":")
        try:
            with site.engine.begin() as connection:
                made = accounts.add(
                    connection,
                    site.organisation,
                    login=form.get("login", ""),
                    person=person or form.get("login", "").strip().lower(),
                    office=Office(office),
                    district=DistrictId(form.get("district", "")) or None,
                    now=site.now(),
                )
                noted(connection, "added", made)
        except (InvalidInput, ValueError) as err:
            return shown(problem=_said(err), status=HTTPStatus.UNPROCESSABLE_ENTITY)
        log.info("account.added", account=made.id, office=made.office, by=site.viewer().id)
        return linked(made)

    @pages.post("/accounts/disable", offices=only)
    def disable() -> ResponseReturnValue:
        with site.engine.begin() as connection:
            account = accounts.disable(connection, request.form.get("login", ""), site.now())
            noted(connection, "disabled", account)
        log.info("account.disabled", account=account.id, by=site.viewer().id)
        flash(_("The account is closed, and signed out everywhere."))
        return redirect(url_for("accounts.accounts_"), 303)

    @pages.post("/accounts/reset", offices=only)
    def reset() -> ResponseReturnValue:
        with site.engine.begin() as connection:
            account = accounts.reset(connection, request.form.get("login", ""), site.now())
            noted(connection, "reset", account)
            settings, organisation = site.settings, site.organisation
            mails = settings.smtp_url is not None
            desk = Desk(site.engine, site.cipher, settings.public_url, mails=mails)
            accounts.tell_of_reset(connection, desk, organisation, account, site.now())
        log.info("account.reset", account=account.id, by=site.viewer().id)
        return linked(account)

    return pages


def _said(err: Exception) -> str:
    match str(err).partition(":")[0]:
        case "login" if "taken" in str(err):
            return _("There is an account with that e-mail address already.")
        case "login":
            return _("Write the person's e-mail address at work.")
        case "district":
            return _("Choose the district that the person works for.")
        case _other:
            return _("Choose the person and the role.")
