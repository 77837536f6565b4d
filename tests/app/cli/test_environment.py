"""What a command says when a setting or the database is not as it should be."""

from pathlib import Path

import pytest

from tests.app.cli.terminal import REGISTER_CSV, Terminal, one_line
from tests.app.world import environment
from tests.examples import ORGANISATION_TOML


def test_settings_that_are_missing_are_all_named_at_once(sqlite_url: str, tmp_path: Path) -> None:
    terminal = Terminal.at(sqlite_url, tmp_path)

    answer = terminal.run("init", env={"SECRET_KEY": "", "DATA_KEYS": "", "SMTP_URL": "nonsense"})

    assert answer.status == 2
    err = one_line(answer.err)
    assert [
        name for name in ("SECRET_KEY", "DATA_KEYS", "SMTP_URL", "MAIL_FROM") if name in err
    ] == [
        "SECRET_KEY",
        "DATA_KEYS",
        "SMTP_URL",
        "MAIL_FROM",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATA_KEYS", "hemligt"),
        ("DATABASE_URL", "mysql://hemligt@x/y"),
        ("PUBLIC_URL", "hemligt"),
        ("SMTP_URL", "http://hemligt"),
        ("TWILIO_API_URL", "http://hemligt:999999"),
        ("LOG_FORMAT", "hemligt"),
    ],
)
def test_a_malformed_setting_is_named_and_never_quoted(
    name: str, value: str, terminal: Terminal
) -> None:
    answer = terminal.run("init", env={**terminal.env, name: value})

    assert answer.status == 2
    assert name in one_line(answer.err)
    assert "hemligt" not in answer.err


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://somebody:hemligt@127.0.0.1:1/nothing",
        "sqlite:////proc/nowhere/at/all.db",
        "sqlite:///{folder}",
    ],
    ids=["PostgreSQL that is away", "a folder that cannot be made", "a folder"],
)
def test_a_database_that_is_not_there_is_told_in_one_line(url: str, terminal: Terminal) -> None:
    own = {**terminal.env, "DATABASE_URL": url.format(folder=terminal.folder)}

    for command in (("init",), ("oncall",), ("handovers",)):
        answer = terminal.run(*command, env=own)

        assert answer.status == 1
        assert "database" in one_line(answer.err) or "/proc/nowhere" in answer.err
        assert "hemligt" not in answer.err


def test_a_file_that_is_no_database_is_told_in_one_line(terminal: Terminal) -> None:
    path = terminal.file("nonsense.db", "this is no database " * 100)

    answer = terminal.run("oncall", env={**terminal.env, "DATABASE_URL": f"sqlite:///{path}"})

    assert answer.status == 1
    assert "database" in one_line(answer.err)


def test_a_database_without_tables_says_what_to_do(unmigrated_url: str, tmp_path: Path) -> None:
    terminal = Terminal.at(unmigrated_url, tmp_path)

    for command in (("oncall",), ("load", terminal.file("o.toml", ORGANISATION_TOML))):
        answer = terminal.run(*command)

        assert answer.status == 1
        assert "beredskap init" in one_line(answer.err)


def test_a_database_without_an_organisation_says_so(terminal: Terminal) -> None:
    for command in (
        ("oncall",),
        ("clients", "import", terminal.file("register.csv", REGISTER_CSV)),
        ("handovers",),
        ("fallback-twiml",),
        ("call", "--from", "withheld"),
    ):
        answer = terminal.run(*command)

        assert answer.status == 1
        assert "no organisation has been loaded" in one_line(answer.err)


def test_another_key_than_the_data_was_sealed_with_is_told(loaded: Terminal) -> None:
    own = environment(loaded.database_url, loaded.folder, DATA_KEYS="A" * 43)

    answer = loaded.run("oncall", env=own)

    assert answer.status == 1
    assert "DATA_KEYS" in one_line(answer.err)
