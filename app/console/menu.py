"""What stands in the menu, for whom, and in which order."""

from dataclasses import dataclass

from flask import request
from flask_babel import lazy_gettext as _

from routing.access import Office

T, M, R, A = Office.THERAPIST, Office.MANAGER, Office.REVIEWER, Office.ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: the page it leads to, its words, and whose it is."""

    endpoint: str
    words: object
    offices: frozenset[Office]

    def is_here(self) -> bool:
        """Whether the page that is shown belongs to this entry."""
        return (request.blueprint or "") == self.endpoint.partition(".")[0]


ENTRIES: tuple[Entry, ...] = (
    Entry("tonight.tonight", _("Tonight"), frozenset({T})),
    Entry("handovers.handovers", _("Handovers"), frozenset({T, M})),
    Entry("follow_ups.follow_ups", _("Follow-ups"), frozenset({T, M})),
    Entry("log.log", _("Call log"), frozenset({M})),
    Entry("figures.figures", _("Figures"), frozenset({M})),
    Entry("rota.rota", _("Rota"), frozenset({T, M, A})),
    Entry("swaps.swaps", _("Swaps"), frozenset({T, M})),
    Entry("absences.absences", _("Absences"), frozenset({T, M})),
    Entry("callers.callers", _("Callers"), frozenset({T, M})),
    Entry("what_if.what_if", _("What if"), frozenset({T, M, A})),
    Entry("organisation.organisation", _("Organisation"), frozenset({A, M})),
    Entry("readings.readings", _("Reading log"), frozenset({M, R})),
    Entry("accounts.accounts_", _("Accounts"), frozenset({A})),
    Entry("system.system", _("System"), frozenset({A})),
)


def menu_of(office: Office, known: frozenset[str]) -> list[Entry]:
    """The entries for *office*, of those whose page is there."""
    return [one for one in ENTRIES if office in one.offices and one.endpoint in known]
