"""Drafts of a rota: listed, looked through, changed by form, published, thrown away, brought."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console import rota_view as view
from app.console import rota_words as words
from app.console.rota_frame import MANAGERS, READERS, around
from app.console.site import Pages, Site
from app.duty import rota_desk_drafts as desk
from app.duty import rota_desk_file
from app.duty.publishing import BreaksARule
from app.duty.rota_desk import line_for
from app.duty.rota_desk_drafts import DraftMoved, Lay, OpenDraft
from app.duty.rota_desk_file import FileRefused
from routing.access import Office
from routing.errors import InvalidInput, Unavailable
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.swap import Slot
from routing.work import A_DAY, A_WEEK

_LONGEST_NOTE = 200
_USUAL = 27  # days after the first


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why a form was not done, shown above it, or at one of its fields."""

    problems: tuple[str, ...] = ()
    field: str = ""

    def at(self, field: str) -> str:
        return self.problems[0] if self.problems and self.field == field else ""


_FINE = _Refused()
_Page = tuple[str, int]


def add_drafts(pages: Pages, site: Site) -> None:
    """The pages of drafts, on the blueprint of the rota."""
    _add_list(pages, site)
    _add_one(pages, site)
    _add_changes(pages, site)


def _add_list(pages: Pages, site: Site) -> None:
    @pages.get("/rota/<line_id>/drafts", offices=READERS)
    def drafts(line_id: str) -> ResponseReturnValue:
        return _list(site, line_id)

    @pages.post("/rota/<line_id>/drafts", offices=MANAGERS)
    def make_draft(line_id: str) -> ResponseReturnValue:
        form = request.form
        try:
            first, last = (date.fromisoformat(form.get(name, "")) for name in ("first", "last"))
            with site.gate() as gate:
                number = desk.make(gate, line_id, first, last, _note())
        except (ValueError, InvalidInput) as err:
            said = _("Choose a first and a last day, at most a year apart, the first one first.")
            field = "last" if isinstance(err, InvalidInput) else "first"
            return _list(site, line_id, _Refused((said,), field))
        flash(_("The draft is made. Nobody goes by it until it is published."))
        return redirect(url_for("rota.draft", line_id=line_id, draft_id=number), 303)

    @pages.post("/rota/<line_id>/file", offices=MANAGERS)
    def bring_file(line_id: str) -> ResponseReturnValue:
        return _bring(site, line_id)


def _add_one(pages: Pages, site: Site) -> None:
    @pages.get("/rota/<line_id>/drafts/<int:draft_id>", offices=READERS)
    def draft(line_id: str, draft_id: int) -> ResponseReturnValue:
        return _open(site, line_id, draft_id)

    @pages.post("/rota/<line_id>/drafts/<int:draft_id>/publish", offices=MANAGERS)
    def publish_draft(line_id: str, draft_id: int) -> ResponseReturnValue:
        return _publish(site, line_id, draft_id)

    @pages.post("/rota/<line_id>/drafts/<int:draft_id>/discard", offices=MANAGERS)
    def discard_draft(line_id: str, draft_id: int) -> ResponseReturnValue:
        with site.gate() as gate:
            desk.discard(gate, line_id, draft_id)
        flash(_("The draft is thrown away. The rota is as it was."))
        return redirect(url_for("rota.drafts", line_id=line_id), 303)


def _add_changes(pages: Pages, site: Site) -> None:
    @pages.post("/rota/<line_id>/drafts/<int:draft_id>/slots", offices=MANAGERS)
    def change_slots(line_id: str, draft_id: int) -> ResponseReturnValue:
        def made(opened: OpenDraft) -> list[Lay]:
            return _changed_slots(opened)

        return _change(site, line_id, draft_id, made)

    @pages.post("/rota/<line_id>/drafts/<int:draft_id>/week", offices=MANAGERS)
    def change_week(line_id: str, draft_id: int) -> ResponseReturnValue:
        def made(opened: OpenDraft) -> list[Lay]:
            line = opened.calendar.line
            monday = view.monday_of(date.fromisoformat(request.form.get("monday", "")))
            position = int(request.form.get("position", ""))
            who = _chosen("therapist")
            return [Lay(slot, who) for slot in desk.a_week(line, opened.draft, monday, position)]

        return _change(site, line_id, draft_id, made)

    @pages.post("/rota/<line_id>/drafts/<int:draft_id>/shift", offices=MANAGERS)
    def change_shift(line_id: str, draft_id: int) -> ResponseReturnValue:
        def made(opened: OpenDraft) -> list[Lay]:
            form, line = request.form, opened.calendar.line
            day, starts, ends = (form.get(name, "") for name in ("day", "starts", "ends"))
            time = Interval(*view.moments_in(day, starts, ends, line))
            return [Lay(Slot(time, int(form.get("position", ""))), _chosen("therapist"))]

        return _change(site, line_id, draft_id, made)


def _list(
    site: Site, line_id: str, refused: _Refused = _FINE, faults: tuple[str, ...] = ()
) -> _Page:
    with site.look() as gate:
        line = line_for(gate, line_id)
        found = desk.listed(gate, line)
        first = view.monday_of(line.today(gate.now)) + A_WEEK
    page = render_template(
        "rota/drafts.html",
        found=found,
        first=first,
        last=first + _USUAL * A_DAY,
        refused=refused,
        faults=faults,
        form=request.form,
        is_of_a_source=desk.is_of_a_source,
        **around(site, line, "drafts"),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if refused.problems or faults else HTTPStatus.OK


def _bring(site: Site, line_id: str) -> ResponseReturnValue:
    """A file is read outside any transaction, and kept as a draft if nothing in it is wrong."""
    with site.look() as gate:
        line = rota_desk_file.check_brings(gate, line_id)
    file = request.files.get("file")
    if file is None or not file.filename:
        return _list(site, line_id, _Refused((_("Choose a file first."),), "file"))
    try:
        shifts, found = rota_desk_file.read(
            line, site.organisation, file.filename, file.read(), site.now()
        )
    except FileRefused as err:
        return _list(site, line_id, faults=tuple(words.fault(one) for one in err.findings))
    except Unavailable:
        said = _("The file took too long to read. Send a smaller one, or save it as CSV.")
        return _list(site, line_id, _Refused((said,), "file"))
    with site.gate() as gate:
        brought = rota_desk_file.keep(gate, line_id, file.filename, shifts, found)
    flash(_("The file is read, and is a draft. Nobody goes by it until it is published."))
    for one in dict.fromkeys(words.fault(odd) for odd in brought.findings):
        flash(one)
    return redirect(url_for("rota.draft", line_id=line_id, draft_id=brought.draft), 303)


def _open(
    site: Site,
    line_id: str,
    number: int,
    refused: _Refused = _FINE,
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> _Page:
    with site.look() as gate:
        opened = desk.open_draft(gate, line_id, number)
        line, viewer = opened.calendar.line, gate.viewer
        today = line.today(gate.now)
        team = desk.team(gate, line, opened.draft.span)
    days = [day.day for day in opened.calendar.days]
    monday = _week_shown(opened, today)
    weeks = view.weeks_of(opened.calendar, site.organisation, viewer.id, today)
    before, after = view.around_week(monday)
    page = render_template(
        "rota/draft.html",
        opened=opened,
        draft=opened.draft,
        weeks=weeks,
        week=next(
            (w for w in weeks if any(d and view.monday_of(d.day) == monday for d in w)), weeks[0]
        ),
        weekdays=view.weekdays(),
        monday=monday,
        before=before if before + A_WEEK > days[0] else None,
        after=after if after <= days[-1] else None,
        mondays=sorted({view.monday_of(day) for day in days}),
        options=view.options(site.organisation, team, (s.therapist for s in opened.draft.shifts)),
        findings=words.all_said(opened.calendar.findings, site.organisation),
        may_change=viewer.office is Office.MANAGER and not opened.is_of_a_source,
        may_publish=viewer.office is Office.MANAGER,
        is_editable=lambda slot: _is_editable(opened, slot),
        refused=refused,
        form=request.form,
        first=days[0],
        last=days[-1],
        **around(site, line, "drafts"),
    )
    return page, status if refused.problems else HTTPStatus.OK


def _change(
    site: Site, line_id: str, number: int, made: Callable[[OpenDraft], list[Lay]]
) -> ResponseReturnValue:
    try:
        with site.gate() as gate:
            opened = desk.open_draft(gate, line_id, number)
            _check_state(opened)
            laid = made(opened)
            if laid:
                desk.change(gate, line_id, number, opened.seen, laid)
    except DraftMoved:
        return _open(site, line_id, number, _moved(), HTTPStatus.CONFLICT)
    except (ValueError, InvalidInput):
        said = _("Choose a day, times and a position that lie inside the draft.")
        return _open(site, line_id, number, _Refused((said,)))
    flash(_("The draft is changed.") if laid else _("Nothing was different, so nothing changed."))
    back = url_for(
        "rota.draft", line_id=line_id, draft_id=number, week=request.form.get("week") or None
    )
    return redirect(back, 303)


def _publish(site: Site, line_id: str, number: int) -> ResponseReturnValue:
    form = request.form
    try:
        with site.gate() as gate:
            reason = form.get("reason", "")[:_LONGEST_NOTE]
            desk.publish(gate, line_id, number, form.get("state", ""), _note(), reason)
    except DraftMoved:
        return _open(site, line_id, number, _moved(), HTTPStatus.CONFLICT)
    except BreaksARule:
        said = _(
            "Something in the draft is an error. Put it right, or write why it is to be in force "
            "all the same. The reason is kept."
        )
        return _open(site, line_id, number, _Refused((said,), "reason"))
    except InvalidInput:
        said = _("The draft is about time that has passed. Throw it away, or make a new one.")
        return _open(site, line_id, number, _Refused((said,)))
    flash(_("The rota is published. Calls go by it from now on."))
    return redirect(url_for("rota.line", line_id=line_id), 303)


def _changed_slots(opened: OpenDraft) -> list[Lay]:
    """What the form of a week says otherwise than the draft did when it was shown."""
    made = []
    for day in opened.calendar.days:
        for piece in day.pieces:
            slot = piece.slot
            code = f"{slot.position}|{slot.time.start.isoformat()}|{slot.time.end.isoformat()}"
            chosen = request.form.get(code)
            if chosen is not None and chosen != (piece.therapist or ""):
                made.append(Lay(slot, TherapistId(chosen) if chosen else None))
    return made


def _is_editable(opened: OpenDraft, slot: view.Slot) -> bool:
    """Whether a form may change it: it lies in the draft, and nothing lies on top of it."""
    time = slot.piece.slot.time
    return opened.draft.span.overlap(time) == time and not slot.piece.is_on_top


def _check_state(opened: OpenDraft) -> None:
    if request.form.get("state") != opened.seen:
        raise DraftMoved("somebody else has changed the draft since it was looked at")


def _week_shown(opened: OpenDraft, today: date) -> date:
    """The Monday asked for, inside the draft: else that of its first day still to come."""
    days = [day.day for day in opened.calendar.days]
    asked = view.day_asked(request.values.get("week", ""), max(days[0], min(today, days[-1])))
    return view.monday_of(max(days[0], min(asked, days[-1])))


def _chosen(name: str) -> TherapistId | None:
    who = request.form.get(name, "")
    return TherapistId(who) if who else None


def _note() -> str:
    return " ".join(request.form.get("note", "").split())[:_LONGEST_NOTE]


def _moved() -> _Refused:
    said = _(
        "Somebody else has changed the draft since you opened it. This is how it is now. "
        "Look it through, and make your change again."
    )
    return _Refused((said,))
