"""The rest of everyone on a rota: with absences, call-outs and duties elsewhere."""

from rota_adapter.rest_findings import Besides, check_notice, check_rest
from routing.absence import Absence, AbsenceKind
from routing.finding import Finding
from routing.ids import TherapistId
from routing.rota import Rota, Shift
from tests.examples import EFTERVARD, at, line, organisation, shift, span

WEEK = span("2026-03-02T08:00", "2026-03-09T08:00")
T2 = TherapistId("t2")
SUNDAY = shift("t2", "2026-03-08T10:00", "2026-03-08T22:00")
SATURDAY = shift("t2", "2026-03-07T10:00", "2026-03-07T22:00")


def found(shifts: list[Shift], besides: Besides | None = None) -> list[tuple[str, str]]:
    rota = Rota(EFTERVARD, shifts, source="here", read_at=WEEK.start)
    seen = check_rest(organisation(), line(), rota, WEEK, besides or Besides())
    return [(f.rule, str(f.severity)) for f in seen]


def test_a_duty_on_another_line_counts_like_one_on_this() -> None:
    assert found([SUNDAY]) == [("R7", "info")]
    assert found([SUNDAY], Besides(elsewhere=(SATURDAY,))) == [("R6", "error")]
    assert found([], Besides(elsewhere=(SATURDAY, SUNDAY))) == []  # the other line's to mend


def test_call_outs_count_where_there_were_any() -> None:
    late = {T2: (span("2026-03-07T20:00", "2026-03-07T21:00"),)}

    assert ("R6", "error") in found([SUNDAY], Besides(callouts=late))


def test_whoever_is_away_at_the_handover_is_to_write_everything_first() -> None:
    friday = shift("t2", "2026-03-05T17:00", "2026-03-05T22:00")
    meeting = span("2026-03-06T08:00", "2026-03-06T09:00")

    def away(time: str, who: str = "t2") -> Besides:
        day = span(f"2026-03-06T{time}", "2026-03-06T17:00")
        return Besides((Absence(day, TherapistId(who), AbsenceKind.COMPENSATION),))

    assert meeting.start < at("2026-03-06T08:30") < meeting.end
    assert ("R21", "warning") in found([friday], away("08:00"))
    assert ("R21", "warning") not in found([friday], away("08:31"))
    assert ("R21", "warning") not in found([friday], away("08:00", "t3"))
    second = shift("t2", "2026-03-05T17:00", "2026-03-05T22:00", 2)
    assert ("R21", "warning") not in found([second], away("08:00"))


def test_duties_made_known_late_are_told_once_for_each_person() -> None:
    now = at("2026-03-01T12:00")
    soon = [
        SUNDAY,
        SATURDAY,
        shift("t1", "2026-03-15T12:00", "2026-03-15T22:00"),  # a fortnight to the minute
        shift("t3", "2026-03-15T11:59", "2026-03-15T22:00"),
        shift("t4", "2026-02-20T17:00", "2026-02-20T22:00"),  # past
    ]

    late: list[Finding] = list(check_notice(soon, now))

    assert [(f.rule, f.therapist, f.starts_at) for f in late] == [
        ("R16", "t2", at("2026-03-07T10:00")),
        ("R16", "t3", at("2026-03-15T11:59")),
    ]
    assert "t2 learns of 2 duties" in late[0].message
