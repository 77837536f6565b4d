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

    def get_translations(self) -> NullTranslations | Translations:
        locale = get_locale()
        return _translations(LANGUAGES[0] if locale is None else locale.language)


@cache
def _translations(language: str) -> NullTranslations | Translations:
    together = Catalog(locale=language)
    for path in sorted((_FOLDER / language).glob("*.po")):
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

    domain_instance = Catalogues()


def speak(app: Flask) -> Domain:
    """Give *app* its languages; returns where its words are looked up."""
    _Babel(
        app,
        default_locale=LANGUAGES[0],
        default_timezone="Europe/Stockholm",
        locale_selector=language_of_request,
    )
    app.jinja_env.globals["get_locale"] = get_locale
    return _Babel.domain_instance


def language_of_request() -> str:
    """The reader's own choice, then the browser's, then Swedish."""
    if not has_request_context():
        return LANGUAGES[0]
    chosen = request.cookies.get(COOKIE)
    if chosen not in LANGUAGES and current_user and current_user.is_authenticated:
        chosen = current_user.account.language
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
