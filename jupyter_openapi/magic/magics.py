"""``%openapi`` and ``%%openapi``: from what was typed to what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, needs_local_scope, no_var_expand
from traitlets import Enum, Unicode

from jupyter_openapi.guard import guarded

if TYPE_CHECKING:
    from collections.abc import Mapping


@magics_class
class OpenAPIMagics(Magics):
    """The magic and its settings, which ``%config OpenAPIMagics`` lists."""

    decimals = Enum(
        ("float64", "decimal", "string"),
        default_value="float64",
        help="How decimal columns come: float64, or decimal or string to keep every digit.",
    ).tag(config=True)
    tz = Unicode("UTC", help="The time zone of dates typed and shown, such as Asia/Hong_Kong.").tag(
        config=True
    )

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    @guarded
    def openapi(self, line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None) -> Any:
        """Sign and send requests to the broker; get DataFrames.

        %openapi connect sandbox                     a paper exchange on this machine
        %openapi positions                           your holdings
        df = %openapi quote 700.HK AAPL.US           quotes into a variable
        %openapi submit 700.HK side=buy price=600 quantity=100
                                                     a preview; nothing is sent
        %openapi send                                sends that preview, once

        Type %openapi alone to see what else there is.
        """
        # Imported at the first line that is typed: the load itself must stay light.
        from jupyter_openapi.magic.commands import COMMANDS
        from jupyter_openapi.magic.grammar import parse_cell, parse_line

        if cell is None:
            command = parse_line(line, commands=COMMANDS)
        else:
            command = parse_cell(line, cell, commands=COMMANDS)
        if command.kind == "empty":
            from jupyter_openapi.magic.overview import overview

            print(overview())  # noqa: T201 (what the line is for)
            return None
        from jupyter_openapi.magic.actions import Context, perform

        result = perform(command, Context(self, local_ns or {}))
        if command.target is not None:
            self.names[command.target] = result
            if not command.muted:
                print(f"{command.target}: {_summary(result)}")  # noqa: T201
            return None
        return None if command.muted else result

    @property
    def names(self) -> dict[str, Any]:
        """The notebook's names."""
        return self.shell.user_ns if self.shell is not None else {}


def _summary(result: Any) -> str:
    shape = getattr(result, "shape", None)
    if isinstance(shape, tuple) and len(shape) == 2:
        rows, columns = (
            f"{n:,} {word}{'s' * (n != 1)}" for n, word in zip(shape, ("row", "column"), strict=True)
        )
        return f"{rows}, {columns}"
    return repr(result)
