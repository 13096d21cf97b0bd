"""Handlers of whole markets: status, temperature, lists of securities, brokers, filings.

Status codes are the sandbox's reading of a table the broker does not publish: 105 and 202 for trading, 106
for lunch, 102 for an auction, 201 and 203 before and after US hours, 204 overnight, 108 and 205 closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from jupyter_openapi.market import sessions
from jupyter_openapi.market.symbols import SECURITIES, Security
from jupyter_openapi.sandbox.dispatch import World, carries
from jupyter_openapi.sandbox.errors import bad
from jupyter_openapi.sandbox.exchange import rules
from jupyter_openapi.sandbox.exchange.hours import local
from jupyter_openapi.sandbox.exchange.model import ZERO
from jupyter_openapi.sandbox.responses import CENT, number, rounded
from jupyter_openapi.sandbox.simulation.market import Candle
from jupyter_openapi.sandbox.simulation.securities import Draws, facts_of
from jupyter_openapi.sandbox.simulation.trading_days import midnight

Fields = dict[str, Any]

DELAY = 900
TRADING = {"HK": 105, "US": 202}
CLOSED = {"HK": 108, "US": 204}
_STATES = {"lunch": 106, "pre": 201, "post": 203, "overnight": 207}
WORDS = ("cold", "cool", "comfortable", "warm", "hot")

PARTICIPANTS = (
    ((1001, 1002, 1003), "Harbour Securities", "海港证券", "海港證券"),
    ((2101, 2102), "Lantern Brokerage", "灯笼经纪", "燈籠經紀"),
    ((3300, 3301, 3302, 3303), "Peak Markets", "山顶市场", "山頂市場"),
    ((4420,), "Ferry Capital", "渡轮资本", "渡輪資本"),
    ((5508, 5509), "Banyan Trading", "榕树交易", "榕樹交易"),
    ((6660, 6661, 6662), "Typhoon Financial", "台风金融", "颱風金融"),
)
"""Broker numbers and names. None is a real exchange participant."""


@carries("market_status")
def market_status(world: World, fields: Fields) -> Fields:
    """Return whether each market trades."""
    del fields
    now = world.now()
    rows = [
        {
            "market": market,
            "trade_status": _status(world, market, now),
            "timestamp": str(int(now)),
            "delay_trade_status": _status(world, market, now - DELAY),
            "delay_timestamp": str(int(now) - DELAY),
            "sub_status": 0,
            "delay_sub_status": 0,
        }
        for market in ("HK", "US")
    ]
    return {"market_time": rows}


@carries("market_temperature")
def market_temperature(world: World, fields: Fields) -> Fields:
    """Return a market's temperature today."""
    now = world.now()
    return _temperature(_market(fields), int(now // 86400)) | {"updated_at": str(int(now))}


@carries("history_market_temperature")
def history_market_temperature(world: World, fields: Fields) -> Fields:
    """Return a market's temperature on each weekday of a range of dates; weekly and monthly for long ones."""
    market = _market(fields)
    start, end = _date(fields["start_date"]), _date(fields["end_date"])
    if start > end:
        raise bad("start_date", "is after end_date")
    end = min(end, local(_zone(market), world.now()).date())
    start = max(start, date(2016, 1, 1))
    kind, step = _granularity((end - start).days)
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    rows = [
        _temperature(market, day.toordinal() - _EPOCH) | {"timestamp": str(int(midnight(_zone(market), day)))}
        for day in days
        if step(day)
    ]
    return {"type": kind, "list": rows}


@carries("security_list")
def security_list(world: World, fields: Fields) -> Fields:
    """Return the securities that trade overnight; other markets have none."""
    del world
    rows = [
        {"symbol": s.symbol, "name_cn": s.name_cn, "name_hk": s.name_hk, "name_en": s.name_en}
        for s in SECURITIES.values()
        if s.market == fields["market"] == "US"
    ]
    return {"list": rows, "total_count": len(rows)}


@carries("participants")
def participants(world: World, fields: Fields) -> Fields:
    """Return the brokers and their numbers."""
    del world, fields
    rows = [
        {
            "broker_ids": list(numbers),
            "participant_name_cn": chinese,
            "participant_name_en": english,
            "participant_name_hk": traditional,
        }
        for numbers, english, chinese, traditional in PARTICIPANTS
    ]
    return {"participant_broker_numbers": rows}


@carries("brokers")
def brokers(world: World, fields: Fields) -> Fields:
    """Return which brokers stand at each price of a Hong Kong book; US books name none."""
    known = rules.security(fields["symbol"])
    book = world.market.book(known.symbol, world.now())
    numbers = [number for row in PARTICIPANTS for number in row[0]]
    sides: Fields = {}
    for name, levels in (("ask_brokers", book.asks), ("bid_brokers", book.bids)):
        sides[name] = []
        for position, level in enumerate(levels if known.market == "HK" else (), start=1):
            draw = Draws(f"{known.symbol} {name} {level.price} {book.since}")
            standing = [numbers[next(draw) % len(numbers)] for _ in range(min(level.orders, 8))]
            sides[name].append({"position": position, "broker_ids": standing})
    return {"symbol": known.symbol, **sides}


@carries("filings")
def filings(world: World, fields: Fields) -> Fields:
    """Return a company's filings: made-up quarterly ones of the past two years, newest first."""
    known = rules.security(fields["symbol"])
    now = world.now()
    today = local(known.market, now).date()
    rows = []
    for back in range(8):
        year, quarter = divmod(today.year * 4 + (today.month - 1) // 3 - back, 4)
        day = date(year, quarter * 3 + 1, 1) + timedelta(days=14)
        published = midnight(known.market, day) + 8 * 3600
        if published > now:
            continue
        title = "Annual report" if quarter == 0 else "Quarterly report"
        key = f"{known.code.lower()}-{day:%Y%m%d}"
        rows.append(
            {
                "id": str(5_000_000 + next(Draws(key)) % 4_000_000),
                "title": title,
                "description": f"{title} of {known.name_en}",
                "file_name": f"{title} {day:%Y-%m}",
                "file_urls": [f"https://filings.invalid/{key}.html"],
                "publish_at": str(int(published)),
            }
        )
    return {"items": rows}


_EPOCH = date(1970, 1, 1).toordinal()


def _status(world: World, market: str, at: float) -> int:
    if not world.hours.real:
        return TRADING[market]
    phase = sessions.phase(market, datetime.fromtimestamp(at, UTC), assume=True)
    if phase.name in _STATES:
        return _STATES[phase.name]
    if phase.trading:
        return TRADING[market]
    return CLOSED[market] if phase.name == "closed" else 102


def _market(fields: Fields) -> str:
    market: str = fields["market"]
    if market == "Crypto":
        raise bad("market", "Crypto has no temperature")
    return market


def _zone(market: str) -> str:
    return "US" if market == "US" else "HK"


def _temperature(market: str, day: int) -> Fields:
    # A slow wave and a fast one, so that neighbouring days resemble each other.
    slow = next(Draws(f"{market} slow {day // 20}")) % 60
    valuation = 20 + slow
    sentiment = (slow + next(Draws(f"{market} fast {day}")) % 40) % 101
    temperature = (valuation + sentiment) // 2
    word = WORDS[min(temperature // 20, 4)]
    text = f"Temp {word}"
    return {"temperature": temperature, "description": text, "valuation": valuation, "sentiment": sentiment}


def _granularity(days: int) -> tuple[str, Any]:
    if days <= 366:
        return "daily", lambda day: day.weekday() < 5
    if days <= 5 * 366:
        return "weekly", lambda day: day.weekday() == 0
    return "monthly", lambda day: day.day == 1


def _date(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()


_RATIO = Decimal("0.0001")


@carries("capital_flow")
def capital_flow(world: World, fields: Fields) -> Fields:
    """Return the day's net inflow so far, minute by minute: turnover on rises less turnover on falls."""
    symbol = rules.security(fields["symbol"]).symbol
    rows = [{"inflow": rounded(total, CENT), "timestamp": str(at)} for at, total in inflow(world, symbol)]
    return {"symbol": symbol, "capital_flow_lines": rows}


@carries("capital_distribution")
def capital_distribution(world: World, fields: Fields) -> Fields:
    """Return the day's turnover by direction and size of trade."""
    symbol = rules.security(fields["symbol"]).symbol
    now = world.market.quote(symbol, world.now())
    draw = Draws(f"{symbol} distribution {now.timestamp // 86400}")
    share = Decimal(40 + next(draw) % 21) / 100
    sides = {}
    for name, part in (("capital_in", share), ("capital_out", 1 - share)):
        large = Decimal(25 + next(draw) % 20) / 100
        medium = Decimal(30 + next(draw) % 15) / 100
        parts = {"large": large, "medium": medium, "small": 1 - large - medium}
        sides[name] = {size: rounded(now.turnover * part * weight, CENT) for size, weight in parts.items()}
    return {"symbol": symbol, "timestamp": str(now.timestamp), **sides}


@carries("short_positions", "short_positions_us")
def short_positions(world: World, fields: Fields) -> Fields:
    """Return the shares sold short, by day, newest first."""
    known = rules.security(fields["symbol"])
    company = facts_of(known)
    rows = []
    for candle in _days(world, known, fields, "count"):
        draw = Draws(f"{known.symbol} short {candle.timestamp}")
        sold = company.floating * (30 + next(draw) % 300) // 10_000
        usual = max(1, candle.volume * (80 + next(draw) % 40) // 100)
        rows.append(
            {
                "timestamp": str(candle.timestamp),
                "rate": rounded(Decimal(sold) / company.floating, _RATIO),
                "close": number(candle.close),
                "current_shares_short": str(sold),
                "avg_daily_share_volume": str(usual),
                "days_to_cover": rounded(Decimal(sold) / usual, CENT),
                "amount": str(sold),
                "balance": rounded(candle.close * sold, CENT),
                "cost": rounded(candle.close * (95 + next(draw) % 11) / 100, CENT),
            }
        )
    return {"counter_id": counter_of(known), "data": rows}


@carries("short_trades", "short_trades_us")
def short_trades(world: World, fields: Fields) -> Fields:
    """Return the short sales among each day's trades, newest first."""
    known = rules.security(fields["symbol"])
    rows = []
    for candle in _days(world, known, fields, "page_size"):
        draw = Draws(f"{known.symbol} short trades {candle.timestamp}")
        first = candle.volume * (5 + next(draw) % 15) // 100
        second = candle.volume * (1 + next(draw) % 5) // 100 if known.market == "US" else 0
        sold = first + second
        rows.append(
            {
                "timestamp": str(candle.timestamp),
                "rate": rounded(Decimal(sold) / max(1, candle.volume), _RATIO),
                "close": number(candle.close),
                "nus_amount": str(first),
                "ny_amount": str(second),
                "total_amount": str(candle.volume),
                "amount": str(sold),
                "balance": rounded(candle.close * sold, CENT),
            }
        )
    return {"counter_id": counter_of(known), "data": rows}


def inflow(world: World, symbol: str) -> Iterator[tuple[int, Decimal]]:
    """Yield each minute of the day with the net inflow up to it."""
    total, before = ZERO, None
    for line in world.market.intraday(symbol, world.now()):
        if before is not None and line.price != before:
            total += line.turnover if line.price > before else -line.turnover
        before = line.price
        yield line.timestamp, total


def _days(world: World, known: Security, fields: Fields, size: str) -> list[Candle]:
    market = "US" if fields.get("market") == "US" else known.market
    if market != known.market:
        raise bad("symbol", f"{known.symbol} isn't in {market}")
    now = world.now()
    until = min(float(fields["last_timestamp"] or now), now)
    found = world.market.candles(known.symbol, now, 1000, fields[size], before=until)
    return found[::-1]


def counter_of(known: Security) -> str:
    """Return the broker's internal id of a security, as SDKs before version 5 read it: ``ST/HK/700``."""
    return f"{'ETF' if known.kind == 'etf' else 'ST'}/{known.market}/{known.code}"
