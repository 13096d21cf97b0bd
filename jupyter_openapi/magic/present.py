"""Present a result, and remember the symbols and ids in it for completion.

A read gives a frame, a change its preview or the reply to it. What symbols are called is asked for once a day
where a view shows names that no reply has told. What was seen is kept in memory only, and bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from jupyter_openapi import frames
from jupyter_openapi.errors import OpenAPIError, nearest
from jupyter_openapi.magic.caller import RUNS, use_of_value
from jupyter_openapi.magic.command import Context, notify, notify_panels
from jupyter_openapi.magic.export import Saving
from jupyter_openapi.magic.grammar import Command
from jupyter_openapi.magic.request import Target
from jupyter_openapi.market.names import NAMES
from jupyter_openapi.market.symbols import SECURITIES, suggest
from jupyter_openapi.messages import _, bracketed
from jupyter_openapi.reply import Reply
from jupyter_openapi.session import SESSION
from jupyter_openapi.spec.dates import zone
from jupyter_openapi.spec.model import Kind, Operation, Parameter
from jupyter_openapi.trading import Basket, Preview
from jupyter_openapi.trading.basket import described_basket

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.client import Client

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
        words = (
            _("{first} to {last}").format(first=start, last=end)
            if start and end
            else (_("from {start} on").format(start=start) if start else _("up to {end}").format(end=end))
        )
        return _("Window: {words}{zone}.").format(words=words, zone=bracketed(self.tz))


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


def gives_window(operation: Operation, given: Collection[str]) -> bool:
    """Tell whether a window is among the arguments that were typed."""
    if not given:
        return False
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


COLUMN = "symbol"
NAMED = 10  # symbols named one by one


def requested(operation: Operation, given: Mapping[str, Any]) -> list[str]:
    """Return the symbols among a call's arguments, each once."""
    found: dict[str, None] = {}
    for name, value in given.items():
        parameter = operation.parameter(name)
        if parameter is not None and parameter.kind is Kind.SYMBOL:
            values = value if isinstance(value, (list, tuple)) else [value]
            found.update(dict.fromkeys(str(each).strip() for each in values if each is not None))
    return list(found)


def missing(symbols: Iterable[str], frame: pd.DataFrame) -> list[str]:
    """Return those of the symbols that the frame's own column does not hold, whatever their case.

    None is missing from a frame that says nothing of symbols.
    """
    if COLUMN not in frame.columns:
        return []
    came = {str(each).upper() for each in frame[COLUMN].tolist()}
    return [symbol for symbol in symbols if symbol.upper() not in came and suggest(symbol) not in came]


def described(symbols: list[str], known: Iterable[str]) -> str:
    """Return what to say of missing symbols, one line each.

    Parameters
    ----------
    symbols
        Those missing.
    known
        Symbols that exist, as this kernel has seen them.
    """
    names = {*known, *SECURITIES}
    lines = []
    for symbol in symbols[:NAMED]:
        likely = likely_meant(symbol, names)
        lines.append(
            _("{symbol}: no data").format(symbol=symbol)
            + (_("; did you mean {likely}?").format(likely=likely) if likely else ".")
        )
    if len(symbols) > NAMED:
        lines.append(
            _("and no data for {count} more: df.attrs['openapi']['missing'] names them all.").format(
                count=len(symbols) - NAMED
            )
        )
    return "\n".join(lines)


def likely_meant(symbol: str, known: Iterable[str]) -> str | None:
    """Return the symbol that a misspelt one was likely meant to be, or None.

    Its spelling is corrected first (``0700.HK``); then a known one that looks like it is taken (``APPL.US``),
    but for codes of letters only: two numbers that look alike have nothing to do with each other.
    """
    mended = suggest(symbol)
    if named := _by_name(symbol, mended):
        return named
    if mended is not None and mended != symbol:
        return mended
    names = set(known)
    if symbol in names or any(character.isdigit() for character in symbol):
        return None
    market = f".{symbol.rpartition('.')[2]}"
    close = nearest(symbol.lower(), [name.lower() for name in sorted(names) if name.endswith(market)], 1)
    return close[0].upper() if close else None


def _by_name(text: str, mended: str | None) -> str:
    """Return the symbol of the security that is called so (``apple``), unless the text is itself one's."""
    if "." in text or (mended is not None and NAMES.of(mended)):
        return ""
    return NAMES.named(text)


@dataclass(frozen=True)
class FrameRequest:
    """What a line asks of its frame: file, zone, window.

    Attributes
    ----------
    command, context, target
        The line, where it was typed, and what it calls.
    saving
        Where ``--out`` saves it, found good already.
    window
        The window of time it asked for, as it was understood.
    cut
        What to say if the reply does not hold everything.
    """

    command: Command
    context: Context
    target: Target
    saving: Saving | None = None
    window: Window | None = None
    cut: str | None = None


def present_frame(make: Callable[..., pd.DataFrame], request: FrameRequest) -> pd.DataFrame:
    """Return the frame that `make` gives, saved where that was asked for, and remark on what it lacks."""
    command, operation = request.command, request.target.operation
    table = command.flags.get("table")
    frame = make(
        decimals=request.context.decimals(command),
        tz=request.context.tz(command),
        table=table if isinstance(table, str) else None,
    )
    SEEN.note_frame(operation, frame)
    if SESSION.client is not None:
        learn_names(SESSION.client, operation, frame)
    if operation is not None:
        asked = requested(operation, request.target.given)
        absent = missing(asked, frame)
        # The frame names each symbol as the broker spells it; another spelling is not offered again.
        spelled = [symbol for symbol in asked if suggest(symbol) != symbol]
        SEEN.note_arguments(operation, request.target.given, leaving_out=[*absent, *spelled])
        if absent:
            notify(command, described(absent, SEEN.values(SYMBOL)))
            frames.describe(frame, missing=absent)
    if request.window is not None:
        frames.describe(frame, window=[request.window.start, request.window.end])
    if request.cut is not None:
        frames.describe(frame, complete=False)
    if command.flags.get("wide"):
        frames.describe(frame, view="full")
    if request.saving is not None:
        notify(command, request.saving.save(frame))
    return frame


def _make_pending(preview: Preview | Basket) -> None:
    """Make ``send`` send this preview; each of several in one cell has a number."""
    connection = SESSION.connection
    number = connection.pending.add(preview, RUNS.current)
    name = f"@{connection.name} " if connection.name else ""
    numbered = number > 1 or use_of_value() == "discarded"
    preview.sighting.line = f"%openapi {name}send{f' {number}' * numbered}"
    if number == 2:  # from now on the first is not the only one
        connection.pending.choose(1).sighting.line = f"%openapi {name}send 1"


def present_change(result: Any, operation: Operation | None, command: Command) -> Any:
    """Return a change's preview, which ``send`` will send; or the reply to it, or its data with ``--raw``."""
    if isinstance(result, (Preview, Basket)):
        _make_pending(result)
        return result
    notify_panels("orders")
    if not isinstance(result, Reply):
        if hasattr(result, "columns"):  # the frame of a basket's outcomes
            _tell(described_basket(result), command)
        return result
    if operation is not None:
        SEEN.note_data(operation, result.data)
    raw = bool(command.flags.get("raw"))
    if raw or command.target is None:  # else the variable is told with those words
        _tell(result.words, command)
    return result.data if raw else result


def _tell(words: str, command: Command) -> None:
    """Print what became of a change where the cell will not show it."""
    if command.target is not None or use_of_value() != "displayed":
        notify(command, words)


BATCH = 500  # symbols that `static_info` takes
ROOM = 3  # quote calls that must be left this second: a name is worth no wait


def learn_names(client: Client, operation: Operation | None, frame: pd.DataFrame) -> None:
    """Ask the broker for the names of a frame's symbols, where its view shows names that are not known.

    One call at most, for all of them; each symbol is asked for once a day. Where it fails, or few calls are
    left, the names stay unknown.
    """
    view = operation.view if operation is not None else None
    if view is None or not any(column.format == "name" for column in view.columns):
        return
    symbols = NAMES.unknown(frame["symbol"].tolist() if "symbol" in frame.columns else ())[:BATCH]
    if symbols and client.limits_left().get("quote", ROOM) >= ROOM:
        ask_names(client, symbols)


def ask_names(client: Client, symbols: list[str]) -> None:
    """Ask what symbols are called; what can't be read stays unknown for the day."""
    NAMES.asked(symbols)
    with suppress(OpenAPIError):
        client.call("static_info", symbol=symbols).frame()  # its names are remembered
