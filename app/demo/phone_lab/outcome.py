"""What a sitting came to, in the words in which a story says what it must come to."""

from collections.abc import Mapping

from app.demo.phone_lab.session import Session
from app.demo.stage import people
from app.lab.leg import Leg
from app.lab.trace import What
from app.store import contacts, handovers
from app.store.database import reading
from routing.intervals import Interval

_CALLER = "caller"


def outcome(session: Session) -> Mapping[str, object]:
    """
    Everything that a story may expect.

    Keys: *rung* and *talked*, whose telephones rang and who was put through, in order; *outcomes*,
    *homes* and *therapists* of the contacts in the log, in order; *texts*, who was sent one, in
    order;
    *handovers*, the state of each district's last; *waited*, the longest that somebody who was
    put through had waited, in seconds.
    """
    organisation = session.stage.organisation
    names = {number: name for name, number in people(organisation).items()}
    names |= {m.phone.e164: m.id for m in organisation.managers if m.phone is not None}
    legs = session.stage.carrier.legs
    rung = [leg for leg in legs if leg.direction == "outbound-dial"]
    talked = [leg for leg in rung if leg.bridged_at is not None]
    span = Interval(session.began_at, session.now)
    with reading(session.stage.parts.engine) as connection:
        found = [
            contact
            for line in organisation.lines
            for contact in contacts.received_between(connection, line, span.start, span.end)
        ]
        listed = handovers.listed(connection, None, None)
    return {
        "rung": [names[leg.to] for leg in rung],
        "talked": [names[leg.to] for leg in talked],
        "outcomes": [str(contact.outcome_at(session.now)) for contact in found],
        "homes": [contact.caller.home or "" for contact in found],
        "therapists": [contact.therapist or "" for contact in found],
        "texts": [names.get(text.to, _CALLER) for text in session.stage.carrier.messages],
        "handovers": {handover.district: str(handover.state) for handover in listed},
        "waited": max(map(_waited, talked), default=0),
    }


def heard(session: Session) -> str:
    """Everything that was said to anybody, one sentence to a line."""
    entries = session.stage.carrier.trace.entries
    return "\n".join(entry.words for entry in entries if entry.what is What.HEARS)


def _waited(leg: Leg) -> int:
    if leg.bridged_at is None:
        return 0
    return round((leg.bridged_at - leg.root.began_at).total_seconds())


def missed(session: Session, expect: Mapping[str, object]) -> list[str]:
    """What of *expect* did not come true, in words; *heard* is a list of words to be heard."""
    came, said = outcome(session), heard(session)
    wrong = [
        f"{name}: expected {wanted}, and it was {came.get(name)}"
        for name, wanted in expect.items()
        if name != "heard" and came.get(name) != wanted
    ]
    wanted = expect.get("heard", [])
    words = wanted if isinstance(wanted, list) else [wanted]
    return [*wrong, *(f"nobody heard “{one}”" for one in words if str(one) not in said)]
