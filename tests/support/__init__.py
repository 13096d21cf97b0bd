"""Shared by the tests: how many examples a run takes."""

from __future__ import annotations

import os

SOAK = os.environ.get("SOAK") == "1"


def soak(count: int, part: int = 10) -> int:
    """Return `count` under ``make soak``, and a tenth of it or less, at least one, under ``make test``."""
    return count if SOAK else max(1, count // part)
