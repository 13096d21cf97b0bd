"""``%openapi candles 700.HK AAPL.US``: candlesticks of several symbols, of which the operation takes one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from jupyter_openapi.history.candles import candles_of
from jupyter_openapi.magic.arguments import arguments
from jupyter_openapi.magic.command import Context, notify
from jupyter_openapi.magic.flags import refuse_flags
from jupyter_openapi.magic.grammar import Command
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import check
from jupyter_openapi.spec.model import Effect, Operation

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.reply import Reply

NAME: Final = "candlesticks"
_ONE = ("raw", "param", "table", "dry_run", "explain", "curl")


def is_candles(command: Command) -> bool:
    """Tell whether a line asks for the candlesticks of several symbols, or for their pivot table."""
    if command.kind != "operation" or any(flag in command.flags for flag in _ONE):
        return False
    operation = catalog().find(command.word)
    if operation is None or operation.name != NAME:
        return False
    texts = [text for name, text in command.items if name in {None, "symbol"}]
    return "pivot" in command.flags or len(texts) > 1 or any("," in text or "{" in text for text in texts)


def candles(command: Command, context: Context) -> pd.DataFrame:
    """Read the candlesticks of each symbol and return them in one frame."""
    from jupyter_openapi.frames import describe
    from jupyter_openapi.magic.export import Saving
    from jupyter_openapi.magic.recent import SEEN, SYMBOL
    from jupyter_openapi.session import SESSION

    operation = catalog().named(NAME)
    refuse_flags(command.flags, operation, Effect.READ, command.word)
    saving = Saving(str(command.flags["out"])) if "out" in command.flags else None
    tz, decimals = context.tz(command), context.decimals(command)
    wide = several(operation)
    given: dict[str, Any] = dict(check(wide, arguments(command, wide, context.scope), tz=tz))
    client = SESSION.connected()
    client.tz = tz
    symbols = given.pop("symbol")
    pivot = bool(command.flags.get("pivot"))

    def frame_of(symbol: str) -> pd.DataFrame:
        reply: Reply = client.call(NAME, symbol=symbol, **given)
        return reply.frame(decimals=decimals, tz=tz)

    alone = len(symbols) == 1 and not pivot
    frame = frame_of(symbols[0]) if alone else candles_of(symbols, frame_of, pivot=pivot)
    SEEN.note(SYMBOL, symbols)
    if command.flags.get("wide"):
        describe(frame, view="full")
    if saving is not None:
        notify(command, saving.save(frame))
    return frame


def several(operation: Operation) -> Operation:
    """Return the operation with a list of symbols where it takes one."""
    parameters = (replace(each, array=each.array or each.name == "symbol") for each in operation.parameters)
    return replace(operation, parameters=tuple(parameters))
