"""What is made to go wrong in the lab goes wrong, and the call goes on."""

from datetime import timedelta

from app.demo.phone_lab.deeds import Deed, Do, Trouble
from app.demo.phone_lab.outcome import outcome
from app.demo.phone_lab.session import Session
from app.store import feeds
from app.store.database import reading
from app.store.feeds import FeedState
from tests.app.demo.worlds import FIRST

GUARDIAN = "070-174 06 48"


def a_call(lab: Session) -> None:
    for deed, seconds in (
        (Deed(Do.CALL, GUARDIAN), 6),
        (Deed(Do.ANSWER, FIRST), 5),
        (Deed(Do.PRESS, FIRST, "1"), 20),
        (Deed(Do.HANG_UP, FIRST), 5),
    ):
        lab.perform(deed)
        lab.advance(timedelta(seconds=seconds))


def feed_of(lab: Session) -> FeedState | None:
    with reading(lab.stage.parts.engine) as connection:
        status = feeds.status(connection, lab.line.id)
    return None if status is None else status.state


def test_with_a_dead_source_the_last_good_rota_says_who_is_rung(lab: Session) -> None:
    assert feed_of(lab) is None

    lab.perform(Deed(Do.TROUBLE, words=Trouble.DEAD_FEED))
    lab.advance(timedelta(minutes=2, seconds=30))
    assert feed_of(lab) is FeedState.AWAY
    a_call(lab)

    assert outcome(lab)["talked"] == [FIRST]
    lab.perform(Deed(Do.NO_TROUBLE, words=Trouble.DEAD_FEED))
    lab.advance(timedelta(minutes=2, seconds=30))
    assert feed_of(lab) is FeedState.READ


def test_without_a_database_the_call_is_put_through_and_written_down_later(lab: Session) -> None:
    lab.perform(Deed(Do.TROUBLE, words=Trouble.DATABASE_AWAY))
    a_call(lab)
    assert lab.stage.parts.spool.size > 0

    lab.perform(Deed(Do.NO_TROUBLE, words=Trouble.DATABASE_AWAY))
    lab.advance(timedelta(seconds=20))

    assert lab.stage.parts.spool.is_empty
    assert (outcome(lab)["talked"], outcome(lab)["outcomes"]) == ([FIRST], ["answered"])


def test_a_trouble_outlives_a_restart_and_no_more_than_one_is_needed_to_end_it(
    lab: Session,
) -> None:
    lab.perform(Deed(Do.TROUBLE, words=Trouble.DATABASE_AWAY))
    lab.perform(Deed(Do.RESTART))
    a_call(lab)
    assert lab.stage.parts.spool.size > 0

    lab.perform(Deed(Do.NO_TROUBLE, words=Trouble.DATABASE_AWAY))
    lab.advance(timedelta(seconds=20))

    assert outcome(lab)["outcomes"] == ["answered"]


def test_doubled_webhooks_and_lost_callbacks_leave_one_contact(lab: Session) -> None:
    for trouble in (Trouble.DOUBLED_WEBHOOKS, Trouble.LOST_CALLBACKS, Trouble.REST_ERRORS):
        lab.perform(Deed(Do.TROUBLE, words=trouble))

    a_call(lab)

    assert (outcome(lab)["rung"], outcome(lab)["outcomes"]) == ([FIRST], ["answered"])
