"""The report on rest inside the console: of the own district's staff, for a chosen time."""

from dataclasses import replace
from datetime import timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console import rota_view as view
from app.console import rota_words as words
from app.console.rest_page import contents
from app.console.rest_say import Say, called_by_name
from app.console.rota_frame import MANAGERS
from app.console.site import Pages, Site
from app.duty.rest_report import of_span
from app.duty.rota_desk import is_own_staff, line_for, whole_days
from routing.rota_rights import RotaAct

_USUAL, _LONGEST = timedelta(days=27), timedelta(days=190)


def add_rest(pages: Pages, site: Site) -> None:
    """The page of rest, on the blueprint of the rota."""

    @pages.get("/rota/<line_id>/rest", offices=MANAGERS)
    def rest(line_id: str) -> ResponseReturnValue:
        with site.look() as gate:
            line = line_for(gate, line_id, RotaAct.REST)
            today = line.today(gate.now)
            first = view.day_asked(request.args.get("first", ""), view.monday_of(today))
            last = view.day_asked(request.args.get("last", ""), first + _USUAL)
            is_too_long = not timedelta() <= last - first <= _LONGEST
            last = first + _USUAL if is_too_long else last
            span = whole_days(line, first, last)
            report = of_span(gate.connection, gate.organisation, line, span, gate.now)
            # Rest is the employer's concern: each manager sees the own district's staff.
            known = gate.organisation.therapists
            own = tuple(p for p in report.people if is_own_staff(gate, known.get(p.therapist)))
        say = Say.of(
            replace(report, people=own), words.language(), called_by_name(site.organisation)
        )
        problem = _("Choose a time of at most half a year, the first day first.")
        return render_template(
            "rota/rest.html",
            **contents(say),
            here="rest",
            office=site.viewer().office,
            own_line=line,
            first=first,
            last=last,
            problem=problem if is_too_long and "last" in request.args else "",
        )
