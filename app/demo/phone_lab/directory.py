"""Who holds which telephone in the lab, and what the page calls them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as _

from app.console.contact_words import ROLES
from app.demo.phone_lab.session import WITHHELD, Session
from app.phrases import FIRST, phrases
from app.store.mirror import Picture
from routing.ids import TherapistId
from routing.numbers import PhoneNumber, takes_texts
from routing.organisation import Line
from routing.register import RegisterEntry

ANONYMOUS = "anonymous"
STRANGER = "+46701740698"  # set aside for fiction, and nobody's in the demo
_STOCKHOLM, _MOBILE, _LENGTH = "+468", "+467", 12
_POSITIONS: Sequence[object] = (lazy_gettext("First on standby"), lazy_gettext("Backup on standby"))


class Side(StrEnum):
    """On which side of the line somebody is."""

    CALLER = "caller"
    STAFF = "staff"
    OUTSIDE = "outside"  # an office, or a fallback
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Someone:
    """
    A telephone and its holder; *who* is what deeds call it.

    *language* is the one that the service speaks with this person.
    """

    who: str
    number: str
    name: str
    about: str
    side: Side
    language: str = FIRST
    takes_texts: bool = True
    position: int = 0  # on standby just now; nought for all others


class Directory:
    """Everybody that the lab knows at one moment."""

    def __init__(self, session: Session) -> None:
        stage = session.stage
        self.picture: Picture = stage.parts.mirror.picture
        self.line: Line = next(iter(self.picture.organisation.lines.values()))
        self.now: datetime = stage.carrier.now()
        rota = self.picture.rotas.get(self.line.id)
        shifts = rota.on_call(self.now) if rota is not None else ()
        self.positions: Mapping[TherapistId, int] = {s.therapist: s.position for s in shifts}
        everyone = (*self._staff(), *self._outside(), *self._managers(), *self._callers())
        self._known = {one.number: one for one in everyone}

    def at(self, number: str) -> Someone:
        """Whoever has *number*; a stranger where nobody does."""
        known = self._known.get(number)
        return known or Someone(
            number, number, _("Unknown number"), shown(number), Side.CALLER, takes_texts=True
        )

    def of(self, who: str) -> Someone:
        """Whoever is called *who* in a deed."""
        return next((one for one in self._known.values() if one.who == who), self.at(who))

    def on(self, *sides: Side) -> list[Someone]:
        """Everybody on these sides: who is on standby first."""
        found = [one for one in self._known.values() if one.side in sides]
        return sorted(found, key=lambda one: one.position or 99)

    def mail(self, address: str) -> str:
        """Whose mail address that is; the address where it is nobody's."""
        organisation = self.picture.organisation
        names = {one.email: one.name for one in organisation.therapists.values()}
        names.update({one.email: one.name for one in organisation.managers})
        return names.get(address, address)

    def _staff(self) -> Iterable[Someone]:
        organisation = self.picture.organisation
        out = self.picture.out(self.now)
        for one in organisation.therapists.values():
            if one.phone is None:
                continue
            position = self.positions.get(one.id, 0)
            about = [str(_POSITIONS[position - 1]) if 0 < position <= len(_POSITIONS) else ""]
            about.append(organisation.name_of(one.district) or "")
            if one.id in out and out[one.id] == "paused":
                about.append(_("has paused"))
            yield Someone(
                str(one.id),
                one.phone.e164,
                one.name,
                " · ".join(filter(None, about)),
                Side.STAFF,
                position=position,
            )

    def _outside(self) -> Iterable[Someone]:
        for fallback in self.line.fallback:
            about = _("Fallback when nobody on standby answers")
            yield _landline(fallback.name, fallback.number, fallback.name, about)
        for district in self.picture.organisation.districts.values():
            if district.office is not None:
                name = _("The office in %(district)s", district=district.name)
                about = _("Rung in daytime, when the line is closed")
                yield _landline(f"office {district.id}", district.office, name, about)

    def _managers(self) -> Iterable[Someone]:
        organisation = self.picture.organisation
        for one in organisation.managers:
            if one.phone is not None:
                about = _("Manager, %(district)s", district=organisation.name_of(one.district))
                yield Someone(one.phone.e164, one.phone.e164, one.name, about, Side.MANAGER)

    def _callers(self) -> Iterable[Someone]:
        for number, entries in self.picture.register.items():
            yield self._caller(number, entries)
        name = _("A number that is not in the register")
        yield Someone(STRANGER, STRANGER, name, shown(STRANGER), Side.CALLER)
        about = _("Nobody sees the number, and nobody can call back")
        name = _("Somebody who withholds the number")
        yield Someone(WITHHELD, ANONYMOUS, name, about, Side.CALLER, takes_texts=False)

    def _caller(self, number: PhoneNumber, entries: Sequence[RegisterEntry]) -> Someone:
        first = entries[0]
        family = "/".join(sorted({str(entry.client) for entry in entries}))
        name = _("%(role)s in %(family)s", role=ROLES[first.role], family=family)
        organisation = self.picture.organisation
        homes = [organisation.name_of(entry.district) or "" for entry in entries]
        about = [" / ".join(sorted(set(homes)))]
        if first.language != FIRST:
            about.append(in_words(first.language))
        if any(entry.protected for entry in entries):
            about.append(_("protected identity"))
        if not all(entry.sms_ok for entry in entries):
            about.append(_("wants no texts"))
        return Someone(
            number.e164,
            number.e164,
            name,
            " · ".join((*about, shown(number.e164))),
            Side.CALLER,
            first.language,
            takes_texts(number),
        )


def _landline(who: str, number: PhoneNumber, name: str, about: str) -> Someone:
    return Someone(who, number.e164, name, about, Side.OUTSIDE, takes_texts=False)


def in_words(language: str) -> str:
    """What *language* is called by whoever reads the page."""
    locale = get_locale()
    names = phrases(FIRST if locale is None else locale.language).names
    return names.get(language, language).lower()


def shown(number: str) -> str:
    """*number* as a Swede writes it."""
    rest = number[3:]
    if number.startswith(_MOBILE) and len(number) == _LENGTH:
        return f"0{rest[:2]}-{rest[2:5]} {rest[5:7]} {rest[7:]}"
    if number.startswith(_STOCKHOLM) and len(number) == _LENGTH:
        return f"08-{rest[1:4]} {rest[4:7]} {rest[7:]}"
    return number
