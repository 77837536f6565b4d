"""Every fault of a file has words of its own, and every change is said as a sentence."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.console.organisation_words import change, fault_in_full, saying_of
from app.console.words import speak
from app.intake.changes import changes
from app.intake.organisation_file import organisation_from
from routing.errors import InvalidInput, Place
from routing.organisation import Organisation
from tests.app.intake.organisation_faults import FAULTS, FEED_FAULTS, MANAGER_FAULTS
from tests.examples import ORGANISATION_TOML, organisation

_MANAGER = """
[[managers]]
id = "m1"
name = "Manager 1"
phone = "070-174 06 60"
email = "m1@example.org"
district = "jarva"
"""


@pytest.fixture(autouse=True)
def swedish() -> Iterator[None]:
    app = Flask(__name__)
    speak(app)
    with app.test_request_context(headers={"Cookie": "language=sv"}):
        yield


def _fault(text: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        organisation_from("organisation.toml", text.encode())
    return refused.value


_BROKEN = [
    *(ORGANISATION_TOML.replace(old, new, 1) for old, new, *_ in FAULTS),
    *(ORGANISATION_TOML.replace('source = "database"', feed, 1) for feed, *_ in FEED_FAULTS),
    *((ORGANISATION_TOML + _MANAGER).replace(old, new, 1) for old, new, *_ in MANAGER_FAULTS),
]


@pytest.mark.parametrize("text", _BROKEN)
def test_every_fault_that_a_file_can_have_is_said(text: str) -> None:
    err = _fault(text)

    assert saying_of(str(err).removeprefix(f"{err.place}: ")) is not None
    assert str(err).rpartition(": ")[2] not in fault_in_full(err)  # it is not the English of logs


def test_a_fault_says_where_it_is() -> None:
    err = InvalidInput("must be from 5 to 60", Place("organisation.toml", 7, "lines.ring_seconds"))

    assert fault_in_full(err) == (
        "Rad 7, Ringer så länge, i sekunder: Det måste vara från 5 till 60."
    )


def test_what_nobody_thought_of_is_said_to_be_wrong_all_the_same() -> None:
    assert fault_in_full(InvalidInput("a new rule")) == (
        "Det går inte att använda som det är. Kontrollera det."
    )


def _told(old: str, new: str) -> list[str]:
    after = organisation_from("x", ORGANISATION_TOML.replace(old, new, 1).encode()).organisation
    before: Organisation = organisation_from("x", ORGANISATION_TOML.encode()).organisation
    return [change(line, before) for line in changes(before, after)]


def test_the_first_load_is_said_in_swedish_to_the_last_line() -> None:
    for line in changes(None, organisation()):
        assert change(line, organisation()).endswith(("läggs till", ")"))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "ring_seconds = 20",
            "ring_seconds = 25",
            "Linjen Eftervård: Ringer så länge, i sekunder ändras från 20 s till 25 s",
        ),
        (
            '"+46701740605"',
            '"+46701740615"',
            "Behandlaren Therapist 1: Telefonnummer ändras",
        ),
        (
            'at = "08:30"',
            'at = "09:00"',
            "Stadsdelen Hässelby-Vällingby: Överlämningsmöte ändras från 08:30 till 09:00",
        ),
        (
            '"sat", "sun", "holiday", "eve"]',
            '"sat"]',
            (
                "Linjen Eftervård: Öppettider ändras från mån,tis,ons,tors,fre 17:00-22:00; "
                "lör,sön,helgdag,midsommar-, jul- och nyårsafton 10:00-22:00 till "
                "mån,tis,ons,tors,fre 17:00-22:00; lör 10:00-22:00"
            ),
        ),
        (
            "valid_to = 2027-12-31",
            "valid_to = 2026-12-31",
            (
                "Uppdrag HV 2025/1 läggs till: personalen i Järva får arbeta åt "
                "Hässelby-Vällingby, 2025-04-01 – 2026-12-31 (jour)"
            ),
        ),
    ],
)
def test_a_change_is_a_sentence_with_names(old: str, new: str, told: str) -> None:
    assert _told(old, new)[0] == told
