"""The trade gateway: changes of the account's orders, also those that no push told of."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from functools import partial
from typing import Any, Protocol

from jupyter_openapi.errors import ApiError, OpenAPIError, RequestRefused, clean
from jupyter_openapi.protocol import ProtocolError, message
from jupyter_openapi.protocol import commands as c
from jupyter_openapi.stream.consumers import LINK, ORDERS, News
from jupyter_openapi.stream.events import ORDER, Event
from jupyter_openapi.stream.gateway import LIVE, Gateway, Source
from jupyter_openapi.stream.link import Link
from jupyter_openapi.stream.order_book import OrderBook, as_pushed
from jupyter_openapi.stream.worker import in_thread

MOST_PAGES = 20
MOST_DETAILS = 50
_ELSEWHERE = frozenset({"401", "403", "429", "500", "503"})
"""How codes begin whose cause is not what was asked for."""
_CHANGED = "order_changed_lb"

log = logging.getLogger(__name__)

Row = dict[str, Any]


class OrderReader(Protocol):
    """A subscription as the gateway sees it."""

    stale: int

    def deliver(self, event: Event) -> None:
        """Take an event."""

    def ready(self) -> None:
        """Note that the orders are known."""

    def gateway_changed(self) -> None:
        """Note that the gateway's state is another."""


class OrderGateway(Gateway):
    """The account's orders for all subscriptions of a client.

    Today's orders are read when the first link stands, and again after every interruption; what changed
    meanwhile comes as events whose `source` is ``reread``.

    Attributes
    ----------
    book
        What is known of each order.
    current
        Whether the link is live and today's orders were read since it stands: nothing is missing.
    """

    name = "trade"

    def __init__(self, source: Source, news: News) -> None:
        super().__init__(source)
        self.book = OrderBook()
        self._news = news
        self._readers: list[OrderReader] = []
        self._read_once = False
        self.current = False
        self._reading: asyncio.Task[None] | None = None

    def wanted(self) -> bool:
        """Tell whether anybody listens."""
        return bool(self._readers)

    async def add(self, reader: OrderReader) -> None:
        """Take a subscription."""
        self._readers.append(reader)
        self.start()
        reader.gateway_changed()
        if self._read_once and self.state == "live":
            reader.ready()

    async def remove(self, reader: OrderReader) -> None:
        """Let a subscription go; the link closes with the last one."""
        if reader in self._readers:
            self._readers.remove(reader)
        if not self._readers:
            await self.close()

    async def close(self) -> None:
        """Close the link, and forget what is known: it would be old when the next one stands."""
        if self._reading is not None:
            self._reading.cancel()
        await super().close()
        self._read_once = self.current = False
        self.book = OrderBook()

    async def restore(self, link: Link) -> None:
        """Subscribe, then read what the pushes did not tell."""
        await self._subscribe(link)
        self._read_again()

    async def _subscribe(self, link: Link) -> None:
        body = message("Sub").encode({"topics": [c.TOPIC]})
        answer = message("SubResponse").decode(await link.request(c.TRADE_SUBSCRIBE, body))
        for failed in answer["fail"]:
            raise ApiError(clean(failed["reason"]), operation=f"{self.name} socket")

    async def compare(self, link: Link) -> bool:
        """Ask the gateway whether it still sends our orders; subscribe again and read them if not."""
        answer = await self.asked(link, c.TRADE_SUBSCRIBE, message("Sub").encode({}))
        if answer is None or c.TOPIC in message("SubResponse").decode(answer)["current"]:
            return False
        await self.restore(link)
        return True

    def pushed(self, command: int, body: bytes) -> None:
        """Take a push."""
        if command != c.TRADE_PUSH:
            return
        try:
            note = message("Notification").decode(body)
            content = json.loads(note["data"]) if note["topic"] == c.TOPIC else {}
        except (ProtocolError, ValueError, RecursionError):
            return
        if isinstance(content, dict) and content.get("event") == _CHANGED:
            data = content.get("data")
            if isinstance(data, dict):
                self._take(as_pushed(data), "push")

    def _take(self, row: Row, source: str, *, told: bool = True) -> None:
        if not self.book.accept(row):
            if source == "push":
                for reader in self._readers:
                    reader.stale += 1
            return
        order_id = str(row["order_id"])
        self._news.tell(order_id)
        self._news.tell(ORDERS)
        if not told:
            return
        event = Event(ORDER, self.book.orders[order_id], time.time(), source=source)
        for reader in tuple(self._readers):
            reader.deliver(event)

    # reading

    def _read_again(self) -> None:
        self.current = False
        if self._reading is not None:
            self._reading.cancel()
        self._reading = asyncio.get_running_loop().create_task(self._read_until_done())

    async def _read_until_done(self) -> None:
        failures = 0
        while True:
            try:
                await self._read_orders()
            except Exception as failure:  # noqa: BLE001 (whoever waits would wait for ever)
                if failures == 0:
                    told = failure if isinstance(failure, OpenAPIError) else repr(failure)
                    log.warning("today's orders could not be read, and are tried again: %s", told)
                failures += 1
                await asyncio.sleep(self.settings.backoff(failures))
                continue
            self._read_once, self.current = True, self.link is not None
            self._news.tell(LINK)
            for reader in tuple(self._readers):
                reader.ready()
            return

    async def _read_orders(self) -> None:
        rows = await in_thread(self._today)
        for row in rows:
            self._reread(row)
        heard = {str(row.get("order_id")) for row in rows}
        older = [order_id for order_id in self.book.open() if order_id not in heard][:MOST_DETAILS]
        for order_id in older:
            try:
                detail = await in_thread(partial(self.source.read, "order_detail", {"order_id": order_id}))
            except (ApiError, RequestRefused) as refused:
                if isinstance(refused, ApiError) and str(refused.code)[:3] in _ELSEWHERE:
                    raise
                # The broker does not know it: the others must not wait for it.
                log.debug("order %s could not be read again: %s", order_id, refused)
            else:
                self._reread(detail)

    def _reread(self, row: Any) -> None:
        if isinstance(row, dict):
            self._take(as_pushed(row) | {"last_share": "", "last_price": ""}, "reread", told=self._read_once)

    def _today(self) -> list[Row]:
        rows: list[Row] = []
        for page in range(1, MOST_PAGES + 1):
            data = self.source.read("today_orders", {} if page == 1 else {"page": page})
            found = data.get("orders") or [] if isinstance(data, dict) else []
            rows += [row for row in found if isinstance(row, dict)]
            if not found or not data.get("has_more"):
                break
        return rows

    def changed(self) -> None:
        """Tell the subscriptions about the gateway's state, and whoever relies on its news."""
        if self.state != LIVE:
            self.current = False
        self._news.tell(LINK)
        for reader in tuple(self._readers):
            reader.gateway_changed()
