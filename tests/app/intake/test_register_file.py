"""The caller register: all rows or none, and no fault quotes what a row says."""

import re
from datetime import date
from pathlib import Path

import pytest

from app.intake.register_file import read_register
from routing.errors import InvalidInput
from routing.ids import ClientId, TherapistId
from routing.organisation import Validity
from routing.register import RegisterEntry
from routing.role import Role
from tests.examples import HASSELBY_VALLINGBY, entry, organisation

_HEADER = "phone,client,role,district,language,valid_from,valid_to,therapist,sms_ok,protected"
_GOOD = "070-174 06 50,K-1001,youth,jarva,sv,,,,,"


def _read(folder: Path, *rows: str, header: str = _HEADER) -> tuple[RegisterEntry, ...]:
    path = folder / "register.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return read_register(path, organisation())


def _fault(folder: Path, *rows: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        _read(folder, *rows)
    return str(caught.value)


def test_what_may_be_empty_has_its_default(tmp_path: Path) -> None:
    assert _read(tmp_path, _GOOD) == (entry("+46701740650"),)


def test_every_value_is_read(tmp_path: Path) -> None:
    row = "+46701740651,HV.7,guardian,hasselby-vallingby,fi,2026-01-01,2026-12-31,t1,no,yes"

    assert _read(tmp_path, _GOOD, row)[1] == entry(
        "+46701740651",
        client=ClientId("HV.7"),
        role=Role.GUARDIAN,
        district=HASSELBY_VALLINGBY,
        language="fi",
        validity=Validity(date(2026, 1, 1), date(2026, 12, 31)),
        therapist=TherapistId("t1"),
        sms_ok=False,
        protected=True,
    )


def test_excel_in_swedish_is_read(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    text = f"{_HEADER}\n{_GOOD}\n".replace(",", ";").replace("\n", "\r\n")
    path.write_bytes(("\ufeff" + text).encode())

    assert read_register(path, organisation()) == (entry("+46701740650"),)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("070-174 06 50", "", "phone: not a valid telephone number"),
        ("070-174 06 50", "070-174", "phone: not a valid telephone number"),
        ("070-174 06 50", "112", "phone: not a valid telephone number"),
        ("K-1001", "", "client: is empty"),
        ("K-1001", "20100101-1234", "client: looks like a personal identity number"),
        ("K-1001", "100101-1234", "client: looks like a personal identity number"),
        ("K-1001", "2010-01-01-1234", "client: looks like a personal identity number"),
        ("K-1001", "201001011234", "client: looks like a personal identity number"),
        ("K-1001", "1001011234", "client: looks like a personal identity number"),
        ("K-1001", "12345678901", "client: looks like a personal identity number"),
        ("K-1001", "K-20100161-1234", "client: looks like a personal identity number"),
        ("K-1001", "20100101-TF12", "client: looks like a personal identity number"),
        ("K-1001", "070-174 06 50", "client: holds a telephone number"),
        ("K-1001", "K.070.174.06.50", "client: holds a telephone number"),
        ("K-1001", "Test Testsson", "client: a reference is one word"),
        ("K-1001", "K-1/K-2", "client: a reference is one word"),
        ("K-1001", "=K1", "client: a reference is one word"),
        ("K-1001", "K" * 65, "client: a reference is one word"),
        ("K-1001", "unknown-7", "client: begins like the log's own name"),
        ("youth", "mother", "role: must be one of youth, guardian"),
        ("youth", "", "role: must be one of youth, guardian"),
        ("jarva", "farsta", "district: there is no such district"),
        ("jarva", "", "district: there is no such district"),
        (",sv,", ",so,", "language: must be one of ar, en, fi, sv"),
        (",sv,", ",,", "language: must be one of ar, en, fi, sv"),
        ("sv,,", "sv,1/1/2026,", "valid_from: not a date such as 2026-03-03"),
        ("sv,,", "sv,,2026-02-30", "valid_to: not a date such as 2026-03-03"),
        ("sv,,", "sv,2026-03-03,2026-03-02", "valid_to: ends before it begins"),
        ("sv,,,", "sv,,,t9", "therapist: there is no such therapist"),
        ("sv,,,,", "sv,,,,ja", "sms_ok: must be one of yes, no"),
        ("sv,,,,,", "sv,,,,,1", "protected: must be one of yes, no"),
    ],
)
def test_a_faulty_row_is_refused_in_one_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    fault = _fault(
        tmp_path, _GOOD.replace("50", "51").replace("1001", "1"), _GOOD.replace(old, new)
    )

    assert fault.startswith(f"register.csv, line 3, {message}")
    assert "\n" not in fault
    assert not re.search(r"\d{5}|070|Test", fault)


@pytest.mark.parametrize("reference", ["K-1001", "1", "HV-2024-0815", "2024-000123", "Å.7_b"])
def test_a_reference_of_their_own_is_accepted(tmp_path: Path, reference: str) -> None:
    assert _read(tmp_path, _GOOD.replace("K-1001", reference))[0].client == reference


def test_every_column_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidInput, match=r"^register\.csv, line 1, protected: the column is miss"
    ):
        _read(tmp_path, header=_HEADER.removesuffix(",protected"))


def test_the_same_phone_and_client_twice_is_refused(tmp_path: Path) -> None:
    again = _GOOD.replace("070-174 06 50", "+46701740650").replace("youth", "guardian")

    assert _fault(tmp_path, _GOOD, "", again) == (
        "register.csv, line 4, phone: the same phone and client as on line 2"
    )


def test_a_client_may_not_have_two_districts_at_the_same_time(tmp_path: Path) -> None:
    first = "+46701740650,K-1,youth,jarva,sv,2026-01-01,2026-06-30,,,"
    meanwhile = "+46701740651,K-1,guardian,hasselby-vallingby,sv,2026-06-30,,,,"

    assert _fault(tmp_path, first, meanwhile) == (
        "register.csv, line 3, district: "
        "another district than on line 2 for the same client and time"
    )
    assert len(_read(tmp_path, first, meanwhile.replace("06-30", "07-01"))) == 2


def test_one_number_may_belong_to_two_clients_in_different_districts(tmp_path: Path) -> None:
    other = _GOOD.replace("K-1001", "K-2").replace("jarva", "hasselby-vallingby")

    assert [e.district for e in _read(tmp_path, _GOOD, other)] == ["jarva", "hasselby-vallingby"]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"^none\.csv: cannot be read$"):
        read_register(tmp_path / "none.csv", organisation())
