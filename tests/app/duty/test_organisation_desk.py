"""The organisation changed from a page: shown first, checked as the file is, and made by one."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
import pytest

from app.duty import organisation_desk as desk
from app.duty import organisation_forms as forms
from app.duty.gate import NotAllowed
from app.duty.organisation_desk import ChangedMeanwhile, NothingChanges
from app.duty.organisation_forms import Edit, Kind
from routing.errors import InvalidInput, NotFound
from routing.ids import DistrictId, TherapistId
from routing.numbers import parse_number
from routing.organisation import Task, Validity
from tests.app.conftest import StageAt
from tests.app.duty.administering import Administrator, in_force, stage_of
from tests.app.duty.before_duty import WITH_MANAGERS
from tests.app.duty.desk import gate as gate_of
from tests.app.world import rows
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, at

_HV, _JA = "hasselby-vallingby", "jarva"
_MANDATE = {
    "principal": [_HV],
    "staff_of": [_JA],
    "reference": ["HV 2026/7"],
    "tasks": ["follow_up"],
    "valid_from": ["2026-04-01"],
    "valid_to": [""],
}
_THERAPIST = {
    "id": ["t7"],
    "name": ["Therapist 7"],
    "district": [_JA],
    "phone": ["070-174 06 11"],
    "email": [""],
    "active_from": ["2026-04-01"],
    "active_to": [""],
}
Values = Mapping[str, Sequence[str]]


def _of(admin: Administrator, kind: Kind, place: int, **values: Sequence[str]) -> Edit:
    """The form of what is there, with something filled in differently."""
    table = forms.table_at(admin.standing().document, kind, place)
    kept: dict[str, Sequence[str]] = dict(forms.filled_in(kind, table))
    kept.update({name.replace("__", "."): text for name, text in values.items()})
    return forms.changing(kind, place, kept)


def _fault(admin: Administrator, edit: Edit) -> str:
    with pytest.raises(InvalidInput) as refused:
        admin.propose(edit)
    return str(refused.value)


def test_a_mandate_is_added_and_counts_in_every_process(engine_stage_at: StageAt) -> None:
    stage = stage_of(engine_stage_at)
    admin = Administrator(stage)
    edit = forms.adding(Kind.MANDATES, _MANDATE)

    shown = admin.propose(edit)
    assert len(in_force(stage).mandates) == 2
    done = admin.apply(edit)

    told_so = (
        "mandate HV 2026/7 of hasselby-vallingby for the staff of jarva, 2026-04-01 to …, "
        "for follow_up: added"
    )
    assert (shown, done) == ((told_so,), (told_so,))
    mandate = in_force(stage).mandates[-1]
    assert (mandate.tasks, mandate.valid) == (
        frozenset({Task.FOLLOW_UP}), Validity(date(2026, 4, 1))
    )  # fmt: skip
    (told,) = admin.history()
    assert (told.alteration.author, told.alteration.what, told.lines) == (
        "a1", "organisation.changed", done
    )  # fmt: skip


def test_a_mandate_ends_and_stays_otherwise_as_it_was_decided(engine_stage_at: StageAt) -> None:
    stage = stage_of(engine_stage_at)
    admin = Administrator(stage)

    admin.apply(_of(admin, Kind.MANDATES, 0, valid_to=["2026-03-31"], reference=["another"]))

    ended = in_force(stage).mandates[0]
    assert (ended.reference, ended.valid.last) == ("HV 2025/1", date(2026, 3, 31))


def test_a_therapist_is_added_changed_and_ended(engine_stage_at: StageAt) -> None:
    stage = stage_of(engine_stage_at)
    admin = Administrator(stage)

    admin.apply(forms.adding(Kind.THERAPISTS, _THERAPIST))
    admin.apply(_of(admin, Kind.THERAPISTS, 6, phone=["070 174 06 12"], email=["t7@example.org"]))
    admin.apply(_of(admin, Kind.THERAPISTS, 6, active_to=["2026-12-31"]))

    added = in_force(stage).therapists[TherapistId("t7")]
    assert (added.name, added.district, added.email) == ("Therapist 7", JARVA, "t7@example.org")
    assert added.phone == parse_number("070-174 06 12")
    assert added.active == Validity(date(2026, 4, 1), date(2026, 12, 31))
    assert [told.lines for told in admin.history()][1] == (
        "therapist t7: phone changed", "therapist t7: email changed"
    )  # fmt: skip


def test_what_a_form_does_not_ask_for_stays(engine_stage_at: StageAt) -> None:
    own = 'district = "hasselby-vallingby"\nactive_from = 2025-04-01\nnot_for = ["H-9"]'
    toml = WITH_MANAGERS.replace(own.rpartition("\n")[0], own, 1)
    stage = engine_stage_at("2026-03-03T10:00", toml=toml, shifts=())
    admin = Administrator(stage)

    admin.apply(_of(admin, Kind.THERAPISTS, 0, phone=["070-174 06 13"]))

    assert in_force(stage).therapists[TherapistId("t1")].not_for == {"H-9"}
    assert "H-9" not in repr(admin.history())


def test_a_manager_is_added_and_changed(engine_stage_at: StageAt) -> None:
    stage = stage_of(engine_stage_at)
    admin = Administrator(stage)
    new = {"id": ["m3"], "name": ["Manager 3"], "district": [_JA], "phone": [""],
           "email": ["m3@example.org"]}  # fmt: skip

    admin.apply(forms.adding(Kind.MANAGERS, new))
    admin.apply(_of(admin, Kind.MANAGERS, 0, phone=["070-174 06 22"]))

    managers = in_force(stage).managers
    assert (managers[0].phone, managers[2].email) == (
        parse_number("070-174 06 22"), "m3@example.org"
    )  # fmt: skip


def test_a_district_s_meeting_number_and_people_are_changed(engine_stage_at: StageAt) -> None:
    stage = stage_of(engine_stage_at)
    admin = Administrator(stage)

    admin.apply(
        _of(admin, Kind.DISTRICTS, 1, handover__at=["09:15"], handover__notify=["t4"],
            handover__urgent=["t5", "t6"], office_number=["08-465 004 02"])
    )  # fmt: skip

    district = in_force(stage).districts[JARVA]
    assert (f"{district.handover_at:%H:%M}", district.notify, district.urgent) == (
        "09:15", ("t4",), ("t5", "t6")
    )  # fmt: skip
    assert district.office == parse_number("08-465 004 02")
    admin.apply(_of(admin, Kind.DISTRICTS, 1, handover__notify=[]))
    assert in_force(stage).districts[JARVA].notify == ("t4", "t5", "t6")


def test_a_line_s_hours_ringing_and_fallbacks_are_changed(engine_stage_at: StageAt) -> None:
    second = '\n[[lines.fallback]]\nname = "Reserven"\nnumber = "+46846500498"\n'
    toml = WITH_MANAGERS.replace("\n[working_time]", f"{second}\n[working_time]")
    stage = engine_stage_at("2026-03-03T10:00", toml=toml, shifts=())
    admin = Administrator(stage)
    hours = {
        "hours.0.days": ["mon", "fri"], "hours.0.from": ["16:00"], "hours.0.to": ["24:00"],
        "hours.1.days": [], "hours.1.from": [""], "hours.1.to": [""],
        "hours.2.days": ["sat"], "hours.2.from": ["10:00"], "hours.2.to": ["02:00"],
    }  # fmt: skip

    admin.apply(
        _of(admin, Kind.LINES, 0, ring_seconds=["25"], fallback__0=["2"], fallback__1=["1"],
            **{name.replace(".", "__"): text for name, text in hours.items()})
    )  # fmt: skip

    line = in_force(stage).lines[EFTERVARD]
    assert line.ring_for.seconds == 25
    assert [one.name for one in line.fallback] == ["Reserven", "Socialjouren"]
    assert [sorted(window.days) for window in line.hours.windows] == [["fri", "mon"], ["sat"]]
    assert line.hours.is_open(at("2026-03-08T01:59"))


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (Kind.MANDATES, {**_MANDATE, "staff_of": [_HV]}, "mandates.staff_of: a district needs no"),
        (Kind.MANDATES, {**_MANDATE, "reference": [" "]}, "mandates.reference: is empty"),
        (Kind.MANDATES, {**_MANDATE, "tasks": []}, "mandates.tasks: names no task"),
        (Kind.MANDATES, {**_MANDATE, "tasks": ["tea"]}, "mandates.tasks: must be one of"),
        (Kind.MANDATES, {**_MANDATE, "valid_to": ["2026-01-01"]}, "mandates.valid_to: ends before"),
        (Kind.MANDATES, {**_MANDATE, "valid_from": ["1/4"]}, "mandates.valid_from: not a date"),
        (Kind.MANDATES, {}, "mandates.principal: is empty"),
        (Kind.THERAPISTS, {**_THERAPIST, "id": ["T 7"]}, "therapists.id: an id is lower-case"),
        (Kind.THERAPISTS, {**_THERAPIST, "id": ["t1"]}, "therapists.id: another of the same kind"),
        (Kind.THERAPISTS, {**_THERAPIST, "district": ["x"]}, "therapists.district: there is no"),
        (Kind.THERAPISTS, {**_THERAPIST, "phone": ["112"]}, "therapists.phone: not a valid tele"),
        (Kind.THERAPISTS, {**_THERAPIST, "phone": ["070-174 06 05"]}, "therapists.phone: the same"),
        (Kind.THERAPISTS, {**_THERAPIST, "email": ["x"]}, "therapists.email: not a mail address"),
        (Kind.MANAGERS, {"id": ["m9"], "name": ["M"], "district": [_JA]}, "managers.phone: has ne"),
    ],
)
def test_what_is_added_is_checked_as_the_file_is(
    sqlite_stage_at: StageAt, kind: Kind, values: Values, message: str
) -> None:
    admin = Administrator(stage_of(sqlite_stage_at))

    assert message in _fault(admin, forms.adding(kind, values))


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (Kind.LINES, {"ring_seconds": ["4"]}, "lines.ring_seconds: must be from 5 to 60"),
        (Kind.LINES, {"ring_seconds": ["många"]}, "lines.ring_seconds: not a whole number"),
        (Kind.LINES, {"ring_seconds": ["9" * 400]}, "lines.ring_seconds: not a whole number"),
        (Kind.LINES, {"hours__0__days": ["moon"]}, "lines.hours.days: must be one of"),
        (Kind.LINES, {"hours__0__from": ["17"]}, "lines.hours.from: not a time of day"),
        (Kind.LINES, {"fallback__0": ["x"]}, "lines.fallback: not a whole number"),
        (Kind.DISTRICTS, {"handover__at": ["25:00"]}, "districts.handover.at: not a time of day"),
        (Kind.DISTRICTS, {"handover__at": [""]}, "districts.handover.at: is empty"),
        (Kind.DISTRICTS, {"handover__notify": ["t9"]}, "districts.handover.notify: there is no"),
    ],
)
def test_what_is_changed_is_checked_as_the_file_is(
    sqlite_stage_at: StageAt, kind: Kind, values: Values, message: str
) -> None:
    admin = Administrator(stage_of(sqlite_stage_at))

    assert message in _fault(admin, _of(admin, kind, 0, **values))


def test_a_line_cannot_lose_all_its_hours(sqlite_stage_at: StageAt) -> None:
    admin = Administrator(stage_of(sqlite_stage_at))
    none = {f"hours__{n}__{part}": [""] for n in (0, 1) for part in ("from", "to")}
    none.update({f"hours__{n}__days": [] for n in (0, 1)})

    assert "lines.hours: the line is never open" in _fault(admin, _of(admin, Kind.LINES, 0, **none))


def test_what_changes_nothing_is_no_change(engine_stage_at: StageAt) -> None:
    stage = stage_of(engine_stage_at)
    admin = Administrator(stage)

    for kind in forms.CHANGED:
        with pytest.raises(NothingChanges):
            admin.apply(_of(admin, kind, 0))
    assert len(rows(stage.parts.engine, "organisations")) == 1
    assert admin.history() == ()


def test_who_comes_second_is_told_and_changes_nothing(engine_stage_at: StageAt) -> None:
    stage = stage_of(engine_stage_at)
    admin, other = Administrator(stage), Administrator(stage, "a2")
    seen = admin.standing().version
    edit = _of(admin, Kind.THERAPISTS, 0, phone=["070-174 06 13"])
    other.apply(forms.adding(Kind.MANDATES, _MANDATE))
    before = rows(stage.parts.engine, "organisations")

    with pytest.raises(ChangedMeanwhile):
        admin.propose(edit, seen)
    with pytest.raises(ChangedMeanwhile):
        admin.apply(edit, seen)

    assert rows(stage.parts.engine, "organisations") == before


def test_what_is_not_there_cannot_be_changed(sqlite_stage_at: StageAt) -> None:
    admin = Administrator(stage_of(sqlite_stage_at))

    for place in (-1, 6):
        with pytest.raises(NotFound):
            admin.propose(forms.changing(Kind.THERAPISTS, place, _THERAPIST))


@pytest.mark.parametrize("who", ["m1", "t1", "r1"])
def test_only_administrators_change_anything(engine_stage_at: StageAt, who: str) -> None:
    stage = stage_of(engine_stage_at)
    edit = forms.adding(Kind.MANDATES, _MANDATE)

    for act in (
        lambda own: desk.propose(own, edit, 1),
        lambda own: desk.apply(own, edit, 1),
        lambda own: desk.propose_file(own, WITH_MANAGERS.encode()),
        desk.again,
        lambda own: desk.apply_file(own, ""),
        desk.history,
    ):
        with pytest.raises(NotAllowed), gate_of(stage, who) as own:
            act(own)
    assert len(rows(stage.parts.engine, "organisations")) == 1


def test_what_is_kept_of_changes_is_sealed(engine_stage_at: StageAt) -> None:
    stage = stage_of(engine_stage_at)
    admin = Administrator(stage)
    admin.apply(forms.adding(Kind.MANDATES, _MANDATE))

    (kept,) = rows(stage.parts.engine, "alterations")

    assert b"HV 2026/7" not in bytes(kept["about"])  # type: ignore[call-overload]
    assert (kept["author"], DistrictId(str(kept["district"]))) == ("a1", HASSELBY_VALLINGBY)
    assert msgspec.json.encode(kept["what"]) == b'"organisation.changed"'
