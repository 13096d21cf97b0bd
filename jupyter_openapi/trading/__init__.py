"""Orders and other changes: previewed, checked, sent once."""

from jupyter_openapi.trading.basket import Basket
from jupyter_openapi.trading.desk import Desk
from jupyter_openapi.trading.preview import Preview
from jupyter_openapi.trading.waiting import OrderState

__all__ = ["Basket", "Desk", "OrderState", "Preview"]
