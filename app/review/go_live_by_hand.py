"""What must be done before anybody is given the line's number, and only a person can do."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from app.review.diagnosis import Value
from app.review.go_live import Item, Part, current
from routing.ids import DistrictId
from routing.organisation import Line, Organisation

# What is done once, or for each line, district, language or operator, in the order of the list.
_ONCE: Mapping[Part, tuple[str, ...]] = {
    Part.DECISIONS: ("agreement", "region", "classification", "unions", "accessible"),
    Part.CARRIER: ("profile", "two_people", "money", "opt_outs", "countries", "observed"),
    Part.OPERATION: ("keys_apart", "keys_second", "drill", "head_kept", "alarms", "proxy",
                     "incidents"),
    Part.PEOPLE: ("trained", "codes", "families", "guardians", "languages"),
    Part.CHANGEOVER: ("rehearsal", "rollback", "decides", "first_week"),
}  # fmt: skip
_OF_EACH_DISTRICT = ("decided", "assessed", "recorded", "terms", "log_review", "told")
_CALLS_FROM = ("telia", "tele2", "telenor", "tre", "prepaid", "landline", "withheld", "abroad")
_TEXTS_FROM = ("telia", "tele2", "telenor", "tre")


def by_hand(organisation: Organisation | None, on: datetime) -> tuple[Item, ...]:
    """Each needs a name and a date."""
    lines = () if organisation is None else tuple(organisation.lines.values())
    districts = () if organisation is None else current(organisation, on)
    return tuple(_by_hand(lines, districts))


def _by_hand(lines: Iterable[Line], districts: Iterable[DistrictId]) -> Iterator[Item]:
    for part in (Part.DECISIONS, Part.CARRIER, Part.OPERATION, Part.TESTS, Part.PEOPLE):
        if part is Part.DECISIONS:
            for district in districts:
                for code in _OF_EACH_DISTRICT:
                    yield Item(part, code, values={"district": district})
        for line in lines:
            yield from _of_a_line(part, line)
        for code in _ONCE.get(part, ()):
            yield Item(part, code)
    for code in _ONCE[Part.CHANGEOVER]:
        yield Item(Part.CHANGEOVER, code)


def _of_a_line(part: Part, line: Line) -> Iterator[Item]:
    own: dict[str, Value] = {"line": line.id, "name": line.name}
    match part:
        case Part.DECISIONS:
            yield Item(part, "hours", values=own)
        case Part.CARRIER:
            yield Item(part, "bundle", values=own)
        case Part.TESTS:
            for caller in _CALLS_FROM:
                yield Item(part, f"call_{caller}", values=own)
            for sender in _TEXTS_FROM:
                yield Item(part, f"text_{sender}", values=own)
            for language in line.languages:
                yield Item(part, "greeting", values={**own, "language": language})
            yield Item(part, "fallback_answers", values={**own, "count": len(line.fallback)})
            yield Item(part, "fallback_away", values=own)
        case _:
            pass
