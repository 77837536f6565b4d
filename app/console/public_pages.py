"""What needs no sign-in: the start, the language, and how accessible the pages are."""

import re
from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.console.home import HOME
from app.console.site import Site
from app.console.start import described
from app.console.words import COOKIE, LANGUAGES
from app.duty import feedback
from routing.access import Office
from routing.errors import InvalidInput, Unavailable

_A_YEAR = timedelta(days=365)
# Two strokes begin another host's address, however browsers write them: backwards, or with a tab
# between them, which they leave out.
_OURS = re.compile(r"/(?!/)[^\\\s\x00-\x1f]*")


def public_pages(site: Site) -> Blueprint:
    """`/`, `/language` and `/accessibility`."""
    pages = Blueprint("public", __name__, template_folder="templates")

    @pages.get("/")
    def start() -> ResponseReturnValue:
        if current_user.is_authenticated:
            return redirect(url_for(HOME[Office(current_user.account.office)]), 303)
        try:
            picture = site.mirror.picture
        except Unavailable:
            return render_template("start.html", lines=[], degraded=True)
        lines = [
            described(picture, line, site.now()) for line in picture.organisation.lines.values()
        ]
        return render_template("start.html", lines=lines, degraded=site.mirror.degraded)

    @pages.post("/language")
    def language() -> ResponseReturnValue:
        chosen = request.form.get("language", "")
        back = request.form.get("back", "")
        is_ours = _OURS.fullmatch(back) is not None
        answer = redirect(back if is_ours else url_for("public.start"), 303)
        if chosen in LANGUAGES:
            is_https = site.settings.public_url.startswith("https://")
            answer.set_cookie(
                COOKIE, chosen, max_age=_A_YEAR, secure=is_https, httponly=True, samesite="Lax"
            )
        return answer

    @pages.get("/accessibility")
    def accessibility() -> str:
        return render_template("accessibility.html", written="", problem="")

    @pages.post("/accessibility")
    def tell() -> ResponseReturnValue:
        written = request.form.get("written", "")
        try:
            feedback.keep(site.engine, site.cipher, written, site.now())
        except InvalidInput:
            problem = _(
                "Write what was hard to use, in at most %(most)d characters.", most=feedback.LONGEST
            )
            page = render_template("accessibility.html", written=written, problem=problem)
            return page, HTTPStatus.UNPROCESSABLE_ENTITY
        flash(_("Thank you. The administrator reads what you wrote."))
        return redirect(url_for("public.accessibility"), 303)

    return pages
