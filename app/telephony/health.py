"""Whether the process lives, and whether calls can be routed."""

from flask import Blueprint, Response, jsonify

from app.store.mirror import Mirror
from routing.errors import Unavailable


def health_blueprint(mirror: Mirror) -> Blueprint:
    """`/healthz` and `/readyz`."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def lives() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @health.get("/readyz")
    def routes_calls() -> tuple[Response, int]:
        """Ready without a database too, as long as the last good rota is at hand."""
        try:
            lines = sorted(mirror.picture.rotas)
        except Unavailable:
            return jsonify(status="unavailable", reason="no organisation is loaded"), 503
        status = "degraded" if mirror.degraded else "ready"
        return jsonify(status=status, database=not mirror.degraded, lines=lines), 200

    return health
