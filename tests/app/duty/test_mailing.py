"""Notices by mail: sent over SMTP, without a fact in them, and one to each person."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from app.bootstrap import Parts, assemble
from app.duty.mail import SmtpMailer
from app.duty.notifier import Telephone
from app.settings import Settings
from app.store.contacts import row_of
from app.sweeps import sweeps
from app.telephony.carrier import TwilioCarrier
from routing import record
from routing.contact import Caller, Channel
from routing.errors import CarrierUnavailable, NoticeRefused
from routing.ids import ContactId
from tests.app.duty.post_office import MailServer, mail_server
from tests.app.world import A_TUESDAY, evening, load_world, rows
from tests.examples import EFTERVARD, JARVA, at

NOBODY_LISTENS = "smtp://127.0.0.1:9"
SENDER = "Jouren <jour@example.se>"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


class Clock:
    """A service with a mail server, whose sweeps run at chosen moments."""

    def __init__(self, settings: Settings, url: str) -> None:
        self.now = at("2026-03-03T22:00").astimezone(UTC)
        load_world(settings, shifts=evening(A_TUESDAY))
        own = replace(settings, smtp_url=url, mail_from=SENDER)
        self.parts: Parts = assemble(own, clock=lambda: self.now)
        heard = record.received(
            ContactId("CA1"), EFTERVARD, Channel.VOICE, Caller("K-1001", JARVA),
            at("2026-03-03T19:00").astimezone(UTC),
        )  # fmt: skip
        self.parts.exchange.journal.write([("contact_events", row_of(heard))])
        carrier: Telephone = TwilioCarrier("AC" + "0" * 32, "x", "http://127.0.0.1:9")
        self.sweeps = sweeps(self.parts, carrier)

    def sweep(self, after: timedelta = timedelta()) -> None:
        self.now += after
        for name in ("handover.build", "handover.notify", "outbox.send"):
            self.sweeps[name][0]()


def test_each_person_named_gets_one_mail_without_a_fact(
    settings: Settings, server: MailServer
) -> None:
    clock = Clock(settings, server.url)

    for _ in range(3):
        clock.sweep(timedelta(minutes=1))

    assert sorted(to for to, _ in server.mails) == [f"t{n}@example.org" for n in (4, 5, 6)]
    mail = server.mails[0][1]
    assert (mail["From"], mail["To"]) == (SENDER, server.mails[0][0])
    assert mail["Auto-Submitted"] == "auto-generated"
    written = f"{mail['Subject']} {mail.get_content()}"
    assert "https://jour.example.se/" in written
    facts = ("Järva", "jarva", "K-1001", "Eftervård", "19:00", "samtal")
    assert not [fact for fact in facts if fact in written]


def test_each_mail_has_a_name_of_its_own_that_a_repeat_keeps(server: MailServer) -> None:
    mailer = SmtpMailer(server.url, SENDER)

    for key in ("one", "one", "two"):
        mailer.send_mail("t4@example.org", "Ämne å", "Text ö", key)

    names = [str(mail["Message-ID"]) for _, mail in server.mails]
    assert names[0] == names[1] != names[2]
    assert names[0].endswith("@example.se>")
    assert [mail["Subject"] for _, mail in server.mails] == ["Ämne å"] * 3
    assert [mail.get_content().strip() for _, mail in server.mails] == ["Text ö"] * 3


def test_a_server_that_is_away_gets_the_mail_later(
    sqlite_settings: Settings, server: MailServer
) -> None:
    server.turns_away = 2
    clock = Clock(sqlite_settings, server.url)

    for _ in range(4):
        clock.sweep(timedelta(minutes=1))

    assert sorted(to for to, _ in server.mails) == [f"t{n}@example.org" for n in (4, 5, 6)]


def test_a_mailbox_that_is_refused_stops_nobody_else_s_mail(
    sqlite_settings: Settings, server: MailServer
) -> None:
    server.refuses = frozenset({"t5@example.org"})
    clock = Clock(sqlite_settings, server.url)

    clock.sweep()

    assert sorted(to for to, _ in server.mails) == ["t4@example.org", "t6@example.org"]
    states = sorted(str(row["state"]) for row in rows(clock.parts.engine, "outbox"))
    assert states == ["failed", "sent", "sent"]


def test_a_mail_that_may_have_been_taken_keeps_its_name_when_it_is_sent_again(
    sqlite_settings: Settings, server: MailServer
) -> None:
    server.hangs_up_after_taking = 1
    clock = Clock(sqlite_settings, server.url)

    for _ in range(3):
        clock.sweep(timedelta(minutes=1))

    names = {str(mail["Message-ID"]) for _, mail in server.mails}
    assert len(names) == 3
    assert {to for to, _ in server.mails} == {f"t{n}@example.org" for n in (4, 5, 6)}


def test_a_mail_that_was_taken_is_not_sent_again_for_want_of_a_goodbye(
    sqlite_settings: Settings, server: MailServer
) -> None:
    server.goodbye = "421 in a hurry"
    clock = Clock(sqlite_settings, server.url)

    for _ in range(3):
        clock.sweep(timedelta(minutes=1))

    assert sorted(to for to, _ in server.mails) == [f"t{n}@example.org" for n in (4, 5, 6)]


def test_what_goes_wrong_is_said_in_our_own_words(server: MailServer) -> None:
    server.refuses = frozenset({"t4@example.org"})

    with pytest.raises(NoticeRefused):
        SmtpMailer(server.url, SENDER).send_mail("t4@example.org", "a", "b", "c")
    with pytest.raises(CarrierUnavailable):
        SmtpMailer(NOBODY_LISTENS, SENDER).send_mail("t4@example.org", "a", "b", "c")


def test_where_encryption_is_offered_nothing_is_said_without_it(server: MailServer) -> None:
    server.offers_encryption = True
    url = server.url.replace("smtp://", "smtp://user:secret@")

    with pytest.raises(CarrierUnavailable):
        SmtpMailer(url, SENDER).send_mail("t4@example.org", "a", "b", "c")

    assert server.verbs[:2] == ["EHLO", "STARTTLS"]
    assert not {"AUTH", "MAIL", "DATA"} & set(server.verbs)
    assert server.mails == []


def test_a_mailer_does_not_show_the_password_in_its_address() -> None:
    assert "secret" not in repr(SmtpMailer("smtp://user:secret@127.0.0.1", SENDER))
