"""Every filter and every page shows what putting all contacts together shows, on both engines."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
import sqlalchemy as sa

from app.store import call_log, contacts
from app.store.call_log import UNANSWERED, Budget, Place, Wanted
from app.store.contacts import row_of
from app.store.database import make_engine, reading
from app.store.tables import contact_events
from routing import record
from routing.contact import Caller, Channel, Contact, Direction, Outcome
from routing.ids import ContactId, TherapistId
from tests.app.review.stories import rows_of, stories
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, at

FIRST, LAST = at("2026-01-01T00:00"), at("2026-02-01T00:00")
NOW = at("2026-03-10T12:00")
PLENTY = Budget(examined=100_000, folded=100_000)
OWN = Wanted((EFTERVARD,), frozenset({JARVA}))


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """Three hundred contacts in a month, seven at a time at one moment."""
    engine = make_engine(database_url)
    with engine.begin() as connection:
        told = chain.from_iterable(map(rows_of, stories(300, FIRST, LAST, seed=3)))
        connection.execute(contact_events.insert(), list(told))
    yield engine
    engine.dispose()


def _every(engine: sa.Engine) -> list[Contact]:
    """All contacts of all districts, the newest first, put together one by one."""
    with reading(engine) as connection:
        found = contacts.received_between(connection, EFTERVARD, FIRST, LAST)
    return sorted(found, key=lambda c: (c.received_at, c.id), reverse=True)


def _walked(
    engine: sa.Engine,
    wanted: Wanted,
    most: int = 20,
    budget: Budget = PLENTY,
    *,
    newer: bool = False,
    after: Place | None = None,
) -> list[Contact]:
    """Page after page, to the end."""
    shown: list[Contact] = []
    while True:
        with reading(engine) as connection:
            found = call_log.search(connection, wanted, most, budget, NOW, after=after, newer=newer)
        assert len(found.contacts) <= most
        shown += found.contacts
        if found.further is None:
            return shown
        after = found.further


WANTED: dict[str, dict[str, Any]] = {
    "all": {},
    "days": {"start": at("2026-01-10T00:00"), "end": at("2026-01-12T00:00")},
    "texts": {"channel": Channel.TEXT},
    "out": {"direction": Direction.OUTBOUND},
    "t3": {"therapist": TherapistId("t3")},
    "unanswered": {"outcomes": UNANSWERED},
    "family": {"client": "J-7"},
    "a family's days": {"client": "J-7", "start": at("2026-01-03T00:00"), "end": LAST},
    "nothing": {"outcomes": frozenset()},
    **{str(outcome): {"outcomes": frozenset({outcome})} for outcome in Outcome},
    "both": {"homes": frozenset({JARVA, HASSELBY_VALLINGBY})},
}  # fmt: skip


def test_each_filter_finds_what_looking_at_everything_finds(engine: sa.Engine) -> None:
    every = _every(engine)
    found = {}
    for name, fields in WANTED.items():
        wanted = Wanted(**{"lines": (EFTERVARD,), "homes": frozenset({JARVA}), **fields})
        expected = [c.id for c in every if call_log.fits(c, wanted, NOW)]
        found[name] = len(expected)
        assert [c.id for c in _walked(engine, wanted)] == expected, name
        tight = Budget(examined=40, folded=7)
        assert [c.id for c in _walked(engine, wanted, budget=tight)] == expected, name

    assert [name for name, number in found.items() if not number] == ["nothing"]
    assert found["all"] < found["both"] < len(every)  # and some are nobody's yet


def test_newer_pages_are_the_older_ones_the_other_way_about(engine: sa.Engine) -> None:
    expected = _ids(_walked(engine, OWN))
    oldest = _walked(engine, OWN)[-1]
    before = Place(oldest.received_at - timedelta(days=1), oldest.id)

    for wanted in (OWN, Wanted((EFTERVARD,), frozenset({JARVA}), client="J-7")):
        down = _ids(_walked(engine, wanted))
        assert down == [one for one in expected if one in down]
        assert _ids(_walked(engine, wanted, newer=True, after=before)) == down[::-1]


def test_a_search_that_is_cut_says_how_far_it_came(engine: sa.Engine) -> None:
    rare = Wanted((EFTERVARD,), frozenset({JARVA}), outcomes=frozenset({Outcome.BLOCKED}))
    with reading(engine) as connection:
        found = call_log.search(connection, rare, 20, Budget(examined=100, folded=10), NOW)

    assert found.is_cut
    assert found.further is not None
    assert len(found.contacts) < 20
    seen = [c for c in _every(engine) if c.received_at > found.further.at]
    assert 100 <= len(seen) < 300


def test_what_another_district_was_named_for_is_not_shown(engine: sa.Engine) -> None:
    shown = _walked(engine, OWN)

    assert {c.caller.home for c in shown} == {JARVA}
    assert {c.caller.home for c in _every(engine)} == {JARVA, HASSELBY_VALLINGBY, None}


def test_a_family_that_was_named_weeks_later_is_found_by_the_day_of_its_call(
    engine: sa.Engine,
) -> None:
    called, contact = at("2026-01-31T20:00"), ContactId("CA-late")
    stranger, family = Caller("unknown-1"), Caller("J-late", JARVA)
    told = (
        record.received(contact, EFTERVARD, Channel.VOICE, stranger, called),
        record.assigned(contact, EFTERVARD, family, TherapistId("t4"), called + timedelta(days=20)),
    )
    with engine.begin() as connection:
        connection.execute(contact_events.insert(), [row_of(event) for event in told])
    days = {"start": at("2026-01-31T00:00"), "end": LAST}

    for more in ({"client": "J-late"}, {}):
        wanted = Wanted((EFTERVARD,), frozenset({JARVA}), **days, **more)  # type: ignore[arg-type]
        assert contact in _ids(_walked(engine, wanted))


def test_two_lines_are_one_log(engine: sa.Engine) -> None:
    other = "natt"
    with engine.begin() as connection:
        some = sa.select(contact_events.c.contact).where(
            contact_events.c.key == "received", contact_events.c.contact.like("%3")
        )
        ids = connection.scalars(some).all()
        connection.execute(
            contact_events.update().where(contact_events.c.contact.in_(ids)).values(line=other)
        )
    both = Wanted((EFTERVARD, type(EFTERVARD)(other)), frozenset({JARVA}))

    for budget in (PLENTY, Budget(examined=40, folded=7)):
        shown = _walked(engine, both, budget=budget)
        assert shown == sorted(shown, key=lambda c: (c.received_at, c.id), reverse=True)
        assert len({c.id for c in shown}) == len(shown)
        assert {c.line for c in shown} == {EFTERVARD, other}


@pytest.mark.parametrize("most", [7, 1000])
def test_pages_of_any_size_hold_each_contact_once(engine: sa.Engine, most: int) -> None:
    expected = [c.id for c in _every(engine) if c.caller.home == JARVA]

    assert _ids(_walked(engine, OWN, most)) == expected


def _ids(found: Sequence[Contact]) -> list[str]:
    return [contact.id for contact in found]
