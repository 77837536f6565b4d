"""Commands that ask: the JSON that other programs rely on, and the contact log as a file."""

import csv
import io
from datetime import UTC, timedelta

import openpyxl
import pytest

from app.bootstrap import assemble
from app.contact_log import COLUMNS, log_rows, written
from app.duty.handover import Desk, build_handovers
from app.settings import Settings
from app.store.contacts import row_of
from routing import record
from routing.call import AttemptEnded, CallState, Farewell, Person, Result, Ring
from routing.call import Ending as CallEnding
from routing.contact import Caller, Channel, fold
from routing.ids import ContactId, DistrictId, TherapistId
from routing.role import Role
from tests.app.cli.terminal import Answer, Terminal
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, STOCKHOLM, at

HEADER = (
    "contact_id,received_at,line,channel,direction,home_district,caller,role,language,outcome,"
    "therapist,acting_for,attempts,wait_seconds,talk_seconds,escalated_to,handover_id"
)


def answered(contact: str, moment: str, home: DistrictId, label: str) -> list[dict[str, object]]:
    """The events of a call that t1 took after seven seconds, for a minute."""
    start = at(moment).astimezone(UTC)
    state = CallState(
        ContactId(contact), EFTERVARD, "sv", home, targets=(Person(TherapistId("t1")),)
    )
    caller = Caller(label, home, Role.YOUTH, "sv")
    heard = record.received(ContactId(contact), EFTERVARD, Channel.VOICE, caller, start)
    accepted = record.of_key(state, accepted=True, at=start + timedelta(seconds=7))
    ended = AttemptEnded(Result.BRIDGED, 63)
    farewell = Farewell(CallEnding.TALKED, state)
    assert accepted is not None
    events = (
        heard,
        *record.of_step(state, ended, Ring(Person(TherapistId("t1")), state), start)[1:],
        accepted,
        *record.of_step(state, ended, farewell, start + timedelta(seconds=67)),
    )
    return [row_of(event) for event in events]


@pytest.fixture
def evening(loaded: Terminal) -> Terminal:
    """Two districts' contacts of one evening, and their handovers."""
    parts = assemble(Settings.from_env(loaded.env))
    for contact, moment, home, label in (
        ("CA1", "2026-03-03T19:00", JARVA, "K-1001"),
        ("CA2", "2026-03-03T20:00", HASSELBY_VALLINGBY, "H-2001"),
        ("CA3", "2026-03-04T20:00", JARVA, "K-1001"),
    ):
        rows = answered(contact, moment, home, label)
        parts.exchange.journal.write([("contact_events", row) for row in rows])
    parts.mirror.refresh()
    desk = Desk(parts.engine, parts.cipher, "https://jour.example.se", mails=False)
    organisation = parts.mirror.picture.organisation
    build_handovers(desk, organisation, at("2026-03-05T00:00").astimezone(UTC))
    return loaded


def export(evening: Terminal, *options: str) -> Answer:
    return evening.run("contacts", "export", "--district", "jarva", *options)


def exported_rows(answer: Answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.out, newline="")))


def test_oncall_answers_word_for_word(loaded_on_each: Terminal) -> None:
    answer = loaded_on_each.run(
        "oncall", "--line", "eftervard", "--at", "2026-03-03T19:04", "--district", "jarva", "--json"
    )

    found = answer.json
    assert found.pop("rota").keys() >= {"source", "age_seconds"}
    more = found.keys() - {"line", "at", "open", "home_district", "ladder", "left_out", "fallback"}
    assert {key: value for key, value in found.items() if key not in more} == {
        "line": "eftervard",
        "at": "2026-03-03T19:04:00+01:00",
        "open": True,
        "home_district": "jarva",
        "ladder": [
            {"therapist": "t4", "position": 1, "until": "2026-03-03T22:00:00+01:00"},
            {"therapist": "t1", "position": 2, "until": "2026-03-03T22:00:00+01:00"},
        ],
        "left_out": [],
        "fallback": [{"name": "Socialjouren", "number": "+46846500499"}],
    }


def test_oncall_says_why_somebody_is_left_out(loaded: Terminal) -> None:
    answer = loaded.run(
        "oncall", "--at", "2026-03-03T19:04", "--district", "hasselby-vallingby", "--json"
    )
    later = loaded.run("oncall", "--at", "2030-01-01T19:00", "--district", "jarva", "--json")

    assert answer.json["left_out"] == []
    assert later.json["ladder"] == []


def test_oncall_reads_dates_offsets_and_words(loaded: Terminal) -> None:
    offset = loaded.run("oncall", "--at", "2026-03-03T18:04Z", "--json")
    words = loaded.run("oncall", "--at", "2026-03-03T19:04")
    closed = loaded.run("oncall", "--at", "2026-03-03", "--json")

    assert offset.json["at"] == "2026-03-03T19:04:00+01:00"
    assert "1. t4 (position 1)" in words.out
    assert "Socialjouren (fallback)" in words.out
    assert "+46" not in words.out
    assert (closed.json["open"], closed.json["ladder"]) == (False, [])


@pytest.mark.parametrize(
    "command",
    [
        ("oncall", "--at", "2026-03-29T02:30"),
        ("oncall", "--at", "2026-10-25T02:30"),
        ("oncall", "--at", "seven"),
        ("contacts", "export", "--district", "jarva", "--from", "x"),
        ("contacts", "export", "--district", "jarva", "--from", "2026-03-04", "--to", "2026-03-03"),
        ("handovers", "--due-before", "x"),
        ("rota", "check", "--line", "eftervard", "--from", "2026-03-04", "--to", "2026-03-04"),
        ("contacts", "export"),
        ("contacts", "export", "--district", "jarva", "--format", "pdf"),
        ("oncall", "--nonsense"),
        ("nonsense",),
    ],
    ids=" ".join,
)
def test_bad_usage_is_told_in_one_line(command: tuple[str, ...], loaded: Terminal) -> None:
    answer = loaded.run(*command)

    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("beredskap: ")
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        ("oncall", "--line", "x"),
        ("oncall", "--district", "x"),
        ("contacts", "export", "--district", "x"),
        ("handovers", "--district", "x"),
        ("rota", "check", "--line", "x"),
        ("fallback-twiml", "--line", "x"),
        ("call", "--from", "withheld", "--line", "x"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_told_with_what_there_is(
    command: tuple[str, ...], loaded: Terminal
) -> None:
    answer = loaded.run(*command)

    assert (answer.status, answer.out) == (2, "")
    assert answer.err.count("\n") == 1
    assert "eftervard" in answer.err or "hasselby-vallingby, jarva" in answer.err


def test_help_is_no_error(loaded: Terminal) -> None:
    assert loaded.run("--help").status == 0
    assert loaded.run("contacts", "export", "--help").status == 0


def test_an_export_has_the_promised_columns_and_one_district_s_contacts(
    evening: Terminal,
) -> None:
    answer = export(evening)

    assert answer.status == 0
    assert answer.out.splitlines()[0] == HEADER
    assert ",".join(COLUMNS) == HEADER
    rows = exported_rows(answer)
    assert [row["contact_id"] for row in rows] == ["CA1", "CA3"]
    handover_id = rows[0].pop("handover_id")
    assert len(handover_id) == 36
    assert rows[0] == {
        "contact_id": "CA1",
        "received_at": "2026-03-03T19:00:00+01:00",
        "line": "eftervard",
        "channel": "voice",
        "direction": "inbound",
        "home_district": "jarva",
        "caller": "K-1001",
        "role": "youth",
        "language": "sv",
        "outcome": "answered",
        "therapist": "t1",
        "acting_for": "jarva",
        "attempts": "t1:answered:7",
        "wait_seconds": "7",
        "talk_seconds": "60",
        "escalated_to": "",
    }


def test_an_export_is_of_the_time_that_was_asked_for(evening: Terminal) -> None:
    some = export(evening, "--from", "2026-03-03T19:00", "--to", "2026-03-04T20:00")
    rest = export(evening, "--from", "2026-03-04")

    assert [row["contact_id"] for row in exported_rows(some)] == ["CA1"]
    assert [row["contact_id"] for row in exported_rows(rest)] == ["CA3"]


def test_an_export_is_the_same_in_every_format(evening: Terminal) -> None:
    path = evening.folder / "log.xlsx"

    as_json = export(evening, "--json").json["contacts"]
    as_csv = exported_rows(export(evening))
    workbook = export(evening, "--format", "xlsx", "--out", str(path))

    assert workbook.status == 0
    sheet = openpyxl.load_workbook(path).active
    head, *body = sheet.iter_rows(values_only=True)
    assert ",".join(head) == HEADER
    as_xlsx = [dict(zip(COLUMNS, row, strict=True)) for row in body]
    assert export(evening, "--format", "json").json["contacts"] == as_json
    assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in as_json] == as_csv
    assert [{k: v or None for k, v in row.items()} for row in as_xlsx] == as_json


def test_a_district_without_contacts_still_has_its_columns(loaded: Terminal) -> None:
    assert export(loaded).out.splitlines() == [HEADER]
    assert export(loaded, "--json").json == {"contacts": []}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("label", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"], ids=repr)
def test_no_cell_is_taken_for_a_formula(label: str, form: str) -> None:
    caller = Caller(label, JARVA)
    moment = at("2026-03-03T19:00").astimezone(UTC)
    contact = fold([record.received(ContactId("CA9"), EFTERVARD, Channel.VOICE, caller, moment)])
    assert contact is not None

    content = written(log_rows([contact], {}, STOCKHOLM, moment), form)

    if form == "csv":
        (row,) = csv.DictReader(io.StringIO(content.decode(), newline=""))
        cell = row["caller"]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        found = sheet.cell(2, COLUMNS.index("caller") + 1)
        assert found.data_type == "s"
        cell = found.value
    assert cell[0] == "'"


def test_an_export_to_a_place_that_is_not_there_is_told_in_one_line(evening: Terminal) -> None:
    answer = export(evening, "--out", str(evening.folder / "nowhere" / "log.csv"))

    assert answer.status == 1
    assert answer.err.count("\n") == 1


def test_handovers_are_listed_word_for_word(evening: Terminal) -> None:
    answer = evening.run("handovers", "--json")

    assert answer.json.keys() == {"handovers"}
    told = [{k: v for k, v in h.items() if k != "handover_id"} for h in answer.json["handovers"]]
    assert {h.pop("late") for h in told} == {True}
    assert told == [
        {
            "line": "eftervard",
            "district": district,
            "part": 0,
            "duty_ended_at": f"{duty}T22:00:00+01:00",
            "due_at": f"{due}T08:30:00+01:00",
            "state": "built",
            "contacts": contacts,
        }
        for district, duty, due, contacts in (
            ("hasselby-vallingby", "2026-03-03", "2026-03-04", ["CA2"]),
            ("jarva", "2026-03-03", "2026-03-04", ["CA1"]),
            ("jarva", "2026-03-04", "2026-03-05", ["CA3"]),
        )
    ]


def test_handovers_can_be_narrowed_down(evening: Terminal) -> None:
    of_jarva = evening.run("handovers", "--district", "jarva", "--json").json["handovers"]
    early = evening.run("handovers", "--due-before", "2026-03-05", "--json").json["handovers"]
    words = evening.run("handovers", "--district", "jarva")

    assert [h["contacts"] for h in of_jarva] == [["CA1"], ["CA3"]]
    assert [h["contacts"] for h in early] == [["CA2"], ["CA1"]]
    assert "2026-03-04T08:30:00+01:00  jarva  built  1 contacts" in words.out


def test_without_handovers_it_is_said(loaded: Terminal) -> None:
    assert loaded.run("handovers").out == "No handovers.\n"
    assert loaded.run("handovers", "--json").json == {"handovers": []}


def test_the_document_for_when_the_service_is_gone_needs_nothing_of_it(loaded: Terminal) -> None:
    answer = loaded.run("fallback-twiml")

    assert answer.status == 0
    assert "+46846500499" in answer.out
    assert 'callerId="+46766861004"' in answer.out
    assert "example.se" not in answer.out
    assert "action=" not in answer.out
