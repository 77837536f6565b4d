"""Terminals with an empty database, and with one in which everything is loaded."""

import shutil
from pathlib import Path

import pytest

from tests.app.cli.terminal import Terminal
from tests.app.conftest import connections_closed_afterwards
from tests.databases import Databases


@pytest.fixture
def terminal(sqlite_url: str, tmp_path: Path) -> Terminal:
    return Terminal.at(sqlite_url, tmp_path)


@pytest.fixture(scope="session")
def loaded_database(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in which everything is loaded, for tests to copy: loading takes long."""
    folder = tmp_path_factory.mktemp("loaded")
    made = Terminal.at(databases.sqlite(folder / "beredskap.db"), folder)
    with connections_closed_afterwards():  # and with the last of them the log goes into the file
        made.load()
    return folder / "beredskap.db"


@pytest.fixture
def loaded(loaded_database: Path, tmp_path: Path) -> Terminal:
    path = tmp_path / "beredskap.db"
    shutil.copyfile(loaded_database, path)
    return Terminal.at(f"sqlite:///{path}", tmp_path)


@pytest.fixture
def loaded_on_each(database_url: str, tmp_path: Path) -> Terminal:
    """On each engine in turn."""
    made = Terminal.at(database_url, tmp_path)
    made.load()
    return made
