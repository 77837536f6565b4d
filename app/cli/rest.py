"""The group of commands about people's rest; the commands add themselves to it."""

from app.cli.main import beredskap


@beredskap.group()
def rest() -> None:
    """The rest that the law owes everyone on standby."""
