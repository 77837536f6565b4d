"""Drafts: kept without anybody going by them, then published or dropped; and the rota's history."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click
import pytest

from app.cli.main import beredskap
from app.store import drafts, rota
from app.store.database import make_engine
from app.store.drafts import Draft
from tests.app.cli.terminal import ROTA_CSV, Answer, Terminal, one_line
from tests.examples import EFTERVARD, ORGANISATION_TOML, STOCKHOLM, at, shift, span

LINE = ("--line", "eftervard")
RULES = ("shifts", "rota_versions", "findings", "drafts", "draft_shifts")
NEXT_WEEK = ROTA_CSV.replace("03-03", "03-10").replace("03-04", "03-11")
GAPPED = "\n".join(NEXT_WEEK.replace("1,t5,2026-03-11T17", "1,t5,2026-03-11T19").splitlines())


def draft(terminal: Terminal, content: str = NEXT_WEEK, *more: str) -> Answer:
    path = terminal.file("next.csv", content)
    answer = terminal.run("rota", "import", path, *LINE, "--draft", *more)
    assert answer.status == 0, answer.err
    return answer


def listed(terminal: Terminal) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = terminal.run("rota", "drafts", *LINE, "--json").json["drafts"]
    return found


def history(terminal: Terminal, *more: str) -> list[dict[str, Any]]:
    answer = terminal.run("rota", "history", *LINE, "--json", *more)
    found: list[dict[str, Any]] = answer.json["versions"]
    return found


def on_call(terminal: Terminal, moment: str) -> list[str]:
    answer = terminal.run("oncall", "--at", moment, "--json")
    return [rung["therapist"] for rung in answer.json["ladder"]]


def test_a_draft_is_in_force_once_it_is_published(loaded_on_each: Terminal) -> None:
    terminal = loaded_on_each

    kept = draft(terminal, NEXT_WEEK, "--by", "t1", "--note", "spring")
    waiting = (on_call(terminal, "2026-03-10T19:00"), len(history(terminal)))
    (row,) = listed(terminal)
    published = terminal.run("rota", "publish", str(row["draft"]), *LINE)

    assert f"Draft {row['draft']} is kept" in kept.out
    assert waiting == ([], 1)
    assert (published.status, published.out) == (0, "4 shifts published.\nNo findings.\n")
    assert on_call(terminal, "2026-03-10T19:00") == ["t4", "t1"]
    assert listed(terminal) == []
    newest = history(terminal)[0]
    assert (newest["author"], newest["note"], newest["shifts"]) == ("command-line", "spring", 4)


def test_a_draft_is_listed_with_who_why_and_its_span(loaded: Terminal) -> None:
    draft(loaded, NEXT_WEEK, "--by", "t1", "--note", "spring")
    draft(loaded, GAPPED)

    first, second = listed(loaded)
    words = loaded.run("rota", "drafts", *LINE).out.splitlines()

    made = datetime.fromisoformat(first.pop("made_at"))
    assert made.utcoffset() == made.astimezone(STOCKHOLM).utcoffset()
    assert first == {
        "draft": 1,
        "author": "t1",
        "note": "spring",
        "starts_at": "2026-03-10T17:00:00+01:00",
        "ends_at": "2026-03-11T22:00:00+01:00",
        "shifts": 4,
    }
    assert (second["draft"], second["author"], second["note"]) == (2, "command-line", "next.csv")
    assert words == [
        f"{n}  2026-03-10T17:00:00+01:00 to 2026-03-11T22:00:00+01:00  4 shifts  {why}"
        for n, why in ((1, "t1: spring"), (2, "command-line: next.csv"))
    ]


def test_a_draft_for_programs_says_its_number(loaded: Terminal) -> None:
    kept = draft(loaded, NEXT_WEEK, "--json").json
    dry = draft(loaded, NEXT_WEEK, "--json", "--dry-run").json

    assert kept == {"findings": [], "shifts": 0, "dry_run": False, "draft": 1}
    assert dry == {"findings": [], "shifts": 0, "dry_run": True, "draft": None}
    assert len(listed(loaded)) == 1


def test_what_is_wrong_with_a_draft_is_told_but_not_kept(loaded: Terminal) -> None:
    before = loaded.kept(("findings", "shifts", "rota_versions", "changes"))

    answer = draft(loaded, GAPPED)

    assert "error R17: nobody is in position 1" in answer.out
    assert loaded.kept(("findings", "shifts", "rota_versions", "changes")) == before


def test_whoever_publishes_signs_for_it(loaded: Terminal) -> None:
    draft(loaded, NEXT_WEEK, "--by", "t1", "--note", "spring")

    answer = loaded.run("rota", "publish", "1", *LINE, "--by", "t4", "--note", "agreed", "--json")

    assert answer.json == {"findings": [], "shifts": 4, "dry_run": False}
    assert [(v["author"], v["note"]) for v in history(loaded)] == [
        ("t4", "agreed"),
        ("command-line", "rota.csv"),
    ]


def test_publishing_strictly_refuses_a_gap_and_keeps_the_draft(loaded: Terminal) -> None:
    draft(loaded, GAPPED)
    before = loaded.kept(RULES)

    strict = loaded.run("rota", "publish", "1", *LINE, "--strict", "--json")
    after_strict = loaded.kept(RULES)
    lenient = loaded.run("rota", "publish", "1", *LINE)

    assert strict.status == 2
    assert "the draft is still there" in one_line(strict.err)
    assert strict.json["shifts"] == 0
    assert after_strict == before
    assert lenient.status == 0
    assert "error R17" in lenient.out
    assert "nobody is in position 1" in loaded.kept(("findings",))
    assert on_call(loaded, "2026-03-11T20:00") == ["t5", "t2"]


def test_a_discarded_draft_leaves_nothing_behind(loaded_on_each: Terminal) -> None:
    before = loaded_on_each.kept(RULES)
    draft(loaded_on_each)
    number = str(listed(loaded_on_each)[0]["draft"])

    answer = loaded_on_each.run("rota", "discard", number, *LINE)

    assert (answer.status, answer.out) == (0, "Discarded.\n")
    assert loaded_on_each.kept(RULES) == before
    assert loaded_on_each.run("rota", "drafts", *LINE).out == "No drafts.\n"
    assert on_call(loaded_on_each, "2026-03-10T19:00") == []


@pytest.mark.parametrize("command", ["publish", "discard"])
@pytest.mark.parametrize("number", ["0", "1", "99"])
def test_a_draft_that_is_not_there_is_told_in_one_line(
    command: str, number: str, loaded: Terminal
) -> None:
    draft(loaded)
    loaded.run("rota", "discard", "1", *LINE)
    before = loaded.kept(RULES)

    answer = loaded.run("rota", command, number, *LINE)

    assert (answer.status, answer.out) == (2, "")
    assert one_line(answer.err) == "beredskap: DRAFT: there is no such draft\n"
    assert loaded.kept(RULES) == before


def test_a_draft_is_published_once(loaded: Terminal) -> None:
    draft(loaded)

    first, second = (loaded.run("rota", "publish", "1", *LINE) for _ in range(2))

    assert (first.status, second.status) == (0, 2)
    assert len(history(loaded)) == 2


def test_another_line_s_draft_is_not_there(loaded: Terminal) -> None:
    other = ORGANISATION_TOML[ORGANISATION_TOML.index("[[lines]]") :]
    other = other[: other.index("[[lines.fallback]]")]
    other = other.replace('"eftervard"', '"natt"').replace("61004", "61005")
    toml = ORGANISATION_TOML.replace("[working_time]", other + "[working_time]")
    loaded.run("load", loaded.file("organisation.toml", toml))
    draft(loaded)

    answers = [loaded.run("rota", c, "1", "--line", "natt") for c in ("publish", "discard")]

    assert [answer.status for answer in answers] == [2, 2]
    assert loaded.run("rota", "drafts", "--line", "natt", "--json").json == {"drafts": []}
    assert len(listed(loaded)) == 1


def keep(terminal: Terminal, author: str, made: Draft) -> None:
    with make_engine(terminal.database_url).begin() as connection:
        signed = rota.Signed(author, "refused", at("2020-01-01T00:00"))
        drafts.keep(connection, EFTERVARD, made.span, made.shifts, signed)


def test_a_source_s_draft_of_the_past_is_not_published(loaded: Terminal) -> None:
    long_gone = Draft(
        0,
        EFTERVARD,
        span("2020-03-03T17:00", "2020-03-03T22:00"),
        rota.Signed("", "", at("2020-01-01T00:00")),
        (shift("t4", "2020-03-03T17:00", "2020-03-03T22:00"),),
    )
    keep(loaded, "ics", long_gone)
    keep(loaded, "t1", long_gone)

    of_source, of_person = (loaded.run("rota", "publish", n, *LINE) for n in ("1", "2"))

    assert of_source.status == 2
    assert "the past only" in one_line(of_source.err)
    assert of_person.status == 0
    assert [row["author"] for row in listed(loaded)] == ["ics"]


def test_history_is_told_newest_first_with_who_when_and_why(terminal: Terminal) -> None:
    terminal.run("load", terminal.file("organisation.toml", ORGANISATION_TOML))
    nothing = terminal.run("rota", "history", *LINE)
    engine = make_engine(terminal.database_url)
    for who, therapist, moment in (
        ("t1", "t4", "2026-03-01T09:00"),
        ("ics", "t5", "2026-07-01T09:00"),
        ("t2", "t6", "2026-10-25T02:30+01:00"),
    ):
        with engine.begin() as connection:
            signed = rota.Signed(who, f"note of {who}", at(moment))
            evening = [shift(therapist, "2026-12-01T17:00", "2026-12-01T22:00")]
            rota.publish(connection, EFTERVARD, evening, signed)

    words = terminal.run("rota", "history", *LINE)

    assert (nothing.status, nothing.out) == (0, "Nothing has been published.\n")
    expected = [
        {
            "version": n,
            "published_at": when,
            "author": who,
            "note": f"note of {who}",
            "shifts": 1,
            "withdrawn": min(n - 1, 1),
            "reason": None,
        }
        for n, when, who in (
            (3, "2026-10-25T02:30:00+01:00", "t2"),
            (2, "2026-07-01T09:00:00+02:00", "ics"),
            (1, "2026-03-01T09:00:00+01:00", "t1"),
        )
    ]
    assert history(terminal) == expected
    assert history(terminal, "--most", "2") == expected[:2]
    assert (
        words.out.splitlines()[0]
        == "3  2026-10-25T02:30:00+01:00  1 shifts came, 1 went  t2: note of t2"
    )
    assert terminal.run("rota", "history", *LINE, "--most", "0").status == 2


@pytest.mark.parametrize("command", ["drafts", "findings", "history"])
def test_without_anything_programs_get_an_empty_list(command: str, terminal: Terminal) -> None:
    terminal.run("load", terminal.file("organisation.toml", ORGANISATION_TOML))

    answer = terminal.run("rota", command, *LINE, "--json")

    assert list(json.loads(answer.out).values()) == [[]]


NUMBERED = {"publish": ("1",), "discard": ("1",)}
ON_A_LINE = ("import", "check", "drafts", "publish", "discard", "findings", "history")


def _command(terminal: Terminal, name: str) -> tuple[str, ...]:
    own = (terminal.file("next.csv", NEXT_WEEK),) if name == "import" else NUMBERED.get(name, ())
    return ("rota", name, *own)


@pytest.mark.parametrize("name", ON_A_LINE)
def test_a_line_that_is_not_there_is_told_with_those_that_are(name: str, loaded: Terminal) -> None:
    draft(loaded)
    before = loaded.kept(RULES)

    wrong = loaded.run(*_command(loaded, name), "--line", "natt")
    none = loaded.run(*_command(loaded, name))

    assert (wrong.status, none.status) == (2, 2)
    assert "--line: there is no such line; there are: eftervard" in one_line(wrong.err)
    assert "--line" in one_line(none.err)
    assert loaded.kept(RULES) == before


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command below *group*, groups included."""
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))


def test_every_command_explains_itself(terminal: Terminal) -> None:
    found = list(_commands(beredskap))
    assert {("rota", "publish"), ("calendar", "revoke"), ("oncall",)} <= set(found)

    for words in found:
        answer = terminal.run(*words, "--help")

        assert (answer.status, answer.err) == (0, "")
        assert answer.out.startswith(f"Usage: {' '.join(('beredskap', *words))} ")
        assert len(answer.out.splitlines()[2].strip()) > 10  # a sentence that says what it does
