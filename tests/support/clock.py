"""A stopped clock for tests whose facts have dates."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

import pytest

NOVEMBER = datetime(2026, 11, 28, 12, tzinfo=UTC)
"""A little after what most tests tell of."""
READERS = (
    "portfolio.trades",
    "portfolio.valuation",
    "portfolio.positions",
    "portfolio.arguments",
    "portfolio.rates_of_days",
    "portfolio.archive_ledgers",
    "portfolio.tax_lots",
    "portfolio.realized_pnl",
    "history.fetcher",
    "spec.dates",
    "market.symbols",
)
"""The modules that ask for the present moment on behalf of a portfolio."""


class _Stopped(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return NOVEMBER.astimezone(tz)


def stop_clock(patch: pytest.MonkeyPatch) -> None:
    """Let those modules find it is NOVEMBER, whatever this machine's clock shows."""
    for name in READERS:
        patch.setattr(f"jupyter_openapi.{name}.datetime", _Stopped)
