"""Junk in every field of every page, other hosts, files that are none, cells that reckon."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from urllib.parse import quote, urljoin, urlsplit

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.routing import Rule

from routing.ids import ClientId
from tests.app.console.attacking import JUNK, MARK, field_names, likely, told
from tests.app.console.conftest import OFFICES, Console, ConsoleAt
from tests.app.console.signing_in import PASSWORD, Person
from tests.app.console.two_districts import START, ids_of, play
from tests.app.world import ANSWERS, YOUTH
from tests.examples import entry
from tests.faults.fuzzing import count, tried

STAFF = ("t5", "m2", "r2", "a1")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
EVIL = (
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "https:evil.example",
    "https://evil.example/",
    "https://localhost@evil.example/",
    "\\\\evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "/\r\nX-Evil: 1",
)
FIELDS = st.fixed_dictionaries(
    {
        name: st.one_of(st.sampled_from(likely(name)), st.sampled_from(JUNK))
        for name in field_names()
    }
)
KINDS = ("bomb", "no text", "no workbook", "one long row")


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_no_junk_breaks_a_page_or_comes_into_the_log(
    engine_console_at: ConsoleAt, log: io.StringIO, method: str
) -> None:
    """Whatever a page does not expect is raised here, since the console is being tested."""
    console = engine_console_at(START)
    play(console)
    # PostgreSQL is the stricter of the two: it takes no zero in a text and no large number.
    is_strict = console.stage.parts.engine.dialect.name == "postgresql"

    @tried(3 if is_strict else 1)
    @given(FIELDS)
    def send(fields: dict[str, str]) -> None:
        visitors = {who: console.signed_in(who) for who in STAFF}
        for path, who in addresses(console, method):
            visitor = visitors[who]
            if method == "POST":
                answer = visitor.post(path, fields)
            else:
                short = {n: text for n, text in fields.items() if len(text) < 200}
                answer = visitor.get(path, query_string=short)
            answer.close()
            count(f"page: {method}")
            assert answer.status_code < 500, path
            # A page may go on to what was asked for, with nobody's words in its address.
            assert MARK not in (answer.location or ""), path
            if "/sign-" in path or path.startswith("/account"):
                visitors[who] = console.signed_in(who)

    send()

    assert told(log) == []


def test_no_id_in_an_address_breaks_a_page(engine_console_at: ConsoleAt) -> None:
    console = engine_console_at(START)
    parts = ("contacts", "threads", "handovers", "follow-ups", "callers", "rota", "invited")

    for visitor in (console.signed_in("t5"), console.signed_in("m2")):
        for path in (f"/{part}/{junk.replace('/', '%2F')}" for junk in JUNK for part in parts):
            assert visitor.client.get(path).status_code < 500, path[:80]


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/callers/import", "m2"),
        ("/absences/file", "m2"),
        ("/organisation/file", "a1"),
        ("/rota/eftervard/file", "m2"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_no_file_breaks_a_page(
    console_at: ConsoleAt, log: io.StringIO, path: str, who: str, kind: str
) -> None:
    name, make = FILES[kind]
    visitor = console_at(START).signed_in(who)

    answer = visitor.post(path, {"file": (io.BytesIO(make()), name)})

    assert answer.status_code in {422, 503}
    assert told(log) == []


@pytest.mark.parametrize(
    ("path", "who"), [("/callers/import", "m2"), ("/accessibility", "t5"), ("/writings", "t5")]
)
def test_what_is_too_large_is_not_read(console_at: ConsoleAt, path: str, who: str) -> None:
    visitor = console_at(START).signed_in(who)

    sent = {"data": b"x" * 1_200_000, "content_type": "application/x-www-form-urlencoded"}
    answer = visitor.client.post(path, headers={"X-CSRFToken": visitor.csrf()}, **sent)

    assert answer.status_code == 413


def test_nobody_is_sent_to_another_host(console_at: ConsoleAt) -> None:
    t1 = Person(console_at(START), "t1")
    t1.begins()
    sent = {"password": PASSWORD}

    for where in EVIL:
        for answer in (
            t1.visitor.post("/language", {"language": "sv", "back": where}),
            t1.visitor.get(f"/sign-in?next={quote(where)}"),
            t1.visitor.post(f"/sign-in/again?next={quote(where)}", sent),
            t1.visitor.post("/sign-in/again", {**sent, "next": where}),
            t1.visitor.client.get("/elsewhere", headers={"Host": "evil.example"}),
        ):
            # As a browser reads it: strokes either way, and no tabs or ends of lines.
            place = re.sub(r"[\t\r\n]", "", answer.location or "/").replace("\\", "/")
            assert urlsplit(urljoin("http://localhost/sign-in", place)).netloc == "localhost", where
            assert "X-Evil" not in answer.headers


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_no_cell_of_the_log_reckons(console_at: ConsoleAt, form: str) -> None:
    reference = ClientId("=HYPERLINK(A1)")
    console = console_at(START, entries=[entry(YOUTH, client=reference)])
    console.stage.call(YOUTH, phones={"t4": ANSWERS})

    sent = console.signed_in("m2").post("/log/export", {"form": form})

    cells = [str(cell) for row in _rows(sent.data, form) for cell in row if cell is not None]
    assert f"'{reference}" in cells
    assert [cell for cell in cells if cell.startswith(FORMULA)] == []


def test_no_cell_of_the_reading_log_reckons(console_at: ConsoleAt) -> None:
    reference = ClientId("@SUM(A1)")
    console = console_at(START, entries=[entry(YOUTH, client=reference)])
    call = console.stage.call(YOUTH, phones={"t4": ANSWERS})
    console.signed_in("t5").get(f"/contacts/{call.sid}")

    sent = console.signed_in("r2").post("/readings/export", {"from": START[:10], "to": START[:10]})

    cells = [str(cell) for row in _rows(sent.data, "csv") for cell in row]
    assert f"'{reference}" in cells
    assert [cell for cell in cells if cell.startswith(FORMULA)] == []


def addresses(console: Console, method: str) -> Iterator[tuple[str, str]]:
    """Every address once, with an id that is there, and somebody who may open it."""
    known = ids_of(console)
    adapter = console.app.url_map.bind("localhost")
    for rule in console.app.url_map.iter_rules():
        if method not in (rule.methods or ()) or rule.endpoint.endswith("static"):
            continue
        offices = getattr(console.app.view_functions[rule.endpoint], "offices", None)
        who = next(who for who in STAFF if offices is None or OFFICES[who][0] in offices)
        yield adapter.build(rule.endpoint, _filled(rule, known)), who


def _filled(rule: Rule, known: dict[str, list[str]]) -> dict[str, str]:
    filled = {}
    for name in rule.arguments:
        converter = rule._converters[name]  # noqa: SLF001 - Werkzeug has no other way to ask
        items = sorted(getattr(converter, "items", ())) or known[name.removesuffix("_id")] or ["1"]
        filled[name] = items[0]
    return filled


@cache
def _bomb() -> bytes:
    """A workbook of some hundred kilobytes whose sheet is as large as a hundred megabytes."""
    book, packed = openpyxl.Workbook(), io.BytesIO()
    book.save(packed)
    made = io.BytesIO()
    with (
        zipfile.ZipFile(packed) as source,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for item in source.namelist():
            content = source.read(item)
            if item.endswith("sheet1.xml"):
                row = b"<row><c t='inlineStr'><is><t>x</t></is></c></row>"
                content = content.replace(b"<sheetData />", b"<sheetData/>")
                content = content.replace(
                    b"<sheetData/>", b"<sheetData>" + row * 2_000_000 + b"</sheetData>"
                )
            bomb.writestr(item, content)
    return made.getvalue()


FILES: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "bomb": ("x.xlsx", _bomb),
    "no text": ("x.csv", lambda: b"\xff\xfe\x00" + MARK.encode("utf-16")),
    "no workbook": (f"../{MARK}.xlsx", lambda: b"PK\x03\x04" + b"\0" * 500),
    "one long row": ("x.csv", lambda: (MARK + ",").encode() * 30_000),
}


def _rows(content: bytes, form: str) -> list[tuple[object, ...]]:
    if form == "csv":
        return [tuple(row) for row in csv.reader(io.StringIO(content.decode("utf-8-sig")))]
    return [*openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)]
