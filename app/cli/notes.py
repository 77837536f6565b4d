"""Commands about notes: writing, adding, saying whose a caller is, signing off, the reading log."""

from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import click

from app.cli.ask import contacts
from app.cli.gated import gate_of
from app.cli.main import beredskap, parts
from app.cli.show import (
    answer,
    as_json_option,
    first_line,
    local,
    the_district,
    the_line,
    the_moment,
    the_therapist,
    viewer_of,
)
from app.duty import notes as service
from app.duty.gate import NotAllowed
from app.duty.sign_off import missing_notes, sign_off
from app.intake.note_file import read_note
from app.store import readings
from app.store.database import reading
from routing.access import Act, Denial, Matter, denied
from routing.errors import InvalidInput
from routing.ids import ContactId
from routing.intervals import Interval

_by_option = click.option("--by", "by", metavar="ID", required=True, help="Who does it.")
_file = click.argument("file", type=click.File("rb"), metavar="FILE|-")
_contact = click.argument("contact")
_RECENT = timedelta(days=14)


@beredskap.group()
def note() -> None:
    """What was told in a contact, and what support was given."""


@note.command("write")
@_contact
@_file
@_by_option
def write(contact: str, file: BinaryIO, by: str) -> None:
    """
    Write the note of CONTACT from a TOML FILE; - reads what is typed.

    Its fields: told, support, next_step, role, broken_agreement, urgency, escalated_to,
    escalated_at, escalation_reason.
    """
    own = parts()
    zone = first_line(own.mirror.picture.organisation).zone
    told = read_note(Path(file.name).name, file.read(), zone)
    with gate_of(own, by) as gate:
        service.write(
            gate,
            ContactId(contact),
            told.content,
            role=told.role,
            broken_agreement=told.broken_agreement,
            urgency=told.urgency,
            escalation=told.escalation,
        )
    click.echo("Kept.")


@note.command("add")
@_contact
@_file
@_by_option
def add(contact: str, file: BinaryIO, by: str) -> None:
    """Add the text of FILE to the note of CONTACT, which itself is never changed."""
    own = parts()
    try:
        text = file.read().decode("utf-8-sig").strip()
    except UnicodeDecodeError as err:
        raise InvalidInput("FILE: not UTF-8: save the file as UTF-8") from err
    with gate_of(own, by) as gate:
        service.amend(gate, ContactId(contact), text)
    click.echo("Added.")


@note.command("missing")
@_by_option
@as_json_option
def missing(by: str, *, as_json: bool) -> None:
    """The contacts of the last days that a therapist had and has not written of."""
    own = parts()
    organisation = own.mirror.picture.organisation
    who = the_therapist(organisation, by)
    with reading(own.engine) as connection:
        found = [
            (line, contact)
            for line in organisation.lines.values()
            for contact in missing_notes(connection, line, who, own.clock())
        ]
    rows = [
        {
            "contact": contact.id,
            "received_at": local(contact.received_at, line),
            "channel": str(contact.channel),
        }
        for line, contact in found
    ]
    if as_json:
        answer({"contacts": rows})
        return
    for row in rows:
        click.echo(f"{row['received_at']}  {row['channel']}  {row['contact']}")
    if not rows:
        click.echo("Every contact has its note.")


@note.command("react")
@_contact
@_by_option
def react(contact: str, by: str) -> None:
    """Say that the broken agreement told of in the note of CONTACT has been met."""
    with gate_of(parts(), by) as gate:
        is_new = service.react(gate, ContactId(contact))
    click.echo("Kept." if is_new else "It had been met before.")


@contacts.command("assign")
@_contact
@click.option("--district", metavar="ID", required=True, help="Whose the caller is.")
@click.option("--client", metavar="REF", help="The register's reference, where it is known.")
@_by_option
def assign(contact: str, district: str, client: str | None, by: str) -> None:
    """Say whose the caller of CONTACT is: it is in that district's log from now on."""
    own = parts()
    home = the_district(own.mirror.picture.organisation, district)
    with gate_of(own, by) as gate:
        service.assign(gate, ContactId(contact), home, client)
    click.echo("Assigned.")


@contacts.command("unassigned")
@_by_option
@as_json_option
def unassigned(by: str, *, as_json: bool) -> None:
    """How many contacts of the last fortnight nobody has said whose they are; no more than that."""
    own = parts()
    organisation = own.mirror.picture.organisation
    viewer, now = viewer_of(organisation, by), own.clock()
    may_know = [
        line.id
        for line in organisation.lines.values()
        if denied(viewer, Act.COUNT, Matter(line, is_contact=False), organisation, now) is None
    ]
    if not may_know:
        raise NotAllowed(Denial.NOT_YOUR_OFFICE)
    with gate_of(own, by) as gate:
        count = service.unassigned(gate, now - _RECENT)
    if as_json:
        answer({"unassigned": count})
    else:
        click.echo(f"{count} contacts are nobody's yet.")


@beredskap.command("signoff")
@click.option("--line", "line_id", metavar="ID")
@_by_option
def sign_off_duty(line_id: str | None, by: str) -> None:
    """Be done with the duty that ended last; refused while a contact has no note."""
    own = parts()
    organisation = own.mirror.picture.organisation
    line, who = the_line(organisation, line_id), the_therapist(organisation, by)
    with own.engine.begin() as connection:
        sign_off(connection, line, who, own.clock())
    click.echo("Signed off.")


@beredskap.command("readings")
@click.option("--district", metavar="ID", required=True, help="Whose data.")
@click.option("--from", "start", metavar="T", help="A fortnight ago, when not given.")
@click.option("--to", "end", metavar="T", help="Now, when not given.")
@_by_option
@as_json_option
def show_readings(
    district: str, start: str | None, end: str | None, by: str, *, as_json: bool
) -> None:
    """Who has read or done what with one district's data, and who was turned away."""
    own = parts()
    organisation, now = own.mirror.picture.organisation, own.clock()
    home, line = the_district(organisation, district), first_line(organisation)
    matter = Matter(line, home=home, is_contact=False)
    why = denied(viewer_of(organisation, by), Act.REVIEW, matter, organisation, now)
    if why is not None:
        raise NotAllowed(why)
    first = the_moment(start, line, "--from") or now - _RECENT
    last = the_moment(end, line, "--to") or now
    if last <= first:
        raise InvalidInput("--to is not after --from")
    with reading(own.engine) as connection:
        found = readings.of_district(connection, home, Interval(first, last))
    rows = [
        {
            "at": local(one.at, line),
            "viewer": one.viewer.id,
            "viewer_district": one.viewer.district,
            "act": str(one.act),
            "contact": one.contact,
            "handover": one.handover,
            "denied": one.denied and str(one.denied),
        }
        for one in found
    ]
    if as_json:
        answer({"readings": rows})
        return
    for row in rows:
        what = row["contact"] or row["handover"] or ""
        turned_away = f"  denied: {row['denied']}" if row["denied"] else ""
        click.echo(f"{row['at']}  {row['viewer']}  {row['act']}  {what}{turned_away}")
    if not rows:
        click.echo("Nobody has read anything.")
