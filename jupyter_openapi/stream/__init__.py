"""Live quotes, candles and order changes of one client, over the broker's sockets.

Nothing here is imported before the first subscription. One background thread with one event loop carries all
of a client's; there is one socket per gateway, opened by the first and closed by the last subscription.
"""

from __future__ import annotations

from jupyter_openapi.stream.events import Event
from jupyter_openapi.stream.gateway import Source
from jupyter_openapi.stream.live import Live
from jupyter_openapi.stream.settings import Settings
from jupyter_openapi.stream.subscription import Subscription

__all__ = ["Event", "Live", "Settings", "Source", "Subscription"]
