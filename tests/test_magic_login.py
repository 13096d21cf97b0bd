"""`%openapi login --oauth`, `connect --from`, and what `forget` deletes."""

from __future__ import annotations

import io
import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import keyring.core
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from support.oauth_page import press

from jupyter_openapi import RequestRefused, connect
from jupyter_openapi.credentials import Credentials
from jupyter_openapi.credentials.oauth import registration
from jupyter_openapi.machine import browser_is_elsewhere
from jupyter_openapi.session import SESSION

if TYPE_CHECKING:
    from support.kernel import Kernel
    from support.sandbox import SandboxProcess
    from support.shell import Shell

LINK = re.compile(r"http://127\.0\.0\.1:\d+/oauth2/\S+")
ENDS = ("APP_KEY", "APP_SECRET", "ACCESS_TOKEN")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: SandboxProcess) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith(("LONGBRIDGE_", "LONGPORT_")) or name in {"DISPLAY", "SSH_CONNECTION"}:
            monkeypatch.delenv(name)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        (tmp_path / name.lower()).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("LONGBRIDGE_HTTP_URL", sandbox.url)
    monkeypatch.chdir(tmp_path)
    yield
    SESSION.close()


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], None]], None]:
    """Somebody who acts on the link as soon as it is printed."""

    def act(with_link: Callable[[str], None]) -> None:
        class Screen(io.StringIO):
            def write(self, text: str) -> int:
                for found in LINK.findall(text):
                    threading.Thread(target=with_link, args=(found,), daemon=True).start()
                return super().write(text)

        monkeypatch.setattr("sys.stdout", Screen())

    return act


def environment(monkeypatch: pytest.MonkeyPatch, keys: object, prefix: str = "LONGBRIDGE_") -> None:
    for end in ENDS:
        monkeypatch.setenv(prefix + end, getattr(keys, end.lower()))


def test_a_line_logs_in_and_the_next_connects(
    shell: Shell, visitor: Callable[[Callable[[str], None]], None], sandbox: SandboxProcess
) -> None:
    visitor(press)
    said = str(shell.run("%openapi login --oauth"))
    assert "Logged in. The token is kept in " in said
    assert "Now type %openapi connect paper (or live)." in said
    client = shell.run("c = %openapi connect paper\nc")
    assert client.connection.credentials.facts.bearer
    assert len(client.call("stock_positions").frame()) > 0
    assert re.search(r"token +renews itself", str(shell.run("%openapi status")))
    known = registration(sandbox.url)
    assert known is not None
    assert SESSION.found is not None
    assert str(SESSION.found.source) == f"OAuth client {known.client_id}"
    token = client.connection.credentials.access_token.removeprefix("Bearer ")
    assert token not in said
    renewed = str(shell.run("%openapi --execute refresh"))
    assert "The new OAuth token is stored in" in renewed
    assert not client.connection.credentials.access_token.endswith(token)
    assert "OAuth login is deleted" in str(shell.run("%openapi forget --oauth"))
    assert "no OAuth login" in str(shell.run("%openapi forget --oauth"))
    assert "No credentials" in shell.fail("%openapi connect paper")


def test_a_device_logs_in(shell: Shell, visitor: Callable[[Callable[[str], None]], None]) -> None:
    visitor(press)
    assert "Logged in." in str(shell.run("%openapi login --device"))
    assert shell.run("c = %openapi connect paper --from oauth\nc").call("stock_positions").code == 0


def test_where_the_browser_is_elsewhere_its_address_is_pasted(
    shell: Shell, visitor: Callable[[Callable[[str], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    pasted: list[str] = []
    there = threading.Event()

    def visit(link: str) -> None:
        pasted.append(press(link, follow=False).headers["Location"])
        there.set()

    def asked(_prompt: str) -> str:
        assert there.wait(20)
        return pasted[0]

    monkeypatch.setattr("getpass.getpass", asked)
    monkeypatch.setenv("JUPYTERHUB_USER", "ana")
    visitor(visit)
    assert "Logged in." in str(shell.run("%openapi login --oauth"))


def test_a_denial_is_one_line(shell: Shell, visitor: Callable[[Callable[[str], None]], None]) -> None:
    visitor(lambda link: press(link, "deny") and None)
    assert "Access was denied on the broker's page" in shell.fail("%openapi login --oauth")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("login --oauth --port=many", "--port takes a number"),
        ("login --oauth --port=70000", "--port takes a number"),
        ("login --device --paste", "--device neither listens"),
        ("login --oauth --region=xx", "--region is cn or hk"),
        ("connect paper --from", "--from"),
        ("connect paper --from=mars", "--from is panel or profile or oauth or env or dotenv"),
        ("connect sandbox --from env", "The sandbox has keys of its own"),
        ("connect paper --from env --profile main", "name only one"),
        ("connect paper --from panel", "Nothing is typed in the credential panel"),
        ("connect paper --from oauth", "No credentials were found"),
        ("connect paper --from env", "No credentials were found"),
    ],
)
def test_mistakes_are_one_line(line: str, words: str, shell: Shell) -> None:
    assert words in shell.fail(f"%openapi {line}")


def test_nobody_logs_in_on_binder(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BINDER_LAUNCH_HOST", "https://mybinder.org")
    monkeypatch.delenv("LONGBRIDGE_HTTP_URL")
    assert "nobody should log in" in shell.fail("%openapi login --oauth")


def test_a_stored_profile_without_its_keyring_is_no_dead_end(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """A home folder that came along to a headless machine: the names are there, the keyring is not."""
    index = tmp_path / "xdg_config_home" / "jupyter-openapi" / "profiles.json"
    index.parent.mkdir()
    index.write_text(json.dumps(["default"]), encoding="utf-8")
    monkeypatch.setattr(keyring.core, "_keyring_backend", NoKeyring())
    environment(monkeypatch, sandbox.credentials)
    said = shell.fail("%openapi connect paper")
    assert "no keyring to hold profiles" in said
    assert "--from env" in said
    client = shell.run("c = %openapi connect paper --from env\nc")
    assert client.call("stock_positions").code == 0
    assert SESSION.found is not None
    assert SESSION.found.differs == []  # nothing else was looked at
    assert connect("paper", credentials=Credentials.from_env()).call("stock_positions").code == 0
    with pytest.raises(RequestRefused, match="Keys and a place"):
        SESSION.connect("paper", place="env", credentials=Credentials("k" * 8, "s" * 8, "t" * 8))
    with pytest.raises(RequestRefused, match=r"no source of keys called 'mars': it is panel or profile"):
        SESSION.connect("paper", place="mars")


def test_the_env_file_can_be_chosen_before_the_environment(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    environment(monkeypatch, Credentials("other-key", "other-secret", "other-token"))
    lines = [f"LONGBRIDGE_{end}={getattr(sandbox.credentials, end.lower())}" for end in ENDS]
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    client = shell.run("c = %openapi connect paper --from dotenv\nc")
    assert client.call("stock_positions").code == 0


@pytest.mark.parametrize(
    ("variables", "elsewhere"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, False),
        ({"JUPYTERHUB_USER": "ana"}, True),
        ({"SSH_CONNECTION": "1 2 3 4"}, True),
        ({"SERVER_SOFTWARE": "voila/0.5"}, True),
        ({"CODESPACES": "true"}, True),
    ],
)
def test_where_the_browser_runs(variables: dict[str, str], elsewhere: bool) -> None:
    assert browser_is_elsewhere(variables) is elsewhere


@pytest.fixture
def kernel(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Kernel]:
    from support.kernel import Kernel

    home = tmp_path / "kernel"
    home.mkdir()
    variables = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "LONGBRIDGE_HTTP_URL": sandbox.url,
    }
    with Kernel(home, variables) as started:
        yield started


def test_a_kernel_whose_loop_runs_logs_in_and_its_outputs_keep_no_secret(kernel: Kernel) -> None:
    request = kernel.begin(
        "import asyncio\nassert asyncio.get_running_loop().is_running()\n%openapi login --oauth"
    )
    shown = ""
    while not (found := LINK.search(shown)):
        message = kernel._client.get_iopub_msg(timeout=30)
        shown += message["content"].get("data", {}).get("text/plain", "")
    assert press(found[0]).status_code == 200
    done = kernel.finish(request)
    assert done.ok, done.error
    assert "Logged in." in done.result
    kernel.run("c = %openapi connect paper")
    token = "c.connection.credentials.access_token.removeprefix('Bearer ')"
    assert kernel.run(f"len(c.call('stock_positions').frame()) > 0, {token} in {done.result!r}").result == (
        "(True, False)"
    )
    seen = kernel.run(f"any({token} in line for line in In)")
    assert seen.result == "False"
