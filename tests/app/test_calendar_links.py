"""Addresses of calendars: made once, shown once, ended at once, and telling of nobody else."""

import io
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.bootstrap import assemble, create_app
from app.settings import Settings
from app.store import rota
from app.store.tables import metadata
from tests.app.cli.terminal import Terminal, one_line
from tests.app.subscribed import Service
from tests.app.world import NOWHERE, REGISTER, evening, parts_at, rows, settings_for, table_away
from tests.examples import EFTERVARD, ORGANISATION_TOML, at

ADDRESS = re.compile(r"https://jour\.example\.se(/calendar/([\w-]{32,})\.ics)\n")
OTHER_LINE = """
[[lines]]
id = "natt"
name = "Natt"
number = "+46846500410"
timezone = "Europe/Helsinki"
districts = ["jarva"]
hours = [{ days = ["mon"], from = "22:00", to = "06:00" }]
"""


@pytest.fixture
def terminal(sqlite_url: str, tmp_path: Path) -> Terminal:
    made = Terminal.at(sqlite_url, tmp_path)
    made.load()
    return made


@pytest.fixture
def service(sqlite_settings: Settings) -> Service:
    made = Service(sqlite_settings)
    made.publish("2026-02-20T12:00", evening("2026-03-03"))
    return made


def client_of(terminal: Terminal, moment: str = "2026-03-01T12:00") -> FlaskClient:
    """Whoever subscribes, at that moment."""
    return create_app(parts_at(Settings.from_env(terminal.env), moment)).test_client()


def added(terminal: Terminal, *more: str) -> str:
    """The path of a new address."""
    answer = terminal.run("calendar", "add", *more)
    match = ADDRESS.fullmatch(answer.out)
    assert match is not None, answer.err
    return match[1]


def test_an_address_is_shown_once_and_leads_to_a_calendar(
    database_url: str, tmp_path: Path
) -> None:
    terminal = Terminal.at(database_url, tmp_path)
    terminal.load()

    path = added(terminal, "--therapist", "t4", "--line", "eftervard")
    answer = client_of(terminal).get(path)
    listed = terminal.run("calendar", "list").out + terminal.run("calendar", "list", "--json").out

    assert (answer.status_code, answer.content_type) == (200, "text/calendar; charset=utf-8")
    assert answer.text.count("BEGIN:VEVENT") == 1
    assert path.removesuffix(".ics").rpartition("/")[2] not in listed


def test_no_two_addresses_are_alike(terminal: Terminal) -> None:
    assert len({added(terminal, "--therapist", "t4") for _ in range(5)}) == 5


def test_an_address_for_programs_says_whose_it_is(terminal: Terminal) -> None:
    own = terminal.run("calendar", "add", "--therapist", "t4", "--json").json
    whole = terminal.run("calendar", "add", "--json").json

    assert ADDRESS.fullmatch(own.pop("address") + "\n")
    assert own == {"line": "eftervard", "therapist": "t4"}
    assert (whole["line"], whole["therapist"]) == ("eftervard", None)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("add", "--therapist", "t9"), "--therapist: there is no such therapist"),
        (("add", "--line", "natt"), "--line: there is no such line; there are: eftervard"),
        (("revoke", "1"), "CALENDAR: there is no such calendar link in force"),
        (("revoke", "one"), "CALENDAR"),
        (("revoke",), "CALENDAR"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_told_in_one_line(
    words: tuple[str, ...], fault: str, terminal: Terminal
) -> None:
    answer = terminal.run("calendar", *words)

    assert (answer.status, answer.out) == (2, "")
    assert fault in one_line(answer.err)
    assert terminal.run("calendar", "list").out == "No calendars.\n"


def test_a_fetch_is_remembered_with_its_time(terminal: Terminal) -> None:
    path = added(terminal, "--therapist", "t4")
    added(terminal)
    before = terminal.run("calendar", "list")

    client_of(terminal, "2026-03-01T12:00").get(path)
    client_of(terminal, "2026-07-01T12:00").get(path)
    first, second = terminal.run("calendar", "list", "--json").json["calendars"]

    assert before.out.splitlines() == [
        "1  eftervard  t4  seen never",
        "2  eftervard  all  seen never",
    ]
    assert first.pop("made_at") <= second.pop("made_at")
    assert first == {
        "calendar": 1,
        "line": "eftervard",
        "therapist": "t4",
        "seen_at": "2026-07-01T12:00:00+02:00",
    }
    assert (second["therapist"], second["seen_at"]) == (None, None)


def test_each_line_s_times_are_told_in_its_own_zone(terminal: Terminal) -> None:
    toml = ORGANISATION_TOML.replace("[working_time]", OTHER_LINE + "\n[working_time]")
    assert terminal.run("load", terminal.file("organisation.toml", toml)).status == 0
    ambiguous = terminal.run("calendar", "add")
    client_of(terminal).get(added(terminal, "--line", "natt"))

    (row,) = terminal.run("calendar", "list", "--json").json["calendars"]

    assert ambiguous.status == 2
    assert "eftervard, natt" in one_line(ambiguous.err)
    assert (row["line"], row["seen_at"]) == ("natt", "2026-03-01T13:00:00+02:00")


def test_a_revoked_address_is_gone_at_once(terminal: Terminal) -> None:
    first, second = added(terminal), added(terminal)
    client = client_of(terminal)

    before = client.get(first).status_code
    revoked = terminal.run("calendar", "revoke", "1")
    after = [client.get(path).status_code for path in (first, second)]
    again = terminal.run("calendar", "revoke", "1")

    assert (before, after) == (200, [404, 200])
    assert (revoked.status, revoked.out) == (0, "Revoked.\n")
    assert again.status == 2
    assert terminal.run("calendar", "list").out.startswith("2  eftervard  all  seen 2026-03-01T12")


@pytest.mark.parametrize(
    "token", ["x", "A" * 32, "%00", "%FF%FE", "a%2Fb", "..", "'; --", "å" * 40, "A" * 5000]
)
def test_whoever_guesses_finds_nothing(token: str, service: Service) -> None:
    service.link()

    assert service.ask(token).status_code == 404


def test_a_part_of_an_address_is_none(service: Service) -> None:
    token = service.link()
    client = create_app(service.parts).test_client()

    for path in (
        f"/calendar/{token}",
        f"/calendar/{token[:-1]}.ics",
        f"/calendar/{token}x.ics",
        f"/calendar/{token.swapcase()}.ics",
        "/calendar/",
        "/calendar/.ics",
    ):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_calendar_is_read_only(method: str, service: Service) -> None:
    assert service.ask(service.link(), method=method).status_code == 405


def test_no_copy_is_kept_on_the_way_and_no_page_is_told_the_address(service: Service) -> None:
    answer = service.ask(service.link("t4"))

    assert answer.headers["Cache-Control"] == "private, max-age=300"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert not answer.headers.getlist("Set-Cookie")


def test_a_calendar_may_be_asked_for_without_its_content(service: Service) -> None:
    token = service.link("t4")

    whole, head = service.ask(token), service.ask(token, method="HEAD")

    assert (head.status_code, head.data) == (200, b"")
    assert dict(head.headers) == dict(whole.headers)


def test_a_calendar_of_a_line_that_is_gone_is_gone(service: Service) -> None:
    token = service.link()
    with service.parts.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE calendar_links SET line = 'natt'")

    assert service.ask(token).status_code == 404


def test_without_its_database_there_is_no_calendar_for_now(
    service: Service, log: io.StringIO
) -> None:
    token = service.link()
    answers = []
    for table in ("calendar_links", "shifts", "overrides"):
        with table_away(service.parts.engine, table):
            answers.append(service.ask(token).status_code)

    assert answers == [503, 503, 503]
    assert service.ask(token).status_code == 200
    assert token not in log.getvalue()


def test_with_a_database_that_does_not_answer_there_is_no_calendar(tmp_path: Path) -> None:
    parts = assemble(settings_for(NOWHERE, tmp_path), clock=lambda: at("2026-03-01T12:00"))

    answer = create_app(parts).test_client().get("/calendar/anything.ics")

    assert answer.status_code == 503


def test_of_the_secret_only_a_digest_is_kept_and_nothing_is_logged(
    settings: Settings, log: io.StringIO
) -> None:
    service = Service(settings)
    token = service.link("t4")
    service.ask(token)
    service.ask(token + "x")

    kept = repr([rows(service.parts.engine, table) for table in metadata.tables])
    files = [path.read_bytes() for path in settings.state_dir.rglob("*") if path.is_file()]

    assert token not in kept
    assert not [content for content in files if token.encode() in content]
    assert "calendar/" not in log.getvalue()
    assert token not in log.getvalue()
    (row,) = rows(service.parts.engine, "calendar_links")
    assert isinstance(row["digest"], bytes)
    assert len(row["digest"]) == 32


@pytest.mark.parametrize("therapist", ["t4", None], ids=["her own", "the whole line"])
def test_a_calendar_tells_of_no_client_and_shows_no_number_or_name(
    therapist: str | None, service: Service
) -> None:
    service.take_over("2026-02-21T12:00", "t6", "2026-03-03T17:00", "2026-03-03T19:00")
    with service.parts.engine.begin() as connection:
        signed = rota.Signed("t1", "because of K-1001", at("2026-02-22T12:00"))
        rota.publish(connection, EFTERVARD, evening("2026-03-04"), signed)

    answer = service.ask(service.link(therapist))

    shown = answer.text.replace("\r\n ", "") + str(answer.headers)
    facts: list[str] = [entry.client for entry in REGISTER]
    facts += ["Therapist", "example.org", "+46", "4670", "070-", "Socialjouren", "because"]
    assert not [fact for fact in facts if fact in shown]
    assert "BEGIN:VEVENT" in shown
    assert "ATTENDEE" not in shown
    assert "ORGANIZER" not in shown


def test_of_others_a_calendar_of_ones_own_says_nothing(service: Service) -> None:
    service.take_over("2026-02-21T12:00", "t6", "2026-03-03T17:00", "2026-03-03T19:00")

    text = service.ask(service.link("t4")).text

    assert not re.search(r"\bt\d\b", text)


def test_an_address_works_where_the_service_lives_below_a_path(
    sqlite_url: str, tmp_path: Path
) -> None:
    terminal = Terminal.at(sqlite_url, tmp_path, PUBLIC_URL="https://example.se/jour/")
    terminal.load()

    address = terminal.run("calendar", "add", "--json").json["address"]

    assert address.startswith("https://example.se/jour/calendar/")
    path = address.removeprefix("https://example.se")
    assert client_of(terminal).get(path).status_code == 200
