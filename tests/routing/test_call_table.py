"""docs/call-states.md says what the code does."""

from tests.routing.call_table import BEGINS, ENDS, PAGE, table, with_table


def test_the_page_shows_the_table_as_the_code_makes_it() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert page.count(BEGINS) == page.count(ENDS) == 1
    assert with_table(page) == page, "write it anew: python -m tests.routing.call_table"


def test_every_row_has_every_column() -> None:
    rows = table().splitlines()

    assert len({row.count("|") for row in rows}) == 1
    assert len(rows) > 30
