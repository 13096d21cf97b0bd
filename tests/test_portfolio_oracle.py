"""Realized profit and loss against an oracle: random accounts, worked out again in exact fractions."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from support import oracle, soak
from support.accounts import FakeAccount

from jupyter_openapi import portfolio

RATES = tuple((name, "HKD", float(rate)) for name, rate in oracle.RATES.items() if name != "HKD")


def text(number: Fraction) -> str:
    """An exact decimal: the oracle's numbers have at most six decimals."""
    scaled = number * 10**6
    assert scaled.denominator == 1
    return f"{int(scaled) / 10**6:.6f}" if abs(scaled) < 2**52 else str(int(number))


def account_of(known: oracle.Portfolio) -> FakeAccount:
    """The account as a broker shows it."""
    fills, details, stocks, actions, closes = [], {}, [], {}, {}
    for one in known.securities:
        for trade in one.trades:
            order = f"o{trade.number}"
            fee, currency = known.fees[trade.number]
            fills.append(
                {
                    "order_id": order,
                    "trade_id": f"t{trade.number}",
                    "symbol": one.symbol,
                    "quantity": text(trade.quantity),
                    "price": text(trade.price),
                    "trade_done_at": str(trade.at),
                    "side": "Buy" if trade.side > 0 else "Sell",
                }
            )
            charge = {"total_amount": text(fee), "currency": currency, "items": []}
            details[order] = {"executed_quantity": text(trade.quantity), "charge_detail": charge}
        if held := one.held():
            stocks.append(
                {
                    "symbol": one.symbol,
                    "quantity": text(held),
                    "available_quantity": text(held),
                    "currency": one.currency,
                    "cost_price": text(one.cost or Fraction(1)),
                }
            )
        if one.told:
            actions[one.symbol] = [action(split) for split in one.splits]
        if one.expiry is not None:
            closes["AAPL.US", one.expiry.isoformat()] = oracle.close_of(one)
    return FakeAccount(
        stocks,
        fills=fills,
        details=details,
        actions=actions,
        closes=closes,
        statics={one.symbol: {"currency": one.currency} for one in known.securities},
        rates=RATES,
        tz=known.zone,
        options=[
            {"symbol": one.symbol, "option_extend": {"contract_multiplier": "100"}}
            for one in known.securities
            if one.multiplier > 1
        ],
    )


def action(split: oracle.Split) -> dict[str, str]:
    """A split as the broker's list words it, in one of its ways."""
    low, high = sorted((split.new, split.old))
    reverse = split.new < split.old
    words = [
        f"{split.new}-for-{split.old} {'reverse ' * reverse}split",
        f"{high}合{low}" if reverse else f"{low}拆{high}",
        f"Share consolidation, every {high} shares into {low}" if reverse else f"Split {high}:{low}",
    ][split.day.day % 3]
    return {"date": f"{split.day:%Y%m%d}", "act_type": "拆合股", "act_desc": words}


def asked(known: oracle.Portfolio) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is left out is compared below
        return portfolio.pnl(
            account_of(known),
            known.start.isoformat(),
            known.end.isoformat(),
            known.base,
            "average" if known.average else "fifo",
            fees=True,
        )


def same(ours: float, right: Fraction) -> bool:
    return ours == pytest.approx(float(right), rel=1e-11, abs=1e-7)


def disagreements(seed: int, now: datetime) -> list[str]:
    known = oracle.portfolio(seed, now)
    frame = asked(known)
    summed = portfolio.by_symbol(frame).set_index("symbol")
    found = []
    expected = known.expected()
    for symbol in {*expected, *summed.index}:
        right = expected.get(symbol)
        if symbol not in summed.index:
            found.append(f"{seed} {symbol}: missing")
            continue
        row = summed.loc[symbol]
        if right is None:
            if not row["left_out"]:
                found.append(f"{seed} {symbol}: {row.realized_pl} is not known")
            continue
        if row["left_out"] or not same(row.realized_pl, right[0]):
            found.append(f"{seed} {symbol}: {row.realized_pl} is {float(right[0])}; {row.left_out}")
        elif (right[1] is None) != bool(row.isna().net_pl):
            found.append(f"{seed} {symbol}: net {row.net_pl} is {right[1]}")
        elif right[1] is not None and not same(row.net_pl, right[1]):
            found.append(f"{seed} {symbol}: net {row.net_pl} is {float(right[1])}")
    counted = frame[frame["counted"]]
    if not same(counted["realized_pl_base"].sum(), known.total()):
        found.append(f"{seed}: total {counted['realized_pl_base'].sum()} is {float(known.total())}")
    months = counted.groupby(counted["trade_date"].dt.strftime("%Y-%m"))["realized_pl_base"].sum()
    right_months = known.months()
    if set(months.index) != set(right_months) or not all(
        same(months[month], value) for month, value in right_months.items()
    ):
        found.append(f"{seed}: months {months.to_dict()} are {right_months}")
    said = portfolio.notes(frame)
    found += [
        f"{seed} {symbol}: left out without a word"
        for symbol, right in expected.items()
        if right is None and f"{symbol} left out: " not in said
    ]
    return found


@pytest.mark.timeout(600)
def test_random_accounts_agree_with_the_oracle() -> None:
    now = datetime.now(UTC)
    found = [line for seed in range(soak(2000, 20)) for line in disagreements(seed, now)]
    assert found == []
