"""Symbols that were asked for and did not come back, with the spelling that was likely meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import nearest
from jupyter_openapi.market.securities import SECURITIES
from jupyter_openapi.market.symbols import suggest
from jupyter_openapi.spec.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from jupyter_openapi.spec.model import Operation

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
    return [symbol for symbol in symbols if symbol.upper() not in came]


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
        lines.append(f"{symbol}: nothing came back" + (f"; did you mean {likely}?" if likely else "."))
    if len(symbols) > NAMED:
        lines.append(
            f"and nothing for {len(symbols) - NAMED} more: df.attrs['openapi']['missing'] names them all."
        )
    return "\n".join(lines)


def likely_meant(symbol: str, known: Iterable[str]) -> str | None:
    """Return the symbol that a misspelt one was likely meant to be, or None.

    Its spelling is mended first (``0700.HK``); then a known one that looks like it is taken (``APPL.US``),
    but for codes of letters only: two numbers that look alike have nothing to do with each other.
    """
    mended = suggest(symbol)
    if mended is not None and mended != symbol:
        return mended
    names = set(known)
    if symbol in names or any(character.isdigit() for character in symbol):
        return None
    market = f".{symbol.rpartition('.')[2]}"
    close = nearest(symbol.lower(), [name.lower() for name in sorted(names) if name.endswith(market)], 1)
    return close[0].upper() if close else None
