"""Pollers stop and back off, updates coalesce, and polls let orders pass."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest
from browser.fakes import FakeClient, until

from jupyter_openapi.errors import TransportError
from jupyter_openapi.widgets.polling import GAP, LONGEST, RESERVE, Backoff, OrderPriority, Poller, Throttle


def test_a_poller_looks_while_there_is_something_to_see_and_then_its_thread_ends() -> None:
    delays = [0.01, 0.01, None]
    looks = []
    poller = Poller(lambda: (looks.append(1), delays[len(looks) - 1])[1], "looker")
    assert not poller.running
    poller.wake()
    assert until(lambda: not poller.running)
    assert len(looks) == 3
    assert until(lambda: "looker" not in [thread.name for thread in threading.enumerate()])


def test_a_poller_that_ended_looks_again_when_woken() -> None:
    looks: list[int] = []
    poller = Poller(lambda: looks.append(1), "looker")
    for count in (1, 2):
        poller.wake()
        assert until(lambda: not poller.running)
        assert len(looks) == count


def test_waking_a_waiting_poller_does_not_wait_for_the_next_look() -> None:
    looks = []
    poller = Poller(lambda: (looks.append(1), 60.0)[1], "looker")
    poller.wake()
    assert until(lambda: len(looks) == 1)
    poller.wake()
    assert until(lambda: len(looks) == 2)
    poller.stop()
    assert until(lambda: not poller.running)
    poller.wake()
    assert not poller.running


def test_a_look_that_fails_ends_nothing() -> None:
    looks = []

    def look() -> float | None:
        looks.append(1)
        raise ValueError("broken")

    poller = Poller(look, "looker")
    poller.wake()
    assert until(lambda: len(looks) == 1)
    assert poller.running
    poller.stop()


def test_looks_that_break_down_wait_longer_each_time_and_one_that_succeeds_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float | None] = []
    looks = iter("fffsffffffff")

    def look() -> float | None:
        if next(looks) == "f":
            raise ValueError("broken")
        return 7.0

    poller = Poller(look, "looker")

    def wait(delay: float | None) -> None:  # no time passes
        waits.append(delay)
        if len(waits) == 12:
            poller.stop()

    due = SimpleNamespace(clear=lambda: None, set=lambda: None, is_set=lambda: False, wait=wait)
    monkeypatch.setattr(poller, "_due", due)
    poller.wake()
    assert until(lambda: not poller.running)
    assert waits[:4] == [2, 4, 8, 7.0]
    assert waits[4:12] == [2, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST]


def test_a_pace_doubles_with_each_failure_and_returns_at_once() -> None:
    pace, client = Backoff(5.0), FakeClient()
    failure = TransportError("no answer")
    assert [pace.after(client, failure) for _ in range(5)] == [10, 20, 40, LONGEST, LONGEST]
    assert pace.after(client) == 5.0


def test_a_429_that_a_repeat_has_hidden_slows_the_pace_too() -> None:
    pace, client = Backoff(5.0), FakeClient()
    assert pace.after(client) == 5.0
    client.throttled = 1
    assert pace.after(client) == 10.0
    assert pace.after(client) == 5.0


def test_polls_stand_back_while_an_order_is_on_its_way() -> None:
    traffic, client = OrderPriority(), FakeClient()
    assert traffic.clear(client, 0)
    with traffic.order():
        assert not traffic.clear(client, 0.01)
    assert traffic.clear(client, 0)


def test_a_poll_goes_as_soon_as_the_order_is_away() -> None:
    traffic, client, went = OrderPriority(), FakeClient(), []
    with traffic.order():
        thread = threading.Thread(target=lambda: went.append(traffic.clear(client, 10)))
        thread.start()
        time.sleep(0.05)
        assert not went
    thread.join(5)
    assert went == [True]


@pytest.mark.parametrize(("left", "goes"), [(RESERVE, True), (RESERVE - 1, False), (0, False)])
def test_the_last_calls_of_the_limit_are_left_for_orders(left: int, goes: bool) -> None:
    assert OrderPriority().clear(FakeClient(left=left), 0) is goes


def test_updates_coalesce_to_ten_a_second_and_the_last_state_wins() -> None:
    state, seen = [0], []
    outbox = Throttle(lambda: seen.append(state[0]))
    started = time.monotonic()
    while time.monotonic() < started + 0.55:
        state[0] += 1
        outbox.touch()
        time.sleep(0.001)
    assert until(lambda: seen[-1] == state[0])
    took = time.monotonic() - started
    assert 2 <= len(seen) <= took / GAP + 2


def test_updates_from_many_threads_lose_no_last_state() -> None:
    state, lock, seen = [0], threading.Lock(), []
    outbox = Throttle(lambda: seen.append(state[0]))

    def work() -> None:
        for _ in range(200):
            with lock:
                state[0] += 1
            outbox.touch()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert until(lambda: seen[-1] == 1600)


def test_a_closed_outbox_delivers_nothing_more() -> None:
    seen = []
    outbox = Throttle(lambda: seen.append(1))
    outbox.touch()
    outbox.touch()
    outbox.close()
    time.sleep(GAP * 2)
    assert seen == [1]


def test_a_page_that_is_gone_stops_nobody() -> None:
    def gone() -> None:
        raise OSError("no comm")

    outbox = Throttle(gone)
    outbox.touch()
    outbox.close()
    assert True
