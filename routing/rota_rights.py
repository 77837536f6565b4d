"""Who may look at a line's rota, and who may change it."""

from datetime import datetime
from enum import StrEnum

from routing.access import Denial, Office, Viewer
from routing.ids import TherapistId
from routing.organisation import Line, Organisation


class RotaAct(StrEnum):
    """What somebody wants to do with a rota."""

    SEE = "see"  # who is on standby, its versions and its drafts
    FAIRNESS = "fairness"  # how it is shared
    CHANGE = "change"  # make, change, publish and drop drafts, and arrange swaps
    REST = "rest"  # everybody's rest and days off


_OF_THERAPISTS = frozenset({RotaAct.SEE, RotaAct.FAIRNESS})


def rota_denied(
    viewer: Viewer, act: RotaAct, line: Line, organisation: Organisation, now: datetime
) -> Denial | None:
    """
    Why *viewer* may not do it with the rota of *line* at *now*; None is leave to.

    The rota is shared by the districts of its line: their managers change it, their therapists see
    it, and administrators look at it wherever they are employed.
    """
    if viewer.office is Office.REVIEWER:
        return Denial.NOT_YOUR_OFFICE
    if viewer.office is Office.ADMINISTRATOR:
        return None if act is RotaAct.SEE else Denial.NOT_YOUR_OFFICE
    today = line.today(now)
    homes = {organisation.current(district, today) for district in line.districts}
    if organisation.current(viewer.district, today) not in homes:
        return Denial.NOT_YOUR_DISTRICT
    if viewer.office is Office.MANAGER:
        return None
    therapist = organisation.therapists.get(TherapistId(viewer.id))
    if therapist is None or today not in therapist.active:
        return Denial.INACTIVE
    return None if act in _OF_THERAPISTS else Denial.NOT_YOUR_OFFICE
