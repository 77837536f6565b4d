"""A manager's figures: her own district in full, the line's only where it points at nobody."""

import io
import re
from collections.abc import Iterator
from itertools import chain

import openpyxl
import pypdf
import pytest

from app.review.figures_period import Length
from app.store.tables import contact_events
from tests.app.console.conftest import Console, ConsoleAt
from tests.app.review.stories import rows_of, stories
from tests.app.world import ANSWERS, GUARDIAN, SILENT, YOUTH, rows
from tests.examples import at

EVENING = "2026-03-03T19:00"
LAST_YEAR = "/figures?length=half_year&from=2025-10-01"


@pytest.fixture
def console(console_at: ConsoleAt) -> Console:
    return console_at(EVENING)


def facts(text: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", text))


def section(text: str, name: str) -> str:
    """The words of one measure, without marks."""
    part = text.partition(f'<h2 id="{name}">')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", part).split())


def filled(console: Console, number: int = 500) -> None:
    made = stories(number, at("2025-07-01T00:00"), at("2025-12-31T00:00"))
    with console.stage.parts.engine.begin() as connection:
        found = chain.from_iterable(map(rows_of, made))
        connection.execute(contact_events.insert(), list(found))


def counts(console: Console) -> list[tuple[object, ...]]:
    log = rows(console.stage.parts.engine, "readings")
    return [(one["viewer"], one["act"], one["district"], one["contact"]) for one in log]


def test_a_manager_sees_her_own_districts_numbers_and_what_they_mean(console: Console) -> None:
    stage = console.stage
    stage.call(YOUTH, phones={"t4": ANSWERS})
    stage.call(YOUTH, default=SILENT)
    stage.call(GUARDIAN, phones={"t4": ANSWERS})

    page = console.signed_in("m2").get("/figures").text

    told = facts(page)
    assert told["Kontakter"] == "2"
    assert told["Besvarade av en behandlare"] == "50\xa0% (1 av 2)"
    assert told["Tid till svar, median"] == "7 s"
    assert "Ungdom 2 0" in section(page, "roles")
    assert "Kön registreras inte" in section(page, "roles")
    assert "v. 10 2026 2 0 0 2" in section(page, "contacts")
    assert page.count("Så räknar vi") == 12
    assert "K-1001" not in page
    assert counts(console) == [("m2", "count", "jarva", None)]


@pytest.mark.parametrize("person", ["t4", "r2", "a1"])
def test_nobody_else_has_the_figures(console: Console, person: str) -> None:
    visitor = console.signed_in(person)

    assert visitor.get("/figures").status_code == 403
    assert visitor.post("/figures/export", {"form": "pdf"}).status_code == 403


def test_the_line_s_totals_are_of_settled_half_years_and_the_same_for_both(
    console: Console,
) -> None:
    filled(console)

    first, second = (console.signed_in(who).get(LAST_YEAR).text for who in ("m1", "m2"))

    mine, theirs = (section(text, "totals") for text in (first, second))
    assert mine == theirs
    assert "Eftervård, halvår 2 2025:" in mine
    assert "dolt" in mine
    shown = [
        int(n) for n in re.findall(r'<td class="number">(\d+)</td>', first.split('id="totals"')[1])
    ]
    assert shown
    assert not [number for number in shown if 0 < number < 5]
    assert facts(first)["Kontakter"] != facts(second)["Kontakter"]
    assert counts(console) == [
        ("m1", "count", "hasselby-vallingby", None),
        ("m1", "count", "jarva", None),
        ("m2", "count", "jarva", None),
        ("m2", "count", "hasselby-vallingby", None),
    ]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "halvår 1 2026: finns inte än"),
        ("length=quarter&from=2025-10-01", "Välj ett halvår"),
        ("length=own&from=2025-07-01&to=2025-12-31", "Välj ett halvår"),
        ("length=year&from=2025-07-01", "halvår 2 2025:"),
    ],
)
def test_shorter_or_unsettled_times_have_no_totals(console: Console, query: str, said: str) -> None:
    page = console.signed_in("m2").get(f"/figures?{query}").text

    assert said in section(page, "totals")
    assert "Efter utfall" not in section(page, "totals") or "2025" in said


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-02-30", "Den dagen finns inte"),
        ("from=0001-01-01", "Den dagen finns inte"),
        ("length=week", "Välj i listan"),
        ("length=own&from=2026-02-01", "Skriv båda dagarna"),
        ("length=own&from=2026-02-01&to=2026-01-01", "Sista dagen måste"),
        ("length=own&from=2020-02-01&to=2026-01-01", "Sista dagen måste"),
    ],
)
def test_a_period_that_is_none_is_said_and_this_half_year_shown(
    console: Console, query: str, said: str
) -> None:
    page = console.signed_in("m2").get(f"/figures?{query}")

    assert page.status_code == 422
    assert said in page.text
    assert "tors 1 jan. 2026 – tis 30 juni 2026" in page.text


def test_every_length_has_neighbours_that_can_be_gone_to(console: Console) -> None:
    visitor = console.signed_in("m2")
    for length in Length:
        address = f"/figures?length={length}&from=2026-02-01&to=2026-02-10"
        page = visitor.get(address)
        assert page.status_code == 200
        links = re.findall(r'<a class="button quiet" href="([^"]+)"', page.text)
        assert [visitor.get(link.replace("&amp;", "&")).status_code for link in links] == [200, 200]


def test_a_workbook_holds_the_figures_their_meaning_and_no_formula(console: Console) -> None:
    filled(console)
    answer = console.signed_in("m2").post(
        "/figures/export", {"form": "xlsx", "length": "half_year", "from": "2025-07-01"}
    )

    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    words = {str(cell.value) for cell in cells}
    assert len(book.sheetnames) == 13
    assert "Hela linjen" in book.sheetnames
    assert any("Antal från 1 till 4 döljs" in text for text in words)
    assert any("Kön registreras inte" in text for text in words)
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "2025-07-01--2025-12-31.xlsx" in answer.headers["Content-Disposition"]


def test_a_pdf_holds_the_same(console: Console) -> None:
    filled(console, 200)
    answer = console.signed_in("m2").post(
        "/figures/export", {"form": "pdf", "length": "half_year", "from": "2025-07-01"}
    )

    reader = pypdf.PdfReader(io.BytesIO(answer.data))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for words in ("Statistik: Järva", "Besvarade samtal", "Kön registreras inte", "döljs"):
        assert words in text
    assert reader.metadata is not None
    assert reader.metadata.title == "Statistik, Järva"


def test_what_is_no_document_is_no_page(console: Console) -> None:
    visitor = console.signed_in("m2")

    for form in ({"form": "docx"}, {"form": "pdf", "length": "own"}):
        assert visitor.post("/figures/export", form).status_code == 404


def _charts(text: str) -> Iterator[str]:
    yield from re.findall(r'data-chart="(\w+)"', text)


def test_charts_are_drawn_from_tables_that_stand_on_the_page(console: Console) -> None:
    console.stage.call(YOUTH, phones={"t4": ANSWERS})
    page = console.signed_in("m2").get("/figures").text

    assert list(_charts(page)) == ["stacked", "bars"]
    assert page.count('<figure class="chart" hidden></figure>') == 2
    assert "style=" not in page
