"""How values take their wire form: laws over all values, and the forms people type."""

# ruff: noqa: DTZ001, PD011  (naive times are what is tested here; Parameter.values is no pandas column)

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.each import each
from support.values import to_wire

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.spec import Kind, Parameter, catalog
from jupyter_openapi.spec.request import build, encode_body, encode_query
from jupyter_openapi.spec.values import choices, convert

DECIMAL = Parameter("price", "body", Kind.DECIMAL)
WHOLE = Parameter("count", "body", Kind.INTEGER, number=True)
ID = Parameter("order_id", "query", Kind.ID)
START = Parameter("start_at", "query", Kind.TIMESTAMP)
END = Parameter("end_at", "query", Kind.TIMESTAMP)
NUMBER_TIME = Parameter("delayed_until", "body", Kind.TIMESTAMP, number=True)
ISO_TIME = Parameter("expired_at", "query", Kind.TIMESTAMP, date_format="iso")
DAY = Parameter("expire_date", "body", Kind.DATE)
DAY8 = Parameter("beg_day", "body", Kind.DATE, date_format="%Y%m%d")
SYMBOLS = Parameter("symbol", "query", Kind.SYMBOL, array=True)
NOW = datetime(2026, 11, 22, 15, 30, 45, tzinfo=UTC)
ENUMS = json.loads((Path(__file__).parent / "data" / "sdk_enums.json").read_text(encoding="utf-8"))

MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2999, 12, 31))
ZONES = st.sampled_from(["UTC", "Asia/Hong_Kong", "America/New_York", "Asia/Kolkata"])
FINITE = st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**15), max_value=10**15)


@given(FINITE)
def test_decimals_keep_their_value_and_lose_zeros_and_exponents(number: Decimal) -> None:
    text = to_wire(DECIMAL, number)
    assert Decimal(text) == number
    assert re.fullmatch(r"-?(0|[1-9]\d*)(\.\d*[1-9])?", text)
    assert text != "-0"


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_a_float_is_what_it_prints_as(number: float) -> None:
    assume(number == 0 or abs(number) > 1e-30)
    assert Decimal(to_wire(DECIMAL, number)) == Decimal(repr(number))


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("612.50", "612.5"),
        (Decimal("1E+3"), "1000"),
        (" 12.5 ", "12.5"),
        (0.1, "0.1"),
        (1e-9, "0.000000001"),
        (np.float64(612.5), "612.5"),
        (np.int64(100), "100"),
        (np.array(7.25), "7.25"),
        (Decimal("-0.0"), "0"),
        ("1e2", "100"),
        (12345678901234567890123456789012345678, "12345678901234567890123456789012345678"),
    ],
)
def test_decimals_as_the_sdk_sends_them(value: Any, wire: str) -> None:
    assert to_wire(DECIMAL, value) == wire


EVERY_KIND = [
    DECIMAL, WHOLE, ID, START, NUMBER_TIME, DAY, DAY8, SYMBOLS,
    Parameter("purge", "query", Kind.BOOLEAN), Parameter("side", "body", Kind.ENUM, values={"Buy": "Buy"}),
]  # fmt: skip
MISSING = [float("nan"), np.nan, pd.NA, pd.NaT, np.datetime64("NaT", "s"), np.float32("nan")]


@each("parameter, value", product(EVERY_KIND, MISSING))
def test_nothing_missing_is_ever_sent(parameter: Parameter, value: Any) -> None:
    for strict in (True, False):
        with pytest.raises(RequestRefused):
            convert(parameter, [value] if parameter.array else value, strict=strict)


@pytest.mark.parametrize(
    "parameter", [DECIMAL, WHOLE, ID, START, NUMBER_TIME, DAY, DAY8], ids=lambda p: p.name
)
@pytest.mark.parametrize("value", [True, False, np.bool_(True)], ids=repr)
def test_a_boolean_is_no_number_time_or_id(parameter: Parameter, value: Any) -> None:
    for strict in (True, False):
        with pytest.raises(RequestRefused):
            convert(parameter, value, strict=strict)


@given(st.integers(min_value=0, max_value=10**30))
def test_ids_keep_every_digit(number: int) -> None:
    assert to_wire(ID, number) == to_wire(ID, str(number)) == str(number)
    assert to_wire(ID, f"00{number}") == f"00{number}"


@given(st.floats() | st.decimals())
def test_ids_are_never_floats(number: Any) -> None:
    with pytest.raises(RequestRefused):
        to_wire(ID, number)


@given(st.integers(min_value=-(10**17), max_value=10**17))
def test_whole_numbers(number: int) -> None:
    assert to_wire(WHOLE, number) == to_wire(WHOLE, str(number)) == to_wire(WHOLE, Decimal(number)) == number


@given(MOMENTS, st.integers(-12 * 60, 14 * 60))
def test_an_aware_moment_is_its_unix_seconds(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assume(aware.timestamp() >= 0)
    seconds = int(aware.timestamp() // 1)
    assert to_wire(START, aware) == to_wire(START, aware.isoformat()) == str(seconds)
    assert to_wire(NUMBER_TIME, aware, tz="Asia/Tokyo") == seconds
    assert datetime.fromisoformat(to_wire(ISO_TIME, aware)).timestamp() == seconds


@given(MOMENTS, ZONES)
def test_a_naive_moment_is_in_the_zone_of_the_call(moment: datetime, tz: str) -> None:
    seconds = moment.replace(tzinfo=ZoneInfo(tz)).timestamp() // 1
    assume(seconds >= 0)
    expected = str(int(seconds))
    assert to_wire(START, moment, tz=tz) == to_wire(START, moment.isoformat(), tz=tz) == expected
    assert to_wire(START, str(moment), tz=tz) == expected


@given(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)), ZONES)
def test_pandas_and_numpy_times_are_the_same_moments(moment: datetime, tz: str) -> None:
    expected = to_wire(START, moment, tz=tz)
    assert to_wire(START, pd.Timestamp(moment), tz=tz) == expected
    assert to_wire(START, np.datetime64(moment), tz=tz) == expected
    assert to_wire(START, np.datetime64(moment, "ns"), tz=tz) == expected
    assert to_wire(START, pd.Timestamp(moment, tz="UTC"), tz=tz) == to_wire(START, moment)


@given(st.dates(date(1971, 1, 1), date(2999, 1, 1)), ZONES)
def test_a_day_is_whole_its_end_included(day: date, tz: str) -> None:
    first, last = int(to_wire(START, day, tz=tz)), int(to_wire(END, day, tz=tz))
    zone = ZoneInfo(tz)
    assert datetime.fromtimestamp(first, zone).date() == datetime.fromtimestamp(last, zone).date() == day
    assert datetime.fromtimestamp(last, zone).strftime("%H:%M:%S") == "23:59:59"
    assert last + 1 == int(to_wire(START, day + timedelta(days=1), tz=tz))
    assert to_wire(START, day.isoformat(), tz=tz) == str(first)


@given(st.dates(date(1, 1, 1), date(9999, 12, 30)))
def test_days_take_the_parameters_form(day: date) -> None:
    assert to_wire(DAY, day) == to_wire(DAY, day.isoformat()) == day.isoformat()
    eight = day.isoformat().replace("-", "")
    assert to_wire(DAY8, day) == to_wire(DAY8, eight) == eight


@given(st.integers(0, 99_999_999_999))
def test_unix_seconds_pass_as_they_are(seconds: int) -> None:
    assert to_wire(START, seconds) == str(seconds)
    assert to_wire(NUMBER_TIME, seconds) == seconds
    if len(str(seconds)) != 8:  # eight digits of text are a day, 20260105
        assert to_wire(START, str(seconds)) == to_wire(END, str(seconds)) == str(seconds)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", "2026-11-22T15:30:45+00:00"),
        ("NOW", "2026-11-22T15:30:45+00:00"),
        ("today", "2026-11-22T00:00:00+00:00"),
        ("yesterday", "2026-11-21T00:00:00+00:00"),
        ("-3h", "2026-11-22T12:30:45+00:00"),
        ("-30d", "2026-10-23T00:00:00+00:00"),
        ("-2w", "2026-11-08T00:00:00+00:00"),
        ("-6m", "2026-05-22T00:00:00+00:00"),
        ("-9m", "2026-02-22T00:00:00+00:00"),
        ("-1y", "2025-11-22T00:00:00+00:00"),
        ("+90d", "2027-02-20T00:00:00+00:00"),
        ("2026-01-05", "2026-01-05T00:00:00+00:00"),
        ("20260105", "2026-01-05T00:00:00+00:00"),
        ("2026-01-05 09:30", "2026-01-05T09:30:00+00:00"),
        ("2026-01-05T09:30:00Z", "2026-01-05T09:30:00+00:00"),
        ("2026-01-05T09:30:00.123456789+08:00", "2026-01-05T01:30:00+00:00"),
        ("1767605400.75", "2026-01-05T09:30:00+00:00"),
    ],
)
def test_times_people_type(text: str, moment: str) -> None:
    assert int(to_wire(START, text, now=NOW)) == int(datetime.fromisoformat(moment).timestamp())


def test_words_mean_days_in_the_zone_and_ends_include_the_day() -> None:
    assert to_wire(DAY, "today", tz="Asia/Hong_Kong", now=NOW.replace(hour=17)) == "2026-11-23"
    assert to_wire(DAY, "-1m", now=datetime(2024, 3, 31, tzinfo=UTC)) == "2024-02-29"
    assert to_wire(DAY, "-1y", now=datetime(2024, 2, 29, tzinfo=UTC)) == "2023-02-28"
    assert int(to_wire(END, "-30d", now=NOW)) - int(to_wire(START, "-30d", now=NOW)) == 86399
    assert to_wire(END, "now", now=NOW) == to_wire(START, "now", now=NOW)
    assert to_wire(DAY, datetime(2026, 1, 5, 20, tzinfo=UTC), tz="Asia/Hong_Kong") == "2026-01-06"
    assert to_wire(DAY8, 20260105) == to_wire(DAY8, "20260105") == "20260105"


@pytest.mark.parametrize(
    "value", ["", "soon", "2026-13-01", "-5", "1767605400000", "-99999y", "2026-1-5", [1], {}]
)
def test_what_is_no_time_is_refused_in_a_sentence(value: Any) -> None:
    with pytest.raises(RequestRefused, match=r"^start_at=.* is not a time: .*\.$"):
        to_wire(START, value)


@given(st.text(max_size=30))
def test_text_below_validation_passes_but_never_raises_anything_else(text: str) -> None:
    for parameter in (START, DAY, DECIMAL, WHOLE, ID):
        try:
            convert(parameter, text, strict=False)
            convert(parameter, text)
        except RequestRefused as refused:
            assert "\n" not in str(refused)  # noqa: PT017


@pytest.mark.parametrize(
    "value",
    [
        ["700.HK", "AAPL.US"],
        ("700.HK", "AAPL.US"),
        "700.HK,AAPL.US",
        "700.HK, AAPL.US",
        '["700.HK", "AAPL.US"]',
        pd.Series(["700.HK", "AAPL.US"]),
        pd.Index(["700.HK", "AAPL.US"]),
        np.array(["700.HK", "AAPL.US"]),
        iter(["700.HK", "AAPL.US"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_arrays_of_all_sorts(value: Any) -> None:
    assert to_wire(SYMBOLS, value) == ["700.HK", "AAPL.US"]


def test_styles_of_arrays() -> None:
    assert to_wire(SYMBOLS, "700.HK") == ["700.HK"]
    joined = catalog().operations["sharelist_add_securities"]
    assert build(joined, {"id": 7, "symbols": ["700.HK", "AAPL.US"]}).body == {"symbols": "700.HK,AAPL.US"}
    as_json = catalog().operations["fund_nav"]
    assert build(as_json, {"counter_ids": ["A", "B"]}).query == [("counter_ids", '["A","B"]')]
    repeated = catalog().operations["stock_positions"]
    assert build(repeated, {"symbol": ["A.HK", "B.HK"]}).query == [("symbol", "A.HK"), ("symbol", "B.HK")]


ENUM_PARAMETERS = [
    (operation.name, parameter)
    for operation in catalog().operations.values()
    for outer in operation.parameters
    for parameter in (outer, *outer.fields)
    if parameter.values
]


@given(data=st.data(), chosen=st.sampled_from(ENUM_PARAMETERS))
def test_any_spelling_of_an_enum_in_any_case(data: st.DataObject, chosen: tuple[str, Parameter]) -> None:
    _, parameter = chosen
    spelling, wire = data.draw(st.sampled_from(sorted(parameter.values.items())))
    typed = "".join(data.draw(st.sampled_from([c.lower(), c.upper()])) for c in spelling)
    expected = [wire] if parameter.array else wire
    assert convert(parameter, typed) == expected
    assert convert(parameter, wire) == expected
    shown = [convert(parameter, choice) for choice in choices(parameter).split(", ")]
    assert expected in shown
    assert len(shown) == len(set(parameter.values.values()))


@each("operation, parameter", ENUM_PARAMETERS)
def test_no_two_values_share_a_spelling(operation: str, parameter: Parameter) -> None:
    bare: dict[str, Any] = {}
    for name, wire in parameter.values.items():
        assert bare.setdefault(re.sub(r"[_\s-]", "", name.lower()), wire) == wire, operation


@pytest.mark.parametrize("name", ENUMS)
def test_members_of_the_official_sdks_enums_are_understood(name: str) -> None:
    import longbridge.openapi as sdk

    facts = ENUMS[name]
    operation, _ = catalog().match(*facts["request"].split(" "))
    parameter = operation.parameter(facts["parameter"])
    for member, wire in facts["values"].items():
        for value in (getattr(getattr(sdk, name), member), f"{name}.{member}", member):
            sent = to_wire(parameter, [value] if parameter.array else value)
            assert str(sent[0] if parameter.array else sent) == str(wire), (name, member)


def test_free_text_is_verbatim() -> None:
    remark = catalog().operations["submit_order"].parameter("remark")
    text = " {x} 'a', \"b\" 100% ü, [1] "
    assert to_wire(remark, text) == text
    assert to_wire(Parameter("name", "body", Kind.TEXT), " a ") == "a"


def test_an_object_converts_what_is_inside() -> None:
    rule = catalog().operations["grid_submit"].parameter("grid_trading_rule")
    assert to_wire(rule, {"submitted_base_price": 10.50, "time_in_force": "gtd", "expire_time": None}) == {
        "submitted_base_price": "10.5",
        "time_in_force": 6,
    }
    assert to_wire(rule, '{"trigger_price_type": "percent"}') == {"trigger_price_type": 2}
    answers = catalog().operations["agent_continue_conversation"].parameter("answers_by_tool_call")
    data = {"t": {"price": Decimal("1.50"), "on": date(2026, 1, 5), "many": (np.int64(1), 2)}}
    assert to_wire(answers, data) == {"t": {"price": "1.5", "on": "2026-01-05", "many": [1, 2]}}


@pytest.mark.parametrize("value", [*MISSING, Decimal("NaN"), Decimal("Infinity")], ids=repr)
def test_nothing_missing_leaves_inside_an_object_either(value: Any) -> None:
    operation = catalog().operations["agent_continue_conversation"]
    ids = {"agent_id": "a", "chat_uid": "c", "message_id": "m"}
    with pytest.raises(RequestRefused):
        encode_body(build(operation, {**ids, "answers_by_tool_call": {"t": [value]}}).body)


WIRE_VALUES = [
    (DECIMAL, FINITE),
    (WHOLE, st.integers(-(10**9), 10**9)),
    (START, st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1))),
    (DAY, st.dates()),
    (DAY8, st.dates(date(1900, 1, 1), date(2199, 12, 31))),
    (SYMBOLS, st.lists(st.sampled_from(["700.HK", "AAPL.US"]), min_size=1)),
]


@given(data=st.data())
@pytest.mark.parametrize(("parameter", "values"), WIRE_VALUES, ids=lambda v: getattr(v, "name", ""))
def test_converting_twice_changes_nothing(data: st.DataObject, parameter: Parameter, values: Any) -> None:
    once = convert(parameter, data.draw(values))
    assert convert(parameter, once) == once


ENCODABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(ENCODABLE, ENCODABLE), max_size=5))
def test_a_query_string_reads_back_and_uses_only_the_sdks_characters(pairs: list[tuple[str, str]]) -> None:
    text = encode_query(pairs)
    assert parse_qsl(text, keep_blank_values=True) == pairs
    assert re.fullmatch(r"([A-Za-z0-9*._+&=-]|%[0-9A-F]{2})*", text)


def test_the_query_string_the_sdk_was_recorded_with() -> None:
    given_ = [("symbol", "a b&c=ü%/*-._~'(")]
    assert encode_query(given_) == "symbol=a+b%26c%3D%C3%BC%25%2F*-._%7E%27%28"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | ENCODABLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ENCODABLE, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(ENCODABLE, JSON, max_size=4))
def test_a_body_reads_back_and_is_compact(body: dict[str, Any]) -> None:
    sent = encode_body(body)
    assert json.loads(sent) == body
    assert len(sent) <= len(json.dumps(body, ensure_ascii=False).encode())


@pytest.mark.parametrize("body", [{"x": float("nan")}, {"x": object()}, {"x": "\ud800"}, {"x": {1, 2}}])
def test_what_is_not_json_is_refused(body: Any) -> None:
    with pytest.raises(RequestRefused, match="cannot be sent as JSON"):
        encode_body(body)


def test_half_a_surrogate_pair_is_refused_in_a_query() -> None:
    with pytest.raises(RequestRefused, match="cannot be sent"):
        encode_query([("symbol", "\ud800")])


def test_path_values_are_escaped_and_never_climb() -> None:
    detail = catalog().operations["content_topic_detail"]
    assert build(detail, {"id": "a/b?c d"}).path == "/v1/content/topics/a%2Fb%3Fc%20d"
    for value in ("..", ".", ""):
        with pytest.raises(RequestRefused, match="can't be part of a path"):
            build(detail, {"id": value})
    with pytest.raises(RequestRefused, match="needs id"):
        build(detail, {})


def test_build_takes_python_values_and_every_kind_of_name() -> None:
    built = build(
        catalog().operations["history_orders"],
        {
            "start": datetime(2026, 1, 5, 9, 30),
            "end_at": pd.Timestamp("2026-01-05T09:30:00Z"),
            "status": ["filled", "NewStatus"],
            "symbol": None,
        },
        tz="Asia/Hong_Kong",
    )
    assert built.query == [
        ("status", "FilledStatus"),
        ("status", "NewStatus"),
        ("start_at", str(1767605400 - 8 * 3600)),
        ("end_at", "1767605400"),
    ]
    assert built.body is None
    with pytest.raises(RequestRefused, match="has no parameter 'form'"):
        build(catalog().operations["history_orders"], {"form": 1})
