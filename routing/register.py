"""The caller register: who a telephone number may belong to, and to which district they turn."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from routing.ids import ClientId, DistrictId, TherapistId
from routing.numbers import PhoneNumber
from routing.organisation import Validity
from routing.role import Role

_T = TypeVar("_T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """That a number belongs to somebody of a client's family, while *validity* lasts."""

    phone: PhoneNumber
    client: ClientId = field(repr=False)
    role: Role
    district: DistrictId
    language: str
    validity: Validity
    therapist: TherapistId | None = None  # the family's own
    sms_ok: bool = True
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """
    Who is behind a number, as far as the register says one thing.

    *homes* are the districts it may belong to, in alphabetical order.  With two of them *home* and
    *label* are None: the home district is asked for, never guessed, and no district is shown the
    other's client.  *label* is one client reference, or several of one district joined by ``/``.
    """

    homes: tuple[DistrictId, ...]
    home: DistrictId | None
    label: str | None = field(repr=False)
    role: Role | None
    language: str | None
    therapist: TherapistId | None
    sms_ok: bool
    protected: bool


def identify(
    entries: Iterable[RegisterEntry], on: date, *, chosen: DistrictId | None = None
) -> Identity | None:
    """
    Who is behind the one number that *entries* are about; None when nobody is, on that date.

    What the entries disagree about is None, except that everyone must allow texts and that one
    protected entry protects all.

    Args:
        chosen: the home district the caller has named; the other's entries then do not count.

    Source: docs/architecture.md, promise 3.
    """
    valid = [entry for entry in entries if on in entry.validity]
    if chosen is not None:
        valid = [entry for entry in valid if entry.district == chosen]
    if not valid:
        return None
    homes = tuple(sorted({entry.district for entry in valid}))
    clients = sorted({entry.client for entry in valid})
    return Identity(
        homes=homes,
        home=_agreed(homes),
        label="/".join(clients) if len(homes) == 1 else None,
        role=_agreed(entry.role for entry in valid),
        language=_agreed(entry.language for entry in valid),
        therapist=_agreed(entry.therapist for entry in valid),
        sms_ok=all(entry.sms_ok for entry in valid),
        protected=any(entry.protected for entry in valid),
    )


def _agreed(values: Iterable[_T]) -> _T | None:
    different = set(values)
    return different.pop() if len(different) == 1 else None
