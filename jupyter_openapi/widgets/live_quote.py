"""Live quote of the order form: price, amount, fees, the most one may buy.

Reads only; nothing here is part of an order. What can't be read is said in one line and stops nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from jupyter_openapi.account import ClientLike
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import fees, orders, symbols
from jupyter_openapi.market.money import amount, figure, money
from jupyter_openapi.market.names import NAMES
from jupyter_openapi.market.symbols import today_in
from jupyter_openapi.market.worth import Instrument
from jupyter_openapi.messages import _
from jupyter_openapi.widgets import queries as reads
from jupyter_openapi.widgets.model import HIDDEN, ClientHolder, by_label, failure_words
from jupyter_openapi.widgets.order_fields import BRACKET
from jupyter_openapi.widgets.polling import GAP, TRAFFIC, WAITING, Backoff, Ear, Poller
from jupyter_openapi.widgets.queries import Most, Quote, Securities, Security, Sizes

EVERY = 2.0  # seconds between two quotes while the market trades
CLOSED = 30.0  # and while it is closed
PUSHED = 10.0  # and while quote and book are pushed: a link may be open and mute
MOST_GAP = 2.0  # seconds between two questions for the most one may buy: they count as trades' calls
MOST_FIELDS = ("symbol", "side", "order_type", "submitted_price")


@dataclass(frozen=True, slots=True)
class SymbolState:
    """What was last read for one symbol."""

    security: Security | None = None
    quote: Quote | None = None
    hours: str = ""
    problem: str = ""


class LiveQuote:
    """Follows the symbol of a form.

    Parameters
    ----------
    session, changed, watched
        As of `Ticket`.
    """

    def __init__(
        self, session: ClientHolder, changed: Callable[[], None], *, watched: Callable[[], bool]
    ) -> None:
        self._session = session
        self._changed = changed
        self._watched = watched
        self._lock = threading.Lock()
        self._fields: dict[str, str] = {}
        self._seen: dict[str, SymbolState] = {}
        self._securities = Securities()
        self._most: tuple[tuple[str, ...], Most] = ((), Most())
        self._most_at = 0.0
        self._choices: list[tuple[str, str]] | None = None
        self._waiting = False  # for calls that are left for orders now
        self._pace = Backoff(EVERY)
        self._asked: tuple[str, float] = ("", 0.0)  # the symbol that was last asked for, and when
        self._shown = 0.0
        self._poller = Poller(self._look, "openapi-quotes")
        self._ear = Ear(self._poller.wake)

    def look_at(self, fields: Mapping[str, str]) -> None:
        """Follow the symbol of these fields from now on."""
        with self._lock:
            before, self._fields = self._fields, dict(fields)
        if self._choices is None or _asks(before) != _asks(fields) or not self._poller.running:
            self._poller.wake()

    def forget(self) -> None:
        """Forget everything read: it was another account's."""
        with self._lock:
            self._seen, self._most, self._choices = {}, ((), Most()), None

    def stop(self) -> None:
        """Stop polling."""
        self._ear.stop()
        self._poller.stop()

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Symbols to offer for completion, with names."""
        return self._choices or []

    def seen(self) -> SymbolState:
        """Return what is known of the present symbol."""
        return self._seen.get(self._fields.get("symbol", ""), SymbolState())

    def _look(self) -> float | None:
        client, fields = self._session.client, self._fields
        if client is None or not self._watched():
            self._ear.stop()
            return None
        left = self._show_pushed(client, fields)
        if left is not None:
            return left
        waited, self._waiting = self._waiting, not TRAFFIC.clear(client)
        if self._waiting:
            if not waited:
                self._changed()
            return EVERY
        if self._choices is None:
            self._choices = reads.suggestions(client)
            self._changed()
        symbol = fields.get("symbol", "")
        if reads.order_market(symbol) is None:
            return None
        failure = self._see(client, symbol)
        self._changed()
        if failure is None and (refused := self._ask_most(client, fields)) is not None:
            failure = refused
        delay = self._pace.after(client, failure)
        return delay if failure or reads.is_trading(client, symbol) else max(delay, CLOSED)

    def _show_pushed(self, client: ClientLike, fields: Mapping[str, str]) -> float | None:
        """Show what is pushed of the symbol; return for how long nothing need be asked, if so."""
        symbol = fields.get("symbol", "")
        self._ear.listen(client, symbol)
        before, live = self.seen(), client.live
        found = None if live is None else live.quote(symbol)
        if found is None or before.security is None or before.quote is None:
            return None
        time.sleep(max(0.0, self._shown + GAP - time.monotonic()))
        self._shown = time.monotonic()
        book = reads.pushed_book(client, symbol)
        sides = [reads.levels(book[side]) for side in ("bid", "ask")] if book else None
        bids, asks = sides or (before.quote.bids, before.quote.asks)
        quote = reads.quote_of(found[0], bids, asks)
        quote = replace(quote, previous=quote.previous or before.quote.previous)
        with self._lock:
            self._seen[symbol] = replace(before, quote=quote, problem=quote.unread)
        self._changed()
        asked, at = self._asked
        left = at + (PUSHED if book else EVERY) - time.monotonic()
        quiet = asked == symbol and self._choices is not None and not self._wants_most(fields)
        return left if quiet and left > 0 else None

    def _see(self, client: ClientLike, symbol: str) -> Exception | None:
        before = self._seen.get(symbol, SymbolState())
        try:
            security = before.security or self._securities.find(client, symbol)
            quote = reads.read_quote(client, symbol)
            seen = SymbolState(security, quote, reads.hours_of(client, symbol), quote.unread)
            failure = None
        except Exception as problem:  # noqa: BLE001 (shown in the form)
            failure = problem
            seen = SymbolState(before.security, before.quote, before.hours, failure_words(problem))
        with self._lock:
            self._seen[symbol] = seen
        self._asked = symbol, time.monotonic()
        return failure

    def _ask_most(self, client: ClientLike, fields: Mapping[str, str]) -> Exception | None:
        """Ask how much may be bought or sold, when the fields that rule it have changed and are complete."""
        if not self._wants_most(fields):
            return None
        asks = _asks(fields)
        if (wait := self._most_at + MOST_GAP - time.monotonic()) > 0:
            time.sleep(wait)
            if _asks(self._fields) != asks:
                return None
        self._most_at = time.monotonic()
        try:
            found, failure = reads.most(client, fields), None
        except Exception as problem:  # noqa: BLE001 (the most is a help, and stops nothing)
            found, failure = Most(), problem
        with self._lock:
            self._most = (asks, found)
        self._changed()
        return failure

    def _wants_most(self, fields: Mapping[str, str]) -> bool:
        rules = orders.RULES.get(fields.get("order_type", ""))
        if _asks(fields) == self._most[0] or rules is None or not fields.get("side"):
            return False
        price = amount(fields.get("submitted_price"))
        priced = fields["side"] == "Buy" and "submitted_price" in rules.needs
        return not priced or (price is not None and price > 0)

    def most(self) -> str:
        """Say how many shares the present fields may buy or sell."""
        return self._known_most().text

    def sizes(self) -> Sizes:
        """Return the quantities to offer for the present fields."""
        security, kind = self.seen().security, self._fields.get("order_type", "")
        return self._known_most().sizes(security.lot if security else None, kind)

    def _known_most(self) -> Most:
        return self._most[1] if self._most[0] == _asks(self._fields) else Most()

    def estimate(self) -> tuple[str, str]:
        """Return the amount and the fees of the present fields, in words; empty where they can't be told."""
        fields, seen = self._fields, self.seen()
        quantity, price = amount(fields.get("submitted_quantity")), amount(fields.get("submitted_price"))
        if seen.security is None or not quantity or quantity <= 0:
            return "", ""
        about = price is None
        price = price or amount(fields.get("trigger_price")) or (seen.quote.last if seen.quote else None)
        if price is None or price <= 0:
            return "", ""
        instrument = seen.security.money
        worth = instrument.worth(quantity, price)
        if worth is None:
            return _("not known, for the multiplier is not"), ""
        total = money(worth, instrument.currency)
        if about:
            total = _("about {amount}").format(amount=total)
        return total, _fees(fields, quantity, price, instrument)

    def hints(self) -> dict[str, str]:
        """Return what is wrong with the present fields, by field: ticks and lots. The desk decides."""
        fields, seen = self._fields, self.seen()
        symbol, today = fields.get("symbol", ""), datetime.now(UTC).date()
        if reads.order_market(symbol) is None:
            guess = self.suggestion()
            return {"symbol": _("Did you mean {guess}?").format(guess=guess)} if guess else {}
        found = orders.check_ticks(fields, today)
        quantity = amount(fields.get("submitted_quantity"))
        if seen.security is not None and seen.security.lot and quantity and quantity > 0:
            found += orders.check_lot(symbol, fields.get("order_type", "LO"), quantity, seen.security.lot)
        return {**self._bracket_hints(), **{problem.field: by_label(problem.message) for problem in found}}

    def _bracket_hints(self) -> dict[str, str]:
        client = self._session.client
        if client is None or client.account.mode == "live":
            return {}
        words = _("Paper accounts take no attached orders.")
        return {name: words for name in BRACKET if self._fields.get(name)}

    def suggestion(self) -> str:
        """Return the symbol that was likely meant; empty where there is no doubt, or nothing is near."""
        symbol = self._fields.get("symbol", "")
        if not symbol or reads.order_market(symbol) is not None:
            return ""
        guess = symbols.suggest(symbol)
        if guess is None or not NAMES.of(guess):
            guess = NAMES.named(symbol) or guess
        return guess if guess and guess != symbol and reads.order_market(guess) is not None else ""

    def _problem(self) -> str:
        """Say what is wrong with the present symbol, or what could not be read of it."""
        symbol, seen = self._fields.get("symbol", ""), self.seen()
        if symbol and reads.order_market(symbol) is None and not self.suggestion():
            return _(
                "'{symbol}' is not a symbol of a market where orders are taken: type one such as 700.HK or "
                "AAPL.US."
            ).format(symbol=symbol)
        return seen.problem or (_(WAITING) if symbol and self._waiting else "")

    def view(self, *, privacy: bool) -> dict[str, Any]:
        """Return what the page shows."""
        seen, fields, most = self.seen(), self._fields, self.most()
        total, charged = self.estimate()
        hide = HIDDEN if privacy else ""
        return {
            "security": _security_view(seen.security),
            "quote": _quote_view(seen.quote),
            "depth": _depth_view(seen.quote),
            "hours": seen.hours,
            "problem": self._problem(),
            "suggest": self.suggestion(),
            "amount": total and (hide or total),
            "fees": charged and (hide or charged),
            "most": most and (hide or most),
            "sizes": {
                "symbol": fields.get("symbol", ""),
                "side": fields.get("side", ""),
                **asdict(Sizes() if privacy else self.sizes()),
            },
            "hints": self.hints(),
        }


def _asks(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return what the most depends on: what is held to sell depends on the symbol alone."""
    names = MOST_FIELDS[:2] if fields.get("side") == "Sell" else MOST_FIELDS
    return tuple(fields.get(name, "") for name in names)


def _fees(fields: Mapping[str, str], quantity: Decimal, price: Decimal, instrument: Instrument) -> str:
    """Say what the authorities charge; the broker's own fees are not known here."""
    try:
        charged = fees.estimate(
            instrument.symbol,
            fields.get("side", ""),
            quantity,
            price,
            today_in(instrument.market),
            instrument,
        )
    except (RequestRefused, LookupError):
        return ""
    duties = fees.total(fees.regulatory(charged))
    if not duties:
        return _("not known")
    return _("about {duties}, without the broker's").format(duties=money(duties, instrument.currency))


def _security_view(security: Security | None) -> dict[str, Any] | None:
    if security is None:
        return None
    return {
        "symbol": security.symbol,
        "name": security.name,
        "currency": security.currency,
        "lot": security.lot,
        "bands": [list(band) for band in security.bands],
    }


def _quote_view(quote: Quote | None) -> dict[str, Any] | None:
    if quote is None:
        return None
    change = ""
    if quote.last and quote.previous:
        change = f"{figure((quote.last - quote.previous) / quote.previous * 100, sign=True)}%"
    prices = {"last": quote.last, "bid": quote.bid, "ask": quote.ask}
    age = (datetime.now(UTC) - quote.at).total_seconds() if quote.at else None
    return {
        **{name: f"{price:f}" if price is not None else "" for name, price in prices.items()},
        "change": change,
        "age": age,
    }


def _depth_view(quote: Quote | None) -> dict[str, list[list[Any]]]:
    """Return the levels of the book: price, quantity, and its share of the largest quantity shown."""
    bids, asks = (quote.bids, quote.asks) if quote else ((), ())
    largest = max((quantity for _price, quantity in (*bids, *asks)), default=None) or Decimal(1)
    sides = {"bid": bids, "ask": asks}
    return {
        name: [[f"{price:f}", f"{quantity:,f}", float(quantity / largest)] for price, quantity in side]
        for name, side in sides.items()
    }
