"""Strangers who call again and again: they wait a little, and are never shut out."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from threading import Lock

from routing.numbers import PhoneNumber

_WITHIN = timedelta(minutes=10)
_MOST_CALLS = 5
_MOST_NUMBERS = 10_000


class Crowd:
    """
    Counts the calls of each number in this process; what is forgotten only lets somebody through.

    Several processes each allow as many, which is close enough for what only slows.
    """

    def __init__(self) -> None:
        self._calls: OrderedDict[PhoneNumber, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def comes_too_often(self, number: PhoneNumber, at: datetime) -> bool:
        """Count a call at *at*, and say whether it is one too many within ten minutes."""
        with self._lock:
            calls = self._calls.setdefault(number, deque(maxlen=_MOST_CALLS + 1))
            self._calls.move_to_end(number)
            if len(self._calls) > _MOST_NUMBERS:
                self._calls.popitem(last=False)
            while calls and at - calls[0] > _WITHIN:
                calls.popleft()
            calls.append(at)
            return len(calls) > _MOST_CALLS
