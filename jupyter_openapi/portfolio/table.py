"""The frame of a valuation: its columns, and what it says about itself."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.frames.values import text_column
from jupyter_openapi.portfolio.exact import floats, product, ratio, total
from jupyter_openapi.portfolio.prices import old_prices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from jupyter_openapi.portfolio.day import Closed
    from jupyter_openapi.portfolio.valuation import Known, Row

TEXTS = frozenset({"account_channel", "symbol", "symbol_name", "market", "currency", "base_currency"})
COLUMNS = (
    "account_channel",
    "symbol",
    "symbol_name",
    "market",
    "currency",
    "quantity",
    "available_quantity",
    "cost_price",
    "last_done",
    "prev_close",
    "market_value",
    "cost_value",
    "unrealized_pl",
    "unrealized_pl_pct",
    "day_pl",
    "day_pl_pct",
    "weight",
    "base_currency",
    "market_value_base",
    "unrealized_pl_base",
)
DEFINITIONS = (
    "market_value = quantity x last_done (x an option's multiplier); of a fund, its net asset value.",
    "unrealized_pl = market_value - cost_value, before fees; unrealized_pl_pct is in percent of cost_value.",
    "cost_price is average or diluted by the account's own setting; the API does not show which.",
    "day_pl = quantity at the open x (last_done - prev_close) + today's fills, before fees.",
    "A fill adds (last_done - price) x quantity bought, or takes that off for a sale.",
    "day_pl_pct is in percent of the value at the previous close and what was put in today.",
    "weight is the share of all holdings' value (short ones by their size); cash is not in it.",
    "The _base columns are at today's rates: gains and losses of the currencies themselves are not in them.",
)


def frame_of(rows: Sequence[Row], base: str) -> pd.DataFrame:
    """Return the valued rows as a frame of `COLUMNS`; without rows it has their dtypes all the same."""
    import pandas as pd

    whole = total(abs(row.value_base) for row in rows if row.value_base is not None)
    held = [row.holding for row in rows]
    columns: dict[str, Sequence[Any]] = {
        "account_channel": [holding.account_channel for holding in held],
        "symbol": [holding.symbol for holding in held],
        "symbol_name": [holding.name for holding in held],
        "market": [holding.market for holding in held],
        "currency": [holding.currency for holding in held],
        "quantity": [holding.quantity for holding in held],
        "available_quantity": [holding.available for holding in held],
        "cost_price": [holding.cost for holding in held],
        "last_done": [row.last for row in rows],
        "prev_close": [row.prev_close for row in rows],
        "market_value": [row.market_value for row in rows],
        "cost_value": [row.cost_value for row in rows],
        "unrealized_pl": [row.unrealized for row in rows],
        "unrealized_pl_pct": [ratio(row.unrealized, row.cost_value) for row in rows],
        "day_pl": [row.day.amount for row in rows],
        "day_pl_pct": [ratio(row.day.amount, row.day.put_in) for row in rows],
        "weight": [ratio(row.value_base, whole, Decimal(1)) for row in rows],
        "base_currency": [base] * len(rows),
        "market_value_base": [row.value_base for row in rows],
        "unrealized_pl_base": [product(row.unrealized, row.rate) for row in rows],
    }
    return pd.DataFrame(made_columns(columns, COLUMNS, TEXTS), index=pd.RangeIndex(len(rows)), copy=False)


def made_columns(
    columns: Mapping[str, Sequence[Any]], names: Sequence[str], texts: frozenset[str]
) -> dict[str, Any]:
    """Return arrays in the order of `names`: text for those among `texts`, ``float64`` for the others."""
    return {name: text_column(columns[name]) if name in texts else floats(columns[name]) for name in names}


def facts_of(known: Known, rows: Sequence[Row], closed: Sequence[Closed], base: str) -> dict[str, Any]:
    """Return what the frame says of itself; money is text there, so that no digit is lost."""
    rates, balance = known.rates, known.balance
    currencies = {row.holding.currency for row in rows} | {part.currency for part in balance.cash}
    currencies |= {gone.currency for gone in closed}
    cash = [
        {
            "currency": part.currency,
            "amount": text(part.amount),
            "amount_base": text(product(part.amount, rates.rate(part.currency, base))),
        }
        for part in balance.cash
    ]
    broker = {
        "currency": balance.currency,
        "net_assets": text(balance.net_assets),
        "total_cash": text(balance.total_cash),
    }
    gone = [
        {
            "symbol": one.symbol,
            "market": one.market,
            "currency": one.currency,
            "day_pl": text(one.day.amount),
            "day_pl_base": text(product(one.day.amount, rates.rate(one.currency, base))),
        }
        for one in closed
    ]
    yuan = ["Onshore and offshore renminbi share one rate."] if "CNY" in {*currencies, base} else []
    return {
        "base_currency": base,
        "cash": cash,
        "rates": {name: text(rates.rate(name, base)) for name in sorted(currencies)},
        "broker": broker if balance.net_assets is not None else None,
        "closed_today": gone,
        "notes": [*DEFINITIONS, *yuan, *old_prices(known.prices, datetime.now(UTC))],
    }


def text(number: Decimal | None) -> str | None:
    """Return an amount with all its digits, for a frame's attributes."""
    return None if number is None else f"{number:f}"
