"""Trading days of bars, what a frame says about itself, and what importing the package costs."""

from __future__ import annotations

import datetime as dt
import enum
import json
import subprocess
import sys
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak

from jupyter_openapi.frames import MARKET_ZONES, add_trade_date, describe, to_frame
from jupyter_openapi.market.symbols import MARKETS


def bars(*seconds: int, tz: str = "UTC") -> pd.DataFrame:
    data = {
        "symbol": "700.HK",
        "candlesticks": [{"close": "1", "timestamp": str(second)} for second in seconds],
    }
    return to_frame(data, "candlesticks", tz=tz)


@pytest.mark.parametrize("tz", ["UTC", "Asia/Hong_Kong", "America/Los_Angeles"])
@pytest.mark.parametrize(
    ("symbol", "local_midnight"),
    [
        ("700.HK", "2026-01-05T00:00:00+08:00"),
        ("600519.SH", "2026-01-05T00:00:00+08:00"),
        ("000001.SZ", "2026-01-05T00:00:00+08:00"),
        ("D05.SG", "2026-01-05T00:00:00+08:00"),
        ("AAPL.US", "2026-01-05T00:00:00-05:00"),
        ("BRK.B.US", "2026-01-05T09:30:00-05:00"),
        ("AAPL.US", "2026-01-05T23:59:59-05:00"),
    ],
)
def test_a_bars_trade_date_is_its_markets_day(symbol: str, local_midnight: str, tz: str) -> None:
    frame = bars(int(dt.datetime.fromisoformat(local_midnight).timestamp()), tz=tz)
    same = add_trade_date(frame, symbol)
    assert same is frame
    columns = list(frame.columns)
    assert columns[columns.index("timestamp") + 1] == "trade_date"
    assert frame["trade_date"].tolist() == [pd.Timestamp("2026-01-05")]
    assert frame["trade_date"].dt.tz is None


def test_summer_time_does_not_move_the_trade_date() -> None:
    frame = bars(
        *(int(dt.datetime(2026, month, 9, 4 + (month == 1), tzinfo=dt.UTC).timestamp()) for month in (1, 7))
    )
    assert add_trade_date(frame, "AAPL.US")["trade_date"].tolist() == [
        pd.Timestamp("2026-01-09"),
        pd.Timestamp("2026-07-09"),
    ]


def test_every_market_has_a_zone() -> None:
    assert set(MARKET_ZONES) == set(MARKETS)


def test_nothing_to_date_leaves_the_frame_as_it_is() -> None:
    for frame, symbol in [
        (bars(1), "X.MARS"),
        (to_frame([{"a": "1"}]), "700.HK"),
        (to_frame([{"timestamp": "1"}]), "700.HK"),
    ]:
        before = list(frame.columns)
        assert list(add_trade_date(frame, symbol).columns) == before
    empty = add_trade_date(to_frame({}, "candlesticks"), "700.HK")
    assert str(empty["trade_date"].dtype).startswith("datetime64")
    assert list(add_trade_date(empty, "700.HK").columns).count("trade_date") == 1


class Mode(enum.StrEnum):
    PAPER = "paper"


def test_facts_are_json_safe_and_add_up() -> None:
    frame = to_frame({"trades": []}, "history_executions")
    same = describe(
        frame,
        mode=Mode.PAPER,
        profile=None,
        requested_at=dt.datetime(2026, 1, 5, 9, 30, tzinfo=dt.UTC),
        window=(dt.date(2026, 1, 1), dt.date(2026, 1, 5)),
        total=Decimal("1.10"),
        missing={"symbols": {"XYZ.US"}},
        elapsed=float("nan"),
    )
    assert same is frame
    assert frame.attrs["openapi"] == {
        "operation": "history_executions",
        "mode": "paper",
        "requested_at": "2026-01-05T09:30:00+00:00",
        "window": ["2026-01-01", "2026-01-05"],
        "total": "1.10",
        "missing": {"symbols": ["XYZ.US"]},
        "elapsed": "nan",
    }
    assert describe(frame, mode="live").attrs["openapi"]["mode"] == "live"


facts = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.binary(),
        st.decimals(),
        st.datetimes(),
        st.dates(),
        st.complex_numbers(),
    ),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.integers() | st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=soak(500))
@given(st.dictionaries(st.sampled_from(["a", "b"]), facts))
def test_any_fact_survives_json(found: dict[str, object]) -> None:
    attributes = describe(pd.DataFrame(), **found).attrs
    assert json.loads(json.dumps(attributes, allow_nan=False)) == attributes


def test_attributes_survive_a_file() -> None:
    """pandas writes attributes as JSON into Parquet and the like."""
    frame = to_frame({"has_more": True, "rows": [{"a": "1"}]})
    assert json.loads(json.dumps(frame.attrs)) == {"openapi": {"beside": {"has_more": True}}}


def test_importing_frames_imports_nothing_heavy() -> None:
    heavy = "{'pandas', 'numpy', 'pyarrow', 'requests'}"
    script = f"import sys, jupyter_openapi.frames; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"
