"""Value a quantity of a security: quantity x price x multiplier, in the security's own currency.

The one place for it: previews, limits, baskets, forms, the blotter and the portfolio ask here. The currency
is the one `static_info` gives, for a Hong Kong counter may trade in renminbi; an option's multiplier is the
one its quote gives. What can't be read is assumed where there is a usual value, and said to be assumed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from jupyter_openapi.errors import OpenAPIError
from jupyter_openapi.market.money import known_text, product
from jupyter_openapi.market.replies import figure, objects
from jupyter_openapi.market.symbols import SECURITIES, contract, currency_of, is_option, market_of
from jupyter_openapi.messages import _

Read = Callable[[str, Mapping[str, Any]], Any]
"""Reads an operation, given its name and arguments, and returns the reply's `data`."""

US_MULTIPLIER = Decimal(100)
DAY = 86_400.0
BATCH = 500  # symbols the broker takes in one request
MOST_LOT = 10**9


@dataclass(frozen=True, slots=True)
class Instrument:
    """What turns a quantity and a price into money.

    Attributes
    ----------
    symbol, currency
        The currency its prices are in; empty where nothing tells it.
    multiplier
        What one unit of the quantity stands for: 1 for shares, shares a contract for options; None where it
        is not known.
    lot_size
        The board lot, None where it is not known.
    board
        The exchange board that `static_info` names, which tells warrants and funds from shares.
    currency_assumed, multiplier_assumed
        Whether it could not be read, and is what is usual for such a symbol.
    """

    symbol: str
    currency: str
    multiplier: Decimal | None = Decimal(1)
    lot_size: int | None = None
    board: str = ""
    currency_assumed: bool = False
    multiplier_assumed: bool = False

    @property
    def market(self) -> str:
        """The region that ends its symbol."""
        return market_of(self.symbol)

    def worth(self, quantity: Decimal | None, price: Decimal | None) -> Decimal | None:
        """Return quantity x price x multiplier, or None if one of them is not known."""
        return product(quantity, price, self.multiplier)

    @property
    def assumptions(self) -> list[str]:
        """What was assumed, a sentence each."""
        said = []
        if self.currency_assumed and self.currency:
            said.append(
                _("the currency of {symbol} could not be read; {currency} is assumed").format(
                    symbol=self.symbol, currency=self.currency
                )
            )
        if self.multiplier_assumed and self.multiplier is not None:
            said.append(
                _("the multiplier of {symbol} could not be read; {multiplier} is assumed").format(
                    symbol=self.symbol, multiplier=self.multiplier
                )
            )
        return said


def assumed(symbol: str) -> Instrument:
    """Return what is usual for such a symbol, where nothing of it could be read."""
    security = SECURITIES.get(symbol)
    if security is not None:
        return Instrument(symbol, security.currency, lot_size=security.lot_size, board=security.board)
    option = contract(symbol)
    multiplier: Decimal | None = Decimal(1)
    if is_option(symbol):
        usual = option is not None and option.market == "US" and not option.adjusted
        multiplier = US_MULTIPLIER if usual else None
    return Instrument(
        symbol,
        currency_of(symbol),
        multiplier,
        1 if is_option(symbol) else None,
        currency_assumed=True,
        multiplier_assumed=is_option(symbol),
    )


def quoted_multiplier(quote: Mapping[str, Any]) -> Decimal | None:
    """Return the multiplier that an option's quote carries, None where it carries none."""
    extend = quote.get("option_extend")
    stated = figure(extend.get("contract_multiplier")) if isinstance(extend, Mapping) else None
    return stated if stated is not None and stated > 0 else None


class Instruments:
    """What is known of securities, read when first asked for and kept for a day.

    Parameters
    ----------
    clock
        Gives the present in Unix seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, Instrument]] = {}
        self._lock = threading.Lock()

    def of(
        self, read: Read, symbols: Iterable[str], currencies: Mapping[str, str] | None = None
    ) -> dict[str, Instrument]:
        """Return what is known of each symbol, reading what is not kept: at most one request of each kind.

        Parameters
        ----------
        read
            Reads `static_info` and `option_quote`; where it fails, what is usual is assumed.
        symbols
            Which.
        currencies
            Currencies that are known already, from a position say; `static_info` is not read for these.
        """
        wanted = list(dict.fromkeys(symbols))
        found = {symbol: self._recent(symbol) or assumed(symbol) for symbol in wanted}
        for symbol, currency in (currencies or {}).items():
            if symbol in found and currency:
                found[symbol] = replace(found[symbol], currency=currency, currency_assumed=False)
        plain = [s for s in wanted if found[s].currency_assumed and not is_option(s)]
        options = [s for s in wanted if found[s].multiplier_assumed]
        found |= self._keep(_static(read, plain, found))
        found |= self._keep(_contracts(read, options, found))
        return found

    def one(self, read: Read, symbol: str) -> Instrument:
        """Return what is known of one symbol, its lot and board included."""
        kept = self._recent(symbol)
        if kept is not None:
            return kept
        base = {symbol: assumed(symbol)}
        rows = _contracts(read, [symbol], base) if is_option(symbol) else _static(read, [symbol], base)
        return (self._keep(rows) or base)[symbol]

    def _recent(self, symbol: str) -> Instrument | None:
        with self._lock:
            at, kept = self._kept.get(symbol, (0.0, None))
        return kept if kept is not None and self._clock() - at < DAY else None

    def _keep(self, rows: dict[str, Instrument]) -> dict[str, Instrument]:
        """Keep what was read; what is still assumed is asked for again the next time."""
        now = self._clock()
        with self._lock:
            for symbol, row in rows.items():
                if not (row.currency_assumed or row.multiplier_assumed):
                    self._kept[symbol] = (now, row)
        return rows


def _rows(read: Read, operation: str, name: str, symbols: list[str]) -> dict[str, Mapping[str, Any]]:
    """Return a reply's rows by symbol; none where it can't be read, so that what is usual is assumed."""
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(symbols), BATCH):
        try:
            data = read(operation, {"symbol": symbols[start : start + BATCH]})
        except OpenAPIError:
            continue
        rows = data.get(name) if isinstance(data, Mapping) else None
        found |= {known_text(row.get("symbol")): row for row in objects(rows)}
    return found


def _static(read: Read, symbols: list[str], base: Mapping[str, Instrument]) -> dict[str, Instrument]:
    rows = _rows(read, "static_info", "secu_static_info", symbols) if symbols else {}
    found = {}
    for symbol in symbols:
        row = rows.get(symbol)
        if row is None:
            continue
        currency = known_text(row.get("currency")).upper()
        lot = figure(row.get("lot_size"))
        found[symbol] = replace(
            base[symbol],
            currency=currency or base[symbol].currency,
            currency_assumed=base[symbol].currency_assumed and not currency,
            lot_size=int(lot) if lot is not None and 1 <= lot < MOST_LOT else base[symbol].lot_size,
            board=known_text(row.get("board")) or base[symbol].board,
        )
    return found


def _contracts(read: Read, symbols: list[str], base: Mapping[str, Instrument]) -> dict[str, Instrument]:
    """Read options: the multiplier from their quotes, the currency from what `static_info` says of them.

    An option trades in its underlying's currency, which stands in where it has no entry of its own.
    """
    if not symbols:
        return {}
    quotes = _rows(read, "option_quote", "secu_quote", symbols)
    shares = {
        symbol: found.underlying
        for symbol in symbols
        if base[symbol].currency_assumed and (found := contract(symbol)) is not None
    }
    known = {share: SECURITIES[share].currency for share in shares.values() if share in SECURITIES}
    asked = [share for share in dict.fromkeys(shares.values()) if share not in known]
    statics = _rows(read, "static_info", "secu_static_info", asked)
    known |= {share: known_text(row.get("currency")).upper() for share, row in statics.items()}
    made = {}
    for symbol in symbols:
        multiplier = quoted_multiplier(quotes.get(symbol, {}))
        currency = known.get(shares.get(symbol, ""), "")
        made[symbol] = replace(
            base[symbol],
            currency=currency or base[symbol].currency,
            currency_assumed=base[symbol].currency_assumed and not currency,
            multiplier=multiplier or base[symbol].multiplier,
            multiplier_assumed=multiplier is None,
        )
    return made
