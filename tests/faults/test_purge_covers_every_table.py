"""Whatever is stored stands in docs/retention.md, with when it goes, or why it stays."""

import re
from pathlib import Path

from app.store.retention_aged import AGED
from app.store.tables import metadata

PAGE = Path(__file__).parents[2] / "docs" / "retention.md"


def rules() -> dict[str, tuple[str, str]]:
    """When each table's rows go, and why not sooner, by the page for data protection officers."""
    part = PAGE.read_text(encoding="utf-8").partition("## Every table")[2].partition("\n## ")[0]
    found: dict[str, tuple[str, str]] = {}
    for line in part.splitlines():
        if line.startswith("| `"):
            tables, _, goes, why = (cell.strip() for cell in line.strip("|").split("|"))
            for table in re.findall(r"`(\w+)`", tables):
                assert table not in found, f"{table} stands there twice"
                found[table] = goes, why
    return found


def test_every_table_is_there_and_no_other() -> None:
    assert set(rules()) == set(metadata.tables)


def test_each_has_a_term_or_a_reason_to_stay() -> None:
    for table, (goes, why) in rules().items():
        assert goes, table
        assert "never" not in goes or why, f"{table} stays for no reason"


def test_what_goes_by_a_moment_of_its_own_does_so_by_the_term_on_the_page() -> None:
    found = rules()
    named = re.compile(r"traces|feedback|working time|`contacts`|`audit`")
    for aged in AGED:
        assert named.search(found[aged.name][0]), aged.name
