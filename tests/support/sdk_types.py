"""What the published SDKs' own types say: the fields they read of each reply.

An SDK may spell a field in its own way, or make one up from others; both are listed here, one by one.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from support.sandbox import ROOT

DTS = ROOT / "node_modules" / "longbridge" / "index.d.ts"

SPELLED = {  # by the SDK: on the wire
    "asks": "ask", "bids": "bid", "begin_time": "beg_time", "change_value": "change_val",
    "overnight_quote": "over_night_quote", "outstanding_quantity": "outstanding_qty",
    "name_cn": "participant_name_cn", "name_en": "participant_name_en", "name_hk": "participant_name_hk",
    "issuer_id": "id", "trade_sessions": "trade_session", "trading_days": "trade_day",
    "half_trading_days": "half_trade_day", "published_at": "publish_at", "channels": "list",
    "call_volume": "c", "put_volume": "p", "granularity": "type", "records": "list", "is_self": "self",
    "full_symbol": "counter_id", "summary": "consensus", "categories": "first_tags",
    "sub_categories": "second_tags", "warrant_type": "type", "event_type": "type", "value_type": "type",
    "item_type": "type", "chat_type": "type", "ref_type": "type", "interaction_type": "type",
    "FundPositionChannel.positions": "fund_info", "StockPositionChannel.positions": "stock_info",
    "OptionVolumeDailyStat.date": "timestamp", "OptionVolumeDailyStat.call_volume": "total_call_volume",
    "OptionVolumeDailyStat.put_volume": "total_put_volume",
    "OptionVolumeDailyStat.call_open_interest": "total_call_open_interest",
    "OptionVolumeDailyStat.put_open_interest": "total_put_open_interest",
    "OptionVolumeDailyStat.pc_vol": "put_call_volume_ratio",
    "OptionVolumeDailyStat.pc_oi": "put_call_open_interest_ratio",
    "StrikePriceInfo.price": "strike_price", "StrikePriceInfo.call_symbol": "symbol",
    "StrikePriceInfo.put_symbol": "symbol", "StrikePriceInfo.standard": "standard_attr",
    "MarketTemperature.timestamp": "updated_at", "MacroeconomicIndicatorListResponse.data": "indicator_list",
    "MacroeconomicIndicatorListResponse.count": "total", "MacroeconomicResponse.info": "indicator",
    "MacroeconomicResponse.data": "indicator_data", "MacroeconomicResponse.count": "total",
    "MacroeconomicIndicator.indicator_code": "indicator_id", "MacroeconomicIndicator.country": "market",
    "MacroeconomicIndicator.name": "indicator_name", "MacroeconomicIndicator.periodicity": "frequence",
    "MacroeconomicIndicator.describe": "description", "Macroeconomic.period": "observation_date",
    "Macroeconomic.release_at": "published_time", "Macroeconomic.actual_value": "actual_data",
    "Macroeconomic.previous_value": "previous_data", "Macroeconomic.forecast_value": "estimated_data",
}  # fmt: skip
EMPTY = "the SDK keeps it for an older version of the path and leaves it empty"
JOINED = "the SDK puts two replies together"
MADE = {
    "InstitutionRating.latest": JOINED, "InstitutionRating.summary": JOINED,
    "ProfitAnalysis.summary": JOINED, "ProfitAnalysis.sublist": JOINED,
    "OptionVolumeStats.symbol": "the SDK repeats what it was asked for",
    "MacroeconomicIndicator.source_org": EMPTY, "MacroeconomicIndicator.adjustment_factor": EMPTY,
    "MacroeconomicIndicator.category": EMPTY, "MacroeconomicIndicator.start_date": EMPTY,
    "Macroeconomic.revised_value": EMPTY, "Macroeconomic.next_release_at": EMPTY,
    "Macroeconomic.unit_prefix": EMPTY,
    "QuotePackageDetail.*": "from the quote socket's profile, which no operation gives",
    "NaiveDate.*": "a day of the SDK's own", "Time.*": "a time of day of the SDK's own",
    "ConversationStreamEvent.*": "events of a stream, which no operation gives",
}  # fmt: skip
RAW = {  # Node's type of these replies is their text as it is
    "ShareholderTopResponse.data", "ShareholderDetailResponse.data", "RankCategoriesResponse.data",
    "ScreenerRecommendStrategiesResponse.data", "ScreenerUserStrategiesResponse.data",
    "ScreenerStrategyResponse.data", "ScreenerSearchResponse.data", "ScreenerIndicatorsResponse.data",
}  # fmt: skip
ELSEWHERE = {  # methods of the SDKs' own: sockets, and what they keep; no reply of HTTP
    "subscribe", "unsubscribe", "subscribe_candlesticks", "unsubscribe_candlesticks", "subscriptions",
    "realtime_quote", "realtime_depth", "realtime_brokers", "realtime_trades", "realtime_candlesticks",
}  # fmt: skip
ALIASES = {  # methods that send an operation of another name
    "TradeContext.order_detail_attached": "tradecontext.order_detail",
    "FundamentalContext.ratings": None,  # no longer in Python's, and its path is not in the specification
}


class Surface(NamedTuple):
    """What an SDK's types say: the fields of each class, and what each method gives."""

    fields: Mapping[str, Mapping[str, str]]
    methods: Mapping[str, str]


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[1].lower()}", name).lower()


@cache
def node() -> Surface:
    """Read the package's ``index.d.ts``."""
    text = re.sub(r"/\*.*?\*/", "", DTS.read_text("utf-8"), flags=re.DOTALL)
    fields: dict[str, dict[str, str]] = defaultdict(dict)
    methods = {}
    for found in re.finditer(r"export (?:declare class|interface) (\w+) \{(.*?)\n\}", text, re.DOTALL):
        for line in map(str.strip, found[2].splitlines()):
            if one := re.match(r"(?:get (\w+)\(\)|(\w+)\??): (.+)", line):
                fields[found[1]][snake(one[1] or one[2])] = one[3]
            if one := re.match(r"(\w+)\(.*\): Promise<(.*)>$", line):
                methods[f"{found[1]}.{snake(one[1])}"] = one[2]
    return Surface(fields, methods)


@cache
def python() -> Surface:
    """Read the stubs ``longbridge/openapi.pyi``."""
    fields: dict[str, dict[str, str]] = defaultdict(dict)
    methods = {}
    tree = ast.parse(files("longbridge").joinpath("openapi.pyi").read_text("utf-8"))
    for one in tree.body:
        for each in one.body if isinstance(one, ast.ClassDef) else ():
            assert isinstance(one, ast.ClassDef)
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                fields[one.name][each.target.id] = ast.unparse(each.annotation)
            elif isinstance(each, ast.FunctionDef) and each.returns is not None:
                methods[f"{one.name}.{each.name}"] = ast.unparse(each.returns)
    return Surface(fields, methods)


def reached(surface: Surface, kind: str, seen: dict[str, Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    """Every class that a type leads to, with its fields."""
    for name in re.findall(r"\w+", kind):
        if name in surface.fields and name not in seen and not name.endswith("Context"):
            seen[name] = surface.fields[name]
            if f"{name}.*" not in MADE:
                for inner in seen[name].values():
                    reached(surface, inner, seen)
    return seen


def bare(name: str) -> str:
    return name.replace("_", "").lower()


def lacking(sdk: str, method: str, known: set[str]) -> list[str]:
    """Return the fields that an SDK reads of a method's reply and that `known`, of bare names, has not."""
    surface = SURFACES[sdk]()
    return [
        f"{kind}.{field}"
        for kind, fields in reached(surface, surface.methods[method], {}).items()
        for field in fields
        if bare(SPELLED.get(f"{kind}.{field}", field)) not in known
        and bare(SPELLED.get(field, field)) not in known
        and not {f"{kind}.{field}", f"{kind}.*"} & (MADE.keys() | RAW)
    ]


def calls() -> Iterator[tuple[str, str]]:
    """Yield every method of both SDKs that sends an operation."""
    for sdk, surface in SURFACES.items():
        if sdk == "node" and not DTS.exists():
            continue
        for method in surface().methods:
            ours = method.split(".")[-1] in ELSEWHERE or method.endswith("_streamed")
            ours = ours or not re.fullmatch(r"(?!Async)\w+Context\.(?!_|set_on)\w+", method)
            if not ours and ALIASES.get(method, "") is not None:
                yield sdk, method


SURFACES = {"node": node, "python": python}
