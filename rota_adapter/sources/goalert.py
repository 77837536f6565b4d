"""
Reads the on-call shifts of GoAlert's schedules.

Through GraphQL, and not through a calendar subscription with ``Accept: application/json``: a
subscription begins at the moment it is asked, so that the shift going on would begin anew each
time; it looks a year ahead whatever is asked; it belongs to one user and one schedule; and it
names people without their mail addresses.

The token is an API key of GoAlert (Admin, API Keys), made with QUERY and nothing else, since each
key answers one query only.

Source: github.com/target/goalert at 2458b9d: calsub/http.go, graphql2/schema.graphql,
graphql2/graphqlapp/schedule.go, apikey/middleware.go.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from rota_adapter.people import People
from rota_adapter.reading import Reading, Unusable
from rota_adapter.sources.fetch import Fetcher
from rota_adapter.sources.product import (
    Entry,
    as_reading,
    decoded,
    midnight,
    not_an_answer,
    pieces,
)
from routing.feed import Feed
from routing.intervals import Interval, union
from routing.organisation import Line

QUERY = (
    "query Shifts($schedule: ID!, $start: ISOTimestamp!, $end: ISOTimestamp!) "
    "{ schedule(id: $schedule) { shifts(start: $start, end: $end) "
    "{ userID user { name email } start end } } }"
)
_NAME = "GoAlert"
_PATH = "/api/graphql"
_LONGEST = timedelta(days=50)  # in one question
# GoAlert cuts shifts at both ends of what is asked, so more is asked than is wanted. Nobody is on
# standby for longer without a break.
_REACH = timedelta(days=14)

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _User(msgspec.Struct, frozen=True):
    name: str
    email: str


class _Shift(msgspec.Struct, frozen=True, rename={"user_id": "userID"}):
    user_id: str
    start: _Moment
    end: _Moment
    user: _User | None = None  # None when she has been deleted


class _Schedule(msgspec.Struct, frozen=True):
    shifts: tuple[_Shift, ...]


class _Found(msgspec.Struct, frozen=True):
    schedule: _Schedule | None = None


class _Answer(msgspec.Struct, frozen=True):
    data: _Found | None = None
    errors: tuple[msgspec.Raw, ...] = ()


def read_goalert(
    fetcher: Fetcher, feed: Feed, line: Line, people: People, window: Interval
) -> Reading:
    """
    Every shift in *window*, and up to 14 days around it, of each schedule in *feed*.

    GoAlert knows only whether somebody is on call, so shifts of one person that touch are one.
    One that goes on after what was asked (*truncated*) ends there.

    Raises:
        RotaUnavailable: GoAlert does not answer, or refuses the key.
        Unusable: the answer makes no sense.
    """
    asked = Interval(midnight(window.start - _REACH), midnight(window.end + _REACH))
    entries: list[Entry] = []
    for position, schedule in enumerate(feed.schedules[: line.positions], start=1):
        stretches: dict[tuple[str, ...], list[Interval]] = {}
        for piece in pieces(asked, _LONGEST):
            for shift in _shifts(fetcher, feed, schedule, piece):
                user = shift.user
                names = (shift.user_id, *((user.email, user.name) if user is not None else ()))
                stretches.setdefault(names, []).append(_time(shift))
        entries += _entries(position, stretches)
    return as_reading(_NAME, entries, people)


def _entries(position: int, stretches: dict[tuple[str, ...], list[Interval]]) -> Iterator[Entry]:
    for names, times in stretches.items():
        for time in union(times):
            yield Entry(position, names, time)


def _shifts(fetcher: Fetcher, feed: Feed, schedule: str, span: Interval) -> tuple[_Shift, ...]:
    # The key brings the query itself; GoAlert refuses one that differs from it by a space.
    asked = {
        "variables": {
            "schedule": schedule,
            "start": span.start.isoformat(),
            "end": span.end.isoformat(),
        }
    }
    content = fetcher.post(
        feed.addresses[0].rstrip("/") + _PATH,
        msgspec.json.encode(asked),
        {"Authorization": f"Bearer {feed.token}", "Content-Type": "application/json"},
    )
    answer = decoded(_NAME, content, _Answer)
    if answer.errors or answer.data is None or answer.data.schedule is None:
        raise _refusal()
    return answer.data.schedule.shifts


def _refusal() -> Unusable:
    return not_an_answer(
        _NAME, "it refuses the question: is there such a schedule, and was the key made for it?"
    )


def _time(shift: _Shift) -> Interval:
    try:
        return Interval(shift.start, shift.end)
    except (ValueError, OverflowError):
        raise not_an_answer(_NAME, "a shift does not end after it starts") from None
