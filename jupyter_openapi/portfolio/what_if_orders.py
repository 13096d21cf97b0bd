"""What if: cash, weights, exposure and margin before and after some orders. Nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, guarded
from jupyter_openapi.frames import describe, seal
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market import fees
from jupyter_openapi.market.money import ZERO, exactly, floats, product, share, total
from jupyter_openapi.market.symbols import is_option, today_in
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.exposures import NOTHING_OWN, whole_account
from jupyter_openapi.portfolio.given_arguments import percent
from jupyter_openapi.portfolio.positions import AccountReader, names, warn
from jupyter_openapi.portfolio.valuation import text, valued
from jupyter_openapi.portfolio.what_if_inputs import (
    AccountState,
    HypotheticalOrder,
    order_of,
    orders_of,
    read_state,
)

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike

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
