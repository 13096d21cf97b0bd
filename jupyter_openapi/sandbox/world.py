"""One running sandbox: its database, clock, keys, market and exchange, put together."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jupyter_openapi.sandbox.clock import MarketClock
from jupyter_openapi.sandbox.exchange import Exchange
from jupyter_openapi.sandbox.faults import Faults
from jupyter_openapi.sandbox.gate import Gate
from jupyter_openapi.sandbox.hours import Hours
from jupyter_openapi.sandbox.keys import KeyRing
from jupyter_openapi.sandbox.limits import Limits
from jupyter_openapi.sandbox.prices import Market
from jupyter_openapi.sandbox.store import Store

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.options import Options

PAUSE = 0.1
"""The least time between two looks at the market, in seconds; orders that arrive look anyway."""


class World:
    """Everything a handler may need.

    Attributes
    ----------
    options, store, clock, ring, gate, limits, faults, market, exchange
        The parts, each with its own module.
    seed
        The seed in force: the database's, unless it is new.
    url
        Where the server listens, once it does.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.store = Store(options.db)
        self.seed = self._seed()
        self.clock = MarketClock(self.store, manual=options.clock == "manual", start=options.start)
        self.ring = KeyRing(self.store)
        self.gate = Gate(self.ring)
        self.limits = Limits(on=options.limits)
        self.faults = Faults(options.faults, self.seed)
        self.market = Market(self.seed, sessions=options.sessions)
        self.hours = Hours(real=options.sessions == "real")
        self.exchange = Exchange(self.store, self.market, self.hours, self.now())
        self.started_at = time.time()
        self.url = ""
        self._looked_at = 0.0

    def now(self) -> float:
        """Return the market's time in Unix seconds."""
        return self.clock.now()

    def refresh(self) -> None:
        """Let the market's time reach the orders, unless it just did."""
        now = self.now()
        if now - self._looked_at >= PAUSE:
            self._looked_at = now
            self.exchange.advance(now)

    def close(self) -> None:
        """Let the database go."""
        self.store.close()

    def _seed(self) -> int:
        kept = self.store.setting("seed")
        seed = self.options.seed if self.options.seed is not None else kept if kept is not None else 1
        if seed != kept:
            self.store.set_setting("seed", seed)
        return int(seed)
