"""Reads of the panels: quotes, lots, quantities, open orders. Plain data, no widgets."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from jupyter_openapi.account import ClientLike
from jupyter_openapi.errors import ApiError, OpenAPIError, RequestRefused, TransportError
from jupyter_openapi.market import orders, symbols
from jupyter_openapi.market.money import ZERO, amount, plain
from jupyter_openapi.market.names import FIELDS, NAMES
from jupyter_openapi.market.sessions import phase, zone
from jupyter_openapi.market.symbols import SECURITIES, currency_of, is_option, market_of
from jupyter_openapi.market.ticks import ladder
from jupyter_openapi.market.worth import Instrument, Instruments
from jupyter_openapi.messages import _

UNKNOWN_SYMBOL = (301600, 602001)  # "bad parameters or unknown symbol": the one parameter is the symbol
LATEST = 32_503_680_000  # the year 3000 in Unix seconds: a time beyond is in another unit
SHOWN = 5  # levels of the order book
OLDER = timedelta(days=90)  # how far back an order that still works can have been submitted


@dataclass(frozen=True, slots=True)
class Security:
    """What a symbol is: name, currency, lot in shares, and the price bands as (from, tick), lowest first."""

    symbol: str
    name: str
    currency: str
    lot: int | None
    bands: tuple[tuple[str, str], ...] = ()
    instrument: Instrument | None = None

    @property
    def money(self) -> Instrument:
        """What turns a quantity and a price of it into money."""
        return self.instrument or Instrument(self.symbol, self.currency)


Level = tuple[Decimal, Decimal]
"""A price of the order book and the quantity there."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Where a symbol trades; `at` is the time of the last trade, the best bid and ask come first.

    `unread` says what of it could not be read.
    """

    symbol: str
    last: Decimal | None
    previous: Decimal | None
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    at: datetime | None
    unread: str = ""

    @property
    def bid(self) -> Decimal | None:
        """The best bid."""
        return self.bids[0][0] if self.bids else None

    @property
    def ask(self) -> Decimal | None:
        """The best ask."""
        return self.asks[0][0] if self.asks else None


def rows_of(operation: str, data: Any, name: str) -> list[Mapping[str, Any]]:
    """Return the list of objects called `name` in a reply's data; empty where the reply has none.

    Raises
    ------
    TransportError
        The data has another form.
    """
    if data is None or (isinstance(data, Mapping) and data.get(name) is None):
        return []
    rows = data.get(name) if isinstance(data, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise TransportError(
            _("The reply to {operation} could not be read: '{name}' is not a list of objects.").format(
                operation=operation, name=name
            )
        )
    return rows


def read_rows(client: ClientLike, operation: str, name: str, **parameters: Any) -> list[Mapping[str, Any]]:
    """Call a read and return the list of objects called `name` in its reply.

    Raises
    ------
    OpenAPIError
        The call failed, or its reply has another form.
    """
    return rows_of(operation, client.call(operation, **parameters).data, name)


def number(value: Any) -> Decimal | None:
    """Return a wire value as a decimal; None for what is no number."""
    return amount(value) if isinstance(value, (str, int, float, Decimal)) else None


def moment(value: Any) -> datetime | None:
    """Return Unix seconds as a time; None where there is none.

    Raises
    ------
    ValueError
        It is no time in seconds: milliseconds, say.
    """
    if value in ("", "0", 0, None):
        return None
    seconds = number(value)
    if seconds is None or not 0 < seconds < LATEST:
        raise ValueError(str(value))
    return datetime.fromtimestamp(float(seconds), UTC)


def order_market(symbol: str) -> str | None:
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
        self._instruments = Instruments()
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
            known = self._own(symbol) or self._option(client, symbol) or self._asked(client, symbol)
            with self._lock:
                self._known[symbol] = known
        return known

    @staticmethod
    def _own(symbol: str) -> Security | None:
        own = SECURITIES.get(symbol)
        if own is None:
            return None
        return Security(symbol, own.name_en, own.currency, own.lot_size, _bands(symbol))

    def _option(self, client: ClientLike, symbol: str) -> Security | None:
        if not is_option(symbol):
            return None

        def read(operation: str, arguments: Mapping[str, Any]) -> Any:
            return client.call(operation, **arguments).data

        found = self._instruments.one(read, symbol)
        return Security(symbol, symbol, found.currency, found.lot_size, _bands(symbol), found)

    @staticmethod
    def _asked(client: ClientLike, symbol: str) -> Security:
        try:
            rows = read_rows(client, "static_info", "secu_static_info", symbol=[symbol])
        except ApiError as refused:
            if refused.code not in UNKNOWN_SYMBOL:
                raise
            rows = []
        row = next((row for row in rows if row.get("symbol") == symbol), None)
        if row is None:
            raise RequestRefused(_("The broker knows no {symbol}: check the symbol.").format(symbol=symbol))
        lot = number(row.get("lot_size"))
        for field, language in FIELDS.items():
            NAMES.note(symbol, row.get(field), language)
        name = NAMES.of(symbol)
        currency = str(row.get("currency") or currency_of(symbol))
        return Security(symbol, name, currency, int(lot) if lot and lot >= 1 else None, _bands(symbol))


def _bands(symbol: str) -> tuple[tuple[str, str], ...]:
    market = market_of(symbol)
    try:
        today = datetime.now(zone(market)).date()
        return tuple((f"{start:f}", f"{tick:f}") for start, _, tick in ladder(symbol, today).bands)
    except RequestRefused:
        return ()


def read_quote(client: ClientLike, symbol: str) -> Quote:
    """Return where `symbol` trades, with the top of its order book; the book is empty where it can't be read.

    Raises
    ------
    RequestRefused
        There is no quote for it.
    """
    operation = "option_quote" if is_option(symbol) else "quote"
    rows = read_rows(client, operation, "secu_quote", symbol=[symbol])
    row = next((row for row in rows if row.get("symbol") == symbol), None)
    if row is None:
        raise RequestRefused(_("There is no quote for {symbol}.").format(symbol=symbol))
    try:
        book = pushed_book(client, symbol) or client.call("depth", symbol=symbol).data
        bids, asks = levels(rows_of("depth", book, "bid")), levels(rows_of("depth", book, "ask"))
    except OpenAPIError:
        bids = asks = ()
    return quote_of(row, bids, asks)


def pushed_book(client: ClientLike, symbol: str) -> Mapping[str, Any] | None:
    """Return the order book that a live subscription has now, if there is one."""
    return None if client.live is None else client.live.depth(symbol)


def quote_of(row: Mapping[str, Any], bids: tuple[Level, ...], asks: tuple[Level, ...]) -> Quote:
    """Return a quote's row and its book as what a panel shows."""
    at, unread = None, ""
    try:
        at = moment(row.get("timestamp"))
    except ValueError as wrong:
        unread = _("The time of the quote could not be read: {wrong}.").format(wrong=wrong)
    last, previous = number(row.get("last_done")), number(row.get("prev_close"))
    return Quote(str(row.get("symbol")), last or None, previous or None, bids, asks, at, unread)


def levels(rows: Sequence[Mapping[str, Any]]) -> tuple[Level, ...]:
    """Return the first levels of one side of a book; a level without a price is left out."""
    found = ((number(row.get("price")), number(row.get("volume"))) for row in rows)
    return tuple((price, quantity or Decimal(0)) for price, quantity in found if price)[:SHOWN]


def last_prices(client: ClientLike, wanted: Sequence[str]) -> dict[str, Decimal]:
    """Return the last price of each symbol that has one: one call for shares, one for options."""
    if not wanted:
        return {}
    rows: list[Mapping[str, Any]] = []
    for operation, chosen in (
        ("quote", sorted({symbol for symbol in wanted if not is_option(symbol)})),
        ("option_quote", sorted({symbol for symbol in wanted if is_option(symbol)})),
    ):
        rows += read_rows(client, operation, "secu_quote", symbol=chosen) if chosen else []
    prices = ((str(row.get("symbol")), number(row.get("last_done"))) for row in rows)
    return {symbol: price for symbol, price in prices if price}


def is_trading(client: ClientLike, symbol: str) -> bool:
    """Tell whether prices and orders of `symbol` can move now; a sandbox never sleeps.

    In a year whose holidays are not known every weekday counts: to ask once too often does no harm.
    """
    market = order_market(symbol)
    if market is None or client.account.mode == "sandbox":
        return True
    return phase(market, datetime.now(UTC), assume=True).name != "closed"


def hours_of(client: ClientLike, symbol: str) -> str:
    """Say in a few words that a market is closed and when it opens; empty while it trades or if not known."""
    if is_trading(client, symbol):
        return ""
    market = market_of(symbol)
    try:
        ends = phase(market, datetime.now(UTC)).ends
    except RequestRefused:  # the holidays of that year are not known
        return ""
    return _("{market} is closed until {ends:%a %H:%M} ({zone})").format(
        market=market, ends=ends, zone=ends.tzname()
    )


@dataclass(frozen=True, slots=True)
class Sizes:
    """Quantities to fill in: ``all`` of a holding, ``max`` for the cash there is, ``half`` of it.

    They are whole lots, as text; empty where there is none. `note` says what was left out.
    """

    all: str = ""
    half: str = ""
    max: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Most:
    """How many shares an order may have: `free` to sell, `cash` and `margin` to buy; None for not known."""

    free: Decimal | None = None
    cash: Decimal | None = None
    margin: Decimal | None = None

    @property
    def text(self) -> str:
        """In words; empty where it is not known."""
        if self.free == 0:
            return _("none held")
        if self.free is not None:
            return _("{free} held and free to sell").format(free=f"{self.free.normalize():,f}")
        if self.cash is None:
            return ""
        words = _("{cash:,f} with cash").format(cash=self.cash)
        if self.margin and self.margin != self.cash:
            words += _(", {margin:,f} with margin").format(margin=self.margin)
        return words

    def sizes(self, lot: int | None, order_type: str) -> Sizes:
        """Return the quantities to offer, in whole lots; for ODD, what is left beside whole lots."""
        whole = self.free if self.free is not None else self.cash
        if whole is None:
            return Sizes()
        lot = lot or 1
        if order_type == "ODD":
            return Sizes(all=_shares(whole % lot)) if self.free is not None else Sizes()
        rounded, half = whole // lot * lot, whole / 2 // lot * lot
        note = ""
        if rounded != whole:
            note = _("{rest:f} outside whole lots of {lot} left out.").format(rest=whole - rounded, lot=lot)
        if self.free is not None:
            return Sizes(all=_shares(rounded), half=_shares(half), note=note)
        return Sizes(max=_shares(rounded), half=_shares(half), note=note)


def _shares(quantity: Decimal) -> str:
    return plain(quantity) if quantity > 0 else ""


def most(client: ClientLike, fields: Mapping[str, str]) -> Most:
    """Return how many shares an order of these fields may have.

    Raises
    ------
    OpenAPIError
        The account can't be read.
    """
    symbol, side, kind = (fields.get(name, "") for name in ("symbol", "side", "order_type"))
    if side == "Sell":
        rows = [row for row in _held(client, symbol=[symbol]) if row.get("symbol") == symbol]
        return Most(free=sum((number(row.get("available_quantity")) or ZERO for row in rows), start=ZERO))
    price = fields.get("submitted_price") or None
    asked: dict[str, Any] = {"symbol": symbol, "order_type": kind, "side": side, "price": price}
    data = client.call("estimate_max_purchase_quantity", **asked).data
    if not isinstance(data, Mapping):
        return Most()
    return Most(cash=number(data.get("cash_max_qty")), margin=number(data.get("margin_max_qty")))


def _held(client: ClientLike, **parameters: Any) -> list[Mapping[str, Any]]:
    """Return the holdings of every channel."""
    parts = read_rows(client, "stock_positions", "list", **parameters)
    return [row for part in parts for row in rows_of("stock_positions", part, "stock_info")]


def suggestions(client: ClientLike) -> list[tuple[str, str]]:
    """Return symbols to offer for completion with their names: holdings, then the watchlist, then known ones.

    What can't be read is left out.
    """
    found: dict[str, str] = {}
    with suppress(OpenAPIError):
        for row in _held(client):
            NAMES.note(row.get("symbol"), row.get("symbol_name"))
            found.setdefault(
                str(row.get("symbol")), _("{name} (held)").format(name=row.get("symbol_name") or "").strip()
            )
    with suppress(OpenAPIError):
        for group in read_rows(client, "watchlist", "groups"):
            for row in rows_of("watchlist", group, "securities"):
                NAMES.note(row.get("symbol"), row.get("name"))
                found.setdefault(str(row.get("symbol")), str(row.get("name") or ""))
    for symbol, security in SECURITIES.items():
        found.setdefault(symbol, security.name_en)
    return [pair for pair in found.items() if order_market(pair[0])]


def todays_orders(client: ClientLike) -> list[Mapping[str, Any]]:
    """Return today's orders, also finished ones."""
    return read_rows(client, "today_orders", "orders")


def older_orders(client: ClientLike) -> list[Mapping[str, Any]]:
    """Return the orders of earlier days that are still open."""
    now = datetime.now(UTC)
    span: dict[str, Any] = {"start_at": now - OLDER, "end_at": now}
    return read_rows(client, "history_orders", "orders", status=sorted(orders.OPEN), **span)
