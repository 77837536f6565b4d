"""Who is behind a number: known when the register says one thing, asked for when it does not."""

from datetime import date
from itertools import permutations

from routing.ids import ClientId, TherapistId
from routing.organisation import Validity
from routing.register import Identity, identify
from routing.role import Role
from tests.examples import HASSELBY_VALLINGBY, JARVA, entry

_TODAY = date(2026, 3, 3)


def test_a_number_nobody_has_is_nobodys() -> None:
    assert identify([], _TODAY) is None


def test_one_entry_says_everything() -> None:
    listed = entry(
        therapist=TherapistId("t4"), language="fi", sms_ok=False, role=Role.GUARDIAN, protected=True
    )

    assert identify([listed], _TODAY) == Identity(
        homes=(JARVA,),
        home=JARVA,
        label="K-1001",
        role=Role.GUARDIAN,
        language="fi",
        therapist=TherapistId("t4"),
        sms_ok=False,
        protected=True,
    )


def test_an_entry_counts_on_its_first_and_last_day_only() -> None:
    listed = entry(validity=Validity(date(2026, 3, 3), date(2026, 3, 4)))

    assert identify([listed], date(2026, 3, 2)) is None
    assert identify([listed], date(2026, 3, 3)) is not None
    assert identify([listed], date(2026, 3, 4)) is not None
    assert identify([listed], date(2026, 3, 5)) is None


def test_a_mother_of_two_in_one_district_has_both_references() -> None:
    both = [entry(client=ClientId("K-2")), entry(client=ClientId("K-1"))]

    found = identify(both, _TODAY)

    assert found is not None
    assert (found.home, found.label) == (JARVA, "K-1/K-2")


def test_what_the_entries_disagree_about_is_unknown() -> None:
    differing = [
        entry(client=ClientId("K-1"), role=Role.YOUTH, language="sv", therapist=TherapistId("t4")),
        entry(client=ClientId("K-2"), role=Role.GUARDIAN, language="fi", sms_ok=False),
    ]

    found = identify(differing, _TODAY)

    assert found is not None
    assert (found.role, found.language, found.therapist) == (None, None, None)
    assert (found.sms_ok, found.protected) == (False, False)


def test_a_number_of_two_districts_has_no_home_and_shows_neither_client() -> None:
    both = [
        entry(client=ClientId("K-1"), district=JARVA),
        entry(client=ClientId("K-2"), district=HASSELBY_VALLINGBY, protected=True),
    ]

    found = identify(both, _TODAY)

    assert found is not None
    assert found.homes == (HASSELBY_VALLINGBY, JARVA)
    assert (found.home, found.label, found.protected) == (None, None, True)


def test_once_the_caller_has_chosen_only_that_district_counts() -> None:
    both = [
        entry(client=ClientId("K-1"), district=JARVA),
        entry(client=ClientId("K-2"), district=HASSELBY_VALLINGBY),
    ]

    found = identify(both, _TODAY, chosen=JARVA)

    assert found is not None
    assert (found.homes, found.home, found.label) == ((JARVA,), JARVA, "K-1")


def test_the_order_of_the_entries_changes_nothing() -> None:
    listed = [
        entry(client=ClientId("K-3"), therapist=TherapistId("t4")),
        entry(client=ClientId("K-1")),
        entry(client=ClientId("K-2"), role=Role.GUARDIAN),
    ]

    assert len({identify(order, _TODAY) for order in permutations(listed)}) == 1


def test_neither_the_number_nor_the_client_shows_in_a_repr() -> None:
    assert "K-1001" not in f"{entry()!r} {identify([entry()], _TODAY)!r}"
    assert "650" not in f"{entry()!r}"
