"""What is measured: the name, kind, labels and meaning of each, and nothing that is anybody's."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a number does with time."""

    COUNTER = "counter"  # only grows
    HISTOGRAM = "histogram"  # how many were how large; only grows
    GAUGE = "gauge"  # is what it is now


@dataclass(frozen=True, slots=True)
class Measure:
    """
    One thing that is measured.

    *buckets* are a histogram's upper bounds, and *bounds* the same as they are written, with
    infinity besides.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    bounds: tuple[str, ...] = ()


def _counter(name: str, help_: str, *labels: str) -> Measure:
    return Measure(f"beredskap_{name}", Kind.COUNTER, help_, labels)


def _gauge(name: str, help_: str, *labels: str) -> Measure:
    return Measure(f"beredskap_{name}", Kind.GAUGE, help_, labels)


def _histogram(name: str, help_: str, buckets: tuple[float, ...], *labels: str) -> Measure:
    bounds = (*(f"{bound:g}" for bound in buckets), "+Inf")
    return Measure(f"beredskap_{name}", Kind.HISTOGRAM, help_, labels, buckets, bounds)


_PATIENTLY = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300)  # seconds, as a caller waits
_AT_ONCE = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4)  # four is too late for Twilio
_BESIDE = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)
_LONG = (0.01, 0.1, 1, 10, 60)

# What became of callers; kept in the database, so that no process that ends takes it along.
CONTACTS = _counter(
    "contacts", "Calls and texts that are over, by what became of them.",
    "line", "channel", "direction", "outcome",
)  # fmt: skip
ANSWERED_AFTER = _histogram(
    "answer_seconds", "Seconds from a call coming in until a person had it.",
    _PATIENTLY, "line", "by",
)  # fmt: skip
RUNGS = _histogram(
    "rungs", "How many were tried in a call that came in.", (0, 1, 2, 3, 4, 5, 6, 8), "line"
)
LETTERS = _counter(
    "letters",
    "Tries to send what the service owes, canaries apart, by how they ended.",
    "channel",
    "result",
)

# What only the processes know; each adds what it has counted every ten seconds.
WEBHOOKS = _histogram(
    "webhook_seconds", "Seconds to answer a request of the carrier's.",
    _AT_ONCE, "endpoint", "answer",
)  # fmt: skip
UNSIGNED = _counter("webhooks_unsigned", "Requests turned away, since nobody we know signed them.")
REST = _histogram(
    "rest_seconds", "Seconds that the carrier's REST API took.", _BESIDE, "resource", "status"
)
SWEEPS = _histogram("sweep_seconds", "Seconds that a sweep of the clock took.", _LONG, "sweep")
SWEEPS_FAILED = _counter(
    "sweeps_failed", "Sweeps that did not get to their end, and are tried again.", "sweep", "reason"
)

# What the database says at the moment it is asked.
CLOCK_AGE = _gauge("clock_age_seconds", "Since any clock process last said that it runs.")
SWEEP_AGE = _gauge("sweep_age_seconds", "Since each sweep last got to its end.", "sweep")
WEBHOOK_AGE = _gauge("webhook_age_seconds", "Since the carrier last asked anything.")
COMPARED_AGE = _gauge(
    "reconciled_age_seconds", "Since the log was last compared with the carrier's own lists."
)
PURGED_AGE = _gauge("purged_age_seconds", "Since a purge last came to its end.")
ROWS_LOST = _counter("rows_lost", "Rows of what callers did that could be kept nowhere.")
LETTERS_OWED = _gauge("letters_owed", "Letters that are still to be sent.", "channel")
LETTERS_OLDEST = _gauge("letters_oldest_seconds", "Since the oldest letter owed was written.")
LETTERS_OVERDUE = _gauge("letters_overdue_seconds", "Since a letter should have been tried.")
TEXTS_WAITING = _gauge("texts_waiting", "Texts that came in and that no clock has looked at.")
TEXTS_OLDEST = _gauge("texts_oldest_seconds", "Since the oldest of those came in.")
HANDOVERS_OVERDUE = _gauge(
    "handovers_overdue", "Handovers past their hour that nobody has acknowledged.", "line"
)
FINDINGS = _gauge(
    "findings_open", "What is wrong with rotas and rest, told of and open.", "severity"
)
FEED_AGE = _gauge("feed_age_seconds", "Since a rota's source last gave what calls go by.", "line")
FEED_TROUBLE = _gauge(
    "feed_trouble_seconds", "Since a rota's source has not been well; 0 while it is.", "line"
)
CANARY_OK = _gauge(
    "canary_ok",
    "Whether the line's last call to itself was heard, or its webhooks answered.",
    "line",
)
CANARY_AGE = _gauge("canary_age_seconds", "Since the line last called itself.", "line")

# What the process that is asked knows by itself, also while the database is away.
BUILD = _gauge("build_info", "Which release answers, and the tables it wants.", "version", "schema")
DATABASE = _gauge("database_up", "Whether this process reaches the database.")
DATABASE_AWAY = _gauge("database_away_seconds", "For how long callers here go without it.")
SPOOL = _gauge("spool_bytes", "What callers did that waits in this host's spool.")
ROWS_LOST_HERE = _gauge("process_rows_lost", "Rows lost by this process since it began.")
ROTA_AGE = _gauge("rota_age_seconds", "Since this process read the rota it goes by.", "line")
ROTA_FRESH = _gauge("rota_fresh", "Whether the last look at what calls go by succeeded.")
UNCOVERED_IN = _gauge(
    "uncovered_in_seconds",
    "Until the line is open with nobody on standby; 14 days where that is not within them.",
    "line",
)
ON_STANDBY = _gauge("on_standby", "How many are on standby now.", "line")
OPEN = _gauge("line_open", "Whether the line is open now.", "line")

MEASURES: tuple[Measure, ...] = (
    CONTACTS, ANSWERED_AFTER, RUNGS, LETTERS, WEBHOOKS, UNSIGNED, REST, SWEEPS, SWEEPS_FAILED,
    CLOCK_AGE, SWEEP_AGE, WEBHOOK_AGE, COMPARED_AGE, PURGED_AGE, ROWS_LOST, LETTERS_OWED,
    LETTERS_OLDEST, LETTERS_OVERDUE, TEXTS_WAITING, TEXTS_OLDEST, HANDOVERS_OVERDUE, FINDINGS,
    FEED_AGE, FEED_TROUBLE, CANARY_OK, CANARY_AGE, BUILD, DATABASE, DATABASE_AWAY, SPOOL,
    ROWS_LOST_HERE, ROTA_AGE, ROTA_FRESH, UNCOVERED_IN, ON_STANDBY, OPEN,
)  # fmt: skip
KEPT = MEASURES[: MEASURES.index(CLOCK_AGE)]  # as sums, in the database

# What each label may say.  A line is one of the organisation file, a sweep one of `app.sweeps`;
# there is none for a district, whose evenings are too few to be counted for others to see.
VALUES: Mapping[str, tuple[str, ...]] = {
    "channel": ("voice", "text", "mail", "call"),
    "direction": ("inbound", "outbound"),
    "outcome": (
        "answered", "missed", "abandoned", "fallback_answered", "fallback_failed", "relayed",
        "undelivered", "closed", "blocked",
    ),
    "by": ("therapist", "fallback"),
    "result": ("sent", "put_off", "failed"),
    "endpoint": ("voice", "callback", "check_in", "follow_up", "sms", "canary"),
    "answer": ("usual", "rescue"),
    "resource": ("messages", "calls", "numbers", "other"),
    "status": ("2xx", "3xx", "4xx", "429", "5xx", "none"),
    "reason": ("waits", "error"),
    "severity": ("error", "warning", "info"),
}  # fmt: skip
