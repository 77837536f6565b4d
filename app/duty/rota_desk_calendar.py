"""Addresses by which a therapist's own telephone or computer shows her duties."""

from app.duty.gate import Gate, NotAllowed
from app.duty.rota_desk import line_for
from app.store import calendar_links
from app.store.calendar_links import CalendarLink
from routing.access import Denial, Office
from routing.errors import Conflict, NotFound
from routing.ids import TherapistId

MOST = 5  # a telephone, a computer, and some that were forgotten


def own(gate: Gate) -> tuple[CalendarLink, ...]:
    """
    The viewer's own addresses in force, the oldest first; their secret part is not kept.

    Raises:
        NotAllowed: only therapists have any.
    """
    who = _therapist(gate)
    return tuple(link for link in calendar_links.links(gate.connection) if link.therapist == who)


def make(gate: Gate, line_id: str, public_url: str) -> str:
    """
    A new address of the viewer's own duties on a line; it is shown this once.

    Raises:
        NotFound, NotAllowed: no such line, or not hers.
        Conflict: she has so many that one must be ended first.
    """
    line = line_for(gate, line_id)
    if len(own(gate)) >= MOST:
        raise Conflict(f"there are {MOST} addresses already: end one first")
    token = calendar_links.make(gate.connection, line.id, _therapist(gate), gate.now)
    return f"{public_url}/calendar/{token}.ics"


def revoke(gate: Gate, number: int) -> None:
    """
    End one of the viewer's addresses at once.

    Raises:
        NotFound: it is not hers, or ended.
    """
    if all(link.id != number for link in own(gate)):
        raise NotFound("there is no such calendar link in force")
    calendar_links.revoke(gate.connection, number, gate.now)


def _therapist(gate: Gate) -> TherapistId:
    if gate.viewer.office is not Office.THERAPIST:
        raise NotAllowed(Denial.NOT_YOUR_OFFICE)
    return TherapistId(gate.viewer.id)
