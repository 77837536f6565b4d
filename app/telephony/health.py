"""Whether the process lives, and whether calls can be routed."""

from flask import Blueprint, Response, jsonify

from app.store.journal import Journal
from app.store.mirror import Mirror
from routing.errors import Unavailable


def health_blueprint(mirror: Mirror, journal: Journal) -> Blueprint:
    """`/healthz` and `/readyz`."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def lives() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @health.get("/readyz")
    def routes_calls() -> tuple[Response, int]:
        """
        Ready without a database too, as long as the last good rota is at hand.

        Degraded while the database is away (*seconds* since this process saw it), and while what
        callers did waits on disk (*spool*, in bytes) or was *lost* (rows, since the start).
        """
        try:
            lines = sorted(mirror.picture.rotas)
        except Unavailable:
            return jsonify(status="unavailable", reason="no organisation is loaded"), 503
        away, spool = mirror.degraded or journal.breaker.is_open, journal.spool.size
        status = "degraded" if away or spool or journal.lost else "ready"
        return jsonify(
            status=status,
            database=not away,
            seconds=round(journal.breaker.seconds),
            spool=spool,
            lost=journal.lost,
            lines=lines,
        ), 200

    return health
