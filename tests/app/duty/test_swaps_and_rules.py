"""Rest and mandates in swaps: what stops one, who may set that aside, and what is kept of it."""

import pytest

from routing.errors import InvalidInput
from routing.finding import Severity
from routing.ids import TherapistId
from routing.swap import Why
from routing.swap_rules import Verdict
from tests.app.conftest import StageAt
from tests.app.duty.swapping import MANAGED, NOON, TUE, Swapping, refused, rows_of
from tests.app.texts.talk import MANDATE_OF_JARVA
from tests.app.world import changed, evening, rows
from tests.examples import shift

SUNDAY, SATURDAY = "2026-03-08T10:00", "2026-03-07T10:00"
# t1 has the Saturday of this week and t5 its Sunday: with both, nobody has 36 hours off.
WEEKEND = [
    *evening(TUE, "t4", "t2"),
    shift("t1", SATURDAY, "2026-03-07T12:00"),
    shift("t4", SATURDAY, "2026-03-07T12:00", 2),
    shift("t5", SUNDAY, "2026-03-08T22:00"),
    shift("t6", SUNDAY, "2026-03-08T22:00", 2),
]


@pytest.fixture
def weekend(sqlite_stage_at: StageAt) -> Swapping:
    return Swapping(sqlite_stage_at(NOON, shifts=WEEKEND, toml=MANAGED))


def test_before_anybody_is_asked_each_colleague_s_verdict_is_known(weekend: Swapping) -> None:
    found = weekend.candidates("t5", SUNDAY)

    assert {who: str(one.verdict) for who, one in found.items()} == {
        "t1": "with_a_reason",
        "t2": "lawful",
        "t3": "lawful",
        "t4": "with_a_reason",
        "t6": "may_not",
    }
    (broken,) = (f for f in found["t1"].added if f.severity is Severity.ERROR)
    assert (broken.rule, broken.therapist) == ("R6", "t1")
    assert [one.message for one in found["t6"].hindrances] == ["t6 is in position 2 then"]
    assert rows_of(weekend.stage.parts.engine, "swaps") == 0


def test_without_managers_what_breaks_a_law_is_unlawful(sqlite_stage_at: StageAt) -> None:
    week = Swapping(sqlite_stage_at(NOON, shifts=WEEKEND))

    assert week.candidates("t5", SUNDAY)["t1"].verdict is Verdict.UNLAWFUL


@pytest.mark.parametrize("kind", ["no mandate", "left", "no phone", "away"])
def test_who_may_not_be_on_standby_then_is_not_asked(kind: str, sqlite_stage_at: StageAt) -> None:
    t1 = '[[therapists]]\nid = "t1"\nname = "Therapist 1"\nphone = "+46701740605"\n'
    toml = {
        "no mandate": changed((MANDATE_OF_JARVA, "")),
        "left": changed((t1, f"{t1}active_to = 2026-03-07\n")),
        "no phone": changed((t1, t1.replace('phone = "+46701740605"\n', ""))),
        "away": changed(),
    }[kind]
    week = Swapping(sqlite_stage_at(NOON, shifts=WEEKEND[2:], toml=toml))
    if kind == "away":
        with week.stage.parts.engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO absences (therapist, starts_at, ends_at, kind) VALUES "
                "('t1', '2026-03-08 12:00:00.000000', '2026-03-09 12:00:00.000000', 'leave')"
            )

    found = week.candidates("t5", SUNDAY)["t1"]

    assert found.verdict is Verdict.MAY_NOT
    assert found.hindrances[0].therapist == "t1"
    assert refused(week.offer, "t5", SUNDAY, "t1") is Why.MAY_NOT


def test_what_breaks_a_law_is_neither_offered_nor_accepted(weekend: Swapping) -> None:
    assert refused(weekend.offer, "t5", SUNDAY, "t1") is Why.UNLAWFUL
    assert weekend.offer("t5", SUNDAY).swap.asked == ("t2", "t3")


def test_rules_are_looked_at_again_when_somebody_accepts(weekend: Swapping) -> None:
    weekend.offer("t5", SUNDAY, "t2")
    weekend.offer("t1", SATURDAY, "t2")
    weekend.accept(2, "t2")

    assert refused(weekend.accept, 1, "t2") is Why.UNLAWFUL
    assert weekend.on("2026-03-08T12:00")[0] == (1, "t5")
    assert weekend.state(1) == "proposed"


def test_in_an_exchange_the_giver_s_rest_counts_too(weekend: Swapping) -> None:
    # t4 has the Saturday as backup; with the Sunday for the Tuesday she has no weekly rest.
    assert refused(weekend.offer, "t4", f"{TUE}T17:00", "t5", back=SUNDAY) is Why.UNLAWFUL


def test_if_nobody_may_take_it_lawfully_nobody_is_asked(sqlite_stage_at: StageAt) -> None:
    without = changed((MANDATE_OF_JARVA, ""))
    busy = [*WEEKEND[2:], shift("t4", SUNDAY, "2026-03-08T22:00", 2)]
    week = Swapping(sqlite_stage_at(NOON, shifts=busy, toml=without))

    assert refused(week.offer, "t5", SUNDAY) is Why.NOBODY
    assert week.told() == []


# --- a manager ------------------------------------------------------------------------------------


def test_a_manager_arranges_for_somebody_ill_at_once(weekend: Swapping) -> None:
    done = weekend.arrange("t5", SUNDAY, "t2", "m2", "t5 is ill")

    assert weekend.on("2026-03-08T12:00") == [(1, "t2"), (2, "t6")]
    said = "Byte 1: t2 har jouren söndag 8 mars 10.00–22.00 i stället för t5. Bestämt av en chef."
    # The other employer's manager learns that it is one of hers.
    assert weekend.told() == [("m1", said), ("t2", said), ("t5", said)]
    (event,) = weekend.events(1)
    assert (event.what, event.author, event.reason) == ("arranged", "m2", "t5 is ill")
    assert done.swap.state == "accepted"
    (laid,) = rows(weekend.stage.parts.engine, "overrides")
    assert (laid["author"], laid["note"]) == ("m2", "swap 1: t2 from t5")


def test_a_reason_is_needed_and_is_not_readable_in_the_database(weekend: Swapping) -> None:
    with pytest.raises(InvalidInput, match=r"^reason: "):
        weekend.arrange("t5", SUNDAY, "t2", "m2", "  ")

    weekend.arrange("t5", SUNDAY, "t2", "m2", "t5 har feber")

    kept = [bytes(str(row), "utf-8") for t in ("swap_events", "overrides", "swaps")
            for row in rows(weekend.stage.parts.engine, t)]  # fmt: skip
    assert not [row for row in kept if b"feber" in row]
    assert weekend.events(1)[0].reason == "t5 har feber"


def test_a_broken_law_is_for_the_manager_of_whoever_s_rest_it_is(weekend: Swapping) -> None:
    def arranged_by(author: str) -> object:
        return weekend.arrange("t5", SUNDAY, "t1", author, "nobody else can")

    # m2 is a manager of the giver, and the rest that would be broken is t1's.
    assert refused(arranged_by, "m2") is Why.UNLAWFUL
    assert weekend.on("2026-03-08T12:00")[0] == (1, "t5")

    arranged_by("m1")

    assert weekend.on("2026-03-08T12:00")[0] == (1, "t1")
    (event,) = weekend.events(1)
    assert event.reason == "nobody else can"
    assert event.findings.startswith("error R6: t1 has ")
    (told,) = {said for _, said in weekend.told()}
    assert "Obs: t1 har 22 h veckovila" in told
    assert told.endswith("(ATL 14 §). Bestämt av en chef.")


def test_two_employers_staff_is_for_no_single_manager(sqlite_stage_at: StageAt) -> None:
    both = [
        shift("t1", SATURDAY, "2026-03-07T12:00"),
        shift("t5", "2026-03-14T10:00", "2026-03-14T12:00"),
        shift("t5", SUNDAY, "2026-03-08T22:00"),
        shift("t1", "2026-03-15T10:00", "2026-03-15T22:00"),
    ]
    week = Swapping(sqlite_stage_at(NOON, shifts=both, toml=MANAGED))

    for author in ("m1", "m2"):
        why = refused(week.arrange, "t5", SUNDAY, "t1", author, back="2026-03-15T10:00")
        assert why is Why.UNLAWFUL


@pytest.mark.parametrize("author", ["t4", "m1"])
def test_only_a_manager_of_one_of_the_two_arranges(author: str, weekend: Swapping) -> None:
    # t5 and t4 are both Järva's.
    why = refused(weekend.arrange, "t5", SUNDAY, "t4", author)

    assert why is Why.NOT_YOURS


def test_not_even_a_manager_puts_somebody_on_standby_who_may_not_be(weekend: Swapping) -> None:
    assert refused(weekend.arrange, "t5", SUNDAY, "t6", "m2") is Why.MAY_NOT
    assert refused(weekend.arrange, "t2", SUNDAY, "t3", "m1") is Why.NOT_HELD


def test_who_falls_ill_in_the_middle_is_relieved_from_now_on(weekend: Swapping) -> None:
    weekend.at("2026-03-08T15:30")

    weekend.arrange("t5", "2026-03-08T16:00", "t2", "m2")

    assert weekend.on("2026-03-08T15:29") == [(1, "t5"), (2, "t6")]
    assert weekend.on("2026-03-08T15:31") == [(1, "t2"), (2, "t6")]
    assert "söndag 8 mars 15.30–22.00" in weekend.told()[0][1]
    assert refused(weekend.undo, 1, "m2") is Why.BEGUN


def test_what_is_over_is_not_arranged(weekend: Swapping) -> None:
    weekend.at("2026-03-08T22:00")

    assert refused(weekend.arrange, "t5", SUNDAY, "t2", "m2") is Why.BEGUN


def test_an_offer_that_a_manager_has_settled_otherwise_is_over(weekend: Swapping) -> None:
    weekend.offer("t5", SUNDAY)
    weekend.arrange("t5", SUNDAY, "t2", "m2")

    assert refused(weekend.accept, 1, "t3") is Why.NOT_HELD
    weekend.at("2026-03-01T12:05")

    assert weekend.state(1) == "expired"
    assert weekend.on("2026-03-08T12:00")[0] == (1, "t2")


def test_undoing_into_a_broken_law_needs_a_manager_and_a_reason(weekend: Swapping) -> None:
    weekend.offer("t1", SATURDAY, "t2")
    weekend.accept(1, "t2")
    weekend.offer("t5", SUNDAY, "t1")
    weekend.accept(2, "t1")

    assert refused(weekend.undo, 1, "t1") is Why.UNLAWFUL
    with pytest.raises(InvalidInput, match=r"^reason: "):
        weekend.undo(1, "m1")
    weekend.undo(1, "m1", "t2 is needed elsewhere")

    assert weekend.on("2026-03-07T11:00")[0] == (1, "t1")
    assert weekend.events(1)[-1].reason == "t2 is needed elsewhere"


def test_who_has_opted_out_of_texts_gets_none(weekend: Swapping) -> None:
    weekend.stage.text("+46701740606", "STOP")
    weekend.sweep("texts.handle")

    assert TherapistId("t2") in weekend.offer("t5", SUNDAY).swap.asked
    assert [who for who, _ in weekend.told()] == ["t3", "t5"]
