"""A line is read once, however often it runs: in a loop only its expressions change."""

from __future__ import annotations

from functools import lru_cache

from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.grammar import Command, parse_line


@lru_cache(maxsize=256)
def read_line(text: str) -> Command:
    """Return what a line says; errors as `parse_line`. The result is shared, so nobody may change it."""
    return parse_line(text, commands=COMMANDS)
