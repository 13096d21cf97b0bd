"""What the sandbox lists: securities, their names in the language asked for, sectors and invented figures.

Listed are the known securities, their counters in renminbi, and options on US shares.

Sectors are the eleven that index providers use, with their numbers. Which company is in which is common
knowledge, not the broker's word; its own codes are not published. Funds work in none.

A company's figures (share count, earnings, book value, dividend) follow from its symbol alone, so that every
reply that mentions them agrees. None is market data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache

from jupyter_openapi.market.symbols import SECURITIES, Contract, Security, contract, table_of
from jupyter_openapi.market.ticks import ladder
from jupyter_openapi.sandbox.simulation.trading_days import ANCHOR

LANGUAGES = ("en", "zh-CN", "zh-HK")
SPOKEN: ContextVar[str] = ContextVar("spoken", default="en")
"""The language of the answer that is being made."""


def language_of(header: str | None) -> str:
    """Return the language that ``Accept-Language`` asks for first; English for any that is not spoken."""
    wanted = (header or "").partition(",")[0].partition(";")[0].strip().lower()
    return next((each for each in LANGUAGES if each.lower() == wanted), "en")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Answer in this language inside."""
    token = SPOKEN.set(language)
    try:
        yield
    finally:
        SPOKEN.reset(token)


RENMINBI = Decimal("1.092")
"""Hong Kong dollars for one renminbi; the sandbox's rates never move."""
MULTIPLIER = 100


def _counter(security: Security) -> Security:
    """Return the counter of a Hong Kong share that trades in renminbi."""
    code = str(security.rmb_counter)
    rungs = ladder(security.symbol, ANCHOR, security.spread_table)
    return replace(
        security,
        symbol=f"{code}.HK",
        code=code,
        short_name=f"{security.short_name}-R",
        name_en=f"{security.name_en} (RMB counter)",
        currency="CNY",
        ref_price=rungs.price(rungs.below(security.ref_price / RENMINBI)),
        rmb_counter=None,
        isin=None,
    )


LISTED: Mapping[str, Security] = {
    **SECURITIES,
    **{f"{s.rmb_counter}.HK": _counter(s) for s in SECURITIES.values() if s.rmb_counter},
}
"""Every share and fund by its symbol."""


def multiplier_of(symbol: str) -> Decimal:
    """Return what one unit of a position stands for."""
    return Decimal(MULTIPLIER if contract(symbol) is not None else 1)


@lru_cache(maxsize=4096)
def listed(symbol: str) -> Security | None:
    """Return a security, or an option of any date as one; None for what the sandbox does not list."""
    security = LISTED.get(symbol)
    option = None if security is not None else contract(symbol)
    share = None if option is None else underlying_of(option)
    return security if option is None or share is None else _option(option, share)


def underlying_of(option: Contract) -> Security | None:
    """Return the share that an option is on; its root has no dots (``BRKB``)."""
    return _roots().get(option.root) if option.market == "US" else None


@lru_cache(maxsize=1)
def _roots() -> dict[str, Security]:
    return {s.code.replace(".", ""): s for s in SECURITIES.values() if s.market == "US"}


def _option(option: Contract, share: Security) -> Security:
    name = f"{option.root} {option.expiry:%y%m%d} {option.strike:.2f} {'Call' if option.call else 'Put'}"
    return Security(
        symbol=option.symbol,
        code=option.symbol.removesuffix(".US"),
        market="US",
        short_name=name,
        name_en=name,
        name_cn=name,
        name_hk=name,
        kind="option",
        lot_size=1,
        currency=share.currency,
        spread_table=table_of(option.symbol) or "us_option",
        ref_price=option.strike,
        stamp_duty=False,
        short_sell=False,
        exchange="OPRA",
        board="USOption",
    )


@dataclass(frozen=True, slots=True)
class Sector:
    """A sector's number, and its name in English, in simplified and in traditional Chinese."""

    code: int
    name_en: str
    name_cn: str
    name_hk: str

    @property
    def name(self) -> str:
        """Its name in the language asked for."""
        return {"zh-CN": self.name_cn, "zh-HK": self.name_hk}.get(SPOKEN.get(), self.name_en)


SECTORS: Mapping[Sector, str] = {
    Sector(10, "Energy", "能源", "能源"): "883.HK 857.HK 386.HK 1088.HK XOM.US",
    Sector(15, "Materials", "原材料", "原材料"): "2899.HK",
    Sector(20, "Industrials", "工业", "工業"): "1.HK 66.HK 669.HK",
    Sector(25, "Consumer Discretionary", "非必需消费品", "非必需消費品"): (
        "9988.HK 3690.HK 1211.HK 9618.HK 27.HK 175.HK 2020.HK 1928.HK 2015.HK 9868.HK 9961.HK"
        " AMZN.US TSLA.US BABA.US"
    ),
    Sector(30, "Consumer Staples", "必需消费品", "必需消費品"): "COST.US WMT.US KO.US",
    Sector(35, "Health Care", "医疗保健", "醫療保健"): "2269.HK JNJ.US LLY.US",
    Sector(40, "Financials", "金融", "金融"): (
        "5.HK 1299.HK 388.HK 2318.HK 939.HK 1398.HK 3988.HK 2628.HK 3968.HK 2388.HK 1288.HK"
        " JPM.US BAC.US V.US MA.US BRK.B.US COIN.US"
    ),
    Sector(45, "Information Technology", "信息技术", "資訊科技"): (
        "1810.HK 981.HK 992.HK 2382.HK"
        " AAPL.US MSFT.US NVDA.US AVGO.US AMD.US INTC.US QCOM.US PLTR.US MU.US ORCL.US TSM.US NOK.US"
    ),
    Sector(50, "Communication Services", "通信服务", "通訊服務"): (
        "700.HK 941.HK 9999.HK 1024.HK 9888.HK 762.HK GOOGL.US GOOG.US META.US NFLX.US DIS.US"
    ),
    Sector(55, "Utilities", "公用事业", "公用事業"): "2.HK 3.HK 6.HK",
    Sector(60, "Real Estate", "房地产", "房地產"): "16.HK 1113.HK 823.HK",
}


def sector_of(security: Security) -> Sector | None:
    """Return the sector of a company, by either of its counters; None for a fund or an option."""
    return _sectors().get(security.symbol)


def members(sector: Sector) -> int:
    """Return how many companies of the sandbox are in a sector."""
    return len(SECTORS[sector].split())


@cache
def _sectors() -> dict[str, Sector]:
    found = {symbol: sector for sector, symbols in SECTORS.items() for symbol in symbols.split()}
    counters = {f"{s.rmb_counter}.HK": s.symbol for s in SECURITIES.values() if s.rmb_counter}
    return found | {counter: found[symbol] for counter, symbol in counters.items() if symbol in found}


_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Facts:
    """A company's figures; money per share in the security's currency, the yield in percent."""

    listed: str
    shares: int
    floating: int
    eps: Decimal
    eps_ttm: Decimal
    bps: Decimal
    dividend_yield: Decimal


def facts_of(security: Security) -> Facts:
    """Return the figures of a security; an option has none."""
    if security.kind == "option":
        none = Decimal(0)
        return Facts("", 0, 0, none, none, none, none)
    return _facts(security.symbol)


def display_name(security: Security) -> str:
    """Return the name the broker shows in the language asked for.

    In English that is the exchange's short name in Hong Kong, and the full one in the US.
    """
    spoken = SPOKEN.get()
    if spoken != "en" and (name := security.name_cn if spoken == "zh-CN" else security.name_hk):
        return name
    return english_name(security)


def english_name(security: Security) -> str:
    """Return the English name the broker shows."""
    return security.short_name if security.market == "HK" else security.name_en


@cache
def _facts(symbol: str) -> Facts:
    security = LISTED[symbol]
    draw = Draws(symbol)
    price = security.ref_price
    millions = 500 + next(draw) % 18_000
    shares = millions * 1_000_000
    earnings = Decimal(8 + next(draw) % 30)  # a price of 8 to 37 years' earnings
    book = Decimal(80 + next(draw) % 900) / 100
    eps = (price / earnings).quantize(_CENT)
    growth = Decimal(95 + next(draw) % 16) / 100
    year, month, day = 1980 + next(draw) % 40, 1 + next(draw) % 12, 1 + next(draw) % 28
    return Facts(
        listed=f"{year:04d}{month:02d}{day:02d}",
        shares=shares,
        floating=shares * (70 + next(draw) % 31) // 100,
        eps=eps,
        eps_ttm=(eps * growth).quantize(_CENT),
        bps=(price / book).quantize(_CENT),
        dividend_yield=Decimal(next(draw) % 600) / 100,
    )


class Draws:
    """An endless sequence of whole numbers derived from a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._count = 0

    def __next__(self) -> int:
        self._count += 1
        digest = hashlib.blake2b(f"{self._text} {self._count}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big")
