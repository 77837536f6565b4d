"""Free text made harmless for a terminal and for paper: nothing in it moves, hides or reorders."""

import unicodedata

# They turn text around, and so can make it look like something else; marks that merely say which
# way a letter runs are part of honest Arabic.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PICTURES = 0x2400  # where the pictures of control characters are
_DELETE = 0x7F


def harmless(text: str) -> str:
    """*text* with every control character shown for what it is; line breaks stay."""
    lines = "\n".join(text.splitlines())  # every kind of line break there is
    return "".join(map(_shown, lines))


def _shown(char: str) -> str:
    code = ord(char)
    if char == "\n":
        return char
    if char == "\t":
        return "    "
    if code < ord(" "):
        return chr(_PICTURES + code)
    if code == _DELETE:
        return "\u2421"
    is_strange = unicodedata.category(char) in {"Cc", "Cs"} or char in _TURNING
    return f"<U+{code:04X}>" if is_strange else char


def columns(text: str) -> int:
    """How many columns of a terminal *text* takes."""
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
