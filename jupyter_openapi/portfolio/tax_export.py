"""A tax year: the round trips closed in it, in trade and base currency, as frames and as an Excel file.

Each side of a trip is converted at the rate of its own day (`tax_amounts`), so that what the currency gained
between them is in the gain. `pnl` and the statistics of trades keep one rate, that of closing: they measure
what a trade brought in its own currency.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, guarded
from jupyter_openapi.frames import describe
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.money import exactly, floats, from_float, total
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.arguments import file_path, one_client, told
from jupyter_openapi.portfolio.pnl_frame import ONE_RATE, facts_of, frame_of, left_out, rows_of
from jupyter_openapi.portfolio.positions import warn
from jupyter_openapi.portfolio.rates_of_days import day_column
from jupyter_openapi.portfolio.realized_pnl import read_account
from jupyter_openapi.portfolio.tax_amounts import BaseTrip, BaseTrips, Rated
from jupyter_openapi.portfolio.tax_lots import term_of
from jupyter_openapi.storage import SHEET_ROWS, replacing

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike

METHODS = {
    "fifo": "First in, first out: a sale closes the oldest lot first.",
    "average": "Average cost: a sale closes part of all lots, at their average cost.",
}
KEPT = (
    "symbol",
    "market",
    "currency",
    "direction",
    "quantity",
    "opened_on",
    "closed_on",
    "term",
    "proceeds",
    "cost",
    "open_fees",
    "close_fees",
    "fees",
    "gain",
    "base_currency",
    "proceeds_rate",
    "proceeds_rate_date",
    "proceeds_base",
    "cost_rate",
    "cost_rate_date",
    "cost_base",
    "fees_base",
    "gain_base",
    "fx_gain_base",
    "method",
    "estimated",
    "open_order_id",
    "close_order_id",
    "remark",
)
SUMS = ("proceeds_base", "cost_base", "fees_base", "gain_base", "fx_gain_base")
UNCONVERTED = ("base_currency", "rate", "rate_date", "realized_pl_base", "net_pl_base")
"""Columns of `pnl` that are at one rate: the sheet of what could not be matched goes without them."""
DEFINITIONS = (
    "gain = proceeds - cost - fees, of both sides of a round trip.",
    "What opened a trip is at the rate of exchange of the day it was opened, its fees included.",
    "What closed it is at the rate of the day it was closed. A short sale is opened by its proceeds.",
    "proceeds_rate and cost_rate are these rates, proceeds_rate_date and cost_rate_date their days.",
    "No day stands there for a rate of 1, for one given for all days, and for an average of several days.",
    "gain_base = proceeds_base - cost_base - fees_base; what the currency gained is in it.",
    "fx_gain_base is that part: gain_base less gain at the rate of closing.",
    "term is long where it was held for more than a year; what opened on an unknown day has none.",
)
FOREIGN_FEES = "fees_base is of the fees as they were charged, from that currency at the rate of the day."
AVERAGED = "At average cost, what several days opened is at the average of their rates, by what was paid."


@guarded
def tax_year(
    client: ClientLike,
    year: int,
    path: str | Path | None = None,
    base_currency: str = "HKD",
    method: str = "fifo",
    *,
    first_day: str = "01-01",
    opening: Mapping[str, tuple[Any, ...]] | None = None,
    rates: Any = None,
) -> pd.DataFrame:
    """Return the round trips closed in a tax year, and save them as an Excel file.

    Parameters
    ----------
    client
        A connected `Client`. As `pnl` reads, with the fees: one request an order.
    year
        The year in which the tax year begins.
    path
        A file that ends in ``.xlsx``; one that is there is replaced. None saves nothing.
    base_currency
        The currency of the tax return.
    method
        ``fifo`` or ``average``; the file names it.
    first_day
        The month and day on which the tax year begins, such as ``04-01``.
    opening
        What was held before the first execution, as `pnl`: with its day, so that its cost has a rate.
    rates
        Rates of exchange of your own, such as those a tax office publishes, as `pnl` takes them; of the days
        of purchases, too.

    Returns
    -------
    pandas.DataFrame
        One row a round trip: ``symbol``, ``market``, ``currency``, ``direction``, ``quantity``,
        ``opened_on`` and ``closed_on`` (days of the market), ``term`` (``long`` after more than a year),
        ``proceeds``, ``cost``, ``fees`` and ``gain`` (after fees) in the trade's currency, the same in
        ``base_currency`` with ``_base`` after the name, ``method``, ``estimated``, the orders, ``remark``.
        What opened a trip is converted at the rate of the day it was opened, what closed it at that of the
        day it was closed, the fees of each side (``open_fees``, ``close_fees``) included: the cost of a long
        trip at ``cost_rate`` of its purchase, of a short one at that of its closing, and the proceeds at
        ``proceeds_rate`` likewise. ``cost_rate_date`` and ``proceeds_rate_date`` are the days of these rates:
        that day, or one of the week before, where a snapshot of this account kept a rate, else today, for the
        broker serves no rates of the past; NaT where none is needed, for rates of all days and, at average
        cost, for the average of several days. ``fx_gain_base`` is the currency's part of ``gain_base``: what
        is beyond ``gain`` at the rate of closing. NaN where not known. The file has a sheet of these, of
        their sums by term, of what could not be matched, and of what the columns mean.

    Raises
    ------
    RequestRefused
        The year, its first day, the method, the currency or the path is none; or openpyxl is not installed.

    Warns
    -----
    IncompleteWarning
        Something could not be read, or a symbol's quantities do not add up: one line says what.
    """
    first, last = _year(year, first_day)
    if path is not None:
        excel_path(path)
    one_client(client)
    reader, account = read_account(
        client, first, last, base_currency, method, fees=True, opening=opening, rates=rates, all_days=True
    )
    with exactly():
        rows = rows_of(account)
        based = BaseTrips.of(account)
        known = facts_of(account, {}, reader.asides, client.tz, "proceeds_rate_date, cost_rate_date")
        raw = frame_of(rows, client.tz)
        frame = _rows(raw, [based.trips[id(row["of"])] for row in rows if row["counted"]])
        sums = _summed(frame)
    missing = [*reader.missing, *based.missing(account.base)]
    missing += left_out(known, raw.loc[~raw["counted"], "symbol"].map(str))
    about = _about(first, last, known, missing, foreign=based.foreign)
    if path is not None:
        import pandas as pd

        sheets = {
            "Trips": frame,
            "Sums": sums,
            "Unmatched": raw[~raw["counted"]].drop(columns=list(UNCONVERTED)),
            "About": pd.DataFrame({"about": text_column(about)}),
        }
        save_sheets(path, sheets)
    facts = reader.facts("tax year") | {"window": [first, last], "missing": missing, "notes": about}
    kept = {name: known[name] for name in ("base_currency", "method", "left_out")}
    described = describe(frame, **kept, **facts)
    warn(missing, _("Not everything is known"))
    return described


def _about(
    first: date, last: date, known: Mapping[str, Any], missing: Sequence[str], *, foreign: bool
) -> list[str]:
    """Return the sentences that say what the file holds, and what is not known."""
    return [
        _("Tax year: {first} to {last}, days of the market traded on.").format(first=first, last=last),
        _("Method: {method}.").format(method=_(METHODS[known["method"]]).rstrip(".。")),
        *(_(line) for line in DEFINITIONS),
        *([_(AVERAGED)] if known["method"] == "average" else []),
        *([_(FOREIGN_FEES)] if foreign else []),
        *(_("Not known: {what}.").format(what=what) for what in missing),
        *(_(line) for line in known["notes"] if line != ONE_RATE),
    ]


def _year(year: int, first_day: str) -> tuple[date, date]:
    try:
        whole = "" if isinstance(year, (bool, float)) else int(year)
        first = date.fromisoformat(f"{whole:04d}-{first_day}")
        after = first.replace(year=first.year + 1)
    except (ValueError, TypeError):
        raise RequestRefused(
            _("A tax year is a year such as 2026, and first_day a day such as 04-01; not {year}.").format(
                year=told(f"{year}-{first_day}")
            )
        ) from None
    return first, after - timedelta(days=1)


def _rows(raw: pd.DataFrame, based: Sequence[BaseTrip]) -> pd.DataFrame:
    """Return the trips that count with what a tax return asks for; `based` are the same in base currency."""
    import numpy as np
    import pandas as pd

    trips = raw[raw["counted"]].reset_index(drop=True)
    made: dict[str, Any] = {name: trips[name] for name in KEPT if name in trips.columns}
    opened = _days(trips)
    made["opened_on"] = np.array([str(day or "NaT") for day in opened], dtype="datetime64[ns]")
    made["closed_on"] = trips["trade_date"]
    closed = [None if pd.isna(day) else day.date() for day in trips["trade_date"]]
    made["term"] = text_column(
        ["" if day is None else term_of(begun, day) for begun, day in zip(opened, closed, strict=True)]
    )
    made["gain"] = trips["net_pl"]
    made["open_fees"] = floats([one.trip.open_fee for one in based])
    made["close_fees"] = floats([one.trip.close_fee for one in based])
    for side in ("proceeds", "cost"):
        rated: list[Rated] = [getattr(one, f"{side}_rated") for one in based]
        made[f"{side}_rate"] = floats([one.rate for one in rated])
        made[f"{side}_rate_date"] = day_column(one.day for one in rated)
    for name in ("proceeds", "cost", "fees", "gain", "fx_gain"):
        made[f"{name}_base"] = floats([getattr(one, name) for one in based])
    return pd.DataFrame({name: made[name] for name in KEPT}, index=pd.RangeIndex(len(trips)))


def _days(trips: pd.DataFrame) -> list[date | None]:
    """Return the day, in its market, on which each trip was opened; None where that is not known."""
    import pandas as pd

    from jupyter_openapi.portfolio.prices import market_zone

    return [
        None if pd.isna(at) else at.tz_convert(market_zone(str(symbol))).date()
        for at, symbol in zip(trips["opened_at"], trips["symbol"], strict=True)
    ]


def _summed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the sums by term, and of all; NaN where a part is not known."""
    import pandas as pd

    parts = {
        _("held for more than a year"): frame[frame["term"] == "long"],
        _("held for a year or less"): frame[frame["term"] == "short"],
        _("held for an unknown time"): frame[frame["term"] == ""],
        _("all"): frame,
    }
    rows = {
        name: [None if bool(part[sum_].isna().any()) else total(map(from_float, part[sum_])) for sum_ in SUMS]
        for name, part in parts.items()
        if len(part)
    }
    made: dict[str, Any] = {"term": text_column(list(rows))}
    made["trips"] = pd.array([len(parts[name]) for name in rows], dtype="Int64")
    made |= {sum_: floats([values[at] for values in rows.values()]) for at, sum_ in enumerate(SUMS)}
    return pd.DataFrame(made)


UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that an Excel file cannot hold."""
WIDEST = 48  # characters of a column


def save_sheets(path: str | Path, sheets: Mapping[str, pd.DataFrame]) -> Path:
    """Write frames as sheets of an Excel file, which replaces one that is there; return its path.

    Times are naive in their own zone, which stands in the column's name; days are shown as days; what is not
    known is an empty cell.

    Raises
    ------
    RequestRefused
        The name does not end in .xlsx, openpyxl is not installed, a frame has more rows than a sheet,
        or the file can't be written.
    """
    target = excel_path(path)
    rows = max(map(len, sheets.values()), default=0)
    if rows > SHEET_ROWS:
        raise RequestRefused(
            _("{path} was not written: {rows:,} rows do not fit an Excel sheet.").format(
                path=target.name, rows=rows
            )
        )
    import pandas as pd

    try:
        with (
            replacing(target, ending=".xlsx", private=False) as draft,
            pd.ExcelWriter(draft, engine="openpyxl") as book,
        ):
            for name, frame in sheets.items():
                flat = _flat(frame)
                flat.to_excel(book, index=False, sheet_name=name, freeze_panes=(1, 0))
                _finish(book.sheets[name])
    except OSError as failure:
        raise RequestRefused(
            _("{path} was not written: {reason}.").format(path=target, reason=failure.strerror or failure)
        ) from None
    return target


def excel_path(path: Any) -> Path:
    """Return where an Excel file is to be written.

    Raises
    ------
    RequestRefused
        The name does not end in .xlsx, or openpyxl is not installed.
    """
    target = file_path("path", path, "'tax.xlsx'")
    if target.suffix.lower() != ".xlsx":
        raise RequestRefused(_("An Excel file's name ends in .xlsx, not {path}.").format(path=target.name))
    if find_spec("openpyxl") is None:
        raise RequestRefused(
            _("Excel files need openpyxl, which is not installed: pip install 'jupyter-openapi[excel]'.")
        )
    return target


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    made: dict[str, Any] = {}
    for name in frame.columns:
        column = frame[name]
        title = str(name)
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            title, column = f"{name} ({column.dtype.tz})", column.dt.tz_localize(None)
        elif pd.api.types.is_datetime64_dtype(column):
            column = column.dt.date.where(column.notna(), None)
        elif pd.api.types.is_string_dtype(column) or pd.api.types.is_object_dtype(column):
            column = column.map(lambda value: UNFIT.sub("\ufffd", value) if isinstance(value, str) else value)
        made[title] = column
    return pd.DataFrame(made)


def _finish(sheet: Any) -> None:
    """Make every text a text ("=1+1" would be a formula), and the columns as wide as what is in them."""
    for column in sheet.columns:
        widest = 0
        for cell in column:
            if isinstance(cell.value, str):
                cell.data_type = "s"
            widest = max(widest, len(str(cell.value if cell.value is not None else "")))
        sheet.column_dimensions[column[0].column_letter].width = min(WIDEST, widest + 2)
