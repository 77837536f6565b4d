"""Figures are counted on a copy where there is one; what must be written goes to the primary."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from app.bootstrap import console_of
from app.demo.stage import Stage
from app.store import pulses
from app.store.database import make_engine
from app.store.migrate import migrate
from app.store.rights import VIEWER
from app.store.tables import metadata
from tests.app.console.conftest import CONSOLE_TOML, Console
from tests.app.console.test_figures_page import facts
from tests.app.world import (
    ANSWERS,
    GUARDIAN,
    YOUTH,
    evening,
    load_world,
    rows,
    settings_for,
    table_away,
)
from tests.databases import Databases
from tests.examples import at

EVENING = "2026-03-03T19:00"
_FOLLOWED = (metadata.tables["pulses"], metadata.tables["contact_events"])
COUNTED = "Räknat på en kopia av databasen som den var"


@dataclass(frozen=True)
class Copied:
    """A console whose figures come from a copy, and the copy's own engine."""

    console: Console
    copy: sa.Engine

    def replicate(self) -> None:
        """Bring the copy up to date, with a heartbeat of now."""
        with self.console.stage.parts.engine.begin() as connection:
            pulses.beat(connection, pulses.CLOCK, self.console.stage.carrier.now())
            found = {table: connection.execute(table.select()).all() for table in _FOLLOWED}
        with self.copy.begin() as connection:
            for table, rows_there in found.items():
                connection.execute(table.delete())
                if rows_there:
                    connection.execute(table.insert(), [row._asdict() for row in rows_there])

    def minutes_pass(self, minutes: int) -> None:
        carrier = self.console.stage.carrier
        carrier.run_until(carrier.now() + timedelta(minutes=minutes))


@pytest.fixture
def copied(databases: Databases, sqlite_url: str, tmp_path: Path) -> Iterator[Copied]:
    made = _copied(sqlite_url, tmp_path, databases.sqlite(tmp_path / "copy.db"))
    yield made
    made.console.stage.close()


def _copied(url: str, folder: Path, copy: str) -> Copied:
    settings = settings_for(url, folder, FIGURES_DATABASE_URL=copy)
    load_world(settings, shifts=evening(EVENING[:10]), toml=CONSOLE_TOML)
    stage = Stage(settings, at(EVENING).astimezone(UTC))
    app = console_of(stage.parts)
    app.testing = True
    made = Copied(Console(stage, app), make_engine(copy))
    made.replicate()
    return made


def _contacts(console: Console) -> tuple[str, bool]:
    """How many contacts the page tells of, and whether it says that they are a copy's."""
    page = console.signed_in("m2").get("/figures").text
    return facts(page)["Kontakter"], COUNTED in page


def test_figures_are_a_copy_s_and_say_how_new_it_is(copied: Copied) -> None:
    console = copied.console
    console.stage.call(YOUTH, phones={"t4": ANSWERS})

    page = console.signed_in("m2").get("/figures").text

    assert facts(page)["Kontakter"] == "0"  # it has not arrived there yet
    assert f"{COUNTED} tis 3 mars 19.00." in page
    copied.replicate()
    assert _contacts(console) == ("1", True)
    # Who looked stands in the log, and at once: that is no copy's to keep.
    assert len(rows(console.stage.parts.engine, "readings")) == 2
    assert not rows(copied.copy, "readings")


def test_the_files_say_so_too(copied: Copied) -> None:
    answer = copied.console.signed_in("m2").post("/figures/export", {"form": "xlsx"})

    first = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
    assert f"{COUNTED} tis 3 mars 19.00." in {cell.value for row in first for cell in row}


def test_without_its_copy_the_primary_is_counted_on_and_the_log_says_so_once(
    copied: Copied, log: io.StringIO
) -> None:
    console = copied.console
    console.stage.call(YOUTH, phones={"t4": ANSWERS})
    copied.replicate()

    with table_away(copied.copy, "contact_events"):
        assert _contacts(console) == ("1", False)
        assert _contacts(console) == ("1", False)
        copied.minutes_pass(2)
        assert _contacts(console) == ("1", False)

    assert _contacts(console) == ("1", False)  # nobody waits for it again so soon
    copied.minutes_pass(2)
    assert _contacts(console) == ("1", True)
    assert log.getvalue().count("replica.away") == log.getvalue().count("replica.back") == 1


def test_a_copy_that_stands_still_is_none(copied: Copied, log: io.StringIO) -> None:
    copied.console.stage.call(YOUTH, phones={"t4": ANSWERS})

    copied.minutes_pass(20)

    assert _contacts(copied.console) == ("1", False)
    assert '"reason":"behind"' in log.getvalue()


@pytest.mark.postgres
def test_a_copy_holds_back_what_the_primary_holds_back(
    databases: Databases, tmp_path: Path
) -> None:
    with databases.unmigrated_postgres() as blank:
        migrate(blank)
        copied = _copied(databases.postgres(), tmp_path, blank)
        copied.console.stage.call(YOUTH, phones={"t4": ANSWERS})
        copied.console.stage.call(GUARDIAN, phones={"t4": ANSWERS})
        copied.replicate()
        asked: set[tuple[str, str]] = set()

        def look(_: object, cursor: Any, statement: str, *__: object) -> None:  # noqa: ANN401
            if "FROM handovers" in statement:
                told = cursor.connection.execute("SELECT current_database(), current_user")
                asked.add(told.fetchone())

        sa.event.listen(sa.Engine, "before_cursor_execute", look)
        try:
            assert _contacts(copied.console) == ("1", True)
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", look)
        copied.copy.dispose()
        copied.console.stage.close()
    assert asked == {(sa.make_url(blank).database, VIEWER)}
