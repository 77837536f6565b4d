"""What the commands share: options, and answers for people or for programs."""

from collections.abc import Mapping
from datetime import datetime

import click
import msgspec

from rota_adapter.times import moment_or_midnight
from routing.errors import InvalidInput, Place
from routing.ids import DistrictId, LineId
from routing.organisation import Line, Organisation

as_json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Say what would change; change nothing."
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
