"""Arguments of the analysis functions: taken for what they mean, or refused in one sentence, before any read.

A sentence names the argument, what it got and what to give. What was given is shown only where it is short
and plain; anything else by its type, for it may be anything.

Times (`start`, `end`, `since`) are understood as `jupyter_openapi.spec.dates` says, and before that:

- a midnight without a zone, of pandas or numpy, is a whole day: so our own frames' columns of days give days;
- a whole number of eight digits that is a day (20260105) is that day, never Unix seconds of 1970.

A time that can't be meant is refused with days in the client's zone and what to type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, did_you_mean, sentence
from jupyter_openapi.market.money import amount
from jupyter_openapi.market.symbols import MARKET_ZONES
from jupyter_openapi.messages import _, commas
from jupyter_openapi.spec.dates import to_day, to_seconds, zone
from jupyter_openapi.storage import typed_path

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike

_LONGEST = 40


def told(value: object) -> str:
    """Return a plain value as it is typed, cut where it is long; of anything else its type."""
    if value is None or isinstance(value, (bool, int, float, Decimal)):
        return str(value)[:_LONGEST]
    if isinstance(value, (str, list, tuple, dict)):
        shown = " ".join(repr(value).split())
        if " at 0x" not in shown and (isinstance(value, str) or len(shown) <= _LONGEST):
            return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
    return _("a value of type {kind}").format(kind=type(value).__name__)


def one_client(value: object) -> ClientLike:
    """Return a client.

    Raises
    ------
    RequestRefused
        It is something else, or several, or it is closed.
    """
    if isinstance(value, type) or not all(hasattr(value, name) for name in ("call", "account", "tz")):
        raise RequestRefused(
            _(
                "client takes a connected Client, such as client = jupyter_openapi.connect(...), not {given}."
            ).format(given=told(value))
        )
    if (refuse_closed := getattr(value, "refuse_closed", None)) is not None:
        refuse_closed()  # else each read that fails would be told as something that is not known
    return value  # type: ignore[return-value]


def choice(name: str, value: object, choices: Iterable[str], last: str = "") -> str:
    """Return which of some words was given, in whatever case.

    Raises
    ------
    RequestRefused
        It is none of them.
    """
    words = list(choices)
    known = {word.lower(): word for word in words}
    found = known.get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise RequestRefused(
            sentence(
                _("{name} is {choices}, not {given}.").format(
                    name=name, choices=commas(words, last), given=told(value)
                ),
                did_you_mean(value, known) if isinstance(value, str) else "",
            )
        )
    return found


def percent(name: str, value: object, example: str, above: int | None = None) -> Decimal:
    """Return percent a year.

    Raises
    ------
    RequestRefused
        It is no number, or not above the least.
    """
    is_number = isinstance(value, (Real, Decimal, str)) and not isinstance(value, bool)
    found = amount(value) if is_number else None
    if found is None or (above is not None and found <= above) or abs(found) > Decimal(10) ** 9:
        raise RequestRefused(
            _("{name} is percent a year, such as {example}; not {value}.").format(
                name=name, example=example, value=told(value)
            )
        )
    return found


def yes_or_no(name: str, value: object, *, or_none: bool = False) -> bool | None:
    """Return True or False; None where that is a third answer.

    Raises
    ------
    RequestRefused
        It is something else.
    """
    if value is None and or_none:
        return None
    if type(value).__name__ in {"bool", "bool_"}:
        return bool(value)
    words = "True, False or None" if or_none else "True or False"
    raise RequestRefused(
        _("{name} takes {words}, not {given}.").format(name=name, words=words, given=told(value))
    )


def mapping(name: str, value: object, example: str) -> Mapping[Any, Any]:
    """Return a mapping; None is an empty one, and a Series one of its index.

    Raises
    ------
    RequestRefused
        It is something else.
    """
    if value is None:
        return {}
    if type(value).__name__ == "Series":
        value = value.to_dict()  # type: ignore[attr-defined]
    if not isinstance(value, Mapping):
        raise RequestRefused(
            _("{name} takes a mapping such as {example}, not {given}.").format(
                name=name, example=example, given=told(value)
            )
        )
    return value


def file_path(name: str, value: object, example: str) -> Path:
    """Return a path, of a text or a path.

    Raises
    ------
    RequestRefused
        It is neither, or empty.
    """
    if not isinstance(value, (str, Path)) or not str(value).strip() or "\0" in str(value):
        raise RequestRefused(
            _("{name} takes a path such as {example}, not {given}.").format(
                name=name, example=example, given=told(value)
            )
        )
    try:
        return typed_path(value)
    except ValueError as problem:  # ~name of nobody, a name no file can have
        raise RequestRefused(
            _("{name} takes a path such as {example}, not {given}: {reason}.").format(
                name=name, example=example, given=told(value), reason=problem
            )
        ) from None


def frame_with(value: object, columns: Iterable[str], said: str, *, attrs: bool = False) -> pd.DataFrame:
    """Return a frame that has some columns.

    Parameters
    ----------
    value
        What was given.
    columns
        Those it needs.
    said
        The sentence that names the argument and the frame it takes.
    attrs
        Whether what the frame says of itself is needed, too.

    Raises
    ------
    RequestRefused
        It is another frame, or none.
    """
    import pandas as pd

    if not isinstance(value, pd.DataFrame):
        raise RequestRefused(sentence(said, _("It is not a frame: {given}.").format(given=told(value))))
    lacks = [name for name in columns if name not in value.columns]
    if lacks:
        raise RequestRefused(sentence(said, _("This one lacks {names}.").format(names=commas(lacks[:4]))))
    if attrs and not isinstance(value.attrs.get("openapi"), Mapping):
        raise RequestRefused(sentence(said, _("This one lacks {names}.").format(names="attrs['openapi']")))
    return value


AHEAD = 5
"""How many seconds a clock may be ahead: a start that was the present a moment ago is none of the future."""
_DAY = re.compile(r"(?:19|20|21)\d\d[01]\d[0-3]\d")
_NANOSECONDS = re.compile(r"\.\d+")


def plain_time(value: Any) -> Any:
    """Return a time of numpy or pandas, or a day written as a whole number, as Python's own."""
    kind, module = type(value).__name__, type(value).__module__
    if module == "numpy" and kind == "datetime64":
        return _of_numpy(str(value))
    if module == "numpy" and kind in {"str_", "bool_", "bool"}:
        return value.item()
    if module == "numpy" and getattr(value, "ndim", 1) == 0 and kind.lstrip("u").startswith("int"):
        value = int(value)
    if type(value) is int and _DAY.fullmatch(str(value)):
        return str(value)
    if kind == "Timestamp" and value.tzinfo is None and value == value.normalize():
        return value.date()
    return value


def _of_numpy(text: str) -> Any:
    if text == "NaT":
        return float("nan")
    day, _mark, clock = text.partition("T")
    clock = _NANOSECONDS.sub("", clock)
    if not clock.strip("0:"):
        return day
    return f"{day}T{clock}"


def window(start: Any, end: Any, tz: str) -> tuple[int, int | None]:
    """Return the first and the last second of a window of the past; None is the present.

    Parameters
    ----------
    start, end
        As given; both included.
    tz
        The zone of days and of times without one.

    Raises
    ------
    RequestRefused
        It is no window.
    """
    here = zone(tz)
    first = _seconds("start", start, here)
    last = None if end is None else _seconds("end", end, here)
    if last is not None and first > last:
        raise _turned(_moment(first, here), _moment(last, here))
    if first > datetime.now(UTC).timestamp() and whole_day(plain_time(start)):
        # A day that has not come in the client's zone may have begun in a market.
        begun = min(_seconds("start", start, zone(name)) for name in MARKET_ZONES.values())
        refuse_future(begun, here, shown=_moment(first, here))
        return begun, last
    refuse_future(first, here)
    return first, last


def whole_day(value: Any) -> bool:
    """Tell whether this is a day, rather than a moment."""
    return to_seconds(value, UTC) != to_seconds(value, UTC, end=True)


def since(value: Any, tz: str) -> int:
    """Return the first second of how far to look back.

    Raises
    ------
    RequestRefused
        It is no time, or in the future.
    """
    here = zone(tz)
    first = _seconds("since", value, here)
    refuse_future(first, here, "since")
    return first


def days(start: Any, end: Any, tz: str) -> tuple[date | None, date | None]:
    """Return the first and the last day of a window of the past; None where none is given.

    Raises
    ------
    RequestRefused
        One is no day, they are the wrong way round, or the first has come neither here nor in a market.
    """
    here = zone(tz)
    first, last = (
        None if given is None else day(name, given, here) for name, given in (("start", start), ("end", end))
    )
    if first is not None and last is not None and first > last:
        raise _turned(str(first), str(last))
    if first is not None:
        zones = (here, *(zone(name) for name in MARKET_ZONES.values()))
        begun = min(int(datetime.combine(first, time(), each).timestamp()) for each in zones)
        refuse_future(begun, here, shown=str(first))
    return first, last


def day(name: str, value: Any, here: tzinfo) -> date:
    """Return a day.

    Raises
    ------
    RequestRefused
        It is none.
    """
    try:
        return to_day(_given(name, value), here)
    except ValueError as reason:
        raise _no_time(name, value, reason) from None


def refuse_future(first: int, here: tzinfo, name: str = "start", shown: str = "") -> None:
    """Refuse a first moment, in Unix seconds, that has not come; `shown` is how it was given.

    Raises
    ------
    RequestRefused
        It has not.
    """
    now = datetime.now(UTC)
    if first > now.timestamp() + AHEAD:
        raise RequestRefused(
            _(
                "{name} ({day}) is in the future: today is {today} ({zone}). Give a day that has been, such "
                "as -30d."
            ).format(
                name=name,
                day=shown or _moment(first, here),
                today=now.astimezone(here).date(),
                zone=here,
            )
        )


def _seconds(name: str, value: Any, here: tzinfo) -> int:
    try:
        return to_seconds(_given(name, value), here, end=name == "end")
    except ValueError as reason:
        raise _no_time(name, value, reason) from None


def _given(name: str, value: Any) -> Any:
    if value is None:
        raise RequestRefused(
            _("{name} is missing: give a day, such as 2026-01-05, or -30d for 30 days ago.").format(name=name)
        )
    found = plain_time(value)
    if isinstance(found, float) and found != found:  # noqa: PLR0124 (NaN)
        raise ValueError(_("it is not a time (NaT)"))
    return found


def _no_time(name: str, value: Any, reason: ValueError) -> RequestRefused:
    return RequestRefused(
        _("{name}={value} is not a time: {reason}.").format(name=name, value=told(value), reason=reason)
    )


def _turned(first: str, last: str) -> RequestRefused:
    return RequestRefused(_("start ({start}) is after end ({end}): swap them.").format(start=first, end=last))


def _moment(seconds: int, here: tzinfo) -> str:
    """Return a moment as its day, and its time where it is not the day's first or last second."""
    at = datetime.fromtimestamp(seconds, UTC).astimezone(here)
    return f"{at:%Y-%m-%d}" if f"{at:%H%M%S}" in {"000000", "235959"} else f"{at:%Y-%m-%d %H:%M}"
