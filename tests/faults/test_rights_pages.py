"""
Every page says the same on PostgreSQL, where the database holds rows back, as on SQLite.

A second wall that stood a step too far in would hide a contact from somebody who may see it, or
turn a refusal that is kept in the reading log into one that nobody hears of.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.bootstrap import console_of
from app.demo.stage import Stage
from app.store.rights import VIEWER
from app.store.tables import metadata
from tests.app.conftest import connections_closed_afterwards
from tests.app.console.conftest import CONSOLE_TOML, Console
from tests.app.console.test_every_route import _addresses, _ask
from tests.app.console.two_districts import OF, START, play
from tests.app.world import evening, load_world, settings_for
from tests.databases import Databases
from tests.examples import at

pytestmark = pytest.mark.postgres
WORDS = (*OF["jarva"], *OF["hasselby-vallingby"])
# A manager of the one district, a therapist of the other, and her who took each one's callers.
LOOKING = ("m2", "t2", "t4")
Answers = dict[str, Counter[tuple[str, int, tuple[str, ...]]]]


@pytest.fixture(scope="module")
def on_both(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Console]]:
    """The same evening on each engine."""
    with connections_closed_afterwards():
        folder = tmp_path_factory.mktemp("both")
        urls = {"postgres": databases.postgres()}
        urls["sqlite"] = databases.sqlite(folder / "beredskap.db")
        made = {engine: _console(url, folder / engine) for engine, url in urls.items()}
        yield made
        for console in made.values():
            console.stage.close()


def test_every_page_has_the_same_answer_on_both_engines(on_both: dict[str, Console]) -> None:
    answers = {engine: _answers(console) for engine, console in on_both.items()}

    for person in LOOKING:
        extra = answers["postgres"][person] - answers["sqlite"][person]
        missing = answers["sqlite"][person] - answers["postgres"][person]
        assert (extra, missing) == (Counter(), Counter()), person
    # It was no walk through nothing.
    seen = {
        word
        for counts in answers["postgres"].values()
        for (_, _, words) in counts
        for word in words
    }
    assert seen >= {"jaanteckning", "hvanteckning", "K-1001", "H-2001"}


def test_the_readings_are_the_same_too_with_whoever_was_turned_away(
    on_both: dict[str, Console],
) -> None:
    rows = {engine: _readings(console) for engine, console in on_both.items()}

    assert rows["postgres"] == rows["sqlite"]
    assert any(denied for *_, denied in rows["postgres"])


def test_a_page_speaks_to_the_database_as_a_viewer(on_both: dict[str, Console]) -> None:
    console, roles = on_both["postgres"], set[str]()

    def look(cursor: Any) -> None:  # noqa: ANN401 - psycopg's
        roles.add(cursor.connection.execute("SELECT current_user").fetchone()[0])

    def before(_: object, cursor: Any, statement: str, *__: object) -> None:  # noqa: ANN401 - the same
        if "notes" in statement or "contact_events" in statement:
            look(cursor)

    engine = console.stage.parts.engine
    sa.event.listen(engine, "before_cursor_execute", before)
    try:
        assert console.signed_in("m2").get("/log").status_code == 200
    finally:
        sa.event.remove(engine, "before_cursor_execute", before)
    assert roles == {VIEWER}


def _console(url: str, folder: Path) -> Console:
    folder.mkdir()
    settings = settings_for(url, folder)
    load_world(settings, shifts=evening(START[:10]), toml=CONSOLE_TOML)
    stage = Stage(settings, at(START).astimezone(UTC))
    app = console_of(stage.parts)
    app.testing = True
    console = Console(stage, app)
    play(console)
    return console


def _answers(console: Console) -> Answers:
    """What each is answered at every address: the status, and which of the words it holds."""
    found: Answers = {}
    for person in LOOKING:
        visitor, counts = console.signed_in(person), Counter[tuple[str, int, tuple[str, ...]]]()
        for address in _addresses(console):
            if address.method != "GET" or address.endpoint.startswith("security."):
                continue
            answer = _ask(visitor, address, csrf=False)
            words = tuple(word for word in WORDS if word in answer.text)
            counts[address.endpoint, answer.status_code, words] += 1
        found[person] = counts
    return found


def _readings(console: Console) -> list[tuple[str, ...]]:
    r = metadata.tables["readings"].c
    query = sa.select(r.viewer, r.act, r.district, r.denied)
    with console.stage.parts.engine.begin() as connection:
        return sorted(tuple(str(value or "") for value in row) for row in connection.execute(query))
