"""Whole days at a desk: a week, a register's file, and what is pressed and read on any page."""

from datetime import UTC

from playwright.sync_api import FilePayload, Locator, Page, expect

from app.store.database import reading
from app.store.rota import in_force
from tests.app.console.conftest import CONSOLE_TOML
from tests.app.duty.swapping import FRI, MON, THU, TUE, WED
from tests.app.world import evening
from tests.browser.served import Service
from tests.examples import EFTERVARD, at, span

SAT, SUN = "2026-03-07", "2026-03-08"
WEEK = [  # in which nothing is wrong
    *evening(MON, "t3", "t6"),
    *evening(TUE, "t4", "t1"),
    *evening(WED, "t5", "t2"),
    *evening(THU, "t6", "t3"),
    *evening(FRI, "t2", "t5"),
    *evening(SAT, "t1", "t4", opens="10:00"),
    *evening(SUN, "t3", "t6", opens="10:00"),
]
COLUMNS = "phone,client,role,district,language,valid_from,valid_to,therapist,sms_ok,protected"
KNOWN = (
    "070-174 06 50,K-1001,youth,jarva,sv,,,,,",
    "070-174 06 52,K-1002,youth,jarva,sv,,,,,",
    "070-174 06 53,K-1003,youth,jarva,sv,,,,,yes",
)
NEW = "070-174 06 90,K-2000,guardian,jarva,fi,,,t5,yes,no"  # STRANGER's number
FAULTY = "070-174 06 90,K-2000,grandmother,jarva,fi,,,t5,yes,no"
# Järva's mandate for the other district's staff ended the month before.
ENDED = CONSOLE_TOML.replace(
    'reference = "JA 2025/1"\nvalid_from = 2025-04-01\nvalid_to = 2027-12-31',
    'reference = "JA 2025/1"\nvalid_from = 2025-04-01\nvalid_to = 2026-02-28',
)


def turn_to(service: Service, moment: str) -> None:
    """The clock of everything but the browser, to a wall time."""
    service.stage.carrier.run_until(at(moment).astimezone(UTC))
    service.stage.parts.mirror.refresh()


def choose(page: Page, entry: str) -> None:
    menu = page.get_by_role("navigation", name="Huvudmeny")
    menu.get_by_role("link", name=entry, exact=True).click()
    expect(menu.get_by_role("link", name=entry, exact=True)).to_have_attribute(
        "aria-current", "page"
    )


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def body_rows(page: Page) -> Locator:
    """The rows of the page's table, without its heading."""
    return page.locator("main tbody tr")


def standing(service: Service, moment: str) -> list[str]:
    """Who has standby then by the rota in force, in the order in which they are rung."""
    with reading(service.stage.parts.engine) as connection:
        found = in_force(connection, EFTERVARD, span(moment, f"{moment}:01"))
    return [str(one.therapist) for one in sorted(found, key=lambda one: one.position)]


def register(*lines: str) -> FilePayload:
    """A file as the case system saves it."""
    content = "\r\n".join((COLUMNS, *lines, "")).encode()
    return {"name": "register.csv", "mimeType": "text/csv", "buffer": content}


def may_answer(page: Page, day: str) -> tuple[str, str]:
    """What the matrix says that day of Therapist 1, for either district."""
    page.get_by_label("En annan dag").fill(day)
    press(page, "Visa dagen")
    page.wait_for_url(f"**day={day}")
    row = body_rows(page).filter(has=page.get_by_role("rowheader", name="Therapist 1"))
    own, other = (" ".join(row.locator("td").nth(n).inner_text().split()) for n in range(2))
    return own, other
