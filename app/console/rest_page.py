"""The report on rest as one page that needs nothing else: no script, no address, no sign-in."""

from datetime import datetime, timedelta

from jinja2 import Environment, PackageLoader, StrictUndefined

from app.console import rest_details as details
from app.console import rest_overview as overview
from app.console.rest_say import Say
from app.console.tables import Cell, Margin

_MINUS = "−"  # as long as a plus, so that columns stay straight
_A_MINUTE = timedelta(minutes=1)


def page(say: Say) -> str:
    """The report as HTML, for the screen and for A4 paper; every word in it is escaped."""
    templates = Environment(
        loader=PackageLoader("app.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return templates.get_template("rest_report.html").render(contents(say))


def contents(say: Say) -> dict[str, object]:
    """What the report's templates show; the console has a page of its own around it."""
    return {
        "words": say.words,
        "language": say.language,
        "line": say.report.line.name,
        "facts": overview.facts(say),
        "least": overview.least(say),
        "rules": overview.rules(say),
        "people": overview.people(say),
        "versions": overview.versions(say),
        "terms": overview.terms(say),
        "findings": details.findings(say),
        "owed": details.owed(say),
        "sections": details.sections(say),
        "shown": lambda cell: _shown(cell, say),
        "kind": _kind,
    }


def _shown(cell: Cell, say: Say) -> str:
    match cell:
        case None | "":
            return "–"
        case Margin():
            return signed(cell.length)
        case timedelta():
            return hours(cell)
        case datetime():
            return say.moment(cell)
        case _:
            return str(cell)


def _kind(cell: Cell) -> str:
    """The class by which the style sheet knows a cell."""
    match cell:
        case Margin():
            return "number short" if cell.length < timedelta() else "number"
        case timedelta() | int():
            return "number"
        case datetime():
            return "moment"
        case _:
            return "words"


def hours(length: timedelta) -> str:
    """*length* as hours and minutes, such as ``11:05``; what is left of a minute is left out."""
    minutes = length // _A_MINUTE
    return f"{minutes // 60}:{minutes % 60:02}"


def signed(length: timedelta) -> str:
    """*length* with its sign, such as ``−1:10``; a lack of seconds is a minute, and not nothing."""
    minutes = length // _A_MINUTE
    sign = _MINUS if minutes < 0 else "+" if minutes else ""
    return sign + hours(abs(minutes) * _A_MINUTE)
