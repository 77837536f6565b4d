"""Putting a rota in force: checked first, and against a rule only for a reason that is kept."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from app.duty.rota_findings import rota_findings
from app.store import drafts, feeds, rota_history
from app.store import rota as stored_rota
from app.store.drafts import Draft
from app.store.rota import Signed
from rota_adapter.findings import in_order
from rota_adapter.rest_findings import check_notice
from routing.errors import Conflict, InvalidInput
from routing.feed import FeedKind
from routing.finding import Finding, Severity
from routing.intervals import Interval
from routing.organisation import Line, Organisation


class BreaksARule(Conflict):
    """A finding is an error, and nobody has said why the rota is to be in force all the same."""

    code = "breaks_a_rule"

    def __init__(self, findings: Collection[Finding]) -> None:
        super().__init__("a finding is an error, and no reason is given to publish all the same")
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class Published:
    """What came of it: the version, None if nothing changed, and what is wrong with the rota."""

    version: int | None
    findings: tuple[Finding, ...]


def publish(
    connection: sa.Connection,
    organisation: Organisation,
    line: Line,
    draft: Draft,
    signed: Signed,
    *,
    reason: str | None = None,
    must_be_lawful: bool = True,
) -> Published:
    """
    Make *draft* the truth for its span; what is wrong with the rota then is kept with it.

    The caller commits, and rolls back on an error.

    Args:
        reason: why it is published although a finding is an error; kept with the version.
        must_be_lawful: whether an error stops it where there is no *reason*.

    Raises:
        BreaksARule: nothing may be committed then.
    """
    version, span = stored_rota.publish(
        connection, line.id, draft.shifts, signed, draft.span, reason=reason
    )
    found = rota_findings(connection, organisation, line, span, signed.at)
    if version is not None:
        late = check_notice(rota_history.brought_by(connection, version), signed.at)
        found = in_order((*found, *late), span)
        rota_history.keep_findings(connection, version, found)
    if must_be_lawful and not reason and any(f.severity is Severity.ERROR for f in found):
        raise BreaksARule(found)
    if line.feed is None or signed.author == line.feed.kind:
        return Published(version, found)
    said = f"the rota of this line is read from {line.feed.kind}, whose next reading replaces this"
    remedy = "change it where it is kept, too"
    is_fed = Finding("FED", Severity.INFO, None, None, None, said, remedy)
    return Published(version, (is_fed, *found))


def publish_draft(
    connection: sa.Connection,
    organisation: Organisation,
    line: Line,
    number: int,
    signed: Signed,
    *,
    reason: str | None = None,
    must_be_lawful: bool = True,
) -> tuple[Draft, Published]:
    """
    Put the draft with that *number* in force, and drop it; also how a refused source is accepted.

    Raises:
        NotFound: there is no such draft.
        InvalidInput: it speaks of the past only.
        BreaksARule: as `publish`; the draft is kept if the caller rolls back.
    """
    draft = _from_now(drafts.one(connection, line.id, number), signed.at)
    signed = replace(signed, note=signed.note or draft.signed.note)
    published = publish(
        connection,
        organisation,
        line,
        draft,
        signed,
        reason=reason,
        must_be_lawful=must_be_lawful,
    )
    drafts.discard(connection, line.id, number)
    feeds.read_soon(connection, line.id, signed.at)
    return draft, published


def _from_now(draft: Draft, now: datetime) -> Draft:
    """A source's draft without what has passed meanwhile; a file's may speak of the past too."""
    if draft.signed.author not in set(FeedKind) or now <= draft.span.start:
        return draft
    if draft.span.end <= now:
        raise InvalidInput("the draft speaks of the past only")
    coming = tuple(shift for shift in draft.shifts if shift.time.end > now)
    return replace(draft, span=Interval(now, draft.span.end), shifts=coming)
