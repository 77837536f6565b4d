"""Addresses by which a therapist's calendar shows her duties; each is shown once."""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console.site import Pages, Site
from app.duty import rota_desk_calendar as desk
from app.duty.rota_desk import lines_for
from routing.access import Office
from routing.errors import Conflict

_THERAPIST = frozenset({Office.THERAPIST})


def add_addresses(pages: Pages, site: Site) -> None:
    """The page of calendars, on the blueprint of the rota."""

    @pages.get("/rota/calendars", offices=_THERAPIST)
    def calendars() -> ResponseReturnValue:
        return _shown(site)

    @pages.post("/rota/calendars", offices=_THERAPIST)
    def make_calendar() -> ResponseReturnValue:
        try:
            with site.gate() as gate:
                address = desk.make(gate, request.form.get("line", ""), site.settings.public_url)
        except Conflict:
            said = _(
                "You have %(most)d addresses already. End one that you no longer use first.",
                most=desk.MOST,
            )
            return _shown(site, problem=said), HTTPStatus.CONFLICT
        return _shown(site, address)

    @pages.post("/rota/calendars/<int:calendar_id>/end", offices=_THERAPIST)
    def end_calendar(calendar_id: int) -> ResponseReturnValue:
        with site.gate() as gate:
            desk.revoke(gate, calendar_id)
        flash(_("The address is ended. Calendars that used it show nothing new."))
        return redirect(url_for("rota.calendars"), 303)


def _shown(site: Site, address: str = "", problem: str = "") -> str:
    with site.look() as gate:
        found, lines = desk.own(gate), lines_for(gate)
    return render_template(
        "rota/calendars.html",
        found=found,
        lines=lines,
        names={line.id: line.name for line in lines},
        address=address,
        problem=problem,
    )
