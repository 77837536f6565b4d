"""`make demo`: what it refuses, and what it leaves alone."""

from pathlib import Path
from socket import create_server

import pytest

from app.demo.evening import refuse_a_real_service, show
from app.demo.phone_lab.deeds import Deed, Do
from app.demo.phone_lab.session import Session
from app.demo.phone_lab.world import DATABASE
from app.store.database import make_engine
from routing.errors import Conflict, InvalidInput
from tests.app.demo.test_lab_state import GUARDIAN
from tests.app.world import rows
from tests.examples import at


@pytest.mark.parametrize(
    "name",
    ["SECRET_KEY", "DATA_KEYS", "DATABASE_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"],
)
def test_the_lab_never_meets_a_real_service(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{name} set in this terminal") as refused:
        show(tmp_path / "demo", {name: "a value that is secret"})

    assert "a value that is secret" not in str(refused.value)
    assert not (tmp_path / "demo").exists()


def test_the_demos_own_settings_are_no_real_services(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("export SECRET_KEY='one'\nexport DATABASE_URL='sqlite:///d'\n")

    refuse_a_real_service(tmp_path, {"SECRET_KEY": "one", "DATABASE_URL": "sqlite:///d"})
    with pytest.raises(InvalidInput, match="SECRET_KEY set"):
        refuse_a_real_service(tmp_path, {"SECRET_KEY": "another", "DATABASE_URL": "sqlite:///d"})


def test_a_port_that_is_taken_is_told_before_an_earlier_demo_is_removed(tmp_path: Path) -> None:
    (tmp_path / "made-by-beredskap-demo").touch()
    (tmp_path / "env").touch()
    with create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=f"port {port} is taken"):
            show(tmp_path, {"PORT": str(port)})

    assert (tmp_path / "env").exists()


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_told(tmp_path: Path, port: str) -> None:
    with pytest.raises(InvalidInput, match="PORT is no port"):
        show(tmp_path, {"PORT": port})


def test_other_programs_find_the_database_of_the_world_that_is_now(
    lab: Session, tmp_path: Path
) -> None:
    lab.perform(Deed(Do.CALL, GUARDIAN))
    stable = f"sqlite:///{tmp_path / DATABASE}"
    assert rows(make_engine(stable), "contact_events")

    lab.start_over(at("2026-12-04T18:00"))

    assert not rows(make_engine(stable), "contact_events")
