"""`/tonight`: the page of whoever has the duty, one-handed, on a telephone, at night."""

from collections.abc import Callable, Mapping
from datetime import datetime

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.console import contact_words as words
from app.console.filters import clock, moment
from app.console.handover_words import person
from app.console.site import Pages, Site
from app.duty import call_back, tonight_actions
from app.duty.call_back import NoPhone
from app.duty.handover import Desk
from app.duty.take_over import TakeOverRefused, Why
from app.duty.tonight import Tonight
from app.duty.tonight import tonight as tonight_of
from app.duty.tonight_actions import PAUSES, NotOnStandby
from app.duty.tonight_orders import PauseRefused
from routing.access import Office
from routing.errors import InvalidInput, NotFound
from routing.ids import ContactId, LineId
from routing.ladder import Reason

_THERAPIST = frozenset({Office.THERAPIST})
_OUT: Mapping[Reason, object] = {
    Reason.NO_MANDATE: lazy_gettext("has no mandate"),
    Reason.INACTIVE: lazy_gettext("is not active"),
    Reason.NO_PHONE: lazy_gettext("has no telephone"),
    Reason.OPTED_OUT: lazy_gettext("takes no texts"),
    Reason.PAUSED: lazy_gettext("is paused"),
    Reason.IN_CALL: lazy_gettext("is in a call"),
    Reason.SAME_NUMBER: lazy_gettext("has the same telephone as another"),
    Reason.CONFLICT: lazy_gettext("knows the family otherwise"),
}
_REFUSED: Mapping[Why, object] = {
    Why.NOBODY_HAS_IT: lazy_gettext("Nobody has the duty now, so there is nothing to take over."),
    Why.YOU_HAVE_IT: lazy_gettext("You have the duty already."),
    Why.NO_MANDATE: lazy_gettext(
        "You cannot take over: a mandate is missing for some of the districts. Call your manager."
    ),
    Why.NO_TEXTS: lazy_gettext(
        "Whoever has the duty cannot be asked by text. Call her, or your manager."
    ),
    Why.TOO_LATE: lazy_gettext("The question is no longer open. Nothing has been changed."),
}


def tonight_pages(site: Site) -> Pages:
    """The page, the part of it that renews itself, and what can be done from it."""
    pages = Pages("tonight", site)

    @pages.get("/tonight", offices=_THERAPIST)
    def tonight() -> str:
        with site.gate() as gate:
            shown = tonight_of(gate)
        return render_template("tonight/tonight.html", **_around(site, shown))

    @pages.get("/tonight/now", offices=_THERAPIST)
    def renewed() -> ResponseReturnValue:
        if "HX-Request" not in request.headers:
            return redirect(url_for("tonight.tonight"), 303)
        with site.gate() as gate:
            shown = tonight_of(gate)
        around = _around(site, shown)
        if request.args.get("seen") == around["version"]:
            return Response(status=204)  # nothing is moved under a thumb
        return render_template("tonight/_now.html", renewed=True, **around)

    @pages.post("/tonight/call-back", offices=_THERAPIST)
    def connect() -> ResponseReturnValue:
        contact = ContactId(request.form.get("contact", ""))
        try:
            with site.gate() as gate:
                call_back.call_back(gate, _desk(site), contact)
        except NotFound:
            return _back(
                _("Nobody waits there any more. Somebody has called, or they have."), "error"
            )
        except NoPhone:
            return _back(
                _("There is no telephone number of yours here. Tell your manager."), "error"
            )
        return _back(_("Your telephone rings in a moment. Answer, and press 1."))

    _pausing(pages, site)
    _taking_over(pages, site)
    return pages


def _pausing(pages: Pages, site: Site) -> None:
    """Being skipped for a while, and being there."""

    @pages.post("/tonight/pause", offices=_THERAPIST)
    def pause() -> ResponseReturnValue:
        minutes = request.form.get("minutes", "")

        def doing() -> str:
            with site.gate() as gate:
                chosen = int(minutes) if minutes in map(str, PAUSES) else 0
                until = tonight_actions.pause(gate, _line(), chosen)
            return _("You are skipped until %(time)s. Others are rung.", time=clock(until))

        return _done(doing)

    @pages.post("/tonight/resume", offices=_THERAPIST)
    def resume() -> ResponseReturnValue:
        def doing() -> str:
            with site.gate() as gate:
                tonight_actions.resume(gate, _line())
            return _("The pause is over. You are rung again.")

        return _done(doing)

    @pages.post("/tonight/present", offices=_THERAPIST)
    def present() -> ResponseReturnValue:
        def doing() -> str:
            with site.gate() as gate:
                was_asked = tonight_actions.say_present(gate, _line())
            if was_asked:
                return _("Thank you. Now it is known that you are there.")
            return _("It was confirmed already, or it is too late to. Nothing more is needed.")

        return _done(doing)


def _taking_over(pages: Pages, site: Site) -> None:
    """The duty goes to somebody else, if both want it."""

    @pages.post("/tonight/take-over", offices=_THERAPIST)
    def take_over() -> ResponseReturnValue:
        def doing() -> str:
            with site.gate() as gate:
                giver = tonight_actions.ask_for_duty(gate, _desk(site), _line())
            name = person(site.organisation, giver)
            return _("%(name)s has been asked, and has the duty until she says yes.", name=name)

        return _done(doing)

    @pages.post("/tonight/hand-over", offices=_THERAPIST)
    def hand_over() -> ResponseReturnValue:
        def doing() -> str:
            question = request.form.get("question", "")
            with site.gate() as gate:
                taker = tonight_actions.hand_over_duty(gate, _desk(site), _line(), question)
            name = person(site.organisation, taker)
            return _("%(name)s has the duty now. You both get a text.", name=name)

        return _done(doing)


def _done(doing: Callable[[], str]) -> ResponseReturnValue:
    """Do it, and go back to the page with what came of it."""
    try:
        said = doing()
    except PauseRefused:
        return _back(_("You cannot pause: nobody else can answer just now."), "error")
    except NotOnStandby:
        return _back(_("You have no standby now, so there is nothing to pause."), "error")
    except InvalidInput:
        return _back(_("Choose how long the pause is to be."), "error")
    except TakeOverRefused as err:
        return _back(str(_REFUSED[err.why]), "error")
    return _back(said)


def _back(said: str, kind: str = "message") -> ResponseReturnValue:
    flash(said, kind)
    return redirect(url_for("tonight.tonight"), 303)


def _line() -> LineId:
    return LineId(request.form.get("line", ""))


def _desk(site: Site) -> Desk:
    settings = site.settings
    mails = settings.smtp_url is not None and settings.mail_from is not None
    return Desk(site.engine, site.cipher, settings.public_url, mails=mails)


def _around(site: Site, shown: Tonight) -> dict[str, object]:
    organisation, now = site.organisation, site.now()
    is_degraded = site.mirror.degraded
    zone = next(iter(organisation.lines.values())).zone
    today = now.astimezone(zone).date()

    def soon(at: datetime) -> str:
        """The time of day alone where it is today's: there is less to read."""
        return clock(at) if at.astimezone(zone).date() == today else moment(at)

    return {
        "shown": shown,
        "version": shown.version(is_degraded, today),
        "soon": soon,
        "is_degraded": is_degraded,
        "now": now,
        "me_id": site.viewer().id,
        "pauses": PAUSES,
        "out_words": _OUT,
        "person": lambda who: person(organisation, who),
        "names": lambda people: ", ".join(person(organisation, one) for one in people),
        "district_name": lambda district: words.district_name(organisation, district),
        "who": lambda caller: words.who(organisation, caller),
        "kind": words.kind,
        "became": lambda contact: words.became(contact, now),
    }
