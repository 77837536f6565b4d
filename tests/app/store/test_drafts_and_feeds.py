"""Drafts, findings as things that happen, and how it stands with a feed; claimed by one of two."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.bootstrap import assemble
from app.settings import Settings
from app.store import drafts, feeds, watched
from app.store.database import reading
from app.store.drafts import Draft
from app.store.feeds import FeedState
from app.store.rota import Signed
from app.store.watched import Scope, Watched
from routing.errors import NotFound
from routing.finding import Finding, Severity
from routing.ids import LineId, TherapistId
from routing.rota import Shift
from tests.app.world import rows
from tests.examples import EFTERVARD, at, shift, span

NOW = at("2026-03-03T19:04").astimezone(UTC)
MINUTE = timedelta(minutes=1)
COMING = span("2026-03-03T19:04", "2026-07-01T00:00")
FIRST = shift("t4", "2026-03-04T17:00", "2026-03-04T22:00")
BACKUP = shift("t1", "2026-03-04T17:00", "2026-03-04T22:00", 2)
FROM_THE_SOURCE = Signed("ics", "the source as it stands: refused", NOW)
BY_HAND = Signed("t1", "for Easter", NOW)
ANOTHER = LineId("another")


@pytest.fixture
def engine(settings: Settings) -> Iterator[sa.Engine]:
    parts = assemble(settings)
    yield parts.engine
    parts.engine.dispose()


def keep(engine: sa.Engine, shifts: Sequence[Shift], signed: Signed = BY_HAND) -> int:
    with engine.begin() as connection:
        return drafts.keep(connection, EFTERVARD, COMING, shifts, signed)


def replace(engine: sa.Engine, shifts: Sequence[Shift] | None) -> None:
    """The source's draft from now on."""
    new = None if shifts is None else Draft(0, EFTERVARD, COMING, FROM_THE_SOURCE, tuple(shifts))
    with engine.begin() as connection:
        drafts.replace_of(connection, EFTERVARD, "ics", new)


def kept(engine: sa.Engine, line: LineId = EFTERVARD) -> list[Draft]:
    with reading(engine) as connection:
        return [*drafts.of_line(connection, line)]


def test_a_draft_comes_back_as_it_was_kept(engine: sa.Engine) -> None:
    number = keep(engine, [BACKUP, FIRST])

    expected = Draft(number, EFTERVARD, COMING, BY_HAND, tuple(sorted([FIRST, BACKUP])))
    assert kept(engine) == [expected]
    with reading(engine) as connection:
        assert drafts.one(connection, EFTERVARD, number) == expected


def test_a_draft_without_shifts_is_a_draft(engine: sa.Engine) -> None:
    keep(engine, [])

    assert [draft.shifts for draft in kept(engine)] == [()]


def test_a_draft_is_one_line_s_own(engine: sa.Engine) -> None:
    number = keep(engine, [FIRST])

    assert kept(engine, ANOTHER) == []
    with engine.connect() as connection, pytest.raises(NotFound):
        drafts.one(connection, ANOTHER, number)
    with pytest.raises(NotFound), engine.begin() as connection:
        drafts.discard(connection, ANOTHER, number)
    assert [draft.shifts for draft in kept(engine)] == [(FIRST,)]


def test_a_discarded_draft_leaves_nothing(engine: sa.Engine) -> None:
    number, other = keep(engine, [FIRST, BACKUP]), keep(engine, [FIRST])

    with engine.begin() as connection:
        drafts.discard(connection, EFTERVARD, number)

    assert [draft.id for draft in kept(engine)] == [other]
    assert len(rows(engine, "draft_shifts")) == 1
    with engine.connect() as connection, pytest.raises(NotFound):
        drafts.one(connection, EFTERVARD, number)


def test_a_source_has_one_draft_and_people_s_own_stay(engine: sa.Engine) -> None:
    by_hand = keep(engine, [FIRST])

    replace(engine, [FIRST])
    replace(engine, [BACKUP])

    assert [(d.signed.author, d.shifts) for d in kept(engine)] == [
        ("t1", (FIRST,)),
        ("ics", (BACKUP,)),
    ]
    assert kept(engine)[0].id == by_hand


def test_the_same_draft_again_keeps_its_number(engine: sa.Engine) -> None:
    replace(engine, [BACKUP])
    (before,) = kept(engine)

    replace(engine, [BACKUP])

    assert kept(engine) == [before]


def test_a_source_that_is_gone_by_has_no_draft_any_more(engine: sa.Engine) -> None:
    by_hand = keep(engine, [FIRST])
    replace(engine, [BACKUP])

    replace(engine, None)

    assert [draft.id for draft in kept(engine)] == [by_hand]


# Findings.


def finding(rule: str = "GAP", hours: float | None = 24, length: float = 5, **more: str) -> Finding:
    """A finding that begins so many hours from NOW."""
    starts = None if hours is None else NOW + timedelta(hours=hours)
    ends = None if starts is None else starts + timedelta(hours=length)
    who = TherapistId(more["who"]) if "who" in more else None
    remedy = more.get("remedy", "name somebody")
    return Finding(rule, Severity.ERROR, who, starts, ends, more.get("says", "nobody"), remedy)


def see(engine: sa.Engine, *found: Finding, minutes: int = 0, scope: Scope = Scope.ROTA) -> int:
    with engine.begin() as connection:
        return watched.update(connection, EFTERVARD, scope, found, NOW + minutes * MINUTE)


def still_open(engine: sa.Engine) -> list[Watched]:
    with reading(engine) as connection:
        return [*watched.still_open(connection, EFTERVARD)]


def tell(engine: sa.Engine, one: Watched, minutes: int = 0) -> bool:
    with engine.begin() as connection:
        return watched.claim_telling(connection, one, NOW + minutes * MINUTE)


def test_a_finding_is_opened_when_it_is_first_seen(engine: sa.Engine) -> None:
    assert see(engine, finding()) == 1

    (one,) = still_open(engine)
    assert (one.line, one.finding, one.found_at, one.told_at) == (EFTERVARD, finding(), NOW, None)


def test_what_is_seen_again_keeps_when_it_was_found_and_told_of(engine: sa.Engine) -> None:
    see(engine, finding())
    assert tell(engine, still_open(engine)[0], minutes=1)

    new = see(engine, finding(), minutes=5)

    (one,) = still_open(engine)
    assert (new, one.found_at, one.told_at) == (0, NOW, NOW + MINUTE)


def test_a_finding_that_reaches_further_is_the_same_one(engine: sa.Engine) -> None:
    see(engine, finding(length=5))

    new = see(engine, finding(length=7, remedy="name two"), minutes=5)

    (one,) = still_open(engine)
    assert new == 0
    assert one.finding.ends_at == NOW + timedelta(hours=31)
    assert (one.finding.remedy, one.found_at) == ("name two", NOW)


def test_findings_that_differ_are_different_ones(engine: sa.Engine) -> None:
    different = [
        finding(),
        finding("NO_BACKUP"),
        finding(hours=48),
        finding(hours=None),
        finding(who="t4"),
        finding(says="nobody at all"),
    ]

    assert see(engine, *different) == 6
    # What has no time comes first.
    assert still_open(engine)[0].finding.starts_at is None
    assert len(still_open(engine)) == 6


def test_what_is_not_seen_any_more_is_closed_and_kept(engine: sa.Engine) -> None:
    see(engine, finding(), finding("NO_BACKUP"))

    see(engine, finding("NO_BACKUP"), minutes=5)

    assert [one.finding.rule for one in still_open(engine)] == ["NO_BACKUP"]
    closed = [row["closed_at"] for row in rows(engine, "watched") if row["rule"] == "GAP"]
    assert closed == [NOW + 5 * MINUTE]


def test_what_comes_back_is_opened_anew_and_told_of_anew(engine: sa.Engine) -> None:
    see(engine, finding())
    tell(engine, still_open(engine)[0])
    see(engine, minutes=5)
    see(engine, minutes=6)
    assert still_open(engine) == []

    new = see(engine, finding(), minutes=130)

    (one,) = still_open(engine)
    assert (new, one.found_at, one.told_at) == (1, NOW + 130 * MINUTE, None)


def test_what_comes_back_within_two_hours_goes_on_and_is_not_told_of_anew(
    engine: sa.Engine,
) -> None:
    see(engine, finding())
    tell(engine, still_open(engine)[0])
    (before,) = still_open(engine)
    see(engine, minutes=5)

    see(engine, finding(), minutes=10)

    assert still_open(engine) == [before]
    assert before.told_at is not None


def test_whoever_looks_for_one_thing_closes_no_other(engine: sa.Engine) -> None:
    see(engine, finding())
    see(engine, finding("NO_SHIFTS", None), scope=Scope.SOURCE)

    see(engine, scope=Scope.CHECK_IN)
    see(engine, minutes=5)

    assert [one.finding.rule for one in still_open(engine)] == ["NO_SHIFTS"]


def test_another_line_s_findings_are_its_own(engine: sa.Engine) -> None:
    see(engine, finding())
    with engine.begin() as connection:
        assert watched.update(connection, ANOTHER, Scope.ROTA, [finding()], NOW) == 1
        watched.update(connection, ANOTHER, Scope.ROTA, [], NOW)

    assert len(still_open(engine)) == 1


def test_of_what_is_closed_or_has_been_told_of_nobody_is_told(engine: sa.Engine) -> None:
    see(engine, finding())
    (before,) = still_open(engine)
    told = tell(engine, before)
    again = tell(engine, before, minutes=1)
    (after,) = still_open(engine)
    reminded = tell(engine, after, minutes=2)
    (latest,) = still_open(engine)
    see(engine, minutes=5)

    assert (told, again, reminded) == (True, False, True)
    assert not tell(engine, latest, minutes=6)


# Feeds.


def claim(engine: sa.Engine, minutes: float = 0, source: str = "ics") -> bool:
    with engine.begin() as connection:
        return feeds.claim(connection, EFTERVARD, source, 5 * MINUTE, NOW + minutes * MINUTE)


def settle(
    engine: sa.Engine, state: FeedState, reason: str | None = None, minutes: float = 0
) -> None:
    with engine.begin() as connection:
        feeds.settle(connection, EFTERVARD, state, reason, NOW + minutes * MINUTE)


def status(engine: sa.Engine) -> tuple[FeedState, datetime, datetime | None, str | None] | None:
    with reading(engine) as connection:
        found = feeds.status(connection, EFTERVARD)
    return None if found is None else (found.state, found.since, found.read_at, found.reason)


def test_a_feed_is_read_once_until_it_is_due_again(engine: sa.Engine) -> None:
    claims = [claim(engine, minutes) for minutes in (0, 0, 4.99, 5, 9.99, 10)]

    assert claims == [True, False, False, True, False, True]


def test_a_feed_of_another_kind_is_read_at_once(engine: sa.Engine) -> None:
    claims = [claim(engine), claim(engine, 1, "csv"), claim(engine, 2, "csv")]

    assert claims == [True, True, False]


def test_a_feed_may_be_asked_for_before_its_time(engine: sa.Engine) -> None:
    claim(engine)
    with engine.begin() as connection:
        feeds.read_soon(connection, EFTERVARD, NOW + MINUTE)

    assert not claim(engine, 0.5)
    assert claim(engine, 1)


def test_a_feed_s_state_has_a_beginning_and_what_is_gone_by_an_age(engine: sa.Engine) -> None:
    assert status(engine) is None
    claim(engine)
    states = [status(engine)]
    for minutes, state, reason in (
        (1, FeedState.READ, None),
        (6, FeedState.READ, None),
        (11, FeedState.AWAY, "it is away"),
        (16, FeedState.AWAY, "it hangs"),
        (21, FeedState.REFUSED, "no shift"),
        (26, FeedState.HELD, None),
    ):
        settle(engine, state, reason, minutes)
        states.append(status(engine))

    assert states == [
        (FeedState.NEVER_READ, NOW, None, None),
        (FeedState.READ, NOW + 1 * MINUTE, NOW + 1 * MINUTE, None),
        (FeedState.READ, NOW + 1 * MINUTE, NOW + 6 * MINUTE, None),
        (FeedState.AWAY, NOW + 11 * MINUTE, NOW + 6 * MINUTE, "it is away"),
        (FeedState.AWAY, NOW + 11 * MINUTE, NOW + 6 * MINUTE, "it hangs"),
        (FeedState.REFUSED, NOW + 21 * MINUTE, NOW + 6 * MINUTE, "no shift"),
        (FeedState.HELD, NOW + 26 * MINUTE, NOW + 26 * MINUTE, None),
    ]


def test_a_line_whose_rota_is_kept_here_has_no_feed(engine: sa.Engine) -> None:
    claim(engine)
    with engine.begin() as connection:
        feeds.forget_all_but(connection, frozenset({EFTERVARD}))
    assert status(engine) is not None

    with engine.begin() as connection:
        feeds.forget_all_but(connection, frozenset())

    with reading(engine) as connection:
        assert feeds.last_read(connection, [EFTERVARD]) == {}


def at_once(settings: Settings, claims: Callable[[sa.Engine, int], bool], times: int) -> list[int]:
    """How many of two processes, each with its own connections, won each of so many claims."""
    won, together = [0] * times, threading.Barrier(2)
    engines = [assemble(settings).engine for _ in range(2)]

    def run(own: sa.Engine) -> None:
        for number in range(times):
            together.wait(timeout=20)
            if claims(own, number):
                won[number] += 1

    both = [threading.Thread(target=run, args=(own,)) for own in engines]
    for one in both:
        one.start()
    for one in both:
        one.join(timeout=60)
    for own in engines:
        own.dispose()
    return won


def test_of_two_processes_one_reads_a_feed(settings: Settings) -> None:
    won = at_once(settings, lambda own, number: claim(own, minutes=5 * number), 20)

    assert won == [1] * 20


def test_of_two_processes_one_tells_of_a_finding(settings: Settings, engine: sa.Engine) -> None:
    see(engine, *(finding(hours=number) for number in range(20)))
    found = still_open(engine)

    assert at_once(settings, lambda own, number: tell(own, found[number]), 20) == [1] * 20
    found = still_open(engine)  # and so it is with each reminder
    assert at_once(settings, lambda own, n: tell(own, found[n], minutes=9), 20) == [1] * 20
