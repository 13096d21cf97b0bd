"""The credential panel's state: connect and test, or leave everything as it was; refresh; forget."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from browser.fakes import PAPER, FakeClient
from support.oauth_page import press
from support.sandbox import SandboxProcess

from jupyter_openapi.credentials import Credentials
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.machine import OWNER_SAYS, Machine, machine
from jupyter_openapi.session import Session
from jupyter_openapi.widgets import credential_model as access
from jupyter_openapi.widgets import credential_model as login
from jupyter_openapi.widgets.credential_model import CredentialModel, LoginRequest, examine, take_secrets

HOME = Machine("here")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, sandbox: SandboxProcess) -> Iterator[Session]:
    for name in ("BINDER_LAUNCH_HOST", "LONGBRIDGE_APP_KEY", "LONGPORT_APP_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LONGBRIDGE_HTTP_URL", sandbox.url)
    monkeypatch.setattr(login, "profiles", list)
    made = Session()
    yield made
    made.close()


def keys(sandbox: SandboxProcess, **other: str) -> Credentials:
    known = {**vars(sandbox.credentials), **other}
    return Credentials(known["app_key"], known["app_secret"], known["access_token"])


def panel(session: Session, place: Machine = HOME) -> CredentialModel:
    return CredentialModel(session, lambda: None, place=place, run=lambda work: work())


def test_typed_keys_connect_and_the_report_says_what_they_reach(
    session: Session, sandbox: SandboxProcess
) -> None:
    one = panel(session)
    one.connect(LoginRequest("paper", trading=True), keys(sandbox))
    assert one.error == ""
    assert one.note == "Connected"
    said = {label: (text, tone) for label, text, tone in one.report}
    assert said["Kind"] == ("paper: the token says paper; its holdings are in lb_papertrading", "good")
    assert said["Token"] == ("ends in 90 days", "good")
    assert said["Orders"] == ("allowed", "")
    assert "ms by 127.0.0.1" in said["Answered in"][0]
    assert said["Clock"][0] == "in step with the broker's"
    assert session.client is not None
    assert "the credential panel" in session.client.account.title


def test_typed_keys_may_be_a_sandbox_s(session: Session, sandbox: SandboxProcess) -> None:
    one = panel(session)
    one.connect(LoginRequest("sandbox", trading=False), keys(sandbox))
    assert one.error == ""
    assert session.client is not None
    assert session.client.account.host == sandbox.url
    assert not session.client.account.trading


def test_a_wrong_secret_leaves_the_connection_but_disarmed(session: Session, sandbox: SandboxProcess) -> None:
    one = panel(session)
    one.connect(LoginRequest("paper", trading=True), keys(sandbox))
    before = session.client, session.entered, session.found
    one.connect(LoginRequest("paper", trading=True), keys(sandbox, app_secret="0" * 64))
    assert "403201" in one.error
    assert (session.client, session.entered, session.found) == before
    assert session.client is not None
    assert not session.client.account.trading  # a connect that fails leaves nothing armed
    assert "0" * 64 not in one.error


def test_no_keys_anywhere_says_where_to_put_them(session: Session) -> None:
    one = panel(session)
    one.connect(LoginRequest("paper", trading=True), None)
    assert "credentials" in one.error
    assert session.client is None


def test_a_server_that_is_not_there(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGBRIDGE_HTTP_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda _: None)
    one = panel(session)
    one.connect(LoginRequest("paper", trading=True), Credentials("key", "secret", "token"))
    assert "can't be reached" in one.error
    assert session.client is None


def test_what_the_session_would_print_is_shown_in_the_panel(
    session: Session, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[str] = []
    session.notify = printed.append
    monkeypatch.setenv("LONGBRIDGE_APP_KEY", "half a set")
    one = panel(session)
    one.connect(LoginRequest("paper", trading=True), keys(sandbox))
    assert any("LONGBRIDGE_APP_KEY" in note for note in one.notes)
    assert printed == []
    session.notify("later")
    assert printed == ["later"]


@pytest.mark.parametrize(
    ("wish", "typed", "said"),
    [
        (LoginRequest("paper", trading=True, save=True), True, "a name in Profile"),
        (LoginRequest("paper", trading=True, profile="main", save=True), False, "type them"),
        (LoginRequest("paper", trading=True, profile="main"), True, "tick Save as profile"),
        (LoginRequest("sandbox", trading=True, profile="main"), False, "keys of its own"),
    ],
)
def test_what_is_ambiguous_is_refused(wish: LoginRequest, typed: bool, said: str) -> None:
    with pytest.raises(RequestRefused, match=said):
        access.check(wish, HOME, typed=typed)


def test_on_binder_only_the_sandbox() -> None:
    place = machine({"BINDER_LAUNCH_HOST": "https://mybinder.org/"})
    assert "someone else's machine" in place.words
    with pytest.raises(RequestRefused, match="only the sandbox"):
        access.check(LoginRequest("paper", trading=False), place, typed=True)
    access.check(LoginRequest("sandbox", trading=True), place, typed=False)


def test_under_voila_orders_are_off_until_the_owner_says_otherwise() -> None:
    voila = {"SERVER_SOFTWARE": "voila/0.5.13"}
    place = machine(voila)
    assert "Voila" in place.words
    assert OWNER_SAYS in place.words
    with pytest.raises(RequestRefused, match="off on this machine"):
        access.check(LoginRequest("paper", trading=True), place, typed=False)
    access.check(LoginRequest("paper", trading=False), place, typed=False)
    access.check(LoginRequest("paper", trading=True), machine({**voila, OWNER_SAYS: "on"}), typed=False)


def test_elsewhere_it_says_whose_machine_it_is() -> None:
    assert "stay in its memory" in machine({}).words
    assert "as ada" in machine({"JUPYTERHUB_USER": "ada"}).words


def test_keys_are_taken_out_of_the_message() -> None:
    content = {"mode": "paper", "app_key": "a-key", "app_secret": "a-secret", "access_token": "a-token"}
    typed = take_secrets(content)
    assert typed is not None
    assert typed.app_secret == "a-secret"
    assert content == {"mode": "paper"}
    assert take_secrets({"app_key": "", "app_secret": ""}) is None


def test_half_a_set_is_refused_without_repeating_it() -> None:
    with pytest.raises(RequestRefused, match="app secret is empty") as refused:
        take_secrets({"app_key": "a-key", "access_token": "a-token-that-is-secret"})
    assert "a-token-that-is-secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("mode", "claim", "channel", "said", "tone"),
    [
        ("paper", "paper", "lb_papertrading", "paper: the token says paper", "good"),
        ("paper", None, "lb_papertrading", "paper: the token does not say", "good"),
        ("paper", None, None, "paper by header only", "warn"),
        ("paper", "live", "lb", "not paper: the token says", "warn"),
        ("live", "live", "lb", "live: the token says live", "warn"),
    ],
)
def test_the_report_tells_the_kind_of_account(
    mode: Any, claim: str | None, channel: str | None, said: str, tone: str
) -> None:
    rows = access._kind(mode, claim, [channel] if channel else [])
    assert rows[1].startswith(said)
    assert rows[2] == tone


@pytest.mark.parametrize(
    ("days", "said", "tone"),
    [(83.2, "ends in 83 days", "good"), (3.0, "ends in 3 days", "warn"), (-2.0, "ended 2 days ago", "warn")],
)
def test_the_report_tells_when_the_token_ends(days: float, said: str, tone: str) -> None:
    assert access._token(days) == ("Token", said, tone)


@pytest.mark.parametrize(
    ("offset", "said"), [(0.0, "in step"), (12.0, "12 s behind the broker's"), (-12.0, "12 s ahead of")]
)
def test_the_report_tells_the_clock(offset: float, said: str) -> None:
    assert access._clock(offset)[1].startswith(said)


def test_the_report_hides_the_account_s_number_with_privacy() -> None:
    client: Any = FakeClient()
    assert ("Account", "…4821", "") in examine(client)
    assert "4821" not in str(examine(client, privacy=True))


class Renewing:
    """A session that counts its refreshes."""

    def __init__(self) -> None:
        self.client = SimpleNamespace(account=PAPER)
        self.found = object()
        self.count = 0

    def refresh(self) -> str:
        self.count += 1
        return "The new token is stored in profile 'main'."


def test_a_refresh_says_what_ends_and_is_sent_once() -> None:
    session: Any = Renewing()
    one = panel(session)
    one.ask_refresh()
    assert session.count == 0
    assert one.slot.offer is not None
    assert any("other programs" in text for _, text in one.slot.offer.lines)
    offer = one.slot.offer.id
    for _ in range(3):
        one.send(offer)
    assert session.count == 1
    assert one.note == "The new token is stored in profile 'main'."


def test_there_is_nothing_to_refresh_without_an_account() -> None:
    one = panel(Session())
    with pytest.raises(RequestRefused, match="Connect first"):
        one.ask_refresh()


def test_forget_disconnects_and_drops_typed_keys(session: Session, sandbox: SandboxProcess) -> None:
    one = panel(session)
    one.connect(LoginRequest("paper", trading=True), keys(sandbox))
    assert session.entered is not None
    one.forget("")
    assert session.client is None
    assert session.entered is None
    assert one.report == []
    assert one.note.startswith("Disconnected")


def test_saved_keys_go_to_the_keyring_only_after_they_have_worked(
    session: Session, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: dict[str, Credentials] = {}
    monkeypatch.setattr(login, "store_profile", stored.__setitem__)
    one = panel(session)
    one.connect(
        LoginRequest("paper", trading=True, profile="main", save=True), keys(sandbox, app_secret="0" * 64)
    )
    assert stored == {}
    one.connect(LoginRequest("paper", trading=True, profile="main", save=True), keys(sandbox))
    assert stored["main"].same_as(keys(sandbox))
    assert any("profile 'main'" in note for note in one.notes)


# --- the broker's page -------------------------------------------------------------------------------------


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.delenv("SSH_CONNECTION", raising=False)


@pytest.mark.usefixtures("home")
def test_a_login_on_the_brokers_page_connects(session: Session) -> None:
    heard = threading.Event()
    one = CredentialModel(session, heard.set, place=HOME, run=lambda work: work())
    one.log_in(LoginRequest("paper", trading=True))
    shown = one.page_login.view()
    assert shown is not None
    assert "goes on by itself" in shown["words"]
    press(shown["url"])
    while one.note != "Connected":
        assert heard.wait(20), one.error
        heard.clear()
    assert one.page_login.view() is None
    assert session.client is not None
    assert session.client.connection.credentials.facts.bearer
    assert "OAuth client" in session.client.account.title


@pytest.mark.usefixtures("home")
def test_the_address_is_pasted_where_the_browser_is_elsewhere(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ana")
    one = panel(session)
    one.log_in(LoginRequest("paper", trading=False))
    shown = one.page_login.view()
    assert shown is not None
    assert "paste it here" in shown["words"]
    one.finish_login(press(shown["url"], follow=False).headers["Location"])
    assert (one.note, one.error) == ("Connected", "")
    one.log_in(LoginRequest("paper", trading=False))
    one.finish_login("http://localhost:1/callback?code=x&state=other")
    assert "another login" in one.error
    assert session.client is not None  # the connection of before stays


@pytest.mark.usefixtures("home")
def test_a_login_is_given_up_and_a_sandbox_needs_none(session: Session) -> None:
    one = panel(session)
    one.log_in(LoginRequest("live", trading=False))
    assert one.page_login.view() is not None
    one.give_up_login()
    assert one.page_login.view() is None
    with pytest.raises(RequestRefused, match="A sandbox needs no login"):
        one.log_in(LoginRequest("sandbox", trading=True))
    with pytest.raises(RequestRefused, match="only the sandbox"):
        panel(session, Machine("binder", sandbox_only=True)).log_in(LoginRequest("paper", trading=False))
