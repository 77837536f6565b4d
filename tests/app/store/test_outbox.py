"""What is sent out: claimed by one sender at a time, settled once, taken over from the dead."""

import threading
from collections.abc import Iterator
from datetime import UTC, timedelta

import pytest

from app.bootstrap import Parts, assemble
from app.settings import Settings
from app.store import outbox
from app.store.database import add_once
from app.store.outbox import LEASE, By, Claimed, Letter, State
from app.store.tables import outbox as outbox_table
from tests.app.world import T4, rows
from tests.examples import EFTERVARD, at

NOW = at("2026-03-03T19:04").astimezone(UTC)
A_MOMENT = timedelta(seconds=1)


@pytest.fixture
def parts(settings: Settings) -> Iterator[Parts]:
    assembled = assemble(settings)
    yield assembled
    assembled.engine.dispose()


def put(parts: Parts, *keys: str, body: str = "Hemliga ord") -> None:
    with parts.engine.begin() as connection:
        for place, key in enumerate(keys):
            letter = Letter(key, By.TEXT, EFTERVARD, T4, body)
            _, row = outbox.entry(parts.cipher, letter, NOW + place * timedelta(milliseconds=1))
            add_once(connection, outbox_table, [row])


def claim(parts: Parts, after: timedelta = A_MOMENT, most: int = 10) -> tuple[Claimed, ...]:
    with parts.engine.begin() as connection:
        return outbox.claim(connection, parts.cipher, NOW + after, most)


def settle(parts: Parts, key: str, state: State, due_after: timedelta | None = None) -> None:
    with parts.engine.begin() as connection:
        due_at = None if due_after is None else NOW + due_after
        outbox.settle(connection, key, state, due_at=due_at, carrier_id="SM1")


def test_the_oldest_letter_is_claimed_first_and_opened(parts: Parts) -> None:
    put(parts, "first", "second")

    (claimed,) = claim(parts, most=1)

    assert (claimed.letter.key, claimed.tries, claimed.unsure) == ("first", 1, False)
    assert (claimed.letter.recipient, claimed.letter.body) == (T4, "Hemliga ord")
    assert claimed.first_tried_at == NOW + A_MOMENT


def test_a_letter_that_is_claimed_is_nobody_else_s(parts: Parts) -> None:
    put(parts, "one")

    assert len(claim(parts)) == 1
    assert claim(parts) == ()


def test_a_letter_whose_sender_died_comes_back_as_unsure(parts: Parts) -> None:
    put(parts, "one")
    claim(parts)

    before, after = claim(parts, LEASE), claim(parts, LEASE + A_MOMENT)

    assert before == ()
    assert [(c.unsure, c.tries, c.first_tried_at) for c in after] == [(True, 2, NOW + A_MOMENT)]


@pytest.mark.parametrize("state", [State.SENT, State.FAILED])
def test_a_letter_that_is_settled_is_never_claimed_again(state: State, parts: Parts) -> None:
    put(parts, "one")
    claim(parts)

    settle(parts, "one", state)

    assert claim(parts, timedelta(days=1)) == ()
    (row,) = rows(parts.engine, "outbox")
    assert (row["state"], row["carrier_id"]) == (state, "SM1")


def test_a_letter_that_was_put_off_waits_and_is_certainly_not_sent(parts: Parts) -> None:
    put(parts, "one")
    claim(parts)

    settle(parts, "one", State.PENDING, due_after=timedelta(seconds=30))

    assert claim(parts, timedelta(seconds=29)) == ()
    assert [c.unsure for c in claim(parts, timedelta(seconds=31))] == [False]


def test_the_same_key_is_put_once(parts: Parts) -> None:
    put(parts, "one")
    put(parts, "one", body="Andra ord")

    assert [c.letter.body for c in claim(parts)] == ["Hemliga ord"]


def test_a_letter_is_not_due_before_its_time(parts: Parts) -> None:
    put(parts, "one")

    assert claim(parts, -A_MOMENT) == ()


def test_many_senders_at_once_share_the_letters_and_none_is_claimed_twice(parts: Parts) -> None:
    put(parts, *(f"letter {number}" for number in range(30)))
    claimed: list[str] = []

    def send_some() -> None:
        while found := claim(parts, most=2):
            claimed.extend(c.letter.key for c in found)

    threads = [threading.Thread(target=send_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(claimed) == sorted(f"letter {number}" for number in range(30))


def test_a_carrier_s_id_that_belongs_to_another_letter_is_known(parts: Parts) -> None:
    put(parts, "one", "two")
    settle(parts, "one", State.SENT)

    with parts.engine.connect() as connection:
        assert outbox.known(connection, ["SM1", "SM2"]) == {"SM1"}
        assert outbox.known(connection, []) == frozenset()
