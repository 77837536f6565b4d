"""Words, recordings and pauses that a leg hears."""

import io
import wave
from collections.abc import Generator
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from app.lab.engine import Wait
from app.lab.leg import Leg
from app.lab.trace import What
from app.lab.webhooks import Hook, WebhookFailed, send

LETTERS_A_SECOND = 14
MOST_LOOPS = 1000
UNKNOWN_LENGTH = 5.0


def prompt(leg: Leg, node: ET.Element, url: str) -> Generator[Wait, object, float]:
    """Begin what *node* (Say, Play or Pause) has the leg hear; how many seconds it will take."""
    if node.tag == "Pause":
        return float(node.get("length", "1"))
    leg.pick_up()
    loops = int(node.get("loop", "1")) or MOST_LOOPS
    if node.tag == "Say":
        words = " ".join("".join(node.itertext()).split())
        leg.note(What.HEARS, words, language=node.get("language", ""))
        return loops * len(words) / LETTERS_A_SECOND
    if node.get("digits"):
        return leg.play(node.get("digits", ""))
    seconds = yield from _recording(leg, urljoin(url, (node.text or "").strip()))
    return loops * seconds


def _recording(leg: Leg, url: str) -> Generator[Wait, object, float]:
    hook = Hook("audio", url, (), "GET", leg.sid)
    answer = yield from send(leg.core, hook, leg.cookies, leg.spend)
    kind = answer.reply.header("Content-Type")
    if not kind.startswith("audio/"):
        raise WebhookFailed(12300, f"a recording came as “{kind}”", answer.url)
    leg.note(What.HEARS_AUDIO, answer.url.rpartition("/")[2].partition("?")[0])
    try:
        with wave.open(io.BytesIO(answer.reply.body)) as sound:
            return float(sound.getnframes() / sound.getframerate())
    except (wave.Error, EOFError):
        return UNKNOWN_LENGTH
