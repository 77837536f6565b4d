"""Of the requests that are refused, those that may be the carrier's are told from strangers'."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from app.bootstrap import Parts, assemble, create_app
from app.lab.signature import sign
from app.review.system import Beats, beats
from app.settings import Settings
from app.store import pulses
from app.store.database import reading
from tests.app.telephony.test_signed_webhooks import CALL, Pairs, T
from tests.app.world import PUBLIC_URL, load_world, table_away, with_tokens
from tests.examples import at

VOICE = f"{PUBLIC_URL}/twilio/voice"
OTHER = [(name, "AC" + "b" * 32 if name == "AccountSid" else value) for name, value in CALL]
NAMELESS = [(name, value) for name, value in CALL if name != "AccountSid"]


@pytest.fixture
def parts(sqlite_settings: Settings) -> Iterator[Parts]:
    load_world(sqlite_settings)
    own = with_tokens(sqlite_settings, T)
    assembled = assemble(own, clock=lambda: at("2026-03-03T19:04"))
    yield assembled
    assembled.engine.dispose()


def signed(token: str, url: str, sent: Pairs = CALL) -> dict[str, str]:
    return {"X-Twilio-Signature": sign(token, url, sent)}


def told_after(parts: Parts, headers: dict[str, str], sent: Pairs) -> Beats:
    """What is known of refused requests when one has come."""
    client: FlaskClient = create_app(parts).test_client()
    form = "application/x-www-form-urlencoded"
    client.post("/twilio/voice", headers=headers, data=urlencode(sent), content_type=form)
    parts.tally.flush()
    with reading(parts.engine) as connection:
        return beats(pulses.read(connection), parts.clock())


@pytest.mark.parametrize(
    ("headers", "sent", "counted"),
    [
        (signed("another token", VOICE), CALL, (1, 1)),
        (signed(T, "https://elsewhere.example.se/twilio/voice"), CALL, (1, 1)),
        (signed("another token", VOICE, OTHER), OTHER, (1, 0)),  # a forger's, or another's own
        (signed("another token", VOICE, NAMELESS), NAMELESS, (1, 0)),
        ({}, CALL, (1, 0)),
        ({"X-Twilio-Signature": ""}, CALL, (1, 0)),
        (signed(T, VOICE), CALL, (0, 0)),
    ],
    ids=["token", "address", "account", "no account", "no header", "no signature", "right"],
)
def test_one_that_names_our_account_is_told_from_a_strangers(
    headers: dict[str, str], sent: Pairs, counted: tuple[int, int], parts: Parts
) -> None:
    found = told_after(parts, headers, sent)

    assert (found.unsigned, found.unsigned_ours) == counted


def test_where_no_account_is_set_nobody_names_it(parts: Parts) -> None:
    bare = assemble(replace(parts.settings, twilio_account_sid=""), clock=parts.clock)

    found = told_after(bare, signed("x", VOICE), [("AccountSid", ""), *NAMELESS])

    assert (found.unsigned, found.unsigned_ours) == (1, 0)
    bare.engine.dispose()


def test_what_was_counted_while_the_database_was_away_is_told_later(parts: Parts) -> None:
    with table_away(parts.engine, "pulses"):
        parts.tally.refused(is_ours=True)
        parts.tally.flush()
    parts.tally._flushed_at = None  # noqa: SLF001 - ten seconds later

    found = told_after(parts, signed("another token", VOICE), CALL)

    assert (found.unsigned, found.unsigned_ours) == (2, 2)
