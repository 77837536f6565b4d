"""Files that mean ill: few bytes that cost much to read, and cells that reckon."""

import csv
import io
import resource
from collections.abc import Callable
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from app.contact_log import COLUMNS, harmless, reckons, written
from app.intake.absence_file import absences_in
from app.intake.follow_up_file import read_order
from app.intake.note_file import read_note
from app.intake.organisation_file import organisation_from
from app.intake.register_file import read_register
from rota_adapter.people import People
from rota_adapter.reading import Unusable
from rota_adapter.sources.csv_file import read_csv
from routing.errors import InvalidInput
from tests.app.console.conftest import CONSOLE_TOML, ConsoleAt, console_at
from tests.examples import STOCKHOLM, line, organisation

__all__ = ["console_at"]

PATIENCE = 5.0  # seconds of this process; alone it takes a fifth, and a bomb takes minutes
ROOM = 200_000_000  # bytes
TOML_BOMBS = {
    "a key of fifty thousand parts": ".".join("a" * 50_000) + " = 1",
    "many keys of many parts": "\n".join(f"{'a.' * 50}b{n} = 1" for n in range(2_000)),
    "a table of many parts": f"[{'.'.join('a' * 50_000)}]",
    "quoted parts": ".".join(['"a"'] * 30_000) + " = 1",
    "spaced parts": " . ".join(["a"] * 30_000) + " = 1",
    "within a table": "x = {" + ".".join("a" * 50_000) + " = 1}",
    "lists within lists": "x = " + "[" * 100_000,
    "tables within tables": "x = " + "{a=" * 20_000 + "1" + "}" * 20_000,
    "a long number": "x = " + "9" * 300_000,
    "many tables": "[[lines]]\n" * 9_000,
    "many keys": "\n".join(f"a{n} = 1" for n in range(9_000)),
    "many small tables": "x = [" + "{a=1}," * 9_000 + "]",
    "empty lines": "\n" * 90_000,
    "too long": "#" * 400_001,
}
TABLE_BOMBS = {
    "a million columns": b"a," * 400_000,
    "one row of quotes": b'"' * 900_000,
    "one open field": b'phone,"' + b"a" * 900_000,
    "many rows": b"phone,client,district,role\n" + b"x,y,z,w\n" * 110_000,
    "nuls": b"\0" * 900_000,
    "too long": b"a" * 30_000_000,
}


def refused(read: Callable[[], object]) -> str:
    """What *read* says when it refuses; within a bound of time and memory."""
    begun, was = process_time(), _most_memory()
    with pytest.raises((InvalidInput, Unusable)) as told:
        read()
    assert process_time() - begun < PATIENCE
    assert _most_memory() - was < ROOM
    return str(told.value)


def _most_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("bomb", TOML_BOMBS)
def test_no_organisation_file_takes_long_to_refuse(bomb: str) -> None:
    said = refused(lambda: organisation_from("org.toml", TOML_BOMBS[bomb].encode()))

    assert said.startswith("org.toml")
    assert len(said) < 120


@pytest.mark.parametrize("read", [read_note, read_order])
@pytest.mark.parametrize(
    "bomb",
    ["a key of fifty thousand parts", "within a table", "lists within lists", "a long number"],
)
def test_no_note_and_no_order_takes_long_to_refuse(
    bomb: str, read: Callable[[str, bytes, ZoneInfo], object]
) -> None:
    content = TOML_BOMBS[bomb][:99_000].encode()

    assert len(refused(lambda: read("note.toml", content, STOCKHOLM))) < 120


def _rota(content: bytes) -> None:
    found = read_csv("file.csv", content, line(), People(organisation().therapists.values()))
    if not found.shifts:
        raise InvalidInput(f"file.csv: {len(found.findings)} findings")


@pytest.mark.parametrize("bomb", TABLE_BOMBS)
@pytest.mark.parametrize("kind", ["register", "absences", "rota"])
def test_no_table_takes_long_to_refuse(bomb: str, kind: str, tmp_path: Path) -> None:
    content, own = TABLE_BOMBS[bomb], organisation()
    path = tmp_path / "file.csv"
    path.write_bytes(content)

    def absences() -> None:
        found, faults = absences_in(path.name, content, frozenset(own.therapists), STOCKHOLM)
        if faults or not found:
            raise InvalidInput(f"file.csv: {len(faults)} faults")

    readers: dict[str, Callable[[], object]] = {
        "register": lambda: read_register(path, own),
        "absences": absences,
        "rota": lambda: _rota(content),
    }
    assert len(refused(readers[kind])) < 200


SIGNS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=cmd|"/c calc"!A1')
HIDDEN = (
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    "x\n=1",
    "\x00=1",
)


@pytest.mark.parametrize("text", [*SIGNS, *HIDDEN])
def test_a_cell_that_would_reckon_does_not(text: str) -> None:
    row: dict[str, str | int | None] = {**dict.fromkeys(COLUMNS, ""), "caller": text}

    (_, cells) = csv.reader(io.StringIO(written([row], "csv").decode(), newline=""))

    assert cells[COLUMNS.index("caller")] == (f"'{text}" if reckons(text) else text)
    assert reckons(text) is (text != "x\n=1")  # one cell, in quotes, that begins with a letter


@pytest.mark.parametrize("text", ["K-1001", "Anna-Lena", "x=1", "1+1", "a@example.org", "", "åäö"])
def test_what_does_not_reckon_is_as_it_was(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("sign", ["=1+1", "＝1+1"])
def test_the_figures_hold_no_formula_whatever_a_district_is_called(
    console_at: ConsoleAt, sign: str
) -> None:
    console = console_at("2026-03-03T19:04", toml=CONSOLE_TOML.replace('"Järva"', f'"{sign}"'))

    answer = console.signed_in("m2").post(
        "/figures/export", {"form": "xlsx", "length": "month", "from": "2026-03-01"}
    )

    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    cells = [str(c.value or "") for sheet in book for row in sheet.iter_rows() for c in row]
    assert [cell for cell in cells if reckons(cell)] == []
    assert f"'{sign}" in cells


def test_a_name_of_the_line_is_no_header_and_no_recipient(console_at: ConsoleAt) -> None:
    """What a file is called comes from ids and dates, and never from somebody's words."""
    evil = "J\\r\\nX-Evil: 1\\r\\n\\r\\n<script>;filename=a.exe"
    console = console_at("2026-03-03T19:04", toml=CONSOLE_TOML.replace('"Järva"', f'"{evil}"'))
    visitor = console.signed_in("m2")

    for path, form in (
        ("/log/export", {"form": "csv"}),
        ("/figures/export", {"form": "xlsx", "length": "month", "from": "2026-03-01"}),
    ):
        answer = visitor.post(path, form)
        assert answer.status_code == 200
        assert "X-Evil" not in answer.headers
        assert "exe" not in answer.headers["Content-Disposition"]
