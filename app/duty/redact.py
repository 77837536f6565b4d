"""Has the carrier forget what texts said, once they have arrived."""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from app.duty.notifier import Redactor
from app.store.tables import outbox, texts
from routing.errors import CarrierUnavailable, NoticeRefused
from routing.organisation import Organisation

log = structlog.get_logger()

# The carrier refuses while a text is on its way; most have arrived by then.
_NOT_BEFORE = timedelta(minutes=5)
# A report may be lost, and some carriers send none.
_WITHOUT_A_WORD = timedelta(days=2)
_MOST_AT_ONCE = 20


def redact_texts(
    engine: sa.Engine, redactor: Redactor, organisation: Organisation, now: datetime
) -> int:
    """Have the words of delivered and of received texts removed at the carrier; how many were."""
    lines = [line.id for line in organisation.lines.values() if line.redact_texts]
    o, t = outbox.c, texts.c
    sent = sa.select(o.carrier_id).where(
        o.channel == "text",
        sa.or_(o.line.in_(lines), o.emptied_at.is_not(None)),
        o.redacted_at.is_(None),
        o.carrier_id.is_not(None),
        sa.or_(
            sa.and_(
                o.delivery.in_(["delivered", "undelivered", "failed"]),
                o.first_tried_at < now - _NOT_BEFORE,
            ),
            o.first_tried_at < now - _WITHOUT_A_WORD,
        ),
    )
    received = sa.select(t.contact).where(
        sa.or_(t.line.in_(lines), t.emptied_at.is_not(None)),  # what is gone here goes there
        t.redacted_at.is_(None),
        t.handled_at < now - _NOT_BEFORE,
    )
    done = 0
    for query, column in ((sent, o.carrier_id), (received, t.contact)):
        with engine.connect() as connection:
            ids = connection.scalars(query.limit(_MOST_AT_ONCE)).all()
        for carrier_id in ids:
            try:
                redactor.redact(carrier_id)
            except CarrierUnavailable:
                return done  # it is asked again by the next sweep
            except NoticeRefused as err:
                log.warning("text.not_redacted", reason=err.reason)
            with engine.begin() as connection:
                forgotten = sa.update(column.table).where(column == carrier_id)
                connection.execute(forgotten.values(redacted_at=now))
            done += 1
    return done
