"""Which checks of the list before going live nobody could make, and why."""

from collections.abc import Iterable, Mapping

from app.review.diagnosis import Diagnosis
from app.review.looks import Look
from routing.ids import LineId

_OF_ONE_LOOK: Mapping[str, frozenset[str]] = {
    Look.DISK: frozenset({"disk"}),
    Look.KEYS: frozenset({"keys"}),
    Look.MAIL: frozenset({"mail"}),
    Look.FRONT: frozenset({"front"}),
    Look.ACCOUNT: frozenset({"account"}),
    Look.NUMBERS: frozenset({"line_number", "fallback_copy"}),
}
# Whose numbers and addresses they are stands in the organisation.
_BY_THE_ORGANISATION = frozenset({"keys", "front", "account", "fallback_copy"})
_BY_THE_DATABASE = _BY_THE_ORGANISATION | {"clock", "webhooks", "backup", "administrator"}
_BY_THE_ACCOUNT = frozenset({"account", "line_number", "fallback_copy"})
# What the doctor found, and what nobody looks at where it is so.
_HIDES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        ("database_away", "database_missing", "no_tables", "not_migrated"), _BY_THE_DATABASE
    ),
    **dict.fromkeys(("no_organisation", "unreadable"), _BY_THE_ORGANISATION),
    **dict.fromkeys(("no_account", "no_token"), _BY_THE_ACCOUNT),
    "public_url_at_home": frozenset({"front"}),
    "carrier_refuses_us": frozenset({"line_number"}),
    "carrier_unasked": frozenset({"line_number"}),
}


def unseen(
    check: str, wrong: Iterable[Diagnosis], line: LineId | None = None
) -> tuple[Diagnosis, ...]:
    """Of *wrong*, what kept *check*, of *line* if it is one's, from being made."""
    return tuple(
        one for one in wrong if check in _hidden_by(one) and one.values.get("line") in {None, line}
    )


def _hidden_by(one: Diagnosis) -> frozenset[str]:
    if one.code == "check_unfinished":
        return _OF_ONE_LOOK.get(str(one.values.get("what")), frozenset())
    return _HIDES.get(one.code, frozenset())
