"""Everything that is said exists in every language, and a recording takes over from the voice."""

import importlib.util
import shutil
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from app import phrases as catalogue
from app.lab.voices import LANGUAGES, voices_of
from app.phrases import FIRST, languages, missing, phrases
from app.telephony.twiml import Renderer, Speech
from routing.call import AskDistrict, CallState, Ending, Farewell, Words
from routing.errors import InvalidInput
from routing.ids import ContactId
from tests.examples import EFTERVARD, line, organisation

BASE = "https://jour.example.se"
SECTIONS = ("spoken", "written", "names")
LINE = line()


def _placeholders(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name is not None}


def _cases() -> list[tuple[str, str, str]]:
    first = phrases(FIRST)
    return [
        (language, section, key)
        for language in languages()
        for section in SECTIONS
        for key in getattr(first, section)
    ]


@pytest.mark.parametrize(("language", "section", "key"), _cases())
def test_every_phrase_exists_in_every_language_with_the_same_placeholders(
    language: str, section: str, key: str
) -> None:
    own, first = getattr(phrases(language), section), getattr(phrases(FIRST), section)

    assert own[key].strip()
    assert _placeholders(own[key]) == _placeholders(first[key])


@pytest.mark.parametrize("language", languages())
def test_no_language_has_a_phrase_that_the_first_lacks(language: str) -> None:
    own, first = phrases(language), phrases(FIRST)

    for section in SECTIONS:
        assert set(getattr(own, section)) == set(getattr(first, section))


@pytest.mark.parametrize("language", LINE.languages)
def test_every_language_of_the_line_has_all_its_phrases(language: str) -> None:
    assert missing(language) == ()


@pytest.mark.parametrize("language", languages())
def test_the_voice_of_a_language_exists(language: str) -> None:
    own = phrases(language)

    assert own.language in LANGUAGES
    assert own.voice in voices_of(own.language)


@pytest.mark.parametrize("words", Words)
@pytest.mark.parametrize("language", languages())
def test_all_that_the_state_machine_says_can_be_said(language: str, words: Words) -> None:
    assert f'language="{phrases(language).language}"' in Speech(phrases(language), BASE).say(words)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("key", ["nobody", "nobody_withheld", "closed", "blocked", "after_trouble"])
def test_the_last_words_tell_of_112(language: str, key: str) -> None:
    assert "1 1 2" in phrases(language).spoken[key]


@pytest.mark.parametrize("language", languages())
def test_the_whisper_says_nothing_about_anybody(language: str) -> None:
    assert _placeholders(phrases(language).spoken["whisper"]) == set()


def test_a_language_that_nobody_has_written_is_missing_everything() -> None:
    assert missing("so") == ("everything",)
    assert phrases("so") is phrases(FIRST)


# --- what somebody edits, in a copy of the catalogue ---------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[ModuleType]:
    """The catalogue, loaded from a folder where files may be changed."""
    folder = tmp_path / "phrases"
    shutil.copytree(Path(catalogue.__file__).parent, folder)
    spec = importlib.util.spec_from_file_location("phrases_copied", folder / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["phrases_copied"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["phrases_copied"]


def _record(copied: ModuleType, language: str, *keys: str, ending: str = "wav") -> None:
    folder = Path(copied.RECORDINGS) / language
    folder.mkdir(parents=True, exist_ok=True)
    for key in keys:
        (folder / f"{key}.{ending}").write_bytes(b"RIFF")


@pytest.mark.parametrize("ending", ["wav", "mp3"])
def test_a_recording_takes_over_from_the_voice(copy: ModuleType, ending: str) -> None:
    _record(copy, "sv", "nobody", ending=ending)

    speech = Speech(copy.phrases("sv"), BASE)

    assert speech.say("nobody") == f"<Play>{BASE}/recordings/sv/nobody.{ending}</Play>"
    assert speech.say("closed").startswith("<Say ")


def test_other_files_beside_the_recordings_are_let_be(copy: ModuleType) -> None:
    _record(copy, "sv", "nobody", ending="txt")

    assert copy.phrases("sv").recordings == {}


def _somali(copied: ModuleType, *recorded: str) -> None:
    """A language without a voice: what is not recorded is not there."""
    own = Path(copied.__file__ or "").with_name("sv.toml").read_text(encoding="utf-8")
    head, _, rest = own.partition("[spoken]")
    _, _, rest = rest.partition("[written]")
    path = Path(copied.__file__ or "").with_name("so.toml")
    path.write_text(f"{head}[spoken]\n\n[written]{rest}", encoding="utf-8")
    _record(copied, "so", *recorded)


def test_what_is_recorded_need_not_be_written(copy: ModuleType) -> None:
    _somali(copy, *phrases(FIRST).spoken)

    assert copy.missing("so") == ()


def test_what_is_neither_recorded_nor_written_is_missing(copy: ModuleType) -> None:
    _somali(copy, *(key for key in phrases(FIRST).spoken if key != "nobody"))

    assert copy.missing("so") == ("spoken.nobody",)


def test_a_language_of_recordings_alone_can_ask_and_say_everything(copy: ModuleType) -> None:
    _somali(copy, *phrases(FIRST).spoken)
    recorded = Speech(copy.phrases("so"), BASE)

    class Recorded(Renderer):
        def speech(self, language: str) -> Speech:
            return recorded

    renderer = Recorded(organisation(), LINE, lambda name, _: f"{BASE}/{name}", BASE)
    state = CallState(ContactId("CA1"), EFTERVARD, "so", asked=1, language_chosen=True)

    asked = renderer.render(AskDistrict(state))
    ended = renderer.render(Farewell(Ending.NOBODY, state, Words.NOBODY))

    assert f"<Play>{BASE}/recordings/so/which_district.wav</Play>" in asked
    assert "<Say" not in asked + ended


def test_a_file_that_was_edited_into_nonsense_is_named(copy: ModuleType) -> None:
    path = Path(copy.__file__ or "").with_name("fi.toml")
    path.write_text(path.read_text(encoding="utf-8").replace("[spoken]", "[spoken"), "utf-8")

    with pytest.raises(InvalidInput, match=r"fi\.toml"):
        copy.phrases("fi")
