"""The reading log: whose rows a reviewer sees, what is told of each, and page by page."""

from datetime import UTC

import pytest

from app.demo.stage import Stage
from app.duty.gate import NotAllowed
from app.review import readings as service
from app.review.readings import PAGE, Cursor
from app.store import rota
from app.store.tables import follow_up_orders, follow_ups
from routing.access import Act, Denial
from routing.errors import InvalidInput
from routing.ids import TherapistId
from routing.override import Override
from tests.app.conftest import StageAt
from tests.app.duty import desk
from tests.app.duty.before_duty import MANAGERS, WITH_MANAGERS
from tests.app.review.reviewing import (
    flags_of,
    look,
    many,
    read,
    told,
)
from tests.app.world import (
    ANSWERS,
    GUARDIAN,
    PROTECTED,
    STRANGER,
    YOUTH,
    changed,
    contact_of,
    exported,
)
from tests.examples import (
    EFTERVARD,
    HASSELBY_VALLINGBY,
    JARVA,
    at,
    shift,
    span,
)

DURING, LATER = "2026-03-03T19:04", "2026-03-05T12:00"


@pytest.fixture
def stage(engine_stage_at: StageAt) -> Stage:
    """t4 of Järva has the evening, and takes a call of a family of Hässelby-Vällingby."""
    made = engine_stage_at(DURING, toml=WITH_MANAGERS)
    made.call(GUARDIAN, phones={"t4": ANSWERS})
    return made


def the_contact(stage: Stage) -> str:
    (found,) = desk_contacts(stage)
    return found


def desk_contacts(stage: Stage) -> list[str]:
    return exported(stage, HASSELBY_VALLINGBY)


def test_a_reviewer_sees_what_both_districts_staff_read_of_her_own(stage: Stage) -> None:
    contact = the_contact(stage)
    desk.asked(stage, "t4", contact)
    desk.asked(stage, "t1", contact)

    found = told(look(stage, "r1"))

    assert found == [("t1", "read", contact), ("t4", "read", contact)]
    assert told(look(stage, "m1")) == found
    assert told(look(stage, "r2")) == told(look(stage, "m2")) == []


@pytest.mark.parametrize("who", ["t1", "a1"])
def test_nobody_else_reviews_and_the_try_is_kept(stage: Stage, who: str) -> None:
    with pytest.raises(NotAllowed):
        look(stage, who)

    (kept,) = [e for e in look(stage, "r1", now=LATER).entries if e.viewer.id == who]
    assert (kept.act, kept.denied) == (Act.REVIEW, Denial.NOT_YOUR_OFFICE)


def test_who_reviews_stands_in_the_log_once_in_a_quarter_of_an_hour(stage: Stage) -> None:
    for moment in ("2026-03-05T12:00", "2026-03-05T12:14", "2026-03-05T12:16"):
        page = look(stage, "r1", now=moment)

    assert [(e.viewer.id, e.act) for e in page.entries] == [("r1", Act.REVIEW)] * 2


def test_what_is_told_of_a_row(stage: Stage) -> None:
    contact = the_contact(stage)
    desk.asked(stage, "t4", contact)

    (found,) = look(stage, "r1", now=LATER).entries[-1:]

    assert (found.name, found.reference, found.employed) == ("Therapist 4", "H-2001", False)
    assert found.duty == span("2026-03-03T17:00", "2026-03-03T22:00")
    assert (found.after_duty, found.flags) == (False, ())
    assert "H-2001" not in repr(found)
    assert "Therapist" not in repr(found)


def test_who_left_the_organisation_has_an_id_and_no_name(stage: Stage) -> None:
    read(stage, "r1", "2026-03-04T12:00", act=Act.LOG, denied=Denial.NOT_YOUR_OFFICE)

    (found,) = look(stage, "m1", viewer="r1").entries
    assert found.name is None


@pytest.mark.parametrize(
    ("moment", "duty", "after"),
    [
        ("2026-03-03T16:59", False, False),
        ("2026-03-03T17:00", True, False),
        ("2026-03-03T22:30", True, True),
        ("2026-03-03T23:00", False, False),
    ],
)
def test_the_duty_is_that_of_the_moment_and_an_hour_more(
    stage: Stage, moment: str, duty: bool, after: bool
) -> None:
    read(stage, "t4", moment)

    (found,) = look(stage, "r1", viewer="t4").entries

    assert (found.duty is not None, found.after_duty) == (duty, after)
    assert bool(found.flags) is not duty


def test_a_rota_that_is_put_right_afterwards_makes_no_reading_lawful(stage: Stage) -> None:
    read(stage, "t5", "2026-03-03T19:30")
    read(stage, "t4", "2026-03-03T19:30")
    evening = span("2026-03-03T17:00", "2026-03-03T22:00")
    signed = rota.Signed("c1", "as if it had been", at("2026-03-04T09:00").astimezone(UTC))
    with stage.parts.engine.begin() as connection:
        made = Override(evening, 1, TherapistId("t5"))
        rota.override(connection, EFTERVARD, [made], signed)
    read(stage, "t5", "2026-03-04T10:00", "later")

    found = {(e.viewer.id, str(e.contact)): e.duty is not None for e in look(stage, "r1").entries}

    assert found[("t5", "c")] is False
    assert found[("t4", "c")] is True


def test_what_was_in_force_is_what_counts_also_between_two_versions(stage: Stage) -> None:
    signed = rota.Signed("c1", "", at("2026-03-03T20:00").astimezone(UTC))
    evening = span("2026-03-03T17:00", "2026-03-03T22:00")
    with stage.parts.engine.begin() as connection:
        new = [shift("t5", "2026-03-03T17:00", "2026-03-03T22:00")]
        rota.publish(connection, EFTERVARD, new, signed, evening)
    for moment in ("2026-03-03T19:59", "2026-03-03T20:00"):
        read(stage, "t5", moment, moment)

    found = {str(e.contact): e.duty is not None for e in look(stage, "r1").entries}

    assert found["2026-03-03T19:59"] is False
    assert found["2026-03-03T20:00"] is True


def test_flags_stand_with_the_row_they_are_about(stage: Stage) -> None:
    contact = the_contact(stage)
    read(stage, "t4", LATER, contact)  # her own
    read(stage, "t5", LATER, contact)
    read(stage, "t2", "2026-03-07T12:00", "on a saturday")
    read(stage, "t2", LATER, "in the daytime")

    assert flags_of(look(stage, "r1")) == {
        contact: ["outside_duty"],
        "on a saturday": ["odd_hours"],
    }


def test_a_protected_person_is_flagged_for_her_own_district(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(DURING, toml=WITH_MANAGERS)
    stage.call(PROTECTED, phones={"t4": "no answer", "t1": ANSWERS})
    stage.call(YOUTH, phones={"t4": "no answer", "t1": ANSWERS})
    hers, other = exported(stage, JARVA)
    for contact in (hers, other):
        read(stage, "t5", LATER, contact, home=JARVA)
        read(stage, "t1", LATER, contact, home=JARVA)  # who took it

    pages = look(stage, "m2", contact=hers), look(stage, "m2", contact=other)
    found = [(e.viewer.id, [str(f.flag) for f in e.flags]) for page in pages for e in page.entries]

    assert sorted(found) == [("t1", []), ("t1", []), ("t5", []), ("t5", ["protected"])]


def test_many_look_ups_are_seen_also_where_a_page_begins_among_them(stage: Stage) -> None:
    many(stage, 15, "2026-03-10T12:00", seconds=60)
    many(stage, PAGE - 3, "2026-03-10T13:00", seconds=1800, name="d")

    first = look(stage, "r1", now="2026-03-20T12:00", viewer="t2")
    second = look(stage, "r1", first.next, now="2026-03-20T12:01", viewer="t2")

    assert [e.contact for e in first.entries[-3:]] == ["c14", "c13", "c12"]
    assert [flags_of(first).get(f"c{n}") for n in (14, 12)] == [["many_look_ups"]] * 2
    assert flags_of(second) == {"c10": ["many_look_ups"], "c11": ["many_look_ups"]}


def test_texts_of_one_conversation_are_one_look_up(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(DURING, toml=WITH_MANAGERS)
    for n in range(12):
        stage.text(GUARDIAN, f"Hej {n}")
        stage.sweep(("texts.handle",))
    for place, contact in enumerate(desk_contacts(stage)):
        read(stage, "t2", f"2026-03-05T12:{place:02}", contact)

    page = look(stage, "r1")

    assert len(page.entries) > 11
    assert flags_of(page) == {}


def test_a_follow_up_names_its_client_and_whether_she_is_protected(stage: Stage) -> None:
    numbers = {client: ordered(stage, client) for client in ("K-1001", "K-1003")}
    for number in numbers.values():
        read(stage, "t5", LATER, f"follow-up-{number}", act=Act.FOLLOW_UP, home=JARVA)
    read(stage, "t5", LATER, "follow-up-77", act=Act.FOLLOW_UP, home=JARVA)
    read(stage, "t5", LATER, "follow-up-x", act=Act.FOLLOW_UP, home=JARVA)

    found = [
        (e.reference, [str(f.flag) for f in e.flags])
        for e in look(stage, "m2").entries
        if e.viewer.id == "t5"
    ]

    assert found == [(None, []), (None, []), ("K-1003", ["protected"]), ("K-1001", [])]


def ordered(stage: Stage, client: str) -> int:
    """A follow-up of Järva's for *client*; its number."""
    order: dict[str, object] = {
        "line": EFTERVARD, "district": JARVA, "client": client, "number_key": b"k",
        "may_leave_voicemail": False, "may_say_who_calls": False, "language": "sv",
        "max_attempts": 3, "instruction": b"sealed", "ordered_by": "t5",
        "ordered_at": stage.parts.clock(),
    }  # fmt: skip
    window: dict[str, object] = {
        "starts_at": stage.parts.clock(), "ends_at": stage.parts.clock(),
        "if_not_reached": "report", "state": "ordered",
    }  # fmt: skip
    with stage.parts.engine.begin() as connection:
        made = follow_up_orders.insert().returning(follow_up_orders.c.id)
        series = connection.execute(made, order).scalar_one()
        task = follow_ups.insert().returning(follow_ups.c.id)
        number: int = connection.execute(task, {**window, "series": series}).scalar_one()
    return number


def stranger_of(stage: Stage) -> str:
    """A call of somebody unknown, who names no district, taken by t4."""
    call = stage.call(STRANGER, phones={"t4": ANSWERS})
    assert contact_of(stage, call.sid).caller.home is None
    return call.sid


def test_what_was_read_before_it_was_known_whose_it_was_is_the_districts(stage: Stage) -> None:
    contact = stranger_of(stage)
    read(stage, "t4", "2026-03-03T19:20", contact, home=None)
    read(stage, "t4", "2026-03-03T19:20", "nobody's", home=None)
    assert told(look(stage, "r1")) == told(look(stage, "r2")) == []

    desk.assign(stage, "t4", contact, JARVA)

    assert told(look(stage, "r2")) == [("t4", "read", contact), ("t4", "assign", contact)]
    assert told(look(stage, "r1")) == []


def test_what_was_first_said_to_be_ours_and_is_anothers_is_not_ours(stage: Stage) -> None:
    contact = stranger_of(stage)
    read(stage, "t4", "2026-03-03T19:20", contact, home=None)

    desk.assign(stage, "t4", contact, HASSELBY_VALLINGBY)
    stage.carrier.run_until(at("2026-03-03T19:30").astimezone(UTC))
    desk.assign(stage, "t4", contact, JARVA)

    # That it was changed stands with the district that it was taken from, but nobody's reference.
    (left,) = [e for e in look(stage, "r1").entries if e.act is not Act.REVIEW]
    assert (left.act, left.reference) == (Act.ASSIGN, None)
    assert ("t4", "read", contact) in told(look(stage, "r2"))


def test_pages_follow_each_other_without_a_gap_or_a_repeat(stage: Stage) -> None:
    many(stage, 3 * PAGE, "2026-03-10T08:00", seconds=0)  # all at one moment
    seen: list[int] = []
    after: Cursor | None = None
    while True:
        page = look(stage, "r1", after, now="2026-03-12T12:00", viewer="t2")
        seen += [e.id for e in page.entries]
        after = page.next and Cursor.read(str(page.next))
        if after is None:
            break

    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 3 * PAGE


@pytest.mark.parametrize("text", ["", "x", "20260303T190400.000000", "20260303T190400.000000-x"])
def test_a_page_that_nobody_was_given_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Cursor.read(text)


def test_one_can_ask_for_a_person_a_contact_refusals_and_days(stage: Stage) -> None:
    read(stage, "t1", "2026-03-04T12:00", "a")
    read(stage, "t2", "2026-03-05T12:00", "a")
    read(stage, "t2", "2026-03-06T12:00", "b", denied=Denial.HANDED_OVER)
    read(stage, "t2", "2026-04-01T00:00", "a")
    days = span("2026-03-05", "2026-03-07")

    assert told(look(stage, "r1", viewer="t1")) == [("t1", "read", "a")]
    assert [who for who, _, _ in told(look(stage, "r1", contact="a"))] == ["t2", "t1"]
    assert [c for _, _, c in told(look(stage, "r1", refused=True))] == ["b"]
    assert [c for _, _, c in told(look(stage, "r1", span=days))] == ["b", "a"]


def test_only_what_is_flagged_is_found_far_back_and_page_by_page(stage: Stage) -> None:
    many(stage, 1200, "2026-03-10T08:00", seconds=1, name="h")
    read(stage, "t5", "2026-03-04T12:00", "flagged")
    read(stage, "t2", "2026-03-04T12:00", "in the daytime")
    now = "2026-03-12T12:00"

    page = look(stage, "r1", flagged=True, now=now)
    found = list(page.entries)
    while page.next is not None:
        page = look(stage, "r1", page.next, flagged=True, now=now)
        found += page.entries

    assert len({e.id for e in found}) == len(found) == 1200 - 10 + 1
    assert found[-1].contact == "flagged"


def test_a_search_that_takes_long_is_broken_off_and_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_PORTION", 10)
    monkeypatch.setattr(service, "_MOST_LOOKED_THROUGH", 20)
    many(stage, 30, "2026-03-10T08:00", seconds=600)
    read(stage, "t5", "2026-03-04T12:00", "flagged")

    first = look(stage, "r1", flagged=True, now="2026-03-10T18:00")
    assert first.entries == ()
    assert first.searched_to is not None
    second = look(stage, "r1", first.next, flagged=True, now="2026-03-10T18:00")

    assert [e.contact for e in second.entries] == ["flagged"]
    assert (second.next, second.searched_to) == (None, None)


def test_a_merged_districts_log_is_its_successors(engine_stage_at: StageAt) -> None:
    merged = changed(
        (
            "valid_from = 2023-07-01",
            'valid_from = 2023-07-01\nvalid_to = 2026-03-31\nsuccessor = "hasselby-vallingby"',
        ),
    )
    stage = engine_stage_at(DURING, toml=merged + MANAGERS)
    read(stage, "t4", DURING, "theirs", home=JARVA)

    assert told(look(stage, "r1")) == []
    assert told(look(stage, "r1", now="2026-04-01T12:00")) == [("t4", "read", "theirs")]
