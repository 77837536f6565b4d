"""Whom a name or a mail address means: exactly somebody, or nobody."""

import unicodedata

import pytest

from rota_adapter.people import People
from routing.ids import TherapistId
from tests.examples import therapist

T1, T2, T3, T4 = (TherapistId(f"t{n}") for n in range(1, 5))
_ASA = therapist(1, name="Åsa Öberg", email="asa.oberg@example.org")
_ANDERS = therapist(2, name="Anders Ärlig", email="anders@example.org")
_OTHER_ANDERS = therapist(3, name="Anders Ek", email="ek@example.org")
_PEOPLE = People([_ASA, _ANDERS, _OTHER_ANDERS])


@pytest.mark.parametrize("text", ["t1", "asa.oberg@example.org", "Åsa Öberg"])
def test_an_id_a_mail_address_and_a_name_mean_whose_they_are(text: str) -> None:
    assert _PEOPLE.find(text) == T1


@pytest.mark.parametrize(
    "text",
    [
        "åsa öberg",
        "ÅSA ÖBERG",
        "  Åsa   Öberg ",
        "Åsa\tÖberg\r\n",
        "Åsa\N{NO-BREAK SPACE}Öberg",
        unicodedata.normalize("NFD", "Åsa Öberg"),
        unicodedata.normalize("NFD", "ÅSA ÖBERG"),
        "A\N{COMBINING RING ABOVE}sa Öberg",
        "\N{ANGSTROM SIGN}sa Öberg",
        "T1",
        " Asa.Oberg@EXAMPLE.org ",
    ],
)
def test_case_space_and_how_a_letter_is_composed_make_no_difference(text: str) -> None:
    assert _PEOPLE.find(text) == T1


def test_a_name_that_the_organisation_file_composes_otherwise_is_the_same() -> None:
    decomposed = People([therapist(1, name=unicodedata.normalize("NFD", "  ÅSA  Öberg"))])

    assert decomposed.find("Åsa Öberg") == T1


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Asa Oberg",  # other letters, and so perhaps another person
        "Åsa",
        "Öberg, Åsa",
        "Anders",
        "asa.oberg@example.com",
        "asa.oberg",
        "t11",
        "None",
    ],
)
def test_likeness_is_never_guessed_from(text: str) -> None:
    assert _PEOPLE.find(text) is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Anna Ek", "Anna Ek"),
        ("Anna Ek", "anna  ek"),
        ("Åsa Ek", unicodedata.normalize("NFD", "ÅSA Ek")),
    ],
)
def test_a_name_that_two_people_have_means_nobody(first: str, second: str) -> None:
    people = People([therapist(1, name=first), therapist(2, name=second), therapist(3)])

    assert [people.find(name) for name in (first, second)] == [None, None]
    assert [people.find(f"t{n}") for n in (1, 2, 3)] == [T1, T2, T3]
    assert people.find("t1@example.org") == T1


def test_a_name_that_three_people_have_means_nobody_either() -> None:
    people = People([therapist(n, name="Anna Ek") for n in (1, 2, 3)])

    assert people.find("Anna Ek") is None


def test_an_address_that_two_people_share_means_nobody() -> None:
    people = People([therapist(n, email="jour@example.org") for n in (1, 2)])

    assert people.find("jour@example.org") is None


def test_a_name_that_is_another_ones_id_means_nobody() -> None:
    people = People([therapist(1), therapist(2, name="T1")])

    assert people.find("t1") is None
    assert people.find("t2") == T2


def test_whose_name_is_also_her_address_is_one_person() -> None:
    people = People([therapist(1, name="t1@example.org", email="T1@example.org")])

    assert people.find("t1@example.org") == T1


def test_whoever_has_no_address_is_found_by_id_and_name_alone() -> None:
    people = People([therapist(1, email=None), therapist(2, email=None)])

    assert (people.find("t1"), people.find("Therapist 2"), people.find("None")) == (T1, T2, None)


def test_the_explicit_table_comes_before_id_address_and_name() -> None:
    names = {"t2": T1, "ek@example.org": T1, "Anders Ärlig": T4, "Anders": T3}
    people = People([_ASA, _ANDERS, _OTHER_ANDERS], names)

    assert [people.find(text) for text in names] == [T1, T1, T4, T3]
    assert people.find("anders@example.org") == T2


def test_the_explicit_table_is_read_without_regard_to_case_and_space_too() -> None:
    written = unicodedata.normalize("NFD", " Åsa  Ö ")
    people = People([therapist(1)], {written: T2})

    assert people.find("åsa ö") == T2
    assert people.find("ÅSA Ö") == T2


def test_the_explicit_table_settles_a_name_that_two_people_have() -> None:
    people = People([therapist(n, name="Anna Ek") for n in (1, 2)], {"anna ek": T2})

    assert people.find("Anna Ek") == T2
