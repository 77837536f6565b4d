"""What every process keeps in memory, so that nothing on a call's path waits for a database."""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

import sqlalchemy as sa
import structlog

from app.intake.organisation_file import organisation_of
from app.store import contacts, organisation, register, staff, texts
from app.store.database import reading
from app.store.fields import FieldCipher, UnreadableField
from app.store.journal import Journal
from app.store.last_good import LastGood, Remembered
from app.store.patience import PATIENT, hurry
from app.store.rota import OF_A_LINE, DatabaseRota
from app.store.tables import changes
from routing.arrival import unreachable
from routing.call import CallState, Target
from routing.errors import InvalidInput, RotaUnavailable, Unavailable
from routing.ids import LineId, TherapistId
from routing.intervals import Interval
from routing.ladder import Reason
from routing.numbers import PhoneNumber
from routing.organisation import Organisation
from routing.register import RegisterEntry
from routing.rota import Rota

log = structlog.get_logger()

# How far back and ahead of now a rota is kept: a night's handover looks back, an outage ahead.
BACK, AHEAD = timedelta(days=14), timedelta(days=120)
_RELOAD_AFTER = timedelta(hours=6)
_OUT_OF_SIGHT = (sa.exc.SQLAlchemyError, RotaUnavailable, UnreadableField, InvalidInput)


@dataclass(frozen=True, slots=True)
class Picture:
    """What calls are routed by, as it was when last read; *fresh* while the database answers."""

    organisation: Organisation
    register: Mapping[PhoneNumber, Sequence[RegisterEntry]] = field(repr=False)
    rotas: Mapping[LineId, Rota]
    in_call: frozenset[TherapistId]
    blocked: Mapping[bytes, datetime]  # numbers by their keyed index, and until when
    pins: Mapping[TherapistId, bytes] = field(repr=False)
    paused: Mapping[TherapistId, datetime]  # until when
    fresh: bool

    def is_blocked(self, keys: Iterable[bytes], at: datetime) -> bool:
        """Whether a manager has blocked the number with these indexes, and the time still runs."""
        return any(at < self.blocked[key] for key in keys if key in self.blocked)

    def out(self, at: datetime) -> dict[TherapistId, Reason]:
        """Who is not rung at *at* though on standby: in a call of the line, or paused."""
        paused = {who: Reason.PAUSED for who, until in self.paused.items() if at < until}
        return {**paused, **dict.fromkeys(self.in_call, Reason.IN_CALL)}

    def unreachable(self, state: CallState, at: datetime) -> frozenset[Target]:
        """Those whom *state* has still to try that cannot be tried at *at*."""
        line = self.organisation.lines[state.line]
        return unreachable(self.organisation, line, state.targets, self.in_call, at)


class Mirror:
    """
    Holds the current picture, and renews it when the database says that something changed.

    Readers take `picture` and never wait.  A database that is away leaves the last good picture
    in force, also across a restart, and `degraded` tells of it.
    """

    def __init__(
        self,
        engine: sa.Engine,
        cipher: FieldCipher,
        source: DatabaseRota,
        last_good: LastGood,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._engine, self._cipher, self._source = engine, cipher, source
        self._last_good, self._clock, self._journal = last_good, clock, journal
        self._away = False
        self._picture: Picture | None = None
        self._why_nothing = "no organisation has been loaded: run `beredskap load`"
        self._seen: Mapping[str, int] = {}
        self._last: Remembered | None = None  # what the picture was made of
        self._read_at: datetime | None = None
        self._one_at_a_time = threading.Lock()
        self._stop = threading.Event()

    @property
    def picture(self) -> Picture:
        """
        What is known now.

        Raises:
            Unavailable: nothing has ever been loaded here, so no call can be routed.
        """
        if self._picture is None:
            raise Unavailable(self._why_nothing)
        return self._picture

    @property
    def degraded(self) -> bool:
        """Whether the last look failed, or found what makes no sense."""
        return self._picture is None or not self._picture.fresh

    @property
    def database_away(self) -> bool:
        """Whether the database did not answer the last look."""
        return self._away

    def refresh(self) -> None:
        """
        Look once whether anything changed, and read that if so.

        A database that is away is no error here, nor what it holds when that makes no sense (a
        document from before a stricter rule): the last good picture stays in force.  One that is
        seen again is tried by the journal, so that no caller has to.
        """
        with self._one_at_a_time:
            try:
                self.look()
            except _OUT_OF_SIGHT as err:
                self._lose_sight(err)
            else:
                self._away = False
            if not self._away:
                self._journal.mend()

    def watch(self, every: float, also: Callable[[], object] = lambda: None) -> threading.Thread:
        """
        Keep refreshing in the background, with *every* seconds between looks, until `close`.

        *also* is done after each look: what else can wait a moment, and no caller waits for.
        """

        def looking() -> None:
            while not self._stop.wait(every):
                try:
                    self.refresh()
                except Exception as err:
                    # A thread that ended would freeze the picture without a word.
                    log.exception("mirror.failed")
                    self._lose_sight(err)
                try:
                    also()
                except Exception:  # it is no fault of the picture's
                    log.exception("mirror.beside_failed")

        thread = threading.Thread(target=looking, name="mirror", daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        self._stop.set()

    def look(self) -> None:
        """As `refresh`, but raises what goes wrong: for commands, whose user must be told."""
        now = self._clock()
        with reading(self._engine) as connection:
            hurry(connection, PATIENT.look)
            rows = connection.execute(sa.select(changes.c.topic, changes.c.version))
            seen = {row.topic: row.version for row in rows}
            busy = contacts.in_call(connection, now)
            moved = {topic for topic, _ in seen.items() ^ self._seen.items()}
            is_old = self._read_at is None or now - self._read_at > _RELOAD_AFTER
            if not moved and not is_old and self._picture is not None:
                self._picture = replace(self._picture, in_call=busy, fresh=True)
                return
            hurry(connection, PATIENT.answer)
            blocked, pins = staff.blocks(connection, now), staff.pins(connection)
            paused = texts.paused(connection)
            last = self._last if not is_old and all(map(_is_small, moved)) else None
            document = last.document if last else organisation.load(connection, self._cipher)
            if document is None:
                return
            everyone = last.register if last else register.load(connection, self._cipher)
        if last is None or self._picture is None:
            known, by_number = organisation_of(document), _by_number(everyone)
            rotas = self._rotas(known.lines.keys(), now)
            self._read_at = now
        else:
            known, by_number = self._picture.organisation, self._picture.register
            anew = {line for line in known.lines if f"{OF_A_LINE}{line}" in moved}
            rotas = {**self._picture.rotas, **self._rotas(anew, now)}
        self._picture = Picture(known, by_number, rotas, busy, blocked, pins, paused, fresh=True)
        self._seen = seen
        self._last = Remembered(document, everyone, tuple(rotas.values()), blocked, pins, paused)
        self._last_good.keep(self._last)
        log.info("mirror.renewed", lines=len(rotas), clients=len(everyone), whole=last is None)

    def _rotas(self, lines: Collection[LineId], now: datetime) -> Mapping[LineId, Rota]:
        return self._source.load_all(lines, Interval(now - BACK, now + AHEAD)) if lines else {}

    def _lose_sight(self, err: Exception) -> None:
        self._away = isinstance(err, sa.exc.SQLAlchemyError)
        if self._away:
            self._journal.breaker.trip(err)  # before a caller has to find out
        if self._picture is None:
            self._picture = self._recalled()
            self._why_nothing = _nothing_known(err)
        elif self._picture.fresh:
            # Whose call ends from now on is not seen: ringing a busy phone beats passing it over.
            self._picture = replace(self._picture, in_call=frozenset(), fresh=False)
        else:
            return
        log.warning("mirror.database_away", error=type(err).__name__)

    def _recalled(self) -> Picture | None:
        """The picture on disk, which does not say who is in a call."""
        remembered = self._last_good.recall()
        if remembered is None:
            return None
        try:
            known = organisation_of(remembered.document)
        except InvalidInput as err:
            log.error("last_good.refused", error=str(err))  # noqa: TRY400 - it names the field
            return None
        return Picture(
            known,
            _by_number(remembered.register),
            {rota.line: rota for rota in remembered.rotas},
            in_call=frozenset(),
            blocked=remembered.blocked,
            pins=remembered.pins,
            paused=remembered.paused,
            fresh=False,
        )


def _is_small(topic: str) -> bool:
    """Whether a change of *topic* leaves the organisation, the register and other rotas alone."""
    return topic == staff.TOPIC or topic.startswith(OF_A_LINE)


def _nothing_known(err: Exception) -> str:
    """Why there is no picture, for whoever is to put it right."""
    if isinstance(err, UnreadableField):
        return "no key of DATA_KEYS opens what the database holds: see `beredskap keys status`"
    if isinstance(err, sa.exc.SQLAlchemyError):
        return "the database does not answer, and there is no last good picture"
    return f"what the database holds makes no sense: {err}"


def _by_number(
    everyone: Sequence[RegisterEntry],
) -> Mapping[PhoneNumber, Sequence[RegisterEntry]]:
    by_number: defaultdict[PhoneNumber, list[RegisterEntry]] = defaultdict(list)
    for entry in everyone:
        by_number[entry.phone].append(entry)
    return MappingProxyType(dict(by_number))
