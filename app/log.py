"""Logging: every record, ours and our libraries', through one chain that lets no number through."""

import io
import logging
import re
import sys
from collections import OrderedDict
from collections.abc import Sequence
from typing import TextIO

import msgspec
import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

# No word boundary, since colour codes glue letters to numbers.  After a hexadecimal digit, or the
# letters that begin a carrier's id, it is a part of an id and not a number.
_NATIONAL = r"(?<![0-9a-f])(?<!CA|SM|MM|AC|PN|RE)0\d{1,3}(?:[-/)\s]{0,2}\d{2,3}){3}(?!\d)"
_FOREIGN = (
    r"(?:\+|%2[Bb]|(?<![0-9a-f])00)\d{7,15}"
    r"|\+\d{1,3}[-\s]?(?:\(0\)\s?)?\d{1,4}(?:[-\s]?\d{2,4}){2,4}"
    r"|(?<![0-9a-f])46[1-9]\d{7,8}(?![0-9a-f])"
)
# Each begins with one of four characters: to look for these first takes a third of the time.
PHONE = re.compile(f"(?=[+%04])(?:{_FOREIGN}|{_NATIONAL})")

# At INFO these log addresses, and with them numbers, of every request they make.
_CHATTERING = ("twilio.http_client", "urllib3", "apscheduler")

# What would begin a line of its own, move the cursor, or turn text around, on somebody's screen.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")

_ESCAPED = re.compile(
    r"\\\\|\\u(?P<code>[0-9a-f]{4})|\\x(?P<byte>[0189][0-9a-f])|\\(?P<letter>[bf])"
)
_LETTERS = {"b": "\b", "f": "\f"}
_PICTURES, _PICTURED = 0x2400, 0x20  # Unicode has a picture of each of the first control characters

_WRITTEN_OUT = (str, int, float, bool, list, tuple, dict, type(None))


class Once:
    """Remembers what was said, so that a sweep does not say it again every ten seconds."""

    def __init__(self, most: int = 1000) -> None:
        self._said: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._most = most

    def first(self, what: str, thing: str) -> bool:
        """Whether *what* has not been said of this *thing* before, by this process and lately."""
        is_first = (what, thing) not in self._said
        self._said[what, thing] = None
        self._said.move_to_end((what, thing))
        if len(self._said) > self._most:
            self._said.popitem(last=False)
        return is_first


def configure_logging(
    *, as_json: bool, to: TextIO | None = None, level: int = logging.INFO
) -> None:
    """
    Send everything from *level* up to *to*, as JSON lines or as columns for a person.

    Stdout by default: whoever runs the process decides where its log goes.
    """
    stream = to or sys.stdout
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering = _rendering(as_json=as_json)
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _CHATTERING:
        logging.getLogger(name).setLevel(logging.WARNING)


def wants_json(log_format: str | None, to: TextIO) -> bool:
    """Whether *to* gets JSON: as LOG_FORMAT says, else columns on a terminal and JSON elsewhere."""
    return (log_format or ("console" if to.isatty() else "json")) == "json"


def refuse_phone_numbers(_: WrappedLogger, __: str, line: EventDict | str) -> str:
    """The last thing done to every line, which has become a string by now."""
    return PHONE.sub("[number]", str(line))


def _shown(text: str) -> str:
    """*text* on one line, and nothing in it but what is seen."""
    return _UNSEEN.sub(lambda found: _picture(ord(found[0])), text)


def _picture(code: int) -> str:
    return chr(_PICTURES + code) if code < _PICTURED else f"<U+{code:04X}>"


def _unescaped(found: re.Match[str]) -> str:
    if found["letter"]:
        return _picture(ord(_LETTERS[found["letter"]]))
    code = int(found["code"] or found["byte"] or "0", 16)
    return _picture(code) if found["code"] or found["byte"] else found[0]


def _one_line(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Names and messages go out as they are, unlike values: one must not look like two lines."""
    return {
        _shown(str(name)): _shown(value) if name == "event" and isinstance(value, str) else value
        for name, value in event.items()
    }


def _all_seen(_: WrappedLogger, __: str, line: EventDict | str) -> str:
    """
    *line* without anything that is not seen, written out or escaped.

    An escape ends in what may be a hexadecimal digit, behind which no number would be looked for.
    """
    return "\n".join(_shown(_ESCAPED.sub(_unescaped, one)) for one in str(line).split("\n"))


def _indented(to: TextIO, error: ExcInfo) -> None:
    """A traceback whose every line is seen to be one: what an error says is anybody's words."""
    written = io.StringIO()
    structlog.dev.plain_traceback(written, error)
    to.write("\n".join(f"  {_shown(line)}" for line in written.getvalue().split("\n")))


def _rendering(*, as_json: bool) -> Sequence[Processor]:
    # Neither prints local variables, which hold callers' numbers.
    if as_json:
        as_text = structlog.processors.JSONRenderer(serializer=_json)
        traceback = structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        )
        return (traceback, as_text, _all_seen, refuse_phone_numbers)
    columns = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=_indented)
    return (_one_line, columns, _all_seen, refuse_phone_numbers)


def _json(event: EventDict, **_: object) -> str:
    # Left to itself, msgspec writes out every field of an object, also those its repr hides.
    plain = {k: v if isinstance(v, _WRITTEN_OUT) else repr(v) for k, v in event.items()}
    return msgspec.json.encode(plain, enc_hook=repr).decode()
