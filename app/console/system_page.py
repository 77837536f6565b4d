"""`/system`: how the service itself is, for an administrator; nothing of anybody who calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flask import render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.console.doctor_words import WORDS
from app.console.filters import day, moment
from app.console.site import Pages, Site
from app.review.coverage import Coverage
from app.review.diagnosis import Diagnosis, Value
from app.review.doctor import BEATS_WITHIN, diagnose
from app.review.system import System, examine
from rota_adapter.findings import COVERAGE
from routing.access import Office
from routing.finding import Severity

_ADMINISTRATORS = frozenset({Office.ADMINISTRATOR})
_KILO = 1024
# The words of the store for how letters travel and how far they have come, and for feeds.

CHANNELS: Mapping[str, object] = {
    "text": lazy_gettext("Texts"),
    "mail": lazy_gettext("Mails"),
    "call": lazy_gettext("Calls to staff"),
}
STATES: Mapping[str, object] = {
    "pending": lazy_gettext("Waiting"),
    "sending": lazy_gettext("Being sent"),
    "sent": lazy_gettext("Sent"),
    "failed": lazy_gettext("Given up"),
}
FEEDS: Mapping[str, object] = {
    "never_read": lazy_gettext("Not read yet"),
    "read": lazy_gettext("Read and gone by"),
    "held": lazy_gettext("Read, but silent about somebody"),
    "refused": lazy_gettext("Read, and not gone by"),
    "away": lazy_gettext("Does not answer"),
}
FEED_TONES = {"read": "good", "away": "bad", "refused": "bad"}


@dataclass(frozen=True, slots=True)
class Said:
    """A diagnosis in the reader's language."""

    is_error: bool
    what: str
    remedy: str


def system_pages(site: Site) -> Pages:
    """One page, which changes nothing."""
    pages = Pages("system", site)

    @pages.get("/system", offices=_ADMINISTRATORS)
    def system() -> str:
        now = site.now()
        found = examine(site.engine, site.cipher, site.settings.state_dir, now)
        known = found.known
        return render_template(
            "system/system.html",
            found=found,
            known=known,
            said=[_said(one) for one in diagnose(found, site.settings)],
            beats=None if known is None else known.beats,
            late_after=BEATS_WITHIN,
            gaps=[] if known is None else [(one.line, _gaps(one)) for one in known.coverage],
            age=lambda at: now - at,
            size=_size,
            degraded=site.mirror.degraded,
            channels=CHANNELS,
            states=STATES,
            feeds=FEEDS,
            feed_tones=FEED_TONES,
            counts=_counts(found),
        )

    return pages


def _said(one: Diagnosis) -> Said:
    words, values = WORDS[one.code], {name: _shown(v) for name, v in one.values.items()}
    what, remedy = _(words.what, **values), _(words.remedy, **values)
    return Said(one.severity is Severity.ERROR, what, remedy)


def _shown(value: Value) -> str:
    match value:
        case datetime():
            return moment(value)
        case date():
            return day(value)
        case _:
            return str(value)


def _gaps(coverage: Coverage) -> list[tuple[datetime, datetime, bool]]:
    """When nobody is in a position, and whether it is the first."""
    return [
        (one.starts_at, one.ends_at, one.severity is Severity.ERROR)
        for one in coverage.findings
        if one.rule == COVERAGE
        and one.therapist is None
        and one.starts_at is not None
        and one.ends_at is not None
    ]


def _counts(found: System) -> list[tuple[object, list[int]]]:
    """Letters by how they travel, in the order of `STATES`."""
    if found.known is None:
        return []
    counts = found.known.outbox.counts
    return [
        (words, [counts.get((channel, state), 0) for state in STATES])
        for channel, words in CHANNELS.items()
    ]


def _size(number: int) -> str:
    if number == 0:
        return _("empty")
    if number < _KILO:
        return _("%(number)d bytes", number=number)
    return _("%(number)d kB", number=number // _KILO)
