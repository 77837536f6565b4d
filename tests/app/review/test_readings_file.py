"""The reading log as a file: all that was asked for, and nothing a spreadsheet reckons with."""

import csv
import io

import pytest

from app.demo.stage import Stage
from app.review import readings as service
from app.review.readings import Asked
from app.review.readings_file import COLUMNS, written
from routing.access import Denial
from routing.errors import InvalidInput
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import WITH_MANAGERS
from tests.app.review.reviewing import MARCH, gate, many, read
from tests.app.world import ANSWERS, GUARDIAN, exported
from tests.examples import HASSELBY_VALLINGBY, STOCKHOLM


@pytest.fixture
def stage(engine_stage_at: StageAt) -> Stage:
    return engine_stage_at("2026-03-03T19:04", toml=WITH_MANAGERS)


def test_the_file_holds_what_was_asked_for_the_oldest_first(stage: Stage) -> None:
    stage.call(GUARDIAN, phones={"t4": ANSWERS})
    (contact,) = exported(stage, HASSELBY_VALLINGBY)
    read(stage, "t4", "2026-03-03T19:20", contact)
    read(stage, "t5", "2026-03-04T12:00", contact, denied=Denial.DUTY_OVER)
    read(stage, "t2", "2026-03-04T13:00", "=HYPERLINK(1)")
    with gate(stage, "m1") as own:
        entries = service.everything(own, Asked(MARCH))

    content = written(entries, STOCKHOLM)
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))

    assert tuple(rows[0]) == COLUMNS
    mine = [row for row in rows if row["act"] == "read"]
    assert [row["viewer"] for row in mine] == ["t4", "t5", "t2"]
    assert mine[0]["at"] == "2026-03-03T19:20:00+01:00"
    assert (mine[0]["client_reference"], mine[0]["duty_to"]) == ("H-2001", "2026-03-03T22:00+01:00")
    assert (mine[1]["denied"], mine[1]["flags"]) == ("duty_over", "outside_duty")
    assert mine[2]["contact_id"] == "'=HYPERLINK(1)"
    assert b"\r\n" in content


def test_a_file_of_flagged_rows_has_no_other(stage: Stage) -> None:
    read(stage, "t5", "2026-03-04T12:00", "flagged")
    read(stage, "t1", "2026-03-04T12:00", "not")
    with gate(stage, "m1") as own:
        found = service.everything(own, Asked(MARCH, flagged=True))

    assert [one.contact for one in found] == ["flagged"]


def test_a_file_has_an_end(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_EXPORTED", 5)
    many(stage, 6, "2026-03-04T12:00", seconds=1)

    with gate(stage, "m1") as own, pytest.raises(InvalidInput):
        service.everything(own, Asked(MARCH))
