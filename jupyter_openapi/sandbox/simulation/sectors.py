"""The sector that each company of the sandbox works in.

Sectors are the eleven that index providers use, with their numbers. Which company is in which is common
knowledge, not the broker's word; its own codes are not published. Funds work in none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from jupyter_openapi.market.symbols import SECURITIES, Security
from jupyter_openapi.sandbox.language import SPOKEN


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
