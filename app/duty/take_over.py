"""Taking over the duty now: asked by one, agreed to by the one who has it, then in force."""

from enum import StrEnum

import sqlalchemy as sa

from app.duty.standby import Standby
from app.duty.swap_check import RotaNow
from app.duty.swap_letters import notes
from app.phrases import FIRST, phrases
from app.store import rota as stored_rota
from app.store.rota import Signed
from app.store.texts import TakeOver
from app.wording import clock_time
from routing.errors import Conflict
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.ladder import Reason
from routing.override import Override


class Why(StrEnum):
    """Why the duty cannot be taken over."""

    NOBODY_HAS_IT = "nobody_has_it"
    YOU_HAVE_IT = "you_have_it"
    NO_MANDATE = "no_mandate"
    NO_TEXTS = "no_texts"  # whoever has it cannot be asked
    TOO_LATE = "too_late"


class TakeOverRefused(Conflict):
    """The duty cannot be taken over; the message is for the therapist who asked."""

    code = "take_over_refused"

    def __init__(self, message: str, why: Why) -> None:
        super().__init__(message)
        self.why = why


def ask_for(on: Standby, taker: TherapistId, question: str) -> TakeOver:
    """
    The question to whoever has the duty now.

    Raises:
        TakeOverRefused: nobody has it, *taker* has it already, or may not answer for the line.
    """
    written = phrases(FIRST).written
    first = next((s for s in on.shifts if s.position == 1), None)
    if first is None:
        raise TakeOverRefused(written["take_nothing"], Why.NOBODY_HAS_IT)
    if first.therapist == taker:
        until = clock_time(first.time.end, on.line)
        raise TakeOverRefused(written["take_own"].format(until=until), Why.YOU_HAVE_IT)
    if not _may(on, taker):
        said = written["take_refused"].format(reason="mandat saknas")
        raise TakeOverRefused(said, Why.NO_MANDATE)
    giver = on.organisation.therapists.get(first.therapist)
    if giver is None or giver.phone is None or on.out.get(giver.id) is Reason.OPTED_OUT:
        reason = f"{first.therapist} kan inte få sms"
        said = written["take_refused"].format(reason=reason)
        raise TakeOverRefused(said, Why.NO_TEXTS)
    return TakeOver(question, on.line.id, taker, first.therapist, first.time.end, on.now)


def carry_out(connection: sa.Connection, on: Standby, asked: TakeOver) -> str:
    """
    Change the two about from now to the end of the duty, on top of whatever rota there is.

    Whoever takes over while being the backup leaves that place to the one who gives.  What is
    wrong with that is found and told of as in any rota; it never stops a duty from being handed
    over.  What is returned tells the two of the rest that it makes too short, after a space:
    nothing, if it makes none.

    Raises:
        TakeOverRefused: what was asked for is no longer there to give.
    """
    first = next((s for s in on.shifts if s.position == 1), None)
    if first is None or first.therapist != asked.giver or not _may(on, asked.taker):
        raise TakeOverRefused(phrases(FIRST).written["take_late"], Why.TOO_LATE)
    span = Interval(on.now, min(asked.until, first.time.end))
    inside = [
        (common, s)
        for s in stored_rota.in_force(connection, on.line.id, span)
        if (common := s.time.overlap(span)) is not None
    ]
    swap = {asked.giver: asked.taker}
    if any(s.therapist == asked.taker for _, s in inside):
        swap[asked.taker] = asked.giver
    changed = [
        Override(common, s.position, swap[s.therapist])
        for common, s in inside
        if s.therapist in swap
    ]
    note = f"TAR: {asked.taker} from {asked.giver}, agreed by text"
    rota = RotaNow(connection, on.organisation, on.line, on.now)
    said = notes(rota, changed, only_errors=True)  # asked before it is laid on the rota
    stored_rota.override(connection, on.line.id, changed, Signed(asked.taker, note, on.now))
    return said


def _may(on: Standby, taker: TherapistId) -> bool:
    """Whether *taker* may answer everybody who turns to the line."""
    therapist, today = on.organisation.therapists.get(taker), on.line.today(on.now)
    return (
        therapist is not None
        and today in therapist.active
        and all(on.organisation.may_answer(therapist, home, today) for home in on.line.districts)
    )
