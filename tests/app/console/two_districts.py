"""An evening of both districts, in which every word and reference says whose it is."""

import sqlalchemy as sa

from app.demo.stage import TEXTS
from app.duty import notes
from app.store.database import reading
from app.store.tables import metadata
from routing.ids import ContactId
from routing.note import Content
from tests.app.console.conftest import Console
from tests.app.duty.before_duty import at_time
from tests.app.duty.desk import CLOCK, acknowledge, gate, the_handover
from tests.app.world import ANSWERS, GUARDIAN, YOUTH
from tests.examples import HASSELBY_VALLINGBY

START, MORNING = "2026-03-03T19:04", "2026-03-04T08:40"
# What must never be seen by the other: a word of a note, of a text, and the references.
OF = {
    "hasselby-vallingby": ("hvanteckning", "hvtextord", "H-2001", "H-2002"),
    "jarva": ("jaanteckning", "jatextord", "K-1001", "K-1002", "K-1003"),
}
NUMBERS = (YOUTH.removeprefix("+46"), GUARDIAN.removeprefix("+46"))


def play(console: Console) -> None:
    """
    Both districts' callers call and write to t4 (Järva), she notes it, and the next day has come.

    Hässelby-Vällingby's handover is acknowledged, Järva's is not.

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
    # From here on t4 may see no more of what she was told for the other district.
    acknowledge(stage, "t1", the_handover(stage, HASSELBY_VALLINGBY))


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
        "wish": metadata.tables["wishes"].c.id,
        "calendar": metadata.tables["calendar_links"].c.id,
        "client": metadata.tables["clients"].c.id,
        "block": metadata.tables["blocks"].c.id,
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
    found["month"] = ["2026-02", "2026-03"]
    found["place"] = ["0", "1"]
    found["token"] = ["x"]
    found["name"] = ["city"]
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


def done_with_handovers(console: Console) -> list[tuple[str, str]]:
    """What has become of each handover, but for its being opened: that is what reading it does."""
    events = metadata.tables["handover_events"].c
    query = sa.select(events.handover, events.event).where(events.event != "opened")
    with reading(console.stage.parts.engine) as connection:
        return sorted((row.handover, row.event) for row in connection.execute(query))
