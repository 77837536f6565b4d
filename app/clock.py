"""The scheduler: starts short sweeps often; what is due is said by rows, never by the timer."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import sqlalchemy as sa
import structlog
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.interval import IntervalTrigger

from routing.errors import Unavailable

log = structlog.get_logger()

Sweep = Callable[[], object]

# What is away, and not broken; what was owed is done when it is back.
WAITS = (Unavailable, sa.exc.OperationalError, sa.exc.TimeoutError)


def make_scheduler(sweeps: Mapping[str, tuple[Sweep, float]]) -> BlockingScheduler:
    """
    A scheduler that runs each sweep now and then after so many seconds, one run of each at a time.

    No job hangs on a wall-clock hour, so a clock change moves nothing, and the store is in
    memory: any number of these may run beside each other.
    """
    scheduler = BlockingScheduler(timezone=UTC)
    for name, (sweep, seconds) in sweeps.items():
        scheduler.add_job(
            attempt,
            IntervalTrigger(seconds=seconds),
            (name, sweep),
            id=name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),  # noqa: TID251 - the scheduler's own clock
        )
    return scheduler


def attempt(name: str, sweep: Sweep) -> bool:
    """Run one sweep, and say whether it got to its end; else it is logged, and owed as before."""
    try:
        sweep()
    except Unavailable as err:
        log.warning("clock.sweep_waits", sweep=name, reason=str(err))
    except (sa.exc.OperationalError, sa.exc.TimeoutError) as err:
        # The database is away; a traceback from each sweep each second would hide everything else.
        log.warning("clock.sweep_waits", sweep=name, reason=type(err).__name__)
    except Exception:
        log.exception("clock.sweep_failed", sweep=name)
    else:
        return True
    return False
