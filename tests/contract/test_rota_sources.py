"""What every source of shifts promises; a new one joins by a line in SOURCES."""

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from app.bootstrap import assemble
from app.store.database import make_engine
from app.store.rota import DatabaseRota
from rota_adapter.source import RotaSource
from rota_adapter.sources.feeds import RotaUnusable
from routing.errors import RotaUnavailable
from routing.finding import Severity
from routing.ids import LineId
from routing.intervals import Interval
from routing.rota import Shift
from tests.app.world import NOWHERE, publish, settings_for
from tests.examples import EFTERVARD, at, shift, span
from tests.rota_adapter.feed_server import FeedServer, Reply, serving
from tests.rota_adapter.kept_elsewhere import ADDRESSES, FILES, READ_AT, SECRETS, Elsewhere

Kept = Callable[[Sequence[Shift]], RotaSource]
TIME_OUT = 0.2  # seconds
SOON = 3  # seconds, on a busy machine; what drips here would take far longer


def in_a_database(url: str, folder: Path) -> Kept:
    def keep(shifts: Sequence[Shift]) -> RotaSource:
        parts = assemble(settings_for(url, folder))
        if shifts:
            publish(parts.engine, shifts)
        return DatabaseRota(parts.engine, lambda: READ_AT)

    return keep


def in_a_feed(elsewhere: Elsewhere) -> Kept:
    def keep(shifts: Sequence[Shift]) -> RotaSource:
        elsewhere.keep(shifts)
        return elsewhere.source()

    return keep


# Each says where its shifts are kept: given a request, how to make a source that holds some
# shifts, and one that cannot be asked.
SOURCES = [
    pytest.param("sqlite", id="database, SQLite"),
    pytest.param("postgres", id="database, PostgreSQL", marks=pytest.mark.postgres),
    *FILES,
    *ADDRESSES,
]


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with serving() as found:
        yield found


@pytest.fixture(params=SOURCES)
def source_of(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """A source in which some shifts are kept."""
    if request.param in {"sqlite", "postgres"}:
        return in_a_database(request.getfixturevalue(f"{request.param}_url"), tmp_path)
    return in_a_feed(Elsewhere(request.param, request.getfixturevalue("server"), tmp_path))


@pytest.fixture(params=[*FILES, *ADDRESSES])
def elsewhere(request: pytest.FixtureRequest, server: FeedServer, tmp_path: Path) -> Elsewhere:
    """A rota that is kept outside, and may be kept badly."""
    return Elsewhere(request.param, server, tmp_path)


@pytest.fixture(params=ADDRESSES)
def on_a_server(request: pytest.FixtureRequest, server: FeedServer, tmp_path: Path) -> Elsewhere:
    """A rota on a server that may be dead, slow or lying."""
    kept = Elsewhere(request.param, server, tmp_path)
    kept.keep([FIRST, BACKUP])
    return kept


@pytest.fixture(params=["a database that is away", "a database without tables"])
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> RotaSource:
    """A source that cannot be asked."""
    url = NOWHERE if "away" in request.param else f"sqlite:///{tmp_path / 'empty.db'}"
    return DatabaseRota(make_engine(url), lambda: READ_AT)


EVENING = span("2026-03-03T17:00", "2026-03-03T22:00")
FIRST = shift("t4", "2026-03-03T17:00", "2026-03-03T22:00")
BACKUP = shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", 2)
YEAR = span("2026-01-01T00:00", "2026-12-31T00:00")


def test_what_is_kept_is_loaded(source_of: Kept) -> None:
    rota = source_of([FIRST, BACKUP]).load(EFTERVARD, EVENING)

    assert rota.shifts == (FIRST, BACKUP)
    assert (rota.line, rota.read_at) == (EFTERVARD, READ_AT)
    assert rota.source
    assert rota.on_call(at("2026-03-03T19:04")) == (FIRST, BACKUP)
    assert not [f for f in rota.findings if f.severity is Severity.ERROR]


def test_a_source_with_nobody_in_it_says_so_and_does_not_fail(source_of: Kept) -> None:
    rota = source_of([]).load(EFTERVARD, EVENING)

    assert rota.shifts == ()
    assert rota.on_call(at("2026-03-03T19:04")) == ()


def test_a_shift_that_reaches_into_the_window_is_loaded_whole(source_of: Kept) -> None:
    source = source_of([FIRST])

    for window in (
        span("2026-03-03T18:00", "2026-03-03T18:01"),
        span("2026-03-03T12:00", "2026-03-03T17:01"),
        span("2026-03-03T21:59", "2026-03-04T12:00"),
        span("2026-03-01T00:00", "2026-03-09T00:00"),
    ):
        assert source.load(EFTERVARD, window).shifts == (FIRST,)


def test_a_shift_that_only_touches_the_window_is_outside_it(source_of: Kept) -> None:
    source = source_of([FIRST])

    before = source.load(EFTERVARD, span("2026-03-03T12:00", "2026-03-03T17:00"))
    after = source.load(EFTERVARD, span("2026-03-03T22:00", "2026-03-04T12:00"))

    assert before.shifts == after.shifts == ()


def test_at_the_hand_over_exactly_one_person_is_on(source_of: Kept) -> None:
    late = shift("t5", "2026-03-03T22:00", "2026-03-04T08:00")
    rota = source_of([late, FIRST]).load(EFTERVARD, span("2026-03-03T00:00", "2026-03-05T00:00"))
    moment = timedelta(microseconds=1)

    assert rota.shifts == (FIRST, late)
    assert rota.on_call(at("2026-03-03T17:00") - moment) == ()
    assert rota.on_call(at("2026-03-03T17:00")) == (FIRST,)
    assert rota.on_call(at("2026-03-03T22:00") - moment) == (FIRST,)
    assert rota.on_call(at("2026-03-03T22:00")) == (late,)
    assert rota.on_call(at("2026-03-04T08:00")) == ()


def test_every_shift_of_a_year_is_loaded_once(source_of: Kept) -> None:
    day, week = timedelta(days=1), timedelta(days=7)
    shifts = [
        Shift(Interval(start, start + day), position, who.therapist)
        for number in range(52)
        for start in [at("2026-01-01T08:00") + number * week]
        for position, who in ((1, FIRST), (2, BACKUP))
    ]

    rota = source_of(shifts).load(EFTERVARD, YEAR)

    assert list(rota.shifts) == sorted(shifts)


def test_another_line_s_shifts_are_not_loaded(source_of: Kept) -> None:
    assert source_of([FIRST]).load(LineId("another"), EVENING).shifts == ()


@pytest.mark.parametrize(
    ("night", "hours"),
    [
        (shift("t4", "2026-03-28T22:00", "2026-03-29T08:00"), 9),
        (shift("t4", "2026-10-24T22:00", "2026-10-25T08:00"), 11),
        (shift("t4", "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"), 1),
    ],
    ids=["the short night", "the long night", "the hour that comes twice"],
)
def test_a_night_when_the_clocks_change_keeps_its_length(
    night: Shift, hours: int, source_of: Kept
) -> None:
    rota = source_of([night]).load(EFTERVARD, YEAR)

    (found,) = rota.shifts
    assert found == night
    assert found.time.length == timedelta(hours=hours)


def test_a_snapshot_does_not_change_with_its_source(source_of: Kept) -> None:
    rota = source_of([FIRST]).load(EFTERVARD, EVENING)

    source_of([shift("t5", "2026-03-03T17:00", "2026-03-03T22:00")])

    assert rota.on_call(at("2026-03-03T19:04")) == (FIRST,)


def test_loading_twice_gives_the_same(source_of: Kept) -> None:
    source = source_of([FIRST, BACKUP])

    one, other = (source.load(EFTERVARD, EVENING) for _ in range(2))

    assert one.shifts == other.shifts
    assert one.digest == other.digest


def test_a_change_is_seen_at_the_next_load(source_of: Kept) -> None:
    source = source_of([FIRST, BACKUP])
    before = source.load(EFTERVARD, EVENING)
    swapped = [shift("t5", "2026-03-03T17:00", "2026-03-03T22:00"), BACKUP]
    source_of(swapped)

    after = source.load(EFTERVARD, EVENING)

    assert after.shifts == tuple(swapped)
    assert after.digest != before.digest


def test_a_source_that_cannot_be_asked_says_so(broken: RotaSource) -> None:
    with pytest.raises(RotaUnavailable):
        broken.load(EFTERVARD, EVENING)


@pytest.mark.parametrize(
    ("called", "names"),
    [
        ("t4", {}),
        ("T4@Example.org", {}),
        ("therapist  4", {}),
        ("Bakjouren", {"bakjouren": "t4"}),
        ("Therapist 1", {"Therapist 1": "t4"}),
    ],
    ids=["id", "mail", "name", "the feed's own table", "the table before the name"],
)
def test_a_person_is_found_by_everything_she_is_called(
    called: str, names: dict[str, str], elsewhere: Elsewhere
) -> None:
    elsewhere.keep([FIRST], lambda _: called)

    rota = elsewhere.source(names=names).load(EFTERVARD, EVENING)

    assert rota.shifts == (FIRST,)


def test_an_unknown_name_is_a_finding_and_no_shift(elsewhere: Elsewhere) -> None:
    elsewhere.keep([FIRST, BACKUP], lambda s: "Somebody Else" if s == FIRST else "t1")

    rota = elsewhere.source().load(EFTERVARD, EVENING)

    assert rota.shifts == (BACKUP,)
    (error,) = [f for f in rota.findings if f.severity is Severity.ERROR]
    assert error.rule == "UNKNOWN_NAME"
    assert error.starts_at in {None, FIRST.time.start}
    assert "Somebody" not in error.message + error.remedy + str(error.place)


def test_what_stands_there_twice_is_one_shift(elsewhere: Elsewhere) -> None:
    elsewhere.keep([FIRST, FIRST])

    assert elsewhere.source().load(EFTERVARD, EVENING).shifts == (FIRST,)


def refusal(source: RotaSource) -> RotaUnavailable:
    """The error of a load; it must come in time and hold no secret, wherever it is printed."""
    begun = time.monotonic()
    with pytest.raises(RotaUnavailable) as caught:
        source.load(EFTERVARD, EVENING)
    assert time.monotonic() - begun < SOON
    printed, seen = "".join(traceback.format_exception(caught.value)), caught.value.__context__
    while seen is not None:
        printed, seen = f"{printed} {seen!r}", seen.__context__
    assert not [secret for secret in SECRETS if secret in f"{printed} {source!r}"]
    return caught.value


WITHOUT_SENSE = {"NOT_A_CALENDAR", "NOT_A_TABLE", "NOT_AN_ANSWER", "NOT_UTF8", "WRONG_COLUMNS"}
LOGIN = Reply(b"<!DOCTYPE html><html><title>Sign in</title></html>")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(hangs=True),
        Reply(b"x" * 1_000, drip=0.02),
        Reply(b"BEGIN:VCALENDAR\r\n", cut=9),
        Reply(raw=b""),
        Reply(status=500),
        Reply(status=404),
        Reply(status=401),
        Reply(status=302, headers={"Location": "http://10.0.0.1/s3cret"}),
    ],
    ids=["hangs", "drips", "breaks off", "hangs up", "500", "404", "401", "redirect"],
)
def test_a_server_that_gives_no_answer_is_told_of_in_time(
    reply: Reply, on_a_server: Elsewhere
) -> None:
    on_a_server.answer(reply)

    error = refusal(on_a_server.source(seconds=TIME_OUT))

    assert not isinstance(error, RotaUnusable)
    assert str(error).startswith(("calendar: the ", "table: the ", "GoAlert: the ", "PagerDuty: "))


@pytest.mark.parametrize(
    "reply",
    [LOGIN, Reply(b""), Reply(b"\x00\xff" * 99), Reply(b"{}"), Reply(b"[" * 100_000)],
    ids=["a page to sign in on", "nothing", "noise", "an empty object", "too deep"],
)
def test_an_answer_without_sense_is_told_of_by_its_rule(
    reply: Reply, on_a_server: Elsewhere
) -> None:
    on_a_server.answer(reply)

    error = refusal(on_a_server.source())

    assert isinstance(error, RotaUnusable)
    assert error.rule in WITHOUT_SENSE


def test_a_server_that_is_gone_is_told_of(on_a_server: Elsewhere) -> None:
    with serving() as gone:
        source = on_a_server.source(server=gone)

    assert "cannot be reached" in str(refusal(source))


@pytest.mark.parametrize("form", ["goalert", "pagerduty"])
def test_a_wrong_token_is_told_of(form: str, server: FeedServer, tmp_path: Path) -> None:
    product = Elsewhere(form, server, tmp_path)
    product.keep([FIRST])

    error = refusal(product.source(token="another s3cret"))

    assert "refuses the token" in str(error)


@pytest.mark.parametrize("form", FILES)
def test_a_file_that_is_not_there_is_told_of(form: str, server: FeedServer, tmp_path: Path) -> None:
    assert "there is no such file" in str(refusal(Elsewhere(form, server, tmp_path).source()))


def test_the_second_of_two_calendars_is_named(server: FeedServer, tmp_path: Path) -> None:
    calendars = Elsewhere("ics by URL", server, tmp_path)
    calendars.keep([FIRST, BACKUP])
    server.replies["/s3cret-folder/2.ics"] = LOGIN
    assert str(refusal(calendars.source())).startswith("calendar 2, line 1: ")

    server.replies["/s3cret-folder/2.ics"] = Reply(status=500)
    assert str(refusal(calendars.source())) == "calendar 2: the server answers with status 500"
