"""The group of all commands, and how errors look on a terminal."""

import logging
import os
import sys
from typing import NoReturn

import click
import sqlalchemy as sa

from app.bootstrap import Parts, assemble
from app.log import configure_logging, wants_json
from app.settings import Settings
from app.store.complaints import about_the_database
from routing.errors import BeredskapError, InvalidInput

BAD_INPUT, FAILURE = 2, 1


class PlainErrors(click.Group):
    """Shows our own errors as one line on stderr, so that a traceback always means a bug."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise  # a group without a command shows its help
        except click.UsageError as err:
            command = err.ctx.command_path if err.ctx is not None else "beredskap"
            fail(f"{err.format_message().rstrip('.')} (see {command} --help)", BAD_INPUT)
        except InvalidInput as err:
            fail(str(err), BAD_INPUT)
        except BeredskapError as err:
            fail(str(err), FAILURE)
        except sa.exc.DatabaseError as err:
            fail(about_the_database(err), FAILURE)
        except click.Abort:
            fail("nothing was answered, so nothing was done", FAILURE)
        except BrokenPipeError:
            # Whoever read it has seen enough; the interpreter must not complain of it at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(FAILURE) from None
        except OSError as err:
            fail(f"{err.filename or 'a file'}: {err.strerror or 'cannot be used'}", FAILURE)


def fail(message: str, status: int) -> NoReturn:
    """One line on stderr, and the end."""
    click.echo(f"beredskap: {message}", err=True)
    raise SystemExit(status)


def settings() -> Settings:
    """What the environment says; every command reads it once."""
    return Settings.from_env(os.environ)


def parts() -> Parts:
    """The parts that a command needs, with the picture as it is now."""
    assembled = assemble(settings())
    assembled.mirror.look()
    return assembled


@click.group(cls=PlainErrors, context_settings={"help_option_names": ["-h", "--help"]})
def beredskap() -> None:
    """One phone number that always ends with a person."""
    as_json = wants_json(os.environ.get("LOG_FORMAT"), sys.stderr)
    configure_logging(as_json=as_json, to=sys.stderr, level=logging.WARNING)


def main() -> None:
    """The entry point; the commands add themselves to the group when they are imported."""
    from app.cli import (  # noqa: F401, PLC0415 - see above
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

    try:
        beredskap(prog_name="beredskap", standalone_mode=False)
    except click.UsageError as err:
        fail(err.format_message(), BAD_INPUT)
    except click.Abort:
        raise SystemExit(FAILURE) from None
