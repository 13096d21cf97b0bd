"""Charts as plain numbers and words, the same for matplotlib and plotly."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market.symbols import market_of, zone_of
from jupyter_openapi.messages import N_, _, commas
from jupyter_openapi.plots.style import (
    account_line,
    amount_text,
    facts_of,
    label_of,
    percent_text,
    printable,
)

if TYPE_CHECKING:
    import pandas as pd

MOST_BARS = 14
GAP = float("nan")
"""What is not known, and is not drawn."""
GROUPS = {"symbol": N_("holding"), "market": N_("market"), "currency": N_("currency")}
WHATS = {"unrealized": N_("Unrealized profit and loss"), "day": N_("Profit and loss today")}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `tone` is ``plain``, ``muted`` (cash, the rest), ``gain`` or ``loss``."""

    label: str
    value: float
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar chart, first bar on top. `unit` names the axis; `percent` tells that values are in percent."""

    title: str
    line: str
    bars: tuple[Bar, ...]
    unit: str
    percent: bool
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """Value (or the index, 100 at the start) over time, and how far the return is below its highest."""

    title: str
    line: str
    unit: str
    times: Sequence[Any]
    values: Sequence[float]
    below: Sequence[float]
    flows: Sequence[tuple[Any, float]] = field(default=())
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """An execution on a candle: its number, price, side and what to say of it."""

    at: int
    price: float
    buy: bool
    text: str


@dataclass(frozen=True, slots=True)
class Candles:
    """Bars of a security, oldest first, the executions on them, and moving averages of the closes by name.

    A volume that is not known is NaN.
    """

    title: str
    line: str
    unit: str
    times: Sequence[Any]
    opens: Sequence[float]
    highs: Sequence[float]
    lows: Sequence[float]
    closes: Sequence[float]
    volumes: Sequence[float]
    marks: tuple[Mark, ...]
    labels: Sequence[str]
    remark: str = ""
    averages: Mapping[str, Sequence[float]] = field(default_factory=dict)
    coloured: bool = False  # candles, and not only the executions, in the colours of rising and falling


def needed(frame: pd.DataFrame, columns: Sequence[Any], maker: str) -> None:
    """Refuse a frame that lacks columns.

    Raises
    ------
    RequestRefused
        Saying where the right one comes from.
    """
    if missing := [name for name in columns if name not in frame.columns]:
        raise RequestRefused(
            _("This frame lacks {missing}: pass the one that {maker} gave.").format(
                missing=commas(map(str, missing)), maker=maker
            )
        )


def number(value: Any) -> float | None:
    """Return a finite number, or None."""
    return float(value) if isinstance(value, (int, float)) and isfinite(value) else None


def allocation_bars(frame: pd.DataFrame, by: str, *, privacy: bool, readable: Callable[[str], bool]) -> Bars:
    """Return each holding's (market's, currency's) share of all value, cash included, largest first."""
    needed(
        frame, ("symbol", "symbol_name", "market", "currency", "market_value_base"), "portfolio.value(client)"
    )
    if by not in GROUPS:
        raise RequestRefused(_("by is {groups}; not {by!r}.").format(groups=commas(GROUPS), by=by))
    known = facts_of(frame)
    values, names, unknown = _grouped(frame, by)
    cash, no_rate = _cash(known, by)
    unknown += no_rate
    values |= {name: values.get(name, 0.0) + part for name, part in cash.items()}
    whole = sum(abs(value) for value in values.values())
    base = str(known.get("base_currency") or "")
    ranked = sorted(values.items(), key=lambda item: -abs(item[1]))
    shown, rest = ranked[:MOST_BARS], ranked[MOST_BARS:]
    muted = set(cash) if by == "symbol" else set()
    bars = [
        _share_bar(
            label_of(key, names.get(key), readable),
            value,
            whole,
            "muted" if key in muted else "plain",
            privacy,
        )
        for key, value in shown
        if whole
    ]
    if rest:
        total = sum(value for _, value in rest)
        bars.append(_share_bar(_("{count} others").format(count=len(rest)), total, whole, "muted", privacy))
    total_text = "" if privacy or not values else _total(amount_text(sum(values.values())), base)
    return Bars(
        _("Allocation by {by}").format(by=_(GROUPS[by])),
        account_line(known, total_text),
        tuple(bars),
        _("share of all value, cash included") if cash else _("share of all value"),
        percent=True,
        remark=_unknown("value", unknown),
    )


def _grouped(frame: pd.DataFrame, by: str) -> tuple[dict[str, float], dict[str, Any], list[str]]:
    values: dict[str, float] = {}
    names: dict[str, Any] = {}
    unknown = []
    for row in frame.to_dict("records"):
        value = number(row["market_value_base"])
        if value is None:
            unknown.append(str(row["symbol"]))
            continue
        key = str(row[by])
        values[key] = values.get(key, 0.0) + value
        if by == "symbol":
            names[key] = row["symbol_name"]
    return values, names, unknown


def _cash(known: Mapping[str, Any], by: str) -> tuple[dict[str, float], list[str]]:
    """Return the cash in the base currency by the bar it belongs to, and what no rate brings there."""
    found: dict[str, float] = {}
    no_rate = []
    for part in known.get("cash") or ():
        if part.get("amount_base") is None:
            no_rate.append(f"cash {part['currency']}")
            continue
        key = {"symbol": f"Cash {part['currency']}", "market": "Cash"}.get(by, str(part["currency"]))
        found[key] = found.get(key, 0.0) + float(part["amount_base"])
    return {key: value for key, value in found.items() if value}, no_rate


def _share_bar(label: str, value: float, whole: float, tone: str, privacy: bool) -> Bar:  # noqa: FBT001
    share = 100 * value / whole
    text = percent_text(share) if privacy else f"{percent_text(share)}   {amount_text(value)}"
    return Bar(label, share, text, tone)


def profit_bars(frame: pd.DataFrame, what: str, *, privacy: bool, readable: Callable[[str], bool]) -> Bars:
    """Return each holding's profit in the base currency (with `privacy` in percent), best first."""
    columns = (
        "symbol",
        "symbol_name",
        "currency",
        "unrealized_pl_base",
        "unrealized_pl_pct",
        "day_pl",
        "day_pl_pct",
    )
    needed(frame, columns, "portfolio.value(client)")
    if what not in WHATS:
        raise RequestRefused(_("what is {whats}; not {what!r}.").format(whats=commas(WHATS), what=what))
    known = facts_of(frame)
    base = str(known.get("base_currency") or "")
    found, unknown = [], []
    for row in frame.to_dict("records"):
        money, percent = _profit(row, what, known)
        value = percent if privacy else money
        if value is None:
            unknown.append(str(row["symbol"]))
            continue
        share = "" if percent is None else percent_text(percent, sign=True)
        text = share if privacy else "   ".join(filter(None, [amount_text(value, sign=True), share]))
        label = label_of(row["symbol"], row["symbol_name"], readable)
        found.append(Bar(label, value, text, "loss" if value < 0 else "gain"))
    if what == "day":
        ended, lost = _closed_bars(known, privacy=privacy)
        found += ended
        unknown += lost
    found.sort(key=lambda bar: -bar.value)
    bars, remark = _ends(found)
    total = (
        "" if privacy or not found else _total(amount_text(sum(bar.value for bar in found), sign=True), base)
    )
    return Bars(
        _(WHATS[what]),
        account_line(known, total),
        bars,
        _("percent") if privacy else _("{base}, at today's rates").format(base=base).lstrip(", "),
        percent=privacy,
        remark=" ".join(filter(None, [remark, _unknown("profit", unknown)])),
    )


def _profit(row: Mapping[Any, Any], what: str, known: Mapping[str, Any]) -> tuple[float | None, float | None]:
    if what == "unrealized":
        return number(row["unrealized_pl_base"]), number(row["unrealized_pl_pct"])
    rate = (known.get("rates") or {}).get(row["currency"])
    money = number(row["day_pl"])
    in_base = None if money is None or rate is None else money * float(rate)
    return in_base, number(row["day_pl_pct"])


def _closed_bars(known: Mapping[str, Any], *, privacy: bool) -> tuple[list[Bar], list[str]]:
    """Return a bar for what was closed today, which is no row any more; its percentage is not known."""
    bars, unknown = [], []
    for gone in known.get("closed_today") or ():
        symbol = str(gone["symbol"])
        money = None if gone["day_pl_base"] is None else float(gone["day_pl_base"])
        if privacy or money is None:
            unknown.append(symbol)
            continue
        label = _("{symbol}, closed").format(symbol=symbol)
        bars.append(Bar(label, money, amount_text(money, sign=True), "loss" if money < 0 else "gain"))
    return bars, unknown


def _ends(bars: Sequence[Bar]) -> tuple[tuple[Bar, ...], str]:
    """Return the best and the worst where there are too many to read."""
    if len(bars) <= MOST_BARS + 2:
        return tuple(bars), ""
    half = MOST_BARS // 2 + 1
    left_out = len(bars) - 2 * half
    return (*bars[:half], *bars[-half:]), _(
        "{left_out} between the best and the worst {half} are not shown."
    ).format(left_out=left_out, half=half)


def _unknown(what: str, symbols: Sequence[str]) -> str:
    if not symbols:
        return ""
    most = 5
    named = commas(symbols[:most]) + (
        _(" and {count} more").format(count=len(symbols) - most) if len(symbols) > most else ""
    )
    return _("Not shown, for the {what} is not known: {named}.").format(what=what, named=named)


def curve_of(frame: pd.DataFrame, *, privacy: bool) -> Curve:
    """Return an equity curve; with `privacy` the index instead of the value, and no deposits."""
    needed(frame, ("net_value", "flow", "index", "drawdown_pct"), "portfolio.equity_curve()")
    known = facts_of(frame)
    whole = frame[frame["net_value"].notna()]
    earned, deepest = number(known.get("total_return_pct")), number(known.get("max_drawdown_pct"))
    said = (
        ""
        if earned is None
        else _("time-weighted return {percent_text}").format(
            percent_text=percent_text(earned, sign=True, places=2)
        )
    )
    fell = (
        ""
        if deepest is None
        else _("deepest drawdown {percent_text}").format(percent_text=percent_text(deepest, places=2))
    )
    base = str(known.get("base_currency") or "")
    moved = whole[(whole["flow"].abs() > 0)]
    flows = [] if privacy else [(at, float(value)) for at, value in moved["flow"].items()]
    left_out = len(frame) - len(whole)
    return Curve(
        _("Equity and drawdown"),
        account_line(known, said, fell),
        _("index, 100 at the start") if privacy else _("net value, {base}").format(base=base).rstrip(", "),
        list(whole.index),
        [float(value) for value in whole["index" if privacy else "net_value"]],
        [float(value) for value in whole["drawdown_pct"]],
        flows,
        _("{left_out} snapshots are not shown, for their value is not known.").format(left_out=left_out)
        if left_out
        else "",
    )


def _total(amount: str, base: str) -> str:
    return _("total {amount} {base}").format(amount=amount, base=base)


COLUMNS = ("open", "high", "low", "close", "timestamp")
LATE = 1.5  # of the usual distance between candles: an execution later than that is not of the last one


def candles_of(candles: pd.DataFrame, fills: pd.DataFrame, symbol: str | None, *, privacy: bool) -> Candles:
    """Return the candles of a security with its executions on them.

    Raises
    ------
    RequestRefused
        A frame lacks columns, or the executions are of several securities and `symbol` does not say which.
    """
    import pandas as pd

    needed(candles, COLUMNS, "`%openapi candles`")
    needed(fills, ("symbol", "price", "quantity", "side", "trade_done_at"), "`%openapi executions`")
    chosen = _symbol(fills, symbol)
    bars = candles.dropna(subset=list(COLUMNS)).sort_values("timestamp")
    bars = bars.drop_duplicates("timestamp", keep="last")
    times = [pd.Timestamp(at) for at in bars["timestamp"]]
    mine = fills[fills["symbol"] == chosen].dropna(subset=["price", "trade_done_at"])
    marks, outside = _marks(mine, times, privacy=privacy)
    bought = sum(mark.buy for mark in marks)
    said = (
        _("{bought} bought, {sold} sold").format(bought=bought, sold=len(marks) - bought)
        if marks
        else _("no executions in this time")
    )
    known = {**facts_of(candles), **facts_of(fills)}
    opens, highs, lows, closes = ([float(value) for value in bars[name]] for name in COLUMNS[:4])
    volumes = bars["volume"] if "volume" in bars else [None] * len(bars)
    return Candles(
        title=_("Executions in {symbol}").format(symbol=printable(chosen)) if chosen else _("Executions"),
        line=account_line(known, said),
        unit=_("price"),
        times=times,
        opens=opens,
        highs=highs,
        lows=lows,
        closes=closes,
        volumes=[GAP if pd.isna(value) else float(value) for value in volumes],
        marks=tuple(marks),
        labels=_labels(times),
        remark=_("{outside} executions are outside these candles.").format(outside=outside)
        if outside
        else "",
    )


def bars_of(
    candles: pd.DataFrame,
    fills: pd.DataFrame | None,
    symbol: str | None,
    lengths: Sequence[int],
    *,
    most: int | None,
    privacy: bool,
) -> Candles:
    """Return the candles of one security in its market's time, with moving averages.

    Raises
    ------
    RequestRefused
        A frame lacks columns, or holds several securities.
    """
    import pandas as pd

    needed(candles, COLUMNS, "`%openapi candles`")
    chosen = symbol or _only(candles)
    zone = zone_of(market_of(chosen)) or UTC
    mine = candles if "symbol" not in candles or not chosen else candles[candles["symbol"] == chosen]
    mine = mine.assign(timestamp=mine["timestamp"].dt.tz_convert(zone)).sort_values("timestamp")
    closes = mine["close"].astype("float64")
    means = {length: closes.rolling(length).mean() for length in lengths}
    mine = mine.tail(most or len(mine))
    mine.attrs = candles.attrs
    none = pd.DataFrame(
        {name: pd.Series(dtype="object") for name in ("symbol", "price", "quantity", "side", "trade_done_at")}
    )
    made = candles_of(mine, none if fills is None else fills, chosen or None, privacy=privacy)
    zoned = _("times in {zone}").format(zone=zone)
    said = account_line(facts_of(candles), zoned) if fills is None else f"{made.line}  ·  {zoned}"
    return replace(
        made,
        title=printable(chosen) or _("Candles"),
        line=said,
        averages={
            _("average of {length}").format(length=length): mean.tail(len(made.times)).tolist()
            for length, mean in means.items()
        },
        coloured=True,
    )


def _only(candles: pd.DataFrame) -> str:
    """Return the one symbol of a frame; empty where it has none."""
    if "symbol" not in candles:
        return str(facts_of(candles).get("symbol") or "")
    return _symbol(candles, None)


def _symbol(fills: pd.DataFrame, symbol: str | None) -> str:
    if symbol is not None:
        return symbol
    found = [str(name) for name in fills["symbol"].dropna().unique()]
    if len(found) > 1:
        raise RequestRefused(
            _("These rows are of {symbols}: pass symbol='{first}'.").format(
                symbols=commas(found[:6]), first=found[0]
            )
        )
    return found[0] if found else ""


def _marks(fills: pd.DataFrame, times: Sequence[Any], *, privacy: bool) -> tuple[list[Mark], int]:
    """Return a mark for each execution, on the candle that had begun then, and how many lie outside."""
    import pandas as pd

    gaps = sorted(after - before for before, after in pairwise(times))
    usual = gaps[len(gaps) // 2] if gaps else pd.Timedelta(days=1)
    marks, outside = [], 0
    for row in fills.to_dict("records"):
        done = pd.Timestamp(row["trade_done_at"])
        at = bisect_right(times, done) - 1
        if at < 0 or (at == len(times) - 1 and done - times[at] > usual * LATE):
            outside += 1
            continue
        buy = str(row["side"]).title() == "Buy"
        side = _("Buy") if buy else _("Sell")
        price = amount_text(float(row["price"]), places=2)
        text = (
            _("{side} at {price}").format(side=side, price=price)
            if privacy
            else _("{side} {quantity} at {price}").format(
                side=side, quantity=amount_text(float(row["quantity"]), places=0), price=price
            )
        )
        marks.append(Mark(at, float(row["price"]), buy, f"{text}, {done:%Y-%m-%d %H:%M}"))
    return marks, outside


def _labels(times: Sequence[Any]) -> list[str]:
    """Return what an axis says of each candle: its day, and its time where there are several a day."""
    days = [f"{at:%Y-%m-%d}" for at in times]
    if len(set(days)) == len(days):
        return days
    return [f"{at:%m-%d %H:%M}" for at in times]
