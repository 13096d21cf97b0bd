"""Rates of exchange for what happened on past days: those of the day where one is known, else today's.

The broker serves the rates of now and none of the past. A rate of a past day is known where a snapshot of the
account kept it, or where the user gives it. Every amount says of which day its rate is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market.money import exactly
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio import snapshot_store as store
from jupyter_openapi.portfolio.archive_money import STALE, DayRates, rates_by_day
from jupyter_openapi.portfolio.positions import owner_of
from jupyter_openapi.portfolio.prices import Rates
from jupyter_openapi.spec.dates import zone

if TYPE_CHECKING:
    from jupyter_openapi.portfolio.positions import AccountReader


@dataclass
class PastRates:
    """Rates into one currency, by the day of what is converted; counts where they came from.

    Attributes
    ----------
    base
        The currency converted into.
    today, on, zone
        The broker's rates, their day, and the zone it is of.
    given
        The user's own: nothing else counts then.
    kept
        Those that snapshots of the account kept.
    by_today, by_day
        How many amounts were converted at today's rate, and at one of their own time.
    """

    base: str
    today: Rates = field(default_factory=Rates)
    on: date = date.min
    zone: tzinfo = UTC
    given: DayRates | None = None
    kept: DayRates | None = None
    by_today: int = 0
    by_day: int = 0

    def rate(self, currency: str, at: int | None, symbol: str) -> tuple[Decimal | None, date | None]:
        """Return what one unit was worth at a moment, and of which day that rate is.

        No day for what needs no conversion, and for a rate that the user gave for all days.
        """
        rate, day = self.found(currency, at, symbol)
        if currency != self.base and rate is not None:
            self.count([(at, day)])
        return rate, day

    def count(self, used: Sequence[tuple[int | None, date | None]]) -> None:
        """Count an amount by the moments of what is in it and the days of their rates; one late is late."""
        if any(self.too_late(at, day) for at, day in used):
            self.by_today += 1
        elif self.given is not None or any(day != self.on for _at, day in used):
            self.by_day += 1

    def knows(self, currency: str, at: int | None, symbol: str) -> bool:
        """Tell whether there is a rate."""
        return self.found(currency, at, symbol)[0] is not None

    def too_late(self, at: int | None, day: date | None) -> bool:
        """Tell whether a rate of a day is today's though what it converts is not."""
        if self.given is not None or day is None or day != self.on:
            return False
        return at is None or datetime.fromtimestamp(at, self.zone).date() < day

    def found(self, currency: str, at: int | None, symbol: str) -> tuple[Decimal | None, date | None]:
        """Return what `rate` does, and count nothing."""
        if currency == self.base:
            return Decimal(1), None
        source = self.given or self.kept
        rate, day = (None, None) if source is None else source.found(currency, at, symbol)
        if rate is not None or self.given is not None:
            return rate, day
        rate = self.today.rate(currency, self.base)
        return rate, None if rate is None else self.on

    def notes(self, column: str = "rate_date") -> list[str]:
        """Return a sentence that says of which day the rates are; nothing where nothing was converted.

        `column` is where a frame has the day of each.
        """
        if self.by_today and self.by_day:
            said = _(
                "Amounts in {base}: {kept:,} at a rate that a snapshot kept in the week before, {today:,} at "
                "the rates of exchange of {day}, for no other is known: see {column}."
            )
        elif self.by_today:
            said = _(
                "Amounts in {base} are at the rates of exchange of {day}, not those of the day: the broker "
                "serves none of the past."
            )
        elif self.by_day and self.given is not None:
            said = _("Amounts in {base} are at the rates of exchange that were given.")
        elif self.by_day:
            said = _("Amounts in {base} are at the rates that snapshots kept of the day, or the week before.")
        else:
            return []
        return [
            said.format(base=self.base, kept=self.by_day, today=self.by_today, day=self.on, column=column)
        ]


def past_rates(base: str, rates: Any) -> PastRates:
    """Return the rates into a currency, with those that a user gives; `complete` adds the account's.

    Raises
    ------
    RequestRefused
        They are no rates.
    """
    return PastRates(base, given=None if rates is None else DayRates(base, rates))


def complete(known: PastRates, reader: AccountReader, today: Rates, first: int) -> None:
    """Add today's rates, and those that snapshots kept since a moment; what can't be read is an aside."""
    known.today, known.zone = today, zone(reader.source.tz)
    known.on = datetime.now(known.zone).date()
    if known.given is None:
        known.kept = _kept(reader, known.base, first)


def _kept(reader: AccountReader, base: str, first: int) -> DayRates | None:
    begin = datetime.fromtimestamp(first, UTC) - timedelta(days=STALE + 1)
    try:
        paths = [one for one in store.files(None, owner_of(reader.source)) if one.name >= f"{begin:%Y%m%dT}"]
        if not paths:
            return None
        with exactly():
            days = rates_by_day(store.read(paths).to_pylist(), base, zone(reader.source.tz))
    except (RequestRefused, OSError) as failure:
        reader.asides.append(
            _("The rates that snapshots kept could not be read ({reason}).").format(
                reason=str(failure).rstrip(".")
            )
        )
        return None
    return DayRates.of_days(base, days, zone(reader.source.tz))


def day_column(days: Iterable[date | None]) -> Any:
    """Return a column of the days of rates: naive, NaT where there is none."""
    import numpy as np

    return np.array(["NaT" if day is None else day.isoformat() for day in days], dtype="datetime64[ns]")
