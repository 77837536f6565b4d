"""What the staff do at their desks: notes, handovers and the reading log, by who does it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from app.demo.stage import Stage
from app.duty import notes as service
from app.duty.gate import Gate, NotAllowed
from app.duty.handover_state import Agenda, agenda, reach
from app.store import handovers as stored
from app.store import readings
from app.store.contacts import row_of
from app.store.database import reading
from app.store.handovers import Handover
from routing import record
from routing.access import Act, Office, Viewer
from routing.contact import Caller, Channel
from routing.handover import HandoverState
from routing.ids import ContactId, DistrictId, HandoverId, TherapistId
from routing.intervals import Interval
from routing.note import Content, Note
from tests.app.duty.before_duty import M1, M2, at_time
from tests.app.world import NAMES
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, STOCKHOLM, at

CLOCK = (
    "handover.build",
    "handover.notify",
    "handover.chase",
    "handover.urgent",
    "notes.ask",
    "outbox.send",
)
TOLD = "Hon grät och ville hem till sin bror."
WORDS = Content(TOLD, "Lyssnade och lugnade.", "Ringer igen på fredag.")
WAITS, LATE, OVER = "väntar på dig", "inte kvitterad än", "mötet är över"
MISSING, URGENT, UNMET = "det saknas anteckningar", "kan inte vänta", "skulle ha bemötts"
_PEOPLE: Mapping[str, str] = {**NAMES, M1: "m1", M2: "m2"}


def viewer(stage: Stage, who: str) -> Viewer:
    """A therapist or a manager of the organisation, or a reviewer of Hässelby-Vällingby."""
    therapist = stage.organisation.therapists.get(TherapistId(who))
    if therapist is not None:
        return Viewer(who, Office.THERAPIST, therapist.district)
    for manager in stage.organisation.managers:
        if manager.id == who:
            return Viewer(who, Office.MANAGER, manager.district)
    return Viewer(who, Office.REVIEWER, HASSELBY_VALLINGBY)


@contextmanager
def gate(stage: Stage, who: str) -> Iterator[Gate]:
    """*who* at the gate now; that somebody was turned away is kept too."""
    parts = stage.parts
    with parts.engine.connect() as connection:
        transaction = connection.begin()
        try:
            yield Gate(
                connection, parts.cipher, stage.organisation, viewer(stage, who), parts.clock()
            )
        except NotAllowed:
            transaction.commit()
            raise
        except BaseException:
            transaction.rollback()
            raise
        transaction.commit()


def came(stage: Stage, name: str, moment: str, home: DistrictId = HASSELBY_VALLINGBY) -> str:
    """A contact that nobody took, as it comes out of the spool: written down now, from then."""
    caller, contact = Caller(f"K-{name}", home), ContactId(name)
    event = record.received(contact, EFTERVARD, Channel.VOICE, caller, at(moment))
    stage.parts.exchange.journal.write([("contact_events", row_of(event))])
    return name


def handed_over(stage: Stage) -> HandoverId:
    """Hässelby-Vällingby's handover of one call, of which its people have been told."""
    came(stage, "a", "2026-03-03T20:00")
    at_time(stage, "2026-03-03T22:00", sweeps=CLOCK)
    return the_handover(stage, HASSELBY_VALLINGBY)


def write(stage: Stage, who: str, contact: str, **more: object) -> Note:
    """A note with the words of every test."""
    with gate(stage, who) as own:
        return service.write(own, ContactId(contact), WORDS, **more)  # type: ignore[arg-type]


def assign(stage: Stage, who: str, contact: str, home: DistrictId) -> None:
    with gate(stage, who) as own:
        service.assign(own, ContactId(contact), home)


def asked(stage: Stage, who: str, contact: str, act: Act = Act.READ) -> str:
    """What *who* is shown of a contact: words, facts alone, or why not."""
    try:
        with gate(stage, who) as own:
            item = own.item(ContactId(contact), act)
    except NotAllowed as refused:
        return refused.why.value
    return "facts" if item.note is None else item.note.content.told


def handovers_of(stage: Stage, district: DistrictId | None = None) -> tuple[Handover, ...]:
    with reading(stage.parts.engine) as connection:
        return stored.listed(connection, district, None)


def the_handover(stage: Stage, district: DistrictId) -> HandoverId:
    """The one of *district* that was made last."""
    return handovers_of(stage, district)[-1].id


def open_(stage: Stage, who: str, handover: HandoverId) -> Agenda:
    with gate(stage, who) as own:
        return agenda(own, handover)


def reach_(stage: Stage, who: str, handover: HandoverId, state: HandoverState) -> bool:
    with gate(stage, who) as own:
        return reach(own, handover, state)


def acknowledge(stage: Stage, who: str, handover: HandoverId) -> bool:
    """*who* reads all of it and says so by name."""
    open_(stage, who, handover)
    return reach_(stage, who, handover, HandoverState.ACKNOWLEDGED)


def filed(stage: Stage, district: DistrictId) -> list[tuple[str, list[str]]]:
    """When each handover of *district* is due there, and its contacts."""
    return [(wall(h.due_at), list(h.contacts)) for h in handovers_of(stage, district)]


def history(stage: Stage, handover: HandoverId) -> list[tuple[str, str | None]]:
    """What has become of it, and by whom."""
    with reading(stage.parts.engine) as connection:
        return [(event.event, event.actor) for event in stored.history(connection, handover)]


def reading_log(stage: Stage, district: DistrictId) -> list[tuple[str, str, str | None]]:
    """Who did what with the district's data, and why not."""
    always = Interval(at("2020-01-01T00:00"), at("2030-01-01T00:00"))
    with reading(stage.parts.engine) as connection:
        found = readings.of_district(connection, district, always)
    return [(one.viewer.id, str(one.act), one.denied and str(one.denied)) for one in found]


def told(stage: Stage, words: str) -> list[str]:
    """Who received a text of ours with *words* in it, managers too; twice who got it twice."""
    return sorted(
        _PEOPLE.get(m.to, "somebody else") for m in stage.carrier.messages if words in m.body
    )


def told_at(stage: Stage, words: str) -> list[str]:
    """The wall times at which somebody was told, each once."""
    found = {wall(m.at) for m in stage.carrier.messages if words in m.body}
    return sorted(found)


def wall(moment: datetime) -> str:
    return f"{moment.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}"
