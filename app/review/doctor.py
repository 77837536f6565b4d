"""What is wrong with the service, and what to do about it, before a call is lost."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.review.canaries import of_canaries
from app.review.diagnosis import Diagnosis, error, sorted_by_severity, warning
from app.review.doctor_files import of_files
from app.review.doctor_people import SOON, of_a_rota, of_mandates, of_people
from app.review.doctor_settings import of_settings
from app.review.system import Beats, Database, FeedOf, Known, System
from app.settings import Settings
from app.store.feeds import FeedState
from app.store.rights import VIEWER, Wall
from routing.organisation import Organisation

# The clock beats four times a minute; two minutes are eight beats in a row that did not come.
BEATS_WITHIN = timedelta(minutes=2)
# What is sent is tried each second, and again after a while when the carrier is away.
OVERDUE, OLD = timedelta(minutes=5), timedelta(minutes=30)
# Failed now and then is a telephone that is off; this often is a number or an account.
MANY_FAILED = 5
# One is somebody who found the address; a handful after the carrier's last is the carrier itself,
# with a token that we do not know; many are somebody who tries.
REFUSED_AFTER, REFUSED_MANY = 3, 20
AWAY_FOR_LONG = timedelta(hours=1)
# It is done every ten minutes; so late, the carrier is away or refuses us.
RECONCILED_WITHIN = timedelta(hours=3)
# It is done each night; after three somebody must look.
PURGED_WITHIN = timedelta(days=3)
# What could be kept nowhere is fetched from the carrier, and then only to be known of.
LOST_WITHIN = timedelta(days=7)
# Old keys stay beside the newest until all is sealed under that, and the last backup has gone.
ROTATED_WITHIN = timedelta(days=30)


def diagnose(system: System, settings: Settings) -> tuple[Diagnosis, ...]:
    """Everything that is wrong, what may cost a call first."""
    known = system.known
    return sorted_by_severity(
        (
            *of_settings(settings),
            *_of_the_database(system.database, known),
            *of_files(system.files, system.at, has_database=system.database.error is None),
            *(() if known is None else _of_what_is_known(known, system.at)),
            *(() if known is None else _of_old_keys(known, settings, system.at)),
        )
    )


def _of_the_database(database: Database, known: Known | None) -> Iterator[Diagnosis]:
    if database.is_missing:
        yield error("database_missing")
    elif database.error is not None:
        yield error("database_away", error=database.error)
    elif database.version is None:
        yield error("no_tables")
    elif not database.is_current:
        yield error("not_migrated", version=database.version, head=database.head)
    if database.wall is not None:
        yield from _of_the_wall(database.wall)
    if known is not None and known.organisation is None:
        yield error("unreadable" if known.is_locked else "no_organisation")


def _of_old_keys(known: Known, settings: Settings, now: datetime) -> Iterator[Diagnosis]:
    """One who has come to an old key reads what it sealed for as long as we do."""
    is_going_on = known.renewed_at is not None and now - known.renewed_at <= ROTATED_WITHIN
    if len(settings.data_keys) > 1 and not is_going_on:
        yield warning("keys_left", count=len(settings.data_keys))


def _of_the_wall(wall: Wall) -> Iterator[Diagnosis]:
    """The service that cannot write what callers do loses calls; the console loses none."""
    if wall.shut:
        yield error("rights_bind_us", tables=", ".join(wall.shut))
    if not wall.has_role:
        yield warning("rights_no_role", role=VIEWER)
    if wall.open:
        yield warning("rights_open", tables=", ".join(wall.open))


def _of_what_is_known(known: Known, now: datetime) -> Iterator[Diagnosis]:
    yield from _of_the_clock(known.beats.clock, now)
    yield from _of_webhooks(known.beats)
    beats = known.beats
    if beats.lost_at is not None and now - beats.lost_at < LOST_WITHIN:
        yield error("journal_lost", count=beats.lost, last=beats.lost_at)
    compared = known.beats.reconciled
    if compared is not None and now - compared > RECONCILED_WITHIN:
        yield warning("reconcile_behind", since=compared)
    if beats.purged is not None and now - beats.purged > PURGED_WITHIN:
        yield warning("purge_late", since=beats.purged)
    if beats.unexported:
        yield warning("unexported", count=beats.unexported)
    yield from _of_the_outbox(known, now)
    yield from of_canaries(known.canaries, now)
    for feed in known.feeds:
        yield from _of_a_feed(feed, now)
    if known.organisation is not None:
        yield from _of_the_organisation(known, known.organisation, now)


def _of_the_clock(beat: datetime | None, now: datetime) -> Iterator[Diagnosis]:
    if beat is None:
        yield error("clock_never")
    elif now - beat > BEATS_WITHIN:
        yield error("clock_stopped", since=beat)


def _of_webhooks(beats: Beats) -> Iterator[Diagnosis]:
    count, last, accepted = beats.unsigned, beats.unsigned_at, beats.webhook
    if last is None:
        return
    if count >= REFUSED_AFTER and (accepted is None or accepted < last - SOON):
        yield error("only_unsigned", count=count, last=last)
        return
    if beats.unsigned_ours_at is not None:
        yield warning("some_unsigned", count=beats.unsigned_ours, last=beats.unsigned_ours_at)
    strangers = count - beats.unsigned_ours
    if strangers >= REFUSED_MANY:
        yield warning("many_unsigned", count=strangers, last=last)


def _of_the_outbox(known: Known, now: datetime) -> Iterator[Diagnosis]:
    outbox = known.outbox
    if outbox.overdue is not None and now - outbox.overdue > OVERDUE:
        yield error("outbox_stuck", count=outbox.owed, since=outbox.overdue)
    elif outbox.oldest is not None and now - outbox.oldest > OLD:
        yield warning("outbox_slow", count=outbox.owed, since=outbox.oldest)
    for failed in outbox.failed:
        if failed.count >= MANY_FAILED:
            yield warning("many_failed", count=failed.count, code=failed.code, last=failed.last_at)


def _of_a_feed(feed: FeedOf, now: datetime) -> Iterator[Diagnosis]:
    status = feed.status
    is_long = now - status.since > AWAY_FOR_LONG
    if status.state is FeedState.REFUSED:
        yield warning("feed_refused", line=feed.line, since=status.since)
    elif status.state is FeedState.HELD:
        yield warning("feed_held", line=feed.line, since=status.since)
    elif status.state in {FeedState.AWAY, FeedState.NEVER_READ} and is_long:
        yield warning("feed_away", line=feed.line, since=status.since)


def _of_the_organisation(
    known: Known, organisation: Organisation, now: datetime
) -> Iterator[Diagnosis]:
    line = next(iter(organisation.lines.values()), None)
    if line is None:
        yield error("no_organisation")
        return
    for coverage in known.coverage:
        yield from of_a_rota(coverage, organisation, now)
    yield from of_mandates(organisation, line.today(now))
    yield from of_people(known.people, organisation, known.coverage, line.today(now))
