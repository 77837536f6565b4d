"""`/follow-ups`: what the home district orders, and what whoever has the duty does about it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as _

from app.console import follow_up_form
from app.console.drafts import opened_at
from app.console.filters import clock, moment
from app.console.follow_up_form import ROWS, Filled
from app.console.handover_words import as_written, person
from app.console.site import STAFF, Pages, Site
from app.duty import follow_up_desk as desk
from app.duty import follow_ups as service
from app.duty import tonight_drafts as drafts
from app.duty.handover import Desk
from app.duty.tonight_drafts import SentMeanwhile
from app.phrases import phrases
from app.telephony.carrier import NoCarrier, TwilioCarrier
from app.telephony.follow_up import ring_for
from routing.access import Office
from routing.errors import CarrierUnavailable, InvalidInput, NotFound, NoticeRefused
from routing.follow_up import FollowUp, FollowUpRefused, IfNotReached, Reached, Result, State
from routing.ids import FollowUpId, LineId
from routing.note import LONGEST
from routing.organisation import Line
from routing.role import Role

_THERAPIST = frozenset({Office.THERAPIST})
_LARGEST = 999_999_999
_AN_EVENING = timedelta(hours=12)
_STATES: Mapping[State, tuple[object, str]] = {
    State.ORDERED: (lazy_gettext("Ordered for later"), "calm"),
    State.OPEN: (lazy_gettext("To be made now"), "warn"),
    State.DONE: (lazy_gettext("Carried out"), "good"),
    State.NOT_REACHED: (lazy_gettext("Nobody was reached"), "bad"),
    State.CANCELLED: (lazy_gettext("Called off"), "calm"),
}
_THEN: Mapping[IfNotReached, object] = {
    IfNotReached.SOCIALJOUREN: lazy_gettext("Call Socialjouren"),
    IfNotReached.NEXT_WINDOW: lazy_gettext("Wait for the next time"),
    IfNotReached.HOME_DISTRICT: lazy_gettext("The home district takes over in the handover"),
}
_REACHED: Mapping[Reached, object] = {
    Reached.REACHED: lazy_gettext("I spoke with the one it is about"),
    Reached.OTHER_ADULT: lazy_gettext("I spoke with another adult at home"),
    Reached.NOT_REACHED: lazy_gettext("I reached nobody, and end the attempts"),
}
_CAME_OF_IT: Mapping[Reached, object] = {
    Reached.REACHED: lazy_gettext("reached"),
    Reached.OTHER_ADULT: lazy_gettext("another adult was reached"),
    Reached.NOT_REACHED: lazy_gettext("not reached"),
}
_RESULTS: Mapping[Result, object] = {
    Result.GOING_ON: lazy_gettext("the call goes on"),
    Result.ANSWERED: lazy_gettext("somebody answered"),
    Result.NO_ANSWER: lazy_gettext("nobody answered"),
}
_ROLES: Mapping[Role, object] = {
    Role.YOUTH: lazy_gettext("the youth"),
    Role.GUARDIAN: lazy_gettext("the guardian"),
}
# What `app.duty.follow_ups` says in its own words when something cannot be done.
_REFUSED: Mapping[str, object] = {
    "it is not the time that was ordered": lazy_gettext(
        "It is not the time that was ordered. Call then."
    ),
    "somebody is calling already": lazy_gettext(
        "Somebody is calling already. Wait until that call is over."
    ),
    "every attempt is used up: record what came of it": lazy_gettext(
        "Every call is used up. Record below what came of it."
    ),
    "the therapist has no telephone to be rung at": lazy_gettext(
        "There is no telephone number of yours in the organisation. Tell your manager."
    ),
    "the register has that number no more: turn to the home district": lazy_gettext(
        "The register no longer has that number. Turn to the home district."
    ),
    "what came of it is recorded already": lazy_gettext(
        "Somebody has recorded already what came of it. It stands below."
    ),
    "nobody has been called yet": lazy_gettext(
        "Nobody has been called yet. Make at least one call before you end it as not reached."
    ),
    "it has not begun": lazy_gettext("Its time has not come yet."),
}


def follow_ups_pages(site: Site) -> Pages:
    """The tray of follow-ups, the form to order one, and one of them."""
    pages = Pages("follow_ups", site)

    @pages.get("/follow-ups", offices=STAFF)
    def follow_ups() -> str:
        with site.gate() as gate:
            found = desk.tray(gate)
        may_order = bool(_served(site))
        return render_template(
            "follow_ups/follow_ups.html", tray=found, may_order=may_order, **_words(site)
        )

    @pages.get("/follow-ups/order", offices=STAFF)
    def order() -> ResponseReturnValue:
        line = _lines(site)[0]
        typed = follow_up_form.blank(line, site.now())
        return _form(site, line, Filled(typed, None, {}, ()))

    @pages.post("/follow-ups/order", offices=STAFF)
    def ordered() -> ResponseReturnValue:
        return _ordered(site)

    @pages.get(f"/follow-ups/<int(max={_LARGEST}):follow_up_id>", offices=STAFF)
    def follow_up(follow_up_id: int) -> ResponseReturnValue:
        return _shown(site, FollowUpId(follow_up_id))

    @pages.post(f"/follow-ups/<int(max={_LARGEST}):follow_up_id>/call", offices=_THERAPIST)
    def call(follow_up_id: int) -> ResponseReturnValue:
        return _called(site, FollowUpId(follow_up_id))

    @pages.post(f"/follow-ups/<int(max={_LARGEST}):follow_up_id>/report", offices=_THERAPIST)
    def report(follow_up_id: int) -> ResponseReturnValue:
        return _reported(site, FollowUpId(follow_up_id))

    @pages.post(f"/follow-ups/<int(max={_LARGEST}):follow_up_id>/cancel", offices=STAFF)
    def cancel(follow_up_id: int) -> ResponseReturnValue:
        try:
            with site.gate() as gate:
                service.cancel(gate, _desk(site), FollowUpId(follow_up_id))
        except FollowUpRefused:
            return _shown(
                site, FollowUpId(follow_up_id), {"": _("It is over, and is not cancelled.")}
            )
        flash(_("The follow-up is cancelled. Whoever was told of it is told so."))
        return redirect(url_for("follow_ups.follow_up", follow_up_id=follow_up_id), 303)

    return pages


def _ordered(site: Site) -> ResponseReturnValue:
    line = _line(site, request.form.get("line", ""))
    filled = follow_up_form.read(request.form, line)
    if filled.order is None:
        return _form(site, line, filled), 422
    try:
        with site.gate() as gate:
            made = desk.order(gate, filled.order, line)
    except InvalidInput as err:
        roles: tuple[Role, ...] = ()
        if err.place is not None and err.place.field == "number":
            with site.gate() as gate:
                roles = service.choices(gate, filled.order, line)
        return _form(site, line, follow_up_form.refused(filled, err), roles), 422
    for task, is_unmanned in made:
        flash(_("Ordered: %(when)s.", when=_span(task)))
        if is_unmanned:
            flash(
                _(
                    "Nobody on the rota may make the follow-up %(when)s yet. Speak with your "
                    "manager about the rota or the mandate.",
                    when=_span(task),
                ),
                "error",
            )
    return redirect(url_for("follow_ups.follow_ups"), 303)


def _called(site: Site, number: FollowUpId) -> ResponseReturnValue:
    ring = ring_for(site.exchange, _carrier(site))
    try:
        service.call(_desk(site), site.organisation, site.viewer(), number, site.now(), ring)
    except FollowUpRefused as err:
        return _shown(site, number, {"": _refusal(err)})
    except (CarrierUnavailable, NoticeRefused):
        said = _("The telephone company does not answer just now. Wait a minute and try again.")
        return _shown(site, number, {"": said})
    flash(_("Your phone is ringing. Press 1, and the line calls the family."))
    return redirect(url_for("follow_ups.follow_up", follow_up_id=number), 303)


def _reported(site: Site, number: FollowUpId) -> ResponseReturnValue:
    outcome, text = request.form.get("outcome", ""), request.form.get("text", "")
    subject = f"report:{number}"
    problems: dict[str, str] = {}
    if outcome not in {str(one) for one in Reached}:
        problems["outcome"] = _("Choose what came of it.")
    if not text.strip():
        problems["text"] = _("Write what came of it, in short.")
    elif len(text.strip()) > LONGEST:
        problems["text"] = _("It is too long. Write at most 2000 characters.")
    if problems:
        return _shown(site, number, problems)
    try:
        with site.gate() as gate:
            drafts.check_unsent(gate, subject, opened_at(request.form, gate.now))
            service.report(gate, _desk(site), number, Reached(outcome), text)
            drafts.sent(gate, subject)
    except SentMeanwhile:
        said = _("Somebody has recorded already what came of it. It stands below.")
        return _shown(site, number, {"": said})
    except FollowUpRefused as err:
        return _shown(site, number, {"": _refusal(err)})
    flash(_("It is recorded. The home district reads it in the handover."))
    return redirect(url_for("follow_ups.follow_up", follow_up_id=number), 303)


def _shown(
    site: Site, number: FollowUpId, problems: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    """One follow-up; with *problems*, why what was asked for was not done, and what was typed."""
    with site.gate() as gate:
        found = desk.task(gate, number)
        kept = drafts.draft(gate, f"report:{number}") if found.may_report else None
    is_sent_back = request.method == "POST"
    is_therapist = site.viewer().office is Office.THERAPIST
    page = render_template(
        "follow_ups/follow_up.html",
        found=found,
        task=found.task,
        line=found.line,
        problems_=problems or {},
        typed=request.form if is_sent_back or kept is None else kept.fields,
        saved_at=None if is_sent_back or kept is None else kept.saved_at,
        outcomes=[(str(one), str(words)) for one, words in _REACHED.items()],
        is_therapist=is_therapist,
        calls_socialjouren=_calls_socialjouren(found, site.now()),
        **_words(site),
    )
    return page, 422 if problems else 200


def _calls_socialjouren(found: desk.Task, now: datetime) -> bool:
    """Whether nobody was reached this evening, and Socialjouren is to be called about it."""
    task = found.task
    is_unreached = task.state is State.NOT_REACHED and now < task.window.time.end + _AN_EVENING
    is_theirs = found.then is IfNotReached.SOCIALJOUREN and bool(found.line.fallback)
    return is_unreached and is_theirs


def _form(site: Site, line: Line, filled: Filled, roles: tuple[Role, ...] = ()) -> str:
    names = phrases(_language()).names
    return render_template(
        "follow_ups/order.html",
        filled=filled,
        typed=filled.typed,
        problems_=filled.problems,
        rows=range(1, ROWS + 1),
        more_times=any(filled.typed.get(f"from_{row}") for row in range(2, ROWS + 1)),
        lines=[(str(one.id), one.name) for one in _lines(site)],
        open_hours=follow_up_form.open_hours(line, site.now()),
        line=line,
        numbers=[
            (str(place), _("%(place)d: %(role)s", place=place, role=str(_ROLES[role])))
            for place, role in enumerate(roles, start=1)
        ],
        languages_=[
            ("", _("As in the register")),
            *((one, names.get(one, one)) for one in line.languages),
        ],
        rules=[(str(one), str(words)) for one, words in _THEN.items()],
        longest=LONGEST,
        **_words(site),
    )


def _lines(site: Site) -> list[Line]:
    """The lines that serve the viewer's district, or all where none does."""
    return _served(site) or list(site.organisation.lines.values())


def _served(site: Site) -> list[Line]:
    organisation, viewer, now = site.organisation, site.viewer(), site.now()
    every = organisation.lines.values()
    return [line for line in every if desk.may_order(organisation, viewer, line, now)]


def _line(site: Site, wanted: str) -> Line:
    line = site.organisation.lines.get(LineId(wanted))
    if line is None:
        raise NotFound("there is no such line")
    return line


def _refusal(err: FollowUpRefused) -> str:
    known = _REFUSED.get(str(err))
    return str(known or _("It could not be done as the follow-up stands now. Look below."))


def _span(task: FollowUp) -> str:
    time = task.window.time
    return f"{moment(time.start)}–{clock(time.end)}"


def _words(site: Site) -> dict[str, object]:
    """What the templates say things with."""
    organisation = site.organisation
    return {
        "now": site.now(),
        "span": _span,
        "states": _STATES,
        "then_words": _THEN,
        "came_of_it": _CAME_OF_IT,
        "results": _RESULTS,
        "roles": _ROLES,
        "written": as_written,
        "person": lambda who: person(organisation, who),
        "district_name": lambda district: organisation.name_of(district) or district,
        "language_name": lambda code: phrases(_language()).names.get(code, code),
    }


def _desk(site: Site) -> Desk:
    settings = site.settings
    mails = settings.smtp_url is not None and settings.mail_from is not None
    return Desk(site.engine, site.cipher, settings.public_url, mails=mails)


def _carrier(site: Site) -> TwilioCarrier | NoCarrier:
    settings = site.settings
    if not settings.twilio_account_sid or not settings.twilio_auth_tokens:
        return NoCarrier()
    token = settings.twilio_auth_tokens[0]
    return TwilioCarrier(settings.twilio_account_sid, token, settings.twilio_api_url)


def _language() -> str:
    locale = get_locale()
    return "sv" if locale is None else locale.language
