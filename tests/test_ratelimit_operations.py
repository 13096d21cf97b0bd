"""Limits of single operations, where the limits are kept, and the trace id of every error."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.wire import http, recorder

from jupyter_openapi import (
    ApiError,
    Client,
    Credentials,
    Interrupted,
    OutcomeUnknown,
    RequestRefused,
    TransportError,
)
from jupyter_openapi.ratelimit import limiter_for
from jupyter_openapi.ratelimit.rates import RATES, Urgency, limits_of
from jupyter_openapi.ratelimit.redis import choose_limits_url, shown
from jupyter_openapi.sandbox.dispatch import Dispatcher, World
from jupyter_openapi.sandbox.gate import Limits, Request
from jupyter_openapi.sandbox.handlers import load_handlers
from jupyter_openapi.sandbox.options import Options
from jupyter_openapi.session import SESSION

if TYPE_CHECKING:
    from support.shell import Shell

KEYS = ("key-1-abcdefgh", "secret-1", "token-1")
TRACE = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith(("LONGBRIDGE_", "LONGPORT_")):
            monkeypatch.delenv(name)
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    yield
    SESSION.limits_url = None


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Redis server of this module's own, which wants a password; its socket."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("redis-server is not installed; on Debian: apt-get install redis-server")
    folder = tmp_path_factory.mktemp("redis")
    path = folder / "socket"
    options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
    server = subprocess.Popen([program, *options, "--requirepass", "hunter2"], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield path
    server.terminate()
    server.wait(10)


# --- limits of single operations ---------------------------------------------------------------------------


HISTORY = {
    "symbol": "700.HK", "period": 1000, "adjust_type": 0, "trade_session": 0, "query_type": 1,
    "offset_request": {"direction": 0, "date": "", "minute": "", "count": 2},
}  # fmt: skip


def test_the_sandbox_counts_history_candles_by_themselves() -> None:
    """60 in 30 seconds, beside the ten a second: 301606 then, and other quotes go on."""
    load_handlers()
    world, clock = World(Options()), [1000.0]
    world.limits = Limits(now=lambda: clock[0])
    keys = world.ring.keys

    def ask(path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"X-Api-Key": keys.app_key, "Authorization": f"Bearer {keys.access_token}"}
        answer = dispatcher.answer(Request("POST", path, "", headers, json.dumps(body).encode()))
        dispatcher.answered(answer.limit)
        return {"status": answer.status, **json.loads(answer.body)}

    dispatcher = Dispatcher(world)
    for _ in range(60):
        clock[0] += 0.11
        assert ask("/quote/history-candlesticks", HISTORY)["code"] == 0
    clock[0] += 0.11
    last = ask("/quote/history-candlesticks", HISTORY)
    assert (last["status"], last["code"]) == (429, 301606)
    assert "60 calls in 30 s" in last["message"]
    assert ask("/quote/depth", {"symbol": "700.HK"})["code"] == 0
    clock[0] += 30
    assert ask("/quote/history-candlesticks", HISTORY)["code"] == 0
    world.close()


def test_posts_are_counted_by_the_minute_and_by_the_day(tmp_path: Path) -> None:
    assert limits_of("none", "/v1/content/topics", Urgency.ORDER) == ("topic", "topic_day")
    assert limits_of("none", "/v1/content/topics", Urgency.READ) == ()
    assert limits_of("quote", "/quote/history-candlesticks", Urgency.READ) == ("candle",)
    limiter = limiter_for("account", directory=tmp_path, patience=1.0)
    for _ in range(3):
        with limiter.turn("none", also=("topic", "topic_day")):
            pass
    with (
        pytest.raises(RequestRefused, match=r"Nothing was sent.*\(3 topics a minute\)"),
        limiter.turn("none", also=("topic", "topic_day")),
    ):
        pass
    limiter.close()


def test_the_tenth_topic_of_a_day_is_the_last(tmp_path: Path) -> None:
    limiter = limiter_for(
        "account", directory=tmp_path, patience=1.0, rates={"topic_day": RATES["topic_day"]}
    )
    for _ in range(10):
        with limiter.turn("none", also=("topic", "topic_day")):
            pass
    with (
        pytest.raises(RequestRefused, match=r"\(10 topics in 24 hours\)"),
        limiter.turn("none", also=("topic", "topic_day")),
    ):
        pass
    limiter.close()


def test_what_is_seldom_needed_is_opened_when_it_is(tmp_path: Path) -> None:
    limiter = limiter_for("account", directory=tmp_path)

    def kinds() -> set[str]:
        return {path.name.partition("-")[0] for path in tmp_path.glob("*.db")}

    assert kinds() == {"trade", "quote", "read"}
    with limiter.turn("quote", also=("candle",)):
        pass
    assert kinds() == {"trade", "quote", "read", "candle"}
    limiter.close()


# --- where they are kept -----------------------------------------------------------------------------------


def test_the_environment_names_a_redis_server_and_its_password_is_never_shown(
    redis: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LONGBRIDGE_LIMITS_URL", f"unix://:hunter2@{redis}")
    with recorder(lambda _: http()) as broker:
        one = Client(Credentials(*KEYS), "paper", broker.url)
        SESSION.client = one
        one.call("stock_positions")
        status = str(shell.run("%openapi status"))
        again = Client(Credentials(*KEYS), "paper", broker.url)
        assert again.limits_left()["trade"] == 29  # the other client's call is counted
        again.close()
        shell.run("%openapi forget")
    assert f"limits in         unix://{redis}".replace(" ", "") in status.replace(" ", "")
    shown_texts = [status, repr(one), repr(vars(one.connection)), capsys.readouterr().out]
    assert not any("hunter2" in text for text in shown_texts)
    assert not list((Path(os.environ["XDG_STATE_HOME"])).rglob("trade-*.db"))


def test_a_wrong_password_turns_orders_off_and_is_not_repeated(redis: Path) -> None:
    with recorder(lambda _: http()) as broker:
        one = Client(Credentials(*KEYS), "paper", broker.url, limits_url=f"unix://:wrong-one@{redis}")
        assert "through Redis (AuthenticationError)" in one.account.locked
        assert one.call("stock_positions").code == 0
        with pytest.raises(RequestRefused, match="Redis") as caught:
            one.call(
                "submit_order", symbol="700.HK", side="Buy", order_type="MO", submitted_quantity=100
            ).send()
        one.close()
    assert "wrong-one" not in f"{caught.value} {one.account}"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1", "is a Redis server, such as redis://127.0.0.1:6379/0"),
        ("redis://", "is a Redis server"),
        ("nonsense", "is a Redis server"),
        ("redis://:hunter2@host\n", None),
        ("redis://host:port", None),
    ],
)
def test_what_is_no_redis_server_is_refused(url: str, words: str | None) -> None:
    if words is None:
        assert url.startswith("redis://")
        assert "hunter2" not in shown("redis://:hunter2@host:6379/1")
        return
    with pytest.raises(RequestRefused, match=f"^limits_url {words}"):
        choose_limits_url(url)
    with pytest.raises(RequestRefused, match=f"^LONGBRIDGE_LIMITS_URL {words}"):
        choose_limits_url(environ={"LONGBRIDGE_LIMITS_URL": url})


def test_settings_and_config_take_a_server_but_no_password(shell: Shell) -> None:
    for url in ("redis://:hunter2@127.0.0.1/0", "redis://127.0.0.1/0?password=hunter2"):
        said = shell.fail(f"%openapi settings limits_url={url}")
        assert "set LONGBRIDGE_LIMITS_URL for the whole URL" in said
        assert "hunter2" not in said
        shell.ip.run_cell(f"%config OpenAPIMagics.limits_url = {url!r}")
        assert SESSION.limits_url is None
    assert "limits_url     redis://127.0.0.1/0" in str(
        shell.run("%openapi settings limits_url=redis://127.0.0.1/0")
    )
    assert SESSION.limits_url == "redis://127.0.0.1/0"
    shell.run("%config OpenAPIMagics.limits_url = ''")
    assert SESSION.limits_url is None
    shell.run("%openapi settings limits_url=''")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://user:pw@host:6379/2?x=1", "redis://host:6379/2"),
        ("rediss://:pw@[::1]:7000", "rediss://[::1]:7000"),
        ("unix://:pw@/run/redis.sock?db=1", "unix:///run/redis.sock"),
    ],
)
def test_a_url_is_shown_without_its_secret(url: str, words: str) -> None:
    assert shown(url) == words


# --- trace ids ---------------------------------------------------------------------------------------------

ANSWERS = {
    "refused": (http(b'{"code":602001,"message":"no"}', "400 Bad", f"X-Trace-Id: {TRACE}\r\n"), ApiError),
    "page": (http(b"<title>Hello</title>", "502 Bad", f"x-trace-id: {TRACE}\r\n"), TransportError),
    "fault": (http(b'{"code":500000,"message":"no"}', "500 X", f"X-Trace-Id: {TRACE}\r\n"), ApiError),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_error_of_a_read_carries_the_trace_id(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    answer, kind = ANSWERS[name]
    with (
        recorder(lambda _: answer) as broker,
        Client(Credentials(*KEYS), "paper", broker.url, limits=False) as one,
        pytest.raises(kind) as caught,
    ):
        one.call("stock_positions")
    assert caught.value.trace_id == TRACE
    assert TRACE in str(caught.value)


@pytest.mark.parametrize("name", ["page", "fault"])
def test_the_error_of_a_change_carries_the_trace_id(name: str) -> None:
    answer = ANSWERS[name][0]
    with (
        recorder(lambda _: answer) as broker,
        Client(Credentials(*KEYS), "paper", broker.url, limits=False) as one,
        pytest.raises(OutcomeUnknown) as caught,
    ):
        one.request("POST", "/v1/unknown/thing", json={"a": 1}, execute=True)
    assert caught.value.trace_id == TRACE
    assert TRACE in str(caught.value)


def test_every_error_has_the_attribute() -> None:
    made = [
        RequestRefused("no"),
        ApiError("no"),
        TransportError("no"),
        OutcomeUnknown("no"),
        Interrupted("no", in_flight=False),
    ]
    assert [each.trace_id for each in made] == [None] * 5
