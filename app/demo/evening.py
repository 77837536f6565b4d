"""The demo: an invented organisation with its last evenings, and the phone lab around it."""

import base64
import logging
import secrets
import shutil
import signal
import sys
import threading
import webbrowser
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import click

from app.bootstrap import Parts, assemble, utc_now
from app.console.on_show import LOGINS
from app.demo.accounts import make_accounts
from app.demo.nights import past_evenings, play_nights
from app.demo.phone_lab.server import HOST, must_be_free, serving
from app.demo.phone_lab.session import Session
from app.demo.phone_lab.world import DATABASE, Worlds, publish_a_rota
from app.demo.rota import days_off, shifts_around
from app.demo.stage import Stage
from app.intake.organisation_file import read_organisation
from app.intake.register_file import read_register
from app.log import configure_logging
from app.settings import Settings
from app.store import absences as stored_absences
from app.store import organisation as stored_organisation
from app.store import register as stored_register
from app.store import rota as stored_rota
from app.store.migrate import migrate
from app.store.rota import Signed
from routing.errors import Conflict, InvalidInput
from routing.organisation import Line

_HERE = Path(__file__).parent
_MARK = "made-by-beredskap-demo"
_ACCOUNT = "AC" + "0" * 32
_REAL = ("SECRET_KEY", "DATA_KEYS", "DATABASE_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
_LAST_PORT = 65535


def show(folder: Path, env: Mapping[str, str]) -> int:
    """
    Set everything up in *folder*, and serve the lab and the console until Ctrl-C.

    Raises:
        InvalidInput: the environment holds the settings of a real service.
        Conflict: the port is taken, or the folder holds something else.
    """
    refuse_a_real_service(folder, env)
    port = _port(env)
    must_be_free(port)
    _clear(folder)
    # Somebody who makes things go wrong in the lab need not read of it in the terminal, too.
    inside = (folder / "log").open("w", buffering=1, encoding="utf-8")
    configure_logging(as_json=False, to=inside, level=logging.WARNING)
    settings = Settings.from_env(_environment(folder, port))
    worlds = Worlds(folder.resolve(), settings)
    session = Session(
        worlds, made_with_a_past(worlds, utc_now().replace(microsecond=0)), (HOST, port)
    )
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    signal.signal(signal.SIGINT, lambda *_: over.set())
    with serving(session, port) as lab:
        click.echo(f"\nThe phone lab:   {lab}    (Ctrl-C stops it)")
        click.echo(f"The console:     {settings.public_url}\n")
        click.echo(
            "Sign in to the console as one of these; the password and the code stand there:\n"
        )
        for login, who in LOGINS.items():
            click.echo(f"    {login:<28}{who}")
        click.echo("\nIn another terminal, play on in the same demo:\n")
        click.echo(f"    . {folder}/env")
        click.echo("    .venv/bin/beredskap call --from 070-1740640")
        click.echo("    .venv/bin/beredskap handovers\n")
        click.echo(f"What goes wrong inside is told in {folder}/log\n")
        if _has_a_desktop(env):
            webbrowser.open(lab)
        over.wait()
    return 0


def refuse_a_real_service(folder: Path, env: Mapping[str, str]) -> None:
    """
    See to it that the lab never meets a production service.

    Raises:
        InvalidInput: *env* has settings that are not the demo's own in *folder*.
    """
    file = folder / "env"
    own = file.read_text().splitlines() if file.is_file() else []
    found = [name for name in _REAL if env.get(name) and f"export {name}='{env[name]}'" not in own]
    if found:
        raise InvalidInput(
            f"{', '.join(found)} set in this terminal: the demo never runs with the settings of a "
            "real service. Open a terminal without them"
        )


def made_with_a_past(worlds: Worlds, now: datetime) -> datetime:
    """
    What the *worlds* are copied from, the first of them with its last evenings.

    The moment at which that one begins: *now*, or a little later if a call was still going on.
    """
    template = worlds.folder / "template.db"
    line = made_up(replace(worlds.settings, database_url=f"sqlite:///{template}"), now, rota=False)
    click.echo("An invented organisation: two districts, and six therapists who take turns.")
    past = worlds.folder / "past"
    past.mkdir()
    shutil.copyfile(template, past / DATABASE)
    settings = worlds.settings_at(past)
    publish_a_rota(settings, now)
    first = past_evenings(line, now)[0].start - timedelta(hours=1)
    stage = Stage(settings, first, seed=secrets.randbits(64))
    played = play_nights(stage, line, now)
    stage.sweep()  # what is still owed, such as texts to be redacted, only this carrier knows
    click.echo(f"Its last evenings: {played} calls and texts, and their handovers.")
    until = max(now, stage.carrier.now())
    stage.close()
    (past / DATABASE).rename(worlds.folder / "opening.db")
    shutil.rmtree(past)
    return until


def made_up(settings: Settings, now: datetime, *, rota: bool = True) -> Line:
    """An empty database filled with the invented organisation, its *rota* and its accounts."""
    migrate(settings.database_url)
    parts: Parts = assemble(settings)
    loaded = read_organisation(_HERE / "organisation.toml")
    line = next(iter(loaded.organisation.lines.values()))
    register = read_register(_HERE / "clients.csv", loaded.organisation)
    shifts = shifts_around(now, line)
    with parts.engine.begin() as connection:
        stored_organisation.save(connection, parts.cipher, loaded.document, now)
        stored_register.replace_districts(connection, parts.cipher, register)
        if rota:
            stored_absences.replace_span(connection, days_off(shifts, line))
            stored_rota.publish(connection, line.id, shifts, Signed("demo", "påhittat", now))
    parts.mirror.look()
    make_accounts(parts, now)
    parts.engine.dispose()
    return line


def _clear(folder: Path) -> None:
    """Only what an earlier demo made is removed."""
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise Conflict(f"{folder} holds something that is not a demo's: name another --dir")
    folder.mkdir(parents=True, exist_ok=True)
    for one in folder.iterdir():
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink()
    (folder / _MARK).touch()


def _environment(folder: Path, port: int) -> dict[str, str]:
    own = {
        "SECRET_KEY": secrets.token_urlsafe(32),
        "DATA_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_URL": f"sqlite:///{folder.resolve()}/{DATABASE}",
        "STATE_DIR": str(folder.resolve()),
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "TWILIO_ACCOUNT_SID": _ACCOUNT,
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "BEREDSKAP_DEMO": "1",
    }
    lines = [f"export {name}='{value}'" for name, value in own.items()]
    secret = folder / "env"
    secret.touch(mode=0o600)
    secret.write_text("\n".join(lines) + "\n")
    return own


def _port(env: Mapping[str, str]) -> int:
    text = env.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) <= _LAST_PORT:
        raise InvalidInput("PORT is no port: a figure from 1 to 65535")
    return int(text)


def _has_a_desktop(env: Mapping[str, str]) -> bool:
    """Whether somebody sits in front of this, so that a browser may be opened."""
    has_display = bool(env.get("DISPLAY") or env.get("WAYLAND_DISPLAY")) or sys.platform == "darwin"
    is_away = bool(env.get("CI") or env.get("SSH_CONNECTION"))
    return has_display and not is_away and sys.stdout.isatty()
