"""`/contacts/<id>`: what happened, the note, whose the caller is, and who has read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from app.console import contact_words as words
from app.console.drafts import opened_at
from app.console.handover_words import as_written, person
from app.console.note_form import LONGEST, TIME, Filled, blank, read_note_form
from app.console.site import STAFF, Pages, Site
from app.duty import contact_card, notes
from app.duty import tonight_drafts as drafts
from app.duty.contact_card import Card
from app.duty.tonight_drafts import SentMeanwhile
from routing.access import Act, Denial, Office
from routing.errors import Conflict, InvalidInput
from routing.ids import ContactId, DistrictId

_THERAPIST = frozenset({Office.THERAPIST})
_ACTS: Mapping[Act, object] = {
    Act.CARD: lazy_gettext("called back"),
    Act.READ: lazy_gettext("read"),
    Act.WRITE: lazy_gettext("wrote"),
    Act.ASSIGN: lazy_gettext("said whose it is"),
    Act.ACKNOWLEDGE: lazy_gettext("marked it as met"),
    Act.EXPORT: lazy_gettext("took it out for the case file"),
}
_NO_WORDS: Mapping[Denial, object] = {
    Denial.NOT_YOUR_OFFICE: lazy_gettext("What was told is for the therapists of the district."),
}


@dataclass(frozen=True, slots=True)
class _Problem:
    """What could not be done, by field; and what was typed, which is kept."""

    fields: Mapping[str, object] = field(default_factory=dict)
    note: Mapping[str, str] | None = field(default=None, repr=False)
    addendum: str | None = field(default=None, repr=False)


def contact_pages(site: Site) -> Pages:
    """One contact, and what is done with it."""
    pages = Pages("contact", site)

    @pages.get("/contacts/<contact_id>", offices=STAFF)
    def contact(contact_id: str) -> ResponseReturnValue:
        return _shown(site, ContactId(contact_id), _Problem())

    @pages.post("/contacts/<contact_id>/note", offices=_THERAPIST)
    def write(contact_id: str) -> ResponseReturnValue:
        return _written(site, ContactId(contact_id))

    @pages.post("/contacts/<contact_id>/addendum", offices=_THERAPIST)
    def amend(contact_id: str) -> ResponseReturnValue:
        return _amended(site, ContactId(contact_id))

    @pages.post("/contacts/<contact_id>/district", offices=_THERAPIST)
    def assign(contact_id: str) -> ResponseReturnValue:
        contact, home = ContactId(contact_id), DistrictId(request.form.get("home", ""))
        try:
            with site.gate() as gate:
                moved = contact_card.assign(gate, contact, home)
        except InvalidInput:
            said = _("Choose the district.")
            return _shown(site, contact, _Problem({"home": said}))
        name = words.district_name(site.organisation, home)
        said = ngettext(
            "It is %(name)s's now.", "All %(num)d contacts are %(name)s's now.", moved, name=name
        )
        return _back(contact, said)

    @pages.post("/contacts/<contact_id>/reacted", offices=_THERAPIST)
    def react(contact_id: str) -> ResponseReturnValue:
        contact = ContactId(contact_id)
        with site.gate() as gate:
            is_first = notes.react(gate, contact)
        if is_first:
            return _back(contact, _("The broken agreement is marked as met."))
        return _back(contact, _("It was marked as met before."))

    return pages


def _written(site: Site, contact: ContactId) -> ResponseReturnValue:
    zone = next(iter(site.organisation.lines.values())).zone
    filled = read_note_form(request.form, zone, site.now())
    problems = dict(filled.problems)
    if filled.written is not None:
        try:
            _keep(site, contact, filled)
        except SentMeanwhile:
            problems[""] = _("The note was saved before. Write an addendum instead.")
        except Conflict:
            problems[""] = _(
                "Somebody has written the note meanwhile. Copy what you wrote into an addendum."
            )
        except InvalidInput as err:
            name = "" if err.place is None else err.place.field or ""
            problems[name] = _("This cannot be used. Check it, and save again.")
        else:
            return _back(contact, _("The note is saved. It belongs to the home district."))
    return _shown(site, contact, _Problem(problems, note=filled.typed))


def _keep(site: Site, contact: ContactId, filled: Filled) -> None:
    said = filled.written
    if said is None:
        return
    subject = f"note:{contact}"
    with site.gate() as gate:
        drafts.check_unsent(gate, subject, opened_at(request.form, gate.now))
        notes.write(
            gate,
            contact,
            said.content,
            role=said.role,
            broken_agreement=said.broken_agreement,
            urgency=said.urgency,
            escalation=said.escalation,
        )
        drafts.sent(gate, subject)


def _amended(site: Site, contact: ContactId) -> ResponseReturnValue:
    text, subject = request.form.get("text", ""), f"addendum:{contact}"
    try:
        with site.gate() as gate:
            drafts.check_unsent(gate, subject, opened_at(request.form, gate.now))
            notes.amend(gate, contact, text)
            drafts.sent(gate, subject)
    except InvalidInput:
        said = _("Write something, at most %(most)d characters.", most=LONGEST)
    except SentMeanwhile:
        said = _("An addendum of yours was saved after you opened this page. It stands below.")
    except Conflict:
        said = _("There is no note to add to. Write the note first.")
    else:
        return _back(contact, _("The addendum is saved."))
    return _shown(site, contact, _Problem({"text": said}, addendum=text))


def _back(contact: ContactId, said: str) -> ResponseReturnValue:
    flash(said)
    return redirect(url_for("contact.contact", contact_id=contact), 303)


def _shown(site: Site, contact: ContactId, problem: _Problem) -> ResponseReturnValue:
    with site.gate() as gate:
        card = contact_card.card(gate, contact)
    page = render_template("contact/contact.html", **_around(site, card, problem))
    return page, 422 if problem.fields else 200


def _around(site: Site, card: Card, problem: _Problem) -> Mapping[str, object]:
    organisation, now, facts = site.organisation, site.now(), card.facts
    viewer = site.viewer()
    today = card.line.today(now)
    is_own = facts.caller.home is not None and organisation.current(
        facts.caller.home, today
    ) == organisation.current(viewer.district, today)
    kept, kept_addendum = card.note_draft, card.addendum_draft
    typed = problem.note or blank(facts, card.line.zone)
    if problem.note is None and kept is not None:
        typed = {**typed, **kept.fields}
    addendum = problem.addendum
    if addendum is None and kept_addendum is not None:
        addendum = kept_addendum.fields.get("text", "")
    return {
        "card": card,
        "facts": facts,
        "note": card.note,
        "now": now,
        "typed": typed,
        "addendum": addendum or "",
        "saved_at": _saved(kept, problem.note),
        "addendum_saved_at": _saved(kept_addendum, problem.addendum),
        "problems_": problem.fields,
        "is_therapist": viewer.office is Office.THERAPIST,
        # Who it is by the register is for the home district; others know what they heard.
        "reference": facts.caller.label if is_own and not card.protected else None,
        "who": words.who(organisation, facts.caller),
        "kind": words.kind(facts),
        "became": words.became(facts, now),
        "target": lambda tried: words.target(organisation, card.line, tried),
        "result": words.result,
        "person": lambda who: person(organisation, who),
        "district_name": lambda district: words.district_name(organisation, district),
        "homes_": [(home, words.district_name(organisation, home)) for home in card.homes],
        "written": as_written,
        "acts": _ACTS,
        "no_words": _NO_WORDS.get(card.words_denied) if card.words_denied else None,
        "seekers": words.SEEKERS,
        "urgencies": words.URGENCIES,
        "escalations": words.ESCALATIONS,
        "reasons": words.REASONS,
        "roles": words.ROLES,
        "fates": words.FATES,
        "longest": LONGEST,
        "latest": f"{now.astimezone(card.line.zone):{TIME}}",
    }


def _saved(kept: object, typed: object) -> datetime | None:
    """When the draft that is shown was saved; None where something else is shown."""
    return getattr(kept, "saved_at", None) if typed is None else None
