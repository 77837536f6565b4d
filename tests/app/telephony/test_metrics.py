"""`GET /metrics`: what one scrape tells of the whole service, to whom, and nothing of anybody."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from app.bootstrap import assemble, create_app
from app.demo.stage import Stage
from app.duty.counting import LOOK_BACK, count_contacts
from app.measures import MEASURES, VALUES, Kind
from app.store import canaries, feeds, measures
from app.store.feeds import FeedState
from app.store.tables import contact_events
from routing.canary import Fault, Outcome, Verdict
from routing.ids import ContactId
from tests.app.conftest import StageAt
from tests.app.world import (
    LINE,
    NAMES,
    REGISTER,
    SILENT,
    STRANGER,
    T4,
    YOUTH,
    changed,
    post,
    rows,
    table_away,
)
from tests.examples import EFTERVARD

EVENING = "2026-03-03T19:04"


def page(stage: Stage) -> str:
    """What a web process says that keeps nothing of what was asked before."""
    got = create_app(stage.parts).test_client().get("/metrics")
    assert got.status_code == 200
    return got.text


def values(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, name: str, **labels: str) -> float:
    return values(text)[f"beredskap_{name}", frozenset(labels.items())]


def contacts(text: str, outcome: str, channel: str = "voice", direction: str = "inbound") -> float:
    return value(
        text, "contacts_total", line="eftervard", channel=channel, direction=direction,
        outcome=outcome,
    )  # fmt: skip


def later(stage: Stage, **span: float) -> None:
    stage.carrier.run_until(stage.parts.clock() + timedelta(**span))


def evening(stage: Stage) -> None:
    """Calls and texts of every kind, with odd things in them, and what the clock does of it."""
    stage.call(YOUTH)
    stage.call(STRANGER, default=SILENT)
    stage.call("", default=SILENT)  # withheld
    stage.call(YOUTH, phones={"t4": SILENT})
    stage.text(YOUTH, f"ring mig på {T4} i kväll")
    post(stage, "/twilio/voice/ended/nonsense", {"CallSid": "CA1", "To": LINE, "From": YOUTH})
    post(stage, "/twilio/voice", {"CallSid": 'CA{line="x"}\n', "To": "+46846500477", "From": "?"})
    stage._web.test_client().post("/twilio/voice", data={"CallSid": "CA2"})  # noqa: SLF001 - unsigned
    for _ in range(3):
        stage.sweep(live=True)
        later(stage, minutes=11)
    stage.sweep(live=True)
    later(stage, seconds=10)
    stage.parts.tally.flush()


def test_an_evening_is_told_as_it_was(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    before = page(stage)
    evening(stage)

    text = page(stage)

    assert contacts(before, "answered") == 0
    assert contacts(text, "answered") == 2
    assert contacts(text, "relayed", "text") == 1
    assert value(text, "answer_seconds_count", line="eftervard", by="therapist") == 2
    assert value(text, "rungs_bucket", line="eftervard", le="1") >= 1
    assert value(text, "webhooks_unsigned_total") == 1
    assert value(text, "webhook_seconds_count", endpoint="voice", answer="rescue") >= 1
    assert value(text, "webhook_seconds_count", endpoint="voice", answer="usual") > 10
    assert value(text, "rest_seconds_count", resource="messages", status="2xx") >= 1
    assert value(text, "letters_total", channel="text", result="sent") >= 1
    assert value(text, "letters_owed", channel="text") == 0
    assert value(text, "sweep_seconds_count", sweep="outbox.send") >= 3
    assert value(text, "database_up") == 1
    assert value(text, "on_standby", line="eftervard") == 2
    assert value(text, "line_open", line="eftervard") == 1
    assert value(text, "clock_age_seconds") < 60
    assert value(text, "sweep_age_seconds", sweep="outbox.send") < 60


def test_it_is_made_of_fixed_words_and_nothing_of_anybody(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    evening(stage)
    known = {
        **VALUES,
        "line": tuple(stage.organisation.lines),
        "sweep": tuple(stage.every),
        "le": tuple({bound for one in MEASURES for bound in one.bounds}),
    }

    text = page(stage)

    for name, labels in values(text):
        for label, said in labels:
            if label not in {"version", "schema"}:
                assert said in known[label], f"{name} says {said!r} of its {label}"
    contacts = {str(row["contact"]) for row in rows(stage.parts.engine, "contact_events")}
    staff = list(stage.organisation.therapists.values())
    secret = {
        *filter(None, NAMES),
        *(number[1:] for number in NAMES if number),
        *(str(one.client) for one in REGISTER),
        *(person.name for person in staff),
        *(f'"{person.id}"' for person in staff),
        *stage.organisation.districts,
        *(one for one in contacts if one),
        "kväll",
        "unknown-",
        "withheld-",
    }
    assert len(contacts) >= 6
    assert [word for word in secret if word in text] == []
    every_measure_is_there(text)


def every_measure_is_there(text: str) -> None:
    found = {family.name: family for family in text_string_to_metric_families(text)}

    unseen = {"beredskap_feed_age_seconds", "beredskap_feed_trouble_seconds"}  # it has no feed
    unseen |= {"beredskap_canary_ok", "beredskap_canary_age_seconds"}  # nor called itself
    unseen |= {"beredskap_purged_age_seconds", "beredskap_sweeps_failed"}  # and all is well
    assert set(found) == {measure.name for measure in MEASURES} - unseen
    for measure in MEASURES:
        if measure.name in found:
            family = found[measure.name]
            assert family.type == measure.kind
            for sample in family.samples:
                assert set(sample.labels) - {"le"} == set(measure.labels)


def test_with_the_database_away_it_says_what_the_process_knows(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    client = create_app(stage.parts).test_client()
    with table_away(stage.parts.engine, "measures"):
        half = client.get("/metrics").text
    with table_away(stage.parts.engine, "contact_events"):
        stage.call(YOUTH)
        away = client.get("/metrics").text

    assert value(half, "database_up") == 0  # somebody must look, and no call has been harmed
    assert value(half, "database_away_seconds") == 0
    assert value(away, "database_up") == 0
    assert value(away, "database_away_seconds") > 0
    assert value(away, "spool_bytes") > 0
    assert value(away, "on_standby", line="eftervard") == 2
    assert "contacts_total" not in away
    assert value(page(stage), "database_up") == 0  # until the journal is mended
    stage.parts.mirror.refresh()
    assert value(page(stage), "spool_bytes") == 0
    assert value(page(stage), "database_up") == 1


def test_the_database_is_asked_once_in_ten_seconds(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    client = create_app(stage.parts).test_client()
    asked: list[str] = []
    sa.event.listen(stage.parts.engine, "begin", lambda _: asked.append("begin"))

    for _ in range(5):
        client.get("/metrics")

    assert len(asked) == 1


def test_two_clocks_count_a_contact_once_and_it_stays_when_the_contact_goes(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    stage.call(YOUTH)
    engine, organisation = stage.parts.engine, stage.organisation
    now = stage.parts.clock()

    assert count_contacts(engine, organisation, now) == 0  # its last word may be on its way
    assert count_contacts(engine, organisation, now + timedelta(minutes=2)) == 1
    assert count_contacts(engine, organisation, now + timedelta(minutes=2)) == 0
    (known,) = {str(row["id"]) for row in rows(engine, "counted")}
    with engine.begin() as connection:  # one that had looked before the other wrote
        assert measures.claim(connection, [ContactId(known)], now) == frozenset()
    with engine.begin() as connection:
        connection.execute(contact_events.delete())
    stage.call(YOUTH)
    later(stage, minutes=2)
    stage.sweep(["contacts.count"])

    assert contacts(page(stage), "answered") == 2
    assert len(rows(engine, "counted")) == 2
    later(stage, days=5)
    stage.call(YOUTH)
    later(stage, minutes=2)
    stage.sweep(["contacts.count"])
    assert contacts(page(stage), "answered") + contacts(page(stage), "fallback_answered") == 3
    assert len(rows(engine, "counted")) == 1  # what is older is not looked for any more
    assert timedelta(days=4) > LOOK_BACK


def test_a_call_that_goes_on_is_counted_when_it_is_over(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.call(YOUTH)
    with stage.parts.engine.begin() as connection:
        e = contact_events.c
        ends = ["accepted", "attempt_ended", "ended", "hung_up"]
        connection.execute(contact_events.delete().where(e.kind.in_(ends)))
    later(stage, minutes=30)
    stage.sweep(["contacts.count"])

    assert contacts(page(stage), "missed") == 0
    later(stage, hours=4)
    stage.sweep(["contacts.count"])
    assert contacts(page(stage), "missed") == 1  # it has lost its end, and somebody must look


def test_what_several_processes_counted_is_one_sum(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    others = [assemble(stage.parts.settings, stage.parts.clock) for _ in range(2)]
    for one in (stage.parts, *others):
        one.tally.answered(("voice", "usual"), 0.003)
        one.tally.answered(("voice", "usual"), 40)
        one.tally.flush()

    text = page(stage)

    series = {"endpoint": "voice", "answer": "usual"}
    assert value(text, "webhook_seconds_count", **series) == 6
    assert value(text, "webhook_seconds_sum", **series) == pytest.approx(120.009)
    assert value(text, "webhook_seconds_bucket", le="0.005", **series) == 3
    for one in others:
        one.engine.dispose()


def test_what_was_counted_while_the_database_was_away_is_added_later(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    tally = stage.parts.tally
    tally.answered(("sms", "rescue"), 0.1)
    with table_away(stage.parts.engine, "measures"):
        tally.flush()
    tally.answered(("sms", "rescue"), 0.1)
    later(stage, seconds=10)
    tally.flush()

    series = {"endpoint": "sms", "answer": "rescue"}
    assert value(page(stage), "webhook_seconds_count", **series) == 2


def test_a_line_without_anybody_is_seen_before_it_opens(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at("2026-03-03T12:00")  # that evening somebody is there, and then nobody

    until = value(page(stage), "uncovered_in_seconds", line="eftervard")

    assert until == timedelta(days=1, hours=5).total_seconds()


FED = changed(('{ source = "database" }', '{ source = "ics", url = "https://example.se/a.ics" }'))


def test_a_source_and_a_canary_that_are_not_well_are_seen(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, toml=FED)
    now, line = stage.parts.clock(), EFTERVARD
    with stage.parts.engine.begin() as connection:
        feeds.claim(connection, line, "ics", timedelta(minutes=5), now - timedelta(hours=3))
        feeds.settle(connection, line, FeedState.READ, None, now - timedelta(hours=3))
        begun = canaries.begin(connection, line, now - timedelta(hours=1))
        canary = canaries.of_id(connection, begun)
        assert canary is not None
        well = Verdict(Outcome.BY_WEBHOOKS)
        canaries.finish(connection, canary, well, None, now - timedelta(hours=1))

    before = page(stage)
    with stage.parts.engine.begin() as connection:
        feeds.settle(connection, line, FeedState.AWAY, "rota_away", now - timedelta(hours=2))
        begun = canaries.begin(connection, line, now)
        canary = canaries.of_id(connection, begun)
        assert canary is not None
        canaries.finish(connection, canary, Verdict(Outcome.FAILED, Fault.SILENT), None, now)
    after = page(stage)

    assert value(before, "feed_trouble_seconds", line=line) == 0
    assert value(before, "canary_ok", line=line) == 1
    assert value(before, "canary_age_seconds", line=line) == 3600
    assert value(after, "feed_trouble_seconds", line=line) == 7200
    assert value(after, "feed_age_seconds", line=line) == 10800
    assert value(after, "canary_ok", line=line) == 0


def test_a_sweep_that_fails_is_counted_and_grows_old(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.sweep(["missed.alert"], live=True)
    stage.parts.tally.flush()
    later(stage, minutes=20)
    with table_away(stage.parts.engine, "contact_events"):
        stage.sweep(["missed.alert"], live=True)
    stage.parts.tally.flush()
    stage.parts.mirror.refresh()

    text = page(stage)

    assert value(text, "sweeps_failed_total", sweep="missed.alert", reason="waits") == 1
    assert value(text, "sweep_age_seconds", sweep="missed.alert") == 1200
    later(stage, days=8)
    assert 'sweep_age_seconds{sweep="missed.alert"}' not in page(stage)  # no clock knows it now


def test_the_names_end_as_prometheus_wants_them() -> None:
    for measure in MEASURES:
        assert measure.name.startswith("beredskap_")
        assert not measure.name.endswith("_total")  # which the counters get in the text
        assert (measure.kind is Kind.HISTOGRAM) == bool(measure.buckets)
