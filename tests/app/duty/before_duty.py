"""The hours before a duty: a rota without gaps, managers, and the clock at chosen moments."""

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta

from app.demo.stage import Stage
from app.lab.trace import Exchange, What
from app.sweeps import sweeps
from routing.rota import Shift
from tests.app.texts.talk import WiredCarrier, read_by, sweep_by_wire
from tests.app.world import changed, rows
from tests.examples import EFTERVARD, line, shift, span

M1, M2 = "+46701740620", "+46701740621"  # Hässelby-Vällingby's manager, and Järva's
MANAGERS = f"""
[[managers]]
id = "m1"
name = "Manager 1"
phone = "{M1}"
email = "m1@example.org"
district = "hasselby-vallingby"

[[managers]]
id = "m2"
name = "Manager 2"
phone = "{M2}"
email = "m2@example.org"
district = "jarva"
"""
# So that the same two may have every evening: their rest is tried elsewhere.
AGREED = (
    "standby_breaks_weekly_rest = true",
    'standby_breaks_weekly_rest = false\nagreement = "an agreement for tests"',
)
WITH_MANAGERS = changed(AGREED) + MANAGERS
# Findings are looked for after the check-in, so that one pass tells of both.
CLOCK = ("texts.handle", "check_in.ask", "rota.watch", "outbox.send")
QUESTION, WARNING, NOTICE = "Svara JA för att bekräfta", "har inte bekräftat", "Beredskapsschemat"
THANKS, SPOKEN_THANKS = "Tack. Nu vet vi att du är på plats.", "Tack, det är bekräftat."
TOO_LATE_TO_PRESS = "answer 3, press 2 after 3"


def manned(
    start: str = "2026-03-01T00:00",
    end: str = "2026-03-20T00:00",
    first: str = "t4",
    backup: str = "t1",
) -> list[Shift]:
    """Both positions of every hour that the line is open."""
    found = []
    for stretch in line().hours.within(span(start, end)):
        begins, ends = stretch.start.isoformat(), stretch.end.isoformat()
        found += [shift(first, begins, ends, 1), shift(backup, begins, ends, 2)]
    return found


def with_check_in(setting: str) -> str:
    """The organisation file with the line's ``check_in`` set so."""
    own = ("closed_days = []", f"closed_days = []\ncheck_in = {setting}")
    return changed(own, AGREED) + MANAGERS


def at_time(stage: Stage, *moments: str, sweeps: Sequence[str] = CLOCK) -> None:
    """The clock's sweeps at wall times in Stockholm, and the calls and texts that follow."""
    for moment in moments:
        stage.carrier.run_until(span(moment, "2030-01-01").start)
        sweep_by_wire(stage, WiredCarrier(stage), *sweeps)
        stage.carrier.run()


def every(stage: Stage, step: timedelta, until: str, sweeps: Sequence[str] = CLOCK) -> None:
    """The clock's sweeps again and again, until a wall time."""
    carrier, end = WiredCarrier(stage), span("2020-01-01", until).end
    while stage.carrier.now() + step <= end:
        stage.carrier.run_until(stage.carrier.now() + step)
        sweep_by_wire(stage, carrier, *sweeps)
        stage.carrier.run()


def together(stage: Stage, *names: str) -> None:
    """Two clocks at the same moment."""
    start = threading.Barrier(2)

    def sweep() -> None:
        own = sweeps(stage.parts, WiredCarrier(stage), post=stage.ask_ourselves)
        start.wait()
        for name in names:
            own[name][0]()

    clocks = [threading.Thread(target=sweep) for _ in range(2)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()
    stage.carrier.run()


def texts(stage: Stage, number: str, words: str) -> list[str]:
    """The texts on a telephone with *words* in them."""
    return [body for body in read_by(stage, number) if words in body]


def calls(stage: Stage, number: str) -> int:
    """How often the service has rung a telephone that no caller waits for."""
    rung = {exchange.leg for exchange in asked(stage)} | {
        entry.leg
        for entry in stage.carrier.trace.entries
        if entry.party == number and entry.what in {What.RINGS, What.TURNED_AWAY}
    }
    mine = {entry.leg for entry in stage.carrier.trace.entries if entry.party == number}
    return len(rung & mine)


def asked(stage: Stage) -> list[Exchange]:
    """The carrier's requests for what to say in calls before a duty."""
    exchanges = stage.carrier.trace.exchanges
    return [exchange for exchange in exchanges if "/check-in/asked/" in exchange.url]


def pressed(stage: Stage) -> list[Exchange]:
    """The carrier's requests about keys pressed in such calls."""
    exchanges = stage.carrier.trace.exchanges
    return [exchange for exchange in exchanges if "/check-in/key/" in exchange.url]


def heard(stage: Stage, number: str) -> list[str]:
    """What was said to whoever has a telephone."""
    entries = stage.carrier.trace.entries
    return [e.words for e in entries if e.party == number and e.what is What.HEARS]


def check_in_of(stage: Stage, therapist: str) -> Mapping[str, object]:
    """The one row about a therapist's coming duty."""
    (found,) = (r for r in rows(stage.parts.engine, "check_ins") if r["therapist"] == therapist)
    return found


def confirmed(stage: Stage) -> dict[object, object]:
    """Who has said that she is there, and how."""
    known = rows(stage.parts.engine, "check_ins")
    return {row["therapist"]: row["confirmed_by"] for row in known if row["confirmed_at"]}


def opened(stage: Stage) -> list[tuple[object, object]]:
    """What stands open on somebody's list: the rule, and whom it concerns."""
    return sorted((str(row["rule"]), row["therapist"]) for row in _to_put_right(stage))


def _to_put_right(stage: Stage) -> list[Mapping[str, object]]:
    """What is open, apart from what is only to know."""
    known = rows(stage.parts.engine, "watched")
    return [row for row in known if row["closed_at"] is None and row["severity"] != "info"]


# The gap watch.


def without(*days: str, position: int | None = None) -> list[Shift]:
    """Everybody in place, but for some evenings, or for one position of them."""
    return [
        one
        for one in manned()
        if f"{one.time.start:%Y-%m-%d}" not in days or position not in {None, one.position}
    ]


def notices(stage: Stage) -> tuple[int, int]:
    """How many texts each manager has."""
    return len(texts(stage, M1, NOTICE)), len(texts(stage, M2, NOTICE))


def found(stage: Stage) -> list[tuple[str, str, object]]:
    """What is open: when it begins and ends on Stockholm's clocks, and whose it is."""
    zone = stage.organisation.lines[EFTERVARD].zone
    known = _to_put_right(stage)
    return sorted(
        (
            f"{row['starts_at'].astimezone(zone):%Y-%m-%d %H:%M}",  # type: ignore[attr-defined]
            f"{row['ends_at'].astimezone(zone):%H:%M}",  # type: ignore[attr-defined]
            row["therapist"],
        )
        for row in known
    )
