"""The Swedish templates say what the service does: terms, fields, tables, known faults."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from msgspec.structs import fields

from app.intake.document import MandateTable, RetentionTable
from app.store.tables import metadata
from routing.numbers import holds_number
from routing.organisation import Task

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "templates" / "sv"
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}
FRAME = ROOT / "app" / "console" / "translations" / "sv" / "frame.po"
ACCESSIBILITY = (ROOT / "app" / "console" / "templates" / "accessibility.html").read_text()
TERMS = {one.name: str(one.default) for one in fields(RetentionTable)}
IN_SWEDISH = {"months": "månader", "days": "dagar"}


def test_every_template_is_on_the_list_and_every_link_leads_somewhere() -> None:
    links = {name: re.findall(r"\]\(([^)#]+)", text) for name, text in PAGES.items()}

    assert set(links["README.md"]) >= set(PAGES) - {"README.md"}
    assert not [(n, to) for n, all_ in links.items() for to in all_ if not (FOLDER / to).exists()]


@pytest.mark.parametrize("name", [name for name in PAGES if name != "README.md"])
def test_a_template_has_blanks_and_no_number(name: str) -> None:
    text = PAGES[name]

    assert text.count("«") == text.count("»") > 3
    assert not holds_number(text)
    assert "+46" not in text


def test_the_retention_plan_has_each_key_with_its_default_and_each_table_once() -> None:
    rows = [line for line in PAGES["gallringsplan.md"].splitlines() if line.startswith("| ")]
    row_of_a_term = re.compile(r"\| `(\w+)` \|.*\| `([^`]+)` \|")
    found = (one for one in map(row_of_a_term.match, rows) if one is not None)
    terms = {one[1]: one[2] for one in found}
    types = [row.split("|")[2] for row in rows if row.count("|") == 5 and row[2] != "`"]
    tables = [table for cell in types for table in re.findall(r"`(\w+)`", cell)]

    assert terms == TERMS
    assert sorted(tables) == sorted(metadata.tables)


def test_terms_in_words_are_the_defaults() -> None:
    said = PAGES["konsekvensbedomning.md"]

    for key, default in TERMS.items():
        number, unit = default.split()
        assert f"`{key}` {number} {IN_SWEDISH[unit]}" in said, key
        assert f"«{number} {IN_SWEDISH[unit]}»" in PAGES["information.md"], key


def test_the_decision_has_every_field_of_a_mandate_and_every_task() -> None:
    text = PAGES["uppdragsbeslut.md"]

    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == [
        one.name for one in fields(MandateTable)
    ]
    assert {f"`{task}`" for task in Task} <= set(re.findall(r"`\w+`", text))


def test_the_statement_on_accessibility_says_what_the_page_says() -> None:
    with FRAME.open("rb") as file:
        said = {str(one.id): str(one.string) for one in read_po(file)}
    shown = [said[words] for words in re.findall(r'_\("([^"]+)"\)', ACCESSIBILITY) if words in said]

    sentences = [one for one in shown if one.endswith(".") and not one.startswith("Skriv vad")]

    assert len(sentences) > 6
    text = PAGES["tillganglighetsredogorelse.md"]
    assert not [one for one in sentences if one not in text]
