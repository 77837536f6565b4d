"""What TwiML may contain, read out of the installed twilio package itself."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from xml.etree import ElementTree as ET

from twilio.twiml import TwiML, lower_camel, messaging_response, voice_response


@dataclass(frozen=True, slots=True)
class Element:
    """One element of TwiML: its attributes, its children by name, and whether it holds text."""

    name: str
    attributes: frozenset[str]
    children: dict[str, "Element"]
    text: bool


@cache
def voice_grammar() -> Element:
    """The grammar of an answer to a voice webhook."""
    return _root(voice_response, voice_response.VoiceResponse)


@cache
def message_grammar() -> Element:
    """The grammar of an answer to a message webhook."""
    return _root(messaging_response, messaging_response.MessagingResponse)


def problems(root: ET.Element, grammar: Element) -> list[str]:
    """What is wrong with a document, in order; empty when nothing is."""
    if root.tag != "Response":
        return [f"the root is <{root.tag}>, not <Response>"]
    return list(_problems(root, grammar))


def _problems(node: ET.Element, rule: Element) -> Iterator[str]:
    for attribute in sorted(set(node.attrib) - rule.attributes):
        yield f"<{node.tag}> has no attribute “{attribute}”"
    texts = [node.text or "", *(child.tail or "" for child in node)]
    if not rule.text and any(text.strip() for text in texts):
        yield f"<{node.tag}> holds no text"
    for child in node:
        known = rule.children.get(child.tag)
        if known is None:
            yield f"<{node.tag}> cannot hold <{child.tag}>"
        else:
            yield from _problems(child, known)


def _root(module: ModuleType, kind: type[TwiML]) -> Element:
    return Element("Response", frozenset(), _children(module, kind, {}), text=False)


def _children(
    module: ModuleType, kind: type[TwiML], seen: dict[type[TwiML], dict[str, Element]]
) -> dict[str, Element]:
    if kind in seen:  # SSML nests in itself
        return seen[kind]
    children = seen[kind] = {}
    for name, method in vars(kind).items():
        made = _nested(module, method) if not name.startswith("_") else None
        if made is None:
            continue
        child, content = made
        element = _element_name(child)
        children[element] = Element(
            element,
            frozenset(_attributes(method, content)),
            _children(module, child, seen),
            text=_holds_text(child),
        )
    return children


def _nested(module: ModuleType, method: object) -> tuple[type[TwiML], set[str]] | None:
    """The class that *method* nests, and the parameters that become content, not attributes."""
    if not inspect.isfunction(method):
        return None
    for call in ast.walk(_tree(method)):
        match call:
            case ast.Call(
                func=ast.Attribute(attr="nest"), args=[ast.Call(func=ast.Name(kind)) as made]
            ):
                content = {arg.id for arg in made.args if isinstance(arg, ast.Name)}
                return getattr(module, kind), content
            case _:
                pass
    return None


def _attributes(method: object, content: set[str]) -> Iterator[str]:
    if inspect.isfunction(method):
        for name, parameter in inspect.signature(method).parameters.items():
            if name == "self" or name in content or parameter.kind is parameter.VAR_KEYWORD:
                continue
            yield lower_camel(TwiML.MAP.get(name, name))


def _element_name(kind: type[TwiML]) -> str:
    for node in ast.walk(_tree(kind.__init__)):
        match node:
            case ast.Assign(
                targets=[ast.Attribute(attr="name")], value=ast.Constant(value=str(name))
            ):
                return name
            case _:
                pass
    return kind.__name__


def _holds_text(kind: type[TwiML]) -> bool:
    """Whether the constructor keeps a value, or takes words that a child could stand among."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == "value" and isinstance(node.ctx, ast.Store)
        for node in ast.walk(_tree(kind.__init__))
    )


def _tree(function: object) -> ast.AST:
    if not inspect.isfunction(function):
        return ast.Module([], [])
    return ast.parse(textwrap.dedent(inspect.getsource(function)))
