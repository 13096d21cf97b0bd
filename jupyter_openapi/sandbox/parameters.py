"""Read an operation's parameters from a request, as strictly as the broker's server.

The specification says what each parameter is. Parameters it doesn't know are ignored, as the broker does;
a null and an empty optional value count as not given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from jupyter_openapi.sandbox.errors import Refused, bad
from jupyter_openapi.spec.model import Kind, Operation, Parameter

LONGEST_TEXT = 10_000
_DECIMAL = re.compile(r"[+-]?(\d{1,24}(\.\d{0,18})?|\.\d{1,18})", re.ASCII)
_COUNTER = re.compile(r"[A-Z]{2,4}/(?P<market>[A-Z]{2})/(?P<code>[\w.-]{1,20})", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


def read(operation: Operation, path: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
    """Return the parameters of a request by their wire names, converted; absent ones are left out.

    Parameters
    ----------
    operation
        What was asked for.
    path
        The values of the path's templates.
    query
        The raw query string.
    body
        The body's bytes; they are looked at only if the operation has body parameters.

    Raises
    ------
    Refused
        HTTP 400 and 602001, naming every required parameter that is missing, or the first wrong one.
    """
    places: dict[str, Mapping[str, Any]] = {"path": path, "query": _query(query), "body": {}}
    if any(parameter.where == "body" for parameter in operation.parameters):
        places["body"] = read_object(body)
    values: dict[str, Any] = {}
    for parameter in operation.parameters:
        given = places.get(parameter.where, {}).get(parameter.name)
        if given is None and parameter.name == "symbol" and parameter.where == "query":
            given = _by_counter(places["query"])
        if parameter.where == "query" and given is not None and not parameter.array:
            given = given[-1]
        empty = given == "" or (given == [] and parameter.array and not parameter.required)
        if given is None or empty:
            continue
        values[parameter.name] = _convert(parameter, given)
    missing = [p.name for p in operation.parameters if p.required and p.name not in values]
    if missing:
        raise bad(", ".join(missing), "required and not given")
    return values


def read_object(body: bytes) -> dict[str, Any]:
    """Return a body's JSON object; an empty body is an empty object."""
    if not body:
        return {}
    try:
        value = json.loads(body.decode())
    except UnicodeDecodeError as error:
        raise bad("body", f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise bad("body", f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except (RecursionError, ValueError):
        raise bad("body", "not JSON that can be read: nested too deep, or a number too long") from None
    if not isinstance(value, dict):
        raise bad("body", f"a JSON object is needed, not {_kind(value)}")
    return value


def _query(query: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=2000)
    except UnicodeDecodeError:
        raise bad("query", "not UTF-8") from None
    except ValueError:
        raise bad("query", "more than 2000 fields") from None
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _by_counter(query: Mapping[str, list[str]]) -> list[str] | None:
    """Return the symbol that a query names by its counter, ``ST/HK/700``, as SDKs before version 5 do."""
    for name in ("counter_id", "underlying_counter_id"):
        if name in query and (found := _COUNTER.fullmatch(query[name][-1])):
            return [f"{found['code']}.{found['market']}"]
    return None


def _convert(parameter: Parameter, given: Any) -> Any:
    try:
        if not parameter.array:
            return _one(parameter, given)
        items = _items(parameter, given)
        if parameter.max_items is not None and len(items) > parameter.max_items:
            raise bad(parameter.name, f"{len(items)} values; at most {parameter.max_items}")
        return [_one(parameter, item) for item in items]
    except _Wrong as wrong:
        raise bad(parameter.name, str(wrong)) from None


def _items(parameter: Parameter, given: Any) -> list[Any]:
    if parameter.style == "comma" and isinstance(given, str):
        return given.split(",")
    if parameter.style == "json" and isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise _Wrong("a JSON array in a string is needed") from None
    if parameter.style != "repeat" and isinstance(given, list) and len(given) == 1:
        return _items(parameter, given[0])
    if not isinstance(given, list):
        raise _Wrong(f"a list is needed, not {_kind(given)}")
    return given


class _Wrong(Exception):
    pass


def _one(parameter: Parameter, given: Any) -> Any:
    value = _READERS.get(parameter.kind, _any)(parameter, given)
    if parameter.values and value not in parameter.values.values():
        raise _Wrong(
            f"{given!r:.60} isn't one of {', '.join(map(str, dict.fromkeys(parameter.values.values())))}"
        )
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        _in_range(parameter, value)
    if isinstance(value, str):
        _in_length(parameter, value)
    return value


def _in_range(parameter: Parameter, value: int | Decimal) -> None:
    if parameter.above is not None and value <= _limit(parameter.above):
        raise _Wrong(f"{value} isn't above {parameter.above:g}")
    if parameter.minimum is not None and value < _limit(parameter.minimum):
        raise _Wrong(f"{value} is below {parameter.minimum:g}")
    if parameter.maximum is not None and value > _limit(parameter.maximum):
        raise _Wrong(f"{value} is above {parameter.maximum:g}")


@cache
def _limit(number: float) -> Decimal:
    return Decimal(str(number))


def _in_length(parameter: Parameter, value: str) -> None:
    longest = parameter.max_length or LONGEST_TEXT
    if len(value) > longest:
        raise _Wrong(f"{len(value)} characters; at most {longest}")
    if parameter.min_length is not None and len(value) < parameter.min_length:
        raise _Wrong(f"{len(value)} characters; at least {parameter.min_length}")
    if parameter.pattern is not None and not re.search(parameter.pattern, value):
        raise _Wrong(f"{value!r:.60} isn't of the form {parameter.pattern}")


def _text(_: Parameter, given: Any) -> str:
    if not isinstance(given, str):
        raise _Wrong(f"a string is needed, not {_kind(given)}")
    if _UNKEEPABLE.search(given):
        raise _Wrong("a string with characters that can't be stored")
    return given


def _id(parameter: Parameter, given: Any) -> str:
    if parameter.number and isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 10**18:
        return str(given)
    return _text(parameter, given)


def _enum(parameter: Parameter, given: Any) -> str | int:
    whole = all(isinstance(value, int) for value in parameter.values.values())
    if whole and parameter.values:
        return _integer(parameter, given)
    return _text(parameter, given)


def _decimal(parameter: Parameter, given: Any) -> Decimal:
    if parameter.number and isinstance(given, (int, float)) and not isinstance(given, bool):
        given = repr(given)
    if not isinstance(given, str):
        raise _Wrong(f"a decimal in a string is needed, not {_kind(given)}")
    if not _DECIMAL.fullmatch(given):
        raise _Wrong(f"{given!r:.60} isn't a decimal number")
    try:
        return Decimal(given)
    except InvalidOperation:
        raise _Wrong(f"{given!r:.60} isn't a decimal number") from None


def _integer(parameter: Parameter, given: Any) -> int:
    if isinstance(given, int) and not isinstance(given, bool) and parameter.where == "body":
        if abs(given) >= 10**18:
            raise _Wrong("a number with at most 18 digits is needed")
        return given
    if isinstance(given, str) and _WHOLE.fullmatch(given):
        return int(given)
    raise _Wrong(f"a whole number is needed, not {_kind(given)}")


def _boolean(parameter: Parameter, given: Any) -> bool:
    if isinstance(given, bool) and parameter.where == "body":
        return given
    if isinstance(given, str) and given in {"true", "false"}:
        return given == "true"
    raise _Wrong(f"true or false is needed, not {_kind(given)}")


def _timestamp(parameter: Parameter, given: Any) -> float:
    if parameter.date_format == "iso":
        return _iso(_text(parameter, given))
    if parameter.where == "body" and isinstance(given, int) and not parameter.number:
        raise _Wrong("Unix seconds in a string are needed, not a number")
    value = _integer(parameter, given)
    if not 0 <= value < 10**11:
        raise _Wrong("Unix seconds are needed")
    return value


def _iso(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise _Wrong(f"{text!r:.60} isn't a time like 2026-01-31T12:00:00Z") from None


def _date(parameter: Parameter, given: Any) -> str:
    text = _text(parameter, given)
    try:
        moment = datetime.strptime(text, parameter.date_format)  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise _Wrong(f"{text!r:.60} isn't a date like {_sample(parameter.date_format)}") from None
    if moment.strftime(parameter.date_format) != text:
        raise _Wrong(f"{text!r:.60} isn't a date like {_sample(parameter.date_format)}")
    return text


def _sample(date_format: str) -> str:
    return datetime(2026, 1, 31).strftime(date_format)  # noqa: DTZ001 - an example of the spelling


def _object(parameter: Parameter, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _Wrong(f"an object is needed, not {_kind(given)}")
    if not parameter.fields:
        return given
    values: dict[str, Any] = {}
    for inner in parameter.fields:
        item = given.get(inner.name)
        if item is None or (item == "" and not inner.required):
            if inner.required:
                raise _Wrong(f"{inner.name} is required and not given")
            continue
        try:
            values[inner.name] = (
                [_one(inner, one) for one in _items(inner, item)] if inner.array else _one(inner, item)
            )
        except _Wrong as wrong:
            raise _Wrong(f"{inner.name}: {wrong}") from None
    return values


def _any(_: Parameter, given: Any) -> Any:
    return given


_READERS: Mapping[Kind, Callable[[Parameter, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.ID: _id,
    Kind.SYMBOL: _text,
    Kind.ENUM: _enum,
    Kind.DECIMAL: _decimal,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.TIMESTAMP: _timestamp,
    Kind.MILLIS: _integer,
    Kind.DATE: _date,
    Kind.OBJECT: _object,
}


def _kind(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "a string", list: "a list"}
    return names.get(type(value), "an object" if isinstance(value, dict) else "null")


__all__ = ["Refused", "read", "read_object"]
