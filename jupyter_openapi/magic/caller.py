"""The code that a magic line stands in: its frame, what it does with the line's value, and its cell's run."""

from __future__ import annotations

import dis
import sys
from types import FrameType
from typing import Any, Literal

_BETWEEN = frozenset({"IPython", "jupyter_openapi"})  # packages between a cell and the magic it calls
_PRINT = 1  # the intrinsic function that displays a value, from Python 3.12 on


def calling_frame() -> FrameType | None:
    """Return the frame of the code that called the running magic."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 (there is no other way)
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _BETWEEN:
        frame = frame.f_back
    return frame


def use_of_value() -> Literal["displayed", "discarded", "kept"]:
    """Tell what becomes of the value that the running magic will return.

    ``displayed`` by the cell's last line, ``discarded`` by another line of the cell itself, else ``kept``: by
    a variable, or by a function. IPython can mute a line only where it displays; here every line must know.
    """
    frame = calling_frame()
    if frame is None:
        return "kept"
    following = (each for each in dis.get_instructions(frame.f_code) if each.offset > frame.f_lasti)
    after = next((each for each in following if each.opname != "CACHE"), None)
    if after is None:
        return "kept"
    if after.opname == "PRINT_EXPR" or (after.opname == "CALL_INTRINSIC_1" and after.arg == _PRINT):
        return "displayed"
    discarded = after.opname == "POP_TOP" and frame.f_code.co_name == "<module>"
    return "discarded" if discarded else "kept"


def show(value: Any) -> None:
    """Show a value as a cell's last line shows one."""
    from IPython.display import display

    display(value)  # type: ignore[no-untyped-call]


class CellRuns:
    """Numbers the runs of cells, by the shell's own events."""

    def __init__(self) -> None:
        self._count = 0
        self._depth = 0

    @property
    def current(self) -> int | None:
        """The number of the run that is on; None between cells."""
        return self._count if self._depth else None

    def begin(self, *_: Any) -> None:
        """Count a run that begins; one inside another belongs to it."""
        if not self._depth:
            self._count += 1
        self._depth += 1

    def end(self, *_: Any) -> None:
        """Note that a run has ended."""
        self._depth = max(0, self._depth - 1)

    def listen(self, shell: Any) -> None:
        """Hear of the runs of `shell` from now on; once is enough."""
        shell.events.register("pre_run_cell", self.begin)
        shell.events.register("post_run_cell", self.end)

    def ignore(self, shell: Any) -> None:
        """Hear no more."""
        if self.begin in shell.events.callbacks["pre_run_cell"]:
            shell.events.unregister("pre_run_cell", self.begin)
            shell.events.unregister("post_run_cell", self.end)
        self._depth = 0


RUNS = CellRuns()
