"""Which language somebody reads, and the catalogues of words for it."""

import io
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request
from flask_babel import Babel, Domain, get_locale
from flask_login import current_user

LANGUAGES = ("sv", "en")  # the first is spoken when nothing else is known
COOKIE = "language"
_FOLDER = Path(__file__).with_name("translations")


class Catalogues(Domain):  # type: ignore[misc] # the library has no types
    """
    What `gettext` looks up: every catalogue of a language, put together when it is first needed.

    They are read as they are written (.po), so that nothing has to be built before the service
    runs and no part's words stand in the way of another's.
    """

    def __init__(self, *folders: Path) -> None:
        super().__init__()
        self._folders = folders

    def get_translations(self) -> NullTranslations | Translations:
        locale = get_locale()
        language = LANGUAGES[0] if locale is None else locale.language
        return _translations(self._folders, language)


def catalogue(language: str) -> NullTranslations:
    """The console's words in *language*, for what is no page."""
    return _translations((_FOLDER,), language)


@cache
def _translations(folders: tuple[Path, ...], language: str) -> NullTranslations | Translations:
    together = Catalog(locale=language)
    for path in sorted(path for folder in folders for path in (folder / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and message.string:
                    together[message.id] = message
    if not len(together):
        return NullTranslations()  # English: the words stand in the pages themselves
    compiled = io.BytesIO()
    write_mo(compiled, together)
    compiled.seek(0)
    return Translations(compiled)


class _Babel(Babel):  # type: ignore[misc] # as above
    """Looks words up in our own catalogues."""

    def __init__(self, domain: Domain, *args: object, **options: object) -> None:
        self.domain_instance = domain
        super().__init__(*args, **options)


def speak(app: Flask, *also: Path, has_accounts: bool = True) -> Domain:
    """
    Give *app* its languages; returns where its words are looked up.

    It may have folders of catalogues *also*, besides the console's own.
    """
    babel = _Babel(
        Catalogues(_FOLDER, *also),
        app,
        default_locale=LANGUAGES[0],
        default_timezone="Europe/Stockholm",
        locale_selector=lambda: language_of_request(has_accounts=has_accounts),
    )
    app.jinja_env.globals["get_locale"] = get_locale
    return babel.domain_instance


def language_of_request(*, has_accounts: bool = True) -> str:
    """The reader's own choice, then the browser's, then Swedish."""
    if not has_request_context():
        return LANGUAGES[0]
    chosen = request.cookies.get(COOKIE)
    if chosen not in LANGUAGES and has_accounts and current_user.is_authenticated:
        chosen = current_user.account.language
    return str(chosen) if chosen in LANGUAGES else language_of_browser()


def language_of_browser() -> str:
    """As `language_of_request`, without asking the database what the reader has chosen."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
