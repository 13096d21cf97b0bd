"""Ctrl-C at every line between `send` and its reply: nothing is sent twice, lost track of, or denied."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from support import SOAK
from support.broker import Broker, client_of
from support.wire import recorder

from jupyter_openapi import Client, Interrupted, OpenAPIError

ORDER: dict[str, Any] = {"symbol": "700.HK", "side": "buy", "type": "LO", "price": 600, "quantity": 100}
PLACES = ("trading/delivery.py", "trading/desk.py", "trading/order_state.py", "trading/preview.py")
DENIED = ("nothing was", "no request was in flight", "had not been sent")


class CtrlC:
    """Raises `KeyboardInterrupt` at the `number`-th line that this thread runs in some files."""

    def __init__(self, number: int, places: tuple[str, ...]) -> None:
        self.number, self.places, self.came = number, places, 0
        self.thread = threading.get_ident()

    @property
    def fired(self) -> bool:
        return self.came >= self.number

    def __call__(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        name = frame.f_code.co_filename.replace("\\", "/")
        return self.line if name.endswith(self.places) and "/jupyter_openapi/" in name else None

    def line(self, _frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line" and threading.get_ident() == self.thread:
            self.came += 1
            if self.came == self.number:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self.line


def interrupted(send: Any, number: int, places: tuple[str, ...]) -> tuple[CtrlC, BaseException | None]:
    """Run `send` with Ctrl-C at that line; return what was raised."""
    tracing, ctrl_c = sys.gettrace(), CtrlC(number, places)
    sys.settrace(ctrl_c)
    try:
        send()
    except (OpenAPIError, KeyboardInterrupt) as said:
        return ctrl_c, said
    finally:
        sys.settrace(tracing)
    return ctrl_c, None


def each_line(
    folder: Path, broker: type[Broker], places: tuple[str, ...], step: int
) -> Iterator[tuple[int, Client, Broker]]:
    """Yield a fresh client and broker for each line, until the consumer closes."""
    number = 1
    while True:
        made = broker()
        with recorder(made) as server, client_of(server.url, folder / str(number)) as client:
            yield number, client, made
        number += step


def rows_from_elsewhere(client: Client) -> list[dict[str, Any]]:
    """Return the journal as another thread reads it, as panels do; no lock may be left with this one."""
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(client.journal.rows).result()


@pytest.mark.parametrize("kind", ["submit", "replace", "cancel"])
@pytest.mark.parametrize("fault", ["", "silent", "lost"])
def test_ctrl_c_at_each_line(tmp_path: Path, kind: str, fault: str) -> None:
    step = 1 if SOAK else 5
    lines = 0
    for number, client, broker in each_line(tmp_path, Broker, PLACES, step):
        if kind == "submit":
            made = client.call("submit_order", **ORDER)
        else:
            order_id = str(client.call("submit_order", **ORDER).send().order_id)
            more = {"quantity": 200} if kind == "replace" else {}
            made = client.call(f"{kind}_order", order_id=order_id, **more)
        broker.faults.extend([fault] * bool(fault))
        ctrl_c, said = interrupted(made.send, number, PLACES)
        rows = [row for row in rows_from_elsewhere(client) if row["kind"] == kind]
        if not ctrl_c.fired:
            assert said is None
            break
        lines += 1
        where = (number, str(said))
        assert isinstance(said, Interrupted), where
        done = len(broker.orders) == 1
        if kind != "submit":
            (order,) = broker.orders.values()
            done = order["quantity"] == "200" if kind == "replace" else order["status"] == "CanceledStatus"
        assert len(broker.orders) <= 1, where  # never twice
        if done:
            assert rows, where  # never lost track of
            assert rows[-1]["state"] != "refused", where
            assert not any(denied in str(said) for denied in DENIED), where  # never denied
        elif rows:
            assert rows[-1]["state"] != "answered", where
    assert lines * step > 60


def test_ctrl_c_at_each_line_of_the_journal_leaves_it_of_use(tmp_path: Path) -> None:
    places, step = ("trading/journal.py", "trading/journal_file.py"), 1 if SOAK else 13
    for number, client, broker in each_line(tmp_path, Broker, places, step):
        made = client.call("submit_order", **ORDER)
        ctrl_c, said = interrupted(made.send, number, places)
        rows = rows_from_elsewhere(client)  # it can be read, and written
        if not ctrl_c.fired:
            break
        assert isinstance(said, Interrupted), (number, str(said))
        assert len(broker.orders) <= 1
        assert not broker.orders or (rows and rows[-1]["state"] != "refused")
        before = len(broker.orders)
        client.call("submit_order", **{**ORDER, "price": 601}).send()
        assert len(broker.orders) == before + 1
