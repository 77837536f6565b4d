"""Has the carrier delete what is gone here: calls with their legs, and texts."""

from datetime import datetime

import sqlalchemy as sa
import structlog

from app.duty.notifier import Redactor
from app.store import carrier_purges
from routing.errors import CarrierUnavailable, NoticeRefused

log = structlog.get_logger()

_MOST_AT_ONCE = 50


def forget_at_the_carrier(engine: sa.Engine, redactor: Redactor, now: datetime) -> int:
    """
    Delete at the carrier what is due; how much was.

    What it refuses, since a call still goes on there for one, is tried again, less and less often.
    """
    with engine.begin() as connection:
        due = carrier_purges.claim(connection, now, _MOST_AT_ONCE)
    done = 0
    for one in due:
        try:
            redactor.forget(one.sid)
        except CarrierUnavailable:
            return done  # the lease runs out, and then it is asked again
        except NoticeRefused as err:
            log.warning("retention.not_forgotten", reason=err.reason, tries=one.tries)
            with engine.begin() as connection:
                carrier_purges.put_off(connection, one, now)
            continue
        with engine.begin() as connection:
            carrier_purges.done(connection, one.sid)
        done += 1
    return done
