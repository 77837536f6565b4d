"""The whole organisation out of a file, on the page: what would change, and then exactly that."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console.organisation_words import change, fault_in_full
from app.console.site import Pages, Site
from app.duty import organisation_desk as desk
from app.duty.gate import Gate
from app.duty.organisation_desk import ChangedMeanwhile, NothingChanges, NothingHeld, Proposal
from routing.access import Office
from routing.errors import InvalidInput

_ONLY = frozenset({Office.ADMINISTRATOR})
_UNUSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
Words = Callable[[Site], Mapping[str, object]]


def add_file_pages(pages: Pages, site: Site, words: Words) -> None:
    """`/organisation/file`, for administrators."""

    @pages.get("/organisation/file", offices=_ONLY)
    def file() -> ResponseReturnValue:
        return _form(site, words, [])

    @pages.post("/organisation/file", offices=_ONLY)
    def preview() -> ResponseReturnValue:
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            return _form(site, words, [_("Choose a file first.")], _UNUSABLE)
        with closing(sent.stream) as stream:
            content = stream.read(desk.LARGEST + 1)
        return _shown(site, words, lambda gate: desk.propose_file(gate, content))

    @pages.post("/organisation/file/apply", offices=_ONLY)
    def apply() -> ResponseReturnValue:
        try:
            with site.gate() as gate:
                desk.apply_file(gate, request.form.get("token", ""))
        except NothingHeld:
            return _form(site, words, [_gone()], HTTPStatus.CONFLICT)
        except ChangedMeanwhile:
            return _shown(site, words, desk.again, again=True)
        flash(_("The file is in force, and counts from the next call on."))
        return redirect(url_for("organisation.organisation"), 303)


def _form(
    site: Site, words: Words, said: Sequence[str], status: int = HTTPStatus.OK
) -> ResponseReturnValue:
    page = render_template("organisation/file.html", part="file", said=said, **words(site))
    return page, status


def _shown(
    site: Site, words: Words, look: Callable[[Gate], Proposal], *, again: bool = False
) -> ResponseReturnValue:
    """What the file would change, or what is wrong with it."""
    try:
        with site.gate() as gate:
            proposal = look(gate)
            lines = [change(line, desk.standing(gate).organisation) for line in proposal.lines]
    except InvalidInput as err:
        return _form(site, words, [fault_in_full(err)], _UNUSABLE)
    except NothingChanges:
        return _form(site, words, [_("The file says what is in force already.")])
    except NothingHeld:
        return _form(site, words, [_gone()], HTTPStatus.CONFLICT)
    page = render_template(
        "organisation/file_preview.html",
        part="file", lines=lines, token=proposal.token, again=again, **words(site),
    )  # fmt: skip
    return page, HTTPStatus.CONFLICT if again else HTTPStatus.OK


def _gone() -> str:
    return _("The file is no longer kept: it is for an hour at most. Choose it again.")
