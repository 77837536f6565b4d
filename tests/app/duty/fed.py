"""A line whose rota stands in a calendar on a server, and everybody who depends on it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from app.demo.stage import Stage
from app.duty.read_feeds import FeedReader, read_feeds
from app.lab.call import Call
from app.store import drafts, feeds, watched
from app.store.database import reading
from app.store.drafts import Draft
from app.store.feeds import FeedState
from app.store.watched import Watched
from rota_adapter.sources.fetch import Fetcher
from routing.rota import Shift
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import AGREED
from tests.app.texts.talk import read_by, writes
from tests.app.world import YOUTH, changed, tried
from tests.examples import EFTERVARD, at, line, shift, span
from tests.rota_adapter.feed_server import Answering, FeedServer, Reply, serving
from tests.rota_adapter.kept_elsewhere import calendar_of

PASSWORD, FOLDER = "s3cret-password", "s3cret-folder"
PATH = f"/{FOLDER}/rota.ics"
HASSELBYS_MANAGER, JARVAS_MANAGER = "+46701740660", "+46701740661"
MANAGERS = f"""
[[managers]]
id = "m1"
name = "Manager 1"
district = "hasselby-vallingby"
phone = "{HASSELBYS_MANAGER}"

[[managers]]
id = "m2"
name = "Manager 2"
district = "jarva"
phone = "{JARVAS_MANAGER}"
"""
REST = {*(f"R{number}" for number in range(1, 17)), "R19"}
CALLED = {"t1": "Astrid", "t2": "Bo", "t4": "Daniel", "t5": "Elsa"}
NOTICE = "Beredskapsschemat: 1 att åtgärda. Logga in: https://jour.example.se/"
LOGIN = Reply(b"<!DOCTYPE html><html><title>Sign in</title></html>")
SLOW = 0.2  # seconds that an answer is waited for, where it will not come


def by_name(shift: Shift) -> str:
    """As the calendar names them: the backup by a word before the name."""
    name = CALLED.get(shift.therapist, shift.therapist)
    return name if shift.position == 1 else f"Bakjour: {name}"


def organisation_fed_by(server: FeedServer, refresh: str = "1m") -> str:
    """The organisation file, with a calendar on *server* and two managers."""
    host = urlsplit(server.address).netloc
    url = f"http://jour:{PASSWORD}@{host}{PATH}"
    names = ", ".join(f'"{name}" = "{who}"' for who, name in CALLED.items())
    table = f'{{ source = "ics", url = "{url}", refresh = "{refresh}", map = {{ {names} }} }}'
    return changed(('rota = { source = "database" }', f"rota = {table}"), AGREED) + MANAGERS


def evenings(first: str, days: int = 28, therapist: str = "t4", backup: str = "t1") -> list[Shift]:
    """Both positions of every open hour from the day *first* on."""
    start = at(f"{first}T00:00")
    opened = line().hours.within(span(first, f"{(start + timedelta(days=days)).date()}"))
    return [
        Shift(slot, position, shift(who, first, f"{first}T01:00").therapist)
        for slot in opened
        for position, who in ((1, therapist), (2, backup))
    ]


@dataclass
class Fed:
    """A stage whose line is fed by *server*; everything is at the carrier's moment."""

    stage: Stage
    server: FeedServer
    fetchers: dict[float, Fetcher] = field(default_factory=dict)
    switch_off: Callable[[], None] = lambda: None

    def keep(self, shifts: Sequence[Shift], called: Callable[[Shift], str] = by_name) -> None:
        """Let the calendar say so from now on."""
        self.server.replies[PATH] = Reply(calendar_of(shifts, called))

    def answer(self, reply: Answering) -> None:
        self.server.replies[PATH] = reply

    def read(self, *, minutes: float = 0, seconds: float = 5) -> int:
        """After so many minutes the clock reads the feeds and looks at the rota; who is told is."""
        self.wait(minutes)
        fetcher = self.fetchers.setdefault(seconds, Fetcher(seconds))
        parts = self.stage.parts
        reader = FeedReader(parts.engine, parts.clock, fetcher)
        parts.mirror.refresh()
        count = read_feeds(reader, self.stage.organisation, parts.clock())
        self.stage.sweep(("rota.watch", "outbox.send"))
        return count

    def wait(self, minutes: float) -> None:
        carrier = self.stage.carrier
        carrier.run_until(carrier.now() + timedelta(minutes=minutes))

    def until(self, moment: str) -> None:
        self.stage.carrier.run_until(at(moment))

    def rung(self) -> list[str]:
        """Who is rung, in order, when Järva's youth calls now and nobody answers."""
        call: Call = self.stage.call(YOUTH, default="no answer")
        return tried(call)

    def texted(self, body: str = "Hej") -> list[str]:
        """The therapists whom a text that is written now reaches."""
        writes(self.stage, YOUTH, body)
        return [f"t{n - 4}" for n in range(5, 11) if self._got(f"+467017406{n:02}", body)]

    @property
    def state(self) -> FeedState | None:
        with reading(self.stage.parts.engine) as connection:
            found = feeds.status(connection, EFTERVARD)
        return None if found is None else found.state

    @property
    def open_findings(self) -> list[Watched]:
        """What is open, but for what is said of people's rest."""
        with reading(self.stage.parts.engine) as connection:
            found = watched.still_open(connection, EFTERVARD)
        return [one for one in found if one.finding.rule not in REST]

    @property
    def rules(self) -> list[str]:
        return [one.finding.rule for one in self.open_findings]

    @property
    def drafts(self) -> list[Draft]:
        with reading(self.stage.parts.engine) as connection:
            return [*drafts.of_line(connection, EFTERVARD)]

    @property
    def notices(self) -> Mapping[str, list[str]]:
        """What each manager has read."""
        both = {"m1": HASSELBYS_MANAGER, "m2": JARVAS_MANAGER}
        return {name: read_by(self.stage, number) for name, number in both.items()}

    def _got(self, number: str, body: str) -> bool:
        return any(body in words for words in read_by(self.stage, number))


@contextmanager
def fed(
    stage_at: StageAt,
    moment: str,
    shifts: Sequence[Shift] | None,
    *,
    refresh: str = "1m",
    before: Sequence[Shift] = (),
) -> Iterator[Fed]:
    """
    A line fed by a calendar with *shifts*, not yet read; without them nobody answers there.

    Args:
        before: what was published before the line had a feed.
    """
    with ExitStack() as stack:
        server = stack.enter_context(serving())
        stage = stage_at(moment, shifts=before, toml=organisation_fed_by(server, refresh))
        made = Fed(stage, server, switch_off=stack.close)
        if shifts is None:
            stack.close()
        else:
            made.keep(shifts)
        yield made
