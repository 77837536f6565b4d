"""The register is replaced district by district, and no number stands in it to be read."""

import io
from collections.abc import Iterator

import pytest

from app.bootstrap import Parts, assemble
from app.settings import Settings
from app.store.database import reading
from app.store.fields import FieldCipher, UnreadableField
from app.store.register import Change, districts_in_use, load, replace_districts
from routing.ids import ClientId
from routing.numbers import parse_number
from routing.register import RegisterEntry
from tests.app.world import GUARDIAN, REGISTER, YOUTH, rows
from tests.examples import HASSELBY_VALLINGBY, JARVA, entry

OF_JARVA = entry(YOUTH)
OF_THE_OTHER = entry(GUARDIAN, client=ClientId("H-2001"), district=HASSELBY_VALLINGBY)


@pytest.fixture
def parts(settings: Settings) -> Iterator[Parts]:
    assembled = assemble(settings)
    yield assembled
    assembled.engine.dispose()


def replaced(parts: Parts, *entries: RegisterEntry) -> Change:
    with parts.engine.begin() as connection:
        return replace_districts(connection, parts.cipher, entries)


def kept(parts: Parts) -> set[RegisterEntry]:
    with reading(parts.engine) as connection:
        return set(load(connection, parts.cipher))


def test_what_was_loaded_comes_back(parts: Parts) -> None:
    replaced(parts, *REGISTER)

    assert kept(parts) == set(REGISTER)


def test_a_district_s_file_leaves_the_other_district_alone(parts: Parts) -> None:
    replaced(parts, OF_JARVA, OF_THE_OTHER)

    change = replaced(parts, entry(YOUTH, client=ClientId("K-1009")))

    assert change == Change(added=1, removed=1, kept=0)
    assert kept(parts) == {OF_THE_OTHER, entry(YOUTH, client=ClientId("K-1009"))}


def test_the_same_file_twice_changes_nothing(parts: Parts) -> None:
    replaced(parts, *REGISTER)

    assert replaced(parts, *REGISTER) == Change(added=0, removed=0, kept=len(REGISTER))
    assert len(rows(parts.engine, "clients")) == len(REGISTER)


def test_the_districts_in_the_register_are_known(parts: Parts) -> None:
    replaced(parts, OF_JARVA)

    with reading(parts.engine) as connection:
        assert districts_in_use(connection) == {JARVA}


def test_no_number_stands_in_the_table_and_each_is_found_by_its_index(parts: Parts) -> None:
    replaced(parts, *REGISTER)

    table = rows(parts.engine, "clients")

    assert YOUTH[3:] not in repr(table)
    key = parts.cipher.index(parse_number(YOUTH))
    assert [row["client"] for row in table if row["phone_key"] == key] == ["K-1001"]


def test_a_row_under_a_lost_key_costs_nobody_else_anything(parts: Parts, log: io.StringIO) -> None:
    lost = FieldCipher([b"a key that is lost, of 32 bytes.."[:32]])
    replaced(parts, OF_THE_OTHER)
    with parts.engine.begin() as connection:
        replace_districts(connection, lost, [OF_JARVA])

    assert kept(parts) == {OF_THE_OTHER}
    assert '"event":"register.unreadable"' in log.getvalue()
    assert '"rows":1' in log.getvalue()


def test_where_nobody_can_be_read_what_is_remembered_is_better(parts: Parts) -> None:
    lost = FieldCipher([b"a key that is lost, of 32 bytes.."[:32]])
    with parts.engine.begin() as connection:
        replace_districts(connection, lost, [OF_JARVA, OF_THE_OTHER])

    with pytest.raises(UnreadableField):
        kept(parts)
    replaced(parts, OF_JARVA)  # and its own file puts it right
    assert kept(parts) == {OF_JARVA}
