"""Income: dividends, interest and fees from cash movements, splits from corporate actions; total return."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused, guarded
from jupyter_openapi.frames import describe, seal
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.money import (
    ZERO,
    amount,
    exactly,
    floats,
    from_float,
    known_text,
    plain,
    product,
    ratio,
    total,
)
from jupyter_openapi.market.replies import figure, seconds
from jupyter_openapi.market.symbols import is_option
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.arguments import choice, window, yes_or_no
from jupyter_openapi.portfolio.equity import is_external
from jupyter_openapi.portfolio.executions import history_rows, moment
from jupyter_openapi.portfolio.lot_ledger import METHODS
from jupyter_openapi.portfolio.pnl_frame import left_out
from jupyter_openapi.portfolio.positions import AccountReader, brief, names, read_stocks, warn
from jupyter_openapi.portfolio.prices import currency_code, market_zone, read_rates
from jupyter_openapi.portfolio.rates_of_days import PastRates, complete, day_column, past_rates
from jupyter_openapi.portfolio.realized_pnl import worked_out
from jupyter_openapi.portfolio.trades import read_splits
from jupyter_openapi.portfolio.valuation import valued
from jupyter_openapi.spec.dates import zone

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike

KINDS = ("dividend", "interest", "tax", "fee", "split", "other")
_NAMES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("tax", re.compile(r"\btax|withh|\bWHT\b|\bNRA\b|duty|稅|税|預扣|预扣", re.IGNORECASE)),
    (
        "fee",
        re.compile(r"\bfees?\b|charge|commission|levy|custody|佣|費|费|手續|手续", re.IGNORECASE),
    ),
    (
        "dividend",
        re.compile(
            r"dividend|distribution|coupon|\bDRIP\b|股利|股息|红利|紅利|分红|分紅|派息", re.IGNORECASE
        ),
    ),
    ("interest", re.compile(r"interest|利息|計息|计息|收益", re.IGNORECASE)),
)
_TRADES = re.compile(r"\b(?:buy|sell|bought|sold|trade|purchase|settle)|買|买|賣|卖|成交|交收", re.IGNORECASE)
_TRADE_COSTS = re.compile(
    r"trading|trade|commission|platform|stamp|clearing|settlement|transaction|levy|regulatory"
    r"|(?-i:\b(?:SEC|TAF|FINRA|CCASS|SFC|FRC|AFRC|ORF|OCC)\b)|佣|印花|平台|交易|交收|征费|徵費",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"in lieu|fraction|return of capital|capital return|\b(?:loan|lending)\b.*(?:income|rebate)"
    r"|reward|bonus|碎股|零股|现金替代|現金替代|返还资本|資本返還|奖励|獎勵",
    re.IGNORECASE,
)
"""What a security brought that is none of the others."""
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Where a name such as ``TradingFees`` begins a word."""
BY = ("none", "symbol", "month", "kind")
DEFINITIONS = (
    "A cash movement is a dividend, interest, a tax or a fee by its name.",
    "Deposits, trades and the fees of trades are not in it: `pnl` has these.",
    "amount is as booked, in its own currency; amount_base at the rate of exchange of rate_date.",
    "A split has a ratio and no amount; it is listed for what is held, was traded or had income.",
)
Row = dict[str, Any]


def kind_of(name: str, symbol: str) -> str | None:
    """Return what a cash movement is, by its name; None for deposits, withdrawals, trades and their costs."""
    words = _HUMPS.sub(" ", name)
    for kind, pattern in _NAMES:
        if pattern.search(words):
            trade = kind in {"fee", "tax"} and symbol and _TRADE_COSTS.search(words)
            return None if trade else kind
    if is_external(words) or _TRADES.search(words):
        return None
    return "other" if not symbol or _OTHER.search(words) else None


def _unclear(name: str, symbol: str) -> bool:
    """Tell whether the name of a movement of a security says neither what it is nor that it is a trade."""
    words = _HUMPS.sub(" ", name)
    known = any(pattern.search(words) for _kind, pattern in _NAMES)
    return not (known or kind_of(name, symbol) or is_external(words) or _TRADES.search(words))


@guarded
def income(
    client: ClientLike,
    start: Any = "-1y",
    end: Any = None,
    by: str = "none",
    base_currency: str = "HKD",
    *,
    rates: Any = None,
) -> pd.DataFrame:
    """Return dividends, interest, taxes and fees booked in a window, and the splits of it.

    Parameters
    ----------
    client
        A connected `Client`. One read for each page of the cash movements, one of the rates where
        currencies differ, one of the corporate actions of each security (up to 40).
    start, end
        The window, both included; no end is now.
    by
        ``none``: one row a movement; or their sums by ``symbol``, ``month`` or ``kind``.
    base_currency
        The currency of ``amount_base``.
    rates
        Rates of exchange of your own, as `pnl` takes them; by default those that this account's snapshots
        kept of the day, or the week before, and where there are none those of today.

    Returns
    -------
    pandas.DataFrame
        ``date`` (of the market, else of your zone), ``month``, ``symbol``, ``kind`` (dividend, interest,
        tax, fee, split, other), ``name``, ``currency``, ``amount``, ``base_currency``, ``rate_date``
        (of which day the rate is), ``amount_base``, ``ratio`` of a split (``10 for 1``).
        Summed: a column a kind in the base currency, and ``total``; NaN where a rate is not known, 0 where
        nothing of a kind was booked.

    Raises
    ------
    RequestRefused
        The window, `by` or the currency is none.
    ApiError, TransportError
        The cash movements can't be read.

    Warns
    -----
    IncompleteWarning
        Something could not be read: one line says what.
    """
    by = choice("by", by, BY)
    base = currency_code(base_currency)
    past = past_rates(base, rates)
    reader = AccountReader(client)
    start, end = window(start, end, reader.source.tz)
    with exactly():
        rows, symbols = read_income(reader, start, end, past)
        rows += _split_rows(reader, symbols, start, end)
        rows.sort(key=lambda row: (row["date"], row["symbol"]))
        frame = _frame(rows, base) if by == "none" else _summed(rows, by)
    described = describe(
        frame,
        **reader.facts("income"),
        base_currency=base,
        rates=past.today.into(base, {row["currency"] for row in rows if row["currency"]}),
        rates_on=past.on.isoformat(),
        by=by,
        missing=reader.missing,
        notes=[*DEFINITIONS, *past.notes(), *reader.asides],
    )
    warn(reader.missing, _("Not everything is known"))
    return seal(described)


def read_income(
    reader: AccountReader, first: int, last: int | None, past: PastRates
) -> tuple[list[Row], list[str]]:
    """Return the cash movements that are income or its costs, and the symbols of all movements.

    Raises
    ------
    OpenAPIError
        They can't be read.
    """
    until = {} if last is None else {"end_time": last}
    found = history_rows(reader, "cash_flow", start_time=first, **until)
    rows = [row for each in found if (row := _row(each, reader.source.tz)) is not None]
    named = (
        (known_text(each.get("transaction_flow_name")), known_text(each.get("symbol"))) for each in found
    )
    if unclear := [name or _("no name") for name, symbol in named if _unclear(name, symbol)]:
        reader.asides.append(
            _(
                "Cash movements of securities whose name does not say what they are are not in it: {names}."
            ).format(names=names(unclear))
        )
    base = past.base
    if {row["currency"] for row in rows} - {base}:
        complete(past, reader, read_rates(reader), first)
    for row in rows:
        rate, row["rate_date"] = past.rate(row["currency"], row["at"], row["symbol"])
        row["amount_base"] = product(row["amount"], rate)
    unknown = sorted({row["currency"] for row in rows if row["amount_base"] is None})
    if unknown:
        reader.miss(_("no rate for {names} into {base}").format(names=names(unknown), base=base))
    return rows, list(dict.fromkeys(known_text(each.get("symbol")) for each in found))


def _row(row: Mapping[str, Any], tz: str) -> Row | None:
    stamp, moved = seconds(row.get("business_time")), figure(row.get("balance"))
    name, symbol = known_text(row.get("transaction_flow_name")), known_text(row.get("symbol"))
    kind = kind_of(name, symbol)
    if not stamp or moved is None or kind is None:
        return None
    place = market_zone(symbol) if symbol else zone(tz)
    return {
        "at": int(stamp),
        "date": moment(int(stamp)).astimezone(place).date(),
        "symbol": symbol,
        "kind": kind,
        "name": name,
        "currency": known_text(row.get("currency")).upper(),
        "amount": moved,
        "ratio": "",
    }


def _split_rows(reader: AccountReader, moved: Sequence[str], first: int, last: int | None) -> list[Row]:
    """Return a row for each split in the window, of what is held or moved cash."""
    held = [one.symbol for one in read_stocks(reader)]
    symbols = [symbol for symbol in dict.fromkeys([*held, *moved]) if symbol and not is_option(symbol)]
    found = []
    for symbol, splits in read_splits(reader, symbols).items():
        for split in splits or ():
            if split.at < first or (last is not None and split.at > last):
                continue
            day = moment(split.at).astimezone(market_zone(symbol)).date()
            text = _("{new} for {old}").format(new=plain(split.new), old=plain(split.old))
            found.append(
                {
                    "date": day,
                    "symbol": symbol,
                    "kind": "split",
                    "name": _("Split"),
                    "currency": "",
                    "amount": None,
                    "rate_date": None,
                    "amount_base": None,
                    "ratio": text,
                }
            )
    return found


def _frame(rows: Sequence[Row], base: str) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    made: dict[str, Any] = {"date": np.array([str(row["date"]) for row in rows], dtype="datetime64[ns]")}
    made["month"] = text_column([f"{row['date']:%Y-%m}" for row in rows])
    made |= {
        name: text_column([row[name] for row in rows]) for name in ("symbol", "kind", "name", "currency")
    }
    made["amount"] = floats([row["amount"] for row in rows])
    made["base_currency"] = text_column([base] * len(rows))
    made["rate_date"] = day_column(row["rate_date"] for row in rows)
    made["amount_base"] = floats([row["amount_base"] for row in rows])
    made["ratio"] = text_column([row["ratio"] for row in rows])
    return pd.DataFrame(made, index=pd.RangeIndex(len(rows)), copy=False)


def _summed(rows: Sequence[Row], by: str) -> pd.DataFrame:
    """Return the sums in the base currency by symbol, month or kind."""
    import pandas as pd

    paid = [row for row in rows if row["kind"] != "split"]
    groups: dict[str, list[Row]] = {}
    for row in paid:
        key = f"{row['date']:%Y-%m}" if by == "month" else str(row[by])
        groups.setdefault(key, []).append(row)
    order = sorted(groups)
    made: dict[str, Any] = {by: text_column(order)}
    if by != "kind":
        for kind in ("dividend", "interest", "tax", "fee", "other"):
            made[kind] = floats([_sum([r for r in groups[name] if r["kind"] == kind]) for name in order])
    made["total"] = floats([_sum(groups[name]) for name in order])
    return pd.DataFrame(made, copy=False)


def _sum(rows: Sequence[Row]) -> Decimal | None:
    amounts = [row["amount_base"] for row in rows]
    return None if None in amounts else sum(amounts, ZERO)


@guarded
def total_return(
    client: ClientLike,
    start: Any = "-1y",
    end: Any = None,
    base_currency: str = "HKD",
    method: str = "fifo",
    *,
    fees: bool | None = None,
    rates: Any = None,
) -> pd.DataFrame:
    """Return what each security brought: price gains, realized and not, dividends, taxes and fees.

    Parameters
    ----------
    client
        A connected `Client`; read as `value`, `pnl` and `income` do.
    start, end
        The window of what was realized and booked; what is not realized is as of now, from its cost.
    base_currency
        The currency of all amounts: what is held at today's rates, what was closed and booked at `rates`.
    method
        How sales meet purchases: ``fifo`` or ``average``.
    fees
        Whether to ask for the fees of round trips, one request an order; by default for up to 15 orders.
    rates
        Rates of exchange for what was closed and booked, as `pnl` takes them.

    Returns
    -------
    pandas.DataFrame
        ``symbol``, ``realized_pl`` (before fees), ``unrealized_pl``, ``dividend``, ``interest``, ``tax``,
        ``fee``, ``other`` (those booked as cash, by symbol), ``trade_fees`` (of the round trips), ``total``,
        ``cost_value`` of what is held, ``total_pct`` of it. The last row, without a symbol, is what was
        booked for no security. NaN where a part is not known.

    Raises
    ------
    RequestRefused
        An argument is none.

    Warns
    -----
    IncompleteWarning
        Something could not be read: one line says what.
    """
    base = currency_code(base_currency)
    past = past_rates(base, rates)
    reader = AccountReader(client)
    choice("method", method, METHODS, _(" or "))
    yes_or_no("fees", fees, or_none=True)
    window(start, end, reader.source.tz)
    held = valued(client, base)
    trips = worked_out(client, start, end, base, method, fees=fees, rates=rates)
    with exactly():
        try:
            rows, _symbols = read_income(reader, *window(start, end, reader.source.tz), past)
        except OpenAPIError as failure:
            if isinstance(failure, RequestRefused):
                raise
            reader.miss(_("cash movements ({brief})").format(brief=brief(failure)))
            rows = []
        frame = _total_frame(held, trips, rows, base, known=not reader.missing)
    missing = list(
        dict.fromkeys(
            [*held.attrs["openapi"]["missing"], *trips.attrs["openapi"]["missing"], *reader.missing]
        )
    )
    missing += left_out(trips.attrs["openapi"])
    if unknown := list(frame.loc[frame["trade_fees"].isna(), "symbol"].map(str)):
        missing.append(
            _("the fees of round trips in {names} (fees=True asks for all)").format(names=names(unknown))
        )
    described = describe(
        frame,
        **reader.facts("total return"),
        base_currency=base,
        left_out=trips.attrs["openapi"].get("left_out", {}),
        missing=missing,
        notes=[*_total_notes(held, trips, past, client.tz), *reader.asides],
    )
    warn(missing, _("Not everything is known"))
    return seal(described)


def _total_notes(held: pd.DataFrame, trips: pd.DataFrame, past: PastRates, tz: str) -> list[str]:
    """Return the definitions, and of which days the rates are, said once."""
    known, said = held.attrs["openapi"], []
    if set(known["rates"]) - {past.base}:
        day = datetime.fromisoformat(str(known["requested_at"])).astimezone(zone(tz)).date()
        said = [_("What is held is at the rates of exchange of {day}.").format(day=day)]
    return list(dict.fromkeys([*DEFINITIONS, *past.notes(), *trips.attrs["openapi"]["rates_said"], *said]))


def _total_frame(
    held: pd.DataFrame, trips: pd.DataFrame, rows: Sequence[Row], base: str, *, known: bool
) -> pd.DataFrame:
    import pandas as pd

    money = {name: amount(rate) for name, rate in held.attrs["openapi"]["rates"].items()}
    money |= {name: amount(rate) for name, rate in trips.attrs["openapi"].get("rates", {}).items()}
    odd = trips.attrs["openapi"].get("left_out", {})
    symbols = list(
        dict.fromkeys([*held["symbol"].map(str), *trips["symbol"].map(str), *(row["symbol"] for row in rows)])
    )
    symbols = [*(symbol for symbol in symbols if symbol), *([""] if "" in symbols else [])]
    columns: dict[str, list[Decimal | None]] = {
        name: []
        for name in (
            "realized_pl", "unrealized_pl", "dividend", "interest", "tax", "fee", "other", "trade_fees",
            "total", "cost_value", "total_pct",
        )
    }  # fmt: skip
    for symbol in symbols:
        mine = held[held["symbol"] == symbol]
        done = trips[(trips["symbol"] == symbol) & (trips["kind"] == "trip")]
        cost = _strict(
            [
                product(from_float(value), money.get(str(currency)))
                for value, currency in zip(mine["cost_value"], mine["currency"], strict=True)
            ]
        )
        realized = None if symbol in odd else _strict(map(from_float, done["realized_pl_base"]))
        net = None if symbol in odd else _strict(map(from_float, done["net_pl_base"]))
        fees = None if realized is None or net is None else net - realized
        parts = {
            "realized_pl": realized,
            "unrealized_pl": _strict(map(from_float, mine["unrealized_pl_base"])),
            "trade_fees": fees,
        }
        for kind in ("dividend", "interest", "tax", "fee", "other"):
            booked = [row for row in rows if row["symbol"] == symbol and row["kind"] == kind]
            parts[kind] = _sum(booked) if known else None
        whole = _strict(parts.values())
        parts |= {"total": whole, "cost_value": cost, "total_pct": ratio(whole, cost)}
        for name, values in columns.items():
            values.append(parts[name])
    made: dict[str, Any] = {
        "symbol": text_column(symbols),
        "base_currency": text_column([base] * len(symbols)),
    }
    return pd.DataFrame(made | {name: floats(values) for name, values in columns.items()}, copy=False)


def _strict(values: Any) -> Decimal | None:
    """Return the sum, 0 of nothing, or None if any part is not known."""
    parts = list(values)
    return None if None in parts else total(parts) or ZERO
