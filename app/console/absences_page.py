"""`/absences` and `/wishes`: when people are away, and what they would rather have."""

from datetime import date, datetime, time, timedelta
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console import rota_words as words
from app.console.rota_frame import MANAGERS, SHARERS
from app.console.site import Pages, Site
from app.duty import rota_desk_absences as desk
from app.duty import wishes as wishing
from app.duty.gate import Gate
from app.duty.rota_desk import lines_for
from app.duty.rota_desk_absences import Preview
from routing.absence import Absence, AbsenceKind
from routing.access import Office
from routing.errors import Conflict, InvalidInput, NotFound
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.organisation import Line

_THERAPIST = frozenset({Office.THERAPIST})
_A_DAY = timedelta(days=1)
_BACK = timedelta(days=60)
_LARGEST = 500_000  # characters of a table that is sent back to be kept


def absences_pages(site: Site) -> Pages:
    """Absences, a file of them, and wishes."""
    pages = Pages("absences", site)
    _add_absences(pages, site)
    _add_files(pages, site)
    _add_wishes(pages, site)
    return pages


def _add_absences(pages: Pages, site: Site) -> None:
    @pages.get("/absences", offices=SHARERS)
    def absences() -> ResponseReturnValue:
        return _shown(site)

    @pages.post("/absences", offices=SHARERS)
    def add_absence() -> ResponseReturnValue:
        form = request.form
        try:
            with site.gate() as gate:
                line = _a_line(gate)
                who = form.get("who") or gate.viewer.id
                time_ = _time(form.get("starts", ""), form.get("ends", ""), line)
                found = desk.add(gate, line, who, time_, form.get("kind", ""))
        except Conflict:
            said = _("There is an absence for some of that time already. Remove it first.")
            return _shown(site, said, HTTPStatus.CONFLICT)
        except InvalidInput as err:
            return _shown(site, _absence_fault(err), HTTPStatus.UNPROCESSABLE_ENTITY)
        except ValueError:
            said = _("Choose a first and a last day, the first one first.")
            return _shown(site, said, HTTPStatus.UNPROCESSABLE_ENTITY)
        flash(_("The absence is kept."))
        for own, shift in found:
            flash(
                _(
                    "It collides with the duty of %(who)s on %(line)s, %(when)s. "
                    "Swap the duty, or ask a manager.",
                    who=words.person(site.organisation, shift.therapist),
                    line=own.name,
                    when=words.span(shift.time.start, shift.time.end),
                ),
                "error",
            )
        return redirect(url_for("absences.absences"), 303)

    @pages.post("/absences/remove", offices=SHARERS)
    def remove_absence() -> ResponseReturnValue:
        try:
            gone = _named(request.form.get("absence", ""))
            with site.gate() as gate:
                desk.remove(gate, gone)
        except Conflict:
            said = _("The absence has begun. Ask your manager to change it.")
            return _shown(site, said, HTTPStatus.CONFLICT)
        except ValueError:
            said = _("Choose an absence in the list.")
            return _shown(site, said, HTTPStatus.UNPROCESSABLE_ENTITY)
        flash(_("The absence is removed."))
        return redirect(url_for("absences.absences"), 303)


def _add_files(pages: Pages, site: Site) -> None:
    @pages.post("/absences/file", offices=MANAGERS)
    def look_at_file() -> ResponseReturnValue:
        file = request.files.get("file")
        content = b"" if file is None else file.read()
        return _file(site, content)

    @pages.post("/absences/file/keep", offices=MANAGERS)
    def keep_file() -> ResponseReturnValue:
        content = request.form.get("content", "")[:_LARGEST].encode()
        try:
            with site.gate() as gate:
                change = desk.bring(gate, _("the file"), content)
        except InvalidInput:
            return _file(site, content)
        flash(
            _(
                "The file is kept: %(added)d came, %(removed)d went, %(kept)d stayed.",
                added=change.added,
                removed=change.removed,
                kept=change.kept,
            )
        )
        return redirect(url_for("absences.absences"), 303)


def _add_wishes(pages: Pages, site: Site) -> None:
    @pages.get("/wishes", offices=_THERAPIST)
    def wishes() -> ResponseReturnValue:
        return _wishes(site)

    @pages.post("/wishes", offices=_THERAPIST)
    def add_wish() -> ResponseReturnValue:
        form = request.form
        try:
            first, last = (date.fromisoformat(form.get(name, "")) for name in ("first", "last"))
            with site.gate() as gate:
                line = _a_line(gate)
                wishing.wish(gate, line, first, last, form.get("wanted", ""))
        except Conflict:
            said = _("You have a wish for some of those days already. Take it back first.")
            return _wishes(site, said, HTTPStatus.CONFLICT)
        except (ValueError, InvalidInput):
            said = _(
                "Choose coming days, at most a year and a half ahead, the first one first. "
                "You can have %(most)d wishes.",
                most=wishing.MOST,
            )
            return _wishes(site, said, HTTPStatus.UNPROCESSABLE_ENTITY)
        flash(_("Your wish is kept. The next proposal for the rota goes by it as far as it can."))
        return redirect(url_for("absences.wishes"), 303)

    @pages.post("/wishes/<int:wish_id>/remove", offices=_THERAPIST)
    def remove_wish(wish_id: int) -> ResponseReturnValue:
        with site.gate() as gate:
            wishing.take_back(gate, wish_id)
        flash(_("The wish is taken back."))
        return redirect(url_for("absences.wishes"), 303)


def _shown(site: Site, problem: str = "", status: int = HTTPStatus.OK) -> ResponseReturnValue:
    with site.look() as gate:
        manages = gate.viewer.office is Office.MANAGER
        found = desk.shown(gate, gate.now - _BACK if manages else gate.now)
        staff = desk.staff(gate)
        now = gate.now
    organisation = site.organisation
    page = render_template(
        "absences/absences.html",
        found=found,
        staff=[(who, words.person(organisation, who)) for who in staff],
        kinds=[(str(kind), text) for kind, text in words.KINDS.items()],
        kind_words=words.KINDS,
        manages=manages,
        may_remove=lambda one: manages or one.time.start > now,
        code=_code,
        when=words.when,
        person=lambda who: words.person(organisation, who),
        problem=problem,
        form=request.form,
    )
    return page, status


def _file(site: Site, content: bytes) -> ResponseReturnValue:
    """What a file says, to be looked through before it is kept."""
    read, problem = Preview((), ()), ""
    try:
        with site.look() as gate:
            read = desk.preview(gate, _("the file"), content)
    except InvalidInput:
        problem = _(
            "The file cannot be read. It must be CSV in UTF-8, with the columns therapist, "
            "starts_at, ends_at and kind."
        )
    text = content.decode("utf-8-sig", errors="replace")
    if len(text) > _LARGEST:
        problem = _("The file is too large. Bring it in parts.")
    organisation = site.organisation
    is_good = not problem and not read.faults
    page = render_template(
        "absences/file.html",
        read=read,
        problem=problem,
        faults=[_row_fault(fault) for fault in read.faults],
        content=text,
        is_good=is_good,
        kind_words=words.KINDS,
        when=words.when,
        span=words.span,
        person=lambda who: words.person(organisation, who),
    )
    return page, HTTPStatus.OK if is_good else HTTPStatus.UNPROCESSABLE_ENTITY


def _wishes(site: Site, problem: str = "", status: int = HTTPStatus.OK) -> ResponseReturnValue:
    with site.look() as gate:
        found = wishing.own(gate)
        tomorrow = _a_line(gate).today(gate.now) + _A_DAY
    page = render_template(
        "absences/wishes.html",
        found=found,
        tomorrow=tomorrow,
        when=words.when,
        problem=problem,
        form=request.form,
    )
    return page, status


def _a_line(gate: Gate) -> Line:
    """Whose clocks days are read by; raises NotFound for somebody whose district is on no line."""
    lines = lines_for(gate)
    if not lines:
        raise NotFound("the viewer's district is on no line")
    return lines[0]


def _time(starts: str, ends: str, line: Line) -> Interval:
    """Whole days, both included; raises ValueError where they make none."""
    first, last = date.fromisoformat(starts), date.fromisoformat(ends) + _A_DAY
    edges = (datetime.combine(on, time(0), line.zone) for on in (first, last))
    return Interval(*edges)


def _code(one: Absence) -> str:
    return "|".join(
        (one.therapist, one.time.start.isoformat(), one.time.end.isoformat(), str(one.kind))
    )


def _named(code: str) -> Absence:
    """The absence that a button names; raises ValueError where it makes no sense."""
    who, starts, ends, kind = code.split("|")
    time_ = Interval(datetime.fromisoformat(starts), datetime.fromisoformat(ends))
    return Absence(time_, TherapistId(who), AbsenceKind(kind))


def _absence_fault(err: InvalidInput) -> str:
    field = "" if err.place is None else err.place.file
    if field == "kind":
        return _("Choose why.")
    if field == "starts":
        return _("That time has passed. A manager can still keep it.")
    return _("An absence can be two years at most.")


def _row_fault(fault: InvalidInput) -> str:
    """What is wrong with a row, by its column; no value is quoted."""
    place = fault.place
    if place is None or place.line is None:
        return _("Something in the file cannot be read.")
    said = {
        "therapist": _("nobody in your district has that id"),
        "starts_at": _("the start must be a time such as 2026-03-03T08:00"),
        "ends_at": _("the end must be a time after the start, such as 2026-03-04T08:00"),
        "kind": _("the kind must be leave, sick, compensation or other"),
    }.get(place.field or "", _("the row cannot be read"))
    return _("Line %(line)d: %(fault)s.", line=place.line, fault=said)
