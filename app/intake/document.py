"""The shape of the organisation file: which tables and keys there are, and of what type."""

from datetime import date

from msgspec import Struct, field


class HandoverTable(Struct, frozen=True, forbid_unknown_fields=True):
    """When a district is told of a duty, and who; without *notify* its own therapists are."""

    at: str = "08:30"
    notify: list[str] | None = None
    empty: bool = False
    urgent: list[str] = field(default_factory=list)


class DistrictTable(Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``[[districts]]``."""

    id: str
    name: str
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str | None = None
    office_number: str | None = None
    handover: HandoverTable = HandoverTable()


class WindowTable(Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``hours``."""

    days: list[str]
    opens: str = field(name="from")
    closes: str = field(name="to")


class WeekBreakTable(Struct, frozen=True, forbid_unknown_fields=True):
    """The day and time at which the week of weekly rest begins."""

    day: str
    at: str


class ScheduleTable(Struct, frozen=True, forbid_unknown_fields=True):
    """``schedule``: the periods a working schedule is laid for."""

    first: date
    weeks: int


class WorkingTimeFields(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is said of working time in one place; None means as before."""

    ordinary: list[WindowTable] | None = None
    day_break: str | None = None
    week_break: WeekBreakTable | None = None
    daily_rest: str | None = None
    weekly_rest: str | None = None
    full_weekly_rest: str | None = None
    repaid_within_days: int | None = None
    shortest_callout: str | None = None
    joined_within: str | None = None
    meal_break: str | None = None
    answer_within: str | None = None
    on_site_within: str | None = None
    schedule: ScheduleTable | None = None
    standby_breaks_weekly_rest: bool | None = None
    agreement: str | None = None
    reference: str | None = None


class WorkingTimeChange(WorkingTimeFields, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is different from a date on, and where that is decided."""

    valid_from: date
    reference: str


class WorkingTimeTable(WorkingTimeFields, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[working_time]``, or what one therapist has instead; None means as everybody."""

    changes: list[WorkingTimeChange] = field(default_factory=list)


class TherapistTable(Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``[[therapists]]``."""

    id: str
    name: str
    district: str
    phone: str | None = None
    email: str | None = None
    active_from: date | None = None
    active_to: date | None = None
    working_time: WorkingTimeTable | None = None
    not_for: list[str] = field(default_factory=list)


class ManagerTable(Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``[[managers]]``."""

    id: str
    name: str
    district: str
    phone: str | None = None
    email: str | None = None


class MandateTable(Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``[[mandates]]``."""

    principal: str
    staff_of: str
    reference: str
    valid_from: date | None = None
    valid_to: date | None = None
    tasks: list[str] = field(default_factory=lambda: ["standby"])


class FallbackTable(Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``[[lines.fallback]]``."""

    name: str
    number: str
    hours: list[WindowTable] | None = None


class CheckInTable(Struct, frozen=True, forbid_unknown_fields=True):
    """When, before a duty, somebody is asked by text, then called, then others are told."""

    ask: str = "2h"
    call: str = "45m"
    tell: str = "20m"


class RotaTable(Struct, frozen=True, forbid_unknown_fields=True):
    """``rota`` of a line; which keys it needs depends on the source."""

    source: str
    url: str | None = None
    urls: list[str] | None = None  # a calendar for each position
    file: str | None = None
    refresh: str | None = None
    schedules: list[str] | None = None
    token: str | None = None
    names: dict[str, str] | None = field(default=None, name="map")


class LineTable(Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``[[lines]]``."""

    id: str
    name: str
    number: str
    districts: list[str]
    hours: list[WindowTable]
    timezone: str = "Europe/Stockholm"
    languages: list[str] = field(default_factory=lambda: ["sv"])
    ring_seconds: int = 20
    sms_forward: str = "full"
    sms_redact: bool = True
    alert_seconds: int = 5  # a call that was hung up sooner is not told of, unless it is repeated
    positions: int = 2
    closed_days: list[date] = field(default_factory=list)
    closed: str = "office"
    rota: RotaTable = RotaTable("database")
    check_in: CheckInTable | bool = CheckInTable()
    fallback: list[FallbackTable] = field(default_factory=list)


class RetentionTable(Struct, frozen=True, forbid_unknown_fields=True):
    """``[retention]``."""

    contacts: str = "24 months"
    notes: str = "24 months"
    message_bodies: str = "14 days"
    audit: str = "60 months"


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    districts: list[DistrictTable]
    therapists: list[TherapistTable]
    lines: list[LineTable]
    mandates: list[MandateTable] = field(default_factory=list)
    managers: list[ManagerTable] = field(default_factory=list)
    working_time: WorkingTimeTable = WorkingTimeTable()
    retention: RetentionTable = RetentionTable()
