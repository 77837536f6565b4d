"""The line calls itself in the lab, too, and nobody's telephone is in it."""

from datetime import timedelta
from pathlib import Path

from app.demo.phone_lab.pages import create_lab
from app.demo.phone_lab.session import Session
from app.demo.phone_lab.state import Memory, snapshot
from tests.app.demo.worlds import worlds_in
from tests.app.world import LINE, rows
from tests.examples import at


def test_a_canary_is_on_no_telephone_and_in_no_list(tmp_path: Path, lab_template: Path) -> None:
    session = Session(worlds_in(tmp_path, lab_template), at("2026-11-20T15:29:55"))
    try:
        app = create_lab(session)
        for _ in range(4):
            session.advance(timedelta(seconds=6))
            with app.test_request_context("/lab"):
                plain = snapshot(session, Memory(), "+46701740640")
            cards = [*plain["callers"], *plain["phones"], *plain["others"]]
            assert LINE not in {card["number"] for card in cards}
            assert "ringing" not in {card["tone"] for card in cards}
            assert plain["flow"] == []

        (row,) = rows(session.stage.parts.engine, "canaries")
        assert row["outcome"] == "passed"
    finally:
        session.close()
