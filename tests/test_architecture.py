"""Where things belong, what may import what, and what must be written down."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.code_rules import (
    IN_CODE,
    Rule,
    calls_without_a_time_limit,
    errors_quoted_in_logs,
    pages_that_trust,
    sql_in_f_strings,
    twiml_in_f_strings,
    words_that_run,
)

ROOT = Path(__file__).parent.parent
PACKAGES = ("routing", "rota_adapter", "app", "migrations", "tests")
LONGEST = 400  # lines; most files stay under 200
LOCKS = (
    "requirements.lock",
    "requirements-planner.lock",
    "requirements-test.lock",
    "requirements-uv.lock",
)
SAFE_ALL_THE_SAME = (
    "app/lab/",  # it plays the carrier, and names elements in what it finds wrong
    "app/duty/rota_desk_reader.py:10: pickle",  # from our own process to our own, never a file's
    "app/duty/rota_desk_file.py:4: pickle",
    "app/clock.py:",  # these three quote errors of ours, whose words hold no value
    "app/duty/read_feeds.py:",
    "app/store/mirror.py:",
    "app/store/backup.py:",  # names of tables and sequences, quoted by the dialect
    "app/store/writer.py:",
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


def test_no_code_breaks_a_rule_of_safety() -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{fault}"
        for package in ("routing", "rota_adapter", "app")
        for path in (ROOT / package).rglob("*.py")
        for text in [path.read_text()]
        for rule in IN_CODE
        for fault in rule(text)
    ]

    assert [one for one in faults if not one.startswith(SAFE_ALL_THE_SAME)] == []


def test_no_page_trusts_what_it_shows() -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{fault}"
        for path in (ROOT / "app").rglob("*.html")
        if path.name != "rest_report.html"  # a file of its own, which no browser gets from us
        for fault in pages_that_trust(path.read_text())
    ]

    assert faults == []


@pytest.mark.parametrize(
    ("rule", "planted"),
    [
        (sql_in_f_strings, 'f"SELECT * FROM clients WHERE id = {client}"'),
        (sql_in_f_strings, 'f"UPDATE {table} SET x = 1"'),
        (twiml_in_f_strings, 'f"<Response><Say>{name}</Say></Response>"'),
        (calls_without_a_time_limit, "requests.get(address)"),
        (calls_without_a_time_limit, "smtplib.SMTP(host)"),
        (calls_without_a_time_limit, "socket.create_connection((host, 1))"),
        (words_that_run, "import pickle"),
        (words_that_run, "from yaml import load"),
        (words_that_run, "eval(text)"),
        (words_that_run, "from markupsafe import Markup"),
        (errors_quoted_in_logs, "log.info('x', error=str(err))"),
        (errors_quoted_in_logs, "log.warning(f'{repr(err)}')"),
        (pages_that_trust, "<p>{{ name|safe }}</p>"),
        (pages_that_trust, '<p onclick="x()">'),
        (pages_that_trust, "<script>x()</script>"),
        (pages_that_trust, '<p style="color: red">'),
        (pages_that_trust, '<script src="https://cdn.example/x.js"></script>'),
    ],
)
def test_each_rule_of_safety_sees_what_breaks_it(rule: Rule, planted: str) -> None:
    assert [*rule(planted)] != []


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
