"""A line's hours are cut into what can be handed over, by the date on which it begins."""

from datetime import date, datetime, time

from rota_adapter.planner.blocks import Weekend, blocks
from rota_adapter.planner.problem import Kind
from routing.absence import Absence, AbsenceKind
from routing.hours import Hours, Window
from routing.ids import TherapistId
from routing.organisation import Line
from routing.weekdays import DAY_NAMES
from routing.work import Work
from routing.working_time import STANDARD_TERMS
from tests.examples import STOCKHOLM, line, span

OFFICE_WORKER = Work(TherapistId("t1"), STANDARD_TERMS)


def cut(
    first: str, last: str, weekend: Weekend = Weekend.WHOLE, of: Line | None = None
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each block's kind and its wall times."""
    found = blocks(
        of or line(), date.fromisoformat(first), date.fromisoformat(last), [OFFICE_WORKER], weekend
    )
    return [(str(b.kind), [(_clock(t.start), _clock(t.end)) for t in b.times]) for b in found]


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(STOCKHOLM):%a %H:%M}"


def open_on(days: set[str], opens: int, closes: int) -> Line:
    return line(hours=Hours((Window(frozenset(days), time(opens), time(closes)),), STOCKHOLM))


def test_an_evening_is_a_block_and_a_weekend_is_one() -> None:
    assert cut("2027-01-14", "2027-01-18") == [
        ("evening", [("Thu 17:00", "Thu 22:00")]),
        ("evening", [("Fri 17:00", "Fri 22:00")]),
        ("weekend", [("Sat 10:00", "Sat 22:00"), ("Sun 10:00", "Sun 22:00")]),
    ]


def test_a_weekend_by_days_is_two_blocks() -> None:
    assert cut("2027-01-16", "2027-01-18", Weekend.DAYS) == [
        ("saturday", [("Sat 10:00", "Sat 22:00")]),
        ("sunday", [("Sun 10:00", "Sun 22:00")]),
    ]


def test_a_holiday_and_an_eve_on_a_weekday_are_red_days() -> None:
    assert [kind for kind, _ in cut("2027-03-25", "2027-03-30")] == [
        "evening",
        "red_day",  # Good Friday
        "weekend",
        "red_day",  # Easter Monday
    ]
    assert cut("2027-06-25", "2027-06-26")[0][0] == Kind.RED_DAY  # Midsummer's Eve


def test_a_night_belongs_to_the_date_on_which_it_begins() -> None:
    nights = open_on({"mon", "tue"}, 20, 6)

    assert cut("2027-01-11", "2027-01-12", of=nights) == [("evening", [("Mon 20:00", "Tue 06:00")])]


def test_what_is_open_while_all_are_at_work_is_cut_there() -> None:
    always = open_on({"mon"}, 7, 20)

    assert cut("2027-01-11", "2027-01-12", of=always) == [
        ("evening", [("Mon 07:00", "Mon 08:00")]),
        ("evening", [("Mon 08:00", "Mon 17:00")]),
        ("evening", [("Mon 17:00", "Mon 20:00")]),
    ]


def test_a_line_that_never_closes_is_cut_at_the_day_break() -> None:
    always = open_on(set(DAY_NAMES), 0, 0)

    weekend = cut("2027-01-16", "2027-01-18", Weekend.DAYS, always)

    assert weekend == [
        ("saturday", [("Sat 08:00", "Sun 08:00")]),
        ("sunday", [("Sun 08:00", "Mon 08:00")]),
    ]


def test_somebody_on_leave_cuts_nothing() -> None:
    ill = Absence(span("2027-01-11", "2027-01-12"), TherapistId("t1"), AbsenceKind.SICK)
    works = [OFFICE_WORKER, Work(TherapistId("t2"), STANDARD_TERMS, absences=(ill,))]

    found = blocks(
        open_on({"mon"}, 7, 20), date(2027, 1, 11), date(2027, 1, 12), works, Weekend.WHOLE
    )

    assert len(found) == 1  # t2 may have it all
