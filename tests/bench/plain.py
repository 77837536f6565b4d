"""
What the service is compared with: Flask and a constant document, alone and with one insert.

A yardstick, not a straw man: the insert goes through the driver, over a connection for each
thread, with one lock around SQLite's writes.
"""

import os
import sqlite3
import threading
from collections.abc import Callable
from uuid import uuid4

import psycopg
from flask import Flask, Response
from sqlalchemy.engine import make_url

DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Dial timeout="20" answerOnBridge="true">'
    "<Number>+46701740605</Number></Dial></Response>"
)
_TABLE = "CREATE TABLE IF NOT EXISTS plain (call VARCHAR PRIMARY KEY, kind VARCHAR, line VARCHAR)"
_INSERT = "INSERT INTO plain VALUES ({0}, {0}, {0})"


def plain(url: str) -> Flask:
    """A view that returns a constant document, after one durable insert if there is a database."""
    if not url:
        return _app(lambda: None)
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _app(_sqlite_insert(parsed.database or ""))
    return _app(_postgres_insert(parsed.set(drivername="postgresql").render_as_string(False)))


def _app(keep: Callable[[], None]) -> Flask:
    app = Flask("plain")

    @app.post("/twilio/voice")
    def voice() -> Response:
        keep()
        return Response(DOCUMENT, mimetype="text/xml")

    return app


def _sqlite_insert(path: str) -> Callable[[], None]:
    own, one_at_a_time = threading.local(), threading.Lock()

    def opened() -> sqlite3.Connection:
        if not hasattr(own, "connection"):
            own.connection = sqlite3.connect(path, isolation_level=None, timeout=5)
            own.connection.execute("PRAGMA journal_mode=WAL")
            own.connection.execute("PRAGMA synchronous=FULL")
            own.connection.execute(_TABLE)
        connection: sqlite3.Connection = own.connection
        return connection

    def keep() -> None:
        with one_at_a_time:
            opened().execute(_INSERT.format("?"), (uuid4().hex, "received", "eftervard"))

    return keep


def _postgres_insert(url: str) -> Callable[[], None]:
    own = threading.local()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")  # two workers may start at once
        connection.execute(_TABLE)

    def keep() -> None:
        if not hasattr(own, "connection"):
            own.connection = psycopg.connect(url, autocommit=True)
        own.connection.execute(_INSERT.format("%s"), (uuid4().hex, "received", "eftervard"))

    return keep


app = plain(os.environ.get("DATABASE_URL", ""))  # noqa: TID251 - an entry point
