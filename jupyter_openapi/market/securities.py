"""The 50 Hong Kong and 40 US securities the project knows by heart.

For any other security, lots and names come from the broker (`static_info`).

Source: HKEX List of Securities of 2026-03-23 for lots, spread tables and flags; reference prices are
illustrative levels, not market data (see ``data/securities.json``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from jupyter_openapi.market.facts import facts


@dataclass(frozen=True, slots=True)
class Security:
    """One listed security.

    `lot_size` is in shares, `ref_price` in `currency` per share. `spread_table` names the table of
    `jupyter_openapi.market.ticks` its prices step by. `kind` is equity, etf or reit. `cas`, `vcm` and `pos`
    tell whether Hong Kong's closing auction, volatility control and pre-opening session cover it.
    """

    symbol: str
    code: str
    market: str
    short_name: str
    name_en: str
    name_cn: str
    name_hk: str
    kind: str
    lot_size: int
    currency: str
    spread_table: str
    ref_price: Decimal
    stamp_duty: bool
    short_sell: bool
    exchange: str
    board: str
    cas: bool = False
    vcm: bool = False
    pos: bool = False
    isin: str | None = None
    rmb_counter: str | None = None


class _Securities(Mapping[str, Security]):
    """The securities by symbol, read from the data when first looked at."""

    @cached_property
    def _all(self) -> dict[str, Security]:
        known = facts("securities")
        return {row["symbol"]: _security(row, known["currency"]) for row in known["securities"]}

    def __getitem__(self, symbol: str) -> Security:
        return self._all[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __repr__(self) -> str:
        return f"<{len(self)} securities>"


def _security(row: Mapping[str, Any], currencies: Mapping[str, str]) -> Security:
    code, _, market = row["symbol"].rpartition(".")
    values = {**row, "ref_price": Decimal(row["ref_price"])}
    return Security(code=code, market=market, currency=currencies[market], **values)


SECURITIES: Mapping[str, Security] = _Securities()
"""Every known security by its symbol, Hong Kong first."""


def lot_size(symbol: str) -> int | None:
    """Return the board lot of `symbol` in shares, or None where only the broker knows it (`static_info`)."""
    security = SECURITIES.get(symbol)
    if security is not None:
        return security.lot_size
    return 1 if symbol.endswith(".US") else None
