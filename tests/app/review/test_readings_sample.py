"""The monthly check: drawn by nobody's choice, gone through, and signed once by somebody else."""

from datetime import UTC, date

import pytest

from app.demo.stage import Stage
from app.duty.gate import NotAllowed
from app.review.readings_sample import (
    BY_CHANCE,
    LONGEST_REMARK,
    MOST_FLAGGED,
    OwnReadings,
    review,
)
from app.store.database import reading
from app.store.fields import FieldCipher
from app.store.reading_samples import Sample, of_districts
from app.store.reading_samples import draw as keep_sample
from routing.access import Act, Denial, Office
from routing.errors import Conflict, InvalidInput, NotFound
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import WITH_MANAGERS
from tests.app.review.reviewing import ask, draw, look, many, months, read, sign
from tests.app.world import rows
from tests.examples import HASSELBY_VALLINGBY, JARVA, at

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
OVER = "2026-04-01T00:00"


@pytest.fixture
def stage(engine_stage_at: StageAt) -> Stage:
    return engine_stage_at("2026-03-03T19:04", toml=WITH_MANAGERS)


def test_a_month_is_due_when_it_is_over_and_somebody_read_something(stage: Stage) -> None:
    read(stage, "t1", "2026-01-31T23:59")
    read(stage, "t1", "2026-03-31T23:59")

    assert months(stage, "r1", "2026-03-31T23:59") == [("2026-01", True)]
    assert months(stage, "r1", OVER) == [("2026-03", True), ("2026-01", True)]
    assert months(stage, "m1", OVER) == months(stage, "r1", OVER)
    assert months(stage, "r2", OVER) == []


def test_that_somebody_looked_at_the_log_makes_no_month_due(stage: Stage) -> None:
    look(stage, "r1", now="2026-03-05T12:00")

    assert months(stage, "r1", "2026-04-02T12:00") == []


def test_all_that_is_flagged_is_drawn_and_some_of_the_rest(stage: Stage) -> None:
    for day in range(2, 10):
        read(stage, "t5", f"2026-03-{day:02}T12:00", f"flagged{day}")
    many(stage, 60, "2026-03-10T08:00", seconds=600)
    look(stage, "r1", now="2026-03-12T12:00")

    found = draw(stage, "r1", OVER, MARCH)

    flagged = [e for e in found.entries if e.viewer.id == "t5"]
    assert len(flagged) == 8
    assert len(found.entries) == 8 + BY_CHANCE
    assert all(e.act is Act.READ for e in found.entries)
    assert [e.at for e in found.entries] == sorted(e.at for e in found.entries)


def test_of_much_that_is_flagged_the_gravest_is_drawn(stage: Stage) -> None:
    many(stage, 40, "2026-03-10T23:00", seconds=10 * 60, name="late")  # odd, and then many
    read(stage, "t5", "2026-03-04T12:00", "grave")

    found = draw(stage, "r1", OVER, MARCH)

    flagged = [e for e in found.entries if e.flags]
    assert len(flagged) == MOST_FLAGGED
    assert "grave" in [e.contact for e in flagged]


def test_nobody_chooses_and_everybody_gets_the_same(stage: Stage) -> None:
    many(stage, 200, "2026-03-10T08:00", seconds=3600)

    first = draw(stage, "r1", OVER, MARCH)
    again = draw(stage, "m1", "2026-04-05T12:00", MARCH)

    assert [e.id for e in again.entries] == [e.id for e in first.entries]
    (sample,) = rows(stage.parts.engine, "reading_samples")
    assert (sample["drawn_by"], sample["drawn_at"]) == ("r1", at(OVER).astimezone(UTC))
    numbers = [e.id for e in first.entries]
    assert numbers != list(range(numbers[0], numbers[0] + len(numbers)))


def test_another_key_or_month_is_another_order(stage: Stage) -> None:
    own = stage.parts.cipher
    other = FieldCipher([bytes([2]) * 32])
    about = [f"reading sample jarva 2026-03 {n}" for n in range(50)]
    later = [text.replace("03", "04", 1) for text in about]

    def order(cipher: FieldCipher, texts: list[str]) -> list[int]:
        return sorted(range(50), key=lambda n: cipher.opaque_number(texts[n]))

    orders = [order(own, about), order(other, about), order(own, later)]
    assert len(set(map(tuple, orders))) == 3


def test_what_is_read_later_of_a_month_changes_no_sample(stage: Stage) -> None:
    read(stage, "t1", "2026-03-05T12:00", "a")
    before = draw(stage, "r1", OVER, MARCH)
    read(stage, "t5", "2026-03-06T12:00", "b")

    after = draw(stage, "r1", "2026-04-02T12:00", MARCH)

    assert [e.contact for e in after.entries] == [e.contact for e in before.entries] == ["a"]


@pytest.mark.parametrize("month", [APRIL, date(2026, 2, 1), date(2025, 3, 1)])
def test_no_other_month_can_be_drawn(stage: Stage, month: date) -> None:
    read(stage, "t1", "2026-03-05T12:00")
    read(stage, "t1", "2026-04-01T12:00")

    with pytest.raises(NotFound):
        draw(stage, "r1", "2026-04-30T12:00", month)


def test_it_is_signed_by_name_once_with_what_was_seen(stage: Stage) -> None:
    read(stage, "t1", "2026-03-05T12:00")
    draw(stage, "r1", OVER, MARCH)

    sign(stage, "r1", "2026-04-02T12:00", MARCH, "  Allt i sin ordning. ")
    with pytest.raises(Conflict):
        sign(stage, "m1", "2026-04-03T12:00", MARCH, "Jag med.")

    assert months(stage, "r1", "2026-04-03T12:00") == [("2026-03", False)]
    with reading(stage.parts.engine) as connection:
        (kept,) = of_districts(connection, stage.parts.cipher, [HASSELBY_VALLINGBY])
    assert (kept.signed_by, kept.remark) == ("r1", "Allt i sin ordning.")
    assert kept.signed_at == at("2026-04-02T12:00")
    assert "ordning" not in repr(kept)
    (row,) = rows(stage.parts.engine, "reading_samples")
    assert "ordning" not in str(row["remark"])


def test_a_signed_sample_is_drawn_no_more(stage: Stage) -> None:
    read(stage, "t1", "2026-03-05T12:00", "a")
    draw(stage, "r1", OVER, MARCH)
    sign(stage, "r1", OVER, MARCH)
    read(stage, "t5", "2026-03-06T12:00", "b")

    draw(stage, "m1", "2026-04-05T12:00", MARCH)

    (row,) = rows(stage.parts.engine, "reading_samples")
    assert (row["drawn_by"], len(row["readings"]), row["remark"]) == ("r1", 1, None)  # type: ignore[arg-type]


def test_two_who_draw_at_once_keep_one(stage: Stage) -> None:
    drawn = Sample(HASSELBY_VALLINGBY, MARCH, (1,), "r1", stage.parts.clock())
    with stage.parts.engine.begin() as connection:
        keep_sample(connection, drawn)
        keep_sample(connection, Sample(HASSELBY_VALLINGBY, MARCH, (2,), "m1", drawn.drawn_at))

    (row,) = rows(stage.parts.engine, "reading_samples")
    assert (row["drawn_by"], row["readings"]) == ("r1", [1])


def test_what_is_not_drawn_is_not_signed(stage: Stage) -> None:
    read(stage, "t1", "2026-03-05T12:00")

    with pytest.raises(Conflict):
        sign(stage, "r1", OVER, MARCH)


def test_a_remark_has_an_end(stage: Stage) -> None:
    read(stage, "t1", "2026-03-05T12:00")
    draw(stage, "r1", OVER, MARCH)

    with pytest.raises(InvalidInput):
        sign(stage, "r1", OVER, MARCH, "x" * (LONGEST_REMARK + 1))
    assert months(stage, "r1", OVER) == [("2026-03", True)]


def test_nobody_signs_for_what_she_read_herself(stage: Stage) -> None:
    read(stage, "m1", "2026-03-05T12:00", act=Act.LOG)
    found = draw(stage, "m1", OVER, MARCH)

    assert found.left_to is Office.REVIEWER
    with pytest.raises(OwnReadings) as refused:
        sign(stage, "m1", OVER, MARCH)
    assert refused.value.office is Office.REVIEWER

    sign(stage, "r1", OVER, MARCH)
    assert months(stage, "m1", OVER) == [("2026-03", False)]


def test_a_reviewer_who_was_refused_leaves_it_to_a_manager(stage: Stage) -> None:
    read(stage, "r1", "2026-03-05T12:00", act=Act.READ, denied=Denial.NOT_YOUR_OFFICE)

    assert draw(stage, "r1", OVER, MARCH).left_to is Office.MANAGER
    sign(stage, "m1", OVER, MARCH)


def test_each_district_signs_for_its_own(stage: Stage) -> None:
    read(stage, "t1", "2026-03-05T12:00", "ours")
    read(stage, "t1", "2026-03-05T12:00", "theirs", home=JARVA)

    assert [e.contact for e in draw(stage, "r1", OVER, MARCH).entries] == ["ours"]
    assert [e.contact for e in draw(stage, "m2", OVER, MARCH).entries] == ["theirs"]
    sign(stage, "r2", OVER, MARCH)
    assert months(stage, "r1", OVER) == [("2026-03", True)]


@pytest.mark.parametrize("who", ["t1", "a1"])
def test_nobody_else_draws_or_signs(stage: Stage, who: str) -> None:
    read(stage, "t2", "2026-03-05T12:00")

    with pytest.raises(NotAllowed):
        draw(stage, who, OVER, MARCH)
    with pytest.raises(NotAllowed):
        sign(stage, who, OVER, MARCH)
    assert rows(stage.parts.engine, "reading_samples") == []


def test_rows_that_were_purged_are_told_of(stage: Stage) -> None:
    read(stage, "t1", "2026-03-05T12:00")
    drawn = Sample(HASSELBY_VALLINGBY, MARCH, (1, 98, 99), "r1", stage.parts.clock())
    with stage.parts.engine.begin() as connection:
        keep_sample(connection, drawn)

    assert ask(stage, "r1", OVER, lambda own: review(own, MARCH)).gone == 2
