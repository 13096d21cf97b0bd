"""Print the routes that three acts take through the package: modules entered, crossings between modules.

::

    python tools/routes.py [FOLDER_OF_A_CHECKOUT]

The acts run against a sandbox of their own, each once before it is counted, so that imports and first reads
do not count. A crossing is a call of a function by a function of another module of the package, whatever
library functions are called between the two.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "jupyter_openapi"
ORDER = {
    "symbol": "AAPL.US",
    "side": "Buy",
    "order_type": "LO",
    "submitted_price": "150",
    "submitted_quantity": "1",
    "time_in_force": "Day",
}


class Route(NamedTuple):
    """What one act takes: modules entered, crossings between modules, calls in all."""

    modules: int
    crossings: int
    calls: int


def _module(frame: FrameType) -> str:
    name = frame.f_globals.get("__name__", "")
    return name if isinstance(name, str) and name.startswith(f"{PACKAGE}.") else ""


def route_of(act: Callable[[], object]) -> Route:
    """Do `act` and return its route; other threads that it starts count too."""
    entered: set[str] = set()
    crossings = calls = 0

    def note(frame: FrameType, event: str, _: Any) -> None:
        nonlocal crossings, calls
        if event != "call" or not (module := _module(frame)):
            return
        calls += 1
        entered.add(module)
        caller = frame.f_back
        while caller is not None and not _module(caller):
            caller = caller.f_back
        crossings += caller is None or _module(caller) != module

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return Route(len(entered), crossings, calls)


def _first_of(*names: str) -> Any:
    for name in names:
        try:
            return import_module(f"{PACKAGE}.{name}")
        except ModuleNotFoundError:
            continue
    raise ModuleNotFoundError(names)


def routes() -> dict[str, Route]:
    """Return the route of each act."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    from jupyter_openapi.session import SESSION

    ticket = _first_of("widgets.order_ticket", "widgets.ticket").Ticket
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    shell.run_line_magic("load_ext", PACKAGE)
    SESSION.notify = lambda _: None

    def type_line(line: str) -> Callable[[], object]:
        magic, rest = line[1:].split(" ", 1)
        return lambda: shell.run_line_magic(magic, rest)

    def preview(quantity: int) -> None:
        shell.run_line_magic("openapi", f"submit AAPL.US side=buy type=LO price=150 quantity={quantity}")
        shell.display_formatter.format(SESSION.preview)  # what was not shown is not sent

    def fill_in(quantity: int) -> None:
        form = ticket(SESSION, lambda: None, watched=lambda: False, run=lambda work: work())
        form.preview({**ORDER, "submitted_quantity": str(quantity)}, "v1")
        form.send(form.slot.offer.id)
        if form.error:
            raise RuntimeError(form.error)
        form.close()

    try:
        SESSION.start_sandbox(["--limits", "off", "--seed", "1"])
        type_line("%openapi connect sandbox")()
        acts: dict[str, tuple[Callable[[], object], Callable[[], object] | None]] = {
            "%openapi positions": (type_line("%openapi positions"), None),
            "%openapi send": (type_line("%openapi send"), lambda: preview(next(numbers))),
            "order form to the wire": (lambda: fill_in(next(numbers)), None),
        }
        numbers = iter(range(1, 100))
        found = {}
        for name, (act, before) in acts.items():
            for _ in range(2):
                if before is not None:
                    before()
                found[name] = route_of(act)
        return found
    finally:
        SESSION.close()


def main() -> None:
    """Print a line for each act."""
    checkout = Path(sys.argv[1]).resolve() if sys.argv[1:] else ROOT
    sys.path.insert(0, str(checkout))
    with tempfile.TemporaryDirectory() as home:
        for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "IPYTHONDIR"):
            os.environ[name] = str(Path(home) / name.lower())
        sys.stdout, printed = open(os.devnull, "w", encoding="utf-8"), sys.stdout  # noqa: PTH123, SIM115 (what the acts print)
        try:
            found = routes()
        finally:
            sys.stdout = printed
    print(f"{'':24} {'modules':>8} {'crossings':>10} {'calls':>8}")
    for name, route in found.items():
        print(f"{name:24} {route.modules:8} {route.crossings:10} {route.calls:8}")


if __name__ == "__main__":
    main()
