"""The addresses that a spare number is pointed at."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from flask import Flask, Response, request

from app.telephony.observe.behaviours import USUAL
from app.telephony.observe.sitting import PATH, Sitting
from app.telephony.signature import is_signed
from app.telephony.webhook import LARGEST_FORM

_FORBIDDEN, _NOT_THERE = 403, 404


def site(sitting: Sitting, public_url: str, tokens: Sequence[str]) -> Flask:
    """An application of its own, which knows no organisation and no database."""
    app = Flask("observe")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM

    @app.post(f"{PATH}/<place>")
    def take(place: str) -> Response:
        if place not in USUAL:
            return Response(status=_NOT_THERE)
        pairs = parse_qsl(request.get_data().decode("utf-8", "replace"), keep_blank_values=True)
        signature = request.headers.get("X-Twilio-Signature", "")
        signed_by = next(
            (
                f"token {number}"
                for number, token in enumerate(tokens, start=1)
                if is_signed(f"{public_url}{PATH}/{place}", pairs, signature, [token])
            ),
            None,
        )
        if signed_by is None:
            sitting.refuse()
            return Response(status=_FORBIDDEN)
        reply = sitting.take(place, dict(pairs), dict(request.headers), signed_by)
        if isinstance(reply, int):
            return Response(status=reply)
        return Response(reply, mimetype="text/xml")

    return app
