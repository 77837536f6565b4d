"""A terminal to type commands at: a database, an environment, and what came back."""

import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from click.testing import CliRunner

from app.cli import (
    absences,
    ask,
    audit,
    backup,
    bring,
    calendars,
    canary,
    doctor,
    fairness,
    fallback_twiml,
    follow_ups,
    go_live,
    handover,
    hold,
    hours,
    keys,
    ledger,
    notes,
    observe,
    oncall,
    plan,
    play,
    provision,
    purge,
    reconcile,
    rest_report,
    rota,
    run,
    staff,
    swaps,
    users,
)
from app.cli.main import beredskap
from app.store.database import make_engine
from tests.app.world import environment, rows
from tests.examples import ORGANISATION_TOML

COMMANDS = (
    absences,
    ask,
    audit,
    backup,
    bring,
    calendars,
    canary,
    doctor,
    fairness,
    fallback_twiml,
    follow_ups,
    go_live,
    handover,
    hold,
    hours,
    keys,
    ledger,
    notes,
    observe,
    oncall,
    plan,
    play,
    provision,
    purge,
    reconcile,
    rest_report,
    rota,
    run,
    staff,
    swaps,
    users,
)  # each adds its own

REGISTER_CSV = """\
phone,client,role,district,language,valid_from,valid_to,therapist,sms_ok,protected
070-174 06 50,K-1001,youth,jarva,sv,,,,yes,no
+46701740651,H-2001,guardian,hasselby-vallingby,sv,2026-01-01,2026-12-31,t1,,
"""
ROTA_CSV = """\
position,therapist,starts_at,ends_at
1,t4,2026-03-03T17:00,2026-03-03T22:00
2,t1,2026-03-03T17:00,2026-03-03T22:00
1,t5,2026-03-04T17:00,2026-03-04T22:00
2,t2,2026-03-04T17:00,2026-03-04T22:00
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one command said, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command says
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Terminal:
    """Commands run in this process, with an environment of their own."""

    database_url: str
    folder: Path
    env: dict[str, str] = field(repr=False)
    hosts: dict[str, str] = field(default_factory=dict)  # the addresses of the names there are

    @classmethod
    def at(cls, database_url: str, folder: Path, **more: str) -> "Terminal":
        return cls(database_url, folder, environment(database_url, folder, **more))

    def run(self, *command: str, env: dict[str, str] | None = None) -> Answer:
        """
        Run ``beredskap`` with the words of *command*.

        An exception that the command let out, and a person would see as a traceback, is raised.
        """
        own = {"DATABASE_URL": None, "LOG_FORMAT": None, **(self.env if env is None else env)}
        with only_known(self.hosts):
            result = CliRunner().invoke(
                beredskap, command, env=own, prog_name="beredskap", catch_exceptions=False
            )
        return Answer(result.exit_code, result.stdout, result.stderr)

    def file(self, name: str, content: str | bytes) -> str:
        """A file with some content; returns its path."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def load(self) -> None:
        """The organisation, the register and two evenings."""
        for command in (
            ("load", self.file("organisation.toml", ORGANISATION_TOML)),
            ("clients", "import", self.file("register.csv", REGISTER_CSV)),
            ("rota", "import", self.file("rota.csv", ROTA_CSV), "--line", "eftervard"),
        ):
            answer = self.run(*command)
            assert answer.status == 0, answer.err

    def kept(self, tables: Sequence[str] = ("organisations", "clients", "shifts")) -> str:
        """Everything in some tables, to see whether anything changed."""
        engine: sa.Engine = make_engine(self.database_url)
        return repr([rows(engine, table) for table in tables])


@contextmanager
def only_known(hosts: Mapping[str, str]) -> Iterator[None]:
    """Names have the addresses in *hosts*, and others none: nothing outside is asked."""
    ask = socket.getaddrinfo

    def known(host: Any, *how: Any, **more: Any) -> Any:  # noqa: ANN401 - as the library's
        name = hosts.get(host, host) if isinstance(host, str) else host
        if isinstance(name, str) and name.strip(".0123456789") and name != "localhost":
            raise socket.gaierror(socket.EAI_NONAME, "nobody knows it")
        return ask(name, *how, **more)

    socket.getaddrinfo = known
    try:
        yield
    finally:
        socket.getaddrinfo = ask


def one_line(err: str) -> str:
    """The one line on stderr."""
    assert err.startswith("beredskap: ")
    assert err.count("\n") == 1
    return err
