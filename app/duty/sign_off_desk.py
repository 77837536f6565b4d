"""A therapist's own duties: what is still to be written before she is done, and being done."""

from dataclasses import dataclass

from app.duty.gate import Gate, Item
from app.duty.sign_off import Standing, sign_off, standings
from routing.access import Act
from routing.errors import NotFound
from routing.ids import LineId, TherapistId
from routing.organisation import Line


@dataclass(frozen=True, slots=True)
class OwnDuty:
    """
    One of the last days' duties with contacts.

    *missing* is what she may write; of *out_of_reach* she may no longer, and turns to the home
    district.
    """

    line: Line
    standing: Standing
    missing: tuple[Item, ...]
    out_of_reach: int
    is_over: bool


def own_duties(gate: Gate) -> tuple[OwnDuty, ...]:
    """The viewer's duties of the last days, the latest first; what is shown stands in the log."""
    found: list[OwnDuty] = []
    for line in gate.organisation.lines.values():
        who = TherapistId(gate.viewer.id)
        for standing in standings(gate.connection, line, who, gate.now):
            items, refused = gate.items(standing.missing, Act.LOG)
            is_over = standing.duty.ended_at <= gate.now
            found.append(OwnDuty(line, standing, items, len(refused), is_over))
    return tuple(sorted(found, key=lambda one: one.standing.duty.ended_at, reverse=True))


def sign(gate: Gate, line: LineId) -> None:
    """
    The viewer is done with the duty on *line* that ended last.

    Raises:
        NotFound: there is no such line.
        Conflict: notes are missing, or no duty of hers with contacts has ended.
    """
    known = gate.organisation.lines.get(line)
    if known is None:
        raise NotFound("there is no such line")
    sign_off(gate.connection, known, TherapistId(gate.viewer.id), gate.now)
