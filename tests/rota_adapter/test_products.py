"""What is particular to GoAlert and PagerDuty: how they are asked, and the oddities they answer."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from rota_adapter.sources.feeds import FeedSource, RotaUnusable
from routing.intervals import Interval
from routing.rota import Rota, Shift
from tests.examples import EFTERVARD, shift, span
from tests.rota_adapter.feed_server import FeedServer, Reply, serving
from tests.rota_adapter.kept_elsewhere import SCHEDULES, Elsewhere

EVENING = span("2026-03-03T17:00", "2026-03-03T22:00")
LONG = span("2026-02-17T00:00", "2026-07-01T00:00")
GOALERT_PATH = "/api/graphql"
PAGERDUTY_PATH = "/schedules/5bf7c1e0-first"
START, END = "2026-03-03T16:00:00Z", "2026-03-03T21:00:00Z"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with serving() as found:
        yield found


@pytest.fixture
def goalert(server: FeedServer, tmp_path: Path) -> Elsewhere:
    return Elsewhere("goalert", server, tmp_path)


@pytest.fixture
def pagerduty(server: FeedServer, tmp_path: Path) -> Elsewhere:
    return Elsewhere("pagerduty", server, tmp_path)


@pytest.fixture(params=["goalert", "pagerduty"])
def product(request: pytest.FixtureRequest) -> Elsewhere:
    found: Elsewhere = request.getfixturevalue(request.param)
    return found


def load(source: FeedSource, window: Interval = EVENING) -> Rota:
    return source.load(EFTERVARD, window)


def nights(number: int) -> list[Shift]:
    """Shifts of t4 and t1 in turn, without a break: some run over the edge of any question."""
    start, length = LONG.start - timedelta(days=2), timedelta(hours=36)
    people = [shift(t, "2026-03-03T17:00", "2026-03-03T22:00").therapist for t in ("t4", "t1")]
    times = [Interval(start + n * length, start + (n + 1) * length) for n in range(number)]
    return [Shift(time, 1, people[n % 2]) for n, time in enumerate(times)]


def test_a_shift_over_the_edge_of_a_question_is_whole_and_comes_once(product: Elsewhere) -> None:
    kept = nights(100)
    product.keep(kept)

    found = load(product.source(), LONG).shifts

    assert list(found) == [s for s in kept if s.time.overlap(LONG) is not None]


def test_goalert_is_asked_for_fifty_days_at_most_and_by_the_key_s_own_query(
    server: FeedServer, goalert: Elsewhere
) -> None:
    goalert.keep([])

    load(goalert.source(), LONG)

    asked = [json.loads(seen.body) for seen in server.seen]
    assert [sorted(body) for body in asked] == [["variables"]] * 8
    for schedule, mine in zip(SCHEDULES, (asked[:4], asked[4:]), strict=True):
        spans = [body["variables"] for body in mine]
        assert {told["schedule"] for told in spans} == {schedule}
        starts = [datetime.fromisoformat(told["start"]) for told in spans]
        ends = [datetime.fromisoformat(told["end"]) for told in spans]
        assert starts[1:] == ends[:-1]
        assert starts[0] <= LONG.start
        assert ends[-1] >= LONG.end
        assert max(e - s for s, e in zip(starts, ends, strict=True)) <= timedelta(days=50)


def test_somebody_who_is_always_on_call_in_goalert_is_on_all_the_time(goalert: Elsewhere) -> None:
    always = shift("t4", "2025-01-01T00:00", "2027-01-01T00:00")
    goalert.keep([always])

    (found,) = load(goalert.source(), LONG).shifts

    assert found.time.overlap(LONG) == LONG


def test_a_shift_that_never_ends_is_no_news_at_every_load(
    server: FeedServer, goalert: Elsewhere, pagerduty: Elsewhere
) -> None:
    goalert.keep([shift("t4", "2025-01-01T00:00", "2027-01-01T00:00")])
    tell_pagerduty(server, [{"start": START, "end": None, "user": {"summary": "t4"}}])
    later = Interval(EVENING.start + timedelta(minutes=5), EVENING.end + timedelta(minutes=5))

    for product in (goalert, pagerduty):
        one, other = (load(product.source(), window) for window in (EVENING, later))
        assert one.shifts
        assert one.digest == other.digest


def test_pagerduty_is_asked_for_whole_shifts_in_utc(
    server: FeedServer, pagerduty: Elsewhere
) -> None:
    pagerduty.keep([])

    load(pagerduty.source(), LONG)

    targets = [urlsplit(seen.path) for seen in server.seen]
    assert [t.path for t in targets] == [PAGERDUTY_PATH] * 2 + [
        "/schedules/5bf7c1e0%20%2F%20second"
    ] * 2
    asked = [parse_qs(target.query) for target in targets]
    assert [a["overflow"] + a["time_zone"] for a in asked] == [["true", "UTC"]] * 4
    assert asked[0]["since"] == ["2026-02-16T23:00:00+00:00"]
    assert asked[0]["until"] == asked[1]["since"]
    assert asked[1]["until"] == ["2026-06-30T22:00:00+00:00"]


def test_a_shift_without_an_end_in_pagerduty_ends_after_the_window(
    server: FeedServer, pagerduty: Elsewhere
) -> None:
    tell_pagerduty(server, [{"start": START, "end": None, "user": {"summary": "t4"}}])

    (found,) = load(pagerduty.source()).shifts

    assert found == shift("t4", "2026-03-03T17:00", "2026-03-04T01:00")  # midnight in UTC


@pytest.mark.parametrize(
    "user",
    [
        {"id": "PAB12CD", "summary": "Somebody"},
        {"id": "T5", "summary": "Somebody", "email": "t4@example.org"},
        {"id": "T5", "summary": "Somebody", "name": "Therapist 4"},
    ],
    ids=["id", "mail", "name"],
)
def test_a_person_of_pagerduty_is_found_by_id_mail_or_name(
    user: Mapping[str, str], server: FeedServer, pagerduty: Elsewhere
) -> None:
    user = {**user, "id": user["id"].replace("T5", "PNOBODY")}
    tell_pagerduty(server, [{"start": START, "end": END, "user": user}])

    (found,) = load(pagerduty.source(names={"pab12cd": "t4"})).shifts

    assert found.therapist == "t4"


@pytest.mark.parametrize("name", ["Somebody", "Therapist 4"])
def test_a_person_of_goalert_is_found_by_mail_before_name(
    name: str, server: FeedServer, goalert: Elsewhere
) -> None:
    user = {"name": name, "email": "t5@example.org"}
    tell_goalert(server, [{"userID": "u", "user": user, "start": START, "end": END}])

    (found,) = load(goalert.source()).shifts

    assert found.therapist == "t5"


def test_whoever_has_been_deleted_is_a_finding_with_its_time(
    server: FeedServer, goalert: Elsewhere, pagerduty: Elsewhere
) -> None:
    tell_goalert(server, [{"userID": "u", "user": None, "start": START, "end": END}])
    tell_pagerduty(server, [{"start": START, "end": END, "user": None}])

    for product, name in ((goalert, "GoAlert"), (pagerduty, "PagerDuty")):
        rota = load(product.source())
        assert rota.shifts == ()
        (found,) = rota.findings
        assert (found.rule, str(found.place)) == ("UNKNOWN_NAME", f"{name}, schedule 1")
        assert (found.starts_at, found.ends_at) == (EVENING.start, EVENING.end)


def test_an_unknown_name_outside_the_window_is_no_finding(product: Elsewhere) -> None:
    before = shift("t4", "2026-03-02T17:00", "2026-03-03T17:00")
    product.keep([before], lambda _: "Somebody")

    assert load(product.source()).findings == ()


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (END, START),
        (START, START),
        ("2026-03-03T16:00:00", END),
        ("0001-01-01T00:00:00+14:00", END),
        ("yesterday", END),
        (None, END),
    ],
    ids=["backwards", "no length", "no offset", "before all time", "no time", "no start"],
)
def test_a_shift_that_makes_no_sense_makes_the_answer_unusable(
    start: str | None, end: str, server: FeedServer, goalert: Elsewhere, pagerduty: Elsewhere
) -> None:
    user = {"name": "t4", "email": "", "summary": "t4"}
    tell_goalert(server, [{"userID": "u", "user": user, "start": start, "end": end}])
    tell_pagerduty(server, [{"user": user, "start": start, "end": end}])

    for product in (goalert, pagerduty):
        with pytest.raises(RotaUnusable) as caught:
            load(product.source())
        assert caught.value.rule == "NOT_AN_ANSWER"


@pytest.mark.parametrize(
    "answer",
    [
        {"errors": [{"message": "s3cret", "path": None}], "data": None},
        {"errors": [{"message": "s3cret"}], "data": {"schedule": {"shifts": []}}},
        {"data": {"schedule": None}},
        {"data": {}},
    ],
    ids=["refused", "in part", "no such schedule", "another query"],
)
def test_a_refusal_by_goalert_is_not_an_empty_rota(
    answer: object, server: FeedServer, goalert: Elsewhere
) -> None:
    server.replies[GOALERT_PATH] = Reply(json.dumps(answer).encode())

    with pytest.raises(RotaUnusable, match=r"^GoAlert: it refuses the question") as caught:
        load(goalert.source())

    assert "s3cret" not in str(caught.value)


def tell_goalert(server: FeedServer, shifts: Sequence[object]) -> None:
    """Answer every question about the first schedule so; there is nobody in the second."""

    def reply(found: Sequence[object]) -> Reply:
        return Reply(json.dumps({"data": {"schedule": {"shifts": found}}}).encode())

    server.replies[GOALERT_PATH] = lambda seen: reply(
        shifts if SCHEDULES[0] in seen.body.decode() else []
    )


def tell_pagerduty(server: FeedServer, entries: Sequence[object]) -> None:
    """Answer every question about the first schedule so; there is nobody in the second."""

    def reply(found: Sequence[object]) -> Reply:
        final = {"name": "Final Schedule", "rendered_schedule_entries": found}
        return Reply(json.dumps({"schedule": {"final_schedule": final}}).encode())

    server.replies[PAGERDUTY_PATH] = reply(entries)
    server.replies["/schedules/5bf7c1e0%20%2F%20second"] = reply([])
