"""``returns`` and ``trade_stats``: time-weighted returns beside a benchmark, and how trades went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.command import Invocation, command, parameter
from jupyter_openapi.magic.commands.portfolio import BASE, base_of, client_of, presented, saving_of
from jupyter_openapi.magic.flags import Flag
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Kind

if TYPE_CHECKING:
    import pandas as pd


def _returns_definitions() -> tuple[str, ...]:
    from jupyter_openapi.portfolio.performance import DEFINITIONS

    return DEFINITIONS


def _trade_definitions() -> tuple[str, ...]:
    from jupyter_openapi.portfolio.trade_figures import DEFINITIONS

    return DEFINITIONS


@command(
    "returns",
    "Work out time-weighted returns from snapshots, by day, month or year, beside a benchmark.",
    parameter("start", Kind.DATE, "the first day; default: all that is known"),
    parameter("end", Kind.DATE, "the last day"),
    BASE,
    flags=(
        Flag("by", "day|month|year", "a row for each", choices=("day", "month", "year")),
        Flag("benchmark", "SYMBOL", "a security to compare with, such as 2800.HK or SPY.US"),
        Flag("local", help="leave gains and losses of currencies out"),
    ),
    accepts=("out", "tz", "wide"),
    examples=("returns", "returns --by month --benchmark 2800.HK", "returns start=-90d"),
    definitions=_returns_definitions,
)
def returns(invocation: Invocation) -> pd.DataFrame:
    """Return the series; print its statistics, and the holes in it."""
    from jupyter_openapi.portfolio.performance import measured

    saving = saving_of(invocation)
    flags = invocation.command.flags
    by, benchmark = str(flags.get("by") or "day"), flags.get("benchmark")
    arguments: dict[str, Any] = {
        "benchmark": None if benchmark is None else str(benchmark),
        "start": invocation.given.get("start"),
        "end": invocation.given.get("end"),
        "base_currency": base_of(invocation),
        "currency": "local" if flags.get("local") else "base",
    }
    client = client_of(invocation)
    daily = measured(client, "day", **arguments)
    frame = daily if by == "day" else measured(client, by, **arguments)
    return presented(invocation, frame, "\n".join(_about(daily)), saving)


def _about(daily: pd.DataFrame) -> list[str]:
    """Return the statistics in words, what is not known, and what else there is to say."""
    from jupyter_openapi.portfolio.performance import DEFINITIONS
    from jupyter_openapi.portfolio.risk_statistics import reckoned, sentences

    known = daily.attrs["openapi"]
    missing, lines = list(known["missing"]), []
    if daily["return_pct"].notna().any():
        try:
            table = reckoned(daily)
        except RequestRefused as refused:
            lines.append(str(refused))
        else:
            lines += sentences(table)
            missing += table.attrs["openapi"]["missing"]
    return [*lines, *_rest(missing, known["notes"], DEFINITIONS)]


def _rest(missing: Sequence[str], notes: Sequence[str], definitions: Sequence[str]) -> list[str]:
    """Return a line of what is not known, and the notes that are about this frame alone."""
    said = [_("Not known: {missing}.").format(missing=_("; ").join(missing))] if missing else []
    return [*said, *(_(line) for line in notes if line not in definitions)]


@command(
    "trade_stats",
    "Win rate, expectancy, profit factor and holding time of the trades closed in 90 days, or since a day.",
    parameter("start", Kind.DATE, "the first day"),
    parameter("end", Kind.DATE, "the last day"),
    BASE,
    parameter("method", Kind.ENUM, "which purchases a sale closes", choices=("fifo", "average")),
    flags=(
        Flag(
            "by",
            "symbol|month|hour|side",
            "a row for each",
            choices=("symbol", "month", "hour", "side"),
        ),
    ),
    accepts=("out", "tz", "wide"),
    examples=("trade_stats", "trade_stats -30d --by symbol", "trade_stats start=2026-01-01 --by month"),
    definitions=_trade_definitions,
)
def trade_stats(invocation: Invocation) -> pd.DataFrame:
    """Return the statistics; print those of all trades, and what is not known."""
    from jupyter_openapi.portfolio.aggregates import ALWAYS_TRUE
    from jupyter_openapi.portfolio.realized_pnl import worked_out
    from jupyter_openapi.portfolio.trade_figures import DEFINITIONS, figures, sentences

    saving = saving_of(invocation)
    by = str(invocation.command.flags.get("by") or "all")
    start, end = invocation.given.get("start", "-90d"), invocation.given.get("end")
    method = str(invocation.given.get("method", "fifo"))
    raw = worked_out(client_of(invocation), start, end, base_of(invocation), method)
    whole = figures(raw)
    frame = whole if by == "all" else figures(raw, by)
    known = whole.attrs["openapi"]
    lines = sentences(whole) or [_("No trades were closed in this time.")]
    lines += _rest(known["missing"], known["notes"], (*DEFINITIONS, *ALWAYS_TRUE))
    return presented(invocation, frame, "\n".join(lines), saving)
