"""`beredskap oncall`: who would be called, in order, and why anyone is left out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import click

from app.bootstrap import Parts
from app.cli.main import beredskap, parts
from app.cli.show import answer, as_json_option, local, the_district, the_line, the_moment
from app.store import check_ins, feeds
from app.store import rota as stored_rota
from app.store.database import reading
from app.store.feeds import FeedStatus
from routing.arrival import targets, unreachable
from routing.call import FallbackNumber, OfficeNumber
from routing.check_in import Stage
from routing.ids import DistrictId, TherapistId
from routing.intervals import Interval
from routing.ladder import Ladder, Seeker, ladder
from routing.numbers import PhoneNumber
from routing.organisation import Fallback, Line
from routing.rota import Rota


@dataclass(frozen=True, slots=True)
class _Preview:
    """What a caller of *home* would meet at *at*."""

    line: Line
    at: datetime
    home: DistrictId | None
    is_open: bool
    ladder: Ladder
    office: PhoneNumber | None
    fallbacks: tuple[Fallback, ...]
    rota: Rota
    feed: FeedStatus | None
    check_ins: Mapping[TherapistId, Stage]
    now: datetime

    def for_programs(self) -> dict[str, object]:
        """The JSON answer; its keys are a promise."""
        age = self.now - self.rota.read_at
        return {
            "line": self.line.id,
            "at": local(self.at, self.line),
            "open": self.is_open,
            "home_district": self.home,
            "ladder": [
                {
                    "therapist": rung.therapist,
                    "position": rung.position,
                    "until": local(rung.until, self.line),
                    **self._check_in(rung.therapist),
                }
                for rung in self.ladder.rungs
            ],
            "left_out": [
                {"therapist": therapist, "reason": str(reason)}
                for therapist, reason in self.ladder.left_out
            ],
            "office": None if self.office is None else self.office.e164,
            **({"check_ins": self._stages()} if self.check_ins else {}),
            "fallback": [{"name": f.name, "number": f.number.e164} for f in self.fallbacks],
            "rota": {
                "source": self.rota.source,
                "age_seconds": max(0, round(age.total_seconds())),
                **({} if self.feed is None else {"state": str(self.feed.state)}),
            },
        }

    def in_words(self) -> Iterator[str]:
        """The same for a person, without telephone numbers."""
        state = "open" if self.is_open else "closed"
        yield f"{self.line.id} at {local(self.at, self.line)}: {state}"
        tried = [
            f"{rung.therapist} (position {rung.position}) until {local(rung.until, self.line)}"
            + self._checked_in(rung.therapist)
            for rung in self.ladder.rungs
        ]
        if self.office is not None:
            tried.append("the home district's office")
        tried.extend(f"{fallback.name} (fallback)" for fallback in self.fallbacks)
        for order, who in enumerate(tried, start=1):
            yield f"  {order}. {who}"
        if not tried:
            yield "  nobody: the caller hears words, and the contact is kept"
        for therapist, reason in self.ladder.left_out:
            yield f"  not {therapist}: {reason}"
        on_the_ladder = set(self.ladder.therapists)
        for therapist, stage in self.check_ins.items():
            if therapist not in on_the_ladder:
                yield f"  check-in of {therapist}: {stage}"
        if self.feed is not None:
            since = f", {self.feed.state} since {local(self.feed.since, self.line)}"
            why = f": {self.feed.reason}" if self.feed.reason else ""
            yield f"  rota from {self.rota.source}{since}{why}"

    def _stages(self) -> dict[str, str]:
        return {str(therapist): str(stage) for therapist, stage in self.check_ins.items()}

    def _check_in(self, therapist: TherapistId) -> dict[str, str]:
        stage = self.check_ins.get(therapist)
        return {} if stage is None else {"check_in": str(stage)}

    def _checked_in(self, therapist: TherapistId) -> str:
        stage = self.check_ins.get(therapist)
        return "" if stage is None else f", check-in: {stage}"


@beredskap.command()
@click.option("--line", "line_id", metavar="ID", help="Not needed when there is only one.")
@click.option("--at", metavar="TIME", help="Now, when not given.")
@click.option("--district", metavar="ID", help="The caller's home district.")
@as_json_option
def oncall(line_id: str | None, at: str | None, district: str | None, *, as_json: bool) -> None:
    """Who would be called, in order, and why anyone is left out."""
    own = parts()
    organisation = own.mirror.picture.organisation
    line = the_line(organisation, line_id)
    moment = the_moment(at, line, "--at")
    home = None if district is None else the_district(organisation, district)
    preview = _preview(own, line, moment, home)
    if as_json:
        answer(preview.for_programs())
        return
    for text in preview.in_words():
        click.echo(text)


def _preview(own: Parts, line: Line, moment: datetime | None, home: DistrictId | None) -> _Preview:
    picture, now = own.mirror.picture, own.clock().replace(microsecond=0)
    organisation, at = picture.organisation, moment or now
    # Any moment may be asked about, so the rota is read around it.
    around = Interval(at, at + timedelta(seconds=1))
    with reading(own.engine) as connection:
        # What has passed is answered from what was in force then, whatever was published since.
        as_of = at if at < now else None
        rota = stored_rota.rota(connection, line.id, around, now, as_of)
        feed = feeds.status(connection, line.id)
        asked = check_ins.stages(connection, line.id, at)
    # Who is in a call or has paused is known of now and of no other moment.
    busy = picture.out(now) if moment is None else {}
    is_open = line.hours.is_open(at)
    tried = ladder(organisation, line, rota.on_call(at) if is_open else (), Seeker(home), at, busy)
    planned = targets(organisation, line, home, tried.therapists, at)
    away = unreachable(organisation, line, planned, frozenset(), at)
    numbers = [target for target in planned if target not in away]
    offices = (
        organisation.districts[t.district].office for t in numbers if isinstance(t, OfficeNumber)
    )
    return _Preview(
        line=line,
        at=at,
        home=home,
        is_open=is_open,
        ladder=tried,
        office=next(offices, None),
        fallbacks=tuple(line.fallback[t.place] for t in numbers if isinstance(t, FallbackNumber)),
        rota=rota,
        feed=feed,
        check_ins=asked,
        now=now,
    )
