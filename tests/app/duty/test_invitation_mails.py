"""Invitations get away once, whatever becomes of clocks, mail servers and earlier mails."""

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.duty.invitations import invite, refresh_due
from app.duty.mail import SmtpMailer
from app.settings import Settings
from routing.errors import CarrierUnavailable, NoticeRefused
from tests.app.duty.invited import JARVAS, SENDER, Office, arrived
from tests.app.duty.post_office import MailServer, mail_server
from tests.app.world import rows, table_away
from tests.examples import HASSELBY_VALLINGBY

MONDAY, TUESDAY = "2026-03-09 08:30", "2026-03-10 08:30"
SUNDAY_NIGHT, LATER = "2026-03-08T22:10", "2026-03-08T23:00"
CLOSED_MONDAY = ("closed_days = []", "closed_days = [2026-03-09]")
NOTIFIED = 'notify = ["t4", "t5", "t6"]'


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def office(settings: Settings, server: MailServer) -> Office:
    return Office(settings, server.url)


def test_a_mail_that_did_not_get_away_before_the_meeting_stays(
    sqlite_settings: Settings, server: MailServer
) -> None:
    office = Office(sqlite_settings, server.url)
    server.turns_away = 100
    office.weekend()

    server.turns_away = 0
    office.sweep("2026-03-09T08:31")
    office.sweep("2026-03-09T08:40")

    assert server.mails == []
    assert {row["error"] for row in rows(office.parts.engine, "outbox")} == {"meeting_begun"}


def test_a_mail_that_was_overtaken_is_not_sent(
    sqlite_settings: Settings, server: MailServer
) -> None:
    office = Office(sqlite_settings, server.url)
    server.turns_away = 100
    office.weekend()
    office.load(CLOSED_MONDAY)
    office.sweep(SUNDAY_NIGHT)
    server.turns_away = 0

    office.sweep("2026-03-09T12:00")
    office.sweep("2026-03-09T12:20")

    assert [one.said for one in arrived(server)] == [
        (to, "REQUEST", 1, "CONFIRMED", TUESDAY) for to in JARVAS
    ]


@pytest.mark.parametrize("number", [1, 10])
def test_nobody_s_mail_is_overtaken_by_that_of_a_namesake(
    number: int, sqlite_settings: Settings, server: MailServer
) -> None:
    """The keys of t1's mails are how those of t10's begin."""
    ten = (
        '[[therapists]]\nid = "t10"\nname = "Therapist 10"\nphone = "+46701740620"\n'
        'email = "t10@example.org"\ndistrict = "jarva"\n\n[[mandates]]\nprincipal = "jarva"'
    )
    named = ('[[mandates]]\nprincipal = "jarva"', ten)
    office = Office(sqlite_settings, server.url)
    office.load(named, (NOTIFIED, 'notify = ["t1", "t10"]'))
    office.contact("CA06", "2026-03-06T19:00")
    office.run("2026-03-06T22:00", "handover.build", "handover.invite")
    office.load(named, (NOTIFIED, f'notify = ["t{number}"]'))
    office.sweep("2026-03-06T22:01")

    stays, goes = f"t{number}@example.org", f"t{11 - number}@example.org"
    assert sorted(one.said[:3] for one in arrived(server)) == sorted(
        [(stays, "REQUEST", 0), (goes, "CANCEL", 1)]
    )


def test_clocks_at_the_same_time_invite_once(office: Office, server: MailServer) -> None:
    office.weekend()
    office.load(CLOSED_MONDAY, (NOTIFIED, 'notify = ["t4", "t5", "t2"]'))
    office.contact("CA9", "2026-03-08T21:00", HASSELBY_VALLINGBY)
    office.run(SUNDAY_NIGHT, "handover.build")
    server.mails.clear()
    organisation, now = office.organisation, office.now
    together, said = threading.Barrier(4), list[int]()

    def clock() -> None:
        together.wait()
        said.append(invite(office.desk(), organisation, SENDER, now))

    threads = [threading.Thread(target=clock) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    office.sweep(LATER)

    assert sum(said) == 7
    assert [one.said[:3] for one in arrived(server)] == [
        ("t1@example.org", "REQUEST", 0),
        ("t2@example.org", "REQUEST", 0),
        ("t2@example.org", "REQUEST", 1),
        ("t3@example.org", "REQUEST", 0),
        ("t4@example.org", "REQUEST", 1),
        ("t5@example.org", "REQUEST", 1),
        ("t6@example.org", "CANCEL", 1),
    ]


def test_a_clock_that_dies_in_between_has_done_nothing(office: Office, server: MailServer) -> None:
    office.contact("CA06", "2026-03-06T19:00")
    office.run("2026-03-06T22:00", "handover.build")

    with table_away(office.parts.engine, "outbox"), pytest.raises(sa.exc.DBAPIError):
        invite(office.desk(), office.organisation, SENDER, office.now)

    assert rows(office.parts.engine, "meetings") == []
    office.sweep("2026-03-06T22:01")
    office.sweep("2026-03-06T22:02")
    assert [one.said for one in arrived(server)] == [
        (to, "REQUEST", 0, "CONFIRMED", MONDAY) for to in JARVAS
    ]


@pytest.mark.parametrize("answer", ["turns_away", "puts_off"])
def test_a_server_that_says_later_is_asked_later(
    answer: str, sqlite_settings: Settings, server: MailServer
) -> None:
    setattr(server, answer, 4)
    office = Office(sqlite_settings, server.url)
    office.contact("CA06", "2026-03-06T19:00")

    for minute in range(6):
        office.sweep(f"2026-03-06T22:0{minute}")

    assert [one.said[:3] for one in arrived(server)] == [(to, "REQUEST", 0) for to in JARVAS]


def test_a_repeat_of_a_mail_can_be_told_from_another(
    sqlite_settings: Settings, server: MailServer
) -> None:
    server.hangs_up_after_taking = 1
    office = Office(sqlite_settings, server.url)
    office.contact("CA06", "2026-03-06T19:00")

    for minute in range(4):
        office.sweep(f"2026-03-06T22:0{minute}")

    found = arrived(server)
    assert len(found) == 4
    assert len({str(one.mail["Message-ID"]) for one in found}) == 3
    assert len({str(one.mail["Date"]) for one in found}) == 1


def test_without_a_mail_server_only_the_handovers_move(
    sqlite_settings: Settings, server: MailServer
) -> None:
    office = Office(sqlite_settings, server.url)
    office.contact("CA06", "2026-03-06T19:00")
    office.run("2026-03-06T22:00", "handover.build")
    office.load(CLOSED_MONDAY)

    said = invite(office.desk(mails=False), office.organisation, None, office.now)

    assert said == 0
    assert office.due() == {TUESDAY}
    assert rows(office.parts.engine, "meetings") == []


def test_the_second_clock_finds_the_handovers_moved(sqlite_settings: Settings) -> None:
    office = Office(sqlite_settings, "smtp://127.0.0.1:9")
    office.contact("CA06", "2026-03-06T19:00")
    office.run("2026-03-06T22:00", "handover.build")
    office.load(CLOSED_MONDAY)

    moved = [refresh_due(office.desk(), office.organisation, office.now) for _ in range(2)]

    assert moved == [1, 0]


@pytest.mark.parametrize(
    "to",
    [
        "t4@example.org\r\nBcc: t5@example.org",
        "t4@example.org\nSubject: another",
        "t4@example.org, t5@example.org",
        "nobody",
        "",
    ],
)
def test_what_is_no_single_address_gets_no_mail(to: str, server: MailServer) -> None:
    with pytest.raises(NoticeRefused):
        SmtpMailer(server.url, SENDER).send_mail(to, "a", "b", "c")

    assert server.mails == []


def test_a_header_that_cannot_be_written_stops_no_other_letter(server: MailServer) -> None:
    with pytest.raises(CarrierUnavailable):
        SmtpMailer(server.url, "jour@example.se\nBcc: t5@example.org").send_mail(
            "t4@example.org", "a", "b", "c"
        )

    assert server.mails == []
