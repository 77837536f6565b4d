"""T16: what is shown of small counts, and that sums do not give them away."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from routing.suppression import SMALLEST, suppressed

Cells = Mapping[tuple[str, str], int]


def table(*rows: tuple[int, ...]) -> Cells:
    return {(f"r{r}", f"c{c}"): n for r, row in enumerate(rows) for c, n in enumerate(row)}


def test_a_small_cell_takes_the_next_smallest_of_its_row_and_column_with_it() -> None:
    shown = suppressed(table((3, 9, 20), (12, 31, 30), (40, 41, 42)))

    assert list(shown.values()) == [None, None, 20, None, None, 30, 40, 41, 42]


def test_what_is_large_enough_is_shown_and_so_is_nobody() -> None:
    cells = table((5, 0), (6, 7))

    assert suppressed(cells) == cells
    assert suppressed(table((4, 0), (6, 7)))[("r0", "c0")] is None


tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.tuples(*[st.integers(0, 12)] * width), min_size=1, max_size=4).map(
        lambda rows: table(*rows)
    )
)


@given(tables)
def test_no_small_cell_is_shown_and_none_is_alone_in_a_row_or_column(cells: Cells) -> None:
    shown = suppressed(cells)

    for cell, count in cells.items():
        assert shown[cell] is None if 0 < count < SMALLEST else shown[cell] in {None, count}
    for axis in (0, 1):
        for line in {cell[axis] for cell in cells}:
            inside = [shown[cell] for cell in cells if cell[axis] == line]
            assert inside.count(None) != 1 or len(inside) == 1
