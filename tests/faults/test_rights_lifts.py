"""What crosses on purpose is as the service has it: a look too narrow would tell a falsehood."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import Parts
from app.duty import follow_ups
from app.duty.call_back import waiting_for
from app.duty.gate import Gate, NotAllowed
from app.duty.handover_state import allowed
from app.duty.ledger import called_out
from app.duty.organisation_desk import require_districts
from app.duty.reach import reach
from app.duty.tonight import is_protected
from app.review.figures import asked, counted
from app.review.figures_period import Period
from app.review.system import examine
from app.store import contacts, readings
from app.store.rights import narrowed
from routing.access import Act, Office, Viewer
from routing.errors import InvalidInput
from routing.ids import ClientId, ContactId, FollowUpId, HandoverId, ThreadId
from tests.app.world import REGISTER, evening, load_world, parts_at, settings_for
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, entry, span
from tests.faults.rights_rows import AT, HV, events, of, write

pytestmark = pytest.mark.postgres
EVENING, MORNING = "2026-03-03", "2026-03-04T09:00"
HIDDEN = entry(
    "+46701740654", client=ClientId("H-2009"), district=HASSELBY_VALLINGBY, protected=True
)
OTHERS = ("threads", "texts", "handovers", "outbox", "follow_up_orders", "follow_ups")
STRANGER = b"somebody's key--"
MANAGER, THERAPIST = Viewer("m2", Office.MANAGER, JARVA), Viewer("t4", Office.THERAPIST, JARVA)


@pytest.fixture
def parts(postgres_url: str, tmp_path: Path) -> Parts:
    """The morning after: Järva's t4 had Hässelby-Vällingby's callers, as had the district's own."""
    settings = settings_for(postgres_url, tmp_path)
    load_world(settings, shifts=evening(EVENING), entries=[*REGISTER, HIDDEN])
    made = parts_at(settings, MORNING)
    theirs, seal = of(HV), made.cipher.seal
    theirs["texts"][0]["body"] = seal("Hej", "texts.body")
    theirs["outbox"][0]["state"] = "pending"
    theirs["follow_up_orders"][0]["instruction"] = seal("Ring", "follow_up_orders.instruction")
    theirs["follow_ups"][0]["ends_at"] = AT + timedelta(hours=1)
    with made.engine.begin() as connection:
        write(
            connection,
            {
                "contact_events": [
                    *_call(f"call-{HV}", HV, "H-2002", b"a third one's key", "t1", "no_answer"),
                    *_call("taken", HV, "H-2009", b"another's key", "t4", "bridged"),
                    *_call("missed", None, "unknown-1", STRANGER, "t4", "no_answer"),
                    *_call("helped", HV, "unknown-1", STRANGER, "t1", "bridged", minutes=9),
                ],
                **{name: theirs[name] for name in OTHERS},
            },
        )
    return made


def _call(
    contact: str, home: str | None, label: str, key: bytes, who: str, result: str, minutes: int = 0
) -> list[dict[str, Any]]:
    """A call that rang *who*, who had it for half an hour or did not answer."""
    began = AT + timedelta(minutes=minutes)
    received, accepted, ended = events(contact, home, who)
    more = {"channel": "voice", "direction": "inbound", "caller": label, "caller_key": key}
    plain = {**received, "caller": None, "home_district": None, "target": who}
    rows = [
        {**received, "at": began},
        {**plain, "key": f"offered/{who}", "kind": "offered", "at": began},
        {
            **plain, "key": f"attempt_ended/{who}", "kind": "attempt_ended", "at": began,
            "result": result, "seconds": 1800,
        },
        {**ended, "at": began + timedelta(minutes=30), "result": "talked"},
    ]  # fmt: skip
    if result == "bridged":
        rows.append({**accepted, "at": began})
        rows[2]["at"] = began + timedelta(minutes=30)
    empty = dict.fromkeys(("channel", "direction", "caller_key", "result", "seconds"))
    return [{**empty, **row, **(more if row["key"] == "received" else {})} for row in rows]


@contextmanager
def gate(parts: Parts, viewer: Viewer, *, is_narrow: bool) -> Iterator[Gate]:
    picture, now = parts.mirror.picture, parts.clock()
    own = reach(viewer, picture.organisation, picture.rotas, now)
    engine = narrowed(parts.engine, lambda: own) if is_narrow else parts.engine
    with engine.connect() as connection, connection.begin() as transaction:
        try:
            yield Gate(connection, parts.cipher, picture.organisation, viewer, now)
        except NotAllowed:
            transaction.commit()
            raise


NARROW_OR_NOT = pytest.mark.parametrize("is_narrow", [True, False], ids=["viewer", "service"])


@NARROW_OR_NOT
def test_hours_are_the_person_s_whoever_called(parts: Parts, *, is_narrow: bool) -> None:
    with gate(parts, MANAGER, is_narrow=is_narrow) as own:
        night = span(f"{EVENING}T17:00", f"{EVENING}T22:00")
        found = called_out(own.connection, own.organisation, night, own.now)
    assert set(found) == {"t4", "t1"}


@NARROW_OR_NOT
def test_the_figures_count_them_too(parts: Parts, *, is_narrow: bool) -> None:
    with gate(parts, MANAGER, is_narrow=is_narrow) as own:
        leave = asked(own, Period(date(2026, 3, 1), date(2026, 3, 31)))
        engine = own.connection.engine
    figures = counted(engine, leave)
    assert figures.own.number == 0  # no contact of the own district's
    assert figures.hours.called_out > timedelta()


@NARROW_OR_NOT
def test_who_was_helped_since_does_not_wait(parts: Parts, *, is_narrow: bool) -> None:
    # Without a mandate t4 sees nothing of the other district's, and might call a child in vain.
    organisation = replace(parts.mirror.picture.organisation, mandates=())
    with gate(parts, THERAPIST, is_narrow=is_narrow) as own:
        line = organisation.lines[EFTERVARD]
        assert waiting_for(replace(own, organisation=organisation), line) == ()


@NARROW_OR_NOT
def test_what_is_not_seen_is_protected_all_the_same(parts: Parts, *, is_narrow: bool) -> None:
    with gate(parts, THERAPIST, is_narrow=is_narrow) as own:
        (taken,) = contacts.of_ids(own.connection, ["taken"])
        assert is_protected(own, taken)


@NARROW_OR_NOT
def test_no_district_with_callers_is_removed(parts: Parts, *, is_narrow: bool) -> None:
    with gate(parts, Viewer("a1", Office.ADMINISTRATOR, JARVA), is_narrow=is_narrow) as own:
        known = own.organisation.districts
        left = replace(own.organisation, districts={JARVA: known[JARVA]})
        with pytest.raises(InvalidInput, match=HV):
            require_districts(own.connection, left)


@NARROW_OR_NOT
def test_letters_are_counted_whosever_they_are(parts: Parts, *, is_narrow: bool) -> None:
    with gate(parts, Viewer("a1", Office.ADMINISTRATOR, JARVA), is_narrow=is_narrow) as own:
        engine = own.connection.engine
    system = examine(engine, parts.cipher, parts.settings.state_dir, AT + timedelta(days=1))
    assert system.known is not None
    assert system.known.outbox.owed == 1
    assert system.database.wall is not None
    assert system.database.wall.stands


@NARROW_OR_NOT
def test_who_is_turned_away_stands_in_the_log_of_whom_it_concerns(
    parts: Parts, *, is_narrow: bool
) -> None:
    other = Viewer("t5", Office.THERAPIST, JARVA)
    for ask in (
        lambda own: own.item(ContactId("taken")),
        lambda own: own.conversation(ThreadId(f"thread-{HV}")),
        lambda own: allowed(own, HandoverId(f"handover-{HV}"), Act.READ),
        lambda own: follow_ups.show(own, FollowUpId(2)),
    ):
        with (
            pytest.raises(NotAllowed) as refused,
            gate(parts, other, is_narrow=is_narrow) as own,
        ):
            ask(own)
        assert refused.value.why is not None
    with gate(parts, MANAGER, is_narrow=False) as own:
        night = span("2026-03-03T00:00", "2026-03-05T00:00")
        log = readings.of_district(own.connection, HASSELBY_VALLINGBY, night)
    assert [(one.viewer.id, one.contact, one.handover) for one in log if one.denied] == [
        ("t5", "taken", None),
        ("t5", f"call-{HV}", None),  # the text of the thread
        ("t5", None, f"handover-{HV}"),
        ("t5", "follow-up-2", None),
    ]
