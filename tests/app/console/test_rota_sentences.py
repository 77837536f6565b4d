"""What is wrong with a rota, in Swedish and by name, whatever it is."""

import string
from dataclasses import dataclass
from datetime import date

import pytest

from app.console.rota_sentences import hindrance_in_language, in_language, is_known
from rota_adapter.findings import check
from rota_adapter.rest_findings import Besides, check_notice, check_rest
from routing.absence import Absence, AbsenceKind
from routing.finding import Finding, Severity
from routing.ids import TherapistId
from routing.organisation import Validity
from routing.rest_sentences import WORDS
from routing.rota import Rota
from tests.examples import EFTERVARD, at, line, organisation, shift, span, therapist

A_WEEK = span("2026-03-02T00:00", "2026-03-09T00:00")
T1, T9 = TherapistId("t1"), TherapistId("t9")
OFF = Validity(None, date(2026, 1, 1))
ODD = organisation(
    therapists={
        t.id: t
        for t in (
            therapist(1),
            therapist(2, active=OFF),
            therapist(3, phone=None),
            therapist(4),
        )
    },
    mandates=(),
)
SHIFTS = [
    shift("t1", "2026-03-02T17:00", "2026-03-02T22:00"),
    shift("t2", "2026-03-02T17:00", "2026-03-02T22:00"),
    shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", 1),
    shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", 2),
    shift("t3", "2026-03-04T17:00", "2026-03-04T22:00"),
    shift("t9", "2026-03-05T17:00", "2026-03-05T22:00"),
    shift("t4", "2026-03-07T10:00", "2026-03-07T22:00"),
    shift("t4", "2026-03-08T10:00", "2026-03-08T22:00"),
]
AWAY = Absence(span("2026-03-08T00:00", "2026-03-10T00:00"), TherapistId("t4"), AbsenceKind.LEAVE)


@dataclass(frozen=True)
class Edges:
    """The period of a finding, as a sentence says it."""

    start: str = "Mon 2026-03-02 17:00"
    end: str = "2026-03-03"


def found() -> list[Finding]:
    """Every kind of finding of a rota that has everything wrong with it."""
    rota = Rota(EFTERVARD, SHIFTS, source="a test", read_at=at("2026-03-01T12:00"))
    besides = Besides(absences=(AWAY,))
    return [
        *check(ODD, line(), rota, A_WEEK, {T1}),
        *check_rest(ODD, line(), rota, A_WEEK, besides),
        *check_notice(SHIFTS, at("2026-03-01T12:00")),
    ]


def test_every_finding_has_a_swedish_sentence() -> None:
    rules = {f.rule for f in found()}

    assert {"R17", "R20", "R16", "R21", "R6", "R9"} <= rules
    assert not [f.message for f in found() if not is_known(f)]


def test_people_and_districts_are_named() -> None:
    said = [in_language(f, "sv", ODD) for f in found()]
    messages = {f.message for f in said}

    assert "Therapist 1 och Therapist 2 står båda på plats 1" in messages
    assert "Therapist 4 saknar uppdrag från Hässelby-Vällingby" in messages
    assert "t9 finns inte i organisationen" in messages
    assert any("sätt någon på plats 2 från mån 2026-03-02 17:00" in f.remedy for f in said)
    assert not [m for m in messages if "t1 " in m or " is " in m]


def test_english_stays_english_by_name() -> None:
    said = {in_language(f, "en", ODD).message for f in found()}

    assert "nobody is in position 1 while the line is open" in said
    assert "Therapist 1 and Therapist 2 are both in position 1" in said


@pytest.mark.parametrize("case", sorted(WORDS))
def test_every_sentence_about_rest_is_known_again(case: str) -> None:
    english, swedish = WORDS[case]["en"], WORDS[case]["sv"]
    names = {n for text in english for _, n, _, _ in string.Formatter().parse(text) if n}
    edges: dict[str, object] = {name.partition(".")[0]: "12 h" for name in names}
    edges |= {"therapist": "t1", "way_out": "take a duty of that week away", "period": Edges()}
    one = Finding(
        case.partition(" ")[0],
        Severity.ERROR,
        T1,
        None,
        None,
        english.message.format(**edges),
        english.remedy.format(**edges),
    )

    said = in_language(one, "sv", organisation())

    edges |= {
        "way_out": "ta bort ett pass den veckan",
        "therapist": "Therapist 1",
        "period": Edges(start="mån 2026-03-02 17:00"),
    }
    assert said.message == swedish.message.format(**edges)
    assert said.remedy == swedish.remedy.format(**edges)


def test_what_nobody_has_a_sentence_for_stays_as_it_is() -> None:
    odd = Finding("R99", Severity.INFO, None, None, None, "something new", "do something")

    assert in_language(odd, "sv", organisation()) == odd
    assert hindrance_in_language("t1 is away then", "sv", organisation()) == (
        "Therapist 1 är frånvarande då"
    )
    assert hindrance_in_language("t1 sleeps", "en", organisation()) == "Therapist 1 sleeps"
