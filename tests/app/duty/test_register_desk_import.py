"""The register out of a file: what would change is shown first, and exactly that is done."""

import pytest

from app.demo.stage import Stage
from app.duty import register_desk as desk
from app.duty import register_import as imports
from app.duty.gate import NotAllowed
from app.duty.register_import import LARGEST, MOST_ROWS, NothingHeld, Outdated, Preview
from app.duty.tonight_drafts import forget_drafts
from app.store import register as stored
from app.store.database import reading
from routing.errors import InvalidInput
from routing.ids import ClientId
from routing.numbers import parse_number
from routing.register import RegisterEntry
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import WITH_MANAGERS
from tests.app.duty.desk import gate
from tests.app.world import PROTECTED, REGISTER, SHARED, YOUTH, rows
from tests.examples import HASSELBY_VALLINGBY, JARVA, at, entry

_HEADER = "phone,client,role,district,language,valid_from,valid_to,therapist,sms_ok,protected"
_SAME = "+46701740650,K-1001,youth,jarva,sv,,,,,"
_CHANGED = "+46701740652,K-1002,youth,jarva,fi,,,,,"
_NEW = "070-174 06 57,K-1007,guardian,jarva,sv,,,t4,yes,no"  # and K-1003 is left out


def _file(*lines: str, header: str = _HEADER) -> bytes:
    return ("\n".join((header, *lines)) + "\n").encode()


def _stage(stage_at: StageAt) -> Stage:
    return stage_at("2026-03-03T10:00", toml=WITH_MANAGERS, shifts=(), entries=REGISTER)


def _all(stage: Stage) -> set[RegisterEntry]:
    with reading(stage.parts.engine) as connection:
        return set(stored.load(connection, stage.parts.cipher))


def _preview(stage: Stage, content: bytes, who: str = "t4") -> Preview:
    with gate(stage, who) as own:
        return imports.preview(own, content)


def _fault(stage: Stage, content: bytes) -> str:
    with pytest.raises(InvalidInput) as refused:
        _preview(stage, content)
    return str(refused.value)


def test_a_preview_tells_what_would_change_and_changes_nothing(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)

    shown = _preview(stage, _file(_SAME, _CHANGED, _NEW))

    assert [row.client for row in shown.added] == ["K-1007"]
    assert [(was.language, row.language) for was, row in shown.changed] == [("sv", "fi")]
    assert [row.client for row in shown.removed] == ["K-1003"]
    assert shown.kept == 1
    assert _all(stage) == set(REGISTER)


def test_what_was_shown_is_what_is_read_in_and_the_other_district_s_stay(
    engine_stage_at: StageAt,
) -> None:
    stage = _stage(engine_stage_at)
    shown = _preview(stage, _file(_SAME, _CHANGED, _NEW))

    with gate(stage, "t4") as own:
        done = imports.apply(own, shown.token)

    assert done == shown
    others = {e for e in REGISTER if e.district == HASSELBY_VALLINGBY}
    assert {e for e in _all(stage) if e.district == HASSELBY_VALLINGBY} == others
    assert {e.client for e in _all(stage) if e.district == JARVA} == {"K-1001", "K-1002", "K-1007"}
    stage.parts.mirror.refresh()
    assert parse_number("070-174 06 57") in stage.parts.mirror.picture.register
    with gate(stage, "m2") as own:
        (told,) = desk.history(own)
    assert (told.alteration.what, told.alteration.author) == ("client.imported", "t4")
    assert told.about == {"added": 1, "changed": 1, "removed": 1, "kept": 1}


def test_it_is_read_in_once(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)
    shown = _preview(stage, _file(_NEW))
    with gate(stage, "t4") as own:
        imports.apply(own, shown.token)

    with pytest.raises(NothingHeld), gate(stage, "t4") as own:
        imports.apply(own, shown.token)


def test_what_is_kept_meanwhile_is_sealed_and_for_an_hour(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)
    shown = _preview(stage, _file(_NEW))

    (kept,) = rows(stage.parts.engine, "writings")
    assert b"K-1007" not in bytes(kept["body"])  # type: ignore[call-overload]  # bytes on both
    stage.carrier.run_until(at("2026-03-03T11:00"))
    with pytest.raises(NothingHeld), gate(stage, "t4") as own:
        imports.apply(own, shown.token)
    assert forget_drafts(stage.parts.engine, stage.parts.clock()) == 1  # as the clock does
    assert rows(stage.parts.engine, "writings") == []


def test_nobody_else_reads_in_what_one_has_chosen(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)
    shown = _preview(stage, _file(_NEW))

    for who in ("t5", "t1"):
        with pytest.raises(NothingHeld), gate(stage, who) as own:
            imports.apply(own, shown.token)
    assert _all(stage) == set(REGISTER)


def test_a_register_that_changed_meanwhile_is_shown_again(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)
    shown = _preview(stage, _file(_SAME, _NEW))
    with gate(stage, "t5") as own:
        row = desk.with_reference(own, "K-1001").rows[0]
        desk.end(own, row.id, row.stamp, "2026-03-31")
    after = _all(stage)

    with pytest.raises(Outdated), gate(stage, "t4") as own:
        imports.apply(own, shown.token)

    assert _all(stage) == after
    with gate(stage, "t4") as own:
        anew = imports.again(own)
        imports.apply(own, anew.token)
    assert len(anew.changed) == 1


def test_what_another_district_changes_meanwhile_does_not_matter(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)
    shown = _preview(stage, _file(_NEW))
    with gate(stage, "t1") as own:
        row = desk.with_reference(own, "H-2001").rows[0]
        desk.end(own, row.id, row.stamp, "2026-03-31")

    with gate(stage, "t4") as own:
        imports.apply(own, shown.token)


def test_a_file_chosen_in_another_window_is_not_read_in_by_this_one(
    engine_stage_at: StageAt,
) -> None:
    stage = _stage(engine_stage_at)
    first = _preview(stage, _file(_SAME))
    _preview(stage, _file(_NEW))

    with pytest.raises(Outdated), gate(stage, "t4") as own:
        imports.apply(own, first.token)


def test_a_forgotten_file_is_gone(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)
    shown = _preview(stage, _file(_NEW))
    with gate(stage, "t4") as own:
        imports.discard(own)

    with pytest.raises(NothingHeld), gate(stage, "t4") as own:
        imports.apply(own, shown.token)


def test_every_fault_is_told_with_its_line_and_field_and_nothing_is_kept(
    engine_stage_at: StageAt,
) -> None:
    stage = _stage(engine_stage_at)
    bad = "112,Test Testsson,mother,jarva,so,i går,,,,"

    shown = _preview(stage, _file(_SAME, bad, _SAME, _NEW.replace("jarva", "hasselby-vallingby")))

    places = [(f.place.line, f.place.field) for f in shown.faults if f.place is not None]
    assert places == [
        (3, "phone"), (3, "client"), (3, "role"), (3, "language"), (3, "valid_from"),
        (4, "phone"), (5, "district"),
    ]  # fmt: skip
    assert "Testsson" not in " ".join(map(str, shown.faults))
    assert rows(stage.parts.engine, "writings") == []


def test_only_the_own_district_may_be_named(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)
    theirs = "+46701740651,H-2001,guardian,hasselby-vallingby,sv,,,,,"

    assert [str(f) for f in _preview(stage, _file(theirs)).faults] == [
        "register.csv, line 2, district: another district's than one's own"
    ]


def test_a_protected_identity_is_hidden_here_too(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)
    secret = f"{PROTECTED},K-1003,youth,jarva,en,,,t4,yes,yes"

    shown = _preview(stage, _file(secret))

    ((was, row),) = shown.changed
    assert (was.tail, row.tail, row.therapist, row.takes_texts) == (None, None, None, False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x" * (LARGEST + 1), "register.csv: larger than"),
        (_file(), "register.csv: there are no rows"),
        (b"", "the column is missing"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"\x00" * 1000, "the column is missing"),
        (_file('"' + "a" * 300_000), "the quotation marks make no sense"),
        (_file(*[_SAME] * (MOST_ROWS + 1)), "register.csv: more than 5000 rows"),
        (_file(_SAME, header=_HEADER + ",name"), "unknown column"),
    ],
    ids=["too large", "no rows", "empty", "utf-16", "zeros", "one huge field", "rows", "column"],
)
def test_what_is_no_register_is_refused_at_once(
    sqlite_stage_at: StageAt, content: bytes, message: str
) -> None:
    stage = _stage(sqlite_stage_at)

    assert message in _fault(stage, content)


def test_a_very_long_reference_is_no_burden(sqlite_stage_at: StageAt) -> None:
    stage = _stage(sqlite_stage_at)
    long = "1-" * 60_000

    (fault,) = _preview(stage, _file(_SAME.replace("K-1001", long))).faults

    assert "a reference is one word" in str(fault)


def test_a_reviewer_reads_nothing_in(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)

    with pytest.raises(NotAllowed):
        _preview(stage, _file(_NEW), "r1")


def test_the_same_file_again_changes_nothing(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)
    every = _file(_SAME, f"{SHARED},K-1002,youth,jarva,sv,,,,,",
                  f"{PROTECTED},K-1003,youth,jarva,sv,,,,,yes")  # fmt: skip

    shown = _preview(stage, every)

    assert (shown.is_empty, shown.kept) == (True, 3)
    assert entry(YOUTH, client=ClientId("K-1001")) in _all(stage)
