"""Commands that stay: the clock, everything at once, and the demo."""

import os
import signal
import sys
from pathlib import Path

import click

from app import tracing
from app.bootstrap import assemble
from app.cli.main import FAILURE, beredskap, settings
from app.clock import attempt, make_scheduler
from app.demo.processes import commands, running, wait_for_any
from app.log import configure_logging, wants_json
from app.sweeps import sweeps, twilio_carrier


@beredskap.command()
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
def clock(*, once: bool) -> None:
    """
    The scheduler: does at once what is already due; any number of them may run.

    With --once it ends with status 1 where something could not be done, as the log says.
    """
    own = settings()
    configure_logging(as_json=wants_json(own.log_format, sys.stdout))
    parts = assemble(own)
    tracing.start(own.traces_url, "clock")
    due = sweeps(parts, twilio_carrier(own, parts.tally.asked))
    if once:
        done = [attempt(name, sweep) for name, (sweep, _) in due.items()]
        parts.tally.flush()
        tracing.stop()
        raise SystemExit(0 if all(done) else FAILURE)
    scheduler = make_scheduler(due)
    signal.signal(signal.SIGTERM, _stop)
    try:
        scheduler.start()
    except (KeyboardInterrupt, SystemExit):
        scheduler.shutdown(wait=False)


def _stop(*_: object) -> None:
    """
    Begin nothing more, and end what has begun.

    A letter that was being sent would else wait for a minute, until another clock has asked the
    carrier about it.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit


@beredskap.command()
def run() -> None:
    """Web and clock as in the Procfile, with settings from the environment; Ctrl-C stops both."""
    settings()
    with running(commands(["web", "clock"]), os.environ) as processes:
        status = wait_for_any(processes)
    raise SystemExit(status)


@beredskap.command()
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Where the demo's database is made; made anew each time.",
)
def demo(folder: Path) -> None:
    """An invented organisation, some nights of contacts, and the service; no account needed."""
    from app.demo.evening import show  # noqa: PLC0415 - the carrier and its grammar are slow to load

    raise SystemExit(show(folder, os.environ))
