"""Commands that load: all of a file or nothing, and one line that says what is wrong with it."""

from pathlib import Path

import pytest

from tests.app.cli.terminal import REGISTER_CSV, ROTA_CSV, Terminal, one_line
from tests.examples import ORGANISATION_TOML

LINE = ("--line", "eftervard")


def test_a_new_database_is_made_and_making_it_again_does_no_harm(
    unmigrated_url: str, tmp_path: Path
) -> None:
    terminal = Terminal.at(unmigrated_url, tmp_path)

    answers = [terminal.run("init"), terminal.run("init")]
    terminal.load()
    again = terminal.run("init")

    assert [answer.status for answer in (*answers, again)] == [0, 0, 0]
    assert terminal.run("oncall", "--at", "2026-03-03T19:00").status == 0


def test_everything_can_be_loaded_and_asked_for(loaded_on_each: Terminal) -> None:
    answer = loaded_on_each.run("oncall", "--at", "2026-03-03T19:00", "--json")

    assert answer.status == 0
    assert [rung["therapist"] for rung in answer.json["ladder"]] == ["t4", "t1"]


def test_loading_the_same_again_changes_nothing_and_says_so(loaded: Terminal) -> None:
    before = loaded.kept(("organisations",))

    answer = loaded.run("load", loaded.file("organisation.toml", ORGANISATION_TOML))

    assert (answer.status, answer.out) == (0, "Nothing changes.\n")
    assert loaded.kept(("organisations",)) == before


def test_a_change_is_told_without_names_and_numbers(loaded: Terminal) -> None:
    toml = ORGANISATION_TOML.replace("Therapist 4", "Somebody Else").replace(
        "+46701740608", "+46701740670"
    )

    answer = loaded.run("load", loaded.file("organisation.toml", toml))

    assert answer.status == 0
    assert "therapist t4: name changed" in answer.out
    assert "therapist t4: phone changed" in answer.out
    assert not [fact for fact in ("Somebody", "Therapist 4", "+46", "70-") if fact in answer.out]


def test_the_first_organisation_is_all_new(terminal: Terminal) -> None:
    answer = terminal.run("load", terminal.file("organisation.toml", ORGANISATION_TOML), "--json")

    assert answer.status == 0
    assert {"district jarva: added", "line eftervard: added"} <= set(answer.json["changes"])
    assert answer.json["dry_run"] is False


@pytest.mark.parametrize(
    "command",
    [
        ("load", "organisation.toml"),
        ("clients", "import", "register.csv"),
        ("rota", "import", "rota.csv", *LINE),
    ],
    ids=["load", "clients import", "rota import"],
)
def test_a_dry_run_says_what_would_change_and_changes_nothing(
    command: tuple[str, ...], loaded_on_each: Terminal
) -> None:
    terminal = loaded_on_each
    terminal.file("organisation.toml", ORGANISATION_TOML.replace("= 20", "= 25"))
    terminal.file("register.csv", REGISTER_CSV.replace("K-1001", "K-1009"))
    terminal.file("rota.csv", ROTA_CSV.replace(",t4,", ",t6,"))
    before = terminal.kept(("organisations", "clients", "shifts", "rota_versions", "changes"))
    words = [str(terminal.folder / word) if "." in word else word for word in command]

    answer = terminal.run(*words, "--dry-run")

    assert answer.status == 0
    assert answer.out
    after = terminal.kept(("organisations", "clients", "shifts", "rota_versions", "changes"))
    assert after == before


BAD_ORGANISATIONS = {
    "not TOML": ("[[districts]]", "[[districts]", "line 1"),
    "a number that is none": ("+46701740608", "+46701", "therapists.phone"),
    "an unknown field": ("positions = 2", "position = 2", "lines.position"),
    "a district that is not there": ('staff_of = "jarva"', 'staff_of = "x"', "mandates.staff_of"),
    "a date that ends too early": ("2027-12-31", "2024-12-31", "mandates.valid_to"),
}


@pytest.mark.parametrize("what", BAD_ORGANISATIONS)
def test_a_bad_organisation_changes_nothing_and_is_told_by_file_line_and_field(
    what: str, loaded: Terminal
) -> None:
    old, new, place = BAD_ORGANISATIONS[what]
    assert old in ORGANISATION_TOML
    before = loaded.kept()

    answer = loaded.run("load", loaded.file("bad.toml", ORGANISATION_TOML.replace(old, new, 1)))

    assert (answer.status, answer.out) == (2, "")
    assert "bad.toml, line " in one_line(answer.err)
    assert place in answer.err
    assert loaded.kept() == before


def test_a_district_that_still_has_callers_is_not_removed(loaded: Terminal) -> None:
    toml = ORGANISATION_TOML.replace('"jarva"', '"renamed"')

    answer = loaded.run("load", loaded.file("bad.toml", toml))

    assert answer.status == 2
    assert "jarva still has callers" in one_line(answer.err)


BAD_REGISTERS = {
    "a number that is none": (("070-174 06 50", "070-1"), "line 2, phone"),
    "a short code": (("070-174 06 50", "112"), "line 2, phone"),
    "a role nobody has": ((",guardian,", ",aunt,"), "line 3, role"),
    "a district that is not there": ((",jarva,", ",x,"), "line 2, district"),
    "a day that is none": (("2026-12-31", "2026-13-31"), "line 3, valid_to"),
    "a personal number": (("K-1001", "19900101-1234"), "line 2, client"),
    "a name": (("K-1001", "Anna Andersson"), "line 2, client"),
    "a column too few": ((",protected\n", "\n"), "line 1, protected"),
    "a column nobody knows": (("phone,", "telephone,"), "line 1, phone"),
    "an empty reference": (("K-1001", ""), "line 2, client"),
}


@pytest.mark.parametrize("what", BAD_REGISTERS)
def test_a_bad_register_changes_nothing_and_quotes_no_value(what: str, loaded: Terminal) -> None:
    (old, new), place = BAD_REGISTERS[what]
    assert old in REGISTER_CSV
    before = loaded.kept()
    path = loaded.file("bad.csv", REGISTER_CSV.replace(old, new, 1))

    answer = loaded.run("clients", "import", path)

    assert (answer.status, answer.out) == (2, "")
    assert f"bad.csv, {place}: " in one_line(answer.err)
    assert new not in answer.err or len(new) < 4
    assert loaded.kept() == before


def test_the_file_is_the_truth_for_the_districts_in_it(loaded: Terminal) -> None:
    only_jarva = "\n".join(REGISTER_CSV.splitlines()[:2]).replace("K-1001", "K-1009")

    answer = loaded.run("clients", "import", loaded.file("register.csv", only_jarva), "--json")

    assert answer.json == {"added": 1, "removed": 1, "unchanged": 0, "dry_run": False}
    assert "H-2001" in loaded.kept(("clients",))


@pytest.mark.parametrize("spelling", ["\ufeff{}", "{}\r\n"], ids=["with a BOM", "with CRLF"])
def test_excel_s_own_csv_is_read(spelling: str, loaded: Terminal) -> None:
    text = spelling.format(REGISTER_CSV.replace(",", ";").replace("\n", "\r\n"))

    answer = loaded.run("clients", "import", loaded.file("register.csv", text), "--json")

    assert answer.json == {"added": 0, "removed": 0, "unchanged": 2, "dry_run": False}


BAD_ROTAS = {
    "a therapist that is not there": (("1,t4,", "1,t9,"), "line 2, therapist"),
    "a position the line has not": (("2,t1,", "3,t1,"), "line 3, position"),
    "an hour that is skipped": (
        ("2026-03-03T17:00,2026-03-03T22:00", "2026-03-29T02:30,2026-03-29T08:00"),
        "line 2, starts_at",
    ),
    "an hour that comes twice": (
        ("2026-03-03T17:00,2026-03-03T22:00", "2026-10-24T17:00,2026-10-25T02:30"),
        "line 2, ends_at",
    ),
    "an end before its start": (("2026-03-03T22:00", "2026-03-03T16:00"), "line 2, ends_at"),
    "the same shift twice": (("2,t1,", "1,t4,"), "line 3"),
    "a time that is none": (("2026-03-03T17:00", "17:00"), "line 2, starts_at"),
    "a column too many": (("ends_at\n", "ends_at,note\n"), "line 1, note"),
}


@pytest.mark.parametrize("what", BAD_ROTAS)
def test_a_bad_rota_changes_nothing(what: str, loaded: Terminal) -> None:
    (old, new), place = BAD_ROTAS[what]
    assert old in ROTA_CSV
    before = loaded.kept()

    path = loaded.file("bad.csv", ROTA_CSV.replace(old, new, 1))
    answer = loaded.run("rota", "import", path, *LINE)

    assert (answer.status, answer.out) == (2, "")
    assert f"bad.csv, {place}" in one_line(answer.err)
    assert loaded.kept() == before


def test_an_hour_that_comes_twice_is_taken_with_its_offset(loaded: Terminal) -> None:
    text = ROTA_CSV.replace(
        "2026-03-03T17:00,2026-03-03T22:00", "2026-10-24T22:00,2026-10-25T02:30+01:00"
    )

    answer = loaded.run("rota", "import", loaded.file("rota.csv", text), *LINE)

    assert answer.status == 0


def test_findings_are_printed_and_kept(loaded: Terminal) -> None:
    text = ROTA_CSV.replace("2,t2,2026-03-04T17:00", "2,t2,2026-03-04T19:00")

    answer = loaded.run("rota", "import", loaded.file("rota.csv", text), *LINE, "--json")

    assert answer.status == 0
    (finding,) = answer.json["findings"]
    assert set(finding) == {
        "rule", "severity", "therapist", "starts_at", "ends_at", "message", "remedy"
    }  # fmt: skip
    assert (finding["rule"], finding["severity"]) == ("R17", "warning")
    assert finding["starts_at"] == "2026-03-04T17:00:00+01:00"
    assert finding["ends_at"] == "2026-03-04T19:00:00+01:00"
    assert finding["therapist"] is None
    assert "nobody is in position 2" in loaded.kept(("findings",))


def test_strict_refuses_a_file_with_an_error_in_it(loaded: Terminal) -> None:
    before = loaded.kept()
    text = ROTA_CSV.replace("1,t5,2026-03-04T17:00", "1,t5,2026-03-04T19:00")
    path = loaded.file("rota.csv", text)

    strict = loaded.run("rota", "import", path, *LINE, "--strict")
    after_strict = loaded.kept()
    lenient = loaded.run("rota", "import", path, *LINE)

    assert strict.status == 2
    assert "refused" in one_line(strict.err)
    assert after_strict == before
    assert lenient.status == 0
    assert "error R17" in lenient.out


def test_checking_a_rota_ends_with_one_if_there_is_an_error(loaded: Terminal) -> None:
    good = loaded.run(
        "rota", "check", *LINE, "--from", "2026-03-03T12:00", "--to", "2026-03-04T23:00"
    )
    bad = loaded.run("rota", "check", *LINE, "--from", "2026-03-03", "--to", "2026-03-06", "--json")

    assert (good.status, good.out) == (0, "No findings.\n")
    assert bad.status == 1
    assert {finding["severity"] for finding in bad.json["findings"]} == {"error", "warning"}


def test_an_empty_rota_file_is_refused(loaded: Terminal) -> None:
    path = loaded.file("rota.csv", ROTA_CSV.splitlines()[0] + "\n")

    answer = loaded.run("rota", "import", path, *LINE)

    assert answer.status == 2
    assert "rota.csv" in one_line(answer.err)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rota.csv", b""),
        ("rota.csv", b"\xff\xfe\x00"),
        ("rota.csv", b'position,therapist,starts_at,ends_at\n1,"t4,2026\n'),
        ("rota.ods", b"PK"),
    ],
    ids=["empty", "not UTF-8", "an open quotation mark", "a format that cannot be read"],
)
def test_a_file_that_is_no_rota_is_told_in_one_line(
    name: str, content: bytes, loaded: Terminal
) -> None:
    answer = loaded.run("rota", "import", loaded.file(name, content), *LINE)

    assert answer.status == 2
    assert name in one_line(answer.err)


@pytest.mark.parametrize(
    "command",
    [("load",), ("clients", "import"), ("rota", "import", *LINE)],
    ids=["load", "clients import", "rota import"],
)
def test_a_file_that_is_not_there_is_told_in_one_line(
    command: tuple[str, ...], loaded: Terminal
) -> None:
    answer = loaded.run(*command, str(loaded.folder / "nothing.csv"))

    assert answer.status == 2
    assert "nothing.csv" in one_line(answer.err)
