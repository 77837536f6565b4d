"""What the commands share: options, and answers for people or for programs."""

import re
from collections.abc import Mapping
from datetime import datetime

import click
import msgspec

from rota_adapter.times import moment_or_midnight
from routing.access import Office, Viewer
from routing.errors import InvalidInput, Place
from routing.ids import DistrictId, LineId, TherapistId
from routing.organisation import Line, Organisation

as_json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Say what would change; change nothing."
)


def _id_only(_: click.Context, __: click.Parameter, value: str) -> str:
    if not _ID.fullmatch(value):
        raise click.BadParameter("an id is lower-case letters, digits and hyphens, and no name")
    return value


def one_line(_: click.Context, __: click.Parameter, value: str) -> str:
    """What was typed, on one line."""
    return " ".join(value.split())


_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
by_option = click.option(
    "--by",
    "author",
    metavar="ID",
    default="command-line",
    callback=_id_only,
    help="Who decides, as an id.",
)
note_option = click.option(
    "--note", metavar="TEXT", default="", callback=one_line, help="Why; kept with it."
)


def answer(document: Mapping[str, object]) -> None:
    """*document* as JSON on stdout, for programs."""
    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=1).decode())


def the_line(organisation: Organisation, line_id: str | None) -> Line:
    """
    The line named, or the only one.

    Raises:
        InvalidInput: there is no such line, or several and none was named.
    """
    if line_id is None and len(organisation.lines) == 1:
        return next(iter(organisation.lines.values()))
    line = organisation.lines.get(LineId(line_id or ""))
    if line is None:
        names = ", ".join(sorted(organisation.lines))
        raise InvalidInput(f"--line: there is no such line; there are: {names}")
    return line


def first_line(organisation: Organisation) -> Line:
    """The line whose wall time stands for what concerns people and no line."""
    return next(iter(organisation.lines.values()))


def the_therapist(organisation: Organisation, therapist: str) -> TherapistId:
    """The therapist named; raises InvalidInput when there is none."""
    if TherapistId(therapist) not in organisation.therapists:
        raise InvalidInput("--therapist: there is no such therapist")
    return TherapistId(therapist)


def viewer_of(organisation: Organisation, by: str) -> Viewer:
    """
    Whoever *by* names, a therapist or a manager; whether she may is for `app.duty.gate` to say.

    Raises:
        InvalidInput: nobody there has that id.
    """
    therapist = organisation.therapists.get(TherapistId(by))
    if therapist is not None:
        return Viewer(therapist.id, Office.THERAPIST, therapist.district)
    for manager in organisation.managers:
        if manager.id == by:
            return Viewer(manager.id, Office.MANAGER, manager.district)
    raise InvalidInput("--by: nobody there has that id")


def the_district(organisation: Organisation, district: str) -> DistrictId:
    """The district named; raises InvalidInput when there is none."""
    if DistrictId(district) not in organisation.districts:
        names = ", ".join(sorted(organisation.districts))
        raise InvalidInput(f"--district: there is no such district; there are: {names}")
    return DistrictId(district)


def the_moment(text: str | None, line: Line, option: str) -> datetime | None:
    """The moment that an option names, in the line's wall time; None where it was not given."""
    return None if text is None else moment_or_midnight(text, line.zone, Place(option))


def local(moment: datetime, line: Line) -> str:
    """*moment* as ISO 8601 with the line's own offset."""
    return moment.astimezone(line.zone).isoformat()
