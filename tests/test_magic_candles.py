"""Candlesticks of several symbols in one frame: by a line in a real kernel, and in Python."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
from support.kernel import Kernel

from jupyter_openapi import RequestRefused
from jupyter_openapi.history.candles import candles_of


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """Give a kernel that is connected to a sandbox of its own."""
    with Kernel(tmp_path_factory.mktemp("candles")) as kernel:
        assert kernel.run("client = %openapi connect sandbox").ok
        yield kernel


def shown(kernel: Kernel, *lines: str) -> str:
    """Run lines and return what the last one gives."""
    done = kernel.run("\n".join(lines))
    assert done.ok, done.error
    return done.result


def test_a_line_with_several_symbols_gives_long_rows(kernel: Kernel) -> None:
    line = "df = %openapi candles 700.HK AAPL.US period=1d count=250"
    assert shown(kernel, line, "df.shape[0], df.symbol.value_counts().to_dict()") == (
        "(500, {'700.HK': 250, 'AAPL.US': 250})"
    )
    assert shown(kernel, "list(df.columns[:8])") == (
        "['symbol', 'timestamp', 'trade_date', 'open', 'high', 'low', 'close', 'volume']"
    )
    assert shown(kernel, "type(df) is __import__('pandas').DataFrame") == "True"


def test_pivot_gives_a_time_index_and_columns_of_field_and_symbol(kernel: Kernel) -> None:
    line = "px = %openapi --pivot candles 700.HK,AAPL.US period=1d count=5"
    assert shown(kernel, line, "px.index.name, list(px['close'].columns)") == (
        "('trade_date', ['700.HK', 'AAPL.US'])"
    )
    # A day begins in Hong Kong while it is still the day before in New York.
    assert shown(kernel, "len(px['close'].dropna()) >= 4") == "True"


def test_python_gives_what_the_line_gives(kernel: Kernel) -> None:
    line = "a = %openapi candles 700.HK AAPL.US period=1d count=3"
    same = "a.iloc[:2].equals(client.candles(['700.HK', 'AAPL.US'], period='day', count=3).iloc[:2])"
    assert shown(kernel, line, same) == "True"


def test_one_symbol_stays_as_it_is(kernel: Kernel) -> None:
    line = "one = %openapi candles {'700.HK'} period=1d count=3"
    assert shown(kernel, line, "one.attrs['openapi']['operation'], len(one)") == "('candlesticks', 3)"


def test_pivot_is_for_candles_alone(kernel: Kernel) -> None:
    refused = kernel.run("%openapi --pivot quote 700.HK").error[0]
    assert "--pivot arranges candlesticks, and this gives none" in refused


def bars(moments: list[str], zone: str = "UTC") -> pd.DataFrame:
    """Return the bars of one symbol as a reply's frame holds them."""
    times = pd.to_datetime(pd.Series(moments)).dt.tz_localize("UTC").dt.tz_convert(zone)
    return pd.DataFrame({"symbol": "?", "close": 1.0, "timestamp": times})


def test_the_trade_date_is_the_markets_own() -> None:
    # 01:30 UTC is the morning in Hong Kong and the evening before in New York.
    frame = candles_of(["700.HK", "AAPL.US", "700.HK"], lambda _symbol: bars(["2026-11-27 01:30"]))
    assert frame.symbol.tolist() == ["700.HK", "AAPL.US"]
    assert [str(day.date()) for day in frame.trade_date] == ["2026-11-27", "2026-11-26"]


def test_no_symbol_is_refused_and_no_bars_are_no_rows() -> None:
    with pytest.raises(RequestRefused, match="Candles need a symbol"):
        candles_of([], lambda _symbol: bars([]))
    empty = candles_of(["700.HK", "5.HK"], lambda _symbol: bars([]))
    assert len(empty) == 0
