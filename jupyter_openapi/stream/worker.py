"""The thread that carries a client's links: one event loop, started with the first subscription.

`Waiter` lets the thread of a callback run that loop while it has nothing else to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_LONGEST_AWAY = 0.05  # seconds a thread that has borrowed the loop may do other things
_SHORTEST_REST, _LONGEST_REST = 0.1, 60.0  # seconds until one that stayed away may borrow it again
_LAST_ROUNDS = 3
_GOOD = 100  # turns on the loop, after which the rest is the shortest again


class Signal:
    """Wakes one waiting thread, and resets itself; cheaper and quicker than `threading.Event`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def set(self) -> None:
        """Wake the thread; nothing happens when it was woken already."""
        with contextlib.suppress(RuntimeError):
            self._lock.release()

    def wait(self, timeout: float = -1) -> None:
        """Wait for `set`, at most so many seconds."""
        self._lock.acquire(timeout=timeout)


class Worker:
    """A daemon thread with an event loop of its own, running until `stop`.

    A thread that waits for what the loop brings may run the loop meanwhile (`Waiter`): while a cell computes,
    each change of threads waits 5 ms for Python's lock, and this saves one of two. The worker's own thread
    watches it, and takes the loop back from one that stays away.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._running = threading.Lock()  # held by the thread that runs the loop
        self._choosing = threading.Lock()
        self._borrower: Waiter | None = None
        self._away = False
        self._left_at = 0.0
        self._bell = Signal()
        self._asleep = False
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="jupyter-openapi stream", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            while not self._ending:
                self._watch()
                self._take_back()
                with self._running:
                    if self._borrower is None and not self._ending:
                        self.loop.run_forever()
            with self._running:
                for _ in range(_LAST_ROUNDS):  # what is given up may begin something else
                    if pending := asyncio.all_tasks(self.loop):
                        for task in pending:
                            task.cancel()
                        self.loop.run_until_complete(asyncio.wait(pending, timeout=1))
                self.loop.run_until_complete(asyncio.sleep(0))  # what they gave up closes its sockets
        finally:
            self.loop.close()

    def _watch(self) -> None:
        """Wait while the loop is lent, until its borrower has been away from it for too long."""
        while self._borrower is not None and not self._ending:
            left = self._left_at + _LONGEST_AWAY - time.monotonic()
            if left > 0:
                self._bell.wait(left)
            elif self._away:
                return
            else:  # nothing has come for a while: the borrower rings when it leaves the loop again
                self._asleep = True
                if not self._away:
                    self._bell.wait()
                self._asleep = False

    def _take_back(self) -> None:
        with self._choosing:
            if self._away and time.monotonic() >= self._left_at + _LONGEST_AWAY:
                self._borrower = None

    @property
    def inside(self) -> bool:
        """Whether the caller runs on the loop."""
        try:
            return asyncio.get_running_loop() is self.loop
        except RuntimeError:
            return False

    @property
    def running(self) -> bool:
        """Whether the thread has not ended."""
        return self._thread.is_alive()

    def submit(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine on the loop; nothing happens once it has stopped."""
        try:
            asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        except RuntimeError:
            coroutine.close()

    def soon(self, function: Callable[..., object], *args: object) -> None:
        """Call a function on the loop; nothing happens once it has stopped."""
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(function, *args)

    def stop(self) -> None:
        """End the thread once the loop has come round."""
        self.soon(self._end)

    def _end(self) -> None:
        self._ending = True
        self.loop.stop()
        self._bell.set()

    def join(self, timeout: float) -> None:
        """Wait for the thread's end."""
        if not self.inside:
            self._thread.join(timeout)

    # for those who wait

    def pause(self) -> None:
        """Let whoever runs the loop leave it; on the loop only."""
        if not self._ending:  # the last turns are not cut short
            self.loop.stop()

    @property
    def ended(self) -> bool:
        """Whether the loop has no turns but its last ones."""
        return self._ending

    def lend(self, waiter: Waiter) -> bool:
        """Lend the loop, if nobody else has it."""
        # Another kind of loop, such as the proactor of Windows, ties what it reads to a thread.
        if self._ending or not isinstance(self.loop, asyncio.SelectorEventLoop):
            return False
        with self._choosing:
            if self._borrower is not None:
                return False
            self._away, self._left_at, self._borrower = True, time.monotonic(), waiter
        self.soon(self.pause)
        return True

    def enter(self, waiter: Waiter) -> bool:
        """Begin a turn on the loop, which `leave` ends; False when it is not lent any more."""
        while self._borrower is waiter and not self._ending:
            if self._running.acquire(timeout=_LONGEST_AWAY):
                with self._choosing:
                    if self._borrower is waiter and not self._ending:
                        self._away = False
                        return True
                self._running.release()
        return False

    def leave(self) -> None:
        """End a turn on the loop, which stays lent."""
        self._left_at = time.monotonic()
        self._away = True
        self._running.release()
        if self._asleep:
            self._bell.set()

    def give_back(self, waiter: Waiter) -> None:
        """End a loan, if there is one."""
        with self._choosing:
            if self._borrower is not waiter:
                return
            self._borrower = None
        self._bell.set()


class Waiter:
    """Waits on one thread for what the loop brings, and runs the loop meanwhile where nobody else does."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._signal = Signal()
        self._woken = False
        self._thread = 0  # which one waits on the loop itself; 0 for none
        self._borrowed = False
        self._turns = 0  # on the loop, of this loan
        self._rest = _SHORTEST_REST / 2
        self._again_at = 0.0

    def wake(self) -> None:
        """End the wait, or the next one if there is none now; on any thread."""
        self._woken = True
        if not self._thread:
            self._signal.set()
        elif self._thread == threading.get_ident():
            self._worker.pause()
        else:
            self._worker.soon(self._worker.pause)

    def wait(self) -> None:
        """Wait for `wake`; one that came since the last wait counts."""
        if self._on_loan():
            try:
                self._thread = threading.get_ident()
                while not self._woken and not self._worker.ended:
                    self._worker.loop.run_forever()
            finally:
                self._thread = 0
                self._worker.leave()
        else:
            self._signal.wait()
        self._woken = False

    def _on_loan(self) -> bool:
        if not self._borrowed:
            if time.monotonic() < self._again_at or not self._worker.lend(self):
                return False
            self._borrowed, self._turns = True, 0
        if self._worker.enter(self):
            self._turns += 1
            return True
        # It was away for too long. One whose work is slow waits as others do, longer each time; one that only
        # waited long for its turn on a busy machine had many turns before.
        self._rest = _SHORTEST_REST if self._turns >= _GOOD else min(self._rest * 2, _LONGEST_REST)
        self._borrowed, self._again_at = False, time.monotonic() + self._rest
        return False

    def end(self) -> None:
        """Wait no more."""
        self._worker.give_back(self)


async def in_thread(function: Callable[[], T]) -> T:
    """Run a blocking function in a daemon thread; unlike an executor's, it does not hold up the exit."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, failure: BaseException | None) -> None:
        if done.cancelled():
            return
        if failure is None:
            done.set_result(result)  # type: ignore[arg-type]  # without a failure it is a T
        else:
            done.set_exception(failure)

    def work() -> None:
        result, failure = None, None
        try:
            result = function()
        except BaseException as problem:  # noqa: BLE001 (raised again where it is awaited)
            failure = problem
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=work, daemon=True).start()
    return await done
