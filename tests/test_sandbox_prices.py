"""The sandbox's simulated market: on tick, consistent, and the same wherever it is asked."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from math import log
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak
from support.each import each
from support.values import on_tick

from jupyter_openapi.market.symbols import SECURITIES
from jupyter_openapi.sandbox.simulation.candles import (
    DAY,
    MINUTES,
    MONTH,
    PERIODS,
    QUARTER,
    WEEK,
    YEAR,
    Candle,
)
from jupyter_openapi.sandbox.simulation.market import Market

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC).timestamp()
ZONES = {"HK": ZoneInfo("Asia/Hong_Kong"), "US": ZoneInfo("America/New_York")}

ALWAYS = Market(11)
REAL = Market(11, sessions="real")

symbols = st.sampled_from(sorted(SECURITIES))
few = st.sampled_from(["700.HK", "2800.HK", "992.HK", "3988.HK", "AAPL.US", "BRK.B.US", "NOK.US"])
moments = st.floats(
    datetime(2024, 3, 1, tzinfo=UTC).timestamp(), datetime(2027, 12, 1, tzinfo=UTC).timestamp()
)
markets = st.sampled_from([ALWAYS, REAL])


def local(symbol: str, at: float) -> datetime:
    return datetime.fromtimestamp(at, ZONES[symbol.rpartition(".")[2]])


def utc(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()


def total(candles: list[Candle]) -> tuple[object, ...]:
    """Add candles up by hand."""
    return (
        candles[0].open,
        max(c.high for c in candles),
        min(c.low for c in candles),
        candles[-1].close,
        sum(c.volume for c in candles),
        sum(c.turnover for c in candles),
    )


def values(candle: Candle) -> tuple[object, ...]:
    return candle.open, candle.high, candle.low, candle.close, candle.volume, candle.turnover


# Prices


@given(symbols, moments)
@settings(max_examples=soak(1000))
def test_every_price_is_on_the_tick_of_its_date(symbol: str, at: float) -> None:
    quote = ALWAYS.quote(symbol, at)
    on = local(symbol, at).date()
    for price in (quote.last, quote.open, quote.high, quote.low):
        assert on_tick(symbol, price, on), (symbol, price, on)
    assert on_tick(symbol, quote.prev_close, on - timedelta(days=1))


@given(symbols, moments, markets)
@settings(max_examples=soak(1000))
def test_a_quote_hangs_together(symbol: str, at: float, market: Market) -> None:
    quote = market.quote(symbol, at)
    assert quote.low <= min(quote.open, quote.last)
    assert quote.high >= max(quote.open, quote.last)
    assert quote.low > 0
    assert quote.low * quote.volume <= quote.turnover <= quote.high * quote.volume
    assert quote.volume > 0
    assert quote.volume % SECURITIES[symbol].lot_size == 0
    assert quote.timestamp <= at
    assert quote.trade_status == 0


@given(symbols, moments, markets)
@settings(max_examples=soak(1000))
def test_the_book_is_on_tick_and_never_crossed(symbol: str, at: float, market: Market) -> None:
    book = market.book(symbol, at)
    on = local(symbol, book.since).date()
    bids, asks = [level.price for level in book.bids], [level.price for level in book.asks]
    assert len(bids) == len(asks) == 10
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))
    assert bids[0] < asks[0]
    assert market.last(symbol, at) in {bids[0], asks[0]}
    for level in (*book.bids, *book.asks):
        assert on_tick(symbol, level.price, on)
        assert 1 <= level.orders <= level.volume / SECURITIES[symbol].lot_size
        assert level.volume % SECURITIES[symbol].lot_size == 0


def test_the_book_stands_until_the_next_trade() -> None:
    times = [at for at, _ in ALWAYS.path("700.HK", NOW, NOW + 600)]
    first, second = times[:2]
    assert ALWAYS.book("700.HK", first) == ALWAYS.book("700.HK", second - 1)
    assert ALWAYS.book("700.HK", first).since == first
    assert ALWAYS.book("700.HK", second).since == second
    assert len({ALWAYS.book("700.HK", at) for at in times}) == len(times)


@each("symbol", sorted(SECURITIES))
def test_the_anchor_day_closes_at_the_reference_price(symbol: str) -> None:
    evening = local(symbol, NOW).replace(hour=23, minute=59, second=59).timestamp()
    for seed in (1, 2):
        assert Market(seed).last(symbol, evening) == SECURITIES[symbol].ref_price
        closed = Market(seed, sessions="real").candles_between(
            symbol, evening, DAY, date(2026, 11, 20), date(2026, 11, 20)
        )
        assert [candle.close for candle in closed] == [SECURITIES[symbol].ref_price]


def test_prices_stay_in_reach_of_the_reference_for_decades() -> None:
    for symbol in ("3988.HK", "TSLA.US"):
        reference = SECURITIES[symbol].ref_price
        for year in range(1980, 2080, 3):
            assert reference / 20 < ALWAYS.last(symbol, utc(year, 6, 1)) < reference * 20


def test_prices_move_and_seeds_differ() -> None:
    hours = [NOW + 3600 * n for n in range(48)]
    assert len({ALWAYS.last("AAPL.US", at) for at in hours}) > 30
    assert [ALWAYS.last("AAPL.US", at) for at in hours] != [Market(12).last("AAPL.US", at) for at in hours]


@pytest.mark.parametrize("symbol", ["700.HK", "9988.HK", "5.HK"])
@pytest.mark.parametrize("market", [ALWAYS, REAL], ids=["always", "real"])
def test_a_minute_has_a_body_and_wicks(symbol: str, market: Market) -> None:
    at = utc(2025, 11, 24) + 6 * 3600  # a Monday afternoon in Hong Kong
    candles = market.candles(symbol, at, 1, 300)
    prices = {price for candle in candles for price in values(candle)[:4]}
    tick = min(high - low for low, high in pairwise(sorted(prices)))
    ranges = [(candle.high - candle.low) / tick for candle in candles]
    assert sum(1 <= width <= 4 for width in ranges) > 0.8 * len(ranges)
    assert sum(candle.open != candle.close for candle in candles) > 0.5 * len(candles)
    wicks = [candle.high > max(candle.open, candle.close) for candle in candles]
    assert sum(wicks) > 0.3 * len(candles)


def test_a_print_comes_every_few_seconds_on_both_sides_of_the_spread() -> None:
    prints = list(ALWAYS.path("700.HK", NOW - 600, NOW))
    assert max(later - earlier for (earlier, _), (later, _) in pairwise(prints)) <= 6
    ways = [later > earlier for (_, earlier), (_, later) in pairwise(prints) if later != earlier]
    assert sum(one != other for one, other in pairwise(ways)) > len(ways) / 3


@pytest.mark.parametrize(("symbol", "times"), [("TQQQ.US", 3.0), ("SQQQ.US", -3.0), ("SPY.US", 0.8)])
def test_index_products_move_with_their_index(symbol: str, times: float) -> None:
    """Each day's move, as a logarithm, is so many times the index's, but for the ticks."""

    def moves(of: str) -> list[float]:
        closes = [float(candle.close) for candle in ALWAYS.candles(of, NOW, DAY, 200)[:-1]]
        return [log(later / earlier) for earlier, later in pairwise(closes)]

    for own, index in zip(moves(symbol), moves("QQQ.US"), strict=True):
        assert own == pytest.approx(times * index, abs=0.003)


def test_the_day_is_busier_at_its_ends() -> None:
    volumes = [0] * 13
    for back in range(20):
        day = date(2026, 11, 19) - timedelta(days=back)
        candles = REAL.candles_between("AAPL.US", NOW, 30, day, day)
        for i, candle in enumerate(candles):
            volumes[i] += candle.volume
    assert volumes[0] > 1.5 * volumes[6]
    assert volumes[-1] > 1.5 * volumes[6]


# The same everywhere


@given(few, moments)
@settings(max_examples=soak(300))
def test_another_instance_sees_the_same_market(symbol: str, at: float) -> None:
    other = Market(11)
    assert other.quote(symbol, at) == ALWAYS.quote(symbol, at)
    assert other.book(symbol, at) == ALWAYS.book(symbol, at)
    assert other.trades(symbol, at, 20) == ALWAYS.trades(symbol, at, 20)


def test_another_process_sees_the_same_market() -> None:
    script = (
        "from jupyter_openapi.sandbox.simulation.market import Market\n"
        f"m = Market(11)\nprint(m.quote('AAPL.US', {NOW}), m.book('700.HK', {NOW}), "
        f"m.candles('5.HK', {NOW}, 5, 3))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={"PYTHONHASHSEED": "7"},
    )
    seen = f"{ALWAYS.quote('AAPL.US', NOW)} {ALWAYS.book('700.HK', NOW)} {ALWAYS.candles('5.HK', NOW, 5, 3)}"
    assert run.stdout.strip() == seen


@given(few, moments, st.floats(0, 5 * 86400))
@settings(max_examples=soak(300))
def test_what_was_seen_once_does_not_change_later(symbol: str, at: float, later: float) -> None:
    before = ALWAYS.candles(symbol, at, 1, 3)
    after = ALWAYS.candles(symbol, at + later, 1, 3, before=before[-1].timestamp)
    assert after[:-1] == before[:-1]
    assert after[-1].open == before[-1].open
    assert after[-1].volume >= before[-1].volume


# Paths and trades


@given(few, moments, st.floats(0, 3 * 86400), markets)
@settings(max_examples=soak(300))
def test_a_path_joins_the_last_prices(symbol: str, start: float, length: float, market: Market) -> None:
    end = start + length
    path = list(market.path(symbol, start, end))
    times = [at for at, _ in path]
    assert times == sorted(set(times))
    assert all(start < at <= end for at in times)
    expected = market.last(symbol, start) if not path else path[-1][1]
    assert market.last(symbol, end) == expected
    for at, price in path[:: len(path) // 10 + 1]:
        assert market.last(symbol, at) == price


@given(few, moments, st.floats(1, 6 * 3600), st.floats(0, 1))
@settings(max_examples=soak(300))
def test_two_paths_make_one(symbol: str, start: float, length: float, part: float) -> None:
    middle, end = start + part * length, start + length
    whole = list(ALWAYS.path(symbol, start, end))
    assert whole == [*ALWAYS.path(symbol, start, middle), *ALWAYS.path(symbol, middle, end)]


def test_a_long_path_is_short_and_keeps_each_days_extremes() -> None:
    start = utc(2025, 10, 1)
    path = list(ALWAYS.path("AAPL.US", start, NOW))
    assert len(path) < 2 * 28_800 + 4 * 420
    assert [at for at, _ in path] == sorted({at for at, _ in path})
    assert path[-1][1] == ALWAYS.last("AAPL.US", NOW)
    by_day = {
        day: [price for _, price in group]
        for day, group in groupby(path, key=lambda point: local("AAPL.US", point[0]).date())
    }
    days = ALWAYS.candles_between("AAPL.US", NOW, DAY, date(2025, 10, 2), date(2026, 11, 19))
    assert len(days) == 414
    for candle in days:
        prices = by_day[local("AAPL.US", candle.timestamp).date()]
        assert (prices[0], max(prices), min(prices), prices[-1]) == values(candle)[:4]


def test_no_path_backwards() -> None:
    assert list(ALWAYS.path("700.HK", NOW, NOW - 3600)) == []


@given(few, moments, st.integers(1, 300), markets)
@settings(max_examples=soak(300))
def test_trades_are_the_newest_first_come_first(symbol: str, at: float, count: int, market: Market) -> None:
    trades = market.trades(symbol, at, count)
    assert len(trades) == count
    assert trades[-1].timestamp <= at
    assert trades[-1].price == market.last(symbol, at)
    assert all(one.timestamp <= other.timestamp for one, other in pairwise(trades))
    assert all(trade.volume > 0 and trade.volume % SECURITIES[symbol].lot_size == 0 for trade in trades)
    assert trades == market.trades(symbol, at, count + 7)[7:]


@given(few, moments)
@settings(max_examples=soak(300))
def test_a_minutes_trades_add_up_to_its_candle(symbol: str, at: float) -> None:
    candle = ALWAYS.candles(symbol, at, 1, 2)[0]
    trades = [
        trade
        for trade in ALWAYS.trades(symbol, candle.timestamp + 59, 60)
        if trade.timestamp >= candle.timestamp
    ]
    assert sum(trade.volume for trade in trades) == candle.volume
    assert sum(trade.volume * trade.price for trade in trades) == candle.turnover
    prices = [trade.price for trade in trades]
    assert (prices[0], max(prices), min(prices), prices[-1]) == values(candle)[:4]


def test_a_trades_direction_is_its_tick() -> None:
    trades = ALWAYS.trades("AAPL.US", NOW, 200)
    for before, trade in pairwise(trades):
        if trade.timestamp != before.timestamp:
            expected = {1: 2, -1: 1, 0: 0}[(trade.price > before.price) - (trade.price < before.price)]
            assert trade.direction == expected
    assert {trade.direction for trade in trades} == {0, 1, 2}


# Candles


@given(few, moments, st.sampled_from(MINUTES), markets)
@settings(max_examples=soak(500))
def test_a_longer_candle_is_the_sum_of_its_minutes(
    symbol: str, at: float, period: int, market: Market
) -> None:
    day = market.day(symbol, at)
    minutes = market.candles_between(symbol, at, 1, day, day, count=2000)
    longer = market.candles_between(symbol, at, period, day, day, count=2000)
    chunks = [minutes[i : i + period] for i in range(0, len(minutes), period)]
    assert [values(candle) for candle in longer] == [total(chunk) for chunk in chunks]
    assert [candle.timestamp for candle in longer] == [chunk[0].timestamp for chunk in chunks]


@given(symbols, moments, markets)
@settings(max_examples=soak(300))
def test_a_day_is_the_sum_of_its_minutes_and_the_quote(symbol: str, at: float, market: Market) -> None:
    day = market.day(symbol, at)
    minutes = market.candles_between(symbol, at, 1, day, day, count=2000)
    [candle] = market.candles_between(symbol, at, DAY, day, day)
    quote = market.quote(symbol, at)
    assert values(candle) == total(minutes)
    assert values(candle) == (
        quote.open,
        quote.high,
        quote.low,
        quote.last if market is ALWAYS else candle.close,
        quote.volume,
        quote.turnover,
    )
    lines = market.intraday(symbol, at)
    assert [(line.price, line.volume) for line in lines] == [(c.close, c.volume) for c in minutes]
    assert abs(lines[-1].avg_price - quote.turnover / quote.volume) <= Decimal("0.001")


def test_days_that_cross_a_change_of_tick_add_up_too() -> None:
    crossed = []
    for symbol, bound in (("388.HK", Decimal(500)), ("9988.HK", Decimal(200)), ("992.HK", Decimal(10))):
        crossing = [c for c in ALWAYS.candles(symbol, NOW, DAY, 1000) if c.low < bound < c.high]
        crossed += crossing
        for candle in crossing[:4]:
            day = local(symbol, candle.timestamp).date()
            minutes = ALWAYS.candles_between(symbol, NOW, 1, day, day, count=2000)
            assert values(candle) == total(minutes)
            assert all(on_tick(symbol, price, day) for c in minutes for price in values(c)[:4])
    assert len(crossed) > 3


@pytest.mark.parametrize("period", [WEEK, MONTH, QUARTER, YEAR])
@pytest.mark.parametrize("market", [ALWAYS, REAL])
def test_weeks_to_years_are_the_sums_of_their_days(period: int, market: Market) -> None:
    def group(candle: Candle) -> object:
        day = local("700.HK", candle.timestamp).date()
        return {
            WEEK: day.isocalendar()[:2],
            MONTH: (day.year, day.month),
            QUARTER: (day.year, (day.month - 1) // 3),
            YEAR: day.year,
        }[period]

    days = market.candles_between("700.HK", NOW, DAY, date(2024, 1, 1), None, count=5000)
    groups = [list(members) for _, members in groupby(days, key=group)]
    found = market.candles_between("700.HK", NOW, period, date(2024, 1, 1), None)
    assert [values(candle) for candle in found] == [total(members) for members in groups]
    assert [candle.timestamp for candle in found] == [members[0].timestamp for members in groups]
    assert market.candles("700.HK", NOW, period, 2) == found[-2:]


@given(few, moments)
@settings(max_examples=soak(300))
def test_the_candle_in_progress_ends_at_the_last_price(symbol: str, at: float) -> None:
    for period in PERIODS:
        [candle] = ALWAYS.candles(symbol, at, period, 1)
        assert candle.timestamp <= at
        assert candle.close == ALWAYS.last(symbol, at)
        assert candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high


@given(few, moments, st.sampled_from(PERIODS), st.integers(1, 40))
@settings(max_examples=soak(300))
def test_candles_before_and_after_a_moment(symbol: str, at: float, period: int, count: int) -> None:
    run = ALWAYS.candles(symbol, at, period, count)
    assert len(run) <= count
    assert [c.timestamp for c in run] == sorted({c.timestamp for c in run})
    middle = run[len(run) // 2].timestamp
    before = ALWAYS.candles(symbol, at, period, count, before=middle)
    after = ALWAYS.candles(symbol, at, period, count, after=middle)
    assert before[-1] == after[0] == run[len(run) // 2]
    assert after == run[len(run) // 2 :]
    assert before[-(len(run) // 2 + 1) :] == run[: len(run) // 2 + 1]


def test_history_goes_back_years_and_has_an_end() -> None:
    days = ALWAYS.candles("AAPL.US", NOW, DAY, 1000)
    assert len(days) == 1000
    assert all(
        local("AAPL.US", one.timestamp).date() + timedelta(days=1) == local("AAPL.US", other.timestamp).date()
        for one, other in pairwise(days)
    )
    assert all(one.close == other.open for one, other in pairwise(days))
    assert ALWAYS.candles("AAPL.US", NOW, 1, 10, before=utc(2001, 1, 1)) == []
    assert ALWAYS.candles("AAPL.US", NOW, 1, 10, after=NOW + 1) == []
    first = ALWAYS.candles("AAPL.US", NOW, DAY, 1, after=-1e11)[0]
    assert local("AAPL.US", first.timestamp) == datetime(2023, 1, 1, tzinfo=ZONES["US"])
    assert ALWAYS.candles_between("AAPL.US", NOW, DAY, date(2030, 1, 1), None) == []
    assert ALWAYS.candles_between("AAPL.US", NOW, DAY, None, date(1999, 1, 1)) == []
    assert len(ALWAYS.candles_between("AAPL.US", NOW, 1, None, None)) == 1000
    assert ALWAYS.candles("AAPL.US", NOW, DAY, 0) == []


def test_a_range_with_too_many_candles_keeps_those_nearest_to_its_end() -> None:
    start, end = date(2026, 11, 2), date(2026, 11, 13)

    def days(start: date | None, end: date | None) -> list[int]:
        found = ALWAYS.candles_between("700.HK", NOW, DAY, start, end, count=5)
        return [local("700.HK", candle.timestamp).day for candle in found]

    assert days(start, end) == [9, 10, 11, 12, 13]
    assert days(None, end) == [9, 10, 11, 12, 13]
    assert days(None, None) == [16, 17, 18, 19, 20]
    assert days(start, None) == [2, 3, 4, 5, 6]  # as documented: nearest to the start if only that is given
    assert days(end, end) == [13]


def test_an_unknown_period_or_symbol_is_refused() -> None:
    with pytest.raises(ValueError, match="No candles of period 7"):
        ALWAYS.candles("AAPL.US", NOW, 7, 1)
    for ask in (ALWAYS.last, ALWAYS.quote, ALWAYS.book):
        with pytest.raises(KeyError):
            ask("XXX.US", NOW)


# Sessions


def test_always_open_means_round_the_clock_with_daylight_saving() -> None:
    for day, hours in (
        (date(2026, 3, 8), 23),
        (date(2026, 11, 1), 25),
        (date(2026, 11, 15), 24),  # a Sunday
        (date(2026, 12, 25), 24),
    ):
        at = datetime.combine(day, datetime.min.time(), ZONES["US"]).timestamp() + 3 * 86400
        assert len(ALWAYS.candles_between("AAPL.US", at, 60, day, day)) == hours
        assert len(ALWAYS.candles_between("AAPL.US", at, 1, day, day, count=2000)) == 60 * hours


def test_real_sessions_have_lunch_weekends_half_days_and_holidays() -> None:
    at = utc(2027, 1, 5)
    friday = REAL.candles_between("700.HK", at, 1, date(2026, 11, 20), date(2026, 11, 20))
    times = [local("700.HK", candle.timestamp).time() for candle in friday]
    assert len(times) == 330
    assert str(times[0]) == "09:30:00"
    assert [str(times[149]), str(times[150]), str(times[-1])] == ["11:59:00", "13:00:00", "15:59:00"]
    assert REAL.candles_between("700.HK", at, 1, date(2026, 11, 21), date(2026, 11, 22)) == []
    assert len(REAL.candles_between("700.HK", at, 1, date(2026, 12, 24), date(2026, 12, 25))) == 150
    assert len(REAL.candles_between("AAPL.US", at, 1, date(2026, 11, 26), date(2026, 11, 27))) == 210
    # Over the weekend the last price stands, and nothing is traded.
    saturday = utc(2026, 11, 21, 3)
    assert REAL.last("700.HK", saturday) == SECURITIES["700.HK"].ref_price
    assert list(REAL.path("700.HK", saturday, saturday + 86400)) == []
    assert REAL.quote("700.HK", saturday).timestamp < utc(2026, 11, 20, 8)
    assert REAL.day("700.HK", saturday) == date(2026, 11, 20)
    # Before the open the quote is still the day before's.
    assert REAL.day("700.HK", utc(2026, 11, 23, 1, 29)) == date(2026, 11, 20)
    assert REAL.day("700.HK", utc(2026, 11, 23, 1, 30)) == date(2026, 11, 23)


def test_real_us_sessions_follow_each_other() -> None:
    at = utc(2026, 11, 20, 23)
    candles = REAL.candles_between("AAPL.US", at, 30, date(2026, 11, 20), date(2026, 11, 20), extended=True)
    assert [
        (session, len(list(group)))
        for session, group in groupby(candles, key=lambda candle: candle.trade_session)
    ] == [
        (3, 8),
        (1, 11),
        (0, 13),
        (2, 4),
    ]  # the date is the candle's own, the overnight's first half is Thursday's
    assert REAL.last("AAPL.US", at) != REAL.quote("AAPL.US", at).last
    quote = REAL.quote("AAPL.US", at)
    assert quote.last == SECURITIES["AAPL.US"].ref_price
    assert quote.post is not None
    assert quote.post.last == REAL.last("AAPL.US", at)
    assert quote.post.prev_close == quote.last
    assert quote.pre is not None
    assert quote.pre.prev_close == quote.prev_close
    assert REAL.trades("AAPL.US", at, 1)[0].trade_session == 2


@given(st.sampled_from(["AAPL.US", "NOK.US"]), moments, markets)
@settings(max_examples=soak(300))
def test_extended_figures_hang_together(symbol: str, at: float, market: Market) -> None:
    quote = market.quote(symbol, at)
    for late in (quote.pre, quote.post, quote.overnight):
        assert late is not None
        assert late.low <= late.last <= late.high
        assert late.low * late.volume <= late.turnover <= late.high * late.volume
        assert late.timestamp <= at
        assert market.last(symbol, late.timestamp) == late.last
    assert market.quote("700.HK", at).pre is None
