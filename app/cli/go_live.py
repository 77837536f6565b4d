"""`beredskap go-live`: the list that is worked through before anybody gets the line's number."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import sqlalchemy as sa

from app.bootstrap import Parts, assemble
from app.cli.doctor import look
from app.cli.main import FAILURE, beredskap, settings
from app.cli.show import answer, as_json_option
from app.console import go_live_words as words
from app.console.doctor_words import WORDS as OF_THE_DOCTOR
from app.console.rest_words import WEEKDAYS
from app.console.words import LANGUAGES, catalogue
from app.review.diagnosis import Diagnosis, Value
from app.review.go_live import Facts, Item, checked, is_ready
from app.review.go_live_by_hand import by_hand
from app.review.system import Known
from app.store import accounts, alterations, canaries, check_ins
from app.store.database import reading
from app.store.patience import PAGES
from routing.access import Office
from routing.canary import Outcome
from routing.hours import Hours
from routing.ids import DistrictId, LineId
from routing.organisation import Organisation
from routing.weekdays import DAY_NAMES, EVE, HOLIDAY

_STOCKHOLM = ZoneInfo("Europe/Stockholm")  # where no line says where it is
_BACKUPS = "backup"
_MADE = "backup.made"
_MARKS = {True: "✓", False: "✗", None: "?"}
Translate = Callable[[str], str]


@beredskap.command("go-live")
@click.option("--language", type=click.Choice(LANGUAGES), default="sv", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file, in Markdown.")
@as_json_option
def go_live(language: str, out: Path | None, *, as_json: bool) -> None:
    """List what is right, what is wrong, and what only people can do; exit 1 if any is wrong."""
    own = settings()
    parts = assemble(own, patience=PAGES)
    system, findings = look(own, parts)
    organisation = None if system.known is None else system.known.organisation
    facts = Facts(system.at) if system.known is None else _facts(parts, system.known, system.at)
    seen = checked(findings, organisation, facts)
    ours = by_hand(organisation, system.at)
    if as_json:
        answer(_for_programs(seen, ours, system.at))
    else:
        text = _Writer(language, organisation).whole(seen, ours, system.at)
        if out is None:
            click.echo(text, nl=False)
        else:
            out.write_text(text, encoding="utf-8")
            wrong, unknown = _count(seen, is_right=False), _count(seen, is_right=None)
            click.echo(f"{wrong} wrong, {unknown} not known: see {out.name}")
    if not is_ready(seen):
        raise SystemExit(FAILURE)


def _count(items: Iterable[Item], *, is_right: bool | None) -> int:
    return sum(one.is_right is is_right for one in items)


def _facts(parts: Parts, known: Known, at: datetime) -> Facts:
    lines = () if known.organisation is None else tuple(known.organisation.lines)
    with reading(parts.engine) as connection:
        made = [
            one.at
            for one in alterations.latest(connection, parts.cipher, [_BACKUPS])
            if one.what == _MADE
        ]
        return Facts(
            at,
            check_ins.confirmations(connection),
            frozenset(_offices(connection)),
            max(made, default=None),
            frozenset(_called(connection, lines)),
            known.beats.webhook,
        )


def _called(connection: sa.Connection, lines: Iterable[LineId]) -> Iterator[LineId]:
    for line in lines:
        last = canaries.last_over(connection, line)
        if last is not None and last.outcome in {Outcome.PASSED, Outcome.BY_WEBHOOKS}:
            yield line


def _offices(connection: sa.Connection) -> Iterator[tuple[Office, DistrictId]]:
    for account in accounts.everybody(connection):
        if account.active:
            yield Office(account.office), DistrictId(account.district)


def _for_programs(seen: Iterable[Item], ours: Iterable[Item], at: datetime) -> dict[str, object]:
    seen = tuple(seen)
    return {
        "at": at.isoformat(),
        "ready": is_ready(seen),
        "checked": [
            {
                **_named(one),
                "right": one.is_right,
                "findings": [_brief(each) for each in one.findings],
                "unseen": [_brief(each) for each in one.unseen],
            }
            for one in seen
        ],
        "by_hand": [_named(one) for one in ours],
    }


def _brief(one: Diagnosis) -> dict[str, str]:
    return {"code": one.code, "severity": str(one.severity)}


def _named(one: Item) -> dict[str, object]:
    about = {name: _plain(value) for name, value in one.values.items() if name != "name"}
    return {"part": str(one.part), "code": one.code, "about": about}


def _plain(value: Value) -> str | int:
    return value.isoformat() if isinstance(value, date) else value


class _Writer:
    """The list in Markdown, in one language."""

    def __init__(self, language: str, organisation: Organisation | None) -> None:
        self._language = language
        self._translate: Translate = catalogue(language).gettext
        self._lines = {} if organisation is None else dict(organisation.lines)
        self._zone = next((line.zone for line in self._lines.values()), _STOCKHOLM)

    def whole(self, seen: tuple[Item, ...], ours: tuple[Item, ...], at: datetime) -> str:
        say = self._translate
        summary = say(words.SUMMARY) % {
            "right": _count(seen, is_right=True),
            "count": len(seen),
            "wrong": _count(seen, is_right=False),
            "unknown": _count(seen, is_right=None),
            "on": f"{at.astimezone(self._zone):%Y-%m-%d %H:%M}",
        }
        return "\n".join(
            (
                f"# {say(words.TITLE)}\n\n{summary}\n{say(words.AGAIN)}\n",
                f"## {say(words.CHECKED)}",
                *self._under_headings(seen, self._checked),
                f"\n## {say(words.BY_HAND)}",
                *self._under_headings(ours, self._by_hand),
                "",
            )
        )

    def _under_headings(
        self, items: Iterable[Item], write: Callable[[Item], Iterator[str]]
    ) -> Iterator[str]:
        by_part: dict[str, list[Item]] = {}
        for one in items:
            by_part.setdefault(self._translate(words.HEADINGS[one.part]), []).append(one)
        for heading, own in by_part.items():
            yield f"\n### {heading}\n"
            for one in own:
                yield from write(one)

    def _checked(self, one: Item) -> Iterator[str]:
        yield f"- {_MARKS[one.is_right]} {self._said(words.WORDS[one.code], one.values)}"
        for each in one.findings:
            yield f"  - {self._finding(each)}"
        for each in one.unseen:
            yield f"  - {self._translate(words.UNSEEN)} {self._finding(each)}"

    def _by_hand(self, one: Item) -> Iterator[str]:
        values = dict(one.values)
        if one.code == "hours":
            values["hours"] = self._hours(self._lines[one.values["line"]].hours)  # type: ignore[index] # a line's id
        yield f"- [ ] {self._said(words.WORDS[one.code], values)}"
        yield f"  {self._translate(words.WHO_WHEN)}"

    def _finding(self, one: Diagnosis) -> str:
        known = OF_THE_DOCTOR[one.code]
        parts = (self._said(text, one.values) for text in (known.what, known.remedy))
        return f"`{one.code}`: {' '.join(parts)}"

    def _said(self, text: str, values: Mapping[str, Value]) -> str:
        return self._translate(text) % {name: self._shown(one) for name, one in values.items()}

    def _shown(self, value: Value) -> str:
        match value:
            case datetime():
                return f"{value.astimezone(self._zone):%Y-%m-%d %H:%M}"
            case date():
                return value.isoformat()
            case _:
                return str(value)

    def _hours(self, hours: Hours) -> str:
        named = dict(zip(DAY_NAMES, WEEKDAYS[self._language], strict=False))
        named |= {HOLIDAY: self._translate(words.HOLIDAY), EVE: self._translate(words.EVE)}
        return "; ".join(
            f"{', '.join(named[day] for day in named if day in one.days)} "
            f"{one.opens:%H:%M}–{one.closes:%H:%M}"
            for one in hours.windows
        )
