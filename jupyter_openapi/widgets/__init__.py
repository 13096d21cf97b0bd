"""Panels for a notebook: connect to an account, place an order, watch the orders and the holdings.

- `CredentialPanel`: keys go from the page's password fields to the kernel in one message, and nowhere else.
- `OrderForm`: an order is previewed, then sent once.
- `Blotter`: the open orders, live, with Cancel, Replace and Cancel all.
- `PortfolioView`: totals, holdings and a picture.
- `Watch`: quotes of some symbols, live; `Chart`: candles of one, with history, fills and open orders.

All are anywidgets. The state of each is a plain class (`CredentialModel`, `Ticket`, `BlotterModel`,
`PortfolioModel`) that needs no page; the panel around it (`panel.Page`) carries messages. Their pages are the
modules in ``static/``. Nothing of ipywidgets or anywidget is imported until a panel is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_openapi.messages import _

if TYPE_CHECKING:
    from jupyter_openapi.widgets.blotter import Blotter
    from jupyter_openapi.widgets.chart import Chart
    from jupyter_openapi.widgets.credential_panel import CredentialPanel
    from jupyter_openapi.widgets.order_form import OrderForm
    from jupyter_openapi.widgets.portfolio_view import PortfolioView
    from jupyter_openapi.widgets.watch import Watch

__all__ = ["Blotter", "Chart", "CredentialPanel", "OrderForm", "PortfolioView", "Watch"]

_HOMES = {
    "Blotter": "blotter",
    "Chart": "chart",
    "CredentialPanel": "credential_panel",
    "OrderForm": "order_form",
    "PortfolioView": "portfolio_view",
    "Watch": "watch",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(
            _("module {module!r} has no attribute {name!r}").format(module=__name__, name=name)
        )
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
