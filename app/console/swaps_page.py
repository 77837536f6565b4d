"""`/swaps`: duties that are offered, taken, arranged and undone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console import rota_words as words
from app.console.rota_frame import MANAGERS, SHARERS
from app.console.rota_sentences import hindrance_in_language
from app.console.rota_words import Said
from app.console.site import Pages, Site
from app.duty import rota_desk_swaps as desk
from app.duty.gate import Gate
from app.duty.handover import Desk
from app.duty.rota_desk_swaps import Duty, Opened
from routing.access import Office
from routing.errors import InvalidInput
from routing.ids import TherapistId
from routing.organisation import Line, Organisation
from routing.swap import SwapRefused
from routing.swap_rules import Candidate, SwapBarred

_THERAPIST = frozenset({Office.THERAPIST})
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Who:
    """What a swap with somebody would meet, in the reader's words."""

    id: str
    name: str
    verdict: str
    tone: str
    may_accept: bool
    why: tuple[str, ...]
    added: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which duty a form is about, and which part of it."""

    line: Line
    giver: str
    at: datetime
    position: int
    part: tuple[datetime | None, datetime | None]


def swaps_pages(site: Site) -> Pages:
    """The list of swaps, one of them, and offering or arranging one."""
    pages = Pages("swaps", site)
    _add_list(pages, site)
    _add_offers(pages, site)
    _add_arrangements(pages, site)
    _add_answers(pages, site)
    _add_undoing(pages, site)
    return pages


def _add_list(pages: Pages, site: Site) -> None:
    @pages.get("/swaps", offices=SHARERS)
    def swaps() -> str:
        with site.look() as gate:
            found = desk.listed(gate)
            manages = gate.viewer.office is Office.MANAGER
            duties = () if manages else desk.duties_of(gate, TherapistId(gate.viewer.id))
        return render_template(
            "swaps/swaps.html",
            to_answer=[one for one in found if one.may_answer],
            others=[one for one in found if not one.may_answer],
            duties=duties,
            manages=manages,
            code=_code,
            **_words(site),
        )


def _add_offers(pages: Pages, site: Site) -> None:
    @pages.get("/swaps/offer", offices=_THERAPIST)
    def offer() -> ResponseReturnValue:
        return _asking(site, "swaps/offer.html")

    @pages.post("/swaps/offer", offices=_THERAPIST)
    def send_offer() -> ResponseReturnValue:
        form = request.form

        def step(gate: Gate) -> str:
            asked = _asked(site, gate.viewer.id)
            done = desk.offer(
                gate,
                _desk(site),
                asked.line.id,
                asked.at,
                asked.position,
                asked.part,
                form.get("to") or None,
            )
            names = words.people(site.organisation, done.swap.asked)
            return _("The duty is offered to %(names)s. You have it until somebody says yes.",
                     names=names)  # fmt: skip

        return _done(site, step, lambda said, code: _asking(site, "swaps/offer.html", said, code))


def _add_arrangements(pages: Pages, site: Site) -> None:
    @pages.get("/swaps/arrange", offices=MANAGERS)
    def arrange() -> ResponseReturnValue:
        if "duty" not in request.args:
            with site.look() as gate:
                duties = desk.duties_of(gate)
            return render_template("swaps/choose.html", duties=duties, code=_code, **_words(site))
        return _asking(site, "swaps/arrange.html")

    @pages.post("/swaps/arrange", offices=MANAGERS)
    def send_arrangement() -> ResponseReturnValue:
        form = request.form

        def step(gate: Gate) -> str:
            asked = _asked(site, "")
            reason = form.get("reason", "").strip()[:_LONGEST_REASON]
            done = desk.arrange(
                gate,
                _desk(site),
                asked.line.id,
                asked.giver,
                asked.at,
                asked.position,
                asked.part,
                form.get("to", ""),
                reason,
            )
            return _("%(name)s has the duty now. Everybody concerned is told.",
                     name=words.person(site.organisation, done.swap.taker))  # fmt: skip

        return _done(site, step, lambda said, code: _asking(site, "swaps/arrange.html", said, code))


def _add_answers(pages: Pages, site: Site) -> None:
    @pages.get("/swaps/<line_id>/<int:swap_id>", offices=SHARERS)
    def swap(line_id: str, swap_id: int) -> ResponseReturnValue:
        return _one(site, line_id, swap_id)

    @pages.post("/swaps/<line_id>/<int:swap_id>/accept", offices=_THERAPIST)
    def accept(line_id: str, swap_id: int) -> ResponseReturnValue:
        def step(gate: Gate) -> str:
            desk.accept(gate, _desk(site), line_id, swap_id)
            return _("The duty is yours. The colleague is told.")

        return _done(site, step, lambda said, code: _one(site, line_id, swap_id, said, code))

    @pages.post("/swaps/<line_id>/<int:swap_id>/decline", offices=_THERAPIST)
    def decline(line_id: str, swap_id: int) -> ResponseReturnValue:
        def step(gate: Gate) -> str:
            desk.decline(gate, _desk(site), line_id, swap_id)
            return _("You have said no. Whoever offered it still has the duty.")

        return _done(site, step, lambda said, code: _one(site, line_id, swap_id, said, code))


def _add_undoing(pages: Pages, site: Site) -> None:
    @pages.post("/swaps/<line_id>/<int:swap_id>/withdraw", offices=SHARERS)
    def withdraw(line_id: str, swap_id: int) -> ResponseReturnValue:
        def step(gate: Gate) -> str:
            desk.withdraw(gate, _desk(site), line_id, swap_id)
            return _("The offer is withdrawn.")

        return _done(site, step, lambda said, code: _one(site, line_id, swap_id, said, code))

    @pages.post("/swaps/<line_id>/<int:swap_id>/undo", offices=SHARERS)
    def undo(line_id: str, swap_id: int) -> ResponseReturnValue:
        def step(gate: Gate) -> str:
            reason = request.form.get("reason", "").strip()[:_LONGEST_REASON]
            desk.undo(gate, _desk(site), line_id, swap_id, reason)
            return _("The swap is undone. Everybody has what she had before.")

        return _done(site, step, lambda said, code: _one(site, line_id, swap_id, said, code))


def _done(
    site: Site,
    step: Callable[[Gate], str],
    again: Callable[[str, int], ResponseReturnValue],
) -> ResponseReturnValue:
    """Take a step and go to the list; or show the page again, with why it was not taken."""
    try:
        with site.gate() as gate:
            said = step(gate)
    except SwapBarred as err:
        with site.look() as gate:
            shown = desk.to_show(gate, err.candidate)
        why = [*_why(shown, site.organisation)]
        added = [f"{one.message}." for one in _added(shown, site.organisation)]
        told = " ".join([str(words.WHY_NOT[err.why]), *why, *added])
        return again(told, HTTPStatus.CONFLICT)
    except SwapRefused as err:
        return again(str(words.WHY_NOT[err.why]), HTTPStatus.CONFLICT)
    except InvalidInput as err:
        return again(_input_fault(err), HTTPStatus.UNPROCESSABLE_ENTITY)
    except ValueError:
        return again(_("Choose a duty, and times that lie in it."), HTTPStatus.UNPROCESSABLE_ENTITY)
    flash(said)
    return redirect(url_for("swaps.swaps"), 303)


def _input_fault(err: InvalidInput) -> str:
    field = "" if err.place is None else err.place.file
    if field == "reason":
        return _("Write a reason. It is kept with the swap.")
    if field == "to":
        return _("Choose another colleague.")
    return _("The part must lie in the duty, with its end after its start.")


def _asking(
    site: Site, template: str, problem: str = "", status: int = HTTPStatus.OK
) -> ResponseReturnValue:
    """The duty, and what giving it to each colleague would mean."""
    with site.look() as gate:
        viewer = gate.viewer
        try:
            asked = _asked(site, viewer.id if viewer.office is Office.THERAPIST else "")
        except ValueError:
            flash(_("Choose the duty first."), "error")
            return redirect(url_for("swaps.swaps"), 303)
        terms, found = desk.asking(gate, asked.line.id, asked.giver, asked.at, asked.position)
    page = render_template(
        template,
        line=asked.line,
        terms=terms,
        candidates=[_who(one, site.organisation) for one in found],
        duty=request.values.get("duty", ""),
        form=request.form,
        problem=problem,
        **_words(site),
    )
    return page, status


def _one(
    site: Site, line_id: str, number: int, problem: str = "", status: int = HTTPStatus.OK
) -> ResponseReturnValue:
    with site.look() as gate:
        opened = desk.opened(gate, line_id, number)
        manages = gate.viewer.office is Office.MANAGER
    page = render_template(
        "swaps/swap.html",
        opened=opened,
        swap=opened.seen.swap,
        line=opened.seen.line,
        taking=_told(opened.taking, site.organisation),
        undone=_told(opened.undone, site.organisation),
        needs_reason=_needs_reason(opened),
        manages=manages,
        problem=problem,
        **_words(site),
    )
    return page, status


def _needs_reason(opened: Opened) -> bool:
    return opened.undone is not None and not opened.undone.may_accept


def _asked(site: Site, giver: str) -> _Asked:
    """
    What the form or address says: the duty as ``line|therapist|start|position``, and its part.

    Raises:
        ValueError: it makes no sense.
    """
    values = request.values
    line_id, whose, start, position = values.get("duty", "").split("|")
    line = next((one for one in site.organisation.lines.values() if one.id == line_id), None)
    if line is None:
        raise ValueError("no such line")
    at = datetime.fromisoformat(start)
    if at.tzinfo is None:
        raise ValueError("a moment needs its offset")

    def edge(name: str) -> datetime | None:
        text = values.get(name, "")
        return datetime.fromisoformat(text).replace(tzinfo=line.zone) if text else None

    return _Asked(line, giver or whose, at, int(position), (edge("starts"), edge("ends")))


def _code(duty: Duty) -> str:
    shift = duty.shift
    start = shift.time.start.isoformat().replace("+00:00", "Z")  # a plus is a space in an address
    return f"{duty.line.id}|{shift.therapist}|{start}|{shift.position}"


def _told(candidate: Candidate | None, organisation: Organisation) -> Who | None:
    return None if candidate is None else _who(candidate, organisation)


def _who(one: Candidate, organisation: Organisation) -> Who:
    verdict, tone = words.VERDICTS[one.verdict]
    return Who(
        one.therapist,
        words.person(organisation, one.therapist),
        str(verdict),
        tone,
        one.may_accept,
        tuple(_why(one, organisation)),
        tuple(_added(one, organisation)),
    )


def _why(one: Candidate, organisation: Organisation) -> Iterable[str]:
    for hindrance in one.hindrances:
        text = hindrance_in_language(hindrance.message, words.language(), organisation)
        yield f"{words.capitalised(text)}."


def _added(one: Candidate, organisation: Organisation) -> list[Said]:
    return words.all_said(one.added, organisation)


def _desk(site: Site) -> Desk:
    settings = site.settings
    mails = settings.smtp_url is not None and settings.mail_from is not None
    return Desk(site.engine, site.cipher, settings.public_url, mails=mails)


def _words(site: Site) -> dict[str, object]:
    organisation = site.organisation
    return {
        "person": lambda who: words.person(organisation, who),
        "people": lambda whose: words.people(organisation, whose),
        "span": words.span,
        "states": words.STATES,
        "said_of": lambda what: words.STEPS.get(str(what), what),
        "several_lines": len(organisation.lines) > 1,
    }
