"""What the lab's page shows, as plain values: telephones, the line, and what happens and why."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.demo.phone_lab.deeds import Deed, Do, Trouble
from app.demo.phone_lab.pages import create_lab
from app.demo.phone_lab.session import Session
from app.demo.phone_lab.state import Memory, clock_of, snapshot
from tests.app.demo.worlds import BACKUP, FIRST
from tests.examples import at

GUARDIAN, YOUTH, PROTECTED = "+46701740640", "+46701740647", "+46701740645"
STRANGER = "+46701740698"
Plain = dict[str, Any]


class Page:
    """What somebody sees who reads Swedish, or another language."""

    def __init__(self, session: Session, app: Flask) -> None:
        self.session, self._app, self._memory = session, app, Memory()
        self.language, self.caller = "sv", GUARDIAN

    def now(self) -> Plain:
        headers = {"Accept-Language": self.language}
        with self._app.test_request_context("/lab", headers=headers):
            plain = snapshot(self.session, self._memory, self.caller)
        return dict(json.loads(json.dumps(plain)))  # plain indeed

    def phone(self, who: str) -> Plain:
        plain = self.now()
        cards = [*plain["callers"], *plain["phones"], *plain["others"]]
        return next(card for card in cards if card["who"] == who)

    def does(self, do: Do, who: str = "", words: str = "", then: float = 0) -> None:
        self.session.perform(Deed(do, who, words))
        self.session.advance(timedelta(seconds=then))


@pytest.fixture
def page(lab: Session) -> Page:
    return Page(lab, create_lab(lab))


def _can(card: Plain) -> set[str]:
    return {can["do"] for can in card["can"]}


def _said(card: Plain, kind: str) -> list[str]:
    return [one["words"] for one in card["said"] if one["kind"] == kind]


def test_an_open_line_says_who_is_rung_in_order_and_why(page: Page) -> None:
    line = page.now()["line"]

    assert line["open"]
    assert [one["name"] for one in line["way_tried"]] == [
        "Cecilia Exempel",
        "Daniel Exempel",
        "Socialjouren",
    ]
    assert line["way_tried"][0]["why"] == "först i jouren"
    assert line["way_left_out"] == []


def test_the_familys_own_therapist_comes_first_and_it_says_so(page: Page) -> None:
    page.caller = YOUTH  # Daniel's own, who is the backup

    tried = page.now()["line"]["way_tried"]

    assert tried[0] == {
        "target": BACKUP,
        "name": "Daniel Exempel",
        "why": "familjens egen behandlare, och har jour",
    }


def test_a_caller_is_rung_through_as_the_page_says(page: Page) -> None:
    page.does(Do.CALL, GUARDIAN, then=2)

    first, caller = page.phone(FIRST), page.phone(GUARDIAN)
    assert (first["tone"], first["words"]) == ("ringing", "Ringer")
    assert _can(first) == {"answer", "decline", "voicemail", "busy", "no coverage"}
    assert caller["words"] == "Hör signaler"
    assert _can(caller) == {"hang up"}
    assert page.phone(BACKUP)["tone"] == "silent"
    assert (
        page.now()["flow"][0]["step"]
        == "Nu rings Cecilia Exempel. Sedan står Daniel Exempel på tur."
    )

    page.does(Do.ANSWER, FIRST, then=2)
    first = page.phone(FIRST)
    assert first["listens"]
    assert "Tryck 1" in _said(first, "heard")[0]
    assert first["said"][-1]["language"] == "sv-SE"

    page.does(Do.PRESS, FIRST, "1", then=12)
    assert page.phone(FIRST)["words"] == "Pratar med Vårdnadshavare i familj HV-101"
    assert page.phone(GUARDIAN)["words"] == "Pratar med Cecilia Exempel"
    [course] = page.now()["flow"]
    assert [told["words"] for told in course["told"]] == [
        "Samtalet kom in: Hässelby-Vällingby.",
        "Cecilia Exempel rings upp.",
        "Cecilia Exempel tryckte 1 och tog samtalet.",
    ]
    assert course["became"] == "Besvarat"


def test_who_is_in_a_call_is_left_out_of_the_next_one_and_not_of_her_own(page: Page) -> None:
    page.does(Do.CALL, GUARDIAN, then=2)
    page.does(Do.ANSWER, FIRST, then=2)
    page.does(Do.PRESS, FIRST, "1", then=12)
    page.does(Do.CALL, STRANGER, then=2)

    line, flow = page.now()["line"], page.now()["flow"]

    assert line["way_left_out"] == [
        {"target": FIRST, "name": "Cecilia Exempel", "why": "sitter i ett samtal"}
    ]
    assert flow[0]["left_out"] == line["way_left_out"]
    assert flow[1]["left_out"] == []


def test_a_stranger_is_asked_and_hears_the_question_in_a_bubble(page: Page) -> None:
    page.caller = STRANGER
    assert page.now()["line"]["way_asks"]

    page.does(Do.CALL, STRANGER, then=3)
    assert page.phone(STRANGER)["listens"]
    assert "Vilken stadsdel" in _said(page.phone(STRANGER), "heard")[0]

    page.does(Do.PRESS, STRANGER, "2", then=3)
    assert "Den som ringde valde Järva." in [t["words"] for t in page.now()["flow"][0]["told"]]


def test_a_text_stands_on_both_telephones_also_when_the_carrier_has_forgotten_it(
    page: Page,
) -> None:
    page.does(Do.TEXT, YOUTH, "Hej, är det någon där?", then=6)
    # Who is on standby in Järva's place: the family's own.
    [holder] = [card for card in page.now()["phones"] if _said(card, "received")]
    page.does(Do.TEXT, holder["who"], "Ja, jag är här.", then=6)
    page.does(Do.WAIT, then=360)

    assert _said(page.phone(YOUTH), "wrote") == ["Hej, är det någon där?"]
    assert "Ja, jag är här." in _said(page.phone(YOUTH), "received")
    assert page.session.stage.carrier.texts[0].body == ""
    notices = page.now()["notices"]
    assert {(one["by"], one["to"], one["state"]) for one in notices} >= {
        ("Sms", "Daniel Exempel", "framme"),
        ("Sms", "Ungdom i familj JA-201", "framme"),
    }


def test_the_page_is_there_and_says_what_was_written_while_the_database_is_away(page: Page) -> None:
    page.does(Do.TROUBLE, words=Trouble.DATABASE_AWAY)
    page.does(Do.CALL, GUARDIAN, then=2)

    plain = page.now()

    assert plain["flow"] == []  # it waits in the spool
    assert page.phone(FIRST)["tone"] == "ringing"
    assert [one["trouble"] for one in plain["troubles"] if one["is_on"]] == ["database away"]


def test_what_is_due_can_be_jumped_to_and_the_handover_is_there_when_its_time_comes(
    page: Page,
) -> None:
    page.session.start_over(at("2026-11-20T21:50"))
    page.does(Do.CALL, GUARDIAN, then=2)
    ringing = page.now()["due"][0]
    assert ringing["words"] == "Telefonen hos Cecilia Exempel har ringt färdigt"
    page.does(Do.TRAVEL, words=ringing["to"])
    assert page.phone(BACKUP)["tone"] == "ringing"
    page.does(Do.HANG_UP, GUARDIAN, then=2)

    closes = next(one for one in page.now()["due"] if "stänger" in one["words"])
    page.does(Do.TRAVEL, words=closes["to"])

    [handover] = page.now()["handovers"]
    assert handover["district"] == "Hässelby-Vällingby"
    assert handover["address"].endswith(handover["id"])
    assert not page.now()["line"]["open"]
    assert page.now()["line"]["opens"].startswith("2026-11-21T10:00")
    assert any("morgonmöte" in one["words"] for one in page.now()["due"])


def test_the_same_is_said_in_english(page: Page) -> None:
    page.language = "en"
    page.does(Do.CALL, GUARDIAN, then=2)

    assert page.phone(FIRST)["words"] == "Ringing"
    assert page.now()["flow"][0]["step"] == "Cecilia Exempel is rung. Next is Daniel Exempel."


def test_a_habit_is_the_one_that_is_chosen(page: Page) -> None:
    def chosen() -> str:
        return next(str(one["value"]) for one in page.phone(FIRST)["habit"] if one["is_on"])

    assert chosen() == "by hand"
    page.does(Do.HABIT, FIRST, "busy")
    assert chosen() == "busy"


def test_every_preset_leads_to_its_moment(page: Page) -> None:
    found = [(one["words"], one["to"]) for one in page.now()["presets"]]

    assert [to for _, to in found] == [
        "2026-11-27T16:59:55+01:00",
        "2027-06-25T12:00:00+02:00",
        "2027-10-31T02:59:30+02:00",
        "2026-11-20T21:59:00+01:00",
        "2026-11-23T08:30:00+01:00",
    ]


def test_the_night_when_the_clocks_go_back_shows_two_o_clock_twice(page: Page) -> None:
    page.does(Do.TRAVEL, words="2026-10-25T02:59:59+02:00", then=2)

    with create_lab(page.session).test_request_context("/lab"):
        clock = clock_of(page.session)

    assert (clock["time"], clock["zone"]) == ("02:00:01", "CET")
