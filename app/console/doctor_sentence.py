"""How the doctor puts a finding: what is wrong, and what to do."""

from dataclasses import dataclass

N_ = str  # marks words that are translated where they are shown


@dataclass(frozen=True, slots=True)
class Words:
    """Two sentences, with places such as ``%(since)s`` for what the diagnosis names."""

    what: str
    remedy: str
