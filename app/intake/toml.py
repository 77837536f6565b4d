"""Reads TOML that somebody else wrote, at a cost that grows no faster than its length."""

import re
import tomllib
from typing import Any

from routing.errors import InvalidInput, Place

# Nothing in our files lies so deep, and the parser's time and memory grow with the square of it.
_TOO_DEEP = re.compile(
    r"""(?:^|[\[{,])[ \t]*(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){9}""", re.MULTILINE
)


def table_of(name: str, text: str) -> dict[str, Any]:
    """
    What stands in *text*, of a file called *name*.

    Raises:
        InvalidInput: a key has too many parts.
        ValueError, RecursionError: it is no TOML; what they say may quote the file.
    """
    deep = _TOO_DEEP.search(text)
    if deep is not None:
        line = text.count("\n", 0, deep.start() + 1) + 1
        raise InvalidInput("a key of too many parts", Place(name, line))
    return tomllib.loads(text)
