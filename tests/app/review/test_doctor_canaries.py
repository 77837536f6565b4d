"""What the doctor says of the calls that lines make to themselves."""

from datetime import timedelta

import pytest

from app.console.doctor_words import WORDS
from app.review.canaries import LATE_AFTER, CanaryOf, of_canaries
from app.store.canaries import Canary
from routing.canary import Fault, Outcome
from routing.finding import Severity
from tests.app.review.test_doctor import A_SECOND, NOW
from tests.examples import EFTERVARD

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


def last(outcome: Outcome, fault: Fault | None = None, ago: timedelta = A_SECOND) -> CanaryOf:
    over_at = NOW - ago
    one = Canary(
        "id", EFTERVARD, over_at, False, 1, 0, over_at, over_at, outcome, fault, "21216", None
    )  # fmt: skip
    return CanaryOf(EFTERVARD, one, over_at)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (last(Outcome.PASSED), []),
        (last(Outcome.FAILED, Fault.NOT_BACK), [("canary_failed", ERROR)]),
        (last(Outcome.FAILED, Fault.NOT_MADE), [("canary_not_made", ERROR)]),
        (last(Outcome.FAILED, Fault.SILENT), [("canary_silent", ERROR)]),
        (last(Outcome.BY_WEBHOOKS), [("canary_by_webhooks", INFO)]),
        (last(Outcome.PASSED, ago=LATE_AFTER), []),
        (last(Outcome.PASSED, ago=LATE_AFTER + A_SECOND), [("canary_late", WARNING)]),
        # One that has just been put up has had none, and need not have.
        (CanaryOf(EFTERVARD, None, None), []),
        (CanaryOf(EFTERVARD, None, NOW - LATE_AFTER), []),
        (CanaryOf(EFTERVARD, None, NOW - LATE_AFTER - A_SECOND), [("canary_late", WARNING)]),
    ],
)
def test_canaries(found: CanaryOf, expected: list[tuple[str, Severity]]) -> None:
    said = list(of_canaries([found], NOW))

    assert [(one.code, one.severity) for one in said] == expected
    for one in said:
        values = {name: str(value) for name, value in one.values.items()}
        assert "%" not in WORDS[one.code].what % values + WORDS[one.code].remedy % values
