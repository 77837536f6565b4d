"""Where things belong, what may import what, and what must be written down."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("routing", "rota_adapter", "app", "migrations", "tests")
LONGEST = 400  # lines; most files stay under 200
LOCKS = (
    "requirements.lock",
    "requirements-planner.lock",
    "requirements-test.lock",
    "requirements-uv.lock",
)
ROUTING_MAY_IMPORT = sys.stdlib_module_names | {"routing", "phonenumbers", "holidays"}


def test_the_import_contracts_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    command = [str(linter), "--no-logo"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout + run.stderr


def test_routing_imports_nothing_but_the_standard_library_numbers_and_holidays() -> None:
    strangers = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "routing").rglob("*.py")
        for name in _imported(path)
        if name.partition(".")[0] not in ROUTING_MAY_IMPORT
    }

    assert not strangers


def test_no_file_is_too_long_to_read() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }

    assert not {name: length for name, length in lengths.items() if length > LONGEST}


def test_every_setting_is_in_the_readme() -> None:
    readme, settings = ROOT / "README.md", ROOT / "app" / "settings.py"
    named = re.findall(r"[A-Z][A-Z0-9_]+", readme.read_text())

    assert not set(_variables(settings)) - set(named)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_pins_hashes_and_names_no_address(name: str) -> None:
    requirements = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())

    assert not [one for one in requirements if not re.match(r"[\w.-]+==\S+", one)]
    assert not [one for one in requirements if "--hash=sha256:" not in one]
    assert not [one for one in requirements if "://" in one or "--index" in one]


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def _variables(path: Path) -> Iterator[str]:
    """The names of environment variables in *path*: its string constants in capitals."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"^[A-Z][A-Z0-9_]{3,}$", node.value)
