"""`/handovers`: what waits for the meeting, and the list that is gone through; signing off."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from app.console.handover_words import as_written, late_by, person, stands_at
from app.console.site import STAFF, Pages, Site
from app.duty import handover_meeting, notes
from app.duty.handover_desk import shelves
from app.duty.handover_document import FORMATS, written
from app.duty.handover_document.dossier import exported
from app.duty.handover_document.say import Say
from app.duty.handover_document.sheet import Entry, history_of, sheet_of
from app.duty.handover_meeting import Meeting
from app.duty.handover_state import reach
from app.duty.sign_off_desk import own_duties, sign
from routing.access import Office
from routing.errors import Conflict, NotFound
from routing.handover import DONE, HandoverState
from routing.ids import ContactId, HandoverId, LineId

_THERAPIST = frozenset({Office.THERAPIST})
_STEPS = frozenset({HandoverState.ACKNOWLEDGED, HandoverState.TRANSFERRED, HandoverState.CLOSED})
_MIMETYPES = {"pdf": "application/pdf", "json": "application/json", "text": "text/plain"}
_ENDINGS = {"pdf": "pdf", "json": "json", "text": "txt"}
_ENOUGH = 286  # by which htmx knows that it need not ask again


@dataclass(frozen=True, slots=True)
class Block:
    """What the list says of one contact, or of a follow-up."""

    place: int
    entry: Entry
    contact: ContactId | None  # None for a follow-up
    is_new: bool
    may_react: bool


def handovers_pages(site: Site) -> Pages:
    """The desk of handovers, one of them, and signing off a duty."""
    pages = Pages("handovers", site)

    @pages.get("/handovers", offices=STAFF)
    def handovers() -> str:
        with site.gate() as gate:
            found = shelves(gate)
        return render_template("handovers/handovers.html", shelves=found, **_words(site))

    @pages.get("/handovers/<handover_id>", offices=STAFF)
    def handover(handover_id: str) -> ResponseReturnValue:
        if site.viewer().office is Office.MANAGER:
            return _course(site, HandoverId(handover_id))
        return _list(site, HandoverId(handover_id))

    @pages.get("/handovers/<handover_id>/news", offices=_THERAPIST)
    def news(handover_id: str) -> ResponseReturnValue:
        if "HX-Request" not in request.headers:
            return redirect(url_for("handovers.handover", handover_id=handover_id), 303)
        with site.gate() as gate:
            found = handover_meeting.news(gate, HandoverId(handover_id))
        told = render_template("handovers/_news.html", news=found, handover_id=handover_id)
        return told, _ENOUGH if found else 200

    _steps(pages, site)
    _taking_out(pages, site)
    _signing_off(pages, site)
    return pages


def _steps(pages: Pages, site: Site) -> None:
    """What a therapist of the district says of a handover: that it is done, and reacted to."""

    @pages.post("/handovers/<handover_id>/state", offices=_THERAPIST)
    def state(handover_id: str) -> ResponseReturnValue:
        return _step(site, HandoverId(handover_id), request.form.get("state", ""))

    @pages.post("/handovers/<handover_id>/reaction", offices=_THERAPIST)
    def reaction(handover_id: str) -> ResponseReturnValue:
        with site.gate() as gate:
            is_first = notes.react(gate, ContactId(request.form.get("contact", "")))
        said = _("It is kept that you have reacted.") if is_first else _("It was kept before.")
        flash(said)
        place = request.form.get("place", "")
        anchor = f"contact-{place}" if place.isdecimal() else None
        address = url_for("handovers.handover", handover_id=handover_id, _anchor=anchor)
        return redirect(address, 303)


def _taking_out(pages: Pages, site: Site) -> None:
    """A handover as a file, for the case file or another system."""

    @pages.post("/handovers/<handover_id>/export", offices=_THERAPIST)
    def export(handover_id: str) -> Response:
        form = request.form.get("form", "")
        if form not in FORMATS:
            raise NotFound("there is no such document")
        with site.gate() as gate:
            dossier = exported(gate, HandoverId(handover_id))
        # It is kept by now: rather an export too many in the log than one that nobody knows of.
        answer = Response(written(dossier, form, _language()), mimetype=_MIMETYPES[form])
        ended = dossier.handover.duty_ended_at.astimezone(dossier.line.zone)
        name = _("handover-%(day)s", day=f"{ended:%Y-%m-%d}")
        answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{_ENDINGS[form]}")
        return answer


def _signing_off(pages: Pages, site: Site) -> None:
    """A therapist is done with her own duty."""

    @pages.get("/duty/sign-off", offices=_THERAPIST)
    def sign_off() -> ResponseReturnValue:
        return _sign_off_page(site)

    @pages.post("/duty/sign-off", offices=_THERAPIST)
    def sign_off_done() -> ResponseReturnValue:
        try:
            with site.gate() as gate:
                sign(gate, LineId(request.form.get("line", "")))
        except Conflict:
            said = _("You cannot sign off yet. Write what is missing below, and then sign off.")
            return _sign_off_page(site, said), 422
        flash(_("You have signed off your duty."))
        return redirect(url_for("handovers.sign_off"), 303)


def _list(site: Site, handover: HandoverId, problem: str = "") -> ResponseReturnValue:
    """The list for the meeting; with *problem*, why what was asked for has not been done."""
    with site.gate() as gate:
        found = handover_meeting.meeting(gate, handover)
    sheet = sheet_of(found.dossier, _language())
    page = render_template(
        "handovers/handover.html",
        meeting=found,
        handover=found.dossier.handover,
        line=found.dossier.line,
        sheet=sheet,
        blocks=tuple(_blocks(found, sheet.entries)),
        lacking=len(found.dossier.agenda.without_note),
        is_done=found.dossier.handover.state in DONE,
        problem=problem,
        **_words(site),
    )
    return page, 422 if problem else 200


def _blocks(found: Meeting, entries: tuple[Entry, ...]) -> Iterator[Block]:
    items = found.dossier.agenda.items
    for place, entry in enumerate(entries, start=1):
        item = items[place - 1] if place <= len(items) else None
        if item is None:
            yield Block(place, entry, None, is_new=False, may_react=False)
            continue
        is_broken = item.note is not None and item.note.broken_agreement
        yield Block(
            place,
            entry,
            item.contact,
            is_new=item.contact in found.new,
            may_react=is_broken and item.contact not in found.dossier.reactions,
        )


def _course(site: Site, handover: HandoverId) -> str:
    """What a manager sees: whether it came in time, and who says so; no word of what was told."""
    with site.gate() as gate:
        found = handover_meeting.course(gate, handover)
    say = Say(site.organisation, found.past.line, _language())
    return render_template(
        "handovers/course.html",
        handover=found.past.handover,
        line=found.past.line,
        course=found,
        history=history_of(found.past, say),
        **_words(site),
    )


def _step(site: Site, handover: HandoverId, wanted: str) -> ResponseReturnValue:
    if wanted not in _STEPS:
        raise NotFound("there is no such state")
    state = HandoverState(wanted)
    try:
        with site.gate() as gate:
            is_new = reach(gate, handover, state)
    except Conflict:
        return _list(site, handover, _why_not(state))
    said = {
        HandoverState.ACKNOWLEDGED: _("The handover is acknowledged, in your name."),
        HandoverState.TRANSFERRED: _("The handover is marked as transferred to the case files."),
        HandoverState.CLOSED: _("The handover is closed."),
    }
    flash(said[state] if is_new else _("Somebody had done that already."))
    return redirect(url_for("handovers.handover", handover_id=handover), 303)


def _why_not(state: HandoverState) -> str:
    if state is HandoverState.ACKNOWLEDGED:
        return _(
            "The handover is not acknowledged: something in it had not been read by anybody of "
            "the district. All of it stands below. Read it, and acknowledge then."
        )
    return _("It is not done: the handover has to be acknowledged first.")


def _sign_off_page(site: Site, problem: str = "") -> str:
    with site.gate() as gate:
        found = own_duties(gate)
    ended = next((one for one in found if one.is_over), None)
    return render_template(
        "handovers/sign_off.html",
        last=ended,
        going_on=next((one for one in reversed(found) if not one.is_over), None),
        earlier=[one for one in found if one.is_over and one is not ended and one.missing],
        problem=problem,
        contact_address=_contact_address,
    )


def _words(site: Site) -> dict[str, object]:
    """What the templates say things with."""
    organisation, now = site.organisation, site.now()
    language = _language()

    def contacts(count: int) -> str:
        return ngettext("%(num)d contact", "%(num)d contacts", count)

    return {
        "now": now,
        "contacts": contacts,
        "contact_address": _contact_address,
        "written": as_written,
        "late_by": late_by,
        "person": lambda who: person(organisation, who),
        "stands_at": lambda state: stands_at(state, language),
        "district_name": lambda district: organisation.name_of(district) or district,
        "is_manager": site.viewer().office is Office.MANAGER,
    }


def _contact_address(contact: ContactId) -> str:
    return url_for("contact.contact", contact_id=contact)


def _language() -> str:
    locale = get_locale()
    return "sv" if locale is None else locale.language
