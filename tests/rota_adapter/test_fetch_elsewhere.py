"""Where a fetch may lead: redirects, proxies, passwords of others, and certificates."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rota_adapter.sources.fetch import Fetcher
from routing.errors import RotaUnavailable
from tests.rota_adapter.feed_server import FeedServer, Reply, serving, tls_for_loopback
from tests.rota_adapter.fetching import BODY, PATH, fault, secret_address


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with serving() as found:
        found.replies[PATH] = Reply(BODY)
        yield found


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(5)


def test_a_redirect_is_followed_on_the_same_server(server: FeedServer, fetcher: Fetcher) -> None:
    server.replies[PATH] = Reply(status=302, headers={"Location": "/second"})
    server.replies["/second"] = Reply(status=307, headers={"Location": f"{server.address}/third"})
    server.replies["/third"] = Reply(status=308, headers={"Location": "fourth#part"})
    server.replies["/fourth"] = Reply(BODY)

    assert fetcher.get(secret_address(server), {"X-Key": "k"}) == BODY
    assert [seen.path for seen in server.seen[1:]] == ["/second", "/third", "/fourth"]
    assert {seen.headers["X-Key"] for seen in server.seen} == {"k"}
    assert len({seen.headers["Authorization"] for seen in server.seen}) == 1


def test_a_fourth_redirect_is_one_too_many(server: FeedServer, fetcher: Fetcher) -> None:
    server.replies[PATH] = Reply(status=302, headers={"Location": PATH})

    assert fault(fetcher, secret_address(server)) == "the server redirects again and again"
    assert len(server.seen) == 4


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{other}/",
        "http://127.0.0.1/",
        "http://localhost:{port}/",
        "//169.254.169.254/latest/meta-data",
        "http://10.0.0.1:{port}/",
        "http://127.0.0.1:{port}@10.0.0.1/",
        "ftp://127.0.0.1:{port}/",
        "file:///etc/passwd",
        "http://[::1",
        "http://127.0.0.1:port/",
    ],
)
def test_a_redirect_to_anywhere_else_is_refused(
    location: str, server: FeedServer, fetcher: Fetcher
) -> None:
    with serving() as other:
        places = {"port": server.port, "other": other.port}
        headers = {"Location": location.format(**places) + "?key=hidden-query"}
        server.replies[PATH] = Reply(status=302, headers=headers)

        said = fault(fetcher, secret_address(server))

        assert other.seen == []
    assert said == "the server redirects to another address"
    assert len(server.seen) == 1


def test_a_question_is_not_posted_anywhere_else(server: FeedServer, fetcher: Fetcher) -> None:
    server.replies[PATH] = Reply(status=307, headers={"Location": "/second"})

    with pytest.raises(RotaUnavailable, match=r"^the server answers with status 307$"):
        fetcher.post(server.address + PATH, b"{}")


def test_a_netrc_file_is_not_looked_into(
    server: FeedServer, fetcher: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password s3cret\n")
    monkeypatch.setenv("NETRC", str(netrc))

    fetcher.get(server.address + PATH)

    assert "Authorization" not in server.seen[0].headers


def test_the_environment_s_proxy_is_used_and_leads_to_no_other_port(
    server: FeedServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    through_proxy(server, monkeypatch)
    server.replies["http://rota.example.org/feed"] = Reply(BODY)
    elsewhere = Reply(status=302, headers={"Location": "http://rota.example.org:8080/feed"})
    server.replies["http://rota.example.org/"] = elsewhere

    assert fetcher.get("http://rota.example.org/feed") == BODY
    assert fault(fetcher, "http://rota.example.org/") == "the server redirects to another address"


def test_a_redirect_may_lead_from_http_to_https(
    server: FeedServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    through_proxy(server, monkeypatch)
    better = Reply(status=301, headers={"Location": "https://rota.example.org/feed"})
    server.replies["http://rota.example.org/feed"] = better

    said = fault(fetcher, "http://rota.example.org/feed")

    assert said == "the proxy does not let the request through"
    assert server.seen[-1].method == "CONNECT"
    assert server.seen[-1].path == "rota.example.org:443"


def test_a_certificate_must_be_good_and_https_is_not_left_again(
    tmp_path: Path, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tls_for_loopback(tmp_path)) as server:
        server.replies[PATH] = Reply(BODY)
        worse = server.address.replace("https:", "http:")
        server.replies["/worse"] = Reply(status=302, headers={"Location": f"{worse}{PATH}"})

        stranger = fault(fetcher, secret_address(server))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
        content = fetcher.get(secret_address(server))
        downgraded = fault(fetcher, f"{server.address}/worse")

    assert stranger == "the server's certificate is not valid for its address"
    assert content == BODY
    assert downgraded == "the server redirects to another address"


def through_proxy(server: FeedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, server.address)
    monkeypatch.setenv("no_proxy", "")
