"""``watch`` and ``chart``: live quotes as a table, candles as a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.caller import in_terminal, refuse_in_terminal
from jupyter_openapi.magic.command import Invocation, Report, command, notify, parameter
from jupyter_openapi.magic.flags import Flag
from jupyter_openapi.messages import _, commas
from jupyter_openapi.spec.model import Kind

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.client import Client

LONGEST = 24 * 3600.0  # seconds that a line may record


@command(
    "watch",
    "Show live quotes in a table, or record them; without symbols, list what is watched.",
    parameter("symbol", Kind.SYMBOL, "what to watch", array=True),
    flags=(Flag("seconds", "N", "record for so many seconds, then return a DataFrame"),),
    accepts=("out",),
    examples=("watch 700.HK AAPL.US", "watch --seconds 30 700.HK", "watch"),
)
def watch(invocation: Invocation) -> Any:
    """Return the table, or with ``--seconds`` the frame of what came; without symbols a report."""
    symbols = list(invocation.given.get("symbol") or ())
    seconds = _seconds(invocation)
    if not symbols:
        if seconds is not None:
            raise RequestRefused(
                _("Record what? Type %openapi watch --seconds {seconds:g} 700.HK.").format(seconds=seconds)
            )
        return _report(_client())
    client = _client()
    if seconds is not None:
        return _recorded(invocation, client, symbols, seconds)
    if "out" in invocation.command.flags:
        raise RequestRefused(_("--out saves a frame: add --seconds 30, or leave --out out to see the table."))
    refuse_in_terminal(_("The table"), f"watch --seconds 30 {' '.join(symbols)}")
    from jupyter_openapi.session import SESSION
    from jupyter_openapi.widgets import Watch

    return Watch(symbols, session=SESSION.holder)


@command(
    "chart",
    "Show a candle chart: history, and live where the account has pushes.",
    parameter("symbol", Kind.SYMBOL, "of what", required=True),
    parameter("period", Kind.TEXT, "1m, 5m, 15m, 30m, 1h, 1d, 1w, month, ...; default 1d"),
    flags=(
        Flag("ma", "N,N", "simple moving averages of so many bars"),
        Flag("fills", help="mark your executions, and draw your open orders as lines"),
        Flag("picture", help="a still picture of the newest bars instead, as for a terminal"),
    ),
    examples=("chart 700.HK", "chart 700.HK period=5m --ma 20,60 --fills", "chart --picture 700.HK"),
)
def chart(invocation: Invocation) -> Any:
    """Return the chart; in a terminal and with ``--picture`` one that does not move."""
    from jupyter_openapi.session import SESSION

    client, flags = _client(), invocation.command.flags
    symbol, period = str(invocation.given["symbol"]), str(invocation.given.get("period") or "1d")
    averages = str(flags.get("ma") or "")
    if flags.get("picture") or in_terminal():
        return _picture(invocation, client, symbol, period, averages)
    from jupyter_openapi.widgets import Chart

    return Chart(symbol, period, ma=averages, fills=bool(flags.get("fills")), session=SESSION.holder)


PICTURED = 120  # bars of a picture


def _picture(invocation: Invocation, client: Client, symbol: str, period: str, averages: str) -> Any:
    """Return a picture of the newest bars."""
    from jupyter_openapi import plots
    from jupyter_openapi.plots.figures import lengths_of

    lengths = lengths_of(averages)
    count = PICTURED + max(lengths, default=0)
    asked: dict[str, Any] = {
        "period": period,
        "count": count,
        "adjust_type": "none",
        "trade_session": "intraday",
    }
    frame = client.call("candlesticks", symbol=symbol, **asked).frame()
    fills = _fills(client, symbol) if invocation.command.flags.get("fills") else None
    figure = plots.candles(frame, fills, symbol, averages=lengths, most=PICTURED)
    if in_terminal():
        notify(
            invocation.command,
            _(
                "A terminal shows no pictures: type fig = %openapi ..., then fig.savefig('{symbol}.png')."
            ).format(symbol=symbol),
        )
    return figure


def _fills(client: Client, symbol: str) -> pd.DataFrame:
    """Return the executions of the last 90 days, today's included."""
    import pandas as pd

    frames = [
        client.call("history_executions", symbol=symbol).frame(),
        client.call("today_executions", symbol=symbol).frame(),
    ]
    some = [frame for frame in frames if len(frame)]
    found: pd.DataFrame = pd.concat(some, ignore_index=True) if some else frames[-1]
    found.attrs = frames[-1].attrs
    return found


def _client() -> Client:
    from jupyter_openapi.session import SESSION

    return SESSION.connected()


def _seconds(invocation: Invocation) -> float | None:
    """Return how long to record; None without the flag."""
    typed = invocation.command.flags.get("seconds")
    if typed is None:
        return None
    try:
        seconds = float(str(typed))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST:
        raise RequestRefused(
            _("--seconds is above 0 and up to {most:.0f}, such as --seconds 30, not {typed}.").format(
                most=LONGEST, typed=typed
            )
        )
    return seconds


def _recorded(invocation: Invocation, client: Client, symbols: list[str], seconds: float) -> pd.DataFrame:
    from jupyter_openapi.magic.export import Saving

    saving = Saving(str(invocation.command.flags["out"])) if "out" in invocation.command.flags else None
    with client.subscribe(symbols) as live:
        frame = live.record(seconds)
    if not len(frame):
        notify(invocation.command, _("Nothing came in {seconds:g} s.").format(seconds=seconds))
    if saving is not None:
        notify(invocation.command, saving.save(frame))
    return frame


def _report(client: Client) -> Report:
    """Say what is watched, and how the links are."""
    live = client.live
    lines = []
    for each in live.subscriptions() if live is not None else ():
        what = commas(each.symbols) or _("this account")
        lines.append(
            _("{kinds} of {what}: {state}").format(kinds=commas(each.kinds), what=what, state=each.state)
        )
    if not lines:
        return Report(_("Nothing is watched. Type %openapi watch 700.HK AAPL.US for a table."))
    for link in client.links():
        online = (
            _("{online} of {limit} links online").format(**link)
            if link["limit"]
            else _("the account's number of links is not known")
        )
        said = _("link to the {gateway} gateway: {state}; {online}").format(
            gateway=link["gateway"], state=link["state"], online=online
        )
        lines.append(" ".join(filter(None, [said, link["error"]])))
    return Report("\n".join(lines))
