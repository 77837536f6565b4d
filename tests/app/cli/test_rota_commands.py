"""Rotas from files: published or kept as drafts, all of a file or nothing, and told who and why."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.store import rota
from app.store.database import make_engine, reading
from routing.ids import TherapistId
from routing.override import Override
from routing.rota import Shift
from tests.app.cli.terminal import ROTA_CSV, Terminal, one_line
from tests.app.world import rows
from tests.examples import EFTERVARD, ORGANISATION_TOML, STOCKHOLM, at, shift, span
from tests.rota_adapter.calendars import calendar, event
from tests.rota_adapter.nasty.tables.workbooks import workbook_of

LINE = ("--line", "eftervard")
EVERYTHING = (
    "organisations", "clients", "shifts", "rota_versions", "changes", "findings", "drafts",
    "draft_shifts", "overrides",
)  # fmt: skip
ALWAYS = span("2020-01-01T00:00", "2032-01-01T00:00")
LOADED = [
    shift("t4", "2026-03-03T17:00", "2026-03-03T22:00", 1),
    shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", 2),
    shift("t5", "2026-03-04T17:00", "2026-03-04T22:00", 1),
    shift("t2", "2026-03-04T17:00", "2026-03-04T22:00", 2),
]
TUESDAY = [
    shift("t6", "2026-03-10T17:00", "2026-03-10T22:00", 1),
    shift("t3", "2026-03-10T17:00", "2026-03-10T22:00", 2),
]


def table(shifts: list[Shift]) -> str:
    """*shifts* as CSV."""
    lines = [
        f"{s.position},{s.therapist},{s.time.start.astimezone(UTC).isoformat()},"
        f"{s.time.end.astimezone(UTC).isoformat()}"
        for s in shifts
    ]
    return "\n".join((ROTA_CSV.splitlines()[0], *lines, ""))


def workbook(shifts: list[Shift]) -> bytes:
    """*shifts* as a workbook, in Stockholm's wall time."""

    def cell(moment: datetime) -> datetime:
        return moment.astimezone(STOCKHOLM).replace(tzinfo=None)

    return workbook_of(
        *[(s.position, s.therapist, cell(s.time.start), cell(s.time.end)) for s in shifts]
    )


def calendar_of(shifts: list[Shift], *more: str) -> bytes:
    """*shifts* as a calendar; each event has the lines in *more* too."""

    def wall(moment: datetime) -> str:
        return f"TZID=Europe/Stockholm:{moment.astimezone(STOCKHOLM):%Y%m%dT%H%M%S}"

    return calendar(
        *(
            event(
                f"DTSTART;{wall(s.time.start)}",
                f"DTEND;{wall(s.time.end)}",
                *more,
                uid=str(n),
                summary=f"{s.position}: {s.therapist}",
            )
            for n, s in enumerate(shifts)
        )
    )


FILES = {
    "rota.csv": table(TUESDAY).encode(),
    "ROTA.XLSX": workbook(TUESDAY),
    "jour.ics": calendar_of(TUESDAY),
}


def in_force(terminal: Terminal) -> list[Shift]:
    with reading(make_engine(terminal.database_url)) as connection:
        return sorted(rota.in_force(connection, EFTERVARD, ALWAYS))


def by_start(*shifts: Shift) -> list[Shift]:
    return sorted(shifts)


def versions(terminal: Terminal) -> list[tuple[str, str, int]]:
    """Author, note and number of shifts of every change, the newest first."""
    answer = terminal.run("rota", "history", *LINE, "--json")
    assert answer.status == 0, answer.err
    return [(v["author"], v["note"], v["shifts"]) for v in answer.json["versions"]]


@pytest.mark.parametrize("name", FILES)
def test_each_kind_of_file_is_published(name: str, loaded: Terminal) -> None:
    answer = loaded.run("rota", "import", loaded.file(name, FILES[name]), *LINE, "--json")

    assert answer.status == 0, answer.err
    assert answer.json == {"findings": [], "shifts": 2, "dry_run": False}
    assert in_force(loaded) == by_start(*LOADED, *TUESDAY)
    assert versions(loaded) == [("command-line", name, 2), ("command-line", "rota.csv", 4)]


def test_a_calendar_is_published_on_either_engine(loaded_on_each: Terminal) -> None:
    path = loaded_on_each.file("jour.ics", FILES["jour.ics"])

    answer = loaded_on_each.run("rota", "import", path, *LINE, "--by", "t3", "--note", "Vår")

    assert (answer.status, answer.out) == (0, "2 shifts published.\nNo findings.\n")
    assert in_force(loaded_on_each) == by_start(*LOADED, *TUESDAY)
    assert versions(loaded_on_each)[0] == ("t3", "Vår", 2)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("more", [(), ("--draft",), ("--strict",)], ids=["", "draft", "strict"])
def test_a_dry_run_of_any_file_changes_nothing(
    name: str, more: tuple[str, ...], loaded: Terminal
) -> None:
    before = loaded.kept(EVERYTHING)
    path = loaded.file(name, FILES[name])

    answer = loaded.run("rota", "import", path, *LINE, "--dry-run", *more)

    assert answer.status == 0
    assert "would be published" in answer.out
    assert loaded.kept(EVERYTHING) == before


@pytest.mark.parametrize("name", FILES)
def test_the_same_file_twice_is_published_once(name: str, loaded: Terminal) -> None:
    path = loaded.file(name, FILES[name])
    loaded.run("rota", "import", path, *LINE)
    once = loaded.kept(EVERYTHING)

    again = loaded.run("rota", "import", path, *LINE)

    assert again.status == 0
    assert loaded.kept(EVERYTHING) == once


# Nobody has the evening of the 11th.
GAPPED = [TUESDAY[0], shift("t6", "2026-03-12T17:00", "2026-03-12T22:00", 1)]
GAPPED_FILES = {
    "rota.csv": table(GAPPED).encode(),
    "rota.xlsx": workbook(GAPPED),
    "rota.ics": calendar_of(GAPPED),
}


@pytest.mark.parametrize("name", GAPPED_FILES)
@pytest.mark.parametrize("more", [(), ("--draft",), ("--dry-run",)], ids=["", "draft", "dry run"])
def test_strict_refuses_a_gap_in_any_file(
    name: str, more: tuple[str, ...], loaded: Terminal
) -> None:
    before = loaded.kept(EVERYTHING)
    path = loaded.file(name, GAPPED_FILES[name])

    answer = loaded.run("rota", "import", path, *LINE, "--strict", *more, "--json")

    assert answer.status == 2
    assert f"{name}: refused" in one_line(answer.err)
    errors = [f for f in answer.json["findings"] if f["severity"] == "error"]
    assert [(f["rule"], f["starts_at"], f["ends_at"]) for f in errors] == [
        ("R17", "2026-03-11T17:00:00+01:00", "2026-03-11T22:00:00+01:00")
    ]
    assert answer.json["shifts"] == 0
    assert loaded.kept(EVERYTHING) == before


NO_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
BROKEN = calendar(
    event("DTSTART:20260310T160000Z", "DTEND:20260310T210000Z", uid="1", summary="t6"),
    event("DTSTART:2026-03-11 17:00", "DTEND:20260311T210000Z", uid="2", summary="t6"),
)
NOBODY = calendar(
    event("DTSTART:20260310T160000Z", "DTEND:20260310T210000Z", uid="1", summary="t6"),
    event("DTSTART:20260311T160000Z", "DTEND:20260311T210000Z", uid="2", summary="Anna Ek"),
)
UNUSABLE = {
    "an unknown name in a calendar": ("rota.ics", NOBODY, "rota.ics, line 9, SUMMARY: "),
    "a broken event": ("rota.ics", BROKEN, "rota.ics, line 9, DTSTART: "),
    "a calendar without events": ("rota.ics", calendar(), "rota.ics: there are no shifts"),
    "a calendar that is cut off": ("rota.ics", FILES["jour.ics"][:150], "rota.ics"),
    "a sign-in page": ("rota.ics", b"<!doctype html><title>Log in</title>", "rota.ics"),
    "an event for a third position": (
        "rota.ics",
        calendar(
            event("DTSTART:20260310T160000Z", "DTEND:20260310T210000Z", summary="3: t6"),
        ),
        "rota.ics, line 3, SUMMARY: ",
    ),
    "an unknown name in a workbook": (
        "rota.xlsx",
        workbook([TUESDAY[0], shift("Anna Ek", "2026-03-11T17:00", "2026-03-11T22:00")]),
        "rota.xlsx, line 3, therapist: there is no such therapist",
    ),
    "an end before its start in a workbook": (
        "rota.xlsx",
        workbook_of((1, "t6", datetime(2026, 3, 10, 22), datetime(2026, 3, 10, 17))),  # noqa: DTZ001 - Excel knows no zones
        "rota.xlsx, line 2, ends_at: ",
    ),
    "a workbook without shifts": ("rota.xlsx", workbook_of(), "rota.xlsx: there are no shifts"),
    "an old workbook": ("rota.xls", NO_EXCEL, "rota.xls: neither .csv, .ics nor .xlsx"),
    "an old workbook by another name": ("rota.xlsx", NO_EXCEL, "rota.xlsx: "),
    "a page by a workbook's name": ("rota.xlsx", b"<html><table>", "rota.xlsx: "),
    "a calendar by a table's name": ("rota.csv", FILES["jour.ics"], "rota.csv, line 1"),
    "a table by a calendar's name": ("rota.ics", FILES["rota.csv"], "rota.ics, line 1: "),
    "a text": ("rota.txt", FILES["rota.csv"], "rota.txt: neither .csv, .ics nor .xlsx"),
    "a file without an ending": ("rota", FILES["rota.csv"], "rota: neither .csv, .ics nor .xlsx"),
}


@pytest.mark.parametrize("what", UNUSABLE)
@pytest.mark.parametrize("more", [(), ("--draft",)], ids=["", "draft"])
def test_a_file_with_a_fault_changes_nothing_and_its_place_is_told_in_one_line(
    what: str, more: tuple[str, ...], loaded: Terminal
) -> None:
    name, content, message = UNUSABLE[what]
    before = loaded.kept(EVERYTHING)

    answer = loaded.run("rota", "import", loaded.file(name, content), *LINE, *more)

    assert (answer.status, answer.out) == (2, "")
    assert one_line(answer.err).startswith(f"beredskap: {message}")
    assert "Anna" not in answer.err
    assert loaded.kept(EVERYTHING) == before


def test_a_calendar_with_warnings_is_published_and_they_are_printed(loaded: Terminal) -> None:
    path = loaded.file("jour.ics", calendar_of(TUESDAY, "STATUS:TENTATIVE"))

    words = loaded.run("rota", "import", path, *LINE, "--dry-run")
    answer = loaded.run("rota", "import", path, *LINE, "--strict", "--json")

    assert words.out.splitlines()[0].startswith("warning TENTATIVE: jour.ics, line 3, STATUS: ")
    assert answer.status == 0
    found = [(f["rule"], f["severity"], f["therapist"]) for f in answer.json["findings"]]
    assert found == [("TENTATIVE", "warning", None)] * 2
    assert {f["starts_at"] for f in answer.json["findings"]} == {"2026-03-10T17:00:00+01:00"}
    assert in_force(loaded) == by_start(*LOADED, *TUESDAY)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ics"])
def test_names_mean_whom_the_map_of_the_line_s_feed_says(kind: str, terminal: Terminal) -> None:
    feed = 'source = "ics", file = "x.ics", map = { "Åsa på jouren" = "t6", "t3" = "t2" }'
    toml = ORGANISATION_TOML.replace('source = "database"', feed)
    terminal.run("load", terminal.file("organisation.toml", toml))
    named = [shift("ÅSA på  jouren", "2026-03-10T17:00", "2026-03-10T22:00", 1), TUESDAY[1]]
    content = {
        "csv": table(named).encode(),
        "xlsx": workbook(named),
        "ics": calendar_of(named),
    }[kind]

    answer = terminal.run("rota", "import", terminal.file(f"rota.{kind}", content), *LINE)

    assert answer.status == 0, answer.err
    assert [(s.position, s.therapist) for s in in_force(terminal)] == [(1, "t6"), (2, "t2")]


def test_a_duty_that_was_taken_over_stays_so_whatever_file_covers_it(
    loaded_on_each: Terminal,
) -> None:
    taken = span("2026-03-10T17:00", "2026-03-10T20:00")
    engine = make_engine(loaded_on_each.database_url)
    signed = rota.Signed("t2", "ill", at("2026-03-09T12:00"))
    with engine.begin() as connection:
        rota.override(connection, EFTERVARD, [Override(taken, 1, TherapistId("t2"))], signed)

    path = loaded_on_each.file("rota.csv", table(TUESDAY))
    answer = loaded_on_each.run("rota", "import", path, *LINE)

    assert answer.status == 0
    assert in_force(loaded_on_each) == by_start(
        *LOADED,
        shift("t2", "2026-03-10T17:00", "2026-03-10T20:00", 1),
        shift("t6", "2026-03-10T20:00", "2026-03-10T22:00", 1),
        TUESDAY[1],
    )
    assert len(rows(engine, "overrides")) == 1


def test_a_folder_is_no_file(loaded: Terminal, tmp_path: Path) -> None:
    answer = loaded.run("rota", "import", str(tmp_path), *LINE)

    assert answer.status == 2
    assert "FILE" in one_line(answer.err)
