"""Handovers that are put on paper: what came in on an evening, and what was written of it."""

from dataclasses import dataclass

from app.demo.stage import Stage
from app.duty import notes as service
from app.duty.handover_document import written
from app.duty.handover_document.dossier import Dossier, Past, exported, opened, past
from routing.ids import ContactId, HandoverId
from routing.note import Content, EscalatedTo, Escalation, Reason, Urgency
from routing.role import Role
from tests.app.duty.desk import CLOCK, gate
from tests.app.texts.talk import writes
from tests.app.world import GUARDIAN, PROTECTED, SILENT, STRANGER, YOUTH
from tests.examples import at

ARABIC, EMOJI = "يريد العودة إلى البيت", "🙂"
TOLD = f"Kom inte hem i tid och vågar inte ringa. Skrev “{ARABIC}” {EMOJI}."


@dataclass(frozen=True, slots=True)
class Desk:
    """A stage, its clock, and what people write at it."""

    stage: Stage

    def at(self, moment: str) -> None:
        """Let time pass until then, and the clock do what is due."""
        self.stage.carrier.run_until(at(moment))
        self.stage.sweep(CLOCK)

    def note(self, who: str, contact: str, content: Content, **more: object) -> None:
        with gate(self.stage, who) as own:
            service.write(own, ContactId(contact), content, **more)  # type: ignore[arg-type]

    def add(self, who: str, contact: str, text: str) -> None:
        with gate(self.stage, who) as own:
            service.amend(own, ContactId(contact), text)

    def open(self, who: str, handover: HandoverId) -> Dossier:
        with gate(self.stage, who) as own:
            return opened(own, handover)

    def export(self, who: str, handover: HandoverId) -> Dossier:
        with gate(self.stage, who) as own:
            return exported(own, handover)

    def react(self, who: str, contact: str) -> None:
        with gate(self.stage, who) as own:
            service.react(own, ContactId(contact))

    def past(self, who: str, handover: HandoverId) -> Past:
        with gate(self.stage, who) as own:
            return past(own, handover)

    def text(self, who: str, handover: HandoverId, language: str = "sv") -> str:
        return written(self.open(who, handover), "text", language).decode()


def a_tuesday(stage: Stage) -> Desk:
    """
    Until half past eight on Wednesday: six contacts of Järva's and one of Hässelby-Vällingby's.

    A call with a broken agreement, taken for Järva by t1; one that was dropped; one that only the
    fallback answered; two texts and a call without a note; a call that could not wait.
    """
    desk = Desk(stage)
    desk.at("2026-03-03T19:04")
    first = stage.call(YOUTH, phones={"t4": SILENT}).sid
    desk.at("2026-03-03T19:20")
    desk.note(
        "t1",
        first,
        Content(TOLD, "Talade om hur man kan börja samtalet.", "Behandlaren ringer i morgon."),
        broken_agreement=True,
    )
    desk.at("2026-03-03T19:30")
    guardian = stage.call(GUARDIAN).sid
    desk.note("t4", guardian, Content("Undrade över helgen.", "Gick igenom planen."))
    desk.at("2026-03-03T20:00")
    stage.call(YOUTH, caller="hang up after 9", phones={"t4": SILENT, "t1": SILENT})
    desk.at("2026-03-03T20:10")
    stage.call(PROTECTED, phones={"t4": SILENT, "t1": SILENT, "+46846500499": "answer 5, talk 60"})
    desk.at("2026-03-03T20:30")
    writes(stage, YOUTH, "Är någon där?", "Hallå?")
    desk.at("2026-03-03T21:00")
    urgent = stage.call(PROTECTED).sid
    desk.at("2026-03-03T21:12")
    escalation = Escalation(EscalatedTo.SOCIAL_EMERGENCY, at("2026-03-03T21:09"), Reason.VIOLENCE)
    content = Content("Hot i hemmet.\nBrodern var där.", "Var kvar i telefonen tills hjälp kom.")
    more = {"urgency": Urgency.AT_ONCE, "escalation": escalation, "role": Role.YOUTH}
    desk.note("t4", urgent, content, **more)
    desk.at("2026-03-03T21:30")
    stage.call(STRANGER, caller="press 2 after 3")
    desk.at("2026-03-03T22:00")
    desk.at("2026-03-04T08:05")
    desk.add("t5", first, "Ringde henne 08.00, hon är hemma.")
    desk.at("2026-03-04T08:30")
    return desk
