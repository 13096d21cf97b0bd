"""Plain text that a notebook shows as it is."""

from __future__ import annotations


class Report(str):
    """Text that is shown without quotes and with its line breaks; never HTML, whatever it holds."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
