"""Every column that is sealed, and every keyed index with the number that it finds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.store.tables import (
    addenda,
    alterations,
    audit_links,
    blocks,
    clients,
    contact_events,
    feedback,
    follow_up_orders,
    follow_ups,
    holds,
    meeting_guests,
    notes,
    optouts,
    organisations,
    outbox,
    reading_samples,
    swap_events,
    texts,
    threads,
    writings,
)

_UPLOADS = "upload:"  # what waits to be confirmed is sealed for its own subject


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values, and what a row's value was sealed for."""

    column: sa.Column[Any]
    purpose: Callable[[Any], str]

    @property
    def name(self) -> str:
        return f"{self.column.table.name}.{self.column.name}"


@dataclass(frozen=True, slots=True)
class KeyedIndex:
    """A column by which a number is found, and the sealed one that it is made from."""

    column: sa.Column[Any]
    number: sa.Column[Any] | None  # None where no row keeps the number itself

    @property
    def name(self) -> str:
        return f"{self.column.table.name}.{self.column.name}"


def _sealed(column: sa.Column[Any]) -> SealedColumn:
    return SealedColumn(column, lambda _: f"{column.table.name}.{column.name}")


def _of_writing(row: Any) -> str:  # noqa: ANN401 - a row of writings
    subject = str(row.subject)
    return subject if subject.startswith(_UPLOADS) else "writings.body"


SEALED = (
    _sealed(organisations.c.document),
    _sealed(clients.c.phone),
    _sealed(contact_events.c.caller_number),
    _sealed(texts.c.body),
    _sealed(threads.c.sender),
    _sealed(outbox.c.recipient),
    _sealed(outbox.c.body),
    _sealed(outbox.c.calendar),
    _sealed(optouts.c.number),
    _sealed(blocks.c.reason),
    _sealed(blocks.c.number),
    _sealed(notes.c.content),
    _sealed(addenda.c.content),
    _sealed(meeting_guests.c.address),
    _sealed(swap_events.c.reason),
    _sealed(follow_up_orders.c.instruction),
    _sealed(follow_ups.c.report),
    _sealed(reading_samples.c.remark),
    _sealed(feedback.c.body),
    _sealed(alterations.c.about),
    _sealed(audit_links.c.salt),
    _sealed(holds.c.reason),
    SealedColumn(writings.c.body, _of_writing),
)

INDEXES = (
    KeyedIndex(clients.c.phone_key, clients.c.phone),
    KeyedIndex(contact_events.c.caller_key, contact_events.c.caller_number),
    KeyedIndex(threads.c.sender_key, threads.c.sender),
    KeyedIndex(optouts.c.number_key, optouts.c.number),
    KeyedIndex(blocks.c.caller_key, blocks.c.number),
    KeyedIndex(follow_up_orders.c.number_key, None),
)

# Bytes and documents that hang on no key of DATA_KEYS, and why.
NEITHER = {
    "accounts.recovery_codes": "sealed by the sign-in, under SECRET_KEY",
    "audit_links.digest": "a digest",
    "audit_links.previous": "a digest",
    "calendar_links.digest": "a digest of what was random",
    "passkeys.credential_id": "public",
    "passkeys.public_key": "public",
    "passkeys.transports": "words of a standard",
    "pins.digest": "says itself which key it hangs on; set anew after a change of keys",
    "reading_samples.readings": "ids",
    "refusals.login_key": "a keyed digest under SECRET_KEY, for a quarter of an hour",
    "sessions.digest": "a digest of what was random",
}
