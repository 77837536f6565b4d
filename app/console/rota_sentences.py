"""
Findings in the reader's own language, whichever they were written in.

What is wrong with a rota is worked out and kept in English; what is wrong with somebody's rest has
a Swedish sentence of its own.  A sentence is known again by its pattern, and said in Swedish.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from routing.finding import Finding
from routing.organisation import Organisation
from routing.rest_sentences import WAY_OUT, WORDS, Words

_DAYS = dict(
    zip(
        ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        ("mån", "tis", "ons", "tors", "fre", "lör", "sön"),
        strict=True,
    )
)
_DAY = re.compile(rf"\b({'|'.join(_DAYS)})(?= \d)")
_SPAN = "from {start} to {end}"
_SPAN_SV = "från {start} till {end}"

# By rule: what `rota_adapter.findings`, `rota_adapter.rest_findings` and `app.duty.publishing` say.
_PAIRS: tuple[tuple[str, Words, Words], ...] = (
    (
        "R17",
        Words(
            "nobody is in position {position} while the line is open",
            f"put somebody in position {{position}} {_SPAN}",
        ),
        Words(
            "ingen står på plats {position} medan linjen är öppen",
            f"sätt någon på plats {{position}} {_SPAN_SV}",
        ),
    ),
    (
        "R17",
        Words(
            "{one} and {other} are both in position {position}",
            f"take one of them out of position {{position}} {_SPAN}",
        ),
        Words(
            "{one} och {other} står båda på plats {position}",
            f"ta bort en av dem från plats {{position}} {_SPAN_SV}",
        ),
    ),
    (
        "R17",
        Words(
            "{one} is in position {first} and in position {second}, and is rung only once",
            f"put somebody else in position {{second}} {_SPAN}",
        ),
        Words(
            "{one} står på plats {first} och på plats {second}, men rings bara en gång",
            f"sätt någon annan på plats {{second}} {_SPAN_SV}",
        ),
    ),
    (
        "R20",
        Words(
            "{one} is not in the organisation file",
            f"put somebody else in position {{position}} {_SPAN}, or add {{one}} to it",
        ),
        Words(
            "{one} finns inte i organisationen",
            f"sätt någon annan på plats {{position}} {_SPAN_SV}, eller lägg till {{one}}",
        ),
    ),
    (
        "R20",
        Words(
            "{one} is not active",
            f"put somebody else in position {{position}} {_SPAN}, or change when {{one}} is active",
        ),
        Words(
            "{one} är inte aktiv",
            f"sätt någon annan på plats {{position}} {_SPAN_SV}, eller ändra när {{one}} är aktiv",
        ),
    ),
    (
        "R20",
        Words(
            "{one} has no telephone number",
            f"put somebody else in position {{position}} {_SPAN}, or give {{one}} one",
        ),
        Words(
            "{one} saknar telefonnummer",
            f"sätt någon annan på plats {{position}} {_SPAN_SV}, eller lägg in ett nummer",
        ),
    ),
    (
        "R20",
        Words(
            "{one} has no mandate of {home}",
            f"put somebody else in position {{position}} {_SPAN}, or load a mandate of {{home}} "
            "for the staff of {staff}",
        ),
        Words(
            "{one} saknar uppdrag från {home}",
            f"sätt någon annan på plats {{position}} {_SPAN_SV}, eller lägg in ett uppdrag från "
            "{home} för personalen i {staff}",
        ),
    ),
    (
        "R20",
        Words("{one} has opted out of texts", "have {who} send START to the line"),
        Words("{one} har sagt nej till sms", "be {who} skicka START till linjen"),
    ),
    (
        "R16",
        Words(
            "{one} learns of {count} duties less than {days} days before they begin (ATL 12 §)",
            "agree with them, and say why in the note",
        ),
        Words(
            "{one} får veta om {count} pass mindre än {days} dagar innan de börjar (ATL 12 §)",
            "kom överens med personen, och skriv varför i kommentaren",
        ),
    ),
    (
        "R21",
        Words(
            "{one} is away when the duty is handed over",
            "have {who} write every note before signing off",
        ),
        Words(
            "{one} är frånvarande när passet lämnas över",
            "be {who} skriva alla anteckningar innan passet avslutas",
        ),
    ),
    (
        "FED",
        Words(
            "the rota of this line is read from {source}, whose next reading replaces this",
            "change it where it is kept, too",
        ),
        Words(
            "schemat för den här linjen hämtas från {source}, och nästa hämtning skriver över det "
            "här",
            "ändra det också där schemat finns",
        ),
    ),
)
# What stands in the way of a swap, as `routing.swap_rules` and `rota_adapter.findings` say it.
_IN_THE_WAY: tuple[tuple[str, str], ...] = (
    ("{one} is away then", "{one} är frånvarande då"),
    ("{one} is in position {position} then", "{one} står på plats {position} då"),
    ("{one} is not in the organisation file", "{one} finns inte i organisationen"),
    ("{one} is not active", "{one} är inte aktiv"),
    ("{one} has no telephone number", "{one} saknar telefonnummer"),
    ("{one} has no mandate of {home}", "{one} saknar uppdrag från {home}"),
)


@dataclass(frozen=True, slots=True)
class _Case:
    """One sentence and its remedy, as patterns of the English and as Swedish to be filled."""

    rule: str
    message: re.Pattern[str]
    remedy: re.Pattern[str]
    swedish: Words


def in_language(found: Finding, language: str, organisation: Organisation) -> Finding:
    """*found* with people and districts by name, in Swedish where *language* is ``sv``."""
    if language == "sv":
        found = _swedish(found)
    message, remedy = (named(text, organisation) for text in (found.message, found.remedy))
    return replace(found, message=message, remedy=remedy)


def hindrance_in_language(message: str, language: str, organisation: Organisation) -> str:
    """The same for what stands in the way of a swap."""
    if language == "sv":
        for english, swedish in _IN_THE_WAY:
            known = _pattern(english).fullmatch(message)
            if known is not None:
                message = swedish.format(**known.groupdict())
                break
    return named(message, organisation)


def is_known(found: Finding) -> bool:
    """Whether there is a Swedish sentence for what the finding says in English."""
    return any(_filled(case, found) is not None for case in _cases() if case.rule == found.rule)


def named(text: str, organisation: Organisation) -> str:
    """*text* with the names of the people and districts whose ids stand in it, genitives too."""
    names: dict[str, str] = {t.id: t.name for t in organisation.therapists.values()}
    names |= {d.id: d.name for d in organisation.districts.values()}
    if not names:
        return text
    ids = "|".join(re.escape(one) for one in sorted(names, key=len, reverse=True))

    def name(found: re.Match[str]) -> str:
        known = names[found[1]]
        return known if known.endswith(("s", "x", "z")) else f"{known}{found[2]}"

    return re.sub(rf"(?<![\w-])({ids})(s?)(?![\w-])", name, text)


def _swedish(found: Finding) -> Finding:
    for case in _cases():
        if case.rule == found.rule:
            said = _filled(case, found)
            if said is not None:
                return replace(found, message=said.message, remedy=said.remedy)
    return found


def _filled(case: _Case, found: Finding) -> Words | None:
    message = case.message.fullmatch(found.message)
    remedy = case.remedy.fullmatch(found.remedy)
    if message is None or remedy is None:
        return None
    values = {name: _said(v) for name, v in {**message.groupdict(), **remedy.groupdict()}.items()}
    swedish = (_placeholders(text).format(**values) for text in case.swedish)
    return Words(*swedish)


def _said(value: str) -> str:
    """A value of a sentence: a time, or the way out of it."""
    if value == WAY_OUT["en"].remedy:
        return WAY_OUT["sv"].remedy
    way_out = _pattern(WAY_OUT["en"].message).fullmatch(value)
    if way_out is not None:
        inner = {name: _said(text) for name, text in way_out.groupdict().items()}
        return WAY_OUT["sv"].message.format(**inner)
    return _DAY.sub(lambda day: _DAYS[day[1]], value)


@cache
def _cases() -> tuple[_Case, ...]:
    return tuple(
        _Case(rule, _pattern(english.message), _pattern(english.remedy), swedish)
        for rule, english, swedish in (*_PAIRS, *_of_rest())
    )


def _of_rest() -> Iterator[tuple[str, Words, Words]]:
    both: Iterable[tuple[str, Mapping[str, Words]]] = WORDS.items()
    for case, by_language in both:
        yield case.partition(" ")[0], by_language["en"], by_language["sv"]


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """What matches *template* when it is filled; a name that comes again stands for the same."""
    found: list[str] = []
    seen: set[str] = set()
    for literal, name in re.findall(r"([^{]*)(?:\{([\w.]+)\})?", template):
        found.append(re.escape(literal))
        if not name:
            continue
        key = name.replace(".", "_")
        found.append(f"(?P={key})" if key in seen else f"(?P<{key}>.+?)")
        seen.add(key)
    return re.compile("".join(found))


def _placeholders(template: str) -> str:
    return re.sub(r"\{(\w+)\.(\w+)\}", r"{\1_\2}", template)
