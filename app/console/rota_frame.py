"""What every page of one line's rota has around it, and who may look at one."""

from app.console import rota_words as words
from app.console.site import Site
from routing.access import Office
from routing.organisation import Line

READERS = frozenset({Office.THERAPIST, Office.MANAGER, Office.ADMINISTRATOR})
SHARERS = frozenset({Office.THERAPIST, Office.MANAGER})
MANAGERS = frozenset({Office.MANAGER})


def around(site: Site, line: Line, here: str) -> dict[str, object]:
    """Its tabs, of which *here* is shown, and how people and times are called."""
    return {
        "line": line,
        "here": here,
        "office": site.viewer().office,
        "person": lambda who: words.person(site.organisation, who),
        "people": lambda whose: words.people(site.organisation, whose),
        "note": lambda text: words.note(text, site.organisation),
        "span": words.span,
        "when": words.when,
    }
