"""What people are told of a follow-up: that there is something to do, and no fact of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog

from app.duty.handover import Desk, told_of
from app.duty.post import post
from app.phrases import FIRST, phrases
from app.store.outbox import By, Letter
from routing.follow_up import FollowUp
from routing.ids import TherapistId
from routing.organisation import Line, Organisation

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Case:
    """One follow-up at one moment, in the transaction that has it locked; the caller commits."""

    connection: sa.Connection
    desk: Desk
    organisation: Organisation
    line: Line
    task: FollowUp
    now: datetime

    def tell(self, whom: TherapistId, words: str, **names: str) -> bool:
        """
        Text *whom* the phrase *words*; false where she has no telephone.

        The key of the letter is follow-up, phrase and person, so that nobody hears it twice.
        """
        therapist = self.organisation.therapists.get(whom)
        if therapist is None or therapist.phone is None:
            return False
        body = self._body(words, **names)
        key = f"follow_up/{self.task.id}/{words}/{whom}"
        letter = Letter(key, By.TEXT, self.line.id, therapist.phone.e164, body)
        post(self.connection, self.desk, [letter], self.now)
        return True

    def tell_the_district(self, words: str) -> bool:
        """
        Tell the home district's managers at once; those told of its handovers where it has none.

        False, and an error in the log, where there is nobody to tell.
        """
        letters = tuple(self._to_managers(words)) or tuple(self._to_colleagues(words))
        post(self.connection, self.desk, letters, self.now)
        if not letters and self.desk.said.first("follow_up", f"{self.task.id}/{words}"):
            log.error("follow_up.nobody_to_tell", follow_up=self.task.id)
        return bool(letters)

    def _to_managers(self, words: str) -> Iterator[Letter]:
        today = self.line.today(self.now)
        home = self.organisation.current(self.task.order.district, today)
        for manager in self.organisation.managers:
            if self.organisation.current(manager.district, today) != home:
                continue
            key = f"follow_up/{self.task.id}/{words}/{manager.id}"
            body = self._body(words)
            if manager.phone is not None:
                yield Letter(key, By.TEXT, self.line.id, manager.phone.e164, body)
            elif manager.email is not None and self.desk.mails:
                yield Letter(key, By.MAIL, self.line.id, manager.email, body)

    def _to_colleagues(self, words: str) -> Iterator[Letter]:
        home = self.organisation.current(self.task.order.district, self.line.today(self.now))
        for therapist in told_of(self.organisation, self.line, home, self.now):
            if therapist.phone is not None:
                key = f"follow_up/{self.task.id}/{words}/{therapist.id}"
                number = therapist.phone.e164
                yield Letter(key, By.TEXT, self.line.id, number, self._body(words))

    def _body(self, words: str, **names: str) -> str:
        said = phrases(FIRST).written[words]
        return said.format(address=f"{self.desk.public_url}/", **names)
