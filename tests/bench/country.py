"""
`python -m tests.bench.country`: what a country's worth of lines costs a process, on PostgreSQL.

    --lines N          municipalities, each with a line of its own (290)
    --therapists N     of all of them together (1200)
    --numbers N        in the register, of all of them together (21750)
    --contacts N       also what so many contacts of the past take on the disk (0)

Every municipality has a district and a line that is open in the evenings, two positions and a year
of rota.  Times are this process's computing, which others on the machine do not lengthen, and the
statements beside them each cost a round trip to the database.  The telephone numbers are of the
kind that North America sets aside for fiction: Sweden's own are too few.
"""

import argparse
import io
import logging
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, islice
from pathlib import Path

import msgspec
import psutil
import sqlalchemy as sa

from app.bootstrap import Parts, assemble, utc_now
from app.intake.document import Document
from app.log import configure_logging
from app.settings import Settings
from app.store import organisation, register, rota
from app.store.database import announce
from app.store.migrate import migrate
from app.store.tables import changes, metadata
from app.sweeps import sweeps
from app.telephony.carrier import NoCarrier
from routing.errors import InvalidInput
from routing.ids import ClientId, DistrictId, LineId, TherapistId
from routing.intervals import Interval
from routing.numbers import PhoneNumber, parse_number
from routing.organisation import Validity
from routing.register import RegisterEntry
from routing.role import Role
from routing.rota import Shift
from tests.app.review.stories import rows_of, stories
from tests.bench.calls import environment
from tests.bench.log_page import _database, _fill

_DISTRICT = """
[[districts]]
id = "m{n}"
name = "Kommun {n}"
valid_from = 2025-01-01
handover = {{ at = "08:30", notify = ["t{first}"]{empty} }}
"""
_THERAPIST = """
[[therapists]]
id = "t{n}"
name = "Behandlare {n}"
phone = "{phone}"
email = "t{n}@example.invalid"
district = "m{district}"
active_from = 2025-01-01
"""
_LINE = """
[[lines]]
id = "l{n}"
name = "Eftervård {n}"
number = "{phone}"
timezone = "Europe/Stockholm"
districts = ["m{n}"]
languages = ["sv", "en"]
ring_seconds = 20
positions = 2
hours = [
  {{ days = ["mon", "tue", "wed", "thu", "fri"], from = "17:00", to = "22:00" }},
  {{ days = ["sat", "sun", "holiday", "eve"], from = "10:00", to = "22:00" }},
]
closed_days = []
closed = "message"
rota = {{ source = "database" }}
[[lines.fallback]]
name = "Socialjouren"
number = "+46846500499"
"""
_REST = """
[working_time]
ordinary = [{ days = ["mon", "tue", "wed", "thu", "fri"], from = "08:00", to = "17:00" }]
day_break = "08:00"
week_break = { day = "mon", at = "08:00" }
daily_rest = "11h"
weekly_rest = "36h"
standby_breaks_weekly_rest = true
[retention]
contacts = "24 months"
notes = "24 months"
message_bodies = "14 days"
audit = "60 months"
"""


@dataclass
class Measured:
    """What something took: our own computing, the time on the wall, and statements sent."""

    cpu: float = 0.0
    wall: float = 0.0
    statements: int = 0


class Meter:
    """Measures what is done with one engine."""

    def __init__(self, engine: sa.Engine) -> None:
        self._statements = 0
        sa.event.listen(engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self._statements += 1

    def measure(self, what: Callable[[], object]) -> Measured:
        cpu, wall, statements = time.process_time(), time.perf_counter(), self._statements
        what()
        return Measured(
            time.process_time() - cpu, time.perf_counter() - wall, self._statements - statements
        )


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.country",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    usual = {"lines": 290, "therapists": 1200, "numbers": 21_750, "contacts": 0}
    for name, number in usual.items():
        parser.add_argument(f"--{name}", type=int, default=number, help=argparse.SUPPRESS)
    told = parser.parse_args(arguments)
    configure_logging(as_json=True, to=io.StringIO(), level=logging.CRITICAL)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="beredskap-bench-")))
        url = stack.enter_context(_database("postgres", folder))
        migrate(url)
        settings = Settings.from_env(environment(url, str(folder)))
        parts = assemble(settings)
        stack.callback(parts.engine.dispose)
        empty = _sizes(parts.engine)
        size = len("".join(_organisation(told.lines, told.therapists, _numbers())).encode())
        _say(f"organisation file: {size} bytes for {told.lines} lines")
        furnish(parts, told.lines, told.therapists, told.numbers)
        _say_of_memory(parts)
        _say_of_sweeps(parts)
        if told.contacts:
            _say_of_storage(parts.engine, told.contacts, empty)


def furnish(
    parts: Parts, lines: int, therapists: int, known: int, days: int = 365, *, empty: bool = False
) -> None:
    """
    So many lines, with their people, a register and a rota from a fortnight ago for *days*.

    Args:
        empty: the districts want to be told of duties without contacts, too.
    """
    numbers, now = _numbers(), parts.clock()
    text = "".join(_organisation(lines, therapists, numbers, empty=empty))
    content = msgspec.convert(tomllib.loads(text), Document, builtin_types=(date,))
    families = [
        RegisterEntry(
            next(numbers), ClientId(f"K-{n}"),
            (Role.YOUTH, Role.GUARDIAN)[n % 3 == 0], DistrictId(f"m{n % lines}"), "sv", Validity(),
        )
        for n in range(known)
    ]  # fmt: skip
    with parts.engine.begin() as connection:
        organisation.save(connection, parts.cipher, msgspec.json.encode(content), now)
        register.replace_districts(connection, parts.cipher, families)
    midnight = now.replace(hour=16, minute=0, second=0, microsecond=0)
    for n in range(lines):
        own = [TherapistId(f"t{t}") for t in range(n, therapists, lines)]
        shifts = [
            Shift(Interval(start, start + timedelta(hours=5)), position, own[place % len(own)])
            for day in range(-14, days)
            for position in (1, 2)
            # A week each, so that nobody's rest is broken by the rota itself.
            for start, place in [(midnight + timedelta(days=day), day // 7 + position)]
        ]
        with parts.engine.begin() as connection:
            rota.publish(connection, LineId(f"l{n}"), shifts, rota.Signed("bench", "", now))


def _organisation(
    lines: int, therapists: int, numbers: Iterator[PhoneNumber], *, empty: bool = False
) -> Iterator[str]:
    for n in range(lines):
        yield _DISTRICT.format(n=n, first=n, empty=", empty = true" if empty else "")
    for n in range(therapists):
        yield _THERAPIST.format(n=n, phone=next(numbers).e164, district=n % lines)
    for n in range(lines):
        yield _LINE.format(n=n, phone=next(numbers).e164)
    yield _REST


def _numbers() -> Iterator[PhoneNumber]:
    for area in range(200, 1000):
        for last in range(100, 200):
            try:
                number = parse_number(f"+1{area}5550{last}")
            except InvalidInput:
                break
            yield number


def _say_of_memory(parts: Parts) -> None:
    process, meter = psutil.Process(), Meter(parts.engine)
    before = process.memory_info().rss
    first = meter.measure(parts.mirror.refresh)
    grown = (process.memory_info().rss - before) / 1e6
    _say(f"\n| the picture in memory | computing | statements |\n|{' --- |' * 3}")
    _say(_line("read for the first time", first) + f" {grown:.0f} MB more memory")
    _say(_line("a look that finds nothing new", meter.measure(parts.mirror.refresh)))
    for what, topic in {"one rota has": "rota/l0", "the register has": "register"}.items():
        with parts.engine.begin() as connection:
            announce(connection, changes, topic)
        _say(_line(f"read anew after {what} changed", meter.measure(parts.mirror.refresh)))
    _say(f"last good picture on disk: {_last_good(parts) / 1e6:.1f} MB")


def _last_good(parts: Parts) -> int:
    return sum(p.stat().st_size for p in parts.settings.state_dir.glob("last-good*"))


def _say_of_sweeps(parts: Parts) -> None:
    meter = Meter(parts.engine)
    due = sweeps(parts, NoCarrier(), look=lambda: None)
    _say("\n| sweep | every, s | first, s | again, s | on the wall, s | statements |")
    _say(f"|{' --- |' * 6}")
    total = 0.0
    for name, (sweep, every) in due.items():
        if name == "reconcile.calls":
            continue  # there is no carrier
        first, again = meter.measure(sweep), meter.measure(sweep)
        total += again.cpu / every
        _say(
            f"| {name} | {every:.0f} | {first.cpu:.2f} | {again.cpu:.3f} | {again.wall:.2f} "
            f"| {again.statements} |"
        )
    _say(f"\nall sweeps together take {100 * total:.0f} % of one core, when nothing happens")


def _say_of_storage(engine: sa.Engine, contacts: int, empty: dict[str, int]) -> None:
    """As `tests.bench.log_page` fills it: calls and texts of every kind, over two years."""
    now, before = utc_now(), _sizes(engine)
    told = stories(contacts, now - timedelta(days=730), now, families=contacts // 100)
    events, number = chain.from_iterable(map(rows_of, told)), 0
    with engine.begin() as connection:
        while rows := list(islice(events, 50_000)):
            number += len(rows)
            _fill(connection, rows)
    after = _sizes(engine)
    _say(f"\n{contacts} contacts have {number} events: {number / contacts:.1f} each")
    grown = after["contact_events"] - before["contact_events"]
    _say(f"contact_events: {grown / contacts:.0f} bytes a contact with its indexes")
    for table in ("shifts", "clients", "organisations"):
        _say(f"{table}: {(before[table] - empty[table]) / 1e6:.1f} MB for all lines")


def _sizes(engine: sa.Engine) -> dict[str, int]:
    size = sa.text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
    with engine.connect() as connection:
        return {name: int(connection.scalar(size, {"name": name}) or 0) for name in metadata.tables}


def _line(name: str, found: Measured) -> str:
    return f"| {name} | {found.cpu:.3f} s | {found.statements} |"


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
