"""Shared by the tests: how many examples a run takes."""

from __future__ import annotations

import os

SOAK = os.environ.get("SOAK") == "1"


def soak(count: int) -> int:
    """Return `count` under ``make soak`` and a tenth of it (at least one) under ``make test``."""
    return count if SOAK else max(1, count // 10)
