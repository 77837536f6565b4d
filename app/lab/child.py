"""A phone that a Dial rings: from its first ring, through the whisper, to its end."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from app.lab.engine import Script, Wait
from app.lab.leg import Leg, LegOver, Redirected
from app.lab.lint import Role
from app.lab.params import base, progress
from app.lab.phones import Moment
from app.lab.webhooks import Hook

Perform = Callable[[Leg, Hook], Generator[Wait, object, None]]
_STEPS = ("initiated", "ringing", "answered", "completed")


@dataclass(frozen=True, slots=True)
class Noun:
    """A ``<Number>``: whom to ring, and where to ask and tell about it; addresses are absolute."""

    number: str
    url: str = ""
    method: str = "POST"
    callback: str = ""
    callback_method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})


@dataclass(frozen=True, slots=True)
class ChildAnswered:
    child: Leg


@dataclass(frozen=True, slots=True)
class ChildReady:
    """The phone heard its whisper out and may be bridged."""

    child: Leg


@dataclass(frozen=True, slots=True)
class ChildOver:
    child: Leg


def ring(child: Leg, noun: Noun, *, seconds: float, perform: Perform) -> Script:
    """The script of a phone that is rung for *seconds*; it tells its parent what becomes of it."""
    parent = child.root
    child.status = "initiated"
    tell(child, noun, "initiated")
    child.ring()
    tell(child, noun, "ringing")
    try:
        yield from child.picked_up_within(seconds)
        tell(child, noun, "answered")
        parent.signal(ChildAnswered(child))
        if noun.url:
            child.notice(Moment.WHISPER)
            form = base(child)
            whisper = Hook("whisper", noun.url, form, noun.method, child.sid, role=Role.WHISPER)
            yield from perform(child, whisper)
        parent.signal(ChildReady(child))
        while True:
            yield from child.listen(None)
    except (LegOver, Redirected):
        child.finish()
    tell(child, noun, "completed")
    parent.signal(ChildOver(child))


def tell(leg: Leg, noun: Noun, event: str) -> None:
    """Send the status callback for *event* if it was asked for."""
    if not noun.callback or event not in noun.events:
        return
    status = {"answered": "in-progress", "completed": leg.status}.get(event, event)
    form = progress(leg, _STEPS.index(event), status)
    leg.callbacks.add(Hook("status callback", noun.callback, form, noun.callback_method, leg.sid))
