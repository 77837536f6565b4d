"""The demo's past: some evenings of calls and texts, played through the built-in carrier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.demo.desk import hold_meetings, write_notes
from app.demo.stage import TEXTS, Stage
from routing.intervals import Interval
from routing.organisation import Line

_NIGHTS = 5
_FIRST, _BACKUP = 1, 2


@dataclass(frozen=True, slots=True)
class _Call:
    """A call so many minutes into the evening; what the first and the backup do, if not answer."""

    minute: int
    frm: str
    does: Mapping[int, str] = field(default_factory=dict)
    caller: str = ""
    fallback: str = "answer 5, talk 120"


@dataclass(frozen=True, slots=True)
class _Text:
    minute: int
    frm: str
    body: str


_EVENINGS: Sequence[Sequence[_Call | _Text]] = (
    (
        _Call(64, "+46701740640"),
        _Text(95, "+46701740647", "Hej! Kan någon ringa mig?"),
        _Call(181, "+46701740648", {_FIRST: "no answer"}),
    ),
    (
        _Call(22, "+46701740646", {_FIRST: "voicemail 12"}),
        _Call(140, "+46701740643", caller="hang up after 9"),
    ),
    (
        _Call(75, "anonymous", {_FIRST: "answer 3, press 2"}),
        _Call(150, "+46701740642", {_FIRST: "busy", _BACKUP: "no answer"}),
        _Text(200, "+46701740641", "Jag kom hem nu. Allt bra."),
    ),
    (
        _Call(33, "+46701740650"),
        _Call(34, "+46701740644", {_FIRST: "no answer", _BACKUP: "no answer"}),
    ),
    (_Text(15, "+46701740649", "Jag vill inte gå till skolan imorgon"), _Call(90, "+46701740651")),
)


def play_nights(stage: Stage, line: Line, now: datetime) -> int:
    """Play the last evenings up to *now*; how many calls and texts there were."""
    played = 0
    evenings = past_evenings(line, now)
    for place, (evening, doings) in enumerate(zip(evenings, _EVENINGS, strict=False)):
        for doing in doings:
            at = evening.start + timedelta(minutes=doing.minute)
            if at >= min(evening.end, now):
                continue
            stage.carrier.run_until(at)
            _play(stage, line, doing, at)
            stage.sweep(TEXTS)
            played += 1
        if evening.end < now:
            stage.carrier.run_until(evening.end + timedelta(minutes=1))
            stage.sweep()
            write_notes(stage, line, evening)
        if place + 1 < len(evenings):
            hold_meetings(stage, evenings[place + 1])
    return played


def past_evenings(line: Line, now: datetime) -> tuple[Interval, ...]:
    """The last evenings on which the line was open, the one going on now among them."""
    window = Interval(now - timedelta(days=_NIGHTS + 4), now)
    return line.hours.within(window)[-_NIGHTS:]


def _play(stage: Stage, line: Line, doing: _Call | _Text, at: datetime) -> None:
    if isinstance(doing, _Text):
        stage.text(doing.frm, doing.body)
        return
    rota = stage.parts.mirror.picture.rotas[line.id]
    on_call = {shift.position: shift.therapist for shift in rota.on_call(at)}
    phones: dict[str, str] = {str(on_call[place]): does for place, does in doing.does.items()}
    phones.update({fallback.name: doing.fallback for fallback in line.fallback})
    stage.call(doing.frm, phones=phones, caller=doing.caller)
