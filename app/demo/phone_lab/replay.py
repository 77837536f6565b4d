"""Plays a sitting without a page: as fast as it goes, told in plain lines."""

import base64
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from app.demo.evening import made_up
from app.demo.phone_lab.deeds import NotPossible
from app.demo.phone_lab.outcome import missed
from app.demo.phone_lab.session import Session
from app.demo.phone_lab.sitting import Sitting
from app.demo.phone_lab.world import Worlds
from app.demo.tell import told_call
from app.lab.sms import Message
from app.settings import Settings


@contextmanager
def a_lab(sitting: Sitting, folder: Path) -> Iterator[Session]:
    """A lab of its own in the empty *folder*, in which *sitting* is about to begin."""
    template = folder / "template.db"
    settings = Settings.from_env(_environment(folder))
    made_up(replace(settings, database_url=f"sqlite:///{template}"), sitting.start, rota=False)
    session = Session(Worlds(folder, settings), sitting.start)
    try:
        session.play(sitting)
        yield session
    finally:
        session.close()


def played(session: Session) -> list[str]:
    """Do all that is to be done; what could not be, each as a line."""
    wrong: list[str] = []
    place = 0
    while (coming := session.next_deed) is not None:
        place += 1
        try:
            session.step()
        except NotPossible as err:
            wrong.append(f"deed {place} ({coming[1].do}): {err}")
    return wrong


def replay(sitting: Sitting) -> tuple[list[str], list[str]]:
    """
    Play *sitting* in a lab of its own, which is gone afterwards.

    What everybody heard, did and wrote, line by line; and what was not as it had to be.
    """
    with (
        tempfile.TemporaryDirectory(prefix="beredskap-") as name,
        a_lab(sitting, Path(name)) as session,
    ):
        wrong = [*played(session), *missed(session, sitting.expect)]
        return list(_told(session)), wrong


def _told(session: Session) -> Iterator[str]:
    stage = session.stage
    for call in stage.carrier.calls:
        yield f"{call.leg.began_at.astimezone(session.line.zone):%Y-%m-%d}  a call"
        yield from told_call(stage, call)
        yield ""
    letters = [*stage.carrier.texts, *stage.carrier.messages]
    for letter in sorted(letters, key=lambda one: one.at):
        yield _letter(session, letter, stage.labels())


def _letter(session: Session, letter: Message, names: Mapping[str, str]) -> str:
    at = f"{letter.at.astimezone(session.line.zone):%Y-%m-%d %H:%M:%S}"
    if letter.to == session.line.number.e164:
        return f"{at}  {names.get(letter.frm, 'somebody')} writes “{letter.shown}”"
    return f"{at}  {names.get(letter.to, 'somebody')} receives “{letter.shown}”"


def _environment(folder: Path) -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(32),
        "DATA_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "STATE_DIR": str(folder),
    }
