"""A call before a duty that the carrier never makes, or never tells of, is told of all the same."""

from collections.abc import Callable

import pytest

from app.demo.stage import Stage
from app.lab.faults import RestFault, WebhookFault
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import (
    M1,
    M2,
    NOTICE,
    WARNING,
    WITH_MANAGERS,
    at_time,
    confirmed,
    manned,
    opened,
    texts,
)
from tests.app.world import T1

ASK, CALL, TELL = "2026-03-03T15:00", "2026-03-03T16:15", "2026-03-03T16:40"


def _away(stage: Stage) -> None:
    stage.carrier.faults.add(RestFault.UNAUTHORISED, path="/Calls", times=999)


def _silent(stage: Stage) -> None:
    stage.carrier.faults.add(RestFault.REFUSED, path="/Calls", times=999)


def _refuses(stage: Stage) -> None:
    stage.carrier.account.geo_permissions = frozenset({T1, M1, M2})  # and not t4


def _asks_us_nothing(stage: Stage) -> None:
    stage.carrier.faults.add(WebhookFault.DOWN, path="/check-in/", times=999)


@pytest.mark.parametrize("wrong", [_away, _silent, _refuses, _asks_us_nothing])
def test_nobody_is_believed_to_be_there_because_no_call_was_made(
    wrong: Callable[[Stage], None], sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at("2026-03-03T14:58", shifts=manned(), toml=WITH_MANAGERS, strict=False)
    stage.carrier.set_phones({}, default="answer 3, press 1 after 3")
    at_time(stage, ASK)
    wrong(stage)

    at_time(stage, CALL, "2026-03-03T16:30", TELL, "2026-03-03T16:41")

    assert "t4" not in confirmed(stage)
    assert ("CHECK_IN", "t4") in opened(stage)
    assert len(texts(stage, T1, WARNING)) == 1
    assert len(texts(stage, M2, NOTICE)) == 1  # t4 is Järva's
