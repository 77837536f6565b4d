"""
Writes the table of a call's states and events, as the state machine answers them.

``python -m tests.routing.call_table`` puts it into docs/call-states.md anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from routing import record
from routing.call import (
    AskDistrict,
    AttemptEnded,
    CallerLeft,
    CallState,
    Event,
    Facts,
    FallbackNumber,
    Farewell,
    Keyed,
    OfficeNumber,
    Person,
    Result,
    Ring,
    Step,
    Target,
    next_step,
)
from routing.contact import Caller, Channel, ContactEvent, Outcome, fold
from routing.role import Role
from tests.examples import EFTERVARD, JARVA
from tests.routing.call_paths import CALLERS, CONTACT, KNOWN, MODES, Setting, Who, setting

PAGE = Path(__file__).parents[2] / "docs" / "call-states.md"
BEGINS, ENDS = "<!-- the table begins -->\n", "<!-- the table ends -->\n"
_HEADINGS = ("the call", "what happens", "the caller hears", "is rung", "then", "filed as")
_RESULTS = {
    Result.BRIDGED: "was put through, and the talk is over",
    Result.NO_ANSWER: "does not answer",
    Result.BUSY: "is busy",
    Result.FAILED: "cannot be reached",
    Result.UNACCEPTED: "is answered by a voicemail, or does not press 1",
    Result.CALLER_GONE: "rings until the caller hangs up",
}
_MODES = {
    "open": "while the line is open",
    "closed, office in office hours": "closed, mode office, in office hours",
    "closed, office at night": "closed, mode office, at night",
    "closed, fallback": "closed, mode fallback",
    "closed, message": "closed, mode message",
}
Row = tuple[str, str, str, str, str, str]


def table() -> str:
    """The table in Markdown, of a line with two on standby and one fallback."""
    rows = [_HEADINGS, ("---",) * len(_HEADINGS), *_without_repeats([*_arrivals(), *_later()])]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def with_table(page: str) -> str:
    """*page* with the table as it is now between its markers."""
    before, _, rest = page.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    return f"{before}{BEGINS}\n{table()}\n{ENDS}{after}"


def _arrivals() -> Iterator[Row]:
    for mode, words in _MODES.items():
        for who in CALLERS:
            own = setting(mode, who, therapists=2, fallbacks=1)
            step = next_step(own.start, own.arrived, Facts(own.plans))
            told = record.of_step(own.start, own.arrived, step, own.began_at)
            yield _row(own, f"comes in {words}", f"a caller {_name(who)}", step, told)


def _later() -> Iterator[Row]:
    unknown = setting("open", Who("unknown"), therapists=2, fallbacks=1)
    for asked, is_chosen in ((1, False), (2, False), (1, True), (2, True)):
        state = replace(unknown.start, asked=asked, language_chosen=is_chosen)
        yield from _answers(unknown, state)
    plan = setting("open", KNOWN, therapists=2, fallbacks=1).plans[JARVA]
    for rung, target in enumerate(plan):
        yield from _attempts(setting("open", KNOWN, 2, 1), plan, rung, f"rings {_called(target)}")
    nobody_there = setting("open", KNOWN, therapists=1, fallbacks=0)
    plan = nobody_there.plans[JARVA]
    yield from _attempts(nobody_there, plan, 0, "rings the only one there is to try")
    withheld = setting("open", Who("withheld", JARVA, "sv", withheld=True), 1, 0)
    yield from _attempts(withheld, plan, 0, "the same, from a withheld number")


def _answers(own: Setting, state: CallState) -> Iterator[Row]:
    language = ", in a language of the caller's choice" if state.language_chosen else ""
    again = "asked once more for" if state.asked > 1 else "asked for"
    where = f"is {again} the district{language}"
    answers: list[tuple[str, Event]] = [
        ("the key of a district", Keyed(JARVA, Role.YOUTH)),
        ("silence, or a key that means nothing", Keyed()),
        ("the caller hangs up", CallerLeft()),
    ]
    if not state.language_chosen:
        answers.insert(1, ("the key of a language", Keyed(language="ar")))
    for words, event in answers:
        step = next_step(state, event, Facts(own.plans))
        yield _row(own, where, words, step, record.of_step(state, event, step, own.began_at))


def _attempts(own: Setting, plan: Sequence[Target], rung: int, where: str) -> Iterator[Row]:
    state = replace(own.start, targets=tuple(plan), rung=rung)
    offered = record.of_step(state, Keyed(), Ring(plan[rung], state), own.began_at)
    results = dict(_RESULTS)
    if not isinstance(plan[rung], Person):
        results[Result.UNACCEPTED] = "is not reached after all"
    for result, words in results.items():
        event = AttemptEnded(result, 60 if result is Result.BRIDGED else None)
        step = next_step(state, event, Facts())
        told = [*offered, *record.of_step(state, event, step, own.began_at)]
        if result is Result.BRIDGED:
            pressed = record.of_key(state, accepted=True, at=own.began_at)
            told += [pressed] if pressed is not None else []
        yield _row(own, where, words, step, told)


def _row(own: Setting, where: str, event: str, step: Step, told: Sequence[ContactEvent]) -> Row:
    words = "" if step.words is None else f"`{step.words}`"
    match step:
        case AskDistrict(state):
            heard = [words, "the question"]
            language = ", in that language" if state.language == "ar" else ""
            return (where, event, _then(heard), "", f"is asked for the district{language}", "")
        case Ring(target=target):
            heard = [words, "ringing"]
            return (where, event, _then(heard), _called(target), "comes back when that is over", "")
        case Farewell(ending=ending):
            return (where, event, words, "", f"is over: {ending}", str(_outcome(own, told)))
        case _:
            assert_never(step)


def _outcome(own: Setting, told: Sequence[ContactEvent]) -> Outcome:
    caller = Caller("K-1001", own.who.home)
    heard = record.received(CONTACT, EFTERVARD, Channel.VOICE, caller, own.began_at)
    contact = fold([heard, *told])
    assert contact is not None
    assert contact.outcome is not None
    return contact.outcome


def _then(heard: Sequence[str]) -> str:
    return ", then ".join(words for words in heard if words)


def _called(target: Target) -> str:
    match target:
        case Person(therapist):
            return f"therapist {therapist.removeprefix('t')}"
        case OfficeNumber():
            return "the district's office"
        case FallbackNumber(place):
            return f"fallback {place + 1}"
        case _:
            assert_never(target)


def _name(who: Who) -> str:
    kinds = {
        "known": "we know",
        "unknown": "we do not know",
        "withheld": "who withholds the number",
    }
    kinds |= {"crowding": "we do not know, the sixth time in ten minutes"}
    kinds |= {"of two districts": "whom two districts know", "blocked": "we know, and blocked"}
    kinds |= {"unknown and blocked": "we do not know, and blocked"}
    return kinds[who.name]


def _without_repeats(rows: Sequence[Row]) -> Iterator[Row]:
    """Rows that differ only in what happens are one row."""
    alike: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        alike.setdefault((row[0], *row[2:]), []).append(row)
    for some in alike.values():
        yield (some[0][0], "; ".join(row[1] for row in some), *some[0][2:])


if __name__ == "__main__":
    assert set(_MODES) == set(MODES)
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
