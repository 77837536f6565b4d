"""Who is to be tried for somebody who calls, by the picture as it is now."""

from collections.abc import Mapping

from app.telephony.exchange import Arrival
from routing.arrival import must_ask, targets, unreachable
from routing.call import CallState, Facts, Target
from routing.ids import DistrictId
from routing.ladder import Seeker, ladder


def laid_out(came: Arrival) -> CallState:
    """The state that a call begins in; whom to try is added when the home district is settled."""
    line, caller = came.line, came.caller
    return CallState(
        contact=came.contact,
        line=line.id,
        language=caller.language or line.languages[0],
        home=caller.home,
        role=caller.role,
        closed=not line.hours.is_open(came.at),
        language_chosen=caller.language is not None,
        withheld=came.number is None,
    )


def asks(came: Arrival) -> bool:
    """Whether the caller must be asked for the home district."""
    return must_ask(came.picture.organisation, came.line, came.caller.home, came.at)


def plan(came: Arrival) -> tuple[Target, ...]:
    """Everyone who is to be tried, in order."""
    organisation, line, home = came.picture.organisation, came.line, came.caller.home
    rota = came.picture.rotas.get(line.id)
    on_call = rota.on_call(came.at) if rota is not None else ()
    seeker = Seeker(home, came.identity.therapist, came.number, came.identity.label)
    tried = ladder(
        organisation, line, on_call, seeker, came.at, came.picture.out(came.at)
    ).therapists
    return targets(organisation, line, home, tried, came.at, came.number)


def facts(came: Arrival, planned: Mapping[DistrictId | None, tuple[Target, ...]]) -> Facts:
    """The *planned* targets, and who of them cannot be tried just now."""
    everyone = {target for each in planned.values() for target in each}
    picture = came.picture
    away = unreachable(picture.organisation, came.line, everyone, picture.in_call, came.at)
    return Facts(planned, away)
