"""What a source says is gone by, refused, or filled up with whoever was known before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rota_adapter.judge import judge
from routing.finding import Finding, Severity
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.rota import Rota, Shift
from tests.examples import EFTERVARD, at, line, shift

LINE = line()
NOW = at("2026-03-03T12:00").astimezone(UTC)  # a Tuesday
AHEAD = Interval(NOW, NOW + timedelta(days=28))
HOUR = timedelta(hours=1)
UNKNOWN = Finding(
    "UNKNOWN_NAME", Severity.ERROR, None, None, None, "somebody is not known here", "add her"
)


def rota(*shifts: Shift, findings: tuple[Finding, ...] = (), source: str = "ics") -> Rota:
    return Rota(EFTERVARD, shifts, source=source, read_at=NOW, findings=findings)


def slots(position: int = 1, ahead: Interval = AHEAD) -> list[Interval]:
    """The open stretches ahead: one for each day."""
    return [*LINE.hours.within(ahead)]


def holds(therapist: str, slot: Interval, position: int = 1) -> Shift:
    return Shift(slot, position, TherapistId(therapist))


def whole(first: str = "t4", backup: str = "t1") -> list[Shift]:
    """Somebody in both positions of every open hour ahead, first all of the first ones."""
    return [
        *(holds(first, slot) for slot in slots()),
        *(holds(backup, slot, 2) for slot in slots()),
    ]


FIRSTS, BACKUPS = whole()[:28], whole()[28:]
SOON = 2  # so many slots begin within 48 hours of NOW


def rules(found: tuple[Finding, ...]) -> list[str]:
    return [finding.rule for finding in found]


def test_the_examples_have_a_slot_a_day() -> None:
    assert len(slots()) == len(FIRSTS) == len(BACKUPS) == 28
    assert slots()[SOON - 1].end < NOW + 48 * HOUR < slots()[SOON].start


def test_the_same_again_is_gone_by_as_it_is() -> None:
    verdict = judge(LINE, rota(*whole()), rota(*whole()), AHEAD)

    assert sorted(verdict.shifts or ()) == sorted(whole())
    assert (verdict.held, verdict.findings) == ((), ())


def test_who_is_on_may_change_from_one_reading_to_the_next() -> None:
    verdict = judge(LINE, rota(*whole("t5", "t2")), rota(*whole()), AHEAD)

    assert sorted(verdict.shifts or ()) == sorted(whole("t5", "t2"))
    assert verdict.held == ()


def test_findings_of_the_reading_are_passed_on_whatever_becomes_of_it() -> None:
    said = replace(UNKNOWN, rule="ALL_DAY", severity=Severity.INFO)

    taken = judge(LINE, rota(*whole(), findings=(said,)), rota(*whole()), AHEAD)
    refused = judge(LINE, rota(findings=(said,)), rota(*whole()), AHEAD)

    assert taken.findings == (said,)
    assert rules(refused.findings) == ["ALL_DAY", "NO_SHIFTS"]


@pytest.mark.parametrize(
    "shifts",
    [[], [shift("t5", "2026-03-02T17:00", "2026-03-02T22:00")]],
    ids=["nothing", "only the past"],
)
def test_a_source_without_a_shift_ahead_is_refused(shifts: list[Shift]) -> None:
    verdict = judge(LINE, rota(*shifts), rota(*whole()), AHEAD)

    assert (verdict.shifts, verdict.held) == (None, ())
    (refusal,) = verdict.findings
    assert (refusal.rule, refusal.severity) == ("NO_SHIFTS", Severity.ERROR)
    assert refusal.message.endswith("; the last good rota stays in force")
    assert "publish its draft" in refusal.remedy


def test_what_the_reader_has_found_too_is_told_once() -> None:
    empty = replace(UNKNOWN, rule="NO_SHIFTS", severity=Severity.WARNING)

    refused = judge(LINE, rota(findings=(empty,)), rota(*whole()), AHEAD)

    assert [(f.rule, f.severity) for f in refused.findings] == [("NO_SHIFTS", Severity.ERROR)]


def test_an_unknown_name_refuses_the_whole() -> None:
    verdict = judge(LINE, rota(*whole("t5"), findings=(UNKNOWN,)), rota(*whole()), AHEAD)

    assert verdict.shifts is None
    assert rules(verdict.findings) == ["UNKNOWN_NAME", "UNKNOWN_PEOPLE"]


def test_what_a_manager_has_put_in_force_is_not_refused_again() -> None:
    """The unknown name is still a finding; the rota is what calls go by already."""
    in_force = rota(*whole()[:-3])

    again = judge(LINE, rota(*whole()[:-3], findings=(UNKNOWN,)), in_force, AHEAD)

    assert sorted(again.shifts or ()) == sorted(whole()[:-3])
    assert (again.held, rules(again.findings)) == ((), ["UNKNOWN_NAME"])


def test_who_may_not_be_rung_covers_nothing() -> None:
    new = [replace(s, therapist=TherapistId("t9")) if s == FIRSTS[0] else s for s in whole()]

    soon = judge(LINE, rota(*new), rota(*whole()), AHEAD, may_be_rung=lambda s: s.therapist != "t9")
    later = [replace(s, therapist=TherapistId("t9")) if s == FIRSTS[9] else s for s in whole()]
    held = judge(
        LINE, rota(*later), rota(*whole()), AHEAD, may_be_rung=lambda s: s.therapist != "t9"
    )

    assert (soon.shifts, rules(soon.findings)) == (None, ["COVERS_LESS"])
    assert held.held == (FIRSTS[9],)


def test_a_held_slot_that_comes_near_does_not_keep_out_what_else_is_changed() -> None:
    """The source is still silent about the first evening; of the second it has a true edit."""
    said = [s for s in whole() if s != FIRSTS[0]]
    edited = [replace(s, therapist=TherapistId("t5")) if s == FIRSTS[1] else s for s in said]

    verdict = judge(LINE, rota(*edited), rota(*whole()), AHEAD, said_before=rota(*said))

    assert verdict.shifts is not None
    assert replace(FIRSTS[1], therapist=TherapistId("t5")) in verdict.shifts
    assert verdict.held == (FIRSTS[0],)


@pytest.mark.parametrize("position", [1, 2])
@pytest.mark.parametrize("slot", range(SOON))
def test_less_of_the_next_48_hours_refuses_the_whole(slot: int, position: int) -> None:
    gone = (FIRSTS if position == 1 else BACKUPS)[slot]

    verdict = judge(LINE, rota(*(s for s in whole() if s != gone)), rota(*whole()), AHEAD)

    assert verdict.shifts is None
    assert rules(verdict.findings) == ["COVERS_LESS"]
    assert f"in position {position} " in verdict.findings[0].message


def test_a_minute_less_is_less() -> None:
    first = FIRSTS[0]
    shorter = holds("t4", Interval(first.time.start, first.time.end - timedelta(minutes=1)))

    verdict = judge(LINE, rota(shorter, *FIRSTS[1:], *BACKUPS), rota(*whole()), AHEAD)

    assert rules(verdict.findings) == ["COVERS_LESS"]


def test_more_in_one_position_does_not_make_up_for_less_in_the_other() -> None:
    lying = rota(*FIRSTS)

    verdict = judge(LINE, rota(*BACKUPS, *FIRSTS[1:]), lying, AHEAD)

    assert "in position 1 " in verdict.findings[-1].message


def test_what_two_hold_at_once_is_covered_once() -> None:
    both = [holds("t4", FIRSTS[0].time), holds("t5", FIRSTS[0].time)]

    verdict = judge(LINE, rota(*both, *FIRSTS[2:]), rota(*FIRSTS), AHEAD)

    assert rules(verdict.findings) == ["COVERS_LESS"]


def test_a_position_that_the_line_does_not_have_may_go() -> None:
    third = [holds("t5", slot, 3) for slot in slots()]

    verdict = judge(LINE, rota(*whole()), rota(*whole(), *third), AHEAD)

    assert sorted(verdict.shifts or ()) == sorted(whole())


def test_more_than_a_third_gone_refuses_the_whole() -> None:
    # Evenings are five hours and free days twelve, so time is counted and not shifts.
    total = sum((s.time.length for s in whole()), timedelta())
    kept, gone = [*whole()[:SOON], *BACKUPS[:SOON]], timedelta()
    for one in [*FIRSTS[SOON:], *BACKUPS[SOON:]]:
        if gone * 3 <= total:
            gone += one.time.length
        else:
            kept.append(one)

    verdict = judge(LINE, rota(*kept), rota(*whole()), AHEAD)

    assert verdict.shifts is None
    assert rules(verdict.findings) == ["SHIFTS_GONE"]


def test_exactly_a_third_gone_is_held() -> None:
    evenings = [s for s in FIRSTS if s.time.length == 5 * HOUR][:15]

    verdict = judge(LINE, rota(*evenings[:10]), rota(*evenings), AHEAD)
    refused = judge(LINE, rota(*evenings[:9]), rota(*evenings), AHEAD)

    assert sorted(verdict.shifts or ()) == evenings
    assert verdict.held == tuple(evenings[10:])
    assert rules(refused.findings) == ["SHIFTS_GONE"]


def test_where_nothing_is_in_use_whatever_can_be_read_is_taken() -> None:
    one = FIRSTS[3]
    past = rota(shift("t4", "2026-03-02T17:00", "2026-03-02T22:00"))

    for in_use in (rota(), past):
        assert judge(LINE, rota(one, findings=(UNKNOWN,)), in_use, AHEAD).shifts == (one,)
        nothing = judge(LINE, rota(), in_use, AHEAD)
        assert (nothing.shifts, nothing.held, nothing.findings) == ((), (), ())


def test_a_hole_further_ahead_keeps_whoever_was_there_before() -> None:
    gone = [FIRSTS[10], BACKUPS[12]]

    verdict = judge(LINE, rota(*(s for s in whole() if s not in gone)), rota(*whole()), AHEAD)

    assert sorted(verdict.shifts or ()) == sorted(whole())
    assert sorted(verdict.held) == sorted(gone)
    one, other = verdict.findings
    assert (one.rule, one.severity, one.therapist) == ("HELD", Severity.WARNING, "t4")
    assert (one.starts_at, one.ends_at) == (gone[0].time.start, gone[0].time.end)
    assert "nobody in position 1, and t4 stays" in one.message
    assert "from Fri 2026-03-13 17:00 to Fri 2026-03-13 22:00" in one.remedy
    assert (other.therapist, other.starts_at) == ("t1", gone[1].time.start)
    assert "position 2" in other.message


def test_only_the_part_that_is_silent_is_held() -> None:
    slot = FIRSTS[10].time
    late = holds("t5", Interval(slot.start + 2 * HOUR, slot.end))
    others = [s for s in whole() if s != FIRSTS[10]]

    verdict = judge(LINE, rota(late, *others), rota(*whole()), AHEAD)

    assert verdict.held == (holds("t4", Interval(slot.start, slot.start + 2 * HOUR)),)
    assert late in (verdict.shifts or ())


def test_nobody_is_held_where_nobody_was() -> None:
    lying = [s for s in whole() if s != FIRSTS[10]]

    verdict = judge(LINE, rota(*lying), rota(*lying), AHEAD)

    assert (verdict.held, verdict.findings) == ((), ())


def test_closed_hours_are_neither_counted_nor_held() -> None:
    mornings = [
        holds("t4", Interval(slot.start - 8 * HOUR, slot.start - HOUR)) for slot in slots()[1:]
    ]

    verdict = judge(LINE, rota(*whole()), rota(*mornings, *whole()), AHEAD)

    assert sorted(verdict.shifts or ()) == sorted(whole())
    assert verdict.held == ()


def test_of_a_shift_that_reaches_into_closed_hours_the_open_ones_are_held() -> None:
    slot = FIRSTS[10].time
    longer = holds("t4", Interval(slot.start - HOUR, slot.end + HOUR))
    others = [s for s in whole() if s != FIRSTS[10]]

    verdict = judge(LINE, rota(*others), rota(longer, *others), AHEAD)

    assert verdict.held == (holds("t4", slot),)


def test_what_is_held_is_let_go_when_the_source_names_somebody() -> None:
    hole = [s for s in whole() if s != FIRSTS[10]]
    filled = [*hole, holds("t5", FIRSTS[10].time)]
    held = judge(LINE, rota(*hole), rota(*whole()), AHEAD)

    verdict = judge(LINE, rota(*filled), rota(*(held.shifts or ())), AHEAD)

    assert sorted(verdict.shifts or ()) == sorted(filled)
    assert (verdict.held, verdict.findings) == ((), ())


def test_what_is_held_stays_held_for_as_long_as_the_source_is_silent() -> None:
    hole = rota(*(s for s in whole() if s != FIRSTS[10]))
    once = judge(LINE, hole, rota(*whole()), AHEAD)

    again = judge(LINE, hole, rota(*(once.shifts or ())), AHEAD)

    assert sorted(again.shifts or ()) == sorted(once.shifts or ())
    assert (again.held, again.findings) == (once.held, once.findings)


def test_what_somebody_has_published_without_is_not_held() -> None:
    hole = [s for s in whole() if s != FIRSTS[10]]

    verdict = judge(LINE, rota(*hole), rota(*hole), AHEAD)

    assert verdict.held == ()


def test_more_on_another_day_does_not_make_up_for_nobody_tonight() -> None:
    lying = rota(FIRSTS[0], *FIRSTS[2:])

    verdict = judge(LINE, rota(*FIRSTS[1:]), lying, AHEAD)

    assert rules(verdict.findings) == ["COVERS_LESS"]


def test_what_is_gone_by_is_judged_alike_when_it_is_read_again() -> None:
    """What was held the first time must not count as lost the second."""
    lying = rota(*FIRSTS[:10], *FIRSTS[11:])
    moved = rota(*FIRSTS[:9], *FIRSTS[10:])
    once = judge(LINE, moved, lying, AHEAD)

    again = judge(LINE, moved, rota(*(once.shifts or ())), AHEAD)

    assert once.held == (FIRSTS[9],)
    assert (sorted(again.shifts or ()), again.held, again.findings) == (
        sorted(once.shifts or ()),
        once.held,
        once.findings,
    )


_UNIT = st.sampled_from(["good", "empty", "half", "edits", "unknown", "thin"])


def _reading(kind: str, good: list[Shift], draw: st.DataObject) -> Rota:
    who = st.sampled_from(["t2", "t3", "t5", "t6"])
    match kind:
        case "empty":
            return rota()
        case "half":
            return rota(*good[: len(good) // 2])
        case "thin":
            return rota(*draw.draw(st.lists(st.sampled_from(good), unique=True)))
        case "edits":
            edited = draw.draw(st.lists(st.integers(0, len(good) - 1), max_size=5))
            name = TherapistId(draw.draw(who))
            return rota(
                *(replace(s, therapist=name) if n in edited else s for n, s in enumerate(good))
            )
        case "unknown":
            return rota(*good, findings=(UNKNOWN,))
        case _:
            return rota(*good)


def _position_one(shifts: tuple[Shift, ...], moment: datetime) -> list[str]:
    found = Rota(EFTERVARD, shifts, source="", read_at=NOW).on_call(moment)
    return [s.therapist for s in found if s.position == 1]


@settings(max_examples=60, deadline=None)
@given(
    st.data(),
    st.lists(st.sampled_from(range(len(whole()))), unique=True, min_size=1),
    st.lists(st.tuples(_UNIT, st.integers(0, 40)), max_size=8),
)
def test_a_source_may_change_who_is_rung_and_never_makes_it_nobody(
    draw: st.DataObject, first: list[int], later: list[tuple[str, int]]
) -> None:
    good = [s for n, s in enumerate(whole()) if n in first]
    now, in_use = NOW, tuple(good)
    named = {s.therapist for s in good}

    for kind, hours in later:
        now += hours * HOUR
        ahead = Interval(now, AHEAD.end)
        new = _reading(kind, good, draw)
        named |= {s.therapist for s in new.shifts}
        verdict = judge(LINE, new, rota(*in_use), ahead)
        in_use = in_use if verdict.shifts is None else verdict.shifts
        for one in good:
            wanted = one.time.overlap(ahead)
            if one.position == 1 and wanted is not None:
                halfway = wanted.start + wanted.length / 2
                for moment in (wanted.start, halfway, wanted.end - timedelta(microseconds=1)):
                    assert _position_one(in_use, moment), f"nobody at {moment} after {kind}"
    assert {s.therapist for s in in_use} <= named
