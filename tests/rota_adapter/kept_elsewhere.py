"""A rota that somebody keeps in a calendar, a table or a product, and the feed that leads to it."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from openpyxl import Workbook

from rota_adapter.people import People
from rota_adapter.sources.feeds import FeedSource
from rota_adapter.sources.fetch import Fetcher
from routing.feed import Feed, FeedKind
from routing.ids import TherapistId
from routing.rota import Shift
from tests.examples import line, therapist
from tests.rota_adapter.feed_server import FeedServer, Reply
from tests.rota_adapter.product_servers import TOKEN, goalert, pagerduty

READ_AT = datetime(2026, 3, 3, 18, 4, tzinfo=UTC)
PASSWORD, FOLDER = "s3cret-password", "s3cret-folder"
SECRETS = (TOKEN, PASSWORD, FOLDER, "s3cret")
SCHEDULES = ("5bf7c1e0-first", "5bf7c1e0 / second")  # an id may need quoting in an address
FILES = ("ics by file", "csv by file", "xlsx by file")
ADDRESSES = ("ics by URL", "csv by URL", "xlsx by URL", "goalert", "pagerduty")
_THERAPISTS = tuple(therapist(n) for n in range(1, 7))
Called = Callable[[Shift], str]


def by_id(shift: Shift) -> str:
    return shift.therapist


class Elsewhere:
    """
    One line's rota in one form, on *server* or in *folder*.

    Args:
        form: one of FILES or ADDRESSES.
    """

    def __init__(self, form: str, server: FeedServer, folder: Path) -> None:
        self.form, self._server = form, server
        self.kind = FeedKind(form.partition(" ")[0])
        self._is_file = form in FILES
        self._folder = folder / FOLDER
        self._folder.mkdir(exist_ok=True)

    def keep(self, shifts: Sequence[Shift], called: Called = by_id) -> None:
        """Let the rota be *shifts*, whose people are named as *called* says."""
        match self.kind:
            case FeedKind.ICS:
                for position in (1, 2):
                    mine = [shift for shift in shifts if shift.position == position]
                    self._put(f"{position}.ics", calendar_of(mine, called))
            case FeedKind.CSV:
                self._put("rota.csv", _csv_of(shifts, called))
            case FeedKind.XLSX:
                self._put("rota.xlsx", _xlsx_of(shifts, called))
            case FeedKind.GOALERT:
                self._server.replies |= goalert(shifts, called, SCHEDULES)
            case FeedKind.PAGERDUTY:
                self._server.replies |= pagerduty(shifts, called, SCHEDULES)

    def answer(self, reply: Reply) -> None:
        """Let the server answer every request in this way."""
        self._server.replies.clear()
        self._server.otherwise = reply

    def source(
        self,
        *,
        seconds: float = 5,
        names: Mapping[str, str] | None = None,
        token: str = TOKEN,
        server: FeedServer | None = None,
    ) -> FeedSource:
        """The source that reads it."""
        explicit = {text: TherapistId(who) for text, who in (names or {}).items()}
        feed = Feed(
            self.kind,
            tuple(map(self._address(server or self._server), self._names())),
            schedules=SCHEDULES,
            token=token,
            names=explicit,
        )
        people = People(_THERAPISTS, explicit)
        return FeedSource(line(), feed, people, Fetcher(seconds), lambda: READ_AT)

    def _names(self) -> tuple[str, ...]:
        match self.kind:
            case FeedKind.ICS:
                return ("1.ics", "2.ics")
            case FeedKind.CSV:
                return ("rota.csv",)
            case FeedKind.XLSX:
                return ("rota.xlsx",)
            case FeedKind.GOALERT | FeedKind.PAGERDUTY:
                return ("",)

    def _address(self, server: FeedServer) -> Callable[[str], str]:
        if self._is_file:
            return lambda name: str(self._folder / name)
        if self.kind in {FeedKind.GOALERT, FeedKind.PAGERDUTY}:
            return lambda _: f"{server.address}/"
        host = urlsplit(server.address).netloc
        return lambda name: f"http://jour:{PASSWORD}@{host}/{FOLDER}/{name}"

    def _put(self, name: str, content: bytes) -> None:
        if self._is_file:
            (self._folder / name).write_bytes(content)
        else:
            etag = f'"{hash(content)}"'
            self._server.replies[f"/{FOLDER}/{name}"] = Reply(content, etag=etag)


def calendar_of(shifts: Sequence[Shift], called: Called = by_id) -> bytes:
    """A calendar with an event for each of *shifts*, whose summary is the person."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//rota//EN"]
    for number, shift in enumerate(shifts):
        lines += [
            "BEGIN:VEVENT",
            f"UID:{number}@rota.example.org",
            "DTSTAMP:20260101T000000Z",
            f"DTSTART:{shift.time.start:%Y%m%dT%H%M%SZ}",
            f"DTEND:{shift.time.end:%Y%m%dT%H%M%SZ}",
            f"SUMMARY:{called(shift)}",
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def _rows_of(shifts: Sequence[Shift], called: Called) -> list[tuple[str, str, str, str]]:
    header = ("position", "therapist", "starts_at", "ends_at")
    return [header] + [
        (str(s.position), called(s), s.time.start.isoformat(), s.time.end.isoformat())
        for s in shifts
    ]


def _csv_of(shifts: Sequence[Shift], called: Called) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(_rows_of(shifts, called))
    return text.getvalue().encode()


def _xlsx_of(shifts: Sequence[Shift], called: Called) -> bytes:
    book, content = Workbook(), io.BytesIO()
    for row in _rows_of(shifts, called):
        book.active.append(row)
    book.save(content)
    return content.getvalue()
