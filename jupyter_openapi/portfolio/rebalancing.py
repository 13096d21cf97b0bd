"""Rebalance: from target weights to a basket of orders, as a preview; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused, guarded
from jupyter_openapi.frames import describe, seal
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market import fees
from jupyter_openapi.market.money import (
    ZERO,
    amount,
    exactly,
    floats,
    from_float,
    known_text,
    plain,
    product,
    share,
    shown,
)
from jupyter_openapi.market.replies import figure, objects
from jupyter_openapi.market.symbols import is_option, mended, parse, today_in
from jupyter_openapi.market.worth import Instrument
from jupyter_openapi.messages import _, commas
from jupyter_openapi.portfolio.arguments import choice, one_client, told
from jupyter_openapi.portfolio.exposures import whole_account
from jupyter_openapi.portfolio.lot_plan import Line, Plan, planned
from jupyter_openapi.portfolio.positions import AccountReader, brief, names, warn
from jupyter_openapi.portfolio.prices import Price, Rates, currency_code, read_prices, read_rates
from jupyter_openapi.portfolio.valuation import valued
from jupyter_openapi.spec.check import texts

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike
    from jupyter_openapi.trading import Basket

SLACK = Decimal("1e-9")  # by which weights may be above 1 in all: a sum of floats


def weights_of(weights: Any) -> dict[str, Decimal]:
    """Return target weights by symbol.

    Raises
    ------
    RequestRefused
        One is no number from 0 to 1 or of no share, or they are above 1 in all.
    """
    if type(weights).__name__ == "Series":
        weights = weights.to_dict()
    if not isinstance(weights, Mapping) or not weights:
        raise RequestRefused(
            _("weights are symbols and shares of net assets, such as {example}, not {given}.").format(
                example="{'700.HK': 0.3}", given=told(weights)
            )
        )
    found: dict[str, Decimal] = {}
    for name, given in weights.items():
        if not isinstance(name, str):
            raise RequestRefused(
                _("weights are by symbol, such as {example}, not by {given}.").format(
                    example="{'700.HK': 0.3}", given=told(name)
                )
            )
        symbol = mended(name)
        parse(symbol)
        if symbol in found:
            raise RequestRefused(_("weights have {symbol} twice: give it one weight.").format(symbol=symbol))
        weight = amount(given) if isinstance(given, (Real, Decimal, str)) else None
        weight = None if type(given).__name__ in {"bool", "bool_"} else weight
        if weight is None or not 0 <= weight <= 1:
            raise RequestRefused(
                _("The weight of {symbol} is a number from 0 to 1, not {given}.").format(
                    symbol=symbol, given=told(given)
                )
            )
        if is_option(symbol):
            raise RequestRefused(
                _("{symbol} is an option: weights are of shares. Trade it by an order of its own.").format(
                    symbol=symbol
                )
            )
        found[symbol] = weight
    whole = sum(found.values(), ZERO)
    if whole > 1 + SLACK:
        raise RequestRefused(
            _("The weights are {whole} in all; they are shares of net assets, 1 at most.").format(
                whole=shown(whole, 4)
            )
        )
    return found


def reserve_of(reserve: Any, base: str) -> dict[str, Decimal]:
    """Return the cash that is not spent, by currency.

    Raises
    ------
    RequestRefused
        It is no amount.
    """
    stated = reserve if isinstance(reserve, Mapping) else {base: reserve}
    found = {}
    for currency, given in stated.items():
        money = amount(given) if isinstance(given, (Real, Decimal, str)) else None
        if money is None or money < 0 or isinstance(given, bool):
            raise RequestRefused(
                _("reserve is an amount of 0 or more, or amounts by currency; not {given}.").format(
                    given=told(given)
                )
            )
        found[currency_code(currency, "reserve")] = money
    return found


def available_cash(reader: AccountReader) -> dict[str, Decimal]:
    """Return the cash that can be spent now, by currency: what open orders hold and what settles is not.

    Raises
    ------
    RequestRefused
        It can't be read.
    """
    try:
        entries = reader.ask("account_balance").get("list")
    except OpenAPIError as failure:
        raise RequestRefused(
            _("Nothing is rebalanced, for the cash could not be read ({brief}).").format(brief=brief(failure))
        ) from None
    found: dict[str, Decimal] = {}
    for entry in objects(entries):
        for info in objects(entry.get("cash_infos")):
            currency, free = known_text(info.get("currency")).upper(), figure(info.get("available_cash"))
            if currency and free is not None:
                found.setdefault(currency, free)  # a statement in another currency repeats it
    return found


def paid_in(currency: str, cash: Mapping[str, Decimal]) -> str:
    """Return the currency of the cash that pays: renminbi is held under either of its codes."""
    return "CNH" if currency == "CNY" and "CNY" not in cash and "CNH" in cash else currency


class Costs:
    """What an order in one security costs: duties and levies, and the broker's own as stated or as usual."""

    def __init__(self, instrument: Instrument, price: Decimal, own: fees.BrokerFees | None) -> None:
        self._instrument = instrument
        self._price = price
        self._own = own

    def __call__(self, side: str, quantity: Decimal) -> Decimal:
        """Return what an order of a side and a quantity costs; 0 for nothing."""
        if not quantity:
            return ZERO
        one = self._instrument
        charged = fees.estimate(one.symbol, side, quantity, self._price, today_in(one.market), one)
        if self._own is None:
            return fees.total(charged)
        own = self._own.charge(quantity, quantity * self._price)
        return fees.total(fees.regulatory(charged)) + own


TYPES = ("LO", "MO")
DEFINITIONS = (
    "target_weight is of net assets (holdings and cash) less the reserve; what has no weight is left alone.",
    "Whole lots rounded down, then a lot to the largest shortfall, never more than one beyond its target.",
    "Each currency pays with its own cash; fees are estimates, with the broker's own where they are stated.",
)


@dataclass
class Targets:
    """What a rebalancing knows: the lines, the money, and the account in the base currency."""

    base: str
    lines: list[Line]
    weights: Mapping[str, Decimal]
    cash: dict[str, Decimal]
    reserve: dict[str, Decimal]
    net_assets: Decimal
    rates: Rates
    left_alone: list[str] = field(default_factory=list)


@guarded
def rebalance(
    client: ClientLike,
    weights: Mapping[str, Any],
    base_currency: str = "HKD",
    *,
    reserve: Any = 0,
    order_type: str = "LO",
    override: Iterable[str] = (),
) -> Basket:
    """Return a basket that brings the holdings near target weights, as a preview: nothing is sent.

    Parameters
    ----------
    client
        A connected `Client`; read as `value` does, with the quotes and facts of the symbols.
    weights
        Symbol to its share of net assets, 0 to 1; 0 sells it. What is not named is left alone.
    base_currency
        The currency in which shares are measured.
    reserve
        Cash that is not spent: an amount of the base currency, or amounts by currency.
    order_type
        ``LO``: limit orders at the last price; ``MO``: market orders, whose cost is not certain.
    override
        Limits of orders to let pass, by name, as `Client.call` takes them.

    Returns
    -------
    Basket
        Sales first. ``basket.send()`` sends them one after the other, within 60 s; a purchase may need the
        money of a sale that has not filled yet.

    Raises
    ------
    RequestRefused
        A weight, the reserve or the type is none, weights are above 1 in all, something that a target takes
        is not known, or there is nothing to trade.

    Warns
    -----
    IncompleteWarning
        A target can't be reached, by more than a lot: one line says which, and why.
    """
    order_type = choice("order_type", order_type, TYPES, _(" or "))
    override = texts("override", override)
    targets, plan = _planned(client, weights, base_currency, reserve)
    if not plan.orders:
        raise RequestRefused(
            _("There is nothing to trade: no target is a whole lot away, or no cash is left for it.")
        )
    orders = [
        {
            "symbol": order.symbol,
            "side": order.side,
            "order_type": order_type,
            "submitted_quantity": plain(order.quantity),
            "time_in_force": "Day",
        }
        | ({"submitted_price": plain(order.price)} if order_type == "LO" else {})
        for order in plan.orders
    ]
    more: dict[str, Any] = {"tick": "safe"} if order_type == "LO" else {}
    basket: Basket = client.call("submit_order", orders=orders, override=override, **more)
    warn(_out_of_reach(targets, plan), _("Not every target is reached"))
    return basket


@guarded
def rebalance_plan(
    client: ClientLike, weights: Mapping[str, Any], base_currency: str = "HKD", *, reserve: Any = 0
) -> pd.DataFrame:
    """Return what `rebalance` would trade, as a frame: nothing is previewed or sent.

    Parameters
    ----------
    client, weights, base_currency, reserve
        As `rebalance`.

    Returns
    -------
    pandas.DataFrame
        One row a symbol with a weight: ``symbol``, ``currency``, ``price``, ``lot_size``, ``held``,
        ``side`` and ``quantity`` of its order (empty and 0 for none), ``fees`` (an estimate), ``after``,
        ``weight``, ``target_weight``, ``weight_after``, ``shortfall_base`` (negative beyond the target).
        ``attrs["openapi"]`` has the cash before and after, and what is not reached (``missing``).

    Raises
    ------
    RequestRefused
        As `rebalance`.
    """
    targets, plan = _planned(client, weights, base_currency, reserve)
    reader = AccountReader(client)
    with exactly():
        frame = _frame(targets, plan)
        missing = _out_of_reach(targets, plan)
    return seal(
        describe(
            frame,
            **reader.facts("rebalance"),
            base_currency=targets.base,
            cash_before={name: plain(money) for name, money in targets.cash.items()},
            cash_after={name: plain(money) for name, money in plan.cash.items()},
            left_alone=targets.left_alone,
            missing=missing,
            notes=list(DEFINITIONS),
        )
    )


def _planned(
    client: ClientLike, weights: Mapping[str, Any], base_currency: str, reserve: Any
) -> tuple[Targets, Plan]:
    base = currency_code(base_currency)
    one_client(client)
    with exactly():
        wanted = weights_of(weights)
        targets = _targets(client, wanted, base, reserve_of(reserve, base))
        return targets, planned(targets.lines, targets.cash, targets.reserve)


def _targets(
    client: ClientLike, weights: Mapping[str, Decimal], base: str, reserve: dict[str, Decimal]
) -> Targets:
    """Read the account and the symbols, and refuse where something that a target takes is not known."""
    frame = valued(client, base)
    known = frame.attrs["openapi"]
    reader = AccountReader(client)
    prices = read_prices(reader, weights)
    money = {symbol: reader.instruments.one(reader.read, symbol) for symbol in weights}
    currencies = {one.currency for one in money.values()} | set(reserve)
    rates = read_rates(reader) if currencies - {base} else Rates()
    parts = [from_float(value) for value in frame["market_value_base"]]
    parts += [amount(part["amount_base"]) for part in known["cash"]]
    if not whole_account(frame) or None in parts:
        raise RequestRefused(
            _("Nothing is rebalanced, for net assets are not known: {missing}.").format(
                missing=_("; ").join(known["missing"])
            )
        )
    net = sum((part for part in parts if part is not None), ZERO)
    kept = [product(held, rates.rate(currency, base)) for currency, held in reserve.items()]
    if None in kept:
        raise RequestRefused(
            _("Nothing is rebalanced, for no rate into {base} tells the reserve's worth.").format(base=base)
        )
    held = {symbol: frame[frame["symbol"] == symbol] for symbol in weights}
    own = getattr(client, "fees", {})
    cash = available_cash(reader)
    spare = net - sum((part for part in kept if part is not None), ZERO)
    lines = []
    for symbol, weight in weights.items():
        one, mine = money[symbol], held[symbol]
        price, lot, rate = _known(one, prices.get(symbol), rates.rate(one.currency, base), base)
        lines.append(
            Line(
                symbol,
                paid_in(one.currency, cash),
                price,
                lot,
                _sum(mine["quantity"]),
                _sum(mine["available_quantity"]),
                max(ZERO, weight * spare) / rate,
                Costs(one, price, own.get(one.market)),
            )
        )
    alone = [str(symbol) for symbol in frame["symbol"] if str(symbol) not in weights]
    return Targets(base, lines, weights, cash, reserve, net, rates, alone)


def _known(
    one: Instrument, price: Price | None, rate: Decimal | None, base: str
) -> tuple[Decimal, int, Decimal]:
    """Return a security's last price, its board lot, and what its currency is worth in the base currency.

    Raises
    ------
    RequestRefused
        One of them is not known.
    """
    last = None if price is None else price.last
    if last and one.lot_size and rate:
        return last, one.lot_size, rate
    words = (
        (last, _("its last price")),
        (one.lot_size, _("its board lot")),
        (rate, _("a rate for {currency} into {base}").format(currency=one.currency, base=base)),
    )
    raise RequestRefused(
        _("Nothing is rebalanced. Not known for {symbol}: {lacks}.").format(
            symbol=one.symbol, lacks=commas(said for value, said in words if not value)
        )
    )


def _sum(values: Iterable[Any]) -> Decimal:
    return sum((from_float(value) or ZERO for value in values), ZERO)


def _out_of_reach(targets: Targets, plan: Plan) -> list[str]:
    """Return a line for each target that is more than a lot away after the orders."""
    signed = {
        order.symbol: order.quantity if order.side == "Buy" else -order.quantity for order in plan.orders
    }
    short, over = [], []
    for line in targets.lines:
        after = line.held + signed.get(line.symbol, ZERO)
        if line.wanted - after >= line.lot:
            short.append(line.symbol)
        elif after - line.wanted >= line.lot:
            over.append(line.symbol)
    said = []
    if short:
        said.append(_("too little cash of its currency for {names}").format(names=names(short)))
    if over:
        said.append(_("less of {names} can be sold now than is held").format(names=names(over)))
    return said


def _frame(targets: Targets, plan: Plan) -> pd.DataFrame:
    import pandas as pd

    orders = {order.symbol: order for order in plan.orders}
    rows: list[dict[str, Any]] = []
    for line in targets.lines:
        order = orders.get(line.symbol)
        quantity = order.quantity if order is not None else ZERO
        signed = quantity if order is not None and order.side == "Buy" else -quantity
        rate = targets.rates.rate(line.currency, targets.base)
        after = line.held + signed
        value, later = (product(units, line.price, rate) for units in (line.held, after))
        rows.append(
            {
                "symbol": line.symbol,
                "currency": line.currency,
                "price": line.price,
                "lot_size": line.lot,
                "held": line.held,
                "side": order.side if order is not None else "",
                "quantity": quantity,
                "fees": order.fee if order is not None else ZERO,
                "after": after,
                "weight": share(value, targets.net_assets, Decimal(1)),
                "target_weight": targets.weights[line.symbol],
                "weight_after": share(later, targets.net_assets, Decimal(1)),
                "shortfall_base": product(line.target - after * line.price, rate),
            }
        )
    texts = ("symbol", "currency", "side")
    columns: Sequence[str] = list(rows[0])
    made: dict[str, Any] = {
        name: text_column([row[name] for row in rows])
        if name in texts
        else pd.array([row[name] for row in rows], dtype="Int64")
        if name == "lot_size"
        else floats([row[name] for row in rows])
        for name in columns
    }
    return pd.DataFrame(made, copy=False)
