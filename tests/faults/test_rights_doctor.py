"""The doctor says when the database holds nothing back, or too much."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.bootstrap import assemble
from app.console.doctor_words import WORDS
from app.review.doctor import diagnose
from app.review.system import Database, System, examine
from app.review.system_files import Files
from app.store.rights import NOBODY, Wall, narrowed
from routing.finding import Severity
from tests.app.world import settings_for

NOW = datetime(2026, 3, 3, 18, 4, tzinfo=UTC)
SOUND = Wall(has_role=True, open=(), shut=())


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        (SOUND, []),
        (None, []),
        (Wall(True, ("notes", "texts"), ()), [("rights_open", Severity.WARNING)]),
        (Wall(False, (), ()), [("rights_no_role", Severity.WARNING)]),
        # What callers do could not be written down.
        (Wall(True, (), ("contact_events",)), [("rights_bind_us", Severity.ERROR)]),
    ],
)
def test_what_is_wrong_with_the_wall(
    wall: Wall | None, expected: list[tuple[str, Severity]], tmp_path: Path
) -> None:
    database = Database("postgresql", None, "0012", "0012", wall)
    settings = settings_for("sqlite://", tmp_path)
    found = diagnose(System(NOW, database, Files(NOW, 0, 0), None), settings)
    about = [one for one in found if one.code.startswith("rights_")]
    assert [(one.code, one.severity) for one in about] == expected
    for one in about:
        words = WORDS[one.code]
        assert "%" not in words.what % one.values + words.remedy % one.values


@pytest.mark.postgres
def test_it_looks_at_the_database_as_the_service_also_from_a_page(
    postgres_url: str, tmp_path: Path
) -> None:
    settings = settings_for(postgres_url, tmp_path)
    parts = assemble(settings)
    for engine in (parts.engine, narrowed(parts.engine, lambda: NOBODY)):
        found = examine(engine, parts.cipher, settings.state_dir, NOW).database
        assert (found.error, found.wall) == (None, SOUND)
    parts.engine.dispose()


def test_there_is_no_wall_on_sqlite_and_nothing_is_said_of_it(
    sqlite_url: str, tmp_path: Path
) -> None:
    settings = settings_for(sqlite_url, tmp_path)
    parts = assemble(settings)
    found = examine(parts.engine, parts.cipher, settings.state_dir, NOW)
    assert found.database.wall is None
    assert narrowed(parts.engine, lambda: NOBODY) is parts.engine
    parts.engine.dispose()
