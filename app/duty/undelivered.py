"""A text that nobody on standby could be given: who is told of it, and how."""

from collections.abc import Iterator

from app.duty.handover import Desk
from app.duty.standby import Standby
from app.phrases import FIRST, phrases
from app.store.outbox import By, Letter
from routing.contact import Contact
from routing.ids import DistrictId, TherapistId
from routing.ladder import Reason, Seeker

CALLED = "voice"  # how the key of a letter begins that is a call about a text


def letters_about(desk: Desk, on: Standby, contact: Contact) -> Iterator[Letter]:
    """
    The home district's people are told that there is something, and nothing of it.

    While the home district is not known, those of every district of the line are: it may be
    theirs.  Whoever is on standby and takes no texts is called.
    """
    said = phrases(FIRST).written["undelivered"].format(address=f"{desk.public_url}/")
    for therapist_id in _people(on, contact.caller.home):
        therapist = on.organisation.therapists.get(therapist_id)
        key = f"undelivered/{contact.id}/{therapist_id}"
        if therapist is None or on.line.today(on.now) not in therapist.active:
            continue
        # A text before a mail: somebody is waiting now, and the line is open.
        if therapist.phone is not None:
            yield Letter(key, By.TEXT, on.line.id, therapist.phone.e164, said)
        elif desk.mails and therapist.email is not None:
            yield Letter(key, By.MAIL, on.line.id, therapist.email, said)
    for therapist_id, reason in on.ladder(
        Seeker(contact.caller.home, label=contact.caller.label)
    ).left_out:
        therapist = on.organisation.therapists.get(therapist_id)
        if reason is Reason.OPTED_OUT and therapist is not None and therapist.phone is not None:
            key = f"{CALLED}/{contact.id}/{therapist_id}"
            number = therapist.phone.e164
            yield Letter(key, By.CALL, on.line.id, number, "", contact.id, therapist_id)


def _people(on: Standby, home: DistrictId | None) -> tuple[TherapistId, ...]:
    homes = on.line.districts if home is None else (home,)
    today = on.line.today(on.now)
    found = (on.organisation.districts.get(on.organisation.current(h, today)) for h in homes)
    return tuple(dict.fromkeys(t for district in found if district for t in district.notify))
