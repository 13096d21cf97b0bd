"""The exchanges' own hours: what is held, sent, matched in an auction, frozen, and when it ends."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from test_sandbox_exchange import Desk

from jupyter_openapi.sandbox.errors import Refused

D = Decimal
HK, NY = ZoneInfo("Asia/Hong_Kong"), ZoneInfo("America/New_York")


def hong_kong(text: str) -> float:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=HK).timestamp()


def new_york(text: str) -> float:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=NY).timestamp()


def until(desk: Desk, moment: float) -> None:
    desk.wait(moment - desk.now)


def test_an_order_before_the_open_waits_for_it() -> None:
    desk = Desk(real=True, at=hong_kong("23 08:00"))
    order = desk.submit("MO")
    assert order.status == "NotReported"
    assert desk.power < desk.cash["HKD"] - 60_000
    until(desk, hong_kong("23 09:29"))
    assert desk.status(order) == "NotReported"
    until(desk, hong_kong("23 09:31"))
    after = desk.look(order)
    assert after.status == "FilledStatus"
    assert after.updated_at == hong_kong("23 09:30")
    assert desk.trail(order) == ["NotReported", "NewStatus", "FilledStatus"]


def test_a_price_at_night_fills_nothing() -> None:
    desk = Desk(real=True, at=hong_kong("23 15:00"))
    order = desk.submit(price="595", time_in_force="GTC")
    desk.market.move("700.HK", hong_kong("23 20:00"), "590")
    desk.market.move("700.HK", hong_kong("24 08:00"), "600")
    until(desk, hong_kong("24 09:00"))
    assert desk.status(order) == "NewStatus"
    desk.market.move("700.HK", hong_kong("24 11:00"), "594")
    until(desk, hong_kong("24 11:30"))
    assert desk.look(order).executed_price == 595


def test_auction_orders_wait_for_their_auction() -> None:
    desk = Desk(real=True, at=hong_kong("23 09:05"))
    market, limit, low = desk.submit("AO"), desk.submit("ALO", price="601"), desk.submit("ALO", price="599")
    assert [desk.status(order) for order in (market, limit, low)] == ["NewStatus"] * 3
    desk.market.move("700.HK", hong_kong("23 09:10"), "600.5")
    until(desk, hong_kong("23 09:23"))
    filled = [desk.look(order) for order in (market, limit)]
    assert [order.executed_price for order in filled] == [D("600.5")] * 2
    assert filled[0].updated_at == hong_kong("23 09:21")
    fills = [fill.order_id for fill in desk.store.executions("1 order by seq")]
    assert fills == [market.order_id, limit.order_id]
    assert desk.status(low) == "NewStatus"  # carried into continuous trading
    desk.market.move("700.HK", hong_kong("23 10:00"), "599")
    until(desk, hong_kong("23 10:01"))
    assert desk.look(low).executed_price == 599


def test_an_auction_order_at_noon_waits_for_the_closing_auction() -> None:
    desk = Desk(real=True, at=hong_kong("23 12:30"))
    order = desk.submit("AO")
    assert order.status == "NotReported"
    until(desk, hong_kong("23 16:02"))
    assert desk.status(order) == "NewStatus"
    until(desk, hong_kong("23 16:11"))
    assert desk.status(order) == "FilledStatus"


@pytest.mark.parametrize(
    ("moment", "phase"),
    [("23 12:30", "lunch"), ("23 09:17", "pre open no cancellation"), ("23 16:07", "cas no cancellation")],
)
def test_nothing_is_changed_while_the_exchange_is_frozen(moment: str, phase: str) -> None:
    desk = Desk(real=True, at=hong_kong("20 11:00"))
    order = desk.submit(price="595", time_in_force="GTC")
    until(desk, hong_kong(moment))
    with pytest.raises(Refused, match=phase):
        desk.cancel(order)
    with pytest.raises(Refused, match=phase):
        desk.replace(order, quantity="100", price="594")
    until(desk, hong_kong("23 20:00"))
    assert desk.cancel(order).status == "CanceledStatus"


def test_a_day_order_ends_with_the_trading_day_it_goes_out_on() -> None:
    desk = Desk(real=True, at=hong_kong("20 20:00"))  # Friday evening
    order = desk.submit(price="590")
    assert (order.status, order.expire_date) == ("NotReported", "2026-11-23")
    until(desk, hong_kong("23 16:05"))
    assert desk.status(order) == "NewStatus"
    until(desk, hong_kong("23 16:11"))
    assert desk.status(order) == "ExpiredStatus"


@pytest.mark.parametrize(
    ("outside_rth", "ends"), [("RTH_ONLY", "23 16:00"), ("ANY_TIME", "23 20:00"), ("OVERNIGHT", "24 03:50")]
)
def test_a_us_day_order_ends_with_its_last_session(outside_rth: str, ends: str) -> None:
    desk = Desk(real=True, at=new_york("23 10:00"))
    order = desk.submit(symbol="AAPL.US", price="200", outside_rth=outside_rth)
    assert order.expires_at == new_york(ends)


def test_only_orders_that_may_trade_before_the_open_do() -> None:
    desk = Desk(real=True, at=new_york("23 08:00"))
    early = desk.submit(symbol="AAPL.US", price="265", outside_rth="ANY_TIME")
    plain = desk.submit(symbol="AAPL.US", price="265")
    assert (early.status, plain.status) == ("NewStatus", "NotReported")
    desk.market.move("AAPL.US", new_york("23 09:00"), "264")
    desk.market.move("AAPL.US", new_york("23 09:15"), "266")
    until(desk, new_york("23 10:00"))
    assert (desk.status(early), desk.status(plain)) == ("FilledStatus", "NewStatus")


def test_a_good_till_cancelled_order_for_regular_hours_sleeps_after_them() -> None:
    desk = Desk(real=True, at=new_york("23 15:00"))
    order = desk.submit(symbol="AAPL.US", price="265", time_in_force="GTC")
    desk.market.move("AAPL.US", new_york("23 17:00"), "264")
    desk.market.move("AAPL.US", new_york("23 18:00"), "266")
    until(desk, new_york("23 19:00"))
    assert desk.status(order) == "NewStatus"


@pytest.mark.parametrize(
    ("kind", "side", "price", "within"),
    [
        ("LO", "Buy", "600.5", True),
        ("LO", "Buy", "601", False),  # an LO may not cross the best price
        ("ELO", "Buy", "601", True),
        ("ELO", "Buy", "605", True),
        ("ELO", "Buy", "605.5", False),
        ("LO", "Buy", "587.5", True),
        ("LO", "Buy", "587", False),
        ("LO", "Sell", "612.5", True),
        ("LO", "Sell", "613", False),
    ],
)
def test_the_exchanges_price_limits(kind: str, side: str, price: str, *, within: bool) -> None:
    desk = Desk(real=True, at=hong_kong("23 10:00"))
    order = desk.submit(kind, side, price=price)
    assert (order.status != "RejectedStatus") == within
    if not within:
        assert order.msg.startswith(f"Price {price} is outside the exchange's limits")


def test_a_market_that_never_closes_keeps_the_nine_times_rule_only() -> None:
    desk = Desk()
    assert desk.submit(price="100").status == "NewStatus"
    assert desk.submit(price="66").status == "RejectedStatus"
    assert desk.submit(side="Sell", price="5400").status == "RejectedStatus"
    assert desk.submit(symbol="AAPL.US", price="1").status == "NewStatus"


def test_a_triggered_limit_order_may_cross_the_best_price() -> None:
    desk = Desk(real=True, at=hong_kong("23 10:00"))
    order = desk.submit("LIT", price="612", trigger_price="610")
    desk.market.move("700.HK", hong_kong("23 10:05"), "610")
    until(desk, hong_kong("23 10:06"))
    assert desk.look(order).executed_price == D("610.5")


def test_an_order_held_until_the_open_is_looked_at_again() -> None:
    desk = Desk(real=True, at=hong_kong("23 08:00"))
    order = desk.submit("MO", submitted_quantity="1600")
    assert order.status == "NotReported"
    desk.market.move("700.HK", hong_kong("23 09:00"), "700")
    until(desk, hong_kong("23 09:31"))
    after = desk.look(order)
    assert after.status == "RejectedStatus"
    assert after.msg.startswith("Insufficient buying power")
    assert desk.power == desk.cash["HKD"] == 1_000_000
