"""Make one column: from a list of JSON values to an array of the dtype of the field's kind."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.frames import values as numbers
from jupyter_openapi.frames.values import (
    UnreadableError,
    as_text,
    distinct,
    nested,
    objects,
    shape,
    text_column,
    without_nan,
)
from jupyter_openapi.messages import _, commas
from jupyter_openapi.spec.check import flag
from jupyter_openapi.spec.model import Field, Kind

if TYPE_CHECKING:
    import numpy as np

PER_SECOND = {"us": 1_000_000, "ns": 1_000_000_000}
FIRST_AND_LAST_DAY = {"us": ("0001-01-01", "9999-12-31"), "ns": ("1677-09-22", "2262-04-10")}
NO_DATES = ("", "0")


@cache
def unit() -> str:
    """Return the resolution pandas itself gives to times: ``us`` on pandas 3, ``ns`` on pandas 2."""
    import pandas as pd

    return "us" if int(pd.__version__.partition(".")[0]) >= 3 else "ns"


def check_zone(zone: str | tzinfo) -> str | tzinfo:
    """Return `zone` if it is a `datetime.tzinfo` or the name of a time zone.

    Raises
    ------
    RequestRefused
        Otherwise.
    """
    if isinstance(zone, tzinfo):
        return zone
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, TypeError, OSError):
        raise RequestRefused(
            _("{zone!r} is not a time zone: pass a name such as tz='UTC' or tz='Asia/Hong_Kong'.").format(
                zone=zone
            )
        ) from None
    return zone


def instant_column(
    numbers: np.ndarray[Any, Any], missing: np.ndarray[Any, Any], *, millis: bool, tz: str | tzinfo
) -> Any:
    """Return counts since 1970 (int64 seconds, or milliseconds) as aware times in `tz`; 0 is NaT.

    Raises
    ------
    UnreadableError
        If a count is outside the years 1 to 9999, or outside what the resolution holds.
    """
    import numpy as np
    import pandas as pd

    factor = PER_SECOND[unit()] // (1000 if millis else 1)
    low, high = _bounds(factor)
    absent = missing | (numbers == 0)
    if bool(((numbers < low) | (numbers > high))[~absent].any()):
        raise UnreadableError
    counts = np.where(absent, 0, numbers) * np.int64(factor)
    counts[absent] = np.iinfo(np.int64).min  # which is NaT
    times = counts.view(f"M8[{unit()}]")
    return pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(tz).array


def _bounds(factor: int) -> tuple[int, int]:
    """Return the least and greatest count that `datetime` and int64 hold, with a day's margin for zones."""
    per_second = PER_SECOND[unit()] // factor
    day = 86_400
    low = max(-62_135_596_800 + day, -(2**63) // PER_SECOND[unit()] + day)
    high = min(253_402_300_799 - day, 2**63 // PER_SECOND[unit()] - day)
    return low * per_second, high * per_second


def date_column(values: Sequence[Any], date_format: str) -> Any:
    """Return calendar dates as naive midnights; None, the empty string and "0" are NaT. No zone shifts them.

    Raises
    ------
    UnreadableError
        If a value is no date in `date_format`, or pandas cannot hold it.
    """
    import numpy as np

    found = distinct(values, as_text)
    days = np.array([parse_date(text, date_format) for text in found.texts], dtype="M8[D]")
    return midnights(found.spread(days))


def parse_date(text: str | None, date_format: str) -> np.datetime64:
    """Return one calendar date as a NumPy day, NaT for none."""
    import numpy as np

    if text is None or text in NO_DATES:
        return np.datetime64("NaT", "D")
    try:
        return np.datetime64(datetime.strptime(text, date_format).date(), "D")  # noqa: DTZ007  (a date has no zone)
    except ValueError:
        raise UnreadableError from None


def midnights(days: np.ndarray[Any, Any]) -> Any:
    """Return NumPy days as a naive pandas array in the resolution of `unit`.

    Raises
    ------
    UnreadableError
        If a day is outside what that resolution holds.
    """
    import numpy as np
    import pandas as pd

    first, last = (np.datetime64(day, "D") for day in FIRST_AND_LAST_DAY[unit()])
    if bool(((days < first) | (days > last)).any()):
        raise UnreadableError
    return pd.DatetimeIndex(days.astype(f"M8[{unit()}]")).array


class InexactWarning(UserWarning):
    """Some decimals have more digits than a float64 holds."""


class UnreadableWarning(UserWarning):
    """A column holds values its kind does not allow, and was kept as text."""


@dataclass(slots=True)
class Findings:
    """Findings of the conversion: counts of inexact decimals, columns kept as text."""

    inexact: dict[str, int] = field(default_factory=dict)
    as_text: list[str] = field(default_factory=list)

    def warn(self, stacklevel: int) -> None:
        """Give at most one warning of each kind; `stacklevel` counts from the caller of this method."""
        if self.inexact:
            columns = commas(f"{name} ({count})" for name, count in self.inexact.items())
            warnings.warn(
                _(
                    'float64 cannot hold every digit of: {columns}. Pass decimals="decimal" or '
                    'decimals="string" '
                    "to keep them all."
                ).format(columns=columns),
                InexactWarning,
                stacklevel=stacklevel + 1,
            )
        if self.as_text:
            warnings.warn(
                _("Values that do not fit the column's kind; kept as text: {as_text}.").format(
                    as_text=commas(self.as_text)
                ),
                UnreadableWarning,
                stacklevel=stacklevel + 1,
            )

    def facts(self) -> dict[str, Any]:
        """Return the findings as entries of `df.attrs["openapi"]`, leaving out what was not found."""
        found: dict[str, Any] = {"inexact": dict(self.inexact), "as_text": list(self.as_text)}
        return {name: value for name, value in found.items() if value}


DECIMALS = ("float64", "decimal", "string")
TEXTUAL = (Kind.TEXT, Kind.ID, Kind.SYMBOL, Kind.ENUM)


@dataclass(slots=True)
class Maker:
    """Makes columns with one choice of decimals and zone, and collects findings.

    Parameters
    ----------
    decimals
        ``float64``, ``decimal`` or ``string``: how decimals appear.
    tz
        The zone in which instants appear.
    codes
        True keeps the broker's codes; otherwise a code with a name is shown by it.

    Raises
    ------
    RequestRefused
        If `decimals` or `tz` is none that can be used.
    """

    decimals: str = "float64"
    tz: str | tzinfo = "UTC"
    codes: bool = False
    findings: Findings = field(default_factory=Findings)

    def __post_init__(self) -> None:
        if not isinstance(self.decimals, str) or self.decimals not in DECIMALS:
            raise RequestRefused(
                _("decimals is one of {choices}, not {given!r}.").format(
                    choices=commas(DECIMALS), given=short(str(self.decimals), 40)
                )
            )
        self.codes = flag("codes", self.codes)
        self.tz = check_zone(self.tz)

    def column(self, name: str, described: Field | None, values: Sequence[Any]) -> Any:
        """Return the column's array; values that do not fit `described` turn the whole column into text."""
        values = without_nan(values)
        if described is None or described.kind is Kind.ANY:
            return infer_column(values)
        if described.kind is Kind.OBJECT:
            array = objects(values)
            return array if shape(array) == "empty" else objects([nested(value) for value in values])
        if described.nulls:
            values = without(values, described.nulls)
        try:
            if described.names and not self.codes:
                return name_column(values, described.names)
            return self._makers()[effective_kind(described)](name, described, values)
        except UnreadableError:
            self.findings.as_text.append(name)
            return text_column([as_text(value) for value in values])

    def _makers(self) -> dict[Kind, Callable[[str, Field, Sequence[Any]], Any]]:
        return {
            Kind.TEXT: self._text,
            Kind.DECIMAL: self._decimal,
            Kind.INTEGER: self._integer,
            Kind.BOOLEAN: self._boolean,
            Kind.TIMESTAMP: self._instant,
            Kind.MILLIS: self._instant,
            Kind.DATE: self._date,
        }

    def _text(self, name: str, _: Field, values: Sequence[Any]) -> Any:
        array = objects(values)
        if shape(array) in {"string", "empty"}:
            return text_column(array)
        if any(isinstance(value, (list, dict)) for value in values):
            self.findings.as_text.append(name)
        return text_column([as_text(value) for value in values])

    def _decimal(self, name: str, described: Field, values: Sequence[Any]) -> Any:
        zero = numbers.means_zero(described.nulls)
        if self.decimals != "float64":
            return numbers.exact_column(values, zero_is_none=zero, as_decimal=self.decimals == "decimal")
        column, inexact = numbers.float_column(values, zero_is_none=zero)
        if inexact:
            self.findings.inexact[name] = inexact
        return column

    def _integer(self, _: str, described: Field, values: Sequence[Any]) -> Any:
        return numbers.integer_column(*numbers.integers(values), described.nulls)

    def _boolean(self, _: str, __: Field, values: Sequence[Any]) -> Any:
        return boolean_column(values)

    def _instant(self, _: str, described: Field, values: Sequence[Any]) -> Any:
        counts, missing = numbers.integers(values)
        return instant_column(counts, missing, millis=described.kind is Kind.MILLIS, tz=self.tz)

    def _date(self, _: str, described: Field, values: Sequence[Any]) -> Any:
        return date_column(values, described.date_format)


def name_column(values: Sequence[Any], names: Mapping[str | int, str]) -> Any:
    """Return the names of codes as text; a code without a name stays as it is."""
    found = distinct(values, as_text)
    spelled = name_texts(found.texts, names)
    return text_column(found.spread(objects(spelled)))


def name_texts(codes: Iterable[Any], names: Mapping[str | int, str]) -> list[str | None]:
    """Return each code's name, or its text where it has none; None for none."""
    told = {str(code): name for code, name in names.items()}
    return [None if code is None else told.get(text := as_text(code) or "", text) for code in codes]


def effective_kind(described: Field) -> Kind:
    """Fold the kinds that share a dtype: ids, symbols, enums of names are text, enums of numbers integers."""
    if described.kind is Kind.ENUM and (described.number or _all_integers(described.values)):
        return Kind.INTEGER
    return Kind.TEXT if described.kind in TEXTUAL else described.kind


def _all_integers(values: tuple[str | int, ...]) -> bool:
    return bool(values) and all(isinstance(value, int) for value in values)


def without(values: Sequence[Any], nulls: tuple[Any, ...]) -> Sequence[Any]:
    """Return the values with None for those that mean "none"; zero is each kind of number's own business."""
    texts = {null for null in nulls if isinstance(null, str)}
    others = {
        (type(null), null) for null in nulls if not isinstance(null, str) and (null != 0 or null is False)
    }
    if others:
        values = [None if _is_among(value, others) else value for value in values]
    if not texts:
        return values
    try:
        return [None if value in texts else value for value in values]
    except TypeError:  # lists and objects have no hash
        return [None if isinstance(value, str) and value in texts else value for value in values]


def _is_among(value: Any, typed: set[tuple[type, Any]]) -> bool:
    return not isinstance(value, (list, dict)) and (type(value), value) in typed


def boolean_column(values: Sequence[Any]) -> Any:
    """Return a ``boolean`` array from true, false, their text, and null or the empty string.

    Raises
    ------
    UnreadableError
        If there is any other value.
    """
    import numpy as np
    import pandas as pd

    words: dict[Any, bool | None] = {"true": True, "false": False, "": None}
    read = [words.get(value, value) if isinstance(value, str) else value for value in values]
    missing = np.fromiter((value is None for value in read), dtype=bool, count=len(read))
    if not all(value is None or isinstance(value, bool) for value in read):
        raise UnreadableError
    truth = np.fromiter((value is True for value in read), dtype=bool, count=len(read))
    return pd.arrays.BooleanArray(truth, missing)


def infer_column(values: Sequence[Any]) -> Any:
    """Return a column that nothing describes.

    Text stays text, whatever it looks like: ``"00700"`` and ids of 18 digits are never numbers. Whole numbers
    are ``Int64`` (text if any does not fit), numbers with a fraction ``float64``, true and false ``boolean``;
    only null, and mixtures, nested objects and lists, stay Python objects.
    """
    import numpy as np

    array = objects(values)
    kind = shape(array)
    if kind == "string":
        return text_column(array)
    if kind == "boolean":
        return boolean_column([value if isinstance(value, bool) else None for value in values])
    if kind == "integer":
        try:
            return numbers.integer_column(*numbers.integers(values), ())
        except UnreadableError:
            return text_column([as_text(value) for value in values])
    if kind in {"floating", "mixed-integer-float"}:
        try:
            return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)
        except OverflowError:
            return array
    return objects([nested(value) for value in values])
