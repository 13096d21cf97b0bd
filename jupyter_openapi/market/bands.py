"""Input price limits: how far from the market a Hong Kong exchange lets an order's price be.

Source: HKEX FAQ (24 and 9 spreads, the nine-times rule); the broker's own, narrower band
(``data/orders.json``, ``bands``). US stocks have no such limit at the broker.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from jupyter_openapi.market.facts import facts
from jupyter_openapi.market.ticks import Ladder, ladder

Band = tuple[Decimal | None, Decimal | None]


def band(  # noqa: PLR0917 - the house's interface: every place is named in the docstring
    order_type: str,
    side: str,
    best_bid: Decimal | None,
    best_ask: Decimal | None,
    last: Decimal | None,
    prev_close: Decimal | None,
    on: date,
    table: str = "part_a",
) -> Band:
    """Return the lowest and highest price the exchange takes, both included; None where there is no limit.

    Parameters
    ----------
    order_type, side
        ``LO``, ``ELO`` and ``SLO`` are limited by the best prices; every priced type by nine times the
        nominal price.
    best_bid, best_ask
        The book's best prices; a missing side is replaced by the nominal price (unconfirmed).
    last, prev_close
        The nominal price is the last price, or else the previous close.
    on, table
        Pick the spread table: ``part_a``, ``part_d_etp``; ``us`` has no limits.

    Notes
    -----
    The limits are the exchange's for continuous trading, and lie on the ladder of prices.
    """
    if table == "us":
        return None, None
    rungs = ladder("HK", on, table)
    nominal = last or prev_close
    bid, ask = best_bid or nominal, best_ask or nominal
    low_rule, high_rule = facts("orders")["bands"]["exchange"].get(order_type, {}).get(side, (None, None))
    lows = [_limit(low_rule, bid, ask, rungs)]
    highs = [_limit(high_rule, bid, ask, rungs)]
    if nominal:
        low, high = _nine_times(nominal, rungs)
        lows.append(low)
        highs.append(high)
    return max(filter(None, lows), default=None), min(filter(None, highs), default=None)


def broker_band(  # noqa: PLR0917 - as `band`
    side: str,
    best_bid: Decimal | None,
    best_ask: Decimal | None,
    last: Decimal | None,
    on: date,
    table: str = "part_a",
) -> Band:
    """Return the broker's own band for limit orders in Hong Kong: narrower, 20 and 9 spreads."""
    if table == "us":
        return None, None
    rungs = ladder("HK", on, table)
    low, high = facts("orders")["bands"]["broker"].get(side, (None, None))
    bid, ask = best_bid or last, best_ask or last
    return _limit(low, bid, ask, rungs), _limit(high, bid, ask, rungs)


def _limit(rule: str | None, bid: Decimal | None, ask: Decimal | None, rungs: Ladder) -> Decimal | None:
    if rule is None:
        return None
    price = bid if rule.startswith("bid") else ask
    spreads = int(rule[3:] or 0)
    if price is None:
        return None
    return rungs.price((rungs.below(price) if spreads >= 0 else rungs.above(price)) + spreads)


def _nine_times(nominal: Decimal, rungs: Ladder) -> Band:
    """Return the prices strictly inside a ninth and nine times the nominal price."""
    times = Decimal(facts("orders")["bands"]["times_rule"])
    low = rungs.below(nominal / times) + 1  # the first rung strictly above a ninth
    if rungs.lowest * times > nominal:
        low = 0
    high = rungs.above(nominal * times) - 1
    if rungs.highest is not None and rungs.highest < nominal * times:
        return rungs.price(low), rungs.highest
    return rungs.price(low), rungs.price(high)
