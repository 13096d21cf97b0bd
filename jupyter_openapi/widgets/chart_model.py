"""Model of the chart: its bars as plain numbers, history, candles as they come, own fills and open orders.

Bars are in the market's own time, with fills on them and orders beside them. Every method of the model may be
called from any thread. What takes the network runs in a thread of its own; the page learns of it through
`changed`.
"""

from __future__ import annotations

import logging
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from jupyter_openapi.client import Client
from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.market import orders
from jupyter_openapi.market.money import amount, plain
from jupyter_openapi.market.symbols import MARKET_ZONES, market_of, parse
from jupyter_openapi.messages import _
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.values import to_wire
from jupyter_openapi.stream.events import Event
from jupyter_openapi.stream.gateway import INTERRUPTED, LIVE, REFUSED
from jupyter_openapi.stream.subscription import Subscription
from jupyter_openapi.stream.subscriptions import CandleSubscription
from jupyter_openapi.widgets import queries
from jupyter_openapi.widgets.model import ClientHolder, PanelState, failure_words, in_thread
from jupyter_openapi.widgets.polling import TRAFFIC, Backoff, Poller
from jupyter_openapi.widgets.queries import read_rows

DAY = 1000  # periods from here on are days and longer
FILL_LATE = 2  # lengths of a bar after the last one's start: a fill later than that is not on it


class Bar(NamedTuple):
    """One bar: when it began in Unix seconds, its prices, and its volume in shares."""

    at: int
    open: float
    high: float
    low: float
    close: float
    volume: float


def bar_of(row: Mapping[str, Any]) -> Bar | None:
    """Return a bar of the wire, of a reply or of a push; None for one that is not whole."""
    values = [amount(row.get(name)) for name in ("timestamp", "open", "high", "low", "close", "volume")]
    found = [value for value in values if value is not None]
    if len(found) < len(values) or not found[0]:
        return None
    at, first, high, low, close, volume = found
    return Bar(int(at), float(first), float(high), float(low), float(close), float(volume))


def places_of(rows: Iterable[Mapping[str, Any]]) -> int:
    """Return how many decimals the prices have, from two to six."""
    most = 2
    for row in rows:
        for name in ("open", "high", "low", "close"):
            value = amount(row.get(name))
            exponent = value.normalize().as_tuple().exponent if value is not None else 0
            if isinstance(exponent, int):
                most = max(most, -exponent)
    return min(most, 6)


def market_zone(symbol: str) -> ZoneInfo:
    """Return the zone in which a chart of the symbol counts its time."""
    return ZoneInfo(MARKET_ZONES.get(market_of(symbol), "UTC"))


def wall(at: int, zone: ZoneInfo) -> int:
    """Return what the market's clock shows at a moment, as seconds: a chart has no zones of its own."""
    offset = datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
    return at + int(offset.total_seconds() if offset is not None else 0)


def period_number(period: Any) -> int:
    """Return the API's number of a period: minutes, or 1000 and more for days and longer.

    Raises
    ------
    RequestRefused
        There is no such period.
    """
    known = catalog().named("candlesticks").parameter("period")
    return int(to_wire(known, period)) if known is not None else int(period)


class Fill(NamedTuple):
    """One execution of one's own."""

    at: int
    buy: bool
    price: Decimal
    quantity: Decimal
    id: str


def fill_of(row: Mapping[str, Any]) -> Fill | None:
    """Return an execution of the wire; None for one without time or price."""
    at, price = amount(row.get("trade_done_at")), amount(row.get("price"))
    if not at or price is None:
        return None
    name = str(row.get("trade_id") or f"{row.get('order_id')} {at} {price}")
    return Fill(int(at), _buys(row), price, amount(row.get("quantity")) or Decimal(0), name)


def _buys(row: Mapping[str, Any]) -> bool:
    return str(row.get("side")).lower() == "buy"


def marks(fills: Iterable[Fill], times: Sequence[int], *, privacy: bool) -> list[list[Any]]:
    """Return a mark for each fill on the bar that had begun then: its bar, side, price, what to say of it.

    Parameters
    ----------
    times
        When the bars began, oldest first. A fill outside them has no mark.
    """
    usual = min((after - before for before, after in pairwise(times)), default=86_400)
    found = []
    for fill in sorted(fills, key=lambda one: one.at):
        place = bisect_right(times, fill.at) - 1
        if place < 0 or (place == len(times) - 1 and fill.at - times[place] > FILL_LATE * max(usual, 86_400)):
            continue
        side = _("Bought") if fill.buy else _("Sold")
        what = side if privacy else f"{side} {plain(fill.quantity)}"
        text = _("{what} at {price}").format(what=what, price=plain(fill.price))
        found.append([times[place], fill.buy, float(fill.price), text])
    return found


def lines(orders: Iterable[Mapping[str, Any]], symbol: str, *, privacy: bool) -> list[list[Any]]:
    """Return a line for each open order of the symbol that has a price: side, price, what to say of it."""
    found = []
    for row in orders:
        price = amount(row.get("price")) or amount(row.get("trigger_price"))
        if row.get("symbol") != symbol or not price:
            continue
        left = (amount(row.get("quantity")) or Decimal(0)) - (
            amount(row.get("executed_quantity")) or Decimal(0)
        )
        side = _("Buy") if _buys(row) else _("Sell")
        found.append([_buys(row), float(price), side if privacy else f"{side} {plain(left)}"])
    return sorted(found, key=lambda line: line[1])


COUNT = 500  # bars of one read
CONSTANT = {"adjust_type": "none", "trade_session": "intraday"}  # prices as they were paid
YEAR = 365 * 86_400  # seconds: how far back fills are read
LATE = 3.0  # seconds between two looks whether quotes came and made no bar
TOGETHER = 0.5  # seconds: a quote and the bar it belongs to come within
FEW = 5  # bars read where it made none
PAUSE = 2.0  # seconds between two reads of orders and fills
MINUTE = 60

log = logging.getLogger(__name__)


class ChartModel(PanelState):
    """State of one chart.

    Parameters
    ----------
    session
        Holds the client.
    changed
        Called after each change of the state.
    symbol, period
        Which bars: a period as ``candlesticks`` takes it.
    own
        Whether fills and open orders are shown.
    run
        How the work is run; a test runs it at once.

    Attributes
    ----------
    bars
        By when they began, in Unix seconds.
    places
        Decimals of the prices.
    ended
        Whether there is no earlier bar.
    fills, open_orders
        One's own executions by id, and the orders that still work.
    """

    def __init__(
        self,
        session: ClientHolder,
        changed: Callable[[], None],
        symbol: str,
        period: Any = "1d",
        *,
        own: bool = False,
        run: Callable[[Callable[[], None]], None] = in_thread,
    ) -> None:
        super().__init__(session, changed, run)
        self.symbol = str(parse(symbol))
        self.zone = market_zone(self.symbol)
        self.number = period_number(period)
        self.period = str(period)
        self.own = own
        self.bars: dict[int, Bar] = {}
        self.places = 2
        self.ended = False
        self.fills: dict[str, Fill] = {}
        self.open_orders: list[Mapping[str, Any]] = []
        self.problem = ""  # why fills and orders are not known
        self._lock = threading.RLock()
        self._turn = 0
        self._older = False
        self._candles: Subscription | None = None
        self._orders: Subscription | None = None
        self._past_read = False
        self._read_at = 0.0
        self._poller = Poller(self._read_own, "openapi-chart") if own else None
        self._own_pace, self._bars_pace = Backoff(PAUSE), Backoff(LATE)
        # When the last bar was pushed and when bars were last read, in seconds since the epoch.
        self._pushed_at = self._bars_read_at = 0.0
        self._late_bars = Poller(self._read_late_bars, "openapi-bars")

    def follow(self, client: Client) -> None:
        """Read the bars, then follow what comes."""
        with self._lock:
            self._turn += 1
            turn = self._turn
            self.busy, self.error = _("Reading the candles"), ""
        self._changed()
        self._work(lambda: self._load(client, turn))

    def leave(self) -> None:
        """End every subscription; what was read stays."""
        with self._lock:
            self._turn += 1
            subscriptions, self._candles, self._orders = (self._candles, self._orders), None, None
        for each in subscriptions:
            if each is not None:
                each.close()

    def show(self, period: str, client: Client) -> None:
        """Show the bars of another period."""
        number = period_number(period)
        self.leave()
        with self._lock:
            self.number, self.period = number, period
            self.bars, self.ended = {}, False
        self.follow(client)

    def older(self, client: Client, first: object) -> None:
        """Read the bars before the one that the page shows first, unless that is under way or there are none.

        A page may have asked while it still showed the bars of another period: that is passed over.
        """
        with self._lock:
            if self._older or self.ended or not self.bars or first != wall(min(self.bars), self.zone):
                return
            self._older, turn, begins = True, self._turn, min(self.bars)
        self._work(lambda: self._load_older(client, turn, begins))

    def orders_changed(self) -> None:
        """Read fills and open orders again, soon."""
        if self._poller is not None:
            self._poller.wake()

    def forget(self) -> None:
        """Forget fills and orders: they were another account's."""
        self.fills, self.open_orders, self._past_read = {}, [], False

    def close(self) -> None:
        """End every subscription for good."""
        self._late_bars.stop()
        if self._poller is not None:
            self._poller.stop()
        self.leave()

    @property
    def state(self) -> str:
        """The state of the live bars: ``live``, ``interrupted``, ...; empty without a subscription."""
        return "" if self._candles is None else self._candles.state

    @property
    def trouble(self) -> str:
        """Why there are no live bars; empty while there are."""
        live = self._candles
        return str(live.error or "") if live is not None and live.state in {REFUSED, INTERRUPTED} else ""

    @property
    def live(self) -> bool:
        """Whether bars come by themselves."""
        return self.state == LIVE

    # reading

    def _load(self, client: Client, turn: int) -> None:
        asked = {"symbol": self.symbol, "period": self.number, "count": COUNT, **CONSTANT}
        self._bars_read_at = time.time()
        rows = read_rows(client, "candlesticks", "candlesticks", **asked)
        with self._lock:
            if turn != self._turn:
                return
            if self.bars and rows and int(rows[0]["timestamp"]) > max(self.bars):
                self.bars = {}  # what lies between is not known
            self._keep(rows)
            self._candles = client.subscribe_candlesticks(self.symbol, str(self.number))
            self._candles.on(self._take)
            if self.own:
                self._orders = client.subscribe_orders()
                self._orders.on(self._order_changed)
        self._late_bars.wake()
        self.orders_changed()

    def _read_late_bars(self) -> float | None:
        """Read the newest bars where quotes make none: the sandbox trades outside the hours, too."""
        live, client = self._candles, self._session.client
        if not isinstance(live, CandleSubscription) or not isinstance(client, Client):
            return None
        quote = live.newest(self.symbol).quotes.get(0)
        known = max(self._bars_read_at, self._pushed_at + TOGETHER)
        if live.state != LIVE or quote is None or quote.received <= known:
            return LATE
        began = time.time()
        asked = {"symbol": self.symbol, "period": self.number, "count": FEW, **CONSTANT}
        try:
            rows = read_rows(client, "candlesticks", "candlesticks", **asked)
        except OpenAPIError as failure:
            log.debug("The newest bars could not be read: %s", failure)
            return self._bars_pace.after(client, failure)
        with self._lock:
            self._bars_read_at = began
            if live is self._candles:
                self._keep(rows)
        self._changed()
        return self._bars_pace.after(client)

    def _load_older(self, client: Client, turn: int, first: int) -> None:
        try:
            moment = datetime.fromtimestamp(first - MINUTE, UTC).astimezone(self.zone)
            asked = {"symbol": self.symbol, "period": self.number, "query_type": "by_offset", **CONSTANT}
            place = {"date": f"{moment:%Y%m%d}", "minute": f"{moment:%H%M}"}
            asked["offset_request"] = {"direction": "backward", "count": COUNT, **place}
            rows = read_rows(client, "history_candlesticks_by_offset", "candlesticks", **asked)
            with self._lock:
                if turn == self._turn:
                    before = len(self.bars)
                    self._keep(rows)
                    self.ended = len(self.bars) == before
        finally:
            self._older = False

    def _keep(self, rows: list[Mapping[str, Any]]) -> None:
        self.places = max(self.places, places_of(rows))
        bars = [bar for row in rows if (bar := bar_of(row)) is not None]
        self.bars = {**self.bars, **{bar.at: bar for bar in bars}}

    # what comes by itself

    def _take(self, event: Event) -> None:
        """Take a bar; a first value after an interruption brings those that were missed."""
        live = self._candles
        self._pushed_at = self._pushed_at if event.snapshot else event.received
        rows: list[Mapping[str, Any]] = [event.fields]
        with self._lock:
            if event.snapshot and isinstance(live, CandleSubscription) and self.bars:
                newest = max(self.bars)
                rows = [row for row in live.bars() if int(row["timestamp"]) >= newest]
            elif live is None:
                return
            self._keep(rows)
        self._changed()

    def _order_changed(self, event: Event) -> None:
        if event.symbol == self.symbol:
            self.orders_changed()

    def _read_own(self) -> float | None:
        """Read fills and open orders, not too often, and not while an order needs the calls."""
        client = self._session.client
        if not isinstance(client, Client) or not self.bars:
            return None
        left = self._read_at + PAUSE - time.monotonic()
        if left > 0:
            return left
        if not TRAFFIC.clear(client):
            return PAUSE
        self._read_at = time.monotonic()
        try:
            self._read_fills(client)
            rows = [*queries.todays_orders(client), *queries.older_orders(client)]
            self.open_orders = [row for row in rows if str(row.get("status")) in orders.OPEN]
            self.problem = ""
        except OpenAPIError as failure:
            self.problem = failure_words(failure)
            self._changed()
            return self._own_pace.after(client, failure)
        self._changed()
        self._own_pace.after(client)
        return None

    def _read_fills(self, client: Client) -> None:
        rows: list[Any] = []
        if not self._past_read:
            start = datetime.fromtimestamp(time.time() - YEAR, UTC)
            past = client.pages(
                "history_executions", symbol=self.symbol, start_at=start, progress=lambda _step: None
            )
            rows += past.rows
        rows += read_rows(client, "today_executions", "trades", symbol=self.symbol)
        self._past_read = True
        found = [fill for row in rows if isinstance(row, Mapping) and (fill := fill_of(row)) is not None]
        self.fills = {**self.fills, **{fill.id: fill for fill in found}}


def charting(client: object) -> Client:
    """Return a client that reads and subscribes.

    Raises
    ------
    RequestRefused
        It is another's.
    """
    if not isinstance(client, Client):
        raise RequestRefused(_("This client has no candles; type `%openapi connect sandbox` for one."))
    return client
