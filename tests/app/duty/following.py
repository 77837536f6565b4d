"""Follow-ups of one evening: ordered, called and recorded as the commands do it."""

from collections.abc import Sequence
from typing import Any

from app.cli.show import viewer_of
from app.demo.stage import Stage
from app.duty import follow_ups as service
from app.duty.follow_up_handover import duty_ended, follow_ups_for
from app.duty.handover import Desk
from app.intake.follow_up_file import WrittenOrder
from app.store import follow_ups as stored
from app.store.database import reading
from app.telephony.carrier import TwilioCarrier
from app.telephony.follow_up import ring_for
from routing.follow_up import FollowUp, IfNotReached, Reached, Window
from routing.ids import ClientId, DistrictId, FollowUpId
from tests.app.world import changed
from tests.examples import EFTERVARD, JARVA, at, span

AFTERNOON = "2026-03-03T15:00"
CLOCK = ("follow_ups.open", "outbox.send")
TOLD = "En uppföljning väntar på dig. Logga in: https://jour.example.se/"
SOCIALJOUREN = "En uppföljning nådde ingen. Ring Socialjouren. Logga in: https://jour.example.se/"
NOBODY = "En uppföljning väntar, och ingen som har jouren får göra den."
UNDONE = "En uppföljning blev inte av."
ASKED = "En uppföljning saknar svar på hur det gick."
INSTRUCTION, TOLD_US = "Fråga hur kvällen har varit.", "Allt är lugnt hemma."
TONIGHT = ("2026-03-03T19:00", "2026-03-03T20:00")
SATURDAY = ("2026-03-07T11:00", "2026-03-07T12:00")
MANAGER = "+46701740690"
MANAGERS = (
    '[[managers]]\nid = "c1"\nname = "Manager 1"\nphone = "+46701740690"\n'
    'district = "hasselby-vallingby"\n\n[[managers]]\nid = "c2"\nname = "Manager 2"\n'
    'phone = "+46701740691"\ndistrict = "jarva"\n\n[[lines]]\n'
)
WITH_MANAGERS = changed(("[[lines]]\n", MANAGERS))
WITH_ITS_OWN_MANDATE = changed(
    ("[[lines]]\n", MANAGERS),
    ('reference = "HV 2025/1"', 'reference = "HV 2025/1"\ntasks = ["standby", "follow_up"]'),
)


def desk(stage: Stage) -> Desk:
    parts = stage.parts
    return Desk(parts.engine, parts.cipher, parts.settings.public_url, mails=False)


def wanted(
    client: str = "K-1001",
    *windows: tuple[str, str],
    rule: IfNotReached = IfNotReached.SOCIALJOUREN,
    **changed_: Any,  # noqa: ANN401 - as the file gives them
) -> WrittenOrder:
    """What a file would say; tonight from seven to eight without windows."""
    fields: dict[str, Any] = {
        "client": ClientId(client),
        "instruction": INSTRUCTION,
        "windows": tuple(Window(span(*times), rule) for times in windows or (TONIGHT,)),
        "number": None,
        "line": None,
        "district": None,
        "language": None,
        "may_leave_voicemail": False,
        "may_say_who_calls": False,
        "max_attempts": 2,
        **changed_,
    }
    return WrittenOrder(**fields)


def ordered(stage: Stage, by: str, what: WrittenOrder | None = None) -> tuple[FollowUpId, ...]:
    """The numbers of what *by* has ordered."""
    organisation = stage.organisation
    line, viewer = organisation.lines[EFTERVARD], viewer_of(organisation, by)
    with service.at_the_gate(desk(stage), organisation, viewer, stage.carrier.now()) as gate:
        return tuple(task.id for task in service.order(gate, what or wanted(), line))


def swept(stage: Stage, *moments: str) -> None:
    """The clock sweeps at each moment."""
    for moment in moments:
        stage.carrier.run_until(max(at(moment), stage.carrier.now()))
        stage.sweep(CLOCK)


def calls(stage: Stage, by: str, number: FollowUpId, phones: dict[str, str]) -> None:
    """*by* asks to be connected, her phone rings, and the call goes as *phones* say."""
    asks(stage, by, number, phones)
    stage.carrier.run()


def asks(stage: Stage, by: str, number: FollowUpId, phones: dict[str, str]) -> None:
    """*by* asks to be connected; nothing else has happened yet."""
    account, organisation = stage.parts.settings, stage.organisation
    stage.carrier.set_phones(phones)
    with stage.rest_face() as address:
        dialler = TwilioCarrier(account.twilio_account_sid, account.twilio_auth_tokens[0], address)
        ring = ring_for(stage.parts.exchange, dialler)
        viewer, now = viewer_of(organisation, by), stage.carrier.now()
        service.call(desk(stage), organisation, viewer, number, now, ring)


def recorded(
    stage: Stage, by: str, number: FollowUpId, outcome: Reached, text: str = TOLD_US
) -> None:
    organisation = stage.organisation
    viewer, now = viewer_of(organisation, by), stage.carrier.now()
    with service.at_the_gate(desk(stage), organisation, viewer, now) as gate:
        service.report(gate, desk(stage), number, outcome, text)


def shown(stage: Stage, by: str, number: FollowUpId) -> service.Shown:
    organisation = stage.organisation
    viewer, now = viewer_of(organisation, by), stage.carrier.now()
    with service.at_the_gate(desk(stage), organisation, viewer, now) as gate:
        return service.show(gate, number)


def cancelled(stage: Stage, by: str, number: FollowUpId) -> None:
    organisation = stage.organisation
    viewer, now = viewer_of(organisation, by), stage.carrier.now()
    with service.at_the_gate(desk(stage), organisation, viewer, now) as gate:
        service.cancel(gate, desk(stage), number)


def kept(stage: Stage, number: FollowUpId) -> FollowUp:
    with reading(stage.parts.engine) as connection:
        return stored.one(connection, number, stage.carrier.now(), cipher=stage.parts.cipher)


def handed_over(stage: Stage, ended: str, district: DistrictId = JARVA) -> Sequence[FollowUp]:
    """What the handover of the duty that ended then tells of follow-ups."""
    own, line = stage.parts, stage.organisation.lines[EFTERVARD]
    with reading(own.engine) as connection:
        duty = duty_ended(connection, line.id, at(ended))
        home = stage.organisation.districts[district]
        return follow_ups_for(connection, own.cipher, line, home, duty, stage.carrier.now())
