"""Symbols and the securities known by heart."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, tzinfo
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import symbols
from jupyter_openapi.market.symbols import SECURITIES, lot_size
from jupyter_openapi.spec import catalog
from jupyter_openapi.trading.desk import draft


@pytest.mark.parametrize(
    ("text", "code", "market"),
    [
        ("700.HK", "700", "HK"),
        ("AAPL.US", "AAPL", "US"),
        ("BRK.B.US", "BRK.B", "US"),
        (".DJI.US", ".DJI", "US"),
        ("HSI.HK", "HSI", "HK"),
        ("600519.SH", "600519", "SH"),
        ("000001.SZ", "000001", "SZ"),
        ("D05.SG", "D05", "SG"),
        ("AAPL260320C200000.US", "AAPL260320C200000", "US"),
        ("SH.US", "SH", "US"),
        ("SG.US", "SG", "US"),
        ("HK.US", "HK", "US"),
        ("SZ.US", "SZ", "US"),
        ("US.HK", "US", "HK"),
    ],
)
def test_a_symbol_is_a_code_and_a_market(text: str, code: str, market: str) -> None:
    found = symbols.parse(text)
    assert (found.code, found.market, str(found)) == (code, market, text)


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("0700.HK", "700.HK"),
        ("00700", "700.HK"),
        ("700", "700.HK"),
        ("700.hk", "700.HK"),
        ("HK.00700", "700.HK"),
        ("AAPL", "AAPL.US"),
        ("aapl.us", "AAPL.US"),
        ("US.AAPL", "AAPL.US"),
        ("BRK.B", "BRK.B.US"),
        ("600519", "600519.SH"),
        ("600519.SS", "600519.SH"),
        ("1.SZ", "000001.SZ"),
        ("300750", "300750.SZ"),
        (" 700.HK", "700.HK"),
        ("BRK-B", "BRK.B.US"),
        ("BRK/B", "BRK.B.US"),
        ("BRK-B.US", "BRK.B.US"),
        ("brk.b.us", "BRK.B.US"),
        ("AAPL  260116C00260000", "AAPL260116C260000.US"),
        ("AAPL260116C00260000", "AAPL260116C260000.US"),
        ("AAPL260116C00260000.US", "AAPL260116C260000.US"),
        ("aapl 260116 p 00260000", "AAPL260116P260000.US"),
        ("US.AAPL260116C260000", "AAPL260116C260000.US"),
        ("sh.us", "SH.US"),
    ],
)
def test_a_wrong_spelling_gets_the_right_one(text: str, spelling: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        symbols.parse(text)
    assert str(refused.value) == f"{text!r} is not a symbol: type {spelling}."
    assert symbols.parse(spelling)


@pytest.mark.parametrize(
    "text", ["", ".", "700.HKG", "7 00.HK", "x" * 200, "\uff21APL.US", "700.HK\n", "$.US"]
)
def test_nonsense_gets_an_example(text: str) -> None:
    with pytest.raises(RequestRefused, match=r"such as 700\.HK|type 700\.HK\.") as refused:
        symbols.parse(text)
    assert len(str(refused.value)) < 160
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("value", [700, None, 7.0, b"700.HK"])
def test_a_symbol_is_text(value: object) -> None:
    with pytest.raises(RequestRefused, match="A symbol is text"):
        symbols.parse(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("0700.HK", "700.HK"),
        ("HK.00700", "700.HK"),
        ("aapl.us", "AAPL.US"),
        ("BRK-B", "BRK.B.US"),
        ("BRK.B", "BRK.B.US"),
        ("AAPL  260116C00260000", "AAPL260116C260000.US"),
        ("SH.US", "SH.US"),
        ("700", "700"),
        ("AAPL", "AAPL"),
        ("nonsense!", "nonsense!"),
        ("", ""),
    ],
)
def test_what_is_beyond_doubt_is_mended(text: str, right: str) -> None:
    assert symbols.mended(text) == right
    assert symbols.mended(right) == right


MARKS = st.text(st.sampled_from("ABHKSUZG019.-/ cp"), max_size=12)
MARKED = st.tuples(MARKS, st.sampled_from(["", ".US", ".HK", ".SH", ".SZ", ".SG", ".us"])).map("".join)


@given(st.one_of(st.text(max_size=30), MARKED))
def test_a_right_symbol_stays_as_it_is(text: str) -> None:
    try:
        symbols.parse(text)
    except RequestRefused:
        return
    assert symbols.suggest(text) == text


@given(st.one_of(st.text(max_size=30), MARKED))
def test_any_text_is_a_symbol_or_refused(text: str) -> None:
    guess = symbols.suggest(text)
    if guess is not None:
        assert str(symbols.parse(guess)) == guess
    if guess != text:
        with pytest.raises(RequestRefused, match=r"type .*\.$"):
            symbols.parse(text)


def test_the_securities() -> None:
    assert len([s for s in SECURITIES.values() if s.market == "HK"]) == 50
    assert len([s for s in SECURITIES.values() if s.market == "US"]) == 40
    assert len(SECURITIES) == 90
    for symbol, security in SECURITIES.items():
        assert str(symbols.parse(symbol)) == symbol == f"{security.code}.{security.market}"
        assert security.currency == {"HK": "HKD", "US": "USD"}[security.market]
        assert security.ref_price > 0
        assert security.name_en
        assert security.name_cn
        assert security.name_hk
        assert security.kind in {"equity", "etf", "reit"}
        assert security.spread_table == (
            "us" if security.market == "US" else "part_d_etp" if security.kind == "etf" else "part_a"
        )
        assert security.stamp_duty == (security.market == "HK" and security.kind == "equity")


def test_lots_are_the_exchanges() -> None:
    # As in the exchange's list of March 2026, where other sources differ.
    lots = {"700.HK": 100, "1299.HK": 200, "388.HK": 100, "941.HK": 500, "3988.HK": 1000, "9618.HK": 50}
    assert {symbol: lot_size(symbol) for symbol in lots} == lots
    assert SECURITIES["5.HK"].lot_size == 400
    assert lot_size("AAPL.US") == lot_size("ZZZ.US") == 1
    assert lot_size("1234.HK") is None
    assert SECURITIES["700.HK"].ref_price == Decimal(600)
    assert repr(SECURITIES) == "<90 securities>"
    with pytest.raises(KeyError):
        SECURITIES["1234.HK"]


def test_the_package_is_light() -> None:
    script = (
        "import sys\n"
        "from jupyter_openapi.market import fees, orders, sessions, symbols, ticks\n"
        "heavy = {'pandas', 'numpy', 'IPython', 'requests', 'zoneinfo', 'importlib.resources'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-S", "-c", script], capture_output=True, encoding="utf-8", check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("moment", "days"),
    [
        ("2026-11-27T20:00:00+00:00", {"HK": 28, "US": 27, "nowhere": 27}),
        ("2026-11-28T02:00:00+00:00", {"HK": 28, "US": 27, "nowhere": 28}),
    ],
)
def test_a_markets_day_is_that_of_its_own_zone(
    moment: str, days: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.fromisoformat(moment).astimezone(tz)

    monkeypatch.setattr(symbols, "datetime", Stopped)
    assert {market: symbols.today_in(market).day for market in days} == days
    # So a good-till-date order for today is one in its own market, and yesterday's is refused there.
    order = {"symbol": "AAPL.US", "side": "buy", "price": 1, "quantity": 1, "tif": "GTD"}
    submit = catalog().operations["submit_order"]
    assert draft(submit, {**order, "expire_date": "2026-11-27"}).body["expire_date"] == "2026-11-27"
    with pytest.raises(RequestRefused, match="must not be before today, 2026-11-28"):
        draft(submit, {**order, "symbol": "700.HK", "expire_date": "2026-11-27"})
