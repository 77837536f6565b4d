"""The month's sample of the reading log, and who answers for having looked through it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa

from app.store.database import add_once
from app.store.fields import FieldCipher
from app.store.tables import reading_samples
from routing.ids import DistrictId

_REMARK = "reading_samples.remark"


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of the reading log that were drawn for a month, which is named by its first day."""

    district: DistrictId
    month: date
    readings: tuple[int, ...]
    drawn_by: str
    drawn_at: datetime
    signed_by: str | None = None
    signed_at: datetime | None = None
    remark: str | None = field(default=None, repr=False)


def draw(connection: sa.Connection, sample: Sample) -> None:
    """Keep *sample*, unless the month has one already.  The caller commits."""
    row = {
        "district": sample.district,
        "month": sample.month,
        "readings": list(sample.readings),
        "drawn_by": sample.drawn_by,
        "drawn_at": sample.drawn_at,
    }
    add_once(connection, reading_samples, [row])


def sign(
    connection: sa.Connection,
    cipher: FieldCipher,
    district: DistrictId,
    month: date,
    by: str,
    remark: str,
    now: datetime,
) -> bool:
    """Whether *by* is the one who signs the month's sample, once.  The caller commits."""
    s = reading_samples.c
    sealed = cipher.seal(remark, _REMARK) if remark else None
    done = connection.execute(
        reading_samples.update()
        .where(s.district == district, s.month == month, s.signed_at.is_(None))
        .values(signed_by=by, signed_at=now, remark=sealed)
    )
    return done.rowcount == 1


def of_districts(
    connection: sa.Connection, cipher: FieldCipher, districts: Sequence[DistrictId]
) -> tuple[Sample, ...]:
    """Every sample of *districts*, the latest month first."""
    s = reading_samples.c
    query = sa.select(reading_samples).where(s.district.in_(districts)).order_by(s.month.desc())
    return tuple(
        Sample(
            DistrictId(row.district),
            row.month,
            tuple(row.readings),
            row.drawn_by,
            row.drawn_at,
            row.signed_by,
            row.signed_at,
            None if row.remark is None else cipher.open(row.remark, _REMARK),
        )
        for row in connection.execute(query)
    )
