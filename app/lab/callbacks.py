"""Status callbacks of one call: late, in any order, sometimes twice or never."""

from collections.abc import Generator

from app.lab.core import Core
from app.lab.engine import Wait
from app.lab.webhooks import Hook, WebhookFailed, send

LATEST = 3.0  # seconds after the event


def pause(seconds: float) -> Generator[Wait, object, None]:
    """Let time pass for somebody whom nothing can interrupt."""
    yield Wait(seconds)


def deliver(core: Core, hook: Hook) -> Generator[Wait, object, None]:
    """Send one status callback; whatever comes of it changes nothing for the call."""
    try:
        answer = yield from send(core, hook, {}, pause)
    except WebhookFailed as err:
        core.alert(15003, err.words, err.url)
        return
    kind = answer.reply.header("Content-Type")
    if answer.reply.status != 204 and not kind.startswith(("text/xml", "application/xml")):  # noqa: PLR2004 - HTTP
        core.alert(12200, f"a status callback was answered with {kind or 'no type'}", hook.url)


class Callbacks:
    """The callbacks of one call and of the phones it rang."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._held: list[Hook] = []

    def add(self, hook: Hook) -> None:
        """Send *hook* within a few seconds, or keep it to the end if they are to come reversed."""
        if self._core.faults.reverse_callbacks:
            self._held.append(hook)
            return
        delay = self._core.random.uniform(0, LATEST)
        self._core.engine.start(deliver(self._core, hook), after=delay)

    def flush(self) -> None:
        """The call is over: send what was kept, the last first."""
        for place, hook in enumerate(reversed(self._held)):
            self._core.engine.start(deliver(self._core, hook), after=0.1 * (place + 1))
        self._held.clear()
