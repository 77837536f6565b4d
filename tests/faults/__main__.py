"""
`make soak`: every story with a death at each of its steps, and evenings in every kind of weather.

Prints what came of it as Markdown; the status is 1 if anybody was lost, doubled or left unhelped.
"""

import argparse
import io
import logging
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from app.log import configure_logging
from tests.databases import Databases, PostgresUnavailable
from tests.faults.judging import table
from tests.faults.plays import Playground, differences
from tests.faults.races import RacingStage
from tests.faults.soak import SEED, Soak
from tests.faults.stories import STORIES
from tests.faults.weather import WEATHERS


def main() -> int:
    """What was asked for on the command line; how many things went wrong, at most one."""
    parser = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    parser.add_argument("--calls", type=int, default=85, help="in each kind of weather")
    parser.add_argument("--texts", type=int, default=28, help="likewise")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", default="", help="kinds of weather, by a part of their names")
    parser.add_argument("--stride", type=int, default=1, help="die at each so-manieth step")
    parser.add_argument("--skip", choices=["deaths", "weather"], help="leave one half out")
    given = parser.parse_args()
    configure_logging(as_json=True, to=io.StringIO(), level=logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="beredskap-") as name:
        folder = Path(name)
        databases = Databases(folder, os.getpid())
        try:
            wrong = 0 if given.skip == "deaths" else _deaths(databases, folder, given.stride)
            wrong += 0 if given.skip == "weather" else _weather(databases, folder, given)
        finally:
            databases.close()
    return min(wrong, 1)


def _deaths(databases: Databases, folder: Path, stride: int) -> int:
    """Die at every step of every story; how many ended otherwise than undisturbed."""
    _say("| story | database | steps | deaths | everything twice at once | ended otherwise |")
    _say("| --- | --- | --- | --- | --- | --- |")
    wrong = 0
    for engine, make in _grounds(databases, folder):
        for story in STORIES:
            ground = make()
            undisturbed = ground.play(story)
            # On a server the same statements are sent: there every so-manieth step is enough.
            every = stride if engine == "SQLite" else 11 * stride
            steps = range(1, len(undisturbed.steps) + 1, every)
            otherwise = 0
            for step in steps:
                ended = ground.play(story, step)
                found = differences(undisturbed.ended, ended.ended)
                if found:
                    otherwise += 1
                    _say(f"<!-- {story}, {ended.died}: {found} -->")
            raced = ground.play(story, clocks=2, kind=RacingStage)
            is_other = bool(differences(undisturbed.ended, raced.ended))
            cells = (story, engine, len(undisturbed.steps), len(steps), 1, otherwise + is_other)
            _say(f"| {' | '.join(map(str, cells))} |")
            wrong += otherwise + is_other
    return wrong


def _grounds(databases: Databases, folder: Path) -> list[tuple[str, Callable[[], Playground]]]:
    plays = folder / "plays"
    plays.mkdir()
    on_sqlite = Playground.on_sqlite(databases.sqlite, plays)
    found: list[tuple[str, Callable[[], Playground]]] = [("SQLite", lambda: on_sqlite)]
    try:
        databases.postgres()
    except PostgresUnavailable as error:
        _say(f"<!-- {error} -->")
    else:
        on_postgres = Playground.on_postgres(databases.postgres, plays)
        found.append(("PostgreSQL", lambda: on_postgres))
    return found


def _weather(databases: Databases, folder: Path, given: argparse.Namespace) -> int:
    """An evening in each kind of weather; how much was lost, doubled or left unhelped."""
    evenings = folder / "evenings"
    evenings.mkdir()
    soak = Soak(databases.sqlite, evenings)
    results = [
        soak.run(weather, given.calls, given.texts, given.seed)
        for weather in WEATHERS
        if given.only in weather.name
    ]
    _say("")
    _say(table(results))
    for result in results:
        for words in result.wrong:
            _say(f"<!-- {result.name}: {words} -->")
    return sum(len(result.wrong) for result in results)


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
