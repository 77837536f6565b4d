"""The demo: an invented organisation, its last evenings, one call and one text, and the service."""

import base64
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import click

from app.bootstrap import Parts, assemble, utc_now
from app.console.on_show import LOGINS
from app.demo.accounts import make_accounts
from app.demo.nights import past_evenings, play_nights
from app.demo.processes import commands, running, wait_for_any
from app.demo.rota import days_off, shifts_around
from app.demo.stage import TEXTS, Stage
from app.demo.tell import told_call, told_text
from app.intake.organisation_file import read_organisation
from app.intake.register_file import read_register
from app.lab.account import Account, Number
from app.lab.carrier import Carrier
from app.lab.rest_server import serve
from app.lab.transport import HttpTransport
from app.settings import Settings
from app.store import absences as stored_absences
from app.store import organisation as stored_organisation
from app.store import register as stored_register
from app.store import rota as stored_rota
from app.store.migrate import migrate
from app.store.rota import Signed
from routing.errors import Conflict
from routing.organisation import Line

_HERE = Path(__file__).parent
_MARK = "made-by-beredskap-demo"
_ACCOUNT = "AC" + "0" * 32
_GUARDIAN, _YOUTH = "+46701740640", "+46701740647"


def show(folder: Path, env: Mapping[str, str]) -> int:
    """Set everything up in *folder*, tell what happens, and serve until Ctrl-C."""
    _clear(folder)
    port = env.get("PORT") or "8000"
    own = _environment(folder, port)
    settings = Settings.from_env(own)
    now = utc_now().replace(microsecond=0)
    line = made_up(settings, now)
    _tell_an_evening(settings, line, now)
    with _live_carrier(settings, line) as address:
        everything = {**env, **own, "PORT": port, "WEB_CONCURRENCY": "1", "TWILIO_API_URL": address}
        with running(commands(["web", "clock"]), everything, quiet=True) as processes:
            click.echo(f"\nThe service is running on {settings.public_url}  (Ctrl-C stops it)")
            click.echo("Sign in as one of these; the password and the code stand on its page:\n")
            for login, who in LOGINS.items():
                click.echo(f"    {login:<28}{who}")
            click.echo("\nIn another terminal, play on in the same demo:\n")
            click.echo(f"    . {folder}/env")
            click.echo("    .venv/bin/beredskap call --from 070-1740640")
            click.echo("    .venv/bin/beredskap handovers\n")
            return wait_for_any(processes)


def _clear(folder: Path) -> None:
    """Only what an earlier demo made is removed."""
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise Conflict(f"{folder} holds something that is not a demo's: name another --dir")
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        if file.is_file():
            file.unlink()
    (folder / _MARK).touch()


def _environment(folder: Path, port: str) -> dict[str, str]:
    own = {
        "SECRET_KEY": secrets.token_urlsafe(32),
        "DATA_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_URL": f"sqlite:///{folder.resolve()}/beredskap.db",
        "STATE_DIR": str(folder.resolve()),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TWILIO_ACCOUNT_SID": _ACCOUNT,
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "BEREDSKAP_DEMO": "1",
    }
    lines = [f"export {name}='{value}'" for name, value in own.items()]
    secret = folder / "env"
    secret.touch(mode=0o600)
    secret.write_text("\n".join(lines) + "\n")
    return own


def made_up(settings: Settings, now: datetime) -> Line:
    """An empty database filled with the invented organisation, its rota and its accounts."""
    migrate(settings.database_url)
    parts: Parts = assemble(settings)
    loaded = read_organisation(_HERE / "organisation.toml")
    line = next(iter(loaded.organisation.lines.values()))
    register = read_register(_HERE / "clients.csv", loaded.organisation)
    with parts.engine.begin() as connection:
        stored_organisation.save(connection, parts.cipher, loaded.document, now)
        stored_register.replace_districts(connection, parts.cipher, register)
        shifts = shifts_around(now, line)
        stored_absences.replace_span(connection, days_off(shifts, line))
        stored_rota.publish(connection, line.id, shifts, Signed("demo", "påhittat", now))
    parts.mirror.look()
    make_accounts(parts, now)
    parts.engine.dispose()
    click.echo(
        f"An invented organisation: {len(loaded.organisation.districts)} districts, "
        f"{len(loaded.organisation.therapists)} therapists, {len(register)} callers, "
        f"{len(shifts)} shifts."
    )
    return line


def _tell_an_evening(settings: Settings, line: Line, now: datetime) -> None:
    first = past_evenings(line, now)[0].start - timedelta(hours=1)
    stage = Stage(settings, first, seed=secrets.randbits(64))
    played = play_nights(stage, line, now)
    click.echo(f"Its last evenings: {played} calls and texts, and their handovers.\n")
    at = _shown_at(line, stage.carrier.now(), now)
    stage.close()
    stage = Stage(settings, at, seed=secrets.randbits(64))
    click.echo(f"A guardian calls, {at.astimezone(line.zone):%A %d %B %H:%M}:\n")
    for told in told_call(stage, stage.call(_GUARDIAN)):
        click.echo(f"    {told}")
    click.echo("\nA youth sends a text:\n")
    written = stage.text(_YOUTH, "Hej, är det någon där? 🙂")
    stage.sweep(TEXTS)
    for told in told_text(stage, written):
        click.echo(f"    {told}")
    stage.close()


def _shown_at(line: Line, played_until: datetime, now: datetime) -> datetime:
    """Now if the line is open, else two hours and four minutes into its last evening."""
    if line.hours.is_open(now):
        return max(now, played_until)
    return past_evenings(line, now)[-1].start + timedelta(minutes=124)


@contextmanager
def _live_carrier(settings: Settings, line: Line) -> Iterator[str]:
    """A carrier that takes the texts that the clock sends while the demo runs."""
    base = urlsplit(settings.public_url)
    carrier = Carrier(
        Account(_ACCOUNT, settings.twilio_auth_tokens[0]),
        Number(line.number.e164),
        HttpTransport((base.hostname or "127.0.0.1", base.port or 80)),
        start=utc_now(),
        seed=secrets.randbits(64),
        strict=False,
    )
    over = threading.Event()

    def live() -> None:
        while not over.wait(0.5):
            carrier.run_until(utc_now())

    with serve(carrier.rest) as address:
        thread = threading.Thread(target=live, daemon=True)
        thread.start()
        yield address
        over.set()
        thread.join()
