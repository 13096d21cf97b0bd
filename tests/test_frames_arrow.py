"""The way through Arrow gives the very frame of the usual way, or steps aside."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from support import soak

from jupyter_openapi.frames import InexactWarning, build, frame_from_bytes, to_frame
from jupyter_openapi.frames.columns import Maker
from jupyter_openapi.spec import Effect, Field, Kind, Operation, Table, catalog

FIELDS = (
    Field("id", Kind.ID),
    Field("note", Kind.TEXT, nulls=("NOT_USED",)),
    Field("price", Kind.DECIMAL, nulls=("0",)),
    Field("amount", Kind.DECIMAL),
    Field("rate", Kind.DECIMAL, number=True),
    Field("level", Kind.INTEGER, nulls=(0,), number=True),
    Field("volume", Kind.INTEGER),
    Field("open", Kind.BOOLEAN),
    Field("at", Kind.TIMESTAMP),
    Field("at_ms", Kind.MILLIS, number=True),
    Field("day", Kind.DATE),
    Field("legs", Kind.OBJECT),
    Field("phase", Kind.ENUM, values=(0, 1, 2), number=True),
)
SAMPLE = Operation(
    name="sample",
    method="GET",
    path="/v1/x",
    effect=Effect.READ,
    group="x",
    limit="none",
    summary="x",
    tables=(Table("rows[]", FIELDS, (("symbol", Field("symbol", Kind.SYMBOL)),)),),
)


def envelope(rows: Any, **beside: Any) -> bytes:
    return json.dumps({"code": 0, "message": "ok", "data": {**beside, "rows": rows}}).encode()


def both(content: bytes, tz: str = "UTC") -> tuple[pd.DataFrame | None, pd.DataFrame]:
    """The frame by way of Arrow (None if it steps aside), and the usual one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fast = build.fast_frame(content, SAMPLE, Maker(tz=tz))
        return fast, to_frame(json.loads(content)["data"], SAMPLE, tz=tz)


def assert_same(fast: pd.DataFrame, usual: pd.DataFrame) -> None:
    assert_frame_equal(fast, usual, check_exact=True)
    assert fast.attrs == usual.attrs


digits = st.integers(-(10**14), 10**14).map(str)
decimals = st.decimals(-(10**9), 10**9, places=5).map(lambda number: f"{number:f}")
plain_rows = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.text(max_size=12),
            "note": st.sampled_from(["", "NOT_USED", "déjà vu", "2026-01-05"]),
            "price": st.sampled_from(["0", "0.000", "612.5", ""]) | decimals,
            "amount": st.none() | digits | decimals | st.just("12345678901234567.891"),
        },
        optional={
            "rate": st.floats(-1e6, 1e6),
            "level": st.integers(-5, 5) | st.none(),
            "volume": digits,
            "open": st.booleans() | st.none(),
            "at": st.integers(0, 4 * 10**9).map(str) | st.just(""),
            "at_ms": st.integers(0, 4 * 10**12),
            "day": st.dates().map(str).filter(lambda day: "1700" < day < "2200") | st.just(""),
            "phase": st.integers(0, 9),
            "legs": st.none() | st.just([]),
            "unknown_text": st.text(max_size=5),
            "unknown_number": st.integers(-9, 9),
            "unknown_flag": st.booleans(),
        },
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=soak(1500))
@given(plain_rows, st.sampled_from(["UTC", "America/New_York"]))
def test_plain_rows_take_the_fast_way_and_give_the_same(rows: list[dict[str, Any]], tz: str) -> None:
    first = {
        "unknown_text": "x",
        "id": "1",
        "day": "",
        "unknown_number": 1,
        "at": "0",
        "open": False,
        "legs": [],
    }
    fast, usual = both(envelope([first, *rows], symbol="700.HK", has_more=True), tz)
    assert fast is not None
    assert_same(fast, usual)


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | digits | decimals
    | st.sampled_from(["0", "1e5", "nan", "inf", "0x10", "+1", " 1", "1.", "2026-01-05", "2026-01-05T10:00"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=3,
)  # fmt: skip
names = st.sampled_from([field.name for field in FIELDS]) | st.sampled_from(["x", "y", "symbol", ""])


@settings(max_examples=soak(3000))
@given(st.lists(st.dictionaries(names, odd, max_size=6) | st.none(), max_size=4), odd)
def test_odd_values_give_the_same_or_step_aside(rows: list[Any], symbol: Any) -> None:
    fast, usual = both(envelope(rows, symbol=symbol))
    if fast is not None:
        assert_same(fast, usual)


@settings(max_examples=soak(1000))
@given(st.lists(odd, min_size=1, max_size=5), names)
def test_one_odd_column_gives_the_same_or_steps_aside(values: list[Any], name: str) -> None:
    fast, usual = both(envelope([{"id": str(place), name: value} for place, value in enumerate(values)]))
    if fast is not None:
        assert_same(fast, usual)


@pytest.mark.parametrize(
    "text",
    [
        '{"code":0,"data":{"rows":[{"id":"a","id":"b"}]}}',
        '{"code":0,"data":{"rows":[{"id":"a"}],"rows":[{"id":"b"}]}}',
        '{"code":0,"data":{"rows":[{"id":"a"}]},"data":{"rows":[{"id":"b"}]}}',
        '{"code":0,"data":{"rows":[{"id":"\\ud83d"}]}}',
        '{"code":0,"data":{"rows":[{"id":"a"},null]}}',
        '{"code":0,"data":{"rows":[]}}',
        '{"code":0,"data":{"rows":null}}',
        '{"code":0,"data":null}',
        '{"code":0,"data":{"rows":[{"price":"1"},{"price":2}]}}',
        '{"code":0,"data":{"rows":[{"price":"1e3"}]}}',
        '{"code":0,"data":{"rows":[{"rate":1.5},{"rate":Infinity}]}}',
        '{"code":0,"data":{"rows":[{"rate":9007199254740993}]}}',
        '{"code":0,"data":{"rows":[{"legs":[{"a":1}]}]}}',
        '{"code":0,"data":{"rows":[{"day":"2026-02-30"}]}}',
        '{"code":0,"data":{"rows":[{"at":"99999999999999"}]}}',
        '{"code":0,"data":{"rows":[{"volume":"0x10"}]}}',
        '{"code":0,"data":{"rows":{"rows":[{"id":"a"}]}}}',
        '{"code":0,"note":{"rows":[{"id":"a"}]},"data":{"rows":[{"id":"b"}]}}',
        '{"code":0,"data":{"note":{"rows":[{"id":"a"}]},"rows":[{"id":"b"}]}}',
        '[{"code":0,"data":{"rows":[{"id":"a"}]}}]',
    ],
)
def test_what_arrow_would_read_otherwise_goes_the_usual_way(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "FAST_FROM", 0)
    parsed = json.loads(text)
    data = parsed["data"] if isinstance(parsed, dict) else parsed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert build.fast_frame(text.encode(), SAMPLE, Maker()) is None
        assert_frame_equal(frame_from_bytes(text.encode(), SAMPLE), to_frame(data, SAMPLE))


def test_a_text_that_looks_like_the_list_does_not_mislead() -> None:
    message = json.dumps('"rows":[{"z":1}]')
    text = f'{{"code":0,"message":{message},"data":{{"symbol":"A.US","rows" : [ {{"price":"1","id":"x"}}]}}}}'
    content = text.encode()
    fast, usual = both(content)
    assert fast is not None
    assert_same(fast, usual)
    assert list(fast.columns)[:3] == ["symbol", "price", "id"]


WHOLE = b'{"data":{"rows":[{"id":"a"}]}}'


@pytest.mark.parametrize("content", [b"", b"{", WHOLE + b" x", WHOLE + WHOLE, b"\xff\xfe"])
def test_what_is_not_json_is_a_value_error(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "FAST_FROM", 0)
    with pytest.raises(ValueError, match=r".+"):
        frame_from_bytes(content, SAMPLE)


def test_bytes_that_are_no_utf8_never_reach_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "FAST_FROM", 0)
    with pytest.raises(UnicodeDecodeError):
        frame_from_bytes(b'{"data":{"rows":[{"id":"a"},{"id":"\xff"}]}}', SAMPLE)


def test_large_replies_take_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders as the broker sends them, nested columns included where they are absent or empty."""
    row = {
        "order_id": "1",
        "price": "612.50",
        "executed_price": "0.000",
        "submitted_at": "1767605400",
        "trigger_at": "0",
        "expire_date": "2026-01-30",
        "outside_rth": "UnknownOutsideRth",
        "limit_depth_level": 0,
        "attached_orders": [],
        "stock_name": "騰訊",
        "remark": "",
    }
    rows = [{**row, "order_id": str(693664675163312128 + place)} for place in range(2000)]
    content = json.dumps({"code": 0, "data": {"orders": rows}}).encode()
    usual = to_frame(json.loads(content)["data"], "history_orders")
    monkeypatch.setattr(
        json, "loads", lambda text: pytest.fail("parsed by json") if len(text) > 1000 else {"data": {"": 0}}
    )
    fast = frame_from_bytes(content, "history_orders")
    assert_same(fast, usual)
    fast.loc[0, ["price", "remark"]] = [1.0, "mine"]  # its memory is its own
    assert fast.loc[0, "price"] == 1.0


def test_both_ways_warn_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    content = envelope([{"amount": "0.12345678901234567891"}] * 3)
    for smallest in (0, 10**9):
        monkeypatch.setattr(build, "FAST_FROM", smallest)
        with pytest.warns(InexactWarning, match=r"amount \(3\)") as caught:
            frame = frame_from_bytes(content, SAMPLE)
        assert frame.attrs["openapi"]["inexact"] == {"amount": 3}
        assert [warning.filename for warning in caught] == [__file__]


def test_exact_decimals_keep_their_digits_from_bytes() -> None:
    rows = [{"amount": "1.10"}] * 9000
    frame = frame_from_bytes(envelope(rows), SAMPLE, decimals="string")
    assert frame["amount"].unique().tolist() == ["1.10"]


SCRIPT = """
import json, sys
if sys.argv[1] == "without":
    sys.modules["pyarrow"] = None
from jupyter_openapi.frames import frame_from_bytes, to_frame
row = {"order_id": "1", "trade_id": "007", "symbol": "700.HK", "trade_done_at": "1767605405"}
row |= {"quantity": "100", "price": "1.5", "side": None}
rows = [row] * 2000
content = json.dumps({"code": 0, "data": {"trades": rows}}).encode()
frame = frame_from_bytes(content, "history_executions")
assert frame.equals(to_frame({"trades": rows}, "history_executions"))
empty = to_frame({}, "history_executions")
assert list(empty.dtypes) == list(frame.dtypes)
inferred = to_frame({"rows": rows})
print(json.dumps([frame.to_csv(), *(f.dtypes.astype(str).to_dict() for f in (frame, inferred))]))
"""


def test_frames_are_the_same_without_pyarrow() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT, which], capture_output=True, encoding="utf-8", check=True
        ).stdout
        for which in ("with", "without")
    ]
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0])[0].count(",007,") == 2000
    assert json.loads(outputs[0])[1]["order_id"] == str(pd.Series(dtype="str").dtype)


def test_the_catalogue_has_tables_for_the_fast_way() -> None:
    """The long histories are read directly; a change of their paths would silently lose the speed."""
    from jupyter_openapi.frames import arrow as fast

    for name in (
        "today_executions",
        "history_executions",
        "today_orders",
        "history_orders",
        "cash_flow",
        "candlesticks",
    ):
        operation = catalog().find(name)
        assert operation is not None
        content = json.dumps({"data": {operation.tables[0].path[:-2]: [{"symbol": "700.HK"}]}}).encode()
        assert fast.read(content, operation.tables[0], Maker()) is not None, name


PEAKS = """
import resource, sys
from pathlib import Path
from jupyter_openapi.frames import arrow, frame_from_bytes

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

small, large = (Path(name).read_bytes() for name in sys.argv[1:])
frame_from_bytes(small, "history_executions")
read, seen = arrow._parse, []
def parse(*rest):
    found = read(*rest)
    seen.append(peak())
    return found
arrow._parse = parse
frame = frame_from_bytes(large, "history_executions")
print(peak() - seen[0], frame.memory_usage(deep=True).sum())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="where peaks are counted otherwise")
def test_columns_are_made_in_the_room_that_reading_took(tmp_path: Path) -> None:
    row = (
        '{{"order_id":"{0}","trade_id":"{0}-1{0}","symbol":"700.HK","trade_done_at":"{1}","quantity":"{2}",'
        '"price":"{2}.25","side":"Buy"}}'
    )
    places = [tmp_path / "small.json", tmp_path / "large.json"]
    for place, count in zip(places, (2_000, 400_000), strict=True):
        with place.open("w", encoding="utf-8") as file:
            file.write('{"code":0,"message":"","data":{"has_more":false,"trades":[')
            for i in range(count):
                file.write("," * bool(i) + row.format(693664675163312128 + i, 1767605405 + i, i % 900))
            file.write("]}}")
    done = subprocess.run(
        [sys.executable, "-c", PEAKS, *map(str, places)], capture_output=True, encoding="utf-8", check=True
    )
    more, frame = map(int, done.stdout.split())
    assert more < frame / 8
