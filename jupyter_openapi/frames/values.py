"""Single JSON values as text, and lists of them as text columns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
