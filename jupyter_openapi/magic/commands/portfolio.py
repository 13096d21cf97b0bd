"""``portfolio``, ``pnl``, ``returns``, ``trade_stats`` and ``snapshot``: value, profit, returns, trades."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.frames import describe
from jupyter_openapi.magic.caller import refuse_in_terminal
from jupyter_openapi.magic.command import Invocation, Report, command, notify, parameter
from jupyter_openapi.magic.commands.settings import base_currency
from jupyter_openapi.magic.flags import Flag
from jupyter_openapi.messages import _
from jupyter_openapi.spec.dates import zone
from jupyter_openapi.spec.model import Kind

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.client import Client
    from jupyter_openapi.magic.export import Saving

BASE = parameter("base_currency", Kind.TEXT, "the currency of the totals; default HKD")
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def _portfolio_definitions() -> tuple[str, ...]:
    from jupyter_openapi.portfolio.valuation import DEFINITIONS

    return DEFINITIONS


def _pnl_definitions() -> tuple[str, ...]:
    from jupyter_openapi.portfolio.pnl_frame import DEFINITIONS

    return DEFINITIONS


def _returns_definitions() -> tuple[str, ...]:
    from jupyter_openapi.portfolio.performance import DEFINITIONS

    return DEFINITIONS


def _trade_definitions() -> tuple[str, ...]:
    from jupyter_openapi.portfolio.trade_figures import DEFINITIONS

    return DEFINITIONS


@command(
    "portfolio",
    "Value every holding, one row each.",
    BASE,
    flags=(Flag("panel", help="show them in a panel that is kept up to date"),),
    accepts=("out", "wide"),
    examples=("portfolio", "portfolio USD", "portfolio --panel"),
    definitions=_portfolio_definitions,
)
def portfolio(invocation: Invocation) -> Any:
    """Return the valued holdings; print their total, what is not known, and the definitions."""
    if invocation.command.flags.get("panel"):
        return _panel(invocation)
    from jupyter_openapi.portfolio import notes
    from jupyter_openapi.portfolio.valuation import valued

    saving = _saving_of(invocation)
    base, session = _base_of(invocation), str(invocation.given.get("session", "regular"))
    frame = valued(_client_of(invocation), base, session)
    return _presented(invocation, frame, notes(frame, definitions=False), saving)


@command(
    "pnl",
    "Work out realized profit and loss from executions, by default this month's.",
    parameter("start", Kind.DATE, "the first day"),
    parameter("end", Kind.DATE, "the last day"),
    BASE,
    parameter("method", Kind.ENUM, "which purchases a sale closes", choices=("fifo", "average")),
    flags=(Flag("month", "YYYY-MM", "a whole month instead of start and end"),),
    accepts=("out", "tz", "wide"),
    examples=("pnl", "pnl --month 2026-11", "pnl start=-90d method=average"),
    definitions=_pnl_definitions,
)
def pnl(invocation: Invocation) -> pd.DataFrame:
    """Return the round trips closed in a window; print the window, the sums, and what is not known."""
    from jupyter_openapi.portfolio import notes
    from jupyter_openapi.portfolio.realized_pnl import worked_out

    saving = _saving_of(invocation)
    client = _client_of(invocation)
    start, end = _window(invocation)
    base, method = _base_of(invocation), str(invocation.given.get("method", "fifo"))
    frame = worked_out(client, start, end, base, method)
    return _presented(invocation, frame, notes(frame, definitions=False), saving)


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

    saving = _saving_of(invocation)
    flags = invocation.command.flags
    by, benchmark = str(flags.get("by") or "day"), flags.get("benchmark")
    arguments: dict[str, Any] = {
        "benchmark": None if benchmark is None else str(benchmark),
        "start": invocation.given.get("start"),
        "end": invocation.given.get("end"),
        "base_currency": _base_of(invocation),
        "currency": "local" if flags.get("local") else "base",
    }
    client = _client_of(invocation)
    daily = measured(client, "day", **arguments)
    frame = daily if by == "day" else measured(client, by, **arguments)
    return _presented(invocation, frame, "\n".join(_about(daily)), saving)


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

    saving = _saving_of(invocation)
    by = str(invocation.command.flags.get("by") or "all")
    start, end = invocation.given.get("start", "-90d"), invocation.given.get("end")
    method = str(invocation.given.get("method", "fifo"))
    raw = worked_out(_client_of(invocation), start, end, _base_of(invocation), method)
    whole = figures(raw)
    frame = whole if by == "all" else figures(raw, by)
    known = whole.attrs["openapi"]
    lines = sentences(whole) or [_("No trades were closed in this time.")]
    lines += _rest(known["missing"], known["notes"], (*DEFINITIONS, *ALWAYS_TRUE))
    return _presented(invocation, frame, "\n".join(lines), saving)


@command("snapshot", "Append positions, cash, rates and quotes to the local store.")
def snapshot(invocation: Invocation) -> Report:
    """Store a snapshot, from which the equity curve is made, and say where."""
    from jupyter_openapi.magic.command import Report
    from jupyter_openapi.portfolio import snapshot as keep

    return Report(keep(_client_of(invocation)))


def _client_of(invocation: Invocation) -> Client:
    """Return the connected client, in the zone of the line."""
    from jupyter_openapi.session import SESSION

    client = SESSION.connected()
    client.tz = invocation.context.tz(invocation.command)
    return client


def _base_of(invocation: Invocation) -> str:
    """Return the base currency of the line, else of the settings."""
    return str(invocation.given.get("base_currency") or base_currency())


def _panel(invocation: Invocation) -> Any:
    """Return the panel of the holdings."""
    from jupyter_openapi.session import SESSION
    from jupyter_openapi.widgets import PortfolioView

    SESSION.connected()
    refuse_in_terminal(_("The panel"), "portfolio")
    return PortfolioView(session=SESSION.holder, base_currency=_base_of(invocation))


def _saving_of(invocation: Invocation) -> Saving | None:
    """Return where the frame is saved, too; None for nowhere."""
    from jupyter_openapi.magic.export import Saving

    return Saving(str(invocation.command.flags["out"])) if "out" in invocation.command.flags else None


def _presented(invocation: Invocation, frame: pd.DataFrame, text: str, saving: Saving | None) -> pd.DataFrame:
    """Print what there is to say of a frame, save it where that was asked for, and return it."""
    more = _("What the columns mean: `%openapi help {name}`.").format(name=invocation.command.word)
    notify(invocation.command, f"{text}\n{more}".lstrip())
    if invocation.command.flags.get("wide"):
        describe(frame, view="full")
    if saving is not None:
        notify(invocation.command, saving.save(frame))
    return frame


def _window(invocation: Invocation) -> tuple[str, str | None]:
    """Return the first and the last day asked for; no last day is today."""
    month, start, end = (
        str(value) if value is not None else None
        for value in (
            invocation.command.flags.get("month"),
            invocation.given.get("start"),
            invocation.given.get("end"),
        )
    )
    if month is None:
        if start is None and end is not None:
            raise RequestRefused(
                _("pnl needs a start before {end}: type %openapi pnl start=2026-01-01 end={end}.").format(
                    end=end
                )
            )
        today = datetime.now(zone(invocation.context.tz(invocation.command)))
        return f"{today:%Y-%m}-01" if start is None else start, end
    if start is not None or end is not None:
        raise RequestRefused(_("--month is a window already; leave start and end out."))
    found = _MONTH.fullmatch(month)
    if found is None:
        raise RequestRefused(
            _("--month is written as {now:%Y-%m}, not {month}.").format(now=datetime.now(UTC), month=month)
        )
    last = monthrange(int(found[1]), int(found[2]))[1]
    return f"{month}-01", f"{month}-{last}"
