"""`/writings`: what somebody is writing is kept while she writes, from a script or a button."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console.site import Pages, Site
from app.duty import tonight_drafts as drafts
from app.duty.tonight_drafts import SentMeanwhile
from routing.access import Office
from routing.errors import InvalidInput

_THERAPIST = frozenset({Office.THERAPIST})
_NOT_WORDS = frozenset({"csrf_token", "subject", "opened_at"})
_LEADS_TO = {
    "note": ("contact.contact", "contact_id"),
    "addendum": ("contact.contact", "contact_id"),
    "reply": ("conversation.conversation", "thread_id"),
    "report": ("follow_ups.follow_up", "follow_up_id"),
}


def opened_at(form: Mapping[str, str], now: datetime) -> datetime:
    """When the form was given to her, as it says itself; *now* where it does not."""
    try:
        said = datetime.fromisoformat(form.get("opened_at", ""))
    except ValueError:
        return now
    return min(said if said.tzinfo is not None else said.replace(tzinfo=UTC), now)


def drafts_pages(site: Site) -> Pages:
    """Keeping what is not sent yet."""
    pages = Pages("drafts", site)

    @pages.post("/writings", offices=_THERAPIST)
    def keep() -> ResponseReturnValue:
        by_script = request.headers.get("Accept") == "application/json"
        subject = request.form.get("subject", "")
        fields = {n: v for n, v in request.form.items() if n not in _NOT_WORDS}
        try:
            with site.gate() as gate:
                drafts.save(gate, subject, fields, opened_at(request.form, gate.now))
        except SentMeanwhile:
            if by_script:
                return Response(status=409)
            flash(_("It was sent already, so no draft has been kept."), "error")
        except InvalidInput:
            if by_script:
                return Response(status=422)
            flash(_("The draft could not be saved. Copy what you wrote before you go on."), "error")
        else:
            if by_script:
                return Response(status=204)
            flash(_("The draft is saved. It is kept for a week, and only you can see it."))
        return redirect(_back(subject), 303)

    return pages


def _back(subject: str) -> str:
    kind, _colon, about = subject.partition(":")
    if kind not in _LEADS_TO or not about:
        return url_for("tonight.tonight")
    if kind == "report" and not (about.isascii() and about.isdecimal()):
        return url_for("tonight.tonight")  # no follow-up has such a number
    endpoint, name = _LEADS_TO[kind]
    where: dict[str, Any] = {name: about}
    return url_for(endpoint, **where)
