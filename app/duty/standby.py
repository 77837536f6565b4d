"""Who is on standby at a moment, read inside the transaction that decides by it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.store import rota as stored_rota
from app.store import texts
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.ladder import Ladder, Reason, Seeker, ladder
from routing.organisation import Line, Organisation
from routing.rota import Rota, Shift


@dataclass(frozen=True, slots=True)
class Standby:
    """A line's standby at *now*: the shifts in force, and who is out in spite of one."""

    organisation: Organisation
    line: Line
    now: datetime
    shifts: tuple[Shift, ...]
    out: dict[TherapistId, Reason]

    def ladder(self, seeker: Seeker) -> Ladder:
        """Who is tried for *seeker*; nobody while the line is closed."""
        shifts = self.shifts if self.line.hours.is_open(self.now) else ()
        return ladder(self.organisation, self.line, shifts, seeker, self.now, self.out)


def standby(
    connection: sa.Connection, organisation: Organisation, line: Line, now: datetime
) -> Standby:
    """The standby of *line*, for texts: who has opted out of them is out."""
    around = Interval(now, now + timedelta(seconds=1))
    found = stored_rota.in_force(connection, line.id, around)
    shifts = Rota(line.id, found, source="database", read_at=now).on_call(now)
    out = dict.fromkeys(texts.opted_out_staff(connection), Reason.OPTED_OUT)
    for therapist, until in texts.paused(connection).items():
        if now < until:
            out[therapist] = Reason.PAUSED
    return Standby(organisation, line, now, shifts, out)
