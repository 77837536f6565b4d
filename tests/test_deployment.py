"""What is shipped for servers says the same everywhere: commands, settings, and who runs it."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from app.console.app import LARGEST_REQUEST
from app.settings import Settings
from app.telephony.webhook import LARGEST_FORM
from tests.app.world import environment
from tests.faults.live import procfile

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/deployment"
CONTAINERFILE = (FOLDER / "Containerfile").read_text(encoding="utf-8")
UNITS = sorted((FOLDER / "systemd").glob("*.service"))
COMMANDS = procfile()
# What the service is to be changed with stands in one file; these the units and the image set.
_BY_THE_PLATFORM = {"PORT", "BIND", "WEB_CONCURRENCY", "STATE_DIR", "LOG_FORMAT"}
_NEVER = {"BEREDSKAP_DEMO"}


class Noted(dict[str, str]):
    """An environment that knows what it was asked for."""

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__(given)
        self.asked: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override] # narrower
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)


def instructions(name: str) -> list[str]:
    """The lines of the Containerfile that begin with *name*, without it, continued ones joined."""
    joined = CONTAINERFILE.replace("\\\n", " ")
    return re.findall(rf"^{name} +(.*)$", joined, re.MULTILINE)


def set_in(unit: Path, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)


def shell_line(start: str) -> str:
    """What a unit has the shell run, as the shell sees it."""
    found = re.fullmatch(r"/bin/sh -c 'exec (.*)'", start)
    assert found, start
    return found[1].replace("$$", "$").replace("%%", "%")


@pytest.mark.parametrize("name", ["release", "web@", "clock"])
def test_a_unit_runs_what_the_procfile_says(name: str) -> None:
    (start,) = set_in(FOLDER / f"systemd/beredskap-{name}.service", "ExecStart")

    assert shell_line(start) == COMMANDS[name.rstrip("@")]


def test_the_image_runs_what_the_procfile_says() -> None:
    *_, last = instructions("CMD")

    assert json.loads(last) == ["/bin/sh", "-c", f"exec {COMMANDS['web']}"]


def test_compose_runs_what_the_procfile_says() -> None:
    text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")

    ours = re.findall(r"^  (\w+):\n    <<: \*ours\n    command: \[(.*)\]", text, re.MULTILINE)
    assert {name: said.replace(",", "") for name, said in ours} == {
        "release": COMMANDS["release"],
        "clock": COMMANDS["clock"],
    }
    assert text.count("<<: *kept-small") == 3  # ours, database, proxy: nothing is left out
    for kept in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "restart: always"):
        assert kept in text


def test_the_image_is_built_from_the_lock_and_from_nothing_else() -> None:
    installs = [line for line in instructions("RUN") if "pip install" in line]

    *locked, own = installs
    assert len(locked) == 2  # what builds, and the rest
    for line in locked:
        assert "--no-deps" in line
        assert "--require-hashes" in line
    assert "--no-build-isolation" in locked[-1]
    assert locked[-1].endswith("-r ${LOCK}")
    assert "--no-index --no-build-isolation ." in own
    assert "ARG LOCK=requirements.lock" in CONTAINERFILE
    copied = {word for line in instructions("COPY") for word in line.split() if word[0] != "-"}
    for package in ("app", "migrations", "rota_adapter", "routing"):
        assert package in copied


def test_the_image_runs_as_nobody_in_particular() -> None:
    assert instructions("USER") == ["10001:10001"]
    last = max(CONTAINERFILE.index(word) for word in ("RUN ", "COPY ", "groupadd"))
    assert CONTAINERFILE.index("USER ") > last
    assert instructions("VOLUME") == ["/state"]
    assert not re.findall(
        r"^(?:ENV|ARG) .*(?:KEY|TOKEN|SECRET|PASSWORD)", CONTAINERFILE, re.MULTILINE
    )


def test_what_goes_to_the_builder_is_named_one_by_one() -> None:
    lines = (FOLDER / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()

    assert "*" in lines
    assert {line[1:] for line in lines if line.startswith("!")} == {
        *("requirements.lock", "requirements-tracing.lock", "pyproject.toml", "README.md"),
        *("LICENSE", "app", "migrations", "rota_adapter", "routing"),
    }


def names_in_the_example() -> Iterator[str]:
    text = (FOLDER / "systemd/beredskap.env.example").read_text(encoding="utf-8")
    yield from re.findall(r"^#?([A-Z][A-Z_]+)=", text, re.MULTILINE)


def test_the_example_names_each_setting_that_the_program_reads_and_no_other(tmp_path: Path) -> None:
    everything = {
        "SMTP_URL": "smtp://mail.example.se",
        "MAIL_FROM": "jour@example.se",
        "OIDC_ISSUER": "https://login.example.se",
        "OIDC_CLIENT_ID": "a",
        "OIDC_CLIENT_SECRET": "b",
        "FIGURES_DATABASE_URL": "postgresql://replica/beredskap",
    }
    env = Noted({**environment("sqlite://", tmp_path), **everything})
    Settings.from_env(env)
    in_the_procfile = set(re.findall(r"\$\{(\w+):", " ".join(COMMANDS.values())))

    named = list(names_in_the_example())
    assert sorted(named) == sorted({*env.asked, *in_the_procfile} - _NEVER)


def test_what_the_units_set_themselves_is_not_set_in_the_example() -> None:
    """A file of settings wins over its unit: with a PORT in it, both would take the same."""
    text = (FOLDER / "systemd/beredskap.env.example").read_text(encoding="utf-8")

    for name in _BY_THE_PLATFORM:
        assert re.search(rf"^#{name}=", text, re.MULTILINE), name


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_each_unit_is_locked_in(unit: Path) -> None:
    assert set_in(unit, "User") == ["beredskap"]
    for key, value in {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "CapabilityBoundingSet": "",
        "StateDirectory": "beredskap",
        "EnvironmentFile": "/etc/beredskap/beredskap.env",
    }.items():
        assert set_in(unit, key) == [value], key


def test_a_process_that_ends_is_started_again() -> None:
    for name in ("web@", "clock"):
        unit = FOLDER / f"systemd/beredskap-{name}.service"
        assert set_in(unit, "Restart") == ["always"]
        assert set_in(unit, "StartLimitIntervalSec") == ["0"]
        (stops,) = set_in(unit, "TimeoutStopSec")
        assert int(stops) > 10  # granian's own ten seconds for what is under way


def test_the_proxies_take_what_the_service_takes() -> None:
    for name, form, page in (
        ("nginx.conf", "client_max_body_size 64k;", "client_max_body_size 1200k;"),
        ("Caddyfile", "max_size 64KB", "max_size 1200KB"),
    ):
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert form in text
        assert page in text
        assert "add_header" not in text  # they are the service's own
    assert LARGEST_FORM <= 64 * 1024
    assert LARGEST_REQUEST <= 1200 * 1000


def test_the_drill_runs_the_command_of_its_own_release(tmp_path: Path) -> None:
    """The one in /usr/local/bin reads the settings anew: it would restore into the real ones."""
    release = tmp_path / "release"
    for folder, says in ((release / ".venv/bin", '"$DATABASE_URL"'), (tmp_path / "bin", "real")):
        folder.mkdir(parents=True)
        (folder / "beredskap").write_text(f"#!/bin/sh\necho {says}\n", encoding="utf-8")
        (folder / "beredskap").chmod(0o755)
    drill = release / "docs/deployment/drill.sh"
    drill.parent.mkdir(parents=True)
    shutil.copy(FOLDER / "drill.sh", drill)

    env = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "DATABASE_URL": "postgresql://real"}
    said = subprocess.run(
        ["/bin/sh", str(drill), "a.backup"], env=env, check=True, capture_output=True, text=True
    ).stdout

    assert said.count("sqlite:///") == 5
    assert "real" not in said.splitlines()
