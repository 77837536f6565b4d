"""Every small change that could be made to a module: one comparison, one number, one line less."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_RECKONED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
}
_SWAPPED = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "start": "end",
    "end": "start",
    "planned": "worked",
    "worked": "planned",
    "ERROR": "WARNING",
    "WARNING": "INFO",
    "INFO": "ERROR",
}
# A call that gives back what it was given: in which place that stands.
_UNDONE = {"union": 0, "sorted": 0, "reversed": 0, "inside": 0, "gaps": 1}
_TYPES = {"annotation", "returns", "decorator_list", "bases"}  # mypy's business
_STAY = (ast.Assert, ast.AnnAssign, ast.FunctionDef, ast.Pass)


@dataclass(frozen=True, slots=True)
class Mutant:
    """The module *code* with one change near *line*: what stood there, and what stands there."""

    line: int
    old: str
    new: str
    code: str


def mutants(source: str) -> Iterator[Mutant]:
    """All mutants of *source*; two changes that come to the same are one."""
    tree = ast.parse(source)
    whole = ast.unparse(tree)
    seen = {whole}
    for parent, field, line in list(_fields(tree)):
        before = getattr(parent, field)
        for after in _instead_of(parent, field, before):
            setattr(parent, field, after)
            code = ast.unparse(tree)
            setattr(parent, field, before)
            if code not in seen:
                seen.add(code)
                yield Mutant(line, *_difference(whole, code), code)


def _fields(node: ast.AST, line: int = 0) -> Iterator[tuple[ast.AST, str, int]]:
    line = getattr(node, "lineno", line)
    for field, value in ast.iter_fields(node):
        is_of_class = isinstance(node, ast.ClassDef) and field == "keywords"
        if field in _TYPES or is_of_class or _is_docstring(node):
            continue
        yield node, field, line
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _fields(child, line)


def _instead_of(parent: ast.AST, field: str, value: object) -> Iterator[object]:
    """What *field* may hold for *value*."""
    if isinstance(value, ast.expr):
        yield from _expressions(value)
        if field == "test":
            yield ast.UnaryOp(ast.Not(), value)
    elif isinstance(parent, ast.FunctionDef | ast.For | ast.While | ast.If) and field in {
        "body",
        "orelse",
    }:
        yield from _without_a_statement(_list(value))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            rest = [*value[:number], *value[number + 1 :]]
            if isinstance(item, ast.expr):
                others = [*_expressions(item)]
                if field == "ifs":
                    others.append(ast.UnaryOp(ast.Not(), item))
                yield from ([*value[:number], new, *value[number + 1 :]] for new in others)
            is_read = isinstance(getattr(parent, "ctx", None), ast.Load)
            if field in {"ifs", "keywords"} or (field == "elts" and is_read):
                yield rest


def _without_a_statement(body: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    for number, statement in enumerate(body):
        if not isinstance(statement, _STAY) and not _is_docstring(statement):
            yield [*body[:number], ast.Pass(), *body[number + 1 :]]


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    yield from _reckoned(node)
    yield from _called(node)


def _reckoned(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(left, [op], right):
            yield from (ast.Compare(left, [other()], right) for other in _COMPARED[type(op)])
        case ast.BinOp(left, op, right) if type(op) in _RECKONED:
            yield ast.BinOp(left, _RECKONED[type(op)](), right)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for one in values:
                yield ast.BoolOp(op, [v for v in values if v is not one])
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Constant(str(value)):
            yield ast.Constant(f"{value}?")
        case _:
            pass


def _called(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Name(name, ast.Load()) if name in _SWAPPED:
            yield ast.Name(_SWAPPED[name])
        case ast.Attribute(owner, "resolution"):
            yield ast.Call(owner, [], [])  # `timedelta()`
        case ast.Attribute(owner, name, ast.Load()) if name in _SWAPPED:
            yield ast.Attribute(owner, _SWAPPED[name])
        case ast.Call(ast.Name("timedelta"), [], []):
            yield ast.Call(ast.Name("timedelta"), [ast.Constant(1)], [])
        case ast.Call(ast.Name(name), given) if name in _UNDONE:
            yield ast.Call(ast.Name("tuple"), [given[_UNDONE[name]]], [])
        case ast.Dict(keys, values):
            for n in range(len(keys)):
                yield ast.Dict([*keys[:n], *keys[n + 1 :]], [*values[:n], *values[n + 1 :]])
        case _:
            pass


def _difference(before: str, after: str) -> tuple[str, str]:
    """The first line that differs; every statement of unparsed code is on a line of its own."""
    pairs = zip_longest(before.splitlines(), after.splitlines(), fillvalue="")
    return next((old.strip(), new.strip()) for old, new in pairs if old != new)


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _list(value: object) -> list[ast.stmt]:
    return [*value] if isinstance(value, Iterable) else []
