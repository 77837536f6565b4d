"""Who may read `/metrics`: whoever is on this machine, or knows the token, and nobody else."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from app.bootstrap import create_app
from app.demo.stage import Stage
from app.settings import Settings
from routing.errors import SettingsError
from tests.app.conftest import StageAt
from tests.app.world import environment

EVENING = "2026-03-03T19:04"
TOKEN = "a-token-for-the-tests"


def client_of(stage: Stage, token: str | None = None) -> FlaskClient:
    parts = replace(stage.parts, settings=replace(stage.parts.settings, metrics_token=token))
    return create_app(parts).test_client()


FROM_AFAR = {"REMOTE_ADDR": "192.0.2.7"}
AT_HOME = [
    ({}, {}),
    ({"Host": "127.0.0.1:8000"}, {}),
    ({"Host": "[::1]:8000"}, {"REMOTE_ADDR": "::1"}),
    ({"Host": "LOCALHOST"}, {"REMOTE_ADDR": "::ffff:127.0.0.1"}),
    ({"Authorization": f"Bearer {TOKEN}"}, FROM_AFAR),
    ({"Authorization": f"bearer {TOKEN}", "X-Forwarded-For": "192.0.2.7"}, {}),
]
ELSEWHERE = [
    ({}, FROM_AFAR),
    ({}, {"REMOTE_ADDR": "::ffff:192.0.2.7"}),
    ({}, {"REMOTE_ADDR": ""}),
    ({}, {"SERVER_PROTOCOL": "HTTP/1.0"}),
    ({}, {"SERVER_PROTOCOL": "HTTP/1"}),  # as Granian says it
    ({"Host": "jour.example.se"}, {}),
    ({"Host": "127.0.0.1.example.se"}, {}),
    ({"X-Forwarded-For": "127.0.0.1"}, {}),
    ({"X-Forwarded-Proto": "https"}, {}),
    ({"Forwarded": "for=127.0.0.1"}, {}),
    ({"X-Real-IP": "127.0.0.1"}, {}),
    ({"Via": "1.1 proxy"}, {}),
    ({"Authorization": f"Bearer {TOKEN}x"}, FROM_AFAR),
    ({"Authorization": f"Basic {TOKEN}"}, FROM_AFAR),
    ({"Authorization": "Bearer å"}, FROM_AFAR),
    ({"Authorization": "Bearer "}, FROM_AFAR),
    ({"Authorization": TOKEN}, FROM_AFAR),
]


def test_whoever_is_on_this_machine_or_knows_the_token_may_read(sqlite_stage_at: StageAt) -> None:
    client = client_of(sqlite_stage_at(EVENING), TOKEN)

    def status(headers: Mapping[str, str], environ: Mapping[str, str]) -> int:
        got = client.get("/metrics", headers=headers, environ_overrides=environ)
        assert got.status_code == 200 or "beredskap" not in got.text
        return got.status_code

    assert [status(*one) for one in AT_HOME] == [200] * len(AT_HOME)
    assert [status(*one) for one in ELSEWHERE] == [403] * len(ELSEWHERE)


def test_without_a_token_nobody_reads_from_afar(sqlite_stage_at: StageAt) -> None:
    client = client_of(sqlite_stage_at(EVENING))

    for given in ("Bearer ", "Bearer None", f"Bearer {TOKEN}"):
        headers = {"Authorization": given}
        got = client.get("/metrics", headers=headers, environ_overrides=FROM_AFAR)
        assert got.status_code == 403


def test_a_token_that_can_be_guessed_is_refused(sqlite_settings: Settings) -> None:
    env = environment(sqlite_settings.database_url, sqlite_settings.state_dir)
    with pytest.raises(SettingsError, match="METRICS_TOKEN is shorter than 16") as caught:
        Settings.from_env({**env, "METRICS_TOKEN": "sommar-2026"})
    assert "sommar" not in str(caught.value)
    assert Settings.from_env({**env, "METRICS_TOKEN": TOKEN}).metrics_token == TOKEN
