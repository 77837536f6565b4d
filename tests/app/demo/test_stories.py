"""The prepared evenings, and what is saved: played again, each comes to what it says."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.demo.phone_lab import sitting
from app.demo.phone_lab.deeds import Deed, Do, NotPossible
from app.demo.phone_lab.outcome import missed, outcome
from app.demo.phone_lab.replay import played
from app.demo.phone_lab.session import Session
from app.demo.phone_lab.sitting import ZONE, Sitting, written
from app.demo.phone_lab.telling import stories
from routing.errors import InvalidInput
from tests.app.demo.worlds import FIRST, worlds_in
from tests.app.world import YOUTH
from tests.examples import at

STORIES = stories()
GUARDIAN = "070-174 06 48"
HEADER = "start = 2026-11-20T19:04:00\n"


@pytest.mark.parametrize("name", STORIES)
def test_a_story_comes_to_what_it_says(name: str, tmp_path: Path, lab_template: Path) -> None:
    story = STORIES[name]
    session = Session(worlds_in(tmp_path, lab_template), story.start)
    try:
        session.play(story)
        assert played(session) == []
        assert missed(session, story.expect) == []
    finally:
        session.close()


def test_there_are_ten_each_with_words_in_both_languages_and_something_to_come_to() -> None:
    assert len(STORIES) == 10
    for story in STORIES.values():
        assert set(story.title) == set(story.about) == {"sv", "en"}
        assert story.expect


def test_what_did_not_come_true_is_said(lab: Session) -> None:
    lab.play(STORIES["01-a-guardian"])
    played(lab)

    wrong = missed(lab, {"talked": ["t4"], "heard": ["Tryck 9"], "outcomes": ["answered"]})

    assert wrong == ["talked: expected ['t4'], and it was ['t3']", "nobody heard “Tryck 9”"]


def test_what_is_done_by_hand_and_saved_comes_to_the_same_when_it_is_played_again(
    lab: Session, tmp_path: Path
) -> None:
    for deed in (
        Deed(Do.CALL, GUARDIAN),
        Deed(Do.ANSWER, "1"),
        Deed(Do.PRESS, "1", "1"),
        Deed(Do.HANG_UP, GUARDIAN),
        Deed(Do.TEXT, "070-174 06 47", 'Ett \\ och ett " och en 🙂\nRad två'),
    ):
        lab.perform(deed)
        lab.advance(at("2026-11-20T19:04:07.5") - at("2026-11-20T19:04:00"))
    by_hand, file = outcome(lab), tmp_path / "evening.toml"
    file.write_text(written(lab.began_at, lab.done), encoding="utf-8")

    again = sitting.read(file)
    lab.play(Sitting(again.start, (*again.deeds, Deed(Do.WAIT, after=7.5))))

    assert played(lab) == []
    assert outcome(lab) == by_hand
    assert by_hand["talked"] == [FIRST]
    assert by_hand["outcomes"] == ["answered", "relayed"]
    assert lab.stage.carrier.texts[0].body == 'Ett \\ och ett " och en 🙂\nRad två'


def test_a_jump_back_makes_another_world_in_which_the_rest_is_done(lab: Session) -> None:
    lab.play(
        Sitting(
            at("2026-11-20T19:04"),
            (
                Deed(Do.CALL, GUARDIAN),
                Deed(Do.TRAVEL, words="2026-11-13T18:00:00", after=5),
                Deed(Do.CALL, GUARDIAN, after=5),
                Deed(Do.WAIT, after=20),
            ),
        )
    )

    assert played(lab) == []
    assert lab.now.astimezone(ZONE).isoformat() == "2026-11-13T18:00:25+01:00"
    assert len(lab.stage.carrier.calls) == 1


def test_what_cannot_be_done_is_passed_over_and_said(lab: Session) -> None:
    lab.play(Sitting(lab.now, (Deed(Do.ANSWER, "1"), Deed(Do.CALL, YOUTH, after=2))))

    assert played(lab) == ["deed 1 (answer): is in no call"]
    assert len(lab.stage.carrier.calls) == 1


def test_a_step_that_cannot_be_taken_is_told_to_whoever_took_it(lab: Session) -> None:
    lab.play(Sitting(lab.now, (Deed(Do.ACKNOWLEDGE, "t4"),)))

    with pytest.raises(NotPossible, match="nothing to do"):
        lab.step()
    assert lab.next_deed is None


DEED = '[[deeds]]\ndo = "{}"\n'
FAULTS = {
    "start": ("start = 19\n", "start", 1),
    "no start": ("deeds = []\n", "start", None),
    "unknown field": (f"{HEADER}colour = 1\n", "colour", 2),
    "unknown deed": (HEADER + DEED.format("sing"), "deeds.do", 3),
    "nobody": (HEADER + DEED.format("call"), "deeds.who", 2),
    "no words": (HEADER + DEED.format("press") + 'who = "1"\n', "deeds.words", 2),
    "words too many": (
        HEADER + DEED.format("call") + 'who = "1"\nwords = "x"\n', "deeds.words", 5,
    ),
    "a wait that is none": (HEADER + DEED.format("wait") + "after = -1\n", "deeds.after", 4),
    "not a number": (HEADER + DEED.format("wait") + "after = nan\n", "deeds.after", 4),
    "a habit": (
        HEADER + DEED.format("habit") + 'who = "t4"\nwords = "sleep"\n', "deeds.words", 5,
    ),
    "a trouble": (HEADER + DEED.format("trouble") + 'words = "rain"\n', "deeds.words", 4),
    "a moment": (HEADER + DEED.format("travel") + 'words = "soon"\n', "deeds.words", 4),
    "text": (HEADER + DEED.format("call") + "who = 7\n", "deeds.who", 4),
    "deeds": (f"{HEADER}deeds = 3\n", "deeds", 2),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_makes_no_sense_is_refused_with_its_line_and_field(
    fault: str, tmp_path: Path
) -> None:
    text, field, line = FAULTS[fault]
    file = tmp_path / "evening.toml"
    file.write_text(text)

    with pytest.raises(InvalidInput) as refused:
        sitting.read(file)

    assert refused.value.place is not None
    assert (refused.value.place.field, refused.value.place.line) == (field, line)
    assert refused.value.place.file == "evening.toml"


def test_a_moment_without_an_offset_is_stockholms(tmp_path: Path) -> None:
    story = STORIES["08-clocks-change"]

    assert story.start.isoformat() == "2027-03-27T21:58:00+01:00"
    assert replace(story, start=at("2026-01-01T00:00")) != story
