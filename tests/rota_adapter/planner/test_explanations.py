"""Where there is no rota it is said which rule, which weeks, and what would make one possible."""

from datetime import date, time

from rota_adapter.planner.blocks import Weekend
from rota_adapter.planner.explain import Reason
from rota_adapter.planner.ladder import RUNGS, given_up
from rota_adapter.planner.plan import NoPlan
from routing.hours import Hours, Window
from tests.examples import STOCKHOLM, line, shift
from tests.rota_adapter.planner.asked import MONDAY, away, planned, refused, request

ONLY_SATURDAYS = Hours((Window(frozenset({"sat"}), time(10), time(22)),), STOCKHOLM)
WEEK = ("2027-01-18", "2027-01-25")


def test_the_week_is_named_and_what_keeps_everybody_from_it() -> None:
    asked = request(2, 3, absences=tuple(away(t, *WEEK) for t in ("t1", "t2")))
    found = refused(asked)

    assert found.why is not None
    assert [monday for monday, _ in found.why.weeks] == [date(2027, 1, 18)]
    assert ("t1", Reason.AWAY) in found.why.empty[0].reasons
    assert found.why.empty[0].why().startswith("away (R9): t1, t2; ")


def test_one_more_person_is_tried_and_so_is_each_absence() -> None:
    asked = request(1, 2, line=line(positions=1), absences=(away("t1", str(MONDAY), "2027-01-18"),))
    found = refused(asked)

    assert found.why is not None
    assert "one more person who may answer for the whole line" in found.why.remedies[0]
    assert (
        "t1 not away (leave) from Mon 2027-01-11 00:00 to Mon 2027-01-18 00:00"
        in found.why.remedies
    )


def test_weekly_rest_is_named_where_it_alone_stands_in_the_way() -> None:
    found = refused(request(1, 2))

    assert found.why is not None
    assert found.why.rules == ("R6: 36 hours a week without work and standby (ATL 14 §)",)


def test_mix_is_named_where_it_stands_in_the_way() -> None:
    found = refused(request(1, 3, mix=True))  # all three are Hässelby-Vällingby's

    assert found.why is not None
    assert "--mix: the positions of a block from different districts" in found.why.rules
    assert "positions of a block from the same district (without --mix)" in found.why.remedies


def test_a_shorter_saturday_is_tried() -> None:
    # A day off would do, if every evening of the week were not hers on another line.
    evenings = tuple(
        shift("t1", f"2027-01-{day}T17:00", f"2027-01-{day}T22:00") for day in range(11, 16)
    )
    asked = request(
        1, 1, line=line(positions=1, hours=ONLY_SATURDAYS), weekend=Weekend.DAYS, elsewhere=evenings
    )
    found = refused(asked)

    assert found.why is not None
    assert "Saturdays that end 2 h earlier" in found.why.remedies


def test_no_more_is_given_up_than_has_to_be() -> None:
    found = planned(request(2, 3))

    assert found.given_up == (
        "somebody may be on standby two weekends on end, if once as backup (R18)",
        "somebody may be on standby 4 evenings a week",
    )
    assert found.had_to_be


def test_strict_gives_nothing_up() -> None:
    found = refused(request(1, 3), strict=True)

    assert isinstance(found, NoPlan)
    assert found.why is not None
    assert found.why.remedies


def test_each_rung_gives_up_more() -> None:
    said = [set(given_up(rules)) for rules in RUNGS]

    assert said[0] == set()
    assert all(said[1:])
