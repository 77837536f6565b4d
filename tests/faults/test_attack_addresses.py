"""Addresses that lead where no rota is: the machine's own services, by name, number or redirect."""

import ipaddress
import socket
from collections.abc import Iterator

import pytest

from rota_adapter.sources import exchange
from rota_adapter.sources.fetch import Fetcher
from routing.errors import RotaUnavailable
from tests.rota_adapter.feed_server import FeedServer, serving


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with serving() as running:
        yield running


class _Socket:
    def __init__(self, peer: str) -> None:
        self._peer = peer

    def getpeername(self) -> tuple[str, int]:
        return self._peer, 80


@pytest.mark.parametrize(
    "peer",
    ["169.254.169.254", "169.254.0.1", "fe80::1%eth0", "::ffff:169.254.169.254", "fd00:ec2::254"],
)
def test_a_machine_s_own_services_are_not_asked(peer: str) -> None:
    with pytest.raises(exchange.Fault, match="own services"):
        exchange._require_somewhere(_Socket(peer))  # type: ignore[arg-type] # noqa: SLF001


@pytest.mark.parametrize("peer", ["192.0.2.1", "10.20.30.40", "192.168.1.1", "2001:db8::1"])
def test_a_city_s_own_servers_are_asked(peer: str) -> None:
    exchange._require_somewhere(_Socket(peer))  # type: ignore[arg-type] # noqa: SLF001


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
def test_whatever_name_leads_there_no_request_is_sent(
    server: FeedServer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is the address that was connected to: a name may lead elsewhere the next time."""
    monkeypatch.setattr(exchange, "NOWHERE", (ipaddress.ip_network("127.0.0.0/8"),))

    with pytest.raises(RotaUnavailable) as told:
        Fetcher(5).get(f"http://{name}:{server.port}/x")

    assert server.seen == []
    assert name not in str(told.value)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "gopher://127.0.0.1/x",
        "ftp://127.0.0.1/x",
        "dict://127.0.0.1:11211/stats",
        "javascript:x",
        "data:text/csv,x",
        "\\\\127.0.0.1\\x",
    ],
)
def test_no_other_kind_of_address_is_followed(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are paths of files, which are not there."""
    opened: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, to: opened.append(to))

    with pytest.raises(RotaUnavailable, match="no such file"):
        Fetcher(5).get(address)

    assert opened == []
