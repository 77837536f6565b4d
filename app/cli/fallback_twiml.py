"""`beredskap fallback-twiml`: what the carrier does while this service is away."""

import click

from app.cli.main import beredskap, parts
from app.cli.show import the_line
from app.telephony.fallback_document import fallback_document


@beredskap.command("fallback-twiml")
@click.option("--line", "line_id", metavar="ID", help="Not needed when there is only one.")
def fallback_twiml(line_id: str | None) -> None:
    """
    Print the document for Twilio's fallback URL, to be hosted where this service is not.

    It dials the line's fallbacks, those that are open at all hours first, and knows no hours.
    """
    line = the_line(parts().mirror.picture.organisation, line_id)
    click.echo(fallback_document(line))
