"""On a line that only sends notices the words are read on a page, behind the therapist's code."""

import io
import re

import pytest
from flask.testing import FlaskClient

from app.bootstrap import create_app
from app.demo.stage import Stage
from app.store import staff
from routing.ids import TherapistId
from tests.app.conftest import StageAt
from tests.app.texts.talk import (
    EVENING,
    NOTICE_ONLY,
    holder_of,
    later,
    read_by,
    settle,
    writes,
)
from tests.app.world import T1, T4, T5, YOUTH, contact_of, evening, exported, rows
from tests.examples import shift

CODES = {"t4": "135790", "t1": "246802", "t5": "112358"}
WORDS = "Hemliga <b>ord</b> & {{ 7*7 }}"


def notice_stage(stage_at: StageAt, **more: object) -> Stage:
    """A stage on a line that only sends notices, where t4 and t1 have codes."""
    stage = stage_at(EVENING, toml=NOTICE_ONLY, **more)  # type: ignore[arg-type] # StageAt's own
    parts = stage.parts
    with parts.engine.begin() as connection:
        for therapist, code in CODES.items():
            staff.set_pin(connection, parts.cipher, TherapistId(therapist), code, parts.clock())
    parts.mirror.refresh()
    return stage


def browser(stage: Stage) -> FlaskClient:
    """A browser with no cookies yet."""
    return create_app(stage.parts).test_client()


def link_in(stage: Stage, number: str) -> str:
    """The address in the latest notice on a phone."""
    match = re.search(r"https://\S+", read_by(stage, number)[-1])
    assert match is not None
    return match[0]


def opened(stage: Stage, client: FlaskClient, therapist: str = "t4", number: str = T4) -> str:
    """The page behind the notice, after the code."""
    link = link_in(stage, number)
    answer = client.post(link, data={"code": CODES[therapist]})
    assert answer.status_code == 303
    return client.get(answer.location).get_data(as_text=True)


def form_key(page: str) -> str:
    match = re.search(r'name="key" value="([^"]+)"', page)
    assert match is not None
    return match[1]


def test_the_notice_holds_a_link_and_no_word(engine_stage_at: StageAt) -> None:
    stage = notice_stage(engine_stage_at)

    writes(stage, YOUTH, WORDS)

    (notice,) = read_by(stage, T4)
    assert re.fullmatch(
        r"Ett sms till jouren väntar\. Logga in: https://\S+/sms/[0-9a-f]{32}", notice
    )


def test_with_her_code_she_reads_and_answers_from_the_line_s_number(
    engine_stage_at: StageAt,
) -> None:
    stage, client = notice_stage(engine_stage_at), None
    writes(stage, YOUTH, WORDS)
    client = browser(stage)

    page = opened(stage, client)
    sent = client.post(
        f"{link_in(stage, T4)}/reply", data={"key": form_key(page), "body": " Jag ringer! "}
    )
    later(stage, seconds=5)

    assert "Järva, Ungdom, Svenska" in page
    assert "Hemliga &lt;b&gt;ord&lt;/b&gt; &amp; {{ 7*7 }}" in page
    assert sent.status_code == 303
    assert read_by(stage, YOUTH) == ["Jag ringer!"]
    page = client.get(sent.location).get_data(as_text=True)
    assert "Ditt svar är på väg." in page
    assert page.index("Hemliga") < page.index("Jag ringer!")
    outgoing = [contact_of(stage, sid) for sid in exported(stage, "jarva")]
    assert [(c.direction, c.therapist) for c in outgoing] == [("inbound", "t4"), ("outbound", "t4")]


@pytest.mark.parametrize("code", ["", "000000", CODES["t1"], "1" * 10_000])
def test_another_code_opens_nothing(code: str, sqlite_stage_at: StageAt) -> None:
    stage = notice_stage(sqlite_stage_at)
    writes(stage, YOUTH, WORDS)
    client = browser(stage)

    answer = client.post(link_in(stage, T4), data={"code": code})

    assert answer.status_code == 403
    assert "Hemliga" not in answer.get_data(as_text=True)
    assert "Hemliga" not in client.get(link_in(stage, T4)).get_data(as_text=True)


def test_after_five_wrong_codes_the_right_one_must_wait_ten_minutes(
    sqlite_stage_at: StageAt,
) -> None:
    stage = notice_stage(sqlite_stage_at)
    writes(stage, YOUTH, WORDS)
    client, link = browser(stage), link_in(stage, T4)
    for _ in range(5):
        client.post(link, data={"code": "000000"})

    assert client.post(link, data={"code": CODES["t4"]}).status_code == 403
    later(stage, minutes=11)
    assert client.post(link, data={"code": CODES["t4"]}).status_code == 303


def test_nobody_answers_in_her_place_from_another_page(sqlite_stage_at: StageAt) -> None:
    stage = notice_stage(sqlite_stage_at)
    writes(stage, YOUTH, WORDS)
    client, link = browser(stage), link_in(stage, T4)
    opened(stage, client)

    without_key = client.post(f"{link}/reply", data={"body": "Hej"})
    without_code = browser(stage).post(f"{link}/reply", data={"key": "x", "body": "Hej"})
    later(stage, seconds=5)

    assert (without_key.status_code, without_code.status_code) == (403, 403)
    assert read_by(stage, YOUTH) == []


@pytest.mark.parametrize("body", ["", "   ", "å" * 1601], ids=["empty", "spaces", "too long"])
def test_what_cannot_be_sent_is_said_and_kept_in_the_form(
    body: str, sqlite_stage_at: StageAt
) -> None:
    stage = notice_stage(sqlite_stage_at)
    writes(stage, YOUTH, WORDS)
    client = browser(stage)
    page = opened(stage, client)

    answer = client.post(f"{link_in(stage, T4)}/reply", data={"key": form_key(page), "body": body})
    later(stage, seconds=5)

    assert answer.status_code == 422
    assert "Ingenting har skickats." in answer.get_data(as_text=True)
    assert body.strip() in answer.get_data(as_text=True)
    assert read_by(stage, YOUTH) == []


def test_when_the_duty_changes_the_page_is_the_next_one_s(sqlite_stage_at: StageAt) -> None:
    shifts = [
        *evening("2026-03-03", "t4", "t5"),
        shift("t1", "2026-03-03T22:00", "2026-03-04T07:00"),
    ]
    always_open = NOTICE_ONLY.replace(
        'from = "17:00", to = "22:00"', 'from = "17:00", to = "07:00"'
    )
    stage = sqlite_stage_at(EVENING, toml=always_open, shifts=shifts)
    with stage.parts.engine.begin() as connection:
        for therapist, code in CODES.items():
            cipher, now = stage.parts.cipher, stage.parts.clock()
            staff.set_pin(connection, cipher, TherapistId(therapist), code, now)
    writes(stage, YOUTH, WORDS)
    client, link = browser(stage), link_in(stage, T4)
    assert "Hemliga" in opened(stage, client)

    later(stage, minutes=180)
    settle(stage, 1)

    assert holder_of(stage, "A2") == "t1"
    assert "Hemliga" not in client.get(link).get_data(as_text=True)
    assert client.post(link, data={"code": CODES["t4"]}).status_code == 403
    assert "Hemliga" in browser(stage).post(
        link, data={"code": CODES["t1"]}, follow_redirects=True
    ).get_data(as_text=True)


def test_who_has_handed_over_reads_and_answers_no_more_though_she_was_let_in(
    sqlite_stage_at: StageAt,
) -> None:
    stage = notice_stage(sqlite_stage_at)
    writes(stage, YOUTH, WORDS)
    client, link = browser(stage), link_in(stage, T4)
    page = opened(stage, client)

    writes(stage, T5, "TAR")
    writes(stage, T4, "JA")
    later(stage, seconds=30)
    reply = client.post(f"{link}/reply", data={"key": form_key(page), "body": "För sent"})
    later(stage, seconds=5)

    assert holder_of(stage, "A2") == "t5"
    assert "Hemliga" not in client.get(link).get_data(as_text=True)
    assert reply.status_code == 403
    assert read_by(stage, YOUTH) == []
    assert "Hemliga" in opened(stage, browser(stage), "t5", T5)


def test_the_page_is_hers_for_half_an_hour_and_kept_by_no_cache(sqlite_stage_at: StageAt) -> None:
    stage = notice_stage(sqlite_stage_at)
    writes(stage, YOUTH, WORDS)
    client, link = browser(stage), link_in(stage, T4)
    opened(stage, client)

    headers = client.get(link).headers
    cookie = client.get_cookie("sms", domain="jour.example.se", path="/sms/")

    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert cookie is not None
    assert (cookie.secure, cookie.http_only, cookie.same_site) == (True, True, "Strict")
    later(stage, minutes=31)
    assert "Hemliga" not in client.get(link).get_data(as_text=True)


@pytest.mark.parametrize("cookie", ["t4|9999999999", "t4|9999999999.forged", ".", "t4", ""])
def test_a_forged_cookie_opens_nothing(cookie: str, sqlite_stage_at: StageAt) -> None:
    stage = notice_stage(sqlite_stage_at)
    writes(stage, YOUTH, WORDS)
    client = browser(stage)
    client.set_cookie("sms", cookie, domain="jour.example.se", path="/sms/")

    assert "Hemliga" not in client.get(link_in(stage, T4)).get_data(as_text=True)


def test_a_thread_that_is_over_or_was_never_there_has_no_page(sqlite_stage_at: StageAt) -> None:
    stage = notice_stage(sqlite_stage_at)
    writes(stage, YOUTH, WORDS)
    client, link = browser(stage), link_in(stage, T4)

    assert client.get(link[:-1] + ("0" if link[-1] != "0" else "1")).status_code == 404
    later(stage, minutes=17 * 60)
    assert client.get(link).status_code == 404


def test_the_words_stand_in_no_log_and_the_backup_has_no_page(
    sqlite_stage_at: StageAt, log: io.StringIO
) -> None:
    stage = notice_stage(sqlite_stage_at)
    writes(stage, YOUTH, "Hemliga ord")
    client = browser(stage)
    page = opened(stage, client)
    client.post(f"{link_in(stage, T4)}/reply", data={"key": form_key(page), "body": "Mitt svar"})
    later(stage, seconds=5)

    assert "Hemliga" not in log.getvalue()
    assert "Mitt svar" not in log.getvalue()
    assert "thread.read" in log.getvalue()
    assert read_by(stage, T1) == []
    assert "Mitt svar" not in repr(rows(stage.parts.engine, "texts"))
