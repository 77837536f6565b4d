"""The line of every key in a TOML file, however oddly the file is written."""

import tomllib

import pytest

from app.intake.locate import KeyPath, Whereabouts, lines_of
from routing.errors import Place
from tests.examples import ORGANISATION_TOML

ODD = '''\
# a comment with [[tables]] and "quotes"
title = """
[[not.a.table]]
id = 'no'  \\""" still text"""  # and a comment
literal = \'\'\'
[[nor.this]]\'\'\'
"quoted key" = 1.5
a.b.c = 2026-03-03T17:00:00.5Z

[[lines]]  # the first
id = "a # no comment"
hours = [
  # a comment
  { days = ["mon",
            "tue"], from = "17:00" },

  { days = [], from = '18:00' }
]

[[lines.fallback]]
number = "1"
[[ lines . fallback ]]
number = "2"

[[lines]]
id = """]]"""
[[lines.fallback]]
number = "3"
[lines.rota]
source = "x"

[working_time]
ordinary = []
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("literal",), 5),
        (("quoted key",), 7),
        (("a",), 8),
        (("a", "b", "c"), 8),
        (("lines", 0), 10),
        (("lines", 0, "id"), 11),
        (("lines", 0, "hours"), 12),
        (("lines", 0, "hours", 0), 14),
        (("lines", 0, "hours", 0, "days", 0), 14),
        (("lines", 0, "hours", 0, "days", 1), 15),
        (("lines", 0, "hours", 0, "from"), 15),
        (("lines", 0, "hours", 1, "days"), 17),
        (("lines", 0, "fallback", 0, "number"), 21),
        (("lines", 0, "fallback", 1), 22),
        (("lines", 0, "fallback", 1, "number"), 23),
        (("lines", 1, "id"), 26),
        (("lines", 1, "fallback", 0, "number"), 28),
        (("lines", 1, "rota", "source"), 30),
        (("working_time",), 32),
        (("working_time", "ordinary"), 33),
    ],
)
def test_every_key_has_its_line(path: KeyPath, line: int) -> None:
    assert lines_of(ODD)[path] == line


@pytest.mark.parametrize("text", [ODD, ORGANISATION_TOML, ODD.replace("\n", "\r\n"), ""])
def test_every_value_that_the_parser_finds_has_a_line(text: str) -> None:
    found = lines_of(text)

    assert [path for path in _paths(tomllib.loads(text)) if path not in found] == []


def test_a_key_that_is_missing_is_where_its_table_is() -> None:
    where = Whereabouts("org.toml", lines_of(ODD))

    assert where.of("lines", 1, "name") == Place("org.toml", 25, "lines.name")
    assert where.of("lines", 0, "fallback", 1, "number") == Place(
        "org.toml", 23, "lines.fallback.number"
    )
    assert where.of("districts") == Place("org.toml", None, "districts")
    assert where.of() == Place("org.toml")


def _paths(value: object, path: KeyPath = ()) -> list[KeyPath]:
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [p for key, part in inner for p in ((*path, key), *_paths(part, (*path, key)))]
