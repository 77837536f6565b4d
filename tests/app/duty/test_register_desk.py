"""The register as its home district keeps it: what is shown, what is changed, and what is not."""

from collections.abc import Mapping
from datetime import date

import pytest

from app.demo.stage import Stage
from app.duty import register_desk as desk
from app.duty.gate import NotAllowed
from app.duty.organisation_state import State
from app.duty.register_desk import Faulty, Hidden, Listing
from app.store import register as stored
from app.store.database import reading
from routing.access import Act, Denial
from routing.errors import Conflict, InvalidInput, NotFound
from routing.ids import ClientId, TherapistId
from routing.numbers import parse_number
from routing.organisation import Validity
from routing.register import RegisterEntry
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import WITH_MANAGERS
from tests.app.duty.desk import gate
from tests.app.world import PROTECTED, REGISTER, SHARED, YOUTH, rows
from tests.examples import HASSELBY_VALLINGBY, JARVA, entry

_NOW = "2026-03-03T10:00"
_NEW = {
    "phone": "070-174 06 55",
    "client": "K-2000",
    "role": "guardian",
    "language": "fi",
    "valid_from": "2026-01-01",
    "valid_to": "",
    "therapist": "t5",
    "sms_ok": "no",
    "protected": "no",
}


def _stage(at: StageAt, *entries: RegisterEntry) -> Stage:
    return at(_NOW, toml=WITH_MANAGERS, shifts=(), entries=entries or REGISTER)


def _all(stage: Stage) -> set[RegisterEntry]:
    with reading(stage.parts.engine) as connection:
        return set(stored.load(connection, stage.parts.cipher))


def _listed(stage: Stage, who: str) -> Listing:
    with gate(stage, who) as own:
        return desk.listed(own)


def _one(stage: Stage, who: str, client: str) -> desk.Shown:
    return next(row for row in _listed(stage, who).rows if row.client == client)


def _changed(stage: Stage, who: str, client: str, **values: str) -> tuple[str, ...]:
    row = _one(stage, who, client)
    kept = next(e for e in _all(stage) if e.client == client)
    with gate(stage, who) as own:
        return desk.change(own, row.id, row.stamp, {**desk.written(kept), **values})


def _fields(err: Faulty) -> list[str | None]:
    return [fault.place.field if fault.place else None for fault in err.faults]


def test_each_district_sees_its_own_clients_and_no_other_s(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)

    assert [row.client for row in _listed(stage, "t4").rows] == ["K-1001", "K-1002", "K-1003"]
    assert [row.client for row in _listed(stage, "m2").rows] == ["K-1001", "K-1002", "K-1003"]
    assert [row.client for row in _listed(stage, "t1").rows] == ["H-2001", "H-2002"]


def test_a_reviewer_keeps_no_register_and_having_tried_is_in_the_log(
    engine_stage_at: StageAt,
) -> None:
    stage = _stage(engine_stage_at)

    with pytest.raises(NotAllowed), gate(stage, "r1") as own:
        desk.listed(own)

    (tried,) = [row for row in rows(stage.parts.engine, "readings") if row["act"] == Act.REGISTER]
    assert (tried["viewer"], tried["denied"]) == ("r1", Denial.NOT_YOUR_OFFICE)


def test_looking_is_in_the_reading_log(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)

    _listed(stage, "t4")

    (looked,) = [row for row in rows(stage.parts.engine, "readings") if row["act"] == Act.REGISTER]
    assert (looked["viewer"], looked["district"], looked["denied"]) == ("t4", JARVA, None)


def test_the_number_is_two_digits_until_somebody_asks_and_that_is_kept(
    engine_stage_at: StageAt,
) -> None:
    stage = _stage(engine_stage_at)
    row = _one(stage, "t4", "K-1001")

    assert row.tail == "50"
    assert YOUTH[-5:] not in repr(row)
    with gate(stage, "t4") as own:
        assert desk.number_of(own, row.id, row.stamp) == parse_number(YOUTH)
    with gate(stage, "m2") as own:
        (told,) = desk.history(own)
    assert (told.alteration.what, told.alteration.author, told.about["client"]) == (
        "client.number_shown", "t4", "K-1001"
    )  # fmt: skip


def test_a_protected_identity_shows_neither_number_nor_therapist(engine_stage_at: StageAt) -> None:
    secret = entry(
        PROTECTED, client=ClientId("K-1003"), protected=True, therapist=TherapistId("t4")
    )
    stage = _stage(engine_stage_at, secret)
    row = _one(stage, "t4", "K-1003")

    assert (row.protected, row.tail, row.therapist, row.takes_texts) == (True, None, None, False)
    with pytest.raises(Hidden), gate(stage, "t4") as own:
        desk.number_of(own, row.id, row.stamp)
    assert rows(stage.parts.engine, "alterations") == []


def test_another_district_s_entry_cannot_be_opened_changed_or_ended(
    engine_stage_at: StageAt,
) -> None:
    stage = _stage(engine_stage_at)
    theirs, before = _one(stage, "t1", "H-2001"), _all(stage)

    with gate(stage, "t4") as own:
        for attempt in (
            lambda: desk.opened(own, theirs.id),
            lambda: desk.number_of(own, theirs.id, theirs.stamp),
            lambda: desk.change(own, theirs.id, theirs.stamp, _NEW),
            lambda: desk.end(own, theirs.id, theirs.stamp, "2026-03-03"),
        ):
            with pytest.raises(NotFound):
                attempt()
    assert _all(stage) == before


def test_somebody_is_found_by_reference_and_by_number(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)

    with gate(stage, "t4") as own:
        by_head = desk.with_reference(own, " k-100 ")
        exact = desk.with_reference(own, "K-1002")
        theirs = desk.with_reference(own, "H-2")
        by_number = desk.with_number(own, "070 174 06 50")
        of_both = desk.with_number(own, "070-174 06 52")

    assert [row.client for row in by_head.rows] == ["K-1001", "K-1002", "K-1003"]
    assert [row.client for row in exact.rows] == ["K-1002"]
    assert theirs.rows == ()
    assert [row.client for row in by_number.rows] == ["K-1001"]
    # The number is in both districts' registers, and each sees that it is in its own.
    assert [row.client for row in of_both.rows] == ["K-1002"]


@pytest.mark.parametrize("begins", ["", "  ", "K" * 65])
def test_nothing_is_looked_for_without_a_reference(sqlite_stage_at: StageAt, begins: str) -> None:
    stage = _stage(sqlite_stage_at)

    with pytest.raises(InvalidInput), gate(stage, "t4") as own:
        desk.with_reference(own, begins)


def test_a_long_register_comes_in_pages(engine_stage_at: StageAt) -> None:
    many = [entry(SHARED, client=ClientId(f"K-{n:03}")) for n in range(desk.A_PAGE * 2 + 1)]
    stage = _stage(engine_stage_at, *many)

    seen: list[str] = []
    after: int | None = None
    for _ in range(4):
        with gate(stage, "t4") as own:
            page = desk.listed(own, after)
        seen += [row.client for row in page.rows]
        after = page.next
        if after is None:
            break

    assert seen == [e.client for e in many]


def test_whose_entry_was_the_last_of_a_page_must_be_one_s_own(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)
    theirs = _one(stage, "t1", "H-2001")

    with gate(stage, "t4") as own:
        assert len(desk.listed(own, theirs.id).rows) == 3


def test_an_entry_is_added_and_every_process_reads_the_register_anew(
    engine_stage_at: StageAt,
) -> None:
    stage = _stage(engine_stage_at)

    with gate(stage, "t4") as own:
        desk.add(own, _NEW)

    stage.parts.mirror.refresh()
    (known,) = stage.parts.mirror.picture.register[parse_number("070-174 06 55")]
    assert (known.client, known.district, known.language) == ("K-2000", JARVA, "fi")
    assert (known.therapist, known.sms_ok, known.validity.first) == ("t5", False, date(2026, 1, 1))
    with gate(stage, "t5") as own:
        assert [(c.alteration.what, c.about["client"]) for c in desk.history(own)] == [
            ("client.added", "K-2000")
        ]
    with gate(stage, "t1") as own:
        assert desk.history(own) == ()


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"phone": "112"}, ["phone"]),
        ({"client": "20100101-1234"}, ["client"]),
        ({"client": "Test Testsson", "role": "mother"}, ["client", "role"]),
        ({"language": "so", "valid_from": "i morgon"}, ["language", "valid_from"]),
        ({"valid_from": "2026-03-03", "valid_to": "2026-03-02"}, ["valid_to"]),
        ({"therapist": "t9"}, ["therapist"]),
        ({"district": "hasselby-vallingby"}, ["district"]),
        ({"phone": "070-174 06 50", "client": "K-1001"}, ["phone"]),
        ({}, ["phone", "client", "role", "language"]),
    ],
)
def test_a_form_is_judged_as_the_file_is_and_every_fault_is_told(
    sqlite_stage_at: StageAt, values: Mapping[str, str], fields: list[str]
) -> None:
    stage = _stage(sqlite_stage_at)
    before = _all(stage)

    with pytest.raises(Faulty) as refused, gate(stage, "t4") as own:
        desk.add(own, {**_NEW, **values} if values else {})

    assert _fields(refused.value) == fields
    assert _all(stage) == before


def test_another_district_s_client_or_number_may_be_entered_and_nothing_is_said_of_it(
    engine_stage_at: StageAt,
) -> None:
    stage = _stage(engine_stage_at)

    with gate(stage, "t4") as own:
        desk.add(own, {**_NEW, "phone": "070-174 06 51", "client": "H-2001"})

    assert len([e for e in _all(stage) if e.client == "H-2001"]) == 2


def test_a_protected_identity_is_never_allowed_texts(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)

    with gate(stage, "t4") as own:
        desk.add(own, {**_NEW, "protected": "yes", "sms_ok": "yes"})

    (made,) = [e for e in _all(stage) if e.client == "K-2000"]
    assert (made.protected, made.sms_ok) == (True, False)


def test_an_entry_is_changed_and_what_differs_is_kept(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)

    differs = _changed(stage, "m2", "K-1001", language="ar", therapist="t6")

    assert differs == ("language", "therapist")
    assert entry(YOUTH, language="ar", therapist=TherapistId("t6")) in _all(stage)
    with gate(stage, "m2") as own:
        (told,) = desk.history(own)
    assert told.about == {"client": "K-1001", "fields": ["language", "therapist"]}


def test_saving_what_was_there_changes_nothing(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)

    assert _changed(stage, "t4", "K-1001") == ()
    assert rows(stage.parts.engine, "alterations") == []


def test_what_is_hidden_of_a_protected_identity_stays_unless_it_is_given_anew(
    engine_stage_at: StageAt,
) -> None:
    secret = entry(
        PROTECTED, client=ClientId("K-1003"), protected=True, therapist=TherapistId("t4")
    )
    stage = _stage(engine_stage_at, secret)

    differs = _changed(stage, "t4", "K-1003", phone="", therapist="", language="en", sms_ok="no")

    assert differs == ("language", "sms_ok")
    (kept,) = _all(stage)
    assert (kept.phone, kept.therapist) == (secret.phone, secret.therapist)


def test_who_looked_at_an_entry_that_was_changed_since_is_told_so(
    engine_stage_at: StageAt,
) -> None:
    stage = _stage(engine_stage_at)
    looked_at = _one(stage, "t4", "K-1001")
    _changed(stage, "t5", "K-1001", language="en")
    after = _all(stage)

    for act in (
        lambda own: desk.change(own, looked_at.id, looked_at.stamp, _NEW),
        lambda own: desk.end(own, looked_at.id, looked_at.stamp, "2026-03-03"),
        lambda own: desk.number_of(own, looked_at.id, looked_at.stamp),
    ):
        with pytest.raises(Conflict), gate(stage, "t4") as own:
            act(own)
    assert _all(stage) == after


def test_an_entry_ends_on_a_date(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)
    row = _one(stage, "t4", "K-1001")

    with gate(stage, "t4") as own:
        desk.end(own, row.id, row.stamp, "2026-03-02")

    ended = _one(stage, "t4", "K-1001")
    assert (ended.state, ended.validity) == (State.ENDED, Validity(None, date(2026, 3, 2)))


@pytest.mark.parametrize("last", ["", "snart", "2026-02-30"])
def test_an_entry_does_not_end_without_a_date(sqlite_stage_at: StageAt, last: str) -> None:
    stage = _stage(sqlite_stage_at)
    row = _one(stage, "t4", "K-1001")

    with pytest.raises(Faulty) as refused, gate(stage, "t4") as own:
        desk.end(own, row.id, row.stamp, last)

    assert _fields(refused.value) == ["valid_to"]


def test_what_is_to_come_is_said_to_be(sqlite_stage_at: StageAt) -> None:
    coming = entry(YOUTH, validity=Validity(date(2026, 3, 4), None))
    stage = _stage(sqlite_stage_at, coming)

    assert _one(stage, "t4", "K-1001").state == State.COMING


def test_a_merged_district_s_register_is_its_successor_s(engine_stage_at: StageAt) -> None:
    merged = WITH_MANAGERS.replace(
        "valid_from = 1997-01-01",
        'valid_from = 1997-01-01\nvalid_to = 2026-02-28\nsuccessor = "jarva"',
    )
    stage = engine_stage_at(_NOW, toml=merged, shifts=(), entries=REGISTER)

    assert [row.client for row in _listed(stage, "t4").rows][:2] == ["H-2001", "H-2002"]
    _changed(stage, "t4", "H-2001", language="en")
    assert {e.district for e in _all(stage) if e.client == "H-2001"} == {HASSELBY_VALLINGBY}
