"""What the doctor finds, from a service in health and one thing wrong at a time."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.console.doctor_words import WORDS
from app.review.coverage import Coverage, cover
from app.review.diagnosis import Diagnosis, may_lose_a_call
from app.review.doctor import (
    BEATS_WITHIN,
    MANY_FAILED,
    OLD,
    OVERDUE,
    REFUSED_AFTER,
    REFUSED_MANY,
    diagnose,
)
from app.review.doctor_files import SNAPSHOT_WITHIN
from app.review.doctor_people import EXPIRES_WITHIN, SOON
from app.review.system import Database, Failed, FeedOf, Known, Outbox, System, beats
from app.review.system_files import Files
from app.settings import Settings
from app.store.feeds import FeedState, FeedStatus
from app.store.pulses import CLOCK, WEBHOOK, Pulse, unsigned_on
from app.store.spool import LIMIT
from routing.finding import Severity
from routing.organisation import Mandate, Organisation, Task, Validity
from routing.rota import Rota, Shift
from tests.app.duty.before_duty import manned
from tests.app.world import settings_for
from tests.examples import (
    EFTERVARD,
    HASSELBY_VALLINGBY,
    JARVA,
    at,
    line,
    mandate,
    organisation,
    shift,
    span,
    therapist,
)

NOW = at("2026-03-03T19:04").astimezone(UTC)
A_SECOND, NO_TIME = timedelta(seconds=1), timedelta(0)
HEALTHY: Mapping[str, str] = {
    "FALLBACK_URL": "https://elsewhere.example.se/fallback.xml",
    "SMTP_URL": "smtp://mail.example.se",
    "MAIL_FROM": "jour@example.se",
}


def settings(**changed: str) -> Settings:
    return settings_for("sqlite://", Path("nowhere"), **{**HEALTHY, **changed})


def known(**changed: object) -> Known:
    """What the database of a service in health says."""
    fields: dict[str, Any] = {
        "organisation": organisation(),
        "outbox": Outbox({}, None, None, ()),
        "feeds": (),
        "beats": beats({CLOCK: Pulse(NOW, 9), WEBHOOK: Pulse(NOW, 9)}, NOW),
        "coverage": (),
        **changed,
    }
    return Known(**fields)


def system(of: Known | None = None, **changed: object) -> System:
    fields: dict[str, Any] = {
        "at": NOW,
        "database": Database("sqlite", None, "0011", "0011"),
        "files": Files(NOW, 0, 0),
        "known": of or known(),
        **changed,
    }
    return System(**fields)


def found(of: System, own: Settings | None = None) -> list[tuple[str, Severity]]:
    return [(one.code, one.severity) for one in diagnose(of, own or settings())]


def wrong_with(**changed: object) -> list[tuple[str, Severity]]:
    """What is found where the database says something else."""
    return found(system(known(**changed)))


def error(code: str) -> list[tuple[str, Severity]]:
    return [(code, Severity.ERROR)]


def warning(code: str) -> list[tuple[str, Severity]]:
    return [(code, Severity.WARNING)]


def covered(*shifts: Shift, of: Organisation | None = None) -> tuple[Coverage, ...]:
    fortnight = span("2026-03-03T19:04", "2026-03-17T19:04")
    rota = Rota(EFTERVARD, shifts, source="database", read_at=NOW)
    return (cover(of or organisation(), line(), rota, fortnight),)


def test_a_service_in_health_has_nothing_wrong_with_it() -> None:
    assert found(system(known(coverage=covered(*manned())))) == []
    assert not may_lose_a_call(())


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"TWILIO_AUTH_TOKEN": ""}, error("no_token")),
        ({"TWILIO_ACCOUNT_SID": ""}, error("no_account")),
        ({"PUBLIC_URL": ""}, error("public_url_at_home")),
        ({"PUBLIC_URL": "https://localhost/x"}, error("public_url_at_home")),
        ({"PUBLIC_URL": "http://jour.example.se"}, warning("public_url_open")),
        ({"FALLBACK_URL": ""}, error("no_fallback_url")),
        ({"SMTP_URL": ""}, warning("no_mail")),
    ],
)
def test_settings(changed: dict[str, str], expected: list[tuple[str, Severity]]) -> None:
    assert found(system(), settings(**changed)) == expected


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        (Database("sqlite", "OperationalError", None, "0011"), error("database_away")),
        (Database("sqlite", None, None, "0011"), error("no_tables")),
        (Database("sqlite", None, "0010", "0011"), error("not_migrated")),
    ],
)
def test_the_database(database: Database, expected: list[tuple[str, Severity]]) -> None:
    assert found(System(NOW, database, Files(NOW, 0, 0), None), settings()) == expected


def test_without_an_organisation_no_call_is_routed() -> None:
    assert wrong_with(organisation=None) == error("no_organisation")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (Files(NOW - SNAPSHOT_WITHIN, 0, 0), []),
        (Files(NOW - SNAPSHOT_WITHIN - A_SECOND, 0, 0), warning("old_snapshot")),
        (Files(None, 0, 0), warning("no_snapshot")),
        (Files(NOW, 1, 0), warning("spooled")),
        (Files(NOW, 1, 0, NOW - timedelta(minutes=4)), warning("spooled")),
        (Files(NOW, 1, 0, NOW - timedelta(minutes=6)), error("spool_stuck")),
        (Files(NOW, LIMIT // 2 + 1, 0, NOW), error("spool_fills")),
        (Files(NOW, 0, 1), warning("spool_refused")),
    ],
)
def test_files(files: Files, expected: list[tuple[str, Severity]]) -> None:
    assert found(system(files=files)) == expected


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (BEATS_WITHIN, []),
        (BEATS_WITHIN + A_SECOND, error("clock_stopped")),
        (None, error("clock_never")),
    ],
)
def test_the_clock(ago: timedelta | None, expected: list[tuple[str, Severity]]) -> None:
    pulses = {} if ago is None else {CLOCK: Pulse(NOW - ago, 1)}
    assert wrong_with(beats=beats(pulses, NOW)) == expected


def refused(count: int, day: int = 0, accepted: timedelta | None = NO_TIME) -> dict[str, Pulse]:
    last = NOW - timedelta(days=day)
    pulses = {CLOCK: Pulse(NOW, 1), unsigned_on(last.date()): Pulse(last, count)}
    return pulses if accepted is None else {**pulses, WEBHOOK: Pulse(last - accepted, 1)}


@pytest.mark.parametrize(
    ("pulses", "expected"),
    [
        (refused(REFUSED_MANY - 1), []),
        (refused(REFUSED_MANY), warning("many_unsigned")),
        (refused(REFUSED_MANY, day=1), warning("many_unsigned")),
        (refused(REFUSED_MANY, day=2), []),
        (refused(REFUSED_AFTER - 1, accepted=None), []),
        (refused(REFUSED_AFTER, accepted=None), error("only_unsigned")),
        (refused(REFUSED_AFTER, accepted=SOON), []),
        (refused(REFUSED_AFTER, accepted=SOON + A_SECOND), error("only_unsigned")),
    ],
)
def test_requests_without_a_signature(
    pulses: dict[str, Pulse], expected: list[tuple[str, Severity]]
) -> None:
    assert wrong_with(beats=beats(pulses, NOW)) == expected


def refused_of(ours: int, others: int, day: int = 0) -> dict[str, Pulse]:
    last = NOW - timedelta(days=day)
    of_ours = {unsigned_on(last.date(), is_ours=True): Pulse(last, ours)} if ours else {}
    return {**refused(ours + others, day), **of_ours}


@pytest.mark.parametrize(
    ("pulses", "expected"),
    [
        (refused_of(1, 0), warning("some_unsigned")),
        (refused_of(1, 0, day=1), warning("some_unsigned")),
        (refused_of(1, 0, day=2), []),
        (refused_of(0, REFUSED_MANY - 1), []),  # strangers, as many as there are anywhere
        (refused_of(REFUSED_MANY, REFUSED_MANY - 1), warning("some_unsigned")),
        (
            refused_of(1, REFUSED_MANY),
            [*warning("some_unsigned"), *warning("many_unsigned")],
        ),
        ({**refused(3, accepted=None), **refused_of(3, 0), WEBHOOK: Pulse(NOW - 2 * SOON, 1)},
         error("only_unsigned")),
    ],
)  # fmt: skip
def test_requests_that_name_our_account_and_are_refused_beside_good_ones(
    pulses: dict[str, Pulse], expected: list[tuple[str, Severity]]
) -> None:
    assert wrong_with(beats=beats(pulses, NOW)) == expected


def outbox(**changed: object) -> Outbox:
    fields: dict[str, Any] = {"counts": {}, "oldest": None, "overdue": None, "failed": ()}
    return Outbox(**{**fields, **changed})


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        (outbox(oldest=NOW - OLD, overdue=NOW - OVERDUE), []),
        (outbox(oldest=NOW - OLD, overdue=NOW - OVERDUE - A_SECOND), error("outbox_stuck")),
        (outbox(oldest=NOW - OLD - A_SECOND, overdue=NOW), warning("outbox_slow")),
        (outbox(failed=(Failed("text", "30007", MANY_FAILED - 1, NOW),)), []),
        (outbox(failed=(Failed("text", "30007", MANY_FAILED, NOW),)), warning("many_failed")),
    ],
)
def test_letters(letters: Outbox, expected: list[tuple[str, Severity]]) -> None:
    assert wrong_with(outbox=letters) == expected


@pytest.mark.parametrize(
    ("state", "minutes", "expected"),
    [
        (FeedState.READ, 600, []),
        (FeedState.REFUSED, 0, warning("feed_refused")),
        (FeedState.HELD, 0, warning("feed_held")),
        (FeedState.AWAY, 60, []),
        (FeedState.AWAY, 61, warning("feed_away")),
        (FeedState.NEVER_READ, 61, warning("feed_away")),
    ],
)
def test_feeds(state: FeedState, minutes: int, expected: list[tuple[str, Severity]]) -> None:
    status = FeedStatus(state, NOW - timedelta(minutes=minutes), None, None)
    assert wrong_with(feeds=(FeedOf(EFTERVARD, "ics", status),)) == expected


def without(day: str, position: int = 1) -> list[Shift]:
    """Every evening manned but one position of one."""
    return [
        one
        for one in manned()
        if one.position != position or not one.time.start.isoformat().startswith(day)
    ]


@pytest.mark.parametrize(
    ("shifts", "expected"),
    [
        (without("2026-03-03"), error("nobody_first")),
        (without("2026-03-04"), error("nobody_first")),
        (without("2026-03-05"), warning("nobody_first")),
        (without("2026-03-03", position=2), warning("nobody_behind")),
        (
            [*without("2026-03-04", 2), shift("t4", "2026-03-04T17:00", "2026-03-04T22:00", 2)],
            warning("rota_odd"),
        ),
        (
            [*without("2026-03-04"), shift("t9", "2026-03-04T17:00", "2026-03-04T22:00")],
            error("cannot_be_rung"),
        ),
    ],
)
def test_the_rota(shifts: list[Shift], expected: list[tuple[str, Severity]]) -> None:
    assert wrong_with(coverage=covered(*shifts)) == expected


def test_what_is_wrong_each_evening_is_said_once_with_its_number() -> None:
    nobody = diagnose(
        system(known(coverage=covered(*manned("2026-03-01", "2026-03-10")))), settings()
    )

    (behind, first) = sorted(nobody, key=lambda one: one.code)
    assert (first.code, first.values["count"], behind.values["count"]) == ("nobody_first", 8, 8)
    assert first.values["start"] == at("2026-03-10T17:00")


def test_a_line_without_a_fallback_leaves_callers_with_words() -> None:
    (coverage,) = covered(*manned())
    alone = replace(coverage, line=line(fallback=()))

    assert wrong_with(coverage=(alone,)) == warning("no_fallback")


TODAY = date(2026, 3, 3)
LAST = TODAY + EXPIRES_WITHIN


def ending(last: date, *more: Mandate) -> Organisation:
    ours = mandate(HASSELBY_VALLINGBY, JARVA, valid=Validity(date(2025, 4, 1), last))
    return organisation(mandates=(ours, *more))


def next_(**changed: object) -> Mandate:
    fields: dict[str, Any] = {"valid": Validity(LAST + timedelta(days=1), None), **changed}
    return mandate(HASSELBY_VALLINGBY, JARVA, **fields)


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (ending(LAST), warning("mandate_ends")),
        (ending(LAST + timedelta(days=1)), []),
        (ending(TODAY), warning("mandate_ends")),
        (ending(TODAY - timedelta(days=1)), []),  # what is over is seen in the rota
        (ending(LAST, next_()), []),
        (ending(LAST, next_(tasks=frozenset({Task.FOLLOW_UP}))), warning("mandate_ends")),
        (
            ending(LAST, next_(valid=Validity(LAST + timedelta(days=2), None))),
            warning("mandate_ends"),
        ),
        (ending(LAST, mandate(JARVA, HASSELBY_VALLINGBY)), warning("mandate_ends")),
    ],
)
def test_mandates(of: Organisation, expected: list[tuple[str, Severity]]) -> None:
    assert wrong_with(organisation=of) == expected


def test_therapists_without_a_telephone() -> None:
    people = (
        therapist(1, phone=None),
        therapist(2, phone=None, active=Validity(None, date(2026, 3, 2))),
        therapist(3),
    )
    of = organisation(therapists={one.id: one for one in people})

    assert wrong_with(organisation=of) == warning("no_phone")


def test_what_may_cost_a_call_comes_first() -> None:
    both = found(system(), settings(SMTP_URL="", FALLBACK_URL=""))

    assert [severity for _, severity in both] == [Severity.ERROR, Severity.WARNING]
    assert may_lose_a_call(diagnose(system(), settings(FALLBACK_URL="")))
    assert not may_lose_a_call(diagnose(system(), settings(SMTP_URL="")))


def everything() -> tuple[Diagnosis, ...]:
    """Of a service with much that is wrong with it at once."""
    failed = (Failed("text", "30007", 99, NOW),)
    feeds = tuple(
        FeedOf(EFTERVARD, "ics", FeedStatus(state, NOW - timedelta(days=1), None, None))
        for state in FeedState
    )
    of = known(
        outbox=outbox(oldest=NOW - OLD, overdue=NOW - OLD, failed=failed),
        feeds=feeds,
        beats=beats(refused(99, accepted=None), NOW),
        coverage=covered(shift("t9", "2026-03-04T17:00", "2026-03-04T22:00")),
        organisation=ending(LAST),
    )
    return diagnose(system(of, files=Files(None, 1, 1)), settings(SMTP_URL=""))


def test_every_sentence_can_be_said_with_what_is_found() -> None:
    for one in everything():
        values = {name: str(value) for name, value in one.values.items()}
        for words in (WORDS[one.code].what, WORDS[one.code].remedy):
            assert "%" not in words % values


def test_the_database_and_the_clock_are_found_together() -> None:
    away = System(NOW, Database("postgresql", "OperationalError"), Files(None, 0, 0), None)

    assert found(away, settings(TWILIO_AUTH_TOKEN="")) == [
        *error("no_token"),
        *error("database_away"),
        *warning("no_snapshot"),
    ]
