"""Orders of every type against a market that stands still until told to move."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from support.still_market import StillMarket

from jupyter_openapi.sandbox.errors import Refused
from jupyter_openapi.sandbox.exchange.account import OPENING_CASH, OPENING_POSITIONS
from jupyter_openapi.sandbox.exchange.exchange import Exchange
from jupyter_openapi.sandbox.exchange.hours import Hours
from jupyter_openapi.sandbox.exchange.model import Order
from jupyter_openapi.sandbox.exchange.store import Store

D = Decimal
MONDAY = datetime(
    2026, 11, 23, 2, 30, tzinfo=UTC
).timestamp()  # 10:30 in Hong Kong, 21:30 on Sunday in New York
DAY = 86_400.0


class Desk:
    """An exchange, its market and a clock, with short names for what the tests do all the time."""

    def __init__(self, *, real: bool = False, at: float = MONDAY, volume: int = 1000) -> None:
        self.now = at
        self.wall = 5000.0
        self.market = StillMarket(volume)
        self.store = Store(None)
        self.hours = Hours(real=real)
        self.exchange = Exchange(self.store, self.market, self.hours, at, wall=lambda: self.wall)

    def submit(self, kind: str = "LO", side: str = "Buy", price: str | None = None, **other: Any) -> Order:
        fields = {
            "symbol": "700.HK",
            "order_type": kind,
            "side": side,
            "submitted_quantity": D(100),
            "time_in_force": "Day",
        }
        if price is not None:
            fields["submitted_price"] = D(price)
        fields |= other
        for name in (
            "submitted_quantity",
            "trigger_price",
            "trailing_amount",
            "trailing_percent",
            "limit_offset",
        ):
            if fields.get(name) is not None:
                fields[name] = D(fields[name])
        return self.exchange.find(self.exchange.submit(fields, self.now))

    def refused(self, *args: Any, **named: Any) -> Refused:
        with pytest.raises(Refused) as caught:
            self.submit(*args, **named)
        return caught.value

    def move(self, price: str, after: float = 10.0, symbol: str = "700.HK") -> None:
        """Let a price come `after` seconds from now, and one more second pass."""
        self.market.move(symbol, self.now + after, price)
        self.wait(after + 1)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.exchange.advance(self.now)

    def look(self, order: Order) -> Order:
        return self.exchange.find(order.order_id)

    def status(self, order: Order) -> str:
        return self.look(order).status

    def trail(self, order: Order) -> list[str]:
        return [event.status for event in reversed(self.store.events(order.order_id))]

    @property
    def cash(self) -> dict[str, Decimal]:
        return self.exchange.blotter.account.cash

    @property
    def power(self) -> Decimal:
        return self.exchange.blotter.account.buying_power("HKD")

    def replace(self, order: Order, **fields: Any) -> Order:
        self.exchange.replace(
            order.order_id, {n: D(v) if isinstance(v, str) else v for n, v in fields.items()}, self.now
        )
        return self.look(order)

    def cancel(self, order: Order) -> Order:
        self.exchange.cancel(order.order_id, self.now)
        return self.look(order)


@pytest.fixture
def desk() -> Desk:
    return Desk()


# Taking from the book


def test_a_market_order_walks_the_book(desk: Desk) -> None:
    order = desk.submit("MO", submitted_quantity="1500", symbol="9988.HK")
    assert order.status == "FilledStatus"
    assert order.executed_amount == 1000 * D("155.1") + 500 * D("155.2")
    assert desk.trail(order) == ["NewStatus", "PartialFilledStatus", "FilledStatus"]
    assert [event.msg for event in desk.store.events(order.order_id)] == [
        "Execution of 500",
        "Execution of 1000",
        "",
    ]


def test_a_market_order_cancels_what_the_book_does_not_have(desk: Desk) -> None:
    order = desk.submit("MO", "Sell", submitted_quantity="2000", symbol="5.HK")
    assert order.status == "FilledStatus"
    thin = Desk(volume=100)
    order = thin.submit("MO", submitted_quantity="1200")
    assert (order.status, order.executed_quantity) == ("PartialWithdrawal", 1000)
    assert order.msg == "200 found no counterparty"
    assert thin.submit("MO").status == "CanceledStatus"  # the book is empty until it changes
    thin.move("601")
    assert thin.submit("MO").status == "FilledStatus"


def test_a_limit_order_takes_up_to_its_limit_and_rests(desk: Desk) -> None:
    order = desk.submit(price="155.2", submitted_quantity="2500", symbol="9988.HK")
    assert (order.status, order.executed_quantity) == ("PartialFilledStatus", 2000)
    assert order.executed_price == D("155.15")
    assert desk.trail(order) == ["NewStatus", "PartialFilledStatus", "PartialFilledStatus"]
    bids = desk.exchange.depth("9988.HK", desk.now, asks=False)
    assert bids[0] == (D("155.2"), D(500), 1)
    asks = desk.exchange.depth("9988.HK", desk.now, asks=True)
    assert asks[0][0] == D("155.3")


def test_a_fast_loop_cannot_buy_the_same_shares_twice(desk: Desk) -> None:
    first = desk.submit("MO", submitted_quantity="1000")
    second = desk.submit("MO")
    assert (first.executed_price, second.executed_price) == (D("600.5"), D(601))
    desk.market.move("700.HK", desk.now + 1, "600")  # the same price, a new book
    desk.wait(2)
    third = desk.submit("MO")
    assert third.executed_price == D(601) or third.executed_price == D("600.5")


def test_what_rests_fills_at_its_own_price_when_touched(desk: Desk) -> None:
    order = desk.submit(price="595")
    assert order.status == "NewStatus"
    desk.move("595.5")
    assert desk.status(order) == "NewStatus"
    desk.move("595")
    filled = desk.look(order)
    assert (filled.status, filled.executed_price) == ("FilledStatus", 595)
    assert filled.updated_at == desk.now - 1


def test_what_rests_fills_in_the_order_of_price_then_time(desk: Desk) -> None:
    orders = [desk.submit(price=price) for price in ("595", "596", "595", "594")]
    desk.move("594")
    fills = desk.store.executions("1 order by seq")
    assert [fill.order_id for fill in fills] == [orders[n].order_id for n in (1, 0, 2, 3)]
    assert len({fill.trade_id for fill in fills}) == 4
    assert all(fill.trade_id.startswith(f"{fill.order_id}-") for fill in fills)


def test_sales_rest_and_fill_too(desk: Desk) -> None:
    orders = [desk.submit(side="Sell", price=price) for price in ("605", "604")]
    desk.move("604.5")
    assert [desk.status(order) for order in orders] == ["NewStatus", "FilledStatus"]
    desk.move("700")
    assert desk.look(orders[0]).executed_price == 605


def test_the_book_that_moves_into_a_resting_order_fills_it_as_far_as_it_goes() -> None:
    desk = Desk(volume=200)
    order = desk.submit(price="598", submitted_quantity="500")
    desk.move("598.5", symbol="5.HK")
    assert desk.status(order) == "NewStatus"
    desk.move("597.5")  # best ask 598: and the last price is through it
    assert desk.look(order).executed_price == 598
    assert desk.status(order) == "FilledStatus"


def test_special_limit_orders_never_rest(desk: Desk) -> None:
    order = desk.submit("SLO", price="600.5", submitted_quantity="1200")
    assert (order.status, order.executed_quantity) == ("PartialWithdrawal", 1000)
    assert desk.submit("SLO", price="599").status == "CanceledStatus"


def test_enhanced_limit_orders_sweep_and_rest(desk: Desk) -> None:
    order = desk.submit("ELO", price="155.4", symbol="9988.HK", submitted_quantity="5000")
    assert (order.status, order.executed_quantity) == ("PartialFilledStatus", 4000)


def test_auction_orders_meet_their_auction_at_once_when_the_market_never_closes(desk: Desk) -> None:
    assert desk.submit("AO").executed_price == 600
    assert desk.submit("ALO", price="601").executed_price == 600
    waiting = desk.submit("ALO", price="599")
    assert waiting.status == "NewStatus"
    desk.move("599")
    assert desk.status(waiting) == "FilledStatus"


def test_odd_lots_fill_a_step_worse(desk: Desk) -> None:
    order = desk.submit("ODD", price="605", submitted_quantity="30")
    assert (order.status, order.executed_price) == ("FilledStatus", 601)
    assert desk.submit("ODD", "Sell", price="598", submitted_quantity="30").executed_price == 599
    assert desk.submit("ODD", price="600", submitted_quantity="30").status == "NewStatus"
    assert "lot" in desk.refused("ODD", price="605", submitted_quantity="100").message


# Conditional orders


@pytest.mark.parametrize(
    ("kind", "trigger", "price", "touch", "fills_at"),
    [
        ("LIT", "590", "595", "590", "590.5"),
        ("LIT", "610", "615", "611", "611.5"),
        ("LIT", "610", "600", "611", None),
        ("MIT", "590", None, "589", "589.5"),
        ("MIT", "610", None, "610", "610.5"),
    ],
)
def test_touch_orders(
    desk: Desk, kind: str, trigger: str, price: str | None, *, touch: str, fills_at: str | None
) -> None:
    order = desk.submit(kind, price=price, trigger_price=trigger)
    assert (order.status, order.trigger_status) == ("VarietiesNotReported", "ACTIVE")
    desk.move("600.5" if D(trigger) > 600 else "599.5")
    assert desk.status(order) == "VarietiesNotReported"
    desk.move(touch)
    after = desk.look(order)
    assert (after.trigger_status, after.trigger_at) == ("RELEASED", desk.now - 1)
    if fills_at is None:
        assert after.status == "NewStatus"
    else:
        assert (after.status, after.executed_price) == ("FilledStatus", D(fills_at))
    assert desk.trail(order)[:2] == ["VarietiesNotReported", "NewStatus"]


def test_a_trigger_at_the_last_price_is_refused(desk: Desk) -> None:
    refused = desk.refused("MIT", trigger_price="600")
    assert refused.message.startswith("trigger_price: 600")


def test_a_counted_trigger_needs_its_touches_within_a_minute(desk: Desk) -> None:
    order = desk.submit("MIT", trigger_price="590", trigger_count=3)
    for price, wait in (("590", 10), ("589", 10), ("591", 10)):
        desk.move(price, wait)
    assert desk.status(order) == "VarietiesNotReported"
    desk.move("590", 45)  # the first two are more than a minute ago
    assert desk.status(order) == "VarietiesNotReported"
    desk.move("589", 5)
    desk.move("588", 5)
    assert desk.status(order) == "FilledStatus"


def test_a_trailing_sale_follows_the_rise_and_goes_off_on_the_way_back(desk: Desk) -> None:
    order = desk.submit("TSLPAMT", "Sell", trailing_amount="5", limit_offset="1")
    for price in ("603", "610", "606"):
        desk.move(price)
    assert desk.status(order) == "VarietiesNotReported"
    desk.move("605")
    after = desk.look(order)
    assert (after.trigger_status, after.trigger_price, after.price) == ("RELEASED", 605, 604)
    assert (after.status, after.executed_price) == ("FilledStatus", D("604.5"))


def test_a_trailing_buy_in_percent_reads_3_as_three_percent(desk: Desk) -> None:
    order = desk.submit("TSLPPCT", trailing_percent="3", limit_offset="2")
    desk.move("500")
    desk.move("514")
    assert desk.status(order) == "VarietiesNotReported"
    desk.move("515")
    assert desk.look(order).price == 517
    assert desk.status(order) == "FilledStatus"


def test_trailing_begins_at_the_monitor_price(desk: Desk) -> None:
    order = desk.submit("TSLPAMT", "Sell", trailing_amount="5", limit_offset="0", monitor_price=D(620))
    desk.move("610")
    desk.move("600")
    assert desk.status(order) == "VarietiesNotReported"
    desk.move("621")
    desk.move("616")
    assert desk.look(order).trigger_price == 616


def test_a_depth_level_sets_the_limit(desk: Desk) -> None:
    order = desk.submit("TSLPAMT", "Sell", trailing_amount="5", limit_depth_level=-3)
    desk.move("595")
    assert desk.look(order).price == D("593.5")


def test_a_triggered_order_the_account_cannot_carry_is_rejected(desk: Desk) -> None:
    order = desk.submit("MIT", trigger_price="590", submitted_quantity="1000")
    desk.submit(price="598", submitted_quantity="1000")
    desk.market.move("700.HK", desk.now + 1, "599")
    desk.move("590")
    assert desk.status(order) == "RejectedStatus"
    assert desk.look(order).msg.startswith("Insufficient buying power: ")


# Money and shares


def test_fills_move_cash_shares_and_fees(desk: Desk) -> None:
    order = desk.submit("MO")
    fees = D("61") + D("1.62") + D("0.09") + D("3.39") + D("2.52") + D("15")
    assert desk.cash["HKD"] == OPENING_CASH["HKD"] - D("60050") - fees
    assert desk.cash["USD"] == OPENING_CASH["USD"]
    position = desk.exchange.blotter.account.positions["700.HK"]
    shares, cost = OPENING_POSITIONS["700.HK"]
    assert (position.quantity, position.cost) == (shares + 100, shares * cost + 60050)
    flows = desk.store.flows("symbol <> '' order by seq")
    assert [(flow.name, flow.amount) for flow in flows] == [
        ("BuyContract-Stocks", D("-60050")), ("TradingFees", -fees)
    ]  # fmt: skip
    assert flows[0].description == order.order_id


def test_an_order_that_fills_in_parts_pays_as_one() -> None:
    parts, whole = Desk(volume=100), Desk(volume=1000)
    order = parts.submit(price="600.5", submitted_quantity="300")
    parts.move("600.5")
    assert parts.look(order).executed_quantity == 300
    assert len(parts.store.executions("1")) == 2
    whole.submit(price="600.5", submitted_quantity="300")
    assert parts.cash == whole.cash


def test_selling_everything_leaves_no_cost_behind(desk: Desk) -> None:
    desk.submit("MO", "Sell", submitted_quantity="300")
    assert desk.exchange.blotter.account.positions["700.HK"].cost == 200 * D("480.6")
    desk.submit("MO", "Sell", submitted_quantity="200")
    assert "700.HK" not in desk.exchange.blotter.account.positions
    refused = desk.refused("MO", "Sell")
    assert refused.code == 602301


def test_us_short_sales_are_refused(desk: Desk) -> None:
    refused = desk.refused("MO", "Sell", symbol="MSFT.US", submitted_quantity="1")
    assert (refused.status, refused.code) == (400, 602001)
    assert "short" in refused.message


def test_open_buys_hold_cash_and_open_sales_hold_shares(desk: Desk) -> None:
    order = desk.submit(price="500", submitted_quantity="1000")
    held = OPENING_CASH["HKD"] - desk.power
    assert 500_000 < held < 501_000
    rejected = desk.submit(price="500", submitted_quantity="1000")
    assert rejected.status == "RejectedStatus"
    assert rejected.msg.startswith("Insufficient buying power: 500")
    assert desk.power == OPENING_CASH["HKD"] - held
    desk.cancel(order)
    assert desk.power == OPENING_CASH["HKD"]
    desk.submit(side="Sell", price="700", submitted_quantity="400")
    short = desk.submit(side="Sell", price="700", submitted_quantity="200")
    assert (short.status, short.msg) == (
        "RejectedStatus",
        "Insufficient Qty - 100: 200 to sell, 100 available",
    )


def test_each_currency_stands_for_itself(desk: Desk) -> None:
    order = desk.submit(symbol="MSFT.US", price="499", submitted_quantity="300")
    assert order.status == "RejectedStatus"
    assert "100000.00 available" in order.msg
    assert desk.submit(symbol="MSFT.US", price="499", submitted_quantity="100").status == "NewStatus"


# Changing and cancelling


def test_a_change_of_price_and_quantity(desk: Desk) -> None:
    order = desk.submit(price="590", submitted_quantity="200")
    after = desk.replace(order, quantity="300", price="591")
    assert (after.status, after.quantity, after.price) == ("ReplacedStatus", 300, 591)
    assert desk.trail(order) == ["NewStatus", "ReplacedStatus"]
    again = desk.replace(order, quantity="300", price="601")
    assert (again.status, again.executed_price) == ("FilledStatus", D("600.5"))


def test_a_partly_filled_order_stays_so(desk: Desk) -> None:
    order = desk.submit(price="600.5", submitted_quantity="1200")
    after = desk.replace(order, quantity="1300", price="600.5")
    assert (after.status, after.executed_quantity, after.left) == ("PartialFilledStatus", 1000, 300)
    with pytest.raises(Refused, match="quantity 1000 must be more than the 1000 already filled"):
        desk.replace(order, quantity="1000", price="600.5")


def test_less_keeps_the_place_more_or_another_price_loses_it(desk: Desk) -> None:
    first, second, third = (desk.submit(price="595", submitted_quantity="200") for _ in range(3))
    desk.replace(first, quantity="100", price="595")
    desk.replace(second, quantity="300", price="595")
    desk.move("595")
    fills = [fill.order_id for fill in desk.store.executions("1 order by seq")]
    assert fills == [first.order_id, third.order_id, second.order_id]


@pytest.mark.parametrize("kind", ["SLO", "MO", "AO"])
def test_types_that_cannot_be_changed(kind: str) -> None:
    desk = Desk(real=True, at=MONDAY + 2 * 3600)  # lunch: nothing is sent yet
    order = desk.submit(kind, price="600" if kind == "SLO" else None)
    assert order.status == "NotReported"
    with pytest.raises(Refused) as caught:
        desk.replace(order, quantity="200")
    assert caught.value.code == 602012


def test_a_change_the_account_cannot_carry_changes_nothing(desk: Desk) -> None:
    order = desk.submit(price="500", submitted_quantity="1000")
    power = desk.power
    with pytest.raises(Refused, match=r"quantity: Insufficient buying power"):
        desk.replace(order, quantity="5000", price="500")
    assert (desk.look(order).quantity, desk.power) == (1000, power)
    with pytest.raises(Refused, match="lot"):
        desk.replace(order, quantity="150", price="500")
    with pytest.raises(Refused, match=r"price 500\.1 is not a price"):
        desk.replace(order, quantity="1000", price="500.1")
    assert desk.trail(order) == ["NewStatus"]


def test_a_waiting_order_gets_another_trigger(desk: Desk) -> None:
    order = desk.submit("LIT", price="595", trigger_price="590")
    after = desk.replace(order, quantity="200", trigger_price="610")
    assert (after.status, after.trigger_price, after.price) == ("VarietiesNotReported", 610, 595)
    desk.move("590")
    assert desk.status(order) == "VarietiesNotReported"
    desk.move("612")
    assert desk.status(order) == "NewStatus"


def test_cancelling(desk: Desk) -> None:
    untouched = desk.submit(price="590")
    part = desk.submit(price="600.5", submitted_quantity="1200")
    waiting = desk.submit("MIT", trigger_price="590")
    assert desk.cancel(untouched).status == "CanceledStatus"
    assert desk.cancel(part).status == "PartialWithdrawal"
    assert desk.cancel(waiting).status == "CanceledStatus"
    assert desk.power == desk.cash["HKD"]
    for order in (untouched, part):
        with pytest.raises(Refused, match="can't be changed any more"):
            desk.cancel(order)
    with pytest.raises(Refused) as caught:
        desk.exchange.cancel("123456789012345678", desk.now)
    assert caught.value.code == 602023
    assert desk.exchange.blotter.orders == {}
    assert desk.exchange.blotter.queues == {}


# Identity


def test_a_client_request_id_stands_for_its_order_for_ten_minutes(desk: Desk) -> None:
    first = desk.submit(price="590", client_request_id="abc")
    again = desk.submit(price="591", client_request_id="abc")
    assert again.order_id == first.order_id
    desk.wall += 599
    assert desk.submit(price="590", client_request_id="abc").order_id == first.order_id
    desk.wall += 2
    assert desk.submit(price="590", client_request_id="abc").order_id != first.order_id
    assert len(desk.store.orders("1")) == 2


def test_a_refused_request_id_may_be_used_again(desk: Desk) -> None:
    desk.refused(price="590.3", client_request_id="abc")
    assert desk.submit(price="590", client_request_id="abc").status == "NewStatus"


def test_order_ids_are_18_digits_rising_and_no_float_holds_them(desk: Desk) -> None:
    ids = [desk.submit(price="590").order_id for _ in range(20)]
    assert ids == sorted(set(ids))
    assert all(len(order_id) == 18 and order_id.isdigit() for order_id in ids)
    assert all(f"{float(order_id):.0f}" != order_id for order_id in ids)


def test_everything_is_read_back_from_the_database(desk: Desk) -> None:
    desk.submit(price="595")
    desk.submit("TSLPAMT", "Sell", trailing_amount="5", limit_offset="1")
    desk.submit(price="600.5", submitted_quantity="1200")
    desk.move("604")
    before = desk.exchange.blotter
    again = Exchange(desk.store, desk.market, desk.hours, desk.now).blotter
    assert again.orders == before.orders
    assert again.account.cash == before.account.cash
    assert again.account.positions == before.account.positions
    assert again.account.held_cash == before.account.held_cash
    assert again.account.held_shares == before.account.held_shares
    assert again.new_id(desk.now) > max(before.orders)


def test_prices_missed_while_it_was_down_are_applied_at_the_start(desk: Desk) -> None:
    resting = desk.submit(price="595")
    trailing = desk.submit("TSLPAMT", "Sell", trailing_amount="5", limit_offset="1")
    for after, price in ((10, "610"), (20, "604"), (30, "594")):
        desk.market.move("700.HK", desk.now + after, price)
    desk.now += 40
    later = Exchange(desk.store, desk.market, desk.hours, desk.now)
    assert later.find(resting.order_id).status == "FilledStatus"
    assert later.find(trailing.order_id).trigger_price == 605


def test_what_a_trailing_order_saw_survives_a_kill_after_another_order(desk: Desk) -> None:
    trailing = desk.submit("TSLPAMT", "Sell", trailing_amount="5", limit_offset="1")
    desk.move("610")
    desk.submit(price="500")
    later = Exchange(desk.store, desk.market, desk.hours, desk.now)
    assert later.find(trailing.order_id).reference == 610


def test_a_change_that_fails_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    resting = desk.submit(price="590")
    cash, power = dict(desk.cash), desk.power

    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(desk.store, "save_position", fail)
    with pytest.raises(RuntimeError):
        desk.submit("MO")
    monkeypatch.undo()
    assert (desk.cash, desk.power) == (cash, power)
    assert [order.order_id for order in desk.store.orders("1")] == [resting.order_id]
    assert desk.store.executions("1") == []
    assert desk.submit("MO").status == "FilledStatus"


# Time in force


def test_day_orders_expire_at_midnight_in_their_market(desk: Desk) -> None:
    order = desk.submit(price="500")
    assert order.expire_date == "2026-11-23"
    desk.wait(13.4 * 3600)
    assert desk.status(order) == "NewStatus"
    desk.wait(0.2 * 3600)
    after = desk.look(order)
    assert after.status == "ExpiredStatus"
    assert after.updated_at == datetime(2026, 11, 23, 16, tzinfo=UTC).timestamp()
    assert desk.power == OPENING_CASH["HKD"]


def test_a_partly_filled_day_order_is_withdrawn(desk: Desk) -> None:
    order = desk.submit(price="600.5", submitted_quantity="1200")
    desk.wait(DAY)
    assert desk.status(order) == "PartialWithdrawal"


def test_gtd_ends_with_its_date_and_gtc_never(desk: Desk) -> None:
    dated = desk.submit(price="500", time_in_force="GTD", expire_date="2026-11-25")
    forever = desk.submit(price="400", time_in_force="GTC")
    desk.wait(2.5 * DAY)
    assert desk.status(dated) == "NewStatus"
    desk.wait(DAY)
    assert desk.status(dated) == "ExpiredStatus"
    desk.wait(100 * DAY)
    assert desk.status(forever) == "NewStatus"
    assert "expire_date" in desk.refused(price="500", time_in_force="GTD", expire_date="2026-11-25").message


def test_a_price_before_the_end_fills_and_one_after_does_not(desk: Desk) -> None:
    early, late = desk.submit(price="500"), desk.submit(price="490")
    midnight = datetime(2026, 11, 23, 16, tzinfo=UTC).timestamp()
    desk.market.move("700.HK", midnight - 1, "499")
    desk.market.move("700.HK", midnight + 1, "489")
    desk.wait(2 * DAY)
    assert desk.status(early) == "FilledStatus"
    assert desk.status(late) == "ExpiredStatus"


def test_a_delayed_order_goes_out_at_its_time(desk: Desk) -> None:
    order = desk.submit("MO", delayed_until=int(desk.now + 600))
    assert order.status == "DelayedNotReported"
    desk.move("610", 300)
    desk.wait(200)
    assert desk.status(order) == "DelayedNotReported"
    desk.wait(200)
    after = desk.look(order)
    assert (after.status, after.executed_price) == ("FilledStatus", D("610.5"))
    assert "delayed_until" in desk.refused("MO", delayed_until=int(desk.now + 100 * DAY)).message


# The account's own orders


def test_an_order_that_would_meet_ones_own_is_rejected(desk: Desk) -> None:
    selling = desk.submit(side="Sell", price="600")  # the last price: rests between the book's sides
    for order in (desk.submit(price="600"), desk.submit(price="600.5"), desk.submit("ELO", price="601")):
        assert order.status == "RejectedStatus"
        assert f"your own order {selling.order_id} at 600" in order.msg
    assert desk.submit("MO").status == "RejectedStatus"  # its first counterparty would be that sale
    below = desk.submit(price="599.5")
    assert below.status == "NewStatus"
    with pytest.raises(Refused, match="your own order"):
        desk.replace(below, quantity="100", price="600")
    assert desk.status(below) == "NewStatus"
    desk.cancel(selling)
    assert desk.replace(below, quantity="100", price="600").status in {"ReplacedStatus", "FilledStatus"}


def test_a_triggered_order_that_would_meet_ones_own_is_rejected(desk: Desk) -> None:
    waiting = desk.submit("LIT", price="610", trigger_price="602")
    assert waiting.status == "VarietiesNotReported"
    selling = desk.submit(side="Sell", price="604")
    desk.move("602")
    assert desk.status(waiting) == "RejectedStatus"
    assert selling.order_id in desk.look(waiting).msg


def test_ones_own_book_is_never_crossed(desk: Desk) -> None:
    desk.submit(side="Sell", price="600")
    for price in ("598", "599", "600", "601"):
        desk.submit(price=price)
    bids, asks = (desk.exchange.depth("700.HK", desk.now, asks=asks) for asks in (False, True))
    assert bids[0][0] < asks[0][0]
