"""What would happen if somebody called: who would be rung, in which order, and who would not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.duty.gate import Gate, NotAllowed
from app.duty.register_desk import own_districts
from app.duty.rota_desk import line_for
from app.phrases import phrases
from app.store import register
from app.store import rota as stored_rota
from routing.access import Denial, Office
from routing.arrival import must_ask, targets, unreachable
from routing.call import (
    Arrived,
    AskDistrict,
    CallState,
    Facts,
    FallbackNumber,
    OfficeNumber,
    Person,
    Step,
    Target,
    next_step,
)
from routing.errors import InvalidInput, NotFound, Place
from routing.ids import ClientId, ContactId, DistrictId, TherapistId
from routing.intervals import Interval
from routing.ladder import Ladder, Reason, Seeker, ladder
from routing.numbers import PhoneNumber
from routing.organisation import Line
from routing.question import district_keys
from routing.register import RegisterEntry, identify
from routing.role import Role
from routing.rota import Shift

_A_SECOND = timedelta(seconds=1)
_LONGEST_REFERENCE = 80


class Caller(StrEnum):
    """Who is thought to call."""

    DISTRICT = "district"  # somebody of a home district that is known
    CLIENT = "client"  # by the reference of the viewer's own district
    UNKNOWN = "unknown"  # a number that nobody knows
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Question:
    """
    At which moment, and who calls; None is now, and then pauses and calls count too.

    *district* goes with `Caller.DISTRICT`, *client* with `Caller.CLIENT`.
    """

    line: str
    caller: Caller
    at: datetime | None = None
    district: str = ""
    client: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """One who would be tried: a therapist in a position, the office, or a fallback by its name."""

    therapist: TherapistId | None = None
    position: int | None = None
    until: datetime | None = None
    office: DistrictId | None = None
    fallback: str = ""
    is_own: bool = False  # the family's own therapist, who stands first


@dataclass(frozen=True, slots=True)
class Course:
    """
    How a call would go once the home district is *home*; None is never said.

    *left_out* are those on standby who are not rung, and why; *shut* those after them who do not
    answer at that hour.
    """

    home: DistrictId | None
    tried: tuple[Tried, ...]
    left_out: tuple[tuple[TherapistId, Reason], ...]
    shut: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What would happen: whether the line is open, what the caller hears first, and each course.

    *hears* is what is said first, nothing where it rings at once; *courses* are several where the
    caller is asked for the home district.
    """

    line: Line
    at: datetime
    is_open: bool
    opens: datetime | None
    asks: bool
    hears: str
    courses: tuple[Course, ...]
    on_standby: tuple[TherapistId, ...]
    language: str


def what_if(gate: Gate, asked: Question, out: Mapping[TherapistId, Reason]) -> Answer | None:
    """
    Who would be tried for that caller, and what the caller would hear first.

    None where the viewer's own district has no such client; that it was asked is kept all the same.

    Args:
        out: who is in a call or has paused; it counts only for a call just now.

    Raises:
        NotFound: no such line, or no such district on it.
        NotAllowed: not the viewer's to ask; of clients, staff asks for the own district's alone.
        InvalidInput: the reference is empty or too long.
    """
    line = line_for(gate, asked.line)
    at = asked.at or gate.now
    busy = out if asked.at is None else {}
    who = _seeker(gate, line, asked, at)
    if who is None:
        return None
    seeker, role, language = who
    rota = stored_rota.rota(
        gate.connection,
        line.id,
        Interval(at, at + _A_SECOND),
        gate.now,
        at if at < gate.now else None,
    )
    on_call = rota.on_call(at)
    asks = must_ask(gate.organisation, line, seeker.home, at)
    homes: list[DistrictId | None] = [seeker.home]
    if asks:
        today = line.today(at)
        current = gate.organisation.current
        homes = [*(current(d, today) for _, d in district_keys(line)), None]
    plans = [_Plan(gate, line, replace(seeker, home=home), at) for home in dict.fromkeys(homes)]
    laid = [plan.laid_out(on_call, busy) for plan in plans]
    state = CallState(
        contact=ContactId("what-if"),
        line=line.id,
        language=language,
        home=seeker.home,
        role=role,
        closed=not line.hours.is_open(at),
        withheld=asked.caller is Caller.WITHHELD,
    )
    away = frozenset(target for _, _, shut in laid for target in shut)
    facts = Facts({seeker.home: laid[0][1]}, away)
    first = next_step(state, Arrived(ask_district=asks), facts)
    return Answer(
        line,
        at,
        is_open=line.hours.is_open(at),
        opens=line.hours.next_opening(at),
        asks=asks,
        hears=_heard(gate, line, first),
        courses=tuple(plan.course(*one) for plan, one in zip(plans, laid, strict=True)),
        on_standby=tuple(dict.fromkeys(shift.therapist for shift in on_call)),
        language=language,
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """Who is tried for one seeker at one moment."""

    gate: Gate
    line: Line
    seeker: Seeker
    at: datetime

    def laid_out(
        self, on_call: Sequence[Shift], busy: Mapping[TherapistId, Reason]
    ) -> tuple[Ladder, tuple[Target, ...], frozenset[Target]]:
        """The ladder, everyone who is tried after it, and who of them cannot be."""
        organisation, line = self.gate.organisation, self.line
        held = on_call if line.hours.is_open(self.at) else ()
        tried = ladder(organisation, line, held, self.seeker, self.at, busy)
        planned = targets(organisation, line, self.seeker.home, tried.therapists, self.at)
        away = unreachable(organisation, line, planned, frozenset(), self.at)
        return tried, planned, away

    def course(self, tried: Ladder, planned: Sequence[Target], away: frozenset[Target]) -> Course:
        rungs = {rung.therapist: rung for rung in tried.rungs}
        found: list[Tried] = []
        shut: list[str] = []
        for target in planned:
            match target:
                case FallbackNumber(place) if target in away:
                    shut.append(self.line.fallback[place].name)
                case FallbackNumber(place):
                    found.append(Tried(fallback=self.line.fallback[place].name))
                case OfficeNumber(district) if target not in away:
                    found.append(Tried(office=district))
                case Person(therapist) if target not in away:
                    rung = rungs[therapist]
                    is_own = therapist == self.seeker.own
                    found.append(Tried(therapist, rung.position, rung.until, is_own=is_own))
        return Course(self.seeker.home, tuple(found), tried.left_out, tuple(shut))


def _seeker(
    gate: Gate, line: Line, asked: Question, at: datetime
) -> tuple[Seeker, Role | None, str] | None:
    today = line.today(at)
    only = line.districts[0] if len(line.districts) == 1 else None
    first = line.languages[0]
    match asked.caller:
        case Caller.DISTRICT:
            if asked.district not in line.districts:
                raise NotFound("there is no such district on the line")
            home = gate.organisation.current(DistrictId(asked.district), today)
            return Seeker(home), None, first
        case Caller.CLIENT:
            return _client(gate, line, asked.client.strip(), at)
        case Caller.UNKNOWN | Caller.WITHHELD:
            home_ = None if only is None else gate.organisation.current(only, today)
            return Seeker(home_), None, first


def _client(
    gate: Gate, line: Line, reference: str, at: datetime
) -> tuple[Seeker, Role | None, str] | None:
    """By the register of the viewer's own district alone: what another knows shows in nothing."""
    if gate.viewer.office not in {Office.THERAPIST, Office.MANAGER}:
        raise NotAllowed(Denial.NOT_YOUR_OFFICE)
    if not reference or len(reference) > _LONGEST_REFERENCE:
        raise InvalidInput("is needed", Place("client"))
    own = own_districts(gate)
    today = line.today(at)
    found = register.of_client(gate.connection, gate.cipher, ClientId(reference))
    entries = [entry for entry in found if entry.district in own]
    known = identify(entries, today)
    if known is None:
        return None
    home = gate.organisation.current(gate.viewer.district, today)
    seeker = Seeker(home, known.therapist, _number(entries), known.label)
    return seeker, known.role, known.language or line.languages[0]


def _number(entries: Sequence[RegisterEntry]) -> PhoneNumber | None:
    """The family's number, where it has one alone: nobody on standby is rung on her own."""
    numbers = {entry.phone for entry in entries}
    return numbers.pop() if len(numbers) == 1 else None


def _heard(gate: Gate, line: Line, step: Step) -> str:
    """What is said before anything else, in the caller's language; nothing where it only rings."""
    spoken = phrases(step.state.language).spoken
    if isinstance(step, AskDistrict):
        choice = spoken.get("district_choice", "")
        choices = " ".join(
            choice.format(name=gate.organisation.name_of(district), key=key)
            for key, district in district_keys(line)
        )
        return spoken.get("which_district", "").format(choices=choices)
    return "" if step.words is None else spoken.get(step.words, "")
