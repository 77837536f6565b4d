"""`/rota`: who is on standby, by month and by week; versions, fairness and rest."""

from datetime import date

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.console import rota_view as view
from app.console import rota_words as words
from app.console.rota_addresses import add_addresses
from app.console.rota_drafts import add_drafts
from app.console.rota_fairness import add_fairness
from app.console.rota_frame import READERS, around
from app.console.rota_plan import add_plan
from app.console.rota_rest import add_rest
from app.console.site import Pages, Site
from app.duty import rota_desk
from app.duty.gate import Gate
from app.duty.rota_desk import Calendar, line_for, lines_for, may, whole_days
from routing.access import Office
from routing.organisation import Line
from routing.rota_rights import RotaAct
from routing.work import A_DAY


def rota_pages(site: Site) -> Pages:
    """The rota of each line, and everything that is done with it."""
    pages = Pages("rota", site)

    @pages.get("/rota", offices=READERS)
    def rota() -> ResponseReturnValue:
        with site.look() as gate:
            lines = lines_for(gate)
        if len(lines) == 1:
            return redirect(url_for("rota.line", line_id=lines[0].id), 303)
        return render_template("rota/lines.html", lines=lines)

    @pages.get("/rota/<line_id>", offices=READERS)
    def line(line_id: str) -> str:
        with site.look() as gate:
            own = line_for(gate, line_id)
            today = own.today(gate.now)
            if "week" in request.args:
                return _week(gate, own, view.day_asked(request.args["week"], today), today)
            return _month(gate, own, view.month_asked(request.args.get("month", ""), today), today)

    @pages.get("/rota/<line_id>/versions", offices=READERS)
    def versions(line_id: str) -> str:
        with site.look() as gate:
            own = line_for(gate, line_id)
            found = rota_desk.versions(gate, own)
        return render_template("rota/versions.html", found=found, **around(site, own, "versions"))

    @pages.get("/rota/<line_id>/versions/<int:version_id>", offices=READERS)
    def version(line_id: str, version_id: int) -> str:
        with site.look() as gate:
            own = line_for(gate, line_id)
            told = rota_desk.version(gate, own, version_id)
        return render_template("rota/version.html", told=told, **around(site, own, "versions"))

    def _month(gate: Gate, own: Line, month: date, today: date) -> str:
        first, last = view.span_of_month(month)
        found = rota_desk.calendar(gate, own, whole_days(own, first, last))
        before, after = view.around_month(month)
        return render_template(
            "rota/month.html",
            weeks=view.weeks_of(found, site.organisation, gate.viewer.id, today, month),
            weekdays=view.weekdays(),
            heading=view.month_in_words(month),
            before=before,
            after=after,
            this_week=view.monday_of(max(first, month)),
            **_told(gate, own, found),
        )

    def _week(gate: Gate, own: Line, day: date, today: date) -> str:
        monday = view.monday_of(day)
        before, after = view.around_week(monday)
        found = rota_desk.calendar(gate, own, whole_days(own, monday, after - A_DAY))
        (week,) = view.weeks_of(found, site.organisation, gate.viewer.id, today)
        return render_template(
            "rota/week.html",
            week=week,
            monday=monday,
            before=before,
            after=after,
            month=f"{monday:%Y-%m}",
            **_told(gate, own, found),
        )

    def _told(gate: Gate, own: Line, found: Calendar) -> dict[str, object]:
        changes_it = may(gate, own, RotaAct.CHANGE)
        of_source = rota_desk.source_findings(gate, own) if changes_it else ()
        return {
            "findings": words.all_said((*of_source, *found.findings), site.organisation),
            "is_therapist": gate.viewer.office is Office.THERAPIST,
            "sees_all": gate.viewer.office is Office.MANAGER,
            **around(site, own, "calendar"),
        }

    add_drafts(pages, site)
    add_plan(pages, site)
    add_fairness(pages, site)
    add_rest(pages, site)
    add_addresses(pages, site)
    return pages
