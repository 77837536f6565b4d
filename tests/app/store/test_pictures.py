"""The picture that calls are routed by: renewed when something changed, and never lost."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from app.bootstrap import Parts, assemble, create_app
from app.settings import Settings
from app.store import staff, texts
from app.store.contacts import row_of
from app.store.database import announce
from app.store.fields import FieldCipher
from app.store.last_good import LastGood, Remembered
from app.store.tables import changes
from routing import record
from routing.call import CallState, Person
from routing.errors import Unavailable
from routing.ids import ContactId, TherapistId
from routing.numbers import PhoneNumber
from routing.rota import Rota
from tests.app.world import (
    A_TUESDAY,
    NOWHERE,
    REGISTER,
    YOUTH,
    changed,
    data_key,
    evening,
    load_organisation,
    load_register,
    load_world,
    publish,
    settings_for,
    table_away,
)
from tests.examples import EFTERVARD, at

NOW = at("2026-03-03T19:04").astimezone(UTC)


@pytest.fixture
def parts(settings: Settings) -> Iterator[Parts]:
    """The service's parts, with everything loaded and looked at."""
    load_world(settings, shifts=evening(A_TUESDAY))
    assembled = assemble(settings, clock=lambda: NOW)
    assembled.mirror.refresh()
    yield assembled
    assembled.engine.dispose()


def on_call(parts: Parts) -> list[str]:
    shifts = parts.mirror.picture.rotas[EFTERVARD].on_call(NOW)
    return [shift.therapist for shift in shifts]


def readiness(parts: Parts) -> tuple[int, str]:
    reply = create_app(parts).test_client().get("/readyz")
    return reply.status_code, reply.get_json()["status"]


def test_a_picture_holds_everything_a_call_needs(parts: Parts) -> None:
    picture = parts.mirror.picture

    assert on_call(parts) == ["t4", "t1"]
    assert len(picture.organisation.therapists) == 6
    assert sorted(map(len, picture.register.values())) == [1, 1, 1, 2]
    assert picture.fresh
    assert readiness(parts) == (200, "ready")


def test_what_another_process_changes_is_seen_at_the_next_look(
    tmp_path: Path, parts: Parts
) -> None:
    publish(parts.engine, evening(A_TUESDAY, "t5", "t2"))
    load_register(parts.engine, parts.cipher, REGISTER[1:])
    toml = changed(("ring_seconds = 20", "ring_seconds = 25"))
    load_organisation(parts.engine, parts.cipher, tmp_path, toml)

    parts.mirror.refresh()

    assert on_call(parts) == ["t5", "t2"]
    assert parts.mirror.picture.organisation.lines[EFTERVARD].ring_for == timedelta(seconds=25)
    assert YOUTH not in {number.e164 for number in parts.mirror.picture.register}


def test_a_look_that_finds_nothing_new_keeps_what_was_read(parts: Parts) -> None:
    before = parts.mirror.picture

    parts.mirror.refresh()

    assert parts.mirror.picture.organisation is before.organisation
    assert parts.mirror.picture.rotas is before.rotas


def test_a_rota_or_a_pause_that_changes_has_nothing_else_read_anew(parts: Parts) -> None:
    before = parts.mirror.picture
    publish(parts.engine, evening(A_TUESDAY, "t5", "t2"))
    parts.mirror.refresh()
    published = parts.mirror.picture
    with parts.engine.begin() as connection:
        texts.pause(connection, TherapistId("t5"), NOW + timedelta(minutes=15))
    parts.mirror.refresh()
    paused = parts.mirror.picture

    assert published.organisation is before.organisation
    assert published.register is before.register
    assert on_call(parts) == ["t5", "t2"]
    assert paused.rotas[EFTERVARD] is published.rotas[EFTERVARD]
    assert paused.paused == {"t5": NOW + timedelta(minutes=15)}


def test_what_changed_alone_is_known_after_a_restart_without_a_database(parts: Parts) -> None:
    publish(parts.engine, evening(A_TUESDAY, "t5", "t2"))
    parts.mirror.refresh()
    cold = assemble(replace(parts.settings, database_url=NOWHERE), clock=lambda: NOW)

    cold.mirror.refresh()

    assert on_call(cold) == ["t5", "t2"]
    assert YOUTH in {number.e164 for number in cold.mirror.picture.register}


def test_a_change_of_nobody_knows_what_has_everything_read_anew(parts: Parts) -> None:
    """A version before this one does not say which rota it has changed."""
    before = parts.mirror.picture
    with parts.engine.begin() as connection:
        announce(connection, changes, "rota")

    parts.mirror.refresh()

    assert parts.mirror.picture.rotas[EFTERVARD] is not before.rotas[EFTERVARD]
    assert parts.mirror.picture.register is not before.register


def test_a_database_that_goes_away_and_comes_back_changes_nobody_on_call(parts: Parts) -> None:
    with table_away(parts.engine, "changes"):
        parts.mirror.refresh()
        while_away = on_call(parts), parts.mirror.degraded, readiness(parts)
    parts.mirror.refresh()

    assert while_away == (["t4", "t1"], True, (200, "degraded"))
    assert (on_call(parts), parts.mirror.degraded) == (["t4", "t1"], False)


def test_an_outage_is_told_once_in_the_log(parts: Parts, log: io.StringIO) -> None:
    with table_away(parts.engine, "changes"):
        for _ in range(5):
            parts.mirror.refresh()

    assert log.getvalue().count("mirror.database_away") == 1


def test_a_process_that_starts_without_a_database_has_the_last_good_picture(
    parts: Parts,
) -> None:
    cold = assemble(replace(parts.settings, database_url=NOWHERE), clock=lambda: NOW)

    cold.mirror.refresh()

    assert on_call(cold) == ["t4", "t1"]
    assert cold.mirror.picture.organisation == parts.mirror.picture.organisation
    assert dict(cold.mirror.picture.register) == dict(parts.mirror.picture.register)
    assert readiness(cold) == (200, "degraded")


def test_who_is_blocked_has_a_code_or_has_paused_is_known_after_a_restart_without_a_database(
    parts: Parts,
) -> None:
    who, until = TherapistId("t4"), NOW + timedelta(minutes=15)
    with parts.engine.begin() as connection:
        staff.set_pin(connection, parts.cipher, who, "4711", NOW)
        number = PhoneNumber(YOUTH)
        staff.block_number(connection, parts.cipher, number, NOW + timedelta(days=1), "hot", NOW)
        texts.pause(connection, who, until)
    parts.mirror.refresh()
    cold = assemble(replace(parts.settings, database_url=NOWHERE), clock=lambda: NOW)

    cold.mirror.refresh()

    picture, known = cold.mirror.picture, parts.mirror.picture
    assert picture.is_blocked(parts.cipher.indexes(number), NOW)
    assert cold.exchange.cipher.is_code(who, "4711", picture.pins[who])
    assert picture.paused == {who: until}
    assert (picture.blocked, picture.pins) == (known.blocked, known.pins)


def test_a_process_that_has_never_seen_a_database_says_that_it_cannot_route(
    tmp_path: Path,
) -> None:
    cold = assemble(settings_for(NOWHERE, tmp_path))

    cold.mirror.refresh()

    assert readiness(cold) == (503, "unavailable")
    assert create_app(cold).test_client().get("/healthz").status_code == 200
    with pytest.raises(Unavailable):
        _ = cold.mirror.picture


def test_an_empty_database_is_no_reason_to_forget_the_last_good_picture(
    tmp_path: Path, sqlite_settings: Settings
) -> None:
    empty = assemble(sqlite_settings)

    empty.mirror.refresh()

    assert readiness(empty) == (503, "unavailable")


def test_a_stored_organisation_that_a_new_rule_refuses_leaves_the_last_one_in_force(
    parts: Parts,
) -> None:
    with parts.engine.begin() as connection:
        sealed = parts.cipher.seal(b'{"districts": []}', "organisations.document")
        connection.execute(sa.text("UPDATE changes SET version = version + 1"))
        table = sa.table("organisations", sa.column("document"))
        connection.execute(table.update().values(document=sealed))

    parts.mirror.refresh()

    assert on_call(parts) == ["t4", "t1"]
    assert parts.mirror.degraded


def test_a_key_taken_away_leaves_the_last_picture_in_force(parts: Parts) -> None:
    other = replace(parts.settings, data_keys=(bytes([7]) * 32,))
    cold = assemble(other, clock=lambda: NOW)

    cold.mirror.refresh()

    assert readiness(cold) == (503, "unavailable")


def test_somebody_in_a_call_is_known_to_every_process_until_it_is_over(parts: Parts) -> None:
    state = CallState(ContactId("CA1"), EFTERVARD, "sv", targets=(Person(TherapistId("t4")),))
    accepted = record.of_key(state, accepted=True, at=NOW - timedelta(minutes=5))
    parts.exchange.record(accepted)
    other = assemble(parts.settings, clock=lambda: NOW)

    other.mirror.refresh()
    during = other.mirror.picture.in_call
    parts.exchange.record(record.hung_up(ContactId("CA1"), EFTERVARD, 60, NOW))
    other.mirror.refresh()

    assert during == {"t4"}
    assert other.mirror.picture.in_call == frozenset()
    other.engine.dispose()


def test_nobody_stays_in_a_call_for_as_long_as_the_database_is_away(parts: Parts) -> None:
    state = CallState(ContactId("CA1"), EFTERVARD, "sv", targets=(Person(TherapistId("t4")),))
    parts.exchange.record(record.of_key(state, accepted=True, at=NOW - timedelta(minutes=5)))
    parts.mirror.refresh()
    assert parts.mirror.picture.in_call == {"t4"}

    with table_away(parts.engine, "changes"):
        parts.mirror.refresh()

    assert parts.mirror.picture.in_call == frozenset()


def test_a_call_that_lost_its_end_keeps_nobody_busy_for_longer_than_a_call_can_last(
    settings: Settings,
) -> None:
    load_world(settings)
    parts = assemble(settings, clock=lambda: NOW)
    for hours, therapist in ((3, "t4"), (5, "t1")):
        state = CallState(
            ContactId(f"CA{hours}"), EFTERVARD, "sv", targets=(Person(TherapistId(therapist)),)
        )
        event = record.of_key(state, accepted=True, at=NOW - timedelta(hours=hours))
        assert event is not None
        parts.exchange.journal.write([("contact_events", row_of(event))])

    parts.mirror.refresh()

    assert parts.mirror.picture.in_call == {"t4"}
    parts.engine.dispose()


CIPHER = FieldCipher([bytes([1]) * 32])


def remembered() -> Remembered:
    rota = Rota(EFTERVARD, evening(A_TUESDAY), source="database", read_at=NOW)
    return Remembered(b'{"a": "document"}', REGISTER, [rota])


def test_a_picture_comes_back_from_disk_as_it_was(tmp_path: Path) -> None:
    kept = LastGood(tmp_path / "made" / "when needed", CIPHER)

    kept.keep(remembered())
    found = kept.recall()

    assert found is not None
    assert (found.document, tuple(found.register)) == (b'{"a": "document"}', REGISTER)
    (rota,) = found.rotas
    assert (rota.line, rota.shifts) == (EFTERVARD, tuple(sorted(evening(A_TUESDAY))))
    assert (rota.source, rota.read_at) == ("database", NOW)


def test_a_picture_of_an_older_or_a_newer_release_is_read_for_what_both_know(
    tmp_path: Path,
) -> None:
    kept = LastGood(tmp_path, CIPHER)
    kept.keep(remembered())
    (file,) = tmp_path.iterdir()
    fields = msgspec.msgpack.decode(CIPHER.open_bytes(file.read_bytes(), "last good picture"))
    for name in ("blocked", "pins", "paused"):
        del fields[name]
    fields["what nobody has thought of yet"] = [1, 2, 3]
    file.write_bytes(CIPHER.seal(msgspec.msgpack.encode(fields), "last good picture"))

    found = kept.recall()

    assert found is not None
    assert tuple(found.register) == REGISTER
    assert (found.blocked, found.pins, found.paused) == ({}, {}, {})


@pytest.mark.parametrize("damage", ["empty", "cut", "cut in its head", "altered", "another's"])
def test_a_damaged_picture_is_told_of_and_not_used(damage: str, tmp_path: Path) -> None:
    kept = LastGood(tmp_path, CIPHER)
    kept.keep(remembered())
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    damaged = {
        "empty": b"",
        "cut": whole[:-10],
        "cut in its head": whole[:8],
        "altered": whole[:-1] + bytes([whole[-1] ^ 1]),
        "another's": FieldCipher([bytes([9]) * 32]).seal(b"x", "last good picture"),
    }
    file.write_bytes(damaged[damage])

    assert kept.recall() is None


def test_a_picture_on_disk_shows_nothing_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    LastGood(tmp_path, CIPHER).keep(remembered())

    (file,) = tmp_path.iterdir()

    assert YOUTH.encode() not in file.read_bytes()
    assert b"K-1001" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_disk_that_refuses_is_no_reason_to_stop(tmp_path: Path) -> None:
    in_the_way = tmp_path / "a file"
    in_the_way.write_text("")

    LastGood(in_the_way, CIPHER).keep(remembered())

    assert LastGood(tmp_path / "nothing here", CIPHER).recall() is None


def test_a_rotated_key_opens_the_picture_kept_before(tmp_path: Path, sqlite_url: str) -> None:
    before = settings_for(sqlite_url, tmp_path)
    load_world(before, shifts=evening(A_TUESDAY))
    assemble(before, clock=lambda: NOW).mirror.refresh()

    keys = f"{data_key(2)},{data_key(1)}"
    cold = assemble(settings_for(NOWHERE, tmp_path, DATA_KEYS=keys), clock=lambda: NOW)
    cold.mirror.refresh()

    assert on_call(cold) == ["t4", "t1"]
