"""The commands of keys, backups and the audit chain: what they say, and with which status."""

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.store import audit_chain
from app.store.database import make_engine
from app.store.fields import FieldCipher
from app.store.tables import alterations, audit_links
from tests.app.cli.terminal import Terminal, one_line
from tests.app.conftest import connections_closed_afterwards
from tests.app.world import data_key, rows
from tests.databases import Databases

OLD, NEW = data_key(1), data_key(2)


@pytest.fixture(scope="module")
def loaded_once(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loaded")
    made = Terminal.at(databases.sqlite(folder / "beredskap.db"), folder)
    with connections_closed_afterwards():  # and with the last of them the log goes into the file
        made.load()
        made.run("pin", "set", "t1")
    return folder / "beredskap.db"


@pytest.fixture
def terminal(loaded_once: Path, tmp_path: Path) -> Terminal:
    shutil.copyfile(loaded_once, tmp_path / "beredskap.db")
    return Terminal.at(f"sqlite:///{tmp_path / 'beredskap.db'}", tmp_path)


def with_keys(terminal: Terminal, *keys: str) -> Terminal:
    return Terminal.at(terminal.database_url, terminal.folder, DATA_KEYS=",".join(keys))


def test_a_key_is_changed_step_by_step(terminal: Terminal) -> None:
    """As docs/keys-and-backups.md says it is done."""
    rotating, alone = with_keys(terminal, NEW, OLD), with_keys(terminal, NEW)
    before = rotating.run("keys", "status", "--json").json["keys"]

    renewed = rotating.run("keys", "renew", "--by", "c1")
    waits = rotating.run("keys", "status", "--json").json["keys"]
    rotating.run("pin", "set", "t1")
    after = rotating.run("keys", "status", "--json").json["keys"]

    assert [key["place"] for key in before] == [1, 2]
    assert before[0]["values"] == {}
    assert before[1]["values"]["clients.phone"] == 2
    assert renewed.status == 0, renewed.err
    assert (waits[1]["values"], waits[1]["codes"], waits[1]["may_go"]) == ({}, ["t1"], False)
    assert [key["may_go"] for key in after] == [False, True]
    assert alone.run("oncall", "--at", "2026-03-03T19:04", "--district", "jarva").status == 0
    assert alone.run("keys", "status").status == 0
    (said,) = alone.run("audit", "changes", "--json").json["changes"]
    assert (said["by"], said["what"]) == ("c1", "keys.renewed")


def test_a_key_that_lacks_is_told_of_in_one_line(terminal: Terminal) -> None:
    alone = with_keys(terminal, NEW)

    status = alone.run("keys", "status")
    renew = alone.run("keys", "renew")
    asked = alone.run("oncall", "--at", "2026-03-03T19:04")
    codes = {one["code"] for one in alone.run("doctor", "--json").json["findings"]}

    assert status.status == 1
    assert "not in DATA_KEYS" in status.out
    assert renew.status == 1
    assert "DATA_KEYS does not hold" in one_line(renew.err)
    assert "DATA_KEYS does not hold" in one_line(asked.err)
    assert "unreadable" in codes
    assert "no_organisation" not in codes


def test_keys_are_in_nothing_that_the_commands_say(terminal: Terminal) -> None:
    rotating = with_keys(terminal, NEW, OLD)
    said = ""
    for command in (
        ("keys", "status"), ("keys", "status", "--json"), ("keys", "renew"), ("audit", "changes"),
        ("backup", str(terminal.folder / "a")), ("restore", str(terminal.folder / "a")),
    ):  # fmt: skip
        answer = rotating.run(*command)
        said += answer.out + answer.err

    def leaks(text: str) -> list[str]:
        forms = [*(k.rstrip("=") for k in (OLD, NEW)), "01" * 32, "02" * 32]
        return [form for form in forms if form in text]

    assert said
    assert leaks(said) == []
    assert leaks(f"{said} DATA_KEYS={NEW}") == [NEW.rstrip("=")]  # a leak would be seen


def test_a_backup_is_made_checked_and_restored(terminal: Terminal, databases: Databases) -> None:
    path = str(terminal.folder / "evening.backup")
    made = terminal.run("backup", path, "--json")
    again = terminal.run("backup", path)
    checked = terminal.run("restore", path, "--dry-run", "--json")
    url = databases.sqlite(terminal.folder / "other.db")
    other = Terminal.at(url, terminal.folder)
    restored = other.run("restore", path, "--by", "c1")

    assert made.status == 0, made.err
    assert again.status == 2
    assert "there already" in one_line(again.err)
    assert checked.json["tables"] == made.json["tables"]
    assert (checked.json["restored"], checked.json["rows"]) == (False, made.json["rows"])
    assert restored.status == 0, restored.err
    assert other.kept(("clients", "organisations", "pins")) == terminal.kept(
        ("clients", "organisations", "pins")
    )
    assert [row["what"] for row in rows(make_engine(url), "alterations")] == ["backup.restored"]
    assert [row["what"] for row in rows(make_engine(terminal.database_url), "alterations")] == [
        "backup.made"
    ]


@pytest.mark.parametrize("dry", [True, False])
def test_what_cannot_be_restored_is_one_line_and_changes_nothing(
    terminal: Terminal, *, dry: bool
) -> None:
    path = terminal.folder / "evening.backup"
    terminal.run("backup", str(path))
    option = ("--dry-run",) if dry else ()
    before = terminal.kept(("clients", "organisations"))

    wrong_key = with_keys(terminal, NEW).run("restore", str(path), *option)
    path.write_bytes(path.read_bytes()[:-9])
    torn = terminal.run("restore", str(path), *option)
    gone = terminal.run("restore", str(terminal.folder / "none"), *option)
    other = terminal.run("restore", terminal.file("notes.txt", "x" * 100), *option)

    assert [one.status for one in (wrong_key, torn, gone, other)] == [1, 2, 2, 2]
    assert "DATA_KEYS" in one_line(wrong_key.err)
    assert "torn" in one_line(torn.err)
    assert "none" in one_line(gone.err)
    assert "not a backup" in one_line(other.err)
    assert terminal.kept(("clients", "organisations")) == before


def test_a_restore_over_a_database_in_use_is_refused(terminal: Terminal) -> None:
    path = str(terminal.folder / "evening.backup")
    terminal.run("backup", path)

    refused = terminal.run("restore", path)

    assert refused.status == 1
    assert "something in the database already" in one_line(refused.err)


def sealed(terminal: Terminal) -> None:
    assert terminal.run("clock", "--once").status == 0


def spoil(terminal: Terminal, statement: sa.Executable) -> None:
    with make_engine(terminal.database_url).begin() as connection:
        connection.execute(statement)


def test_what_was_done_to_an_account_is_in_the_chain_and_shown(terminal: Terminal) -> None:
    """Whoever resets an account and uses the link herself leaves her name where it stays."""
    login = "t1@example.se"
    terminal.run("user", "add", login, "--office", "therapist", "--person", "t1", "--by", "admin-1")
    terminal.run("user", "reset", login, "--by", "admin-2")
    terminal.run("user", "disable", login)
    sealed(terminal)

    said = terminal.run("audit", "changes", "--json").json["changes"]
    spoil(terminal, alterations.update().values(author="somebody-else"))
    broken = terminal.run("audit", "verify")

    assert [(one["by"], one["what"]) for one in said] == [
        ("command-line", "account.disabled"),
        ("admin-2", "account.reset"),
        ("admin-1", "account.added"),
    ]
    assert {one["of"] for one in said} == {"t1@example.se therapist t1"}
    assert broken.status == 1
    assert "rows_altered" in broken.out


def test_whose_account_was_reset_hears_of_it_from_us(terminal: Terminal) -> None:
    mail = {"SMTP_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "jour@example.se"}
    mailing = Terminal.at(terminal.database_url, terminal.folder, **mail)
    login = "t1@example.se"
    mailing.run("user", "add", login, "--office", "therapist", "--person", "t1")
    made = mailing.run("user", "reset", login, "--json").json["link"]

    (letter,) = rows(make_engine(terminal.database_url), "outbox")
    cipher = FieldCipher([bytes([1]) * 32])
    to = cipher.open(letter["recipient"], "outbox.recipient")  # type: ignore[arg-type]
    body = cipher.open(letter["body"], "outbox.body")  # type: ignore[arg-type]

    assert to == login
    assert "Säg det till din chef" in body
    assert made.rpartition("/")[2] not in body  # that it happened, and no way in


def test_the_chain_is_verified_with_the_head_in_state_dir(terminal: Terminal) -> None:
    terminal.run("user", "add", "t1@example.se", "--office", "therapist", "--person", "t1")
    sealed(terminal)
    sealed(terminal)

    whole = terminal.run("audit", "verify", "--json")
    said = terminal.run("audit", "verify")
    anchor = whole.json["head"]["digest"]
    by_hand = terminal.run("audit", "verify", "--anchor", anchor, "--json")
    nonsense = terminal.run("audit", "verify", "--anchor", "nonsense")
    copy = terminal.folder / "kept-elsewhere"
    (terminal.folder / "audit-heads.log").rename(copy)
    spoil(terminal, audit_links.delete())
    spoil(terminal, alterations.delete())
    alone = terminal.run("audit", "verify")
    by_file = terminal.run("audit", "verify", "--anchor", str(copy))
    by_digest = terminal.run("audit", "verify", "--anchor", anchor.lower())

    assert (whole.status, whole.json["whole"], whole.json["heads_compared"]) == (0, True, 1)
    assert "Whole: 1 rows in 1 links" in said.out
    assert by_hand.json["heads_compared"] == 2
    assert nonsense.status == 2
    assert alone.status == 0  # an empty chain is a whole one: hence the head elsewhere
    assert (by_file.status, by_digest.status) == (1, 1)
    assert "chain_truncated  link 1" in by_file.out
    assert "not_the_head" in by_digest.out
    assert audit_chain.as_digest(anchor)


def test_whoever_reads_a_backup_needs_the_keys_of_its_time(terminal: Terminal) -> None:
    path = str(terminal.folder / "evening.backup")
    terminal.run("backup", path)
    rotating = with_keys(terminal, NEW, OLD)
    rotating.run("keys", "renew")

    assert rotating.run("restore", path, "--dry-run").status == 0
    assert with_keys(terminal, NEW).run("restore", path, "--dry-run").status == 1
