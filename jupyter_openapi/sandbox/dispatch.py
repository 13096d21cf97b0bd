"""Answer requests: route, gate, limits, faults, parameters, handler.

Routes are the specification's: an operation is carried if a handler is registered under its name. A handler
takes the `World` and the parameters by their wire names, and returns the reply's ``data``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.sandbox import responses as envelope
from jupyter_openapi.sandbox.errors import NOT_CARRIED, Refused
from jupyter_openapi.sandbox.exchange.exchange import Exchange
from jupyter_openapi.sandbox.exchange.hours import Hours, MarketClock
from jupyter_openapi.sandbox.exchange.store import Store
from jupyter_openapi.sandbox.gate import Gate, KeyRing, Limits, Request
from jupyter_openapi.sandbox.links import Links
from jupyter_openapi.sandbox.oauth import TokenBook
from jupyter_openapi.sandbox.options import Options
from jupyter_openapi.sandbox.parameters import read
from jupyter_openapi.sandbox.responses import BEFORE, Faults, Response
from jupyter_openapi.sandbox.simulation.derivatives import OptionMarket
from jupyter_openapi.sandbox.simulation.market import Market
from jupyter_openapi.sandbox.simulation.securities import language_of, speaking
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Effect, Operation

PAUSE = 0.1
"""The least time between two looks at the market, in seconds; orders that arrive look anyway."""


class World:
    """State of one sandbox: what handlers work on.

    Attributes
    ----------
    options, store, clock, ring, oauth, gate, limits, faults, links, market, exchange
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
        self.oauth = TokenBook(self.store, self.ring.mint)
        self.gate = Gate(self.ring, book=self.oauth)
        self.limits = Limits(on=options.limits)
        self.faults = Faults(options.faults, self.seed)
        self.links = Links(self.faults)
        self.market = Market(self.seed, sessions=options.sessions)
        self.hours = Hours(real=options.sessions == "real")
        past = self._past if options.history else None
        self.exchange = Exchange(self.store, OptionMarket(self.market), self.hours, self.now(), past=past)
        self.started_at = time.time()
        self.url = ""
        self._looked_at = 0.0

    def now(self) -> float:
        """Return the market's time in Unix seconds."""
        return self.clock.now()

    def refresh(self) -> None:
        """Advance the orders to the market's time, unless that was just done."""
        now = self.now()
        if now - self._looked_at >= PAUSE:
            self._looked_at = now
            self.exchange.advance(now)

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def _past(self, at: float) -> float:
        from jupyter_openapi.sandbox.exchange.past import write_past

        return write_past(self.store, self.market, self.seed, self.options.history, at)

    def _seed(self) -> int:
        kept = self.store.setting("seed")
        seed = self.options.seed if self.options.seed is not None else kept if kept is not None else 1
        if seed != kept:
            self.store.set_setting("seed", seed)
        return int(seed)


log = logging.getLogger("jupyter_openapi.sandbox")

Handler = Callable[["World", dict[str, Any]], Any]
HANDLERS: dict[str, Handler] = {}
"""Operation name to handler; filled by `carries`."""

CONTROLS: dict[tuple[str, str], Operation] = {}
"""The sandbox's own operations, by method and path; they are in no broker document."""

PUBLIC: dict[str, Callable[[], Any]] = {}
"""What anyone may GET, by path; the result is the whole body, without an envelope."""

OPEN: dict[tuple[str, str], Callable[[World, Request], Response]] = {}
"""What anyone may ask, by method and path: the token server; each gives its whole answer."""

FILES: dict[str, Callable[[World, str, str], Any]] = {}
"""What a code in the address opens, by the path's beginning; called with the path's rest and the code."""


def carries(*names: str) -> Callable[[Handler], Handler]:
    """Register a handler for the operations called so."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(names, handler))
        return handler

    return register


class Dispatcher:
    """Answers requests for one `World`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._catalog = catalog()

    def answer(self, call: Request) -> Response:
        """Carry a request out. Never raises: what goes wrong becomes an envelope with 500000."""
        answer = self._guarded(call)
        log.info("%s %s: %s", call.method, call.path, answer.status)
        return answer

    def _guarded(self, call: Request) -> Response:
        try:
            with speaking(language_of(call.headers.get("Accept-Language"))):
                return self._answer(call)
        except Refused as refused:
            return envelope.failure(refused)
        except RequestRefused as refused:  # what `market` says of a symbol or a date it doesn't know
            return envelope.failure(Refused(str(refused)))
        except Exception:
            log.exception("%s %s failed", call.method, call.path)
            return envelope.failure(Refused("internal error", code=500000, status=500))

    def answered(self, limit: str) -> None:
        """Note that an answer has left."""
        self._world.limits.leave(limit)

    def _answer(self, call: Request) -> Response:
        open_to_all = OPEN.get((call.method, call.path))
        if open_to_all is not None:
            return open_to_all(self._world, call)
        unsigned = self._unsigned(call) if call.method == "GET" else None
        if unsigned is not None:
            return unsigned
        operation, path = self._route(call)
        read_only = operation.effect is Effect.READ if operation else call.method == "GET"
        self._world.gate.admit(call, read=read_only)
        if operation is None:
            message = f"{call.method} {call.path:.200}: the sandbox doesn't carry this operation"
            raise Refused(message, code=NOT_CARRIED, status=404)
        if (call.method, call.path) in CONTROLS:
            return envelope.success(self._carry_out(operation, path, call))
        self._world.limits.enter(operation.limit, operation.name)
        try:
            return self._faulty(operation, path, call)
        except BaseException:
            self._world.limits.leave(operation.limit)
            raise

    def _unsigned(self, call: Request) -> Response | None:
        public = PUBLIC.get(call.path)
        if public is not None:
            return envelope.plain(public())
        for start, read_file in FILES.items():
            if call.path.startswith(start):
                code = parse_qs(call.query).get("code", [""])[0]
                return envelope.plain(read_file(self._world, call.path.removeprefix(start), code))
        return None

    def _route(self, call: Request) -> tuple[Operation | None, Mapping[str, str]]:
        control = CONTROLS.get((call.method, call.path))
        if control is not None:
            return control, {}
        found = self._catalog.match(call.method, call.path)
        if found is None or found[0].name not in HANDLERS:
            return None, {}
        return found

    def _faulty(self, operation: Operation, path: Mapping[str, str], call: Request) -> Response:
        fault = self._world.faults.draw()
        if fault is not None:
            log.info("fault %s hits %s %s", fault.name, call.method, call.path)
            if fault.name in BEFORE:
                return envelope.broken(fault, operation.limit)
        try:
            return envelope.success(self._carry_out(operation, path, call), fault, operation.limit)
        except Refused as refused:
            return envelope.failure(refused, fault, operation.limit)

    def _carry_out(self, operation: Operation, path: Mapping[str, str], call: Request) -> Any:
        values = read(operation, path, call.query, call.body)
        self._world.refresh()
        return HANDLERS[operation.name](self._world, values)
