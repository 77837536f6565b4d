"""Forms over the organisation: filled in, shown as what changes, and then made so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console.organisation_words import DAYS, change, day_name, fault, fault_in_full
from app.console.site import Pages, Site
from app.duty import organisation_desk as desk
from app.duty import organisation_forms as forms
from app.duty.organisation_desk import ChangedMeanwhile, NothingChanges
from app.duty.organisation_forms import MOST_WINDOWS, Edit, Field, Kind
from routing.access import Office
from routing.errors import InvalidInput
from routing.organisation import Organisation

_ONLY = frozenset({Office.ADMINISTRATOR})
_NOT_SENT_BACK = frozenset({"csrf_token", "version", "confirm", "back"})
_SPARE_WINDOWS = 2  # empty rows for more opening hours
_ADDED = ", ".join(kind.value for kind in forms.ADDED)
_CHANGED = ", ".join(kind.value for kind in forms.CHANGED)

Words = Callable[[Site], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class _Page:
    """A form over one thing of a kind; without *place* over one that is to be added."""

    site: Site
    words: Words
    kind: Kind
    place: int | None = None

    @property
    def fields(self) -> Sequence[Field]:
        return (forms.ADDED if self.place is None else forms.CHANGED)[self.kind]

    @property
    def back(self) -> str:
        """The list that it is one of."""
        people = {Kind.THERAPISTS, Kind.MANAGERS}
        part = "people" if self.kind in people else self.kind.value
        return url_for("organisation.part_", section=part)

    def edit(self, values: Mapping[str, Sequence[str]]) -> Edit:
        if self.place is None:
            return forms.adding(self.kind, values)
        return forms.changing(self.kind, self.place, values)

    def opened(self) -> ResponseReturnValue:
        with self.site.gate() as gate:
            standing = desk.standing(gate)
        table = None
        if self.place is not None:
            table = forms.table_at(standing.document, self.kind, self.place)
        return self.form(standing.version, forms.filled_in(self.kind, table))

    def form(
        self,
        version: int,
        values: Mapping[str, Sequence[str]],
        problem: Mapping[str, str] | None = None,
        said: Sequence[str] = (),
        status: int = HTTPStatus.OK,
    ) -> ResponseReturnValue:
        with self.site.gate() as gate:
            standing = desk.standing(gate)
        table = None
        if self.place is not None:
            table = forms.table_at(standing.document, self.kind, self.place)
        page = render_template(
            "organisation/form.html",
            part=self.back.rpartition("/")[2],
            kind=self.kind.value,
            table=table,
            fields=self.fields,
            version=version,
            values=values,
            windows=_windows(values),
            problem=problem or {},
            said=said,
            back=self.back,
            **_options(standing.organisation, table),
            **self.words(self.site),
        )
        return page, status

    def sent(self) -> ResponseReturnValue:
        """What a form sent: shown as what changes, made so, or shown again."""
        values = request.form.to_dict(flat=False)
        version = request.form.get("version", 0, type=int)
        if "back" in values:
            return self.form(version, values)
        try:
            if "confirm" in values:
                with self.site.gate() as gate:
                    desk.apply(gate, self.edit(values), version)
                flash(_("It is changed, and counts from the next call on."))
                return redirect(self.back, 303)
            with self.site.gate() as gate:
                proposal = desk.propose(gate, self.edit(values), version)
                lines = [change(line, desk.standing(gate).organisation) for line in proposal.lines]
        except InvalidInput as err:
            return self.refused(version, values, err)
        except NothingChanges:
            flash(_("Nothing was changed: it is so already."))
            return redirect(self.back, 303)
        except ChangedMeanwhile:
            flash(
                _(
                    "Somebody else has changed the organisation meanwhile. Nothing of yours is "
                    "saved. This is how it is now."
                ),
                "error",
            )
            return redirect(self.back, 303)
        kept = [(n, v) for n, some in values.items() if n not in _NOT_SENT_BACK for v in some]
        return render_template(
            "organisation/confirm.html",
            part=self.back.rpartition("/")[2],
            lines=lines,
            kept=kept,
            version=version,
            back=self.back,
            **self.words(self.site),
        )

    def refused(
        self, version: int, values: Mapping[str, Sequence[str]], err: InvalidInput
    ) -> ResponseReturnValue:
        """The form again, with the fault beside its field where the form has that."""
        name = "" if err.place is None else (err.place.field or "")
        name = name.removeprefix(f"{self.kind}.")
        own = [f.name for f in self.fields if name == f.name or name.startswith(f"{f.name}.")]
        problem = {own[0]: fault(err)} if own else {}
        said = [fault_in_full(err)]
        return self.form(version, values, problem, said, HTTPStatus.UNPROCESSABLE_ENTITY)


def add_edits(pages: Pages, site: Site, words: Words) -> None:
    """`/organisation/<list>/new` and `/organisation/<list>/<place>`, for administrators."""

    @pages.get(f"/organisation/<any({_ADDED}):addable>/new", offices=_ONLY)
    def new(addable: str) -> ResponseReturnValue:
        return _Page(site, words, Kind(addable)).opened()

    @pages.post(f"/organisation/<any({_ADDED}):addable>/new", offices=_ONLY)
    def add(addable: str) -> ResponseReturnValue:
        return _Page(site, words, Kind(addable)).sent()

    @pages.get(f"/organisation/<any({_CHANGED}):thing>/<int:place>", offices=_ONLY)
    def one(thing: str, place: int) -> ResponseReturnValue:
        return _Page(site, words, Kind(thing), place).opened()

    @pages.post(f"/organisation/<any({_CHANGED}):thing>/<int:place>", offices=_ONLY)
    def change_one(thing: str, place: int) -> ResponseReturnValue:
        return _Page(site, words, Kind(thing), place).sent()


def _options(organisation: Organisation, table: object) -> Mapping[str, object]:
    """What there is to choose among."""
    count = len(getattr(table, "fallback", ()))
    return {
        "district_options": [
            ("", _("Choose a district")),
            *((str(d.id), d.name) for d in organisation.districts.values()),
        ],
        "people": [(str(t.id), t.name) for t in organisation.therapists.values()],
        "day_options": [(day, day_name(day)) for day in DAYS],
        "places": [(str(n), str(n)) for n in range(1, count + 1)],
    }


def _windows(values: Mapping[str, Sequence[str]]) -> range:
    """The rows of opening hours to show: those that say anything, and some more."""
    used = [
        n
        for n in range(MOST_WINDOWS)
        if any(any(values.get(f"hours.{n}.{part}", ())) for part in ("days", "from", "to"))
    ]
    return range(min(MOST_WINDOWS, max(used, default=-1) + 1 + _SPARE_WINDOWS))
