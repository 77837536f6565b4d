"""The organisation: who may answer for whom, and what administrators change of it."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from app.console.organisation_edits import add_edits
from app.console.organisation_file_page import add_file_pages
from app.console.organisation_words import DAYS, change, day_name, label, task
from app.console.site import Pages, Site
from app.duty import organisation_desk as desk
from app.duty import organisation_view as views
from routing.access import Office

READERS = frozenset({Office.ADMINISTRATOR, Office.MANAGER})
ADMINISTRATORS = frozenset({Office.ADMINISTRATOR})
_PARTS = ("districts", "people", "mandates", "lines")


def organisation_pages(site: Site) -> Pages:
    """`/organisation`."""
    pages = Pages("organisation", site)
    _add_reading(pages, site)
    add_edits(pages, site, words)
    add_file_pages(pages, site, words)
    return pages


def words(site: Site) -> Mapping[str, object]:
    """What every page of the organisation says things with."""
    spoken = get_locale()
    return {
        "is_administrator": site.viewer().office is Office.ADMINISTRATOR,
        "label": label,
        "task": task,
        "day_name": day_name,
        "all_days": DAYS,
        "language_name": lambda code: (spoken.languages if spoken else {}).get(code, code),
    }


def _add_reading(pages: Pages, site: Site) -> None:
    @pages.get("/organisation", offices=READERS)
    def organisation() -> ResponseReturnValue:
        asked, problem, on = request.args.get("day", ""), "", None
        if asked:
            try:
                on = date.fromisoformat(asked)
            except ValueError:
                problem = _("Write a date such as 2026-03-03.")
        with site.gate() as gate:
            matrix = views.matrix(gate, on)
            names = desk.standing(gate).organisation
        page = render_template(
            "organisation/matrix.html",
            part="matrix", matrix=matrix, organisation=names, problem=problem, asked=asked,
            **words(site),
        )  # fmt: skip
        return page, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK

    @pages.get(f"/organisation/<any({', '.join(_PARTS)}):section>", offices=READERS)
    def part_(section: str) -> str:
        with site.gate() as gate:
            view = views.view(gate)
        return render_template(
            f"organisation/{section}.html", part=section, view=view, organisation=view.organisation,
            **words(site),
        )  # fmt: skip

    @pages.get("/organisation/history", offices=ADMINISTRATORS)
    def history() -> str:
        with site.gate() as gate:
            made, now = desk.history(gate), desk.standing(gate).organisation
        told = [(one.alteration, [change(line, now) for line in one.lines]) for one in made]
        return render_template(
            "organisation/history.html", part="history", made=told, **words(site)
        )
