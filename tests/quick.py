"""What makes the suite quicker and changes nothing that a test can see."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa
from werkzeug.routing import Rule


def remember_builders() -> None:
    """
    Let Werkzeug compile each rule's builder once in this process, and not for each application.

    A test makes its own application, whose fifty rules are the same each time: a fifth of the
    time.  What is compiled takes the rule as an argument, so any equal rule may have it.
    """
    if hasattr(Rule, "compiles_anew"):
        return
    compiled: dict[object, Callable[..., Any]] = {}
    compiles_anew = Rule._compile_builder  # noqa: SLF001 - there is no other way in

    def _compile_builder(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        if rule.defaults:
            return compiles_anew(rule, append_unknown)
        key = rule.rule, tuple(rule._trace), append_unknown  # noqa: SLF001
        if key not in compiled:
            compiled[key] = compiles_anew(rule, append_unknown)
        return compiled[key]

    Rule._compile_builder = _compile_builder  # type: ignore[assignment, method-assign] # noqa: SLF001
    Rule.compiles_anew = compiles_anew  # type: ignore[attr-defined]


@contextmanager
def no_disk_waited_for() -> Iterator[None]:
    """SQLite leaves it to the system when to write; nobody cuts the power here."""

    def trust_the_disk(connection: Any, *_: object) -> None:  # noqa: ANN401 - DB-API
        if isinstance(connection, sqlite3.Connection):
            with suppress(sqlite3.Error):  # a connection that is no good is the test's to find
                connection.execute("PRAGMA synchronous=OFF")

    sa.event.listen(sa.pool.Pool, "checkout", trust_the_disk)
    try:
        yield
    finally:
        sa.event.remove(sa.pool.Pool, "checkout", trust_the_disk)
