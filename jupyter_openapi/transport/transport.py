"""Send one account's requests to one host: sign, keep the limits, send, read the envelope.

`requests` resolves proxies, the CA bundle and netrc again on every call; here its adapter resolves them once
per transport (netrc never applies: the signature owns ``Authorization``), and a signed request goes straight
to the adapter's connection pool. Redirects are never followed and a time-out always applies.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Protocol

from urllib3 import HTTPConnectionPool, Retry, Timeout
from urllib3.exceptions import HTTPError, SSLError

from jupyter_openapi.credentials import Credentials
from jupyter_openapi.errors import ApiError, RequestRefused
from jupyter_openapi.kernel import CHANCE
from jupyter_openapi.messages import _
from jupyter_openapi.ratelimit import Limiter
from jupyter_openapi.ratelimit.rates import limits_of
from jupyter_openapi.signing import CONTENT_TYPE, Clock, SignatureAuth
from jupyter_openapi.spec.model import Effect
from jupyter_openapi.transport import responses as outcomes
from jupyter_openapi.transport.hosts import Host
from jupyter_openapi.transport.proxies import connections
from jupyter_openapi.transport.responses import Answer, Call
from jupyter_openapi.transport.wire import LARGEST, Adapter, Body, Exchange, SpokeFirst, TooLarge, follow

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

log = logging.getLogger(__name__)

RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})
THROTTLED = frozenset({301606, 429001, 429002, 429303})
RETRY_CODES = frozenset({301606, 403202, 429001, 429002, 429303, 500000})


def may_repeat(status: int | None, code: int | None) -> bool:
    """Tell whether a read answered so, or not answered at all (both None), can succeed if sent again."""
    if code is not None:
        return code in RETRY_CODES
    return status is None or status in RETRY_STATUSES


def retry_after(header: str | None, now: float) -> float | None:
    """Return the seconds a ``Retry-After`` header asks for, from its number or its date."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now)
    except (TypeError, ValueError):
        return None


@dataclass
class Budget:
    """How often and how long one read may be repeated.

    `seconds` bounds the sum of the waits; each wait doubles, with up to half of it left to chance so that
    several kernels do not return at the same instant.
    """

    tries: int = 5
    seconds: float = 12.0
    first: float = 0.2
    _used: int = field(default=1, init=False)

    def wait(self, asked: float | None = None) -> float | None:
        """Return how long to wait before the next try, or None when the budget is spent."""
        if self._used >= self.tries:
            return None
        delay = self.first * 2.0 ** (self._used - 1) * CHANCE.uniform(0.5, 1.0)
        delay = max(delay, asked or 0.0)
        if delay > self.seconds:
            return None
        self._used += 1
        self.seconds -= delay
        return delay

    def sleep(self, asked: float | None = None) -> bool:
        """Wait for the next try; False when the budget is spent."""
        delay = self.wait(asked)
        if delay is None:
            return False
        time.sleep(delay)
        return True


USER_AGENT = "jupyter-openapi"
ONCE = Retry(total=False, redirect=False)  # urllib3 never sends anything again
SKEW = 3.0  # seconds our clock may be off before we follow the server's
SKEW_LOOK = 60.0  # seconds between two looks at it
DAY = 86_400.0
YEAR = 366 * DAY
WRONG_SIGNATURE = 403201  # also what a timestamp gets that is too far off
TOKEN_REFUSED = frozenset({401003, 401004, 401102})
_BEGUN: ContextVar[bool] = ContextVar("begun", default=False)  # a change that was admitted before the close
CLOSED = -1  # instead of the id of the process whose connections these are


class Freshness(Protocol):
    """What keeps a token fresh that renews itself; neither method raises."""

    @property
    def problem(self) -> str:
        """Why the last renewal failed and what to type; empty when all is well."""

    def fresh(self) -> None:
        """Renew the token if it is about to end."""

    def replaced(self) -> bool:
        """Adopt a token that another program has put in its place; tell whether it did."""


class Transport:
    """Signs and sends the requests of one account; safe to use from several threads.

    Parameters
    ----------
    credentials, host
        Whose requests, and where to.
    paper
        Send ``x-papertrading: true``, so that the broker refuses the call on a real-money account.
    timeout
        Seconds to connect, and to wait for the reply: the longest gap, and the longest reply as a whole.
    language
        ``en``, ``zh-CN`` or ``zh-HK``: the language of names and messages.
    region
        ``ap`` or ``us``: the broker's data centre that the token belongs to.
    limiter
        Keeps the broker's limits; None only for a sandbox that has none.
    """

    def __init__(
        self,
        credentials: Credentials,
        host: Host,
        *,
        paper: bool = False,
        timeout: tuple[float, float] = (5, 30),
        language: str = "en",
        region: str = "ap",
        limiter: Limiter | None = None,
    ) -> None:
        self.host = host
        self.largest = LARGEST
        self.renewal: Freshness | None = None  # of an OAuth token
        self.throttled = 0  # how often the broker has said that it is too much
        self.closed = False  # for good: what is asked then is refused
        self.clock = Clock()
        self._limiter = limiter
        self._timeout = Timeout(connect=timeout[0], read=timeout[1])
        self._adapter = Adapter()
        self._pool = self._connections()
        self._process = os.getpid()
        self._skew_seen = -SKEW_LOOK
        self._dated: tuple[str | None, float] = None, 0.0  # the last reply's date, and when it came
        self._headers = {
            "Host": host.name,
            "Accept-Encoding": "identity",
            "User-Agent": USER_AGENT,
            "Content-Type": CONTENT_TYPE,
            "Accept-Language": language,
            "x-dc-region": region,
            **({"x-papertrading": "true"} if paper else {}),
        }
        self.use(credentials)

    def __repr__(self) -> str:
        return f"<Transport to {self.host.url}>"

    def use(self, credentials: Credentials) -> None:
        """Sign with these credentials from now on (after a token refresh)."""
        self._auth = SignatureAuth(credentials, self.clock)
        self._app_key = credentials.app_key

    @property
    def language(self) -> str:
        """The language of names and messages; may be set."""
        return self._headers["Accept-Language"]

    @language.setter
    def language(self, tag: str) -> None:
        self._headers = {**self._headers, "Accept-Language": tag}

    def server_now(self) -> float | None:
        """Return the server's Unix time, as its last reply told it; None where that told none.

        It goes on by the monotonic clock, never by the wall clock, which may be set.
        """
        date, came = self._dated
        try:
            told = parsedate_to_datetime(date or "").timestamp()
        except (ArithmeticError, OSError, TypeError, ValueError):
            return None
        return told + time.monotonic() - came

    def refuse_closed(self) -> None:
        """Refuse to go on once it is closed for good.

        Raises
        ------
        RequestRefused
            It is, and this is no part of a change that had begun before.
        """
        if self.closed and not _BEGUN.get():
            raise RequestRefused(
                _(
                    "Nothing was sent: this client is closed. Make a new one with connect(...), or type "
                    "`%openapi connect sandbox` (or paper, or live)."
                )
            )

    @contextmanager
    def to_the_end(self) -> Iterator[None]:
        """Keep sending and reading for a change that has begun, even when it is closed meanwhile."""
        token = _BEGUN.set(True)
        try:
            yield
        finally:
            _BEGUN.reset(token)

    def close(self) -> None:
        """Close the connections; the next request opens new ones, unless it is `closed`."""
        self._pool.close()
        self._adapter.close()
        self._process = CLOSED

    def _connections(self) -> HTTPConnectionPool:
        return connections(self._adapter, self.host)

    def send(self, call: Call) -> Answer:
        """Send one request and return the broker's successful answer.

        A read is repeated when that can help; a write or trade is sent once, whatever happens.

        Raises
        ------
        ApiError
            The broker answered with an error.
        TransportError
            No usable answer to a read, or nothing left this machine.
        OutcomeUnknown
            A write or trade was sent and no usable answer came.
        RequestRefused
            It is closed.
        Interrupted
            Ctrl-C.
        """
        self.refuse_closed()
        budget = Budget()
        while True:
            if self.renewal is not None:
                self.renewal.fresh()
            result, again, asked = self._try(call)
            if isinstance(result, Answer):
                return result
            repeat = again and call.effect is Effect.READ and call.once is None
            if not repeat or not budget.sleep(asked):
                raise result

    def _try(self, call: Call) -> tuple[Answer | BaseException, bool, float | None]:
        """Send once: what came of it, whether a read may be repeated, and the wait the server asks for."""
        exchange = Exchange(change=call.effect is not Effect.READ)
        try:
            response, content, elapsed = self._exchange(call, exchange)
        except KeyboardInterrupt:
            return outcomes.interrupted(call, in_flight=exchange.begun), False, None
        except (HTTPError, HTTPException, OSError) as failure:
            log.debug("%s %s: no answer (%s)", call.method, call.path, type(failure).__name__)
            problem = outcomes.no_answer(call, self.host, failure, begun=exchange.begun)
            return problem, not isinstance(failure, (SSLError, TooLarge)), None
        result = outcomes.read(call, response.status, response.headers, content, elapsed)
        code = getattr(result, "code", None)
        log.debug(
            "%s %s: HTTP %d, code %s, %.0f ms, trace id %s",
            *(call.method, call.path, response.status, code, elapsed * 1000),
            getattr(result, "trace_id", None),
        )
        if response.status == 429 or code in THROTTLED:
            self.throttled += 1
        again = may_repeat(response.status, code)
        if isinstance(result, (Answer, ApiError)):  # what is no envelope may have somebody else's date
            self._dated = response.headers.get("Date"), time.monotonic()
            again |= self._follow_clock(response.headers, result)
            again |= self._replaced(result)
        return result, again, retry_after(response.headers.get("Retry-After"), self.clock.now())

    def _exchange(self, call: Call, exchange: Exchange) -> tuple[BaseHTTPResponse, bytes, float]:
        """Write the request when its turn comes, and read the whole reply."""
        if self._limiter is None:
            return self._write(call, exchange)
        also = limits_of(call.limit, call.path, call.first)
        with self._limiter.turn(call.limit, also=also, urgency=call.first, patience=call.turn) as turn:
            exchange.then = turn.written
            return self._write(call, exchange)

    def _write(self, call: Call, exchange: Exchange) -> tuple[BaseHTTPResponse, bytes, float]:
        if call.too_late is not None and call.too_late():
            raise RequestRefused(
                _("{name} waited too long for its turn, and was not sent.").format(name=call.name)
            )
        if self._process != os.getpid():
            # Closed; or a fork: on its parent's connections each would read the other's answers.
            self._adapter = Adapter()
            self._pool = self._connections()
            self._process = os.getpid()
        # Signed only now: a timestamp made before waiting for a turn would be old when it is sent.
        signed = self._auth.headers(call.method, call.path, call.query, call.body)
        follow(exchange)
        begun = time.perf_counter()
        response = self._pool.urlopen(
            call.method,
            f"{call.path}?{call.query}" if call.query else call.path,
            body=call.body or None,
            headers={**self._headers, **signed},
            retries=ONCE,
            redirect=False,
            timeout=self._timeout if call.once is None else Timeout(call.once, call.once),
            preload_content=False,
            decode_content=False,
        )
        content = self._read_all(response, exchange)
        return response, content, time.perf_counter() - begun

    def _read_all(self, response: BaseHTTPResponse, exchange: Exchange) -> bytes:
        """Read the body; a connection whose reply is not read to its end is closed.

        Raises
        ------
        TooLarge
            It is larger than `largest`, as it came or unpacked.
        SpokeFirst
            More than one reply came over a connection that was used before: which is ours can't be told.
        """
        body = Body(response.headers.get("Content-Encoding", ""), self.largest)
        whole = False
        try:
            while part := response.read1(1 << 18):
                body.add(part)
            content = body.whole()
            whole = True
        finally:
            if whole:
                response.release_conn()
            else:
                response.close()
        if exchange.surplus and exchange.reused:
            raise SpokeFirst("more than one reply came")
        return content

    def _replaced(self, result: Answer | ApiError) -> bool:
        """Where an OAuth token was refused, adopt its successor; tell whether the request may pass now."""
        if self.renewal is None or not isinstance(result, ApiError) or result.code not in TOKEN_REFUSED:
            return False
        if self.renewal.replaced():
            result.advice = _(
                "Another program has renewed the token, which is used from now on: send it again."
            )
            return True
        result.advice = self.renewal.problem or _("Log in again: `%openapi login --oauth`.")
        return False

    def _follow_clock(self, headers: Mapping[str, str], result: Answer | ApiError) -> bool:
        """Follow the server's ``Date`` when our clock is off by more than a few seconds.

        Returns whether a request that was refused for its signature may pass with the new time; its error
        then speaks of the clock.
        """
        refused = result if isinstance(result, ApiError) and result.code == WRONG_SIGNATURE else None
        now = time.monotonic()
        if now - self._skew_seen < SKEW_LOOK and refused is None:
            return False
        self._skew_seen = now
        try:
            # A date has whole seconds: its middle is the best guess.
            off = parsedate_to_datetime(headers["Date"]).timestamp() + 0.5 - time.time()
        except (ArithmeticError, LookupError, OSError, TypeError, ValueError):
            return False
        before = self.clock.offset
        # Only a refusal is reason to believe in a clock that is off by days.
        if abs(off) < (YEAR if refused else DAY):
            self.clock.offset = off if abs(off) > SKEW else 0.0
        if refused is None:
            return False
        moved = abs(self.clock.offset - before) > SKEW
        ahead = self.clock.rewind(self._app_key, SKEW)
        if moved or ahead:
            refused.advice = clock_advice(off)
        return moved or ahead


def clock_advice(off: float) -> str:
    """Say what is wrong with this machine's clock, which is `off` seconds behind the server's."""
    hours, seconds = divmod(round(abs(off)), 3600)
    amount = _("{hours} h").format(hours=hours) if hours else _("{seconds} s").format(seconds=seconds)
    side = _("behind") if off > 0 else _("ahead of")
    if abs(off) <= SKEW:
        return _("This machine's clock was set back: the server's time is used from now on. Send it again.")
    return _(
        "This machine's clock is {amount} {side} the server's: set it. The server's time is used from now "
        "on; send it again."
    ).format(amount=amount, side=side)
