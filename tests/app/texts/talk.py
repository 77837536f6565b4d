"""Conversations by text: who writes what and when, and who reads it on which telephone."""

from collections.abc import Mapping
from datetime import timedelta

import requests
from requests.adapters import BaseAdapter
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app.demo.stage import TEXTS, Stage
from app.lab.rest import RestRefused, RestTimedOut
from app.sweeps import sweeps
from app.telephony.carrier import TwilioCarrier
from tests.app.world import LINE, NAMES, changed, load_organisation, publish, rows
from tests.examples import shift

EVENING, LATE = "2026-03-03T19:04", "2026-03-03T22:30"
STAFF = frozenset({"t1", "t2", "t3", "t4", "t5", "t6"})
MANDATE_OF_JARVA = (
    '[[mandates]]\nprincipal = "jarva"\nstaff_of = "hasselby-vallingby"\n'
    'reference = "JA 2025/1"\nvalid_from = 2025-04-01\nvalid_to = 2027-12-31\n'
)
NOTICE_ONLY = changed(("closed_days = []", 'closed_days = []\nsms_forward = "notice"'))
KEPT_AT_THE_CARRIER = changed(("closed_days = []", "closed_days = []\nsms_redact = false"))
T4_IN_THE_FILE = (
    '[[therapists]]\nid = "t4"\nname = "Therapist 4"\nphone = "+46701740608"\n'
    'email = "t4@example.org"\ndistrict = "jarva"\nactive_from = 2025-04-01\n'
)
WITHOUT_T4 = changed((T4_IN_THE_FILE, ""), ('notify = ["t4", "t5", "t6"]', 'notify = ["t5", "t6"]'))
NEVER = "(never)"


def writes(stage: Stage, number: str, *bodies: str) -> str:
    """Texts from *number*, each handled before the next; the carrier's id of the last one."""
    sid = NEVER
    for body in bodies:
        sid = stage.text(number, body).sid
        stage.sweep(TEXTS)
    return sid


def later(stage: Stage, *, minutes: float = 0, seconds: float = 0, sweeps: int = 1) -> None:
    """Let time pass, and the clock sweep so many times on the way."""
    step = timedelta(minutes=minutes, seconds=seconds) / sweeps
    for _ in range(sweeps):
        stage.carrier.run_until(stage.carrier.now() + step)
        stage.sweep(TEXTS)


def settle(stage: Stage, minutes: float = 6) -> None:
    """Let every retry have its turn."""
    later(stage, minutes=minutes, sweeps=int(minutes * 4))


def read_by(stage: Stage, number: str) -> list[str]:
    """What stands on somebody's telephone, in order."""
    return [message.body for message in stage.carrier.messages if message.to == number]


def read_by_clients(stage: Stage) -> dict[str, list[str]]:
    """What everybody but the staff has read, by name."""
    found: dict[str, list[str]] = {}
    for message in stage.carrier.messages:
        name = NAMES.get(message.to, "somebody else")
        if name not in STAFF:
            found.setdefault(name, []).append(message.body)
    return found


def holder_of(stage: Stage, tag: str) -> object:
    """Whom the thread with *tag* is with."""
    (found,) = (row for row in rows(stage.parts.engine, "threads") if row["tag"] == tag)
    return found["holder"]


def tags(stage: Stage) -> list[str]:
    return sorted(str(row["tag"]) for row in rows(stage.parts.engine, "threads"))


def letters(stage: Stage, beginning: str) -> list[Mapping[str, object]]:
    """The outbox's rows whose keys begin so."""
    return [r for r in rows(stage.parts.engine, "outbox") if str(r["key"]).startswith(beginning)]


def reload_organisation(stage: Stage, toml: str) -> None:
    """Another organisation file is loaded, as by `beredskap load`."""
    load_organisation(stage.parts.engine, stage.parts.cipher, stage.parts.settings.state_dir, toml)
    with stage.parts.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE changes SET version = version + 1 WHERE topic = 'organisation'"
        )
    stage.parts.mirror.refresh()


def take_over_at(stage: Stage, moment: str, first: str, backup: str, until: str) -> None:
    """The manager publishes another standby from *moment* on."""
    publish(stage.parts.engine, [shift(first, moment, until, 1), shift(backup, moment, until, 2)])


def is_masked(stage: Stage) -> bool:
    """Whether nothing that was sent holds a number of anybody but those one may always call."""
    numbers = {number.removeprefix("+46") for number in (*NAMES, LINE)}
    return not any(number in m.body for m in stage.carrier.messages for number in numbers)


class _Wire(BaseAdapter):
    """Takes requests to the carrier's REST face without a socket between."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: bool | str = True,
        cert: object = None,
        proxies: object = None,
    ) -> requests.Response:
        builder = EnvironBuilder(
            request.path_url,
            method=request.method or "GET",
            headers=[(name, str(value)) for name, value in request.headers.items()],
            data=str(request.body or ""),
        )
        try:
            environ = builder.get_environ()
            shown, status, headers = run_wsgi_app(self._stage.carrier.rest, environ, buffered=True)
        except RestTimedOut:
            raise requests.exceptions.ReadTimeout from None
        except RestRefused:
            raise requests.exceptions.ConnectionError from None
        response = requests.Response()
        response.status_code = int(status.split()[0])
        response.headers.update(dict(headers))
        response._content = b"".join(shown)  # noqa: SLF001 - as its own adapter sets it
        return response

    def close(self) -> None:
        """Nothing is open."""


class WiredCarrier(TwilioCarrier):
    """Twilio's own client, as the service uses it, in the same process as the carrier."""

    def __init__(self, stage: Stage) -> None:
        account = stage.carrier.account
        super().__init__(account.sid, account.token)
        http = TwilioHttpClient()
        http.session.mount("https://", _Wire(stage))
        self._client = Client(account.sid, account.token, region="", edge="", http_client=http)


def sweep_by_wire(stage: Stage, carrier: TwilioCarrier, *names: str) -> None:
    """As `Stage.sweep`, many times as fast; callbacks wait until the carrier runs."""
    known = sweeps(stage.parts, carrier)
    for name in names:
        known[name][0]()
