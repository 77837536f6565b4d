"""What GoAlert and PagerDuty answer about a rota: as their own code and description have it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import parse_qs, quote, unquote, urlsplit

from routing.intervals import Interval, union
from routing.rota import Shift
from tests.rota_adapter.feed_server import Answering, Reply, Seen

TOKEN = "token-with-a-secret"
Called = Callable[[Shift], str]


def goalert(
    shifts: Sequence[Shift], called: Called, schedules: Sequence[str]
) -> Mapping[str, Answering]:
    """What POST /api/graphql answers, by path; the key's own query asks for shifts."""

    def answer(seen: Seen) -> Reply:
        if seen.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Reply(b"Unauthorized\n", 401)
        asked = json.loads(seen.body)
        if "query" in asked:
            return _json({"errors": [{"message": "wrong query for API key"}], "data": None})
        told = asked["variables"]
        span = Interval(_moment(told["start"]), _moment(told["end"]))
        if told["schedule"] not in schedules or span.length > timedelta(days=50):
            return _json({"errors": [{"message": "cannot be more than 50 days"}], "data": None})
        position = schedules.index(told["schedule"]) + 1
        mine = [shift for shift in shifts if shift.position == position]
        return _json({"data": {"schedule": {"shifts": list(_on_call(mine, called, span))}}})

    return {"/api/graphql": answer}


def _on_call(
    shifts: Sequence[Shift], called: Called, span: Interval
) -> Iterator[Mapping[str, object]]:
    """Stretches that somebody is on call, cut at both ends of *span*; it tells of one cut only."""
    for name in sorted({called(shift) for shift in shifts}):
        for time in union(shift.time for shift in shifts if called(shift) == name):
            part = time.overlap(span)
            if part is not None:
                yield {
                    "userID": f"user-{name}",
                    "user": {"name": name, "email": f"{name}@goalert.example.org"},
                    "start": _zulu(part.start),
                    "end": _zulu(part.end),
                    "truncated": time.end > span.end,
                }


def pagerduty(
    shifts: Sequence[Shift], called: Called, schedules: Sequence[str]
) -> Mapping[str, Answering]:
    """What GET /schedules/{id} answers, by path."""

    def answer(seen: Seen) -> Reply:
        if seen.headers.get("Authorization") != f"Token token={TOKEN}":
            return _json({"error": {"message": "Unauthorized", "code": 2006}}, 401)
        assert seen.headers["Accept"] == "application/vnd.pagerduty+json;version=2"
        target = urlsplit(seen.path)
        position = schedules.index(unquote(target.path.rpartition("/")[2])) + 1
        told = {name: values[0] for name, values in parse_qs(target.query).items()}
        span = Interval(_moment(told["since"]), _moment(told["until"]))
        mine = [s for s in shifts if s.position == position]
        entries = list(_entries(mine, called, span, told.get("overflow") == "true"))
        final = {"name": "Final Schedule", "rendered_schedule_entries": entries}
        return _json({"schedule": {"type": "schedule", "final_schedule": final}})

    return {f"/schedules/{quote(schedule, safe='')}": answer for schedule in schedules}


def _entries(
    shifts: Sequence[Shift], called: Called, span: Interval, overflow: bool
) -> Iterator[Mapping[str, object]]:
    for shift in shifts:
        part = shift.time.overlap(span)
        if part is not None:
            time = shift.time if overflow else part
            user = {"id": "PXPGF42", "type": "user_reference", "summary": called(shift)}
            yield {"start": _zulu(time.start), "end": _zulu(time.end), "user": user}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _zulu(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _json(value: object, status: int = 200) -> Reply:
    return Reply(json.dumps(value).encode(), status, {"Content-Type": "application/json"})
