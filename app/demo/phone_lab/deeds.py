"""What somebody does in the lab, one thing at a time; a list of it is a script."""

from dataclasses import dataclass
from enum import StrEnum

from routing.errors import BeredskapError


class Do(StrEnum):
    """What can be done; what stands behind each says what *who* and *words* mean."""

    CALL = "call"  # who: the telephone that calls the line
    TEXT = "text"  # who: the telephone that writes to the line; words: what
    ANSWER = "answer"  # who: a telephone that rings
    VOICEMAIL = "voicemail"  # who: a telephone that rings, and is left to its machine
    DECLINE = "decline"  # who: a telephone that rings
    BUSY = "busy"  # who: a telephone that rings, as the carrier finds out
    NO_COVERAGE = "no coverage"  # who: a telephone that rings nowhere
    PRESS = "press"  # who: a telephone in a call; words: the keys
    HANG_UP = "hang up"  # who: a telephone in a call
    HABIT = "habit"  # who: what it does by itself from now on; words: as in app/lab/README.md
    NOTE = "note"  # who: the therapist who writes of her last contact; words: what happened
    BROKEN = "broken agreement"  # the same, of an agreement that was broken
    ACKNOWLEDGE = "acknowledge"  # who: a therapist, for her district's handovers that are due
    TROUBLE = "trouble"  # words: a Trouble that begins
    NO_TROUBLE = "no trouble"  # words: a Trouble that is over
    RESTART = "restart"  # the service loses what it has in memory
    TRAVEL = "travel"  # words: the moment it then is, in the line's own time
    WAIT = "wait"  # only lets time pass


class Trouble(StrEnum):
    """What can be made to go wrong, and stays wrong until it is switched off."""

    DATABASE_AWAY = "database away"
    DOUBLED_WEBHOOKS = "doubled webhooks"
    LOST_CALLBACKS = "lost callbacks"
    REST_ERRORS = "rest errors"
    DEAD_FEED = "dead feed"


class NotPossible(BeredskapError):
    """It cannot be done now; *why* is a word that the page has a sentence for."""

    code = "not_possible"

    def __init__(self, why: str) -> None:
        super().__init__(why.replace("_", " "))
        self.why = why


@dataclass(frozen=True, slots=True)
class Deed:
    """
    One thing done, *after* so many seconds since the one before it.

    *who* is a telephone by its name (``t4``, ``Socialjouren``, ``office jarva``), by the position
    on standby that its owner holds (``1``), by its number, or ``withheld``.
    """

    do: Do
    who: str = ""
    words: str = ""
    after: float = 0.0
