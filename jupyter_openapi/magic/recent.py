"""Symbols and ids that this kernel saw lately, for completion; in memory, bounded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from jupyter_openapi.spec.model import Kind, Operation, Parameter

if TYPE_CHECKING:
    import pandas as pd

MOST = 500  # values kept of one kind
ROWS = 200  # rows of a frame that are looked at
LONGEST = 64

Key = tuple[str, str]
SYMBOL: Key = ("", "symbol")
ORDER: Key = ("trade", "order_id")


def key_of(operation: Operation | None, name: str, kind: Kind) -> Key | None:
    """Return what a parameter or column is about, for those whose values are worth remembering.

    A symbol is a symbol wherever it stands; an id is one of its operation's group (``order_id`` of trade).
    """
    if kind is Kind.SYMBOL:
        return SYMBOL
    if kind is not Kind.ID or operation is None:
        return None
    group = "trade" if operation.group == "command" else operation.group  # `wait` takes the id of an order
    return group, name.rpartition(".")[2].removesuffix("s")


class RecentValues:
    """The last values seen of each kind, the latest last."""

    def __init__(self) -> None:
        self._values: dict[Key, dict[str, None]] = {}

    def values(self, key: Key | None) -> list[str]:
        """Return what was seen of one kind, the latest first."""
        return list(reversed(self._values.get(key, {}))) if key is not None else []

    def fitting(self, operation: Operation, parameter: Parameter) -> list[str]:
        """Return what was seen that fits a parameter, the latest first."""
        return self.values(key_of(operation, parameter.name, parameter.kind))

    def note(self, key: Key | None, values: Iterable[Any]) -> None:
        """Remember values that are text or whole numbers; the oldest go when there are too many."""
        if key is None:
            return
        kept = self._values.setdefault(key, {})
        for value in values:
            text = str(value).strip() if isinstance(value, (str, int)) else ""
            if text and len(text) <= LONGEST and text.isprintable() and (key != SYMBOL or "." in text):
                kept.pop(text, None)  # to the end, as the latest
                kept[text] = None
        for oldest in list(islice(kept, max(0, len(kept) - MOST))):
            del kept[oldest]

    def note_arguments(
        self, operation: Operation, given: Mapping[str, Any], *, leaving_out: Collection[str] = ()
    ) -> None:
        """Remember the symbols and ids among a call's arguments, except those in `leaving_out`."""
        for name, value in given.items():
            parameter = operation.parameter(name)
            if parameter is not None:
                values = value if isinstance(value, (list, tuple)) else [value]
                values = [each for each in values if each not in leaving_out]
                self.note(key_of(operation, parameter.name, parameter.kind), values)

    def note_frame(self, operation: Operation | None, frame: pd.DataFrame) -> None:
        """Remember the symbols and ids in a frame's first rows."""
        fields = {}
        if operation is not None:
            fields = {each.name: each.kind for table in operation.tables for each in table.fields}
        for column in frame.columns:
            kind = fields.get(column, Kind.SYMBOL if column == "symbol" else Kind.TEXT)
            key = key_of(operation, str(column), kind)
            if key is not None:
                self.note(key, reversed(frame[column].head(ROWS).tolist()))  # the first row comes first

    def note_data(self, operation: Operation, data: Any) -> None:
        """Remember the ids in a change's reply: that of the new order, say."""
        if isinstance(data, Mapping):
            for field in (each for table in operation.tables for each in table.fields):
                self.note(key_of(operation, field.name, field.kind), [data.get(field.name)])

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()


SEEN = RecentValues()
