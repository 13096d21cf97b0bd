"""Convert what is given for a parameter to its form on the wire.

The rules follow what the official SDK sends: decimals as text without trailing zeros or exponent, moments as
Unix seconds, arrays as repeated keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, ClassVar

from jupyter_openapi.errors import RequestRefused, did_you_mean, sentence
from jupyter_openapi.market.symbols import mended
from jupyter_openapi.messages import _, commas, ended
from jupyter_openapi.spec.chinese import value_meant
from jupyter_openapi.spec.dates import to_day, to_seconds, zone
from jupyter_openapi.spec.model import Kind, Parameter

_NAN = float("nan")
LONGEST_ID = 512  # characters; the broker's longest are a few dozen


def plain(value: Any) -> Any:
    """Return undescribed data as JSON data: decimals as text, times as ISO 8601 text, the rest as it is.

    What is missing becomes NaN, which no JSON body is sent with.
    """
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if isinstance(value, Decimal):
        return decimal_text(value) if value.is_finite() else _NAN
    if isinstance(value, date):
        return value.isoformat() if value == value else _NAN  # noqa: PLR0124  (pandas.NaT is unlike itself)
    return item(value)


def decimal_text(number: Decimal) -> str:
    """Return every digit of `number`, without exponent or trailing zeros: ``612.50`` as ``612.5``.

    As the official SDK sends decimals (``1E+3`` as ``1000``), save that a negative zero is ``0``.
    """
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def item(value: Any) -> Any:
    """Return a scalar of numpy's as Python's own, its missing time as NaN, anything else as it is."""
    if type(value).__name__ == "datetime64":  # its own item() is nanoseconds
        return _NAN if str(value) == "NaT" else str(value)
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0 else value


_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")


def number_of(value: Any) -> Decimal:
    """Return a number as it was given; its text may have commas before groups of three digits.

    Raises
    ------
    InvalidOperation
        It is none: ``1,5`` and ``0,500`` are not, since their comma may stand for a point.
    """
    if isinstance(value, float):
        return Decimal(repr(value))
    text = str(value).strip()
    return Decimal(text.replace(",", "") if _THOUSANDS.fullmatch(text) else text)


_SIDES = {"long": "buy", "short": "sell", "b": "buy", "s": "sell", "bid": "buy", "ask": "sell"}
"""What a word for a side most likely means; only suggested, since an order is at stake."""
_FLOAT = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?")
_SPLIT = {Kind.SYMBOL, Kind.ENUM, Kind.ID, Kind.INTEGER, Kind.DATE}
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def join(parameter: Parameter, value: Any) -> Any:
    """Return an array as the one text it travels in, if its style is ``comma`` or ``json``."""
    if not isinstance(value, list):
        return value
    if parameter.style == "comma":
        return ",".join(str(each) for each in value)
    return dump(value) if parameter.style == "json" else value


def dump(value: Any) -> str:
    """Return compact JSON text, characters outside ASCII as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def to_wire(parameter: Parameter, value: Any, *, tz: str = "UTC", now: datetime | None = None) -> Any:
    """Return `value` as it travels: a JSON value, arrays joined where the parameter's style says so.

    Parameters
    ----------
    parameter
        What the value is for; its kind decides.
    value
        Any of the types the kind takes; never None (None omits the parameter).
    tz
        Zone of naive times and of days.
    now
        The present moment, for tests.

    Raises
    ------
    RequestRefused
        One sentence that names the parameter, the value and what to type instead.
    """
    return join(parameter, convert(parameter, value, tz=tz, now=now))


def convert(
    parameter: Parameter, value: Any, *, tz: str = "UTC", strict: bool = True, now: datetime | None = None
) -> Any:
    """Return `value` as a JSON value of the parameter's kind; an array is a list still.

    Converting the result again changes nothing. Unless `strict`, text that is not understood as a time, a
    number or one of an enum's values is passed on as it is (the broker has the last word); a value of the
    wrong type (NaN, a boolean for a number, a float for an id) never is.
    """
    return _Converter(tz, now, strict=strict).convert(parameter, value)


def _is_written(value: object) -> bool:
    """Tell whether what is no text has one of its own, as a whole number has, and a list has not."""
    if isinstance(value, (bool, float, complex, timedelta, Iterable)):
        return False
    return isinstance(value, (int, Enum)) or type(value).__str__ is not object.__str__


class _Converter:
    """The settings of one conversion."""

    def __init__(self, tz: str, now: datetime | None, *, strict: bool) -> None:
        self._tz = tz
        self._strict = strict
        self._now = now

    def convert(self, parameter: Parameter, value: Any) -> Any:
        one = self._KINDS[parameter.kind]
        if not parameter.array:
            return one(self, parameter, _unwrap(parameter, value))
        return [one(self, parameter, _unwrap(parameter, each)) for each in items(parameter, value)]

    def _text(self, parameter: Parameter, value: Any) -> str:
        if isinstance(value, str):
            return value if parameter.free_text else value.strip()
        if isinstance(value, date):
            return value.isoformat()
        if not _is_written(value):
            raise refused(parameter, value, _("is not text"))
        return str(value)

    def _symbol(self, parameter: Parameter, value: Any) -> str:
        """Return a symbol as the broker spells it, where what is meant is beyond doubt."""
        return mended(self._text(parameter, value))

    def _id(self, parameter: Parameter, value: Any) -> str | int:
        if isinstance(value, bool | float | Decimal):
            raise refused(
                parameter, value, _("is not an id; ids are digits in quotes, a float cannot hold them")
            )
        if not isinstance(value, (str, int)):
            raise refused(parameter, value, _("is not an id; ids are digits in quotes"))
        if len(str(value)) > LONGEST_ID:
            raise refused(parameter, value, _("is too long for an id"))
        text = str(value).strip()
        if _FLOAT.fullmatch(text):
            raise refused(
                parameter,
                value,
                _(
                    "is a rounded number, as a spreadsheet or a float column makes of an id: its last digits "
                    "are lost, so read the id again as text"
                ),
            )
        if parameter.number and text.isdecimal():
            return int(text)
        if parameter.number and self._strict:
            raise refused(parameter, value, _("is not a whole number"))
        return text

    def _enum(self, parameter: Parameter, value: Any) -> Any:
        if isinstance(value, str) and value in parameter.values:
            return parameter.values[value]
        text = str(value.value if isinstance(value, Enum) else value).strip().lower()
        text = re.sub(r"^[a-z]\w*\.", "", text)  # the official SDK's OrderSide.Buy as well as Buy
        spellings = {_bare(name): wire for name, wire in parameter.values.items()}
        if _bare(text) in spellings:
            return spellings[_bare(text)]
        meant = value_meant(text, parameter.values)
        if meant:
            raise refused(
                parameter,
                value,
                _("is not one of {choices}.").format(choices=choices(parameter)),
                _("Type {name}={value}.").format(name=parameter.name, value=meant),
            )
        if self._strict or not isinstance(value, str):
            raise refused(
                parameter,
                value,
                _("is not one of {choices}.").format(choices=choices(parameter)),
                did_you_mean(_SIDES.get(text, text), map(str.lower, parameter.values)),
            )
        return value

    def _decimal(self, parameter: Parameter, value: Any) -> Any:
        if isinstance(value, bool):
            raise refused(parameter, value, _("is not a number"))
        try:
            number = number_of(value)
        except InvalidOperation:
            if self._strict:
                raise refused(parameter, value, _("is not a number; write it as 612.5")) from None
            return value
        if not number.is_finite() or abs(number.adjusted()) > 40:
            raise refused(parameter, value, _("is not a number the broker can take"))
        text = decimal_text(number)
        return (float(text) if "." in text else int(text)) if parameter.number else text

    def _integer(self, parameter: Parameter, value: Any) -> Any:
        if isinstance(value, bool):
            raise refused(parameter, value, _("is not a whole number"))
        try:
            number = number_of(value)
            whole = number.is_finite() and abs(number.adjusted()) < 19 and number == int(number)
        except InvalidOperation:
            whole = False
        if whole:
            return int(number) if parameter.number else str(int(number))
        if self._strict or not isinstance(value, str):
            raise refused(parameter, value, _("is not a whole number"))
        return value

    def _boolean(self, parameter: Parameter, value: Any) -> bool:
        found = _BOOLEANS.get(str(value).strip().lower())
        if found is None:
            meant = value_meant(str(value), _BOOLEANS)
            hint = _("Type {name}={value}.").format(name=parameter.name, value=meant) if meant else ""
            raise refused(parameter, value, _("is neither true nor false") + "." * bool(hint), hint)
        return found

    def _moment(self, parameter: Parameter, value: Any) -> Any:
        try:
            end = parameter.name.rpartition(".")[2].startswith("end")
            seconds = to_seconds(value, zone(self._tz), end=end, now=self._now)
        except ValueError as error:
            if self._strict or not isinstance(value, str):
                raise refused(parameter, value, _("is not a time: {error}").format(error=error)) from None
            return value
        if parameter.date_format == "iso":
            return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return seconds if parameter.number else str(seconds)

    def _day(self, parameter: Parameter, value: Any) -> str:
        if value == "":  # the SDK's own way to leave one end of a range open
            return ""
        try:
            day = to_day(value, zone(self._tz), now=self._now)
        except ValueError as error:
            if self._strict or not isinstance(value, str):
                raise refused(parameter, value, _("is not a day: {error}").format(error=error)) from None
            return value
        text = day.isoformat()
        return text if parameter.date_format == "%Y-%m-%d" else text.replace("-", "")

    def _object(self, parameter: Parameter, value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                raise refused(parameter, value, _('is not JSON; write {"name": "value"}')) from None
        if not isinstance(value, Mapping):
            raise refused(parameter, value, _('is not an object; write {"name": "value"}'))
        known = {each.name: each for each in parameter.fields}
        if self._strict:
            check_fields(parameter, value)
        return {
            name: self.convert(known[name], each) if name in known else plain(each)
            for name, each in value.items()
            if each is not None
        }

    def _any(self, _: Parameter, value: Any) -> Any:
        return plain(value)

    _KINDS: ClassVar[dict[Kind, Callable[[_Converter, Parameter, Any], Any]]] = {
        Kind.TEXT: _text,
        Kind.ID: _id,
        Kind.SYMBOL: _symbol,
        Kind.ENUM: _enum,
        Kind.DECIMAL: _decimal,
        Kind.INTEGER: _integer,
        Kind.BOOLEAN: _boolean,
        Kind.TIMESTAMP: _moment,
        Kind.MILLIS: _moment,
        Kind.DATE: _day,
        Kind.OBJECT: _object,
        Kind.ANY: _any,
    }


def check_fields(parameter: Parameter, value: Mapping[str, Any]) -> None:
    """Refuse fields that the object is not described to have; one without a description has any."""
    known = [each.name for each in parameter.fields]
    for name in value:
        if known and name not in known:
            hint = did_you_mean(name, known) or _("It has {known}.").format(known=commas(known))
            raise RequestRefused(
                _("{name} has no field {field!r}. {hint}").format(name=parameter.name, field=name, hint=hint)
            )


def items(parameter: Parameter, value: Any) -> list[Any]:
    """Return what an array parameter was given as a list: one value, text with commas, or any iterable."""
    if isinstance(value, str) and value.strip().startswith("["):
        return _listed(parameter, value)
    if isinstance(value, str):
        parts = value.split(",") if parameter.kind in _SPLIT else [value]
        return [each.strip() for each in parts if each.strip()]
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        return list(value)
    return [value]


def _listed(parameter: Parameter, text: str) -> list[Any]:
    """Read a JSON list written as text."""
    try:
        return list(json.loads(text))
    except ValueError:
        raise refused(parameter, text, _('is not a JSON list; write ["a", "b"]')) from None


def _bare(name: str) -> str:
    """Return `name` without what people write differently: case, underscores, hyphens, spaces."""
    return re.sub(r"[_\s-]", "", name.lower())


def choices(parameter: Parameter) -> str:
    """Return the values an enum parameter takes, as a person types them.

    Integer enums are shown by their readable names, one a value.
    """
    shown: dict[Any, str] = {}
    for name, wire in parameter.values.items():
        if wire not in shown or (shown[wire] == str(wire) and isinstance(wire, int)):
            shown[wire] = name
    return commas(shown.values())


def refused(parameter: Parameter, value: Any, *why: str) -> RequestRefused:
    """Return the refusal of `value`: one sentence, the value shortened to 60 characters."""
    text = repr(value)
    if " at 0x" in text:  # says nothing to a person
        text = f"<{type(value).__name__}>"
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    reason = sentence(*why)
    return RequestRefused(f"{parameter.name}={shown} {ended(reason)}")


def _unwrap(parameter: Parameter, value: Any) -> Any:
    """Turn numpy's scalars into Python's, and refuse what stands for "missing"."""
    one = item(value)
    nan = one.is_nan() if isinstance(one, Decimal) else isinstance(one, float) and one != one  # noqa: PLR0124
    if nan or one is None or type(one).__name__ in {"NAType", "NaTType"}:
        raise refused(parameter, value, _("is a missing value; leave it out or give None"))
    return one
