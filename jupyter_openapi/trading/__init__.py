"""Orders and other changes: previewed, checked, sent once, recorded."""

from __future__ import annotations

from jupyter_openapi.trading.basket import Basket
from jupyter_openapi.trading.desk import Desk
from jupyter_openapi.trading.order_state import OrderState
from jupyter_openapi.trading.preview import Preview

__all__ = ["Basket", "Desk", "OrderState", "Preview"]
