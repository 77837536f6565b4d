"""When the line is open, and what depends on dates: holidays, clock changes, mandates, clients."""

from datetime import date

import pytest

from routing.ids import ClientId
from routing.organisation import Validity
from tests.app.conftest import StageAt
from tests.app.world import (
    ANSWERS,
    SILENT,
    YOUTH,
    changed,
    evening,
    logged,
    reached,
    rows,
    tried,
)
from tests.examples import entry, shift

EVENING = "2026-03-03T19:04"
WITHHELD = {
    "in words": "anonymous",
    "by nothing": "",
    "as ANONYMOUS": "+266696687",
    "as RESTRICTED": "+7378742833",
    "as RESTRICTED in America": "+17378742833",
    "in another word": "Restricted",
}


@pytest.mark.parametrize("shown", WITHHELD)
def test_a_withheld_caller_is_helped_and_is_nobody_in_particular(
    shown: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)

    first, second = (stage.call(WITHHELD[shown], phones={"t4": ANSWERS}) for _ in range(2))

    assert reached(first) == reached(second) == "t4"
    labels = [str(logged(stage, call.sid)["caller"]) for call in (first, second)]
    assert all(label.startswith("withheld-") for label in labels)
    assert labels[0] != labels[1]
    received = [r for r in rows(stage.parts.engine, "contact_events") if r["kind"] == "received"]
    assert {(r["caller_key"], r["caller_number"], r["home_district"]) for r in received} == {
        (None, None, None)
    }


@pytest.mark.parametrize(
    ("moment", "rung"),
    [
        ("2026-03-03T16:59:59", ["office"]),  # a Tuesday's opening
        ("2026-03-03T17:00:00", ["t4"]),
        ("2026-03-03T21:59:59", ["t4"]),
        ("2026-03-03T22:00:00", ["fallback"]),
        ("2026-04-03T10:00:00", ["t4"]),  # Good Friday opens as a Saturday does
        ("2026-04-03T09:59:59", ["fallback"]),  # and no office is staffed before
        ("2026-06-19T11:00:00", ["t4"]),  # Midsummer Eve
        ("2026-12-24T11:00:00", ["t4"]),
        ("2026-12-31T11:00:00", ["t4"]),
        ("2026-06-18T11:00:00", ["office"]),  # the day before the eve is like any other
    ],
)
def test_the_line_opens_by_the_calendar(
    moment: str, rung: list[str], sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(moment, shifts=evening(moment[:10], opens="08:00"))

    call = stage.call(YOUTH, default="answer 3, press 1 after 3, talk 5")

    assert tried(call) == rung


NIGHTS = (
    'hours = [\n  { days = ["mon", "tue", "wed", "thu", "fri"], from = "17:00", to = "22:00" },\n'
    '  { days = ["sat", "sun", "holiday", "eve"], from = "10:00", to = "22:00" },\n]'
)
ALWAYS = (
    'hours = [{ days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], '
    'from = "00:00", to = "24:00" }]'
)
CHANGES_OF_WATCH = [
    shift("t4", "2026-03-28T20:00", "2026-03-29T03:00"),  # three comes after two hours less one
    shift("t1", "2026-03-29T03:00", "2026-03-29T08:00"),
    shift("t4", "2026-10-24T20:00", "2026-10-25T02:30+02:00"),
    shift("t1", "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"),
    shift("t2", "2026-10-25T02:30+01:00", "2026-10-25T08:00"),
]


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        ("2026-03-29T01:59:59+01:00", "t4"),
        ("2026-03-29T03:00:00+02:00", "t1"),
        ("2026-10-25T02:29:59+02:00", "t4"),
        ("2026-10-25T02:30:00+02:00", "t1"),
        ("2026-10-25T02:29:59+01:00", "t1"),
        ("2026-10-25T02:30:00+01:00", "t2"),
    ],
)
def test_on_a_night_when_the_clocks_change_the_one_on_watch_is_rung(
    moment: str, who: str, engine_stage_at: StageAt
) -> None:
    stage = engine_stage_at(moment, shifts=CHANGES_OF_WATCH, toml=changed((NIGHTS, ALWAYS)))

    call = stage.call(YOUTH, default=ANSWERS)

    assert reached(call) == who


@pytest.mark.parametrize(
    ("moment", "rung"),
    [("2027-12-31T19:00", ["t1", "fallback"]), ("2028-01-01T19:00", ["fallback"])],
)
def test_a_mandate_ends_with_its_last_day(
    moment: str, rung: list[str], sqlite_stage_at: StageAt
) -> None:
    own = [shift("t1", f"{moment[:10]}T10:00", f"{moment[:10]}T22:00")]
    stage = sqlite_stage_at(moment, shifts=own)

    call = stage.call(YOUTH, default=SILENT)

    assert tried(call) == rung


def test_a_client_whose_time_is_over_is_a_stranger(sqlite_stage_at: StageAt) -> None:
    past = entry(YOUTH, client=ClientId("K-9"), validity=Validity(None, date(2026, 3, 2)))
    stage = sqlite_stage_at(EVENING, entries=[past])

    call = stage.call(YOUTH, default=ANSWERS)

    assert str(logged(stage, call.sid)["caller"]).startswith("unknown-")
