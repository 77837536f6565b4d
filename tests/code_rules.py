"""Rules of safety that ruff does not know: each finds its faults in one file's text."""

import ast
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

Rule = Callable[[str], Iterator[str]]

_SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|ALTER|DROP)\b .*\b(FROM|INTO|SET|TABLE|TO)\b")
_TWIML = re.compile(r"</?(Response|Say|Dial|Number|Gather|Redirect|Play|Hangup)\b")
_CALLS_OUT = frozenset({"requests", "urllib3", "httpx"})
_VERBS = frozenset({"get", "post", "put", "delete", "head", "patch", "request", "send"})
_NEVER = frozenset({"eval", "exec", "compile", "__import__"})
_UNSAFE = frozenset(
    {"pickle", "marshal", "shelve", "yaml", "dill", "xmlrpc", "telnetlib", "ftplib"}
)
_MARKED = frozenset({"Markup", "render_template_string"})
_LOGS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
_INLINE = re.compile(
    r"""<script(?![^>]*\bsrc=)|<style\b|\bstyle=["']|\bon[a-z]+=["']|javascript:""", re.IGNORECASE
)
_ELSEWHERE = re.compile(r"""(?:src|href|action)=["'](?:https?:)?//""", re.IGNORECASE)
_UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+false|\bMarkup\b")


def sql_in_f_strings(text: str) -> Iterator[str]:
    """A statement put together from values."""
    for node in _nodes(text):
        if isinstance(node, ast.JoinedStr) and _SQL.search(_constant(node)):
            yield f"{node.lineno}: SQL in an f-string"


def twiml_in_f_strings(text: str) -> Iterator[str]:
    """A document for the carrier put together without `element`, which escapes."""
    for node in _nodes(text):
        if isinstance(node, ast.JoinedStr) and _TWIML.search(_constant(node)):
            yield f"{node.lineno}: TwiML in an f-string"


def calls_without_a_time_limit(text: str) -> Iterator[str]:
    """Another machine is asked, and nobody says for how long."""
    for node in _calls(text):
        called = node.func
        if not isinstance(called, ast.Attribute) or any(k.arg == "timeout" for k in node.keywords):
            continue
        whose = called.value.id if isinstance(called.value, ast.Name) else ""
        if whose in _CALLS_OUT and called.attr in _VERBS:
            yield f"{node.lineno}: {whose}.{called.attr} without a time limit"
        if called.attr in {"create_connection", "urlopen"}:
            yield f"{node.lineno}: {called.attr} without a time limit"
        if whose == "smtplib":
            yield f"{node.lineno}: smtplib without a time limit"


def words_that_run(text: str) -> Iterator[str]:
    """Text that becomes code, or bytes that become objects."""
    for node in _nodes(text):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(alias.name for alias in node.names)]
        for name in names:
            if name.partition(".")[0] in _UNSAFE or name in _MARKED:
                yield f"{getattr(node, 'lineno', 0)}: {name}"
    for call in _calls(text):
        if isinstance(call.func, ast.Name) and call.func.id in _NEVER:
            yield f"{call.lineno}: {call.func.id}()"


def errors_quoted_in_logs(text: str) -> Iterator[str]:
    """What an error says may quote what a caller said: its kind is logged, or its traceback."""
    for node in _calls(text):
        called = node.func
        if not (isinstance(called, ast.Attribute) and called.attr in _LOGS):
            continue
        if not (isinstance(called.value, ast.Name) and called.value.id in {"log", "logger"}):
            continue
        for value in (*node.args, *(k.value for k in node.keywords)):
            for part in ast.walk(value):
                if (
                    isinstance(part, ast.Call)
                    and isinstance(part.func, ast.Name)
                    and part.func.id in {"str", "repr", "format"}
                    and any(isinstance(a, ast.Name) and a.id in {"err", "error"} for a in part.args)
                ):
                    yield f"{node.lineno}: a log quotes an error"


def pages_that_trust(text: str) -> Iterator[str]:
    """What a page's own policy would refuse, or what is written as it came."""
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern, what in (
            (_INLINE, "a script or style within the page"),
            (_ELSEWHERE, "something from another host"),
            (_UNESCAPED, "text that is not escaped"),
        ):
            if pattern.search(line):
                yield f"{number}: {what}"


IN_CODE: tuple[Rule, ...] = (
    sql_in_f_strings,
    twiml_in_f_strings,
    calls_without_a_time_limit,
    words_that_run,
    errors_quoted_in_logs,
)


@lru_cache(maxsize=1)  # a file is looked at by each rule in turn
def _nodes(text: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(text)))


def _calls(text: str) -> Iterator[ast.Call]:
    return (node for node in _nodes(text) if isinstance(node, ast.Call))


def _constant(node: ast.JoinedStr) -> str:
    parts = (part.value for part in node.values if isinstance(part, ast.Constant))
    return " ".join(map(str, parts))
