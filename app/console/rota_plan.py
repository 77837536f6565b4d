"""A rota proposed by the planner: asked for here, made by the clock, and kept as a draft."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console import rota_view as view
from app.console.rota_frame import MANAGERS, around
from app.console.site import Pages, Site
from app.duty import rota_desk_plan as desk
from app.duty import wishes
from app.duty.rota_desk import line_for, whole_days
from app.duty.rota_desk_absences import add_days_off
from app.duty.rota_desk_plan import Proposal, Stage
from routing.errors import Conflict, InvalidInput
from routing.rota_rights import RotaAct
from routing.work import A_DAY, A_WEEK

_USUAL_WEEKS, _SEED = 12, 1
_ENOUGH = 286  # by which htmx knows that it need not ask again


def add_plan(pages: Pages, site: Site) -> None:
    """The page of proposals, on the blueprint of the rota."""

    @pages.get("/rota/<line_id>/plan", offices=MANAGERS)
    def plan(line_id: str) -> ResponseReturnValue:
        return _shown(site, line_id)

    @pages.post("/rota/<line_id>/plan", offices=MANAGERS)
    def ask_plan(line_id: str) -> ResponseReturnValue:
        form = request.form
        try:
            first = date.fromisoformat(form.get("first", ""))
            weeks, seed = int(form.get("weeks", "")), int(form.get("seed", "") or _SEED)
            with site.gate() as gate:
                desk.ask(gate, line_id, first, weeks, seed)
        except Conflict:
            said = _("A proposal is being made already. Wait until it is there.")
            return _shown(site, line_id, said, HTTPStatus.CONFLICT)
        except (ValueError, InvalidInput):
            said = _("Choose a coming day, and from 1 to %(most)d weeks.", most=desk.MOST_WEEKS)
            return _shown(site, line_id, said, HTTPStatus.UNPROCESSABLE_ENTITY)
        flash(_("The proposal is asked for. It takes some minutes, and this page says when."))
        return redirect(url_for("rota.plan", line_id=line_id), 303)

    @pages.post("/rota/<line_id>/plan/days-off", offices=MANAGERS)
    def plan_days_off(line_id: str) -> ResponseReturnValue:
        with site.gate() as gate:
            found = desk.proposal(gate, line_id)
            count = 0 if found is None else add_days_off(gate, found.days_off)
        flash(_("%(count)d days off for your own staff are kept as absences.", count=count))
        return redirect(url_for("rota.plan", line_id=line_id), 303)

    @pages.post("/rota/<line_id>/plan/forget", offices=MANAGERS)
    def forget_plan(line_id: str) -> ResponseReturnValue:
        with site.gate() as gate:
            desk.forget(gate, line_id)
        flash(_("The proposal is put away. A draft that it became is still there."))
        return redirect(url_for("rota.plan", line_id=line_id), 303)


def _shown(
    site: Site, line_id: str, problem: str = "", status: int = HTTPStatus.OK
) -> ResponseReturnValue:
    with site.look() as gate:
        line = line_for(gate, line_id, RotaAct.CHANGE)
        found = desk.proposal(gate, line_id)
        first = view.monday_of(line.today(gate.now)) + A_WEEK
        ahead = whole_days(line, line.today(gate.now), line.today(gate.now) + 400 * A_DAY)
        wanted = wishes.of_team(gate, ahead)
    parts: dict[str, object] = {
        "found": found,
        "stage": None if found is None else str(found.stage),
        "given_up": [] if found is None else _given_up(found.answer),
        "stuck": [] if found is None else _stuck(found),
        **around(site, line, "plan"),
    }
    is_under_way = found is not None and found.stage in desk.UNDER_WAY
    if "HX-Request" in request.headers:
        # It asks again by itself only while something is under way.
        told = render_template("rota/_proposal.html", **parts)
        return told, HTTPStatus.OK if is_under_way else _ENOUGH
    page = render_template(
        "rota/plan.html",
        wanted=wanted,
        first=first,
        weeks=_USUAL_WEEKS,
        seed=_SEED,
        most=desk.MOST_WEEKS,
        problem=problem,
        form=request.form,
        is_installed=desk.is_installed(),
        is_under_way=is_under_way,
        **parts,
    )
    return page, status


def _given_up(answer: Mapping[str, Any]) -> list[str]:
    """What the planner had to give up, in the reader's words."""
    return [_in_words(text) for text in answer.get("given_up", ())]


def _in_words(text: str) -> str:
    """A sentence of the planner's about what it gave up, which are these and no others."""
    if "unevenly" in text or "counts may differ" in text:
        return _("The duties are shared less evenly than usual.")
    if "weekends on end" in text:
        return _("Somebody has standby two weekends on end.")
    if text.startswith("position 1 may be"):
        return _("Somebody is in position 1 on more weekends than usual.")
    return _("Somebody has standby more evenings in a week than usual.")


def _stuck(found: Proposal) -> list[tuple[str, str]]:
    """The weeks in which no rota can be made."""
    if found.stage is not Stage.NONE:
        return []
    mondays = (date.fromisoformat(text) for text in found.answer.get("weeks", ()))
    return [(f"{monday:%G}", f"{monday:%V}") for monday in mondays]
