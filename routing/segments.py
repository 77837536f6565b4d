"""How long a text is to a carrier: its encoding, its segments, and how to split it without loss."""

from collections.abc import Iterator

# Source: 3GPP TS 23.038, the default alphabet and its extension table.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_GSM_ALONE, _GSM_PART = 160, 153
_UCS_ALONE, _UCS_PART = 70, 67

# Source: Twilio's OpenAPI description, Body of a message.
LONGEST = 1600


def segments(text: str) -> int:
    """How many segments the carrier sends *text* in; an empty one takes one."""
    if all(c in _BASIC or c in _EXTENDED for c in text):
        widths = [2 if c in _EXTENDED else 1 for c in text]
        alone, part = _GSM_ALONE, _GSM_PART
    else:
        widths = [_units(c) for c in text]
        alone, part = _UCS_ALONE, _UCS_PART
    if sum(widths) <= alone:
        return 1
    count, room = 1, part
    for width in widths:
        # An escape pair or a surrogate pair is never split.
        if width > room:
            count, room = count + 1, part
        room -= width
    return count


def parts(text: str, prefix: str = "") -> tuple[str, ...]:
    """
    *text* in as few messages as it needs, each beginning with *prefix*.

    Without their prefixes the parts make up *text* again, to the letter.  Several are numbered,
    since messages may arrive in any order: ``A2 1/2 · …``.
    """
    whole = _marked(prefix, "") + text
    if _length(whole) <= LONGEST:
        return (whole,)
    room = LONGEST - _length(_marked(prefix, "99/99"))
    pieces = tuple(_pieces(text, room))
    return tuple(
        _marked(prefix, f"{number}/{len(pieces)}") + piece
        for number, piece in enumerate(pieces, start=1)
    )


def _marked(prefix: str, number: str) -> str:
    mark = " ".join(part for part in (prefix, number) if part)
    return f"{mark} · " if mark else ""


def _pieces(text: str, room: int) -> Iterator[str]:
    piece, left = "", room
    for c in text:
        if _units(c) > left:
            yield piece
            piece, left = "", room
        piece += c
        left -= _units(c)
    yield piece


def _length(text: str) -> int:
    return sum(map(_units, text))


def _units(c: str) -> int:
    """UTF-16 units, which is what the carrier counts."""
    return 2 if ord(c) > 0xFFFF else 1  # noqa: PLR2004 - the end of the basic plane
