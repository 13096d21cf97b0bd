"""Build the frame of `pnl` and its notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError
from jupyter_openapi.frames.columns import instant_column
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.money import floats, known_text, minus, plain, product, ratio
from jupyter_openapi.market.replies import figure
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.account_ledgers import Account
from jupyter_openapi.portfolio.executions import moment
from jupyter_openapi.portfolio.lot_ledger import UNKNOWNS, Trip, Unmatched
from jupyter_openapi.portfolio.positions import brief
from jupyter_openapi.portfolio.prices import market_zone
from jupyter_openapi.portfolio.rates_of_days import day_column
from jupyter_openapi.portfolio.valuation import text
from jupyter_openapi.spec.dates import zone

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.portfolio.positions import AccountReader


@dataclass(frozen=True, slots=True)
class BrokerProfit:
    """What the broker says that one security brought in a period."""

    symbol: str
    profit: Decimal
    currency: str
    holding: bool


def read_analysis(reader: AccountReader, start: int, end: int) -> dict[str, BrokerProfit]:
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
    profit = figure(row.get("order_profit"))
    if profit is None:
        profit = figure(row.get("profit"))
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


DAY = 86_400
TIMES = frozenset({"opened_at", "closed_at"})
FLAGS = frozenset({"estimated", "counted"})
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
    "rate",
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
    "trade_date",
    "close_price",
    "cost",
    "proceeds",
    "realized_pl",
    "realized_pl_pct",
    "fees",
    "net_pl",
    "days",
    "base_currency",
    "rate",
    "rate_date",
    "realized_pl_base",
    "net_pl_base",
    "method",
    "open_order_id",
    "close_order_id",
    "estimated",
    "counted",
    "remark",
)
ONE_RATE = "The _base columns are at `rate`, the rate of exchange of `rate_date`."
DEFINITIONS = (
    "realized_pl = proceeds - cost of what was closed in the window, before fees; net_pl is after fees.",
    "What no execution explains was there before the first one, and is the oldest.",
    "Its cost is the position's (`estimated`); where nothing is held any more its sale is unmatched.",
    "A symbol whose quantities do not add up is in no sum (`counted` is False).",
    "`trade_date` is the day of the market traded on, and the window is of such days.",
    ONE_RATE,
)
BROKER_NOTE = (
    "The broker's profit of a symbol is for the whole period, fees and open positions included; it compares "
    "with net_pl only where nothing was held before and after."
)
NO_MULTIPLIER = "the contract's multiplier is not known"
DOUBT = "quantities of this symbol do not add up (a transfer, a split, or older than what was read): check it"
REMARKS = (*UNKNOWNS, NO_MULTIPLIER, DOUBT)
Cells = dict[str, Any]


def left_out(known: Mapping[str, Any], symbols: Iterable[str] | None = None) -> list[str]:
    """Return a clause for each symbol that is in no sum, with why, by what a frame says of itself."""
    reasons: Mapping[str, str] = known.get("left_out", {})
    return [
        _("{symbol} left out: {why}").format(symbol=symbol, why=reasons[symbol])
        for symbol in (reasons if symbols is None else dict.fromkeys(symbols))
        if symbol in reasons
    ]


def frame_of(rows: Sequence[Cells], tz: str) -> pd.DataFrame:
    """Return the frame of these rows; times in `tz`."""
    import pandas as pd

    made = {name: _column(name, rows, tz) for name in COLUMNS}
    return pd.DataFrame(made, index=pd.RangeIndex(len(rows)), copy=False)


def rows_of(account: Account) -> list[Cells]:
    """Return a row for each trip and unmatched quantity, in the order they were closed.

    A row has the cells of `COLUMNS`, exact, and the ledger's own record (``of``), None for what has none.
    """
    rows: list[Cells] = []
    for symbol in account.ledgers:
        money = account.money[symbol]
        mine = [_cells(account, symbol, one) | {"of": one} for one in account.done(symbol)]
        mine += _left(account, symbol)
        out = account.left_out.get(symbol)
        for row in mine:
            row |= {"symbol": symbol, "base_currency": account.base, "method": account.method}
            row |= {"market": money.market, "currency": money.currency}
            row["counted"] = row["kind"] == "trip" and out is None
            if out is not None and row["kind"] == "trip":
                row["remark"] = _("; ").join(filter(None, [row.get("remark"), _(DOUBT)]))
        rows += mine
    rows.sort(key=lambda row: (row["closed_at"] is None, row["closed_at"] or 0))
    return rows


def _column(name: str, rows: Sequence[Cells], tz: str) -> Any:
    if name == "trade_date":
        return _market_days(rows)
    if name == "rate_date":
        return day_column(row.get(name) for row in rows)
    values = [row.get(name) for row in rows]
    if name in FLAGS:
        return _flags(values)
    if name in NUMBERS:
        return floats(values)
    return instants(values, tz) if name in TIMES else text_column(values)


def _market_days(rows: Sequence[Cells]) -> Any:
    """Return the calendar day, in its market, on which each row was closed: naive, for it is no moment."""
    import numpy as np

    days = [
        "NaT"
        if row["closed_at"] is None
        else moment(row["closed_at"]).astimezone(market_zone(row["symbol"])).date().isoformat()
        for row in rows
    ]
    return np.array(days, dtype="datetime64[ns]")


def _flags(values: Sequence[Any]) -> Any:
    import numpy as np

    return np.array([bool(value) for value in values], dtype=bool)


def instants(seconds: Sequence[int | None], tz: str) -> Any:
    """Return Unix seconds as a column of aware times."""
    import numpy as np

    missing = np.array([at is None for at in seconds], dtype=bool)
    return instant_column(np.array([at or 0 for at in seconds], dtype=np.int64), missing, millis=False, tz=tz)


def _cells(account: Account, symbol: str, one: Trip | Unmatched) -> Cells:
    money = account.money[symbol]
    if isinstance(one, Unmatched):
        return {
            "kind": "unmatched",
            "quantity": one.quantity,
            "closed_at": one.at,
            "close_price": one.price,
            "proceeds": product(-one.quantity, one.price, money.multiplier) if one.quantity < 0 else None,
            "fees": one.fee,
            "close_order_id": one.order_id,
            "remark": _remark(one.why),
        }
    cost, proceeds = product(one.cost, money.multiplier), product(one.proceeds, money.multiplier)
    realized = minus(proceeds, cost)
    net = minus(realized, one.fee)
    long = one.direction == "long"
    rate, rate_date = account.rate(symbol, one.closed_at)
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
        "rate": rate,
        "rate_date": rate_date,
        "realized_pl_base": product(realized, rate),
        "net_pl_base": product(net, rate),
        "open_order_id": one.open_order_id,
        "close_order_id": one.close_order_id,
        "estimated": one.estimated,
        "remark": _remark(one.why, NO_MULTIPLIER * (money.multiplier is None)),
    }


def _remark(*said: str) -> str:
    """Return sentences of the ledger in the language in use, as one."""
    return _("; ").join(_(part) for why in said for part in why.split("; ") if part)


def _left(account: Account, symbol: str) -> list[Cells]:
    """Return a row for what went without a sale, if the executions lead to more than is held now."""
    gone = account.gone.get(symbol)
    if gone is None:
        return []
    why = _(
        "{gone} went without a sale (a transfer, a split, an expiry), or were sold short before "
        "{since:%Y-%m-%d}"
    ).format(gone=plain(gone), since=moment(account.trades.since))
    return [{"kind": "unmatched", "quantity": -gone, "closed_at": None, "remark": why, "of": None}]


def facts_of(
    account: Account,
    analysis: Mapping[str, BrokerProfit],
    asides: Sequence[str],
    tz: str,
    rate_days: str = "rate_date",
) -> dict[str, Any]:
    """Return what the frame says of itself; money is text there. `rate_days` has the days of its rates."""
    said = [] if account.past is None else account.past.notes(rate_days)
    trades = account.trades
    flat = {symbol: account.flat(symbol) for symbol in account.ledgers}
    broker = {one.symbol: {"profit": text(one.profit), "currency": one.currency} for one in analysis.values()}
    here = zone(tz)
    since = moment(trades.since).astimezone(here)
    unseen = _("An option opened before {since:%Y-%m-%d} that expired without another trade is not seen.")
    window = [moment(at).astimezone(here).isoformat() for at in (trades.start, trades.end)]
    return {
        "base_currency": account.base,
        "method": account.method,
        "window": window if trades.end else None,
        "read_from": since.isoformat() if trades.end else None,
        "rates_said": said,
        "rates_on": None if account.past is None else account.past.on.isoformat(),
        "rates": {
            one.currency: text(account.rates.rate(one.currency, account.base))
            for one in account.money.values()
        },
        "broker_profit": broker,
        "flat": flat,
        "left_out": dict(account.left_out),
        "notes": [
            *DEFINITIONS,
            *([unseen.format(since=since)] if trades.end else []),
            *([BROKER_NOTE] if broker else []),
            *said,
            *asides,
        ],
    }
