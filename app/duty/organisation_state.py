"""Whether something with dates is in force, is coming, or has ended."""

from datetime import date
from enum import StrEnum

from routing.organisation import Validity


class State(StrEnum):
    """How something with dates stands on one of them."""

    IN_FORCE = "in_force"
    COMING = "coming"
    ENDED = "ended"


def state_on(validity: Validity, day: date) -> State:
    """How *validity* stands on *day*."""
    if day in validity:
        return State.IN_FORCE
    return State.ENDED if validity.last is not None and validity.last < day else State.COMING
