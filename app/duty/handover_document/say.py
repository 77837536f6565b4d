"""How people, moments and spans are called in a handover's document."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.duty.handover_document.words import LANGUAGES, WORDS
from app.phrases import phrases
from app.wording import moment_in_words
from routing.contact import OFFICE, Contact
from routing.errors import InvalidInput
from routing.ids import DistrictId, TherapistId
from routing.organisation import Line, Organisation


@dataclass(frozen=True, slots=True)
class Say:
    """The words of *language*, for one line and whoever the organisation file names."""

    organisation: Organisation
    line: Line
    language: str

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise InvalidInput(f"the language is one of: {', '.join(LANGUAGES)}")

    def word(self, key: str, **values: object) -> str:
        """One of the table's words, with *values* put in."""
        return WORDS[self.language][key].format(**values)

    def count(self, what: str, n: int) -> str:
        """*n* of something."""
        exact = f"{what}.{n}"
        return self.word(exact if exact in WORDS[self.language] else f"{what}.n", n=n)

    def moment(self, at: datetime) -> str:
        """A moment on the line's own clocks."""
        own = phrases(self.language)
        return moment_in_words(at, self.line, own.written, own.names)

    def span(self, span: timedelta) -> str:
        """How long something took."""
        minutes, seconds = divmod(round(span.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        parts = (("hour", hours), ("minute", minutes), ("second", seconds))
        said = [self.count(unit, n) for unit, n in parts if n]
        return " ".join(said) or self.count("second", 0)

    def who(self, person: str | None) -> str:
        """Whoever has that id, by name and id; the service itself where there is none."""
        if person is None:
            return self.word("clock")
        therapist = self.organisation.therapists.get(TherapistId(person))
        if therapist is not None:
            return f"{therapist.name} ({person})"
        names = (manager.name for manager in self.organisation.managers if manager.id == person)
        name = next(names, None)
        return person if name is None else f"{name} ({person})"

    def district(self, district: DistrictId) -> str:
        """What the district is called."""
        return self.organisation.name_of(district) or district

    def therapist(self, contact: Contact) -> str:
        """Who had the contact, and for whose sake where that is not her employer."""
        who, home = self.who(contact.therapist), contact.caller.home
        known = self.organisation.therapists.get(contact.therapist or TherapistId(""))
        if known is None or home is None:
            return who
        today = self.line.today(contact.received_at)
        employer = self.organisation.current(known.district, today)
        if employer == self.organisation.current(home, today):
            return who
        whose = self.district(home)
        if self.language == "sv" and whose[-1] not in "sxz":
            whose += "s"  # the genitive
        return self.word("acting_for", who=who, whose=whose)

    def fallback(self, contact: Contact) -> str:
        """The office or the fallback that was rung last, by name."""
        target = contact.escalated_to or ""
        if target == OFFICE:
            return self.word("office")
        number = target.removeprefix("fallback-")
        place = int(number) - 1 if number.isdecimal() else -1
        known = self.line.fallback
        return known[place].name if 0 <= place < len(known) else target
