"""What whoever runs the service reads when something is amiss: one line, and the right status."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.duty.audit import write_down
from app.store.complaints import about_the_database
from app.store.database import make_engine
from app.store.fields import FieldCipher
from app.store.last_good import LastGood, Remembered
from app.store.tables import alterations
from app.store.writer import Writer
from routing.errors import Unavailable
from tests.app.cli.terminal import Terminal, one_line
from tests.app.conftest import connections_closed_afterwards
from tests.app.world import data_key, rows
from tests.databases import Databases


@pytest.fixture
def terminal(databases: Databases, tmp_path: Path) -> Terminal:
    return Terminal.at(databases.sqlite(tmp_path / "beredskap.db"), tmp_path)


@pytest.fixture
def loaded(terminal: Terminal) -> Terminal:
    terminal.load()
    return terminal


@pytest.mark.parametrize("content", ["", "a shopping list\n", "phone,client\n"])
def test_an_anchor_without_a_single_head_is_refused(
    terminal: Terminal, tmp_path: Path, content: str
) -> None:
    """Else `Whole` would be read as compared with it."""
    (tmp_path / "anchor").write_text(content)

    answer = terminal.run("audit", "verify", "--anchor", str(tmp_path / "anchor"))

    assert answer.status == 2
    assert answer.out == ""
    assert "--anchor: holds no check value" in answer.err


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (("PRAGMA max_page_count = 1", "CREATE TABLE more (x)"), "the database's disk is full"),
        (("PRAGMA query_only = ON", "INSERT INTO kept VALUES (1)"), "may not be written to"),
        (("PRAGMA busy_timeout = 1", "BEGIN IMMEDIATE"), "keeps the database locked"),
    ],
    ids=["full", "read-only", "locked"],
)
def test_it_is_said_what_is_the_matter_with_the_database(
    tmp_path: Path, statements: tuple[str, ...], said: str
) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'a.db'}", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (x)")
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    if "BEGIN IMMEDIATE" in statements:
        other.execute("BEGIN IMMEDIATE")

    *before, last = statements
    with engine.connect() as connection:
        for statement in before:
            connection.exec_driver_sql(statement)
        with pytest.raises(sa.exc.OperationalError) as raised:
            connection.exec_driver_sql(last)

    assert said in about_the_database(raised.value)
    other.close()
    engine.dispose()


def test_a_backup_that_cannot_be_written_down_is_kept_and_said_to_be_whole(
    terminal: Terminal, tmp_path: Path
) -> None:
    """A disk that is full is when one wants it most."""
    refuse = (
        "CREATE TRIGGER refuses BEFORE INSERT ON alterations BEGIN SELECT RAISE(FAIL, 'full'); END"
    )
    engine = make_engine(terminal.database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(refuse)
    engine.dispose()

    made = terminal.run("backup", str(tmp_path / "a.backup"))

    assert made.status == 1
    assert "a.backup is whole, but that it was made could not be written down" in one_line(made.err)
    assert terminal.run("restore", str(tmp_path / "a.backup"), "--dry-run").status == 0


def test_a_backup_that_cannot_be_written_names_the_file_that_was_asked_for(
    terminal: Terminal, tmp_path: Path
) -> None:
    answer = terminal.run("backup", str(tmp_path / "nowhere" / "a.backup"))

    assert answer.status == 1
    assert "nowhere/a.backup: No such file or directory" in one_line(answer.err)


def test_a_hold_of_a_client_says_how_much_is_held(loaded: Terminal) -> None:
    """A reference that was mistyped holds nothing, and a purge would take what was meant."""
    called = loaded.run("call", "--from", "070-174 06 50", "--at", "2026-03-03T19:04")
    assert called.status == 0
    words = ("--district", "jarva", "--by", "c2", "--reason", "supervision")

    right = loaded.run("hold", "add", "--client", "K-1001", *words)
    wrong = loaded.run("hold", "add", "--client", "K-1010", *words)

    assert "Held: hold 1.  Kept so far: contacts 1, follow-ups 0." in right.out
    assert (
        wrong.status,
        "Nothing is known of that client: see that the reference" in wrong.err,
    ) == (
        0,
        True,
    )


def test_a_question_that_nobody_answers_is_said_in_a_line(loaded: Terminal) -> None:
    answer = loaded.run("hold", "add", "--client", "K-1001", "--district", "jarva")

    assert answer.status == 1
    assert "nothing was answered, so nothing was done" in answer.err


def test_the_doctor_names_what_is_sealed_with_a_key_that_is_gone(loaded: Terminal) -> None:
    """As after a command that was run in a terminal with the old settings."""
    stray = FieldCipher([bytes([9]) * 32])
    then = datetime(2026, 3, 3, tzinfo=UTC)
    write_down(loaded.database_url, stray, "c1", "keys.renewed", "", then)

    findings = loaded.run("doctor", "--json").json["findings"]
    (found,) = [one for one in findings if one["code"] == "keys_lack"]

    assert found["severity"] == "error"
    assert "alterations.about" in found["message"]


def test_no_backup_is_made_with_the_keys_of_another_terminal(loaded: Terminal) -> None:
    """Nobody could restore it, and that would be found out on the day it is needed."""
    stray = Terminal.at(loaded.database_url, loaded.folder, DATA_KEYS=data_key(9))

    answer = stray.run("backup", str(loaded.folder / "stray.backup"))

    assert answer.status == 1
    assert "DATA_KEYS lacks a key that clients.phone, organisations.document" in one_line(
        answer.err
    )
    assert not (loaded.folder / "stray.backup").exists()


def test_a_database_file_that_was_moved_away_is_away(terminal: Terminal, tmp_path: Path) -> None:
    """An open file may be written to although nobody finds it any more: that would be lost."""
    engine = make_engine(terminal.database_url)
    count = sa.select(sa.func.count()).select_from(alterations)
    with connections_closed_afterwards(), engine.connect() as connection:
        assert connection.scalar(count) == 0

    moved = (tmp_path / "beredskap.db").rename(tmp_path / "moved.db")
    with pytest.raises(sa.exc.OperationalError):
        engine.connect()
    with pytest.raises(sa.exc.OperationalError):
        engine.connect()
    assert not (tmp_path / "beredskap.db").exists()

    moved.rename(tmp_path / "beredskap.db")
    with engine.connect() as connection:
        assert connection.scalar(count) == 0
    engine.dispose()


def test_what_callers_do_is_not_written_to_a_file_that_was_moved_away(
    terminal: Terminal, tmp_path: Path
) -> None:
    """The writer keeps its connection; a restored file in the old one's place gets the rows."""
    engine = make_engine(terminal.database_url)
    writer, path = Writer(engine), tmp_path / "beredskap.db"
    writer.add_once(())
    template = path.read_bytes()

    path.rename(tmp_path / "moved.db")
    with pytest.raises(Unavailable):
        writer.add_once(())
    path.write_bytes(template)
    one = {"name": "test", "at": datetime(2026, 3, 3, tzinfo=UTC), "count": 1}
    assert writer.add_once(writer.bind([("pulses", one)]))

    assert [row["name"] for row in rows(engine, "pulses")] == ["test"]
    engine.dispose()


def test_a_last_good_picture_that_cannot_be_kept_leaves_no_scrap(tmp_path: Path) -> None:
    (tmp_path / "last-good").mkdir()  # no file can take its place

    LastGood(tmp_path, FieldCipher((b"k" * 32,))).keep(Remembered(b"", (), ()))

    assert [one.name for one in tmp_path.iterdir()] == ["last-good"]


def test_a_clock_that_could_do_nothing_says_so_by_its_status(terminal: Terminal) -> None:
    """Without a database each step waits: a line for each, no page of a traceback, and status 1."""
    away = Terminal.at("postgresql://u:secret@127.0.0.1:9/none", terminal.folder)

    ended = away.run("clock", "--once")

    assert ended.status == 1
    assert "clock.sweep_waits" in ended.out + ended.err
    assert "Traceback" not in ended.out + ended.err


def test_a_clock_without_the_key_does_not_ask_for_the_organisation_to_be_loaded(
    loaded: Terminal,
) -> None:
    (loaded.folder / "last-good").unlink(missing_ok=True)
    keyless = Terminal.at(loaded.database_url, loaded.folder, DATA_KEYS=data_key(9))

    ended = keyless.run("clock", "--once")

    assert ended.status == 1
    assert "beredskap load" not in ended.out + ended.err
    assert "no key of DATA_KEYS opens" in ended.out + ended.err
