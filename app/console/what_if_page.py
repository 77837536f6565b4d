"""`/what-if`: pick a moment and a caller, and see who would be rung, in which order, and why."""

from datetime import datetime
from http import HTTPStatus

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console import rota_words as words
from app.console.rota_frame import READERS
from app.console.site import Pages, Site
from app.duty.rota_desk import lines_for
from app.duty.what_if import Answer, Caller, Question, what_if
from routing.access import Office
from routing.errors import InvalidInput
from routing.organisation import Line


def what_if_pages(site: Site) -> Pages:
    """One page: what is asked is POSTed, since a client's reference stands in no address."""
    pages = Pages("what_if", site)

    @pages.get("/what-if", offices=READERS, endpoint="what_if")
    def start() -> ResponseReturnValue:
        return _shown(site)

    @pages.post("/what-if", offices=READERS)
    def ask() -> ResponseReturnValue:
        form, problem, found = request.form, "", None
        try:
            with site.gate() as gate:
                line = next((one for one in lines_for(gate) if one.id == form.get("line")), None)
                asked = Question(
                    form.get("line", ""),
                    Caller(form.get("caller", "")),
                    _moment(form.get("at", ""), line),
                    form.get("district", ""),
                    form.get("client", ""),
                )
                found = what_if(gate, asked, site.mirror.picture.out(gate.now))
        except InvalidInput:
            problem = _("Write the client's reference, as it stands in the register.")
        except ValueError:
            problem = _("Choose a caller, and a moment such as 2026-03-03 18:00.")
        if found is None and not problem:
            problem = _("There is no such client in your district's register.")
        return _shown(site, found, problem)

    return pages


def _shown(site: Site, found: Answer | None = None, problem: str = "") -> ResponseReturnValue:
    with site.look() as gate:
        lines, office, now = lines_for(gate), gate.viewer.office, gate.now
    organisation = site.organisation
    districts = dict.fromkeys(d for line in lines for d in line.districts)
    page = render_template(
        "what_if/what_if.html",
        lines=[(line.id, line.name) for line in lines],
        districts=[(d, organisation.name_of(d) or d) for d in districts],
        may_ask_of_clients=office in {Office.THERAPIST, Office.MANAGER},
        now=now,
        found=found,
        problem=problem,
        form=request.form,
        person=lambda who: words.person(organisation, who),
        district=lambda one: organisation.name_of(one) or _("not known"),
        reasons=words.REASONS,
        language_name=words.language_name,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK


def _moment(text: str, line: Line | None) -> datetime | None:
    """The moment in the line's own wall time, None for now; raises ValueError where it is none."""
    if not text:
        return None
    zone = words.ZONE if line is None else line.zone
    return datetime.fromisoformat(text).replace(tzinfo=zone)
