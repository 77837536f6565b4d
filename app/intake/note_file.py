"""Reads a note out of a small TOML file, so that no word of it stands on a command line."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from app.intake.checks import one_of
from app.intake.toml import table_of
from rota_adapter.times import moment
from routing.errors import InvalidInput, Place
from routing.note import Content, EscalatedTo, Escalation, Reason, Urgency
from routing.role import Role

_TEXTS = ("told", "support", "next_step")
_WORDS = ("role", "urgency", "escalated_to", "escalated_at", "escalation_reason")
FIELDS = (*_TEXTS, *_WORDS, "broken_agreement")
_LARGEST = 100_000
_TOGETHER = ("escalated_to", "escalated_at", "escalation_reason")


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """What the file says; who wrote it and of which contact is said elsewhere."""

    content: Content
    role: Role | None
    broken_agreement: bool
    urgency: Urgency
    escalation: Escalation | None


def read_note(name: str, data: bytes, zone: ZoneInfo) -> WrittenNote:
    """
    The note in *data*, the content of the file called *name*.

    Raises:
        InvalidInput: naming the file and the field; what was written is never quoted.
    """
    table = _table(name, data)

    def text(field: str) -> str:
        value = table.get(field, "")
        if not isinstance(value, str):
            raise InvalidInput("must be text", Place(name, field=field))
        return value

    broken = table.get("broken_agreement", False)
    if not isinstance(broken, bool):
        raise InvalidInput("must be true or false", Place(name, field="broken_agreement"))
    role = text("role")
    urgency = text("urgency") or Urgency.NORMAL
    return WrittenNote(
        Content(*(text(field) for field in _TEXTS)),
        Role(one_of(role, list(Role), Place(name, field="role"))) if role else None,
        broken,
        Urgency(one_of(urgency, list(Urgency), Place(name, field="urgency"))),
        _escalation(name, {field: text(field) for field in _TOGETHER}, zone),
    )


def _table(name: str, data: bytes) -> dict[str, Any]:
    if len(data) > _LARGEST:
        raise InvalidInput(f"larger than {_LARGEST} bytes", Place(name))
    try:
        table = table_of(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as err:
        raise InvalidInput("not UTF-8: save the file as UTF-8", Place(name)) from err
    except (ValueError, RecursionError) as err:
        raise InvalidInput("not TOML", Place(name)) from err
    for field in table:
        if field not in FIELDS:
            raise InvalidInput("unknown field", Place(name, field=field))
    return table


def _escalation(name: str, said: dict[str, str], zone: ZoneInfo) -> Escalation | None:
    if not any(said.values()):
        return None
    for field, value in said.items():
        if not value:
            raise InvalidInput("is missing", Place(name, field=field))
    to = one_of(said["escalated_to"], list(EscalatedTo), Place(name, field="escalated_to"))
    why = one_of(said["escalation_reason"], list(Reason), Place(name, field="escalation_reason"))
    at = moment(said["escalated_at"], zone, Place(name, field="escalated_at"))
    return Escalation(EscalatedTo(to), at, Reason(why))
