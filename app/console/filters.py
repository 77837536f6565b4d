"""How pages write moments, days and lengths of time, in the reader's language."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from flask import Flask, url_for
from flask_babel import format_date, format_datetime, format_time
from flask_babel import gettext as _

_STATIC = Path(__file__).resolve().parents[1] / "static"
_A_MINUTE = timedelta(minutes=1)


def moment(at: datetime) -> str:
    """*at* in Stockholm with its weekday, such as ``tis 3 mars 19.04``."""
    return format_datetime(at, _("EEE d MMM HH:mm"))


def clock(at: datetime) -> str:
    """The time of day alone, such as ``19.04``."""
    return format_time(at, _("HH:mm"))


def day(on: date | datetime) -> str:
    """The day with its year, such as ``tis 3 mars 2026``."""
    if isinstance(on, datetime):
        return format_datetime(on, _("EEE d MMM y"))
    return format_date(on, _("EEE d MMM y"))


def duration(time: timedelta) -> str:
    """How long, such as ``1 h 05 min``, or ``40 s`` where it is less than a minute."""
    if timedelta() <= time < _A_MINUTE:
        return _("%(seconds)d s", seconds=round(time.total_seconds()))
    minutes = abs(time) // _A_MINUTE
    sign = "−" if time < timedelta() else ""
    if minutes < 60:  # noqa: PLR2004 - an hour
        return sign + _("%(minutes)d min", minutes=minutes)
    return sign + _("%(hours)d h %(minutes)02d min", hours=minutes // 60, minutes=minutes % 60)


@cache
def _mark(name: str) -> str:
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a file in app/static; it changes with the file, which is kept for a year."""
    return url_for("static", filename=name, v=_mark(name))


def teach(app: Flask) -> None:
    """Make all of these known to the templates of *app*."""
    named: dict[str, Callable[..., str]] = {
        "moment": moment,
        "clock": clock,
        "day": day,
        "duration": duration,
    }
    app.jinja_env.filters.update(named)
    app.jinja_env.globals["asset"] = asset
