"""A handover as text, JSON and PDF: what stands in it, and what never does."""

import io
import json
import re
import subprocess
import sys
import unicodedata
from contextlib import suppress
from dataclasses import replace
from datetime import UTC

import pytest
from pypdf import PdfReader

from app.demo.stage import Stage
from app.duty.gate import NotAllowed
from app.duty.handover_document import written
from app.duty.handover_document.dossier import Dossier
from app.duty.handover_document.harmless import columns, harmless
from app.duty.handover_document.words import WORDS
from app.store.notes import Reaction
from routing.contact import Direction, Outcome
from routing.errors import InvalidInput
from routing.handover import HandoverState
from routing.ids import TherapistId
from routing.note import Content, EscalatedTo, Reason, Urgency
from routing.role import Role
from tests.app.conftest import StageAt, connections_closed_afterwards
from tests.app.duty.before_duty import WITH_MANAGERS
from tests.app.duty.desk import history, reading_log, the_handover
from tests.app.duty.documents import ARABIC, EMOJI, TOLD, Desk, a_tuesday
from tests.app.world import NAMES, SILENT, YOUTH, evening, load_world, settings_for
from tests.databases import Databases
from tests.examples import HASSELBY_VALLINGBY, JARVA, at

STARTS = "2026-03-03T18:55"
JARVAS_TEXT = """\
Överlämning till Järva: 7 kontakter, 2 saknar anteckning.

Linje                   Eftervård
Passet slutade          tisdag 3 mars 2026 22.00
Genomgång senast        onsdag 4 mars 2026 08.30
Läge                    öppnad
Utskrivet               onsdag 4 mars 2026 08.30, Therapist 5 (t5)
--------------------------------------------------------------------------------
GENAST · 1. tisdag 3 mars 2026 21.00 · Samtal in · Ungdom · K-1003
Utfall                  Besvarat
Behandlare              Therapist 4 (t4)
Väntan                  7 sekunder
Samtalstid              1 minut 2 sekunder
Anteckning              Therapist 4 (t4), tisdag 3 mars 2026 21.12
Berättat                Hot i hemmet.
                        Brodern var där.
Stöd                    Var kvar i telefonen tills hjälp kom.
Brådska                 genast
Kontaktade              Socialjouren, tisdag 3 mars 2026 21.09: våld
--------------------------------------------------------------------------------
2. tisdag 3 mars 2026 19.04 · Samtal in · Ungdom · K-1001
Utfall                  Besvarat
Behandlare              Therapist 1 (t1), för Järvas räkning
Väntan                  32 sekunder
Samtalstid              1 minut 2 sekunder
Anteckning              Therapist 1 (t1), tisdag 3 mars 2026 19.20
Berättat                Kom inte hem i tid och vågar inte ringa. Skrev “يريد
                        العودة إلى البيت” 🙂.
Stöd                    Talade om hur man kan börja samtalet.
Nästa steg              Behandlaren ringer i morgon.
Brådska                 tas upp vid genomgången
Bruten överenskommelse  ska bemötas senast onsdag 4 mars 2026 17.00; inte bemött
                        än
Tillägg                 Therapist 5 (t5), onsdag 4 mars 2026 08.05
                        Ringde henne 08.00, hon är hemma.
--------------------------------------------------------------------------------
3. tisdag 3 mars 2026 20.00 · Samtal in · Ungdom · K-1001
Utfall                  Lade på innan någon svarade
Väntan                  9 sekunder
--------------------------------------------------------------------------------
4. tisdag 3 mars 2026 20.10 · Samtal in · Ungdom · K-1003
Utfall                  Besvarat av Socialjouren
Väntan                  58 sekunder
Samtalstid              1 minut
--------------------------------------------------------------------------------
5. tisdag 3 mars 2026 20.30 · Sms in · Ungdom · K-1001
Utfall                  Sms förmedlat
Behandlare              Therapist 4 (t4)
Anteckning              Anteckning saknas ännu
--------------------------------------------------------------------------------
6. tisdag 3 mars 2026 20.30 · Sms in · Ungdom · K-1001
Utfall                  Sms förmedlat
Behandlare              Therapist 4 (t4)
Anteckning              Hör till en sms-konversation som antecknas på ett ställe
--------------------------------------------------------------------------------
7. tisdag 3 mars 2026 21.30 · Samtal in · unknown-
Utfall                  Besvarat
Behandlare              Therapist 4 (t4)
Väntan                  10 sekunder
Samtalstid              1 minut 2 sekunder
Anteckning              Anteckning saknas ännu
--------------------------------------------------------------------------------
Vad som har hänt med överlämningen
tisdag 3 mars 2026 22.00            skapad
tisdag 3 mars 2026 22.00            aviserad
onsdag 4 mars 2026 08.30            öppnad av Therapist 5 (t5)

Kan omfattas av sekretess (26 kap. 1 § OSL)
"""
KEYS = {
    "format", "handover_id", "line", "district", "district_name", "part", "duty_ended_at",
    "due_at", "state", "made_at", "made_by", "contact_count", "without_note_count", "contacts",
    "follow_ups", "history", "people",
}  # fmt: skip
CONTACT_KEYS = {
    "contact_id", "received_at", "channel", "direction", "caller", "role", "language", "outcome",
    "therapist", "acting_for", "wait_seconds", "talk_seconds", "escalated_to", "needs_note",
    "note_missing", "note",
}  # fmt: skip
TRICKS = "=1+1\n\x1b[2J\x9b31mröd\r\x07{nb} **fet** <b>b</b> /Page (x) \\) \u202eabc\u2066 Tj ET"


@pytest.fixture(scope="module")
def both(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> tuple[Dossier, Dossier]:
    """That Tuesday's handovers, opened by t5 and t1: values, so that one evening does for all."""
    folder = tmp_path_factory.mktemp("tuesday")
    settings = settings_for(databases.sqlite(folder / "beredskap.db"), folder)
    with connections_closed_afterwards():
        load_world(settings, shifts=evening("2026-03-03"))
        stage = Stage(settings, at(STARTS).astimezone(UTC))
        desk = a_tuesday(stage)
        found = [
            desk.open(who, the_handover(stage, district))
            for who, district in (("t5", JARVA), ("t1", HASSELBY_VALLINGBY))
        ]
        stage.close()
    return found[0], found[1]


@pytest.fixture
def jarvas(both: tuple[Dossier, Dossier]) -> Dossier:
    return both[0]


def saying(dossier: Dossier, told: str) -> Dossier:
    """The same, with other words in its second note."""
    items = list(dossier.agenda.items)
    note = items[1].note
    assert note is not None
    items[1] = replace(items[1], note=replace(note, content=Content(told, "Stöd.")))
    return replace(dossier, agenda=replace(dossier.agenda, items=tuple(items)))


def paper(dossier: Dossier, language: str = "sv") -> PdfReader:
    return PdfReader(io.BytesIO(written(dossier, "pdf", language)))


def on_paper(reader: PdfReader) -> str:
    """What can be read back, with letters in their plain forms and single spaces."""
    text = " ".join(page.extract_text() for page in reader.pages)
    return " ".join(unicodedata.normalize("NFKC", text).split())


def test_an_evening_s_handover_in_words(jarvas: Dossier) -> None:
    text = written(jarvas, "text").decode()

    assert re.sub(r"unknown-\d+", "unknown-", text) == JARVAS_TEXT
    assert max(columns(line) for line in text.splitlines()) == 80


def test_a_broken_agreement_is_met_or_it_is_late(jarvas: Dossier) -> None:
    contact = jarvas.agenda.items[1].contact
    late = replace(jarvas, made_at=at("2026-03-04T17:30"))
    met = replace(late, reactions={contact: Reaction(at("2026-03-04T09:00"), TherapistId("t5"))})

    said = [" ".join(written(one, "text").decode().split()) for one in (late, met)]
    (structured,) = (
        one["note"]["broken_agreement"]
        for one in json.loads(written(met, "json"))["contacts"]
        if one["contact_id"] == contact
    )

    assert "skulle ha bemötts senast onsdag 4 mars 2026 17.00; inte bemött" in said[0]
    assert "bemött onsdag 4 mars 2026 09.00 av Therapist 5 (t5)" in said[1]
    assert (structured["met_at"], structured["met_by"]) == ("2026-03-04T09:00:00+01:00", "t5")


def test_the_other_district_s_handover_has_its_own_contact_and_no_other(
    both: tuple[Dossier, Dossier],
) -> None:
    text = written(both[1], "text", "en").decode()

    assert text.startswith("Handover to Hässelby-Vällingby: 1 contact, none lacks a note.\n")
    assert "1. Tuesday 3 March 2026 19:30 · Call in · Guardian · H-2001" in text
    assert "Therapist 4 (t4), on behalf of Hässelby-Vällingby" in text
    assert "K-10" not in text


def test_the_structured_form_keeps_its_keys_and_every_character(jarvas: Dossier) -> None:
    found = json.loads(written(jarvas, "json"))

    assert found.keys() == KEYS
    assert {frozenset(contact) for contact in found["contacts"]} == {frozenset(CONTACT_KEYS)}
    assert (found["format"], found["contact_count"], found["without_note_count"]) == (1, 7, 2)
    assert found["due_at"] == "2026-03-04T08:30:00+01:00"
    assert found["people"] == {"t1": "Therapist 1", "t4": "Therapist 4", "t5": "Therapist 5"}
    urgent, broken = found["contacts"][0]["note"], found["contacts"][1]["note"]
    assert urgent["escalation"] == {
        "to": "social_emergency_service",
        "at": "2026-03-03T21:09:00+01:00",
        "reason": "violence",
    }
    assert broken == {
        "author": "t1",
        "written_at": "2026-03-03T19:20:00+01:00",
        "role": "youth",
        "told": TOLD,
        "support": "Talade om hur man kan börja samtalet.",
        "next_step": "Behandlaren ringer i morgon.",
        "urgency": "normal",
        "broken_agreement": {
            "due_at": "2026-03-04T17:00:00+01:00",
            "met_at": None,
            "met_by": None,
        },
        "escalation": None,
        "addenda": broken["addenda"],
    }
    (addendum,) = broken["addenda"]
    assert (addendum["author"], addendum["text"][:6]) == ("t5", "Ringde")


def test_the_paper_can_be_read_back(jarvas: Dossier) -> None:
    reader = paper(jarvas)
    text = on_paper(reader)

    for words in (
        "7 kontakter, 2 saknar anteckning.",
        "Genomgång senast onsdag 4 mars 2026 08.30",
        "Therapist 1 (t1), för Järvas räkning",
        "vågar inte ringa",
        "Anteckning saknas ännu",
        "Sida 1 av 2",
        "Sida 2 av 2",
        "1 tecken som typsnittet saknar står som □",
    ):
        assert words in text
    assert EMOJI not in text
    for word in ARABIC.split():
        assert word in text or word[::-1] in text  # as it is read, or as it is drawn
    assert reader.metadata is not None
    assert reader.metadata.title == "Överlämning till Järva, tisdag 3 mars 2026 22.00"
    assert str(reader.root_object["/Lang"]) == "sv-SE"
    assert "/StructTreeRoot" in reader.root_object
    assert {page.mediabox.upper_right for page in reader.pages} == {(595.28, 841.89)}


@pytest.mark.parametrize(
    ("form", "language"), [("text", "sv"), ("text", "en"), ("json", "sv"), ("pdf", "en")]
)
def test_no_document_holds_a_telephone_number(form: str, language: str, jarvas: Dossier) -> None:
    content = written(jarvas, form, language)
    text = on_paper(PdfReader(io.BytesIO(content))) if form == "pdf" else content.decode()
    figures = re.sub(r"[\s-]", "", text)

    assert not [number for number in NAMES if number[3:] in figures]


def test_tricks_in_a_note_are_harmless(jarvas: Dossier) -> None:
    tricked = saying(jarvas, TRICKS)

    text, found = written(tricked, "text").decode(), json.loads(written(tricked, "json"))
    reader = paper(tricked)

    assert all(char.isprintable() or char == "\n" for char in text)
    assert "␛[2J<U+009B>31mröd" in text
    assert "<U+202E>abc<U+2066>" in text
    assert found["contacts"][1]["note"]["told"] == TRICKS
    drawn = on_paper(reader)
    assert "{nb} **fet** <b>b</b> /Page (x) \\) <U+202E>abc<U+2066> Tj ET" in drawn
    assert len(reader.pages) == 2


@pytest.fixture(scope="module")
def odd(both: tuple[Dossier, Dossier]) -> PdfReader:
    """Very long words, very many lines, and letters that the typeface lacks or must keep apart."""
    told = "Hon sa می\u200cخواهم i dag, 👨\u200d👩\u200d👧. " + "x" * 700 + " W" * 300
    lines = "\n" * 200
    return paper(saying(both[0], f"{told}{lines}{'ሰላም ' * 20}"))


def test_any_words_fit_on_paper(odd: PdfReader) -> None:
    text, last = on_paper(odd), len(odd.pages)

    assert last > 4
    assert f"Sida {last} av {last}" in text
    assert text.count("x") == 700
    assert "63 tecken som typsnittet saknar" in text
    assert text.count("□□□") == 21


def test_letters_that_are_kept_apart_do_not_change_places_on_paper(odd: PdfReader) -> None:
    text = on_paper(odd)

    assert "Hon sa می خواهم" in text
    assert "dag, □□□." in text


def test_a_line_breaks_where_the_terminal_s_columns_end() -> None:
    assert columns("e\u0301å🙂漢\u200d") == 6
    assert harmless("a\r\nb\u2028c\td\x7f") == "a\nb\nc    d␡"


def test_every_export_is_kept_and_so_is_who_was_turned_away(sqlite_stage_at: StageAt) -> None:
    desk = Desk(sqlite_stage_at("2026-03-03T19:04", toml=WITH_MANAGERS))
    contact = desk.stage.call(YOUTH, phones={"t4": SILENT}).sid
    desk.note("t1", contact, Content("Ord.", "Stöd."), broken_agreement=True)
    desk.at("2026-03-03T22:00")
    handover = the_handover(desk.stage, JARVA)

    for who in ("t1", "m2", "t5", "t6", "t5"):  # t1 took the call, for Järva
        with suppress(NotAllowed):
            desk.export(who, handover)
    desk.react("t4", contact)
    past = desk.past("m2", handover)

    exports = [entry for entry in reading_log(desk.stage, JARVA) if entry[1] == "export"]
    assert exports == [
        ("t1", "export", "not_your_district"),
        ("m2", "export", "not_your_office"),
        ("t5", "export", None),
        ("t6", "export", None),
        ("t5", "export", None),
    ]
    assert [one for one in history(desk.stage, handover) if one[0] == "exported"] == [
        ("exported", "t5")
    ]
    assert [by.by for by in desk.open("t5", handover).reactions.values()] == ["t4"]
    assert [(event.event, event.actor) for event in past.events] == [
        ("built", None),
        ("notified", None),
        ("opened", "t5"),
        ("exported", "t5"),
        ("exported", "t6"),
        ("exported", "t5"),
    ]


def test_both_languages_have_every_word() -> None:
    kinds = (Outcome, EscalatedTo, Reason, Urgency, HandoverState, Role)
    names = ("outcome", "to", "reason", "urgency", "state", "role")
    values = {f"{name}.{one}" for name, kind in zip(names, kinds, strict=True) for one in kind}
    values |= {f"{channel}.{way}" for channel in ("voice", "text") for way in Direction}

    assert WORDS["sv"].keys() == WORDS["en"].keys() >= values


def test_a_language_that_is_not_written_is_refused(jarvas: Dossier) -> None:
    with pytest.raises(InvalidInput, match="sv, en"):
        written(jarvas, "text", "fi")


def test_nothing_loads_the_library_before_a_pdf_is_made() -> None:
    code = (
        "import sys, app.bootstrap, app.sweeps, app.cli.main, app.cli.handover\n"
        "sys.exit(bool({'fpdf', 'fontTools', 'uharfbuzz'} & sys.modules.keys()))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
