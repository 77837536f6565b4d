"""Rows for the reading log, as if many people had read much, and questions of its reviewers."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, timedelta
from typing import TypeVar

from app.demo.stage import Stage
from app.duty.gate import Gate, NotAllowed
from app.review import readings as service
from app.review import readings_sample
from app.review.readings import Asked, Page
from app.review.readings_facts import Entry
from app.review.readings_sample import Month, Review
from app.store import readings
from app.store.readings import Reading
from routing.access import Act, Denial, Office, Viewer
from routing.ids import ContactId, DistrictId, HandoverId
from tests.app.duty import desk
from tests.examples import HASSELBY_VALLINGBY, JARVA, at, span

_Told = TypeVar("_Told")
REVIEWERS = {
    "r1": Viewer("r1", Office.REVIEWER, HASSELBY_VALLINGBY),
    "r2": Viewer("r2", Office.REVIEWER, JARVA),
    "a1": Viewer("a1", Office.ADMINISTRATOR, HASSELBY_VALLINGBY),
}
MARCH = span("2026-03-01", "2026-04-01")


@contextmanager
def gate(stage: Stage, who: str, moment: str | None = None) -> Iterator[Gate]:
    """*who* at the gate, now or at a wall time; that somebody was turned away is kept too."""
    parts = stage.parts
    viewer = REVIEWERS.get(who) or desk.viewer(stage, who)
    now = parts.clock() if moment is None else at(moment).astimezone(UTC)
    with parts.engine.connect() as connection, connection.begin() as transaction:
        try:
            yield Gate(connection, parts.cipher, stage.organisation, viewer, now)
        except NotAllowed:
            transaction.commit()
            raise


def read(
    stage: Stage,
    who: str,
    moment: str,
    contact: str | None = "c",
    *,
    act: Act = Act.READ,
    home: DistrictId | None = HASSELBY_VALLINGBY,
    handover: str | None = None,
    denied: Denial | None = None,
) -> None:
    """A row of the log: *who* read at a wall time."""
    keep(
        stage,
        Reading(
            REVIEWERS.get(who) or desk.viewer(stage, who),
            act,
            at(moment).astimezone(UTC),
            home,
            None if contact is None else ContactId(contact),
            None if handover is None else HandoverId(handover),
            denied,
        ),
    )


def keep(stage: Stage, *made: Reading) -> None:
    with stage.parts.engine.begin() as connection:
        readings.add(connection, made)


def many(
    stage: Stage, number: int, moment: str, who: str = "t2", seconds: int = 3600, name: str = "c"
) -> None:
    """Different contacts, read at noon of day after day or however far apart."""
    viewer = REVIEWERS.get(who) or desk.viewer(stage, who)
    first = at(moment).astimezone(UTC)
    keep(
        stage,
        *(
            Reading(
                viewer,
                Act.READ,
                first + timedelta(seconds=n * seconds),
                HASSELBY_VALLINGBY,
                ContactId(f"{name}{n}"),
            )
            for n in range(number)
        ),
    )


def look(
    stage: Stage,
    who: str,
    after: service.Cursor | None = None,
    *,
    now: str | None = None,
    **asked: object,
) -> Page:
    """What a reviewer is shown of March."""
    fields: dict[str, object] = {"span": MARCH, **asked}
    with gate(stage, who, now) as own:
        return service.look(own, Asked(**fields), after)  # type: ignore[arg-type]


def told(page: Page | Sequence[Entry]) -> list[tuple[str, str, str | None]]:
    """Who did what with which contact, the newest first; looks at the log itself left out."""
    entries = page.entries if isinstance(page, Page) else page
    return [(e.viewer.id, str(e.act), e.contact) for e in entries if e.act is not Act.REVIEW]


def flags_of(page: Page) -> dict[str | None, list[str]]:
    return {e.contact: [str(one.flag) for one in e.flags] for e in page.entries if e.flags}


def ask(stage: Stage, who: str, now: str, question: Callable[[Gate], _Told]) -> _Told:
    """Something that the reviewer asks or does at a wall time."""
    with gate(stage, who, now) as own:
        return question(own)


def months(stage: Stage, who: str, now: str) -> list[tuple[str, bool]]:
    """The months there are, and whether each is still to be signed for."""
    found: tuple[Month, ...] = ask(stage, who, now, readings_sample.months)
    return [(f"{one.first:%Y-%m}", one.is_due) for one in found]


def draw(stage: Stage, who: str, now: str, month: date) -> Review:
    """Draw the month's sample, and look at it."""

    def both(own: Gate) -> Review:
        readings_sample.draw(own, month)
        return readings_sample.review(own, month)

    return ask(stage, who, now, both)


def sign(stage: Stage, who: str, now: str, month: date, remark: str = "") -> None:
    ask(stage, who, now, lambda own: readings_sample.sign(own, month, remark))
