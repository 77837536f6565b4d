"""The audit chain: whatever is altered, removed, added or cut off afterwards is found."""

import io
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.bootstrap import Parts, assemble
from app.duty import accounts
from app.duty.audit import HEADS, kept_heads, seal_and_tell, seal_audit
from app.duty.handover import Desk
from app.settings import Settings
from app.store import alterations, audit_chain, audit_verify, reencrypt
from app.store import readings as reading_log
from app.store.accounts import Account
from app.store.alterations import Alteration
from app.store.audit_verify import Fault, Verdict
from app.store.database import reading
from app.store.fields import FieldCipher
from app.store.readings import Reading
from app.store.rights import Scope, narrowed
from app.store.tables import alterations as alterations_table
from app.store.tables import audit_links, readings
from routing.access import Act, Office, Viewer
from routing.ids import ContactId, DistrictId
from tests.app.world import load_world, rows, settings_for
from tests.examples import HASSELBY_VALLINGBY, JARVA, ORGANISATION_TOML

NOW = datetime(2026, 3, 3, 18, tzinfo=UTC)
T4 = Viewer("t4", Office.THERAPIST, JARVA)
A_MINUTE = timedelta(minutes=1)


def read_and_change(parts: Parts, count: int, at: datetime) -> None:
    """As many readings, and an alteration that says of whom."""
    with parts.engine.begin() as connection:
        made = [Reading(T4, Act.READ, at, JARVA, ContactId(f"CA{n}")) for n in range(count)]
        reading_log.add(connection, made)
        about = Alteration("c2", JARVA, "client.changed", at, "K-1001 från k1 till k2")
        alterations.add(connection, parts.cipher, about)


def chained(settings: Settings, links: int = 3) -> tuple[Parts, Desk]:
    """A chain of so many links, each of three readings and an alteration."""
    parts = assemble(settings, clock=lambda: NOW)
    desk = Desk(parts.engine, parts.cipher, "https://jour.example.se", mails=False)
    for number in range(links):
        at = NOW + number * A_MINUTE
        read_and_change(parts, 3, at)
        assert seal_audit(desk, at + A_MINUTE / 2) == 4
    return parts, desk


def verified(parts: Parts, at: datetime = NOW, **more: object) -> Verdict:
    with reading(parts.engine) as connection:
        return audit_verify.verify(connection, parts.cipher, at, **more)  # type: ignore[arg-type]


def faults(verdict: Verdict) -> list[tuple[Fault, int | None]]:
    return [(one.fault, one.link) for one in verdict.findings]


def spoil(parts: Parts, statement: sa.Executable) -> None:
    """What somebody does who has the database."""
    with parts.engine.begin() as connection:
        connection.execute(statement)


def test_a_chain_that_nobody_touched_is_whole(settings: Settings) -> None:
    parts, desk = chained(settings)

    found = verified(parts)

    assert (found.is_whole, found.links, found.rows, found.purged) == (True, 3, 12, 0)
    assert seal_audit(desk, NOW) == 0  # nothing new makes no link
    assert len(rows(parts.engine, "audit_links")) == 3


R, A, L = readings.c, alterations_table.c, audit_links.c
WHAT_SOMEBODY_DID: dict[str, tuple[sa.Executable, Fault, int | None]] = {
    "another viewer": (
        readings.update().where(R.id == 5).values(viewer="t1"), Fault.ALTERED, 2,
    ),
    "a denial put in": (
        readings.update().where(R.id == 5).values(denied="not_yours"), Fault.ALTERED, 2,
    ),
    "a reading gone": (readings.delete().where(R.id == 5), Fault.REMOVED, 2),
    "an alteration gone": (alterations_table.delete().where(A.id == 2), Fault.REMOVED, 2),
    "what it was about gone": (
        alterations_table.update().where(A.id == 3).values(about=None), Fault.ALTERED, 3,
    ),
    "what it was about made unreadable": (
        alterations_table.update().where(A.id == 3).values(about=b"\x01abcd"), Fault.UNREADABLE, 3,
    ),
    "a reading put in": (
        readings.insert().values(
            at=NOW, viewer="t1", viewer_district="jarva", office="therapist", act="read", link=1
        ),
        Fault.ADDED, 1,
    ),
    "a reading kept out": (
        readings.update().where(R.id == 1).values(link=None), Fault.REMOVED, 1,
    ),
    "a row in a link that there is not": (
        readings.update().where(R.id == 9).values(link=77), Fault.REMOVED, 3,
    ),
    "two rows exchanged": (
        readings.update().where(R.id.in_([4, 5])).values(
            contact=sa.case((R.id == 4, "CA1"), else_="CA0")
        ),
        Fault.ALTERED, 2,
    ),
    "a link altered": (
        audit_links.update().where(L.number == 2).values(sealed_at=NOW), Fault.ALTERED, 2,
    ),
    "a link gone": (audit_links.delete().where(L.number == 2), Fault.LINK_MISSING, 2),
    "the first link gone": (audit_links.delete().where(L.number == 1), Fault.LINK_MISSING, 1),
    "a purge that was none": (
        audit_links.update().where(L.number == 1).values(purged_at=NOW), Fault.PURGE_UNPROVED, 1,
    ),
    "another link's salt": (
        audit_links.update().where(L.number == 2).values(
            salt=sa.select(audit_links.alias("o").c.salt).limit(1).scalar_subquery()
        ),
        Fault.ALTERED, 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("deed", WHAT_SOMEBODY_DID)
def test_whatever_is_done_to_the_log_afterwards_is_found(
    deed: str, sqlite_settings: Settings
) -> None:
    statement, fault, link = WHAT_SOMEBODY_DID[deed]
    parts, _ = chained(sqlite_settings)

    spoil(parts, statement)

    assert (fault, link) in faults(verified(parts))


def test_a_link_made_anew_over_altered_rows_breaks_the_next(sqlite_settings: Settings) -> None:
    """Whoever has the keys, too, can only rewrite everything from there on."""
    parts, _ = chained(sqlite_settings)
    spoil(parts, readings.update().where(R.id == 5).values(viewer="t1"))
    with parts.engine.begin() as connection:
        link, own = [*audit_chain.links(connection)][1]
        salt = audit_chain.salt_of(parts.cipher, link)
        forged = audit_chain.digest_of(parts.cipher, link._mapping, salt, own)  # noqa: SLF001
        connection.execute(audit_links.update().where(L.number == 2).values(digest=forged))

    assert faults(verified(parts)) == [(Fault.LINK_BROKEN, 3)]
    spoil(parts, audit_links.update().where(L.number == 3).values(previous=forged))
    assert faults(verified(parts)) == [(Fault.ALTERED, 3)]


def test_an_end_that_was_cut_off_is_seen_by_a_head_kept_elsewhere(settings: Settings) -> None:
    parts, _ = chained(settings)
    with reading(parts.engine) as connection:
        kept = audit_chain.head(connection)
    assert kept is not None
    for table in (readings, alterations_table):
        spoil(parts, table.delete().where(table.c.link == 3))
    spoil(parts, audit_links.delete().where(L.number == 3))

    alone = verified(parts)
    compared = verified(parts, heads=[(kept.number, kept.digest), (None, kept.digest)])

    assert alone.is_whole  # which is why the head is kept elsewhere
    assert faults(compared) == [(Fault.TRUNCATED, 3), (Fault.OTHER_CHAIN, None)]
    assert kept.rows == 12


def test_a_whole_other_chain_is_no_match_for_the_head(sqlite_settings: Settings) -> None:
    parts, desk = chained(sqlite_settings)
    with reading(parts.engine) as connection:
        kept = audit_chain.head(connection)
    assert kept is not None
    spoil(parts, audit_links.delete())
    for table in (readings, alterations_table):
        spoil(parts, table.update().values(link=None))
    spoil(parts, readings.delete().where(R.id == 5))
    for _ in range(3):
        seal_audit(desk, NOW)
        read_and_change(parts, 1, NOW)
    seal_audit(desk, NOW)

    found = verified(parts, heads=[(kept.number, kept.digest)])

    assert faults(found) == [(Fault.OTHER_CHAIN, 3)]


def test_rows_that_nobody_seals_are_told_of_after_a_while(sqlite_settings: Settings) -> None:
    parts, desk = chained(sqlite_settings)
    read_and_change(parts, 1, NOW)

    assert verified(parts, NOW + 5 * A_MINUTE).is_whole
    assert faults(verified(parts, NOW + 20 * A_MINUTE)) == [(Fault.UNSEALED, None)] * 2
    seal_audit(desk, NOW + 20 * A_MINUTE)
    assert verified(parts, NOW + 20 * A_MINUTE).is_whole


def test_rows_that_are_committed_out_of_order_are_all_in_the_chain(
    postgres_url: str, tmp_path: Path
) -> None:
    """The first number is given out, and committed after the second: it must not fall between."""
    parts, desk = chained(settings_for(postgres_url, tmp_path), links=1)
    slow = parts.engine.connect()
    slow.begin()
    reading_log.add(slow, [Reading(T4, Act.READ, NOW, JARVA)])
    read_and_change(parts, 1, NOW)
    assert seal_audit(desk, NOW) == 2

    slow.commit()
    slow.close()

    assert seal_audit(desk, NOW) == 1
    assert verified(parts, NOW + timedelta(hours=1)).is_whole


def test_two_clocks_at_once_make_one_chain(database_url: str, tmp_path: Path) -> None:
    settings = settings_for(database_url, tmp_path)
    chained(settings, links=1)
    clocks = [assemble(settings, clock=lambda: NOW) for _ in range(3)]
    desks = [Desk(one.engine, one.cipher, "", mails=False) for one in clocks]
    begin = threading.Barrier(len(clocks))
    sealed: list[int] = []

    def sweep(desk: Desk) -> None:
        begin.wait()
        sealed.extend(seal_audit(desk, NOW) for _ in range(10))

    threads = [threading.Thread(target=sweep, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for _ in range(10):
        read_and_change(clocks[0], 4, NOW)
    for thread in threads:
        thread.join()
    seal_audit(desks[0], NOW)

    found = verified(clocks[0], NOW + timedelta(hours=1))
    assert (found.is_whole, found.rows) == (True, 4 + 50)


def test_a_new_key_does_not_break_it(settings: Settings) -> None:
    parts, _ = chained(settings)
    newest = FieldCipher([bytes([9]) * 32, *settings.data_keys])
    reencrypt.renew(parts.engine, newest)

    only_new = FieldCipher([bytes([9]) * 32])
    with reading(parts.engine) as connection:
        found = audit_verify.verify(connection, only_new, NOW)

    assert found.is_whole


def test_what_retention_removes_leaves_a_chain_that_is_whole(settings: Settings) -> None:
    parts, _ = chained(settings)
    with parts.engine.begin() as connection:
        removed = audit_chain.purge(
            connection, parts.cipher, NOW + 2 * A_MINUTE, NOW + timedelta(days=900)
        )

    found = verified(parts)

    assert removed == {"readings": 6, "alterations": 2}
    assert (found.is_whole, found.links, found.rows, found.purged) == (True, 3, 4, 2)
    spoil(parts, readings.update().where(R.id == 9).values(link=1))
    assert (Fault.PURGE_UNPROVED, 1) in faults(verified(parts))


def test_it_covers_every_column_of_both_tables() -> None:
    """A column that comes later is asked for here: nothing of what was read stands outside."""
    for table, columns in audit_chain.COVERED.items():
        assert set(columns) == {column.name for column in table.columns} - {"link"}


def test_the_head_is_written_once_a_day_and_holds_no_fact(
    sqlite_settings: Settings, log: io.StringIO
) -> None:
    load_world(sqlite_settings)
    parts, desk = chained(sqlite_settings)
    parts.mirror.refresh()
    organisation, folder = parts.mirror.picture.organisation, sqlite_settings.state_dir

    for minutes in (0, 1, 200):
        seal_and_tell(desk, organisation, folder, NOW + minutes * A_MINUTE)
    read_and_change(parts, 1, NOW)
    seal_and_tell(desk, organisation, folder, NOW + timedelta(days=1))

    kept = kept_heads(folder / HEADS)
    assert [(one.number, one.rows) for one in kept] == [(3, 12), (4, 14)]
    assert log.getvalue().count("audit.head") == 2
    assert kept[1].digest in log.getvalue()  # no filter has taken a part of it
    assert (folder / HEADS).stat().st_mode & 0o077 == 0
    heads = [(one.number, audit_chain.as_digest(one.digest)) for one in kept]
    assert verified(parts, heads=heads).is_whole


MANAGERS = """
[[managers]]
id = "c2"
name = "Manager 2"
email = "c2@example.se"
district = "jarva"

[[managers]]
id = "c1"
name = "Manager 1"
phone = "+46701740689"
district = "hasselby-vallingby"
"""


def test_it_is_mailed_to_the_managers_once_a_day(sqlite_settings: Settings) -> None:
    load_world(sqlite_settings, toml=ORGANISATION_TOML + MANAGERS)
    parts, desk = chained(sqlite_settings)
    parts.mirror.refresh()
    organisation, folder = parts.mirror.picture.organisation, sqlite_settings.state_dir
    mailing = Desk(desk.engine, desk.cipher, desk.public_url, mails=True)

    for minutes in (0, 1, 200):
        seal_and_tell(mailing, organisation, folder, NOW + minutes * A_MINUTE)

    letters = rows(parts.engine, "outbox")
    to = [parts.cipher.open(one["recipient"], "outbox.recipient") for one in letters]  # type: ignore[arg-type]
    assert to == ["c2@example.se"]  # nobody gets it as a text
    (body, *_) = {parts.cipher.open(one["body"], "outbox.body") for one in letters}  # type: ignore[arg-type]
    assert kept_heads(folder / HEADS)[0].digest in body


def test_a_disk_that_is_full_stops_nothing(sqlite_settings: Settings, log: io.StringIO) -> None:
    load_world(sqlite_settings)
    parts, desk = chained(sqlite_settings)
    parts.mirror.refresh()
    in_the_way = sqlite_settings.state_dir / "a file"
    in_the_way.touch()

    seal_and_tell(desk, parts.mirror.picture.organisation, in_the_way / "state", NOW)

    assert "audit.head_not_kept" in log.getvalue()
    assert verified(parts).is_whole


def test_sealing_costs_a_page_nothing(settings: Settings) -> None:
    """A reading is one row, as before; the clock alone touches the chain."""
    parts, _ = chained(settings, links=1)
    asked: list[str] = []

    def record(_: object, __: object, statement: str, *___: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    sa.event.listen(parts.engine, "before_cursor_execute", record)

    with parts.engine.begin() as connection:
        reading_log.add(connection, [Reading(T4, Act.READ, NOW, DistrictId("jarva"))])

    assert len(asked) == 1
    assert "audit_links" not in asked[0]


def test_a_digest_is_read_as_it_was_written() -> None:
    digest = bytes(range(32))
    said = audit_chain.written(digest)

    spaced = " ".join(said[n : n + 4] for n in range(0, len(said), 4)).lower()

    assert audit_chain.as_digest(spaced) == digest
    for wrong in ("", "JBSWY3DP", said[:-1] + "!", "+46701740605"):
        with pytest.raises(ValueError, match=r"digest|base32|padding|Non-"):
            audit_chain.as_digest(wrong)


def test_an_administrator_leaves_her_name_also_for_another_districts_account(
    postgres_url: str, tmp_path: Path
) -> None:
    """Behind the second wall, too: she writes in her own name, and in no other."""
    parts = assemble(settings_for(postgres_url, tmp_path), clock=lambda: NOW)
    hers = Scope(frozenset({HASSELBY_VALLINGBY}), "a1")
    account = Account(
        id=1, login="t4@example.se", person="t4", office="therapist", district=JARVA, active=True
    )
    engine = narrowed(parts.engine, lambda: hers)

    with engine.begin() as connection:
        accounts.write_down(connection, parts.cipher, "reset", account, "a1", NOW)
    with pytest.raises(sa.exc.ProgrammingError), engine.begin() as connection:
        accounts.write_down(connection, parts.cipher, "reset", account, "a2", NOW)
    with pytest.raises(sa.exc.ProgrammingError), engine.begin() as connection:
        connection.execute(audit_links.delete())

    (kept,) = rows(parts.engine, "alterations")
    assert (kept["author"], kept["district"], kept["what"]) == ("a1", JARVA, "account.reset")
