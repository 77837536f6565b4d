"""A text that waits on disk: its sender is told so by the one answer that needs no database."""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

import structlog

from app.phrases import FIRST, phrases
from app.telephony.exchange import Arrival, Exchange
from app.telephony.twiml import NOTHING, document, message
from routing.ids import ContactId
from routing.numbers import PhoneNumber, takes_texts

log = structlog.get_logger()

_AN_HOUR = timedelta(hours=1)
_MOST_NUMBERS = 10_000


class Told:
    """Who was told within an hour, in this process: somebody who writes ten texts is told once."""

    def __init__(self) -> None:
        self._told: OrderedDict[PhoneNumber, tuple[datetime, ContactId]] = OrderedDict()
        self._lock = Lock()

    def is_new(self, number: PhoneNumber, contact: ContactId, at: datetime) -> bool:
        """
        Note that *number* is told because of *contact*, unless it was because of another.

        A text that the carrier hands over twice gets the same answer twice: one was lost.
        """
        with self._lock:
            told_at, earlier = self._told.get(number, (at, contact))
            if earlier != contact and at - told_at < _AN_HOUR:
                return False
            self._told[number] = (at, contact)
            self._told.move_to_end(number)
            if len(self._told) > _MOST_NUMBERS:
                self._told.popitem(last=False)
            return True


def answer_to_waiting(exchange: Exchange, told: Told, came: Arrival) -> str:
    """
    The document for a text that waits in the spool.

    It goes to those whom the service may write to by itself; what the carrier alone knows, that
    somebody has said STOP, the carrier minds.
    """
    number = came.number
    if number is None or not takes_texts(number) or exchange.is_blocked(came):
        return NOTHING
    is_staff = number in came.picture.organisation.staff_of
    may_write = is_staff or (came.identity.sms_ok and not came.identity.protected)
    if not may_write or not told.is_new(number, came.contact, came.at):
        return NOTHING
    language = FIRST if is_staff else came.caller.language or came.line.languages[0]
    log.info("text.told_to_wait", contact=came.contact, to_staff=is_staff)
    return document(message(phrases(language).written["staff_waits" if is_staff else "waits"]))
