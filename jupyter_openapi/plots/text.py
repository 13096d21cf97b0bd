"""What stands in and around a picture: titles, amounts, names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

LONGEST = 22  # characters of a name beside its symbol
MINUS = "\u2212"


def facts_of(frame: pd.DataFrame) -> Mapping[str, Any]:
    """Return what a frame says of itself."""
    known = frame.attrs.get("openapi")
    return known if isinstance(known, dict) else {}


def account_line(known: Mapping[str, Any], *more: str) -> str:
    """Return the account's kind and the time: ``SANDBOX account · 2026-11-22 21:16 UTC``, and what else."""
    mode = str(known.get("mode") or "")
    kind = f"{mode.upper()} account" if mode else "account not named"
    return "  ·  ".join(filter(None, [kind, moment_text(known.get("requested_at")), *more]))


def moment_text(value: Any) -> str:
    """Return an ISO time as a title shows it, in UTC; empty if it is none."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return ""
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def amount_text(value: float, *, sign: bool = False, places: int | None = None) -> str:
    """Return an amount with thousands separators and a proper minus; small ones keep two decimals."""
    if places is None:
        places = 0 if abs(value) >= 1000 else 2
    text = f"{value:+,.{places}f}" if sign else f"{value:,.{places}f}"
    return f"{0:,.{places}f}" if not text.strip("+-0.,") else text.replace("-", MINUS)


def percent_text(value: float, *, sign: bool = False, places: int = 1) -> str:
    """Return a percentage: ``+12.3%``."""
    return f"{amount_text(value, sign=sign, places=places)}%"


def printable(text: object) -> str:
    """Return text on one line, without what is no visible character."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())


def label_of(symbol: object, name: object, readable: Callable[[str], bool]) -> str:
    """Return what a holding is called: symbol and name, or the symbol alone where the name can't be shown."""
    code = printable(symbol)
    said = "" if name is None or name != name else printable(name)  # noqa: PLR0124 (NaN)
    if not said or said == code or not readable(said):
        return code
    short = said if len(said) <= LONGEST else f"{said[: LONGEST - 1].rstrip()}…"
    return f"{code}  {short}"
