"""Serves the recorded phrases, which the carrier fetches and keeps."""

from flask import Blueprint, Response, send_from_directory

from app.phrases import RECORDINGS

# A day: a new recording of a phrase is heard the next evening.
_KEPT_FOR = 24 * 60 * 60


def recordings_blueprint() -> Blueprint:
    """`/recordings/<language>/<file>`; nothing in them is about anybody."""
    recordings = Blueprint("recordings", __name__, url_prefix="/recordings")

    @recordings.get("/<path:name>")
    def recording(name: str) -> Response:
        return send_from_directory(RECORDINGS, name, max_age=_KEPT_FOR)

    return recordings
