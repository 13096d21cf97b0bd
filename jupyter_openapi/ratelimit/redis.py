"""Store the limits in Redis, for kernels on several machines (a JupyterHub) that share an account.

One clock counts, the Redis server's. It can't see a kernel die, so locks are leases: a killed kernel's gate
opens after `GATE` seconds at the latest. Keys hold times and numbers only. `choose_limits_url` tells
whether the limits are kept there at all, or in files of this user.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _
from jupyter_openapi.ratelimit.rates import (
    CLASS,
    SIGN,
    SILENCE,
    LimitsUnavailable,
    QueuePosition,
    Rate,
    Urgency,
)

GATE = 10.0  # seconds for writing one request, a slow TLS handshake included
SLOT = 60.0  # seconds for one answer
ANSWER = 5.0  # seconds within which Redis must answer

# Each script runs alone on the server. A line is a sorted set of tickets beside a hash of their last signs;
# the book is a sorted set of entries by time beside a set of those not yet settled.
NOW = """
local function now() local t = redis.call('TIME') return t[1] + t[2] / 1000000 end
local function text(x) return string.format('%.6f', x) end
local function ages(window)
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', text(now() - window))
  local found = redis.call('ZREVRANGE', KEYS[3], 0, -1, 'WITHSCORES')
  local list = {}
  for i = 2, #found, 2 do list[#list + 1] = text(math.max(0, now() - found[i])) end
  return list
end
local function keep() for i = 1, 5 do redis.call('EXPIRE', KEYS[i], KEPT) end end
"""
LOOK = (
    NOW
    + """
local place = ARGV[1]
if place == '' then place = redis.call('INCR', KEYS[5]) + tonumber(ARGV[5]) end
place = tonumber(place)
local sign = redis.call('HGET', KEYS[2], place)
if not sign or now() - sign > tonumber(ARGV[3]) then
  redis.call('ZADD', KEYS[1], place, place)
  redis.call('HSET', KEYS[2], place, text(now()))
end
local ahead = 0
for _, other in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. place)) do
  local seen = redis.call('HGET', KEYS[2], other)
  if seen and now() - seen <= tonumber(ARGV[4]) then ahead = ahead + 1
  else redis.call('ZREM', KEYS[1], other) redis.call('HDEL', KEYS[2], other) end
end
keep()
return {place, ahead, ages(ARGV[2])}
"""
)
ORPHANS = (
    NOW
    + """
for _, entry in ipairs(redis.call('SMEMBERS', KEYS[4])) do redis.call('ZADD', KEYS[3], text(now()), entry) end
redis.call('DEL', KEYS[4])
return ages(ARGV[1])
"""
)
BEGIN = (
    NOW
    + """
local entry = redis.call('INCR', KEYS[5])
redis.call('ZADD', KEYS[3], text(now()), entry)
redis.call('SADD', KEYS[4], entry)
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
keep()
return entry
"""
)
SETTLE = (
    NOW
    + """
redis.call('ZADD', KEYS[3], text(now()), ARGV[1])
redis.call('SREM', KEYS[4], ARGV[1])
keep()
return 1
"""
)
USED = NOW + "return #ages(ARGV[1])"
TAKE = (
    NOW.partition("local function ages")[0]
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now()))
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], text(now() + ARGV[3]), ARGV[1])
redis.call('EXPIRE', KEYS[1], 3600)
return 1
"""
)


class RedisLock:
    """A lease on one of `count` places under a key."""

    def __init__(self, store: RedisStore, key: str, count: int, seconds: float) -> None:
        self._store = store
        self._key = key
        self._count = count
        self._seconds = seconds
        self._token = ""

    def take(self) -> bool:
        """Try once; return whether a place is held now."""
        self._token = self._token or secrets.token_hex(16)
        return bool(self._store.run(TAKE, [self._key], self._token, self._count, self._seconds))

    def release(self) -> None:
        """Give the place back; a Redis that is gone has forgotten it anyway."""
        token, self._token = self._token, ""
        if token:
            self._store.forget(self._key, token)


class RedisStore:
    """Store of one limit in Redis, shared by all who name the same server and database.

    Raises
    ------
    LimitsUnavailable
        Redis does not answer.
    RequestRefused
        The redis package is not installed.
    """

    def __init__(self, url: str, name: str, rate: Rate) -> None:
        self.rate = rate
        base = f"jupyter-openapi:{name}"
        self._keys = [f"{base}:{part}" for part in ("line", "signs", "book", "open", "numbers")]
        self._gate, self._slots = f"{base}:gate", f"{base}:slots"
        try:
            import redis
        except ImportError:
            raise RequestRefused(
                _(
                    "Limits in Redis need the redis package: type `%pip install 'jupyter-openapi[redis]'` "
                    "and restart."
                )
            ) from None
        self._seconds_kept = max(3600, int(rate.seconds) + 60)
        self._failures = (redis.RedisError, OSError, ValueError)
        with self._explained():
            self._redis = redis.Redis.from_url(url, socket_timeout=ANSWER, socket_connect_timeout=ANSWER)
            self._scripts: dict[str, Any] = {}
            self._redis.ping()

    def look(self, ticket: int | None, urgency: Urgency = Urgency.ORDER) -> QueuePosition:
        """Join the queue or keep one's place; see `LimitStore.look`."""
        place, ahead, ages = self.run(
            LOOK,
            self._keys,
            "" if ticket is None else ticket,
            self.rate.seconds,
            SIGN,
            SILENCE,
            urgency * CLASS,
        )
        return QueuePosition(int(place), int(ahead), [float(since) for since in ages])

    def leave(self, ticket: int) -> None:
        """Leave the queue."""
        with self._explained():
            self._redis.zrem(self._keys[0], ticket)
            self._redis.hdel(self._keys[1], str(ticket))

    def gate(self) -> RedisLock:
        """Return the lease that is held while a request is written."""
        return RedisLock(self, self._gate, 1, GATE)

    def slot(self) -> RedisLock:
        """Return the lease that is held until the answer is there."""
        return RedisLock(self, self._slots, self.rate.at_once or 1, SLOT)

    def begin(self, ticket: int) -> tuple[int | None, float]:
        """Enter a request if the rate allows it now; see `LimitStore.begin`."""
        wait = self.rate.due([float(since) for since in self.run(ORPHANS, self._keys, self.rate.seconds)])
        if wait > 0:
            return None, wait
        return int(self.run(BEGIN, self._keys, ticket)), 0.0

    def settle(self, entry: int) -> None:
        """Note that the request was written now."""
        self.run(SETTLE, self._keys, entry)

    def used(self) -> int:
        """Return how many requests stand in the window."""
        return int(self.run(USED, self._keys, self.rate.seconds))

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def run(self, script: str, keys: list[str], *values: str | float) -> Any:
        """Run a script on the server."""
        with self._explained():
            ready = self._scripts.get(script)
            if ready is None:
                ready = self._scripts[script] = self._redis.register_script(
                    script.replace("KEPT", str(self._seconds_kept))
                )
            return ready(keys=keys, args=values)

    def forget(self, key: str, token: str) -> None:
        """Remove a lease; where that fails it ends by itself."""
        try:
            self._redis.zrem(key, token)
        except self._failures:
            return

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except self._failures as failure:
            reason = type(failure).__name__  # its text may hold the URL's password
        else:
            return
        raise LimitsUnavailable(
            _(
                "The broker's limits can't be shared through Redis ({reason}), so nothing was sent. Check "
                "the server and its URL."
            ).format(reason=reason)
        )


VARIABLE = "LONGBRIDGE_LIMITS_URL"
SCHEMES = ("redis", "rediss", "unix")


def choose_limits_url(given: str | None = None, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the Redis server's URL: the one given, else the environment's; None for this user's files.

    Raises
    ------
    RequestRefused
        It is no URL of a Redis server.
    """
    variables = os.environ if environ is None else environ
    where, url = ("limits_url", given) if given is not None else (VARIABLE, variables.get(VARIABLE, ""))
    url = url.strip()
    if not url:
        return None
    check_limits_url(url, where)
    return url


def check_limits_url(url: str, where: str, *, password: bool = True) -> None:
    """Refuse what is no URL of a Redis server, never repeating it; without `password` also one that has one.

    Raises
    ------
    RequestRefused
        It can't be used.
    """
    try:
        parts = urlsplit(url)
        fits = parts.scheme in SCHEMES and bool(parts.path if parts.scheme == "unix" else parts.hostname)
        secret = parts.password is not None or "password=" in parts.query
    except ValueError:
        fits, secret = False, False
    if not fits or not url.isprintable() or " " in url:
        raise RequestRefused(
            _(
                "{where} is a Redis server, such as redis://127.0.0.1:6379/0 or unix:///run/redis.sock."
            ).format(where=where)
        )
    if secret and not password:
        raise RequestRefused(
            _(
                "{where} would keep a password where others may read it: leave it out here, or set "
                "{variable} for the whole URL."
            ).format(where=where, variable=VARIABLE)
        )


def shown(url: str) -> str:
    """Return a URL as it may be shown: without user, password and options."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}"
    name = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{name}{port}{parts.path}"
