"""The requests between the carrier and the service, as developers want to see them."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from app.demo.phone_lab.session import Session
from app.lab.trace import Exchange

Plain = dict[str, Any]
_MOST = 60
_WELL = range(200, 400)


def requests_of(session: Session) -> list[Plain]:
    """The last requests in both directions, the latest first."""
    trace, zone = session.stage.carrier.trace, session.line.zone
    # Keyed by their places: both lists only grow.
    hooks = [(f"w{place}", one) for place, one in enumerate(list(trace.exchanges))][-_MOST:]
    rest = [(f"r{place}", one) for place, one in enumerate(list(trace.asked))][-_MOST:]
    found = sorted((*hooks, *rest), key=lambda pair: pair[1].at, reverse=True)[:_MOST]
    return [_shown(key, one, one.at.astimezone(zone)) for key, one in found]


def _shown(key: str, one: Exchange, at: datetime) -> Plain:
    parts = urlsplit(one.url)
    return {
        "key": key,
        "at": f"{at:%H:%M:%S}",
        "purpose": one.purpose,
        "method": one.method,
        "path": parts.path + (f"?{parts.query}" if parts.query else ""),
        "form": list(one.form),
        "status": one.status or "–",
        "tone": "good" if one.status in _WELL else "bad",
        "note": one.note,
        "body": _pretty(one.body),
    }


def _pretty(body: str) -> str:
    """TwiML and JSON with lines and indents; anything else as it came."""
    for read in (_xml, _json):
        try:
            return read(body)
        except (ET.ParseError, ValueError):
            continue
    return body


def _xml(body: str) -> str:
    root = ET.fromstring(body)  # noqa: S314 - our own service wrote it
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")


def _json(body: str) -> str:
    return json.dumps(json.loads(body), indent=1, ensure_ascii=False)
