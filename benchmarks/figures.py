"""One table for every benchmark: ours beside its target and its floor, with the quartiles of the rounds."""

from __future__ import annotations

import os
import statistics
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
WIDTHS = (50, 9, 15, 11, 8)


def environment() -> dict[str, str]:
    """Return the variables of a child whose imports find compiled code, as an installed package's do."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH")]))}


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Return the ratio of each round: what is measured in turn drifts alike."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def _line(cells: Iterable[str]) -> str:
    what, *rest = cells
    return f"{what:<{WIDTHS[0]}}" + "".join(
        f"{cell:>{width}}" for cell, width in zip(rest, WIDTHS[1:], strict=False)
    )


def heading() -> str:
    """Return the line above the table."""
    return _line(("", "median", "quartiles", "target", "")) + "  floor"


def show(
    what: str,
    samples: Sequence[float],
    unit: str = "x",
    *,
    most: float | None = None,
    least: float | None = None,
    floor: str = "",
    held_by: str = "",
) -> None:
    """Print one row.

    Parameters
    ----------
    what
        What is measured.
    samples
        One for each round; the median decides.
    unit
        What stands after the number.
    most, least
        The target: not more, or not less, than this.
    floor
        What can't be beaten, measured in the same run.
    held_by
        What stands in the way of the target; printed where it is not met.
    """
    middle = statistics.median(samples)
    places = 2 if middle < 10 else 1 if middle < 100 else 0
    text = f"{middle:,.{places}f} {unit}"
    low, _, high = statistics.quantiles(samples, method="inclusive") if len(samples) > 1 else (middle,) * 3
    spread = f"{low:,.{places}f} .. {high:,.{places}f}" if len(samples) > 1 else ""
    target = f"<= {most:g}" if most is not None else f">= {least:g}" if least is not None else ""
    # What is printed is what counts: 0.334 is shown as 0.33.
    shown = round(middle, places)
    met = (most is None or shown <= most) and (least is None or shown >= least)
    verdict = ("met" if met else "NOT MET") if target else ""
    print(f"{_line((what, text, spread, target, verdict))}  {floor}".rstrip(), flush=True)
    if held_by and not met:
        print(textwrap.fill(f"held by: {held_by}", 118, initial_indent="    ", subsequent_indent="    "))
    sys.stdout.flush()
