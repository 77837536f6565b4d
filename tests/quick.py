"""What makes the suite quicker and changes nothing that a test can see."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa
from passlib.handlers.argon2 import argon2
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

# As the service hashes a password: passes, KiB and threads.
HASHED_WITH = argon2.default_rounds, argon2.memory_cost, argon2.parallelism


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


def remember_statements() -> None:
    """
    Let SQLAlchemy compile each statement once in this process, and not for each engine.

    A test makes engines of its own, and each would begin with nothing: an eighth of the time.  What
    is compiled depends on the kind of database and its version, and on nothing else of an engine.
    """
    if hasattr(ClauseElement, "compiles_anew"):
        return
    compiled: LRUCache[Any, Any] = LRUCache(10_000)
    first: dict[object, sa.Dialect] = {}
    compiles_anew = ClauseElement._compile_w_cache  # noqa: SLF001 - there is no other way in

    def _compile_w_cache(
        self: ClauseElement,
        dialect: sa.Dialect,
        *,
        compiled_cache: Any,  # noqa: ANN401 - the engine's, or none
        **named: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        if compiled_cache is None:
            return compiles_anew(self, dialect, compiled_cache=None, **named)
        alike = first.setdefault((type(dialect), dialect.server_version_info), dialect)
        return compiles_anew(self, alike, compiled_cache=compiled, **named)

    ClauseElement._compile_w_cache = _compile_w_cache  # type: ignore[method-assign] # noqa: SLF001
    ClauseElement.compiles_anew = compiles_anew  # type: ignore[attr-defined]


def hash_cheaply() -> None:
    """A password takes a hundredth of a second, where a guesser is to need a quarter."""
    argon2.default_rounds, argon2.memory_cost, argon2.parallelism = 1, 8, 1


@contextmanager
def no_disk_waited_for() -> Iterator[None]:
    """SQLite and our own files leave it to the system when to write; nobody cuts the power here."""

    def trust_the_disk(connection: Any, record: Any, _: object) -> None:  # noqa: ANN401 - DB-API
        if isinstance(connection, sqlite3.Connection) and "trusts" not in record.info:
            record.info["trusts"] = True
            with suppress(sqlite3.Error):  # a connection that is no good is the test's to find
                connection.execute("PRAGMA synchronous=OFF")

    sa.event.listen(sa.pool.Pool, "checkout", trust_the_disk)
    waits, os.fsync = os.fsync, lambda fd: None
    try:
        yield
    finally:
        os.fsync = waits
        sa.event.remove(sa.pool.Pool, "checkout", trust_the_disk)
