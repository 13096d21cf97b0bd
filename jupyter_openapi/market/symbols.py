"""Symbols: a code and a market, such as ``700.HK`` or ``BRK.B.US``, and what kind of product each is.

The kind (share, fund, warrant, ...) rules price steps and fees. A security that the project knows by heart
says so itself; an option's symbol does; for others the exchange board that `static_info` names and, in Hong
Kong, the code tell. What nothing tells is not known, and then neither are its steps and duties.

Sources: the broker's documentation, "Symbol" (ticker.region), regions HK, US, SH, SZ, SG; HKEX stock code
allocation (``data/products.json``, unconfirmed).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Literal

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import facts
from jupyter_openapi.messages import _

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

MARKET_ZONES = {
    "HK": "Asia/Hong_Kong",
    "US": "America/New_York",
    "SH": "Asia/Shanghai",
    "SZ": "Asia/Shanghai",
    "SG": "Asia/Singapore",
}
"""The zone in which a market's trading day is counted, by the region that ends a symbol."""


CURRENCIES = {"HK": "HKD", "US": "USD", "SH": "CNY", "SZ": "CNY", "SG": "SGD"}


def market_of(symbol: str) -> str:
    """Return the region that ends a symbol, ``HK`` for ``700.HK``; empty where there is none."""
    return symbol.rpartition(".")[2] if "." in symbol else ""


def zone_of(market: str) -> ZoneInfo | None:
    """Return the time zone of a market, or None for one that is not known."""
    from zoneinfo import ZoneInfo

    name = MARKET_ZONES.get(market)
    return ZoneInfo(name) if name else None


def today_in(market: str) -> date:
    """Return the calendar date of a market now; of UTC where the market is not known."""
    return datetime.now(zone_of(market) or UTC).date()


def currency_of(symbol: str) -> str:
    """Return the currency a symbol trades in, by its market; empty when unknown."""
    return CURRENCIES.get(market_of(symbol).upper(), "")


MARKETS = ("HK", "US", "SH", "SZ", "SG")
TRADABLE = ("HK", "US")
"""The markets in which the API takes stock orders."""

_CODE = re.compile(r"\.?[A-Z0-9][A-Z0-9.\-]*")
_CLASS = re.compile(r"[A-Z]{1,5}-[A-Z]")
"""A class of shares as others write it: ``BRK-B``."""
_OCC = re.compile(
    r"(?:O:|US\.)?(?P<root>[A-Z][A-Z0-9]{0,5})\s*(?P<day>\d{6})\s*(?P<letter>[CP])\s*(?P<strike>\d{1,8})(?:\.US)?"
)
"""An option as the clearing house writes it: the root padded to six places, the strike to eight."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A security's code and the market it trades in."""

    code: str
    market: str

    def __str__(self) -> str:
        return f"{self.code}.{self.market}"


def parse(symbol: str) -> Symbol:
    """Split ``700.HK`` into its code and market.

    Parameters
    ----------
    symbol
        As the broker spells it: upper case, no leading zeros in Hong Kong, the market after the last dot.

    Raises
    ------
    RequestRefused
        If it is spelt otherwise; the message gives the spelling to type.
    """
    if not isinstance(symbol, str):
        raise RequestRefused(
            _("A symbol is text such as 700.HK or AAPL.US, not {symbol!r}.").format(symbol=symbol)
        )
    return _parse(symbol)


@lru_cache(maxsize=4096)
def _parse(symbol: str) -> Symbol:
    found = _right(symbol)
    if found is not None:
        return found
    guess = suggest(symbol)
    advice = (
        _("type {guess}").format(guess=guess)
        if guess
        else _("type a code and a market, such as 700.HK or AAPL.US")
    )
    raise RequestRefused(_("{symbol!r} is not a symbol: {advice}.").format(symbol=symbol[:40], advice=advice))


def _right(symbol: str) -> Symbol | None:
    """Return what a symbol says if it is spelt as the broker spells it."""
    code, dot, market = symbol.rpartition(".")
    if not (dot and market in MARKETS and _CODE.fullmatch(code)) or _spelling(code, market) != symbol:
        return None
    return Symbol(code, market)


def suggest(text: str) -> str | None:
    """Return the symbol that `text` most likely means, or None; a right one stays as it is.

    Understands lower case, leading zeros, a missing market, other programs' order (``HK.00700``) and marks
    (``BRK-B``, ``BRK/B``), and options as the clearing house writes them (``AAPL  260116C00260000``).
    """
    word = text.strip().upper()
    if _right(word) is not None:
        return word
    option = _OCC.fullmatch(word)
    if option is not None:
        return _spelling("".join(option.group("root", "day", "letter", "strike")), "US")
    first, _, rest = word.partition(".")
    if first in MARKETS and rest and not rest.endswith(tuple(f".{market}" for market in MARKETS)):
        word = f"{rest}.{first}"
    code, _, market = word.rpartition(".")
    if market == "SS":  # Shanghai at other data vendors
        market = "SH"
    if market not in MARKETS or not code:
        code, market = word, _likely_market(word)
    if not market or not _CODE.fullmatch(code := code.replace("/", "-")):
        return None
    return _spelling(code, market)


@lru_cache(maxsize=4096)
def mended(text: str) -> str:
    """Return a symbol as the broker spells it, where what is meant is beyond doubt; else the text as it is.

    ``0700.HK``, ``HK.00700``, ``aapl.us``, ``BRK-B`` and an option in any spelling are; a code without a
    market (``700``) is not, for several have it.
    """
    word = text.strip().upper()
    if not (set("./-") & set(word) or _OCC.fullmatch(word)):
        return text
    return suggest(text) or text


def _spelling(code: str, market: str) -> str:
    if market == "HK" and code.isdigit():
        code = code.lstrip("0") or "0"
    if market in {"SH", "SZ"} and code.isdigit():
        code = code.zfill(6)
    if market == "US":
        if _CLASS.fullmatch(code):
            code = code.replace("-", ".")
        if option := _OCC.fullmatch(code):
            root, day, letter, strike = option.group("root", "day", "letter", "strike")
            code = f"{root}{day}{letter}{strike.lstrip('0') or '0'}"
    return f"{code}.{market}"


def _likely_market(code: str) -> str:
    if code.isdigit():
        if len(code) == 6:
            return "SH" if code[0] in "569" else "SZ"
        return "HK" if len(code) <= 5 else ""
    return "US" if re.fullmatch(r"\.?[A-Z]{1,5}([.\-/][A-Z])?", code) else ""


_OPTION = re.compile(r"([A-Z][A-Z0-9.]*)(\d{6})([CP])(\d{1,8})\.([A-Z]{2})")


def is_option(symbol: str) -> bool:
    """Tell a contract (``AAPL260116C260000.US``) from a share by its symbol."""
    return _OPTION.fullmatch(symbol) is not None


@dataclass(frozen=True, slots=True)
class Contract:
    """What an option's symbol says: the right to buy (`call`) or sell the underlying at the strike.

    `root` is the underlying's code, with a digit behind it where a split changed the contract.
    """

    symbol: str
    root: str
    market: str
    expiry: date
    strike: Decimal
    call: bool

    @property
    def underlying(self) -> str:
        """The symbol of the share."""
        return f"{self.root.rstrip('0123456789')}.{self.market}"

    @property
    def adjusted(self) -> bool:
        """Whether a corporate action changed it, so that it may deliver something else than 100 shares."""
        return self.root[-1].isdigit()


def contract(symbol: str) -> Contract | None:
    """Read an option's symbol; None for everything else."""
    found = _OPTION.fullmatch(symbol)
    if found is None:
        return None
    root, day, letter, strike, market = found.groups()
    try:
        expiry = datetime.strptime(day, "%y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
    return Contract(symbol, root, market, expiry, Decimal(strike).scaleb(-3), letter == "C")


@dataclass(frozen=True, slots=True)
class Security:
    """One listed security.

    `lot_size` is in shares, `ref_price` in `currency` per share. `spread_table` names the table of
    `jupyter_openapi.market.ticks` its prices step by. `kind` is equity, etf or reit. `cas`, `vcm` and `pos`
    tell whether Hong Kong's closing auction, volatility control and pre-opening session cover it.
    """

    symbol: str
    code: str
    market: str
    short_name: str
    name_en: str
    name_cn: str
    name_hk: str
    kind: str
    lot_size: int
    currency: str
    spread_table: str
    ref_price: Decimal
    stamp_duty: bool
    short_sell: bool
    exchange: str
    board: str
    cas: bool = False
    vcm: bool = False
    pos: bool = False
    isin: str | None = None
    rmb_counter: str | None = None


class _Securities(Mapping[str, Security]):
    """The securities by symbol, read from the data when first looked at."""

    @cached_property
    def _all(self) -> dict[str, Security]:
        known = facts("securities")
        return {row["symbol"]: _security(row, known["currency"]) for row in known["securities"]}

    def __getitem__(self, symbol: str) -> Security:
        return self._all[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __repr__(self) -> str:
        return f"<{len(self)} securities>"


def _security(row: Mapping[str, Any], currencies: Mapping[str, str]) -> Security:
    code, _, market = row["symbol"].rpartition(".")
    values = {**row, "ref_price": Decimal(row["ref_price"])}
    return Security(code=code, market=market, currency=currencies[market], **values)


SECURITIES: Mapping[str, Security] = _Securities()
"""Every known security by its symbol, Hong Kong first."""


def lot_size(symbol: str) -> int | None:
    """Return the board lot of `symbol` in shares, or None where only the broker knows it (`static_info`)."""
    security = SECURITIES.get(symbol)
    if security is not None:
        return security.lot_size
    return 1 if symbol.endswith(".US") else None


Product = Literal["stock", "reit", "etp", "warrant", "cbbc", "debt", "option", "index", ""]
"""The kinds; empty where it is not known. A callable bull/bear contract is ``cbbc``."""

_KINDS: dict[str, Product] = {"equity": "stock", "etf": "etp", "reit": "reit"}


def product_of(symbol: str, board: str = "") -> Product:
    """Return what a security is.

    Parameters
    ----------
    symbol
        ``700.HK``.
    board
        The exchange board that `static_info` names, ``HKWarrant`` say; empty where that was not read.
    """
    if is_option(symbol):
        return "option"
    security = SECURITIES.get(symbol)
    if security is not None:
        return _KINDS.get(security.kind, "")
    known = facts("products")
    by_board: Product = known["boards"].get(board, "")
    market = market_of(symbol)
    by_code = _by_code(symbol.rpartition(".")[0]) if market == "HK" else ""
    if by_board == "warrant" and by_code != "warrant":  # one board for warrants and bull/bear contracts
        return "cbbc" if by_code == "cbbc" else ""
    if by_board or market == "HK":
        return by_board or by_code
    return "stock" if market == "US" else ""


def _by_code(code: str) -> Product:
    if not code.isdecimal():
        return "index"
    number = int(code)
    ranges = facts("products")["HK"]
    found: Product = next((kind for kind, first, last in ranges if first <= number <= last), "")
    return found


def table_of(symbol: str, board: str = "") -> str | None:
    """Return the name of the table that a security's prices step by; None where that is not known."""
    security = SECURITIES.get(symbol)
    if security is not None:
        return security.spread_table
    known = facts("products")
    product = product_of(symbol, board)
    option = contract(symbol)
    if option is not None and option.root in known["penny_options"]:
        return "us_option_penny"
    table: str | None = known["tables"].get(market_of(symbol), {}).get(product)
    return table


def pays_stamp_duty(symbol: str, board: str = "") -> bool | None:
    """Tell whether Hong Kong's stamp duty is due on it; None where that is not known."""
    security = SECURITIES.get(symbol)
    if security is not None:
        return security.stamp_duty
    due: bool | None = facts("products")["stamp_duty"].get(product_of(symbol, board))
    return due
