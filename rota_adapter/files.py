"""A rota in a file that somebody hands over, whatever its kind."""

from datetime import datetime, timedelta
from pathlib import Path

from rota_adapter.people import People
from rota_adapter.reading import Reading
from rota_adapter.table import file_content
from routing.errors import InvalidInput, Place
from routing.intervals import Interval
from routing.organisation import Line, Organisation

# A file may speak of any time; a series without an end is cut off here.
_LARGEST_CALENDAR = 20_000_000  # bytes
_BACK, _AHEAD = timedelta(days=5 * 366), timedelta(days=2 * 366)


def read_file(path: Path, line: Line, organisation: Organisation, now: datetime) -> Reading:
    """
    Every shift in the CSV, ICS or XLSX file at *path*, and what is wrong with it.

    Names mean whom the feed of *line* says they do, where it has one.

    Raises:
        InvalidInput: it is none of the three, or makes no sense as a whole.
    """
    names = {} if line.feed is None else line.feed.names
    people = People(organisation.therapists.values(), names)
    is_calendar = path.suffix.lower() == ".ics"
    content = file_content(path, _LARGEST_CALENDAR) if is_calendar else file_content(path)
    # Readers are loaded when they are needed: the one for calendars takes a while.
    match path.suffix.lower():
        case ".csv":
            from rota_adapter.sources.csv_file import read_csv  # noqa: PLC0415 - see above

            return read_csv(path.name, content, line, people)
        case ".xlsx":
            from rota_adapter.sources.xlsx_file import read_xlsx  # noqa: PLC0415 - see above

            return read_xlsx(path.name, content, line, people)
        case ".ics":
            window = Interval(now - _BACK, now + _AHEAD)
            from rota_adapter.sources.calendar_file import read_calendar  # noqa: PLC0415 - see above

            return read_calendar(path.name, content, line, people, window)
        case _:
            raise InvalidInput("neither .csv, .ics nor .xlsx", Place(path.name))
