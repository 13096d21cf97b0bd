"""The order types' rules: what each needs, takes and forbids, and how a problem reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak
from support.each import each

from jupyter_openapi.market import orders

TODAY = date(2026, 11, 20)

OWN: Mapping[str, Mapping[str, Any]] = {
    "LO": {"submitted_price": "600"},
    "ELO": {"submitted_price": "600"},
    "ALO": {"submitted_price": "600"},
    "ODD": {"submitted_price": "600"},
    "SLO": {"submitted_price": "600"},
    "MO": {},
    "AO": {},
    "LIT": {"submitted_price": "600", "trigger_price": "590"},
    "MIT": {"trigger_price": "590"},
    "TSLPAMT": {"trailing_amount": "5", "limit_offset": "1"},
    "TSLPPCT": {"trailing_percent": "3", "limit_offset": "1"},
}
EXTRA = {
    "submitted_price": "600",
    "trigger_price": "590",
    "trailing_amount": "5",
    "trailing_percent": "3",
    "limit_offset": "1",
    "limit_depth_level": 2,
    "monitor_price": "610",
    "trigger_count": 2,
}
OPTIONAL = {
    "LIT": {"trigger_count"},
    "MIT": {"trigger_count"},
    "TSLPAMT": {"limit_offset", "limit_depth_level", "monitor_price", "trigger_count"},
    "TSLPPCT": {"limit_offset", "limit_depth_level", "monitor_price", "trigger_count"},
}
US_TYPES = ("LO", "MO", "LIT", "MIT", "TSLPAMT", "TSLPPCT")


def order(order_type: str = "LO", symbol: str = "700.HK", **changes: Any) -> dict[str, Any]:
    fields = {
        "symbol": symbol,
        "order_type": order_type,
        "side": "Buy",
        "submitted_quantity": "100",
        "time_in_force": "Day",
        **OWN.get(order_type, {}),
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def problems(fields: Mapping[str, Any], **options: Any) -> list[str]:
    return [str(problem) for problem in orders.check(fields, **options)]


# Types


def test_the_types() -> None:
    assert set(orders.RULES) == set(OWN)
    assert orders.types_of("HK") == tuple(orders.RULES)
    assert orders.types_of("US") == US_TYPES
    assert [code for code, rules in orders.RULES.items() if rules.conditional] == [
        "LIT",
        "MIT",
        "TSLPAMT",
        "TSLPPCT",
    ]
    assert [code for code, rules in orders.RULES.items() if not rules.replaceable] == ["MO", "AO", "SLO"]
    assert [code for code, rules in orders.RULES.items() if not rules.rests] == ["MO", "AO", "SLO"]
    assert [code for code, rules in orders.RULES.items() if rules.auction] == ["AO", "ALO"]
    for rules in orders.RULES.values():
        assert rules.title
        assert rules.meaning
        assert set(rules.fields) | set(rules.forbidden) == set(EXTRA)
        assert not set(rules.fields) & set(rules.forbidden)


@pytest.mark.parametrize("symbol", ["700.HK", "AAPL.US"])
@pytest.mark.parametrize("order_type", list(OWN))
def test_each_type_with_what_it_needs(order_type: str, symbol: str) -> None:
    found = problems(order(order_type, symbol))
    if symbol == "AAPL.US" and order_type not in US_TYPES:
        assert found == [
            f"order_type {order_type} is not taken in US: it can be LO, MO, LIT, MIT, TSLPAMT or TSLPPCT"
        ]
    else:
        assert found == []


@pytest.mark.parametrize(
    ("order_type", "missing"), [(code, name) for code, own in OWN.items() for name in own]
)
def test_each_type_without_one_of_them(order_type: str, missing: str) -> None:
    [problem] = orders.check(order(order_type, **{missing: None}))
    assert problem.field == missing
    assert problem.message.startswith(f"{missing} is missing: {order_type} needs it")


@each("order_type, extra", [(code, name) for code in OWN for name in EXTRA])
def test_each_type_with_a_field_more(order_type: str, extra: str) -> None:
    fields = order(order_type, **{extra: EXTRA[extra]})
    if extra == "limit_depth_level" and extra in OPTIONAL.get(order_type, ()):
        del fields["limit_offset"]  # a level stands in for it
    found = orders.check(fields)
    if extra in {*OWN[order_type], *OPTIONAL.get(order_type, ())}:
        assert found == []
    else:
        [problem] = found
        assert problem.field == extra
        assert problem.message.startswith(f"{extra} {EXTRA[extra]} does not go with {order_type}: it takes ")


def test_a_limit_is_an_offset_or_a_level() -> None:
    none = order("TSLPAMT", limit_offset=None)
    assert problems(none) == [
        "limit_offset is missing: TSLPAMT needs it, or a limit_depth_level other than 0"
    ]
    assert len(problems({**none, "limit_depth_level": 0})) == 1
    assert problems({**none, "limit_depth_level": -5}) == []
    assert problems({**none, "limit_depth_level": 0, "limit_offset": "0"}) == []
    assert problems({**none, "limit_depth_level": 3, "limit_offset": "1.5"}) == [
        "limit_offset 1.5 and limit_depth_level 3 exclude each other: give one"
    ]


# Fields


def test_everything_missing_is_named_at_once() -> None:
    assert [problem.field for problem in orders.check({})] == [
        "symbol",
        "order_type",
        "side",
        "submitted_quantity",
        "time_in_force",
    ]
    assert problems({"symbol": None})[0] == "symbol is missing"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"symbol": "0700.HK"}, "symbol 0700.HK must be written 700.HK"),
        ({"symbol": 700}, "symbol 700 must be a code and a market, such as 700.HK or AAPL.US"),
        ({"symbol": "600519.SH"}, "symbol 600519.SH is in SH: orders are taken for HK or US only"),
        ({"side": "buy"}, "side buy must be Buy or Sell"),
        ({"side": ["Buy"]}, "side ['Buy'] must be Buy or Sell"),
        ({"submitted_quantity": "0"}, "submitted_quantity 0 must be a whole number of shares above 0"),
        ({"submitted_quantity": "-100"}, "submitted_quantity -100 must be a whole number of shares above 0"),
        ({"submitted_quantity": "1.5"}, "submitted_quantity 1.5 must be a whole number of shares above 0"),
        ({"submitted_quantity": "NaN"}, "submitted_quantity NaN must be a whole number of shares above 0"),
        ({"submitted_quantity": True}, "submitted_quantity True must be a whole number of shares above 0"),
        ({"submitted_price": "0"}, "submitted_price 0 must be a number above 0"),
        ({"submitted_price": "1e3"}, "submitted_price 1e3 must be a number above 0"),
        ({"submitted_price": "6_0"}, "submitted_price 6_0 must be a number above 0"),
        ({"submitted_price": ""}, "submitted_price '' must be a number above 0"),
        ({"submitted_price": "6\n"}, "submitted_price '6\\n' must be a number above 0"),
        ({"submitted_price": float("inf")}, "submitted_price inf must be a number above 0"),
        ({"time_in_force": "day"}, "time_in_force day must be Day, GTC or GTD"),
        ({"remark": "x" * 256}, "remark is 256 characters long: at most 255 are taken"),
        ({"remark": 7}, "remark 7 must be text"),
        ({"outside_rth": "ANY_TIME"}, "outside_rth ANY_TIME goes with US orders only, not HK"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(changes: dict[str, Any], expected: str) -> None:
    assert problems(order("LO", **changes)) == [expected]


@pytest.mark.parametrize("value", ["100", 100, Decimal(100), 100.0, Decimal("1E2"), "100.0"])
def test_a_quantity_may_be_text_or_a_number(value: Any) -> None:
    assert problems(order("LO", submitted_quantity=value)) == []


def test_remarks_count_characters() -> None:
    assert problems(order("LO", remark="漢" * 255)) == []


@pytest.mark.parametrize(
    ("order_type", "changes", "expected"),
    [
        ("LIT", {"trigger_count": 4}, "trigger_count 4 must be a whole number from 0 to 3"),
        ("LIT", {"trigger_count": -1}, "trigger_count -1 must be a whole number from 0 to 3"),
        ("LIT", {"trigger_count": "1.0"}, "trigger_count 1.0 must be a whole number from 0 to 3"),
        ("LIT", {"trigger_count": True}, "trigger_count True must be a whole number from 0 to 3"),
        (
            "TSLPAMT",
            {"limit_offset": None, "limit_depth_level": 6},
            "limit_depth_level 6 must be a whole number from -5 to 5",
        ),
        ("TSLPAMT", {"limit_offset": "-1"}, "limit_offset -1 must be a number, 0 or more"),
        ("TSLPAMT", {"trailing_amount": "0"}, "trailing_amount 0 must be a number above 0"),
        ("TSLPAMT", {"monitor_price": "-3"}, "monitor_price -3 must be a number above 0"),
        (
            "TSLPPCT",
            {"trailing_percent": "0"},
            "trailing_percent 0 must be above 0 and below 100 (3 means 3%)",
        ),
        (
            "TSLPPCT",
            {"trailing_percent": "100"},
            "trailing_percent 100 must be above 0 and below 100 (3 means 3%)",
        ),
        ("MIT", {"trigger_price": "0"}, "trigger_price 0 must be a number above 0"),
    ],
)
def test_the_ranges_of_conditional_fields(order_type: str, changes: dict[str, Any], expected: str) -> None:
    assert problems(order(order_type, **changes)) == [expected]


def test_time_in_force_by_type() -> None:
    assert problems(order("MO", "AAPL.US", time_in_force="GTC")) == [
        "time_in_force GTC does not go with MO in US: it takes Day"
    ]
    for code in ("LO", "LIT", "MIT", "TSLPAMT"):
        assert problems(order(code, "AAPL.US", time_in_force="GTC")) == []


def test_expire_dates() -> None:
    gtd = order("LO", time_in_force="GTD")
    assert problems(gtd) == ["expire_date is missing: time_in_force GTD needs a date such as 2026-12-31"]
    assert problems({**gtd, "expire_date": "2026-11-20"}, on=TODAY) == []
    assert problems({**gtd, "expire_date": date(2026, 12, 1)}, on=TODAY) == []
    assert problems({**gtd, "expire_date": "2026-11-19"}, on=TODAY) == [
        "expire_date 2026-11-19 must not be before today, 2026-11-20"
    ]
    for wrong in ("20261231", "2026-13-01", "2026-02-30", "tomorrow", 20261231):
        assert problems({**gtd, "expire_date": wrong}) == [
            f"expire_date {wrong} must be a date such as 2026-12-31"
        ]
    assert problems(order("LO", expire_date="2026-12-31")) == [
        "expire_date 2026-12-31 goes with time_in_force GTD only"
    ]


def test_outside_regular_hours() -> None:
    for value in ("RTH_ONLY", "ANY_TIME", "OVERNIGHT", "OPTION_PRE_MARKET"):
        assert problems(order("LO", "AAPL.US", outside_rth=value)) == []
    assert problems(order("LO", "AAPL.US", outside_rth="any")) == [
        "outside_rth any must be RTH_ONLY, ANY_TIME, OVERNIGHT or OPTION_PRE_MARKET"
    ]
    assert problems(order("LIT", "AAPL.US", outside_rth="OVERNIGHT", time_in_force="GTC")) == [
        "outside_rth OVERNIGHT takes order_type LO only, not LIT",
        "outside_rth OVERNIGHT takes time_in_force Day only, not GTC",
    ]


def test_types_that_are_gone_are_refused() -> None:
    for code in ("TSMAMT", "TSMPCT", "lo", "", 5):
        assert [problem.field for problem in orders.check({**order(), "order_type": code})] == ["order_type"]


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=50),
    st.lists(st.integers(), max_size=2),
)


@given(st.dictionaries(st.sampled_from([*order(), *EXTRA, "expire_date", "outside_rth", "remark"]), anything))
@settings(max_examples=soak(3000))
def test_any_json_gets_clauses_fit_for_one_sentence(fields: dict[str, Any]) -> None:
    for problem in orders.check({**order(), **fields}, on=TODAY):
        assert problem.message.startswith(problem.field)
        assert problem.message.isprintable()
        assert not problem.message.endswith((".", ";"))
        assert len(problem.message) < 250


# Lots and ticks


@pytest.mark.parametrize(
    ("symbol", "order_type", "quantity", "lot", "expected"),
    [
        ("700.HK", "LO", 200, 100, None),
        (
            "700.HK",
            "LO",
            150,
            100,
            "submitted_quantity 150 must be a multiple of 700.HK's lot of 100: 100 or 200",
        ),
        (
            "700.HK",
            "LO",
            50,
            100,
            "submitted_quantity 50 must be a multiple of 700.HK's lot of 100: 100 (ODD takes fewer)",
        ),
        ("700.HK", "ODD", 50, 100, None),
        (
            "700.HK",
            "ODD",
            100,
            100,
            "submitted_quantity 100 must be below 700.HK's lot of 100 for order_type ODD",
        ),
        ("700.HK", "LO", 300_000, 100, None),
        (
            "700.HK",
            "LO",
            300_100,
            100,
            "submitted_quantity 300100 must be at most 3000 lots of 700.HK: 300000",
        ),
        ("AAPL.US", "LO", 7, 1, None),
        ("AAPL.US", "LO", 1_000_000, 1, None),
    ],
)
def test_lots(symbol: str, order_type: str, quantity: int, lot: int, expected: str | None) -> None:
    found = orders.check_lot(symbol, order_type, Decimal(quantity), lot)
    assert [str(problem) for problem in found] == ([expected] if expected else [])


def test_ticks_name_the_nearest_prices_and_the_tables_date() -> None:
    where = "not a price 700.HK trades at: the nearest is"
    wrong = order("LIT", submitted_price="600.3", trigger_price="590.1")
    assert [str(problem) for problem in orders.check_ticks(wrong, TODAY)] == [
        f"submitted_price 600.3 is {where} 600.0 or 600.5 (table of 2026-08-03)",
        f"trigger_price 590.1 is {where} 590.0 or 590.5 (table of 2026-08-03)",
    ]
    assert orders.check_ticks(order("LO", submitted_price="600.5"), TODAY) == []
    assert orders.check_ticks(order("LO", "2800.HK", submitted_price="26.02"), TODAY) == []
    assert len(orders.check_ticks(order("LO", "2800.HK", submitted_price="26.01"), TODAY)) == 1
    assert orders.check_ticks(order("LO", "AAPL.US", submitted_price="270.01"), TODAY) == []
    [us] = orders.check_ticks(order("LO", "AAPL.US", submitted_price=Decimal("270.015")), TODAY)
    assert us.message.endswith("the nearest is 270.01 or 270.02")
    for left_alone in ({}, {"symbol": "600519.SH"}, order("LO", submitted_price="abc"), order("MO")):
        assert orders.check_ticks(left_alone, TODAY) == []


def test_the_trigger_direction_is_the_same_for_both_sides() -> None:
    assert orders.trigger_direction(Decimal(610), Decimal(600)) == "rise"
    assert orders.trigger_direction(Decimal(590), Decimal(600)) == "fall"
    assert orders.trigger_direction(Decimal("600.0"), Decimal(600)) is None


# States and changes


def test_the_states() -> None:
    assert not orders.OPEN & orders.FINAL
    assert {
        "FilledStatus",
        "RejectedStatus",
        "CanceledStatus",
        "ExpiredStatus",
        "PartialWithdrawal",
    } == orders.FINAL
    assert len(orders.OPEN) == 13
    assert orders.CANCELLABLE < orders.OPEN
    assert orders.REPLACEABLE < orders.OPEN
    assert {
        "NewStatus",
        "PartialFilledStatus",
        "ReplacedStatus",
        "VarietiesNotReported",
    } <= orders.CANCELLABLE
    assert not {"WaitToCancel", "PendingCancelStatus"} & (orders.CANCELLABLE | orders.REPLACEABLE)
    assert orders.status_meanings()["FilledStatus"] == "filled"
    with pytest.raises(AttributeError, match="NOTHING"):
        orders.NOTHING  # noqa: B018


def standing(order_type: str = "LO", **changes: Any) -> dict[str, Any]:
    own = {("price" if name == "submitted_price" else name): value for name, value in OWN[order_type].items()}
    return {
        "order_id": "1",
        "status": "NewStatus",
        "order_type": order_type,
        "symbol": "700.HK",
        "quantity": "200",
        "executed_quantity": "0",
        "price": "",
        "trigger_price": "",
        "limit_depth_level": 0,
        **own,
        **changes,
    }


def changes_of(order: Mapping[str, Any], fields: Mapping[str, Any]) -> list[str]:
    return [str(problem) for problem in orders.check_replace(order, fields)]


@pytest.mark.parametrize("order_type", [code for code, rules in orders.RULES.items() if rules.replaceable])
def test_a_change_of_quantity_keeps_the_rest(order_type: str) -> None:
    assert changes_of(standing(order_type), {"quantity": "300"}) == []
    body = orders.complete_replace(standing(order_type), {"quantity": "300"})
    own = {("price" if name == "submitted_price" else name): value for name, value in OWN[order_type].items()}
    assert body == {"quantity": "300", **own, **({"limit_depth_level": 0} if "TSLP" in order_type else {})}


@pytest.mark.parametrize("order_type", ["SLO", "MO", "AO"])
def test_types_that_can_not_be_changed(order_type: str) -> None:
    assert changes_of(standing(order_type), {"quantity": "300"}) == [
        f"{order_type} orders can't be changed: cancel it and submit a new one"
    ]


@pytest.mark.parametrize("status", ["FilledStatus", "WaitToCancel", "WaitToReplace", "WaitToNew", "Unheard"])
def test_states_that_can_not_be_changed(status: str) -> None:
    [problem] = orders.check_replace(standing(status=status), {"quantity": "300"})
    assert problem.field == "status"
    assert status in problem.message


@pytest.mark.parametrize(
    ("order", "fields", "expected"),
    [
        (standing(), {"price": "600"}, "quantity is missing: give the new total"),
        (standing(), {"quantity": "1.5"}, "quantity 1.5 must be a whole number of shares above 0"),
        (
            standing(executed_quantity="100"),
            {"quantity": "100"},
            "quantity 100 must be more than the 100 already filled",
        ),
        (standing(), {"quantity": "100", "price": "-1"}, "price -1 must be a number above 0"),
        (
            standing(),
            {"quantity": "100", "trigger_price": "5"},
            "trigger_price 5 does not go with LO: it takes price",
        ),
        (standing(price=""), {"quantity": "100"}, "price is missing: LO needs it"),
        (
            standing(),
            {"quantity": "100", "remark": "x" * 65},
            "remark is 65 characters long: at most 64 are taken",
        ),
        (
            standing("TSLPAMT"),
            {"quantity": "100", "trailing_percent": "3"},
            (
                "trailing_percent 3 does not go with TSLPAMT: it takes trailing_amount, limit_offset, "
                "limit_depth_level, monitor_price and trigger_count"
            ),
        ),
    ],
)
def test_a_wrong_change_by_its_own_names(
    order: dict[str, Any], fields: dict[str, Any], expected: str
) -> None:
    assert changes_of(order, fields) == [expected]


def test_a_new_way_to_set_the_limit_replaces_the_old_one() -> None:
    trailing = standing("TSLPAMT", monitor_price="0", trigger_count=1)
    level = {"quantity": "300", "limit_depth_level": 2}
    assert changes_of(trailing, level) == []
    assert orders.complete_replace(trailing, level) == {
        "quantity": "300",
        "trailing_amount": "5",
        "limit_depth_level": 2,
        "trigger_count": 1,
    }
    offset = {"quantity": "300", "limit_offset": "2"}
    at_level = standing("TSLPAMT", limit_offset="", limit_depth_level=-2)
    assert changes_of(at_level, offset) == []
    assert orders.complete_replace(at_level, offset)["limit_depth_level"] == 0
    assert changes_of(at_level, {"quantity": "300"}) == []


# Price bands


def band(
    order_type: str, side: str, bid: str | None, ask: str | None, last: str | None = "600"
) -> tuple[Any, Any]:
    prices = (None if price is None else Decimal(price) for price in (bid, ask, last))
    return orders.band(order_type, side, *prices, None, TODAY)


def test_the_exchanges_bands() -> None:
    # 24 and 9 spreads of 0.5 around 600 / 600.5; nine times the last price is far away.
    assert band("LO", "Buy", "600", "600.5") == (Decimal(588), Decimal("600.5"))
    assert band("LO", "Sell", "600", "600.5") == (Decimal(600), Decimal("612.5"))
    assert band("ELO", "Buy", "600", "600.5") == (Decimal(588), Decimal(605))
    assert band("ELO", "Sell", "600", "600.5") == (Decimal("595.5"), Decimal("612.5"))
    # 600 x 9 = 5,400 and 600 / 9 = 66.67, both excluded.
    assert band("SLO", "Buy", "600", "600.5") == (Decimal("600.5"), Decimal(5395))
    assert band("SLO", "Sell", "600", "600.5") == (Decimal("66.7"), Decimal(600))
    assert band("ALO", "Buy", "600", "600.5") == (Decimal("66.7"), Decimal(5395))


def test_bands_count_spreads_across_tables_bounds() -> None:
    # Four spreads of 0.5 down to 500, then twenty of 0.2.
    assert band("LO", "Buy", "502", "502.5", "502") == (Decimal(496), Decimal("502.5"))


def test_a_missing_side_or_market_falls_back() -> None:
    assert band("LO", "Buy", None, None) == (Decimal(588), Decimal(600))
    assert orders.band("LO", "Buy", None, None, None, Decimal(600), TODAY) == (Decimal(588), Decimal(600))
    assert orders.band("LO", "Buy", None, None, None, None, TODAY) == (None, None)
    assert orders.band("LO", "Buy", Decimal(270), Decimal(271), Decimal(270), None, TODAY, "us") == (
        None,
        None,
    )


def test_bands_by_table() -> None:
    found = orders.band("LO", "Sell", Decimal(26), Decimal("26.02"), Decimal(26), None, TODAY, "part_d_etp")
    assert found == (Decimal(26), Decimal("26.5"))


def test_bands_stay_on_the_table() -> None:
    low, high = orders.band("SLO", "Sell", Decimal("0.02"), Decimal("0.021"), Decimal("0.02"), None, TODAY)
    assert (low, high) == (Decimal("0.01"), Decimal("0.02"))
    low, high = orders.band("SLO", "Buy", Decimal(9000), Decimal(9005), Decimal(9000), None, TODAY)
    assert (low, high) == (Decimal(9005), Decimal(9995))
