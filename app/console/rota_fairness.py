"""How the standby of a line is shared: evenings, weekends, red days and hours of each person."""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal

from app.console import rota_view as view
from app.console import rota_words as words
from app.console.rota_frame import SHARERS, around
from app.console.site import Pages, Site
from app.duty.fairness import line_fairness, usual_span
from app.duty.rota_desk import for_viewer, line_for, whole_days
from routing.fairness import Account, Fairness, Kind, Part
from routing.fairness_findings import findings
from routing.fairness_words import in_words
from routing.organisation import Organisation
from routing.rota_rights import RotaAct

_AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One person's, or one district's, line of the table."""

    name: str
    days: int
    kinds: tuple[tuple[int, int, str], ...]  # in position 1, behind it, and off an even share
    hours: str
    hours_off: str


def add_fairness(pages: Pages, site: Site) -> None:
    """The page of fairness, on the blueprint of the rota."""

    @pages.get("/rota/<line_id>/fairness", offices=SHARERS)
    def fairness(line_id: str) -> ResponseReturnValue:
        with site.look() as gate:
            line = line_for(gate, line_id, RotaAct.FAIRNESS)
            usual = usual_span(gate.connection, line, gate.now)
            first = view.day_asked(request.args.get("first", ""), line.today(usual.start))
            last = view.day_asked(
                request.args.get("last", ""), line.today(usual.end - timedelta.resolution)
            )
            span = whole_days(line, min(first, last), max(first, last))
            shared = line_fairness(gate.connection, gate.organisation, line, span)
            found = [in_words(one, line.zone, words.language()) for one in findings(shared)]
            seen = for_viewer(gate, found)
        return render_template(
            "rota/fairness.html",
            shared=shared,
            rows=_people(shared, site.organisation),
            districts=_districts(shared, site.organisation),
            findings=words.all_said(seen, site.organisation),
            first=min(first, last),
            last=max(first, last),
            **around(site, line, "fairness"),
        )


def _people(shared: Fairness, organisation: Organisation) -> list[Row]:
    return [_row(words.person(organisation, p.therapist), p.account) for p in shared.people]


def _districts(shared: Fairness, organisation: Organisation) -> list[Row]:
    return [
        _row(organisation.name_of(district) or "–", account)
        for district, account in shared.districts.items()
    ]


def _row(name: str, account: Account) -> Row:
    first, backup = account.held[Part.FIRST], account.held[Part.BACKUP]
    both = account.held[Part.BOTH]
    off = both - account.even[Part.BOTH]
    return Row(
        name,
        account.days,
        tuple((int(first.of(k)), int(backup.of(k)), _signed(off.of(k))) for k in Kind),
        format_decimal(round(both.standby / _AN_HOUR, 1)),
        _signed(off.standby / _AN_HOUR),
    )


def _signed(number: Fraction | float) -> str:
    """With its sign, in tenths; nothing is neither more nor less."""
    rounded = round(float(number), 1)
    if not rounded:
        return "0"
    return ("+" if rounded > 0 else "−") + format_decimal(abs(rounded))
