"""Whatever happens to a good calendar, it is read or refused, and soon."""

from contextlib import suppress
from pathlib import Path
from time import process_time

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rota_adapter.reading import Unusable
from tests.rota_adapter.calendars import read

_GOOD = [p.read_bytes() for p in sorted((Path(__file__).parent / "nasty").glob("*.ics"))]
_places = st.integers(0, 3_000)
_bytes = st.one_of(
    st.binary(max_size=4),
    st.sampled_from(
        [b"\n", b"\r\n ", b";", b":", b'"', b"\\", b"9", b"0", b"-", b"Z", b"/", b",", b"\xff"]
    ),
    st.sampled_from(
        [b"BEGIN:VEVENT\n", b"END:VEVENT\n", b"BEGIN:VCALENDAR\n", b"TZID=", b"RRULE:"]
    ),
)


def _with_bytes(content: bytes, place: int, new: bytes, gone: int) -> bytes:
    place %= len(content) + 1
    return content[:place] + new + content[place + gone :]


def _with_lines(content: bytes, one: int, other: int, kind: str) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    one, other = one % len(lines), other % len(lines)
    if kind == "cut":
        del lines[one]
    elif kind == "double":
        lines.insert(other, lines[one])
    else:
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    content = draw(st.sampled_from(_GOOD))
    for _ in range(draw(st.integers(1, 6))):
        if draw(st.booleans()):
            kind = draw(st.sampled_from(["cut", "double", "swap"]))
            content = _with_lines(content, draw(_places), draw(_places), kind)
        else:
            gone = draw(st.integers(0, 4))
            content = _with_bytes(content, draw(_places), draw(_bytes), gone)
    return content


@settings(max_examples=400, deadline=None)
@given(_mutated())
@example(b"BEGIN:VCALENDAR\nEND:VCALENDAR")
def test_a_damaged_calendar_is_read_or_refused_within_a_second(content: bytes) -> None:
    began = process_time()

    with suppress(Unusable):
        reading = read(content)
        assert reading.shifts or "NO_SHIFTS" in {f.rule for f in reading.findings}

    assert process_time() - began < 1


@given(st.binary(max_size=200))
def test_any_bytes_between_the_first_line_and_the_last_are_read(content: bytes) -> None:
    reading = read(b"BEGIN:VCALENDAR\n" + content + b"\nEND:VCALENDAR\n")

    assert reading.shifts == ()
