"""What symbols are called: asked for once a day where a view shows names that no reply has told."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openapi.errors import OpenAPIError
from jupyter_openapi.market.names import NAMES
from jupyter_openapi.spec.model import Operation

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.client import Client

BATCH = 500  # symbols that `static_info` takes
ROOM = 3  # quote calls that must be left this second: a name is worth no wait


def learn_names(client: Client, operation: Operation | None, frame: pd.DataFrame) -> None:
    """Ask what the symbols of a frame are called, where its view shows that and nobody has told.

    One call at most, for all of them; each symbol is asked for once a day. Where it fails, or few calls are
    left, the names stay unknown.
    """
    view = operation.view if operation is not None else None
    if view is None or not any(column.format == "name" for column in view.columns):
        return
    symbols = NAMES.unknown(frame["symbol"].tolist() if "symbol" in frame.columns else ())[:BATCH]
    if symbols and client.limits_left().get("quote", ROOM) >= ROOM:
        ask_names(client, symbols)


def ask_names(client: Client, symbols: list[str]) -> None:
    """Ask what symbols are called; what can't be read stays unknown for the day."""
    NAMES.asked(symbols)
    with suppress(OpenAPIError):
        client.call("static_info", symbol=symbols).frame()  # its names are remembered
