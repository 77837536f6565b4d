"""Puts letters into the outbox, in the caller's own transaction."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from app.duty.handover import Desk
from app.store import outbox
from app.store.database import add_once
from app.store.outbox import Letter
from app.store.tables import outbox as outbox_table


def post(connection: sa.Connection, desk: Desk, letters: Iterable[Letter], now: datetime) -> None:
    """Queue *letters*; one whose key is there already stays as it was."""
    rows = [outbox.entry(desk.cipher, letter, now)[1] for letter in letters]
    add_once(connection, outbox_table, rows)
