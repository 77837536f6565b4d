"""
A year of duties and contacts, and two clocks that die in the middle of what they do.

Holidays, closed days, both nights when the clocks change, duties at night, calls between duties,
rows that come out of a spool days late, strangers whose district is said afterwards: every contact
is in one handover of its own district, due when an independent rule says, and everybody is told of
each once.
"""

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.duty.handover import Desk, build_handovers, notify_of_handovers
from app.duty.handover_state import chase_handovers
from app.settings import Settings
from app.store import handovers as stored
from app.store.contacts import row_of
from app.store.database import make_engine, reading
from app.store.handovers import Handover
from app.store.tables import contact_events
from routing import record
from routing.contact import Caller, Channel
from routing.handover import HandoverState
from routing.ids import ContactId, HandoverId, TherapistId
from tests.app.duty.a_year import (
    A_DAY,
    A_MINUTE,
    meeting_after,
    the_contacts,
    the_duties,
    the_shifts,
)
from tests.app.duty.before_duty import AGREED, MANAGERS
from tests.app.world import PUBLIC_URL, changed, load_world, parts_at, rows, settings_for
from tests.examples import EFTERVARD

TOML = changed(AGREED, ("closed_days = []", "closed_days = [2026-05-15, 2027-01-04]")) + MANAGERS


class Killed(BaseException):
    """The process is gone: nothing catches this."""


@dataclass
class Clock:
    """One clock with a database connection of its own, which may die at its *n*-th statement."""

    url: str
    dies_after: int | None = None
    died: bool = False
    kills: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.engine = make_engine(self.url)
        self._left = 0
        sa.event.listen(self.engine, "before_cursor_execute", self._on_statement)
        sa.event.listen(self.engine, "commit", self._on_commit)

    def sweep(self, work: Callable[[sa.Engine], None], dies_after: int | None) -> None:
        self.dies_after, self.died = dies_after, False
        try:
            work(self.engine)
        except Killed:
            self.died = True

    def _on_statement(self, connection: sa.Connection, *_: object) -> None:
        self._count(connection, "statement")

    def _on_commit(self, connection: sa.Connection) -> None:
        self._count(connection, "commit")

    def _count(self, connection: sa.Connection, what: str) -> None:
        if self.dies_after is None:
            return
        self.dies_after -= 1
        if self.dies_after < 0:
            self.dies_after = None
            self.kills[what] += 1
            connection.invalidate()  # the line to the server is cut, in mid-transaction
            raise Killed


@dataclass
class Year:
    """Everything that was to happen, the moment it is now, and what came of it."""

    settings: Settings
    clocks: int
    seed: int = 20260302
    acknowledged: dict[HandoverId, datetime] = field(default_factory=dict)
    steps: int = 0
    waiting: bool = False

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        shifts = the_shifts()
        self.duties = the_duties(shifts)
        self.contacts = the_contacts(self.duties, self.chance)
        load_world(self.settings, shifts=shifts, toml=TOML)
        self.parts = parts_at(self.settings, "2026-03-02T12:00")
        self.own = [Clock(self.settings.database_url) for _ in range(self.clocks)]

    @property
    def kills(self) -> Counter[str]:
        return sum((clock.kills for clock in self.own), Counter[str]())

    def live(self) -> None:
        """Every moment at which something happens, in order."""
        arriving = sorted(self._events(), key=lambda event: event[0])
        moments, ends = sorted(self._moments()), {duty.end for duty in self.duties}
        done = 0
        for now in moments:
            upto = done
            while upto < len(arriving) and arriving[upto][0] <= now:
                upto += 1
            is_quiet = upto == done and not self.waiting and now not in ends
            if is_quiet:
                continue  # a sweep would find nothing, and takes time
            self._write([row for _, row in arriving[done:upto]])
            done = upto
            self._step(now)
        assert done == len(arriving)

    def _events(self) -> Iterator[tuple[datetime, Mapping[str, object]]]:
        for one in self.contacts:
            by_register = one.home if one.said_at is None else None
            caller = Caller(f"K-{one.id}", by_register)
            heard = record.received(one.id, EFTERVARD, Channel.VOICE, caller, one.at)
            yield one.arrived, row_of(heard)
            if one.said_at is not None:
                hers = Caller(caller.label, one.home)
                said = record.assigned(one.id, EFTERVARD, hers, TherapistId("t1"), one.said_at)
                yield one.said_at, row_of(said)

    def _moments(self) -> set[datetime]:
        """Each duty's end, the last look before each meeting, and the hour after it."""
        found = {duty.end for duty in self.duties}
        told_of = {
            *found,
            *(one.known for one in self.contacts),
            *(one.at for one in self.contacts),
        }
        for moment in told_of:
            meets = meeting_after(moment)
            found |= {meets - timedelta(seconds=10), meets + 30 * A_MINUTE, meets + 61 * A_MINUTE}
        return found

    def _write(self, new: list[Mapping[str, object]]) -> None:
        if new:
            with self.parts.engine.begin() as connection:
                connection.execute(contact_events.insert(), new)

    def _step(self, now: datetime) -> None:
        """Both clocks at once; if none lives, somebody starts one again."""
        self.steps += 1
        organisation = self.parts.mirror.picture.organisation

        def work(engine: sa.Engine) -> None:
            desk = Desk(engine, self.parts.cipher, PUBLIC_URL, mails=False)
            build_handovers(desk, organisation, now)
            notify_of_handovers(desk, organisation, now)
            chase_handovers(desk, organisation, now)

        if self.clocks == 1:
            work(self.own[0].engine)
        else:
            threads = [
                threading.Thread(target=clock.sweep, args=(work, self._fate()))
                for clock in self.own
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            if all(clock.died for clock in self.own):
                self.own[0].sweep(work, None)
        self._acknowledge(now)

    def _fate(self) -> int | None:
        return self.chance.randrange(30) if self.chance.random() < 0.5 else None

    def _acknowledge(self, now: datetime) -> None:
        """Most at once, some as the meeting begins, some an hour late, a few by nobody."""
        hour = 60 * A_MINUTE
        with self.parts.engine.begin() as connection:
            waiting = stored.unacknowledged(connection, now - 2 * A_DAY, now + 30 * A_DAY)
            self.waiting = False
            for handover in waiting:
                luck = random.Random(handover.id).random()
                after = -30 * A_DAY if luck < 0.6 else -A_MINUTE if luck < 0.75 else hour
                if luck < 0.9 and now > handover.due_at + after:
                    state = HandoverState.ACKNOWLEDGED
                    stored.advance(connection, handover.id, state, "t1", now)
                    self.acknowledged[handover.id] = now
                else:
                    self.waiting |= now < handover.due_at + hour

    def contacts_of(self, handover: str) -> tuple[ContactId, ...]:
        with reading(self.parts.engine) as connection:
            found = stored.one(connection, HandoverId(handover))
        return () if found is None else found.contacts


@contextmanager
def lived(settings: Settings, clocks: int) -> Iterator[Year]:
    year = Year(settings, clocks)
    year.live()
    yield year
    for clock in year.own:
        clock.engine.dispose()
    year.parts.engine.dispose()


def check_that_everybody_knows(year: Year) -> None:
    """What must hold after any year, however often a clock died."""
    with reading(year.parts.engine) as connection:
        made = stored.listed(connection, None, None)
    links = rows(year.parts.engine, "handover_contacts")
    filed: defaultdict[object, list[object]] = defaultdict(list)
    for link in links:
        filed[link["contact"]].append(link["handover"])
    by_id: dict[object, Handover] = {handover.id: handover for handover in made}

    for one in year.contacts:
        if one.home is None:
            assert one.id not in filed, f"{one.id} is nobody's"
            continue
        (which,) = filed[one.id]
        handover = by_id[which]
        assert handover.district == one.home, one
        duty = next((duty for duty in year.duties if one.at in duty), None)
        assert duty is None or handover.duty_ended_at == duty.end, one
        meets = meeting_after(duty.end if duty is not None else one.at)
        assert one.known >= meets or handover.due_at == meets, one
    assert len(links) == sum(one.home is not None for one in year.contacts)
    assert len({(h.district, h.duty_ended_at, h.part) for h in made}) == len(made)


def check_that_nobody_knows_too_late(year: Year) -> None:
    """Each is due at the first meeting that could tell of it, and people have heard before it."""
    contacts = {one.id: one for one in year.contacts}
    for row in rows(year.parts.engine, "handovers"):
        built_at, notified_at, due_at = (
            as_moment(row[name]) for name in ("built_at", "notified_at", "due_at")
        )
        mine = [contacts[id_] for id_ in year.contacts_of(str(row["id"]))]
        said = [one.said_at or one.at for one in mine if one.known <= built_at]
        ended = as_moment(row["duty_ended_at"])
        # A spool that is drained days late leaves the meeting where it was.
        since = built_at if row["part"] else max(ended, min(said))
        assert due_at == meeting_after(since), row["id"]
        is_in_time = any(one.known < due_at for one in mine)
        assert notified_at < due_at or not is_in_time, row["id"]


def as_moment(value: object) -> datetime:
    assert isinstance(value, datetime)
    return value


def check_that_nobody_is_told_twice(year: Year) -> None:
    """The letters are what they must be, to a person: none too few either."""
    letters = Counter(
        str(row["key"]).rsplit("/", 1)[0] for row in rows(year.parts.engine, "outbox")
    )
    events = Counter(
        (row["handover"], row["event"]) for row in rows(year.parts.engine, "handover_events")
    )
    assert set(events.values()) == {1}
    expected: Counter[str] = Counter()
    with reading(year.parts.engine) as connection:
        made = stored.listed(connection, None, None)
    for handover in made:
        done_at = year.acknowledged.get(handover.id)
        expected[f"handover/{handover.id}"] = 3
        for event, minutes, people in (("reminded", 30, 3), ("escalated", 60, 1)):
            is_late = done_at is None or done_at > handover.due_at + minutes * A_MINUTE
            assert ((handover.id, event) in events) == is_late, (handover, event)
            if is_late:
                expected[f"handover/{handover.id}/{event}"] = people
    assert letters == expected


def check_that_it_was_a_year(year: Year) -> None:
    """That the luck of the seed has brought about what is to be tried."""
    strange = [one for one in year.contacts if one.home is None]
    said = [one for one in year.contacts if one.said_at is not None]
    late = [one for one in year.contacts if one.arrived != one.at]
    between = [one for one in year.contacts if not any(one.at in duty for duty in year.duties)]
    assert min(map(len, (strange, said, late, between))) > 5
    states = Counter(str(row["state"]) for row in rows(year.parts.engine, "handovers"))
    assert states["acknowledged"] > 50
    assert states["notified"] > 5
    assert any(row["part"] for row in rows(year.parts.engine, "handovers"))


@pytest.mark.slow
def test_a_year_is_handed_over_though_clocks_die_in_the_middle_of_it(
    postgres_url: str, tmp_path: Path
) -> None:
    with lived(settings_for(postgres_url, tmp_path), clocks=2) as year:
        check_that_everybody_knows(year)
        check_that_nobody_knows_too_late(year)
        check_that_nobody_is_told_twice(year)
        check_that_it_was_a_year(year)
        assert year.kills["statement"] > 50
        assert year.kills["commit"] > 5


@pytest.mark.slow
def test_a_year_is_handed_over_by_one_clock_on_a_file(sqlite_url: str, tmp_path: Path) -> None:
    with lived(settings_for(sqlite_url, tmp_path), clocks=1) as year:
        check_that_everybody_knows(year)
        check_that_nobody_knows_too_late(year)
        check_that_nobody_is_told_twice(year)
        check_that_it_was_a_year(year)
