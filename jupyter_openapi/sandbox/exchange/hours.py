"""When an order can be live and when it expires, on the sandbox's two timetables.

`always` (the default): the market never closes; a day is a calendar day in the market's zone, and an
auction order meets its auction at once. `real`: the exchanges' own hours, holidays and auctions, from
`jupyter_openapi.market.sessions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from time import time as unix_time
from typing import TYPE_CHECKING

from jupyter_openapi.market import sessions
from jupyter_openapi.sandbox.errors import bad
from jupyter_openapi.sandbox.exchange.model import UNSENT, WAITING, Order
from jupyter_openapi.sandbox.simulation.trading_days import midnight

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.exchange.store import Store

AUCTION = frozenset({"AO", "ALO"})
_LATE = {"ANY_TIME": ("regular", "post"), "OVERNIGHT": ("overnight",)}


def local(market: str, at: float) -> datetime:
    """Return a moment in the market's zone."""
    return datetime.fromtimestamp(at, UTC).astimezone(sessions.zone(market))


def today(market: str, at: float) -> date:
    """Return the market's calendar date."""
    return _date(market, int(at // 60))


@lru_cache(maxsize=64)
def _date(market: str, minute: int) -> date:
    return local(market, minute * 60.0).date()  # a day begins with a minute


class Hours:
    """The timetable in force.

    Parameters
    ----------
    real
        True for ``--sessions real``.
    """

    def __init__(self, *, real: bool = False) -> None:
        self.real = real

    def live_from(self, order: Order, at: float) -> float:
        """Return when the order can first be live: `at` itself if it can be now."""
        if not self.real:
            return at
        kind = "LO" if order.order_type == "ODD" else order.order_type
        moment = sessions.next_accepting(
            order.market, _aware(at), kind, order.outside_rth or None, assume=True
        )
        return at if moment is None else max(at, moment.timestamp())

    def ends(self, order: Order, at: float) -> tuple[float, str]:
        """Return when an order submitted at `at` expires (0: never), and the date it carries."""
        if order.time_in_force == "GTC":
            return 0.0, ""
        if order.time_in_force == "GTD":
            day = date.fromisoformat(order.expire_date)
        else:
            day = self._day_of(order, at)
        return self._end_of(order, day), day.isoformat()

    def filter(self, market: str, at: float) -> Callable[[Order], bool] | None:
        """Return which orders take part in continuous trading at that moment; None if there is none."""
        if not self.real:
            return _everyone
        phase = sessions.phase(market, _aware(at), assume=True)
        if not phase.trading:
            return None
        if not phase.outside_rth:
            return _everyone
        return lambda order: (order.outside_rth or "RTH_ONLY") in phase.outside_rth

    def frozen(self, order: Order, at: float) -> str:
        """Return the phase in which the order can not be changed or cancelled; "" if it may."""
        if not self.real or order.status in UNSENT or order.status == WAITING:
            return ""
        phase = sessions.phase(order.market, _aware(at), assume=True)
        return "" if phase.amend_cancel or phase.name == "closed" else phase.name

    def continuous(self, market: str, at: float) -> bool:
        """Tell whether the real timetable is in force and in continuous trading, so that quote rules hold."""
        return self.real and sessions.phase(market, _aware(at), assume=True).trading

    def waits_for_auction(self, order: Order) -> bool:
        """Tell whether the order stands still until its auction."""
        return self.real and order.order_type in AUCTION

    def moments(self, market: str, start: float, until: float) -> Iterator[tuple[float, bool]]:
        """Yield the boundaries of the phases in (start, until], and the auctions (True) between them."""
        if not self.real:
            return
        at = start
        while True:
            phase = sessions.phase(market, _aware(at), assume=True)
            begins, ends = phase.starts.timestamp(), phase.ends.timestamp()
            if phase.auction and start < (begins + ends) / 2 <= until:
                yield (begins + ends) / 2, True
            if ends > until:
                return
            yield ends, False
            at = ends

    def _day_of(self, order: Order, at: float) -> date:
        if not self.real:
            return today(order.market, at)
        phase = sessions.phase(order.market, _aware(self.live_from(order, at)), assume=True)
        return phase.day or today(order.market, at)

    def _end_of(self, order: Order, day: date) -> float:
        if not self.real:
            return midnight(order.market, day + timedelta(days=1))
        phases = sessions.schedule(order.market, day, assume=True)
        while not phases:  # a GTD date on a holiday ends with the trading day before it
            day -= timedelta(days=1)
            phases = sessions.schedule(order.market, day, assume=True)
        if order.market == "US":
            names = _LATE.get(order.outside_rth, ("regular",))
            phases = tuple(phase for phase in phases if phase.name in names) or phases
        return max(phase.ends for phase in phases).timestamp()


def _everyone(_: Order) -> bool:
    return True


def _aware(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


FURTHEST = 400 * 86400.0


class MarketClock:
    """Unix seconds of the market. A manual clock is kept in the database and never runs back.

    Parameters
    ----------
    store
        Where a manual clock's time survives a restart.
    manual
        True for ``--clock manual``.
    start
        Where a new manual clock begins; the wall clock's present second if None.
    """

    def __init__(self, store: Store, *, manual: bool, start: float | None = None) -> None:
        self._store = store
        self.manual = manual
        self._now = 0.0
        if manual:
            kept = store.setting("clock")
            self._now = float(kept if kept is not None else start if start is not None else int(unix_time()))

    def now(self) -> float:
        """Return the market's time in Unix seconds."""
        return self._now if self.manual else unix_time()

    def target(self, *, advance: float | None, to: float | None) -> float:
        """Return the time a request wants; refuse a step backwards or past all calendars."""
        if not self.manual:
            raise bad("clock", "it is the wall clock's; start the sandbox with --clock manual to move it")
        if (advance is None) == (to is None):
            raise bad("advance", 'send {"advance": seconds} or {"to": unix seconds}, one of the two')
        name, goal = ("to", to) if to is not None else ("advance", self._now + (advance or 0.0))
        if goal is None or goal < self._now:
            raise bad(name, f"time doesn't run back; the market is at {self._now:.3f}")
        if goal > self._now + FURTHEST:
            raise bad(name, "one step is at most 400 days")
        return goal

    def set(self, now: float) -> None:
        """Move a manual clock and keep its time."""
        self._store.set_setting("clock", now)
        self._now = now
