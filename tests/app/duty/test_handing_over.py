"""Duties that have ended become one handover per home district, and people are told once."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.bootstrap import Parts, assemble
from app.duty.handover import Desk, build_handovers, notify_of_handovers
from app.settings import Settings
from app.store import handovers as stored
from app.store.contacts import row_of
from app.store.database import reading
from app.store.handovers import Handover
from app.store.outbox import claim
from routing import record
from routing.contact import Caller, Channel
from routing.ids import ContactId, DistrictId
from routing.organisation import Organisation
from routing.rota import Shift
from tests.app.world import changed, evening, load_organisation, load_world, publish, rows
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, at, shift

TUESDAY, WEDNESDAY = "2026-03-03", "2026-03-04"
FAR_AHEAD = at("2028-01-01T00:00").astimezone(UTC)


class Night:
    """A service, its desk, and what happened on it."""

    def __init__(self, settings: Settings) -> None:
        self.parts: Parts = assemble(settings, clock=lambda: FAR_AHEAD)
        self.parts.mirror.refresh()

    @property
    def organisation(self) -> Organisation:
        return self.parts.mirror.picture.organisation

    def desk(self, *, mails: bool = False) -> Desk:
        return Desk(self.parts.engine, self.parts.cipher, "https://jour.example.se", mails=mails)

    def contact(self, name: str, moment: str, home: DistrictId | None = JARVA) -> None:
        caller = Caller(f"K-{name}", home)
        event = record.received(
            ContactId(name), EFTERVARD, Channel.VOICE, caller, at(moment).astimezone(UTC)
        )
        self.parts.exchange.journal.write([("contact_events", row_of(event))])

    def build(self, moment: str) -> int:
        return build_handovers(self.desk(), self.organisation, at(moment).astimezone(UTC))

    def tell(self, moment: str, *, mails: bool = False) -> int:
        now = at(moment).astimezone(UTC)
        return notify_of_handovers(self.desk(mails=mails), self.organisation, now)

    def handovers(self) -> Sequence[Handover]:
        with reading(self.parts.engine) as connection:
            return stored.listed(connection, None, None)

    def filed(self) -> dict[tuple[str, str], list[str]]:
        """The contacts in each handover, by district and when it is due there."""
        zone = self.organisation.lines[EFTERVARD].zone
        return {
            (h.district, f"{h.due_at.astimezone(zone):%Y-%m-%d %H:%M}"): list(h.contacts)
            for h in self.handovers()
        }

    def notices(self) -> list[tuple[str, str, str]]:
        """How, to whom and what."""
        with self.parts.engine.begin() as connection:
            found = claim(connection, self.parts.cipher, FAR_AHEAD, 100)
        return sorted((c.letter.by, c.letter.recipient, c.letter.body) for c in found)


def night_of(settings: Settings, shifts: Sequence[Shift]) -> Night:
    load_world(settings, shifts=shifts)
    return Night(settings)


@pytest.fixture
def night(settings: Settings) -> Night:
    """Tuesday's and Wednesday's evenings, with t4 and then t5 in the first position."""
    return night_of(settings, [*evening(TUESDAY, "t4"), *evening(WEDNESDAY, "t5")])


def test_each_home_district_gets_one_handover_of_a_duty(night: Night) -> None:
    night.contact("a", "2026-03-03T19:00")
    night.contact("b", "2026-03-03T20:00", HASSELBY_VALLINGBY)
    night.contact("c", "2026-03-03T21:59")

    built = night.build("2026-03-03T22:00")

    assert built == 3
    assert night.filed() == {
        ("jarva", "2026-03-04 08:30"): ["a", "c"],
        ("hasselby-vallingby", "2026-03-04 08:30"): ["b"],
    }
    assert {h.duty_ended_at for h in night.handovers()} == {at("2026-03-03T22:00")}


def test_each_duty_has_a_handover_of_its_own(night: Night) -> None:
    night.contact("a", "2026-03-03T19:00")
    night.contact("b", "2026-03-04T19:00")

    night.build("2026-03-05T00:00")

    assert night.filed() == {
        ("jarva", "2026-03-04 08:30"): ["a"],
        ("jarva", "2026-03-05 08:30"): ["b"],
    }


def test_nothing_is_handed_over_while_the_duty_goes_on(night: Night) -> None:
    night.contact("a", "2026-03-03T19:00")

    assert night.build("2026-03-03T21:59:59") == 0
    assert night.filed() == {}


def test_a_duty_without_contacts_is_not_handed_over(night: Night) -> None:
    assert night.build("2026-03-05T00:00") == 0
    assert night.filed() == {}


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-03T22:30", "2026-03-04 08:30"),
        ("2026-03-04T03:00", "2026-03-04 08:30"),
        ("2026-03-04T08:29:59", "2026-03-04 08:30"),
        ("2026-03-04T08:30:01", "2026-03-05 08:30"),
        ("2026-03-04T16:00", "2026-03-05 08:30"),
    ],
)
def test_what_came_while_the_line_was_closed_is_told_at_the_first_meeting_there_is(
    received: str, due: str, night: Night
) -> None:
    night.contact("a", received)

    night.build("2026-03-06T00:00")

    assert list(night.filed()) == [("jarva", due)]


def test_a_contact_without_a_home_district_is_in_nobody_s_handover(night: Night) -> None:
    night.contact("a", "2026-03-03T19:00", None)

    assert night.build("2026-03-06T00:00") == 0
    assert night.filed() == {}


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2026-03-06", "2026-03-09 08:30"),  # a Friday
        ("2026-04-02", "2026-04-07 08:30"),  # Maundy Thursday: Good Friday to Easter Monday
        ("2026-06-18", "2026-06-22 08:30"),  # the day before Midsummer Eve
        ("2026-12-23", "2026-12-28 08:30"),
        ("2026-12-30", "2027-01-04 08:30"),
        ("2026-03-28", "2026-03-30 08:30"),  # the clocks change on the Sunday
        ("2026-10-24", "2026-10-26 08:30"),
    ],
)
def test_a_handover_is_due_on_the_next_weekday(
    day: str, due: str, sqlite_settings: Settings
) -> None:
    night = night_of(sqlite_settings, evening(day, opens="10:00"))
    night.contact("a", f"{day}T21:00")

    night.build("2027-06-01T00:00" if day > "2027" else f"{day}T22:00")

    assert list(night.filed()) == [("jarva", due)]


def test_on_a_rota_with_nobody_a_contact_is_handed_over_by_itself(
    sqlite_settings: Settings,
) -> None:
    night = night_of(sqlite_settings, [])
    night.contact("a", "2026-03-03T19:00")

    assert night.build("2026-03-03T19:00") == 1
    assert night.filed() == {("jarva", "2026-03-04 08:30"): ["a"]}


def test_a_second_sweep_makes_nothing_new(night: Night) -> None:
    night.contact("a", "2026-03-03T19:00")
    night.build("2026-03-03T22:00")
    before = rows(night.parts.engine, "handovers")

    again = night.build("2026-03-03T22:10")

    assert again == 0
    assert rows(night.parts.engine, "handovers") == before


def test_a_contact_that_came_out_of_the_spool_late_joins_its_duty_s_handover(
    night: Night,
) -> None:
    night.contact("a", "2026-03-03T19:00")
    night.build("2026-03-03T22:00")
    night.contact("b", "2026-03-03T20:00")

    night.build("2026-03-03T22:10")

    assert night.filed() == {("jarva", "2026-03-04 08:30"): ["a", "b"]}


def test_a_rota_published_afterwards_moves_no_contact(night: Night) -> None:
    night.contact("a", "2026-03-03T19:00")
    night.build("2026-03-03T22:00")

    publish(night.parts.engine, [shift("t6", "2026-03-03T17:00", "2026-03-03T23:00")])
    night.build("2026-03-04T00:00")

    assert night.filed() == {("jarva", "2026-03-04 08:30"): ["a"]}
    assert len(night.handovers()) == 1


def test_a_district_that_is_gone_from_the_file_stops_nobody_else_s_handover(
    tmp_path: Path, night: Night
) -> None:
    night.contact("a", "2026-03-03T19:00", DistrictId("gone"))
    night.contact("b", "2026-03-03T20:00")

    assert night.build("2026-03-03T22:00") == 1
    assert list(night.filed()) == [("jarva", "2026-03-04 08:30")]


def test_everybody_named_is_told_once_and_of_no_fact(night: Night) -> None:
    night.contact("a", "2026-03-03T19:00")
    night.build("2026-03-03T22:00")

    assert night.tell("2026-03-03T22:00") == 1
    assert night.tell("2026-03-03T22:01") == 0

    notices = night.notices()
    assert [(by, recipient) for by, recipient, _ in notices] == [
        ("text", "+46701740608"),
        ("text", "+46701740609"),
        ("text", "+46701740610"),
    ]
    (body,) = {body for _, _, body in notices}
    assert "https://jour.example.se/" in body
    facts = ("jarva", "Järva", "K-a", "Eftervård", "1", "a@", "19", "t4")
    assert not [fact for fact in facts if fact in body]


def test_notices_go_by_mail_where_there_is_a_mail_server(night: Night) -> None:
    night.contact("a", "2026-03-03T19:00")
    night.build("2026-03-03T22:00")

    night.tell("2026-03-03T22:00", mails=True)

    assert [(by, recipient) for by, recipient, _ in night.notices()] == [
        ("mail", "t4@example.org"),
        ("mail", "t5@example.org"),
        ("mail", "t6@example.org"),
    ]


def test_whoever_is_not_active_or_has_no_address_is_passed_over(
    tmp_path: Path, sqlite_settings: Settings
) -> None:
    t5 = 'phone = "+46701740609"\nemail = "t5@example.org"\n'
    t6 = 'district = "jarva"\nactive_from = 2025-04-01\n\n[[mandates]]'
    gone = 'district = "jarva"\nactive_to = 2026-03-02\n\n[[mandates]]'
    night = night_of(sqlite_settings, evening(TUESDAY))
    toml = changed((t5, ""), (t6, gone))
    load_organisation(night.parts.engine, night.parts.cipher, tmp_path, toml)
    night.parts.mirror.refresh()
    night.contact("a", "2026-03-03T19:00")
    night.build("2026-03-03T22:00")

    night.tell("2026-03-03T22:00")

    assert [recipient for _, recipient, _ in night.notices()] == ["+46701740608"]


def test_the_states_of_a_handover_follow_the_telling(night: Night) -> None:
    night.contact("a", "2026-03-03T19:00")
    night.build("2026-03-03T22:00")
    built = [h.state for h in night.handovers()]

    night.tell("2026-03-03T22:00")

    assert built == ["built"]
    assert [h.state for h in night.handovers()] == ["notified"]


def test_sweeps_at_the_same_time_build_and_tell_once(night: Night) -> None:
    for number in range(12):
        home = JARVA if number % 2 else HASSELBY_VALLINGBY
        night.contact(f"c{number}", f"2026-03-03T19:{number:02}", home)
    told: list[int] = []
    together = threading.Barrier(4)

    def sweep() -> None:
        together.wait()
        night.build("2026-03-03T22:00")
        told.append(night.tell("2026-03-03T22:00"))

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(len, night.filed().values())) == [6, 6]
    assert sum(told) == 2
    assert len(night.notices()) == 6


def test_an_outage_of_some_days_is_caught_up(night: Night) -> None:
    night.contact("a", "2026-03-03T19:00")
    late = at("2026-03-20T12:00").astimezone(UTC)

    build_handovers(night.desk(), night.organisation, late)

    (handover,) = night.handovers()
    assert handover.due_at == at("2026-03-04T08:30")


def test_due_moments_keep_their_wall_time_over_a_change_of_clocks(
    sqlite_settings: Settings,
) -> None:
    night = night_of(sqlite_settings, evening("2026-03-28", opens="10:00"))
    night.contact("a", "2026-03-28T21:00")

    night.build("2026-03-28T22:00")

    (handover,) = night.handovers()
    assert handover.due_at == datetime(2026, 3, 30, 6, 30, tzinfo=UTC)
    assert handover.due_at - handover.duty_ended_at == timedelta(hours=33, minutes=30)
