"""What is sent is what was last shown: on which connection, which preview, and whether anybody saw it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.shell import Shell, loaded_shell
from support.wire import Received, Recorder, http, recorder

from jupyter_openapi import Client, Credentials, RequestRefused, connect
from jupyter_openapi.session import SESSION

BUY = "submit 700.HK side=buy price=600 quantity=100"
ORDER = {"symbol": "700.HK", "side": "Buy", "price": "600", "quantity": 100, "order_type": "LO"}
STANDING = {
    "order_id": "70",
    "symbol": "700.HK",
    "side": "Buy",
    "status": "NewStatus",
    "quantity": "200",
    "executed_quantity": "0",
    "price": "600",
    "order_type": "LO",
}


def answer(request: Received) -> bytes:
    data: Any = {}
    if request.path == "/quote/quotes":
        data = {"secu_quote": [{"symbol": "700.HK", "last_done": "600", "timestamp": "1767605400"}]}
    elif (request.method, request.path) == ("POST", "/v1/trade/order"):
        data = {"order_id": "71"}
    elif (request.method, request.path) == ("GET", "/v1/trade/order"):
        data = STANDING
    return http(json.dumps({"code": 0, "message": "success", "data": data}).encode())


def changes(server: Recorder) -> list[dict[str, Any]]:
    """Return the bodies of what would change something at this server."""
    return [
        json.loads(seen.body or b"{}")
        for seen in server.requests
        if seen.path.startswith("/v1/") and seen.method != "GET"
    ]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shell]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with loaded_shell() as loaded:
        yield loaded


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shell: Shell) -> Iterator[Recorder]:
    """A server that every account of the environment leads to."""
    with recorder(answer) as server:
        for name in ("APP_KEY", "APP_SECRET", "ACCESS_TOKEN"):
            monkeypatch.setenv(f"LONGBRIDGE_{name}", f"{name.lower()}-of-a-test")
        monkeypatch.setenv("LONGBRIDGE_HTTP_URL", server.url)
        monkeypatch.chdir(tmp_path)
        yield server
        SESSION.close()


# --- a connect that fails leaves nothing armed ---------------------------------------------------------

FAILED = [
    "connect",
    "connect papr",
    "connect live --profil main",
    "connect live --profile nobody",
    "connect paper --region xx",
    "connect paper --trade=yes",
    "connect paper account=live",
    "connect 'paper",
    "connect paper {",
    "connect paper --execute",
    "--raw connect paper",
    "--profil main connect paper",
    "x << connect papr",
    "connect paper --as 2nd",
    "Connect papr",
    "conect paper",
    "@other connect paper",
]


@pytest.mark.parametrize("line", FAILED)
def test_a_connect_that_fails_leaves_nothing_armed(broker: Recorder, shell: Shell, line: str) -> None:
    shell.run("%openapi connect live --trade;")
    armed = SESSION.client
    assert armed is not None
    assert armed.account.trading
    preview = armed.call("submit_order", **ORDER)
    said = shell.fail(f"%openapi {line}")
    assert "Nothing is connected now" in said
    assert "LIVE account" in said
    assert SESSION.client is None
    assert "Not connected" in shell.fail(f"%openapi --execute {BUY}")
    assert not armed.account.trading
    for send in (preview.send, lambda: armed.call("submit_order", **ORDER, execute=True)):
        with pytest.raises(RequestRefused, match="was closed or replaced"):
            send()
    assert armed.call("order_detail", order_id="70").data["order_id"] == "70"  # it may still read
    assert changes(broker) == []


def test_a_python_connect_that_fails_leaves_nothing_armed(broker: Recorder, shell: Shell) -> None:
    shell.run("%openapi connect live --trade;")
    armed = SESSION.client
    with pytest.raises(RequestRefused):
        connect("papr")
    assert SESSION.client is None
    assert armed is not None
    assert not armed.account.trading


def test_keys_that_two_sources_dispute_leave_nothing_armed(
    broker: Recorder, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.run("%openapi connect live --trade;")
    monkeypatch.delenv("LONGBRIDGE_APP_SECRET")
    monkeypatch.delenv("LONGBRIDGE_APP_KEY")
    assert "Nothing is connected now" in shell.fail("%openapi connect paper")
    assert SESSION.client is None


def test_a_cell_that_connects_and_fails_leaves_nothing_armed(broker: Recorder, shell: Shell) -> None:
    shell.run("%openapi connect live --trade;")
    assert "Nothing is connected now" in shell.fail("%%openapi connect paper\nnot a pair")
    assert SESSION.client is None


def test_with_nothing_connected_an_error_says_no_more(broker: Recorder, shell: Shell) -> None:
    assert "Nothing is connected now" not in shell.fail("%openapi connect papr")


# --- several connections -------------------------------------------------------------------------------


def test_a_named_connection_stands_beside_the_unnamed_one(broker: Recorder, shell: Shell) -> None:
    shell.run("%openapi connect live --trade;\n%openapi connect paper --as b;")
    unnamed = SESSION.client
    assert unnamed is not None
    assert unnamed.account.mode == "live"
    assert "PAPER" in shell.run("%openapi @b status")
    assert "LIVE" in shell.run("%openapi status")
    shell.run(f"%openapi @b {BUY}")
    assert "There is no preview to send" in shell.fail("%openapi send")
    shell.run("%openapi @b send")
    assert broker.requests[-1].headers.get("x-papertrading") == "true"
    assert len(changes(broker)) == 1
    shell.fail("%openapi connect papr --as b")
    assert unnamed.account.trading  # only the one it would have replaced
    assert "connect sandbox --as b" in shell.fail("%openapi @b positions")
    assert "no connection called 'c'" in shell.fail("%openapi @c positions")
    assert "two connections" in shell.fail("%openapi @b @c positions")
    shell.fail("%openapi connect live --profil x --as b")
    assert SESSION.client is None  # it could not be read, so all were given up


def test_forget_gives_up_every_connection(broker: Recorder, shell: Shell) -> None:
    first = shell.run("c = %openapi connect live --trade\nc")
    second = shell.run("c = %openapi connect paper --as b\nc")
    assert first.account.trading
    assert second.account.trading
    shell.run("%openapi forget")
    assert not first.account.trading
    assert not second.account.trading


SCRIPT = """
from jupyter_openapi import RequestRefused, connect
paper, live = connect("paper"), connect("live", trading=True)
print(paper.account.trading, live.account.trading)
"""


def test_a_script_may_hold_several_clients(broker: Recorder) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.split() == ["True", "True"]


# --- what clears the pending preview -------------------------------------------------------------------


@pytest.fixture
def client(broker: Recorder, shell: Shell) -> Iterator[Client]:
    with Client(Credentials("k", "s", "t"), "sandbox", broker.url, limits=False) as made:
        SESSION.client = made
        yield made
        SESSION.client = None


@pytest.mark.parametrize(
    "line",
    [
        "submit AAPL.US side=buy price=150",
        "submit AAPL.US side=buy price=150 quantity=1 colour=red",
        "submit AAPL.US side=buy price={nobody} quantity=1",
        "--override nonsense submit AAPL.US side=buy price=150 quantity=1",
        "submit 700.HK side=buy price=60000 quantity=100",
        "--execute submit 700.HK side=buy price=60000 quantity=100",
        "submit 700.HK side=buy price=600 quantity=100 --nonsense",
        "sumbit 700.HK side=buy price=600 quantity=200",
        "replace 70 quantity=0",
        "replace 70",
        "cancel",
        "cancel_all AAPL.US",
        "POST /v1/trade/order symbol=700.HK",
        "--dry-run submit 700.HK side=buy price=600 quantity=200",
        "--execute submit 700.HK side=sell price=600 quantity=0",
    ],
)
def test_a_line_that_fails_clears_the_preview(
    client: Client, broker: Recorder, shell: Shell, line: str
) -> None:
    shell.run(f"%openapi {BUY}")
    shell.ip.run_cell(f"%openapi {line}")
    said = shell.fail("%openapi send")
    assert "There is no preview to send: the last " in said
    assert changes(broker) == []


def test_a_read_that_fails_clears_nothing(client: Client, broker: Recorder, shell: Shell) -> None:
    shell.run(f"%openapi {BUY}")
    shell.fail("%openapi quote")
    shell.fail("%openapi quote 700.HK --raw")
    shell.fail("%openapi help nonsense_of_mine")
    shell.run("%openapi send")
    assert len(changes(broker)) == 1


def test_what_was_sent_at_once_is_the_last(client: Client, broker: Recorder, shell: Shell) -> None:
    shell.run(f"%openapi {BUY}")
    shell.run("%openapi --execute submit AAPL.US side=buy type=MO quantity=1")
    assert "sent already" in shell.fail("%openapi send")
    assert len(changes(broker)) == 1


@pytest.mark.parametrize("after", ["%openapi connect paper;", "%openapi forget", "other"])
def test_another_account_clears_it(client: Client, broker: Recorder, shell: Shell, after: str) -> None:
    preview = shell.run(f"%openapi {BUY}")
    if after == "other":
        SESSION.client = Client(Credentials("k2", "s", "t"), "sandbox", broker.url, limits=False)
    else:
        shell.run(after)
    said = "Not connected" if after == "%openapi forget" else "There is no preview to send"
    assert said in shell.fail("%openapi send")
    if after != "other":
        with pytest.raises(RequestRefused, match="closed or replaced"):
            preview.send()
    assert changes(broker) == []


def test_previews_of_python_are_their_own(client: Client, broker: Recorder, shell: Shell) -> None:
    client.call("submit_order", **ORDER)
    client.basket([ORDER])
    assert "There is no preview to send: type an order first" in shell.fail("%openapi send")
    shell.run("%openapi submit AAPL.US side=buy type=MO quantity=1")
    client.call("submit_order", **ORDER)  # another symbol
    assert SESSION.preview is not None
    client.call("submit_order", **{**ORDER, "symbol": "AAPL.US", "price": "150", "quantity": 1})
    assert "by a form or in Python" in shell.fail("%openapi send")
    assert changes(broker) == []


# --- only what was seen --------------------------------------------------------------------------------

UNSEEN = {
    "muted": f"%openapi {BUY};",
    "assigned": f"x = %openapi {BUY}",
    "into a variable": f"%openapi x << {BUY}",
    "in a function": f"def f():\n    %openapi {BUY}\nf()",
    "in a list": f"x = [get_ipython().run_line_magic('openapi', '{BUY}')]",
    "captured": f"%%capture\n%openapi {BUY}",
}


@pytest.mark.parametrize("way", UNSEEN)
def test_what_nobody_saw_is_shown_first(
    client: Client, broker: Recorder, shell: Shell, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    shell.run(UNSEEN[way])
    assert "PREVIEW" not in capsys.readouterr().out
    assert shell.run("%openapi send") is None
    assert changes(broker) == []
    said = capsys.readouterr().out
    assert "was not shown before" in said
    assert "Buy 100 700.HK, limit (LO) at 600.00 HKD" in said
    assert shell.run("%openapi send").order_id == "71"
    assert len(changes(broker)) == 1


SEEN = {
    "the last line": f"%openapi {BUY}",
    "not the last line": f"%openapi {BUY}\nx = 1",
    "the value of a function": f"def f():\n    return get_ipython().run_line_magic('openapi', '{BUY}')\nf()",
    "displayed later": f"x = %openapi {BUY}\nx",
    "display()": f"x = %openapi {BUY}\ndisplay(x)",
    "in a loop": f"for _ in range(1):\n    %openapi {BUY}",
}


@pytest.mark.parametrize("way", SEEN)
def test_what_was_seen_is_sent(
    client: Client, broker: Recorder, shell: Shell, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    shell.run(SEEN[way])
    assert "PREVIEW: nothing was sent" in capsys.readouterr().out
    assert shell.run("%openapi send").order_id == "71"
    assert len(changes(broker)) == 1


def test_its_own_send_sends_at_once(client: Client, broker: Recorder, shell: Shell) -> None:
    shell.run(f"x = %openapi {BUY}\nx.send()")
    assert len(changes(broker)) == 1


def test_several_of_one_cell_are_numbered(
    client: Client, broker: Recorder, shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    market = "submit AAPL.US side=buy type=MO quantity=3"
    shell.run(f"%openapi {BUY}\n%openapi {BUY} remark=second\n%openapi {market}")
    said = capsys.readouterr().out
    for number in (1, 2, 3):
        assert f"`%openapi send {number}`" in said
    assert "the last cell made 3 previews" in shell.fail("%openapi send")
    assert "no preview 4" in shell.fail("%openapi send 4")
    shell.run("%openapi send 2")
    shell.run("%openapi send 3")
    assert [(row["symbol"], row["submitted_quantity"]) for row in changes(broker)] == [
        ("700.HK", "100"),
        ("AAPL.US", "3"),
    ]
    assert changes(broker)[0]["remark"].startswith("second")
    assert "was sent already" in shell.fail("%openapi send 2")
    shell.run(f"%openapi {BUY}")  # another cell begins anew
    shell.run("%openapi send")
    assert len(changes(broker)) == 3
