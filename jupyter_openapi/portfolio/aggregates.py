"""Totals of a valuation or of a profit, and notes about them in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.frames import describe
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.frames.view import base_currency_of
from jupyter_openapi.market.money import (
    amount,
    exactly,
    floats,
    from_float,
    minus,
    product,
    share,
    shown,
    total,
)
from jupyter_openapi.messages import _, commas, ngettext
from jupyter_openapi.portfolio import pnl_frame, valuation
from jupyter_openapi.portfolio.arguments import frame_with
from jupyter_openapi.portfolio.pnl_frame import COLUMNS as PNL_COLUMNS
from jupyter_openapi.portfolio.pnl_frame import Cells
from jupyter_openapi.portfolio.valuation import COLUMNS, text

if TYPE_CHECKING:
    import pandas as pd


def trip_lines(frame: pd.DataFrame, *, privacy: bool) -> list[str]:
    """Return what a frame of `pnl` comes to: its window, the sums in the base currency, what they lack."""
    known: Mapping[str, Any] = frame.attrs["openapi"]
    trips = frame[frame["counted"]]
    count = len(trips)
    words = [ngettext("{count:,} round trip", "{count:,} round trips", count).format(count=count)]
    if len(trips) and not privacy:
        words += _sums(trips, str(known["base_currency"]))
    words += _left_out(frame, known, privacy=privacy)
    start, end = (str(at)[:10] for at in known.get("window") or ("", ""))
    said = _("; ").join(words) + _(".")
    return [_("{first} to {last}: {said}").format(first=start, last=end, said=said) if start else said]


def _sums(trips: pd.DataFrame, base: str) -> list[str]:
    gross, net = (
        total(from_float(each) for each in trips[f"{name}_base"]) for name in ("realized_pl", "net_pl")
    )
    words = [_("realized {shown} {base} before fees").format(shown=shown(gross), base=base)]
    guessed = trips[trips["estimated"]]
    if len(guessed):
        part = total(from_float(each) for each in guessed["realized_pl_base"])
        words[0] += _(" ({shown} of it at an estimated cost)").format(shown=shown(part))
    whole = not bool(trips.loc[trips["realized_pl_base"].notna(), "net_pl_base"].isna().any())
    return [
        *words,
        _("{amount} after").format(amount=shown(net)) if whole else _("after fees not known for all"),
    ]


def _left_out(frame: pd.DataFrame, known: Mapping[str, Any], *, privacy: bool) -> list[str]:
    """Return a clause for each symbol that is in no sum, or not in that of the base currency."""
    reasons: dict[str, str] = dict(known.get("left_out", {}))
    no_rate = frame["counted"] & frame["realized_pl"].notna() & frame["realized_pl_base"].isna()
    for symbol, currency in frame.loc[no_rate, ["symbol", "currency"]].drop_duplicates().to_numpy():
        reasons[str(symbol)] = _("no rate for {currency}").format(currency=currency)
    here = [symbol for symbol in dict.fromkeys(frame["symbol"]) if symbol in reasons]
    if privacy:
        return [_("{symbols} left out").format(symbols=commas(here))] if here else []
    return pnl_frame.left_out({"left_out": reasons}, here)


def by_symbol(frame: pd.DataFrame) -> pd.DataFrame:
    """Sum a frame of `pnl` by symbol, the broker's own analysis beside it.

    Parameters
    ----------
    frame
        What `pnl` gave.

    Returns
    -------
    pandas.DataFrame
        ``trips``, ``quantity`` closed, ``realized_pl``, ``fees``, ``net_pl`` (NaN where any fee is not
        known), ``realized_pl_base``, ``unmatched`` (quantity sold or left without a match), ``broker_pl`` and
        ``difference`` (ours - the broker's: of net_pl, or of realized_pl where fees are not known),
        ``comparable``: whether nothing was held at the start and at the end; only then both mean the same,
        for the broker's number includes what open positions gained, and fees. ``estimated``: whether a cost
        is. ``left_out``: why a symbol whose quantities do not add up has no sums; else empty.

    Raises
    ------
    RequestRefused
        It is no frame of `pnl`.
    """
    said = _("by_symbol(frame) takes the frame that portfolio.pnl(...) gave.")
    known: Mapping[str, Any] = frame_with(frame, PNL_COLUMNS, said, attrs=True).attrs["openapi"]
    if "flat" not in known:
        raise RequestRefused(said)
    with exactly():
        rows = [_summed(str(symbol), mine, known) for symbol, mine in frame.groupby("symbol", sort=False)]
    kept = {name: known.get(name) for name in ("mode", "source", "requested_at", "base_currency", "window")}
    return describe(_summary_frame(rows), operation="pnl by symbol", **kept)


def _summed(symbol: str, rows: pd.DataFrame, known: Mapping[str, Any]) -> Cells:
    trips = rows[rows["kind"] == "trip"]
    why = str(known.get("left_out", {}).get(symbol, ""))
    sums = {
        name: total(from_float(number) for number in trips[name])
        for name in ("quantity", "realized_pl", "fees", "net_pl", "realized_pl_base")
    }
    for name in ("realized_pl", "fees", "net_pl", "realized_pl_base"):
        if why or bool(trips[name].isna().any()):
            sums[name] = None
    broker = known.get("broker_profit", {}).get(symbol)
    currency = str(rows["currency"].iloc[0])
    theirs = amount(broker["profit"]) if broker and broker["currency"] in {"", currency} else None
    ours = sums["net_pl"] if sums["net_pl"] is not None else sums["realized_pl"]
    return {
        "symbol": symbol,
        "currency": currency,
        "trips": len(trips),
        **sums,
        "unmatched": total(
            from_float(number) for number in rows.loc[rows["kind"] == "unmatched", "quantity"]
        ),
        "estimated": bool(trips["estimated"].any()),
        "left_out": why,
        "broker_pl": theirs,
        "difference": minus(ours, theirs),
        "comparable": bool(known["flat"].get(symbol)),
    }


def _summary_frame(rows: Sequence[Cells]) -> pd.DataFrame:
    import pandas as pd

    made: dict[str, Any] = {name: text_column([row[name] for row in rows]) for name in ("symbol", "currency")}
    made["trips"] = pd.array([row["trips"] for row in rows], dtype="Int64")
    for name in (
        "quantity",
        "realized_pl",
        "fees",
        "net_pl",
        "realized_pl_base",
        "unmatched",
        "broker_pl",
        "difference",
    ):
        made[name] = floats([row[name] for row in rows])
    made["comparable"] = pd.array([row["comparable"] for row in rows], dtype="boolean")
    made["estimated"] = pd.array([row["estimated"] for row in rows], dtype="boolean")
    made["left_out"] = text_column([row["left_out"] for row in rows])
    return pd.DataFrame(made, copy=False)


SUMS = ("market_value", "cost_value", "unrealized_pl", "day_pl", "market_value_base", "unrealized_pl_base")
NUMBERS = (*SUMS, "day_pl_base", "share")
KEPT = ("mode", "source", "requested_at", "base_currency", "missing")
CENT = Decimal("0.01")
Part = dict[str, Any]


def totals(frame: pd.DataFrame) -> pd.DataFrame:
    """Add up a frame of `value`: by market and currency, the cash, and everything in the base currency.

    Parameters
    ----------
    frame
        What `value` gave. Rows may have been left out; the cash stays.

    Returns
    -------
    pandas.DataFrame
        - one row for each market and currency of the holdings;
        - one for each currency of what was sold out today, market ``CLOSED``: only its ``day_pl``;
        - one for each currency of cash, market ``CASH``;
        - the last, market ``TOTAL``, everything in the base currency.

        ``holdings`` counts rows, ``unknown`` those without a value: a sum is then of the others, and NaN
        where there are no others. ``left_out`` names, sum by sum, what is not in it, whose amount is not
        known (``unrealized_pl: 700.HK; day_pl: 5.HK``). The ``_base`` columns are at today's rates. ``share``
        is the part of the whole, cash included, 0 to 1. ``attrs["openapi"]["broker"]`` has the broker's own
        net assets, and how much ours are above them (``difference``).

    Raises
    ------
    RequestRefused
        It is no frame of `value`.
    """
    known = facts(frame)
    with exactly():
        parts = [*_market_parts(frame, known), *_closed_parts(known), *_cash_parts(known)]
        whole = _whole(parts, str(known["base_currency"]))
        parts.append(whole)
        for part in parts:
            part["share"] = share(part.get("market_value_base"), whole["market_value_base"], Decimal(1))
        broker = _beside_broker(known, whole["market_value_base"])
    kept = {name: known.get(name) for name in KEPT}
    return describe(_frame(parts), operation="portfolio totals", **kept, broker=broker)


def facts(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what a frame of `value` says of itself.

    Raises
    ------
    RequestRefused
        It is none.
    """
    said = _("frame is what portfolio.value(client) gave, with all its columns.")
    known: dict[str, Any] = frame_with(frame, COLUMNS, said, attrs=True).attrs["openapi"]
    if "cash" not in known:
        raise RequestRefused(said)
    return known


def _market_parts(frame: pd.DataFrame, known: Mapping[str, Any]) -> list[Part]:
    parts: list[Part] = []
    for (market, currency), rows in frame.groupby(["market", "currency"], sort=False, dropna=False):
        part: Part = {
            "market": str(market),
            "currency": str(currency),
            "holdings": len(rows),
            "unknown": int(rows["market_value_base"].isna().sum()),
        }
        part |= {name: total(from_float(number) for number in rows[name]) for name in SUMS}
        part["lacks"] = {name: list(rows.loc[rows[name].isna(), "symbol"].map(str)) for name in SUMS}
        part["lacks"]["day_pl_base"] = (
            part["lacks"]["day_pl"]
            if amount(known["rates"].get(str(currency))) is not None
            else list(rows["symbol"].map(str))
        )
        part["day_pl_base"] = product(part["day_pl"], amount(known["rates"].get(str(currency))))
        parts.append(part)
    return parts


def _closed_parts(known: Mapping[str, Any]) -> list[Part]:
    parts: dict[str, Part] = {}
    for gone in known.get("closed_today", ()):
        empty = {"market": "CLOSED", "currency": gone["currency"], "holdings": 0, "unknown": 0}
        part = parts.setdefault(gone["currency"], {**empty, "lacks": {"day_pl": [], "day_pl_base": []}})
        for name in ("day_pl", "day_pl_base"):
            part[name] = total([part.get(name), amount(gone[name])])
            if amount(gone[name]) is None:
                part["lacks"][name].append(str(gone["symbol"]))
    return list(parts.values())


def _cash_parts(known: Mapping[str, Any]) -> list[Part]:
    return [
        {
            "market": "CASH",
            "currency": cash["currency"],
            "holdings": 0,
            "unknown": int(cash["amount_base"] is None),
            "market_value": amount(cash["amount"]),
            "market_value_base": amount(cash["amount_base"]),
            "lacks": {"market_value_base": [f"cash {cash['currency']}"] * (cash["amount_base"] is None)},
        }
        for cash in known["cash"]
    ]


def _whole(parts: Sequence[Part], base: str) -> Part:
    whole: Part = {
        "market": "TOTAL",
        "currency": base,
        "holdings": sum(part["holdings"] for part in parts),
        "unknown": sum(part["unknown"] for part in parts),
    }
    for name in ("market_value", "unrealized_pl", "day_pl"):
        whole[name] = whole[f"{name}_base"] = total(part.get(f"{name}_base") for part in parts)
    whole["lacks"] = {
        name: [symbol for part in parts for symbol in part["lacks"].get(f"{name}_base", ())]
        for name in ("market_value", "unrealized_pl", "day_pl")
    }
    return whole


def _beside_broker(known: Mapping[str, Any], whole: Decimal | None) -> dict[str, Any] | None:
    broker: dict[str, Any] | None = known.get("broker")
    if not broker or broker["currency"] != known["base_currency"]:
        return broker
    return {**broker, "difference": text(minus(whole, amount(broker["net_assets"])))}


def _frame(parts: Sequence[Part]) -> pd.DataFrame:
    import pandas as pd

    made: dict[str, Any] = {
        name: text_column([part[name] for part in parts]) for name in ("market", "currency")
    }
    made |= {
        name: pd.array([part[name] for part in parts], dtype="Int64") for name in ("holdings", "unknown")
    }
    made |= {name: floats([part.get(name) for part in parts]) for name in NUMBERS}
    made["left_out"] = text_column([_lacks(part["lacks"]) for part in parts])
    return pd.DataFrame(made, copy=False)


def _lacks(lacks: Mapping[str, Sequence[str]]) -> str:
    """Return ``day_pl: 5.HK, 700.HK``, sum by sum; empty where every sum has everything."""
    return "; ".join(f"{name}: {', '.join(dict.fromkeys(found))}" for name, found in lacks.items() if found)


ALWAYS_TRUE = frozenset((*valuation.DEFINITIONS, *pnl_frame.DEFINITIONS))
"""What every frame says of its columns; the other notes are about one frame."""


def notes(frame: pd.DataFrame, *, privacy: bool = False, definitions: bool = True) -> str:
    """Return what a frame of this package says of itself, as lines to print: sums, currency, definitions.

    Parameters
    ----------
    frame
        What a function of this package gave.
    privacy
        Leave out amounts.
    definitions
        Add what each column means.
    """
    said = _("notes(frame) takes a frame that a function of portfolio gave.")
    known = frame_with(frame, (), said, attrs=True).attrs["openapi"]
    lines: list[str] = []
    if "cash" in known and frame.empty and not known["cash"]:
        lines += [] if known["missing"] else [_("No positions and no cash.")]
    elif "cash" in known and not privacy:
        lines += _sum_lines(frame)
    if "flat" in known:
        frame_with(frame, PNL_COLUMNS, said)
        lines += trip_lines(frame, privacy=privacy)
    if base := base_currency_of(frame):
        lines.append(_("Amounts are in {base}.").format(base=base))
    if missing := known.get("missing"):
        lines.append(_("Not known: {missing}.").format(missing=_("; ").join(missing)))
    lines += [_(line) for line in known.get("notes", ()) if definitions or line not in ALWAYS_TRUE]
    said = "\n".join(lines)
    for symbol in known.get("left_out") or () if privacy else ():  # why may be quantities
        (clause,) = pnl_frame.left_out(known, [symbol])
        said = said.replace(clause, _("{symbols} left out").format(symbols=symbol))
    return said


def _sum_lines(frame: pd.DataFrame) -> list[str]:
    summed = totals(frame)
    whole, base = summed.iloc[-1], str(summed["currency"].iloc[-1])
    cash = summed.loc[summed["market"] == "CASH", "market_value_base"].sum(min_count=1)
    lacks = dict(part.split(": ", 1) for part in str(whole["left_out"] or "").split("; ") if ": " in part)
    without = {
        name: _(" ({symbols} left out)").format(symbols=lacks[name]) if name in lacks else ""
        for name in ("market_value", "unrealized_pl", "day_pl")
    }
    amounts = (
        _("Total {amount} {base}{without}").format(
            amount=shown(from_float(whole["market_value_base"])), base=base, without=without["market_value"]
        ),
        _("of it cash {shown}").format(shown=shown(from_float(cash))),
        _("unrealized {amount}{without}").format(
            amount=shown(from_float(whole["unrealized_pl_base"])), without=without["unrealized_pl"]
        ),
        _("today {amount}{without}").format(
            amount=shown(from_float(whole["day_pl_base"])), without=without["day_pl"]
        ),
    )
    lines = [_("; ").join(amounts) + _("."), *_currency_lines(frame, base)]
    broker = summed.attrs["openapi"].get("broker")
    if broker and broker.get("difference") is not None:
        more = amount(broker["difference"]) or Decimal(0)
        apart = (
            _("the same to a cent")
            if abs(more) < CENT
            else (_("{amount} more") if more > 0 else _("{amount} less")).format(amount=shown(abs(more)))
        )
        lines.append(
            _("The broker's own net assets: {shown} {currency}; ours are {apart}.").format(
                shown=shown(amount(broker["net_assets"])), currency=broker["currency"], apart=apart
            )
        )
    return lines


def _currency_lines(frame: pd.DataFrame, base: str) -> list[str]:
    """Say that rows are not in the currency of their total, where some are not: they don't add up."""
    found = sorted({str(each) for each in frame["currency"].dropna()}) if "currency" in frame else []
    if not set(found) - {base}:
        return []
    return [_("Each row is in its security's own currency ({currencies}).").format(currencies=commas(found))]
