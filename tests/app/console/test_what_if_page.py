"""What if: who would be rung and why, and nothing of another district's clients."""

import html
import re

import pytest

from routing.ids import TherapistId
from tests.app.console.conftest import Console, ConsoleAt
from tests.app.duty.desk import reading_log
from tests.app.world import REGISTER, YOUTH, evening
from tests.examples import HASSELBY_VALLINGBY, JARVA, entry

TUESDAY = "2026-03-03T18:00"
ENTRIES = (entry(YOUTH, therapist=TherapistId("t1")), *REGISTER[1:])


@pytest.fixture
def console(console_at: ConsoleAt) -> Console:
    return console_at("2026-03-01T12:00", shifts=evening("2026-03-03"), entries=ENTRIES)


def asked(console: Console, who: str, status: int = 200, **data: str) -> str:
    visitor = console.signed_in(who)
    answer = visitor.post("/what-if", {"line": "eftervard", "at": TUESDAY, **data})
    assert answer.status_code == status
    assert answer.location is None
    text = answer.text.partition('id="answer"')[2] if status == 200 else answer.text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_the_order_and_what_is_heard(console: Console) -> None:
    said = asked(console, "t4", caller="district", district=JARVA)

    assert "Linjen är öppen" in said
    assert "Inga ord: det ringer genast." in said
    order = ["Therapist 4", "primär till", "Therapist 1", "bakjour", "Socialjouren, när ingen"]
    assert [said.index(words) for words in order] == sorted(said.index(words) for words in order)


def test_a_stranger_is_asked_for_the_district(console: Console) -> None:
    said = asked(console, "a1", caller="unknown")

    assert "Hej! Vilken stadsdel gäller det?" in said
    assert "Om svaret är Hässelby-Vällingby" in said
    assert "Om den som ringer inte svarar" in said


def test_a_client_of_ones_own_has_the_own_therapist_first(console: Console) -> None:
    said = asked(console, "m2", caller="client", client="K-1001")

    assert said.index("Therapist 1") < said.index("Therapist 4")
    assert "Familjens egen behandlare" in said
    assert reading_log(console.stage, JARVA) == [("m2", "register", None)]


def test_another_districts_client_and_nobodys_look_the_same(console: Console) -> None:
    pages = [
        asked(console, "t2", 422, caller="client", client=reference)
        for reference in ("K-1001", "X-404")
    ]

    assert "Det finns ingen sådan referens i din stadsdels register." in pages[0]
    assert pages[0].replace("K-1001", "X-404") == pages[1]
    log = reading_log(console.stage, HASSELBY_VALLINGBY)
    assert log == [("t2", "register", None)] * 2


def test_administrators_ask_of_no_client(console: Console) -> None:
    assert "Någon i min stadsdels register" not in console.signed_in("a1").get("/what-if").text
    asked(console, "a1", 403, caller="client", client="K-1001")
    assert console.signed_in("r1").get("/what-if").status_code == 403


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"caller": "client", "client": " "}, "Skriv referensen"),
        ({"caller": "nobody"}, "Välj vem som ringer"),
        ({"caller": "unknown", "at": "soon"}, "Välj vem som ringer"),
    ],
)
def test_what_makes_no_question_is_said(console: Console, data: dict[str, str], said: str) -> None:
    assert said in asked(console, "t4", 422, **data)


def test_nobody_is_on_standby_though_the_line_is_open(console: Console) -> None:
    said = asked(console, "t4", caller="district", district=JARVA, at="2026-03-04T18:00")

    assert "Ingen har jour då, fast linjen är öppen." in said
    assert "Vänta kvar, så kopplar vi dig vidare." in said


def test_a_reference_stands_in_no_address(console: Console) -> None:
    page = console.signed_in("t4").get("/what-if").text

    assert '<form class="form" method="post">' in page
    assert (
        console.signed_in("t4").get("/what-if?client=K-1001&caller=client").text.count("K-1001")
        == 0
    )
