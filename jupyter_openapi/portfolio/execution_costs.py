"""Slippage: what orders filled at, against the last price when they were sent, and when they arrived."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused, guarded
from jupyter_openapi.frames import describe, seal
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.money import ZERO, exactly, floats, known_text, product, ratio
from jupyter_openapi.market.replies import figure, objects, seconds
from jupyter_openapi.market.worth import Instrument
from jupyter_openapi.messages import _, ngettext
from jupyter_openapi.portfolio.arguments import window, yes_or_no
from jupyter_openapi.portfolio.executions import SIDES, history_rows
from jupyter_openapi.portfolio.pnl_frame import instants
from jupyter_openapi.portfolio.positions import AccountReader, brief, warn
from jupyter_openapi.portfolio.prices import currency_code, market_zone, read_rates
from jupyter_openapi.portfolio.rates_of_days import PastRates, complete, day_column, past_rates

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike

MINUTE = 60
MOST_DAYS = 15  # of minute candles that one call reads: one request for each security and day
TEXTS = ("order_id", "symbol", "side", "currency", "base_currency")
NUMBERS = (
    "quantity",
    "price",
    "last_price",
    "slippage_pct",
    "slippage",
    "slippage_base",
    "arrival_price",
    "arrival_slippage_pct",
    "arrival_slippage",
    "arrival_slippage_base",
)
COLUMNS = (
    *TEXTS[:3],
    "submitted_at",
    *NUMBERS[:5],
    *NUMBERS[6:9],
    "currency",
    "base_currency",
    "rate_date",
    *NUMBERS[5::4],
)
DEFINITIONS = (
    "price is the average an order filled at; positive slippage is money lost, negative money gained.",
    "last_price is the last price in the order's preview, as the journal keeps it.",
    "arrival_price is the close of the last whole minute before the broker took the order.",
    "Of an order that came before the open it is the day's first price.",
    "Fees are not in it; an option's multiplier is.",
    "The _base columns are at the rate of exchange of rate_date.",
)


@dataclass(frozen=True, slots=True)
class Filled:
    """An order of which something filled. `at` is in Unix seconds, when the broker took it."""

    order_id: str
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    at: int

    @property
    def day(self) -> date:
        """The day of its market on which it was taken."""
        return datetime.fromtimestamp(self.at, UTC).astimezone(market_zone(self.symbol)).date()


def cost_of(side: str, price: Decimal, reference: Decimal | None) -> Decimal | None:
    """Return what a unit cost more than at a reference price; negative where it cost less."""
    return None if reference is None else (price - reference) * SIDES[side] + ZERO


@guarded
def slippage(
    client: ClientLike,
    start: Any = "-30d",
    end: Any = None,
    base_currency: str = "HKD",
    *,
    arrival: bool = True,
    rates: Any = None,
) -> pd.DataFrame:
    """Return what each order of a window filled at, against two prices of before.

    Parameters
    ----------
    client
        A connected `Client`. One or two reads of the orders, one of minute candles for each security and day.
    start, end
        The window in which the orders were submitted, both included; no end is now.
    base_currency
        The currency of the ``_base`` columns.
    arrival
        Whether to read the prices at arrival; of the latest orders, up to 15 securities and days.
    rates
        Rates of exchange of your own, as `pnl` takes them.

    Returns
    -------
    pandas.DataFrame
        One row an order of which something filled, oldest first: ``order_id``, ``symbol``, ``side``,
        ``submitted_at``, ``quantity`` filled, ``price`` on average, ``last_price`` when it was sent (orders
        of this machine's journal only), ``slippage_pct`` and ``slippage`` against it, ``arrival_price``,
        ``arrival_slippage_pct``, ``arrival_slippage``, ``currency``, ``base_currency``,
        ``rate_date`` (of which day the rate of exchange is), ``slippage_base``, ``arrival_slippage_base``.
        Positive is a cost. NaN where not known.

    Raises
    ------
    RequestRefused
        The window or the currency is none.
    ApiError, TransportError
        The orders can't be read.

    Warns
    -----
    IncompleteWarning
        Something could not be read: one line says what.
    """
    base = currency_code(base_currency)
    past = past_rates(base, rates)
    yes_or_no("arrival", arrival)
    reader = AccountReader(client)
    with exactly():
        orders = read_filled(reader, start, end)
        money = _money(reader, orders, past)
        sent = last_prices(client)
        arrived = arrivals(reader, orders) if arrival else {}
        rows = [
            _row(order, money[order.symbol], past, sent.get(order.order_id), arrived.get(order.order_id))
            for order in orders
        ]
        if absent := sum(row["last_price"] is None for row in rows):
            reader.asides.append(
                ngettext(
                    "{count:,} order is not in this machine's journal with its last price.",
                    "{count:,} orders are not in this machine's journal with their last price.",
                    absent,
                ).format(count=absent)
            )
        frame = _frame(rows, client.tz)
    described = describe(
        frame,
        **reader.facts("slippage"),
        base_currency=base,
        missing=reader.missing,
        notes=[*DEFINITIONS, *past.notes(), *reader.asides],
    )
    warn(reader.missing, _("Not everything is known"))
    return seal(described)


def _money(reader: AccountReader, orders: Sequence[Filled], past: PastRates) -> Mapping[str, Instrument]:
    """Read what the securities are traded in, and the rates of exchange; say what of these is not known."""
    money = reader.instruments.of(reader.read, dict.fromkeys(one.symbol for one in orders))
    if {one.currency for one in money.values()} - {past.base}:
        complete(past, reader, read_rates(reader), orders[0].at)
    for one in money.values():
        for said in one.assumptions:
            reader.miss(said)
    rateless = {
        money[one.symbol].currency
        for one in orders
        if not past.knows(money[one.symbol].currency, one.at, one.symbol)
    }
    for currency in sorted(rateless):
        reader.miss(_("no rate for {currency} into {base}").format(currency=currency, base=past.base))
    return money


def _row(
    order: Filled,
    known: Instrument,
    past: PastRates,
    last: Decimal | None,
    arrival: Decimal | None,
) -> dict[str, Any]:
    rate, rate_date = past.rate(known.currency, order.at, order.symbol)
    return {
        "order_id": order.order_id,
        "symbol": order.symbol,
        "side": order.side,
        "submitted_at": order.at,
        "quantity": order.quantity,
        "price": order.price,
        "currency": known.currency,
        "base_currency": past.base,
        "rate_date": rate_date,
        **_against("", order, last, known.multiplier, rate),
        **_against("arrival_", order, arrival, known.multiplier, rate),
    }


def _against(
    name: str, order: Filled, reference: Decimal | None, multiplier: Decimal | None, rate: Decimal | None
) -> dict[str, Decimal | None]:
    each = cost_of(order.side, order.price, reference)
    cost = product(each, order.quantity, multiplier)
    return {
        f"{name or 'last_'}price": reference,
        f"{name}slippage_pct": ratio(each, reference),
        f"{name}slippage": cost,
        f"{name}slippage_base": product(cost, rate),
    }


def read_filled(reader: AccountReader, start: Any, end: Any = None) -> list[Filled]:
    """Return the orders of a window of which something filled, oldest first.

    Raises
    ------
    RequestRefused
        The window is none.
    OpenAPIError
        They can't be read.
    """
    first, last = window(start, end, reader.source.tz)
    until = {} if last is None else {"end_at": last}
    rows = history_rows(reader, "history_orders", start_at=first, **until)
    found: dict[str, Filled] = {}
    for row in rows:
        quantity, price = (figure(row.get(name)) for name in ("executed_quantity", "executed_price"))
        at = seconds(row.get("submitted_at"))
        side, order_id = known_text(row.get("side")).title(), known_text(row.get("order_id"))
        if quantity and price and at and side in SIDES:
            found[order_id] = Filled(order_id, known_text(row.get("symbol")), side, quantity, price, int(at))
    return sorted(found.values(), key=lambda one: (one.at, one.order_id))


def last_prices(client: Any) -> dict[str, Decimal]:
    """Return the last prices that the journal keeps of an account's orders, by order id."""
    journal, connection = getattr(client, "journal", None), getattr(client, "connection", None)
    if journal is None or connection is None or not journal.path.exists():
        return {}
    found = {}
    for row in journal.rows(account=connection.owner):
        price = figure(row.get("last_price"))
        if row.get("kind") == "submit" and row.get("order_id") and price:
            found[str(row["order_id"])] = price
    return found


def arrivals(reader: AccountReader, orders: Sequence[Filled]) -> dict[str, Decimal]:
    """Return the market's price when each order arrived, by order id; say of how many it is not known."""
    days: dict[tuple[str, date], list[Filled]] = {}
    for order in reversed(orders):
        days.setdefault((order.symbol, order.day), []).append(order)
    found: dict[str, Decimal] = {}
    for symbol, day in list(days)[:MOST_DAYS]:
        bars = _minutes(reader, symbol, day)
        for order in days[symbol, day]:
            price = price_at(bars, order.at)
            if price is not None:
                found[order.order_id] = price
    if absent := len(orders) - len(found):
        reader.asides.append(
            ngettext(
                "The price at arrival is not known of {count:,} order.",
                "The price at arrival is not known of {count:,} orders.",
                absent,
            ).format(count=absent)
        )
    return found


@dataclass(frozen=True, slots=True)
class Minute:
    """A candle of one minute: when it began, in Unix seconds, its first price and its last."""

    at: int
    first: Decimal
    last: Decimal


def price_at(bars: Sequence[Minute], at: int) -> Decimal | None:
    """Return the price of a moment: the last whole minute's close, else the day's first price."""
    place = bisect_right([bar.at + MINUTE for bar in bars], at) - 1
    if place >= 0:
        return bars[place].last
    return bars[0].first if bars else None


def _minutes(reader: AccountReader, symbol: str, day: date) -> list[Minute]:
    try:
        data = reader.ask(
            "history_candlesticks",
            symbol=symbol,
            period="1m",
            adjust_type="none",
            start_date=day,
            end_date=day,
        )
    except (OpenAPIError, RequestRefused) as failure:
        reader.asides.append(
            _("Minutes of {symbol} on {day} could not be read ({brief}).").format(
                symbol=symbol, day=day, brief=brief(failure)
            )
        )
        return []
    return _bars(data.get("candlesticks"))


def _bars(rows: Any) -> list[Minute]:
    found: list[Minute] = []
    for row in objects(rows):
        at = seconds(row.get("timestamp"))
        first, last = (figure(row.get(name)) for name in ("open", "close"))
        if at and first and last:
            found.append(Minute(int(at), first, last))
    return sorted(found, key=lambda bar: bar.at)


def _frame(rows: Sequence[Mapping[str, Any]], tz: str) -> pd.DataFrame:
    import pandas as pd

    made: dict[str, Any] = {}
    for name in COLUMNS:
        values = [row[name] for row in rows]
        if name == "submitted_at":
            made[name] = instants(values, tz)
        elif name == "rate_date":
            made[name] = day_column(values)
        else:
            made[name] = text_column(values) if name in TEXTS else floats(values)
    return pd.DataFrame(made, index=pd.RangeIndex(len(rows)), copy=False)
