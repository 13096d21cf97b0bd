"""A progress bar, only where there is something to wait for."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_openapi.pages.walk import Step


class Bar:
    """Shows how far a history is, from its second request on; a history of one shows nothing.

    tqdm's bar if it is installed, otherwise one line on stderr that is written over.

    Parameters
    ----------
    name
        What is fetched.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._shown: Any = None

    def __call__(self, step: Step) -> None:
        """Show a step; the last one takes the bar away."""
        if step.over:
            if self._shown is not None:
                self._shown.close()
                self._shown = None
        elif step.requests > 1:
            if self._shown is None:
                self._shown = _tqdm(self._name) or _Line(self._name)
            self._shown.update(int(100 * step.share) - self._shown.n)
            self._shown.set_postfix_str(f"{step.rows:,} rows, {step.requests} requests")


def _tqdm(name: str) -> Any:
    try:
        tqdm = import_module("tqdm.auto").tqdm
    except ImportError:
        return None
    return tqdm(total=100, desc=name, unit="%", leave=False)


class _Line:
    """As much of tqdm as is used here, without tqdm."""

    def __init__(self, name: str) -> None:
        self.n = 0
        self._name = name
        self._width = 0

    def update(self, more: int) -> None:
        self.n += more

    def set_postfix_str(self, text: str) -> None:
        self._write(f"{self._name}: {self.n}%, {text}")

    def close(self) -> None:
        self._write("")
        self._write("")

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r{text.ljust(self._width)}")
        sys.stderr.flush()
        self._width = len(text)
