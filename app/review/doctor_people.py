"""What is wrong with the fortnight's rota, and with the telephones of those who stand in it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from app.review.coverage import Coverage
from app.review.diagnosis import Diagnosis, Value, either, warning
from app.review.system_people import People
from rota_adapter.findings import ELIGIBILITY
from routing.finding import Finding, Severity
from routing.ids import DistrictId, TherapistId
from routing.intervals import Interval
from routing.organisation import Closed, Line, Mandate, Organisation

# Nobody who can be rung within a day is an error; what is later can be put right in time.
SOON = timedelta(hours=24)
# A mandate is decided by a board that meets once a month.
EXPIRES_WITHIN = timedelta(days=30)
# A telephone is off now and then; so often in a row, it is lost, or its number is another's.
FAILS, SILENT = 3, 2
_COSTS_CALLS = frozenset({"nobody_first", "cannot_be_rung"})


def of_a_rota(coverage: Coverage, organisation: Organisation, now: datetime) -> Iterator[Diagnosis]:
    """What of the fortnight nobody answers, and what callers meet then."""
    line = coverage.line
    if not line.fallback:
        yield warning("no_fallback", line=line.id)
    if coverage.without_fallback:
        yield warning("fallback_closed", line=line.id, **_times(coverage.without_fallback))
    yield from _of_offices(line, organisation, line.today(now))
    # A rota that nobody has made yet is one thing to do, and not one for each evening.
    alike: dict[tuple[str, TherapistId | None], list[Interval]] = {}
    for one in coverage.findings:
        if one.starts_at is not None and one.ends_at is not None:
            time = Interval(one.starts_at, one.ends_at)
            alike.setdefault((_code(one), one.therapist), []).append(time)
    for (code, therapist), times in alike.items():
        is_near = code in _COSTS_CALLS and min(times).start - now <= SOON
        who: dict[str, Value] = {} if therapist is None else {"therapist": therapist}
        yield either(code, is_error=is_near, line=line.id, **_times(times), **who)
    unheard: dict[DistrictId, list[Interval]] = {}
    for district, time in coverage.unheard:
        unheard.setdefault(district, []).append(time)
    for district, times in unheard.items():
        is_near = min(times).start - now <= SOON
        yield either(
            "district_unheard", is_error=is_near, line=line.id, district=district, **_times(times)
        )


def _times(times: list[Interval] | tuple[Interval, ...]) -> dict[str, Value]:
    first = min(times)
    return {"start": first.start, "end": first.end, "count": len(times)}


def _code(one: Finding) -> str:
    is_error = one.severity is Severity.ERROR
    if one.therapist is None:
        return "nobody_first" if is_error else "nobody_behind"
    if is_error:
        return "cannot_be_rung"
    return "opted_out_on_duty" if one.rule == ELIGIBILITY else "rota_odd"


def _of_offices(line: Line, organisation: Organisation, today: date) -> Iterator[Diagnosis]:
    if line.closed is not Closed.OFFICE:
        return
    for home in dict.fromkeys(organisation.current(d, today) for d in line.districts):
        district = organisation.districts.get(home)
        if district is not None and today in district.valid and district.office is None:
            yield warning("no_office", line=line.id, district=home)


def of_people(
    known: People, organisation: Organisation, coverage: tuple[Coverage, ...], today: date
) -> Iterator[Diagnosis]:
    """Whose telephone cannot be rung or written to, of those who work here today."""
    here = {one.id for one in organisation.therapists.values() if today in one.active}
    said = {one.therapist for of in coverage for one in of.findings if one.rule == ELIGIBILITY}
    for therapist in sorted(here):
        if organisation.therapists[therapist].phone is None:
            yield warning("no_phone", therapist=therapist)
    for therapist in sorted((known.opted_out & here) - said):
        yield warning("opted_out", therapist=therapist)
    for code, least, troubles in (
        ("texts_fail", FAILS, known.texts),
        ("phone_fails", FAILS, known.calls),
        ("check_in_silent", SILENT, known.silent),
    ):
        for one in troubles:
            if one.count >= least and one.therapist in here:
                yield warning(code, therapist=one.therapist, count=one.count, last=one.last_at)


def of_mandates(organisation: Organisation, today: date) -> Iterator[Diagnosis]:
    """Mandates that end soon, with none after them."""
    for mandate in organisation.mandates:
        last = mandate.valid.last
        if last is None or today not in mandate.valid or last - today > EXPIRES_WITHIN:
            continue
        if not any(_follows(other, mandate) for other in organisation.mandates):
            yield warning(
                "mandate_ends",
                principal=mandate.principal,
                staff=mandate.staff_of,
                reference=mandate.reference,
                last=last,
            )


def _follows(other: Mandate, ending: Mandate) -> bool:
    """Whether *other* says the same from the day after *ending* at the latest."""
    last = ending.valid.last
    return (
        last is not None
        and (other.principal, other.staff_of) == (ending.principal, ending.staff_of)
        and ending.tasks <= other.tasks
        and last + timedelta(days=1) in other.valid
    )
