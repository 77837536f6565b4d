"""What a therapist's words mean: a reply, a command, or something that nobody may guess about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.contact import Caller
from routing.ids import ContactId, TherapistId, ThreadId
from routing.text import (
    OPEN_FOR,
    TAG_RESTS,
    TAGS,
    Asked,
    Command,
    Keyword,
    Misspelt,
    NotAnswerable,
    NoThread,
    NotYours,
    Order,
    Reply,
    StaffText,
    Thread,
    TooLate,
    WhichThread,
    keyword,
    next_tag,
    relay_key,
    staff_text,
)
from tests.examples import EFTERVARD, at

_NOW = at("2026-03-03T19:04")
_T4, _T5 = TherapistId("t4"), TherapistId("t5")


def thread(tag: str, holder: str | None = "t4", minutes: float = 1, **changed: object) -> Thread:
    """An open thread of *holder*, last written in so many minutes ago."""
    known = Thread(
        id=ThreadId(tag),
        line=EFTERVARD,
        tag=tag,
        caller=Caller("K-1001"),
        answerable=True,
        holder=None if holder is None else TherapistId(holder),
        last_at=_NOW - timedelta(minutes=minutes),
    )
    return replace(known, **changed)  # type: ignore[arg-type] # by name


def meant(body: str, *threads: Thread, asked: Asked = Asked.NOTHING) -> StaffText:
    return staff_text(body, _T4, threads, _NOW, asked=asked)


A2, F2, H2 = thread("A2"), thread("F2"), thread("H2")


@pytest.mark.parametrize(
    "body", ["hej", "Jag ringer dig nu.", "", "🙏", "A", "2", "JA", "Journalen är här", "A222 hej"]
)
def test_with_one_open_thread_a_plain_text_goes_there_as_it_is(body: str) -> None:
    assert meant(body, A2) == Reply(A2, body)


@pytest.mark.parametrize(
    "body",
    ["A2 hej", "a2 hej", "A2: hej", "A2, hej", " a2. hej", "A2 · hej", "A2-hej", "A2\nhej"],
)
@pytest.mark.parametrize("threads", [(A2,), (A2, F2), (F2, A2)], ids=["alone", "first", "last"])
def test_a_tag_names_the_thread_and_is_taken_off(body: str, threads: Sequence[Thread]) -> None:
    assert meant(body, *threads) == Reply(A2, "hej")


def test_only_the_first_tag_counts() -> None:
    assert meant("F2 A2 är bra papper", A2, F2) == Reply(F2, "A2 är bra papper")


@pytest.mark.parametrize(
    "body", ["hej", "hej A2", "A2hej", "AA2 hej", "A12 hej", "A222 hej", "A hej", ""]
)
def test_with_several_open_threads_a_text_without_a_tag_is_never_guessed(body: str) -> None:
    assert meant(body, A2, F2) == WhichThread((A2, F2))


def test_with_no_open_thread_there_is_nobody_to_answer() -> None:
    assert meant("hej") == NoThread()
    assert meant("hej", thread("A2", "t5"), thread("F2", None)) == NoThread()


def test_a_thread_is_over_when_nobody_has_written_for_long() -> None:
    over = replace(A2, last_at=_NOW - OPEN_FOR)

    assert meant("hej", over) == NoThread()
    assert meant("hej", over, F2) == Reply(F2, "hej")
    assert meant("A2 hej", over) == NotYours("A2")
    assert meant("A2 hej", over, F2) == NotYours("A2")


@pytest.mark.parametrize("own", [(), (F2,), (F2, H2)], ids=["none", "one", "two"])
def test_the_tag_of_somebody_else_s_thread_is_refused(own: Sequence[Thread]) -> None:
    assert meant("A2 hej", *own, thread("A2", "t5")) == NotYours("A2")


def test_a_tag_that_no_thread_has_is_refused_where_it_could_be_a_slip() -> None:
    assert meant("K9 hej", A2, F2) == NotYours("K9")
    assert meant("K9 hej") == NotYours("K9")


def test_a_tag_of_long_ago_reaches_nobody_else() -> None:
    # Friday's tag on Monday, when the only open thread is another child's.
    assert meant("K9 hej", A2) == NotYours("K9")


def test_somebody_who_cannot_receive_texts_is_not_answered() -> None:
    landline = replace(A2, answerable=False)

    assert meant("hej", landline) == NotAnswerable("A2")
    assert meant("A2 hej", landline, F2) == NotAnswerable("A2")
    assert meant("F2 hej", landline, F2) == Reply(F2, "hej")


def test_who_has_just_lost_a_thread_is_not_guessed_about() -> None:
    # Both texts came to her without a tag: she may be answering the one that was passed on.
    lost = thread("A2", "t5")

    seen = frozenset({lost.id})

    assert staff_text("hej", _T4, (F2, lost), _NOW, seen=seen) == WhichThread((F2,))
    tagged = staff_text("F2 hej", _T4, (F2, lost), _NOW, seen=seen)
    assert tagged == Reply(F2, "hej")


def test_what_she_has_seen_and_is_over_or_hers_is_in_nobody_s_way() -> None:
    over = replace(thread("A2", "t5"), last_at=_NOW - OPEN_FOR)

    plain = staff_text("hej", _T4, (F2, over), _NOW, seen={over.id, F2.id})

    assert plain == Reply(F2, "hej")


@pytest.mark.parametrize(
    ("body", "order"),
    [
        ("JOUR", Order(Command.WHO)),
        ("jour?", Order(Command.WHO)),
        (" Tar. ", Order(Command.TAKE)),
        ("PAUS 15", Order(Command.PAUSE, 15)),
        ("paus  1", Order(Command.PAUSE, 1)),
        ("Paus 120!", Order(Command.PAUSE, 120)),
    ],
)
@pytest.mark.parametrize("threads", [(), (A2,), (A2, F2)], ids=["none", "one", "two"])
def test_a_command_is_obeyed_whatever_threads_are_open(
    body: str, order: Order, threads: Sequence[Thread]
) -> None:
    assert meant(body, *threads) == order


@pytest.mark.parametrize(
    "body",
    ["JOUUR", "jou", "PAUS", "PAUSA", "PAUSE", "paus 15 min", "PAUS 0", "PAUS 121", "PAUS -5",
     "PAUSA 15", "PAUS15", "paus femton", "Jour nu", "PAUS 999999999999"],
)  # fmt: skip
def test_what_is_nearly_a_command_gets_help(body: str) -> None:
    assert meant(body) == Misspelt()
    assert meant(body, A2) == Misspelt()


@pytest.mark.parametrize(
    "body", ["Jag har jour till tio", "Tar du bussen?", "Ta en paus och ring sedan", "Tack", "Jo"]
)
def test_what_only_holds_a_command_s_word_is_a_reply(body: str) -> None:
    assert meant(body, A2) == Reply(A2, body)


@pytest.mark.parametrize("body", ["JA", "ja", "Ja!", " ja. "])
def test_yes_is_an_answer_to_the_service_only_when_it_has_asked(body: str) -> None:
    assert meant(body, A2, asked=Asked.WAITING) == Order(Command.YES)
    assert meant(body, A2) == Reply(A2, body)
    # It was meant for the service, and a child must not wonder at it.
    assert meant(body, A2, asked=Asked.TOO_LATE) == TooLate()


@pytest.mark.parametrize("asked", [Asked.NOTHING, Asked.WAITING, Asked.TOO_LATE])
def test_a_longer_yes_is_for_whoever_wrote(asked: Asked) -> None:
    assert meant("Ja, kom", A2, asked=asked) == Reply(A2, "Ja, kom")
    assert meant("A2 ja", A2, asked=asked) == Reply(A2, "ja")


@pytest.mark.parametrize("body", ["Ja tack", "Jaa", "jadå!", "OK", "👍", "ja, tack"])
def test_she_says_yes_to_her_duty_in_her_own_words(body: str) -> None:
    assert meant(body, A2, asked=Asked.DUTY) == Order(Command.YES)
    assert meant(body, A2) == Reply(A2, body)


def test_a_longer_yes_before_a_duty_is_guessed_only_where_there_is_no_child() -> None:
    said = "Ja, jag är på plats"

    assert meant(said, A2, asked=Asked.DUTY) == WhichThread((A2,))
    assert meant(said, asked=Asked.DUTY) == Order(Command.YES)
    assert meant("A2 ja", A2, asked=Asked.DUTY) == Reply(A2, "ja")


@given(
    body=st.text(max_size=30),
    tag=st.sampled_from(TAGS),
    holders=st.lists(st.sampled_from(["t4", "t5", None]), max_size=6),
    asked=st.sampled_from(Asked),
)
def test_a_reply_goes_only_to_an_open_thread_of_her_own(
    body: str, tag: str, holders: list[str | None], asked: Asked
) -> None:
    threads = [thread(TAGS[n], holder) for n, holder in enumerate(holders)]
    held = [t for t in threads if t.holder == _T4]

    for words in (body, f"{tag} {body}"):
        found = staff_text(words, _T4, threads, _NOW, asked=asked)

        if isinstance(found, Reply):
            assert found.thread in held
            assert words.endswith(found.body)
            assert len(held) == 1 or words.strip().upper().startswith(found.thread.tag)
        if isinstance(found, WhichThread):
            assert found.threads == tuple(held)


def test_a_tag_that_two_open_threads_have_is_never_guessed() -> None:
    first, second = thread("A2", id=ThreadId("1")), thread("A2", id=ThreadId("2"))

    assert meant("A2 hej", first, second, F2) == WhichThread((first, second))


def test_tags_are_two_signs_that_sound_different_and_three_in_a_flood() -> None:
    assert {len(tag) for tag in TAGS[:96]} == {2}
    assert len(TAGS) == len(set(TAGS))
    assert not {c for tag in TAGS for c in tag} & set("BCDEGIOPQVWYZNÅÄÖ01")
    assert TAG_RESTS > OPEN_FOR


def test_a_tag_is_not_given_twice_while_any_is_free() -> None:
    used: list[str] = []
    for _ in TAGS:
        used.append(next_tag(used))

    assert sorted(used) == sorted(TAGS)
    assert next_tag(used) == used[0]


def test_every_tag_is_understood_in_lower_case() -> None:
    for tag in TAGS:
        own, other = thread(tag), thread("A2" if tag != "A2" else "F2")

        assert meant(f"{tag.lower()} hej", own, other) == Reply(own, "hej")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("STOP", Keyword.STOP),
        ("stopp!", Keyword.STOP),
        ("Sluta.", Keyword.STOP),
        ("avsluta", Keyword.STOP),
        ("UNSUBSCRIBE", Keyword.STOP),
        ("Start", Keyword.START),
        ("hjälp", Keyword.HELP),
        ("HJÄLP!!", Keyword.HELP),
        ("help\n", Keyword.HELP),
        ("info", Keyword.HELP),
        ("hjälp mig", None),
        ("stoppa honom", None),
        ("", None),
    ],
)
def test_only_a_word_alone_is_a_keyword(body: str, said: Keyword | None) -> None:
    assert keyword(body) == said


def test_the_key_of_a_letter_begins_with_whose_words_it_carries_to_whom() -> None:
    assert relay_key(ContactId("SM1"), _T4) == "relay/SM1/t4/"
