"""What the panels read from the account: quotes, lots, quantities, open orders. Plain data, no widgets."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from jupyter_openapi.account import Account
from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.market import orders, symbols
from jupyter_openapi.market.money import amount
from jupyter_openapi.market.sessions import phase, zone
from jupyter_openapi.market.symbols import CURRENCIES, SECURITIES
from jupyter_openapi.market.ticks import ladder
from jupyter_openapi.messages import _

OLDER = timedelta(days=90)  # how far back an order that still works can have been submitted


class ClientLike(Protocol):
    """What the panels need of a `Client`."""

    tz: str

    @property
    def account(self) -> Account:
        """Whose money moves."""

    def limits_left(self) -> dict[str, int]:
        """Return how many calls each limit still allows."""

    def call(self, operation: str, /, *, execute: bool = False, **parameters: Any) -> Any:
        """Call an operation by its name: a reply, or a preview of a change."""


class ClientHolder(Protocol):
    """What the panels need of a `Session`."""

    @property
    def client(self) -> ClientLike | None:
        """The connected client."""


def throttled(client: ClientLike | None) -> int:
    """Return how often the broker has said 429, hidden by a repeat or not, where the transport counts it."""
    connection = getattr(client, "connection", None)
    return int(getattr(getattr(connection, "transport", None), "throttled", 0))


NOT_CONNECTED = (
    "Not connected: open the credential panel (`%openapi login`) or type `%openapi connect sandbox`."
)


def connected(holder: ClientHolder) -> ClientLike:
    """Return the client, or refuse with what to do."""
    if holder.client is None:
        raise RequestRefused(NOT_CONNECTED)
    return holder.client


@dataclass(frozen=True, slots=True)
class Security:
    """What a symbol is: name, currency, lot in shares, and the price bands as (from, tick), lowest first."""

    symbol: str
    name: str
    currency: str
    lot: int | None
    bands: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """Where a symbol trades; `at` is the time of the last trade."""

    symbol: str
    last: Decimal | None
    previous: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    at: datetime | None


def market_of(symbol: str) -> str | None:
    """Return the market of a symbol in which orders are taken, or None."""
    try:
        market = symbols.parse(symbol).market
    except RequestRefused:
        return None
    return market if market in symbols.TRADABLE else None


class Securities:
    """What symbols are, asked for once each."""

    def __init__(self) -> None:
        self._known: dict[str, Security] = {}
        self._lock = threading.Lock()

    def find(self, client: ClientLike, symbol: str) -> Security:
        """Return what `symbol` is: from the project's own list, else from the broker (`static_info`).

        Raises
        ------
        RequestRefused
            The broker does not know it.
        """
        with self._lock:
            known = self._known.get(symbol)
        if known is None:
            known = self._own(symbol) or self._asked(client, symbol)
            with self._lock:
                self._known[symbol] = known
        return known

    @staticmethod
    def _own(symbol: str) -> Security | None:
        own = SECURITIES.get(symbol)
        if own is None:
            return None
        return Security(symbol, own.name_en, own.currency, own.lot_size, _bands(symbol))

    @staticmethod
    def _asked(client: ClientLike, symbol: str) -> Security:
        rows = client.call("static_info", symbol=[symbol]).data.get("secu_static_info") or []
        row = next((row for row in rows if row.get("symbol") == symbol), None)
        if row is None:
            raise RequestRefused(_("The broker knows no {symbol}: check the symbol.").format(symbol=symbol))
        lot = row.get("lot_size")
        name = str(row.get("name_en") or row.get("name_cn") or "")
        currency = str(row.get("currency") or CURRENCIES.get(symbol.rpartition(".")[2], ""))
        return Security(symbol, name, currency, int(lot) if lot else None, _bands(symbol))


def _bands(symbol: str) -> tuple[tuple[str, str], ...]:
    market = symbol.rpartition(".")[2]
    try:
        today = datetime.now(zone(market)).date()
        return tuple((f"{start:f}", f"{tick:f}") for start, _, tick in ladder(symbol, today).bands)
    except RequestRefused:
        return ()


def read_quote(client: ClientLike, symbol: str) -> Quote:
    """Return where `symbol` trades; a book that can't be had leaves bid and ask empty."""
    rows = client.call("quote", symbol=[symbol]).data.get("secu_quote") or []
    row = next((row for row in rows if row.get("symbol") == symbol), None)
    if row is None:
        raise RequestRefused(_("There is no quote for {symbol}.").format(symbol=symbol))
    try:
        book = client.call("depth", symbol=symbol).data or {}
    except OpenAPIError:
        book = {}
    stamp = amount(row.get("timestamp"))
    return Quote(
        symbol,
        amount(row.get("last_done")) or None,
        amount(row.get("prev_close")) or None,
        _best(book.get("bid")),
        _best(book.get("ask")),
        datetime.fromtimestamp(float(stamp), UTC) if stamp else None,
    )


def _best(levels: Any) -> Decimal | None:
    return amount(levels[0].get("price")) or None if levels else None


def is_trading(client: ClientLike, symbol: str) -> bool:
    """Tell whether prices and orders of `symbol` can move now; a sandbox never sleeps."""
    market = market_of(symbol)
    if market is None or client.account.mode == "sandbox":
        return True
    return phase(market, datetime.now(UTC)).name != "closed"


def hours_of(client: ClientLike, symbol: str) -> str:
    """Say in a few words that a market is closed and when it opens; empty while it trades."""
    if is_trading(client, symbol):
        return ""
    market = symbol.rpartition(".")[2]
    ends = phase(market, datetime.now(UTC)).ends
    return _("{market} is closed until {ends:%a %H:%M} ({tzname})").format(
        market=market, ends=ends, tzname=ends.tzname()
    )


def most(client: ClientLike, fields: Mapping[str, str]) -> str:
    """Say how many shares an order of these fields may have at most; empty where it is not known."""
    symbol, side, kind = (fields.get(name, "") for name in ("symbol", "side", "order_type"))
    if side == "Sell":
        held = client.call("stock_positions", symbol=[symbol]).data.get("list") or []
        rows = [row for part in held for row in part.get("stock_info") or [] if row.get("symbol") == symbol]
        free = sum((amount(row.get("available_quantity")) or 0 for row in rows), start=amount("0") or 0)
        return _("{free:,f} held and free to sell").format(free=free)
    price = fields.get("submitted_price") or None
    asked: dict[str, Any] = {"symbol": symbol, "order_type": kind, "side": side, "price": price}
    data = client.call("estimate_max_purchase_quantity", **asked).data
    cash, margin = amount(data.get("cash_max_qty")), amount(data.get("margin_max_qty"))
    if cash is None:
        return ""
    return _("{cash:,f} with cash").format(cash=cash) + (
        _(", {margin:,f} with margin").format(margin=margin) if margin and margin != cash else ""
    )


def suggestions(client: ClientLike) -> list[tuple[str, str]]:
    """Return symbols to offer for completion with their names: holdings, then the watchlist, then known ones.

    What can't be read is left out.
    """
    found: dict[str, str] = {}
    try:
        for part in client.call("stock_positions").data.get("list") or []:
            for row in part.get("stock_info") or []:
                found.setdefault(str(row.get("symbol")), f"{row.get('symbol_name') or ''} (held)")
    except OpenAPIError:
        pass
    try:
        for group in client.call("watchlist").data.get("groups") or []:
            for row in group.get("securities") or []:
                found.setdefault(str(row.get("symbol")), str(row.get("name") or ""))
    except OpenAPIError:
        pass
    for symbol, security in SECURITIES.items():
        found.setdefault(symbol, security.name_en)
    return [pair for pair in found.items() if market_of(pair[0])]


def todays_orders(client: ClientLike) -> list[Mapping[str, Any]]:
    """Return today's orders, whatever became of them."""
    return list(client.call("today_orders").data.get("orders") or [])


def older_orders(client: ClientLike) -> list[Mapping[str, Any]]:
    """Return the orders of earlier days that are still open."""
    now = datetime.now(UTC)
    reply = client.call("history_orders", status=sorted(orders.OPEN), start_at=now - OLDER, end_at=now)
    return list(reply.data.get("orders") or [])
