"""The frame of `pnl`, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError
from jupyter_openapi.frames.columns import instant_column
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.money import ZERO, amount, floats, known_text, minus, plain, product, ratio
from jupyter_openapi.market.symbols import SECURITIES, currency_of, market_of
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.executions import Trades, moment
from jupyter_openapi.portfolio.lot_ledger import LotLedger, Trip, Unmatched
from jupyter_openapi.portfolio.positions import brief
from jupyter_openapi.portfolio.prices import Rates, is_option, read_prices
from jupyter_openapi.portfolio.valuation import text

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.portfolio.positions import Reader


@dataclass
class Account:
    """Everything a profit is worked out from, and the books it gave.

    Attributes
    ----------
    trades
        The executions.
    books
        One for each symbol traded in the window.
    money
        Currency and multiplier of each symbol.
    rates, analysis
        Rates of exchange, and the broker's own numbers.
    fees
        Order id to fees and quantity filled.
    """

    trades: Trades
    books: dict[str, LotLedger]
    money: Mapping[str, Instrument]
    rates: Rates
    analysis: Mapping[str, BrokerProfit]
    fees: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)

    def done(self, symbol: str) -> list[Trip | Unmatched]:
        """Return what of a symbol was closed in the window, or could not be matched there."""
        return [one for one in self.books[symbol].done if self.trades.inside(_closed(one))]


def _closed(one: Trip | Unmatched) -> int:
    return one.closed_at if isinstance(one, Trip) else one.at


@dataclass(frozen=True, slots=True)
class BrokerProfit:
    """What the broker says that one security brought in a period."""

    symbol: str
    profit: Decimal
    currency: str
    holding: bool


def read_analysis(reader: Reader, start: int, end: int) -> dict[str, BrokerProfit]:
    """Return the broker's profit of each security in a period, by symbol; note if it can't be read.

    Source: the official SDK's ``PortfolioContext.profit_analysis`` (its items' names); undocumented
    otherwise.
    """
    try:
        data = reader.ask("portfolio_profit_analysis_sublist", start=start, end=end)
    except OpenAPIError as failure:
        reader.asides.append(
            _("The broker's own profit analysis could not be read ({brief}).").format(brief=brief(failure))
        )
        return {}
    items = data.get("items")
    rows = [row for row in items if isinstance(row, dict)] if isinstance(items, list) else []
    found = [_analysed(row) for row in rows]
    return {one.symbol: one for one in found if one is not None}


def _analysed(row: Mapping[str, Any]) -> BrokerProfit | None:
    currency = known_text(row.get("currency")).upper()
    profit = amount(row.get("order_profit"))
    if profit is None:
        profit = amount(row.get("profit"))
    symbol = symbol_of(row)
    return (
        None
        if profit is None or not symbol
        else BrokerProfit(symbol, profit, currency, row.get("is_holding") is True)
    )


def symbol_of(row: Mapping[str, Any]) -> str:
    """Return the symbol an item is about: given, or from ``ST/US/AAPL``, from code and market, the ISIN."""
    for name in ("symbol", "counter_id"):
        parts = known_text(row.get(name)).split("/")
        if len(parts) == 3:
            return f"{_code(parts[2], parts[1])}.{parts[1]}"
        if parts[0]:
            return parts[0]
    code, market = known_text(row.get("security_code")), known_text(row.get("market"))
    if code and code != "-":
        return f"{_code(code, market)}.{market}" if market and "." not in code else code
    isin = known_text(row.get("isin"))
    return "" if isin == "-" else isin


def _code(code: str, market: str) -> str:
    """Return a code as symbols write it: Hong Kong's without leading zeros."""
    return code.lstrip("0") if market == "HK" and code.isdigit() else code


@dataclass(frozen=True, slots=True)
class Instrument:
    """A symbol's market, currency and multiplier; None where an option's quote carries none."""

    market: str
    currency: str
    multiplier: Decimal | None


def read_money(reader: Reader, trades: Trades) -> dict[str, Instrument]:
    """Return the currency and multiplier of everything traded in the window.

    Currencies come from the positions, the securities known by heart, or `static_info`; where none tells, a
    symbol's is its market's.
    """
    symbols = trades.symbols
    known = {holding.symbol: holding.currency for holding in trades.holdings}
    known |= {symbol: SECURITIES[symbol].currency for symbol in symbols if symbol in SECURITIES}
    known |= _listed(
        reader, [symbol for symbol in symbols if not known.get(symbol) and not is_option(symbol)]
    )
    options = [symbol for symbol in symbols if is_option(symbol)]
    prices = read_prices(reader, options)
    for symbol in options:
        if symbol in prices and prices[symbol].multiplier is None:
            reader.miss(_("no contract multiplier for {symbol}").format(symbol=symbol))
    return {
        symbol: Instrument(
            market_of(symbol),
            known.get(symbol) or currency_of(symbol),
            (prices[symbol].multiplier if symbol in prices else None) if is_option(symbol) else Decimal(1),
        )
        for symbol in symbols
    }


def _listed(reader: Reader, symbols: list[str]) -> dict[str, str]:
    if not symbols:
        return {}
    try:
        rows = reader.ask("static_info", symbol=symbols).get("secu_static_info")
    except OpenAPIError:
        return {}
    return {
        known_text(row.get("symbol")): known_text(row.get("currency")).upper()
        for row in rows or ()
        if isinstance(row, dict)
    }


DAY = 86_400
TIMES = frozenset({"opened_at", "closed_at"})
NUMBERS = (
    "quantity",
    "open_price",
    "close_price",
    "cost",
    "proceeds",
    "realized_pl",
    "realized_pl_pct",
    "fees",
    "net_pl",
    "days",
    "realized_pl_base",
    "net_pl_base",
)
COLUMNS = (
    "kind",
    "symbol",
    "market",
    "currency",
    "direction",
    "quantity",
    "opened_at",
    "open_price",
    "closed_at",
    "close_price",
    "cost",
    "proceeds",
    "realized_pl",
    "realized_pl_pct",
    "fees",
    "net_pl",
    "days",
    "base_currency",
    "realized_pl_base",
    "net_pl_base",
    "method",
    "open_order_id",
    "close_order_id",
    "remark",
)
DEFINITIONS = (
    "realized_pl = proceeds - cost of what was closed in the window, before fees; net_pl is after fees.",
    "What no execution explains was there before the first one, and is the oldest: its sale is unmatched.",
    "The _base columns are at today's rates of exchange, not those of the day.",
)
BROKER_NOTE = (
    "The broker's profit of a symbol is for the whole period, fees and open positions included; it compares "
    "with net_pl only where nothing was held before and after."
)
DOUBT = "quantities of this symbol do not add up (a transfer, a split, or older than what was read): check it"
Cells = dict[str, Any]


def frame_of(account: Account, base: str, method: str, tz: str) -> pd.DataFrame:
    """Return a row for each trip and unmatched quantity, in the order they were closed; times in `tz`."""
    import pandas as pd

    rows: list[Cells] = []
    for symbol in account.books:
        rate = account.rates.rate(account.money[symbol].currency, base)
        mine = [_cells(one, account.money[symbol], rate) for one in account.done(symbol)]
        mine += _left(account, symbol)
        doubt = any(row["kind"] == "unmatched" for row in mine)
        for row in mine:
            row |= {"symbol": symbol, "base_currency": base, "method": method}
            row |= {"market": account.money[symbol].market, "currency": account.money[symbol].currency}
            if doubt and row["kind"] == "trip":
                row["remark"] = "; ".join(filter(None, [row.get("remark"), DOUBT]))
        rows += mine
    rows.sort(key=lambda row: (row["closed_at"] is None, row["closed_at"] or 0))
    made = {name: _column(name, [row.get(name) for row in rows], tz) for name in COLUMNS}
    return pd.DataFrame(made, index=pd.RangeIndex(len(rows)), copy=False)


def _column(name: str, values: Sequence[Any], tz: str) -> Any:
    if name in NUMBERS:
        return floats(values)
    return instants(values, tz) if name in TIMES else text_column(values)


def instants(seconds: Sequence[int | None], tz: str) -> Any:
    """Return Unix seconds as a column of aware times."""
    import numpy as np

    missing = np.array([at is None for at in seconds], dtype=bool)
    return instant_column(np.array([at or 0 for at in seconds], dtype=np.int64), missing, millis=False, tz=tz)


def _cells(one: Trip | Unmatched, money: Instrument, rate: Decimal | None) -> Cells:
    if isinstance(one, Unmatched):
        return {
            "kind": "unmatched",
            "quantity": one.quantity,
            "closed_at": one.at,
            "close_price": one.price,
            "proceeds": product(-one.quantity, one.price, money.multiplier) if one.quantity < 0 else None,
            "fees": one.fee,
            "close_order_id": one.order_id,
            "remark": one.why,
        }
    cost, proceeds = product(one.cost, money.multiplier), product(one.proceeds, money.multiplier)
    realized = minus(proceeds, cost)
    net = minus(realized, one.fee)
    long = one.direction == "long"
    return {
        "kind": "trip",
        "direction": one.direction,
        "quantity": one.quantity,
        "opened_at": one.opened_at,
        "open_price": (one.cost if long else one.proceeds) / one.quantity,
        "closed_at": one.closed_at,
        "close_price": (one.proceeds if long else one.cost) / one.quantity,
        "cost": cost,
        "proceeds": proceeds,
        "realized_pl": realized,
        "realized_pl_pct": ratio(realized, cost if long else proceeds),
        "fees": one.fee,
        "net_pl": net,
        "days": None if one.opened_at is None else Decimal(one.closed_at - one.opened_at) / DAY,
        "realized_pl_base": product(realized, rate),
        "net_pl_base": product(net, rate),
        "open_order_id": one.open_order_id,
        "close_order_id": one.close_order_id,
        "remark": "" if money.multiplier is not None else "the contract's multiplier is not known",
    }


def _left(account: Account, symbol: str) -> list[Cells]:
    """Return a row for what went without a sale, if the executions lead to more than is held now."""
    before = account.trades.quantity(symbol, 0)
    if before is None or before >= 0:
        return []
    since = moment(account.trades.since)
    why = _(
        "{before} went without a sale (a transfer, a split, an expiry), or were sold short before "
        "{since:%Y-%m-%d}"
    ).format(before=plain(-before), since=since)
    return [{"kind": "unmatched", "quantity": before, "closed_at": None, "remark": why}]


def facts_of(account: Account, base: str, method: str, asides: Sequence[str]) -> dict[str, Any]:
    """Return what the frame says of itself; money is text there."""
    trades = account.trades
    flat = {
        symbol: trades.quantity(symbol, trades.start) == ZERO == trades.quantity(symbol, trades.end + 1)
        for symbol in account.books
    }
    broker = {
        one.symbol: {"profit": text(one.profit), "currency": one.currency}
        for one in account.analysis.values()
    }
    return {
        "base_currency": base,
        "method": method,
        "window": [moment(at).isoformat() for at in (trades.start, trades.end)] if trades.end else None,
        "read_from": moment(trades.since).isoformat() if trades.end else None,
        "rates": {
            one.currency: text(account.rates.rate(one.currency, base)) for one in account.money.values()
        },
        "broker_profit": broker,
        "flat": flat,
        "notes": [*DEFINITIONS, *([BROKER_NOTE] if broker else []), *asides],
    }
