"""Replies with parts that are missing or something else: what is known is shown, one line says the rest."""

from __future__ import annotations

import copy
import random
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import soak
from support.accounts import FakeAccount, fill, fund, quote, stock

from jupyter_openapi import plots, portfolio
from jupyter_openapi.errors import OpenAPIError
from jupyter_openapi.market.replies import LAST, figure, objects, seconds
from jupyter_openapi.portfolio import IncompleteWarning

YEAR = datetime.now(UTC).year - 1
START, END = f"{YEAR}-11-01", f"{YEAR}-12-01"
T0 = int(datetime(YEAR, 11, 2, 2, tzinfo=UTC).timestamp())
DAY = 86_400
OPTION = "AAPL270115C260000.US"
ODD: tuple[Any, ...] = (
    None, "", "NaN", "inf", "-inf", "abc", -1, 0, "0", "-5", "1e400", "1e-400", [], {}, [None], [5], ["x"],
    {"x": 1}, True, "1" * 60, 1.5, float("nan"), "1,000", "0x10", [[]], str(1000 * T0), 1000 * T0,
)  # fmt: skip


def garbled(part: Any, dice: random.Random, share: float) -> Any:
    """A reply of which some parts are something else, missing, or more than they should be."""
    if dice.random() < share:
        return dice.choice(ODD)
    if isinstance(part, dict):
        found = {name: garbled(value, dice, share) for name, value in part.items()}
        if found and dice.random() < share:
            found.pop(dice.choice(list(found)))
        return found
    if isinstance(part, list):
        return [garbled(value, dice, share) for value in part] + [dice.choice(ODD)] * (dice.random() < share)
    return part


class Garbled(FakeAccount):
    """An account whose replies are garbled; `share` is how many of their parts are."""

    dice: random.Random
    share: float

    def call(self, operation: str, /, **parameters: Any) -> Any:
        reply = super().call(operation, **parameters)
        return SimpleNamespace(data=garbled(copy.deepcopy(reply.data), self.dice, self.share))

    def _calc_indexes(self, asked: Any) -> Any:
        return {"security_calc_index": [{"symbol": symbol, "delta": "0.4"} for symbol in asked["symbols"]]}

    def _margin_ratio(self, _: Any) -> Any:
        return {"im_factor": "0.5"}

    def _portfolio_profit_analysis(self, _: Any) -> Any:
        return {"sum_profit_rate": "0.1", "sum_profit": "10", "initial_asset_value": "100", "currency": "HKD"}

    def _fundamental_institution_rating_latest(self, _: Any) -> Any:
        return {"industry_name": "Internet"}

    def _fundamental_company(self, _: Any) -> Any:
        return {"sector": "5"}

    def _history_orders(self, _: Any) -> Any:
        order = {
            "order_id": "o1", "symbol": "700.HK", "side": "Buy", "executed_quantity": "100",
            "executed_price": "10", "submitted_at": str(T0), "status": "FilledStatus",
        }  # fmt: skip
        return {"orders": [order], "has_more": False}

    def _history_candlesticks(self, _: Any) -> Any:
        bars = [{"timestamp": str(T0 + n * DAY), "open": "10", "close": "10"} for n in range(5)]
        return {"candlesticks": bars}


def flow(name: str, symbol: str) -> dict[str, Any]:
    return {
        "transaction_flow_name": name, "balance": "5", "currency": "HKD", "business_time": str(T0 + DAY),
        "symbol": symbol, "business_type": 1, "direction": 2, "description": "",
    }  # fmt: skip


def account(dice: random.Random) -> Garbled:
    extend = {"contract_multiplier": "100", "implied_volatility": "0.3", "contract_type": "A"}
    charge = {"total_amount": "5", "items": [{"fees": [{"currency": "HKD"}]}]}
    client = Garbled(
        [stock("700.HK", "100", "10", "100"), stock("AAPL.US", "10", "200"), stock(OPTION, "-1", "5")],
        [fund("HK0001", "5", "10", "11")],
        quotes=[quote("700.HK", "12", "11"), quote("AAPL.US", "250", "249"), quote("5.HK", "60", "60")],
        options=[quote(OPTION, "5", "4", option_extend=extend)],
        cash={"HKD": "100000", "USD": "500"},
        today=[fill(9, "700.HK", "Buy", "100", "10", T0)],
        fills=[
            fill(1, "700.HK", "Buy", "200", "10", T0), fill(2, "700.HK", "Sell", "100", "12", T0 + DAY),
            fill(3, "AAPL.US", None, "10", "200", T0 + 2 * DAY),
            fill(4, OPTION, "Sell", "1", "5", T0 + 3 * DAY),
        ],
        orders=[{"order_id": "o3", "side": "Buy"}],
        details={"o1": {"executed_quantity": "200", "charge_detail": charge}},
        analysis=[{"symbol": "700.HK", "profit": "5", "currency": "HKD"}],
        flows=[flow("Cash Dividend", "700.HK"), flow("Deposit", "")],
        actions={"700.HK": [{"date": f"{YEAR}1110", "act_desc": "2-for-1 split"}]},
        statics={
            "700.HK": {"currency": "HKD", "lot_size": 100}, "AAPL.US": {"currency": "USD", "lot_size": 1}
        },
    )  # fmt: skip
    client.dice, client.share = dice, dice.choice([0.01, 0.03, 0.1])
    return client


ORDERS = [
    {"symbol": "5.HK", "side": "Buy", "quantity": 400},
    {"symbol": OPTION, "side": "Buy", "quantity": 1},
]


def curve(client: Garbled, folder: Path) -> pd.DataFrame:
    for _ in range(2):
        portfolio.snapshot(client, folder=folder)
    return portfolio.returns(client, folder=folder, benchmark="2800.HK", start="-1y")


ASKED: dict[str, Callable[[Garbled, Path], Any]] = {
    "totals": lambda client, _: portfolio.totals(portfolio.value(client)),
    "several": lambda client, _: portfolio.notes(portfolio.value([client, account(client.dice)])),
    "pnl": lambda client, _: portfolio.by_symbol(portfolio.pnl(client, START, END)),
    "average": lambda client, _: portfolio.pnl(client, START, END, method="average"),
    "lots": lambda client, _: portfolio.lots(client),
    "trade_stats": lambda client, _: portfolio.trade_stats(client, START, END, by="hour"),
    "slippage": lambda client, _: plots.slippage(portfolio.slippage(client, START, END)),
    "income": lambda client, _: portfolio.income(client, START, END),
    "income by month": lambda client, _: portfolio.income(client, START, END, by="month"),
    "total_return": lambda client, _: portfolio.total_return(client, START, END),
    "exposure": lambda client, _: portfolio.exposure(client, "sector"),
    "what_if": lambda client, _: portfolio.what_if(client, ORDERS),
    "rebalance": lambda client, _: portfolio.rebalance_plan(client, {"700.HK": 0.1, "AAPL.US": 0.1}),
    "returns": curve,
}


@pytest.mark.parametrize("name", ASKED)
def test_a_garbled_reply_leaves_what_is_known_and_one_line(name: str, tmp_path: Path) -> None:
    done, refusals = 0, []
    for seed in range(soak(200)):
        client = account(random.Random(f"{name} {seed}"))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                found = ASKED[name](client, tmp_path / str(seed))
            except OpenAPIError as refused:
                refusals.append(str(refused))
                continue
        done += 1
        # Older versions of libraries warn of their own parts when they are first imported.
        ours = [one for one in caught if not issubclass(one.category, DeprecationWarning)]
        lines = [str(one.message) for one in ours]
        assert {one.category for one in ours} <= {IncompleteWarning}, lines
        assert not any("\n" in line for line in lines)
        if isinstance(found, pd.DataFrame):
            numbers = found.select_dtypes("number").to_numpy(dtype="float64", na_value=np.nan)
            assert not np.isinf(numbers).any()
    assert done >= soak(200) // 10
    assert not any("\n" in line for line in refusals)


def test_a_number_of_a_reply_is_one_of_money_or_shares() -> None:
    for value in (None, "", "x", True, "nan", "inf", "1e24", "-1e400", [], {}):
        assert figure(value) is None
    assert [figure(value) for value in ("1,0", "-5", 0, 1.5)] == [None, -5, 0, 1.5]
    for value in (None, 0, "0", "-1", "abc", LAST + 1, 1000 * T0, True):
        assert seconds(value) is None
    assert seconds(str(T0)) == T0
    assert figure("1e-400") == 0
    assert objects([1, {}, None, {"a": 1}, "x"]) == [{}, {"a": 1}]
    assert objects({"a": 1}) == objects("text") == objects(5) == []


def test_a_price_that_is_not_above_0_is_none() -> None:
    client = FakeAccount([stock("700.HK", "100", "10")], quotes=[quote("700.HK", "-1", "-1")])
    with pytest.warns(IncompleteWarning, match=r"no last price for 700\.HK"):
        assert portfolio.value(client)["market_value"].isna().all()
