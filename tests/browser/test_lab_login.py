"""The credential panel in JupyterLab: typed keys connect, mistakes are said there, keys leave no trace."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from support.sandbox import SandboxProcess
from support.wire import http, recorder

from browser.conftest import FLAGS, chromium_path

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Playwright

    from browser.driver import Notebook
    from browser.server import Server

SHOW = "from jupyter_openapi.widgets import CredentialPanel\nCredentialPanel()"
LABELS = {"app_key": "App Key", "app_secret": "App Secret", "access_token": "Access Token"}
EXPIRED = b'{"code":401003,"message":"token expired","data":null}'


def reach(url: str) -> str:
    return f"import os\nos.environ['LONGBRIDGE_HTTP_URL'] = {url!r}"


def type_keys(panel: Locator, keys: dict[str, str], account: str = "Paper") -> None:
    panel.get_by_label("Account", exact=True).select_option(label=account)
    for name, label in LABELS.items():
        panel.get_by_label(label, exact=True).press_sequentially(keys[name])


def connect(panel: Locator) -> None:
    panel.get_by_role("button", name="Connect", exact=True).click()


def test_typed_keys_connect_and_leave_the_page(
    notebook: Callable[..., Notebook], sandbox: SandboxProcess
) -> None:
    panel = notebook(reach(sandbox.url), SHOW).panel("login")
    keys = vars(sandbox.credentials)
    type_keys(panel, {**keys, "app_secret": "0" * 64})
    expect(panel.get_by_label("App Secret", exact=True)).to_have_attribute("type", "password")
    connect(panel)
    expect(panel.get_by_role("alert")).to_contain_text("403201")
    for label in LABELS.values():
        expect(panel.get_by_label(label, exact=True)).to_have_value("")
    expect(panel.locator(".jo-title")).to_have_text("Not connected")
    type_keys(panel, keys)
    connect(panel)
    expect(panel.get_by_text("Connected", exact=True)).to_be_visible()
    report = panel.locator(".jo-report")
    expect(report).to_contain_text("the token says paper")
    expect(report).to_contain_text("ends in 90 days")
    expect(report).to_contain_text("ms by 127.0.0.1")
    expect(report).to_contain_text("in step with the broker's")
    expect(panel.locator(".jo-title")).to_contain_text("the credential panel")
    expect(panel.locator(".jo-machine")).to_contain_text("stay in its memory")
    panel.get_by_role("button", name="Forget", exact=True).click()
    expect(panel.locator(".jo-title")).to_have_text("Not connected")
    expect(report).to_be_hidden()


def test_an_expired_token_and_a_server_that_is_gone(notebook: Callable[..., Notebook]) -> None:
    with recorder(lambda _: http(EXPIRED, "401 Unauthorized")) as server:
        panel = notebook(reach(server.url), SHOW).panel("login")
        keys = dict.fromkeys(LABELS, "0123456789abcdef")
        type_keys(panel, keys)
        connect(panel)
        alert = panel.get_by_role("alert")
        expect(alert).to_contain_text("token expired")
        expect(alert).to_contain_text("401003")
    type_keys(panel, keys)
    connect(panel)
    expect(alert).to_contain_text("can't be reached", timeout=60_000)
    expect(panel.locator(".jo-title")).to_have_text("Not connected")


def test_live_trading_is_never_allowed_by_default(notebook: Callable[..., Notebook]) -> None:
    panel = notebook(SHOW).panel("login")
    account, trading = panel.get_by_label("Account", exact=True), panel.get_by_label("Allow trading")
    expect(trading).to_be_checked()
    account.select_option(label="Live")
    expect(trading).not_to_be_checked()
    trading.check()
    account.select_option(label="Paper")
    account.select_option(label="Live")
    expect(trading).not_to_be_checked()


def files_with(folder: Path, text: str) -> list[str]:
    """Return the files that hold `text`, as UTF-8 or as UTF-16."""
    wanted = (text.encode(), text.encode("utf-16-le"))
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            found += [str(path)] * any(one in content for one in wanted)
    return found


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return tmp_path / "profile"


def test_keys_are_in_no_file_wherever_they_are_when_the_notebook_is_saved(
    notebook: Callable[..., Notebook],
    playwright: Playwright,
    server: Server,
    sandbox: SandboxProcess,
    profile: Path,
) -> None:
    keys = vars(sandbox.credentials)
    wrong = {name: f"{name}-{secrets.token_hex(20)}" for name in LABELS}
    canary = f"canary-{secrets.token_hex(8)}"
    context = playwright.chromium.launch_persistent_context(
        str(profile), executable_path=chromium_path(), args=FLAGS
    )
    page = context.new_page()
    plain = "import ipywidgets\nipywidgets.Text(description='Plain')"
    opened = notebook(reach(sandbox.url), SHOW, plain, "import time", on=page)
    panel = opened.panel("login")
    page.get_by_label("Plain", exact=True).fill(canary)
    type_keys(panel, wrong)
    expect(panel.get_by_label("Access Token", exact=True)).to_have_value(wrong["access_token"])
    saved = opened.save()  # while typing
    connect(panel)
    expect(panel.get_by_role("alert")).to_be_visible()
    saved += opened.save()  # after a click that failed
    type_keys(panel, keys)
    page.evaluate(
        "() => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        ".requestExecute({code: 'time.sleep(3)'}); }"
    )
    connect(panel)
    saved += opened.save()  # while the kernel is busy
    expect(panel.get_by_text("Connected", exact=True)).to_be_visible()
    saved += opened.save()  # after a click that worked
    server.end_sessions()
    time.sleep(0.5)  # the kernel's history is written when it ends
    context.close()
    assert canary in saved, "the state of widgets was not saved: this test would prove nothing"
    for value in (*keys.values(), *wrong.values()):
        assert value not in saved
        assert files_with(server.folder, value) == []
        assert files_with(profile, value) == []
    assert files_with(server.folder, canary)


def test_a_login_on_the_brokers_page_in_a_real_browser(
    notebook: Callable[..., Notebook], sandbox: SandboxProcess, server: Server, tmp_path: Path
) -> None:
    """A link in the panel, Allow on the page, back on loopback, connected; and no trace of a token."""
    alone = f"import os\nos.environ.update(HOME={str(tmp_path)!r}, XDG_CONFIG_HOME={str(tmp_path)!r})"
    opened = notebook(reach(sandbox.url), alone, SHOW)
    panel = opened.panel("login")
    panel.get_by_label("Account", exact=True).select_option(label="Paper")
    panel.get_by_role("button", name="Log in with the broker", exact=True).click()
    link = panel.get_by_role("link", name="Open the broker's page", exact=True)
    expect(link).to_be_visible()
    saved = opened.save()
    for choice, words in (("Deny", "Not logged in"), ("Allow", "Logged in")):
        with opened.page.context.expect_page() as opening:
            link.click()
        page = opening.value
        page.get_by_role("button", name=choice, exact=True).click()
        expect(page.get_by_role("heading", name=words, exact=True)).to_be_visible()
        page.close()
        if choice == "Deny":
            expect(panel.get_by_role("alert")).to_contain_text("Access was denied")
            expect(link).to_be_hidden()
            panel.get_by_role("button", name="Log in with the broker", exact=True).click()
            expect(link).to_be_visible()
    expect(panel.get_by_text("Connected", exact=True)).to_be_visible()
    expect(panel.locator(".jo-title")).to_contain_text("OAuth client")
    saved += opened.save()
    (kept,) = (tmp_path / ".longbridge" / "openapi" / "tokens").iterdir()
    for name in ("access_token", "refresh_token"):
        secret = json.loads(kept.read_text(encoding="utf-8"))[name]
        assert secret not in saved
        assert files_with(server.folder, secret) == []
