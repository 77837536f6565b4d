"""The command line: `beredskap`."""

from app.cli.main import main

__all__ = ["main"]
