"""Logging in with OAuth against the sandbox's token server: the whole way, and every way it can fail."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from support.oauth_page import press
from support.wire import Received, http, recorder

from jupyter_openapi import ApiError, Client, Credentials, RequestRefused, TransportError
from jupyter_openapi.credentials.oauth import OAuthFile, OAuthProfile, registration
from jupyter_openapi.login.browser import BrowserLogin
from jupyter_openapi.login.device import DeviceLogin
from jupyter_openapi.login.renewal import Renewal
from jupyter_openapi.transport.hosts import Host, resolve_host

if TYPE_CHECKING:
    from support.sandbox import SandboxProcess

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's own tokens are touched."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in list(os.environ):
        if name.startswith(("LONGBRIDGE_", "LONGPORT_")):
            monkeypatch.delenv(name)
    return tmp_path / "home"


@pytest.fixture
def host(sandbox: SandboxProcess) -> Host:
    return resolve_host(sandbox.url)


@pytest.fixture
def lively(sandbox: SandboxProcess) -> Iterator[SandboxProcess]:
    """The sandbox, whose tokens may be given another life for one test."""
    yield sandbox
    sandbox.client.post("/sandbox/oauth", life=2_592_000)


def logged_in(host: Host, **more: Any) -> Credentials:
    with BrowserLogin(host, **more) as login:
        assert press(login.url).status_code == 200
        return login.wait(20)


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def secrets_of(keys: Credentials) -> list[str]:
    store = keys.token_store
    assert store is not None
    return [keys.access_token.removeprefix("Bearer "), store.refresh_form()["refresh_token"]]


def read(keys: Credentials, sandbox: SandboxProcess) -> Any:
    with Client(keys, "sandbox", sandbox.url, limits=False) as client:
        return client.call("stock_positions").data


def test_the_whole_way_from_registering_to_positions(
    host: Host, sandbox: SandboxProcess, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"), BrowserLogin(host) as login:
        asked = query(login.url)
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        page = press(login.url)
        keys = login.wait(20)
    assert "Logged in" in page.text
    assert not login.listening
    assert read(keys, sandbox)["list"]
    client_id = asked["client_id"]
    assert (keys.app_key, keys.app_secret) == (client_id, "")
    path = home / ".longbridge" / "openapi" / "tokens" / client_id
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert set(kept) == {"client_id", "access_token", "refresh_token", "expires_at"}
    assert kept["access_token"] == keys.access_token.removeprefix("Bearer ")
    assert 2_591_000 < kept["expires_at"] - time.time() < 2_593_000
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.facts.account == "paper"
    for secret in secrets_of(keys):
        told = [login.url, repr(login), repr(keys), page.text, page.url, caplog.text, repr(keys.token_store)]
        assert not any(secret in text for text in told)
        assert secret not in (home.parent / "config" / "jupyter-openapi" / "oauth.json").read_text(
            encoding="utf-8"
        )


def test_the_same_client_is_used_again_and_another_only_for_another_port(host: Host) -> None:
    first = logged_in(host)
    again = logged_in(host)
    assert again.app_key == first.app_key
    known = registration(host.url)
    assert known is not None
    assert "http://localhost:60355/callback" in known.redirect_uris
    with socket.create_server(("127.0.0.1", urlsplit(known.redirect_uris[0]).port or 0)):
        assert logged_in(host).app_key == first.app_key  # at one of its other ports
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    other = logged_in(host, port=port)
    assert other.app_key != first.app_key


def test_a_port_that_is_taken_is_named(host: Host) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RequestRefused, match=rf"Port {port} can't be listened at .*--port"):
            BrowserLogin(host, port=port)


def test_access_that_is_denied_is_said_on_both_sides(host: Host) -> None:
    with BrowserLogin(host) as login:
        page = press(login.url, "deny")
        with pytest.raises(
            RequestRefused, match=r"Access was denied .*nothing was kept. Type the line again"
        ):
            login.wait(20)
    assert page.status_code == 400
    assert "Access was denied" in page.text
    known = registration(host.url)
    assert known is not None
    assert not OAuthFile(known.client_id).held()


@pytest.mark.parametrize("state", ["other", ""])
def test_an_answer_for_another_login_is_refused(state: str, host: Host) -> None:
    with BrowserLogin(host) as login:
        sent = press(login.url, follow=False).headers["Location"]
        code = query(sent)["code"]
        forged = f"{sent.partition('?')[0]}?{urlencode({'code': code, 'state': state})}"
        assert requests.get(forged, timeout=10).status_code == 400
        with pytest.raises(RequestRefused, match=r"belongs to another login \(its state differs\)"):
            login.wait(20)


def test_a_code_is_bound_to_its_login(host: Host) -> None:
    """A code that leaks is of no use without the verifier, which never left the kernel."""
    with BrowserLogin(host) as mine, BrowserLogin(host, port=free_port()) as theirs:
        code = query(press(mine.url, follow=False).headers["Location"])["code"]
        with pytest.raises(RequestRefused, match=r"refused: invalid_grant .*type the line again"):
            theirs.paste(code)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_nobody_comes(host: Host) -> None:
    with BrowserLogin(host) as login:
        with pytest.raises(RequestRefused, match=r"Nobody finished the login in 0 s.*--paste or --device"):
            login.wait(0.1)
        assert not login.listening


@pytest.mark.parametrize("pasted", ["{url}", " '{url}'\n", "{query}", "{code}"])
def test_what_a_person_pastes_finishes_the_login(pasted: str, host: Host, sandbox: SandboxProcess) -> None:
    with BrowserLogin(host) as login:
        sent = press(login.url, follow=False).headers["Location"]
        text = pasted.format(url=sent, query=sent.partition("?")[2], code=query(sent)["code"])
        keys = login.paste(text)
        assert not login.listening
    assert read(keys, sandbox)["list"]


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("  ", "Nothing was pasted"),
        ("http://localhost/callback?error=access_denied&state={state}", "Access was denied"),
        ("http://localhost/callback?error=server_error&state={state}", r"refused \(server_error\)"),
        ("http://localhost/callback?code=abc&state=other", "another login"),
        ("http://localhost/callback?state={state}", "holds no code"),
        ("no-such-code", r"invalid_grant"),
    ],
)
def test_what_is_pasted_wrong_is_said_in_one_line(pasted: str, words: str, host: Host) -> None:
    with BrowserLogin(host) as login, pytest.raises(RequestRefused, match=words) as caught:
        login.paste(pasted.format(state=query(login.url)["state"]))
    assert "\n" not in str(caught.value)


def test_a_browsers_idle_connections_and_other_pages_do_not_stand_in_the_way(host: Host) -> None:
    with BrowserLogin(host) as login:
        port = urlsplit(query(login.url)["redirect_uri"]).port
        idle = [socket.create_connection(("127.0.0.1", port or 0)) for _ in range(8)]
        try:
            assert requests.get(f"http://127.0.0.1:{port}/favicon.ico", timeout=10).status_code == 404
            assert press(login.url).status_code == 200
            assert login.wait(20).app_key
        finally:
            for each in idle:
                each.close()


def test_only_this_machine_is_listened_to(host: Host) -> None:
    with BrowserLogin(host) as login:
        server = login._listener._server
        assert server.server_address[0] == "127.0.0.1"


def test_a_token_server_that_cant_be_reached_or_knows_no_client() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    with pytest.raises(TransportError, match=r"oauth2/register gave no answer"):
        BrowserLogin(resolve_host(url))
    for body in (b"{}", b'{"client_id": 5}', b"[]"):
        with (
            recorder(lambda _, body=body: http(body)) as odd,
            pytest.raises(TransportError, match="register"),
        ):
            BrowserLogin(resolve_host(odd.url))
    with recorder(lambda _: http(b'{"client_id": "../../x"}')) as odd:
        with pytest.raises(RequestRefused, match="client id is letters"):
            BrowserLogin(resolve_host(odd.url))
        assert registration(odd.url) is None


# --- a device ----------------------------------------------------------------------------------------------


def test_a_device_logs_in_by_its_code(host: Host, sandbox: SandboxProcess) -> None:
    login = DeviceLogin(host)
    assert login.user_code in login.url
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(login.wait)
        assert "Allowed" in press(login.url).text
        keys = waiting.result(20)
    assert read(keys, sandbox)["list"]
    assert OAuthFile(keys.app_key).held()


def test_a_device_that_is_denied_or_given_up(host: Host) -> None:
    login = DeviceLogin(host)
    press(login.url, "deny")
    with pytest.raises(RequestRefused, match="Access was denied"):
        login.wait()
    stop = threading.Event()
    stop.set()
    with pytest.raises(RequestRefused, match="cancelled"):
        DeviceLogin(host).wait(stop)


# --- renewal -----------------------------------------------------------------------------------------------


def test_a_token_is_renewed_before_it_ends_and_the_request_carries_the_new_one(
    host: Host, lively: SandboxProcess
) -> None:
    lively.client.post("/sandbox/oauth", life=200)  # less than the five minutes before the end
    keys = logged_in(host)
    before = lively.client.post("/sandbox/oauth")["renewals"]
    lively.client.post("/sandbox/oauth", life=2_592_000)
    with Client(keys, "sandbox", lively.url, limits=False) as client:
        assert client.call("stock_positions").data["list"]
        assert client.call("stock_positions").data["list"]
        now = client.connection.credentials
    assert lively.client.post("/sandbox/oauth")["renewals"] == before + 1
    assert not now.same_as(keys)
    assert Credentials.from_oauth(keys.app_key).same_as(now)


def test_threads_renew_once(host: Host, lively: SandboxProcess) -> None:
    lively.client.post("/sandbox/oauth", life=200)
    keys = logged_in(host)
    before = lively.client.post("/sandbox/oauth", life=2_592_000)["renewals"]
    with Client(keys, "sandbox", lively.url, limits=False) as client, ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: client.call("stock_positions").code, range(24)))
    assert replies == [0] * 24
    assert lively.client.post("/sandbox/oauth")["renewals"] == before + 1


WORK = """
import sys
from jupyter_openapi import Client, Credentials
client_id, url = sys.argv[1:]
keys = Credentials.from_oauth(client_id)
print("ready", flush=True)
sys.stdin.readline()
with Client(keys, "sandbox", url, limits=False) as client:
    print(client.call("stock_positions").code)
"""


def test_processes_renew_once(host: Host, lively: SandboxProcess) -> None:
    lively.client.post("/sandbox/oauth", life=200)
    keys = logged_in(host)
    before = lively.client.post("/sandbox/oauth", life=2_592_000)["renewals"]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORK, keys.app_key, lively.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            cwd=ROOT,
        )
        for _ in range(3)
    ]
    for each in workers:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    said = [each.communicate("\n", timeout=60)[0].strip() for each in workers]
    assert said == ["0"] * 3
    assert lively.client.post("/sandbox/oauth")["renewals"] == before + 1


def test_a_token_that_another_program_renewed_is_taken_from_its_file(
    host: Host, lively: SandboxProcess
) -> None:
    keys = logged_in(host)
    with Client(keys, "sandbox", lively.url, limits=False) as client:
        other = Renewal(OAuthFile(keys.app_key), host, keys, lambda _: None)
        renewed = other.now()  # the old token has ended by that
        assert client.call("stock_positions").data["list"]
        assert client.connection.credentials.same_as(renewed)


def test_a_login_that_has_ended_says_what_to_type(host: Host, lively: SandboxProcess) -> None:
    lively.client.post("/sandbox/oauth", life=1)
    keys = logged_in(host)
    lively.client.post("/sandbox/oauth", end=1)
    with Client(keys, "sandbox", lively.url, limits=False) as client:
        renewal = client.connection.renewal
        assert renewal is not None
        with pytest.raises(RequestRefused, match=r"login has ended \(invalid_grant\): type `%openapi login"):
            client.refresh()
        store = keys.token_store
        assert store is not None
        assert store.expires is not None
        assert renewal.problem == ""  # what was asked for by hand is said at once
        while time.time() <= store.expires.timestamp() + 1:  # the file counts whole seconds
            with contextlib.suppress(ApiError):
                client.call("stock_positions")
        with pytest.raises(ApiError, match=r"401003.*type `%openapi login --oauth`"):
            client.call("stock_positions")


def test_the_old_token_goes_on_while_the_token_server_is_away(host: Host, lively: SandboxProcess) -> None:
    lively.client.post("/sandbox/oauth", life=200)
    keys = logged_in(host)
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        away = resolve_host(f"http://127.0.0.1:{nobody.getsockname()[1]}")
    store = OAuthFile(keys.app_key)
    renewal = Renewal(store, away, keys, lambda _: None)
    renewal.fresh()
    assert "gave no answer" in renewal.problem
    assert read(keys, lively)["list"]  # and here it is renewed


def test_a_keyring_profile_holds_and_renews_a_login(host: Host, lively: SandboxProcess, memory: Any) -> None:
    from jupyter_openapi.credentials import forget_profile, profiles

    lively.client.post("/sandbox/oauth", life=200)
    keys = logged_in(host, profile="main")
    assert profiles() == ["main"]
    assert not OAuthFile(keys.app_key).held()
    found = Credentials.from_profile("main")
    assert isinstance(found.token_store, OAuthProfile)
    assert found.same_as(keys)
    lively.client.post("/sandbox/oauth", life=2_592_000)
    assert read(found, lively)["list"]
    assert not Credentials.from_profile("main").same_as(keys)
    assert forget_profile("main")
    assert memory.entries == {}


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Any:
    import keyring.backend
    import keyring.core

    class Memory(keyring.backend.KeyringBackend):
        priority = 1

        def __init__(self) -> None:
            self.entries: dict[tuple[str, str], str] = {}

        def get_password(self, service: str, username: str) -> str | None:
            return self.entries.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self.entries[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del self.entries[service, username]

    backend = Memory()
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
    return backend


# --- the official SDK --------------------------------------------------------------------------------------

SDK = """
import json, sys
from longbridge.openapi import Config, HttpClient, OAuthBuilder, TradeContext
client_id, url = sys.argv[1:]
opened = []
oauth = OAuthBuilder(client_id).build(opened.append)
rows = HttpClient.from_oauth(oauth, http_url=url).request("get", "/v1/asset/stock")
config = Config.from_oauth(oauth, http_url=url, trade_ws_url=url.replace("http", "ws") + "/trade/v2")
held = TradeContext(config).stock_positions().channels
print(json.dumps({"opened": opened, "rows": len(rows["list"]), "held": len(held)}))
"""


def test_the_official_sdk_accepts_the_token_file(host: Host, sandbox: SandboxProcess) -> None:
    keys = logged_in(host)
    done = subprocess.run(
        [sys.executable, "-c", SDK, keys.app_key, sandbox.url],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["opened"] == []  # it had no need to log in
    assert found["rows"] == 1
    assert found["held"] == 1


def test_requests_carry_no_signature_and_no_secret_in_the_address(
    host: Host, sandbox: SandboxProcess
) -> None:
    keys = logged_in(host)
    seen: list[Received] = []

    def answer(request: Received) -> bytes:
        seen.append(request)
        return http()

    with recorder(answer) as broker, Client(keys, "sandbox", broker.url, limits=False) as client:
        client.call("stock_positions")
    (request,) = seen
    assert request.headers["authorization"] == keys.access_token
    assert request.headers["x-api-key"] == keys.app_key
    assert "x-api-signature" not in request.headers
    assert keys.access_token.removeprefix("Bearer ") not in request.target
