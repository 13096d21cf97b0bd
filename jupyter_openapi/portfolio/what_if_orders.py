"""What if: cash, weights, exposure and margin before and after some orders. Nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused, guarded
from jupyter_openapi.frames import describe, seal
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market import fees
from jupyter_openapi.market.money import ZERO, amount, exactly, floats, from_float, product, share, total
from jupyter_openapi.market.replies import figure
from jupyter_openapi.market.symbols import contract, is_option, mended, parse, today_in
from jupyter_openapi.market.worth import Instrument
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.arguments import percent, told
from jupyter_openapi.portfolio.exposures import NOTHING_OWN, whole_account
from jupyter_openapi.portfolio.option_risk import Delta, read_deltas
from jupyter_openapi.portfolio.positions import AccountReader, names, warn
from jupyter_openapi.portfolio.prices import (
    Price,
    Rates,
    read_prices,
    read_rates,
    say_priceless,
    say_rateless,
)
from jupyter_openapi.portfolio.valuation import text, valued
from jupyter_openapi.trading import Basket, Preview
from jupyter_openapi.trading.basket import LARGEST, rows_of

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike

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


DEFINITIONS = (
    "Each order is taken as filled at its limit, else at the last price; holdings are valued at last prices.",
    "Weights are of net assets. Exposure is value, an option's by its delta.",
    "Fees are estimates without the broker's own, where these are not stated; they come off the cash.",
    "Margin is value x the broker's initial factor of each security, the same way before and after.",
)


@guarded
def what_if(
    client: ClientLike, orders: Any, base_currency: str = "HKD", *, rate_pct: float = 4.0
) -> pd.DataFrame:
    """Return the account before and after some orders, as if they had filled; nothing is sent.

    Parameters
    ----------
    client
        A connected `Client`; read as `value` does, with the quotes and facts of the symbols, and the margin
        factors of up to 20 of them, one request each.
    orders
        A DataFrame or a list of mappings, one order a row: ``symbol``, ``side``, ``quantity`` (or
        ``submitted_quantity``), and ``price`` (or ``submitted_price``) where it is not the last price. The
        orders of a basket (``basket.frame()``) do.
    base_currency
        The currency of the sums.
    rate_pct
        What money earns without risk, in percent a year, for deltas of options by QuantLib.

    Returns
    -------
    pandas.DataFrame
        One row a security, then one a currency of cash (``symbol`` is ``Cash HKD``): ``symbol``,
        ``currency``, ``price``, ``quantity``, ``quantity_after``, ``value_base``, ``value_base_after``,
        ``weight``, ``weight_after``, ``exposure_base``, ``exposure_base_after``. NaN where not known.

        ``attrs["openapi"]["summary"]`` has net assets, cash, gross and net exposure, and margin, each as
        (before, after), and the ``fees``, in the base currency; None where not known.

    Raises
    ------
    RequestRefused
        A row is no order.

    Warns
    -----
    IncompleteWarning
        Something is not known, cash or a quantity would fall below zero: one line says what.
    """
    wanted = [order_of(number, row) for number, row in enumerate(orders_of(orders), 1)]
    rate = percent("rate_pct", rate_pct, "4")
    reader = AccountReader(client)
    frame = valued(client, base_currency)
    reader.missing += frame.attrs["openapi"]["missing"]
    with exactly():
        state = read_state(reader, frame, wanted, float(rate) / 100)
        known = whole_account(frame)
        charged = [_fee(reader, client, state, order) for order in wanted]
        made, summary = _effects(reader, state, wanted, charged, known=known)
    missing = list(dict.fromkeys(reader.missing))
    described = describe(
        made,
        **reader.facts("what if"),
        base_currency=state.base,
        summary=summary,
        missing=missing,
        notes=[*DEFINITIONS, *reader.asides],
    )
    warn(missing, _("Not everything is known or possible"))
    return seal(described)


def _fee(
    reader: AccountReader, client: ClientLike, state: AccountState, order: HypotheticalOrder
) -> Decimal | None:
    """Return what an order costs, None where that is not known."""
    one = state.money[order.symbol]
    price = order.price if order.price is not None else state.last(order.symbol)
    if price is None:
        return None
    side = "Buy" if order.sign > 0 else "Sell"
    try:
        charged = fees.regulatory(
            fees.estimate(order.symbol, side, order.quantity, price, today_in(one.market), one)
        )
    except (RequestRefused, LookupError):
        reader.miss(_("the fees of {symbol}").format(symbol=order.symbol))
        return None
    own = getattr(client, "fees", {}).get(one.market)
    worth = one.worth(order.quantity, price)
    return fees.total(charged) + (own.charge(order.quantity, worth) if own and worth is not None else ZERO)


def _effects(
    reader: AccountReader,
    state: AccountState,
    orders: Sequence[HypotheticalOrder],
    charged: Sequence[Decimal | None],
    *,
    known: bool,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    after, cash = dict(state.held), dict(state.cash)
    for order, fee in zip(orders, charged, strict=True):
        one = state.money[order.symbol]
        before = after[order.symbol]
        after[order.symbol] = None if before is None else before + order.sign * order.quantity
        price = order.price if order.price is not None else state.last(order.symbol)
        value = one.worth(order.quantity, price)
        money = cash.get(one.currency, ZERO)
        cash[one.currency] = (
            None if money is None or value is None or fee is None else money - order.sign * value - fee
        )
    _say_impossible(reader, state, after, cash)
    rows = [_security(state, symbol, after[symbol]) for symbol in state.held]
    rows += [_money(state, currency, cash[currency]) for currency in cash]
    sums = {}
    for name in ("value_base", "value_base_after"):
        sums[name] = _strict([row[name] for row in rows]) if known else None
    for row in rows:
        row["weight"] = share(row["value_base"], sums["value_base"], Decimal(1))
        row["weight_after"] = share(row["value_base_after"], sums["value_base_after"], Decimal(1))
    if any(worth is not None and worth <= 0 for worth in sums.values()):
        reader.asides.append(_(NOTHING_OWN))
    costs = [
        product(fee, state.rates.rate(state.money[order.symbol].currency, state.base))
        for order, fee in zip(orders, charged, strict=True)
    ]
    summary = _summary(state, rows, after, sums, _strict(costs))
    return _frame(rows), summary


def _say_impossible(
    reader: AccountReader,
    state: AccountState,
    after: Mapping[str, Decimal | None],
    cash: Mapping[str, Decimal | None],
) -> None:
    below = [name for name, money in cash.items() if money is not None and money < 0]
    below = [name for name in below if (state.cash.get(name) or ZERO) >= 0]
    if below:
        reader.miss(_("cash in {names} would fall below zero").format(names=names(below)))
    short = [
        symbol
        for symbol, quantity in after.items()
        if quantity is not None and quantity < 0 and (state.held[symbol] or ZERO) >= 0
    ]
    if short:
        reader.miss(_("{names} would be sold short").format(names=names(short)))


def _security(state: AccountState, symbol: str, after: Decimal | None) -> dict[str, Any]:
    one = state.money[symbol]
    held = state.held[symbol]
    rate = state.rates.rate(one.currency, state.base)
    quoted = product(state.last(symbol), one.multiplier, rate)
    each = quoted if is_option(symbol) else state.units[symbol]
    return {
        "symbol": symbol,
        "currency": one.currency,
        "price": state.last(symbol),
        "quantity": held,
        "quantity_after": after,
        "value_base": _times(held, each),
        "value_base_after": _times(after, each),
        "exposure_base": _times(held, state.units[symbol]),
        "exposure_base_after": _times(after, state.units[symbol]),
    }


def _times(quantity: Decimal | None, each: Decimal | None) -> Decimal | None:
    """Return the product; nothing of something is nothing, whatever it is worth."""
    return ZERO if quantity == 0 else product(quantity, each)


def _money(state: AccountState, currency: str, after: Decimal | None) -> dict[str, Any]:
    rate = state.rates.rate(currency, state.base)
    before = state.cash.get(currency, ZERO)
    return {
        "symbol": _("Cash {currency}").format(currency=currency),
        "currency": currency,
        "price": None,
        "quantity": before,
        "quantity_after": after,
        "value_base": _times(before, rate),
        "value_base_after": _times(after, rate),
        "exposure_base": None,
        "exposure_base_after": None,
    }


def _summary(
    state: AccountState,
    rows: Sequence[Mapping[str, Any]],
    after: Mapping[str, Decimal | None],
    sums: Mapping[str, Decimal | None],
    costs: Decimal | None,
) -> dict[str, Any]:
    securities = [row for row in rows if row["symbol"] in after]
    found: dict[str, Any] = {"net_assets": [text(sums[f"value_base{end}"]) for end in ("", "_after")]}
    found["cash"] = [
        text(_strict([row[f"value_base{end}"] for row in rows if row["symbol"] not in after]))
        for end in ("", "_after")
    ]
    for name, sign in (("net_exposure", None), ("gross_exposure", abs)):
        found[name] = [
            text(
                _strict(
                    [
                        None
                        if row[f"exposure_base{end}"] is None
                        else (sign or Decimal)(row[f"exposure_base{end}"])
                        for row in securities
                    ]
                )
            )
            for end in ("", "_after")
        ]
    found["margin"] = [
        text(
            _strict(
                [
                    product(None if value is None else abs(value), state.margins.get(str(row["symbol"])))
                    if (value := row[f"value_base{end}"]) != 0
                    else ZERO
                    for row in securities
                ]
            )
        )
        for end in ("", "_after")
    ]
    found["fees"] = text(costs)
    return found


def _strict(values: Sequence[Decimal | None]) -> Decimal | None:
    """Return the sum, 0 of nothing, or None if a part is not known."""
    return None if None in values else total(values) or ZERO


COLUMNS = (
    "symbol",
    "currency",
    "price",
    "quantity",
    "quantity_after",
    "value_base",
    "value_base_after",
    "weight",
    "weight_after",
    "exposure_base",
    "exposure_base_after",
)


def _frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    made: dict[str, Any] = {
        name: text_column([row[name] for row in rows])
        if name in {"symbol", "currency"}
        else floats([row[name] for row in rows])
        for name in COLUMNS
    }
    return pd.DataFrame(made, index=pd.RangeIndex(len(rows)), copy=False)
