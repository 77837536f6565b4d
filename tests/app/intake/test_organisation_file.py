"""The organisation file: what it says is read whole, and what is wrong is said in one line."""

import re
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from app.intake.organisation_file import organisation_of, read_organisation
from routing.errors import InvalidInput
from routing.hours import Hours, Window
from routing.ids import TherapistId
from routing.organisation import Closed, Organisation, Retention, Task, Term, Validity
from routing.working_time import Terms, WeekBreak
from tests.app.intake.organisation_faults import AGREED, FAULTS
from tests.examples import (
    EFTERVARD,
    HASSELBY_VALLINGBY,
    JARVA,
    ORGANISATION_TOML,
    STOCKHOLM,
    organisation,
)

SMALLEST = """\
[[districts]]
id = "jarva"
name = "Järva"

[[therapists]]
id = "t4"
name = "Therapist 4"
district = "jarva"

[[lines]]
id = "eftervard"
name = "Eftervård"
number = "+46766861004"
districts = ["jarva"]
hours = [{ days = ["mon"], from = "17:00", to = "22:00" }]
"""


def _read(folder: Path, text: str | bytes) -> Organisation:
    return read_organisation(_written(folder, text)).organisation


def _written(folder: Path, text: str | bytes) -> Path:
    path = folder / "org.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def _fault(folder: Path, text: str | bytes) -> str:
    with pytest.raises(InvalidInput) as caught:
        _read(folder, text)
    return str(caught.value)


def _line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_the_example_is_the_organisation_of_the_tests(tmp_path: Path) -> None:
    assert _read(tmp_path, ORGANISATION_TOML) == organisation()


@pytest.mark.parametrize("text", [ORGANISATION_TOML, SMALLEST])
def test_what_is_stored_is_read_back_the_same(tmp_path: Path, text: str) -> None:
    loaded = read_organisation(_written(tmp_path, text))

    assert organisation_of(loaded.document) == loaded.organisation


def test_a_byte_order_mark_and_windows_lines_change_nothing(tmp_path: Path) -> None:
    windows = "\ufeff" + ORGANISATION_TOML.replace("\n", "\r\n")

    assert _read(tmp_path, windows) == organisation()
    assert "line 3, districts.name" in _fault(tmp_path, windows.replace('"Hässelby-V', '7#"', 1))


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    head, tail = ORGANISATION_TOML.split("[working_time]")
    reordered = "[working_time]" + tail + "\n# moved\n" + head.replace('name = "Jä', 'name  =  "Jä')
    defaults = head + "[working_time]\n" + "[retention]\n"
    documents = [
        read_organisation(_written(tmp_path, text)).document
        for text in (ORGANISATION_TOML, reordered, defaults)
    ]

    assert documents[0] == documents[1]
    assert organisation_of(documents[2]) == organisation_of(documents[0])


def test_what_may_be_left_out_has_the_documented_meaning(tmp_path: Path) -> None:
    found = _read(tmp_path, SMALLEST)

    line, district = found.lines[EFTERVARD], found.districts[JARVA]
    assert (district.valid, district.office, district.handover_at) == (
        Validity(),
        None,
        time(8, 30),
    )
    assert district.notify == ("t4",)
    assert found.therapists[TherapistId("t4")].phone is None
    assert (line.zone, line.languages, line.ring_for) == (
        STOCKHOLM,
        ("sv",),
        timedelta(seconds=20),
    )
    assert (line.positions, line.closed, line.fallback) == (2, Closed.OFFICE, ())
    assert (found.working_time, found.retention) == (organisation().working_time, Retention())


def test_every_optional_key_is_read(tmp_path: Path) -> None:
    text = (
        ORGANISATION_TOML.replace(
            'handover = { at = "08:30", notify = ["t4", "t5", "t6"] }',
            'valid_to = 2026-12-31\nsuccessor = "hasselby-vallingby"',
        )
        .replace("closed_days = []", "closed_days = [2026-05-15]")
        .replace('closed = "office"', 'closed = "fallback"')
        .replace(
            'number = "+46846500499"',
            'number = "+46846500499"\nhours = [{ days = ["eve"], from = "16:00", to = "24:00" }]',
        )
        .replace(
            'district = "jarva"\n',
            'district = "jarva"\nactive_to = 2026-06-30\n'
            'working_time = { weekly_rest = "47h", week_break = { day = "sun", at = "00:00" } }\n',
            1,
        )
        .replace("standby_breaks_weekly_rest = true", AGREED)
        .replace('audit = "60 months"', 'audit = "5 years"')
        .replace('notes = "24 months"', 'notes = "3 weeks"')
    )

    found = _read(tmp_path, text)

    jarva, line = found.districts[JARVA], found.lines[EFTERVARD]
    assert (jarva.valid, jarva.successor) == (
        Validity(date(2023, 7, 1), date(2026, 12, 31)),
        HASSELBY_VALLINGBY,
    )
    assert jarva.notify == ("t4", "t5", "t6")
    assert (line.closed_days, line.closed) == (frozenset({date(2026, 5, 15)}), Closed.FALLBACK)
    window = Window(frozenset({"eve"}), time(16), time(0))
    assert line.fallback[0].hours == Hours((window,), STOCKHOLM)
    fourth = found.therapists[TherapistId("t4")]
    assert fourth.active == Validity(date(2025, 4, 1), date(2026, 6, 30))
    everybodys = found.working_time.on(date(2026, 3, 3))
    assert fourth.working_time == Terms(
        replace(everybodys, weekly_rest=timedelta(hours=47), week_break=WeekBreak(6, time(0)))
    )
    assert not everybodys.standby_breaks_weekly_rest
    assert everybodys.agreement == "LOK 25"
    assert found.retention == Retention(notes=Term(days=21), audit=Term(months=60))


def test_a_mandate_is_for_standby_unless_it_names_its_tasks(tmp_path: Path) -> None:
    named = ORGANISATION_TOML.replace(
        'reference = "HV 2025/1"', 'reference = "HV 2025/1"\ntasks = ["follow_up"]'
    )
    path = tmp_path / "organisation.toml"
    path.write_text(named, encoding="utf-8")

    loaded = read_organisation(path)

    assert [m.tasks for m in loaded.organisation.mandates] == [{Task.FOLLOW_UP}, {Task.STANDBY}]
    assert organisation_of(loaded.document) == loaded.organisation


def test_working_time_changes_from_a_date_on_for_everybody_and_for_one(tmp_path: Path) -> None:
    changed = ORGANISATION_TOML.replace(
        "[retention]",
        "[[working_time.changes]]\nvalid_from = 2026-09-01\nreference = "
        '"LOK 26"\nweekly_rest = "40h"\nanswer_within = "15m"\n[retention]',
    ).replace(
        'id = "t2"',
        'id = "t2"\nworking_time = { day_break = "07:00", changes = ['
        '{ valid_from = 2026-10-05, reference = "schema 2", day_break = "06:00" }] }',
    )

    found = _read(tmp_path, changed)
    everybodys, own = found.working_time, found.working_time_of(TherapistId("t2"))

    def shown(terms: Terms, day: str) -> tuple[str, float, str | None]:
        then = terms.on(date.fromisoformat(day))
        return f"{then.day_break:%H}", then.weekly_rest / timedelta(hours=1), then.reference

    assert shown(everybodys, "2026-08-31") == ("08", 36, None)
    assert shown(everybodys, "2026-09-01") == ("08", 40, "LOK 26")
    assert shown(own, "2026-08-31") == ("07", 36, None)
    assert shown(own, "2026-10-04") == ("07", 40, "LOK 26")
    assert shown(own, "2026-10-05") == ("06", 40, "schema 2")
    assert everybodys.on(date(2026, 9, 1)).answer_within == timedelta(minutes=15)


@pytest.mark.parametrize(("old", "new", "field", "fault"), FAULTS)
def test_a_fault_is_one_line_with_file_line_and_field(
    tmp_path: Path, old: str, new: str, field: str, fault: str
) -> None:
    text = ORGANISATION_TOML.replace(old, new, 1)
    line = _line_of(ORGANISATION_TOML, old) + new.count("\n")

    message = _fault(tmp_path, text)

    assert message.startswith(f"org.toml, line {line}, {field}: ")
    assert fault in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "org.toml, districts: is missing"),
        ("districts = 3", "org.toml, line 1, districts: must be a list, not a whole number"),
        ("[districts]\n", "org.toml, line 1, districts: must be a list, not a table"),
        ("districts = [1]", "org.toml, line 1, districts: must be a table, not a whole number"),
        ("x = 1", "org.toml, line 1, x: unknown field"),
        ("districts = []\ntherapists = []\nlines = []", "org.toml, line 1, districts: there is no"),
        (SMALLEST.replace('name = "Järva"\n', ""), "org.toml, line 1, districts.name: is missing"),
        (
            SMALLEST.partition("[[lines]]")[0] + "lines = []",
            "org.toml, line 10, therapists.lines: unknown field",
        ),
        (
            "lines = []\n" + SMALLEST.partition("[[lines]]")[0],
            "org.toml, line 1, lines: there is no line",
        ),
        (
            re.sub("hours = .*", "hours = []", SMALLEST),
            "org.toml, line 15, lines.hours: the line is never open",
        ),
        (
            SMALLEST.replace('name = "Järva"', 'name = "Järva"\nsuccessor = "jarva"'),
            "org.toml, line 4, districts.successor: only a district with a valid_to",
        ),
        (
            SMALLEST.replace(
                'name = "Järva"', 'name = "Järva"\nsuccessor = "jarva"\nvalid_to = 2026-01-01'
            ),
            "org.toml, line 4, districts.successor: a district cannot come after itself",
        ),
        (
            SMALLEST.replace('name = "Järva"', 'name = "Järva"\nsuccessor = "x"'),
            "org.toml, line 4, districts.successor: there is no such district in the file",
        ),
        (
            SMALLEST + '[[lines.fallback]]\nname = "x"\nnumber = "1"\n',
            "org.toml, line 18, lines.fallback.number: not a valid telephone number",
        ),
    ],
)
def test_a_file_that_lacks_the_shape_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert _fault(tmp_path, text).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = \n", "org.toml, line 1: not TOML: "),
        ("a = 1\nb = [1,\n\n", "org.toml, line 2: not TOML: "),
        ("a = 1\na = 2\n", "org.toml, line 2: not TOML: "),
        ('a = "070-174 06 05\n', "org.toml, line 1: not TOML: "),
        ("a = 2026-02-30\n", "org.toml, line 1: not TOML: "),
        ("a = 1\n[b\n", "org.toml, line 2: not TOML: "),
        (b"a = 1\nb = '\xe5'\n", "org.toml, line 2: not UTF-8: save the file as UTF-8"),
        ("a = " + "[" * 100_000, "org.toml: not TOML"),
        ("#" * 400_001, "org.toml: larger than 400000 bytes"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_line(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    found = _fault(tmp_path, text)

    assert found.startswith(message)
    assert "070" not in found


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"^none\.toml: cannot be read$"):
        read_organisation(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"{", "stored organisation: is not JSON"),
        (b"\xff", "stored organisation: is not JSON"),
        (b"{}", "stored organisation, districts: is missing"),
        (
            b'{"districts": [{"id": 3}]}',
            "stored organisation, districts.id: must be a text in quotes, not a whole number",
        ),
        (
            b'{"districts": [{"id": "a", "name": "A", "valid_from": "x"}]}',
            "stored organisation, districts.valid_from: has the wrong shape",
        ),
        (
            b'{"districts": [], "therapists": [], "lines": []}',
            "stored organisation, districts: there is no district",
        ),
    ],
)
def test_a_damaged_document_is_refused(document: bytes, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        organisation_of(document)

    assert str(caught.value) == message


def test_no_fault_quotes_a_name_a_number_or_an_address(tmp_path: Path) -> None:
    for old, new, _, _ in FAULTS:
        message = _fault(tmp_path, ORGANISATION_TOML.replace(old, new, 1))
        assert not re.search(r"\d{5}|example\.org|Therapist", message.removeprefix("org.toml"))


def test_a_loaded_file_does_not_show_itself(tmp_path: Path) -> None:
    shown = repr(read_organisation(_written(tmp_path, ORGANISATION_TOML)))

    assert not re.search(r"0701740605|46701740605|t1@example|Therapist 1", shown)
