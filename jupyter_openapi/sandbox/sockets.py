"""The quote and the trade socket: packets in, answers out, whatever the client sends.

Everything that can be asked for is the REST handlers' reply.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tornado.httputil import HTTPHeaders
from tornado.iostream import IOStream

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market.symbols import market_of
from jupyter_openapi.protocol import Packet, ProtocolError, message, unpack
from jupyter_openapi.protocol import commands as c
from jupyter_openapi.protocol.packets import REQUEST
from jupyter_openapi.sandbox.dispatch import HANDLERS, World
from jupyter_openapi.sandbox.errors import BAD_PARAMETER, Refused
from jupyter_openapi.sandbox.links import BAD_AUTH, Link, Rejected
from jupyter_openapi.sandbox.parameters import read
from jupyter_openapi.sandbox.simulation.securities import language_of
from jupyter_openapi.sandbox.websocket import GOING_AWAY, WebSocket
from jupyter_openapi.spec import catalog

RATE, BURST = 10, 20
"""Of each command that asks for quotes: so many more every second, so many at once."""

LEVEL = "LV2"  # ten prices a side in either market
_LEEWAY = 5  # requests; a client counts by its own clock

Command = Callable[[World, Link, Packet], None]


def _profile(world: World, link: Link, request: Packet) -> None:
    message("UserQuoteProfileRequest").decode(request.body)
    limits = [{"command": number, "limit": RATE, "burst": BURST} for number in c.PULLS]
    markets = {
        market: {"warning_msg": f"no quote access to {market}" if market in world.links.denied else ""}
        for market in ("HK", "US")
    }
    packages = _packages(world)
    values = {
        "member_id": world.ring.keys.member_id,
        "quote_level": LEVEL if packages else "",
        "subscribe_limit": c.MOST_SYMBOLS,
        "history_candlestick_limit": 1000,
        "rate_limit": limits if world.options.limits else [],
        "quote_level_detail": {"by_package_key": packages, "by_market_code": markets},
    }
    link.answer(request, message("UserQuoteProfileResponse").encode(values))


def _packages(world: World) -> dict[str, dict[str, Any]]:
    """Return what quotes there are, one package a market; they last as long as the access token."""
    keys = world.ring.keys
    return {
        f"{market}_{LEVEL}": {
            "key": f"{market}_{LEVEL}",
            "name": f"{market} {LEVEL}",
            "description": "Ten prices a side, as the sandbox serves them",
            "start": int(keys.issued_at),
            "end": int(keys.expires_at),
        }
        for market in ("HK", "US")
        if market not in world.links.denied
    }


def _pull(pull: c.Pull, world: World, link: Link, request: Packet) -> None:
    if world.options.limits:
        _count(link, request.command)
    asked = message(pull.request).decode(request.body) if pull.request else {}
    data = _rest(world, pull.operation, asked)
    if request.command == c.SECURITY_QUOTE and not link.overnight:
        for row in data["secu_quote"]:
            row.pop("over_night_quote", None)
    link.answer(request, message(pull.response).encode(data))


def _strikes(world: World, link: Link, request: Packet) -> None:
    """Answer with an expiry date's strikes, which the SDK for Node asks for here; others use REST."""
    if world.options.limits:
        _count(link, request.command)
    asked = message("OptionChainDateStrikeInfoRequest").decode(request.body)
    found: dict[str, dict[str, Any]] = {}
    for row in _rest(world, "option_chain_info_by_date", asked)["list"]:
        price = row["strike_price"]
        strike = found.setdefault(price, {"price": price, "standard": not row["standard_attr"]})
        strike["call_symbol" if row["direction"] == "C" else "put_symbol"] = row["symbol"]
    values = {"strike_price_info": list(found.values())}
    link.answer(request, message("OptionChainDateStrikeInfoResponse").encode(values))


def _rest(world: World, operation: str, asked: dict[str, Any]) -> Any:
    """Return what REST answers to the same question."""
    given = {name: value for name, value in asked.items() if value is not None}
    world.refresh()
    try:
        fields = read(catalog().named(operation), {}, "", json.dumps(given).encode() if given else b"")
        return HANDLERS[operation](world, fields)
    except (Refused, RequestRefused) as refused:
        code = getattr(refused, "code", BAD_PARAMETER)
        known = c.INVALID_REQUEST if code == BAD_PARAMETER else c.INTERNAL_ERROR
        raise Rejected(c.SERVER_ERROR, known, str(refused)) from None


def _count(link: Link, command: int) -> None:
    now = time.monotonic()
    left, at = link.tokens.get(command, (float(BURST + _LEEWAY), now))
    left = min(float(BURST + _LEEWAY), left + (now - at) * RATE)
    if left < 1:
        raise Rejected(c.BAD_REQUEST, c.RATE_LIMIT, "api request is limited")
    link.tokens[command] = (left - 1, now)


def _subscriptions(world: World, link: Link, request: Packet) -> None:
    del world
    rows = [{"symbol": symbol, "sub_type": sorted(kinds)} for symbol, kinds in link.subscribed.items()]
    link.answer(request, message("SubscriptionResponse").encode({"sub_list": rows}))


def _subscribe(world: World, link: Link, request: Packet) -> None:
    asked = message("SubscribeRequest").decode(request.body)
    symbols, kinds = _checked(asked)
    known = [symbol for symbol in symbols if symbol in world.market.securities]
    if not known:
        raise Rejected(c.SERVER_ERROR, c.INVALID_REQUEST, f"symbol not found: {symbols[0]:.40}")
    for symbol in known:
        if market_of(symbol) in world.links.denied:
            raise Rejected(c.SERVER_ERROR, c.NO_ACCESS, f"no quote access: {symbol:.40}")
    held = {symbol for other in world.links.of("quote") for symbol in other.subscribed}
    if len(held.union(known)) > c.MOST_SYMBOLS:
        text = f"too many subscriptions: at most {c.MOST_SYMBOLS} securities"
        raise Rejected(c.SERVER_ERROR, c.TOO_MANY_SUBSCRIPTIONS, text)
    if asked["is_first_push"]:
        world.links.on_subscribe(link, dict.fromkeys(known, kinds))
    for symbol in known:
        link.subscribed.setdefault(symbol, set()).update(kinds)
    _subscriptions(world, link, request)


def _unsubscribe(world: World, link: Link, request: Packet) -> None:
    asked = message("UnsubscribeRequest").decode(request.body)
    if asked["unsub_all"]:
        link.subscribed.clear()
    else:
        symbols, kinds = _checked(asked)
        for symbol in symbols:
            left = link.subscribed.get(symbol, set()) - kinds
            if left:
                link.subscribed[symbol] = left
            else:
                link.subscribed.pop(symbol, None)
    _subscriptions(world, link, request)


def _checked(asked: dict[str, Any]) -> tuple[list[str], set[int]]:
    symbols, kinds = list(dict.fromkeys(asked["symbol"])), set(asked["sub_type"])
    if len(symbols) > c.MOST_SYMBOLS:
        text = f"{len(symbols)} symbols; at most {c.MOST_SYMBOLS}"
        raise Rejected(c.SERVER_ERROR, c.TOO_MANY_SYMBOLS, text)
    if not symbols or not kinds or not kinds <= set(c.KINDS.values()):
        raise Rejected(c.SERVER_ERROR, c.INVALID_REQUEST, "symbol and sub_type are needed")
    return symbols, kinds


def _topics(world: World, link: Link, request: Packet) -> None:
    del world
    asked = message("Sub").decode(request.body)["topics"]
    good = [topic for topic in asked if topic == c.TOPIC]
    bad = [{"topic": topic, "reason": "unknown topic"} for topic in asked if topic != c.TOPIC]
    link.subscribed.update({topic: set() for topic in good})
    values = {"success": good, "fail": bad, "current": list(link.subscribed)}
    link.answer(request, message("SubResponse").encode(values))


def _leave_topics(world: World, link: Link, request: Packet) -> None:
    del world
    for topic in message("Unsub").decode(request.body)["topics"]:
        link.subscribed.pop(topic, None)
    link.answer(request, message("UnsubResponse").encode({"current": list(link.subscribed)}))


COMMANDS: dict[str, dict[int, Command]] = {
    "quote": {
        c.PROFILE: _profile,
        c.SUBSCRIPTIONS: _subscriptions,
        c.SUBSCRIBE: _subscribe,
        c.UNSUBSCRIBE: _unsubscribe,
        c.STRIKES: _strikes,
        **{number: partial(_pull, pull) for number, pull in c.PULLS.items()},
    },
    "trade": {c.TRADE_SUBSCRIBE: _topics, c.TRADE_UNSUBSCRIBE: _leave_topics},
}
"""By gateway and number."""


log = logging.getLogger("jupyter_openapi.sandbox")


class Sockets:
    """Serves the links of one `World`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._links = world.links
        self._tasks: set[asyncio.Task[None]] = set()

    def upgrade(self, stream: IOStream, path: str, headers: HTTPHeaders) -> None:
        """Serve a connection whose upgrade request has arrived."""
        gateway = next(name for name, place in c.PATHS.items() if path.partition("?")[0] == place)
        link = Link(WebSocket(stream, path, list(headers.get_all()), self._links.outbox), gateway)
        link.language = language_of(headers.get("Accept-Language"))
        task = asyncio.ensure_future(self._serve(link))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Close every link as a server that goes away does."""
        for link in self._links.of("all"):
            link.socket.close(GOING_AWAY, "shutting down")
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=0.5)
        for link in self._links.of("all"):
            link.socket.abort()

    async def _serve(self, link: Link) -> None:
        self._links.open.add(link)
        try:
            await link.socket.serve(lambda data: self._received(link, data))
        except Exception:
            log.exception("a link of the %s socket failed", link.gateway)
        finally:
            self._links.open.discard(link)

    def _received(self, link: Link, data: bytes) -> None:
        try:
            request = unpack(data)
        except ProtocolError:
            log.info("a packet on the %s socket could not be read", link.gateway)
            if len(data) >= 6 and data[0] & 0x0F == REQUEST:
                request = Packet(REQUEST, data[1], request_id=int.from_bytes(data[2:6]))
                self._reject(link, request, Rejected(c.BAD_REQUEST, c.INVALID_REQUEST, "invalid request"))
            return
        if request.kind != REQUEST:
            return
        try:
            self._handle(link, request)
        except Rejected as rejected:
            self._reject(link, request, rejected)
        except ProtocolError as error:
            self._reject(link, request, Rejected(c.BAD_REQUEST, c.INVALID_REQUEST, str(error)))
        except Exception:
            log.exception("command %s of the %s socket failed", request.command, link.gateway)
            self._reject(link, request, Rejected(c.SERVER_ERROR, c.INTERNAL_ERROR, "internal error"))

    def _reject(self, link: Link, request: Packet, rejected: Rejected) -> None:
        body = message("Error").encode({"code": rejected.code, "msg": rejected.text})
        link.answer(request, body, rejected.status)
        if rejected.status == c.UNAUTHENTICATED:
            link.bye(BAD_AUTH, rejected.text)

    def _handle(self, link: Link, request: Packet) -> None:
        if request.command == c.HEARTBEAT:
            link.answer(request, request.body)
            return
        if request.command in {c.AUTH, c.RECONNECT}:
            self._open(link, request)
            return
        if not link.session:
            raise Rejected(c.UNAUTHENTICATED, 401004, "unauthenticated: send a token first")
        command = COMMANDS[link.gateway].get(request.command)
        if command is None:
            text = f"the sandbox doesn't know command {request.command}"
            raise Rejected(c.BAD_REQUEST, c.INVALID_REQUEST, text)
        command(self._world, link, request)

    def _open(self, link: Link, request: Packet) -> None:
        if request.command == c.AUTH:
            values = message("AuthRequest").decode(request.body)
            self._links.redeem(values["token"])
        else:
            values = message("ReconnectRequest").decode(request.body)
            self._links.take_up(values["session_id"], link.gateway)
        granted = self._links.admit(link)
        link.overnight = values["metadata"].get("need_over_night_quote") == "true"
        link.answer(request, message("AuthResponse").encode(granted))
