"""Several processes share one limit, in files and in Redis: never more than allowed, fair, and no slower."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path

import pytest
from support import SOAK
from support.turns import Yard, most_within, yard

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.ratelimit import RATES, LimitsUnavailable, Rate, limiter_for

# A tenth of the trade limit's length, with the gap in full; `make soak` takes the limit itself.
LIMIT, TRADE = (30.0, RATES["trade"]) if SOAK else (3.0, Rate(30, 3.05, 0.025, None, "30 in 3 seconds"))


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("redis-server is not installed; on Debian: apt-get install redis-server")
    folder = tmp_path_factory.mktemp("redis")
    path = folder / "socket"
    options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, "redis-server did not start"
        time.sleep(0.02)
    yield f"unix://{path}"
    server.terminate()
    server.wait()


@pytest.fixture(params=["files", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str) -> Place:
    return Place(tmp_path, redis_url if request.param == "redis" else None)


class Place:
    """Where the limits are kept: in a folder or in a Redis database of the test's own."""

    taken = 0

    def __init__(self, folder: Path, redis_url: str | None) -> None:
        if redis_url is not None:
            Place.taken += 1
            redis_url = f"{redis_url}?db={Place.taken}"
        self.folder, self.redis_url = folder, redis_url

    def yard(self, rate: Rate, kind: str = "trade") -> AbstractContextManager[Yard]:
        return yard(self.folder, rate, kind=kind, redis_url=self.redis_url)

    def limiter(self, rate: Rate, kind: str = "trade", **more: object) -> object:
        return limiter_for(
            "account", directory=self.folder, redis_url=self.redis_url, rates={kind: rate}, **more
        )


@pytest.mark.parametrize(("count", "place"), [(2, "files"), (4, "files"), (4, "redis")], indirect=["place"])
def test_processes_keep_the_trade_limit_fairly_and_lose_no_time(count: int, place: Place) -> None:
    turns = 76 // count
    with place.yard(TRADE) as yard:
        for name in range(count):
            yard.hire(f"worker{name}", turns)
        yard.go()
        sent = yard.finish(within=30 + 4 * LIMIT)
    times = [arrival.at for arrival in sent]
    assert len(times) == 76
    assert most_within(times, LIMIT) == 30
    assert min(later - sooner for sooner, later in pairwise(times)) >= 0.020
    # 76 requests need two whole windows and 15 gaps of 20 ms. A busy machine's delays don't shrink with the
    # window, so the short run has some slack; the whole one has none.
    slack = 0.0 if SOAK else 2.0
    assert times[-1] - times[0] <= (2 * LIMIT + 15 * 0.020) * 1.1 + slack
    # Among so many in a row each had its turn, though a busy machine may let one come late to the line.
    together, stretch = sent[count:-count], (2 if SOAK else 4) * count
    for start in range(len(together) - stretch):
        assert len({arrival.worker for arrival in together[start : start + stretch]}) == count


def test_processes_keep_the_quote_limit_and_its_five_at_once(place: Place) -> None:
    with place.yard(RATES["quote"], "quote") as yard:
        for name in range(4):
            yard.hire(f"worker{name}", 8, answer=0.12)
        yard.go()
        sent = yard.finish(within=30)
        arrivals = sorted(yard.arrivals)
    assert len(sent) == 32
    assert most_within([arrival.at for arrival in sent], 1.0) <= 10
    under_way = most = 0
    for arrival in arrivals:
        under_way += 1 if arrival.what == "sent" else -1
        most = max(most, under_way)
    assert 3 <= most <= 5
    assert sent[-1].at - sent[0].at <= 3.0 * 1.1 + 2.0


def test_a_process_killed_in_its_turn_blocks_nobody_and_its_request_counts(place: Place) -> None:
    rate = Rate(3, 60.0, 0.05, None, "")
    with place.yard(rate) as yard:
        victim = yard.hire("victim", 1, stay="writing", lease=2.0 if place.redis_url else 0)
        yard.go("victim")
        yard.until(sent=1, within=60)
        yard.hire("heir", 2)
        yard.go("heir")
        time.sleep(0.3)
        assert len(yard.sent) == 1  # the gate is shut while a request is being written
        killed = time.time()
        victim.kill()
        sent = yard.until(sent=3, within=60)
        # Files: at once. Redis can't see a death and waits for the lease to end.
        assert sent[1].at - killed < (3.0 if place.redis_url is None else 5.0)
        assert sent[1].at - sent[0].at >= 0.05
    limiter = place.limiter(rate)
    assert limiter.left() == {"trade": 0}
    limiter.close()


def test_a_process_killed_in_the_line_holds_nobody_up_for_long(place: Place) -> None:
    rate = Rate(1, 1.0, 0.0, None, "")
    with place.yard(rate) as yard:
        first = yard.hire("first", 1)
        yard.go("first")
        yard.until(sent=1, within=60)
        first.wait(timeout=60)
        waiting = yard.hire("waiting", 50)
        yard.go("waiting")
        time.sleep(0.5)
        waiting.kill()
        yard.hire("heir", 1)
        yard.go("heir")
        sent = yard.until(sent=2, within=60)
        while sent[-1].worker != "heir":
            sent = yard.until(sent=len(sent) + 1, within=60)
        assert len(sent) <= 3
        assert sent[-1].at - sent[0].at < 9


@pytest.mark.parametrize("signal_name", ["SIGINT"])
def test_ctrl_c_in_a_wait_leaves_the_line_clean(signal_name: str, place: Place) -> None:
    rate = Rate(1, 2.0, 0.0, None, "")
    with place.yard(rate) as yard:
        worker = yard.hire("worker", 2)
        yard.go()
        sent = yard.until(sent=1, within=60)
        time.sleep(0.5)  # it waits for its second turn now
        worker.send_signal(signal.Signals[signal_name])
        assert worker.stdout is not None
        begun = time.monotonic()
        assert worker.stdout.readline() == "interrupted\n"
        assert time.monotonic() - begun < 1.2
        limiter = place.limiter(rate)
        with limiter.turn("trade"):
            # The interrupted one lives on, and neither its place nor a lock is in the way.
            assert 1.9 <= time.time() - sent[0].at < 3.8
        limiter.close()
        assert worker.poll() is None
        yard.say(worker)
        assert worker.wait(timeout=60) == 0


def test_a_process_that_hangs_in_its_turn_lets_others_refuse(tmp_path: Path) -> None:
    rate = Rate(30, 30.0, 0.0, None, "the limit")
    with yard(tmp_path, rate) as place:
        worker = place.hire("worker", 1, stay="writing")
        place.go()
        place.until(sent=1, within=60)
        worker.send_signal(signal.SIGSTOP)
        shown: list[str] = []
        limiter = limiter_for(
            "account", directory=tmp_path, rates={"trade": rate}, notify=shown.append, patience=1.5
        )
        with pytest.raises(RequestRefused, match=r"Nothing was sent: its turn .* 2 s away"):
            limiter.turn("trade").__enter__()
        limiter.close()
    assert len(shown) == 1


# --- Redis only ---------------------------------------------------------------------------------------


def test_redis_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(
        LimitsUnavailable, match=r"through Redis \(ConnectionError\), so nothing was sent"
    ) as caught:
        limiter_for("account", redis_url=f"unix://:hunter2@{tmp_path}/none")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(LimitsUnavailable, match="Check the server and its URL"):
        limiter_for("account", redis_url="nonsense")


def test_redis_that_goes_away_refuses_the_next_turn(tmp_path: Path) -> None:
    program = shutil.which("redis-server")
    assert program
    path = tmp_path / "socket"
    options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    while not path.exists():
        time.sleep(0.02)
    limiter = limiter_for("account", redis_url=f"unix://{path}")
    with limiter.turn("trade") as turn:
        server.kill()
        server.wait()
        turn.written()  # the request is on its way: nothing is raised
    with pytest.raises(LimitsUnavailable, match="nothing was sent"):
        limiter.turn("trade").__enter__()
    limiter.close()


def test_redis_keeps_no_key_and_forgets_in_time(redis_url: str) -> None:
    import redis

    limiter = limiter_for("the key itself", redis_url=redis_url)
    for kind in ("trade", "quote"):
        with limiter.turn(kind):
            pass
    limiter.close()
    with redis.Redis.from_url(redis_url) as server:
        names = server.keys("*")
        assert names
        assert not any(b"the key" in name for name in names)
        assert all(0 < server.ttl(name) <= 3600 for name in names)


def test_the_redis_package_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(RequestRefused, match=r"%pip install 'jupyter-openapi\[redis\]'"):
        limiter_for("account", redis_url="redis://localhost")


def test_both_keep_the_same_books(tmp_path: Path, redis_url: str) -> None:
    counts = Counter[str]()
    for place in (Place(tmp_path, None), Place(tmp_path, redis_url)):
        limiter = place.limiter(Rate(5, 60.0, 0.0, 2, ""), "quote")
        for _ in range(3):
            with limiter.turn("quote"):
                pass
        counts[f"left {limiter.left()['quote']}"] += 1
        limiter.close()
    assert counts == {"left 2": 2}
