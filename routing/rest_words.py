"""What is wrong with somebody's rest, in plain words, with the paragraph and a way out."""

from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from routing.finding import Finding, Severity
from routing.intervals import Interval
from routing.rest_sentences import WAY_OUT, WORDS
from routing.work import Number, RestFinding

_DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "sv": ("mån", "tis", "ons", "tors", "fre", "lör", "sön"),
}


def in_words(found: RestFinding, zone: ZoneInfo, language: str = "en") -> Finding:
    """*found* as a finding to show, in ``en`` or ``sv``; people are named by their ids."""
    values = {
        name: _said(value, zone, language)
        for name, value in found.numbers.items()
        if value is not None
    }
    way_out = WAY_OUT[language]
    has_day = "day_off" in values and "then" in values
    values["way_out"] = way_out.message.format(**values) if has_day else way_out.remedy
    words = WORDS[_case(found)][language]
    edges = _Edges(
        _said(found.period.start, zone, language), _said(found.period.end, zone, language)
    )
    texts = {"therapist": found.therapist, "period": edges, **values}
    return Finding(
        found.rule,
        found.severity,
        found.therapist,
        found.period.start,
        found.period.end,
        words.message.format(**texts),
        words.remedy.format(**texts),
    )


class _Edges(NamedTuple):
    start: str
    end: str


def _case(found: RestFinding) -> str:
    match found.rule:
        case "R3" if found.severity is Severity.ERROR:
            return "R3 overdue"
        case "R6" if "planned" in found.numbers:
            return "R6 callout"
        case "R9" if "away" in found.numbers:
            return "R9 away"
        case "R10" if "times" in found.numbers:
            return "R10 disturbed"
    return found.rule


def _said(value: Number, zone: ZoneInfo, language: str) -> str:
    match value:
        case timedelta():
            hours, minutes = divmod(round(value.total_seconds() / 60), 60)
            return f"{hours} h" + (f" {minutes:02} min" if minutes else "")
        case Interval():
            return _said(value.length, zone, language)
        case datetime():
            local = value.astimezone(zone)
            return f"{_said(local.date(), zone, language)} {local:%H:%M}"
        case date():
            return f"{_DAYS[language][value.weekday()]} {value.isoformat()}"
        case int():
            return str(value)
        case None:
            return ""
