"""What is wrong with a coming rota: whose it is to put right, and when that person is told."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from routing.finding import Finding, Severity
from routing.ids import DistrictId
from routing.organisation import Line, Manager, Organisation

# How often somebody is reminded, by how long there is left: days ahead once a day, then oftener.
_URGENT, _SOON = timedelta(hours=24), timedelta(hours=72)
_EVERY = {_URGENT: timedelta(hours=6), _SOON: timedelta(hours=12)}
_SELDOM = timedelta(hours=24)
# What can wait is not told of when people rest.
_FROM, _TO = time(8), time(18)
# Rest that is short is mended by day; nobody would answer a call any sooner for it.
_CAN_WAIT = frozenset({"R1", "R3", "R5", "R6", "R9", "R13", "R14", "R15", "R22"})


def is_urgent(finding: Finding, now: datetime) -> bool:
    """Whether it concerns the next 24 hours; what has no time concerns the source as it is now."""
    return finding.starts_at is None or finding.starts_at - now <= _URGENT


def is_due(
    finding: Finding, found_at: datetime, told_at: datetime | None, zone: ZoneInfo, now: datetime
) -> bool:
    """
    Whether the owner of *finding* is to be told of it now, for the first time or again.

    An error that is urgent is told at once and at any hour, and again when it becomes urgent or
    has begun; the rest waits for the day.
    """
    wakes = finding.severity is Severity.ERROR and finding.rule not in _CAN_WAIT
    if told_at is None:
        return (wakes and is_urgent(finding, now)) or _is_daytime(now, zone)
    starts_at = finding.starts_at or found_at
    if finding.starts_at is not None:
        # Crossing a threshold is news of its own.
        for threshold in (starts_at - _URGENT, starts_at):
            if told_at < threshold <= now:
                return wakes or _is_daytime(now, zone)
        if now >= starts_at:
            return False  # it has begun and been told of: nobody is helped by more texts
    left = starts_at - now
    pause = next((every for within, every in _EVERY.items() if left <= within), _SELDOM)
    if finding.starts_at is None:
        pause = _SELDOM
    return now - told_at >= pause and _is_daytime(now, zone)


def owners(
    organisation: Organisation, line: Line, finding: Finding, now: datetime
) -> tuple[Manager, ...]:
    """
    The managers who are to put *finding* right; nobody where the file names none.

    A therapist's are those of her employer; anything else, and what concerns a therapist whose
    employer names none, those of every district of the line.
    """
    therapist = organisation.therapists.get(finding.therapist) if finding.therapist else None
    of_employer = (
        () if therapist is None else _managers(organisation, line, now, therapist.district)
    )
    return of_employer or managers_of(organisation, line, now)


def managers_of(organisation: Organisation, line: Line, now: datetime) -> tuple[Manager, ...]:
    """The managers of every district of *line*; nobody where the file names none."""
    return _managers(organisation, line, now, *line.districts)


def _managers(
    organisation: Organisation, line: Line, now: datetime, *concerned: DistrictId
) -> tuple[Manager, ...]:
    today = line.today(now)
    districts = {organisation.current(district, today) for district in concerned}
    return tuple(
        m for m in organisation.managers if organisation.current(m.district, today) in districts
    )


def _is_daytime(now: datetime, zone: ZoneInfo) -> bool:
    return _FROM <= now.astimezone(zone).time() < _TO
