"""Read positions: stocks and funds as the broker lists them, and cash."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from jupyter_openapi.account import ClientLike
from jupyter_openapi.errors import ApiError, OpenAPIError, TransportError, sentence
from jupyter_openapi.market.money import known_text, total
from jupyter_openapi.market.replies import figure, objects
from jupyter_openapi.market.symbols import market_of
from jupyter_openapi.market.worth import Instruments
from jupyter_openapi.messages import _, commas
from jupyter_openapi.portfolio.arguments import one_client

KEYS_REFUSED = frozenset({401003, 401004, 401102, 403201, 403202, 403203, 403204, 403205})
"""The broker's codes for a token, key, signature or address that it does not accept."""


class IncompleteWarning(UserWarning):
    """Something could not be read; what it is missing from is left empty, never zero."""


@dataclass
class AccountReader:
    """Reads one account, and collects what could not be read.

    Attributes
    ----------
    source
        The client.
    missing
        A few words for each thing that is not known although it should be.
    asides
        A sentence for each thing that was not had, and is not needed.
    unread
        The operations that failed.
    over
        Whether there is no use in asking further: no connection, or keys that are not accepted.
    instruments
        What is known of securities: the client's own, which keeps it for a day.
    """

    source: ClientLike
    missing: list[str] = field(default_factory=list)
    asides: list[str] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    over: bool = False
    instruments: Instruments = field(init=False)

    def __post_init__(self) -> None:
        one_client(self.source)
        self.instruments = getattr(self.source, "instruments", None) or Instruments()

    def read(self, operation: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a reply's `data`, as `ask` does, for what takes a `Read`."""
        return self.ask(operation, **arguments)

    def ask(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Return a reply's `data`.

        Raises
        ------
        OpenAPIError
            The read failed.
        """
        if self.over:
            raise TransportError(
                _("{operation}: not asked, for the account can't be reached.").format(operation=operation)
            )
        try:
            data = self.source.call(operation, **parameters).data
        except TransportError as failure:
            self.over = failure.http_status is None
            raise
        except ApiError as failure:
            self.over = failure.code in KEYS_REFUSED
            raise
        return data if isinstance(data, dict) else {}

    def try_(self, what: str, operation: str, **parameters: Any) -> Mapping[str, Any] | None:
        """Return a reply's `data`, or None and a sentence: ``<what>: <why>``."""
        if self.over:
            self.unread.add(operation)
            self.miss(what)
            return None
        try:
            return self.ask(operation, **parameters)
        except OpenAPIError as failure:
            self.unread.add(operation)
            self.miss(f"{what} ({brief(failure)})")
            return None

    def miss(self, text: str) -> None:
        """Note something that could not be read."""
        if text not in self.missing:
            self.missing.append(text)

    def facts(self, operation: str) -> dict[str, Any]:
        """Return what a frame says about itself: operation, account, time."""
        account = self.source.account
        return {
            "operation": operation,
            "mode": account.mode,
            "source": account.source,
            "requested_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }


def warn(missing: Sequence[str], what: str) -> None:
    """Give one warning that names everything that is missing, if anything is."""
    if missing:
        warnings.warn(
            _("{what}: {missing}.").format(what=what, missing=_("; ").join(missing)),
            IncompleteWarning,
            stacklevel=4,
        )


def brief(failure: OpenAPIError) -> str:
    """Return what went wrong in a few words, without a full stop."""
    if isinstance(failure, ApiError):
        code = _(", code {code}").format(code=failure.code) if failure.code is not None else ""
        return f"{sentence(failure.message).rstrip('.')}{code}"
    return sentence(str(failure)).rstrip(".。")


def names(items: Iterable[str], most: int = 6) -> str:
    """Return ``700.HK, AAPL.US and 3 more``."""
    known = list(dict.fromkeys(items))
    if len(known) <= most:
        return commas(known)
    return _("{known} and {more:,} more").format(known=commas(known[:most]), more=len(known) - most)


FUND = "FUND"
"""What stands for the market of a fund, which has none."""
BALANCE_CURRENCIES = ("HKD", "USD", "CNH")
"""In which an account's balance can be asked for, in the order a person is offered them."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One position: a row of the broker's.

    Attributes
    ----------
    quantity, available
        Shares, contracts or fund units; negative when sold short.
    cost
        Per share or unit; None where the broker gives none or 0.
    opening
        What was held before the market opened; None where that is not said.
    value_per_unit
        A fund's net asset value; None for everything else, and for a fund without one.
    """

    account_channel: str
    symbol: str
    name: str
    market: str
    currency: str
    quantity: Decimal | None
    available: Decimal | None
    cost: Decimal | None
    opening: Decimal | None = None
    value_per_unit: Decimal | None = None

    @property
    def fund(self) -> bool:
        """Whether it is a fund."""
        return self.market == FUND


@dataclass(frozen=True, slots=True)
class Cash:
    """The money of one currency: free, held by open orders, and being settled, together."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """The account's cash, and the broker's own totals beside it, in `currency`."""

    cash: tuple[Cash, ...] = ()
    currency: str = ""
    net_assets: Decimal | None = None
    total_cash: Decimal | None = None


def read_stocks(reader: AccountReader) -> list[Holding]:
    """Return the stocks, funds traded on an exchange, and options held; say if they can't be read."""
    data = reader.try_(_("stock positions"), "stock_positions")
    found = [] if data is None else [_stock(channel, row) for channel, row in _rows(data, "stock_info")]
    nameless = [holding.symbol for holding in found if not holding.currency]
    if not nameless:
        return found
    known = reader.instruments.of(reader.read, nameless)
    for symbol in nameless:
        for said in known[symbol].assumptions:
            reader.miss(said)
    return [
        holding if holding.currency else replace(holding, currency=known[holding.symbol].currency)
        for holding in found
    ]


def read_funds(reader: AccountReader) -> list[Holding]:
    """Return the funds held; say if they can't be read."""
    data = reader.try_(_("fund positions"), "fund_positions")
    return [] if data is None else [_fund(channel, row) for channel, row in _rows(data, "fund_info")]


def _rows(data: Mapping[str, Any], inner: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for part in objects(data.get("list")):
        for row in objects(part.get(inner)):
            yield known_text(part.get("account_channel")), row


def _stock(channel: str, row: Mapping[str, Any]) -> Holding:
    symbol = known_text(row.get("symbol"))
    return Holding(
        channel,
        symbol,
        known_text(row.get("symbol_name")),
        known_text(row.get("market")) or market_of(symbol),
        known_text(row.get("currency")).upper(),
        figure(row.get("quantity")),
        figure(row.get("available_quantity")),
        figure(row.get("cost_price")) or None,
        figure(row.get("init_quantity")),
    )


def _fund(channel: str, row: Mapping[str, Any]) -> Holding:
    return Holding(
        channel,
        known_text(row.get("symbol")),
        known_text(row.get("symbol_name")),
        FUND,
        known_text(row.get("currency")).upper(),
        figure(row.get("holding_units")),
        None,
        figure(row.get("cost_net_asset_value")) or None,
        value_per_unit=figure(row.get("current_net_asset_value")) or None,
    )


def read_balance(reader: AccountReader, base_currency: str) -> Balance:
    """Return the cash of every currency, and the broker's own totals, in the base currency if it can."""
    asked = {"currency": base_currency} if base_currency in BALANCE_CURRENCIES else {}
    data = reader.try_(_("cash balance"), "account_balance", **asked)
    if data is None:
        return Balance()
    entries = objects(data.get("list"))
    own = next((entry for entry in entries if entry.get("currency") == base_currency), None) or next(
        iter(entries), {}
    )
    return Balance(
        _cash(entries),
        known_text(own.get("currency")),
        figure(own.get("net_assets")),
        figure(own.get("total_cash")),
    )


def _cash(entries: list[Mapping[str, Any]]) -> tuple[Cash, ...]:
    """Return the cash by currency.

    An account stated in several currencies repeats its cash in each statement, in any order: what two
    statements say alike counts once.
    """
    amounts: dict[str, list[Decimal | None]] = {}
    stated: set[tuple[Any, ...]] = set()
    for entry in entries:
        rows = [_cash_of(info) for info in objects(entry.get("cash_infos"))]
        for currency, *parts in (row for row in rows if row not in stated):
            amounts.setdefault(currency, []).append(total(parts))
        stated |= set(rows)
    sums = {currency: total(parts) for currency, parts in amounts.items()}
    return tuple(Cash(currency, part) for currency, part in sums.items() if part is not None)


def _cash_of(info: Mapping[str, Any]) -> tuple[Any, ...]:
    parts = (figure(info.get(f"{name}_cash")) for name in ("available", "frozen", "settling"))
    return (known_text(info.get("currency")).upper(), *parts)


_NAME = re.compile(r"[a-z]+-[a-z0-9]{4,64}")


def owner_of(source: ClientLike) -> str:
    """Return a name for a client's account that stays the same from day to day: ``paper-a3f81c09be42``.

    Made from the connection's own digest of the account where it has one, else from what is shown of it: its
    last digits, or where its keys came from; a sandbox's also from its address.
    """
    account = one_client(source).account
    known = str(getattr(getattr(source, "connection", None), "owner", ""))
    if not known:
        place = urlsplit(account.host).netloc if account.mode == "sandbox" else ""
        known = "\n".join((account.digits or account.source, place))
    digest = hashlib.sha256(f"{account.mode}\n{known}".encode()).hexdigest()
    return f"{account.mode}-{digest[:12]}"


def is_owner(name: str) -> bool:
    """Tell whether a folder's name is one of `owner_of`."""
    return _NAME.fullmatch(name) is not None
