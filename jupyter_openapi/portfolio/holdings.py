"""What is held: stocks and funds, as the broker lists them, and the cash beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_openapi.portfolio.exact import known_text, total
from jupyter_openapi.trading.words import amount, currency_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from jupyter_openapi.portfolio.reading import Reader

FUND = "FUND"
"""What stands for the market of a fund, which has none."""
BALANCE_CURRENCIES = frozenset({"HKD", "USD", "CNH"})


@dataclass(frozen=True, slots=True)
class Holding:
    """One position: a row of the broker's.

    Attributes
    ----------
    quantity, available
        Shares, contracts or fund units; negative when sold short.
    cost
        Per share or unit; None where the broker gives none or 0.
    opening
        What was held before the market opened; None where that is not said.
    value_per_unit
        A fund's net asset value; None for everything else, and for a fund without one.
    """

    account_channel: str
    symbol: str
    name: str
    market: str
    currency: str
    quantity: Decimal | None
    available: Decimal | None
    cost: Decimal | None
    opening: Decimal | None = None
    value_per_unit: Decimal | None = None

    @property
    def fund(self) -> bool:
        """Whether it is a fund."""
        return self.market == FUND


@dataclass(frozen=True, slots=True)
class Cash:
    """The money of one currency: free, held by open orders, and being settled, together."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """The account's cash, and the broker's own totals beside it, in `currency`."""

    cash: tuple[Cash, ...] = ()
    currency: str = ""
    net_assets: Decimal | None = None
    total_cash: Decimal | None = None


def read_stocks(reader: Reader) -> list[Holding]:
    """Return the stocks, funds traded on an exchange, and options held; say if they can't be had."""
    data = reader.try_("stock positions", "stock_positions")
    return [] if data is None else [_stock(channel, row) for channel, row in _rows(data, "stock_info")]


def read_funds(reader: Reader) -> list[Holding]:
    """Return the funds held; say if they can't be had."""
    data = reader.try_("fund positions", "fund_positions")
    return [] if data is None else [_fund(channel, row) for channel, row in _rows(data, "fund_info")]


def _rows(data: Mapping[str, Any], inner: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for part in _objects(data.get("list")):
        for row in _objects(part.get(inner)):
            yield known_text(part.get("account_channel")), row


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _stock(channel: str, row: Mapping[str, Any]) -> Holding:
    symbol = known_text(row.get("symbol"))
    return Holding(
        channel,
        symbol,
        known_text(row.get("symbol_name")),
        known_text(row.get("market")) or symbol.rpartition(".")[2],
        known_text(row.get("currency")).upper() or currency_of(symbol),
        amount(row.get("quantity")),
        amount(row.get("available_quantity")),
        amount(row.get("cost_price")) or None,
        amount(row.get("init_quantity")),
    )


def _fund(channel: str, row: Mapping[str, Any]) -> Holding:
    return Holding(
        channel,
        known_text(row.get("symbol")),
        known_text(row.get("symbol_name")),
        FUND,
        known_text(row.get("currency")).upper(),
        amount(row.get("holding_units")),
        None,
        amount(row.get("cost_net_asset_value")) or None,
        value_per_unit=amount(row.get("current_net_asset_value")) or None,
    )


def read_balance(reader: Reader, base_currency: str) -> Balance:
    """Return the cash of every currency, and the broker's own totals, in the base currency if it can."""
    asked = {"currency": base_currency} if base_currency in BALANCE_CURRENCIES else {}
    data = reader.try_("cash balance", "account_balance", **asked)
    if data is None:
        return Balance()
    entries = _objects(data.get("list"))
    own = next((entry for entry in entries if entry.get("currency") == base_currency), None) or next(
        iter(entries), {}
    )
    return Balance(
        _cash(entries),
        known_text(own.get("currency")),
        amount(own.get("net_assets")),
        amount(own.get("total_cash")),
    )


def _cash(entries: list[Mapping[str, Any]]) -> tuple[Cash, ...]:
    """Return the cash by currency; an account stated in several currencies repeats it, and counts once."""
    lists = []
    for entry in entries:
        infos = _objects(entry.get("cash_infos"))
        if infos not in lists:
            lists.append(infos)
    amounts: dict[str, list[Decimal | None]] = {}
    for info in (info for infos in lists for info in infos):
        parts = total(amount(info.get(f"{name}_cash")) for name in ("available", "frozen", "settling"))
        amounts.setdefault(known_text(info.get("currency")).upper(), []).append(parts)
    sums = {currency: total(parts) for currency, parts in amounts.items()}
    return tuple(Cash(currency, part) for currency, part in sums.items() if part is not None)
