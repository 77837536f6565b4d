"""Whatever the doctor can say is provoked by its cause, and said on its page."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.console.doctor_words import WORDS
from app.review.system_files import Files, Space
from tests.app.duty.before_duty import manned
from tests.app.review.clinic import Clinic, Provoke
from tests.app.review.provoked import (
    PROVOKED,
    of_files,
    of_front,
    of_settings,
    of_values,
)
from tests.app.review.test_doctor import NOW, covered
from tests.app.review.ward import Ward, make_well, surroundings
from tests.databases import Databases


@pytest.fixture(scope="module")
def well(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("well")
    make_well(databases.sqlite(folder / "well.db"), folder)
    return folder / "well.db"


@pytest.fixture
def clinic(well: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    (tmp_path / "last-good").touch()
    os.utime(tmp_path / "last-good", (NOW.timestamp(), NOW.timestamp()))
    return Clinic(Ward(well, tmp_path), tmp_path, monkeypatch)


def test_there_is_nothing_that_nothing_provokes() -> None:
    assert set(PROVOKED) == set(WORDS)


@pytest.mark.parametrize("code", sorted(WORDS))
def test_a_finding_is_provoked_and_can_be_said(code: str, clinic: Clinic) -> None:
    found = {one.code: one for one in PROVOKED[code](clinic)}

    assert code in found
    values = {name: str(value) for name, value in found[code].values.items()}
    said = WORDS[code].what % values, WORDS[code].remedy % values
    assert all(said)
    assert not any("%(" in sentence for sentence in said)
    assert "+46" not in "".join(said)
    assert str(found[code].severity) in HOW_BAD[_on_the_page()[code][0]]


@pytest.mark.parametrize(
    "healthy",
    [
        of_settings(),
        of_files(Files(NOW, 0, 0, None, Space(1 << 40, 1 << 41, 10_000), Space(1 << 40, 1 << 41))),
        lambda clinic: clinic.nothing_changed(),
        lambda _: surroundings().found(),
        of_front(),
        of_values(coverage=covered(*manned())),
    ],
    ids=["settings", "files", "database", "outside", "front", "rota"],
)
def test_where_all_is_well_nothing_is_found(healthy: Provoke, clinic: Clinic) -> None:
    assert list(healthy(clinic)) == []


_PAGE = Path(__file__).parents[3] / "docs" / "doctor.md"


def _on_the_page() -> Mapping[str, list[str]]:
    """The rows of the page's tables, by code."""
    rows = [
        [cell.strip() for cell in line.strip("|\n").split(" | ")]
        for line in _PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    ]
    return {code.strip("`"): more for code, *more in rows if more[0] in HOW_BAD}


def _written(sentence: str) -> str:
    return re.sub(r"%\((\w+)\)s", r"*\1*", sentence).replace("%%", "%")


HOW_BAD = {
    "error": {"error"},
    "warning": {"warning"},
    "error or warning": {"error", "warning"},
    "info": {"info"},
}


def test_the_page_says_of_each_code_what_the_doctor_says() -> None:
    page = _on_the_page()
    assert {code: (row[1], row[3]) for code, row in page.items()} == {
        code: (_written(words.what), _written(words.remedy)) for code, words in WORDS.items()
    }
    assert all(why for _, _, why, _ in page.values())
