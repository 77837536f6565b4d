"""The one question a caller may be asked: which district, and in which language to ask it."""

from routing.call import CallState, Keyed
from routing.ids import DistrictId
from routing.organisation import Line


def district_keys(line: Line) -> tuple[tuple[str, DistrictId], ...]:
    """The key of each district: its place in the line's list, counted from 1."""
    return tuple((str(key), district) for key, district in enumerate(line.districts, start=1))


def language_keys(line: Line, state: CallState) -> tuple[tuple[str, str], ...]:
    """
    The keys that ask again in another language, after those of the districts.

    None once a language is chosen, and none for a caller whose language is registered.
    """
    if state.language_chosen:
        return ()
    others = [language for language in line.languages if language != state.language]
    first = len(line.districts) + 1
    return tuple((str(key), language) for key, language in enumerate(others, start=first))


def keyed(line: Line, state: CallState, digits: str) -> Keyed:
    """What *digits* answer; silence and a key that means nothing are an answer of neither."""
    home = dict(district_keys(line)).get(digits)
    if home is not None:
        return Keyed(home=home)
    return Keyed(language=dict(language_keys(line, state)).get(digits))
