"""Keys in use: refreshing a token, forgetting it, and the check-up; no token is ever shown."""

from __future__ import annotations

import gc
import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from support.wire import Received, Recorder, http, recorder

import jupyter_openapi
from jupyter_openapi import Client, Credentials, OutcomeUnknown, RequestRefused, TransportError
from jupyter_openapi.diagnostics import check_up
from jupyter_openapi.session import Session

NEW = "new-token-abcdefgh"


def answer(request: Received) -> bytes:
    data: dict[str, Any] = {}
    if request.path == "/v1/token/refresh":
        data = {"token": NEW, "expired_at": "2027-02-01T00:00:00Z", "issued_at": "", "account_info": {}}
    if request.path == "/oauth2/token":
        return http(json.dumps({"access_token": NEW, "expires_in": 3600}).encode())
    return http(json.dumps({"code": 0, "message": "", "data": data}).encode())


@pytest.fixture
def server() -> Iterator[Recorder]:
    with recorder(answer) as listening:
        yield listening


@pytest.fixture
def session(server: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Session]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LONGBRIDGE_HTTP_URL", server.url)
    for name, value in (("APP_KEY", "key-1"), ("APP_SECRET", "secret-1"), ("ACCESS_TOKEN", "old-token-1")):
        monkeypatch.setenv(f"LONGBRIDGE_{name}", value)
    made = Session()
    yield made
    made.close()


def test_a_refresh_is_sent_once_used_and_not_shown(session: Session, server: Recorder) -> None:
    client = session.connect("paper")
    said = session.refresh()
    assert NEW not in said
    assert "LONGBRIDGE_ACCESS_TOKEN" in said
    assert "stop working" in said
    client.call("stock_positions")
    refresh, read = server.requests
    assert (refresh.path, refresh.headers["authorization"]) == ("/v1/token/refresh", "old-token-1")
    assert read.headers["authorization"] == NEW


def test_an_env_file_takes_the_new_token(
    session: Session, server: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = [f"LONGBRIDGE_{name}={name.lower()}-x" for name in ("APP_KEY", "APP_SECRET", "ACCESS_TOKEN")]
    for line in lines:
        monkeypatch.delenv(line.partition("=")[0])
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    session.connect("paper")
    assert ".env" in session.refresh()
    assert NEW in (tmp_path / ".env").read_text(encoding="utf-8")
    assert "app_secret-x" in (tmp_path / ".env").read_text(encoding="utf-8")


def test_an_oauth_token_is_refreshed_through_its_own_endpoint(
    session: Session, server: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / ".longbridge" / "openapi" / "tokens"
    folder.mkdir(parents=True)
    (folder / "client-1").write_text(
        json.dumps(
            {"client_id": "client-1", "access_token": "old", "refresh_token": "again", "expires_at": 9e9}
        ),
        encoding="utf-8",
    )
    client = session.connect("paper", credentials=Credentials.from_oauth("client-1"))
    assert NEW not in session.refresh()
    client.call("stock_positions")
    form, read = server.requests
    assert (form.path, form.body) == (
        "/oauth2/token",
        b"grant_type=refresh_token&client_id=client-1&refresh_token=again",
    )
    assert "authorization" not in form.headers
    assert read.headers["authorization"] == f"Bearer {NEW}"
    assert "x-api-signature" not in read.headers


def test_an_unanswered_refresh_is_not_repeated() -> None:
    with recorder(lambda _: None) as dead:
        client = Client(Credentials("key-1", "secret-1", "token-1"), "paper", dead.url, limits=False)
        with pytest.raises(OutcomeUnknown):
            client.refresh()
        client.close()
    assert len(dead.requests) == 1


def test_the_bare_operation_is_refused(server: Recorder) -> None:
    keys = Credentials("key-1", "secret-1", "token-1")
    with Client(keys, "paper", server.url, limits=False) as client:
        for ask in (
            lambda: client.call("token_refresh", expired_at="today", execute=True),
            lambda: client.request("GET", "/v1/token/refresh", {"expired_at": "today"}, execute=True),
        ):
            with pytest.raises(RequestRefused, match="%openapi --execute refresh"):
                ask()
    assert server.requests == []


def test_forgetting_disconnects(session: Session) -> None:
    session.connect("paper")
    assert "Disconnected" in session.forget()
    with pytest.raises(RequestRefused, match="Not connected"):
        session.connected()


def test_the_check_up_names_what_to_do(server: Recorder) -> None:
    def refused(_: Received) -> bytes:
        return http(
            b'{"code":403201,"message":"signature invalid"}',
            "403 Forbidden",
            f"Date: {formatdate(time.time() - 600, usegmt=True)}\r\n",
        )

    keys = Credentials("key-1", "secret-1", "token-1")
    with recorder(refused) as broker, Client(keys, "paper", broker.url, limits=False) as client:
        found = {finding.what: finding for finding in check_up(client)}
    assert found["host"].well
    assert not found["region"].well
    assert "app secret" in found["signature"].said
    assert not found["clock"].well
    assert "ahead of" in found["clock"].said
    assert "latency" not in found


def test_the_check_up_of_a_dead_host() -> None:
    with recorder() as gone:
        url = gone.url
    with Client(Credentials("key-1", "secret-1", "token-1"), "paper", url, limits=False) as client:
        found = {finding.what: finding for finding in check_up(client)}
    assert "can't be reached" in found["host"].said
    assert "signature" not in found


def test_a_download_takes_no_credentials_along(server: Recorder) -> None:
    def file(request: Received) -> bytes:
        return (
            http(b"statement") if request.path == "/file" else http(b"", "302 Found", "Location: /file\r\n")
        )

    with (
        recorder(file) as store,
        Client(Credentials("key-1", "secret-1", "token-1"), "paper", server.url, limits=False) as client,
    ):
        assert client.download(f"{store.url}/file") == b"statement"
        with pytest.raises(TransportError, match="HTTP 302"):
            client.download(f"{store.url}/elsewhere")
        with pytest.raises(RequestRefused, match="https"):
            client.download("http://example.com/file")
    assert all("authorization" not in seen.headers for seen in store.requests)
    assert all("x-api-key" not in seen.headers for seen in store.requests)


def test_orders_are_off_on_a_page_that_others_use(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    assert not session.connect("paper").account.trading
    with pytest.raises(RequestRefused, match="JUPYTER_OPENAPI_ORDERS=on"):
        session.connect("live", trading=True)
    monkeypatch.setenv("JUPYTER_OPENAPI_ORDERS", "on")
    assert session.connect("paper").account.trading
    monkeypatch.setenv("BINDER_LAUNCH_HOST", "https://example.invalid")
    with pytest.raises(RequestRefused, match="only the sandbox"):
        session.connect("paper")


def test_check_from_the_command_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from jupyter_openapi.__main__ import main

    assert main(["check", "sandbox"]) == 0
    said = capsys.readouterr().out
    assert [line.split()[1] for line in said.splitlines()] == [
        *("host", "region", "signature", "latency", "clock", "token", "limits")
    ]
    assert main(["check", "everything"]) == 2
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"jupyter-openapi {jupyter_openapi.__version__}\n"
    for name in ("APP_KEY", "APP_SECRET", "ACCESS_TOKEN"):
        for prefix in ("LONGBRIDGE", "LONGPORT"):
            monkeypatch.delenv(f"{prefix}_{name}", raising=False)
    assert main(["check"]) == 1
    assert "LONGBRIDGE_APP_KEY" in capsys.readouterr().err


def test_a_connect_that_fails_leaves_no_other_account_connected(
    session: Session, server: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert session.connect("live", trading=True).account.trading
    monkeypatch.delenv("LONGBRIDGE_APP_SECRET")
    with pytest.raises(RequestRefused, match="LONGBRIDGE_APP_SECRET"):
        session.connect("paper")
    with pytest.raises(RequestRefused, match="Not connected"):
        session.connected()


def test_a_reconnect_closes_the_connections_it_replaces(session: Session, server: Recorder) -> None:
    def connected() -> int:
        """Return how many sockets of this process are connected to the server."""
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        found = 0
        for each in gc.get_objects():
            # Not isinstance(): it follows weak proxies of other tests, whose object may be gone.
            if issubclass(type(each), socket.socket) and each.fileno() != -1:
                with suppress(OSError):
                    found += each.getpeername() == address
        return found

    replaced = []
    for _ in range(5):
        replaced.append(session.connect("paper"))
        replaced[-1].call("stock_positions")
    assert connected() == 1
    replaced[0].call("stock_positions")  # one that was replaced may still read, on a new connection
    assert connected() == 2
