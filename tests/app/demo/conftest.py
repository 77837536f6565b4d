"""Worlds of the phone lab, made up once for all tests of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.phone_lab.session import Session
from tests.app.demo.worlds import FRIDAY, make_template, worlds_in
from tests.examples import at


@pytest.fixture(scope="session")
def lab_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the database that every world begins as."""
    return make_template(tmp_path_factory.mktemp("lab"))


@pytest.fixture
def lab(tmp_path: Path, lab_template: Path) -> Iterator[Session]:
    """A sitting on a Friday evening, whose service is asked without HTTP."""
    session = Session(worlds_in(tmp_path, lab_template), at(FRIDAY))
    yield session
    session.close()
