"""What is being written is kept sealed, by person and subject, and for a week at most."""

from datetime import timedelta

import sqlalchemy as sa

from app.bootstrap import Parts, assemble
from app.duty.tonight_drafts import forget_drafts
from app.settings import Settings
from app.store import writings
from app.store.database import reading
from app.store.tables import metadata
from app.store.writings import Writing
from tests.app.world import load_world, rows
from tests.examples import at

NOW = at("2026-03-03T02:13")
WORDS = {"told": "Hemliga ord", "urgency": "urgent"}


def parts(settings: Settings) -> Parts:
    load_world(settings)
    return assemble(settings)


def kept(own: Parts, person: str, later: timedelta = timedelta()) -> Writing | None:
    with reading(own.engine) as connection:
        return writings.of_person(connection, own.cipher, person, "note:CA1", NOW + later)


def save(own: Parts, person: str, fields: dict[str, str], later: timedelta = timedelta()) -> None:
    with own.engine.begin() as connection:
        writings.save(connection, own.cipher, person, "note:CA1", fields, NOW + later)


def test_the_last_saved_comes_back_to_whoever_wrote_it_and_to_nobody_else(
    settings: Settings,
) -> None:
    own = parts(settings)
    save(own, "t1", {"told": "Första"})
    save(own, "t1", WORDS, timedelta(minutes=1))
    save(own, "t4", {"told": "En annans"})

    assert kept(own, "t1") == Writing(WORDS, NOW + timedelta(minutes=1))
    assert kept(own, "t4") == Writing({"told": "En annans"}, NOW)
    assert kept(own, "t5") is None


def test_no_word_can_be_read_where_it_is_kept(settings: Settings) -> None:
    own = parts(settings)
    save(own, "t1", WORDS)

    (row,) = rows(own.engine, "writings")
    assert b"Hemliga" not in bytes(row["body"])  # type: ignore[call-overload]
    assert "Hemliga" not in repr(kept(own, "t1"))


def test_of_several_what_no_key_opens_is_left_out_and_so_is_who_was_not_asked_about(
    settings: Settings,
) -> None:
    own = parts(settings)
    for person in ("t1", "t4", "t5"):
        save(own, person, WORDS)
    with own.engine.begin() as connection:
        spoilt = own.cipher.seal(b"{}", "something else")
        t4 = metadata.tables["writings"].c.person == "t4"
        connection.execute(metadata.tables["writings"].update().where(t4).values(body=spoilt))

    with reading(own.engine) as connection:
        found = writings.of_several(connection, own.cipher, ["t1", "t4"], "note:CA1", NOW)

    assert found == {"t1": Writing(WORDS, NOW)}


def test_after_a_week_it_is_not_shown_and_then_removed(settings: Settings) -> None:
    own = parts(settings)
    save(own, "t1", WORDS)
    save(own, "t4", WORDS, timedelta(hours=1))
    week = timedelta(days=7)

    assert kept(own, "t1", week - timedelta(seconds=1)) is not None
    assert kept(own, "t1", week) is None
    with own.engine.begin() as connection:
        assert writings.forget_old(connection, NOW + week) == 1
        assert connection.scalar(sa.text("SELECT person FROM writings")) == "t4"


def test_what_is_dropped_is_gone(settings: Settings) -> None:
    own = parts(settings)
    save(own, "t1", WORDS)
    with own.engine.begin() as connection:
        writings.drop(connection, "t1", "note:CA1")

    assert kept(own, "t1") is None


def test_the_clock_removes_what_is_old(settings: Settings) -> None:
    own = parts(settings)
    save(own, "t1", WORDS)

    assert forget_drafts(own.engine, NOW + timedelta(days=6)) == 0
    assert forget_drafts(own.engine, NOW + timedelta(days=7)) == 1
