"""How much work one calendar may cause."""

from rota_adapter.reading import Unusable
from routing.errors import Place

MOST = 3_000_000  # about ten seconds
ONE_SHIFT = 60  # what it takes to place one shift, when looking at one date is 1
ONE_VALUE = 15  # and to read one of a list of dates


class Effort:
    """What has been spent on the calendar *file*, so that no few lines can keep us for long."""

    def __init__(self, file: str) -> None:
        self._place = Place(file)
        self._spent = 0

    def spend(self, effort: int) -> None:
        """
        Put *effort* to the account, before it is made; looking at one date is 1.

        Raises:
            Unusable: TOO_MANY_EVENTS, since the calendar has used up what it may.
        """
        self._spent += effort
        if self._spent > MOST:
            message = "its repeated events come to more than a rota can hold"
            raise Unusable("TOO_MANY_EVENTS", message, self._place)
