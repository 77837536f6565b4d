"""`/figures`: a manager sees how the duty goes, and takes the figures into the yearly report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.console.figures_files import FORMATS, MIMETYPES, written
from app.console.figures_report import Report, report_of
from app.console.site import Pages, Site
from app.review import figures
from app.review.figures_period import Length, Period, period_of
from routing.access import Office
from routing.errors import InvalidInput, NotFound

_MANAGER = frozenset({Office.MANAGER})
LENGTHS: Mapping[Length, object] = {
    Length.MONTH: lazy_gettext("Month"),
    Length.QUARTER: lazy_gettext("Quarter"),
    Length.HALF_YEAR: lazy_gettext("Half-year"),
    Length.YEAR: lazy_gettext("Year"),
    Length.OWN: lazy_gettext("Own days"),
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which period, and what of it could not be understood."""

    period: Period
    problems: Mapping[str, str]


def figures_pages(site: Site) -> Pages:
    """The figures of a period, and the same as a file."""
    pages = Pages("figures", site)

    # The function's name is the endpoint's, and so it hides the service inside of it.
    @pages.get("/figures", offices=_MANAGER, endpoint="figures")
    def shown() -> ResponseReturnValue:
        asked = _asked(site, request.args)
        page = render_template(
            "figures/figures.html",
            report=_report(site, asked.period),
            period=asked.period,
            problems=asked.problems,
            lengths=[(str(key), words) for key, words in LENGTHS.items()],
            earlier=_address(asked.period.before()),
            later=_address(asked.period.after()),
            formats=FORMATS,
        )
        return page, 422 if asked.problems else 200

    @pages.post("/figures/export", offices=_MANAGER)
    def export() -> Response:
        form = request.form.get("form", "")
        asked = _asked(site, request.form)
        if form not in FORMATS or asked.problems:
            raise NotFound("there is no such document")
        answer = Response(written(_report(site, asked.period), form), mimetype=MIMETYPES[form])
        period = asked.period
        what = _("figures")
        name = f"{what}-{period.first}--{period.last}.{form}"
        answer.headers.set("Content-Disposition", "attachment", filename=name)
        return answer

    return pages


def _report(site: Site, period: Period) -> Report:
    with site.gate() as gate:
        leave = figures.asked(gate, period)
    return report_of(figures.counted(site.engine, leave, site.replica))


def _asked(site: Site, given: Mapping[str, str]) -> _Asked:
    """The period that an address names; this half-year where it names none, or none that is."""
    line = next(iter(site.organisation.lines.values()))
    today = line.today(site.now())
    usual = period_of(Length.HALF_YEAR, today)
    problems: dict[str, str] = {}
    first = _day(given.get("from", ""), "from", problems)
    last = _day(given.get("to", ""), "to", problems)
    try:
        length = Length(given.get("length") or Length.HALF_YEAR)
    except ValueError:
        problems["length"] = _("Choose one from the list.")
        return _Asked(usual, problems)
    if problems:
        return _Asked(usual, problems)
    if length is not Length.OWN:
        return _Asked(period_of(length, first or today), problems)
    if first is None or last is None:
        problems["from" if first is None else "to"] = _("Write both days, the first and the last.")
        return _Asked(usual, problems)
    try:
        return _Asked(Period(first, last), problems)
    except InvalidInput:
        problems["to"] = _("The last day must come after the first, and within two years.")
        return _Asked(usual, problems)


def _day(text: str, name: str, problems: dict[str, str]) -> date | None:
    try:
        found = date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        found = None
        problems[name] = _("There is no such day. Write it as 2026-03-31.")
    if found is not None and not 2000 <= found.year <= 2100:  # noqa: PLR2004 - years of calendars
        problems[name] = _("There is no such day. Write it as 2026-03-31.")
        return None
    return found


def _address(period: Period) -> str:
    to = period.last.isoformat() if period.length is Length.OWN else None
    named: dict[str, Any] = {"from": period.first.isoformat(), "to": to}
    return url_for("figures.figures", length=str(period.length), **named)
