"""What a command may see of contacts, as whoever is named by `--by`."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.bootstrap import Parts
from app.cli.show import viewer_of
from app.duty.gate import Gate, NotAllowed


@contextmanager
def gate_of(own: Parts, by: str) -> Iterator[Gate]:
    """
    The gate for whoever *by* names; leaving it normally commits, by an exception rolls back.

    Only that somebody was turned away is kept all the same: the reading log is to show it.

    Raises:
        InvalidInput: nobody there has that id.
    """
    organisation = own.mirror.picture.organisation
    viewer = viewer_of(organisation, by)
    with own.engine.connect() as connection, connection.begin() as transaction:
        try:
            yield Gate(connection, own.cipher, organisation, viewer, own.clock())
        except NotAllowed:
            transaction.commit()
            raise
