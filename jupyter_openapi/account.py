"""The account of a client: its kind, whether orders may be sent there, and what it can pay with."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Protocol

from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.market.money import amount, money
from jupyter_openapi.market.worth import Read
from jupyter_openapi.messages import N_, _, commas

Mode = Literal["sandbox", "paper", "live"]
MODES: tuple[Mode, ...] = ("sandbox", "paper", "live")
MODE_WORDS: Mapping[str, str] = {"sandbox": N_("sandbox"), "paper": N_("paper"), "live": N_("live")}
"""What each kind of account is called inside a sentence; shown with `_`."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account behind a client.

    Attributes
    ----------
    mode
        ``sandbox``, ``paper`` or ``live``.
    trading
        Whether orders and other changes may be sent; on ``live`` only when armed by name.
    source
        Where the credentials came from, in words: ``profile 'main'``, ``environment (LONGBRIDGE_*)``.
    digits
        The last digits of the account number, where the token tells it.
    host
        The host, named in previews when it is none of the broker's.
    claim
        What the token itself says of the account, ``paper`` or ``live``; None when it says nothing.
    locked
        Why orders are off although they were asked for; empty when they are not.
    detached
        Whether a later `connect` or `forget` took its place: it may read, and change nothing.
    """

    mode: Mode
    trading: bool
    source: str
    digits: str
    host: str
    known_host: bool
    claim: str | None = None
    locked: str = ""
    detached: bool = False

    @property
    def title(self) -> str:
        """Name the account for titles and previews, such as ``PAPER account …4821 (profile 'main')``."""
        where = "" if self.known_host else f", {self.host}"
        number = f" …{self.digits}" if self.digits else ""
        return _("{mode} account{number} ({source}{where})").format(
            mode=_(self.mode.upper()), number=number, source=_(self.source), where=where
        )

    def may_change(self, what: str) -> None:
        """Refuse when this account may not be changed.

        Raises
        ------
        RequestRefused
            The account is read-only, or the token says it is not the kind that was connected to.
        """
        if self.detached:
            raise RequestRefused(
                _(
                    "{what} was not sent: this connection to the {title} was closed or replaced, and can "
                    "only read. Connect again, for example with `%openapi connect {mode}`."
                ).format(what=what, title=self.title, mode=self.mode)
            )
        if not self.trading:
            how = "`%openapi connect live --trade`" if self.mode == "live" else "connect(..., trading=True)"
            raise RequestRefused(
                _("{what} was not sent: this {mode} connection is read-only; arm it with {how}.").format(
                    what=what, mode=_(MODE_WORDS[self.mode]), how=how
                )
            )
        if self.locked:
            raise RequestRefused(_("{what} was not sent: {locked}").format(what=what, locked=self.locked))
        if self.mode == "paper" and self.claim == "live":
            raise RequestRefused(
                _(
                    "{what} was not sent: you connected to a paper account, but the access token says it "
                    "belongs to a real-money account. Use the paper account's token."
                ).format(what=what)
            )


class Pushes(Protocol):
    """What the panels need of a client's live data; see `jupyter_openapi.stream.live.Live`."""

    def listen(self, subjects: Iterable[str], wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` when there is news of a symbol, an order's id or ``orders``; return what ends it."""

    def quote(self, symbol: str) -> tuple[dict[str, Any], float] | None:
        """Return a symbol's newest quote as REST has it, and when it came; None unless pushes come now."""

    def depth(self, symbol: str) -> Mapping[str, Any] | None:
        """Return a symbol's newest book; None unless pushes come now."""

    def orders(self, since: float = 0.0) -> dict[str, dict[str, Any]] | None:
        """Return the account's orders by id as a list has them; None unless nothing is missing."""

    def order(self, order_id: str) -> dict[str, Any] | None:
        """Return one of these orders; None if it is not among them."""


class ClientLike(Protocol):
    """What the portfolio and the panels need of a `Client`."""

    tz: str

    @property
    def account(self) -> Account:
        """The account it acts for."""

    @property
    def throttled(self) -> int:
        """How often the broker has answered 429 (too many requests), also where a repeat succeeded."""

    @property
    def live(self) -> Pushes | None:
        """Its live data; None before its first subscription."""

    def limits_left(self) -> dict[str, int]:
        """Return how many calls each limit still allows."""

    def call(self, operation: str, /, *, execute: bool = False, **parameters: Any) -> Any:
        """Call an operation by its name: a reply, or a preview of a change."""


def mode_named(name: str) -> Mode:
    """Return the mode called `name`; anything but the three exact names is refused."""
    for mode in MODES:
        if name == mode:
            return mode
    raise RequestRefused(_("There is no account '{name}': type sandbox, paper or live.").format(name=name))


PAPER_CHANNEL = "lb_papertrading"


class PaperCheck:
    """Checks, once, that a paper connection reaches a paper account."""

    def __init__(self, account: Account, read: Read) -> None:
        self._account = account
        self._read = read
        self._channels: frozenset[str] | None = None

    def note(self) -> str:
        """Return what a preview must add to the account's title; empty when nothing.

        Raises
        ------
        RequestRefused
            The account's own channel says real money, on a paper connection.
        """
        account = self._account
        if account.mode != "paper":
            return ""
        channels = self._seen()
        if real := channels - {PAPER_CHANNEL}:
            raise RequestRefused(
                _(
                    "Nothing was sent: you connected to a paper account, but its holdings are in the channel "
                    "'{real}', a real-money account's. Use the paper account's token."
                ).format(real=commas(sorted(real)))
            )
        if account.claim == "paper" or channels:
            return ""
        return _("paper by header only: neither the token nor the account says so")

    def _seen(self) -> frozenset[str]:
        """Return the channels that hold something; an account that holds nothing tells nothing."""
        if self._channels is None:
            try:
                rows = self._read("stock_positions", {})["list"]
                held = [row for row in rows if row.get("stock_info")] or rows
                found = frozenset(str(row["account_channel"]) for row in held if row.get("account_channel"))
            except (OpenAPIError, KeyError, TypeError):
                return frozenset()
            if not found:
                return found
            self._channels = found
        return self._channels


KEPT = 10.0  # seconds a balance is good for
RESERVE = 8  # calls of the broker's 30 in 30 s that are left to orders


class BuyingPower:
    """What one account can pay with.

    The balance is kept for a few seconds, and not read where the last calls are left to orders.

    Parameters
    ----------
    left
        Returns how many trade calls are left now.
    """

    def __init__(self, left: Callable[[], int]) -> None:
        self._left = left
        self._lock = threading.Lock()
        self._kept: tuple[float, Any] | None = None

    def forget(self) -> None:
        """Forget the balance, so that the next preview reads it again: an order was sent."""
        with self._lock:
            self._kept = None

    def lines(self, read: Read, worth: Decimal | None, currency: str) -> list[tuple[str, str]]:
        """Return the line that says what a buy needs and what is available, where that is not enough."""
        if worth is None or not currency:
            return []
        try:
            data = self._balance(read)
        except OpenAPIError as failure:
            return [("buying power", _("not checked: {failure}").format(failure=failure))]
        if data is None:
            return [("buying power", _("not checked: the last calls are left for orders"))]
        available = available_in(data, currency)
        if available is None or worth <= available:
            return []
        said = _("needs {worth}, {available} available: the broker may reject it")
        return [("warning", said.format(worth=money(worth, currency), available=money(available, currency)))]

    def _balance(self, read: Read) -> Any:
        with self._lock:
            kept = self._kept
        if kept is not None and time.monotonic() - kept[0] < KEPT:
            return kept[1]
        if self._left() < RESERVE:
            return None
        data = read("account_balance", {})
        with self._lock:
            self._kept = time.monotonic(), data
        return data


def available_in(data: Any, currency: str) -> Decimal | None:
    """Return the most that can be paid in a currency, in cash or buying power; None where nothing says it."""
    rows = data.get("list") if isinstance(data, Mapping) else None
    found: list[Decimal] = []
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, Mapping):
            continue
        if row.get("currency") == currency:
            found += _decimals(row.get("buy_power"))
        infos = row.get("cash_infos")
        for info in infos if isinstance(infos, list) else ():
            if isinstance(info, Mapping) and info.get("currency") == currency:
                found += _decimals(info.get("available_cash"))
    return max(found, default=None)


def _decimals(value: object) -> list[Decimal]:
    number = amount(value)
    return [] if number is None else [number]
