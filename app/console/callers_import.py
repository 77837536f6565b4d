"""The register out of a file, on the page: what would change, and then exactly that."""

from collections.abc import Callable, Mapping
from contextlib import closing
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.console.organisation_words import fault_in_full
from app.console.site import STAFF, Pages, Site
from app.duty import register_import as imports
from app.duty.register_desk import own_districts
from app.duty.register_import import NothingHeld, Outdated, Preview
from routing.errors import InvalidInput

_UNUSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
_MOST_FAULTS = 100


Known = Callable[[], Mapping[str, Any]]


def add_import_pages(pages: Pages, site: Site, known: Known) -> None:
    """`/callers/import`."""

    @pages.get("/callers/import", offices=STAFF)
    def import_() -> ResponseReturnValue:
        with site.gate() as gate:
            own_districts(gate)
        return _form(known, [])

    @pages.post("/callers/import", offices=STAFF)
    def preview_() -> ResponseReturnValue:
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            return _form(known, [_("Choose a file first.")], _UNUSABLE)
        with closing(sent.stream) as stream:
            content = stream.read(imports.LARGEST + 1)
        try:
            with site.gate() as gate:
                preview = imports.preview(gate, content)
        except InvalidInput as err:
            return _form(known, [fault_in_full(err)], _UNUSABLE)
        return _shown(known, preview)

    @pages.post("/callers/import/discard", offices=STAFF)
    def discard() -> ResponseReturnValue:
        with site.gate() as gate:
            imports.discard(gate)
        flash(_("The file is forgotten. Nothing was changed."))
        return redirect(url_for("callers.callers"), 303)

    _add_apply(pages, site, known)


def _add_apply(pages: Pages, site: Site, known: Known) -> None:
    @pages.post("/callers/import/apply", offices=STAFF)
    def apply() -> ResponseReturnValue:
        try:
            with site.gate() as gate:
                done = imports.apply(gate, request.form.get("token", ""))
        except NothingHeld:
            return _form(known, [_gone()], HTTPStatus.CONFLICT)
        except Outdated:
            return _shown_again(site, known)
        flash(
            _(
                "The file is read in: %(added)d added, %(changed)d changed, %(removed)d removed.",
                added=len(done.added),
                changed=len(done.changed),
                removed=len(done.removed),
            )
        )
        return redirect(url_for("callers.callers"), 303)


def _shown_again(site: Site, known: Known) -> ResponseReturnValue:
    """What was chosen, compared with the register as it is by now."""
    try:
        with site.gate() as gate:
            preview = imports.again(gate)
    except NothingHeld:
        return _form(known, [_gone()], HTTPStatus.CONFLICT)
    said = _(
        "The register was changed after you chose the file. Nothing is read in yet. "
        "This is what the file would change now."
    )
    return _shown(known, preview, HTTPStatus.CONFLICT, said)


def _shown(
    known: Known, preview: Preview, status: int = HTTPStatus.OK, said: str = ""
) -> ResponseReturnValue:
    if preview.faults:
        return _form(known, _told(preview.faults), _UNUSABLE)
    page = render_template("callers/preview.html", preview=preview, said=said, **known())
    return page, status


def _form(known: Known, problems: list[str], status: int = HTTPStatus.OK) -> ResponseReturnValue:
    return render_template("callers/import.html", said=problems, **known()), status


def _gone() -> str:
    return _("The file is no longer kept: it is for an hour at most. Choose it again.")


def _told(faults: tuple[InvalidInput, ...]) -> list[str]:
    told = [fault_in_full(err) for err in faults[:_MOST_FAULTS]]
    left = len(faults) - len(told)
    if left:
        told.append(ngettext("and %(num)d more fault", "and %(num)d more faults", left))
    return told
