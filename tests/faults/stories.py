"""Stories that processes die in the middle of, and what anybody can tell of how each ended."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC

from app.bootstrap import Parts
from app.demo.stage import Stage
from app.duty.gate import Gate
from app.duty.handover import Desk
from app.duty.handover_state import agenda, reach
from app.duty.swap_check import RotaNow
from app.duty.swap_offers import offer
from app.lab.trace import What
from app.store import handovers, staff
from app.store.mirror import Picture
from app.store.outbox import State
from routing.access import Office, Viewer
from routing.contact import Kind
from routing.handover import HandoverState
from routing.ids import TherapistId
from routing.swap import SwapRefused, Terms, duty_at, part_of
from tests.app.world import (
    ANSWERS,
    GUARDIAN,
    NAMES,
    SILENT,
    T1,
    T4,
    T5,
    YOUTH,
    logged,
    reached,
    rows,
    table_away,
    tried,
)
from tests.examples import EFTERVARD, at
from tests.faults.deaths import MortalStage

TEXTS = ("texts.handle", "texts.follow", "texts.ask", "texts.pass_on", "texts.failed")
HANDOVERS = ("handover.build", "handover.notify", "handover.chase", "handover.urgent")
SEND = "outbox.send"
CODE = "246810"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}")
_MOMENTS = {"contact_id", "received_at", "wait_seconds", "talk_seconds", "handover_id"}


@dataclass(frozen=True, slots=True)
class Story:
    """What people do, from when, and which sweeps can have to do with it."""

    plays: Callable[[MortalStage], object]
    starts: str = "2026-03-03T19:04"
    mails: bool = False


def by_the_second(stage: MortalStage) -> None:
    """A call that the first on standby lets ring out, and the second answers."""
    stage.call(YOUTH, phones={"t4": SILENT, "t1": ANSWERS})


def by_the_fallback(stage: MortalStage) -> None:
    """A stranger who keys a district, and whom only the fallback answers."""
    stage.call("+46701740690", caller="press 2", phones={"Socialjouren": "answer 4, talk 20"},
               default=SILENT)  # fmt: skip
    stage.sweep(["missed.alert", SEND])


def to_a_voicemail(stage: MortalStage) -> None:
    """A call that voicemail takes, and nobody else: somebody is told of it."""
    stage.call(GUARDIAN, phones={"t4": "voicemail 6"}, default=SILENT)
    stage.later(4, "missed.alert", SEND, every=80)


def back_to_a_caller(stage: MortalStage) -> None:
    """A therapist who calls the line with her code, and is put through to who waits."""
    stage.call(YOUTH, default=SILENT)
    stage.call(T4, caller=f"press {CODE}#, press 1", default="answer 3, talk 30")


def a_text_and_its_answer(stage: MortalStage) -> None:
    """A text that is relayed, answered, and answered again."""
    stage.text(YOUTH, "Kan någon höra av sig?")
    stage.sweep([*TEXTS, SEND])
    stage.later(1.5, *TEXTS, SEND, every=30)
    stage.text(T4, "Jag ringer klockan åtta.")
    stage.sweep([*TEXTS, SEND])
    stage.later(1.5, *TEXTS, SEND, every=30)
    stage.text(YOUTH, "Tack")
    stage.sweep([*TEXTS, SEND])


def a_text_passed_on(stage: MortalStage) -> None:
    """A text that cannot be delivered to the first on standby goes to the second."""
    stage.carrier.set_text_fates({T4: "undelivered 30003"})
    stage.text(GUARDIAN, "Är någon där?")
    stage.later(2, *TEXTS, SEND, every=30)


def a_handover(stage: MortalStage) -> None:
    """Built at the end of the duty, told of, chased, opened and acknowledged."""
    stage.call(YOUTH, phones={"t4": ANSWERS})
    stage.carrier.run_until(at("2026-03-03T22:00").astimezone(UTC))
    stage.sweep([*HANDOVERS, SEND])
    stage.later(2, *HANDOVERS, SEND, every=60)
    stage.carrier.run_until(at("2026-03-04T09:01").astimezone(UTC))
    stage.sweep([*HANDOVERS, SEND])
    stage.later(2, *HANDOVERS, SEND, every=60)
    stage.person(_acknowledges("t4"))


def mails_of_a_handover(stage: MortalStage) -> None:
    """Notices and invitations by mail, and the reminders that come by text."""
    stage.call(YOUTH, phones={"t4": ANSWERS})
    stage.carrier.run_until(at("2026-03-03T22:00").astimezone(UTC))
    stage.sweep([*HANDOVERS, "handover.invite", SEND])
    stage.later(2, *HANDOVERS, "handover.invite", SEND, every=60)


def a_check_in(stage: MortalStage) -> None:
    """Who is on duty tonight is asked by text, then by a call; one presses 1."""
    stage.carrier.set_phones({T4: "answer 3, press 1", T1: SILENT})
    for moment in ("16:00", "16:02", "16:30", "16:32", "16:46", "16:48"):
        stage.carrier.run_until(at(f"2026-03-03T{moment}").astimezone(UTC))
        stage.sweep(["check_in.ask", "rota.watch", SEND])


def a_swap(stage: MortalStage) -> None:
    """An evening is offered, and taken by text."""
    stage.person(_offers("t4", "t5"))
    stage.sweep(["texts.handle", SEND])
    stage.later(2, "texts.handle", SEND, every=60)
    stage.text(T5, "BYT 1")
    stage.sweep(["texts.handle", SEND])


def without_a_database(stage: MortalStage) -> None:
    """A call and a text while the tables cannot be written, and what is caught up afterwards."""
    with table_away(stage.parts.engine, "contact_events"):
        stage.call(YOUTH, phones={"t4": SILENT, "t1": ANSWERS})
        stage.text(GUARDIAN, "Är någon där?")
    stage.sweep(["spool.drain", *TEXTS, SEND])


def a_whole_evening(stage: MortalStage) -> None:
    """Every sweep there is, in the evening, at its end and at the meeting."""
    stage.call(YOUTH, phones={"t4": ANSWERS})
    stage.call(GUARDIAN, default=SILENT)
    stage.text(YOUTH, "Hej")
    for moment in ("2026-03-03T19:10", "2026-03-03T22:00", "2026-03-04T09:31"):
        stage.carrier.run_until(at(moment).astimezone(UTC))
        stage.sweep()


STORIES: Mapping[str, Story] = {
    "by the second": Story(by_the_second),
    "by the fallback": Story(by_the_fallback),
    "to a voicemail": Story(to_a_voicemail),
    "back to a caller": Story(back_to_a_caller),
    "a text and its answer": Story(a_text_and_its_answer),
    "a text passed on": Story(a_text_passed_on),
    "a handover": Story(a_handover),
    "mails of a handover": Story(mails_of_a_handover, mails=True),
    "a check-in": Story(a_check_in, "2026-03-03T15:00"),
    "a swap": Story(a_swap, "2026-03-01T12:00"),
    "without a database": Story(without_a_database),
    "a whole evening": Story(a_whole_evening),
}


def prepare(stage: Stage) -> None:
    """A code for the therapist who calls back."""
    with stage.parts.engine.begin() as connection:
        now = stage.carrier.now()
        staff.set_pin(connection, stage.parts.cipher, TherapistId("t4"), CODE, now)


def settle(stage: MortalStage) -> None:
    """Until every lease has run out and every retry has had its turn."""
    names = ["spool.drain", *TEXTS, "missed.alert", "handover.notify", SEND]
    stage.sweep(names)
    stage.later(3, *names, every=61)


def outcome(stage: MortalStage) -> dict[str, str]:
    """What anybody can tell of it: callers, phones, mail boxes, the log and the desks."""
    engine = stage.parts.engine
    calls = [leg for leg in stage.carrier.trace.entries if leg.what is What.CALLS]
    played = stage.played
    sids = [call.sid for call in played] + [text.sid for text in stage.carrier.texts]
    events = rows(engine, "contact_events")
    known = {str(row["contact"]) for row in events if row["kind"] == Kind.RECEIVED}
    everything = {
        "calls": [(tried(call), reached(call), call.heard, str(call.outcome)) for call in played],
        "begun": len(calls),
        "staff rung": sorted(
            NAMES.get(leg.party, "somebody else")
            for leg in stage.carrier.legs
            if leg.direction == "outbound-api"
        ),
        "log": [_timeless(logged(stage, sid)) for sid in sids if sid in known],
        "contacts": len({row["contact"] for row in events}),
        "letters": sorted(
            (NAMES.get(m.to, "somebody else"), m.body) for m in stage.carrier.messages
        ),
        "mails": sorted({(to, subject, key) for to, subject, key in stage.mails.sent}),
        "outbox": sorted(
            (str(r["key"]), r["channel"], r["state"] in {State.SENT, State.FAILED})
            for r in rows(engine, "outbox")
        ),
        "handovers": sorted(
            (r["district"], r["state"], r["part"], r["id"]) for r in rows(engine, "handovers")
        ),
        "in handovers": sorted(
            (str(r["contact"]), str(r["handover"])) for r in rows(engine, "handover_contacts")
        ),
        "states": sorted(
            (str(r["handover"]), str(r["event"]), str(r["actor"]))
            for r in rows(engine, "handover_events")
        ),
        "alterations": sorted((r["position"], r["therapist"]) for r in rows(engine, "overrides")),
        "check-ins": sorted(
            (
                str(r["therapist"]),
                r["called_at"] is not None,
                r["told_at"] is not None,
                str(r["confirmed_by"]),
            )
            for r in rows(engine, "check_ins")
        ),
        "swaps": [(r["state"], r["taker"]) for r in rows(engine, "swaps")],
        "threads": sorted((r["tag"], r["holder"]) for r in rows(engine, "threads")),
        "spooled": not stage.worker.parts.spool.is_empty,
        "failures": [failure.rule for failure in stage.carrier.failures],
    }
    aliases = {sid: f"<{number}>" for number, sid in enumerate(sids)}
    return {name: _named(found, aliases) for name, found in everything.items()}


def _timeless(row: Mapping[str, object]) -> dict[str, object]:
    kept = {name: value for name, value in row.items() if name not in _MOMENTS}
    return kept | {"attempts": re.sub(r":\d+", "", str(row["attempts"]))}


def _named(found: object, aliases: Mapping[str, str]) -> str:
    text = repr(found)
    for sid, alias in aliases.items():
        text = text.replace(sid, alias)
    return _UUID.sub("<id>", text)


def _acknowledges(who: str) -> Callable[[Parts, Picture], object]:
    """Whatever waits for her district is opened and acknowledged by name."""

    def does(parts: Parts, picture: Picture) -> None:
        home = picture.organisation.therapists[TherapistId(who)].district
        own = Viewer(who, Office.THERAPIST, home)
        with parts.engine.begin() as connection:
            gate = Gate(connection, parts.cipher, picture.organisation, own, parts.clock())
            for handover in handovers.listed(connection, home, None):
                agenda(gate, handover.id)
                reach(gate, handover.id, HandoverState.ACKNOWLEDGED)

    return does


def _offers(giver: str, taker: str) -> Callable[[Parts, Picture], object]:
    """The first evening of *giver*; who offers it twice is told that she has."""
    begins = at("2026-03-03T17:00")

    def does(parts: Parts, picture: Picture) -> None:
        desk = Desk(parts.engine, parts.cipher, parts.settings.public_url, mails=False)
        with suppress(SwapRefused), parts.engine.begin() as connection:
            line = picture.organisation.lines[EFTERVARD]
            now = RotaNow(connection, picture.organisation, line, parts.clock())
            duty = duty_at(now.near(begins), TherapistId(giver), begins)
            terms = Terms(TherapistId(giver), part_of(duty, None, None), None)
            offer(now, desk, terms, TherapistId(taker))

    return does
