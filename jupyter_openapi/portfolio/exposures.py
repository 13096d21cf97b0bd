"""Exposure: how much moves with what is held, by symbol, market, currency, sector or underlying."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused, guarded
from jupyter_openapi.frames import describe, seal
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.money import (
    HUNDRED,
    ZERO,
    amount,
    exactly,
    floats,
    from_float,
    known_text,
    product,
    share,
    shown,
    total,
)
from jupyter_openapi.market.symbols import contract, is_option
from jupyter_openapi.messages import N_, _, commas
from jupyter_openapi.portfolio.arguments import choice, percent
from jupyter_openapi.portfolio.option_risk import read_deltas
from jupyter_openapi.portfolio.positions import FUND, AccountReader, brief, names, warn
from jupyter_openapi.portfolio.prices import read_prices, say_priceless
from jupyter_openapi.portfolio.valuation import text, valued

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike

BY = ("symbol", "market", "currency", "sector", "underlying")
MOST_SECTORS = 20  # securities whose sector is asked for, a request or two each
SECTOR_SOURCES = (
    ("fundamental_institution_rating_latest", "industry_name"),
    ("fundamental_company", "sector"),
)
TOP = 5
WHOLE = frozenset({"stock_positions", "fund_positions", "account_balance"})
"""The operations that tell all positions and all cash."""
UNKNOWN = "not known"
NOTHING_OWN = N_("Net assets are not above 0: shares of them say nothing.")
NUMBERS = ("long", "short", "gross", "net", "gross_pct", "net_pct", "value", "unrealized_pl", "day_pl")
DEFINITIONS = (
    "Amounts are in the base currency at today's rates.",
    "A share's exposure is its value; an option's is delta x multiplier x quantity x the underlying's price.",
    "gross = long - short (short is negative), net = long + short; _pct is of net assets, cash included.",
    "concentration is of gross exposure by underlying: the sum of squared shares, and 1 by that.",
)


@dataclass(frozen=True, slots=True)
class Held:
    """One holding: what moves with it, what it is worth, what it gained; None where not known."""

    symbol: str
    underlying: str
    market: str
    currency: str
    exposure: Decimal | None
    value: Decimal | None
    unrealized: Decimal | None
    day: Decimal | None
    sector: str = UNKNOWN


@guarded
def exposure(
    client: ClientLike, by: str = "symbol", base_currency: str = "HKD", *, rate_pct: float = 4.0
) -> pd.DataFrame:
    """Return what moves with the holdings, by symbol, market, currency, sector or underlying.

    Parameters
    ----------
    client
        A connected `Client`; read as `value` does, with one or two reads for options, and for sectors one
        or two for each security (up to 20).
    by
        ``symbol``, ``market``, ``currency``, ``sector`` or ``underlying`` (options with their shares).
    base_currency
        The currency of all amounts.
    rate_pct
        What money earns without risk, in percent a year: for the options whose delta the broker does not
        give and QuantLib works out.

    Returns
    -------
    pandas.DataFrame
        The group's name, ``holdings``, ``long``, ``short`` (negative), ``gross``, ``net``, ``gross_pct`` and
        ``net_pct`` of net assets, ``value``, ``unrealized_pl``, ``day_pl``, largest first; by currency also
        ``cash``. A group with something not known is NaN.

        ``attrs["openapi"]["summary"]`` has the sums, ``leverage`` (gross by net assets), the ``top`` weights
        and the concentration.

    Raises
    ------
    RequestRefused
        `by`, the currency or the rate is none.

    Warns
    -----
    IncompleteWarning
        Something could not be read: one line says what.
    """
    frame = measured(client, by, base_currency, rate_pct=rate_pct)
    warn(frame.attrs["openapi"]["missing"], _("Not everything is known"))
    return frame


def measured(
    client: ClientLike, by: str = "symbol", base_currency: str = "HKD", *, rate_pct: float = 4.0
) -> pd.DataFrame:
    """Return what `exposure` does, without the warning."""
    by = choice("by", by, BY)
    rate = percent("rate_pct", rate_pct, "4")
    frame = valued(client, base_currency)
    known = frame.attrs["openapi"]
    reader = AccountReader(client)
    with exactly():
        rows = held_of(reader, frame, float(rate) / 100)
        if by == "sector":
            rows = _with_sectors(reader, rows)
        cash = {str(part["currency"]): amount(part["amount_base"]) for part in known["cash"]}
        worth = _strict([*(row.value for row in rows), *cash.values()]) if whole_account(frame) else None
        if worth is not None and worth <= 0:
            reader.asides.append(_(NOTHING_OWN))
        made = _frame(rows, by, cash, worth)
        summary = summary_of(rows, worth)
    missing = list(dict.fromkeys([*known["missing"], *reader.missing]))
    return seal(
        describe(
            made,
            **reader.facts(f"exposure by {by}"),
            base_currency=known["base_currency"],
            by=by,
            summary=summary,
            missing=missing,
            notes=[*DEFINITIONS, *reader.asides],
        )
    )


def whole_account(frame: pd.DataFrame) -> bool:
    """Tell whether a frame of `value` has all positions and all cash."""
    return WHOLE.isdisjoint(frame.attrs["openapi"]["unread"])


def held_of(reader: AccountReader, frame: pd.DataFrame, rate: float) -> list[Held]:
    """Return the holdings of a frame of `value` with their exposure."""
    records = frame.to_dict("records")
    options = [str(row["symbol"]) for row in records if is_option(str(row["symbol"]))]
    shares = dict.fromkeys(one.underlying for symbol in options if (one := contract(symbol)) is not None)
    prices = read_prices(reader, shares) if shares else {}
    held = {str(row["symbol"]) for row in records}
    say_priceless(reader, prices, [symbol for symbol in prices if symbol not in held])
    deltas = read_deltas(reader, options, prices, rate) if options else {}
    money = reader.instruments.of(reader.read, options) if options else {}
    rates = {name: amount(each) for name, each in frame.attrs["openapi"]["rates"].items()}
    found = []
    for row in records:
        symbol, currency = str(row["symbol"]), str(row["currency"])
        value = from_float(row["market_value_base"])
        option = contract(symbol)
        moving = value
        if is_option(symbol):
            share = prices.get(option.underlying) if option is not None else None
            delta = deltas.get(symbol)
            moving = product(
                None if delta is None else delta.value,
                money[symbol].multiplier,
                from_float(row["quantity"]),
                None if share is None else share.last,
                rates.get(currency),
            )
        found.append(
            Held(
                symbol,
                option.underlying if option is not None else symbol,
                str(row["market"]),
                currency,
                moving,
                value,
                from_float(row["unrealized_pl_base"]),
                product(from_float(row["day_pl"]), rates.get(currency)),
            )
        )
    return found


def _with_sectors(reader: AccountReader, rows: Sequence[Held]) -> list[Held]:
    """Return the holdings with the sector of their company, where the broker names one."""
    from dataclasses import replace

    wanted = list(dict.fromkeys(row.underlying for row in rows if row.market != FUND))
    found = {symbol: _sector(reader, symbol) for symbol in wanted[:MOST_SECTORS]}
    sectors = {symbol: sector for symbol, (sector, _why) in found.items() if sector}
    if why := next((why for sector, why in found.values() if why and not sector), ""):
        reader.asides.append(_("Sectors could not be read ({brief}).").format(brief=why))
    if lost := [symbol for symbol in wanted if symbol not in sectors]:
        reader.miss(_("the sector of {names}").format(names=names(lost)))
    return [replace(row, sector=sectors.get(row.underlying, UNKNOWN)) for row in rows]


def _sector(reader: AccountReader, symbol: str) -> tuple[str, str]:
    """Return the name of a company's industry, else its sector's number, else ""; and why, if a read failed.

    Source: the official SDK's ``FundamentalContext.institution_rating`` (``latest.industry_name``) and
    ``company`` (``sector``, a number whose names are not published); undocumented otherwise.
    """
    why = ""
    for operation, name in SECTOR_SOURCES:
        try:
            sector = known_text(reader.ask(operation, symbol=symbol).get(name))
        except (OpenAPIError, RequestRefused) as failure:
            why = brief(failure)
            continue
        if sector.isdecimal():
            sector = _("sector {number}").format(number=sector) if int(sector) else ""
        if sector:
            return sector, ""
    return "", why


def _strict(values: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum, 0 of nothing, or None if a part is not known."""
    parts = list(values)
    return None if None in parts else total(parts) or ZERO


def _frame(
    rows: Sequence[Held], by: str, cash: Mapping[str, Decimal | None], worth: Decimal | None
) -> pd.DataFrame:
    import pandas as pd

    groups: dict[str, list[Held]] = {}
    for row in rows:
        groups.setdefault(str(getattr(row, by)), []).append(row)
    if by == "currency":
        for currency in cash:
            groups.setdefault(currency, [])
    cells = {name: _cells(mine, worth) for name, mine in groups.items()}
    order = sorted(cells, key=lambda name: -(cells[name]["gross"] or ZERO))
    made: dict[str, Any] = {by: text_column(order)}
    made["holdings"] = pd.array([len(groups[name]) for name in order], dtype="Int64")
    made |= {name: floats([cells[group][name] for group in order]) for name in NUMBERS}
    if by == "currency":
        made["cash"] = floats([cash.get(name, ZERO) for name in order])
    return pd.DataFrame(made, copy=False)


def _cells(rows: Sequence[Held], worth: Decimal | None) -> dict[str, Decimal | None]:
    moving = [row.exposure for row in rows]
    whole = None if None in moving else [one for one in moving if one is not None]
    long = None if whole is None else sum((one for one in whole if one > 0), ZERO)
    short = None if whole is None else sum((one for one in whole if one < 0), ZERO)
    gross = None if long is None or short is None else long - short
    net = None if long is None or short is None else long + short
    return {
        "long": long,
        "short": short,
        "gross": gross,
        "net": net,
        "gross_pct": share(gross, worth),
        "net_pct": share(net, worth),
        "value": _strict(row.value for row in rows),
        "unrealized_pl": _strict(row.unrealized for row in rows),
        "day_pl": _strict(row.day for row in rows),
    }


def summary_of(rows: Sequence[Held], worth: Decimal | None) -> dict[str, Any]:
    """Return the sums and the concentration, as text and percent; None where not known."""
    every = _cells(rows, worth)
    by_underlying: dict[str, Decimal | None] = {}
    for row in rows:
        before = by_underlying.get(row.underlying, ZERO)
        by_underlying[row.underlying] = (
            None if before is None or row.exposure is None else before + row.exposure
        )
    sizes = {name: None if net is None else abs(net) for name, net in by_underlying.items()}
    whole = _strict(sizes.values())
    top: list[dict[str, Any]] = []
    squares: Decimal | None = None
    if whole:
        ranked = sorted(((size or ZERO, name) for name, size in sizes.items()), reverse=True)
        top = [
            {"underlying": name, "share_pct": float(HUNDRED * size / whole)} for size, name in ranked[:TOP]
        ]
        squares = sum(((size / whole) ** 2 for size, _name in ranked), ZERO)
    gross = every["gross"]
    return {
        **{name: text(every[name]) for name in ("long", "short", "gross", "net", "value")},
        "net_assets": text(worth),
        "leverage": None if gross is None or worth is None or worth <= 0 else float(gross / worth),
        "top": top,
        "concentration": None if squares is None else float(squares),
        "effective_holdings": None if not squares else float(1 / squares),
    }


def sentences(frame: pd.DataFrame) -> list[str]:
    """Return the sums in words."""
    known = frame.attrs["openapi"]
    summary = known["summary"]
    leverage = summary["leverage"]
    lines = [
        _("Gross {gross} {base}, net {net}; {leverage} of net assets {worth}.").format(
            gross=shown(amount(summary["gross"])),
            net=shown(amount(summary["net"])),
            base=known["base_currency"],
            leverage="n/a" if leverage is None else f"{100 * leverage:.1f}%",
            worth=shown(amount(summary["net_assets"])),
        )
    ]
    if summary["top"]:
        largest = commas(f"{one['underlying']} {one['share_pct']:.1f}%" for one in summary["top"])
        lines.append(
            _("Largest of gross: {largest}; as concentrated as {count:.1f} equal holdings.").format(
                largest=largest, count=summary["effective_holdings"]
            )
        )
    return lines
