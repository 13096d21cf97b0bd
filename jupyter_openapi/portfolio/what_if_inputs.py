"""The account and its securities, as far as hypothetical orders need them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.market.money import ZERO, amount, from_float, product
from jupyter_openapi.market.replies import figure
from jupyter_openapi.market.symbols import contract, is_option, mended, parse
from jupyter_openapi.market.worth import Instrument
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.given_arguments import told
from jupyter_openapi.portfolio.option_risk import Delta, read_deltas
from jupyter_openapi.portfolio.positions import AccountReader, names
from jupyter_openapi.portfolio.prices import (
    Price,
    Rates,
    read_prices,
    read_rates,
    say_priceless,
    say_rateless,
)
from jupyter_openapi.trading import Basket, Preview
from jupyter_openapi.trading.basket import LARGEST, rows_of

if TYPE_CHECKING:
    import pandas as pd

MOST_MARGINS = 20  # securities whose margin factors are asked for, one request each
SIDES = {"BUY": 1, "SELL": -1}


@dataclass(frozen=True, slots=True)
class HypotheticalOrder:
    """One order: `sign` is 1 for a purchase; `price` its limit, None for the last price."""

    symbol: str
    sign: int
    quantity: Decimal
    price: Decimal | None


@dataclass
class AccountState:
    """What is known of the account and of the securities in question."""

    base: str
    held: dict[str, Decimal | None]
    cash: dict[str, Decimal | None]
    money: Mapping[str, Instrument]
    prices: Mapping[str, Price]
    rates: Rates
    units: dict[str, Decimal | None] = field(default_factory=dict)
    """What one unit moves, in the base currency."""
    margins: dict[str, Decimal | None] = field(default_factory=dict)

    def last(self, symbol: str) -> Decimal | None:
        """Return the last price of a security."""
        return self.prices[symbol].last if symbol in self.prices else None


def orders_of(orders: Any) -> Sequence[Mapping[str, Any]]:
    """Return the rows of what is given as orders, without what is missing.

    A frame, a mapping or an order's preview, or a list of these; a basket is its rows.

    Raises
    ------
    RequestRefused
        It is something else, or has no row.
    """
    given = orders.previews if isinstance(orders, Basket) else orders
    if hasattr(given, "to_dict") and hasattr(given, "columns"):
        given = given.to_dict("records")
    if isinstance(given, (Mapping, Preview)):
        given = [given]
    if isinstance(given, (list, tuple)):
        given = [_fields(each) for each in given]
    if not isinstance(given, list) or not given or not all(isinstance(row, Mapping) for row in given):
        raise RequestRefused(
            _("orders takes a DataFrame or a list of orders, such as {example}, not {given}.").format(
                example="[{'symbol': '700.HK', 'side': 'Buy', 'quantity': 100}]", given=told(orders)
            )
        )
    if len(given) > LARGEST:
        raise RequestRefused(
            _("orders has {largest} rows at most; this one has {count}.").format(
                largest=LARGEST, count=len(given)
            )
        )
    return rows_of(given)


def _fields(order: object) -> object:
    """Return what the preview of a new order would send; anything else as it is."""
    if not isinstance(order, Preview) or order.operation.name != "submit_order":
        return order
    return json.loads(order.body)


def order_of(number: int, row: Mapping[str, Any]) -> HypotheticalOrder:
    """Return one order.

    Raises
    ------
    RequestRefused
        It is none.
    """
    symbol = mended(str(row.get("symbol", "")))
    if symbol:
        parse(symbol)
    side = SIDES.get(str(row.get("side", "")).upper())
    quantity = figure(row.get("submitted_quantity", row.get("quantity")))
    given = row.get("submitted_price", row.get("price"))
    price = amount(given)
    if (
        not symbol
        or side is None
        or quantity is None
        or quantity <= 0
        or (given is not None and (price is None or price <= 0))
    ):
        raise RequestRefused(
            _(
                "Row {number} of orders: an order has a symbol, a side (Buy or Sell), a quantity above 0, "
                "and a price above 0 or none."
            ).format(number=number)
        )
    return HypotheticalOrder(symbol, side, quantity, price)


def read_state(
    reader: AccountReader, frame: pd.DataFrame, orders: Sequence[HypotheticalOrder], rate: float
) -> AccountState:
    """Return what is known of the account in a frame of `value`, and of the securities of some orders."""
    base = str(frame.attrs["openapi"]["base_currency"])
    held: dict[str, Decimal | None] = {}
    currencies: dict[str, str] = {}
    values: dict[str, Decimal | None] = {}
    for row in frame.to_dict("records"):
        symbol, quantity = str(row["symbol"]), from_float(row["quantity"])
        before = held.get(symbol, ZERO)
        held[symbol] = None if before is None or quantity is None else before + quantity
        value = from_float(row["market_value_base"])
        worth = values.get(symbol, ZERO)
        values[symbol] = None if worth is None or value is None else worth + value
        currencies[symbol] = str(row["currency"])
    for order in orders:
        held.setdefault(order.symbol, ZERO)
    traded = list(dict.fromkeys(order.symbol for order in orders))
    options = [symbol for symbol in held if is_option(symbol)]
    shares = [one.underlying for symbol in options if (one := contract(symbol)) is not None]
    prices = read_prices(reader, dict.fromkeys([*traded, *options, *shares]))
    # Of what is held the frame has said it.
    say_priceless(reader, prices, [symbol for symbol in prices if symbol not in values])
    money = reader.instruments.of(reader.read, held, currencies)
    for symbol in traded:
        for said in money[symbol].assumptions:
            reader.miss(said)
    cash = {str(part["currency"]): amount(part["amount"]) for part in frame.attrs["openapi"]["cash"]}
    every = {one.currency for one in money.values()} | set(cash)
    rates = read_rates(reader) if every - {base} else Rates()
    say_rateless(
        reader, rates, {money[symbol].currency for symbol in traded} - set(currencies.values()), base
    )
    state = AccountState(base, held, cash, money, prices, rates)
    deltas = read_deltas(reader, options, prices, rate) if options else {}
    for symbol, quantity in held.items():
        if is_option(symbol) or symbol in traded:
            state.units[symbol] = _unit(state, symbol, deltas.get(symbol))
        else:
            state.units[symbol] = _each(values[symbol], quantity)
    _read_margins(reader, state)
    return state


def _unit(state: AccountState, symbol: str, delta: Delta | None) -> Decimal | None:
    """Return what one unit of a security moves, in the base currency."""
    instrument, option = state.money[symbol], contract(symbol)
    into = state.rates.rate(instrument.currency, state.base)
    if not is_option(symbol):
        return product(state.last(symbol), into)
    share = None if option is None else state.last(option.underlying)
    return product(None if delta is None else delta.value, share, instrument.multiplier, into)


def _each(value: Decimal | None, quantity: Decimal | None) -> Decimal | None:
    return value / quantity if value is not None and quantity else None


def _read_margins(reader: AccountReader, state: AccountState) -> None:
    """Read the initial margin factor of each security; say of which it is not known."""
    lost = list(state.held)[MOST_MARGINS:]
    for symbol in list(state.held)[:MOST_MARGINS]:
        try:
            factor = figure(reader.ask("margin_ratio", symbol=symbol).get("im_factor"))
        except (OpenAPIError, RequestRefused):
            factor = None
        state.margins[symbol] = factor
        if factor is None:
            lost.append(symbol)
    if lost:
        reader.miss(_("the margin factor of {names}").format(names=names(lost)))
