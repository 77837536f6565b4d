"""What a load changes, told without names, numbers or addresses."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from app.intake.changes import changes
from routing.check_in import CheckIn
from routing.feed import Feed, FeedKind
from routing.hours import Hours, Window
from routing.ids import TherapistId
from routing.numbers import parse_number
from routing.organisation import (
    Closed,
    Fallback,
    Manager,
    Organisation,
    Retention,
    Task,
    Term,
    Validity,
)
from routing.working_time import STANDARD_TERMS, STANDARD_WORKING_TIME, Terms, WeekBreak
from tests.examples import (
    EFTERVARD,
    HASSELBY_VALLINGBY,
    JARVA,
    STOCKHOLM,
    line,
    mandate,
    organisation,
    therapist,
)

_TO_JARVA = (
    "mandate HV 2025/1 of hasselby-vallingby for the staff of jarva, 2025-04-01 to 2027-12-31"
)
_FROM_JARVA = (
    "mandate JA 2025/1 of jarva for the staff of hasselby-vallingby, 2025-04-01 to 2027-12-31"
)
_BEFORE = "mon,tue,wed,thu,fri 17:00-22:00; sat,sun,holiday,eve 10:00-22:00"
_AFTER = "mon,tue,wed,thu,fri 17:00-22:00; sat,sun,holiday 10:00-22:00"


def _staff(first: object) -> Organisation:
    others = {t.id: t for t in map(therapist, range(2, 7))}
    return organisation(therapists={therapist(1).id: first, **others})


def test_nothing_changes_when_nothing_differs() -> None:
    assert changes(organisation(), organisation()) == ()


def test_the_first_load_adds_everything() -> None:
    assert changes(None, organisation()) == (
        "district hasselby-vallingby: added",
        "district jarva: added",
        *(f"therapist t{n}: added" for n in range(1, 7)),
        f"{_TO_JARVA}: added",
        f"{_FROM_JARVA}: added",
        "line eftervard: added",
    )


def test_what_a_mandate_is_given_for_is_shown_where_it_is_not_standby_alone() -> None:
    both = mandate(
        HASSELBY_VALLINGBY, JARVA, "HV 2025/1", tasks=frozenset({Task.STANDBY, Task.FOLLOW_UP})
    )
    wider = organisation(mandates=(both, mandate(JARVA, HASSELBY_VALLINGBY, "JA 2025/1")))

    assert changes(organisation(), wider) == (
        f"{_TO_JARVA}, for follow_up, standby: added",
        f"{_TO_JARVA}: removed",
    )


def test_what_is_gone_is_removed() -> None:
    without = organisation(
        therapists={t.id: t for t in map(therapist, range(1, 6))},
        mandates=(mandate(HASSELBY_VALLINGBY, JARVA, "HV 2025/1"),),
    )

    assert changes(organisation(), without) == (
        "therapist t6: removed",
        f"{_FROM_JARVA}: removed",
    )


@pytest.mark.parametrize("field", ["name", "phone", "email"])
def test_facts_about_a_person_are_said_to_change_and_not_shown(field: str) -> None:
    old = therapist(1, **{field: None})

    told = changes(_staff(old), organisation()) + changes(organisation(), _staff(old))

    assert told == (f"therapist t1: {field} changed",) * 2


def test_other_facts_are_shown_as_they_were_and_are() -> None:
    new = therapist(1, district=JARVA, active=Validity(None, date(2026, 6, 30)))

    assert changes(organisation(), _staff(new)) == (
        "therapist t1: district hasselby-vallingby → jarva",
        "therapist t1: active 2025-04-01 to … → … to 2026-06-30",
    )


def test_working_time_of_ones_own_is_said_to_change() -> None:
    own = therapist(1, working_time=STANDARD_TERMS)

    assert changes(organisation(), _staff(own)) == ("therapist t1: working_time changed",)
    assert changes(_staff(own), organisation()) == ("therapist t1: working_time changed",)


def test_a_lines_settings_are_told_in_the_files_own_words() -> None:
    weekend = Window(frozenset({"holiday", "sun", "sat"}), time(10), time(22))
    new = line(
        ring_for=timedelta(seconds=25),
        closed=Closed.MESSAGE,
        languages=("sv",),
        closed_days=frozenset({date(2026, 5, 15), date(2026, 1, 2)}),
        hours=Hours((line().hours.windows[0], weekend), STOCKHOLM),
        fallback=(Fallback("Other", parse_number("+46846500498"), None),),
    )

    assert changes(organisation(), organisation(lines={EFTERVARD: new})) == (
        "line eftervard: languages sv, en, fi, ar → sv",
        "line eftervard: ring_seconds 20 s → 25 s",
        f"line eftervard: hours {_BEFORE} → {_AFTER}",
        "line eftervard: closed_days none → 2026-01-02, 2026-05-15",
        "line eftervard: closed office → message",
        "line eftervard: fallback changed",
    )


_CALENDAR = Feed(FeedKind.ICS, ("https://a:s3cret@example.org/x",))
_PRODUCT = Feed(FeedKind.GOALERT, ("https://example.org",), schedules=("P1",), token="t0ken")


def _told_of_feeds(old: Feed | None, new: Feed | None) -> str:
    """The one line about a change of feed, which shows neither address nor token."""
    before, after = (organisation(lines={EFTERVARD: line(feed=feed)}) for feed in (old, new))
    (told,) = changes(before, after)
    assert not [fact for fact in ("s3cret", "example.org", "t0ken", "Anna") if fact in told]
    return told


@pytest.mark.parametrize(("old", "new"), [(_CALENDAR, _PRODUCT), (_PRODUCT, _CALENDAR)])
def test_another_source_of_the_rota_is_told_by_its_kind(old: Feed, new: Feed) -> None:
    assert _told_of_feeds(old, new) == f"line eftervard: rota {old.kind} → {new.kind}"


def test_a_rota_that_moves_here_or_away_is_told_by_its_kind() -> None:
    assert _told_of_feeds(None, _CALENDAR).endswith(" → ics")
    assert _told_of_feeds(_CALENDAR, None).startswith("line eftervard: rota ics → ")


@pytest.mark.parametrize(
    "changed",
    [
        {"addresses": ("https://a:s3cret@example.org/y",)},
        {"addresses": (*_CALENDAR.addresses, "https://example.org/2")},
        {"refresh": timedelta(minutes=10)},
        {"names": {"Anna": TherapistId("t1")}},
    ],
    ids=["address", "one more address", "refresh", "map"],
)
def test_a_feed_that_is_read_otherwise_is_said_to_change(changed: dict[str, object]) -> None:
    other = replace(_CALENDAR, **changed)  # type: ignore[arg-type]  # one field or another

    assert _told_of_feeds(_CALENDAR, other) == "line eftervard: rota changed"


def test_a_token_or_schedule_is_said_to_change() -> None:
    for other in (replace(_PRODUCT, token="t0ken2"), replace(_PRODUCT, schedules=("P2",))):
        assert _told_of_feeds(_PRODUCT, other) == "line eftervard: rota changed"


def test_when_somebody_is_asked_before_a_duty_is_told() -> None:
    hours = CheckIn(timedelta(hours=4), timedelta(hours=2), timedelta(hours=1))
    before, after = (organisation(lines={EFTERVARD: line(check_in=c)}) for c in (hours, None))

    assert changes(before, after) == ("line eftervard: check_in 4 h, 2 h, 1 h before → none",)
    assert changes(after, before) == ("line eftervard: check_in none → 4 h, 2 h, 1 h before",)


def test_managers_are_told_by_their_id_and_never_by_name_or_address() -> None:
    number = parse_number("+46701740660")
    first = Manager("m1", "Manager 1", number, "m1@example.org", JARVA)
    other = Manager("m2", "Manager 2", None, "m2@example.org", HASSELBY_VALLINGBY)
    before, after = (
        organisation(managers=found)
        for found in (
            (first,),
            (replace(first, name="X", phone=None, email=None, district=HASSELBY_VALLINGBY), other),
        )
    )

    assert changes(before, after) == (
        "manager m1: name changed",
        "manager m1: phone changed",
        "manager m1: email changed",
        "manager m1: district jarva → hasselby-vallingby",
        "manager m2: added",
    )
    assert changes(after, before)[-1] == "manager m2: removed"
    assert (
        changes(organisation(managers=(first, other)), organisation(managers=(other, first))) == ()
    )


def test_a_districts_office_and_hour_are_told() -> None:
    districts = dict(organisation().districts)
    districts[JARVA] = replace(
        districts[JARVA], office=None, handover_at=time(9), successor=HASSELBY_VALLINGBY
    )

    assert changes(organisation(), organisation(districts=districts)) == (
        "district jarva: successor none → hasselby-vallingby",
        "district jarva: office_number changed",
        "district jarva: handover 08:30 → 09:00",
    )


def test_working_time_and_retention_are_told() -> None:
    new = organisation(
        working_time=Terms(
            replace(
                STANDARD_WORKING_TIME,
                ordinary=Hours((), STOCKHOLM),
                week_break=WeekBreak(6, time(0)),
                daily_rest=timedelta(hours=9),
                standby_breaks_weekly_rest=False,
                agreement="LOK 25",
            )
        ),
        retention=Retention(notes=Term(days=30)),
    )

    assert changes(organisation(), new) == (
        "working_time: ordinary mon,tue,wed,thu,fri 08:00-17:00 → none",
        "working_time: week_break mon 08:00 → sun 00:00",
        "working_time: daily_rest 11 h → 9 h",
        "working_time: standby_breaks_weekly_rest true → false",
        "working_time: agreement none → LOK 25",
        "retention: notes 24 months → 30 days",
    )
