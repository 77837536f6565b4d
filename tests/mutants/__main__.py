"""
`python -m tests.mutants`: whether a test fails whenever a rule of rest is changed a little.

Every mutant of every module is tried in a process of its own, that loads the changed code instead
of the module: no file is written.  A mutant that no test kills is printed, unless it stands in
docs/mutation.md among those that change no verdict.

    --only MODULE      as in routing/rest.py; may be repeated
    --at-once N        processes (2)
    --seconds N        after which a mutant that never ends is taken for killed (60)
"""

import argparse
import multiprocessing
import os
import resource
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType

import pytest
from hypothesis import Phase, settings

import routing.contact
import routing.hours
import routing.numbers  # noqa: F401 - as those above, loaded once, and not by every process
from tests.mutants.changes import Mutant, mutants

ROOT = Path(__file__).parents[2]
EQUIVALENT = ROOT / "docs" / "mutation.md"
MODULES = {  # and the tests that are most likely to see it
    "routing/rest.py": "tests/routing/test_rest_edges.py",
    "routing/rest_debts.py": "tests/routing/test_rest_debt_edges.py",
    "routing/rest_load.py": "tests/routing/test_rest_load_edges.py",
    "routing/work.py": "tests/routing/test_work.py",
    "routing/working_time.py": "tests/routing/test_working_time.py",
    "routing/ledger.py": "tests/routing/test_ledger_edges.py",
}
TESTS = (  # those that take longest last
    "tests/routing/test_rest_edges.py",
    "tests/routing/test_rest_debt_edges.py",
    "tests/routing/test_rest_load_edges.py",
    "tests/routing/test_rest_examples.py",
    "tests/routing/test_rest_debts.py",
    "tests/routing/test_rest_load.py",
    "tests/rota_adapter/test_rest_findings.py",
    "tests/routing/test_work.py",
    "tests/routing/test_working_time.py",
    "tests/routing/test_ledger_edges.py",
    "tests/routing/test_ledger.py",
    "tests/routing/test_rest_brute_force.py",
)
_MEMORY = 4 << 30


class _Instead(SourceFileLoader):
    """Loads *code* for the module at *path*."""

    def __init__(self, path: str, code: str) -> None:
        super().__init__(_name(path), str(ROOT / path))
        self.code = code

    def find_spec(self, fullname: str, *_: object, **__: object) -> ModuleSpec | None:
        return spec_from_file_location(fullname, loader=self) if fullname == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.code, self.path, "exec", dont_inherit=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", action="append", choices=MODULES, help=argparse.SUPPRESS)
    parser.add_argument("--at-once", type=int, default=2, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=60, help=argparse.SUPPRESS)
    told = parser.parse_args(arguments)
    assert not {*map(_name, MODULES)} & {*sys.modules}, "what is changed must not be loaded yet"
    known, new = EQUIVALENT.read_text() if EQUIVALENT.exists() else "", 0
    counts = {}
    for path in told.only or MODULES:
        counts[path] = Counter[str]()
        for mutant, verdict in _tried(path, told.at_once, told.seconds):
            is_known = verdict == "survived" and _named(path, mutant) in known
            counts[path]["equivalent" if is_known else verdict] += 1
            if verdict == "survived" and not is_known:
                _say(f"line {mutant.line}\n{_named(path, mutant)}\n")
                new += 1
    _say(f"{'':24}  mutants   killed  endless  equivalent  survived  killed of the others")
    for path, count in {**counts, "together": sum(counts.values(), Counter[str]())}.items():
        killed, others = count["killed"] + count["endless"], count.total() - count["equivalent"]
        _say(
            f"{path:24} {count.total():8} {count['killed']:8} {count['endless']:8}"
            f" {count['equivalent']:11} {count['survived']:9} {killed / others:10.1%}"
        )
    return 1 if new else 0


def _tried(path: str, at_once: int, seconds: int) -> Iterator[tuple[Mutant, str]]:
    source = (ROOT / path).read_text()
    every = [Mutant(0, "", "", source), *mutants(source)]
    fork = multiprocessing.get_context("fork")
    with fork.Pool(at_once, maxtasksperchild=1) as pool:
        verdicts = pool.imap(partial(_verdict, path, seconds), every, chunksize=1)
        if next(verdicts) != "survived":
            raise SystemExit(f"the tests fail before anything of {path} is changed")
        yield from zip(every[1:], verdicts, strict=True)


def _verdict(path: str, seconds: int, mutant: Mutant) -> str:
    """Whether the tests see that *mutant* is not the module at *path*."""
    late: list[int] = []

    def stop(number: int, _: object) -> None:
        late.append(number)
        raise KeyboardInterrupt  # pytest ends at once

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    # The same examples each time, and nothing to remember of a failure.
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", database=None, derandomize=True, phases=phases)
    settings.load_profile("mutants")
    sys.meta_path.insert(0, _Instead(path, mutant.code))
    options = ["-x", "-q", "--assert=plain", "--noconftest", "-p", "no:cacheprovider"]
    own = MODULES[path]
    try:
        for files in ([own], [name for name in TESTS if name != own]):
            if pytest.main([*options, *(str(ROOT / name) for name in files)]) != pytest.ExitCode.OK:
                return "endless" if late else "killed"
    except (Exception, KeyboardInterrupt):  # noqa: BLE001 - as where time was out in pytest's own code
        return "endless" if late else "killed"
    finally:
        signal.alarm(0)
    return "survived"


def _name(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def _named(path: str, mutant: Mutant) -> str:
    return f"    # {path}\n    {mutant.old}\n    {mutant.new}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
