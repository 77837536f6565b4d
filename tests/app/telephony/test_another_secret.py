"""Another SECRET_KEY while somebody calls: at whatever moment, it ends with a person or advice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.bootstrap import Parts, assemble, create_app
from app.demo.stage import Stage
from app.lab.call import Call
from app.lab.transport import WsgiTransport
from app.store import calendar_links
from tests.app.conftest import StageAt
from tests.app.telephony.test_calling_back import CODE, missed, with_code
from tests.app.texts.talk import writes
from tests.app.texts.test_reading_on_the_page import browser, link_in, notice_stage, opened
from tests.app.world import FALLBACK, STRANGER, T4, YOUTH, heard_in, logged, reached
from tests.examples import EFTERVARD

EVENING = "2026-03-03T19:04"
# She is asked from the sixth second, presses a second-and-a-half later, and they talk.
TAKES = {T4: "answer 4, press 1 after 5, talk 20", FALLBACK: "answer 3, talk 9"}


def with_another_secret(stage: Stage) -> Parts:
    """All processes are stopped, and started again."""
    own = replace(stage.parts.settings, secret_key="another secret, as long as the first")
    parts = assemble(own, clock=stage.carrier.now)
    parts.mirror.refresh()
    return parts


def turned(
    stage: Stage, caller: str, second: float, phones: dict[str, str] = TAKES, does: str = ""
) -> Call:
    """A call in which, at that *second*, all processes are started again with another secret."""
    call = stage.carrier.begin_call(caller, caller=does, phones=phones)
    stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=second))
    stage.carrier.transport = WsgiTransport(create_app(with_another_secret(stage)))
    stage.carrier.run()
    return call


@pytest.mark.parametrize(
    ("second", "by", "outcome"),
    [
        (2, "fallback", "missed"),  # her telephone rings, and she is hung up on when she picks up
        (7, "t4", "missed"),  # she has heard that it is the line: her key still counts
        (12, "t4", "answered"),
        (25, "t4", "answered"),
    ],
    ids=["it rings", "she is asked", "they begin to talk", "they talk"],
)
def test_a_caller_still_reaches_a_person(
    second: float, by: str, outcome: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)

    call = turned(stage, YOUTH, second)

    assert reached(call) == by
    assert logged(stage, call.sid)["outcome"] == outcome  # somebody is told of one that is missed


def test_whoever_was_asked_for_the_district_reaches_the_fallback(sqlite_stage_at: StageAt) -> None:
    call = turned(sqlite_stage_at(EVENING), STRANGER, 2, does="press 1 after 3")

    assert reached(call) == "fallback"


def test_where_the_fallback_is_silent_too_the_caller_hears_what_to_do(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)

    call = turned(stage, YOUTH, 2, {FALLBACK: "no answer"})

    assert heard_in(call, "ring 1 1 2")
    assert logged(stage, call.sid)["outcome"] == "missed"


def test_a_therapist_who_was_asked_for_her_code_is_put_through_to_the_fallback(
    sqlite_stage_at: StageAt,
) -> None:
    """She calls the line again, and the one who waits for her waits on."""
    stage = with_code(sqlite_stage_at(EVENING), "t4")
    missed(stage, YOUTH)

    call = turned(stage, T4, 1, {FALLBACK: "answer 3, talk 9"}, f"press {CODE}#, press 1")

    assert call.dialled == [FALLBACK]


def test_what_is_read_by_a_link_is_read_by_it_still(sqlite_stage_at: StageAt) -> None:
    """Who had shown her code is asked for it again; a calendar notices nothing."""
    stage = notice_stage(sqlite_stage_at)
    writes(stage, YOUTH, "Kan någon ringa?")
    reader = browser(stage)
    assert "Kan någon ringa?" in opened(stage, reader)
    with stage.parts.engine.begin() as connection:
        token = calendar_links.make(connection, EFTERVARD, None, stage.parts.clock())
    link = link_in(stage, T4)
    assert "Kan någon ringa?" in reader.get(link).text

    reader.application = create_app(with_another_secret(stage))  # the browser and its cookie stay

    assert "Kan någon ringa?" not in reader.get(link).text
    assert "Kan någon ringa?" in opened(stage, reader)
    assert reader.get(f"/calendar/{token}.ics").status_code == 200
