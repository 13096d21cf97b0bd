"""The kernel: the running cell, running coroutines, processes that are gone, what outlives a reload."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import suppress
from contextvars import ContextVar, copy_context
from functools import cache
from random import Random
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
CHANCE = Random()  # noqa: S311 (for waits)
"""What waits leave to chance; not the shared generator, whose sequence a notebook's seed may have fixed."""


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run `coroutine` to its end and return its result.

    In plain Python this is `asyncio.run`. In a notebook, whose loop is already running in this thread, a
    coroutine of this package runs on a loop of its own in another thread. One of somebody else may belong to
    the notebook's loop, which is made re-entrant for it (nest-asyncio), at that moment and never at import.

    Examples
    --------
    >>> run(client.wait(order_id))   # doctest: +SKIP
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    if _is_own(coroutine):
        return _run_apart(coroutine)
    _nest(loop)
    try:
        return loop.run_until_complete(coroutine)
    finally:
        # The loop is in the middle of its callbacks, and has counted them: those that the nested one has run
        # it would miss, and end with "pop from an empty deque", and the kernel with it.
        for _number in range(MISSED):
            loop.call_soon(_nothing)


MISSED = 10_000  # more callbacks than ever wait at one moment; they take about 5 ms


def _nothing() -> None:
    """Stand in for a callback that was run already."""


def _is_own(coroutine: Coroutine[Any, Any, Any]) -> bool:
    """Tell a coroutine of this package, which belongs to no loop."""
    frame = getattr(coroutine, "cr_frame", None)
    name = frame.f_globals.get("__name__") if frame is not None else ""
    return str(name).partition(".")[0] == __name__.partition(".")[0]


def _run_apart(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop of its own in another thread; Ctrl-C ends it there and is raised here."""
    done: Future[T] = Future()
    loop = asyncio.new_event_loop()
    task = loop.create_task(coroutine)

    def work() -> None:
        try:
            done.set_result(loop.run_until_complete(task))
        except BaseException as failure:  # noqa: BLE001 (raised where `run` was called)
            done.set_exception(failure)
        finally:
            loop.close()

    thread = threading.Thread(target=copy_context().run, args=(work,), name="openapi-run", daemon=True)
    thread.start()
    try:
        return done.result()
    except KeyboardInterrupt:
        with suppress(RuntimeError):  # it ended at this very moment
            loop.call_soon_threadsafe(task.cancel)
        raise
    finally:
        thread.join(5)


def _nest(loop: asyncio.AbstractEventLoop) -> None:
    try:
        import nest_asyncio2 as nest
    except ImportError:
        import nest_asyncio as nest
    nest.apply(loop)


class Cell(NamedTuple):
    """The running cell, and this run of it.

    Attributes
    ----------
    cell
        Its id in the notebook; None where the front end sends none, and outside a kernel.
    run
        This run of it. Begins with the host and process, so that another kernel can tell whether this one
        still lives, and ends with the front end's session.
    source
        A digest of its text; None where no cell runs.
    notebook
        The notebook's name, or the folder it runs in.
    """

    cell: str | None
    run: str
    source: str | None = None
    notebook: str | None = None


NO_CELL: ContextVar[bool] = ContextVar("no cell", default=False)
"""Set in the threads of panels: what a form does is not done by the cell that opened it."""


def current_cell() -> Cell:
    """Return the cell whose code is running."""
    request = {} if NO_CELL.get() else _request()
    header, content = request.get("header") or {}, request.get("content") or {}
    run = f"{_process()}:{header.get('msg_id') or 'python'}@{header.get('session') or ''}"
    code = content.get("code")
    source = hashlib.sha256(code.strip().encode()).hexdigest()[:16] if isinstance(code, str) else None
    return Cell(_cell_id(request.get("metadata") or {}), run.removesuffix("@"), source, _notebook())


def _cell_id(metadata: Mapping[str, Any]) -> str | None:
    """Return the id that a front end gives: Jupyter's own key, or those of Colab and others."""
    colab = metadata.get("colab")
    found = [metadata.get("cellId"), metadata.get("cell_id"), metadata.get("cellID")]
    found += [colab.get("cell_id"), colab.get("cellId")] if isinstance(colab, Mapping) else []
    given = next((str(each) for each in found if each), None)
    if given is not None and INTERACTIVE in given:
        # There each run of a file's cell is a new cell: only the window itself lasts.
        return given.partition("#")[0]
    return given


INTERACTIVE = ".interactive#"
"""In the id of what runs in the Interactive Window of VS Code: an address, with the cell behind the mark."""


def _notebook() -> str:
    """Return the notebook's path where Jupyter says it, else the folder."""
    return os.environ.get("JPY_SESSION_NAME") or _FOLDER


def working_folder() -> str:
    """Return the working folder; "" where it was removed."""
    try:
        return os.getcwd()  # noqa: PTH109 (text, as it is kept)
    except OSError:
        return ""


_FOLDER = working_folder()


def session_of(run: str | None) -> str:
    """Return the front end's session in which a run was started."""
    return (run or "").rpartition("@")[2] if "@" in (run or "") else ""


def run_on(epoch: str) -> str:
    """Return the run of whatever this process does under the name `epoch`."""
    return f"{_process()}:{epoch}"


def is_ours(run: str | None) -> bool:
    """Tell whether this very process wrote `run`."""
    return (run or "").startswith(f"{_process()}:")


def may_still_run(run: str | None) -> bool:
    """Tell whether the process that wrote `run` may still be alive; True when that can't be known."""
    host, _, rest = (run or "").partition(":")
    number = rest.partition(":")[0]
    if host != socket.gethostname() or not number.isdigit():
        return True
    if sys.platform == "win32":  # os.kill would end it
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


class CellClock:
    """Knows when the running cell began, from the shell's own events.

    Made while a cell runs: that one counts as begun now.
    """

    def __init__(self, shell: Any) -> None:
        self._depth, self._run = 0, current_cell().run
        self._began = time.monotonic()
        if shell is None:
            return
        self._depth = int(_runs_a_cell(shell))
        shell.events.register("pre_run_cell", self.begin)
        shell.events.register("post_run_cell", self.end)

    def begin(self, *_info: object) -> None:
        """Note that a cell begins, or code that a cell runs as one."""
        run = current_cell().run
        if run != self._run:  # whatever was missed of the one before is over
            self._depth, self._run = 0, run
        if self._depth == 0:
            self._began = time.monotonic()
        self._depth += 1

    def end(self, *_result: object) -> None:
        """Note that a cell has ended."""
        self._depth = max(0, self._depth - 1)

    @property
    def began(self) -> float | None:
        """The moment (of `time.monotonic`) at which the running cell began; None between cells."""
        return self._began if self._depth else None


def _runs_a_cell(shell: Any) -> bool:
    """Tell whether a cell of the shell is what called this."""
    running, frame = type(shell).run_code.__code__, inspect.currentframe()
    while frame is not None and frame.f_code is not running:
        frame = frame.f_back
    return frame is not None


@cache
def cell_clock() -> CellClock:
    """Return this kernel's clock of cells."""
    return CellClock(_shell())


def in_ipython() -> bool:
    """Tell whether this process is a shell of IPython, in a terminal or a notebook."""
    return _shell() is not None


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def is_captured() -> bool:
    """Tell whether what the running cell displays is kept from the page, as under ``%%capture``."""
    shell = _shell()
    return type(getattr(shell, "display_pub", None)).__name__ == "CapturingDisplayPublisher"


def _request() -> dict[str, Any]:
    """Return the kernel's execute request; empty outside a kernel."""
    shell = _shell()
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return {}
    parent = kernel.get_parent("shell")
    return parent if isinstance(parent, dict) else {}


# IPython before 9 empties a module before it loads it again; this one has no file, so nothing loads it again.
_HOME = "_jupyter_openapi_lasting"


def lasting(name: str, make: Callable[[], T]) -> T:
    """Return the object of this process that is called `name`; the first call makes it.

    It outlives a reload of its module (`%autoreload`, `importlib.reload`), as connections and keys must.
    """
    home = vars(sys.modules.setdefault(_HOME, ModuleType(_HOME)))
    if name not in home:
        home[name] = make()
    kept: T = home[name]
    return kept
