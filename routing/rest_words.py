"""What is wrong with somebody's rest, in plain words, with the paragraph and a way out."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from routing.finding import Finding
from routing.intervals import Interval
from routing.rest import RestFinding

_DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "sv": ("mån", "tis", "ons", "tors", "fre", "lör", "sön"),
}


class Words(NamedTuple):
    """A sentence that says what is wrong, and one that says what to do."""

    message: str
    remedy: str


# By rule, then by language; "R6 callout" is R6 where only a call-out has broken the rest.
_WORDS: Mapping[str, Mapping[str, Words]] = {
    "R1": {
        "en": Words(
            "{therapist} has {longest} off in a row in 24 hours, and must have {required} "
            "(ATL 13 §)",
            "move work so that {required} in a row are free before {period.end}",
        ),
        "sv": Words(
            "{therapist} har {longest} sammanhängande ledigt på ett dygn och ska ha {required} "
            "(ATL 13 §)",
            "flytta arbete så att {required} i följd blir lediga före {period.end}",
        ),
    },
    "R2": {
        "en": Words(
            "a call-out left {therapist} {longest} of daily rest instead of {required} (ATL 13 §)",
            "give {deficit} more with the next daily rest",
        ),
        "sv": Words(
            "ett uppdrag lämnade {therapist} {longest} dygnsvila i stället för {required} "
            "(ATL 13 §)",
            "ge {deficit} mer tillsammans med nästa dygnsvila",
        ),
    },
    "R5": {
        "en": Words(
            "{therapist} has work planned between 00 and 05 (ATL 13 §)",
            "plan it at another time; standby may lie there",
        ),
        "sv": Words(
            "{therapist} har arbete planerat mellan 00 och 05 (ATL 13 §)",
            "lägg det på en annan tid; beredskap får ligga där",
        ),
    },
    "R6": {
        "en": Words(
            "{therapist} has {longest} of weekly rest without work and standby, and must have "
            "{required} (ATL 14 §)",
            "{way_out}",
        ),
        "sv": Words(
            "{therapist} har {longest} veckovila fri från arbete och beredskap och ska ha "
            "{required} (ATL 14 §)",
            "{way_out}",
        ),
    },
    "R6 callout": {
        "en": Words(
            "a call-out left {therapist} {longest} of weekly rest, of {planned} planned (ATL 14 §)",
            "give it back with the next weekly rest, within 14 days",
        ),
        "sv": Words(
            "ett uppdrag lämnade {therapist} {longest} veckovila av planerade {planned} (ATL 14 §)",
            "ge igen den vid nästa veckovila, inom 14 dagar",
        ),
    },
    "R7": {
        "en": Words(
            "{therapist} has {longest} of weekly rest: lawful, and short of 47 hours (AB 13 §)",
            "nothing must be done",
        ),
        "sv": Words(
            "{therapist} har {longest} veckovila: lagligt, men under 47 timmar (AB 13 §)",
            "ingenting måste göras",
        ),
    },
    "R8": {
        "en": Words(
            "{therapist} has {longest} of weekly rest beside standby: one late call breaks it "
            "(ATL 14 §)",
            "let the duty beside it end earlier or begin later",
        ),
        "sv": Words(
            "{therapist} har {longest} veckovila intill beredskap: ett sent samtal bryter den "
            "(ATL 14 §)",
            "låt passet intill sluta tidigare eller börja senare",
        ),
    },
    "R9": {
        "en": Words(
            "{therapist} is on standby and at work at once (AB 22 §)",
            "put somebody else on standby from {period.start} to {period.end}",
        ),
        "sv": Words(
            "{therapist} har beredskap och arbetar samtidigt (AB 22 §)",
            "sätt någon annan i beredskap från {period.start} till {period.end}",
        ),
    },
    "R9 away": {
        "en": Words(
            "{therapist} is on standby while away",
            "put somebody else on standby from {period.start} to {period.end}",
        ),
        "sv": Words(
            "{therapist} har beredskap under sin frånvaro",
            "sätt någon annan i beredskap från {period.start} till {period.end}",
        ),
    },
    "R19": {
        "en": Words(
            "{therapist} has {total} of standby in a month, over the step of {required} (AB 22 §)",
            "nothing must be done; the pay is higher above it",
        ),
        "sv": Words(
            "{therapist} har {total} beredskap på en månad, över gränsen {required} (AB 22 §)",
            "ingenting måste göras; ersättningen är högre över gränsen",
        ),
    },
}
_WAY_OUT: Mapping[str, Words] = {
    "en": Words("give {day_off} off: then {then} are free", "take a duty of that week away"),
    "sv": Words("ge ledigt {day_off}: då blir {then} fria", "ta bort ett pass den veckan"),
}


def in_words(found: RestFinding, zone: ZoneInfo, language: str = "en") -> Finding:
    """*found* as a finding to show, in ``en`` or ``sv``; people are named by their ids."""
    values = {name: _said(value, zone, language) for name, value in found.numbers.items() if value}
    way_out = _WAY_OUT[language]
    has_day = "day_off" in values and "then" in values
    values["way_out"] = way_out.message.format(**values) if has_day else way_out.remedy
    words = _WORDS[_case(found)][language]
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
    if found.rule == "R6" and "planned" in found.numbers:
        return "R6 callout"
    return "R9 away" if found.rule == "R9" and "away" in found.numbers else found.rule


def _said(
    value: timedelta | datetime | date | Interval | None, zone: ZoneInfo, language: str
) -> str:
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
        case None:
            return ""
