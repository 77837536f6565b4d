"""The monthly check of the reading log: a sample that nobody chooses, and who answers for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

from app.duty.gate import Gate
from app.review.readings import Own, judged, reviewed
from app.review.readings_facts import Entry
from app.store import reading_log, reading_samples
from app.store.reading_log import Wanted
from app.store.reading_samples import Sample
from routing.access import Office
from routing.errors import Conflict, InvalidInput, NotFound
from routing.hours import wall
from routing.intervals import Interval

# What is flagged is looked at as far as a person can in an hour; the rest by chance, so that
# whoever knows the flags does not know what goes unseen.
MOST_FLAGGED, BY_CHANCE = 30, 20
LONGEST_REMARK = 2000
_A_MONTHS_ROWS = 1_000_000


class OwnReadings(Conflict):
    """The sample holds what the signer read herself, so *office* is to sign instead."""

    code = "own_readings"

    def __init__(self, office: Office) -> None:
        super().__init__("the sample holds readings by whoever signs")
        self.office = office


@dataclass(frozen=True, slots=True)
class Month:
    """A month that is over and in which something was read; *sample* once it was drawn."""

    first: date
    sample: Sample | None

    @property
    def is_due(self) -> bool:
        """Whether nobody has signed for it yet."""
        return self.sample is None or self.sample.signed_at is None


@dataclass(frozen=True, slots=True)
class Review:
    """
    A month's sample, to be gone through.

    *left_to* is the office that is to sign, where the viewer may not; *gone* how many of its rows
    have been purged since.
    """

    month: Month
    entries: tuple[Entry, ...]
    left_to: Office | None
    gone: int


def months(gate: Gate) -> tuple[Month, ...]:
    """
    The months that are to be gone through or have been, the latest first.

    Raises:
        NotAllowed: the viewer is no manager or reviewer of the district.
    """
    own = reviewed(gate)
    return tuple(_months(gate, own))


def last_month(gate: Gate) -> Month | None:
    """
    The month before this one, if anything was read in it; what a reminder is about.

    Raises:
        NotAllowed: as `months`.
    """
    own = reviewed(gate)
    month = _before(own.line.today(gate.now).replace(day=1))
    samples = reading_samples.of_districts(gate.connection, gate.cipher, sorted(own.districts))
    drawn = next((one for one in samples if one.month == month), None)
    is_there = drawn is not None or _has_any(gate, own, month)
    return Month(month, drawn) if is_there else None


def draw(gate: Gate, month: date) -> None:
    """
    Draw the sample of *month*, which any number of times gives the same; the first is kept.

    All that is flagged, the gravest first and as much as can be looked through, and some of the
    rest in an order that follows from our own key.

    Raises:
        NotAllowed: as `months`.
        NotFound: the month is not over, or nobody read anything in it.
    """
    own = reviewed(gate)
    if _one(gate, own, month).sample is not None:
        return
    wanted = Wanted(own.districts, span_of(own, month), checked=True)
    found = judged(gate, own, reading_log.newest(gate.connection, wanted, _A_MONTHS_ROWS))

    def by_chance(entry: Entry) -> tuple[int, int]:
        about = f"reading sample {own.home} {month:%Y-%m} {entry.id}"
        return gate.cipher.opaque_number(about), entry.id

    def gravest_first(entry: Entry) -> tuple[bool, tuple[int, int]]:
        return not any(one.flag.is_grave for one in entry.flags), by_chance(entry)

    flagged = sorted((one for one in found if one.flags), key=gravest_first)[:MOST_FLAGGED]
    others = sorted((one for one in found if not one.flags), key=by_chance)[:BY_CHANCE]
    ids = tuple(sorted(one.id for one in (*flagged, *others)))
    drawn = Sample(own.home, month, ids, gate.viewer.id, gate.now)
    reading_samples.draw(gate.connection, drawn)


def review(gate: Gate, month: date) -> Review:
    """
    The sample of *month*, the oldest row first.

    Raises:
        NotAllowed, NotFound: as `draw`.
    """
    own = reviewed(gate)
    known = _one(gate, own, month)
    ids = () if known.sample is None else known.sample.readings
    rows = reading_log.of_ids(gate.connection, own.districts, ids)
    found = judged(gate, own, rows)
    return Review(known, found, _left_to(gate, found), len(ids) - len(found))


def sign(gate: Gate, month: date, remark: str) -> None:
    """
    Answer for having gone through the sample of *month*, once and for all.

    Raises:
        NotAllowed, NotFound: as `draw`.
        OwnReadings: it holds readings by the viewer, who cannot check herself.
        Conflict: it is not drawn yet, or signed already.
        InvalidInput: the remark is too long.

    Source: SoLPuL (2001:454) 10 §, systematic and recurring checks.
    """
    found = review(gate, month)
    if found.month.sample is None:
        raise Conflict("there is no sample of that month yet")
    if found.left_to is not None:
        raise OwnReadings(found.left_to)
    said = remark.strip()
    if len(said) > LONGEST_REMARK:
        raise InvalidInput(f"a remark has at most {LONGEST_REMARK} characters")
    sample = found.month.sample
    signed = reading_samples.sign(
        gate.connection, gate.cipher, sample.district, month, gate.viewer.id, said, gate.now
    )
    if not signed:
        raise Conflict("somebody has signed for that month already")


def span_of(own: Own, month: date) -> Interval:
    """The days of *month* in the line's own calendar."""
    zone, after = own.line.zone, _after(month)
    start, end = (wall(day, time(0), zone, last=False) for day in (month, after))
    return Interval(start, end)


def _months(gate: Gate, own: Own) -> Iterator[Month]:
    samples = reading_samples.of_districts(gate.connection, gate.cipher, sorted(own.districts))
    # What a district signed before it was merged stays signed.
    drawn: dict[date, Sample] = {one.month: one for one in samples}
    begun = reading_log.first_at(gate.connection, own.districts)
    firsts = [*drawn, *([] if begun is None else [own.line.today(begun).replace(day=1)])]
    month = own.line.today(gate.now).replace(day=1)
    while firsts and (month := _before(month)) >= min(firsts):
        if month in drawn or _has_any(gate, own, month):
            yield Month(month, drawn.get(month))


def _one(gate: Gate, own: Own, month: date) -> Month:
    found = next((one for one in _months(gate, own) if one.first == month), None)
    if found is None:
        raise NotFound("there is nothing to go through of that month")
    return found


def _has_any(gate: Gate, own: Own, month: date) -> bool:
    """Whether there is anything but that somebody looked at this log: who did read of nobody."""
    wanted = Wanted(own.districts, span_of(own, month), checked=True)
    return bool(reading_log.newest(gate.connection, wanted, 1))


def _left_to(gate: Gate, found: tuple[Entry, ...]) -> Office | None:
    if all(one.viewer.id != gate.viewer.id for one in found):
        return None
    return Office.MANAGER if gate.viewer.office is Office.REVIEWER else Office.REVIEWER


def _before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def _after(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
