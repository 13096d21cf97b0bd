"""`df.attrs["openapi"]`, and the warnings about a frame: one for each finding."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from jupyter_openapi.messages import _

if TYPE_CHECKING:
    import pandas as pd

ATTRIBUTE = "openapi"
MARK = "openapi_columns"  # the attribute that tells whether a frame's columns are those it was made with


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
            columns = ", ".join(f"{name} ({count})" for name, count in self.inexact.items())
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
                    as_text=", ".join(self.as_text)
                ),
                UnreadableWarning,
                stacklevel=stacklevel + 1,
            )

    def facts(self) -> dict[str, Any]:
        """Return the findings as entries of `df.attrs["openapi"]`, leaving out what was not found."""
        found: dict[str, Any] = {"inexact": dict(self.inexact), "as_text": list(self.as_text)}
        return {name: value for name, value in found.items() if value}


def describe(frame: pd.DataFrame, **facts: Any) -> pd.DataFrame:
    """Add facts to ``frame.attrs["openapi"]`` and return the same frame.

    Parameters
    ----------
    frame
        Changed in place; facts it already carries stay unless named again.
    **facts
        Such as ``operation``, ``mode``, ``profile``, ``requested_at``, ``trace_id``, ``window``. They are
        stored as JSON-safe values: times and dates as ISO text, decimals and anything unknown as text,
        enums by their value. None leaves a fact out. Never pass a secret: attributes travel with copies and
        into files.
    """
    known = frame.attrs.get(ATTRIBUTE, {})
    added = {name: json_safe(value) for name, value in facts.items() if value is not None}
    frame.attrs[ATTRIBUTE] = {**known, **added}
    return frame


def seal(frame: pd.DataFrame) -> pd.DataFrame:
    """Note in ``frame.attrs`` which columns the frame was made with, and return the same frame."""
    frame.attrs[MARK] = mark_of(frame.columns)
    return frame


def mark_of(columns: Iterable[Any]) -> str:
    """Return a short mark that other columns, or the same in another order, do not have."""
    text = "\0".join(map(str, columns))
    return blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


def json_safe(value: Any) -> Any:
    """Return `value` as something `json.dumps` takes without help, and that is equal after a round trip."""
    if isinstance(value, Enum):
        return json_safe(value.value)
    if isinstance(value, float):
        return float(value) if value - value == 0 else str(value)
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [json_safe(item) for item in value]
    return str(value)
