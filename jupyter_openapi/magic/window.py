"""The window of time a line asked for, as it was understood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jupyter_openapi.spec.model import Kind
from jupyter_openapi.spec.moments import zone

if TYPE_CHECKING:
    from jupyter_openapi.spec.model import Operation, Parameter

STARTS = ("start", "start_at", "start_time", "start_date")
ENDS = ("end", "end_at", "end_time", "end_date")


@dataclass(frozen=True, slots=True)
class Window:
    """The first and the last moment, both inclusive, as ISO text; None for an open end.

    `tz` is the zone of moments, and empty where the window is made of calendar days.
    """

    start: str | None
    end: str | None
    tz: str

    def __str__(self) -> str:
        start, end = (each[:19] if each else "" for each in (self.start, self.end))
        if start[10:] in {"", "T00:00:00"} and end[10:] in {"", "T23:59:59"}:
            start, end = start[:10], end[:10]
        start, end = start.replace("T", " "), end.replace("T", " ")
        words = f"{start} to {end}" if start and end else (f"from {start} on" if start else f"up to {end}")
        return f"Window: {words}{f' ({self.tz})' if self.tz else ''}."


def window_of(operation: Operation, checked: Mapping[str, Any], tz: str) -> Window | None:
    """Return the window among an operation's checked arguments, or None if none was given."""
    names = window_names(operation)
    found = [
        _moment(operation.parameter(name), _value(checked, name), tz) if name else None for name in names
    ]
    if not any(found):
        return None
    kinds = {parameter.kind for name in names if name and (parameter := operation.parameter(name))}
    return Window(found[0], found[1], "" if kinds == {Kind.DATE} else tz)


def window_names(operation: Operation) -> tuple[str | None, str | None]:
    """Return the wire names of the parameters that begin and end a window of time, dotted in an object."""
    if operation.pages is not None and operation.pages.window is not None:
        return operation.pages.window
    return _named(operation, STARTS), _named(operation, ENDS)


def gives_window(operation: Operation, given: Iterable[str]) -> bool:
    """Tell whether a window is among the arguments that were typed."""
    names = [name for name in window_names(operation) if name]
    typed = {operation.short.get(name, name) for name in given}
    return any(name in typed or name.partition(".")[0] in typed for name in names)


def _named(operation: Operation, names: tuple[str, ...]) -> str | None:
    for name in names:
        parameter = operation.parameter(name)
        if parameter is not None and parameter.kind in {Kind.TIMESTAMP, Kind.MILLIS, Kind.DATE}:
            return operation.short.get(name, name)
    return None


def _value(checked: Mapping[str, Any], name: str) -> Any:
    first, _, rest = name.partition(".")
    value = checked.get(first)
    return value.get(rest) if rest and isinstance(value, Mapping) else (None if rest else value)


def _moment(parameter: Parameter | None, wire: Any, tz: str) -> str | None:
    if parameter is None or wire in {None, ""}:
        return None
    text = str(wire)
    if not text.isdigit() or parameter.kind is Kind.DATE:
        return f"{text[:4]}-{text[4:6]}-{text[6:]}" if text.isdigit() else text
    seconds = int(text) // (1000 if parameter.kind is Kind.MILLIS else 1)
    return datetime.fromtimestamp(seconds, zone(tz)).isoformat()
