"""Whom a name or a mail address in somebody else's rota means."""

import unicodedata
from collections.abc import Iterable, Mapping

from routing.ids import TherapistId
from routing.organisation import Therapist


class People:
    """
    The therapists by everything that they are called.

    The explicit table of the feed comes first, then an exact id, mail address or name, without
    regard to case, spacing or how a letter is composed.  A name that two of them have means
    nobody: likeness is never guessed from.
    """

    def __init__(
        self, therapists: Iterable[Therapist], names: Mapping[str, TherapistId] | None = None
    ) -> None:
        self._explicit = {folded(text): who for text, who in (names or {}).items()}
        self._known: dict[str, TherapistId | None] = {}
        for therapist in therapists:
            for text in {folded(t) for t in (therapist.id, therapist.email, therapist.name) if t}:
                taken = self._known.get(text, therapist.id)
                self._known[text] = therapist.id if taken == therapist.id else None

    def find(self, text: str) -> TherapistId | None:
        """Who *text* means; None when that is nobody, or might be two."""
        plain = folded(text)
        return self._explicit.get(plain) or self._known.get(plain)


def folded(text: str) -> str:
    """*text* without what two spellings of one name differ in."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
