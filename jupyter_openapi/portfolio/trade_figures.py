"""Trade statistics: win rate, expectancy, profit factor, holding time, of the trades closed in a window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import guarded
from jupyter_openapi.frames import describe, seal
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.money import HUNDRED, ZERO, exactly, floats, from_float, shown
from jupyter_openapi.messages import _, ngettext
from jupyter_openapi.portfolio.arguments import choice
from jupyter_openapi.portfolio.pnl_frame import left_out
from jupyter_openapi.portfolio.positions import warn
from jupyter_openapi.portfolio.prices import market_zone
from jupyter_openapi.portfolio.realized_pnl import worked_out

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike

NUMBERS = (
    "win_rate_pct",
    "net_pl",
    "expectancy",
    "average_win",
    "average_loss",
    "payoff",
    "profit_factor",
    "best",
    "worst",
    "days_held",
    "median_days_held",
)
COUNTS = ("trades", "wins", "losses")
DEFINITIONS = (
    "A trade is what one order closed of a security: round trips of the same closing order are one.",
    "Amounts are in the base currency, after fees where those of all trades are known.",
    "win_rate_pct is wins in percent of trades; a trade that neither won nor lost is in trades only.",
    "expectancy is net_pl by trade; payoff is average_win by average_loss, profit_factor all wins by losses.",
    "days_held is the mean, weighted by quantity within a trade; hours and months are of the market's clock.",
)


@dataclass(frozen=True, slots=True)
class Trade:
    """What one order closed of one security.

    Attributes
    ----------
    pl
        Its profit in the base currency, None where that is not known.
    days
        How long it was held, None where it was opened on an unknown day.
    closed
        When, by the clock of its market.
    """

    symbol: str
    direction: str
    closed: datetime
    pl: Decimal | None
    days: Decimal | None


GROUPS: Mapping[str, Callable[[Trade], str]] = {
    "all": lambda _trade: "all",
    "symbol": lambda trade: trade.symbol,
    "month": lambda trade: f"{trade.closed:%Y-%m}",
    "hour": lambda trade: f"{trade.closed:%H}:00",
    "side": lambda trade: trade.direction,
}


@guarded
def trade_stats(  # noqa: PLR0917 (as it is typed)
    client: ClientLike,
    start: Any = "-90d",
    end: Any = None,
    by: str = "all",
    base_currency: str = "HKD",
    method: str = "fifo",
    *,
    fees: bool | None = None,
    opening: Mapping[str, tuple[Any, ...]] | None = None,
    rates: Any = None,
) -> pd.DataFrame:
    """Return statistics of the trades closed in a window.

    Parameters
    ----------
    client, start, end, base_currency, method, fees, opening, rates
        As `pnl`, which works out the round trips.
    by
        ``all`` for one row, or a row for each ``symbol``, ``month``, ``hour`` (of the closing, by the
        market's clock) or ``side`` (long, short).

    Returns
    -------
    pandas.DataFrame
        The group's name, ``trades``, ``wins``, ``losses``, ``win_rate_pct``, ``net_pl``, ``expectancy``,
        ``average_win``, ``average_loss`` (negative), ``payoff``, ``profit_factor``, ``best``, ``worst``,
        ``days_held``, ``median_days_held``, ``best_trade``, ``worst_trade``. NaN where there is nothing to
        divide by, or where it is not known.

    Raises
    ------
    RequestRefused
        `by` or an argument of `pnl` is none.

    Warns
    -----
    IncompleteWarning
        Something could not be read, or a symbol's quantities do not add up: one line says what.
    """
    frame = counted(client, start, end, by, base_currency, method, fees=fees, opening=opening, rates=rates)
    warn(frame.attrs["openapi"]["missing"], _("Not everything is known"))
    return frame


def counted(  # noqa: PLR0917 (as `trade_stats`)
    client: ClientLike,
    start: Any = "-90d",
    end: Any = None,
    by: str = "all",
    base_currency: str = "HKD",
    method: str = "fifo",
    *,
    fees: bool | None = None,
    opening: Mapping[str, tuple[Any, ...]] | None = None,
    rates: Any = None,
) -> pd.DataFrame:
    """Return what `trade_stats` does, without the warning."""
    by = choice("by", by, GROUPS)
    raw = worked_out(client, start, end, base_currency, method, fees=fees, opening=opening, rates=rates)
    return figures(raw, by)


def figures(raw: pd.DataFrame, by: str = "all") -> pd.DataFrame:
    """Return the statistics of a frame of `pnl`."""
    import pandas as pd

    known = raw.attrs["openapi"]
    with exactly():
        trades, after_fees = trades_of(raw)
        groups: dict[str, list[Trade]] = {}
        for trade in trades:
            groups.setdefault(GROUPS[by](trade), []).append(trade)
        order = list(groups) if by in {"all", "symbol", "side"} else sorted(groups)
        rows = [{"group": name, **_row(groups[name])} for name in order]
    made: dict[str, Any] = {by if by != "all" else "group": text_column([row["group"] for row in rows])}
    made |= {name: pd.array([row[name] for row in rows], dtype="Int64") for name in COUNTS}
    made |= {name: floats([row[name] for row in rows]) for name in NUMBERS}
    made |= {name: text_column([row[name] for row in rows]) for name in ("best_trade", "worst_trade")}
    missing = [*known["missing"], *left_out(known)]
    if unknown := sum(trade.pl is None for trade in trades):
        missing.append(
            ngettext(
                "the profit of {count:,} trade in the base currency",
                "the profit of {count:,} trades in the base currency",
                unknown,
            ).format(count=unknown)
        )
    guessed = int((raw["counted"] & raw["estimated"]).sum())
    said = ngettext(
        "{count:,} round trip is at an estimated cost.",
        "{count:,} round trips are at an estimated cost.",
        guessed,
    ).format(count=guessed)
    kept = {name: known.get(name) for name in ("mode", "source", "requested_at", "base_currency", "window")}
    return seal(
        describe(
            pd.DataFrame(made, copy=False),
            operation=f"trade_stats by {by if by != 'all' else 'group'}",
            **kept,
            after_fees=after_fees,
            left_out=known.get("left_out", {}),
            missing=missing,
            notes=[*DEFINITIONS, *([said] if guessed else []), *known["notes"]],
        )
    )


def trades_of(raw: pd.DataFrame) -> tuple[list[Trade], bool]:
    """Return the trades of a frame of `pnl` by the time they were closed, and whether fees are off them."""
    import pandas as pd

    trips = raw[raw["counted"]]
    priced = trips[trips["realized_pl_base"].notna()]
    after_fees = bool(priced["net_pl_base"].notna().all())
    column = "net_pl_base" if after_fees else "realized_pl_base"
    parts: dict[tuple[str, str, str], list[Mapping[Any, Any]]] = {}
    for row in trips.to_dict("records"):
        order = str(row["close_order_id"] or row["closed_at"])
        parts.setdefault((str(row["symbol"]), str(row["direction"]), order), []).append(row)
    found = []
    for (symbol, direction, _order), rows in parts.items():
        gains = [from_float(row[column]) for row in rows]
        ages = [(from_float(row["days"]), from_float(row["quantity"]) or ZERO) for row in rows]
        weight = sum((quantity for _age, quantity in ages), ZERO)
        days = (
            None
            if any(age is None for age, _quantity in ages) or not weight
            else sum(((age or ZERO) * quantity for age, quantity in ages), ZERO) / weight
        )
        closed = max(pd.Timestamp(row["closed_at"]) for row in rows).tz_convert(market_zone(symbol))
        pl = None if None in gains else sum((gain for gain in gains if gain is not None), ZERO)
        found.append(Trade(symbol, direction, closed.to_pydatetime(), pl, days))
    found.sort(key=lambda trade: trade.closed)
    return found, after_fees


def _row(trades: Sequence[Trade]) -> dict[str, Any]:
    """Return the figures of one group; of the trades whose profit is known."""
    known = [(trade.pl, trade) for trade in trades if trade.pl is not None]
    gains = [pl for pl, _trade in known]
    wins, losses = [pl for pl in gains if pl > 0], [pl for pl in gains if pl < 0]
    ages = [trade.days for trade in trades if trade.days is not None]
    won, lost = sum(wins, ZERO), sum(losses, ZERO)
    average_win, average_loss = _by(won, len(wins)), _by(lost, len(losses))
    best = max(known, key=lambda one: one[0], default=None)
    worst = min(known, key=lambda one: one[0], default=None)
    return {
        "trades": len(trades),
        "wins": len(wins),
        "losses": len(losses),
        "win_rate_pct": _by(HUNDRED * len(wins), len(gains)),
        "net_pl": sum(gains, ZERO) if gains else None,
        "expectancy": _by(sum(gains, ZERO), len(gains)),
        "average_win": average_win,
        "average_loss": average_loss,
        "payoff": None if average_win is None or not average_loss else average_win / -average_loss,
        "profit_factor": won / -lost if lost else None,
        "best": best[0] if best else None,
        "worst": worst[0] if worst else None,
        "days_held": _by(sum(ages, ZERO), len(ages)),
        "median_days_held": median(ages) if ages else None,
        "best_trade": _words(best[1]) if best else "",
        "worst_trade": _words(worst[1]) if worst else "",
    }


def _by(whole: Decimal, count: int) -> Decimal | None:
    return whole / count if count else None


def _words(trade: Trade) -> str:
    return f"{trade.symbol} {trade.closed:%Y-%m-%d}"


def sentences(frame: pd.DataFrame) -> list[str]:
    """Return the statistics of all trades in words."""
    known = frame.attrs["openapi"]
    if frame.empty or "group" not in frame.columns:
        return []
    row = frame.iloc[0]
    base = known.get("base_currency", "")
    fees = _("after fees") if known["after_fees"] else _("before fees")

    def text(name: str) -> str:
        return shown(from_float(row[name]))

    return [
        ngettext(
            "{count:,} trade, {rate}% won: {total} {base} {fees}, {each} a trade; profit factor {factor}.",
            "{count:,} trades, {rate}% won: {total} {base} {fees}, {each} a trade; profit factor {factor}.",
            int(row["trades"]),
        ).format(
            count=int(row["trades"]),
            rate=shown(from_float(row["win_rate_pct"]), 1),
            total=text("net_pl"),
            base=base,
            fees=fees,
            each=text("expectancy"),
            factor=text("profit_factor"),
        ),
        _("Best {best} ({best_trade}), worst {worst} ({worst_trade}); held for {days} days.").format(
            best=text("best"),
            best_trade=row["best_trade"],
            worst=text("worst"),
            worst_trade=row["worst_trade"],
            days=shown(from_float(row["days_held"]), 1),
        ),
    ]
