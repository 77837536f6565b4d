"""Databases are let go of here as in the app's tests."""

from tests.app.conftest import no_connection_stays_open

__all__ = ["no_connection_stays_open"]
