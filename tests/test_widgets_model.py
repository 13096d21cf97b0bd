"""A frozen change is sent once, by whoever comes first, and never out of date."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from browser.fakes import FakeClient
from support import soak

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.widgets import model as slots
from jupyter_openapi.widgets.model import Pending, PendingChange

CLIENT = FakeClient()


def offer(client: FakeClient = CLIENT) -> PendingChange:
    return PendingChange("submit", "Send order", (), lambda: None, client)


def test_an_offer_is_taken_once() -> None:
    slot, one = Pending(), offer()
    slot.put(one)
    assert slot.take(one.id, CLIENT) is one
    assert slot.take(one.id, CLIENT) is None
    assert slot.offer is None


def test_many_threads_take_an_offer_once() -> None:
    for _ in range(soak(200)):
        slot, one, start = Pending(), offer(), threading.Barrier(8)
        slot.put(one)

        def take(
            slot: Pending = slot, one: PendingChange = one, start: threading.Barrier = start
        ) -> PendingChange | None:
            start.wait(5)
            return slot.take(one.id, CLIENT)

        with ThreadPoolExecutor(8) as pool:
            taken = [future.result() for future in [pool.submit(take) for _ in range(8)]]
        assert taken.count(one) == 1
        assert taken.count(None) == 7


def test_an_offer_that_was_replaced_or_dropped_is_refused() -> None:
    slot, old, new = Pending(), offer(), offer()
    slot.put(old)
    slot.put(new)
    with pytest.raises(RequestRefused, match="out of date"):
        slot.take(old.id, CLIENT)
    assert slot.take(new.id, CLIENT) is new
    slot.put(old)
    slot.drop()
    with pytest.raises(RequestRefused, match="out of date"):
        slot.take(old.id, CLIENT)


def test_an_offer_for_another_account_is_refused_and_gone() -> None:
    slot, one = Pending(), offer()
    slot.put(one)
    with pytest.raises(RequestRefused, match="another account"):
        slot.take(one.id, FakeClient())
    with pytest.raises(RequestRefused, match="out of date"):
        slot.take(one.id, CLIENT)


def test_an_offer_is_good_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    slot, one = Pending(), offer()
    slot.put(one)
    assert 59 < one.seconds_left <= 60
    later = one.made + 60.1
    monkeypatch.setattr(slots.time, "monotonic", lambda: later)
    assert one.seconds_left == 0
    with pytest.raises(RequestRefused, match="over 60 s old"):
        slot.take(one.id, CLIENT)
