"""The register of callers: for the home district's therapists and managers, and nobody else."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from app.console.callers_import import add_import_pages
from app.console.organisation_words import fault, fault_in_full, label
from app.console.site import STAFF, Pages, Site
from app.duty import register_blocks as blocks
from app.duty import register_desk as desk
from app.duty.gate import NotAllowed
from app.duty.register_desk import Faulty, Hidden, Shown
from routing.access import Office
from routing.errors import Conflict, InvalidInput, NotFound
from routing.ids import ContactId
from routing.numbers import PhoneNumber

_SWEDISH_MOBILE = 12  # characters: plus, 46, and nine figures
_MANAGERS = frozenset({Office.MANAGER})
_UNUSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
_COLUMNS = (
    "client", "role", "phone", "district", "language", "therapist", "sms_ok", "protected",
    "valid_from", "valid_to",
)  # fmt: skip


def callers_pages(site: Site) -> Pages:
    """`/callers`."""
    pages = Pages("callers", site)
    _add_list(pages, site)
    _add_new(pages, site)
    _add_entries(pages, site)
    _add_blocks(pages, site)
    add_import_pages(pages, site, words(site))
    return pages


def words(site: Site) -> Callable[[], Mapping[str, Any]]:
    """What every page of the register says things with."""

    def known() -> Mapping[str, Any]:
        viewer, organisation = site.viewer(), site.organisation
        spoken = get_locale()
        named = {} if spoken is None else spoken.languages
        return {
            "is_manager": viewer.office is Office.MANAGER,
            "district": organisation.name_of(viewer.district) or viewer.district,
            "therapists": {str(t.id): t.name for t in organisation.therapists.values()},
            "colleagues": [
                (t.id, t.name)
                for t in organisation.therapists.values()
                if t.district == viewer.district
            ],
            "managers": {m.id: m.name for m in organisation.managers},
            "language_names": {
                code: named.get(code, code) for code in desk.languages(organisation)
            },
            "label": label,
        }

    return known


def written_number(number: PhoneNumber) -> str:
    """A mobile number as a Swede writes it; any other as it is dialled."""
    digits = number.e164
    if digits.startswith("+467") and len(digits) == _SWEDISH_MOBILE:
        return f"0{digits[3:5]}-{digits[5:8]} {digits[8:10]} {digits[10:]}"
    return digits


def _add_list(pages: Pages, site: Site) -> None:
    known = words(site)

    def shown(status: int = HTTPStatus.OK, **page: object) -> ResponseReturnValue:
        return render_template("callers/callers.html", **known(), **page), status

    @pages.get("/callers", offices=STAFF)
    def callers() -> ResponseReturnValue:
        after = request.args.get("after", type=int)
        with site.gate() as gate:
            listing = desk.listed(gate, after)
        return shown(listing=listing, is_first=after is None)

    @pages.post("/callers/find", offices=STAFF)
    def find() -> ResponseReturnValue:
        by_number = request.form.get("by") == "number"
        wanted = request.form.get("number" if by_number else "reference", "")
        look = desk.with_number if by_number else desk.with_reference
        try:
            with site.gate() as gate:
                listing = look(gate, wanted)
        except InvalidInput as err:
            with site.gate() as gate:
                listing = desk.listed(gate)
            field = "number" if by_number else "reference"
            return shown(
                _UNUSABLE, listing=listing, is_first=True, typed={field: wanted},
                problem={field: fault(err)},
            )  # fmt: skip
        return shown(listing=listing, is_found=True)

    @pages.post("/callers/<int:client_id>/number", offices=STAFF)
    def number(client_id: int) -> ResponseReturnValue:
        stamp = request.form.get("stamp", "")
        try:
            with site.gate() as gate:
                one, found = desk.opened(gate, client_id), desk.number_of(gate, client_id, stamp)
        except Hidden:
            return render_template("callers/number.html", number=None, **known()), 403
        if "HX-Request" in request.headers:
            return render_template("callers/_number.html", number=written_number(found))
        return render_template(
            "callers/number.html", number=written_number(found), one=one, **known()
        )

    @pages.get("/callers/history", offices=STAFF)
    def history() -> ResponseReturnValue:
        with site.gate() as gate:
            made = desk.history(gate, ("client", "block"))
        return render_template("callers/history.html", made=made, **known())


def _add_new(pages: Pages, site: Site) -> None:
    @pages.get("/callers/new", offices=STAFF)
    def new() -> ResponseReturnValue:
        with site.gate() as gate:
            desk.own_districts(gate)
        first = desk.languages(site.organisation)[0]
        return _form(site, {"language": first, "sms_ok": "yes", "protected": "no"})

    @pages.post("/callers/new", offices=STAFF)
    def add() -> ResponseReturnValue:
        try:
            with site.gate() as gate:
                desk.add(gate, _typed())
        except Faulty as err:
            return _form(site, _typed(), faults=err.faults, status=_UNUSABLE)
        flash(_("The caller is in the register, and known from the next call on."))
        return redirect(url_for("callers.callers"), 303)


def _add_entries(pages: Pages, site: Site) -> None:
    @pages.get("/callers/<int:client_id>", offices=STAFF)
    def entry_(client_id: int) -> ResponseReturnValue:
        with site.gate() as gate:
            one = desk.opened(gate, client_id)
        return _form(site, _values(one), one)

    @pages.post("/callers/<int:client_id>", offices=STAFF)
    def change(client_id: int) -> ResponseReturnValue:
        stamp, values = request.form.get("stamp", ""), _typed()
        with site.gate() as gate:
            before = desk.opened(gate, client_id)
        try:
            with site.gate() as gate:
                differs = desk.change(gate, client_id, stamp, values)
        except Faulty as err:
            # The stamp stays the one she began with: what was changed since is not to be lost.
            return _form(site, values, before, faults=err.faults, status=_UNUSABLE, stamp=stamp)
        except Conflict:
            said = _(
                "Somebody else has changed this entry since you opened it. What you wrote is "
                "still here. Look at the entry in the list before you save again."
            )
            return _form(site, values, before, status=HTTPStatus.CONFLICT, said=said)
        flash(_("The entry is changed.") if differs else _("Nothing was changed."))
        return redirect(url_for("callers.callers"), 303)

    @pages.post("/callers/<int:client_id>/end", offices=STAFF)
    def end(client_id: int) -> ResponseReturnValue:
        stamp, last = request.form.get("stamp", ""), request.form.get("last", "")
        with site.gate() as gate:
            before = desk.opened(gate, client_id)
        try:
            with site.gate() as gate:
                desk.end(gate, client_id, stamp, last)
        except Faulty as err:
            return _form(site, _values(before), before, faults=err.faults, status=_UNUSABLE)
        except Conflict:
            said = _("Somebody else has changed this entry since you opened it. Nothing is saved.")
            return _form(site, _values(before), before, status=HTTPStatus.CONFLICT, said=said)
        flash(_("The entry has a last day now. After it the number is unknown to the line."))
        return redirect(url_for("callers.callers"), 303)


def _form(
    site: Site,
    values: Mapping[str, str],
    one: Shown | None = None,
    *,
    faults: tuple[InvalidInput, ...] = (),
    status: int = HTTPStatus.OK,
    said: str = "",
    stamp: str = "",
) -> ResponseReturnValue:
    page = render_template(
        "callers/entry.html",
        values=values,
        one=one,
        stamp=stamp or (one.stamp if one is not None else ""),
        problem={err.place.field: fault(err) for err in faults if err.place is not None},
        said=[said] if said else [fault_in_full(err) for err in faults],
        **words(site)(),
    )
    return page, status


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in _COLUMNS}


def _values(one: Shown) -> dict[str, str]:
    first, last = one.validity.first, one.validity.last
    return {
        "client": one.client,
        "role": str(one.role),
        "phone": "",  # it is shown nowhere without being asked for
        "district": one.district,
        "language": one.language,
        "therapist": one.therapist or "",
        "sms_ok": "yes" if one.takes_texts else "no",
        "protected": "yes" if one.protected else "no",
        "valid_from": first.isoformat() if first else "",
        "valid_to": last.isoformat() if last else "",
    }


def _add_blocks(pages: Pages, site: Site) -> None:
    known = words(site)

    def shown(status: int = HTTPStatus.OK, **page: object) -> ResponseReturnValue:
        with site.gate() as gate:
            found = blocks.listed(gate)
        return render_template("callers/blocks.html", found=found, **known(), **page), status

    @pages.get("/callers/blocks", offices=_MANAGERS)
    def blocked() -> ResponseReturnValue:  # the call log links here
        return shown(typed={"contact": request.args.get("contact", "")})

    @pages.post("/callers/blocks", offices=_MANAGERS)
    def block() -> ResponseReturnValue:
        form = request.form
        by_contact = form.get("by") == "contact"
        by = "contact" if by_contact else "number"
        until, reason = form.get(f"{by}_until", ""), form.get(f"{by}_reason", "")
        try:
            with site.gate() as gate:
                if by_contact:
                    contact = ContactId(form.get("contact", "").strip())
                    blocks.add_contact(gate, contact, until, reason)
                else:
                    blocks.add_number(gate, form.get("number", ""), until, reason)
        except InvalidInput as err:
            field = str(err.place.field) if err.place is not None else ""
            return shown(_UNUSABLE, typed={**form, "by": by}, problem={field: fault(err)})
        except (NotFound, NotAllowed):
            # The same words for both, so that nothing is learnt of another district's contacts.
            said = _(
                "Your district has no such contact, or its number was withheld. "
                "Copy the id from your call log."
            )
            return shown(_UNUSABLE, typed={**form, "by": by}, problem={"contact": said})
        flash(_("The number is blocked."))
        return redirect(url_for("callers.blocked"), 303)

    @pages.post("/callers/blocks/<int:block_id>/lift", offices=_MANAGERS)
    def lift(block_id: int) -> ResponseReturnValue:
        try:
            with site.gate() as gate:
                blocks.lift(gate, block_id)
        except NotFound:
            flash(_("The block had ended already."))
        else:
            flash(_("The block is lifted. The next call from the number gets through."))
        return redirect(url_for("callers.blocked"), 303)
