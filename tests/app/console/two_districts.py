"""An evening of both districts, in which every word and reference says whose it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.demo.stage import TEXTS
from app.duty import notes
from app.store.database import reading
from app.store.tables import metadata
from routing.ids import ContactId
from routing.note import Content
from tests.app.console.conftest import Console
from tests.app.duty.before_duty import at_time
from tests.app.duty.desk import CLOCK, gate
from tests.app.world import ANSWERS, GUARDIAN, YOUTH

START, MORNING = "2026-03-03T19:04", "2026-03-04T08:40"
# What must never be seen by the other: a word of a note, of a text, and the references.
OF = {
    "hasselby-vallingby": ("hvanteckning", "hvtextord", "H-2001", "H-2002"),
    "jarva": ("jaanteckning", "jatextord", "K-1001", "K-1002", "K-1003"),
}
NUMBERS = (YOUTH.removeprefix("+46"), GUARDIAN.removeprefix("+46"))


@dataclass(frozen=True)
class Found:
    """What there is, by the name that addresses use for it."""

    ids: Mapping[str, Sequence[str]]


def play(console: Console) -> Found:
    """
    Both districts' callers call and write to t4 (Järva); she notes it; the next day has come.

    t2, t3, t5 and t6 had no part in it.
    """
    stage = console.stage
    calls = {
        "jaanteckning": stage.call(YOUTH, phones={"t4": ANSWERS}),
        "hvanteckning": stage.call(GUARDIAN, phones={"t4": ANSWERS}),
    }
    stage.text(YOUTH, "jatextord")
    stage.text(GUARDIAN, "hvtextord")
    stage.sweep(TEXTS)
    for word, call in calls.items():
        with gate(stage, "t4") as own:
            notes.write(own, ContactId(call.sid), Content(word, word, word))
    at_time(stage, "2026-03-03T22:00", sweeps=CLOCK)
    at_time(stage, MORNING, sweeps=CLOCK)
    return Found(ids_of(console))


def ids_of(console: Console) -> dict[str, list[str]]:
    """Every id that an address may hold, as the database has it."""
    columns = {
        "contact": metadata.tables["contact_events"].c.contact,
        "handover": metadata.tables["handovers"].c.id,
        "thread": metadata.tables["threads"].c.id,
        "follow_up": metadata.tables["follow_ups"].c.id,
        "draft": metadata.tables["drafts"].c.id,
        "version": metadata.tables["rota_versions"].c.id,
        "swap": metadata.tables["swaps"].c.id,
        "client": metadata.tables["clients"].c.id,
    }
    with reading(console.stage.parts.engine) as connection:
        found = {
            name: [str(one) for one in connection.scalars(sa.select(column).distinct())]
            for name, column in columns.items()
        }
    organisation = console.stage.organisation
    found["line"] = [str(one) for one in organisation.lines]
    found["district"] = [str(one) for one in organisation.districts]
    found["therapist"] = [str(one) for one in organisation.therapists]
    return found


def everything(console: Console, but: frozenset[str]) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, to see whether something was changed."""
    with reading(console.stage.parts.engine) as connection:
        return {
            table.name: sorted(
                (tuple(row) for row in connection.execute(sa.select(table))), key=repr
            )
            for table in metadata.sorted_tables
            if table.name not in but
        }
