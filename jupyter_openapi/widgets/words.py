"""The words panels share: the title, messages by the labels a person sees, and what `privacy` hides."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jupyter_openapi.errors import OpenAPIError, OutcomeUnknown

if TYPE_CHECKING:
    from jupyter_openapi.widgets.reads import Caller

HIDDEN = "•••"
LABELS = {
    "symbol": "Symbol",
    "side": "Side",
    "order_type": "Type",
    "submitted_price": "Price",
    "submitted_quantity": "Quantity",
    "time_in_force": "Time in force",
    "trigger_price": "Trigger price",
    "trailing_amount": "Trailing amount",
    "trailing_percent": "Trailing percent",
    "limit_offset": "Limit offset",
    "expire_date": "Expire date",
    "outside_rth": "Outside RTH",
    "remark": "Remark",
}
_NAMES = re.compile("|".join(sorted((rf"\b{name}\b" for name in LABELS), key=len, reverse=True)))
_LONG_NUMBER = re.compile(r"\d{6,}")


def title(client: Caller | None, *, privacy: bool = False) -> str:
    """Return the account's title, without its digits where `privacy` is on."""
    if client is None:
        return "Not connected"
    account = replace(client.account, digits="") if privacy else client.account
    return account.title


def stamp(client: Caller | None) -> str:
    """Return the time now, in the client's time zone: ``20:26:11 UTC``."""
    try:
        zone = ZoneInfo(client.tz) if client is not None else UTC
    except (ZoneInfoNotFoundError, ValueError):
        zone = UTC
    return f"{datetime.now(zone):%H:%M:%S %Z}"


def by_label(message: str) -> str:
    """Return a message about wire names with the labels of the form instead.

    Examples
    --------
    >>> by_label("submitted_price is missing: LO needs it")
    'Price is missing: LO needs it'
    """
    return _NAMES.sub(lambda found: LABELS[found[0]], message)


def failure_words(failure: BaseException) -> str:
    """Return what to show of an error: our own errors in full, others with their kind."""
    if isinstance(failure, OutcomeUnknown):
        return f"NOT KNOWN WHETHER IT HAPPENED: {failure}"
    if isinstance(failure, OpenAPIError):
        return str(failure)
    return f"{type(failure).__name__}: {failure}"


def without_ids(text: str) -> str:
    """Return `text` with every long number (orders, accounts) hidden."""
    return _LONG_NUMBER.sub(HIDDEN, text)


PRIVATE_LINES = frozenset({"account", "amount", "sends", "as it stands", "client_request_id"})


def shown_lines(lines: tuple[tuple[str, str], ...], *, privacy: bool) -> list[tuple[str, str]]:
    """Return a preview's lines; with `privacy`, without the account, amounts and ids."""
    if not privacy:
        return list(lines)
    return [(label, HIDDEN if label in PRIVATE_LINES else without_ids(text)) for label, text in lines]
