"""`/readings`: who has read what of the district's, what is odd about it, and the monthly check."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console.readings_checks import check_pages
from app.console.readings_words import line_of, name_of, words_of
from app.console.site import Pages, Site
from app.review import readings as service
from app.review import readings_file, readings_sample
from app.review.readings import Asked, Cursor
from routing.access import Office, Viewer
from routing.errors import InvalidInput, NotFound
from routing.hours import wall
from routing.ids import ContactId
from routing.intervals import Interval
from routing.organisation import Line

_REVIEWERS = frozenset({Office.MANAGER, Office.REVIEWER})
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class _Filter:
    """What was asked for, as it was typed and as it was understood."""

    typed: Mapping[str, str]
    asked: Asked
    problems: Mapping[str, str]


def readings_pages(site: Site) -> Pages:
    """The reading log, the same as a file, and each month's sample."""
    pages = Pages("readings", site)

    @pages.get("/readings", offices=_REVIEWERS)
    def readings() -> ResponseReturnValue:
        after = request.args.get("after")
        try:
            cursor = Cursor.read(after) if after else None
        except InvalidInput:
            raise NotFound("there is no such page of the log") from None
        return _shown(site, _filter(site, request.args), cursor)

    @pages.post("/readings/export", offices=_REVIEWERS)
    def export() -> ResponseReturnValue:
        wanted = _filter(site, request.form)
        if wanted.problems:
            return _shown(site, wanted, None)
        try:
            with site.gate() as gate:
                entries = service.everything(gate, wanted.asked)
        except InvalidInput:
            said = _("There are too many rows for one file. Choose fewer days, and save again.")
            return _shown(site, _Filter(wanted.typed, wanted.asked, {"to": said}), None)
        answer = Response(
            readings_file.written(entries, line_of(site.organisation).zone), mimetype="text/csv"
        )
        name = _("reading-log")
        answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.csv")
        return answer

    check_pages(pages, site)
    return pages


def _shown(site: Site, wanted: _Filter, cursor: Cursor | None) -> ResponseReturnValue:
    asked = wanted.asked
    with site.gate() as gate:
        page = service.look(gate, asked, cursor)
        people = service.readers(gate, asked.span)
        due = readings_sample.last_month(gate)
    shown = render_template(
        "readings/readings.html",
        page=page,
        wanted=wanted,
        people=_choices(site, people, asked.viewer),
        older=page.next and _address(wanted, after=str(page.next)),
        newest=_address(wanted) if cursor else None,
        due=due,
        most=service.MOST_EXPORTED,
        **words_of(site.organisation),
    )
    return shown, 422 if wanted.problems else 200


def _address(wanted: _Filter, **more: Any) -> str:  # noqa: ANN401 - as url_for has them
    """Where the same is asked for; dates, and ids that say nothing."""
    more.update((name, text) for name, text in wanted.typed.items() if text)
    return url_for("readings.readings", **more)


def _choices(site: Site, people: Iterable[Viewer], chosen: str | None) -> list[tuple[str, object]]:
    """Whom one can ask for: those who stand in the log of these days."""
    ids = {one.id for one in people} | ({chosen} if chosen else set())
    named = sorted((name_of(site.organisation, one), one) for one in ids)
    return [("", _("Everybody")), *((one, name) for name, one in named)]


def _filter(site: Site, given: Mapping[str, str]) -> _Filter:
    names = ("from", "to", "person", "contact", "flagged", "refused")
    typed = {name: given.get(name, "").strip() for name in names}
    for name in ("person", "contact"):
        if typed[name] and not _ID.fullmatch(typed[name]):
            raise NotFound("nobody and nothing has such an id")
    problems: dict[str, str] = {}
    line = line_of(site.organisation)
    today = line.today(site.now())
    first = _day(typed["from"], "from", problems) or today.replace(day=1)
    last = _day(typed["to"], "to", problems) or max(today, first)
    if last < first:
        problems["to"] = _("The last day is before the first. Change one of them.")
    elif last - first > _LONGEST:
        problems["to"] = _("That is more than a year. Choose days that are closer.")
    if problems:
        first, last = today.replace(day=1), today
    else:
        typed |= {"from": first.isoformat(), "to": last.isoformat()}
    contact = ContactId(typed["contact"]) if typed["contact"] else None
    asked = Asked(
        _days(line, first, last),
        typed["person"] or None,
        contact,
        flagged=bool(typed["flagged"]),
        refused=bool(typed["refused"]),
    )
    return _Filter(typed, asked, problems)


def _days(line: Line, first: date, last: date) -> Interval:
    start, end = (
        wall(day, time(0), line.zone, last=False) for day in (first, last + timedelta(days=1))
    )
    return Interval(start, end)


def _day(text: str, name: str, problems: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        problems[name] = _("There is no such day. Write it as 2026-03-31.")
        return None
