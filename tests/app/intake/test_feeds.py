"""Where rotas are kept, who is told of them, and what is asked before a duty, in the file."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from app.intake.organisation_file import organisation_of, read_organisation
from routing.check_in import CheckIn
from routing.errors import InvalidInput
from routing.feed import Feed, FeedKind
from routing.ids import DistrictId, TherapistId
from routing.numbers import parse_number
from routing.organisation import Manager, Organisation
from tests.app.intake.organisation_faults import FEED_FAULTS, MANAGER_FAULTS
from tests.examples import EFTERVARD, JARVA, ORGANISATION_TOML

_HERE = 'rota = { source = "database" }'
_MINUTES = timedelta(minutes=1)
_SECRETS = ("s3cret", "hidden.example.org", "t0ken")


def _organisation(folder: Path, toml: str) -> Organisation:
    return read_organisation(_file(folder, toml)).organisation


def _file(folder: Path, toml: str) -> Path:
    path = folder / "org.toml"
    path.write_text(toml, encoding="utf-8")
    return path


def _with_rota(settings: str) -> str:
    assert _HERE in ORGANISATION_TOML
    return ORGANISATION_TOML.replace(_HERE, f"rota = {{ {settings} }}")


def _feed(folder: Path, settings: str) -> Feed | None:
    return _organisation(folder, _with_rota(settings)).lines[EFTERVARD].feed


def _fault(folder: Path, toml: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        _organisation(folder, toml)
    return str(caught.value)


GOOD_FEEDS = {
    "kept here": ('source = "database"', None),
    "one calendar": (
        'source = "ics", url = "https://example.org/jour.ics"',
        Feed(FeedKind.ICS, ("https://example.org/jour.ics",)),
    ),
    "a calendar for each position": (
        'source = "ics", urls = ["https://example.org/1.ics", "http://example.org/2.ics"]',
        Feed(FeedKind.ICS, ("https://example.org/1.ics", "http://example.org/2.ics")),
    ),
    "a calendar for the first position alone": (
        'source = "ics", urls = ["https://example.org/1.ics"]',
        Feed(FeedKind.ICS, ("https://example.org/1.ics",)),
    ),
    "a calendar in a file": (
        'source = "ics", file = " /srv/jour.ics "',
        Feed(FeedKind.ICS, ("/srv/jour.ics",)),
    ),
    "a table at an address": (
        'source = "csv", url = "https://anna:s3cret@example.org:8443/jour.csv?k=1"',
        Feed(FeedKind.CSV, ("https://anna:s3cret@example.org:8443/jour.csv?k=1",)),
    ),
    "a table in a file": (
        'source = "csv", file = "jour.csv"',
        Feed(FeedKind.CSV, ("jour.csv",)),
    ),
    "a workbook at an address": (
        'source = "xlsx", url = "HTTPS://example.org/jour.xlsx"',
        Feed(FeedKind.XLSX, ("HTTPS://example.org/jour.xlsx",)),
    ),
    "a workbook in a file": (
        'source = "xlsx", file = "jour.xlsx"',
        Feed(FeedKind.XLSX, ("jour.xlsx",)),
    ),
    "GoAlert": (
        (
            'source = "goalert", url = "https://goalert.example.org/", token = "t0ken", '
            'schedules = ["first", "backup"]'
        ),
        Feed(
            FeedKind.GOALERT,
            ("https://goalert.example.org",),
            schedules=("first", "backup"),
            token="t0ken",
        ),
    ),
    "PagerDuty, where it always is": (
        'source = "pagerduty", token = "t0ken", schedules = ["P1"]',
        Feed(FeedKind.PAGERDUTY, ("https://api.pagerduty.com",), schedules=("P1",), token="t0ken"),
    ),
    "PagerDuty in Europe": (
        (
            'source = "pagerduty", url = "https://api.eu.pagerduty.com", token = "t0ken", '
            'schedules = ["P1", "P2"]'
        ),
        Feed(
            FeedKind.PAGERDUTY,
            ("https://api.eu.pagerduty.com",),
            schedules=("P1", "P2"),
            token="t0ken",
        ),
    ),
    "names, and an hour between readings": (
        (
            'source = "ics", file = "jour.ics", refresh = "1h", '
            'map = { "Anna A." = "t1", "bo@example.org" = "t4" }'
        ),
        Feed(
            FeedKind.ICS,
            ("jour.ics",),
            timedelta(hours=1),
            names={"Anna A.": TherapistId("t1"), "bo@example.org": TherapistId("t4")},
        ),
    ),
}


@pytest.mark.parametrize("what", GOOD_FEEDS)
def test_every_source_is_read_with_its_keys_and_kept_as_it_is(what: str, tmp_path: Path) -> None:
    settings, feed = GOOD_FEEDS[what]
    loaded = read_organisation(_file(tmp_path, _with_rota(settings)))

    assert loaded.organisation.lines[EFTERVARD].feed == feed
    assert organisation_of(loaded.document) == loaded.organisation


def test_a_line_that_says_nothing_of_its_rota_has_it_here(tmp_path: Path) -> None:
    found = _organisation(tmp_path, ORGANISATION_TOML.replace(_HERE + "\n", ""))

    assert found.lines[EFTERVARD].feed is None


@pytest.mark.parametrize(
    ("refresh", "every"),
    [("1m", _MINUTES), ("90m", 90 * _MINUTES), ("1h 30m", 90 * _MINUTES), ("24h", 1440 * _MINUTES)],
)
def test_a_feed_is_read_as_often_as_it_says(refresh: str, every: timedelta, tmp_path: Path) -> None:
    feed = _feed(tmp_path, f'source = "csv", file = "jour.csv", refresh = "{refresh}"')

    assert feed is not None
    assert feed.refresh == every


def test_a_table_of_names_may_have_a_header_of_its_own(tmp_path: Path) -> None:
    toml = ORGANISATION_TOML.replace(_HERE + "\n", "").replace(
        "[[lines.fallback]]",
        '[lines.rota]\nsource = "ics"\nfile = "jour.ics"\n\n'
        '[lines.rota.map]\n"Åsa Öberg" = "t3"\n\n[[lines.fallback]]',
    )

    feed = _organisation(tmp_path, toml).lines[EFTERVARD].feed
    fault = _fault(tmp_path, toml.replace('"Åsa Öberg" = "t3"', '"Åsa Öberg" = "t33"'))

    assert feed is not None
    assert feed.names == {"Åsa Öberg": "t3"}
    assert re.match(r"org\.toml, line \d+, lines\.rota\.map: there is no such therapist", fault)
    assert "Öberg" not in fault


@pytest.mark.parametrize(("settings", "field", "fault"), FEED_FAULTS)
def test_a_fault_in_a_feed_is_one_line_with_its_place_and_quotes_nothing(
    settings: str, field: str, fault: str, tmp_path: Path
) -> None:
    toml = _with_rota(settings)
    line = toml[: toml.index("rota = {")].count("\n") + 1

    message = _fault(tmp_path, toml)

    assert message.startswith(f"org.toml, line {line}, {field}: ")
    assert fault in message
    assert "\n" not in message
    assert not [secret for secret in _SECRETS if secret in message]


def test_an_address_or_token_that_is_no_text_is_not_quoted(tmp_path: Path) -> None:
    for settings in (
        'source = "ics", url = ["https://hidden.example.org/s3cret"]',
        'source = "goalert", token = { a = "t0ken" }',
        'source = "ics", urls = "https://hidden.example.org/s3cret"',
    ):
        message = _fault(tmp_path, _with_rota(settings))

        assert "lines.rota." in message
        assert "must be " in message
        assert not [secret for secret in _SECRETS if secret in message]


@pytest.mark.parametrize(
    "settings",
    [
        'source = "ics", urls = ["https://a:s3cret@hidden.example.org/x"]',
        (
            'source = "goalert", url = "https://hidden.example.org", token = "t0ken", '
            'schedules = ["P1"]'
        ),
    ],
)
def test_nothing_that_is_loaded_shows_an_address_or_a_token(settings: str, tmp_path: Path) -> None:
    loaded = read_organisation(_file(tmp_path, _with_rota(settings)))

    feed = loaded.organisation.lines[EFTERVARD].feed
    shown = repr((loaded, loaded.organisation, feed)) + str(feed)

    assert feed is not None
    assert not [secret for secret in _SECRETS if secret in shown]


MANAGER = """
[[managers]]
id = "m1"
name = "Manager 1"
district = "jarva"
phone = "070-174 06 60"
email = "m1@example.org"
"""


def test_managers_are_read_with_their_district_and_how_to_tell_them(tmp_path: Path) -> None:
    by_mail = MANAGER.replace('"m1"', '"m2"').replace('phone = "070-174 06 60"\n', "")
    by_text = MANAGER.replace('"m1"', '"m3"').replace('email = "m1@example.org"\n', "")
    loaded = read_organisation(_file(tmp_path, ORGANISATION_TOML + MANAGER + by_mail + by_text))

    number = parse_number("+46701740660")
    assert loaded.organisation.managers == (
        Manager("m1", "Manager 1", number, "m1@example.org", JARVA),
        Manager("m2", "Manager 1", None, "m1@example.org", JARVA),
        Manager("m3", "Manager 1", number, None, JARVA),
    )
    assert organisation_of(loaded.document) == loaded.organisation


@pytest.mark.parametrize(("old", "new", "field", "fault"), MANAGER_FAULTS)
def test_a_fault_in_a_manager_is_one_line_with_its_place(
    old: str, new: str, field: str, fault: str, tmp_path: Path
) -> None:
    assert old in MANAGER
    before = (ORGANISATION_TOML + MANAGER).count("\n") - MANAGER.count("\n")

    message = _fault(tmp_path, ORGANISATION_TOML + MANAGER.replace(old, new, 1))

    place = re.match(r"org\.toml, line (\d+), (.*?): ", message)
    assert place is not None
    assert int(place[1]) > before
    assert place[2] == field
    assert fault in message
    assert not re.search(r"\d{5}|example\.org|Manager 1", message)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("true", CheckIn()),
        ("false", None),
        ("{}", CheckIn()),
        (
            '{ ask = "4h", call = "1h 30m", tell = "15m" }',
            CheckIn(timedelta(hours=4), timedelta(minutes=90), timedelta(minutes=15)),
        ),
        ('{ tell = "5m" }', CheckIn(tell=timedelta(minutes=5))),
    ],
)
def test_the_asking_before_a_duty_is_read(
    written: str, found: CheckIn | None, tmp_path: Path
) -> None:
    toml = ORGANISATION_TOML.replace(_HERE, f"{_HERE}\ncheck_in = {written}")
    loaded = read_organisation(_file(tmp_path, toml))

    assert loaded.organisation.lines[EFTERVARD].check_in == found
    assert organisation_of(loaded.document) == loaded.organisation


def test_a_line_asks_before_each_duty_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert _organisation(tmp_path, ORGANISATION_TOML).lines[EFTERVARD].check_in == CheckIn(
        timedelta(hours=2), timedelta(minutes=45), timedelta(minutes=20)
    )


def test_a_manager_of_each_district_may_be_named(tmp_path: Path) -> None:
    other = MANAGER.replace('"m1"', '"m2"').replace('"jarva"', '"hasselby-vallingby"')

    found = _organisation(tmp_path, ORGANISATION_TOML + MANAGER + other)

    assert [m.district for m in found.managers] == [JARVA, DistrictId("hasselby-vallingby")]
