"""What came of an evening: who was helped, lost, doubled or kept waiting, in figures."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.lab.call import Call, Outcome
from app.store import contacts
from app.store.database import reading
from app.telephony.sms import letter_key
from routing.contact import Kind
from routing.missed import deserves_alert
from tests.app.world import rows
from tests.examples import EFTERVARD, at
from tests.faults.deaths import ELSEWHERE, MortalStage
from tests.faults.evening import Evening
from tests.faults.weather import RandomFate, Storm, Weather


@dataclass(frozen=True, slots=True)
class Result:
    """One evening's figures; what is after *unhelped* should be nought."""

    name: str
    injected: int
    kinds: Mapping[str, int]
    calls: int
    texts: int
    reached: int  # somebody, the fallback's included
    told: int  # everybody failed, and the caller heard what to do
    left: int  # hung up first
    unhelped: int
    found: int  # afterwards, at the carrier: the service had never been asked about them
    lost: int  # contacts
    doubled: int
    notices: int
    notices_lost: int
    notices_doubled: int
    extra_wait: float  # the longest, in seconds
    wrong: Sequence[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wait:
    """How long somebody stayed on the line until helped; None for who hung up."""

    seconds: float | None


def waited(call: Call) -> Wait:
    if call.outcome is Outcome.ABANDONED:
        return Wait(None)
    return Wait(call.waited if call.waited is not None else call.lasted)


def judged(
    stage: MortalStage,
    storm: Storm,
    weather: Weather,
    plan: Evening,
    played: Sequence[Call],
    fair: Sequence[Wait],
) -> Result:
    wrong: list[str] = [f"{f.rule}: {f.words}" for f in stage.carrier.failures]
    events = rows(stage.parts.engine, "contact_events")
    kept = {str(row["contact"]) for row in events if row["kind"] == Kind.RECEIVED}
    came = [call.sid for call in played] + [text.sid for text in stage.carrier.texts]
    seen = _seen(stage)
    lost = [sid for sid in came if sid not in kept]
    wrong += [f"lost {sid}" for sid in lost]
    doubled = len(kept - set(came))
    unhelped = [call for call in played if not _is_helped(call)]
    wrong += [f"unhelped {call.outcome} {call.heard}" for call in unhelped]
    notices, none, twice = _notices(stage, kept)
    wrong += [f"never sent {key}" for key in none] + [f"sent twice {key}" for key in twice]
    extra = [
        there.seconds - here.seconds
        for there, here in zip(map(waited, played), fair, strict=True)
        if there.seconds is not None and here.seconds is not None
    ]
    fate = stage.fate
    counts = storm.counts + (fate.counted if isinstance(fate, RandomFate) else Counter())
    if weather.reverse_callbacks:
        counts["callbacks reversed"] = len(played)
    if weather.callback_before_reply:
        counts["callback before reply"] = len(stage.carrier.messages)
    return Result(
        name=weather.name,
        injected=counts.total(),
        kinds={str(kind): count for kind, count in counts.items()},
        calls=len(played),
        texts=len(plan.texts),
        reached=sum(call.bridged_to is not None for call in played),
        told=sum(call.outcome is Outcome.ENDED_BY_LINE and _is_helped(call) for call in played),
        left=sum(call.outcome is Outcome.ABANDONED for call in played),
        unhelped=len(unhelped),
        found=sum(sid not in seen and sid in kept for sid in came),
        lost=len(lost),
        doubled=doubled,
        notices=notices,
        notices_lost=len(none),
        notices_doubled=len(twice),
        extra_wait=max(extra, default=0.0),
        wrong=wrong,
    )


def _is_helped(call: Call) -> bool:
    if call.outcome is Outcome.ENDED_BY_LINE:
        return any("1 1 2" in words for words in call.heard)
    return call.outcome in {Outcome.TALKED, Outcome.ABANDONED}


def _seen(stage: MortalStage) -> set[str]:
    """The calls and texts that the service was asked about, not only told that they were over."""
    return {
        str(exchange.param("MessageSid") or exchange.param("CallSid"))
        for exchange in stage.carrier.trace.exchanges
        if exchange.status == 200
        and exchange.purpose != "number status"
        and not exchange.url.startswith(ELSEWHERE)
    }


def _notices(stage: MortalStage, kept: set[str]) -> tuple[int, list[str], list[str]]:
    """How many letters there were to send; those never sent, and those sent twice."""
    engine = stage.parts.engine
    sent = Counter(letter_key(m.callback.partition("#")[0].rpartition("/")[2])
                   for m in stage.carrier.messages)  # fmt: skip
    owed = {str(row["key"]): row["passed_on_at"] for row in rows(engine, "outbox")}
    # What was not sent in two minutes is given up, and somebody else has a letter instead.
    none = [key for key, passed_on_at in owed.items() if not sent[key] and passed_on_at is None]
    # What answers a webhook itself is nobody's letter.
    twice = [key for key, times in sent.items() if key and times > 1]
    none += [key for key in _expected(stage) if key not in owed]
    for text in stage.carrier.texts:
        relays = (key for key in sent if key.startswith(f"relay/{text.sid}/"))
        # A carrier that takes no text for minutes carries none: then the home district is told.
        told = (key for key in sent if key.startswith(f"undelivered/{text.sid}/"))
        if text.sid in kept and not any(relays) and not any(told):
            none.append(f"relay/{text.sid}")
    return len(owed), none, twice


def _expected(stage: MortalStage) -> Iterator[str]:
    """The letters that there must be: to whom a handover is owed, and of each call missed."""
    engine = stage.parts.engine
    told = {"jarva": ("t4", "t5", "t6"), "hasselby-vallingby": ("t1", "t2", "t3")}
    for handover in rows(engine, "handovers"):
        for therapist in told[str(handover["district"])]:
            yield f"handover/{handover['id']}/{therapist}"
    in_handovers = {str(row["contact"]) for row in rows(engine, "handover_contacts")}
    with reading(engine) as connection:
        window = at("2026-03-03T12:00"), at("2026-03-03T23:00")
        found = contacts.received_between(connection, EFTERVARD, *window)
    # Of a call whose end nobody told of before the night was over, the handover tells.
    night, least = at("2026-03-03T22:15"), stage.organisation.lines[EFTERVARD].alert_after
    for contact in found:
        if contact.caller.home is not None and contact.id not in in_handovers:
            yield f"handover of {contact.id}"
        if deserves_alert(contact, found, least, night):
            yield f"missed/{contact.id}"


# --- the table ------------------------------------------------------------------------------------

_HEADS = (
    "fault", "injected", "calls", "reached somebody", "all failed, told what to do", "hung up",
    "unhelped", "texts", "contacts lost", "doubled", "found at the carrier", "notices", "lost",
    "doubled", "longest extra wait",
)  # fmt: skip


def table(results: Sequence[Result]) -> str:
    """The figures as a Markdown table, with their sums in the last row."""
    lines = [_HEADS, tuple("---" for _ in _HEADS), *map(_cells, results), _sums(results)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(one: Result) -> tuple[str, ...]:
    figures = (
        one.injected, one.calls, one.reached, one.told, one.left, one.unhelped, one.texts,
        one.lost, one.doubled, one.found, one.notices, one.notices_lost, one.notices_doubled,
    )  # fmt: skip
    return (one.name, *map(str, figures), f"{one.extra_wait:.0f} s")


def _sums(results: Sequence[Result]) -> tuple[str, ...]:
    def total(of: Callable[[Result], int]) -> str:
        return str(sum(map(of, results)))

    return (
        "**all**",
        total(lambda r: r.injected), total(lambda r: r.calls), total(lambda r: r.reached),
        total(lambda r: r.told), total(lambda r: r.left), total(lambda r: r.unhelped),
        total(lambda r: r.texts), total(lambda r: r.lost), total(lambda r: r.doubled),
        total(lambda r: r.found), total(lambda r: r.notices), total(lambda r: r.notices_lost),
        total(lambda r: r.notices_doubled),
        f"{max((r.extra_wait for r in results), default=0.0):.0f} s",
    )  # fmt: skip
