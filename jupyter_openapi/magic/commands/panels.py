"""``order`` and ``blotter``: the panels for orders."""

from __future__ import annotations

from typing import Any

from jupyter_openapi.magic.command import Ask, command, takes
from jupyter_openapi.spec.model import Kind


@command(
    "order", "Open the order form.", takes("symbol", Kind.SYMBOL, "what to trade"), examples=("order 700.HK",)
)
def order(ask: Ask) -> Any:
    """Return the form, filled in with the symbol if one is given."""
    from jupyter_openapi.session import SESSION
    from jupyter_openapi.widgets import OrderForm

    SESSION.connected()
    return OrderForm(symbol=str(ask.given.get("symbol") or ""))


@command(
    "blotter",
    "Show open orders, live.",
    takes("symbol", Kind.SYMBOL, "only orders of these", array=True),
    examples=("blotter", "blotter 700.HK"),
)
def blotter(ask: Ask) -> Any:
    """Return the blotter of the connected account."""
    from jupyter_openapi.session import SESSION
    from jupyter_openapi.widgets import Blotter

    SESSION.connected()
    return Blotter(symbols=list(ask.given.get("symbol") or ()))
