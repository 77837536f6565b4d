"""Logging: every record, ours and our libraries', through one chain that lets no number through."""

import logging
import re
import sys
from collections.abc import Sequence
from typing import TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

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

_WRITTEN_OUT = (str, int, float, bool, list, tuple, dict, type(None))


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


def _rendering(*, as_json: bool) -> Sequence[Processor]:
    # Neither prints local variables, which hold callers' numbers.
    if as_json:
        as_text = structlog.processors.JSONRenderer(serializer=_json)
        traceback = structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        )
        return (traceback, as_text, refuse_phone_numbers)
    columns = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    return (columns, refuse_phone_numbers)


def _json(event: EventDict, **_: object) -> str:
    # Left to itself, msgspec writes out every field of an object, also those its repr hides.
    plain = {k: v if isinstance(v, _WRITTEN_OUT) else repr(v) for k, v in event.items()}
    return msgspec.json.encode(plain, enc_hook=repr).decode()
