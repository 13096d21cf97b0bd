"""What executions on disk cost, by the fee table, and what amounts are worth in a base currency, by day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, guarded
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.fees import BrokerFees, charges, regulatory, stated_fees, total
from jupyter_openapi.market.money import ZERO, amount, exactly, floats, from_float
from jupyter_openapi.market.symbols import market_of
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio import snapshot_store as store
from jupyter_openapi.portfolio.equity import grouped, rates_of
from jupyter_openapi.portfolio.prices import currency_code, market_zone
from jupyter_openapi.spec.dates import zone

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike
    from jupyter_openapi.market.worth import Instrument
    from jupyter_openapi.portfolio.archive_files import Booked

MANY = 5_000  # orders remembered before those of other days are forgotten
LATE = 3  # days
STALE = 7  # days that a rate counts for


@dataclass(slots=True)
class _Charged:
    """What an order filled on one day, and what was charged for it so far."""

    day: date
    quantity: Decimal = ZERO
    value: Decimal = ZERO
    fee: Decimal = ZERO


@dataclass
class FeeTable:
    """The fees of fills as they come: an order of one day is charged as a whole.

    A market whose broker's own fees are not stated has no fees, for its commission is not known.
    """

    own: Mapping[str, BrokerFees] = field(default_factory=dict)
    _orders: dict[tuple[str, str], _Charged] = field(default_factory=dict)

    @classmethod
    def of(cls, stated: Mapping[str, object] | None) -> FeeTable:
        """Return the table with the broker's own fees as a user states them."""
        return cls(stated_fees(stated or {}))

    def fee(self, one: Booked, known: Instrument) -> Decimal | None:
        """Return what a fill adds to its order's fees; its own, where the executions tell it."""
        own = self.own.get(market_of(one.fill.symbol))
        if one.fee is not None or own is None or known.multiplier is None:
            return one.fee
        fill = one.fill
        day = datetime.fromtimestamp(fill.at, market_zone(fill.symbol)).date()
        order = self._orders.get((one.account, fill.order_id))
        if order is None or order.day != day:
            self._forget(day)
            order = self._orders[one.account, fill.order_id] = _Charged(day)
        order.quantity += fill.quantity
        order.value += fill.quantity * fill.price * known.multiplier
        try:
            due = charges(fill.symbol, fill.side, order.quantity, order.value, day, known)
        except RequestRefused:  # no table has this kind of product
            return None
        before, order.fee = order.fee, total(regulatory(due)) + own.charge(order.quantity, order.value)
        return order.fee - before

    def _forget(self, day: date) -> None:
        if len(self._orders) > MANY:
            self._orders = {key: one for key, one in self._orders.items() if (day - one.day).days < LATE}


class DayRates:
    """What one unit of each currency is worth in a base currency, by day.

    Parameters
    ----------
    base
        The base currency, or None for none.
    rates
        Currency to rate, for all days; or a frame of rates with a column a currency and a row a day, as
        `archived_rates` gives: the last one up to a day counts, unless it is more than a week old. The day is
        that of the symbol's market; without a rate then, that of their own zone (``attrs["tz"]``, or UTC).

    Raises
    ------
    RequestRefused
        A rate is no number above 0, the frame has no days, or there are rates without a base currency.
    """

    def __init__(self, base: str | None, rates: Mapping[str, Any] | pd.DataFrame | None = None) -> None:
        self.base = "" if base is None else currency_code(base)
        self._zone: tzinfo = UTC
        self._fixed: dict[str, Decimal] = {}
        self._days: dict[str, tuple[list[date], list[Decimal]]] = {}
        if rates is None:
            return
        if not self.base:
            raise RequestRefused(_("rates are of a base currency: give base_currency='HKD' with them."))
        if isinstance(rates, Mapping):
            self._fixed = {currency_code(name, "rates"): _rate(name, rate) for name, rate in rates.items()}
        else:
            self._read(rates)

    @classmethod
    def of_days(cls, base: str, rates: Mapping[date, Mapping[str, Decimal]], tz: tzinfo) -> DayRates:
        """Return the rates of these days of a zone."""
        made = cls(base)
        made._zone = tz
        for day in sorted(rates):
            for currency, rate in rates[day].items():
                days, known = made._days.setdefault(currency, ([], []))
                days.append(day)
                known.append(rate)
        return made

    def rate(self, currency: str, at: int | None, symbol: str) -> Decimal | None:
        """Return the rate of a currency on the day, in a symbol's market, of Unix seconds."""
        return self.found(currency, at, symbol)[0]

    def found(self, currency: str, at: int | None, symbol: str) -> tuple[Decimal | None, date | None]:
        """Return that rate, and of which day it is; no day for one that is of all days."""
        if not self.base:
            return None, None
        if currency == self.base:
            return Decimal(1), None
        if currency in self._fixed:
            return self._fixed[currency], None
        days, known = self._days.get(currency, ([], []))
        if at is None or not days:
            return None, None
        day = datetime.fromtimestamp(at, market_zone(symbol)).date()
        begun = datetime.fromtimestamp(at, self._zone).date()
        for latest in (day, begun):  # where the rates' days are counted, the next one may have begun
            place = bisect_right(days, latest)
            if place and (latest - days[place - 1]).days <= STALE:
                return known[place - 1], days[place - 1]
        return None, None

    def _read(self, frame: pd.DataFrame) -> None:
        import pandas as pd

        if not isinstance(frame, pd.DataFrame) or not isinstance(frame.index, pd.DatetimeIndex):
            raise RequestRefused(
                _("rates maps currencies to rates, or is a frame with a row a day, as archived_rates gives.")
            )
        self._zone = zone(frame.attrs.get("tz") or "UTC")
        days = [day.date() for day in frame.index]
        order = sorted(range(len(days)), key=days.__getitem__)
        for name in frame.columns:
            values = frame[name].tolist()
            kept = [(days[n], _rate(name, values[n])) for n in order if not pd.isna(values[n])]
            self._days[currency_code(str(name), "rates")] = (
                [day for day, _r in kept],
                [rate for _d, rate in kept],
            )


def _rate(name: object, value: object) -> Decimal:
    rate = from_float(value) if isinstance(value, float) else amount(value)
    if rate is None or rate <= 0:
        raise RequestRefused(
            _("The rate of {currency} is a number above 0, not {rate!r:.40}.").format(
                currency=name, rate=value
            )
        )
    return rate


@guarded
def archived_rates(
    client: ClientLike | None = None, base_currency: str = "HKD", folder: str | Path | None = None
) -> pd.DataFrame:
    """Return the rates of exchange that an account's snapshots keep, day by day.

    Parameters
    ----------
    client
        Whose; None where the store holds one account only. Nothing is asked of the broker.
    base_currency
        What one unit of each currency is worth in.
    folder
        Where the snapshots are kept.

    Returns
    -------
    pandas.DataFrame
        A row a day (``date``, the index; the day of the client's zone, which is ``attrs["tz"]``) and a column
        a currency, NaN where a snapshot has no rate. Days that `backfill` worked out are not in it: their
        rates are of its own day.

    Raises
    ------
    RequestRefused
        pyarrow is not installed, or it is not said whose.
    """
    import pandas as pd

    base = currency_code(base_currency)
    owner = store.chosen_owner(client, folder)
    tz = zone("UTC" if client is None else client.tz)
    with exactly():
        days = rates_by_day(store.read(store.files(folder, owner)).to_pylist(), base, tz)
        names = sorted({name for rates_of_day in days.values() for name in rates_of_day})
        made = {name: floats([days[day].get(name) for day in sorted(days)]) for name in names}
    index = pd.DatetimeIndex(pd.to_datetime(sorted(days)), name="date")
    frame = pd.DataFrame(made, index=index, columns=pd.Index(text_column(names)))
    frame.attrs["tz"] = "UTC" if client is None else client.tz
    return frame


def rates_by_day(rows: Iterable[dict[str, Any]], base: str, tz: tzinfo) -> dict[date, dict[str, Decimal]]:
    """Return what one unit of each currency was worth, by day, from snapshots' rows; a day's last counts.

    Days that were worked out later have no rates of their own, and are left out.
    """
    days: dict[date, dict[str, Decimal]] = {}
    for one in grouped(rows):
        if any(row["kind"] == store.RECONSTRUCTED for row in one):
            continue
        rates = rates_of(one)
        there = {name for pair in rates.pairs for name in pair} - {base}
        found = {name: rates.rate(name, base) for name in there}
        day = one[0]["taken_at"].astimezone(tz).date()
        days[day] = {name: rate for name, rate in found.items() if rate is not None}
    return days
