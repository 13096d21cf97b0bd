"""Whether what a magic returns goes straight to the display, or to whoever called it.

A ``;`` at the end of a line mutes what would be displayed. In ``df = %openapi positions;`` nothing would, and
the variable must not end up as None; only the caller's next instruction tells the two apart.
"""

from __future__ import annotations

import dis
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_BETWEEN = ("IPython", "jupyter_openapi")  # modules between a cell and the magic it calls
_PRINT = 1  # the intrinsic function that displays a value, from Python 3.12 on


def is_displayed() -> bool:
    """Tell whether the value that the running magic will return is displayed and nothing else."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 (there is no other way)
    while frame is not None and _module(frame).startswith(_BETWEEN):
        frame = frame.f_back
    if frame is None:
        return False
    following = (each for each in dis.get_instructions(frame.f_code) if each.offset > frame.f_lasti)
    after = next((each for each in following if each.opname != "CACHE"), None)
    if after is None:
        return False
    return after.opname == "PRINT_EXPR" or (after.opname == "CALL_INTRINSIC_1" and after.arg == _PRINT)


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
