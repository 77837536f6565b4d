"""The line's totals give away no small number of anybody's: not even to who knows her own half."""

from collections.abc import Iterator, Mapping
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from app.review.figures_period import HalfYear
from app.review.figures_totals import Totals, is_settled, published, tables_of
from routing.contact import Channel, Direction, Outcome
from routing.organisation import Retention
from routing.suppression import SMALLEST
from tests.examples import HASSELBY_VALLINGBY, JARVA, STOCKHOLM, at
from tests.routing.contacts import contact

Row = tuple[int, ...]


def _published(*districts: Row) -> Totals:
    names = (HASSELBY_VALLINGBY, JARVA, "third")
    return published(
        {name: {"table": _cells(row)} for name, row in zip(names, districts, strict=False)}  # type: ignore[misc]
    )


def _cells(row: Row) -> Mapping[str, int]:
    return {f"c{place}": number for place, number in enumerate(row)}


def _shown(*districts: Row) -> list[int | None]:
    return list(_published(*districts).tables["table"].values())


def _shares(number: int, cells: int) -> Iterator[Row]:
    """Every way to share *number* among so many cells."""
    if cells == 1:
        yield (number,)
        return
    for first in range(number + 1):
        for rest in _shares(number - first, cells - 1):
            yield (first, *rest)


def test_what_is_large_everywhere_is_shown_and_so_is_nobody() -> None:
    assert _shown((10, 0, 7), (20, 0, 9)) == [30, 0, 16]
    assert _published((10, 0, 7), (20, 0, 9)).number == 46


def test_a_total_that_less_the_own_number_is_small_is_hidden() -> None:
    assert _shown((40, 30, 20), (2, 30, 20)) == [None, None, 40]


def test_the_sum_of_what_is_hidden_is_never_small() -> None:
    assert _shown((50, 20, 30, 40), (1, 2, 20, 30)) == [None, None, None, 70]


def test_few_of_one_district_altogether_hide_everything() -> None:
    totals = _published((40, 30), (1, 2))

    assert totals == Totals(None, {"table": {"c0": None, "c1": None}})


def _two_rows(width: int) -> st.SearchStrategy[tuple[Row, Row]]:
    few, many = st.tuples(*[st.integers(0, 6)] * width), st.tuples(*[st.integers(0, 40)] * width)
    return st.tuples(many, few)


@settings(max_examples=150, deadline=None)
@given(st.integers(2, 4).flatmap(_two_rows))
def test_who_knows_her_own_numbers_and_the_rule_cannot_tell_a_small_one(
    rows: tuple[Row, Row],
) -> None:
    own, other = rows
    said = _published(own, other)

    if said.number is None:
        return
    # Every way in which the other district's contacts could lie that is told of in the same words.
    same = [
        guess for guess in _shares(sum(other), len(own)) if _shown(own, guess) == _shown(own, other)
    ]
    for place, number in enumerate(other):
        if 0 < number < SMALLEST:
            assert len({guess[place] for guess in same}) > 1


rows_of_three = st.integers(1, 6).flatmap(
    lambda width: st.lists(st.tuples(*[st.integers(0, 15)] * width), min_size=1, max_size=3)
)


@given(rows_of_three)
def test_no_count_that_anybody_can_work_out_is_small(districts: list[Row]) -> None:
    said = _published(*districts)
    shown = list(said.tables["table"].values())
    sums = [sum(cells) for cells in zip(*districts, strict=True)]

    assert all(number in {None, total} for number, total in zip(shown, sums, strict=True))
    for own in [tuple(0 for _ in sums), *districts]:
        left = [total - mine for total, mine in zip(sums, own, strict=True)]
        known = [n for n, number in zip(left, shown, strict=True) if number is not None]
        assert not [n for n in known if 0 < n < SMALLEST]
        if said.number is None:
            assert set(shown) == {None}
            continue
        assert not 0 < sum(left) < SMALLEST
        assert not 0 < sum(left) - sum(known) < SMALLEST  # all that is hidden, taken together
    if said.number is not None:
        assert shown.count(None) != 1


def test_everybody_gets_the_same_answer() -> None:
    rows = ((40, 3, 20), (2, 30, 20))

    assert _published(*rows) == _published(*reversed(rows))


def test_only_a_half_year_that_will_not_change_has_totals() -> None:
    half = HalfYear(date(2026, 1, 1), date(2026, 6, 30))

    told = [
        is_settled(half, date(*day), Retention())
        for day in ((2026, 6, 30), (2026, 7, 31), (2026, 8, 1), (2028, 1, 1), (2028, 1, 2))
    ]

    assert told == [False, False, True, True, False]


def test_contacts_are_counted_by_what_became_of_them_and_each_once_in_every_table() -> None:
    evening, out = at("2026-03-03T19:00"), Direction.OUTBOUND
    some = [
        contact(evening, Outcome.ANSWERED),
        contact(evening, None),
        contact(evening, Outcome.RELAYED, channel=Channel.TEXT),
        contact(evening, Outcome.ANSWERED, direction=out),
        contact(at("2026-02-28T23:59"), Outcome.CLOSED),
        contact(evening, Outcome.BLOCKED),
    ]
    months = HalfYear(date(2026, 1, 1), date(2026, 6, 30)).months()

    tables = tables_of(some, months, STOCKHOLM)

    assert {sum(cells.values()) for cells in tables.values()} == {5}
    found = {cell: number for cell, number in tables["outcome"].items() if number}
    assert found == {
        "voice.answered": 1, "voice.missed": 1, "voice.closed": 1, "text.relayed": 1, "outgoing": 1
    }  # fmt: skip
    assert list(tables["month"].values()) == [0, 1, 4, 0, 0, 0]
    assert list(tables["weekday"].values()) == [0, 4, 0, 0, 0, 1, 0]
