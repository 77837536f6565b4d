"""`/log`: a manager reviews what came in and went out, looks for something, and takes it away."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.console.contact_words import RESULTS
from app.console.site import Pages, Site
from app.contact_log import FORMATS
from app.review import call_log
from app.review.call_log import Filters, TooMany, Turn
from routing.access import Office
from routing.contact import CLIENT, OFFICE, Attempt, Channel, Contact, Direction, Outcome
from routing.errors import BeredskapError, InvalidInput, NotFound
from routing.ids import TherapistId
from routing.organisation import Organisation
from routing.role import Role

_MANAGER = frozenset({Office.MANAGER})
_CLIENT, _PLACE = "log.client", "log.place"  # what a sealed value in an address is for
_LONGEST = 100  # of a client's reference
_MIMETYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
_Choice = TypeVar("_Choice", bound=StrEnum)

OUTCOMES: Mapping[Outcome, object] = {
    Outcome.ANSWERED: lazy_gettext("Answered"),
    Outcome.MISSED: lazy_gettext("Missed"),
    Outcome.ABANDONED: lazy_gettext("Hung up before anybody answered"),
    Outcome.FALLBACK_ANSWERED: lazy_gettext("Answered by the fallback"),
    Outcome.FALLBACK_FAILED: lazy_gettext("Not even the fallback answered"),
    Outcome.RELAYED: lazy_gettext("Text passed on"),
    Outcome.UNDELIVERED: lazy_gettext("Text reached nobody"),
    Outcome.CLOSED: lazy_gettext("The line was closed"),
    Outcome.BLOCKED: lazy_gettext("Blocked number"),
}
TONES = {
    Outcome.ANSWERED: "good", Outcome.RELAYED: "good", Outcome.FALLBACK_ANSWERED: "warn",
    Outcome.MISSED: "bad", Outcome.ABANDONED: "bad", Outcome.FALLBACK_FAILED: "bad",
    Outcome.UNDELIVERED: "bad",
}  # fmt: skip
CHANNELS: Mapping[Channel, object] = {
    Channel.VOICE: lazy_gettext("Call"),
    Channel.TEXT: lazy_gettext("Text"),
}
DIRECTIONS: Mapping[Direction, object] = {
    Direction.INBOUND: lazy_gettext("In"),
    Direction.OUTBOUND: lazy_gettext("Out"),
}
ROLES: Mapping[Role | None, object] = {
    Role.YOUTH: lazy_gettext("Youth"),
    Role.GUARDIAN: lazy_gettext("Guardian"),
    None: lazy_gettext("Unknown"),
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for, as it was typed, as it was understood, and what could not be."""

    typed: Mapping[str, str]
    filters: Filters
    problems: Mapping[str, str]


def log_pages(site: Site) -> Pages:
    """The log, looking for something in it, and the same as a file."""
    pages = Pages("log", site)

    @pages.get("/log", offices=_MANAGER)
    def log() -> ResponseReturnValue:
        query = {name: text for name, text in request.args.items() if name != "client"}
        if sealed := query.pop("who", ""):
            query["client"] = _opened(site, sealed, _CLIENT)
        return _shown(site, _asked(site, query), _turn(site, query))

    @pages.post("/log", offices=_MANAGER)
    def look() -> ResponseReturnValue:
        asked = _asked(site, request.form)
        if asked.problems:
            return _shown(site, asked, Turn())
        return redirect(_page_at(site, asked), 303)

    @pages.post("/log/export", offices=_MANAGER)
    def export() -> ResponseReturnValue:
        form = request.form.get("form", "")
        if form not in FORMATS:
            raise NotFound("there is no such document")
        asked = _asked(site, request.form)
        if asked.problems:
            return _shown(site, asked, Turn())
        try:
            content = call_log.exported(site.engine, site.gate, asked.filters, form)
        except TooMany:
            said = _(
                "There are more than %(most)s contacts. Choose a shorter time, and export again.",
                most=call_log.MOST_EXPORTED,
            )
            problem = _Asked(asked.typed, asked.filters, {"export": said})
            return _shown(site, problem, Turn())
        answer = Response(content, mimetype=_MIMETYPES[form])
        name = _("call-log")
        answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{form}")
        return answer

    return pages


def _shown(site: Site, asked: _Asked, turn: Turn) -> ResponseReturnValue:
    page = call_log.page(site.engine, site.gate, asked.filters, turn)
    organisation = page.organisation

    def address(turn: Turn | None) -> str | None:
        """Where the page is that begins there."""
        if turn is None:
            return None
        more = {"up": "1"} if turn.newer else {}
        return _page_at(site, asked, at=_sealed(site, turn.text, _PLACE), **more)

    shown = render_template(
        "log/log.html",
        page=page,
        asked=asked,
        older=address(page.older),
        newer=address(page.newer),
        is_filtered=any(asked.typed.values()),
        person=lambda one: _person(organisation, one),
        target=lambda contact, attempt: _target(organisation, contact, attempt),
        outcomes=OUTCOMES,
        tones=TONES,
        channels=CHANNELS,
        directions=DIRECTIONS,
        roles=ROLES,
        results=RESULTS,
        choices=_choices(organisation),
        formats=FORMATS,
        most=call_log.MOST_EXPORTED,
        is_fresh=lambda contact: site.now() < contact.received_at + call_log.HELPED_WITHIN,
    )
    return shown, 422 if asked.problems else 200


def _choices(organisation: Organisation) -> Mapping[str, list[tuple[str, object]]]:
    """What each list of the form offers."""
    every = ("", _("All"))
    people = sorted(organisation.therapists.values(), key=lambda one: one.name)
    return {
        "channel": [every, *((str(key), words) for key, words in CHANNELS.items())],
        "direction": [every, *((str(key), words) for key, words in DIRECTIONS.items())],
        "outcome": [every, *((str(key), words) for key, words in OUTCOMES.items())],
        "therapist": [every, *((str(one.id), one.name) for one in people)],
    }


def _asked(site: Site, given: Mapping[str, str]) -> _Asked:
    """What a form or an address asks for; what cannot be understood is left out, and said."""
    names = ("from", "to", "channel", "direction", "outcome", "therapist", "client", "unanswered")
    typed = {name: given.get(name, "").strip() for name in names}
    problems: dict[str, str] = {}
    first, last = (_day(typed[name], name, problems) for name in ("from", "to"))
    therapist = TherapistId(typed["therapist"]) if typed["therapist"] else None
    if therapist is not None and therapist not in site.organisation.therapists:
        therapist = None
        problems["therapist"] = _("There is no such therapist. Choose one from the list.")
    if len(typed["client"]) > _LONGEST:
        problems["client"] = _("The reference is too long. Write it as it stands in the register.")
    understood = {
        "channel": _one_of(Channel, typed["channel"], "channel", problems),
        "direction": _one_of(Direction, typed["direction"], "direction", problems),
        "outcome": _one_of(Outcome, typed["outcome"], "outcome", problems),
    }
    client = typed["client"] if "client" not in problems else ""
    rest = {"therapist": therapist, "client": client or None, **understood}
    is_unanswered = bool(typed["unanswered"])
    try:
        filters = Filters(first, last, unanswered=is_unanswered, **rest)  # type: ignore[arg-type] # each by its name
    except InvalidInput:
        problems["to"] = _("The last day is before the first. Change one of them.")
        filters = Filters(first, None, unanswered=is_unanswered, **rest)  # type: ignore[arg-type] # as above
    return _Asked(typed, filters, problems)


def _day(text: str, name: str, problems: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        problems[name] = _("There is no such day. Write it as 2026-03-31.")
        return None


def _one_of(kind: type[_Choice], text: str, name: str, problems: dict[str, str]) -> _Choice | None:
    try:
        return kind(text) if text else None
    except ValueError:
        problems[name] = _("Choose one from the list.")
        return None


def _page_at(site: Site, asked: _Asked, **more: Any) -> str:  # noqa: ANN401 - as url_for has it
    """The page's address with the filters that may stand there: the client's reference sealed."""
    said: dict[str, Any] = {n: text for n, text in asked.typed.items() if text and n != "client"}
    if asked.typed["client"]:
        said["who"] = _sealed(site, asked.typed["client"], _CLIENT)
    return url_for("log.log", **said, **more)


def _turn(site: Site, query: Mapping[str, str]) -> Turn:
    if not (sealed := query.get("at", "")):
        return Turn()
    return Turn.of(_opened(site, sealed, _PLACE), newer=query.get("up") == "1")


def _sealed(site: Site, text: str, purpose: str) -> str:
    sealed = site.cipher.seal(text, _bound(site, purpose))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _bound(site: Site, purpose: str) -> str:
    """*purpose* for the viewer's district: another's manager cannot open what came her way."""
    return f"{purpose} {site.viewer().district}"


def _opened(site: Site, text: str, purpose: str) -> str:
    """
    What was sealed into an address.

    Raises:
        NotFound: it was not sealed here, or for something or some district else.
    """
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return site.cipher.open(sealed, _bound(site, purpose))
    except (BeredskapError, binascii.Error, ValueError):
        raise NotFound("no such page of the log") from None


def _person(organisation: Organisation, therapist: TherapistId | None) -> str:
    known = organisation.therapists.get(therapist) if therapist is not None else None
    return known.name if known is not None else (therapist or "")


def _target(organisation: Organisation, contact: Contact, attempt: Attempt) -> str:
    """Whom an attempt was made to reach, by name."""
    if attempt.target == OFFICE:
        return _("The office")
    if attempt.target == CLIENT:
        return _("The caller")
    if not attempt.is_fallback:
        return _person(organisation, TherapistId(attempt.target))
    place = attempt.target.removeprefix("fallback-")
    line = organisation.lines.get(contact.line)
    known = line.fallback if line is not None else ()
    if place.isdecimal() and 0 < int(place) <= len(known):
        return known[int(place) - 1].name
    return _("Fallback %(number)s", number=place)
