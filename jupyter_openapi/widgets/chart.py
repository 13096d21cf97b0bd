"""The chart: candles with volume and averages, own fills and open orders, live where the account has pushes.

The drawing is done in the page by TradingView's Lightweight Charts, which lies beside the scripts
(``static/lightweight-charts``: Apache-2.0, with its notice); nothing is fetched from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jupyter_openapi.account import ClientLike
from jupyter_openapi.market.symbols import parse
from jupyter_openapi.messages import _, ngettext, pgettext
from jupyter_openapi.plots.figures import lengths_of
from jupyter_openapi.session import SESSION
from jupyter_openapi.widgets.chart_model import (
    DAY,
    ChartModel,
    charting,
    lines,
    market_zone,
    marks,
    period_number,
    wall,
)
from jupyter_openapi.widgets.flow import Pace
from jupyter_openapi.widgets.live_page import LivePage
from jupyter_openapi.widgets.model import ClientHolder, connected, holder_of
from jupyter_openapi.widgets.panel import static

LIBRARY = "lightweight-charts/lightweight-charts.standalone.production.js"


def periods() -> list[tuple[str, str]]:
    """Return the periods that the page offers, and what they are called."""
    return [
        ("1m", _("1 min")),
        ("5m", _("5 min")),
        ("15m", _("15 min")),
        ("30m", _("30 min")),
        ("1h", _("1 hour")),
        ("1d", _("Day")),
        ("1w", _("Week")),
        ("month", _("Month")),
        ("quarter", _("Quarter")),
        ("year", _("Year")),
    ]


class Chart(LivePage):
    """Candles of one security.

    The subscription begins at once. It ends with Stop, with `close()`, and when no page has shown the
    chart for a minute; a page that shows it again starts it again.

    Parameters
    ----------
    symbol
        Such as ``"700.HK"``.
    period
        As ``candlesticks`` takes it: ``1m``, ``5m``, ``1h``, ``1d``, ``week``, ...
    ma
        Lengths of simple moving averages of the closes, in bars: ``"20,60"`` or ``[20, 60]``.
    fills
        Mark one's own executions (of a year at most), and draw open orders as lines.
    client
        Whose data it is, where there is no IPython (marimo, plain Python).
    session
        Whose client it uses; the kernel's own by default.
    privacy
        No quantities.
    language
        en, zh-CN or zh-HK; the language that was chosen, else the front end's, by default.
    pace
        Times; a test shortens them.

    Raises
    ------
    RequestRefused
        A wrong symbol, period or average, or nothing is connected; nothing was sent.

    Examples
    --------
    >>> Chart("700.HK", "5m", ma=[20, 60], fills=True)  # doctest: +SKIP
    """

    NAME = "Chart"
    _esm = static(LIBRARY, "chart.js")
    _css = static("panel.css", "chart.css")

    def __init__(
        self,
        symbol: str,
        period: str = "1d",
        *,
        ma: str | Iterable[int] = (),
        fills: bool = False,
        client: ClientLike | None = None,
        session: ClientHolder | None = None,
        privacy: bool = False,
        language: str = "",
        pace: Pace | None = None,
    ) -> None:
        # Before anything is made: what is refused leaves nothing behind.
        parse(symbol)
        period_number(period)
        self.averages = lengths_of(ma)
        holder = holder_of(client, session, SESSION)
        charting(connected(holder))
        super().__init__(holder, pace=pace, privacy=privacy, language=language)
        self.model_state = ChartModel(self._session, self.touch, symbol, period, own=fills)
        self.start()

    def follow(self) -> None:
        """Read and subscribe."""
        self.model_state.follow(charting(connected(self._session)))

    def unfollow(self) -> None:
        """Free the subscriptions."""
        self.model_state.leave()

    def ask(self, kind: str, content: Mapping[str, Any]) -> None:
        """Take a message of the page: another period, or earlier bars."""
        client = charting(connected(self._session))
        if kind == "older":
            self.model_state.older(client, content.get("first"))
        elif kind == "period":
            self.stopped = False
            self.following = True
            self.model_state.show(str(content["period"]), client)

    def words(self) -> dict[str, str]:
        """Return the words of the page."""
        return {
            **super().words(),
            "title": _("Chart"),
            "period": _("Period"),
            "open": pgettext("column", "Open"),
            "high": pgettext("column", "High"),
            "low": pgettext("column", "Low"),
            "close": pgettext("column", "Close"),
            "volume": pgettext("column", "Volume"),
            "average": _("MA"),
            "fit": _("Show all"),
            "keys": _("Arrow keys move, + and - zoom."),
        }

    def state(self) -> dict[str, Any]:
        """Return all that a page shows, as JSON, by keys that stay the same."""
        model, zone = self.model_state, self.model_state.zone
        bars = model.bars
        times = sorted(bars) if model.own else []
        return {
            **self.head(self._session.client),
            "symbol": model.symbol,
            "period": model.period,
            "periods": self._periods(),
            "averages": list(self.averages),
            "intraday": model.number < DAY,
            "zone": market_zone(model.symbol).key,
            "places": model.places,
            "ended": model.ended,
            "busy": model.busy,
            "note": self._note(),
            "error": "\n".join(filter(None, [self.error, model.error, model.trouble, model.problem])),
            "marks": [[wall(at, zone), *rest] for at, *rest in self._marks(times)],
            "lines": lines(model.open_orders, model.symbol, privacy=self.privacy),
            **{f"b{at}": [wall(at, zone), *bar[1:]] for at, bar in bars.items()},
        }

    def _marks(self, times: list[int]) -> list[list[Any]]:
        return marks(self.model_state.fills.values(), times, privacy=self.privacy) if times else []

    def _periods(self) -> list[tuple[str, str]]:
        known, model = periods(), self.model_state
        if model.period in {name for name, _title in known}:
            return known
        same = [name for name, _title in known if period_number(name) == model.number]
        model.period = same[0] if same else model.period
        return known if same else [(model.period, model.period), *known]

    def _note(self) -> str:
        model = self.model_state
        if not self.following:
            said = _("Stopped: these are the last values.")
        elif model.live:
            said = _("Live.")
        else:
            said = "" if model.busy else _("History; no live bars yet.")
        if not model.own:
            return said
        count, working = len(model.fills), len(lines(model.open_orders, model.symbol, privacy=True))
        filled = ngettext("{count} fill", "{count} fills", count).format(count=count)
        working_orders = ngettext("{count} open order", "{count} open orders", working).format(count=working)
        return (
            _("{said} {filled} of the last year, {orders}.")
            .format(said=said, filled=filled, orders=working_orders)
            .lstrip()
        )

    def _on_event(self, event: str) -> None:
        if event == "account":
            self.model_state.forget()
        super()._on_event(event)
        if event == "orders":
            self.model_state.orders_changed()

    def fallback(self) -> str:
        """Return what to show where there are no widgets."""
        model = self.model_state
        return _("Chart. Without it: %openapi chart --picture {symbol} period={period}").format(
            symbol=model.symbol, period=model.period
        )

    def close(self) -> None:
        """Free the subscriptions, and leave the page."""
        if "model_state" in self.__dict__:
            self.model_state.close()
        super().close()
