"""The rota of a line that is kept elsewhere: in calendars, in a table, or in an on-call product."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from rota_adapter.people import People
from rota_adapter.reading import Reading, Unusable
from rota_adapter.sources.calendar_file import read_calendar
from rota_adapter.sources.csv_file import read_csv
from rota_adapter.sources.fetch import Fetcher
from rota_adapter.sources.goalert import read_goalert
from rota_adapter.sources.pagerduty import read_pagerduty
from rota_adapter.sources.xlsx_file import read_xlsx
from routing.errors import InvalidInput, RotaUnavailable
from routing.feed import Feed, FeedKind
from routing.finding import Finding
from routing.ids import LineId
from routing.intervals import Interval
from routing.organisation import Line
from routing.rota import Rota, Shift

NO_SENSE = "UNUSABLE"


class RotaUnusable(RotaUnavailable):
    """The source answers, and its answer makes no sense; *rule* is the code of what was found."""

    code = "rota_unusable"

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A source: whatever stands at the addresses of a line's feed."""

    line: Line
    feed: Feed
    people: People = field(repr=False)
    fetcher: Fetcher
    clock: Callable[[], datetime]

    def load(self, line: LineId, window: Interval) -> Rota:
        """
        The shifts in *window*, and what is wrong with the source there; none of another line.

        What stands there twice is one shift.

        Raises:
            RotaUnavailable: a server or file does not answer.
            RotaUnusable: an answer makes no sense as a whole.
        """
        readings = self._readings(window) if line == self.line.id else ()
        try:
            shifts, findings = _joined(readings, window)
        except InvalidInput as err:
            # Without its cause, which is a library's error and might quote what stands there.
            fault = RotaUnusable(err.rule if isinstance(err, Unusable) else NO_SENSE, str(err))
        else:
            source, read_at = str(self.feed.kind), self.clock()
            return Rota(line, shifts, source=source, read_at=read_at, findings=findings)
        raise fault

    def _readings(self, window: Interval) -> Iterator[Reading]:
        fetcher = self.fetcher.for_one_load()
        line, people = self.line, self.people
        match self.feed.kind:
            case FeedKind.ICS:
                addresses = self.feed.addresses
                for number, (file, content) in enumerate(self._contents(fetcher, "calendar"), 1):
                    position = number if len(addresses) > 1 else None
                    yield read_calendar(file, content, line, people, window, position)
            case FeedKind.CSV:
                for file, content in self._contents(fetcher, "table"):
                    yield read_csv(file, content, line, people)
            case FeedKind.XLSX:
                for file, content in self._contents(fetcher, "table"):
                    yield read_xlsx(file, content, line, people)
            case FeedKind.GOALERT:
                with _named("GoAlert"):
                    reading = read_goalert(fetcher, self.feed, line, people, window)
                yield reading
            case FeedKind.PAGERDUTY:
                with _named("PagerDuty"):
                    reading = read_pagerduty(fetcher, self.feed, line, people, window)
                yield reading
            case _:
                assert_never(self.feed.kind)

    def _contents(self, fetcher: Fetcher, kind: str) -> Iterator[tuple[str, bytes]]:
        """What stands at each address, under a name that gives no address away."""
        for number, address in enumerate(self.feed.addresses, start=1):
            file = kind if number == 1 else f"{kind} {number}"
            with _named(file):
                content = fetcher.get(address)
            yield file, content


@contextmanager
def _named(source: str) -> Iterator[None]:
    try:
        yield
    except RotaUnavailable as err:
        raise RotaUnavailable(f"{source}: {err}") from err


def _joined(
    readings: Iterable[Reading], window: Interval
) -> tuple[frozenset[Shift], tuple[Finding, ...]]:
    shifts: set[Shift] = set()
    findings: dict[Finding, None] = {}
    for reading in readings:
        shifts.update(s for s in reading.shifts if s.time.overlap(window) is not None)
        findings.update((f, None) for f in reading.findings if _concerns(f, window))
    return frozenset(shifts), tuple(findings)


def _concerns(finding: Finding, window: Interval) -> bool:
    """Whether *finding* is about *window*, or about no time that is known."""
    start, end = finding.starts_at, finding.ends_at
    return (start is None or start < window.end) and (end is None or end > window.start)
