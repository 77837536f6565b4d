"""Counts that may leave a district: small ones are left out, and what would give them away."""

from collections.abc import Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TypeVar

_Row = TypeVar("_Row", bound=Hashable)
_Column = TypeVar("_Column", bound=Hashable)

SMALLEST = 5  # what is rarer points at somebody


def suppressed(
    cells: Mapping[tuple[_Row, _Column], int], smallest: int = SMALLEST
) -> Mapping[tuple[_Row, _Column], int | None]:
    """
    *cells* with None for those below *smallest*, and for others that sums would give away.

    The sums of rows and columns are thought to be known.  A hidden cell that is alone in its row
    or column could be worked out, so the smallest of the others there is hidden with it, until
    none is alone.  Nought is shown: nobody is nobody.

    Source: SoLPuL (2001:454) 7 a §; docs/architecture.md, promise 3.
    """
    hidden = {cell for cell, count in cells.items() if 0 < count < smallest}
    while (alone := _alone(cells, hidden)) is not None:
        hidden.add(alone)
    return {cell: None if cell in hidden else count for cell, count in cells.items()}


def _alone(
    cells: Mapping[tuple[_Row, _Column], int], hidden: set[tuple[_Row, _Column]]
) -> tuple[_Row, _Column] | None:
    """The cell to hide beside one that is alone in its row or column; None where none is."""
    for axis in (0, 1):
        for line in dict.fromkeys(cell[axis] for cell in sorted(hidden, key=repr)):
            inside = [cell for cell in cells if cell[axis] == line]
            shown = [cell for cell in inside if cell not in hidden]
            if len(inside) - len(shown) == 1 and shown:
                return _cheapest(cells, shown, {cell[1 - axis] for cell in hidden}, 1 - axis)
    return None


def _cheapest(
    cells: Mapping[tuple[_Row, _Column], int],
    shown: Iterable[tuple[_Row, _Column]],
    across: AbstractSet[Hashable],
    axis: int,
) -> tuple[_Row, _Column]:
    """
    The cell of *shown* that costs least to hide.

    One with somebody in it, since a nought hides nothing; then one whose line *across* has a hidden
    cell already, so that it needs no further one; then the smallest.
    """

    def cost(cell: tuple[_Row, _Column]) -> tuple[bool, bool, int, str]:
        return cells[cell] == 0, cell[axis] not in across, cells[cell], repr(cell)

    return min(shown, key=cost)
