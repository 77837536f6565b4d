"""Commands that ask: who would be called, what came in, what is handed over."""

import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from app.bootstrap import Parts
from app.cli.main import beredskap, parts
from app.cli.show import answer, as_json_option, local, the_district, the_line, the_moment
from app.contact_log import FORMATS, LogRow, log_rows, written
from app.phrases import phrases
from app.store import contacts as stored_contacts
from app.store import handovers as stored_handovers
from app.store.database import reading
from app.telephony.twiml import Speech, last_resort
from routing.arrival import targets, unreachable
from routing.call import FallbackNumber, OfficeNumber
from routing.errors import InvalidInput
from routing.ids import DistrictId
from routing.ladder import Ladder, Reason, Seeker, ladder
from routing.organisation import Line


@beredskap.command()
@click.option("--line", "line_id", metavar="ID", help="Not needed when there is only one.")
@click.option("--at", metavar="TIME", help="Now, when not given.")
@click.option("--district", metavar="ID", help="The caller's home district.")
@as_json_option
def oncall(line_id: str | None, at: str | None, district: str | None, *, as_json: bool) -> None:
    """Who would be called, in order, and why anyone is left out."""
    own = parts()
    organisation = own.mirror.picture.organisation
    line = the_line(organisation, line_id)
    moment = the_moment(at, line, "--at")
    home = None if district is None else the_district(organisation, district)
    document = _oncall(own, line, moment, home)
    if as_json:
        answer(document)
        return
    for text in _in_words(document):
        click.echo(text)


def _oncall(
    own: Parts, line: Line, moment: datetime | None, home: DistrictId | None
) -> dict[str, object]:
    picture, now = own.mirror.picture, own.clock()
    organisation, at = picture.organisation, moment or now
    rota = picture.rotas[line.id]
    # Who is in a call is known of now and of no other moment.
    busy = dict.fromkeys(picture.in_call, Reason.IN_CALL) if moment is None else {}
    is_open = line.hours.is_open(at)
    on_call = rota.on_call(at) if is_open else ()
    tried: Ladder = ladder(organisation, line, on_call, Seeker(home), at, busy)
    planned = targets(organisation, line, home, tried.therapists, at)
    away = unreachable(organisation, line, planned, frozenset(), at)
    numbers = [target for target in planned if target not in away]
    offices = [
        organisation.districts[t.district].office for t in numbers if isinstance(t, OfficeNumber)
    ]
    fallbacks = [line.fallback[t.place] for t in numbers if isinstance(t, FallbackNumber)]
    return {
        "line": line.id,
        "at": local(at, line),
        "open": is_open,
        "home_district": home,
        "ladder": [
            {"therapist": r.therapist, "position": r.position, "until": local(r.until, line)}
            for r in tried.rungs
        ],
        "left_out": [{"therapist": t, "reason": str(reason)} for t, reason in tried.left_out],
        "office": [office.e164 for office in offices if office is not None],
        "fallback": [{"name": f.name, "number": f.number.e164} for f in fallbacks],
        "rota": {
            "source": rota.source,
            "age_seconds": max(0, round((now - rota.read_at).total_seconds())),
        },
    }


def _in_words(document: dict[str, object]) -> list[str]:
    said = [f"{document['line']} at {document['at']}: {'open' if document['open'] else 'closed'}"]
    order = 0
    for rung in document["ladder"]:  # type: ignore[attr-defined] - built just above
        order += 1
        said.append(
            f"  {order}. {rung['therapist']} (position {rung['position']}) until {rung['until']}"
        )
    for _ in document["office"]:  # type: ignore[attr-defined] - as above
        order += 1
        said.append(f"  {order}. the home district's office")
    for fallback in document["fallback"]:  # type: ignore[attr-defined] - as above
        order += 1
        said.append(f"  {order}. {fallback['name']} (fallback)")
    if order == 0:
        said.append("  nobody: the caller hears words, and a missed contact is kept")
    for left in document["left_out"]:  # type: ignore[attr-defined] - as above
        said.append(f"  not {left['therapist']}: {left['reason']}")
    return said


@beredskap.group()
def contacts() -> None:
    """Calls and texts."""


@contacts.command("export")
@click.option("--district", metavar="ID", required=True, help="Whose contacts.")
@click.option("--from", "start", metavar="T", help="Received at or after.")
@click.option("--to", "end", metavar="T", help="Received before.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Stdout, when not given."
)
def export(
    district: str, start: str | None, end: str | None, form: str, out: Path | None, *, as_json: bool
) -> None:
    """The contact log of one district."""
    own = parts()
    organisation = own.mirror.picture.organisation
    home = the_district(organisation, district)
    line = next(iter(organisation.lines.values()))
    first, last = the_moment(start, line, "--from"), the_moment(end, line, "--to")
    if first is not None and last is not None and last <= first:
        raise InvalidInput("--to is not after --from")
    with reading(own.engine) as connection:
        found = stored_contacts.of_district(connection, home, first, last)
        handed = stored_contacts.handover_of(connection, [contact.id for contact in found])
    rows: list[LogRow] = log_rows(found, handed, line.zone, own.clock())
    content = written(rows, "json" if as_json else form)
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        out.write_bytes(content)


@beredskap.command()
@click.option("--district", metavar="ID")
@click.option("--due-before", metavar="T")
@as_json_option
def handovers(district: str | None, due_before: str | None, *, as_json: bool) -> None:
    """Handover summaries and their state."""
    own = parts()
    organisation = own.mirror.picture.organisation
    home = None if district is None else the_district(organisation, district)
    first_line = next(iter(organisation.lines.values()))
    before = the_moment(due_before, first_line, "--due-before")
    with reading(own.engine) as connection:
        found = stored_handovers.listed(connection, home, before)
    rows = [
        {
            "handover_id": h.id,
            "line": h.line,
            "district": h.district,
            "duty_ended_at": local(h.duty_ended_at, organisation.lines.get(h.line, first_line)),
            "due_at": local(h.due_at, organisation.lines.get(h.line, first_line)),
            "state": str(h.state),
            "contacts": list(h.contacts),
        }
        for h in found
    ]
    if as_json:
        answer({"handovers": rows})
        return
    for row in rows:
        click.echo(
            f"{row['due_at']}  {row['district']}  {row['state']}  "
            f"{len(row['contacts'])} contacts  {row['handover_id']}"  # type: ignore[arg-type]
        )
    if not rows:
        click.echo("No handovers.")


@beredskap.command("fallback-twiml")
@click.option("--line", "line_id", metavar="ID", help="Not needed when there is only one.")
def fallback_twiml(line_id: str | None) -> None:
    """Print the document for Twilio's fallback URL, to be hosted where this service is not."""
    line = the_line(parts().mirror.picture.organisation, line_id)
    numbers = tuple(fallback.number for fallback in line.fallback)
    # Recordings lie at our own address, so this document only uses the voice.
    spoken = replace(phrases(line.languages[0]), recordings={})
    click.echo(last_resort(numbers, line.number, Speech(spoken, "")))
