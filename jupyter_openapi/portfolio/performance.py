"""Returns of an account over time: by day, month or year, beside a benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused, guarded
from jupyter_openapi.frames import describe, seal
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.money import HUNDRED, exactly, floats, known_text, product
from jupyter_openapi.market.replies import figure
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio import snapshot_store as store
from jupyter_openapi.portfolio.arguments import choice, frame_with, one_client
from jupyter_openapi.portfolio.arguments import days as days_between
from jupyter_openapi.portfolio.daily_returns import (
    BROKER,
    RECONSTRUCTED,
    Day,
    Indexed,
    compounded,
    days_of,
    holes,
    indexed,
    window_of,
    with_broker,
)
from jupyter_openapi.portfolio.equity import NO_SNAPSHOTS, grouped, stated_kinds, without_rates
from jupyter_openapi.portfolio.positions import AccountReader, brief, warn
from jupyter_openapi.portfolio.prices import Benchmark, benchmark_symbol, currency_code, read_benchmark
from jupyter_openapi.portfolio.risk_statistics import returns_lost
from jupyter_openapi.portfolio.snapshot_store import chosen_owner
from jupyter_openapi.spec.dates import zone

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike

PERIODS = {"day": 10, "month": 7, "year": 4}
"""How many characters of an ISO date name a period."""
CURRENCIES = ("base", "local")
NEAR = Decimal("0.0005")  # how far a stated rate may be from profit by value, to be the same number
DEFINITIONS = (
    "return_pct is time-weighted: deposits and withdrawals count for the time they were there.",
    "A day without a snapshot has no row; `weekdays` tells of how many weekdays a return is.",
    "index is 100 at the start; drawdown_pct is how far it is below its peak so far.",
    "benchmark_pct is from the last close before each snapshot, adjusted for dividends and splits.",
)
RECONSTRUCTED_NOTE = (
    "Days marked reconstructed were worked out by portfolio.backfill, at the rates of exchange of its day."
)
LOCAL = "Returns are at the rates of exchange of their start: gains of the currencies are not in them."


@dataclass
class Series:
    """A daily series, and what is to be said of it."""

    base: str
    days: list[Day] = field(default_factory=list)
    benchmark: Benchmark | None = None
    missing: list[str] = field(default_factory=list)
    asides: list[str] = field(default_factory=list)


@guarded
def returns(  # noqa: PLR0917 (as it is typed)
    client: ClientLike | None = None,
    by: str = "day",
    benchmark: str | None = None,
    start: Any = None,
    end: Any = None,
    base_currency: str = "HKD",
    *,
    currency: str = "base",
    kinds: Mapping[str, str] | None = None,
    folder: str | Path | None = None,
) -> pd.DataFrame:
    """Return the time-weighted returns of an account by day, month or year, from its snapshots.

    Parameters
    ----------
    client
        Whose; None where the store holds one account only, and nothing is then asked of the broker.
    by
        ``day``, ``month`` or ``year``.
    benchmark
        A symbol such as ``2800.HK`` or ``SPY.US``, whose closes are read beside it.
    start, end
        Days, both included, as a person writes them; by default all that is known. Where `start` is before
        the first snapshot, the broker's own profit analysis tells the return until then, where it serves one.
    base_currency
        The currency of the amounts.
    currency
        ``base``: what currencies gained or lost against `base_currency` is in the returns; ``local``: it is
        not, for each return is at the rates of its start.
    kinds
        What cash movements of a name are, as `equity_curve`.
    folder
        Where the snapshots are kept.

    Returns
    -------
    pandas.DataFrame
        ``date`` (``month``, ``year``), ``net_value`` at its end, ``flow`` (deposits less withdrawals),
        ``return_pct``, ``index`` (100 at the start), ``drawdown_pct``, ``weekdays`` (how many the return is
        of), ``source`` (``snapshots``, ``reconstructed`` by `backfill`, or ``broker``), and with a benchmark
        ``benchmark_pct`` and ``benchmark_index``. NaN where not known. ``drawdown_pct`` of a month or year is
        its deepest.

    Raises
    ------
    RequestRefused
        `by`, `currency`, a day or the benchmark's symbol is none; or pyarrow is not installed.

    Warns
    -----
    IncompleteWarning
        There are holes, too few snapshots, no quotes of the benchmark, or no rate: one line says what.
    """
    frame = measured(
        client, by, benchmark, start, end, base_currency, currency=currency, kinds=kinds, folder=folder
    )
    warn(frame.attrs["openapi"]["missing"], _("Not everything is known"))
    return frame


def measured(  # noqa: PLR0917 (as `returns`)
    client: ClientLike | None,
    by: str = "day",
    benchmark: str | None = None,
    start: Any = None,
    end: Any = None,
    base_currency: str = "HKD",
    *,
    currency: str = "base",
    kinds: Mapping[str, str] | None = None,
    folder: str | Path | None = None,
) -> pd.DataFrame:
    """Return what `returns` does, without the warning."""
    by = choice("by", by, PERIODS)
    currency = choice("currency", currency, CURRENCIES, _(" or "))
    client = None if client is None else one_client(client)
    if benchmark is not None and client is None:
        raise RequestRefused(
            _("A benchmark's quotes are read by a client: portfolio.returns(client, benchmark=...).")
        )
    symbol = None if benchmark is None else benchmark_symbol(benchmark)
    series = Series(currency_code(base_currency))
    tz = "UTC" if client is None else client.tz
    first, last = days_between(start, end, tz)
    stated = stated_kinds(kinds)
    owner = chosen_owner(client, folder)
    groups = grouped(store.read(store.files(folder, owner)).to_pylist())
    reader = None if client is None else AccountReader(client)
    with exactly():
        days = days_of(groups, series.base, stated, zone(tz), local=currency == "local")
        series.missing += [*without_rates(groups, series.base), *holes(days)]
        days = _marked(series, days, groups)
        if reader is not None and first is not None and days and first < days[0].day:
            days = _from_broker(reader, series, days, first)
        series.days = window_of(days, first, last)
        if symbol is not None and reader is not None and series.days:
            series.benchmark = read_benchmark(reader, symbol, series.days[0].day, series.days[-1].day)
        _say_short(series, days)
        frame = frame_of(series, by)
    if reader is not None:
        series.missing += reader.missing
        series.asides += reader.asides
    return _described(frame, series, owner.partition("-")[0], by, tz, local=currency == "local")


def _described(
    frame: pd.DataFrame, series: Series, mode: str, by: str, tz: str, *, local: bool
) -> pd.DataFrame:
    benchmark = series.benchmark
    kind = "returns" if benchmark is None else "returns and benchmark"
    return seal(
        describe(
            frame,
            operation=f"{kind} by {'date' if by == 'day' else by}",
            mode=mode,
            base_currency=series.base,
            by=by,
            benchmark=None if benchmark is None else benchmark.symbol,
            tz=tz,
            requested_at=series.days[-1].at if series.days else None,
            missing=series.missing,
            notes=[*DEFINITIONS, *([LOCAL] if local else []), *series.asides],
        )
    )


def _marked(series: Series, days: Sequence[Day], groups: Sequence[Sequence[Mapping[str, Any]]]) -> list[Day]:
    """Return the days with those marked that were worked out later, and say so."""
    made = {rows[0]["taken_at"] for rows in groups if any(row["kind"] == store.RECONSTRUCTED for row in rows)}
    if made:
        series.asides.append(RECONSTRUCTED_NOTE)
    return [replace(day, source=RECONSTRUCTED) if day.at in made else day for day in days]


def _say_short(series: Series, every: Sequence[Day]) -> None:
    known = [day for day in series.days if day.net is not None]
    if not every:
        series.missing.append(_(NO_SNAPSHOTS))
    elif not known:
        series.missing.append(_("any value in {base} in this time").format(base=series.base))
    elif len(known) == 1:
        series.missing.append(
            _("any return: a second day with a snapshot is needed after {day}").format(day=known[0].day)
        )


def _from_broker(reader: AccountReader, series: Series, days: Sequence[Day], start: date) -> list[Day]:
    """Return the days with the broker's own return from `start` to the first snapshot, where it states one.

    Source: the official SDK's ``PortfolioContext.profit_analysis`` (its fields' names); undocumented
    otherwise. Its rate is taken only where profit by invested or initial value says on which scale it is.
    """
    try:
        data = reader.ask("portfolio_profit_analysis", start=start, end=int(days[0].at.timestamp()))
    except (OpenAPIError, RequestRefused) as failure:
        series.asides.append(
            _("The broker's own profit analysis could not be read ({brief}).").format(brief=brief(failure))
        )
        return list(days)
    stated, profit, initial, invested = (
        figure(data.get(name))
        for name in ("sum_profit_rate", "sum_profit", "initial_asset_value", "invest_amount")
    )
    gain = _scaled(stated, [profit / one for one in (initial, invested) if profit is not None and one])
    if gain is None:
        series.missing.append(_("the return before {day}: the broker states none").format(day=days[0].day))
        return list(days)
    same = known_text(data.get("currency")).upper() in {"", series.base}
    series.asides.append(
        _("Until {day} it is the broker's own rate of profit, which need not be time-weighted.").format(
            day=days[0].day
        )
    )
    return with_broker(days, start, initial if same else None, gain)


def _scaled(stated: Decimal | None, candidates: Sequence[Decimal]) -> Decimal | None:
    """Return a stated rate as a fraction, by what it is close to; None where nothing tells its scale."""
    if stated is None:
        return None
    for rate in (stated, stated / HUNDRED):
        if any(abs(rate - one) <= NEAR for one in candidates):
            return rate
    return None


@dataclass(slots=True)
class _Period:
    """The days of one period, with their returns and the benchmark's; the first day of all has none."""

    name: str
    rows: list[Indexed] = field(default_factory=list)
    gains: list[Decimal | None] = field(default_factory=list)
    benchmark: list[Decimal | None] = field(default_factory=list)

    @property
    def known(self) -> list[Indexed]:
        """The days whose value is known."""
        return [row for row in self.rows if row.day.net is not None]

    @property
    def flow(self) -> Decimal | None:
        """Deposits less withdrawals."""
        flows = [row.day.flow for row in self.rows]
        return None if None in flows else sum((flow for flow in flows if flow is not None), Decimal(0))

    @property
    def weekdays(self) -> int | None:
        """How many weekdays its return is of."""
        known = [row.day.weekdays for row in self.rows if row.day.weekdays is not None]
        return sum(known) if known else None

    @property
    def source(self) -> str:
        """Where its return is from."""
        return BROKER if any(row.day.source == BROKER for row in self.rows) else self.rows[-1].day.source


def frame_of(series: Series, by: str) -> pd.DataFrame:
    """Return the frame of a series: one row a day, month or year."""
    import numpy as np
    import pandas as pd

    theirs: list[Decimal | None] = [None] * len(series.days)
    if series.benchmark is not None:
        theirs = series.benchmark.gains([day.at for day in series.days])
        _say_benchmark(series, theirs)
    periods = _periods(series, by, theirs)
    names = [period.name for period in periods]
    known = [period.known for period in periods]
    made: dict[str, Any] = {
        "date" if by == "day" else by: np.array(names, dtype="datetime64[ns]")
        if by == "day"
        else text_column(names),
        "net_value": floats([rows[-1].day.net if rows else None for rows in known]),
        "flow": floats([period.flow for period in periods]),
        "return_pct": floats([product(_together(period.gains), HUNDRED) for period in periods]),
        "index": floats([rows[-1].index if rows else None for rows in known]),
        "drawdown_pct": floats(
            [product(min((row.below for row in rows), default=None), HUNDRED) for rows in known]
        ),
        "weekdays": pd.array([period.weekdays for period in periods], dtype="Int64"),
        "source": text_column([period.source for period in periods]),
    }
    if series.benchmark is not None:
        made["benchmark_pct"] = floats([product(_together(one.benchmark), HUNDRED) for one in periods])
        made["benchmark_index"] = floats(_levels(periods, series))
    return pd.DataFrame(made, index=pd.RangeIndex(len(periods)), copy=False)


def _periods(series: Series, by: str, theirs: Sequence[Decimal | None]) -> list[_Period]:
    periods: dict[str, _Period] = {}
    begun, first = False, _first_known(series)
    for number, (row, gain) in enumerate(zip(indexed(series.days), theirs, strict=True)):
        name = row.day.day.isoformat()[: PERIODS[by]]
        period = periods.setdefault(name, _Period(name))
        period.rows.append(row)
        if row.day.net is not None:
            if begun or row.day.gain is not None:
                period.gains.append(row.day.gain)
            begun = True
        if number > first:
            period.benchmark.append(gain)
    return list(periods.values())


def _first_known(series: Series) -> int:
    """Return which day is the first whose value is known: the benchmark is measured from it, too."""
    return next((place for place, day in enumerate(series.days) if day.net is not None), 0)


def _together(gains: Sequence[Decimal | None]) -> Decimal | None:
    """Return returns as one; None where there is none, or where one of them is not known."""
    return None if None in gains else compounded(gains)


def _levels(periods: Sequence[_Period], series: Series) -> list[Decimal | None]:
    """Return the benchmark's index at the end of each period; none before the account's own begins."""
    if not series.days or series.benchmark is None:
        return [None] * len(periods)
    first = series.days[_first_known(series)]
    index = HUNDRED if series.benchmark.at(first.at) is not None else None
    levels = []
    for period in periods:
        for gain in period.benchmark:
            index = None if index is None or gain is None else index * (1 + gain)
        levels.append(index if period.rows[-1].day.day >= first.day else None)
    return levels


def _say_benchmark(series: Series, gains: Sequence[Decimal | None]) -> None:
    if series.benchmark is None or not series.benchmark.closes:
        return
    absent = sum(gain is None for gain in gains[1:])
    still = sum(gain == 0 for gain in gains[1:])
    if absent:
        series.missing.append(
            _("a close of {symbol} for {count:,} days").format(symbol=series.benchmark.symbol, count=absent)
        )
    if still:
        series.asides.append(
            _("{symbol} had no new close on {count:,} of the days: its return is 0 there.").format(
                symbol=series.benchmark.symbol, count=still
            )
        )


@guarded
def months(frame: pd.DataFrame, column: str = "return_pct") -> pd.DataFrame:
    """Return the months of `returns` as a table: a row a year, a column a month (1 to 12), and ``year``.

    Parameters
    ----------
    frame
        What `returns` gave, by day or by month.
    column
        ``return_pct``, or ``benchmark_pct``.

    Returns
    -------
    pandas.DataFrame
        In percent, indexed by year; NaN where nothing is known of a month, or a day's return in it is not.
        ``year`` is of its known months.

    Raises
    ------
    RequestRefused
        It is another frame.
    """
    import pandas as pd

    said = _("months(frame) takes the frame that portfolio.returns(client) gave, by day or by month.")
    column = choice("column", column, ("return_pct", "benchmark_pct"), _(" or "))
    frame = frame_with(frame, (column,), said)
    name = next((each for each in ("date", "month") if each in frame.columns), None)
    if name is None:
        raise RequestRefused(said)
    found: dict[int, dict[int, float]] = {}
    lost = returns_lost(frame, column)
    for at, gain, unknown in zip(frame[name], frame[column], lost, strict=True):
        text = str(at)
        row = found.setdefault(int(text[:4]), {})
        if gain == gain or unknown:  # noqa: PLR0124 (NaN)
            month = int(text[5:7])
            so_far = 1 + row.get(month, 0.0) / 100
            row[month] = (so_far * (1 + gain / 100) if so_far > 0 or unknown else so_far) * 100 - 100
    table = pd.DataFrame(
        {month: [row.get(month) for row in found.values()] for month in range(1, 13)},
        index=pd.Index(list(found), name="year"),
        dtype="float64",
    )
    whole = (table / 100 + 1).prod(axis=1, min_count=1) - 1
    table["year"] = 100 * whole
    table.attrs = dict(frame.attrs)
    if isinstance(facts := table.attrs.get("openapi"), Mapping):  # percent are of no currency
        table.attrs["openapi"] = {name: fact for name, fact in facts.items() if name != "base_currency"}
    return table
