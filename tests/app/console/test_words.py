"""Every word that a page shows is there in Swedish, and says the same in every catalogue."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.checkers import num_plurals, python_format
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import app.console

_CONSOLE = Path(app.console.__file__).parent
_CATALOGUES = sorted((_CONSOLE / "translations" / "sv").glob("*.po"))
_MARKS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}


def test_every_word_of_a_page_is_there_in_swedish() -> None:
    swedish = {_key(message.id) for _, message in _messages() if _is_whole(message)}

    missing = {words for words in _shown() if words not in swedish}

    assert not missing


def test_no_catalogue_holds_words_that_no_page_shows() -> None:
    shown = set(_shown())

    left = {
        f"{path.name}: {_key(message.id)}"
        for path, message in _messages()
        if _key(message.id) not in shown
    }

    assert not left


def test_the_same_words_are_the_same_in_every_catalogue() -> None:
    said: dict[str, set[str]] = {}
    for _, message in _messages():
        said.setdefault(_key(message.id), set()).add(str(message.string))

    assert not {words: ways for words, ways in said.items() if len(ways) > 1}


def test_what_is_filled_in_is_filled_in_both_languages() -> None:
    for path, message in _messages():
        for check in (num_plurals, python_format):
            try:
                check(None, message)
            except Exception as err:  # noqa: BLE001 - told with where it is
                raise AssertionError(f"{path.name}: {_key(message.id)}: {err}") from None


def _shown() -> Iterator[str]:
    """The English words, singular first, as they stand in the code and in the templates."""
    found = extract_from_dir(
        str(_CONSOLE),
        method_map=[("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")],
        options_map={"**/templates/**.html": {"silent": "false", "trimmed": "true"}},
        keywords=_MARKS,
    )
    for _, _, words, _, _ in found:
        yield _key(words)


def _messages() -> Iterator[tuple[Path, Message]]:
    for path in _CATALOGUES:
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id:
                    yield path, message


def _key(words: object) -> str:
    return str(words[0]) if isinstance(words, list | tuple) else str(words)


def _is_whole(message: Message) -> bool:
    parts = message.string if isinstance(message.string, list | tuple) else [message.string]
    return all(parts) and not message.fuzzy
