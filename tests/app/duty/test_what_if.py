"""What if somebody called: who would be rung in which order, who not and why, and what is heard."""

from dataclasses import replace

import pytest

from app.demo.stage import Stage
from app.duty.gate import NotAllowed
from app.duty.what_if import Answer, Caller, Course, Question, what_if
from routing.errors import InvalidInput, NotFound
from routing.ids import ClientId, TherapistId
from routing.ladder import Reason
from tests.app.conftest import StageAt
from tests.app.duty.desk import gate, reading_log
from tests.app.duty.swapping import MANAGED
from tests.app.world import REGISTER, YOUTH, evening
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, at, entry

TUESDAY, NOW = "2026-03-03T18:00", "2026-03-01T12:00"
AT_ALL = Question(EFTERVARD, Caller.UNKNOWN, at(TUESDAY))
OF_JARVA = replace(AT_ALL, caller=Caller.DISTRICT, district=JARVA)
SHIFTS = evening("2026-03-03")
ENTRIES = (
    entry(YOUTH, therapist=TherapistId("t1")),
    *(one for one in REGISTER if one.client == "H-2001"),
)


@pytest.fixture
def stage(sqlite_stage_at: StageAt) -> Stage:
    return sqlite_stage_at(NOW, shifts=SHIFTS, toml=MANAGED, entries=ENTRIES)


def asked(stage: Stage, question: Question, who: str = "m2", **out: Reason) -> Answer:
    found = told(stage, question, who, **out)
    assert found is not None
    return found


def told(stage: Stage, question: Question, who: str, **out: Reason) -> Answer | None:
    with gate(stage, who) as own:
        return what_if(own, question, {TherapistId(t): why for t, why in out.items()})


def order(course: Course) -> list[str]:
    return [one.therapist or one.office or one.fallback for one in course.tried]


def test_a_known_caller_hears_nothing_before_somebody_is_rung(stage: Stage) -> None:
    found = asked(stage, OF_JARVA)

    assert (found.is_open, found.asks, found.hears) == (True, False, "")
    (course,) = found.courses
    assert order(course) == ["t4", "t1", "Socialjouren"]
    assert (course.tried[0].position, course.tried[1].position) == (1, 2)
    assert course.left_out == ()


def test_an_unknown_caller_is_asked_and_each_answer_has_its_course(stage: Stage) -> None:
    found = asked(stage, AT_ALL)

    assert found.asks
    assert found.hears.startswith("Hej! Vilken stadsdel gäller det? Hässelby-Vällingby, tryck 1.")
    assert [course.home for course in found.courses] == [HASSELBY_VALLINGBY, JARVA, None]
    assert [order(course) for course in found.courses] == [["t4", "t1", "Socialjouren"]] * 3


def test_without_a_mandate_she_is_left_out_and_it_is_said_why(sqlite_stage_at: StageAt) -> None:
    mandate = 'reference = "JA 2025/1"\nvalid_from = 2025-04-01\nvalid_to = 20'
    toml = MANAGED.replace(f"{mandate}27", f"{mandate}25")
    assert toml != MANAGED
    stage = sqlite_stage_at(NOW, shifts=SHIFTS, toml=toml)

    (course,) = asked(stage, OF_JARVA).courses

    assert order(course) == ["t4", "Socialjouren"]
    assert course.left_out == (("t1", Reason.NO_MANDATE),)


def test_closed_hours_lead_to_the_office_while_it_is_staffed(stage: Stage) -> None:
    by_day = asked(stage, replace(OF_JARVA, at=at("2026-03-03T10:00")))
    at_night = asked(stage, replace(OF_JARVA, at=at("2026-03-03T23:30")))

    assert (by_day.is_open, order(by_day.courses[0])) == (False, [JARVA, "Socialjouren"])
    assert by_day.hears.startswith("Familjebehandlarnas kvälls- och helglinje är stängd just nu.")
    assert order(at_night.courses[0]) == ["Socialjouren"]
    assert at_night.opens == at("2026-03-04T17:00")


def test_where_nobody_is_on_standby_the_fallback_is_rung_after_words(stage: Stage) -> None:
    found = asked(stage, replace(OF_JARVA, at=at("2026-03-04T18:00")))

    assert order(found.courses[0]) == ["Socialjouren"]
    assert found.hears == "Vänta kvar, så kopplar vi dig vidare."
    assert found.on_standby == ()


def test_a_pause_counts_only_for_a_call_just_now(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(TUESDAY, shifts=SHIFTS, toml=MANAGED)
    now, later = replace(OF_JARVA, at=None), replace(OF_JARVA, at=at("2026-03-03T19:00"))

    just_now = asked(stage, now, t4=Reason.PAUSED)
    afterwards = asked(stage, later, t4=Reason.PAUSED)

    assert just_now.courses[0].left_out == (("t4", Reason.PAUSED),)
    assert order(afterwards.courses[0])[0] == "t4"


def test_the_familys_own_therapist_stands_first_for_a_client(stage: Stage) -> None:
    found = asked(stage, replace(AT_ALL, caller=Caller.CLIENT, client="K-1001"))

    (course,) = found.courses
    assert (course.home, order(course)) == (JARVA, ["t1", "t4", "Socialjouren"])
    assert [one.is_own for one in course.tried] == [True, False, False]
    assert (found.asks, found.hears) == (False, "")


def test_another_districts_client_looks_like_nobody(stage: Stage) -> None:
    of_another = replace(AT_ALL, caller=Caller.CLIENT, client="H-2001")
    of_nobody = replace(AT_ALL, caller=Caller.CLIENT, client="X-9")

    assert [told(stage, question, "t4") for question in (of_another, of_nobody)] == [None, None]
    assert asked(stage, of_another, "t2").courses[0].home == HASSELBY_VALLINGBY
    # Also who looks in vain is seen to have looked.
    assert reading_log(stage, JARVA) == [("t4", "register", None)] * 2


def test_looking_a_client_up_stands_in_the_own_districts_reading_log(stage: Stage) -> None:
    asked(stage, replace(AT_ALL, caller=Caller.CLIENT, client=ClientId("K-1001")), "t5")
    asked(stage, OF_JARVA, "t5")

    assert reading_log(stage, JARVA) == [("t5", "register", None)]


def test_an_empty_reference_or_a_district_elsewhere_is_refused(stage: Stage) -> None:
    with pytest.raises(InvalidInput):
        asked(stage, replace(AT_ALL, caller=Caller.CLIENT, client=" "))
    with pytest.raises(NotFound):
        asked(stage, replace(OF_JARVA, district="elsewhere"))
    with pytest.raises(NotAllowed):
        asked(stage, AT_ALL, "somebody who reviews")


def test_it_agrees_with_the_call_that_is_played(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(TUESDAY, shifts=SHIFTS, toml=MANAGED, entries=ENTRIES)

    found = asked(stage, Question(EFTERVARD, Caller.CLIENT, client="K-1001"))
    call = stage.call(YOUTH, default="no answer")

    numbers = {t.phone.e164: t.id for t in stage.organisation.therapists.values() if t.phone}
    rung = [numbers.get(number, "Socialjouren") for number in call.dialled]
    assert rung == order(found.courses[0])
