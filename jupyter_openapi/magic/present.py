"""What a person wants to see of a result: a frame for a read, the preview or the reply for a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_openapi import frames
from jupyter_openapi.magic.context import say, tell_panels
from jupyter_openapi.magic.missing import described, missing, requested
from jupyter_openapi.magic.seen import SEEN, SYMBOL
from jupyter_openapi.reply import Reply
from jupyter_openapi.session import SESSION
from jupyter_openapi.trading import Basket, Preview

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from jupyter_openapi.magic.context import Context
    from jupyter_openapi.magic.grammar import Command
    from jupyter_openapi.magic.out import Saving
    from jupyter_openapi.magic.target import Target
    from jupyter_openapi.magic.window import Window
    from jupyter_openapi.spec.model import Operation


@dataclass(frozen=True)
class Wish:
    """How a line's frame is to come.

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


def framed(make: Callable[..., pd.DataFrame], wish: Wish) -> pd.DataFrame:
    """Return the frame that `make` gives, saved where that was asked for, and remark on what it lacks."""
    command, operation = wish.command, wish.target.operation
    frame = make(decimals=wish.context.decimals(command), tz=wish.context.tz(command))
    SEEN.note_frame(operation, frame)
    if operation is not None:
        asked = requested(operation, wish.target.given)
        absent = missing(asked, frame)
        SEEN.note_arguments(operation, wish.target.given, leaving_out=absent)
        if absent:
            say(command, described(absent, SEEN.values(SYMBOL)))
            frames.describe(frame, missing=absent)
    if wish.window is not None:
        frames.describe(frame, window=[wish.window.start, wish.window.end])
    if wish.cut is not None:
        frames.describe(frame, complete=False)
    if wish.saving is not None:
        say(command, wish.saving.save(frame))
    return frame


def changed(result: Any, operation: Operation | None, command: Command) -> Any:
    """Return a change's preview, which ``send`` will send; or the reply to it, or its data with ``--raw``."""
    if isinstance(result, (Preview, Basket)):
        SESSION.preview = result
        return result
    tell_panels("orders")
    if not isinstance(result, Reply):
        return result
    if operation is not None:
        SEEN.note_data(operation, result.data)
    return result.data if command.flags.get("raw") else result
