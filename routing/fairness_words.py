"""R18 in plain words: whose standby is not shared fairly, and what would mend it."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from routing.fairness import Kind, Part
from routing.fairness_findings import Running, Uneven, Unfair
from routing.finding import Finding, Severity
from routing.rest_sentences import Words

RULE = "R18"
_OFTEN: Mapping[str, Words] = {
    "en": Words(
        "{therapist} is in position 1 on {times} of {weekends} weekends, and {most} is the most "
        "that is fair",
        "give {over} of them to others",
    ),
    "sv": Words(
        "{therapist} står på plats 1 under {times} av {weekends} helger, och högst {most} är "
        "rimligt",
        "ge {over} av dem till andra",
    ),
}
_RUNNING: Mapping[str, Words] = {
    "en": Words(
        "{therapist} stands by {times} weekends running, from {first}",
        "give one of them to somebody else",
    ),
    "sv": Words(
        "{therapist} har beredskap {times} helger i rad, från {first}",
        "ge en av dem till någon annan",
    ),
}
_RUNNING_OFTEN: Mapping[str, Words] = {
    "en": Words(
        "{therapist} stands by on weekends running {runs} times, {times} on end from {first}",
        "let others have a weekend in between",
    ),
    "sv": Words(
        "{therapist} har beredskap helger i rad {runs} gånger, {times} i sträck från {first}",
        "låt andra ta en helg emellan",
    ),
}
_MORE: Mapping[str, Words] = {
    "en": Words(
        "{therapist} has {times} {kind}{part}, and an even share is {share}",
        "give some to those who have fewer",
    ),
    "sv": Words(
        "{therapist} har {times} {kind}{part}, och en jämn andel är {share}",
        "ge några till dem som har färre",
    ),
}
_FEWER: Mapping[str, Words] = {
    "en": Words(_MORE["en"].message, "let {therapist} take some from those who have more"),
    "sv": Words(_MORE["sv"].message, "låt {therapist} ta över några från dem som har fler"),
}
_KINDS: Mapping[str, Mapping[Kind, str]] = {
    "en": {Kind.EVENINGS: "evenings", Kind.WEEKENDS: "weekends", Kind.RED_DAYS: "red days"},
    "sv": {Kind.EVENINGS: "kvällar", Kind.WEEKENDS: "helger", Kind.RED_DAYS: "röda dagar"},
}
_PARTS: Mapping[str, Mapping[Part, str]] = {
    "en": {Part.FIRST: " in position 1", Part.BACKUP: " as backup", Part.BOTH: ""},
    "sv": {Part.FIRST: " på plats 1", Part.BACKUP: " som reserv", Part.BOTH: ""},
}
_TO = {"en": "to", "sv": "till"}


def in_words(found: Unfair | Running | Uneven, zone: ZoneInfo, language: str = "en") -> Finding:
    """*found* as a finding to show, in ``en`` or ``sv``; people are named by their ids."""
    texts: dict[str, object] = {"therapist": found.therapist, "times": found.times}
    match found:
        case Unfair():
            words = _OFTEN[language]
            over = found.times - found.most
            texts |= {"weekends": found.weekends, "most": found.most, "over": over}
        case Running():
            words = (_RUNNING if found.runs == 1 else _RUNNING_OFTEN)[language]
            texts["runs"] = found.runs
            texts["first"] = found.period.start.astimezone(zone).date().isoformat()
        case Uneven():
            words = (_MORE if found.times > found.high else _FEWER)[language]
            share = f"{found.low} {_TO[language]} {found.high}"
            texts["share"] = found.low if found.low == found.high else share
            texts["kind"] = _KINDS[language][found.kind]
            texts["part"] = _PARTS[language][found.part]
    return Finding(
        RULE,
        Severity.WARNING,
        found.therapist,
        found.period.start,
        found.period.end,
        words.message.format(**texts),
        words.remedy.format(**texts),
    )
