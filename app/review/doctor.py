"""What is wrong with the service, and what to do about it, before a call is lost."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from app.review.system import Beats, Coverage, FeedOf, Known, System
from app.settings import Settings
from app.store.feeds import FeedState
from app.store.rights import VIEWER, Wall
from app.store.spool import LIMIT
from routing.finding import Finding, Severity
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.organisation import Mandate, Organisation

# The clock beats four times a minute; two minutes are eight beats in a row that did not come.
BEATS_WITHIN = timedelta(minutes=2)
# What is sent is tried each second, and again after a while when the carrier is away.
OVERDUE, OLD = timedelta(minutes=5), timedelta(minutes=30)
# Failed now and then is a telephone that is off; this often is a number or an account.
MANY_FAILED = 5
# One is somebody who found the address; a handful after the carrier's last is the carrier itself,
# with a token that we do not know; many are somebody who tries.
REFUSED_AFTER, REFUSED_MANY = 3, 20
SOON = timedelta(hours=24)
AWAY_FOR_LONG = timedelta(hours=1)
# A mandate is decided by a board that meets once a month.
EXPIRES_WITHIN = timedelta(days=30)
# It is done every ten minutes; so late, the carrier is away or refuses us.
RECONCILED_WITHIN = timedelta(hours=3)
# It is done each night; after three somebody must look.
PURGED_WITHIN = timedelta(days=3)
# The last good picture is renewed every six hours, and whenever anything changes.
SNAPSHOT_WITHIN = timedelta(hours=7)
SPOOLED_WITHIN = timedelta(minutes=5)
# What could be kept nowhere is fetched from the carrier, and then only to be known of.
LOST_WITHIN = timedelta(days=7)
_COSTS_CALLS = frozenset({"nobody_first", "cannot_be_rung"})
_AT_HOME = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - looked for, not bound

Value = str | int | datetime | date


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """
    One thing that is wrong; an error may cost a call.

    *code* is for programs and never changes; what it says stands in `app.console.doctor_words`.
    """

    code: str
    severity: Severity
    values: Mapping[str, Value] = field(default_factory=dict)


def diagnose(system: System, settings: Settings) -> tuple[Diagnosis, ...]:
    """Everything that is wrong, what may cost a call first."""
    known = system.known
    return sorted_by_severity(
        (
            *_of_settings(settings),
            *_of_the_database(system),
            *_of_files(system),
            *(() if known is None else _of_what_is_known(known, system.at)),
        )
    )


def sorted_by_severity(found: Iterable[Diagnosis]) -> tuple[Diagnosis, ...]:
    """*found*, what may cost a call first."""
    order = list(Severity)
    return tuple(sorted(found, key=lambda one: order.index(one.severity)))


def may_lose_a_call(found: tuple[Diagnosis, ...]) -> bool:
    """Whether any of it may cost a call."""
    return any(one.severity is Severity.ERROR for one in found)


def _error(code: str, /, **values: Value) -> Diagnosis:
    return Diagnosis(code, Severity.ERROR, values)


def _warning(code: str, /, **values: Value) -> Diagnosis:
    return Diagnosis(code, Severity.WARNING, values)


def _of_settings(settings: Settings) -> Iterator[Diagnosis]:
    if not settings.twilio_auth_tokens:
        yield _error("no_token")
    if not settings.twilio_account_sid:
        yield _error("no_account")
    address = urlsplit(settings.public_url)
    if address.hostname in _AT_HOME:
        yield _error("public_url_at_home")
    elif address.scheme != "https":
        yield _warning("public_url_open")
    if settings.fallback_url is None:
        yield _error("no_fallback_url")
    if settings.smtp_url is None:
        yield _warning("no_mail")


def _of_the_database(system: System) -> Iterator[Diagnosis]:
    database = system.database
    if database.error is not None:
        yield _error("database_away", error=database.error)
    elif database.version is None:
        yield _error("no_tables")
    elif not database.is_current:
        yield _error("not_migrated", version=database.version, head=database.head)
    if database.wall is not None:
        yield from _of_the_wall(database.wall)
    if system.known is not None and system.known.organisation is None:
        yield _error("unreadable" if system.known.is_locked else "no_organisation")


def _of_the_wall(wall: Wall) -> Iterator[Diagnosis]:
    """The service that cannot write what callers do loses calls; the console loses none."""
    if wall.shut:
        yield _error("rights_bind_us", tables=", ".join(wall.shut))
    if not wall.has_role:
        yield _warning("rights_no_role", role=VIEWER)
    if wall.open:
        yield _warning("rights_open", tables=", ".join(wall.open))


def _of_files(system: System) -> Iterator[Diagnosis]:
    files = system.files
    if files.refused:
        yield _warning("spool_refused", size=files.refused)
    is_old = files.spooled_at is not None and system.at - files.spooled_at > SPOOLED_WITHIN
    if files.spooled > LIMIT // 2:
        yield _error("spool_fills", size=files.spooled, limit=LIMIT)
    elif files.spooled and system.database.error is None:
        # It is drained within a second; what lies there for longer nobody drains.
        yield (
            _error("spool_stuck", size=files.spooled)
            if is_old
            else _warning("spooled", size=files.spooled)
        )
    if files.snapshot_at is None:
        yield _warning("no_snapshot")
    elif system.at - files.snapshot_at > SNAPSHOT_WITHIN:
        yield _warning("old_snapshot", since=files.snapshot_at)


def _of_what_is_known(known: Known, now: datetime) -> Iterator[Diagnosis]:
    yield from _of_the_clock(known.beats.clock, now)
    yield from _of_webhooks(known.beats)
    beats = known.beats
    if beats.lost_at is not None and now - beats.lost_at < LOST_WITHIN:
        yield _error("journal_lost", count=beats.lost, last=beats.lost_at)
    compared = known.beats.reconciled
    if compared is not None and now - compared > RECONCILED_WITHIN:
        yield _warning("reconcile_behind", since=compared)
    if beats.purged is not None and now - beats.purged > PURGED_WITHIN:
        yield _warning("purge_late", since=beats.purged)
    if beats.unexported:
        yield _warning("unexported", count=beats.unexported)
    yield from _of_the_outbox(known, now)
    for feed in known.feeds:
        yield from _of_a_feed(feed, now)
    for coverage in known.coverage:
        yield from _of_a_rota(coverage, now)
    if known.organisation is not None:
        yield from _of_the_organisation(known.organisation, now)


def _of_the_clock(beat: datetime | None, now: datetime) -> Iterator[Diagnosis]:
    if beat is None:
        yield _error("clock_never")
    elif now - beat > BEATS_WITHIN:
        yield _error("clock_stopped", since=beat)


def _of_webhooks(beats: Beats) -> Iterator[Diagnosis]:
    count, last, accepted = beats.unsigned, beats.unsigned_at, beats.webhook
    if last is None:
        return
    if count >= REFUSED_AFTER and (accepted is None or accepted < last - SOON):
        yield _error("only_unsigned", count=count, last=last)
    elif count >= REFUSED_MANY:
        yield _warning("many_unsigned", count=count, last=last)


def _of_the_outbox(known: Known, now: datetime) -> Iterator[Diagnosis]:
    outbox = known.outbox
    if outbox.overdue is not None and now - outbox.overdue > OVERDUE:
        yield _error("outbox_stuck", count=outbox.owed, since=outbox.overdue)
    elif outbox.oldest is not None and now - outbox.oldest > OLD:
        yield _warning("outbox_slow", count=outbox.owed, since=outbox.oldest)
    for failed in outbox.failed:
        if failed.count >= MANY_FAILED:
            yield _warning("many_failed", count=failed.count, code=failed.code, last=failed.last_at)


def _of_a_feed(feed: FeedOf, now: datetime) -> Iterator[Diagnosis]:
    status = feed.status
    is_long = now - status.since > AWAY_FOR_LONG
    if status.state is FeedState.REFUSED:
        yield _warning("feed_refused", line=feed.line, since=status.since)
    elif status.state is FeedState.HELD:
        yield _warning("feed_held", line=feed.line, since=status.since)
    elif status.state in {FeedState.AWAY, FeedState.NEVER_READ} and is_long:
        yield _warning("feed_away", line=feed.line, since=status.since)


def _of_a_rota(coverage: Coverage, now: datetime) -> Iterator[Diagnosis]:
    """Nobody who can be rung within a day is an error; what is later can be put right in time."""
    line = coverage.line
    if not line.fallback:
        yield _warning("no_fallback", line=line.id)
    # A rota that nobody has made yet is one thing to do, and not one for each evening.
    alike: dict[tuple[str, TherapistId | None], list[Interval]] = {}
    for one in coverage.findings:
        if one.starts_at is not None and one.ends_at is not None:
            time = Interval(one.starts_at, one.ends_at)
            alike.setdefault((_code(one), one.therapist), []).append(time)
    for (code, therapist), times in alike.items():
        first = min(times)
        is_near = code in _COSTS_CALLS and first.start - now <= SOON
        values: dict[str, Value] = {
            "line": line.id,
            "start": first.start,
            "end": first.end,
            "count": len(times),
        }
        if therapist is not None:
            values["therapist"] = therapist
        yield Diagnosis(code, Severity.ERROR if is_near else Severity.WARNING, values)


def _code(one: Finding) -> str:
    is_error = one.severity is Severity.ERROR
    if one.therapist is None:
        return "nobody_first" if is_error else "nobody_behind"
    return "cannot_be_rung" if is_error else "rota_odd"


def _of_the_organisation(organisation: Organisation, now: datetime) -> Iterator[Diagnosis]:
    line = next(iter(organisation.lines.values()), None)
    if line is None:
        yield _error("no_organisation")
        return
    today = line.today(now)
    for mandate in organisation.mandates:
        last = mandate.valid.last
        if last is None or today not in mandate.valid or last - today > EXPIRES_WITHIN:
            continue
        if not any(_follows(other, mandate) for other in organisation.mandates):
            yield _warning(
                "mandate_ends",
                principal=mandate.principal,
                staff=mandate.staff_of,
                reference=mandate.reference,
                last=last,
            )
    for therapist in organisation.therapists.values():
        if therapist.phone is None and today in therapist.active:
            yield _warning("no_phone", therapist=therapist.id)


def _follows(other: Mandate, ending: Mandate) -> bool:
    """Whether *other* says the same from the day after *ending* at the latest."""
    last = ending.valid.last
    return (
        last is not None
        and (other.principal, other.staff_of) == (ending.principal, ending.staff_of)
        and ending.tasks <= other.tasks
        and last + timedelta(days=1) in other.valid
    )
