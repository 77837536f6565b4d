"""Made-up contacts as their events, of every kind there is: for tests of lists, and for benches."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from app.store.contacts import SealedNumber, row_of
from routing.call import Ending, Result
from routing.contact import CLIENT, Caller, Channel, ContactEvent, Direction, Kind
from routing.ids import ContactId, DistrictId, TherapistId
from routing.role import Role
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA

FAMILIES = 200
_DISTRICTS = (HASSELBY_VALLINGBY, JARVA)
_Told = Iterator[ContactEvent]


class Dice(random.Random):
    """Chance that comes out the same each time, and how many families there are."""

    families = FAMILIES


def stories(
    number: int, first: datetime, last: datetime, seed: int = 1, families: int = FAMILIES
) -> Iterator[_Told]:
    """The events of *number* contacts between *first* and *last*; some come at one moment."""
    random_ = Dice(seed)
    random_.families = families
    for place in range(number):
        share = (place - place % 7 / 7) / max(number, 1)
        at = first + timedelta(seconds=int((last - first).total_seconds() * share))
        name, kind = f"CA{place:08d}", random_.random()
        told = next(story for limit, story in _STORIES if kind < limit)
        yield told(ContactId(name), at, random_)


def rows_of(story: _Told) -> Iterator[dict[str, object]]:
    """The rows of one contact; whoever came shows a number that is the same each time."""
    for event in story:
        key = None if event.caller is None else event.caller.key
        number = None if key is None else SealedNumber(key, b"sealed")
        yield row_of(event, number)


def caller_of(random_: Dice) -> Caller:
    """Somebody of either district whom the register knows."""
    family, home = random_.randrange(random_.families), random_.choice(_DISTRICTS)
    role = (Role.YOUTH, Role.GUARDIAN)[family % 2]
    return Caller(f"{home[0].upper()}-{family}", home, role, "sv", f"{home}{family}".encode())


def _stranger(random_: Dice, home: DistrictId | None = None) -> Caller:
    family = random_.randrange(random_.families)
    return Caller(f"unknown-{family:07d}", home, key=f"stranger{family}".encode())


def _event(
    contact: ContactId, at: datetime, kind: Kind, target: str | None = None, result: str = ""
) -> ContactEvent:
    key = str(kind) if target is None else f"{kind}/{target}"
    return ContactEvent(contact, key, at, kind, EFTERVARD, target=target, result=result or None)


def _received(
    contact: ContactId, at: datetime, caller: Caller, channel: Channel = Channel.VOICE
) -> ContactEvent:
    return ContactEvent(
        contact, "received", at, Kind.RECEIVED, EFTERVARD,
        channel=channel, direction=Direction.INBOUND, caller=caller,
    )  # fmt: skip


def _rung(contact: ContactId, at: datetime, target: str, result: str, seconds: int = 20) -> _Told:
    yield _event(contact, at, Kind.OFFERED, target)
    ended = at + timedelta(seconds=seconds)
    yield _event(contact, ended, Kind.ATTEMPT_ENDED, target, result)


def _taken(contact: ContactId, at: datetime, random_: Dice, caller: Caller) -> _Told:
    waits, talks = random_.randrange(3, 60), random_.randrange(30, 1800)
    who, end = f"t{random_.randrange(1, 7)}", at + timedelta(seconds=waits + talks)
    yield _received(contact, at, caller)
    yield _event(contact, at, Kind.OFFERED, who)
    yield _event(contact, at + timedelta(seconds=waits), Kind.ACCEPTED, who)
    yield _event(contact, end, Kind.ATTEMPT_ENDED, who, Result.BRIDGED)
    yield _event(contact, end, Kind.ENDED, result=Ending.TALKED)


def _answered(contact: ContactId, at: datetime, random_: Dice) -> _Told:
    yield from _taken(contact, at, random_, caller_of(random_))


def _named(contact: ContactId, at: datetime, random_: Dice) -> _Told:
    yield from _taken(contact, at, random_, _stranger(random_))
    caller = _stranger(random_, random_.choice(_DISTRICTS))
    named = at + timedelta(seconds=5)
    yield ContactEvent(contact, "identified", named, Kind.IDENTIFIED, EFTERVARD, caller=caller)


def _said_later(contact: ContactId, at: datetime, random_: Dice) -> _Told:
    """Whose the caller is was said up to a month later, and now and then said anew."""
    yield from _taken(contact, at, random_, _stranger(random_))
    for number in range(random_.choice((1, 1, 2))):
        caller = caller_of(random_)
        when = at + timedelta(days=random_.randrange(1, 14) + 14 * number)
        key = f"assigned/{when.isoformat()}"
        yield ContactEvent(contact, key, when, Kind.ASSIGNED, EFTERVARD, caller=caller)


def _nobody_s(contact: ContactId, at: datetime, random_: Dice) -> _Told:
    yield from _taken(contact, at, random_, _stranger(random_))


def _missed(contact: ContactId, at: datetime, random_: Dice) -> _Told:
    yield _received(contact, at, caller_of(random_))
    yield from _rung(contact, at, "t1", Result.NO_ANSWER)
    yield _event(contact, at + timedelta(seconds=20), Kind.ENDED, result=Ending.NOBODY)


def _lost(contact: ContactId, at: datetime, random_: Dice) -> _Told:
    """No word of an end ever came."""
    yield _received(contact, at, caller_of(random_))
    yield _event(contact, at, Kind.OFFERED, "t2")


def _left(contact: ContactId, at: datetime, random_: Dice) -> _Told:
    yield _received(contact, at, caller_of(random_))
    yield from _rung(contact, at, "t4", Result.CALLER_GONE, 8)
    yield _event(contact, at + timedelta(seconds=8), Kind.ENDED, result=Ending.CALLER_LEFT)


def _fallback(contact: ContactId, at: datetime, random_: Dice) -> _Told:
    yield _received(contact, at, caller_of(random_))
    yield from _rung(contact, at, "t5", Result.NO_ANSWER)
    is_met = random_.random() < 0.5
    result = Result.BRIDGED if is_met else Result.NO_ANSWER
    yield from _rung(contact, at + timedelta(seconds=20), "fallback-1", result, 25)
    ending = Ending.TALKED if is_met else Ending.NOBODY
    yield _event(contact, at + timedelta(seconds=45), Kind.ENDED, result=ending)


def _closed(contact: ContactId, at: datetime, random_: Dice) -> _Told:
    yield _received(contact, at, caller_of(random_))
    yield _event(contact, at + timedelta(seconds=9), Kind.ENDED, result=Ending.CLOSED)


def _blocked(contact: ContactId, at: datetime, random_: Dice) -> _Told:
    yield _received(contact, at, caller_of(random_))
    yield _event(contact, at, Kind.ENDED, result=Ending.BLOCKED)


def _text(contact: ContactId, at: datetime, random_: Dice) -> _Told:
    yield _received(contact, at, caller_of(random_), Channel.TEXT)
    yield _event(contact, at + timedelta(seconds=4), Kind.RELAYED, f"t{random_.randrange(1, 7)}")


def _text_to_nobody(contact: ContactId, at: datetime, random_: Dice) -> _Told:
    yield _received(contact, at, caller_of(random_), Channel.TEXT)
    yield _event(contact, at + timedelta(minutes=9), Kind.UNDELIVERED)


def _text_when_closed(contact: ContactId, at: datetime, random_: Dice) -> _Told:
    yield _received(contact, at, caller_of(random_), Channel.TEXT)
    yield _event(contact, at, Kind.ENDED)


def _called_back(contact: ContactId, at: datetime, random_: Dice) -> _Told:
    caller, who = caller_of(random_), TherapistId(f"t{random_.randrange(1, 7)}")
    yield ContactEvent(
        contact, "received", at, Kind.RECEIVED, EFTERVARD, target=who,
        channel=Channel.VOICE, direction=Direction.OUTBOUND, caller=caller,
    )  # fmt: skip
    result = Result.BRIDGED if random_.random() < 0.7 else Result.NO_ANSWER
    yield from _rung(contact, at, CLIENT, result)
    yield _event(contact, at + timedelta(seconds=90), Kind.ENDED, result=Ending.TALKED)


_Story = Callable[[ContactId, datetime, Dice], _Told]
_STORIES: tuple[tuple[float, _Story], ...] = (
    (0.45, _answered), (0.52, _named), (0.57, _said_later), (0.60, _nobody_s), (0.69, _missed),
    (0.70, _lost), (0.78, _left), (0.84, _fallback), (0.86, _closed), (0.865, _blocked),
    (0.93, _text), (0.94, _text_to_nobody), (0.95, _text_when_closed), (1.0, _called_back),
)  # fmt: skip
