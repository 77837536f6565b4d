"""Works done side by side, each given up when its time is over, whatever hangs."""

import threading
from collections.abc import Callable, Mapping
from time import monotonic
from typing import TypeVar

LEFT_BEHIND = "in time"  # the name of each thread that works here, and may go on afterwards
_Found = TypeVar("_Found")


def in_time(works: Mapping[str, Callable[[], _Found]], seconds: float) -> dict[str, _Found]:
    """
    What each of *works* returned within *seconds*; those that did not are left behind, and missing.

    A file system that has gone, a driver or the look-up of a name have no time-out of their own, so
    only another thread can bound them.

    Raises:
        Exception: what a work raised; of several, the first one's.
    """
    found: dict[str, _Found] = {}
    raised: dict[str, Exception] = {}

    def run(name: str, work: Callable[[], _Found]) -> None:
        try:
            found[name] = work()
        except Exception as err:  # noqa: BLE001 - raised below, where somebody waits for it
            raised[name] = err

    threads = [
        threading.Thread(target=run, args=work, name=LEFT_BEHIND, daemon=True)
        for work in works.items()
    ]
    ends = monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(ends - monotonic(), 0))
    for err in raised.values():
        raise err
    return dict(found)
