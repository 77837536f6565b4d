"""How the report on rest says who, when and by which terms, in its language."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.console.rest_words import WEEKDAYS, WORDS
from app.duty.rest_report import RestReport
from routing.hours import Hours
from routing.organisation import Organisation
from routing.weekdays import DAY_NAMES
from routing.working_time import WorkingTime

Who = Callable[[str], str]


def called_by_id(who: str) -> str:
    """Somebody as the report shows people without more: by the id."""
    return who


def called_by_name(organisation: Organisation) -> Who:
    """What people are called where their names are wanted: the name, and the id after it."""
    names: dict[str, str] = {t.id: t.name for t in organisation.therapists.values()}
    names |= {manager.id: manager.name for manager in organisation.managers}
    return lambda who: f"{names[who]} ({who})" if who in names else who


@dataclass(frozen=True, slots=True)
class Say:
    """How *report* is told in ``sv`` or ``en``, with people called as *who* says."""

    report: RestReport
    language: str
    who: Who
    terms: Mapping[WorkingTime, str]  # each by the number that days and weeks refer to

    @classmethod
    def of(cls, report: RestReport, language: str = "sv", who: Who = called_by_id) -> "Say":
        numbered = {terms: f"V{number}" for number, terms in enumerate(report.terms, start=1)}
        return cls(report, language, who, numbered)

    @property
    def words(self) -> Mapping[str, str]:
        return WORDS[self.language]

    def moment(self, moment: datetime) -> str:
        """*moment* on the line's own clocks, with its weekday."""
        local = moment.astimezone(self.report.line.zone)
        return f"{self.day(local.weekday())} {local:%Y-%m-%d %H:%M}"

    def day(self, weekday: int) -> str:
        """What the weekday is called; 0 is Monday."""
        return WEEKDAYS[self.language][weekday]

    def hours(self, hours: Hours) -> str:
        """Weekly hours in words; they hold on days when people are at work."""

        def named(days: Iterable[str]) -> str:
            return " ".join(self.day(DAY_NAMES.index(d)) for d in DAY_NAMES if d in days)

        return "; ".join(
            f"{named(one.days)} {one.opens:%H:%M}–{one.closes:%H:%M}" for one in hours.windows
        )
