"""The stream's thread, and the threads of callbacks that run its loop while they wait."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import soak
from support.streaming import until

from jupyter_openapi.stream.consumers import Buffer, Callback
from jupyter_openapi.stream.worker import Waiter, Worker


class Numbers:
    """Gives numbers to buffers, one after the other, on the loop of a worker."""

    def __init__(self, size: int = 1_000_000) -> None:
        self.worker = Worker()
        self.next = 0
        self._size = size
        self._buffers: tuple[Buffer, ...] = ()

    def waiter(self) -> Waiter:
        return Waiter(self.worker)

    def attach(self, wake: Callable[[], None]) -> Buffer:
        buffer = Buffer(self._size, wake)
        self._buffers = (*self._buffers, buffer)
        return buffer

    def detach(self, buffer: Buffer) -> None:
        self._buffers = tuple(other for other in self._buffers if other is not buffer)
        buffer.end()

    def check(self) -> None:
        pass

    def put(self) -> None:
        """Give the next number, which is no event, for nobody here looks into it."""
        for buffer in self._buffers:
            buffer.put(self.next)  # type: ignore[arg-type]
        self.next += 1

    def give(self, count: int = 1) -> None:
        for _ in range(count):
            self.worker.soon(self.put)

    def end(self) -> None:
        for buffer in self._buffers:
            buffer.end()
        self.worker.stop()
        self.worker.join(20)


@pytest.fixture
def numbers() -> Iterator[Numbers]:
    feed = Numbers()
    yield feed
    feed.end()
    assert not feed.worker.running


def threads(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"jupyter-openapi {name}"]


def on(feed: Numbers, function: Callable[[Any], object]) -> Callable[[], None]:
    return Callback(feed, function).remove


def loop_thread(feed: Numbers) -> str:
    """Return the name of the thread that runs the loop now."""
    found: list[str] = []
    feed.worker.soon(lambda: found.append(threading.current_thread().name))
    until(lambda: found)
    return found[0].rpartition(" ")[2]


def test_the_loop_runs_in_the_thread_of_a_callback_that_waits(numbers: Numbers) -> None:
    assert loop_thread(numbers) == "stream"
    seen: list[int] = []
    remove = on(numbers, seen.append)
    until(lambda: loop_thread(numbers) == "callback")
    for count in range(1, 101):
        numbers.give()
        until(lambda: len(seen) == count)  # noqa: B023 (called at once)
    assert loop_thread(numbers) == "callback"
    remove()
    until(lambda: loop_thread(numbers) == "stream")
    assert seen == list(range(100))


def test_the_next_callback_takes_the_place_of_one_that_is_removed(numbers: Numbers) -> None:
    first, second = [], []
    remove = on(numbers, first.append)
    until(lambda: loop_thread(numbers) == "callback")
    on(numbers, second.append)
    numbers.give(10)
    until(lambda: len(first) == len(second) == 10)
    remove()

    def taken() -> bool:
        numbers.give()
        return loop_thread(numbers) == "callback" and len(threads("callback")) == 1

    until(taken)
    until(lambda: len(second) == numbers.next)
    assert (first, second) == (list(range(10)), list(range(numbers.next)))


def test_a_callback_that_sleeps_gives_the_loop_up_and_waits_as_others_do(numbers: Numbers) -> None:
    sleeping, awake = threading.Event(), threading.Event()
    slow: list[int] = []
    quick: list[int] = []

    def sleep(number: int) -> None:
        slow.append(number)
        sleeping.set()
        awake.wait(60)

    on(numbers, sleep)
    until(lambda: loop_thread(numbers) == "callback")
    on(numbers, quick.append)
    numbers.give()
    assert sleeping.wait(60)
    numbers.give(50)
    until(lambda: len(quick) == 51)  # while the first still sleeps
    assert slow == [0]
    awake.set()
    until(lambda: len(slow) == 51)
    assert slow == quick == list(range(51))


def test_a_callback_that_sleeps_once_may_run_the_loop_again(numbers: Numbers) -> None:
    seen: list[int] = []

    def sleep_once(number: int) -> None:
        if number == 3:
            time.sleep(0.3)
        seen.append(number)

    on(numbers, sleep_once)
    until(lambda: loop_thread(numbers) == "callback")
    numbers.give(4)
    until(lambda: loop_thread(numbers) == "stream")

    def again() -> bool:
        numbers.give()
        return loop_thread(numbers) == "callback"

    until(again, 60)
    until(lambda: len(seen) == numbers.next)
    assert seen == list(range(len(seen)))


def test_a_loop_that_is_no_selectors_stays_where_it_is(
    numbers: Numbers, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Other(asyncio.SelectorEventLoop):
        pass

    monkeypatch.setattr(asyncio, "SelectorEventLoop", Other)  # as on Windows, whose loop is no such one
    seen: list[int] = []
    on(numbers, seen.append)
    numbers.give(10)
    until(lambda: len(seen) == 10)
    assert loop_thread(numbers) == "stream"


@pytest.mark.parametrize("where", ["callback", "outside"])
def test_the_worker_ends_while_its_loop_is_lent(where: str) -> None:
    feed = Numbers()
    seen: list[int] = []

    def stop(number: int) -> None:
        seen.append(number)
        if where == "callback":
            feed.end()

    on(feed, stop)
    until(lambda: loop_thread(feed) == "callback")
    if where == "callback":
        feed.give()
    else:
        feed.end()
    until(lambda: not feed.worker.running)
    until(lambda: not threads("callback"))
    assert len(seen) == (where == "callback")
    assert feed.worker.loop.is_closed()


def sleeps(thread: threading.Thread) -> int:
    """Return how often a thread has gone to sleep so far."""
    status = Path(f"/proc/self/task/{thread.native_id}/status").read_text("ascii")
    return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux counts what a thread does")
def test_while_nothing_comes_no_thread_wakes_up(numbers: Numbers) -> None:
    on(numbers, lambda _: None)
    until(lambda: loop_thread(numbers) == "callback")
    numbers.give(5)
    time.sleep(0.5)
    idle = [thread for name in ("stream", "callback") for thread in threads(name)]
    before = [sleeps(thread) for thread in idle]
    assert len(before) >= 2
    time.sleep(1)
    assert [sleeps(thread) for thread in idle] == before


def taking_notes(speed: float, seed: int) -> tuple[list[int], Callable[[int], None]]:
    """Return a callback that sleeps now and then, and where it notes what it was given."""
    noted: list[int] = []
    own = random.Random(seed)

    def note(number: int) -> None:
        noted.append(number)
        if own.random() < 0.05:
            time.sleep(own.random() * speed)

    return noted, note


def test_whatever_callbacks_do_each_gets_every_number_in_order() -> None:
    """Callbacks of all speeds come and go while numbers are given from the loop and from outside."""
    chance = random.Random(7)
    interval = sys.getswitchinterval()
    for _ in range(soak(40, 4)):
        feed = Numbers()
        kept: list[list[int]] = []
        removes: list[Callable[[], None]] = []

        for turn in range(60):
            if chance.random() < 0.15:
                noted, note = taking_notes(chance.choice([0, 0.001, 0.02, 0.12]), turn)
                kept.append(noted)
                removes.append(on(feed, note))
            if removes and chance.random() < 0.08:
                removes.pop(chance.randrange(len(removes)))()
            feed.give(chance.randrange(8))
            time.sleep(chance.random() * 0.01)
        last = feed.next
        feed.worker.soon(feed.put)
        until(lambda: feed.next > last, 60)  # noqa: B023 (called at once)
        feed.end()
        assert not feed.worker.running
        until(lambda: not threads("callback"), 60)
        for mine in kept:  # those who were removed have a part, without a hole
            assert mine == list(range(mine[0], mine[0] + len(mine))) if mine else True
        assert sum(mine[-1:] == [feed.next - 1] for mine in kept) >= len(removes)
    assert sys.getswitchinterval() == interval
