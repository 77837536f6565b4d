"""`beredskap purge` and `beredskap hold`: counts, and nothing of whom; and what keeps what."""

import random
import re
from datetime import timedelta
from pathlib import Path

import pytest

from app.bootstrap import utc_now
from app.duty.purge import purge
from app.review.doctor import diagnose
from app.review.system import examine
from app.store import alterations, pulses
from app.store.database import make_engine, reading
from app.store.fields import FieldCipher
from tests.app.cli.conftest import loaded, loaded_database
from tests.app.cli.terminal import Terminal, one_line
from tests.app.world import settings_for
from tests.examples import HASSELBY_VALLINGBY, JARVA, organisation
from tests.faults import old_days
from tests.faults.old_days import CLIENTS, Past, a_past, everything

__all__ = ["loaded", "loaded_database"]
ROOT = Path(__file__).parents[2]


def cipher_of(terminal: Terminal) -> FieldCipher:
    return FieldCipher(settings_for(terminal.database_url, terminal.folder).data_keys)


@pytest.fixture
def filled(loaded: Terminal, monkeypatch: pytest.MonkeyPatch) -> tuple[Terminal, Past]:
    """Years of contacts up to today, on the clock that the commands go by."""
    monkeypatch.setattr(old_days, "NOW", utc_now())
    monkeypatch.setattr("app.cli.purge.take_a_breath", lambda: None)
    engine = make_engine(loaded.database_url)
    return loaded, a_past(engine, cipher_of(loaded), random.Random(5), 40)


def kept(terminal: Terminal) -> dict[str, list[tuple[object, ...]]]:
    return everything(make_engine(terminal.database_url), but=["pulses"])


def said(terminal: Terminal, *kinds: str) -> list[tuple[str, str, str, str]]:
    """Who did what to what is kept, as it stands in the log of alterations."""
    with reading(make_engine(terminal.database_url)) as connection:
        found = alterations.latest(connection, cipher_of(terminal), kinds, most=500)
    return [(one.author, one.district, one.what, one.about) for one in found]


def test_a_dry_run_tells_what_a_run_does_and_then_nothing_is_left(
    filled: tuple[Terminal, Past],
) -> None:
    terminal, past = filled
    was = kept(terminal)
    foretold = terminal.run("purge", "--dry-run", "--json").json
    assert kept(terminal) == was
    done = terminal.run("purge", "--by", "m1", "--json").json
    assert foretold["dry_run"]
    assert not done["dry_run"]
    assert {**foretold, "dry_run": False} == done
    assert done["kinds"]["contacts"]["removed"] > 0
    assert done["kinds"]["contacts"]["held"] > 0
    assert done["kinds"]["notes"]["waits_for_export"] > 0

    left = kept(terminal)
    again = terminal.run("purge")
    assert again.status == 0
    assert kept(terminal) == left
    lines = again.out.splitlines()
    assert f"at the carrier: {done['at_the_carrier']} still to be deleted" in lines
    assert not any(" gone" in line and not re.search(r": 0 gone", line) for line in lines)
    secret = [*CLIENTS, *(one.id for one in past.contacts)]
    assert not any(word in again.out for word in secret)


def test_what_was_removed_stands_in_the_log_as_counts_by_whom_and_of_nobody(
    filled: tuple[Terminal, Past],
) -> None:
    terminal, _ = filled
    done = terminal.run("purge", "--by", "m1", "--json").json
    rows = said(terminal, "purge")
    assert {(author, district) for author, district, _, _ in rows} == {("m1", "")}
    assert {what.removeprefix("purge.") for _, _, what, _ in rows} == {
        kind for kind, one in done["kinds"].items() if one["removed"]
    }
    assert all(re.fullmatch(r'\{"removed":\d+\}', about) for *_, about in rows)


def test_nothing_past_its_term_is_said_so(loaded: Terminal) -> None:
    answer = loaded.run("purge")
    assert answer.out.splitlines() == [
        "Nothing is past its term.",
        "at the carrier: 0 still to be deleted",
    ]


def test_a_held_contact_and_a_held_client_stay_until_the_hold_is_lifted(
    filled: tuple[Terminal, Past],
) -> None:
    terminal, past = filled
    long_ago = utc_now() - timedelta(days=800)
    of_hv = HASSELBY_VALLINGBY
    free = [
        one
        for one in past.contacts
        if one.received_at < long_ago
        and one.written_at is None
        and one.order is None
        and not one.is_held
        and (one.home, one.client) != (of_hv, "K-1")
    ]
    mine = free[0].id
    theirs = {one.id for one in past.contacts if (one.home, one.client) == (of_hv, "K-1")}
    why = ("--reason", "tvist om utdrag", "--by", "m1")
    first = terminal.run("hold", "add", "--contact", mine, *why)
    second = terminal.run("hold", "add", "--client", "K-1", "--district", of_hv, *why)
    assert (first.status, second.status) == (0, 0), first.err + second.err
    numbers = [answer.out.split()[2].rstrip(".") for answer in (first, second)]
    terminal.run("purge")
    left = {row[0] for row in kept(terminal)["contact_events"]}
    assert {mine, *theirs} <= left

    listed = terminal.run("hold", "list", "--json").json["holds"]
    ours = [one for one in listed if str(one["hold"]) in numbers]
    assert [(one["contact"], one["client"], one["by"], one["reason"]) for one in ours] == [
        (mine, None, "m1", "tvist om utdrag"),
        (None, "K-1", "m1", "tvist om utdrag"),
    ]
    assert b"tvist" not in b"".join(
        value for row in kept(terminal)["holds"] for value in row if isinstance(value, bytes)
    )
    for number in numbers:
        assert terminal.run("hold", "lift", number, "--by", "m1").out == "Lifted.\n"
    terminal.run("purge")
    assert mine not in {row[0] for row in kept(terminal)["contact_events"]}
    assert {(author, district, what) for author, district, what, _ in said(terminal, "hold")} == {
        ("m1", "", "hold.added"),
        ("m1", of_hv, "hold.added"),
        ("m1", "", "hold.lifted"),
        ("m1", of_hv, "hold.lifted"),
    }


def test_a_hold_that_makes_no_sense_is_refused_in_one_line_and_kept_nowhere(
    loaded: Terminal,
) -> None:
    for words in (
        ("--reason", "tvist"),
        ("--client", "K-1", "--reason", "tvist"),
        ("--contact", "CA1", "--client", "K-1", "--district", JARVA, "--reason", "tvist"),
        ("--client", "K-1", "--district", "nowhere", "--reason", "tvist"),
        ("--contact", "CA1", "--reason", " "),
    ):
        answer = loaded.run("hold", "add", *words)
        assert answer.status == 2
        one_line(answer.err)
    gone = loaded.run("hold", "add", "--contact", "CA1", "--reason", "tvist")
    assert (gone.status, one_line(gone.err)) == (
        1,
        "beredskap: there is no such contact, or no more\n",
    )
    assert loaded.run("hold", "lift", "7").status == 1
    assert loaded.run("hold", "list").out == "Nothing is held.\n"
    assert kept(loaded)["holds"] == []


def test_the_doctor_tells_of_what_waits_for_export_and_of_a_purge_that_is_late(
    filled: tuple[Terminal, Past],
) -> None:
    terminal, _ = filled
    engine, cipher, now = make_engine(terminal.database_url), cipher_of(terminal), utc_now()
    settings = settings_for(terminal.database_url, terminal.folder)

    def told() -> dict[str, object]:
        system = examine(engine, cipher, terminal.folder, now)
        found = {one.code: dict(one.values) for one in diagnose(system, settings)}
        return {code: found[code] for code in ("unexported", "purge_late") if code in found}

    assert told() == {}
    waits = purge(engine, cipher, organisation(), now).total.waits
    assert waits > 0
    assert told() == {"unexported": {"count": waits}}
    since = now - timedelta(days=4)
    with engine.begin() as connection:
        pulses.mark(connection, pulses.PURGED, since, 0)
    assert told() == {"purge_late": {"since": since}}
