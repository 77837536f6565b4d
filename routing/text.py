"""Texts: what a therapist's words mean, and which thread they belong to."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from enum import Enum, StrEnum, auto
from itertools import product

from routing.contact import Caller
from routing.ids import ContactId, LineId, TherapistId, ThreadId

# Letters that are not mistaken for one another when they are said aloud, and figures likewise.
_LETTERS, _FIGURES = "AFHJKLMRSTUX", "23456789"
_TAG = re.compile(rf"\s*([{_LETTERS}][{_FIGURES}]{{1,2}})(?![A-Za-z0-9])[\s:.,·-]*", re.IGNORECASE)
# The longer ones are for a flood of texts: a tag given twice could send words to somebody else.
TAGS = tuple(
    letter + figures
    for figures in (*_FIGURES, *map("".join, product(_FIGURES, repeat=2)))
    for letter in _LETTERS
)

# A night between two weekend duties is shorter, the day between two weekday evenings longer.
OPEN_FOR = timedelta(hours=16)
# Not given out again meanwhile, so that a late reply never reaches somebody else.
TAG_RESTS = timedelta(hours=48)
LONGEST_PAUSE = 120


@dataclass(frozen=True, slots=True)
class Thread:
    """
    Everything between one sender and the line; *holder* is the therapist it is with now.

    *answerable* is false for a sender who cannot receive texts.
    """

    id: ThreadId
    line: LineId
    tag: str
    caller: Caller
    answerable: bool
    holder: TherapistId | None
    last_at: datetime

    def is_open(self, now: datetime) -> bool:
        return now - self.last_at < OPEN_FOR


class Asked(Enum):
    """Whether a therapist has been asked something that is answered by ``JA``."""

    NOTHING = auto()
    WAITING = auto()
    DUTY = auto()  # whether she is there for the duty that begins soon
    TOO_LATE = auto()


class Command(StrEnum):
    """What a therapist may ask for by text, in her own language."""

    WHO = "JOUR"
    TAKE = "TAR"
    PAUSE = "PAUS"
    YES = "JA"
    SWAP = "BYT"
    NO = "NEJ"


@dataclass(frozen=True, slots=True)
class Reply:
    """Words for the sender of *thread*."""

    thread: Thread
    body: str


@dataclass(frozen=True, slots=True)
class WhichThread:
    """Several threads are open and none was named: nobody gets it."""

    threads: tuple[Thread, ...]


@dataclass(frozen=True, slots=True)
class NoThread:
    """There is nobody to answer."""


@dataclass(frozen=True, slots=True)
class NotYours:
    """The thread named is with somebody else now, or is over."""

    tag: str


@dataclass(frozen=True, slots=True)
class NotAnswerable:
    """The sender of the thread cannot receive texts."""

    tag: str


@dataclass(frozen=True, slots=True)
class Order:
    """A command; *number* is the minutes of a pause, or which swap is answered."""

    command: Command
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Misspelt:
    """Nearly a command: help is better than silence, or than a child reading it."""


@dataclass(frozen=True, slots=True)
class TooLate:
    """A ``JA`` to a question that is answered or too old: no child must read it."""


StaffText = Reply | WhichThread | NoThread | NotYours | NotAnswerable | Order | Misspelt | TooLate


def staff_text(
    body: str,
    staff: TherapistId,
    threads: Sequence[Thread],
    now: datetime,
    *,
    asked: Asked = Asked.NOTHING,
    seen: Collection[ThreadId] = (),
    swaps: Collection[int] = (),
) -> StaffText:
    """
    What *staff* means by *body*.

    With one open thread a plain text goes there; with several it must begin with a tag, and one
    without is never guessed.

    Args:
        threads: those of the line, whoever holds them.
        asked: whether a question to her waits for a ``JA``.
        seen: threads of which she has had a text.  While one of them is open and with somebody
            else she may be answering it, so then too she must name the one she means.
        swaps: the numbers of those she has been asked about; without any, nothing is an answer
            to one.
    """
    order = _order(body, asked) or _answer_to_a_swap(body, swaps)
    if order is not None:
        return order
    held = tuple(t for t in threads if t.holder == staff and t.is_open(now))
    if asked is Asked.DUTY and _begins_with_yes(body):
        # As likely an answer to a child as to us, unless there is no child.
        return WhichThread(held) if held else Order(Command.YES)
    tagged = _TAG.match(body)
    if tagged is not None:
        tag = tagged[1].upper()
        named = tuple(t for t in held if t.tag == tag)
        if len(named) == 1:
            return _reply(named[0], body[tagged.end() :])
        # A tag of last week is nobody's now, and the one open thread may be another child's.
        return WhichThread(named) if named else NotYours(tag)
    if not held:
        return NoThread()
    elsewhere = any(t.id in seen and t.holder != staff and t.is_open(now) for t in threads)
    is_plain = len(held) == 1 and not elsewhere
    return _reply(held[0], body) if is_plain else WhichThread(held)


def next_tag(used: Collection[str]) -> str:
    """A tag that is not among *used*; when all are, the one that was given out first."""
    free = next((tag for tag in TAGS if tag not in used), None)
    return free or next(iter(used))


def _reply(thread: Thread, body: str) -> Reply | NotAnswerable:
    return Reply(thread, body) if thread.answerable else NotAnswerable(thread.tag)


def _order(  # noqa: PLR0911 - a command each
    body: str, asked: Asked
) -> Order | Misspelt | TooLate | None:
    words = body.upper().strip(" .!?").split()
    match words:
        case [yes] | [yes, "TACK"] if yes.rstrip(",") in _YES and asked in _ASKED:
            return Order(Command.YES)
        case ["JA"] if asked is Asked.TOO_LATE:
            return TooLate()
        case ["JOUR"]:
            return Order(Command.WHO)
        case ["TAR"]:
            return Order(Command.TAKE)
        case ["PAUS", minutes] if minutes.isdecimal() and 0 < int(minutes) <= LONGEST_PAUSE:
            return Order(Command.PAUSE, int(minutes))
        case ["PAUS", *_]:
            return Misspelt()
        case [word] | [word, _] if get_close_matches(word, _LONG_COMMANDS, cutoff=0.8):
            return Misspelt()
    return None


def _answer_to_a_swap(body: str, swaps: Collection[int]) -> Order | Misspelt | None:
    """
    What *body* says about a swap that she was asked about.

    Both words are everyday ones, so nothing but the word and a number is an answer, and a no only
    with a number that stands in a question to her.  More words after such a number get help.
    """
    found = _SWAP.fullmatch(body.upper().strip(" .!?")) if swaps else None
    if found is None:
        return None
    word, number, more = found["word"], int(found["number"] or 0), found["more"]
    if number in swaps:
        return Misspelt() if more else Order(Command(word), number)
    if word == Command.SWAP and not more:
        # Without a number, or with a wrong one: a child must not read it either way.
        return Order(Command.SWAP, number) if number else Misspelt()
    return None


def _begins_with_yes(body: str) -> bool:
    words = body.upper().split()
    return bool(words) and words[0].strip(" .,!?") in _YES


# A yes is as short as this; a longer text that begins so may be meant for somebody.
_YES = frozenset({"JA", "JAA", "JADÅ", "JAPP", "JO", "YES", "OK", "👍"})
_ASKED = frozenset({Asked.WAITING, Asked.DUTY})
_LONG_COMMANDS = (Command.WHO, Command.PAUSE)

# Six figures are more swaps than there will be, and a longer number is something else.
_SWAP = re.compile(
    r"(?P<word>BYT|NEJ)(\s*#?(?P<number>[0-9]{1,6})(?![0-9]))?(?P<more>\b.*)?", re.DOTALL
)

_STOP = frozenset({"STOPP", "SLUTA", "AVSLUTA"})
_STOP_CARRIER = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
)
_START = frozenset({"START", "UNSTOP"})
_HELP = frozenset({"HJÄLP", "HELP", "INFO"})


class Keyword(StrEnum):
    """A single word that means something to a carrier or to us."""

    STOP = "stop"
    START = "start"
    HELP = "help"


def keyword(body: str) -> Keyword | None:
    """
    The keyword that *body* is; None for anything longer.

    A call for help is forwarded like any text: the keyword only says that there is more to do.

    Source: Twilio help, "Twilio support for opt-out keywords"; Swedish words by our own choice.
    """
    word = body.strip(" .!?\n").upper()
    if word in _STOP or word in _STOP_CARRIER:
        return Keyword.STOP
    if word in _START:
        return Keyword.START
    return Keyword.HELP if word in _HELP else None


def stops_carrier(body: str) -> bool:
    """Whether Twilio itself sends nothing more to whoever wrote *body*."""
    return body.strip().upper() in _STOP_CARRIER


def relay_key(contact: ContactId, therapist: TherapistId) -> str:
    """The beginning of the keys of the letters that carry *contact* to *therapist*."""
    return f"relay/{contact}/{therapist}/"
