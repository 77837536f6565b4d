"""Every parser, given anything: it reads, or says in one sentence why not, and nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.absence_file import absences_in
from app.intake.follow_up_file import read_order
from app.intake.note_file import read_note
from app.intake.organisation_file import organisation_from
from app.intake.register_file import check_register
from app.intake.spans import clock_time, closing_time, length_of_time, term
from app.telephony.seal import CallbackSeal, Seal
from app.telephony.signature import is_signed
from app.telephony.sms import letter_key
from rota_adapter.people import People
from rota_adapter.reading import Unusable
from rota_adapter.sources.calendar_file import read_calendar
from rota_adapter.sources.csv_file import read_csv
from rota_adapter.sources.xlsx_file import read_xlsx
from rota_adapter.times import calendar_date, moment, moment_or_midnight
from routing.call import CallState
from routing.callback import CallbackState
from routing.errors import InvalidCallState, InvalidInput, Place
from routing.ids import ContactId, LineId, TherapistId
from routing.intervals import Interval
from routing.numbers import caller_number
from routing.text import staff_text
from tests.examples import ORGANISATION_TOML, STOCKHOLM, line, organisation
from tests.faults.fuzzing import count, tried

OWN, LINE = organisation(), line()
PEOPLE = People(OWN.therapists.values())
NOW = datetime(2026, 3, 3, 18, 4, tzinfo=UTC)
WINDOW = Interval(NOW, NOW.replace(year=2027))
REGISTER = b"phone,client,district,role\n070-174 06 50,K-1001,jarva,youth\n"
ROTA = b"start,end,therapist,position\n2026-03-03 17:00,2026-03-03 22:00,t4,1\n"
ABSENCES = b"therapist,start,end,kind\nt4,2026-03-03,2026-03-04,leave\n"
CALENDAR = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260303T160000Z\r\n"
    b"DTEND:20260303T210000Z\r\nRRULE:FREQ=DAILY;COUNT=9\r\nSUMMARY:t4\r\nEND:VEVENT\r\n"
    b"END:VCALENDAR\r\n"
)
NOTE = b'told = "x"\nsupport = "y"\nnext_step = "z"\nurgency = "none"\n'
ORDER = b'district = "jarva"\nclient = "K-1001"\nline = "eftervard"\nquestion = "x"\n'
SEALS = Seal("a secret"), CallbackSeal("a secret")
TOKENS = (
    SEALS[0].close(CallState(ContactId("CA1"), LineId("eftervard"), "sv")).encode(),
    SEALS[1].close(CallbackState(ContactId("CA1"), LineId("x"), TherapistId("t4"))).encode(),
)
PIECES = (
    *(b"\0", b"\r\n", b"\xff\xfe", b'"', b"'", b"=", b"[", b"]", b"{", b"}", b",", b";", b"\t"),
    *("å".encode(), "\u2028".encode(), b"9" * 30, b"-1", b"1e999", b"0000-00-00", b"24:00"),
    *(b"9999-12-31T23:59", b"\xed\xa0\x80", b"[[lines]]", b"PK\x03\x04", b"<!DOCTYPE x", b"%s{0}"),
    *(b"RRULE:FREQ=SECONDLY", b"INTERVAL=0", b"BYDAY=99MO", b"TZID=Nowhere/Land", b"EXDATE:x"),
)


def spoilt(*seeds: bytes) -> st.SearchStrategy[bytes]:
    """One of *seeds* with pieces cut out and others put in, or anything at all."""
    edit = st.tuples(
        st.integers(0, 400), st.integers(0, 12), st.sampled_from(PIECES) | st.binary(max_size=6)
    )

    def edited(seed: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
        for at, cut, piece in edits:
            place = at % (len(seed) + 1)
            seed = seed[:place] + piece + seed[place + cut :]
        return seed

    some = st.builds(edited, st.sampled_from(seeds), st.lists(edit, min_size=1, max_size=6))
    return some | st.binary(max_size=60)


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda content: read(content.decode("utf-8", "surrogateescape"))


PLACE = Place("x")
READERS: dict[str, tuple[Callable[[bytes], object], tuple[bytes, ...], int]] = {
    "organisation": (
        lambda c: organisation_from("x.toml", c),
        (ORGANISATION_TOML.encode(), ORGANISATION_TOML[:900].encode()),
        25,
    ),
    "register": (
        lambda c: check_register("x.csv", c, OWN, districts=OWN.districts, most=9),
        (REGISTER,),
        60,
    ),
    "rota as CSV": (lambda c: read_csv("x.csv", c, LINE, PEOPLE), (ROTA,), 60),
    "rota as XLSX": (lambda c: read_xlsx("x.xlsx", c, LINE, PEOPLE), (b"PK\x03\x04" * 9,), 40),
    "rota as ICS": (lambda c: read_calendar("x.ics", c, LINE, PEOPLE, WINDOW), (CALENDAR,), 60),
    "absences": (
        lambda c: absences_in("x.csv", c, frozenset(OWN.therapists), STOCKHOLM),
        (ABSENCES,),
        60,
    ),
    "note": (lambda c: read_note("x.toml", c, STOCKHOLM), (NOTE,), 60),
    "follow-up": (lambda c: read_order("x.toml", c, STOCKHOLM), (ORDER,), 60),
    "call state": (_text(SEALS[0].open), TOKENS, 100),
    "callback state": (_text(SEALS[1].open), TOKENS, 100),
    "letter key": (_text(letter_key), (b"cmVsYXkvU00xL3Q0LzE",), 60),
    "number": (_text(caller_number), (b"+46701740650", b"070-174 06 50", b"anonymous"), 100),
    "moment": (
        _text(lambda t: moment(t, STOCKHOLM, PLACE)),
        (b"2026-03-29 02:30", b"2026-10-25T02:30:00+01:00"),
        100,
    ),
    "moment or midnight": (
        _text(lambda t: moment_or_midnight(t, STOCKHOLM, PLACE)),
        (b"2026-03-29",),
        60,
    ),
    "date": (_text(lambda t: calendar_date(t, PLACE)), (b"2026-03-29",), 60),
    "time of day": (_text(lambda t: clock_time(t, PLACE)), (b"17:00",), 60),
    "closing time": (_text(lambda t: closing_time(t, PLACE)), (b"24:00",), 60),
    "length": (_text(lambda t: length_of_time(t, PLACE)), (b"11h", b"45m", b"2h30m"), 60),
    "term": (_text(lambda t: term(t, PLACE)), (b"24 months", b"14 days"), 60),
    "staff's words": (
        _text(lambda t: staff_text(t, TherapistId("t4"), (), NOW, swaps=(3,))),
        (b"PAUS 15", b"BYT 3", b"NEJ 3", b"A2 hej", b"JA"),
        100,
    ),
    "signature": (
        lambda c: is_signed(f"https://x/{(t := c.decode('latin-1'))}", [(t, t)], t, ["a token"]),
        (b"L/OH5YylLD5NRKLltdqwSvS0BnU=", b"%41", b"[::1"),
        100,
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_whatever_is_read_it_is_read_or_refused_in_a_sentence(name: str) -> None:
    read, seeds, examples = READERS[name]

    @tried(examples)
    @given(spoilt(*seeds))
    def try_it(content: bytes) -> None:
        count(f"parser: {name}")
        said = "read"
        try:
            read(content)
        except (InvalidInput, InvalidCallState, Unusable) as err:
            said = str(err)
        assert 0 < len(said) < 400
        assert "\n" not in said

    try_it()


def test_the_control_an_unhandled_error_is_seen() -> None:
    """What a parser without its nets would do to this test."""

    @tried(60)
    @given(spoilt(NOTE))
    def try_it(content: bytes) -> None:
        content.decode("ascii")

    with pytest.raises(UnicodeDecodeError):
        try_it()
