"""Found afterwards: nights and days, pages, strangers, colleagues, lines, and late handovers."""

from datetime import UTC

import pytest

from app.lab.faults import RestFault
from app.store import pulses, staff
from app.store.contacts import in_call
from app.store.database import reading
from app.telephony.reconcile import reconcile_when_due
from routing.errors import CarrierUnavailable
from routing.ids import ContactId
from routing.organisation import Validity
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import at_time
from tests.app.duty.desk import CLOCK, acknowledge, filed, handed_over
from tests.app.telephony.test_calling_back import DIALS, with_code
from tests.app.texts.talk import WiredCarrier
from tests.app.world import (
    GUARDIAN,
    LINE,
    STRANGER,
    T1,
    T4,
    YOUTH,
    contact_of,
)
from tests.examples import HASSELBY_VALLINGBY, ORGANISATION_TOML, at, entry
from tests.faults.away import (
    BACK,
    begins,
    comes_back,
    compared,
    goes_away,
    log_of,
    outcomes,
    wait,
)

SEVEN = "2026-03-03T19:00"
OTHER_LINE = "+46846500440"
_LINE = ORGANISATION_TOML[ORGANISATION_TOML.index("[[lines]]") :].partition("[working_time]")[0]
TWO_LINES = ORGANISATION_TOML + _LINE.replace("eftervard", "dagjour").replace(LINE, OTHER_LINE)


def test_more_than_a_page_is_read_to_its_end(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    goes_away(stage)
    calls = [stage.call(STRANGER, caller="hang up after 1") for _ in range(52)]
    texts = [stage.text(YOUTH, f"Hej {n}") for n in range(51)]
    wait(stage, minutes=20)

    tally = compared(stage, SEVEN)

    assert (tally.calls_added, tally.texts_added) == (52, 51)
    assert {c.id for c in log_of(stage)} == {c.sid for c in calls} | {t.sid for t in texts}


@pytest.mark.parametrize(
    ("evening", "night", "morning"),
    [
        ("2026-03-03T23:50", "2026-03-04T00:20", "2026-03-04T09:00"),
        ("2026-03-28T23:50", "2026-03-29T03:10", "2026-03-29T09:00"),  # an hour is skipped
        ("2026-10-24T23:50", "2026-10-25T02:30", "2026-10-25T09:00"),  # an hour comes twice
    ],
)
def test_a_night_of_any_kind_is_found_whole(
    sqlite_stage_at: StageAt, evening: str, night: str, morning: str
) -> None:
    stage = sqlite_stage_at(evening, strict=False, shifts=[])
    begins(stage)
    goes_away(stage)
    first = stage.call(GUARDIAN)
    at_time(stage, night, sweeps=())
    second = stage.call(GUARDIAN)

    comes_back(stage, morning)

    assert [contact.id for contact in log_of(stage)] == [first.sid, second.sid]
    assert contact_of(stage, second.sid).received_at == at(night).astimezone(UTC)


def test_days_are_caught_up_one_at_a_time(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    begins(stage)
    goes_away(stage)
    calls = []
    for day in range(3, 9):
        at_time(stage, f"2026-03-0{day}T20:00", sweeps=())
        calls.append(stage.call(GUARDIAN))
    stage.carrier.faults.clear()
    # The third day cannot be had: what came before it stays, and the mark with it.
    stage.carrier.faults.add(RestFault.ERROR_BEFORE, path="/Messages.json", skip=2)
    at_time(stage, "2026-03-08T21:00", sweeps=())
    with pytest.raises(CarrierUnavailable):
        reconcile_when_due(stage.parts.exchange, WiredCarrier(stage), stage.parts.clock())
    with reading(stage.parts.engine) as connection:
        mark = pulses.read(connection)[pulses.RECONCILED].at
    assert at("2026-03-04T19:00") < mark < at("2026-03-07T00:00")

    at_time(stage, "2026-03-08T21:30", sweeps=BACK)

    assert [contact.id for contact in log_of(stage)] == [call.sid for call in calls]


def test_what_lies_before_a_chosen_moment_stays_to_be_compared(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    begins(stage)
    goes_away(stage)
    early = stage.call(GUARDIAN)
    at_time(stage, "2026-03-04T18:00", sweeps=())
    late = stage.call(YOUTH)
    stage.carrier.faults.clear()
    at_time(stage, "2026-03-04T19:00", sweeps=())

    compared(stage, "2026-03-04T17:30")
    assert [contact.id for contact in log_of(stage)] == [late.sid]
    at_time(stage, "2026-03-04T19:20", sweeps=BACK)

    assert [contact.id for contact in log_of(stage)] == [early.sid, late.sid]


def test_withheld_callers_are_nobody_in_particular(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    begins(stage)
    goes_away(stage)
    calls = [stage.call(shown) for shown in ("anonymous", "", "+266696687", "+7378742833")]

    comes_back(stage, "2026-03-03T19:30")

    found = [contact_of(stage, call.sid) for call in calls]
    assert len({contact.caller.label for contact in found}) == len(calls)
    assert all(contact.caller.label.startswith("withheld-") for contact in found)
    assert all(contact.caller.key is None for contact in found)


def test_the_register_is_read_as_it_was_on_that_day(sqlite_stage_at: StageAt) -> None:
    later = Validity(at("2026-03-04T00:00").date())
    stage = sqlite_stage_at(SEVEN, strict=False, entries=[entry(STRANGER, validity=later)])
    begins(stage)
    goes_away(stage)
    before = stage.call(STRANGER)
    at_time(stage, "2026-03-04T18:00", sweeps=())
    after = stage.call(STRANGER)

    comes_back(stage, "2026-03-04T18:30")

    assert contact_of(stage, before.sid).caller.label.startswith("unknown-")
    assert contact_of(stage, after.sid).caller.label == "K-1001"


def test_a_blocked_number_stays_blocked(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    first = stage.call(STRANGER)
    with stage.parts.engine.begin() as connection:
        until, now = at("2026-03-05T00:00"), stage.parts.clock()
        staff.block(connection, stage.parts.cipher, ContactId(first.sid), until, "hot", now)
    begins(stage)
    goes_away(stage)
    call = stage.call(STRANGER)

    comes_back(stage, "2026-03-03T19:30")

    assert outcomes(stage, [call.sid]) == ["blocked"]


def test_each_line_has_its_own_callers(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False, toml=TWO_LINES)
    begins(stage)
    goes_away(stage)
    first, second = stage.call(YOUTH), stage.call(YOUTH, to=OTHER_LINE)
    text = stage.text(GUARDIAN, "Hej", to=OTHER_LINE)

    comes_back(stage, "2026-03-03T19:30", "reconcile.calls")

    assert contact_of(stage, first.sid).line == "eftervard"
    assert contact_of(stage, second.sid).line == "dagjour"
    assert contact_of(stage, text.sid).line == "dagjour"
    assert [contact.id for contact in log_of(stage)] == [first.sid]


def test_calls_of_our_own_are_nobodys_contacts(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    begins(stage)
    goes_away(stage)
    WiredCarrier(stage).start_call(T4, LINE, "https://jour.example.se/twilio/check-in/asked/x")
    stage.carrier.run()

    comes_back(stage, "2026-03-03T19:30")

    assert log_of(stage) == ()


def test_a_therapist_with_a_code_is_no_caller(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    with_code(stage, "t4")
    begins(stage)
    goes_away(stage)
    stage.call(T4)
    without = stage.call(T1)

    comes_back(stage, "2026-03-03T19:30")

    assert [contact.id for contact in log_of(stage)] == [without.sid]


def test_a_call_back_that_lost_its_end_leaves_the_family_waiting(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    with_code(stage, "t4")
    begins(stage)
    missed = stage.call(YOUTH, default="no answer")
    for path in ("/called", "/status"):
        goes_away(stage, path=path)
    back = stage.call(
        T4, caller=f"{DIALS}, press 1", phones={YOUTH: "answer 4, talk 60"}, default="no answer"
    )
    assert contact_of(stage, back.sid).outcome is None

    comes_back(stage, "2026-03-03T19:30", "reconcile.calls")

    assert outcomes(stage, [missed.sid, back.sid]) == ["fallback_failed", "missed"]
    with reading(stage.parts.engine) as connection:
        assert in_call(connection, stage.carrier.now()) == frozenset()


def test_what_is_found_after_it_was_acknowledged_is_a_part_of_its_own(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    begins(stage)
    at_time(stage, "2026-03-03T21:00", sweeps=())
    goes_away(stage)
    call = stage.call(GUARDIAN)
    stage.carrier.faults.clear()
    first = handed_over(stage)
    at_time(stage, "2026-03-04T08:30", sweeps=CLOCK)
    acknowledge(stage, "t1", first)

    at_time(stage, "2026-03-04T10:00", sweeps=("reconcile.calls", *CLOCK))

    assert filed(stage, HASSELBY_VALLINGBY) == [
        ("2026-03-04 08:30", ["a"]),
        ("2026-03-05 08:30", [call.sid]),
    ]
