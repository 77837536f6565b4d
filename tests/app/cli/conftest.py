"""Terminals with an empty database, and with one in which everything is loaded."""

from pathlib import Path

import pytest

from tests.app.cli.terminal import Terminal


@pytest.fixture
def terminal(sqlite_url: str, tmp_path: Path) -> Terminal:
    return Terminal.at(sqlite_url, tmp_path)


@pytest.fixture
def loaded(terminal: Terminal) -> Terminal:
    terminal.load()
    return terminal


@pytest.fixture
def loaded_on_each(database_url: str, tmp_path: Path) -> Terminal:
    """On each engine in turn."""
    made = Terminal.at(database_url, tmp_path)
    made.load()
    return made
