"""`rest report`: one Saturday, the Friday off in return, a call-out, and a version replaced."""

import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.app.cli.html_page import Page
from tests.app.cli.terminal import ROTA_CSV, Answer, Terminal, one_line

LINE = ("--line", "eftervard")
WEEK_10 = ("--from", "2026-03-02T08:00", "--to", "2026-03-09T08:00")
HEADER = "position,therapist,starts_at,ends_at\n"
SATURDAY = f"{HEADER}1,t2,2026-03-07T10:00,2026-03-07T22:00\n"
BY_ANOTHER = f"{HEADER}1,t3,2026-03-07T10:00,2026-03-07T22:00\n"
FRIDAY_OFF = "therapist,starts_at,ends_at,kind\nt2,2026-03-06T00:00,2026-03-07T00:00,compensation\n"
FORMULA = '=HYPERLINK("http://example.org")'


def bring(terminal: Terminal, text: str, *more: str) -> None:
    answer = terminal.run("rota", "import", terminal.file("r.csv", text), *LINE, *more)
    assert answer.status == 0, answer.err


@pytest.fixture
def terminal(loaded: Terminal) -> Terminal:
    """Version 1 is the terminal's own two evenings; version 2 gives t2 a Saturday."""
    bring(loaded, SATURDAY, "--by", "t1", "--note", FORMULA, "--reason", "<b>ingen annan</b>")
    return loaded


def report(terminal: Terminal, *command: str) -> Any:  # noqa: ANN401 - whatever the command says
    answer = terminal.run("rest", "report", *LINE, *command, "--json")
    assert answer.status == 0, answer.err
    return answer.json


def person(found: Any, who: str) -> Any:  # noqa: ANN401
    return next(p for p in found["people"] if p["therapist"] == who)


def test_a_saturday_is_two_hours_short_until_the_friday_is_given(terminal: Terminal) -> None:
    before = person(report(terminal, *WEEK_10), "t2")
    terminal.run("absences", "import", terminal.file("away.csv", FRIDAY_OFF))
    after = person(report(terminal, *WEEK_10), "t2")

    assert [w["margin_minutes"] for w in before["weeks"]] == [-120]
    assert [f["rule"] for f in before["findings"]] == ["R6"]
    assert after["weeks"] == [
        {
            "starts_at": "2026-03-02T08:00:00+01:00",
            "ends_at": "2026-03-09T08:00:00+01:00",
            "rest_starts_at": "2026-03-05T17:00:00+01:00",
            "rest_ends_at": "2026-03-07T10:00:00+01:00",
            "planned_minutes": 41 * 60,
            "longest_minutes": 41 * 60,
            "required_minutes": 36 * 60,
            "margin_minutes": 5 * 60,
            "terms": "V1",
        }
    ]
    assert (before["compensation_days_taken"], after["compensation_days_taken"]) == (0, 1)
    assert [f["rule"] for f in after["findings"]] == ["R7"]


def test_a_call_out_shortens_the_day_and_owes_what_it_took(terminal: Terminal) -> None:
    """X3: t4 is called on Tuesday from half past nine to ten past ten."""
    corrected = terminal.run(
        *("hours", "correct", "--therapist", "t4", "--note", "a late call"),
        *("--from", "2026-03-03T21:30", "--to", "2026-03-03T22:10"),
    )
    assert corrected.status == 0

    found = report(terminal, *WEEK_10)
    t4 = person(found, "t4")

    assert [d["margin_minutes"] for d in t4["days"]] == [240, -70, 240, 240, 240, 780, 780]
    assert t4["days"][1]["planned_minutes"] == 15 * 60
    assert [(o["minutes"], o["required_minutes"], o["standing"]) for o in t4["owed"]] == [
        (70, 730, "repaid")
    ]
    assert t4["owed_minutes"] == 0
    assert found["smallest_daily_margin_minutes"] == -70
    assert found["smallest_weekly_margin_minutes"] == -120
    assert found["findings"] == {"R2": 1, "R6": 1}


def test_a_version_is_shown_as_it_was_although_it_was_replaced(terminal: Terminal) -> None:
    bring(terminal, BY_ANOTHER, "--by", "t3", "--note", "byte")

    then = report(terminal, "--version", "2")
    now = report(terminal, *WEEK_10)
    replaced_by = report(terminal, "--version", "3")

    assert [p["therapist"] for p in then["people"]] == ["t2"]
    assert (then["from"], then["to"]) == ("2026-03-07T10:00:00+01:00", "2026-03-07T22:00:00+01:00")
    assert [v["version"] for v in then["versions"]] == [2]
    assert [w["margin_minutes"] for w in person(then, "t2")["weeks"]] == [-120]
    assert person(now, "t2")["weeks"][0]["margin_minutes"] == 27 * 60  # backup on Wednesday only
    assert person(now, "t3")["weeks"][0]["margin_minutes"] == -120
    assert [(v["version"], v["author"]) for v in now["versions"]] == [
        (3, "t3"),
        (1, "command-line"),
    ]
    assert [p["therapist"] for p in replaced_by["people"]] == ["t3"]


def test_the_versions_of_then_are_told_although_their_shifts_are_gone(
    loaded_on_each: Terminal,
) -> None:
    terminal = loaded_on_each
    around = "".join(f"1,t3,2026-03-{d}T17:00,2026-03-{d}T22:00\n" for d in ("02", "05"))
    bring(terminal, f"{ROTA_CSV}{around}")  # Tuesday and Wednesday stay version 1's
    others = ROTA_CSV
    for old, new in (("1,t4", "1,t6"), ("1,t5", "1,t6"), ("2,t1", "2,t3"), ("2,t2", "2,t3")):
        others = others.replace(old, new)
    bring(terminal, others)

    then = report(terminal, "--version", "2")

    assert [p["therapist"] for p in then["people"]] == ["t1", "t2", "t3", "t4", "t5"]
    assert [v["version"] for v in then["versions"]] == [2, 1]
    assert (then["from"], then["to"]) == ("2026-03-02T17:00:00+01:00", "2026-03-05T22:00:00+01:00")


def test_each_day_and_week_says_by_which_terms_it_was_judged(terminal: Terminal) -> None:
    found = report(terminal, *WEEK_10)

    assert found["terms"] == {
        "V1": {
            "day_break": "08:00",
            "week_break": {"weekday": 0, "at": "08:00"},
            "daily_rest_minutes": 660,
            "weekly_rest_minutes": 2160,
            "standby_breaks_weekly_rest": True,
            "agreement": None,
            "reference": None,
            "ordinary": "mån tis ons tors fre 08:00–17:00",
        }
    }


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("--version", "9", "--json"), "--version: there is no such version"),
        (("--version", "1", "--from", "2026-03-02", "--json"), "--version: a version has its own"),
        (("--from", "2026-03-02", "--json"), "--version: name a version, or a time"),
        (("--from", "2026-03-09", "--to", "2026-03-02", "--json"), "--to is not after --from"),
        (("--version", "1"), "--out: name a file to write"),
        (("--version", "1", "--out", "report.pdf"), "--out: the file's name must end with"),
    ],
)
def test_what_cannot_be_reported_is_one_line(
    command: tuple[str, ...], said: str, terminal: Terminal
) -> None:
    answer = terminal.run("rest", "report", *LINE, *command)

    assert (answer.status, answer.out) == (2, "")
    assert said in one_line(answer.err)


def written(terminal: Terminal, name: str, *more: str) -> tuple[Answer, bytes]:
    out = terminal.folder / name
    answer = terminal.run("rest", "report", *LINE, *WEEK_10, "--out", str(out), *more)
    assert answer.status == 0, answer.err
    return answer, out.read_bytes()


def test_the_command_says_what_it_wrote_and_the_smallest_margins(terminal: Terminal) -> None:
    answer, _ = written(terminal, "rest.html")

    assert answer.out.splitlines()[1:] == [
        "Minsta marginal, dygnsvila (ATL 13 §, AB 13 §): +4:00, t1, mån 2026-03-02 08:00",
        "Minsta marginal, veckovila (ATL 14 §, AB 13 §): −2:00, t2, mån 2026-03-02 08:00",
    ]


def book(content: bytes) -> Any:  # noqa: ANN401 - untyped library
    return openpyxl.load_workbook(io.BytesIO(content))


def test_the_workbook_has_a_sheet_for_each_table_with_numbers_to_count_with(
    terminal: Terminal,
) -> None:
    found = book(written(terminal, "rest.xlsx")[1])
    weeks = found["Veckovila"]
    heads = [cell.value for cell in weeks[1]]
    (row,) = [row for row in weeks.iter_rows(min_row=2) if row[0].value == "t2"]

    assert found.sheetnames == [
        "Sammanfattning",
        "Dygnsvila",
        "Veckovila",
        "Avvikelser",
        "Vila att ge igen efter uppdrag",
        "Villkor",
    ]
    assert heads == [
        "Person",
        "Vecka från\nATL 14 §, AB 13 §",
        "Vilan från",
        "Vilan till",
        "Utan uppdrag\nATL 14 §, AB 13 §",
        "Längsta vila\nATL 14 §, AB 13 §",
        "Krav\nATL 14 §, AB 13 §",
        "Marginal (min)\nATL 14 §, AB 13 §",
        "Villkor",
    ]
    assert [cell.value for cell in row] == [
        "t2",
        datetime(2026, 3, 2, 8),  # noqa: DTZ001 - a workbook knows no zones
        datetime(2026, 3, 7, 22),  # noqa: DTZ001
        datetime(2026, 3, 9, 8),  # noqa: DTZ001
        timedelta(hours=34),
        timedelta(hours=34),
        timedelta(hours=36),
        -120,
        "V1",
    ]
    assert (row[4].number_format, row[1].number_format) == ("[h]:mm", "yyyy-mm-dd hh:mm")
    assert (weeks.freeze_panes, weeks.auto_filter.ref) == ("A2", f"A1:I{weeks.max_row}")
    assert weeks.column_dimensions["B"].width == 18
    assert found["Dygnsvila"].max_row == 1 + 4 * 7  # t1, t2, t4 and t5 stand by that week


def test_the_summary_sheet_says_who_published_it_and_why(terminal: Terminal) -> None:
    summary = book(written(terminal, "rest.xlsx")[1])["Sammanfattning"]
    rows = [[cell.value for cell in row if cell.value is not None] for row in summary.iter_rows()]

    assert [
        "Minsta marginal, veckovila (ATL 14 §, AB 13 §), min",
        -120,
        "t2, mån 2026-03-02 08:00",
    ] in rows
    assert ["R6", "Veckovilan är för kort", "ATL 14 §", 1] in rows
    (published,) = [row for row in rows if FORMULA in row]
    assert published[0] == 2
    assert published[2:] == ["t1", FORMULA, "<b>ingen annan</b>", 1, 0]


def test_no_cell_of_the_workbook_is_a_formula(loaded: Terminal) -> None:
    notes = [FORMULA, "+46", "-1", "@SUM(A1)", "a\x07b"]
    for day, note in enumerate(notes, start=2):
        evening = f"{HEADER}1,t2,2026-03-0{day}T17:00,2026-03-0{day}T22:00\n"
        bring(loaded, evening, "--note", note)

    cells = [
        cell
        for sheet in book(written(loaded, "rest.xlsx")[1])
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]

    kept = {cell.value: bool(cell.quotePrefix) for cell in cells if cell.value in {*notes, "ab"}}
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert kept == {FORMULA: True, "+46": True, "-1": True, "@SUM(A1)": True, "ab": False}


def test_the_page_has_every_day_and_week_with_its_paragraph(terminal: Terminal) -> None:
    page = Page(written(terminal, "rest.html")[1])

    assert page.language == "sv"
    assert page.tables["weeks-2"] == [
        [
            "Vecka från ATL 14 § AB 13 §",
            "Vilan från",
            "Vilan till",
            "Utan uppdrag ATL 14 § AB 13 §",
            "Längsta vila ATL 14 § AB 13 §",
            "Krav ATL 14 § AB 13 §",
            "Marginal ATL 14 § AB 13 §",
            "Villkor",
        ],
        [
            "mån 2026-03-02 08:00",
            "lör 2026-03-07 22:00",
            "mån 2026-03-09 08:00",
            "34:00",
            "34:00",
            "36:00",
            "−2:00 kortare än kravet",
            "V1",
        ],
    ]
    assert len(page.tables["days-2"]) == 1 + 7
    assert [row[0] for row in page.tables["people"][1:]] == ["t1", "t2", "t4", "t5"]
    assert page.tables["people"][2][1:6] == [
        "+4:00",
        "mån 2026-03-02 08:00",
        "−2:00 kortare än kravet",
        "mån 2026-03-02 08:00",
        "R6×1",
    ]
    assert page.tables["versions"][1][2:5] == ["t1", FORMULA, "<b>ingen annan</b>"]
    assert "t2 har 34 h veckovila" in page.tables["findings"][1][5]


def test_the_page_needs_nothing_else_and_is_told_apart_by_a_screen_reader(
    terminal: Terminal,
) -> None:
    page = Page(written(terminal, "rest.html")[1])

    assert not page.tags & {"script", "link", "img", "iframe", "b"}  # the reason is escaped
    assert all(target.startswith("#") and target[1:] in page.ids for target in page.targets)
    assert len(page.ids) == len(set(page.ids))
    assert (len(page.captions), page.unscoped) == (len(page.tables), 0)
    assert "@page { size: A4;" in page.text


def test_people_are_named_only_where_it_is_asked_for(terminal: Terminal) -> None:
    by_id = written(terminal, "id.html")[1] + written(terminal, "id.xlsx")[1]
    by_name = Page(written(terminal, "name.html", "--names")[1])

    assert b"Therapist" not in by_id
    assert by_name.tables["people"][1][0] == "Therapist 1 (t1)"
    assert by_name.tables["versions"][1][2] == "Therapist 1 (t1)"


def test_the_report_is_there_in_english(terminal: Terminal) -> None:
    page = Page(written(terminal, "rest.html", "--language", "en")[1])
    sheets = book(written(terminal, "rest.xlsx", "--language", "en")[1]).sheetnames

    assert page.language == "en"
    assert page.tables["weeks-2"][1][0] == "Mon 2026-03-02 08:00"
    assert "t2 has 34 h of weekly rest" in page.tables["findings"][1][5]
    assert sheets[:3] == ["Summary", "Daily rest", "Weekly rest"]


def test_a_time_without_standby_makes_an_empty_report(terminal: Terminal, tmp_path: Path) -> None:
    june = ("--from", "2026-06-01", "--to", "2026-06-08")
    for name in ("empty.html", "empty.xlsx"):
        answer = terminal.run("rest", "report", *LINE, *june, "--out", str(tmp_path / name))
        assert answer.status == 0, answer.err

    page = Page((tmp_path / "empty.html").read_bytes())

    assert report(terminal, *june)["smallest_daily_margin_minutes"] is None
    assert "Ingen hade beredskap" in page.text
    assert page.tables == {}
