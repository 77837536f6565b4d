"""Whose the faults of a rota are: people who may not or cannot be rung, and how managers hear."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.bootstrap import assemble
from app.clock import Sweep
from app.demo.stage import Stage
from app.sweeps import sweeps
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import (
    AGREED,
    M2,
    MANAGERS,
    WITH_MANAGERS,
    at_time,
    found,
    manned,
    notices,
    opened,
    together,
    without,
)
from tests.app.duty.post_office import MailServer, mail_server
from tests.app.texts.talk import (
    MANDATE_OF_JARVA,
    T4_IN_THE_FILE,
    WiredCarrier,
    reload_organisation,
    writes,
)
from tests.app.world import NAMES, T4, changed, rows
from tests.examples import ORGANISATION_TOML, at, shift

WATCH = ("rota.watch", "outbox.send")
NIGHT = "2026-03-03T02:00"


# People.


def test_a_double_booking_is_told_to_the_employer_of_who_came_second(
    sqlite_stage_at: StageAt,
) -> None:
    twice = shift("t5", "2026-03-03T19:00", "2026-03-03T22:00", 1)
    stage = sqlite_stage_at("2026-03-03T12:00", shifts=[*manned(), twice], toml=WITH_MANAGERS)

    at_time(stage, "2026-03-03T12:00", sweeps=WATCH)

    assert found(stage) == [("2026-03-03 19:00", "22:00", "t5")]
    assert notices(stage) == (0, 1)


def test_one_person_in_two_positions_is_told_to_her_employer(sqlite_stage_at: StageAt) -> None:
    evening = ("2026-03-03T17:00", "2026-03-03T22:00")
    shifts = [*without("2026-03-03"), shift("t1", *evening, 1), shift("t1", *evening, 2)]
    stage = sqlite_stage_at("2026-03-03T12:00", shifts=shifts, toml=WITH_MANAGERS)

    at_time(stage, "2026-03-03T12:00", sweeps=WATCH)

    assert found(stage) == [("2026-03-03 17:00", "22:00", "t1")]
    assert notices(stage) == (1, 0)


@pytest.mark.parametrize(
    ("toml", "who", "told"),
    [
        (changed((MANDATE_OF_JARVA, ""), AGREED), "t1", (1, 0)),
        (changed(('phone = "+46701740605"\n', ""), AGREED), "t1", (1, 0)),
        (
            changed((T4_IN_THE_FILE, T4_IN_THE_FILE + "active_to = 2026-03-02\n"), AGREED),
            "t4",
            (0, 1),
        ),
    ],
    ids=["no mandate", "no telephone", "no longer active"],
)
def test_who_cannot_or_may_not_be_rung_is_told_to_her_employer(
    toml: str, who: str, told: tuple[int, int], sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at("2026-03-03T12:00", shifts=manned(), toml=toml + MANAGERS)

    at_time(stage, "2026-03-03T12:00", sweeps=WATCH)

    assert {whose for _, _, whose in found(stage)} == {who}
    assert {rule for rule, _ in opened(stage)} == {"R20"}
    assert notices(stage) == told


def test_who_is_in_no_organisation_file_concerns_every_district(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at("2026-03-03T12:00", shifts=manned(first="t99"), toml=WITH_MANAGERS)

    at_time(stage, "2026-03-03T12:00", sweeps=WATCH)

    assert notices(stage) == (1, 1)


def test_who_takes_no_texts_is_told_of_until_she_takes_them_again(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at("2026-03-03T12:00", shifts=manned(), toml=WITH_MANAGERS)
    writes(stage, T4, "STOP")

    at_time(stage, "2026-03-03T12:01", sweeps=WATCH)
    assert notices(stage) == (0, 1)
    assert {whose for _, _, whose in found(stage)} == {"t4"}
    writes(stage, T4, "START")
    at_time(stage, "2026-03-03T12:05", "2026-03-04T09:00", sweeps=WATCH)

    assert (opened(stage), notices(stage)) == ([], (0, 1))


@pytest.mark.parametrize("toml", [WITH_MANAGERS, changed(AGREED)], ids=["managers", "none"])
def test_two_clocks_tell_once_and_without_managers_nobody(
    toml: str, engine_stage_at: StageAt
) -> None:
    stage = engine_stage_at(NIGHT, shifts=without("2026-03-03"), toml=toml)

    together(stage, *WATCH)
    together(stage, *WATCH)

    is_told = 1 if toml == WITH_MANAGERS else 0
    assert notices(stage) == (is_told, is_told)
    assert len(stage.carrier.messages) == 2 * is_told
    assert len(opened(stage)) == 2


@pytest.mark.slow
def test_two_clocks_that_meet_again_and_again_are_in_nobody_s_way(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(NIGHT, shifts=without("2026-03-03"), toml=WITH_MANAGERS)
    afresh = ("DELETE FROM watched", "UPDATE watched SET told_at = NULL", "DELETE FROM outbox")

    for meeting in range(16):
        with stage.parts.engine.begin() as connection:
            connection.exec_driver_sql(afresh[meeting % 2])
            connection.exec_driver_sql(afresh[2])
        together(stage, "rota.watch")  # a clock that fails fails the test

        assert len(rows(stage.parts.engine, "outbox")) == 2
        assert len(opened(stage)) == 2


def test_managers_who_come_later_are_told_what_is_open(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at("2026-03-03T12:00", shifts=without("2026-03-03"))
    at_time(stage, "2026-03-03T12:00", sweeps=WATCH)

    reload_organisation(stage, WITH_MANAGERS)
    at_time(stage, "2026-03-03T12:05", sweeps=WATCH)

    assert notices(stage) == (1, 1)


def test_no_notice_holds_a_name_a_number_or_a_district(sqlite_stage_at: StageAt) -> None:
    twice = shift("t5", "2026-03-03T19:00", "2026-03-03T22:00", 1)
    shifts = [*without("2026-03-04"), twice]
    toml = changed((MANDATE_OF_JARVA, ""), AGREED) + MANAGERS
    stage = sqlite_stage_at("2026-03-03T12:00", shifts=shifts, toml=toml)

    at_time(stage, "2026-03-03T12:00", sweeps=WATCH)

    said = " ".join(message.body for message in stage.carrier.messages)
    assert notices(stage) == (1, 1)
    facts = ["t1", "t4", "t5", "Therapist", "Manager", "Järva", "jarva", "Hässelby", "Eftervård"]
    assert not [fact for fact in (*facts, *(n[3:] for n in NAMES)) if fact in said]


# By mail.


class Post:
    """The same rows, and a clock that has a mail server as well as the carrier."""

    def __init__(self, stage: Stage, server: MailServer) -> None:
        own = replace(stage.parts.settings, smtp_url=server.url, mail_from="Jouren <j@example.se>")
        parts = assemble(own, clock=stage.carrier.now)
        known = sweeps(parts, WiredCarrier(stage))
        self.sweeps: list[Sweep] = [known[name][0] for name in WATCH]
        self.stage, self.server = stage, server

    def at(self, *moments: str) -> None:
        for moment in moments:
            self.stage.carrier.run_until(at(moment))
            for sweep in self.sweeps:
                sweep()

    def mailed(self) -> list[str]:
        return sorted(to for to, _ in self.server.mails)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def test_what_can_wait_goes_by_mail_and_what_is_urgent_by_text(
    engine_stage_at: StageAt, server: MailServer
) -> None:
    shifts = without("2026-03-12")
    post = Post(engine_stage_at("2026-03-03T03:00", shifts=shifts, toml=WITH_MANAGERS), server)

    post.at("2026-03-03T03:00", "2026-03-03T07:59")
    assert post.mailed() == []
    post.at("2026-03-03T08:00", "2026-03-03T08:01", "2026-03-03T15:00")
    assert post.mailed() == ["m1@example.org", "m2@example.org"]
    assert post.stage.carrier.messages == []
    post.at("2026-03-11T17:00")
    assert len(post.mailed()) == 2
    assert notices(post.stage) == (1, 1)

    _, mail = server.mails[0]
    said = f"{mail['Subject']} {mail.get_content()}"
    assert "först 12/3 17:00" in said
    facts = ("Järva", "jarva", "Hässelby", "Eftervård", "t4", "t1", "17406", "Manager")
    assert not [fact for fact in facts if fact in said]


def test_who_has_only_a_telephone_or_only_mail_is_told_by_that(
    sqlite_stage_at: StageAt, server: MailServer
) -> None:
    managers = MANAGERS.replace('email = "m1@example.org"\n', "").replace(f'phone = "{M2}"\n', "")
    shifts = without("2026-03-03", "2026-03-12")
    toml = ORGANISATION_TOML + managers
    post = Post(sqlite_stage_at("2026-03-03T10:00", shifts=shifts, toml=toml), server)

    post.at("2026-03-03T10:00")

    assert post.mailed() == ["m2@example.org"]
    assert notices(post.stage) == (1, 0)
    post.at("2026-03-03T17:00", "2026-03-03T17:01")
    assert post.mailed() == ["m2@example.org"] * 2
    assert notices(post.stage) == (2, 0)
