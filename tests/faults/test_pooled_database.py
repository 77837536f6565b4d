"""Through a pooler nothing is prepared: another's statement may have the same name there."""

import socket
import struct
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.store.database import make_engine
from app.store.patience import PATIENT, PROMPT, Patience
from tests.faults.database_proxy import Proxy

pytestmark = pytest.mark.postgres
_KEY = b"K" + struct.pack("!i", 12)  # what a server tells of itself for cancelling


class _Pooler(Proxy):
    """A pooler tells its clients of a process of its own instead of the server's."""

    def _pass_on(self, one: object) -> None:
        if isinstance(one, socket.socket) and one.family == socket.AF_UNIX and one in self._peers:
            said = one.recv(65536, socket.MSG_PEEK)
            head, found, tail = said.partition(_KEY)
            if found:
                one.recv(len(said))
                self._peers[one].sendall(head + found + struct.pack("!i", 7) + tail[4:])
                return
        super()._pass_on(one)


@pytest.fixture(params=[PATIENT, PROMPT], ids=["patient", "prompt"])
def patience(request: pytest.FixtureRequest) -> Patience:
    found: Patience = request.param
    return found


def prepared(url: str, patience: Patience) -> Iterator[int]:
    """How many statements the server keeps by name for us, after each of the same question."""
    engine = make_engine(url, patience)
    with engine.connect() as connection:
        for _ in range(8):
            connection.execute(sa.text("SELECT 1"))
            yield connection.exec_driver_sql(
                "SELECT count(*) FROM pg_prepared_statements"
            ).scalar_one()
    engine.dispose()


def test_a_server_s_own_connection_keeps_what_is_asked_often(
    postgres_url: str, patience: Patience
) -> None:
    assert max(prepared(postgres_url, patience)) > 0


def test_a_pooler_s_keeps_nothing(postgres_url: str, patience: Patience) -> None:
    with _Pooler(postgres_url) as between:
        assert max(prepared(between.url, patience)) == 0
