"""
Reads the on-call shifts of PagerDuty's schedules.

From the final schedule of ``GET /schedules/{id}``, and not from ``GET /oncalls``: that one knows
a schedule only through escalation policies, lists a shift once for each of them, and looks no
further ahead than 90 days.  Shift-based schedules, which have a version 3 of their own, are not
read.

Source: github.com/PagerDuty/api-schema at 91a06fb, reference/REST/openapiv3.json.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote, urlencode

import msgspec

from rota_adapter.people import People
from rota_adapter.reading import Reading
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
from routing.intervals import Interval
from routing.organisation import Line

_NAME = "PagerDuty"
# The interface names no limit for schedules; elsewhere it answers for three months at a time.
_LONGEST = timedelta(days=85)

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _User(msgspec.Struct, frozen=True):
    id: str = ""
    summary: str | None = None  # the name, in a reference
    name: str | None = None
    email: str | None = None


class _Entry(msgspec.Struct, frozen=True):
    start: _Moment
    end: _Moment | None  # None when it does not end
    user: _User | None = None


class _Final(msgspec.Struct, frozen=True):
    rendered_schedule_entries: tuple[_Entry, ...]


class _Schedule(msgspec.Struct, frozen=True):
    final_schedule: _Final


class _Answer(msgspec.Struct, frozen=True):
    schedule: _Schedule


def read_pagerduty(
    fetcher: Fetcher, feed: Feed, line: Line, people: People, window: Interval
) -> Reading:
    """
    Every shift that touches *window*, whole, of each schedule in *feed*.

    One without an end ends at the midnight after the window, in UTC.

    Raises:
        RotaUnavailable: PagerDuty does not answer, or refuses the token.
        Unusable: the answer makes no sense.
    """
    entries = (
        entry
        for position, schedule in enumerate(feed.schedules[: line.positions], start=1)
        for piece in pieces(window, _LONGEST)
        for entry in _entries(fetcher, feed, position, schedule, piece, window)
    )
    return as_reading(_NAME, entries, people)


def _entries(
    fetcher: Fetcher, feed: Feed, position: int, schedule: str, span: Interval, window: Interval
) -> Iterator[Entry]:
    asked = {
        "since": span.start.isoformat(),
        "until": span.end.isoformat(),
        "time_zone": "UTC",
        "overflow": "true",  # else shifts are cut at both ends of what is asked
    }
    content = fetcher.get(
        f"{feed.addresses[0].rstrip('/')}/schedules/{quote(schedule, safe='')}?{urlencode(asked)}",
        {
            "Accept": "application/vnd.pagerduty+json;version=2",
            "Authorization": f"Token token={feed.token}",
            "Content-Type": "application/json",
        },
        remember=False,  # the window moves, and the address with it
    )
    for entry in decoded(_NAME, content, _Answer).schedule.final_schedule.rendered_schedule_entries:
        user = entry.user or _User()
        names = (user.id, user.email or "", user.name or "", user.summary or "")
        yield Entry(position, names, _time(entry, window))


def _time(entry: _Entry, window: Interval) -> Interval:
    try:
        return Interval(entry.start, entry.end or midnight(window.end + timedelta(days=1)))
    except (ValueError, OverflowError):
        raise not_an_answer(_NAME, "a shift does not end after it starts") from None
