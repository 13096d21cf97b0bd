"""No secret comes out of a kernel: not in a verbose traceback, an interrupted request, a log, or a file."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from support.kernel import Kernel
from support.wire import Received, Recorder, http, recorder

from jupyter_openapi import Client, Credentials

KEYS = {
    "LONGBRIDGE_APP_KEY": "appkey-canary-111",
    "LONGBRIDGE_APP_SECRET": "appsecret-canary-222",
    "LONGBRIDGE_ACCESS_TOKEN": "token-canary-333",
}
SECRETS = ("appsecret-canary-222", "token-canary-333")

CELLS = (
    "%load_ext jupyter_openapi\n%xmode Verbose\nclient = %openapi connect paper",
    "%openapi positions",
    "%openapi GET /broken",
    "%openapi no_such_operation",
    "client.call('stock_positions', symbol=object())",
    "%openapi --execute submit 700.HK side=buy type=MO quantity=100",
    "%tb",
    "import pickle, copy\nfrom jupyter_openapi import Credentials\nkeys = Credentials.from_env()",
    "pickle.dumps(keys)",
    "copy.deepcopy(keys)",
    "keys, vars(keys), str(keys), client, client.account, client.connection",
    "%openapi status",
    "%openapi --explain positions",
    "%openapi --curl positions",
    "%openapi --execute refresh",
)


def answer(request: Received) -> bytes:
    if request.path == "/silent":
        time.sleep(5)
    if request.path == "/broken":
        return http(b"<html><title>502 Bad Gateway</title></html>", "502 Bad Gateway")
    if request.path == "/v1/token/refresh":
        return http(b'{"code":401003,"message":"token expired"}', "401 Unauthorized")
    if request.method != "GET" and "quote" not in request.path:
        return http(b'{"code":602001,"message":"bad request"}', "400 Bad Request")
    return http(json.dumps({"code": 0, "message": "", "data": {"list": []}}).encode())


@pytest.fixture
def server() -> Iterator[Recorder]:
    with recorder(answer) as listening:
        yield listening


@pytest.fixture
def kernel(server: Recorder, tmp_path: Path) -> Iterator[Kernel]:
    with Kernel(tmp_path, {**KEYS, "LONGBRIDGE_HTTP_URL": server.url}) as made:
        yield made


def shown(output: Any) -> str:
    return repr(vars(output) if hasattr(output, "__dict__") else output)


def clean(text: str) -> bool:
    return not any(secret in text for secret in SECRETS)


def test_nothing_a_kernel_prints_holds_a_secret(kernel: Kernel, server: Recorder, tmp_path: Path) -> None:
    for cell in CELLS:
        assert clean(shown(kernel.run(cell))), cell
    request = kernel.begin("client.request('GET', '/silent')")
    deadline = time.monotonic() + 30
    while not any(seen.path == "/silent" for seen in server.requests) and time.monotonic() < deadline:
        time.sleep(0.02)
    kernel.interrupt()
    interrupted = shown(kernel.finish(request))
    assert "Interrupted" in interrupted
    assert clean(interrupted)
    assert clean(shown(kernel.run("%tb")))
    signed = [seen for seen in server.requests if seen.headers.get("authorization") == SECRETS[1]]
    assert len(signed) >= 4  # the canary was really in use
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret.encode() in content for secret in SECRETS), path


def test_an_executed_notebook_holds_no_secret(
    server: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**KEYS, "LONGBRIDGE_HTTP_URL": server.url, "IPYTHONDIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    cells = [
        *CELLS,
        "from jupyter_openapi.widgets import CredentialPanel, OrderForm\nCredentialPanel()",
        "OrderForm()",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, allow_errors=True, timeout=60, store_widget_state=True).execute()
    text = nbformat.writes(notebook)
    assert "PAPER" in text
    assert clean(text)


def test_logs_copies_and_frames_hold_no_secret(server: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    keys = Credentials(*KEYS.values())
    with (
        caplog.at_level(logging.DEBUG),
        Client(keys, "paper", server.url, limits=False) as client,
    ):
        frame = client.call("stock_positions").frame()
        preview = client.request("POST", "/v1/unheard/of", json={"a": 1})
        with pytest.raises(Exception, match="602001"):
            preview.send()
    assert "stock" in caplog.text
    assert clean(caplog.text)
    assert clean(json.dumps(frame.attrs["openapi"]))
    assert clean(repr((keys, vars(keys), client, preview, client.account)))
    for how in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError) as refused:
            how(keys)
        assert clean(str(refused.value))
    assert all(clean(seen.target) for seen in server.requests)
