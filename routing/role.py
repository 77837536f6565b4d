"""Whether it is the young person or a guardian who seeks help."""

from enum import StrEnum


class Role(StrEnum):
    """Stored as written, so never renamed."""

    YOUTH = "youth"
    GUARDIAN = "guardian"
