"""Random evenings: any callers, phones, keys, hang-ups and faults; the promises hold every time."""

import io
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.bootstrap import assemble
from app.demo.stage import Stage
from app.lab.call import Call, Outcome
from app.lab.faults import WebhookFault
from app.lab.trace import What
from app.lab.transcript import transcript
from app.lab.transport import HttpRequest
from app.lab.variant import Variant
from app.settings import Settings
from app.store import contacts, staff
from app.store.database import reading
from routing.contact import LONGEST_CALL, Contact, Kind
from routing.ids import ContactId, TherapistId
from routing.numbers import parse_number
from routing.organisation import Organisation
from routing.rota import Shift
from tests.app.world import (
    FALLBACK,
    GUARDIAN,
    OFFICE,
    SHARED,
    STRANGER,
    T1,
    T4,
    YOUTH,
    changed,
    load_organisation,
    load_world,
    publish,
    rows,
    settings_for,
)
from tests.databases import Databases
from tests.examples import EFTERVARD, ORGANISATION_TOML, at, shift

EXAMPLES = 40
CODE = "246810"
MOMENTS = ("2026-03-03T19:04", "2026-03-03T21:59:40", "2026-03-03T10:15", "2026-03-03T22:30")
CALLERS = (YOUTH, YOUTH, GUARDIAN, SHARED, STRANGER, "anonymous", "+266696687", T4, T1)
MANDATE_OF_JARVA = (
    '[[mandates]]\nprincipal = "jarva"\nstaff_of = "hasselby-vallingby"\n'
    'reference = "JA 2025/1"\nvalid_from = 2025-04-01\nvalid_to = 2027-12-31\n'
)
TOMLS = (
    ORGANISATION_TOML,
    changed((MANDATE_OF_JARVA, "")),
    changed(('closed = "office"', 'closed = "fallback"')),
    changed(('closed = "office"', 'closed = "message"')),
)
ROTAS = (("t4", "t1"), ("t1", "t4"), ("t5", "t2", "t4"), ("t4", "t5", "t1"), ("t1",), ())
PEOPLE = ("t1", "t2", "t4", "t5", "Socialjouren", "office jarva", "office hasselby-vallingby")
PHONES = (
    "answer 3, press 1, talk 20",
    "answer 8, press 1 after 6, talk 300",
    "answer 2, press 1, hang up 3 after bridging",
    "answer 2, press 1, hang up after 5",  # between the key and the bridge
    "answer 5, press 2",
    "answer 5",
    "answer 5, hang up after 2",
    "voicemail 6",
    "voicemail 6, press 1 at 4",  # the known limit: a machine that sends the tone
    "airplane",
    "no answer",
    "no answer",
    "busy",
    "failed",
)
KEYS = ("1", "2", "3", "5", "9", "#", f"{CODE}#", "135791#")
HANG_UPS = (
    "hang up after 3",
    "hang up after 14",
    "hang up after 40",
    "hang up 2 after ringing",
    "hang up in the whisper",
    "hang up 3 in the whisper",  # between the key and the bridge
    "hang up 3 in the whisper",
    "hang up 1 after bridging",
)
FAULTS = (
    (WebhookFault.DUPLICATE, ""),
    (WebhookFault.DUPLICATE_NEW_TOKEN, ""),
    (WebhookFault.DUPLICATE, "/voice/key"),
    (WebhookFault.DUPLICATE_NEW_TOKEN, "/voice/ended"),
    (WebhookFault.LOST, "/voice/status"),
    (WebhookFault.EXTRA_PARAMETERS, ""),
)
BLOWS = ("a therapist leaves", "the line is renamed", "the database is disposed of")


@dataclass(frozen=True)
class Caller:
    """One call of the evening."""

    number: str
    does: str
    after: float


@dataclass(frozen=True)
class Evening:
    """Everything that is random."""

    variant: Variant
    moment: str
    toml: str
    rota: tuple[str, ...]
    callers: tuple[Caller, ...]
    phones: Mapping[str, list[str]]
    faults: tuple[tuple[WebhookFault, str], ...]
    reverse_callbacks: bool
    blow: tuple[str, float] | None


_does = st.builds(
    lambda keys, end: ", ".join([*(f"press {key}" for key in keys), *([end] if end else [])]),
    st.lists(st.sampled_from(KEYS), max_size=3),
    st.sampled_from([*([""] * len(HANG_UPS)), *HANG_UPS]),
)
_callers = st.lists(
    st.builds(
        Caller, st.sampled_from(CALLERS), _does, st.sampled_from([0.0, 0.0, 5.0, 20.0, 45.0])
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda caller: caller.number,
).map(tuple)
_evenings = st.builds(
    Evening,
    st.sampled_from(Variant),
    st.sampled_from([*([MOMENTS[0]] * 3), *MOMENTS]),
    st.sampled_from([*TOMLS[:2], *TOMLS]),
    st.sampled_from(ROTAS),
    _callers,
    st.fixed_dictionaries(
        {who: st.lists(st.sampled_from(PHONES), min_size=1, max_size=2) for who in PEOPLE}
    ),
    st.lists(st.sampled_from(FAULTS), max_size=2).map(tuple),
    st.booleans(),
    st.none() | st.tuples(st.sampled_from(BLOWS), st.sampled_from([2.0, 9.0, 30.0, 55.0])),
)


@pytest.fixture(scope="module")
def worlds(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """A database for each organisation, to be copied: with register and code, without a rota."""
    made: dict[str, Path] = {}
    for place, toml in enumerate(TOMLS):
        folder = tmp_path_factory.mktemp(f"world{place}")
        made[toml] = folder / "world.db"
        settings = settings_for(databases.sqlite(made[toml]), folder)
        load_world(settings, toml=toml)
        parts = assemble(settings)
        with parts.engine.begin() as connection:
            for therapist in ("t4", "t1"):
                now = datetime(2026, 1, 1, tzinfo=UTC)
                staff.set_pin(connection, parts.cipher, TherapistId(therapist), CODE, now)
        parts.engine.dispose()
    return made


@given(evening=_evenings)
@hypothesis_settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_happens_of_an_evening_the_promises_hold(
    evening: Evening,
    worlds: Mapping[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
    log: io.StringIO,
) -> None:
    folder = tmp_path_factory.mktemp("evening")
    shutil.copyfile(worlds[evening.toml], folder / "world.db")
    settings = settings_for(f"sqlite:///{folder / 'world.db'}", folder)
    stage = _stage(settings, evening)
    try:
        calls = _play(stage, evening)

        for call in calls:
            note("\n".join(["", *transcript(call, stage.labels())]))
        _check(stage, evening, calls)
        _nothing_unsigned_changes_anything(stage, calls)
        assert "+4670174" not in log.getvalue()
        assert "7017406" not in log.getvalue()
    finally:
        stage.close()
        shutil.rmtree(folder)


def _stage(settings: Settings, evening: Evening) -> Stage:
    start = at(evening.moment)
    parts = assemble(settings)
    if evening.rota:
        publish(parts.engine, _shifts(evening))
    parts.engine.dispose()
    stage = Stage(settings, start.astimezone(UTC), variant=evening.variant)
    for fault, path in evening.faults:
        stage.carrier.faults.add(fault, path=path, times=1000)
    stage.carrier.faults.reverse_callbacks = evening.reverse_callbacks
    return stage


def _shifts(evening: Evening) -> list[Shift]:
    day = evening.moment[:10]
    return [
        shift(who, f"{day}T17:00", f"{day}T22:00", position)
        for position, who in enumerate(evening.rota, start=1)
    ]


def _play(stage: Stage, evening: Evening) -> list[Call]:
    numbers = {name: number for number, name in stage.labels().items()}
    phones = {numbers[who]: does for who, does in evening.phones.items()}
    calls = [
        stage.carrier.begin_call(
            caller.number, phones=phones, caller=caller.does, after=caller.after
        )
        for caller in evening.callers
    ]
    if evening.blow is not None:
        blow, seconds = evening.blow
        stage.carrier.run_until(at(evening.moment) + timedelta(seconds=seconds))
        _strike(stage, evening, blow)
    stage.carrier.run()
    return calls


def _strike(stage: Stage, evening: Evening, blow: str) -> None:
    parts = stage.parts
    match blow:
        case "a therapist leaves":
            changed_toml = evening.toml.replace('phone = "+46701740608"\n', "")
        case "the line is renamed":
            changed_toml = evening.toml.replace('id = "eftervard"', 'id = "another"')
        case _:
            parts.engine.dispose()
            return
    load_organisation(parts.engine, parts.cipher, parts.settings.state_dir, changed_toml)


# --- what must hold ------------------------------------------------------------------------------


def _check(stage: Stage, evening: Evening, calls: Sequence[Call]) -> None:
    """The oracles of the reference, 9.7; O4 and much of O2 are the strict carrier's own."""
    assert stage.carrier.failures == []
    stage.carrier.run_until(stage.carrier.now() + LONGEST_CALL + timedelta(minutes=5))
    with reading(stage.parts.engine) as connection:
        found = contacts.of_ids(connection, [call.sid for call in calls])
    told = {contact.id: contact for contact in found}
    for call, caller in zip(calls, evening.callers, strict=True):
        contact = told.get(ContactId(call.sid))
        is_struck = _was_struck(evening)
        _is_over(call)
        _rings_each_once(call, is_struck=is_struck)
        if _gave_the_code(call):
            event("a therapist gave her code")
            continue
        event(f"{call.outcome}")
        _reached_somebody_or_heard_what_to_do(call)
        if contact is None:
            assert caller.number in {T1, T4}, "every call leaves a contact"
            assert call.outcome is Outcome.ABANDONED  # in the question for the code
            continue
        _is_filed(contact, call, stage.carrier.now(), is_struck=is_struck)
        _only_those_who_may_were_rung(stage, evening, contact, call)
    _one_alert_for_each_at_most(stage)


def _was_struck(evening: Evening) -> bool:
    return evening.blow is not None and evening.blow[0] == "the line is renamed"


def _is_over(call: Call) -> None:
    assert call.over
    assert call.outcome is not Outcome.ERROR
    assert all(child.over for child in call.children)


def _rings_each_once(call: Call, *, is_struck: bool) -> None:
    """O2; a rescue knows nothing of who was rung, so there a fallback may be rung again."""
    bridged = [child for child in call.children if child.bridged_at is not None]
    assert len(bridged) <= 1
    rung = [n for n in call.dialled if not is_struck or n != FALLBACK]
    assert len(rung) == len(set(rung))
    assert call.leg.party not in call.dialled
    if call.leg.ended_at is not None:
        assert all(child.began_at <= call.leg.ended_at for child in call.children)


def _gave_the_code(call: Call) -> bool:
    return any("på att bli uppring" in words for words in call.heard)


def _reached_somebody_or_heard_what_to_do(call: Call) -> None:
    """O1: within a bounded time, unless the caller hung up."""
    if call.outcome is Outcome.ABANDONED:
        return
    longest = 240 + 60 * len(call.dialled)
    if call.outcome is Outcome.TALKED:
        assert call.waited is not None
        assert call.waited <= longest
        (child,) = [child for child in call.children if child.bridged_at is not None]
        keys = [e.words for e in call.entries if e.leg == child.sid and e.what is What.PRESSES]
        assert child.to in {FALLBACK, OFFICE, "+46846500400"} or "1" in keys
    else:
        assert call.outcome is Outcome.ENDED_BY_LINE
        assert any("1 1 2" in words for words in call.heard)
        assert call.lasted is not None
        assert call.lasted <= longest


def _is_filed(contact: Contact, call: Call, now: datetime, *, is_struck: bool) -> None:
    """O3, and that somebody has to handle what nobody answered."""
    outcome = contact.outcome_at(now)
    assert outcome is not None
    to_be_handled = {"missed", "abandoned", "fallback_failed"}
    event(f"filed as {outcome}")
    if is_struck:
        assert outcome in {*to_be_handled, "answered", "fallback_answered", "closed"}
    elif call.bridged_to is None:
        assert outcome in {*to_be_handled, "closed"}
        assert outcome != "closed" or not call.dialled
    elif call.bridged_to in {FALLBACK, OFFICE, "+46846500400"}:
        assert outcome == "fallback_answered"
    else:
        assert outcome == "answered"


def _only_those_who_may_were_rung(
    stage: Stage, evening: Evening, contact: Contact, call: Call
) -> None:
    """O11: on standby when the call was laid out, and employed or mandated by the home district."""
    organisation: Organisation = stage.organisation
    home, day = contact.caller.home, at(evening.moment).date()
    on_standby = {s.therapist for s in _shifts(evening)}
    for number in call.dialled:
        therapist = organisation.staff_of.get(parse_number(number))
        if therapist is None:  # a fallback or an office, or she has just left
            continue
        assert therapist.id in on_standby
        assert home is None or organisation.may_answer(therapist, home, day)
        line = stage.organisation.lines.get(EFTERVARD)
        assert line is None or line.hours.is_open(contact.received_at + timedelta(seconds=1))


def _one_alert_for_each_at_most(stage: Stage) -> None:
    """O6: no more alerts than calls missed, and none to a caller."""
    stage.sweep(["missed.alert"])
    stage.sweep(["missed.alert"])
    keys = [row["key"] for row in rows(stage.parts.engine, "outbox")]
    assert len(keys) == len(set(keys))
    received = [r for r in rows(stage.parts.engine, "contact_events") if r["kind"] == Kind.RECEIVED]
    assert len(keys) <= len(received)


def _nothing_unsigned_changes_anything(stage: Stage, calls: Sequence[Call]) -> None:
    """O9."""
    before = rows(stage.parts.engine, "contact_events")
    exchange = calls[0].requests[-1]
    body = b"CallSid=CA00000000000000000000000000000000&Digits=1"
    kind = ("Content-Type", "application/x-www-form-urlencoded")
    for headers in ((kind,), (kind, ("X-Twilio-Signature", "bm90IG91cnM="))):
        request = HttpRequest("POST", exchange.url, headers, body)

        assert stage.carrier.transport.send(request, patience=5).status == 403

    assert rows(stage.parts.engine, "contact_events") == before
