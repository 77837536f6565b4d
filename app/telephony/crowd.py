"""Strangers who call again and again: they wait a little, and are never shut out."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from routing.ids import ContactId

_Who = TypeVar("_Who", bound=Hashable)
_WITHIN = timedelta(minutes=10)
_MOST_OF_ONE = 5
# More strangers than ever call one line in ten minutes, unless somebody means to keep it busy.
MOST_STRANGERS = 20
_MOST_NUMBERS = 10_000


class Crowd(Generic[_Who]):
    """
    Counts the calls of each number, or to each line, or the tries of each person, in this process.

    What is forgotten only lets somebody through.  Several processes each allow as many, which is
    close enough for what only slows.
    """

    def __init__(self, most: int = _MOST_OF_ONE) -> None:
        self._most = most
        self._calls: OrderedDict[_Who, deque[tuple[datetime, ContactId]]] = OrderedDict()
        self._lock = Lock()

    def has_come_too_often(self, who: _Who, at: datetime) -> bool:
        """Whether *who* has been counted as often as is allowed; counts nothing."""
        with self._lock:
            calls = self._calls.get(who, ())
            return len([when for when, _ in calls if at - when <= _WITHIN]) >= self._most

    def comes_too_often(self, who: _Who, call: ContactId, at: datetime) -> bool:
        """
        Count a *call* at *at*, and say whether it is one too many within ten minutes.

        A call that the carrier tells of twice is one call, and gets the same answer.
        """
        with self._lock:
            calls = self._calls.setdefault(who, deque(maxlen=self._most + 1))
            self._calls.move_to_end(who)
            if len(self._calls) > _MOST_NUMBERS:
                self._calls.popitem(last=False)
            while calls and at - calls[0][0] > _WITHIN:
                calls.popleft()
            if all(earlier != call for _, earlier in calls):
                calls.append((at, call))
            return [earlier for _, earlier in calls].index(call) >= self._most
