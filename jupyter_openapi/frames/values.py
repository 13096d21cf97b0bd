"""Single JSON values as text, and lists of them as text columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


class UnreadableError(ValueError):
    """A value does not fit its column's kind; the column is then kept as text."""


def as_text(value: Any) -> str | None:
    """Return a JSON value as text: strings as they are, numbers with all digits, the rest as compact JSON."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124  (NaN)
        return None
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def objects(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    """Return the values in a one-dimensional object array, whatever they are."""
    import numpy as np

    return np.fromiter(values, dtype=object, count=len(values))


class Nested(dict[str, Any]):
    """A nested object in a frame's cell: a dict with a hash, so that `drop_duplicates` and `groupby` work.

    Do not change it.
    """

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


def nested(value: Any) -> Any:
    """Return nested JSON as something with a hash: lists as tuples, objects as `Nested`.

    A decimal that is no number is None: a signaling NaN has no hash.
    """
    if isinstance(value, list):
        return tuple(map(nested, value))
    if isinstance(value, dict):
        return Nested((name, nested(each)) for name, each in value.items())
    return None if _is_decimal_nan(value) else value


def without_nan(values: Sequence[Any]) -> Sequence[Any]:
    """Return the values with None for decimals that are no number: NaN, and sNaN, which raises anywhere.

    JSON has none; a `Decimal` made elsewhere may be one.
    """
    if Decimal not in map(type, values):
        return values
    return [None if _is_decimal_nan(value) else value for value in values]


def _is_decimal_nan(value: Any) -> bool:
    return isinstance(value, Decimal) and value.is_nan()


def shape(array: np.ndarray[Any, Any]) -> str:
    """Name what an object array holds beside None and NaN: ``string``, ``integer``, ``empty``, ..."""
    from pandas.api.types import infer_dtype

    return str(infer_dtype(array, skipna=True))


@cache
def text_dtype() -> Any:
    """Return the dtype of plain text: ``str`` on pandas 3, ``object`` on pandas 2, as pandas chooses."""
    import pandas as pd

    return pd.Series(dtype="str").dtype


def text_column(values: Sequence[Any] | np.ndarray[Any, Any]) -> Any:
    """Return an array of the plain text dtype; None becomes NaN, the missing value of that dtype."""
    import numpy as np
    import pandas as pd
    from pandas.api.types import is_object_dtype

    array = values if isinstance(values, np.ndarray) else objects(values)
    if is_object_dtype(text_dtype()):
        array[pd.isna(array)] = np.nan
        return array
    try:
        return pd.array(array, dtype=text_dtype())
    except UnicodeEncodeError:  # half of a surrogate pair, which Arrow's UTF-8 cannot hold
        return pd.array(objects([clean(value) for value in array]), dtype=text_dtype())


def clean(value: Any) -> Any:
    """Return text with every unpaired surrogate replaced by U+FFFD; anything else as it is."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@dataclass(frozen=True, slots=True)
class Distinct:
    """A column as its distinct texts (None for absent) and, for every row, the position of its text in them.

    Most columns of a long reply repeat few values; each is then converted once.
    """

    texts: list[str | None]
    codes: np.ndarray[Any, Any]

    def spread(self, converted: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return one converted value per row, given one per distinct text."""
        column: np.ndarray[Any, Any] = converted[self.codes]
        return column

    def counts(self) -> np.ndarray[Any, Any]:
        """Return how many rows hold each distinct text."""
        import numpy as np

        return np.bincount(self.codes, minlength=len(self.texts))


def distinct(values: Sequence[Any], to_text: Callable[[Any], str | None]) -> Distinct:
    """Find the distinct texts of a column; what is neither text nor None goes through `to_text` first."""
    import numpy as np

    kinds = set(map(type, values))
    if not kinds <= {str, int, float, type(None)}:  # lists have no hash, and True would pass for 1
        values = [to_text(value) for value in values]
    found = dict.fromkeys(values)
    places = {value: place for place, value in enumerate(found)}
    codes = np.fromiter(map(places.__getitem__, values), dtype=np.intp, count=len(values))
    if kinds <= {str, type(None)}:
        return Distinct(list(found), codes)
    return Distinct([to_text(value) for value in found], codes)


def repeats(values: Sequence[Any]) -> bool:
    """Tell from a few hundred values whether a column seems to repeat most of its values."""
    sample = values[:: max(1, len(values) // 512)]
    try:
        return len(set(sample)) * 2 < len(sample)
    except TypeError:
        return False


def convert_all(
    values: Sequence[Any], convert: Callable[[str], Any], dtype: Any, plain: bytes
) -> np.ndarray[Any, Any] | None:
    """Convert a column of texts at one go; None if any is no text, or has a character that is not plain.

    For columns that hardly repeat a value, where `distinct` would only cost.
    """
    import numpy as np

    try:
        if "".join(values).encode("ascii", "replace").translate(None, plain):
            return None
        return np.fromiter(map(convert, values), dtype=dtype, count=len(values))
    except (TypeError, ValueError, OverflowError):  # null, the empty text, two points, too many digits
        return None


PLAIN = b"0123456789.-"
WHOLE = b"0123456789-"
EXPONENT = b"eE+"
SAFE_DIGITS = 15
"""Any decimal of so many significant digits survives float64 (C's DBL_DIG)."""
EXACT_INTEGERS = 2**53


def number_text(value: Any) -> str | None:
    """Return a number as text with all its digits; None for null, NaN and the empty string.

    Raises
    ------
    UnreadableError
        If the value is neither a number nor text.
    """
    if _is_missing(value):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise UnreadableError
    return repr(value) if isinstance(value, float) else str(value)


def whole_text(value: Any) -> str | None:
    """Return a whole number as text; as `number_text`, but ``2.0`` is ``2``.

    Raises
    ------
    UnreadableError
        If a number has a fraction, or may have lost digits in a float.
    """
    text = number_text(value)
    if text is None or isinstance(value, (str, int)):
        return text
    if value != value // 1 or (isinstance(value, float) and abs(value) > EXACT_INTEGERS):
        raise UnreadableError
    return str(int(value))


def float_column(values: Sequence[Any], *, zero_is_none: bool) -> tuple[np.ndarray[Any, Any], int]:
    """Return decimals as float64 with NaN where there is none, and how many float64 cannot hold exactly.

    Raises
    ------
    UnreadableError
        If a value is no decimal number.
    """
    import numpy as np

    if not repeats(values) and (column := convert_all(values, float, np.float64, PLAIN)) is not None:
        if zero_is_none:
            column[column == 0] = np.nan
        return column, sum(not is_exact(text) for text in values if len(text) > SAFE_DIGITS)
    found = distinct(values, number_text)
    exponents = _check([text for text in found.texts if text], PLAIN, EXPONENT)
    try:
        numbers = np.array([float(text) if text else np.nan for text in found.texts], dtype=np.float64)
    except ValueError:
        raise UnreadableError from None
    if zero_is_none:
        numbers[numbers == 0] = np.nan
    suspects = [text if text and (exponents or len(text) > SAFE_DIGITS) else "0" for text in found.texts]
    lost = [not is_exact(text) for text in suspects]
    return found.spread(numbers), int(found.counts()[lost].sum()) if any(lost) else 0


def is_exact(text: str) -> bool:
    """Tell whether a decimal comes back the same from float64."""
    try:
        return Decimal(repr(float(text))) == Decimal(text)
    except InvalidOperation:  # an exponent beyond any context
        return False


def _check(texts: list[str], plain: bytes, allowed: bytes = b"") -> bool:
    """Refuse characters that are not allowed; return whether any is not plain."""
    rest = "".join(texts).encode("utf-8", "surrogatepass").translate(None, plain)
    if rest.translate(None, allowed):
        raise UnreadableError
    return bool(rest)


def exact_column(values: Sequence[Any], *, zero_is_none: bool, as_decimal: bool) -> Any:
    """Return decimals with every digit: as `decimal.Decimal` (pandas.NA where there is none), or as text.

    Raises
    ------
    UnreadableError
        If a value is no decimal number.
    """
    import pandas as pd

    found = distinct(values, number_text)
    _check([text for text in found.texts if text], PLAIN, EXPONENT)
    try:
        decimals = [Decimal(text) if text else None for text in found.texts]
    except InvalidOperation:
        raise UnreadableError from None
    none = [number is None or (zero_is_none and not number) for number in decimals]
    kept: list[Any] = list(decimals) if as_decimal else list(found.texts)
    column = found.spread(
        objects(
            [(pd.NA if as_decimal else None) if gone else one for gone, one in zip(none, kept, strict=True)]
        )
    )
    return column if as_decimal else text_column(column)


def integers(values: Sequence[Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return whole numbers, given as numbers or as text, as int64, and a mask that is true where one lacks.

    Raises
    ------
    UnreadableError
        If a value is no whole number or does not fit int64.
    """
    import numpy as np

    if not repeats(values) and (column := convert_all(values, int, np.int64, WHOLE)) is not None:
        return column, np.zeros(len(values), dtype=bool)
    try:
        found = distinct(values, whole_text)
        _check([text for text in found.texts if text], WHOLE)
        numbers = np.array([int(text) if text else 0 for text in found.texts], dtype=np.int64)
    except (ValueError, ArithmeticError):
        raise UnreadableError from None
    missing = np.array([not text for text in found.texts], dtype=bool)
    return found.spread(numbers), found.spread(missing)


def _is_missing(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and value != value)  # noqa: PLR0124


def integer_column(numbers: np.ndarray[Any, Any], missing: np.ndarray[Any, Any], nulls: Iterable[Any]) -> Any:
    """Return an ``Int64`` array; numbers among `nulls` (numbers or their text) are missing too."""
    import numpy as np
    import pandas as pd

    none = [int(null) for null in nulls if _is_whole_text(null)]
    if none:
        missing = missing | np.isin(numbers, none)
    return pd.arrays.IntegerArray(numbers, missing)


def _is_whole_text(null: Any) -> bool:
    return not isinstance(null, bool) and str(null).removeprefix("-").isdecimal()


def means_zero(nulls: Iterable[Any]) -> bool:
    """Tell whether zero is among the wire values that mean "none" (``"0"``, ``"0.000"``, 0)."""
    return any(not isinstance(null, bool) and _is_zero(str(null)) for null in nulls)


def _is_zero(text: str) -> bool:
    return text.strip("0.") == "" and "0" in text
