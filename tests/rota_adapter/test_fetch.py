"""What is fetched, and every way in which a server can be dead, slow, lying or indiscreet."""

import gzip
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rota_adapter.sources.fetch import Fetcher
from routing.errors import RotaUnavailable
from tests.rota_adapter.feed_server import FeedServer, Reply, serving
from tests.rota_adapter.fetching import (
    BODY,
    PATH,
    SECRETS,
    SLOWLY,
    SOON,
    TIME_OUT,
    TOO_LATE,
    fault,
    secret_address,
)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with serving() as found:
        found.replies[PATH] = Reply(BODY)
        yield found


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(5)


@pytest.fixture
def hurried() -> Fetcher:
    return Fetcher(TIME_OUT)


def test_an_answer_is_fetched_whole(server: FeedServer, fetcher: Fetcher) -> None:
    server.replies["/large"] = Reply(b"x" * 3_000_000)

    assert fetcher.get(server.address + PATH) == BODY
    assert len(fetcher.get(f"{server.address}/large")) == 3_000_000


def test_the_request_says_who_asks_and_wants_the_answer_as_it_is(
    server: FeedServer, fetcher: Fetcher
) -> None:
    fetcher.get(server.address + PATH, {"Accept": "text/calendar"})

    (seen,) = server.seen
    assert seen.headers["User-Agent"].startswith("beredskap")
    assert seen.headers["Accept-Encoding"] == "identity"
    assert seen.headers["Accept"] == "text/calendar"


def test_credentials_are_sent_and_not_asked_for_in_the_address(
    server: FeedServer, fetcher: Fetcher
) -> None:
    fetcher.get(secret_address(server))

    (seen,) = server.seen
    assert seen.headers["Authorization"] == "Basic am91cmxpbmplbjpzM2NyZXQh"  # …:s3cret!
    assert seen.path == f"{PATH}?key=hidden-query"


def test_a_question_is_posted(server: FeedServer, fetcher: Fetcher) -> None:
    assert fetcher.post(server.address + PATH, b"{}", {"Content-Type": "application/json"}) == BODY

    (seen,) = server.seen
    assert (seen.method, seen.body) == ("POST", b"{}")
    assert seen.headers["Content-Type"] == "application/json"


def test_a_path_is_a_file(tmp_path: Path, fetcher: Fetcher) -> None:
    path = tmp_path / "rota.ics"
    path.write_bytes(BODY)

    assert fetcher.get(str(path)) == BODY


def test_a_file_that_cannot_be_had_is_not_named(tmp_path: Path, fetcher: Fetcher) -> None:
    folder = tmp_path / "hidden-path"
    folder.mkdir()
    (folder / "large").write_bytes(b"x" * 1_001)

    assert fault(fetcher, str(folder / "none")) == "there is no such file"
    assert fault(fetcher, str(folder)) == "there is no such file"
    assert fault(fetcher, str(folder / "large")) == "the file is larger than 1000 bytes"
    assert fault(fetcher, "hidden-path\0") == "there is no such file"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(BODY, etag='"one"'),
        Reply(BODY, modified="Tue, 03 Mar 2026 18:04:00 GMT"),
        Reply(BODY, etag='W/"one"', modified="Tue, 03 Mar 2026 18:04:00 GMT"),
    ],
    ids=["a tag", "a date", "both"],
)
def test_what_has_not_changed_is_remembered(
    reply: Reply, server: FeedServer, fetcher: Fetcher
) -> None:
    server.replies[PATH] = reply
    fetcher.get(secret_address(server))
    # Unasked, the server would send this.
    server.replies[PATH] = Reply(b"other", etag=reply.etag, modified=reply.modified)

    assert fetcher.get(secret_address(server)) == BODY
    assert fetcher.for_one_load().get(secret_address(server)) == BODY
    assert fetcher.get(secret_address(server), {"Accept": "text/csv"}) == b"other"


def test_what_has_changed_is_fetched_anew(server: FeedServer, fetcher: Fetcher) -> None:
    server.replies[PATH] = Reply(BODY, etag='"one"')
    fetcher.get(server.address + PATH)
    server.replies[PATH] = Reply(b"other", etag='"two"')

    assert fetcher.get(server.address + PATH) == b"other"
    assert fetcher.get(server.address + PATH) == b"other"
    known = [seen.headers.get("If-None-Match") for seen in server.seen]
    assert known == [None, '"one"', '"two"']


def test_what_is_asked_only_once_is_not_remembered(server: FeedServer, fetcher: Fetcher) -> None:
    server.replies[PATH] = Reply(BODY, etag='"one"')

    for remember in (False, True, False):
        fetcher.get(server.address + PATH, remember=remember)

    assert not [seen for seen in server.seen if "If-None-Match" in seen.headers]


def test_nothing_changed_makes_no_sense_when_nothing_is_known(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.replies[PATH] = Reply(status=304)

    assert fault(fetcher, secret_address(server)) == "the server answers with status 304"


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(status=401), "the server refuses the token or password (status 401)"),
        (Reply(status=403), "the server refuses the token or password (status 403)"),
        (Reply(status=404), "the server has nothing at that address (status 404)"),
        (Reply(b"sorry", status=500), "the server answers with status 500"),
        (Reply(status=204), "the server answers with status 204"),
        (Reply(BODY, status=206), "the server answers with status 206"),
        (Reply(status=300), "the server answers with status 300"),
        (Reply(status=302), "the server answers with status 302"),
        (Reply(BODY, cut=9), "the answer breaks off"),
        (Reply(raw=b""), "the server cannot be reached, or hangs up without an answer"),
        (Reply(raw=b"hello"), "the server cannot be reached, or hangs up without an answer"),
        (
            Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nBEG"),
            "the answer breaks off",
        ),
        (
            Reply(gzip.compress(b"x" * 9_000), headers={"Content-Encoding": "gzip"}),
            "the server compresses its answer without being asked to",
        ),
        (Reply(b"x" * 1_001), "the answer is larger than 1000 bytes"),
        (
            Reply(raw=b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 1_001),
            "the answer is larger than 1000 bytes",
        ),
    ],
)
def test_what_is_no_answer_is_told_in_plain_words(
    reply: Reply, sentence: str, server: FeedServer, fetcher: Fetcher
) -> None:
    server.replies[PATH] = reply

    assert fault(fetcher, secret_address(server)) == sentence


@pytest.mark.parametrize(
    "reply",
    [
        Reply(hangs=True),
        Reply(BODY * 10, drip=SLOWLY),
        Reply(raw=b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 900, drip=SLOWLY),
        Reply(raw=b"H" * 900, drip=SLOWLY),
        Reply(
            raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 900,
            drip=SLOWLY,
        ),
        Reply(raw=b"HTTP/1.1 100 Continue\r\n\r\n" * 90, drip=SLOWLY),
    ],
    ids=["silence", "body", "header", "status", "length of a chunk", "to be continued"],
)
def test_a_server_that_drips_is_left_in_time(
    reply: Reply, server: FeedServer, hurried: Fetcher
) -> None:
    server.replies[PATH] = reply

    assert fault(hurried, secret_address(server)) == TOO_LATE
    if not reply.hangs:
        assert server.client_left.wait(SOON), "somebody still listens"
    assert no_fetch_goes_on()


def test_the_time_of_a_whole_load_is_bounded_too(server: FeedServer, hurried: Fetcher) -> None:
    server.replies[PATH] = Reply(hangs=True)
    load = hurried.for_one_load()
    begun = time.monotonic()

    for _ in range(30):
        with pytest.raises(RotaUnavailable):
            load.get(server.address + PATH)

    assert time.monotonic() - begun < SOON


def test_a_server_that_is_not_there_is_told_of(server: FeedServer, fetcher: Fetcher) -> None:
    with serving() as gone:
        address = secret_address(gone)

    assert fault(fetcher, address).startswith("the server cannot be reached")


@pytest.mark.parametrize("address", ["http://", "http://[hidden-path", "http://a:hidden-path/"])
def test_an_address_that_makes_no_sense_is_not_quoted(address: str, fetcher: Fetcher) -> None:
    assert "makes no sense" in fault(fetcher, address)


def test_a_token_that_cannot_be_sent_is_not_quoted(server: FeedServer, fetcher: Fetcher) -> None:
    with pytest.raises(RotaUnavailable, match="the token in the organisation file") as caught:
        fetcher.get(server.address + PATH, {"Authorization": "Bearer s3cret\r\nX: y"})

    assert "s3cret" not in repr((caught.value, caught.value.__context__))


@pytest.mark.parametrize(
    "reply",
    [Reply(BODY), Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nbad header\r\n\r\nx")],
    ids=["a good answer", "malformed headers"],
)
def test_no_address_is_logged(
    reply: Reply, server: FeedServer, fetcher: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    server.replies[PATH] = reply
    with caplog.at_level(logging.DEBUG):
        fetcher.get(secret_address(server))

    assert not [secret for secret in SECRETS if secret in caplog.text]


def no_fetch_goes_on() -> bool:
    """Whether the threads that were left behind have ended."""
    ends = time.monotonic() + SOON
    for thread in threading.enumerate():
        if thread.name == "fetch":
            thread.join(max(ends - time.monotonic(), 0))
    return not any(thread.name == "fetch" for thread in threading.enumerate())
