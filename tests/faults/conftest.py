"""What the tests of faults share with those of the app: quiet logs, and databases let go of."""

from tests.app.conftest import (
    engine_stage_at,
    log,
    no_connection_stays_open,
    settings,
    sqlite_settings,
    sqlite_stage_at,
    variant_stage_at,
)

__all__ = [
    "engine_stage_at",
    "log",
    "no_connection_stays_open",
    "settings",
    "sqlite_settings",
    "sqlite_stage_at",
    "variant_stage_at",
]
