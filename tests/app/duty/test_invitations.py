"""A meeting over handovers stands in people's calendars, moves there and goes, and says nothing."""

from collections.abc import Iterator
from datetime import UTC

import pytest
import sqlalchemy as sa

from app.settings import Settings
from routing.ids import DistrictId
from tests.app.duty.invited import JARVAS, Office, arrived
from tests.app.duty.post_office import MailServer, mail_server
from tests.app.world import rows
from tests.examples import HASSELBY_VALLINGBY, at

MONDAY, TUESDAY = "2026-03-09 08:30", "2026-03-10 08:30"
SUNDAY_NIGHT, LATER = "2026-03-08T22:10", "2026-03-08T23:00"
CLOSED_MONDAY = ("closed_days = []", "closed_days = [2026-03-09]")
NOTIFIED = 'notify = ["t4", "t5", "t6"]'
WITHOUT_T6 = (NOTIFIED, 'notify = ["t4", "t5"]')


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def office(settings: Settings, server: MailServer) -> Office:
    return Office(settings, server.url)


@pytest.fixture
def invited(sqlite_settings: Settings, server: MailServer) -> Office:
    """Sunday night: all three of Järva's know of Monday's meeting, and the mails are read."""
    office = Office(sqlite_settings, server.url)
    office.weekend()
    assert [one.said for one in arrived(server)] == [
        (to, "REQUEST", 0, "CONFIRMED", MONDAY) for to in JARVAS
    ]
    office.uid = arrived(server)[0].uid
    server.mails.clear()
    return office


def test_a_weekend_is_one_invitation_for_each_person(office: Office, server: MailServer) -> None:
    for day in ("06", "07", "08"):
        office.contact(f"CA{day}", f"2026-03-{day}T19:00")
        office.run(f"2026-03-{day}T22:00", "handover.build", "handover.notify")
        office.sweep(f"2026-03-{day}T22:00")

    assert len(office.handovers()) == 3
    assert len(server.mails) - len(arrived(server)) == 9  # the notices
    assert [one.said for one in arrived(server)] == [
        (to, "REQUEST", 0, "CONFIRMED", MONDAY) for to in JARVAS
    ]
    assert len({one.uid for one in arrived(server)}) == 1


def test_each_district_meets_by_itself(sqlite_settings: Settings, server: MailServer) -> None:
    office = Office(sqlite_settings, server.url)
    office.contact("CA1", "2026-03-06T19:00")
    office.contact("CA2", "2026-03-06T20:00", HASSELBY_VALLINGBY)

    office.sweep("2026-03-06T22:00")

    uids = {one.to: one.uid for one in arrived(server)}
    assert sorted(uids) == [f"t{n}@example.org" for n in range(1, 7)]
    assert len({uids[f"t{n}@example.org"] for n in (1, 2, 3)}) == 1
    assert len(set(uids.values())) == 2


def test_a_day_that_is_closed_moves_the_meeting(office: Office, server: MailServer) -> None:
    office.weekend()
    uid = arrived(server)[0].uid
    server.mails.clear()

    office.load(CLOSED_MONDAY)
    office.sweep(SUNDAY_NIGHT)
    office.sweep(LATER)

    assert office.due() == {TUESDAY}
    assert [one.said for one in arrived(server)] == [
        (to, "REQUEST", 1, "CONFIRMED", TUESDAY) for to in JARVAS
    ]
    assert {one.uid for one in arrived(server)} == {uid}
    body = arrived(server)[0].mail.get_body(("plain",))
    assert body is not None
    assert "flyttat till 10/3 08:30" in body.get_content()


def test_another_hour_of_the_district_moves_it_too(invited: Office, server: MailServer) -> None:
    invited.load((f'at = "08:30", {NOTIFIED}', f'at = "09:15", {NOTIFIED}'))
    invited.sweep(SUNDAY_NIGHT)

    assert {one.said[1:] for one in arrived(server)} == {
        ("REQUEST", 1, "CONFIRMED", "2026-03-09 09:15")
    }


def test_an_hour_that_has_passed_leaves_the_meeting_where_it_is(
    invited: Office, server: MailServer
) -> None:
    invited.load((f'at = "08:30", {NOTIFIED}', f'at = "07:00", {NOTIFIED}'))
    invited.sweep("2026-03-09T07:30")

    assert invited.due() == {MONDAY}
    assert arrived(server) == []


def test_a_later_part_counts_from_when_it_was_made(invited: Office, server: MailServer) -> None:
    invited.acknowledge()
    invited.contact("CA9", "2026-03-08T21:00")
    invited.sweep("2026-03-09T12:00")
    assert invited.due() == {MONDAY, TUESDAY}

    invited.load(("closed_days = []", "closed_days = [2026-03-10]"))
    invited.sweep("2026-03-09T13:00")

    assert invited.due() == {MONDAY, "2026-03-11 08:30"}
    to_t4 = [one.said for one in arrived(server) if one.to == JARVAS[0]]
    assert to_t4 == [
        (JARVAS[0], "REQUEST", 0, "CONFIRMED", TUESDAY),
        (JARVAS[0], "REQUEST", 1, "CONFIRMED", "2026-03-11 08:30"),
    ]


def test_what_a_district_hears_of_late_moves_like_the_rest(
    invited: Office, server: MailServer
) -> None:
    invited.now = at("2026-03-09T12:00").astimezone(UTC)
    invited.assign("CA06", HASSELBY_VALLINGBY)
    invited.sweep("2026-03-09T12:01")
    assert invited.due() == {MONDAY, TUESDAY}

    invited.load(("closed_days = []", "closed_days = [2026-03-10]"))
    invited.sweep("2026-03-09T12:02")

    assert invited.due() == {MONDAY, "2026-03-11 08:30"}
    assert {one.said[1:] for one in arrived(server)} == {
        ("REQUEST", 0, "CONFIRMED", TUESDAY),
        ("REQUEST", 1, "CONFIRMED", "2026-03-11 08:30"),
    }


def test_two_meetings_become_one_and_the_other_is_cancelled(
    invited: Office, server: MailServer
) -> None:
    invited.load((f'at = "08:30", {NOTIFIED}', f'at = "07:00", {NOTIFIED}'))
    invited.contact("CA9", "2026-03-09T07:15")
    invited.sweep("2026-03-09T07:20")
    assert invited.due() == {MONDAY, "2026-03-10 07:00"}

    invited.load()
    invited.sweep("2026-03-09T07:25")
    invited.sweep("2026-03-09T07:26")

    assert invited.due() == {MONDAY}
    to_t4 = [one for one in arrived(server) if one.to == JARVAS[0]]
    assert [one.said[1:] for one in to_t4] == [
        ("REQUEST", 0, "CONFIRMED", "2026-03-10 07:00"),
        ("CANCEL", 1, "CANCELLED", "2026-03-10 07:00"),
    ]
    assert len({one.uid for one in to_t4} - {invited.uid}) == 1


def test_a_meeting_without_a_handover_left_is_cancelled(
    invited: Office, server: MailServer
) -> None:
    for contact in ("CA06", "CA07"):
        invited.assign(contact, HASSELBY_VALLINGBY)
    invited.sweep(SUNDAY_NIGHT)
    assert not [one for one in arrived(server) if one.to in JARVAS]
    server.mails.clear()

    invited.assign("CA08", HASSELBY_VALLINGBY)
    invited.sweep(LATER)
    invited.sweep("2026-03-08T23:01")

    assert [one.said for one in arrived(server)] == [
        (to, "CANCEL", 1, "CANCELLED", MONDAY) for to in JARVAS
    ]
    assert {one.uid for one in arrived(server)} == {invited.uid}
    mail = arrived(server)[0].mail
    assert mail["Subject"] == "Avbokat: överlämning från jouren"
    assert {p.get_param("method") for p in mail.walk()} == {None, "CANCEL"}


def test_a_district_that_wants_to_hear_of_nothing_meets_over_it(
    invited: Office, server: MailServer
) -> None:
    invited.load((NOTIFIED, f"{NOTIFIED}, empty = true"))
    for contact in ("CA06", "CA07", "CA08"):
        invited.assign(contact, HASSELBY_VALLINGBY)

    invited.sweep(SUNDAY_NIGHT)

    assert not [one for one in arrived(server) if one.to in JARVAS]


def test_what_comes_after_a_cancellation_is_another_meeting(
    invited: Office, server: MailServer
) -> None:
    for contact in ("CA06", "CA07", "CA08"):
        invited.assign(contact, HASSELBY_VALLINGBY)
    invited.sweep(SUNDAY_NIGHT)
    server.mails.clear()

    invited.contact("CA9", "2026-03-08T21:00")
    invited.sweep(LATER)

    assert [one.said for one in arrived(server)] == [
        (to, "REQUEST", 0, "CONFIRMED", MONDAY) for to in JARVAS
    ]
    assert invited.uid not in {one.uid for one in arrived(server)}


def test_who_is_named_later_is_invited_and_who_is_named_no_more_is_let_off(
    invited: Office, server: MailServer
) -> None:
    invited.load((NOTIFIED, 'notify = ["t4", "t5", "t2"]'))
    invited.sweep(SUNDAY_NIGHT)
    invited.sweep(LATER)

    assert [one.said for one in arrived(server)] == [
        ("t2@example.org", "REQUEST", 1, "CONFIRMED", MONDAY),
        ("t6@example.org", "CANCEL", 1, None, MONDAY),
    ]
    assert {one.uid for one in arrived(server)} == {invited.uid}


def test_who_comes_back_is_invited_anew(invited: Office, server: MailServer) -> None:
    for moment, change in (
        ("2026-03-08T22:01", [WITHOUT_T6]),
        ("2026-03-08T22:02", []),
        ("2026-03-08T22:03", [WITHOUT_T6]),
        ("2026-03-08T22:04", []),
    ):
        invited.load(*change)
        invited.sweep(moment)

    assert [one.said[:3] for one in arrived(server)] == [
        ("t6@example.org", "CANCEL", 1),
        ("t6@example.org", "REQUEST", 2),
        ("t6@example.org", "CANCEL", 3),
        ("t6@example.org", "REQUEST", 4),
    ]


def test_a_new_address_gets_the_meeting_and_the_old_one_loses_it(
    invited: Office, server: MailServer
) -> None:
    invited.load(("t6@example.org", "six@example.org"))
    invited.sweep(SUNDAY_NIGHT)
    invited.sweep(LATER)

    assert [one.said[:3] for one in arrived(server)] == [
        ("six@example.org", "REQUEST", 2),
        ("t6@example.org", "CANCEL", 1),
    ]


def test_who_has_no_address_is_not_invited(sqlite_settings: Settings, server: MailServer) -> None:
    office = Office(sqlite_settings, server.url)
    office.load(('email = "t5@example.org"\n', ""))

    office.weekend()

    assert [one.to for one in arrived(server)] == [JARVAS[0], JARVAS[2]]


def test_after_the_acknowledgement_nothing_more_is_sent(
    invited: Office, server: MailServer
) -> None:
    invited.acknowledge()

    invited.load(CLOSED_MONDAY, WITHOUT_T6)
    for moment in (SUNDAY_NIGHT, LATER, "2026-03-09T08:31"):
        invited.sweep(moment)

    assert arrived(server) == []
    assert invited.due() == {MONDAY}


def test_once_it_has_begun_nothing_more_is_sent(invited: Office, server: MailServer) -> None:
    invited.load(WITHOUT_T6)
    for contact in ("CA06", "CA07", "CA08"):
        invited.assign(contact, HASSELBY_VALLINGBY)

    invited.sweep("2026-03-09T08:30")

    assert not [one for one in arrived(server) if one.to in JARVAS]
    states = {row["id"]: row["state"] for row in rows(invited.parts.engine, "meetings")}
    assert states[invited.uid] == "begun"


def test_a_district_that_is_gone_from_the_file_leaves_its_meeting_as_it_was_told(
    invited: Office, server: MailServer
) -> None:
    with invited.parts.engine.begin() as connection:
        for table in ("handovers", "meetings"):
            connection.execute(sa.text(f"UPDATE {table} SET district = 'gone'"))
    assert {handover.district for handover in invited.handovers()} == {DistrictId("gone")}

    invited.load(CLOSED_MONDAY)
    invited.sweep(SUNDAY_NIGHT)

    assert arrived(server) == []
    assert invited.due() == {MONDAY}
