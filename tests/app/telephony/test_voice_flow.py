"""Stories of whole calls: what the caller and the therapist hear, and who reaches whom."""

import pytest

from app.lab.call import Call
from app.lab.trace import What
from tests.app.conftest import StageAt
from tests.app.world import (
    ANSWERS,
    FALLBACK,
    GUARDIAN,
    SHARED,
    SILENT,
    STRANGER,
    T1,
    T4,
    YOUTH,
    changed,
    exported,
    heard_in,
    logged,
)
from tests.examples import entry

EVENING = "2026-03-03T19:04"
QUESTION = "Vilken stadsdel gäller det?"
MANDATE_OF_JARVA = (
    '[[mandates]]\nprincipal = "jarva"\nstaff_of = "hasselby-vallingby"\n'
    'reference = "JA 2025/1"\nvalid_from = 2025-04-01\nvalid_to = 2027-12-31\n'
)


def questions(call: Call, words: str = QUESTION) -> int:
    """How often the caller was asked."""
    return sum(words in heard for heard in call.heard)


def test_a_known_caller_hears_no_word_and_waits_no_second_before_the_first_ring(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)

    call = stage.call(YOUTH, phones={"t4": ANSWERS})

    assert call.heard == []
    (rings,) = [e for e in call.entries if e.what is What.RINGS]
    assert rings.at == call.entries[0].at
    first = call.requests[0].body
    assert first.partition("<Response>")[2].startswith("<Dial ")
    assert 'answerOnBridge="true"' in first


@pytest.mark.parametrize(("key", "home"), [("1", "hasselby-vallingby"), ("2", "jarva")])
def test_a_stranger_names_the_district_with_a_key(
    key: str, home: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)

    call = stage.call(STRANGER, caller=f"press {key}", phones={"t4": ANSWERS})

    assert questions(call) == 1
    assert heard_in(call, "Hässelby-Vällingby, tryck 1", "Järva, tryck 2", "Eller vänta kvar")
    assert call.bridged_to == T4
    assert logged(stage, call.sid)["home_district"] == home
    assert exported(stage, home) == [call.sid]


@pytest.mark.parametrize(
    ("key", "home", "client"), [("1", "hasselby-vallingby", "H-2002"), ("2", "jarva", "K-1002")]
)
def test_a_number_of_two_districts_is_asked_and_then_is_that_district_s_client(
    key: str, home: str, client: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)

    call = stage.call(SHARED, caller=f"press {key}", phones={"t4": ANSWERS})

    row = logged(stage, call.sid)
    assert (row["home_district"], row["caller"]) == (home, client)
    assert exported(stage, home) == [call.sid]
    # The language is registered, so no other is offered.
    assert not heard_in(call, "For English")


def test_only_those_who_may_hear_the_district_named_are_rung(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, toml=changed((MANDATE_OF_JARVA, "")))

    of_jarva = stage.call(STRANGER, caller="press 2", default=SILENT)
    of_the_other = stage.call(STRANGER, caller="press 1", default=SILENT)
    of_neither = stage.call(STRANGER, default=SILENT)

    assert of_jarva.dialled == [T4, FALLBACK]
    assert of_the_other.dialled == [T4, T1, FALLBACK]
    assert of_neither.dialled == [T4, T1, FALLBACK]


@pytest.mark.parametrize("keys", ["", "press 9", "press 9, press 9", "press 0, press #"])
def test_silence_and_keys_that_mean_nothing_are_asked_once_more_and_put_through(
    keys: str, variant_stage_at: StageAt
) -> None:
    stage = variant_stage_at(EVENING)

    call = stage.call(STRANGER, caller=keys, phones={"t4": ANSWERS})

    assert questions(call) == 2
    assert call.bridged_to == T4
    assert logged(stage, call.sid)["home_district"] is None
    assert "Okänd stadsdel. Okänd. Svenska." in call.heard_by(T4)


def test_the_second_time_asked_is_in_time(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    call = stage.call(STRANGER, caller="press 9, press 2", phones={"t4": ANSWERS})

    assert questions(call) == 2
    assert logged(stage, call.sid)["home_district"] == "jarva"


@pytest.mark.parametrize("shown", ["anonymous", "+266696687"])
def test_a_withheld_caller_may_name_the_district_too(shown: str, sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    call = stage.call(shown, caller="press 2", phones={"t4": ANSWERS})

    row = logged(stage, call.sid)
    assert row["home_district"] == "jarva"
    assert str(row["caller"]).startswith("withheld-")


def test_a_language_is_chosen_once_and_everything_after_is_in_it(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    call = stage.call(STRANGER, caller="press 3 after 20, press 2 after 8", default=SILENT)

    assert heard_in(
        call, "For English, press 3", "Suomeksi, paina 4", "Which district is it about?"
    )
    after = call.heard[call.heard.index(next(w for w in call.heard if "Which district" in w)) :]
    assert not any("tryck" in words for words in after)
    assert not any("paina" in words for words in after), "no language is offered again"
    assert any("Nobody can answer right now" in words for words in after)
    assert logged(stage, call.sid)["home_district"] == "jarva"


def test_a_language_and_then_silence_leads_to_a_person_all_the_same(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)

    call = stage.call(STRANGER, caller="press 9, press 5", phones={"t4": ANSWERS})

    assert questions(call) == 2
    assert questions(call, "بأي منطقة") == 2
    assert call.bridged_to == T4
    assert "Okänd stadsdel. Okänd. Arabiska." in call.heard_by(T4)


def test_the_family_s_language_is_remembered(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, entries=[entry(YOUTH, language="fi")])

    call = stage.call(YOUTH, phones={"t4": SILENT, "t1": SILENT, "Socialjouren": "answer 3"})

    assert call.heard == ["Odota hetki, yhdistämme puhelun."]


def test_after_key_1_the_therapist_hears_district_role_and_language(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)

    youth = stage.call(YOUTH, phones={"t4": ANSWERS})
    guardian = stage.call(GUARDIAN, phones={"t4": ANSWERS})

    assert youth.heard_by(T4)[1:] == ["Järva. Ungdom. Svenska."]
    assert guardian.heard_by(T4)[1:] == ["Hässelby-Vällingby. Vårdnadshavare. Svenska."]


@pytest.mark.parametrize(
    "does", ["answer 4, press 2", "answer 4, press 9", "answer 4", "voicemail 6", "airplane"]
)
def test_whoever_does_not_press_1_hears_nothing_about_the_caller(
    does: str, variant_stage_at: StageAt
) -> None:
    stage = variant_stage_at(EVENING)

    call = stage.call(YOUTH, phones={"t4": does, "t1": ANSWERS})

    said = " ".join(call.heard_by(T4))
    assert not any(fact in said for fact in ("Järva", "Ungdom", "Svenska", "650"))
    assert call.dialled == [T4, T1]
    assert call.bridged_to == T1


def test_the_second_caller_reaches_the_backup_while_the_first_talks(
    variant_stage_at: StageAt,
) -> None:
    stage = variant_stage_at(EVENING)
    phones = {T4: "answer 4, press 1 after 3, talk 120", T1: ANSWERS}

    first = stage.carrier.begin_call(YOUTH, phones=phones)
    second = stage.carrier.begin_call(GUARDIAN, phones=phones, after=30)
    stage.carrier.run()

    assert (first.bridged_to, second.bridged_to) == (T4, T1)
    assert second.dialled == [T1], "nobody in a call is rung, and the empty rung costs no waiting"
    assert second.heard == []


def test_with_nobody_else_on_standby_the_second_caller_reaches_the_fallback_at_once(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    phones = {T4: "answer 4, press 1 after 3, talk 120", T1: SILENT, FALLBACK: "answer 5"}
    stage.carrier.begin_call(YOUTH, phones=phones)

    second = stage.carrier.begin_call(GUARDIAN, phones=phones, after=30)
    stage.carrier.run()

    assert second.dialled == [T1, FALLBACK]
    assert second.bridged_to == FALLBACK


@pytest.mark.parametrize(
    ("caller", "from_whom", "dialled"),
    [
        ("hang up after 3", STRANGER, []),  # in the question
        ("press 2, hang up 4 after ringing", STRANGER, [T4]),
        ("hang up 2 after ringing", YOUTH, [T4]),
        ("hang up in the whisper", YOUTH, [T4]),
        ("hang up 4 in the whisper", YOUTH, [T4]),  # the key is pressed, the bridge not yet made
        ("hang up after 40", YOUTH, [T4, T1]),
    ],
)
def test_a_caller_who_leaves_is_abandoned_and_nobody_is_rung_any_more(
    caller: str, from_whom: str, dialled: list[str], variant_stage_at: StageAt
) -> None:
    stage = variant_stage_at(EVENING)
    whisperer = ANSWERS if "whisper" in caller else SILENT

    call = stage.call(from_whom, caller=caller, phones={"t4": whisperer}, default=SILENT)

    assert call.dialled == dialled
    assert call.bridged_to is None
    row = logged(stage, call.sid)
    assert (row["outcome"], row["therapist"]) == ("abandoned", None)
