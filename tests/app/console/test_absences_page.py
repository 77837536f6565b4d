"""Absences and wishes: one's own, those of a manager's staff, and a file looked through first."""

import html
import io
import re

import pytest
from werkzeug.test import TestResponse

from tests.app.console.conftest import Console, ConsoleAt, Visitor
from tests.app.duty.swapping import NOON, TUE, WEEK

HEADER = "therapist,starts_at,ends_at,kind\n"


@pytest.fixture
def console(console_at: ConsoleAt) -> Console:
    return console_at(NOON, shifts=WEEK)


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def bring(visitor: Visitor, content: str) -> TestResponse:
    file = (io.BytesIO(content.encode()), "away.csv")
    return visitor.post("/absences/file", {"file": file}, content_type="multipart/form-data")


def test_her_own_absence_is_kept_with_the_duty_it_collides_with(console: Console) -> None:
    visitor = console.signed_in("t4")
    done = visitor.post("/absences", {"starts": TUE, "ends": "2026-03-04", "kind": "leave"})
    assert done.status_code == 303

    page = visitor.get("/absences").text
    said = words(page)
    assert "Frånvaron är sparad." in said
    assert "Den krockar med passet som Therapist 4 har på Eftervård, tis 3 mars" in said
    assert "tis 3 mars 2026–ons 4 mars 2026 Ledighet" in said
    assert "Therapist 4 är frånvarande" not in words(console.signed_in("t1").get("/absences").text)
    code = re.search(r'name="absence" value="([^"]+)"', page)
    assert code is not None
    assert visitor.post("/absences/remove", {"absence": html.unescape(code[1])}).status_code == 303
    assert "Det finns ingen." in visitor.get("/absences").text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"starts": "x", "ends": "y", "kind": "leave"}, "Välj en första och en sista dag"),
        ({"starts": "2026-03-05", "ends": "2026-03-03", "kind": "leave"}, "Välj en första"),
        ({"starts": "2026-03-05", "ends": "2026-03-06", "kind": "fun"}, "Välj varför."),
        ({"starts": "2026-02-05", "ends": "2026-02-06", "kind": "leave"}, "Den tiden har gått."),
        ({"starts": "2026-03-05", "ends": "2029-03-06", "kind": "leave"}, "högst två år"),
    ],
)
def test_what_makes_no_absence_is_said(console: Console, data: dict[str, str], said: str) -> None:
    refused = console.signed_in("t4").post("/absences", data)

    assert refused.status_code == 422
    assert said in refused.text


def test_nobody_keeps_somebody_elses(console: Console) -> None:
    data = {"who": "t5", "starts": "2026-03-05", "ends": "2026-03-06", "kind": "leave"}

    assert console.signed_in("t4").post("/absences", data).status_code == 403
    assert console.signed_in("m1").post("/absences", data).status_code == 403
    assert console.signed_in("m2").post("/absences", data).status_code == 303
    assert console.signed_in("m2").post("/absences", data).status_code == 409
    assert "Therapist 5" in words(console.signed_in("m2").get("/absences").text)
    assert "tor 5 mars" not in words(console.signed_in("m1").get("/absences").text)
    code = "t5|2026-03-04T23:00:00+00:00|2026-03-06T23:00:00+00:00|leave"
    assert console.signed_in("t4").post("/absences/remove", {"absence": code}).status_code == 403
    assert console.signed_in("t4").post("/absences/remove", {"absence": "x"}).status_code == 422


def test_a_file_is_looked_through_before_it_is_kept(console: Console) -> None:
    manager = console.signed_in("m1")
    content = f"{HEADER}t1,2026-03-03T00:00,2026-03-04T00:00,leave\n"

    looked = bring(manager, content)
    assert looked.status_code == 200
    assert "Therapist 1 tis 3 mars 2026 Ledighet" in words(looked.text)
    assert "Pass som skulle krocka" in looked.text
    assert "Det finns ingen." in manager.get("/absences").text
    assert manager.post("/absences/file/keep", {"content": content}).status_code == 303

    assert "1 kom till" in manager.get("/absences").text


def test_every_fault_of_a_file_is_named_and_nothing_kept(console: Console) -> None:
    manager = console.signed_in("m1")
    content = f"{HEADER}t4,2026-03-03T00:00,2026-03-04T00:00,leave\nt1,x,y,leave\n"

    looked = bring(manager, content)
    assert looked.status_code == 422
    assert "Rad 2: ingen i din stadsdel har det id:t." in looked.text
    assert "Rad 3: början ska vara en tid" in looked.text
    assert "Spara filen" not in looked.text
    assert manager.post("/absences/file/keep", {"content": content}).status_code == 422
    assert bring(manager, "no table").status_code == 422
    assert bring(console.signed_in("t1"), content).status_code == 403


def test_wishes_are_her_own_and_her_managers_to_see(console: Console) -> None:
    visitor = console.signed_in("t4")
    data = {"first": "2026-03-20", "last": "2026-03-22", "wanted": "free"}

    assert visitor.post("/wishes", data).status_code == 303
    assert visitor.post("/wishes", data).status_code == 409
    refused = visitor.post("/wishes", {**data, "first": "2026-02-20"})
    assert refused.status_code == 422
    assert "Välj kommande dagar" in refused.text
    assert "fre 20 mars 2026–sön 22 mars 2026 Ledig" in words(visitor.get("/wishes").text)
    assert "Therapist 4: ledig" in words(console.signed_in("m2").get("/rota/eftervard/plan").text)
    assert "Therapist 4" not in words(console.signed_in("m1").get("/rota/eftervard/plan").text)
    assert console.signed_in("t5").post("/wishes/1/remove").status_code == 404
    assert visitor.post("/wishes/1/remove").status_code == 303
    assert "Du har inga önskemål." in visitor.get("/wishes").text
    assert console.signed_in("m1").get("/wishes").status_code == 403
