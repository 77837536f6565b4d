"""One's own account: how to sign in, where one is signed in, and in which language."""

import re

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.console.sign_in.sessions import KEPT
from app.console.site import EVERYBODY, Pages, Site
from app.store import sessions
from app.store.database import reading

_NUMBER = re.compile(r"[0-9]{1,9}")


def account_pages(site: Site) -> Pages:
    """`/account`."""
    pages = Pages("account", site)

    @pages.get("/account", offices=EVERYBODY)
    def account() -> str:
        from flask import session  # noqa: PLC0415 - its name is taken by ours

        mine, now = current_user.account, site.now()
        with reading(site.engine) as connection:
            here = sessions.find(connection, session.get(KEPT, ""))
            everywhere = sessions.of_account(connection, mine.id, now)
        return render_template(
            "account/account.html",
            account=mine,
            passkeys=current_user.webauthn,
            sessions=everywhere,
            here=None if here is None else here.id,
            codes_left=len(mine.recovery_codes or []),
        )

    @pages.post("/account/sessions/end", offices=EVERYBODY)
    def end() -> ResponseReturnValue:
        chosen = request.form.get("session", "")
        mine, now = current_user.account, site.now()
        with site.engine.begin() as connection:
            if chosen == "all":
                sessions.end_all(connection, mine.id, now)
            elif _NUMBER.fullmatch(chosen):
                sessions.end(connection, mine.id, int(chosen), now)
        flash(_("Signed out there."))
        return redirect(url_for("account.account"), 303)

    return pages
