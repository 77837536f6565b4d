"""Whether a rota leaves everyone on it the rest that the law owes them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rota_adapter.findings import in_order
from routing.absence import Absence
from routing.finding import Finding, Severity
from routing.handover import due_at
from routing.ids import TherapistId
from routing.intervals import Interval, union
from routing.organisation import Line, Organisation
from routing.rest import findings as rest_findings
from routing.rest_words import in_words
from routing.rota import Rota, Shift
from routing.work import Work

AROUND = timedelta(days=8)  # a week is judged whole
NOTICE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Besides:
    """What people do besides their duties on a line: away, called out, on standby elsewhere."""

    absences: tuple[Absence, ...] = ()
    callouts: Mapping[TherapistId, tuple[Interval, ...]] = field(default_factory=dict)
    elsewhere: tuple[Shift, ...] = ()


def works(
    organisation: Organisation,
    people: Iterable[TherapistId],
    duties: Iterable[Shift],
    besides: Besides,
) -> Iterator[Work]:
    """What each of *people* does, as the rules of rest are judged by it."""
    standby: dict[TherapistId, list[Interval]] = {}
    for shift in (*duties, *besides.elsewhere):
        standby.setdefault(shift.therapist, []).append(shift.time)
    for therapist in sorted(people):
        yield Work(
            therapist,
            organisation.working_time_of(therapist),
            standby=union(standby.get(therapist, ())),
            callouts=besides.callouts.get(therapist, ()),
            absences=tuple(a for a in besides.absences if a.therapist == therapist),
        )


def check_rest(
    organisation: Organisation,
    line: Line,
    rota: Rota,
    span: Interval,
    besides: Besides = Besides(),
    language: str = "en",
) -> tuple[Finding, ...]:
    """
    The rest of everyone on *rota* in the days and weeks that *span* touches, R1 to R9, R19, R22.

    The rota must hold the shifts of `AROUND` before and after *span* too: a week is judged whole.

    Source: docs/architecture.md, promise 6; `routing.rest`.
    """
    people = {shift.therapist for shift in rota.shifts}
    found = (
        in_words(one, line.zone, language)
        for work in works(organisation, people, rota.shifts, besides)
        for one in rest_findings(work, span)
    )
    return in_order((*found, *_off_at_the_handover(organisation, line, rota, span, besides)), span)


def check_notice(new: Iterable[Shift], now: datetime) -> tuple[Finding, ...]:
    """
    R16: duties made known less than fourteen days before they begin, one finding for each person.

    Source: ATL 12 §, for ordinary hours and jour; good practice for standby.
    """
    late: dict[TherapistId, list[Interval]] = {}
    for shift in new:
        if now < shift.time.end and shift.time.start < now + NOTICE:
            late.setdefault(shift.therapist, []).append(shift.time)
    return tuple(
        Finding(
            "R16",
            Severity.WARNING,
            therapist,
            min(time.start for time in times),
            max(time.end for time in times),
            f"{therapist} learns of {len(times)} duties less than {NOTICE.days} days before "
            "they begin (ATL 12 §)",
            "agree with them, and say why in the note",
        )
        for therapist, times in late.items()
    )


def _off_at_the_handover(
    organisation: Organisation, line: Line, rota: Rota, span: Interval, besides: Besides
) -> Iterator[Finding]:
    """R21: whoever had the duty is away when the district meets over it."""
    for shift in rota.shifts:
        therapist = organisation.therapists.get(shift.therapist)
        district = organisation.districts.get(therapist.district) if therapist else None
        if shift.position != 1 or shift.time.overlap(span) is None or district is None:
            continue
        meeting = due_at(shift.time.end, district, line)
        if any(meeting in a.time and a.therapist == shift.therapist for a in besides.absences):
            yield Finding(
                "R21",
                Severity.WARNING,
                shift.therapist,
                shift.time.start,
                shift.time.end,
                f"{shift.therapist} is away when the duty is handed over",
                f"have {shift.therapist} write every note before signing off",
            )
