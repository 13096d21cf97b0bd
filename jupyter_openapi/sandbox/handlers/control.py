"""Handlers of the sandbox's own operations and of tokens: clock, status, reset, faults."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jupyter_openapi.sandbox.dispatch import CONTROLS, HANDLERS, PUBLIC, Handler, World, carries
from jupyter_openapi.sandbox.errors import bad
from jupyter_openapi.sandbox.gate import CHANNEL
from jupyter_openapi.sandbox.options import ALL_FAULTS
from jupyter_openapi.spec.loader import read_documents
from jupyter_openapi.spec.model import Effect, Kind, Operation, Parameter

Fields = dict[str, Any]

GATEWAYS = ("quote", "trade", "all")

LONGEST_LIFE = 400 * 86400


def control(method: str, path: str, handler: Handler, *parameters: Parameter) -> None:
    """Register an operation of the sandbox's own."""
    name = f"{method} {path}"
    effect = Effect.READ if method == "GET" else Effect.WRITE
    CONTROLS[method, path] = Operation(
        name=name, method=method, path=path, effect=effect, group="sandbox", limit="none", summary="",
        parameters=parameters,
    )  # fmt: skip
    HANDLERS[name] = handler


def move_clock(world: World, fields: Fields) -> Fields:
    """Move a manual clock forward and let everything up to then happen."""
    advance, to = fields.get("advance"), fields.get("to")
    goal = world.clock.target(
        advance=None if advance is None else float(advance), to=None if to is None else float(to)
    )
    world.clock.set(goal)  # first: a program killed in between catches up when it starts again
    world.exchange.advance(goal)
    world.links.publish()
    return {"now": goal}


def status(world: World, fields: Fields) -> Fields:
    """Return how the sandbox runs and what it holds."""
    del fields
    return {
        "now": world.now(),
        "clock": world.options.clock,
        "sessions": world.options.sessions,
        "seed": world.seed,
        "limits": world.options.limits,
        "faults": {name: rate for name, (rate, _) in world.faults.rates.items()},
        "db": str(world.options.db) if world.options.db else None,
        "links": world.links.report(),
        "uptime": round(time.time() - world.started_at, 3),
        "open_orders": len(world.exchange.blotter.orders),
        "cash": {currency: str(amount) for currency, amount in world.exchange.blotter.account.cash.items()},
    }


def reset(world: World, fields: Fields) -> Fields:
    """Forget all orders and start from the opening account."""
    del fields
    world.exchange.reset(world.now())
    return {}


def set_faults(world: World, fields: Fields) -> Fields:
    """Change the fault rates while running; a name that isn't given keeps its own."""
    for name, rate in fields.items():
        if not 0 <= rate <= 1:
            raise bad(name, "a rate must be between 0 and 1")
        world.faults.rates[name] = (float(rate), world.faults.rates.get(name, (0.0, None))[1])
    return {name: rate for name, (rate, _) in world.faults.rates.items()}


def disturb_sockets(world: World, fields: Fields) -> Fields:
    """Do to links what the world does: drop them, freeze them, forget what they subscribed to."""
    for name in ("drop", "freeze", "forget"):
        gateway = fields.get(name)
        if gateway is None:
            continue
        if gateway not in GATEWAYS:
            raise bad(name, f"{gateway:.20} is none of {', '.join(GATEWAYS)}")
        for link in world.links.of(gateway):
            if name == "drop":
                link.socket.abort()
            elif name == "freeze":
                link.socket.freeze()
            else:
                link.subscribed.clear()
    if fields.get("deny") is not None:
        world.links.denied = set(fields["deny"])
    if fields.get("most") is not None:
        world.links.most = int(fields["most"])
    return {"online": world.links.online(), "most": world.links.most, "denied": sorted(world.links.denied)}


def _amount(name: str) -> Parameter:
    return Parameter(name, "body", Kind.DECIMAL, number=True)


control("POST", "/sandbox/clock", move_clock, _amount("advance"), _amount("to"))
control("GET", "/sandbox/status", status)
control("POST", "/sandbox/reset", reset)
control("POST", "/sandbox/faults", set_faults, *(_amount(name) for name in ALL_FAULTS))
control(
    "POST",
    "/sandbox/sockets",
    disturb_sockets,
    *(Parameter(name, "body", Kind.TEXT) for name in ("drop", "freeze", "forget")),
    Parameter("deny", "body", Kind.TEXT, array=True),
    _amount("most"),
)


@carries("token_refresh")
def token_refresh(world: World, fields: Fields) -> Fields:
    """Issue a new access token; the one that signed this request is refused from now on."""
    now = time.time()
    expires = fields["expired_at"]
    if not now < expires <= now + LONGEST_LIFE:
        raise bad("expired_at", "must be in the future, at most 400 days")
    keys = world.ring.refresh(expires)
    return {
        "token": keys.access_token,
        "expired_at": _iso(keys.expires_at),
        "issued_at": _iso(keys.issued_at),
        "account_info": {
            "member_id": str(keys.member_id), "aaid": str(keys.aaid), "account_channel": CHANNEL
        },
    }  # fmt: skip


@carries("socket_token")
def socket_token(world: World, fields: Fields) -> Fields:
    """Return a one-time password for a socket, how many links there may be, and how many there are."""
    del fields
    return world.links.password()


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_SHARED = "common.json"
_HEADERS = ("X-Api-Key", "Authorization", "X-Timestamp", "X-Api-Signature")
_REFUSED = "Refused: code and message say why, data is null."


@cache
def document() -> dict[str, Any]:
    """Return the document; every reference in it leads inside it."""
    documents = read_documents()
    schemas: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for name, source in documents.items():
        for key, schema in source.get("components", {}).get("schemas", {}).items():
            schemas[_key(name, key)] = _localised(schema, name)
        for path, methods in source["paths"].items():
            carried = {verb: op for verb, op in methods.items() if op["operationId"] in HANDLERS}
            for verb, operation in carried.items():
                paths.setdefault(path, {})[verb] = _operation(operation, name)
    return {
        "openapi": "3.1.0",
        "info": {"title": "jupyter-openapi sandbox", "version": "1", "description": "A paper exchange."},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _schemes()},
        "security": [{name: [] for name in _HEADERS}],
    }


PUBLIC["/openapi.json"] = document


def _operation(operation: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = _localised(operation, name)
    envelope = {"$ref": "#/components/schemas/Envelope"}
    refused = {"description": _REFUSED, "content": {"application/json": {"schema": envelope}}}
    found["responses"] = found["responses"] | {"4XX": refused, "5XX": refused}
    return found


def _localised(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {
            key: _reference(item, name) if key == "$ref" else _localised(item, name)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_localised(item, name) for item in value]
    return value


def _reference(text: str, name: str) -> str:
    source, _, place = text.partition("#")
    key = place.rpartition("/")[2]
    return f"#/components/schemas/{_key(source or name, key)}"


def _key(source: str, key: str) -> str:
    return key if source == _SHARED else f"{source.removesuffix('.json')}.{key}"


def _schemes() -> dict[str, Any]:
    return {name: {"type": "apiKey", "in": "header", "name": name} for name in _HEADERS}
