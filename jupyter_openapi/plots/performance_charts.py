"""Charts of returns, exposure and slippage as plain numbers and words, for matplotlib and plotly alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _, commas, ngettext, pgettext
from jupyter_openapi.plots.charts import GAP, MOST_BARS, Bar, Bars, needed, number
from jupyter_openapi.plots.style import account_line, amount_text, facts_of, label_of, percent_text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines over time, `series` by name, the account's first; `percent` tells that they are in percent.

    `filled` tells that the account's is filled to 0. A gap is NaN.
    """

    title: str
    line: str
    unit: str
    times: Sequence[Any]
    series: Mapping[str, Sequence[float]]
    percent: bool = False
    filled: bool = False
    below: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """A second, lower panel: drawdowns in percent."""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A heat map: a row a year, a column a month and the year; values in percent, NaN for none."""

    title: str
    line: str
    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[float]]
    remark: str = ""

    @property
    def most(self) -> float:
        """The largest size of a month's return: the ends of the colours."""
        months = [abs(value) for row in self.cells for value in row[:-1] if value == value]  # noqa: PLR0124
        return max(months, default=0.0) or 1.0

    def colours(self) -> list[list[float]]:
        """Return the value that colours each cell: 0, the paper's, for the year and what is not known."""
        return [
            [0.0 if value != value else value for value in row[:-1]] + [0.0]  # noqa: PLR0124 (NaN)
            for row in self.cells
        ]

    def text(self, value: float) -> str:
        """Return what a cell says."""
        return "" if value != value else percent_text(value)  # noqa: PLR0124 (NaN)


@dataclass(frozen=True, slots=True)
class Dot:
    """An order: when, what it lost against a price, on which side, and what to say of it."""

    at: Any
    value: float
    buy: bool
    text: str


@dataclass(frozen=True, slots=True)
class Dots:
    """Orders over time, in percent, with their mean weighted by value; None where there is none."""

    title: str
    line: str
    unit: str
    dots: tuple[Dot, ...]
    mean: float | None
    remark: str = ""


def is_returns(frame: pd.DataFrame) -> bool:
    """Tell whether a frame is one of `portfolio.returns` by day."""
    return {"date", "return_pct", "index", "drawdown_pct"} <= set(frame.columns)


def index_lines(frame: pd.DataFrame) -> Lines:
    """Return the account's index beside its benchmark's, and their drawdowns below."""
    needed(frame, ("date", "index", "drawdown_pct"), "portfolio.returns(client)")
    known = facts_of(frame)
    values = _indexes(frame)
    ours = values[_("account")]
    ends = [f"{name} {percent_text(last - 100, sign=True, places=2)}" for name, last in _lasts(values)]
    return Lines(
        _("Equity and benchmark") if len(values) > 1 else _("Equity and drawdown"),
        account_line(known, *ends),
        _("index, 100 at the start"),
        list(frame["date"]),
        values,
        below={name: _falls(levels) for name, levels in values.items()},
        remark=_holes(ours),
    )


def drawdown_lines(frame: pd.DataFrame) -> Lines:
    """Return how far the account, and its benchmark, are below their peaks, in percent."""
    needed(frame, ("date", "index", "drawdown_pct"), "portfolio.returns(client)")
    falls = {name: _falls(levels) for name, levels in _indexes(frame).items()}
    deepest = [
        _("{name} {depth}").format(name=name, depth=percent_text(min(known), places=2))
        for name, values in falls.items()
        if (known := [value for value in values if value == value])  # noqa: PLR0124 (NaN)
    ]
    said = _("deepest: {depths}").format(depths=commas(deepest)) if deepest else ""
    return Lines(
        _("Drawdown"),
        account_line(facts_of(frame), said),
        _("below the peak before"),
        list(frame["date"]),
        falls,
        percent=True,
        filled=True,
        remark=_holes(falls[_("account")]),
    )


def _indexes(frame: pd.DataFrame) -> dict[str, list[float]]:
    found = {_("account"): _numbers(frame["index"])}
    if "benchmark_index" in frame.columns:
        name = str(facts_of(frame).get("benchmark") or _("benchmark"))
        found[name] = _numbers(frame["benchmark_index"])
    return found


def _numbers(values: Any) -> list[float]:
    return [GAP if (known := number(value)) is None else known for value in values]


def _lasts(values: Mapping[str, Sequence[float]]) -> list[tuple[str, float]]:
    found = []
    for name, levels in values.items():
        known = [level for level in levels if level == level]  # noqa: PLR0124 (NaN)
        if known:
            found.append((name, known[-1]))
    return found


def _falls(levels: Sequence[float]) -> list[float]:
    highest, found = 0.0, []
    for level in levels:
        if level == level:  # noqa: PLR0124 (NaN)
            highest = max(highest, level)
        found.append(100 * (level / highest - 1) if highest else GAP)
    return found


def _holes(values: Sequence[float]) -> str:
    count = sum(value != value for value in values)  # noqa: PLR0124 (NaN)
    if not count:
        return ""
    return ngettext(
        "{count} day is not shown, for its value is not known.",
        "{count} days are not shown, for their value is not known.",
        count,
    ).format(count=count)


def month_grid(table: pd.DataFrame) -> Grid:
    """Return the heat map of a table of `portfolio.months`."""
    needed(table, (1, 12, "year"), "portfolio.months(frame)")
    order = [*range(1, 13), "year"]
    rows = [str(year) for year in table.index]
    values = [_numbers(table.loc[year, order]) for year in table.index]
    whole = [value for row in values for value in row[:-1] if value == value]  # noqa: PLR0124 (NaN)
    said = (
        _("{up} months up, {down} down").format(
            up=sum(value > 0 for value in whole), down=sum(value < 0 for value in whole)
        )
        if whole
        else ""
    )
    columns = [
        *(_("Jan"), _("Feb"), _("Mar"), _("Apr"), _("May"), _("Jun")),
        *(_("Jul"), _("Aug"), _("Sep"), _("Oct"), _("Nov"), _("Dec")),
        _("Year"),
    ]
    return Grid(_("Returns by month"), account_line(facts_of(table), said), rows, columns, values)


def exposure_bars(frame: pd.DataFrame, *, privacy: bool, readable: Callable[[str], bool]) -> Bars:
    """Return the net exposure of each group, in percent of net assets; short ones to the left."""
    by = next(
        (name for name in ("symbol", "market", "currency", "sector", "underlying") if name in frame), None
    )
    if by is None or not {"net", "net_pct", "gross"} <= set(frame.columns):
        raise RequestRefused(_("This is another frame: pass the one that portfolio.exposure(client) gave."))
    known = facts_of(frame)
    summary = known.get("summary") or {}
    bars, unknown = [], []
    for row in frame.to_dict("records"):
        share, money = number(row["net_pct"]), number(row["net"])
        if share is None or money is None:
            unknown.append(pgettext(by, str(row[by])))
            continue
        text = percent_text(share) if privacy else f"{percent_text(share)}   {amount_text(money)}"
        label = label_of(pgettext(by, str(row[by])), None, readable)
        bars.append(Bar(label, share, text, "muted" if share < 0 else "plain"))
    bars.sort(key=lambda bar: -abs(bar.value))
    left_out = bars[MOST_BARS:]
    leverage = number(summary.get("leverage"))
    said = _("gross {percent} of net assets").format(percent=percent_text(100 * leverage)) if leverage else ""
    remarks = []
    if left_out:
        remarks.append(
            ngettext(
                "{count} smaller one is not shown.", "{count} smaller ones are not shown.", len(left_out)
            ).format(count=len(left_out))
        )
    if unknown:
        remarks.append(_("Not shown, for it is not known: {names}.").format(names=commas(unknown[:5])))
    return Bars(
        _("Exposure by {by}").format(by=pgettext("column", by.capitalize()).lower()),
        account_line(known, said),
        tuple(bars[:MOST_BARS]),
        _("net exposure, share of net assets"),
        percent=True,
        remark=" ".join(remarks),
    )


def _scales(frame: pd.DataFrame, name: str, base: str) -> dict[Any, float]:
    """Return what quantity x price is in the base currency, by currency, from orders that lost or gained.

    It weighs those that did neither, of which the frame does not tell it.
    """
    sums: dict[Any, list[float]] = {}
    for row in frame.to_dict("records"):
        share, cost = number(row[f"{name}_pct"]), number(row[f"{name}_base"])
        if share and cost is not None:
            one = sums.setdefault(row.get("currency"), [0.0, 0.0])
            one[0] += abs(cost / share * 100)
            one[1] += float(row["quantity"]) * float(row["price"])
    return {base: 1.0} | {currency: worth / money for currency, (worth, money) in sums.items() if money}


AGAINST = {"last": "slippage", "arrival": "arrival_slippage"}


def slippage_dots(frame: pd.DataFrame, against: str, *, privacy: bool) -> Dots:
    """Return what each order lost against the last price at submission or the price at arrival."""
    if against not in AGAINST:
        raise RequestRefused(
            _("against is {names}; not {against!r}.").format(names=_(" or ").join(AGAINST), against=against)
        )
    name = AGAINST[against]
    columns = ("symbol", "side", "submitted_at", "quantity", "price", f"{name}_pct", f"{name}_base")
    needed(frame, columns, "portfolio.slippage(client)")
    base = str(facts_of(frame).get("base_currency") or "")
    scales = _scales(frame, name, base)
    dots, paid, worth, unknown, unpaid = [], 0.0, 0.0, 0, 0
    for row in frame.to_dict("records"):
        share, cost = number(row[f"{name}_pct"]), number(row[f"{name}_base"])
        if share is None:
            unknown += 1
            continue
        buy = str(row["side"]) == "Buy"
        amount = "" if privacy else f"{amount_text(float(row['quantity']), places=0)} "
        text = _("{side} {amount}{symbol}: {share}").format(
            side=row["side"],
            amount=amount,
            symbol=row["symbol"],
            share=percent_text(share, sign=True, places=3),
        )
        dots.append(Dot(row["submitted_at"], share, buy, text))
        if cost is None:
            unpaid += 1
        else:
            money = float(row["quantity"]) * float(row["price"]) * scales.get(row.get("currency"), 0.0)
            worth += abs(cost / share * 100) if share else money
            paid += cost
    said = (
        ""
        if privacy or len(dots) == unpaid
        else _("cost {cost} {base} in all").format(cost=amount_text(paid), base=base)
    )
    return Dots(
        _("Slippage against the last price") if against == "last" else _("Slippage against arrival"),
        account_line(facts_of(frame), said),
        _("lost by price, positive is a cost"),
        tuple(dots),
        _mean(dots, paid, worth),
        " ".join(_left_out(unknown, unpaid)),
    )


def _mean(dots: Sequence[Dot], paid: float, worth: float) -> float | None:
    """Return the mean weighted by value; None where no value is known, unless nothing was lost or gained."""
    if worth:
        return 100 * paid / worth
    return 0.0 if dots and not any(dot.value for dot in dots) else None


def _left_out(unknown: int, unpaid: int) -> list[str]:
    """Return sentences of the orders that are not in the picture, and of those that are not in its sums."""
    said = []
    if unknown:
        said.append(
            ngettext(
                "{count} order is not shown, for the price is not known.",
                "{count} orders are not shown, for the price is not known.",
                unknown,
            ).format(count=unknown)
        )
    if unpaid:
        said.append(
            ngettext(
                "{count} order is in no sum, for no rate of exchange tells its cost.",
                "{count} orders are in no sum, for no rate of exchange tells their cost.",
                unpaid,
            ).format(count=unpaid)
        )
    return said
