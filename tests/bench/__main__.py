"""
`python -m tests.bench`: what a caller waits for.

    --rounds N         rounds, each with every case in turn (5)
    --requests N       requests for each case in each round (1000)
    --starts N         how often each server is started, to see how long it takes (3)
    --connections N    how many at once (8)
    --server KIND      granian, gunicorn-sync or gunicorn-gthread; may be repeated, and may have its
                       own size, as in granian:2x8
    --workers N        processes of a server (1)
    --threads N        threads in each (8)
    --engine NAME      SQLite or PostgreSQL; both without it
    --contacts N       also measure with so many contacts in the database
    --against FOLDER   also measure the webhook of another checkout
    --json             for programs
"""

import argparse
import signal
import sys
from pathlib import Path

from tests.bench.measure import Size, cases, measure
from tests.bench.report import as_json, as_table
from tests.bench.servers import Kind

ENGINES = ("SQLite", "PostgreSQL")
NUMBERS = {
    "rounds": 5,
    "requests": 1000,
    "starts": 3,
    "connections": 8,
    "workers": 1,
    "threads": 8,
    "contacts": 0,
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, usual in NUMBERS.items():
        parser.add_argument(f"--{name}", type=int, default=usual, help=argparse.SUPPRESS)
    parser.add_argument("--server", action="append", help=argparse.SUPPRESS)
    parser.add_argument("--engine", action="append", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--against", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args(arguments)
    try:
        kinds = [Kind.parse(s, told.workers, told.threads) for s in told.server or ["granian"]]
    except ValueError as err:
        parser.error(str(err))
    # Whoever ends the measurement ends its servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    wanted = cases(kinds, told.engine or ENGINES, told.contacts, told.against)
    figures = measure(wanted, Size(told.rounds, told.requests, told.connections, told.starts))
    sys.stdout.write((as_json(figures) if told.json else as_table(figures)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
