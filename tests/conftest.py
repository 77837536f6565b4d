"""
Fixtures that every test may ask for: migrated databases, empty of rows, on either engine.

`database_url` runs a test on both engines; `sqlite_url` and `postgres_url` on one. The database is
the worker's own and is emptied before each test, not made anew: a test that changes tables takes
`unmigrated_url`, a new database without any, also on both engines.
"""

import gc
import os
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.databases import PATIENCE, Databases, PostgresUnavailable

_DATABASES = pytest.StashKey[Databases]()
_PROMISED_IN_CI = ("browser", "postgres")
_PROMPT = ("test_database_", "test_journal", "test_review_journal", "test_soak")
_ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=_ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def sqlite_url(databases: Databases, tmp_path: Path) -> str:
    return databases.sqlite(tmp_path / "beredskap.db")


@pytest.fixture
def postgres_url(databases: Databases) -> str:
    return databases.postgres()


@pytest.fixture(params=_ENGINES)
def unmigrated_url(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> Iterator[str]:
    if request.param == "sqlite":
        (tmp_path / "unmigrated.db").touch()
        yield f"sqlite:///{tmp_path / 'unmigrated.db'}"
        return
    with databases.unmigrated_postgres() as url:
        yield url


@pytest.fixture(autouse=True)
def no_hurry(request: pytest.FixtureRequest) -> Iterator[None]:
    """
    Where two workers and a browser share two cores, even a good database is not always prompt.

    So a caller waits as long as the clock does, and the clock as long as it takes, but in tests
    that are marked *prompt*: those are about how long a caller waits.
    """
    known = sys.modules.get("app.store.patience")
    if known is None or request.node.get_closest_marker("prompt"):
        yield
        return
    both = known.PROMPT, known.PATIENT
    patient = asdict(known.PATIENT) | {"connect": PATIENCE, "look": PATIENCE}
    kept = [asdict(each) for each in both]
    for each, own in zip(both, kept, strict=True):
        _alter(each, patient | {"in_all": own["in_all"]})
    yield
    for each, values in zip(both, kept, strict=True):
        _alter(each, values)


def _alter(patience: object, values: Mapping[str, object]) -> None:
    for name, value in values.items():  # in place: it is imported by name
        object.__setattr__(patience, name, value)


@pytest.fixture(autouse=True)
def quickly(request: pytest.FixtureRequest) -> Iterator[None]:
    """A third of the time is saved where the service is loaded, but for the tests of power cuts."""
    if not {"sqlalchemy", "werkzeug"} <= sys.modules.keys():
        yield
        return
    from tests import quick  # noqa: PLC0415 - see above

    quick.remember_builders()
    quick.remember_statements()
    quick.hash_cheaply()
    if "power" in request.path.name:
        yield
        return
    with quick.no_disk_waited_for():
        yield


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Databases:
    return pytestconfig.stash[_DATABASES]


def pytest_configure(config: pytest.Config) -> None:
    if settings.get_current_profile_name() == "default":  # what finds mutants has one of its own
        settings.register_profile("suite", deadline=None)  # two workers share two cores
        settings.load_profile("suite")
    # A worker of xdist is told by the process that started it, which alone clears up.
    told: dict[str, Any] | None = getattr(config, "workerinput", None)
    if told is None:
        folder = Path(tempfile.mkdtemp(prefix="beredskap-"))  # short: a socket's path must be
        config.stash[_DATABASES] = Databases(folder, os.getpid())
    else:
        config.stash[_DATABASES] = Databases(Path(told["folder"]), told["owner"])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401  # xdist has no types
    shared = node.config.stash[_DATABASES]
    node.workerinput |= {"folder": str(shared.folder), "owner": shared.owner}


def pytest_collection() -> None:
    gc.disable()  # what is collected stays


def pytest_collection_finish() -> None:
    """Eight thousand tests are half a million objects, which are not to be gone through again."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[_DATABASES].close()


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "browser" in names:
            item.add_marker("browser")
        if "postgres_url" in names:
            item.add_marker("postgres")
        if item.path.name.startswith(_PROMPT):
            item.add_marker("prompt")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """
    Whoever asks for PostgreSQL where there is none is skipped.

    With CI=true a skip of the PostgreSQL or the browser part is a failure, whoever skips.
    """
    report = yield
    promised = any(item.get_closest_marker(name) for name in _PROMISED_IN_CI)
    if call.excinfo is not None and isinstance(call.excinfo.value, PostgresUnavailable):
        why = f"Skipped: {call.excinfo.value}"
        report.outcome, report.longrepr = "skipped", (str(item.path), 0, why)
        promised = True
    if report.skipped and promised and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"With CI=true this must run. {reason}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What `make fuzz` has tried."""
    from tests.faults.fuzzing import COUNTS, TIMES  # noqa: PLC0415 - only after what counts

    for what, count in sorted(COUNTS.items()) if TIMES else ():
        terminalreporter.write_line(f"{count:>9} {what}")
    if TIMES:
        terminalreporter.write_line(f"{sum(COUNTS.values()):>9} examples")
