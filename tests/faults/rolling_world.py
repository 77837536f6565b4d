"""The world that calls are played in; also an older version of the service can load it."""

import os
from datetime import UTC, datetime, timedelta

from app.settings import Settings
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.rota import Shift
from tests.app.world import changed, load_world

_ALWAYS_OPEN = changed(
    ('"thu", "fri"], from = "17:00", to = "22:00"', '"thu", "fri"], from = "00:00", to = "00:00"'),
    (
        '["sat", "sun", "holiday", "eve"], from = "10:00", to = "22:00"',
        '["sat", "sun", "holiday", "eve"], from = "00:00", to = "00:00"',
    ),
)


def load() -> None:
    """The made-up organisation, register and a rota around now, into the environment's database."""
    settings = Settings.from_env(os.environ)  # noqa: TID251 - a process of its own, perhaps older
    now = datetime.now(UTC)  # noqa: TID251 - real processes ask for it
    duty = Interval(now - timedelta(hours=1), now + timedelta(hours=9))
    shifts = [Shift(duty, 1, TherapistId("t4")), Shift(duty, 2, TherapistId("t1"))]
    load_world(settings, shifts=shifts, toml=_ALWAYS_OPEN)
