"""What a person wants to see of a result: a frame for a read, the preview or the reply for a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openapi.session import SESSION
from jupyter_openapi.spec.model import Effect
from jupyter_openapi.trading import Preview

if TYPE_CHECKING:
    from jupyter_openapi.magic.context import Context
    from jupyter_openapi.magic.grammar import Command
    from jupyter_openapi.reply import Reply
    from jupyter_openapi.spec.model import Operation


def present(result: Reply | Preview, operation: Operation | None, command: Command, context: Context) -> Any:
    """Return the preview of a change, the reply to one, or a read's frame (its data with ``--raw``)."""
    if isinstance(result, Preview):
        SESSION.preview = result
        return result
    if command.flags.get("raw"):
        return result.data
    if operation is not None and operation.effect is not Effect.READ:
        return result
    return result.frame(decimals=context.decimals(command), tz=context.tz(command))
