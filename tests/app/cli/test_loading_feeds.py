"""Loading where a rota is kept: what changes is told, and never an address or a token."""

from pathlib import Path

import pytest

from tests.app.cli.terminal import Answer, Terminal, one_line
from tests.examples import ORGANISATION_TOML

HERE = 'rota = { source = "database" }'
AT = "https://anna:s3cret@hidden.example.org/jour"
SECRETS = ("s3cret", "hidden", "t0ken", "anna")
MANAGER = """
[[managers]]
id = "m1"
name = "Manager 1"
district = "jarva"
phone = "070-174 06 60"
"""


def load(terminal: Terminal, toml: str, *more: str) -> Answer:
    return terminal.run("load", terminal.file("organisation.toml", toml), *more)


def with_rota(settings: str) -> str:
    assert HERE in ORGANISATION_TOML
    return ORGANISATION_TOML.replace(HERE, f"rota = {{ {settings} }}")


@pytest.mark.parametrize("more", [(), ("--json",)], ids=["words", "json"])
@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (f'source = "ics", urls = ["{AT}"], map = {{ "anna" = "t1" }}', "ics"),
        (f'source = "goalert", url = "{AT}", token = "t0ken", schedules = ["a"]', "goalert"),
    ],
    ids=["ics", "goalert"],
)
def test_what_load_says_shows_neither_address_nor_token(
    settings: str, kind: str, more: tuple[str, ...], loaded: Terminal
) -> None:
    before = loaded.kept()

    dry = load(loaded, with_rota(settings), "--dry-run", *more)
    kept_dry = loaded.kept()
    wet = load(loaded, with_rota(settings), *more)
    other = load(loaded, with_rota(settings).replace("/jour", "/other"), *more)
    nothing = load(loaded, with_rota(settings).replace("/jour", "/other"), *more)

    answers = (dry, wet, other, nothing)
    assert [answer.status for answer in answers] == [0, 0, 0, 0]
    assert f"→ {kind}" in dry.out
    assert "line eftervard: rota changed" in other.out
    assert kept_dry == before
    assert "rota" not in nothing.out
    said = "".join(answer.out + answer.err for answer in answers)
    assert not [secret for secret in SECRETS if secret in said]


@pytest.mark.parametrize(
    "settings",
    [
        'source = "ics", url = "htp://anna:s3cret@hidden.example.org"',
        f'source = "csv", urls = ["{AT}"]',
        f'source = "ics", url = "{AT}", token = "t0ken"',
        f'source = "goalert", url = "{AT}", token = ["t0ken"]',
    ],
)
def test_a_fault_is_told_without_what_is_secret_and_nothing_is_loaded(
    settings: str, loaded: Terminal
) -> None:
    before = loaded.kept()

    answer = load(loaded, with_rota(settings))

    assert (answer.status, answer.out) == (2, "")
    assert "organisation.toml, line " in one_line(answer.err)
    assert ", lines.rota." in answer.err
    assert not [secret for secret in SECRETS if secret in answer.err]
    assert loaded.kept() == before


def test_what_is_secret_is_kept_sealed(loaded: Terminal, tmp_path: Path) -> None:
    toml = with_rota(f'source = "goalert", url = "{AT}", token = "t0ken", schedules = ["a"]')
    assert load(loaded, toml).status == 0
    (tmp_path / "organisation.toml").unlink()

    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]

    assert files
    assert not [s for s in SECRETS for content in files if s.encode() in content]


def test_managers_and_check_in_are_told(loaded: Terminal) -> None:
    toml = ORGANISATION_TOML.replace(HERE, f"{HERE}\ncheck_in = false") + MANAGER

    first = load(loaded, toml)
    second = load(loaded, toml.replace("06 60", "06 61").replace("Manager 1", "Somebody"))
    third = load(loaded, ORGANISATION_TOML.replace(HERE, f"{HERE}\ncheck_in = true"))

    assert first.out.splitlines()[0] == "manager m1: added"
    assert first.out.splitlines()[1].startswith("line eftervard: check_in ")
    assert first.out.endswith(" → none\n")
    assert second.out == "manager m1: name changed\nmanager m1: phone changed\n"
    assert third.out.startswith("manager m1: removed\nline eftervard: check_in none → ")
    assert not [f for f in ("Somebody", "Manager", "0174", "070") if f in second.out + first.out]


def test_the_same_in_other_words_changes_nothing(loaded: Terminal) -> None:
    same = ORGANISATION_TOML.replace(
        HERE, 'check_in = true\nrota = { source = "database" } # where it always was'
    )
    table = ORGANISATION_TOML.replace(HERE, f'{HERE}\ncheck_in = {{ call = "45m" }}')

    answers = [load(loaded, toml) for toml in (same, table)]

    assert [answer.out for answer in answers] == ["Nothing changes.\n"] * 2
