"""Statistics of a daily series: return, risk, and what a benchmark explains. The formulas are empyrical's.

Figures that compare days with each other (volatility, Sharpe, Sortino, beta, alpha, tracking error) are of
returns of one weekday each. A return of several days, after a hole, is in the whole return and the drawdown
only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, guarded, sentence
from jupyter_openapi.frames import describe
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.money import figure
from jupyter_openapi.messages import _, ngettext
from jupyter_openapi.portfolio.arguments import frame_with, percent
from jupyter_openapi.portfolio.equity import without
from jupyter_openapi.portfolio.positions import warn

if TYPE_CHECKING:
    import pandas as pd

YEAR = 252
"""Trading days of a year, as is usual."""
FEW = 20  # daily returns under which a figure of a year says little
NONE = float("nan")
SAME = 1e-14
"""By how much returns may differ that are the same: what floats leave of them."""
NAMES = (
    "total_return_pct",
    "annual_return_pct",
    "volatility_pct",
    "sharpe",
    "sortino",
    "max_drawdown_pct",
    "calmar",
    "best_day_pct",
    "worst_day_pct",
    "beta",
    "alpha_pct",
    "tracking_error_pct",
    "excess_return_pct",
)
INSTALL = "pip install 'jupyter-openapi[analysis]'"


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall of an index: how far in percent, from its highest, to its lowest, and back again."""

    depth: float
    peak: date | None = None
    trough: date | None = None
    recovered: date | None = None


def library() -> Any:
    """Return empyrical.

    Raises
    ------
    RequestRefused
        It is not installed.
    """
    try:
        import empyrical
    except ImportError:
        raise RequestRefused(
            _("Statistics need empyrical-reloaded, which is not installed: {install}.").format(
                install=INSTALL
            )
        ) from None
    return empyrical


@guarded
def statistics(frame: pd.DataFrame, risk_free_pct: float = 0.0) -> pd.DataFrame:
    """Return the statistics of a frame of `returns` by day.

    Parameters
    ----------
    frame
        What ``portfolio.returns(client)`` gave.
    risk_free_pct
        What money earns without risk, in percent a year; the least that Sharpe, Sortino and alpha ask for.

    Returns
    -------
    pandas.DataFrame
        One row a statistic, indexed by its name, with a column ``portfolio`` and, where the frame has one,
        ``benchmark``; ``start``, ``end`` and ``remark`` tell the days of the deepest drawdown. In percent
        where the name ends so; the annual return, volatility, alpha and tracking error are of a year of 252
        trading days, Sharpe and Sortino likewise. NaN where there are too few returns.

    Raises
    ------
    RequestRefused
        It is another frame, or empyrical-reloaded is not installed.

    Warns
    -----
    IncompleteWarning
        There are too few returns: one line says how many.
    """
    table = reckoned(frame, risk_free_pct)
    warn(table.attrs["openapi"]["missing"], _("Not everything is known"))
    return table


def reckoned(frame: pd.DataFrame, risk_free_pct: float = 0.0) -> pd.DataFrame:
    """Return what `statistics` does, without the warning."""
    import pandas as pd

    needed = ("date", "return_pct", "index", "weekdays", "source")
    said = _("statistics(frame) takes the frame that portfolio.returns(client) gave, by day.")
    frame = frame_with(frame, needed, said)
    try:  # read from a file, days are text
        written = None if pd.api.types.is_numeric_dtype(frame["date"]) else "ISO8601"
        frame = frame.assign(date=pd.to_datetime(frame["date"], format=written))
    except (ValueError, TypeError):
        raise RequestRefused(sentence(said, _("Its column date holds no days."))) from None
    rate = percent("risk_free_pct", risk_free_pct, "3.5", above=-100)
    risk_free = (1 + float(rate) / 100) ** (1 / YEAR) - 1
    compared = "benchmark_pct" in frame.columns
    ours = _own(frame, "return_pct", risk_free)
    columns = {"portfolio": ours}
    if compared:
        columns["benchmark"] = _own(frame, "benchmark_pct", risk_free)
        ours |= _against(frame, risk_free)
    fall = drawdown_of([_day(day) for day in frame["date"]], [float(level) for level in frame["index"]])
    table = pd.DataFrame(
        {name: [values.get(each, NONE) for each in NAMES] for name, values in columns.items()},
        index=pd.Index(NAMES, name="statistic"),
        dtype="float64",
    )
    at = NAMES.index("max_drawdown_pct")
    for name, day in (("start", fall.peak), ("end", fall.trough)):
        table[name] = pd.Series(
            [day if number == at else None for number in range(len(NAMES))],
            index=table.index,
            dtype="datetime64[ns]",
        )
    table["remark"] = text_column([_remark(fall) if n == at else "" for n in range(len(NAMES))])
    return describe(table, **_facts(frame, compared=compared))


def _facts(frame: pd.DataFrame, *, compared: bool) -> dict[str, Any]:
    count = len(daily(frame, "return_pct"))
    known = frame.attrs.get("openapi", {})
    missing = []
    if count < FEW:
        missing.append(
            ngettext(
                "there is {count} return of one day: figures of a year say little",
                "there are {count} returns of one day: figures of a year say little",
                count,
            ).format(count=count)
        )
    if lost := sum(returns_lost(frame)):
        missing.append(without(lost))
    if compared and not len(daily(frame, "return_pct", "benchmark_pct")):
        missing.append(_("no day has a return of both the account and its benchmark"))
    kept = {name: known.get(name) for name in ("mode", "base_currency", "benchmark", "requested_at")}
    return {"operation": "return statistics", **kept, "returns": count, "missing": missing}


def daily(frame: pd.DataFrame, *columns: str) -> Any:
    """Return the returns of one weekday each as fractions, one column an array; rows that lack one are out.

    What came on a weekend is part of the next weekday's. Where one column is asked for it is an array alone.
    """
    _days, table = dated(frame, *columns)
    return table[:, 0] if len(columns) == 1 else table


def dated(frame: pd.DataFrame, *columns: str) -> tuple[list[Any], Any]:
    """Return the days of the returns that `daily` gives, and these, a column each."""
    import numpy as np

    rows: list[list[float]] = []
    days: list[Any] = []
    before = [1.0] * len(columns)
    spans = frame["weekdays"].fillna(-1)
    valueless = frame["net_value"].isna() if "net_value" in frame.columns else [False] * len(frame)
    for day, span, source, empty, *gains in zip(
        frame["date"], spans, frame["source"], valueless, *(frame[name] for name in columns), strict=True
    ):
        # A day without a value is in the account's next return: so is then what its benchmark did.
        parts = [
            old if empty and name == "return_pct" else old * (1 + gain / 100)
            for name, old, gain in zip(columns, before, gains, strict=True)
        ]
        if span == 0 or empty:
            before = parts
            continue
        before = [1.0] * len(columns)
        if span == 1 and source != "broker":
            rows.append([part - 1 for part in parts])
            days.append(day)
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(columns))
    (whole,) = np.nonzero(np.isfinite(table).all(axis=1))
    return [days[place] for place in whole], table[whole]


def returns_lost(frame: pd.DataFrame, column: str = "return_pct") -> list[bool]:
    """Tell of each row whether its return is not known although it should be.

    The first day has none, and a day without a value is in the return of the next one.
    """
    own = column == "return_pct"
    valued = frame["net_value"].notna() if "net_value" in frame.columns else [True] * len(frame)
    found, begun = [], False
    for known, gap in zip(valued, frame[column].isna(), strict=True):
        found.append(bool(begun and gap and (known or not own)))
        begun = begun or bool(known)
    return found


def _differ(returns: Any) -> bool:
    """Tell whether some of these returns is not as the others."""
    return bool(returns.max() - returns.min() > SAME)


def _own(frame: pd.DataFrame, column: str, risk_free: float) -> dict[str, float]:
    """Return the statistics of one series."""
    empyrical = library()
    one = daily(frame, column)
    steps = frame.loc[frame[column].notna(), [column, "weekdays"]]
    name = "index" if column == "return_pct" else "benchmark_index"
    levels = frame[name].dropna()
    if not len(steps) or not len(levels):
        return {}
    whole = _end(frame, name) / 100
    span = int(steps["weekdays"].fillna(0).sum())
    fall = drawdown_of([_day(day) for day in frame.loc[levels.index, "date"]], [float(x) for x in levels])
    found = {
        "total_return_pct": 100 * (whole - 1),
        "annual_return_pct": 100 * (whole ** (YEAR / span) - 1) if span and whole > 0 else NONE,
        "max_drawdown_pct": fall.depth,
    }
    if fall.depth < 0:
        found["calmar"] = found["annual_return_pct"] / -fall.depth
    if len(one):
        found |= {"best_day_pct": 100 * float(one.max()), "worst_day_pct": 100 * float(one.min())}
    if len(one) > 1:
        found["volatility_pct"] = 0.0
        if _differ(one):
            found["volatility_pct"] = 100 * float(empyrical.annual_volatility(one))
            found["sharpe"] = float(empyrical.sharpe_ratio(one, risk_free=risk_free))
        if bool((one < risk_free - SAME).any()):
            found["sortino"] = float(empyrical.sortino_ratio(one, required_return=risk_free))
    return found


def _against(frame: pd.DataFrame, risk_free: float) -> dict[str, float]:
    """Return what a benchmark explains of the account's returns."""
    empyrical = library()
    both = daily(frame, "return_pct", "benchmark_pct")
    # One day alone has no return, so that nothing is ahead of anything.
    ends = [_end(frame, name) if len(frame) > 1 else NONE for name in ("index", "benchmark_index")]
    found = {"excess_return_pct": ends[0] - ends[1]}
    if len(both) < 2:
        return found
    ours, theirs = both[:, 0], both[:, 1]
    if _differ(theirs):
        found["beta"] = float(empyrical.beta(ours, theirs, risk_free=risk_free))
        found["alpha_pct"] = 100 * float(empyrical.alpha(ours, theirs, risk_free=risk_free))
    apart = ours - theirs
    found["tracking_error_pct"] = 100 * float(empyrical.annual_volatility(apart)) if _differ(apart) else 0.0
    return found


def _end(frame: pd.DataFrame, name: str) -> float:
    """Return an index on the last day whose value is known."""
    known = frame.loc[frame["index"].notna(), name]
    return float(known.iloc[-1]) if len(known) else NONE


def drawdown_of(days: Sequence[date], levels: Sequence[float]) -> Drawdown:
    """Return the deepest fall of an index; levels that are not known are left out."""
    deepest = Drawdown(0.0)
    highest, peak = -math.inf, None
    for day, level in zip(days, levels, strict=True):
        if level != level:  # noqa: PLR0124 (NaN)
            continue
        if level >= highest:
            if deepest.trough is not None and deepest.recovered is None and deepest.peak == peak:
                deepest = Drawdown(deepest.depth, deepest.peak, deepest.trough, day)
            highest, peak = level, day
        elif (depth := 100 * (level / highest - 1)) < deepest.depth:
            deepest = Drawdown(depth, peak, day)
    return deepest


def _day(value: Any) -> date:
    day: date = value.date()
    return day


def _remark(fall: Drawdown) -> str:
    if fall.trough is None:
        return ""
    return _("recovered on {day}").format(day=fall.recovered) if fall.recovered else _("not recovered")


def sentences(table: pd.DataFrame) -> list[str]:
    """Return the statistics in words, a line each for the account, its drawdown, and its benchmark."""
    own = table["portfolio"]
    known = table.attrs["openapi"]
    if own.isna().all():
        return []
    lines = [
        _(
            "Time-weighted return {total} ({annual} a year), volatility {volatility}, Sharpe {sharpe}, "
            "Sortino {sortino}, of {count:,} daily returns."
        ).format(
            total=_percent(own["total_return_pct"], sign=True),
            annual=_percent(own["annual_return_pct"], sign=True),
            volatility=_percent(own["volatility_pct"]),
            sharpe=_ratio(own["sharpe"]),
            sortino=_ratio(own["sortino"]),
            count=known["returns"],
        )
    ]
    fall = table.loc["max_drawdown_pct"]
    if own["max_drawdown_pct"] < 0:
        lines.append(
            _("Deepest drawdown {depth}, from {start:%Y-%m-%d} to {end:%Y-%m-%d}, {remark}.").format(
                depth=_percent(own["max_drawdown_pct"]),
                start=fall["start"],
                end=fall["end"],
                remark=fall["remark"],
            )
        )
    if "benchmark" in table.columns:
        lines.append(
            _(
                "{symbol} {theirs}: beta {beta}, alpha {alpha} a year, tracking error {error}, "
                "{ahead} ahead of it."
            ).format(
                symbol=known.get("benchmark") or _("Benchmark"),
                theirs=_percent(table.loc["total_return_pct", "benchmark"], sign=True),
                beta=_ratio(own["beta"]),
                alpha=_percent(own["alpha_pct"], sign=True),
                error=_percent(own["tracking_error_pct"]),
                ahead=_percent(own["excess_return_pct"], sign=True),
            )
        )
    return lines


def _percent(value: Any, *, sign: bool = False) -> str:
    number = float(value)
    return "n/a" if math.isnan(number) else f"{figure(number, sign=sign)}%"


def _ratio(value: Any) -> str:
    number = float(value)
    return "n/a" if math.isnan(number) else figure(number)
