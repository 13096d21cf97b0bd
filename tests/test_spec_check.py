"""What is refused before anything is sent, and in which words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.spec import Operation, catalog
from jupyter_openapi.spec.check import check
from jupyter_openapi.spec.request import build

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
ORDER: dict[str, Any] = {"symbol": "700.HK", "side": "buy", "type": "lo", "price": 612.5, "quantity": 100}


def op(name: str) -> Operation:
    found = catalog().find(name)
    assert found is not None
    return found


def refusal(name: str, **arguments: Any) -> str:
    with pytest.raises(RequestRefused) as caught:
        check(op(name), arguments, now=NOW)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith((".", "?"))
    return text


def test_short_names_become_the_wires_and_defaults_are_filled_in() -> None:
    assert check(op("submit"), ORDER) == {
        "symbol": "700.HK",
        "order_type": "LO",
        "side": "Buy",
        "submitted_quantity": "100",
        "time_in_force": "Day",
        "submitted_price": "612.5",
    }


def test_what_is_given_wins_over_the_default() -> None:
    assert check(op("submit"), {**ORDER, "tif": "gtc"})["time_in_force"] == "GTC"
    assert check(op("candles"), {"symbol": "700.HK", "period": "week"}) == {
        "adjust_type": 0,
        "count": 100,
        "period": 2000,
        "symbol": "700.HK",
        "trade_session": 0,
    }


def test_none_is_not_given() -> None:
    assert "remark" not in check(op("submit"), {**ORDER, "remark": None})
    assert "submitted_quantity (quantity)" in refusal("submit", **{**ORDER, "quantity": None})


def test_an_unknown_parameter_brings_its_neighbours() -> None:
    text = refusal("submit", **ORDER, trigger_prise=1)
    assert text.startswith("submit_order has no parameter 'trigger_prise'. Did you mean trigger_price")
    assert "symbol" in refusal("positions", zzz=1)
    assert "takes no parameters" in refusal("rates", symbol="700.HK")


def test_all_that_is_missing_is_named_at_once() -> None:
    assert refusal("submit") == (
        "submit_order needs symbol, order_type (type), side and submitted_quantity (quantity)."
    )
    assert refusal("cash_flow", start="-30d") == "cash_flow needs end_time (end)."
    assert refusal("cancel") == "cancel_order needs order_id."


def test_a_parameter_given_twice_is_refused() -> None:
    assert refusal("submit", **ORDER, submitted_price=1) == (
        "submitted_price or price was given twice; give it once."
    )


def test_enums_are_matched_without_case_and_listed_when_wrong() -> None:
    assert check(op("submit"), {**ORDER, "side": "SELL"})["side"] == "Sell"
    assert refusal("submit", **{**ORDER, "side": "hold"}) == "side='hold' is not one of Buy, Sell."
    text = refusal("submit", **{**ORDER, "type": "LOO"})
    assert "order_type='LOO' is not one of LO, ELO, MO" in text
    assert "Did you mean lo" in text
    assert "day, week, month" in refusal("candles", symbol="700.HK", period="fortnight")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "must be above 0"),
        (-100, "must be above 0"),
        ("a lot", "is not a number"),
        (True, "is not a number"),
        (float("nan"), "is a missing value"),
        (float("inf"), "is not a number the broker can take"),
        (Decimal("NaN"), "is a missing value"),
        ([100], "is not a number"),
    ],
)
def test_quantities(value: Any, words: str) -> None:
    assert words in refusal("submit", **{**ORDER, "quantity": value})


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"limit_depth_level": 6}, "limit_depth_level=6 must be from -5 to 5."),
        ({"trigger_count": 4}, "trigger_count=4 must be from 0 to 3."),
        ({"trigger_count": 1.5}, "trigger_count=1.5 is not a whole number."),
        ({"remark": "x" * 256}, "has 256 characters; at most 255 fit."),
        ({"expire_date": "tomorow"}, "is not a day"),
        ({"expire_date": "20261301"}, "expire_date='20261301' is not a day: write it as 2026-01-05."),
        ({"delayed_until": "soon"}, "is not a time"),
        ({"delayed_until": 1767605400000}, "looks like milliseconds"),
        ({"symbol": "700"}, "symbol='700' has no market; write it as 700.HK or AAPL.US."),
        ({"symbol": ""}, "symbol='' is empty."),
        ({"attached_params": {"stop_loss": 1}}, "attached_params has no field 'stop_loss'"),
        ({"attached_params": {"stop_loss_price": 1}}, "needs attached_params.attached_order_type."),
        ({"attached_params": "{"}, "is not JSON"),
        ({"attached_params": 7}, "is not an object"),
    ],
)
def test_one_clear_line_for_each_wrong_value(extra: dict[str, Any], words: str) -> None:
    assert words in refusal("submit", **{**ORDER, **extra})


def test_ids_are_never_floats_or_booleans() -> None:
    assert "a float cannot hold them" in refusal("cancel", order_id=6.936e17)
    assert "is not an id" in refusal("cancel", order_id=True)
    assert "is empty" in refusal("cancel", order_id=" ")
    assert check(op("cancel"), {"order_id": 693664675163312128}) == {"order_id": "693664675163312128"}
    assert "is not a whole number" in refusal("delete_watchlist_group", id="mine")


def test_booleans() -> None:
    assert check(op("delete_watchlist_group"), {"id": 7, "purge": "yes"}) == {"id": 7, "purge": True}
    assert "is neither true nor false" in refusal("delete_watchlist_group", id=7, purge="maybe")


def test_a_symbol_of_the_other_market_is_refused() -> None:
    assert refusal("short_positions", symbol="AAPL.US").endswith("A Hong Kong security: 700.HK.")
    assert check(op("short_positions_us"), {"symbol": "AAPL.US"}, now=NOW) == {
        "symbol": "AAPL.US",
        "last_timestamp": str(int(NOW.timestamp())),
        "count": 20,
    }
    assert "outside Hong Kong" in refusal("short_positions_us", symbol="700.HK")


def test_arrays_have_limits() -> None:
    assert "at most 500 go at once" in refusal("quote", symbol=[f"{n}.HK" for n in range(1, 502)])
    assert "give at least one" in refusal("quote", symbol=[])
    assert "is a missing value" in refusal("quote", symbol=["700.HK", None])


def test_fields_of_objects_by_dotted_and_short_names() -> None:
    by_date = check(
        op("history_candlesticks"), {"symbol": "700.HK", "start": "2026-01-05", "end": "today"}, now=NOW
    )
    assert by_date == {
        "adjust_type": 0,
        "date_request": {"start_date": "20260105", "end_date": "20261122"},
        "period": 1000,
        "query_type": 2,
        "symbol": "700.HK",
        "trade_session": 0,
    }
    by_offset = check(op("history_candlesticks"), {"symbol": "700.HK", "offset_request.count": 5})
    assert by_offset["query_type"] == 1
    assert by_offset["offset_request"] == {"direction": 0, "count": 5}
    assert "count=0 must be from 1 to 1000." in refusal("history_candlesticks", symbol="700.HK", count=0)
    assert "needs offset_request.count (count)" in refusal(
        "history_candlesticks", symbol="700.HK", date="today"
    )


def test_a_required_object_gets_its_defaults() -> None:
    checked = check(op("warrant_list"), {"symbol": "700.HK", "sort_by": "volume", "type": ["bull", "bear"]})
    assert checked["filter_config"] == {
        "sort_by": 3,
        "sort_order": 0,
        "sort_offset": 0,
        "sort_count": 0,
        "type": [2, 3],
    }


def test_a_default_may_repeat_another_parameter() -> None:
    assert check(op("fund_cancel_order"), {"id": 7}) == {"id": 7, "ut_id": 7}
    assert build(op("fund_cancel_order"), {"id": "7", "ut_id": 7}).path == "/v1/fund/orders/7/cancel"


def test_defaults_of_time() -> None:
    assert check(op("token_refresh"), {}, now=NOW) == {"expired_at": "2027-02-20T00:00:00Z"}
    orders = check(op("us_query_orders"), {}, now=NOW)
    assert orders["start_at"] == datetime(2026, 8, 24, tzinfo=UTC).timestamp()
    assert orders["end_at"] == orders["query_version"] == NOW.timestamp()


def test_the_zone_rules_days() -> None:
    checked = check(
        op("history_orders"), {"start": date(2026, 1, 5), "end": "2026-01-05"}, tz="Asia/Hong_Kong"
    )
    start = datetime.fromisoformat("2026-01-05T00:00:00+08:00").timestamp()
    assert checked == {"start_at": str(int(start)), "end_at": str(int(start) + 86399)}
    assert "there is no time zone 'Mars'" in _refused_zone()


def _refused_zone() -> str:
    with pytest.raises(RequestRefused) as caught:
        check(op("history_orders"), {"start": "today"}, tz="Mars")
    return str(caught.value)


TEXT = st.text(max_size=20)
ANYTHING = st.one_of(
    TEXT, st.integers(), st.floats(), st.booleans(), st.decimals(), st.dates(), st.datetimes(), st.none(),
    st.lists(TEXT, max_size=3), st.dictionaries(TEXT, TEXT, max_size=2),
)  # fmt: skip
OPERATIONS = st.sampled_from(sorted(catalog().operations)).map(op)


@settings(max_examples=soak(3000))
@given(data=st.data(), operation=OPERATIONS)
def test_check_answers_or_refuses_in_one_line_and_what_it_passes_builds(
    data: st.DataObject, operation: Operation
) -> None:
    given_ = {
        parameter.name: data.draw(ANYTHING, label=parameter.name)
        for parameter in operation.parameters
        if parameter.required or data.draw(st.booleans())
    }
    try:
        checked = check(operation, given_)
    except RequestRefused as refused:
        checked = None
        lines = str(refused).splitlines()
    if checked is None:
        assert len(lines) == 1
        return
    assert check(operation, checked) == checked
    built = build(operation, checked)
    assert built.body is None or set(built.body) <= set(checked)
