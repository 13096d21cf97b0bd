"""Model of the credential panel: open an account with typed or stored keys, or log in, and test it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from jupyter_openapi.account import MODE_WORDS
from jupyter_openapi.client import Client
from jupyter_openapi.credentials import Credentials, profiles, store_profile, validity
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.login.browser import BrowserLogin
from jupyter_openapi.machine import Machine, browser_is_elsewhere, machine
from jupyter_openapi.messages import N_, _, commas
from jupyter_openapi.session import Session
from jupyter_openapi.transport.hosts import resolve_host
from jupyter_openapi.widgets import polling as events
from jupyter_openapi.widgets.model import PanelState, Pending, PendingChange, in_thread

SECRETS = {"app_key": "App Key", "app_secret": "App Secret", "access_token": "Access Token"}
"""The keys by their names in a message, with the labels of their fields."""
Row = tuple[str, str, str]  # label, text, tone: "", "good" or "warn"


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """What the panel's fields ask for, apart from the keys."""

    mode: str
    trading: bool
    profile: str = ""
    save: bool = False


def empty_fields(content: Mapping[str, Any]) -> dict[str, str]:
    """Return what to say beside each field of a key that is empty."""
    empty = [name for name in SECRETS if not str(content.get(name) or "").strip()]
    return {name: _("{label} is empty.").format(label=SECRETS[name]) for name in empty}


def take_secrets(content: MutableMapping[str, Any]) -> Credentials | None:
    """Take the keys out of a message, so that it holds them no longer; None if none was typed.

    Raises
    ------
    RequestRefused
        A key is missing or can't be used; the message names it and never repeats it.
    """
    typed = [content.pop(name, "") for name in SECRETS]
    if not any(typed):
        return None
    try:
        return Credentials(*typed)
    finally:
        typed.clear()


def check(request: LoginRequest, machine: Machine, *, typed: bool) -> None:
    """Refuse what the panel must not do on this machine, and what is ambiguous."""
    if machine.sandbox_only and request.mode != "sandbox":
        raise RequestRefused(_("On this machine only the sandbox may be used."))
    if request.trading and request.mode != "sandbox" and not machine.orders:
        raise RequestRefused(
            _("Orders on a {mode} account are off on this machine: untick Allow trading.").format(
                mode=_(MODE_WORDS.get(request.mode, request.mode))
            )
        )
    if request.mode == "sandbox" and request.profile:
        raise RequestRefused(_("A sandbox has keys of its own: empty Profile, or choose another account."))
    if request.save and not (typed and request.profile):
        raise RequestRefused(_("To save keys, type them and a name in Profile."))
    if typed and request.profile and not request.save:
        raise RequestRefused(
            _(
                "You typed keys and named profile '{profile}': tick Save as profile to store them there, or "
                "empty one of the two."
            ).format(profile=request.profile)
        )


def open_account(session: Session, request: LoginRequest, typed: Credentials | None) -> Client:
    """Connect the session to the account the panel asks for; it must still be tested."""
    if request.mode == "sandbox" and typed is not None:
        client = Client(
            typed, "sandbox", _sandbox_url(session), trading=request.trading, source=_("the credential panel")
        )
        session.preview, session.found, session.client = None, None, client
        return client
    if request.mode == "sandbox":
        return session.connect("sandbox", trading=request.trading)
    if typed is not None or request.profile:
        session.entered = typed
    return session.connect(
        request.mode, trading=request.trading, profile=None if typed else (request.profile or None)
    )


def _sandbox_url(session: Session) -> str:
    """Return the sandbox that typed keys are for: the environment's if it names one, else our own."""
    host = resolve_host()
    if host.loopback and not (session.sandbox and session.sandbox.alive):
        return host.url
    return session.start_sandbox().http_url


@contextmanager
def restored_on_failure(session: Session) -> Iterator[None]:
    """Put back the session's client, read-only, if what is done inside fails."""
    before = session.client, session.entered, session.found, session.preview
    try:
        yield
    except BaseException:
        failed = session.client
        session.client, session.entered, session.found, session.preview = before
        if failed is not None and failed is not before[0]:
            failed.close()
        if before[0] is not None:
            before[0].connection.detach()
        raise


@contextmanager
def redirected_notices(session: Session, hear: Callable[[str], None]) -> Iterator[None]:
    """Pass to `hear` what the session would print while it connects."""
    printed, inside = session.notify, [True]
    session.notify = lambda text: hear(text) if inside else printed(text)
    try:
        yield
    finally:
        inside.clear()
        session.notify = printed


def examine(client: Client, *, privacy: bool = False) -> list[Row]:
    """Call the account twice, and return what a person should know of it.

    Raises
    ------
    OpenAPIError
        The account can't be used: its error says why.
    """
    channels = _channels(client.call("stock_positions").data)
    elapsed = client.call("account_balance").elapsed
    account = client.account
    host = account.host.partition("://")[2]
    rows: list[Row] = [
        (
            N_("Account"),
            f"…{account.digits}" if account.digits and not privacy else _(account.mode.title()),
            "",
        ),
        _kind(account.mode, account.claim, channels),
        _token(client.token_days_left(), renews=client.token_renews),
        (N_("Orders"), N_("allowed") if account.trading else N_("not allowed: read-only"), ""),
        (N_("Answered in"), _("{elapsed:.0f} ms by {host}").format(elapsed=elapsed * 1000, host=host), ""),
    ]
    return [*rows, _clock(client.clock_offset())]


def _channels(data: Any) -> list[str]:
    rows = data.get("list") if isinstance(data, dict) else None
    return sorted({str(row["account_channel"]) for row in rows or [] if row.get("account_channel")})


def _kind(mode: str, claim: str | None, channels: list[str]) -> Row:
    if mode == "sandbox":
        return N_("Kind"), N_("a paper exchange on this machine: play money"), "good"
    said = _("the token says {claim}").format(claim=claim) if claim else _("the token does not say")
    if channels:
        said += _("; its holdings are in {channels}").format(channels=commas(channels))
    if mode == "paper" and claim == "live":
        return N_("Kind"), N_("not paper: the token says it moves real money, so orders are refused"), "warn"
    if mode == "paper" and claim is None and not any("paper" in channel for channel in channels):
        return N_("Kind"), _("paper by header only: {said}").format(said=said), "warn"
    return (
        N_("Kind"),
        _("{mode}: {said}").format(mode=_(mode), said=said),
        "good" if mode == "paper" else "warn",
    )


def _token(days: float | None, *, renews: bool = False) -> Row:
    found = validity(days, renews=renews)
    return N_("Token"), found.text, "" if days is None else "warn" if found.renew else "good"


def _clock(offset: float) -> Row:
    if not offset:
        return N_("Clock"), N_("in step with the broker's"), "good"
    return (
        N_("Clock"),
        (
            _("{offset:.0f} s behind the broker's, which requests follow")
            if offset > 0
            else _("{offset:.0f} s ahead of the broker's, which requests follow")
        ).format(offset=abs(offset)),
        "warn",
    )


REFRESH_LINES = (
    (N_("does"), N_("asks the broker for a new access token, once")),
    (N_("ends"), N_("the old token: other programs that use it stop working")),
    (N_("keeps"), N_("the new one where the old one came from, or else in this kernel only")),
)


class PanelLogin:
    """One panel's login that is under way, if any.

    Parameters
    ----------
    came_back
        Called in a thread when the browser came back, or the login was given up.
    """

    def __init__(self, came_back: Callable[[BrowserLogin], None]) -> None:
        self._came_back = came_back
        self._waiting: BrowserLogin | None = None

    def begin(self, profile: str) -> None:
        """Listen, and have a link to show."""
        self.give_up()
        login = BrowserLogin(resolve_host(), profile=profile)
        self._waiting = login
        login.then(lambda: self._came_back(login))

    def take(self, login: BrowserLogin | None = None) -> BrowserLogin | None:
        """Return the login that is waited for, once; None if it is not this one, or there is none."""
        waiting = self._waiting
        if waiting is None or (login is not None and login is not waiting):
            return None
        self._waiting = None
        return waiting

    def give_up(self) -> None:
        """Stop waiting for the login."""
        waiting = self.take()
        if waiting is not None:
            waiting.close()

    def view(self) -> dict[str, str] | None:
        """Return the link and what to do with it; no secret is among it."""
        waiting = self._waiting
        if waiting is None:
            return None
        words = _("Open the page and allow access; this panel goes on by itself.")
        if browser_is_elsewhere():
            words = _(
                "Open the page and allow access. Then the browser can't open the next page, since this "
                "kernel runs on another machine: copy that page's whole address and paste it here."
            )
        return {"url": waiting.url, "words": words}


def refuse_sandbox(mode: str) -> None:
    """Refuse a login for what needs none."""
    if mode == "sandbox":
        raise RequestRefused(_("A sandbox needs no login: choose Paper or Live, or press Connect."))


class CredentialModel(PanelState):
    """One credential panel's state.

    Parameters
    ----------
    session
        The kernel's.
    changed
        Called after each change of the state.
    place
        Whose machine this is; found out by default.
    run
        How network work is run; a test runs it at once.
    """

    def __init__(
        self,
        session: Session,
        changed: Callable[[], None],
        *,
        place: Machine | None = None,
        run: Callable[[Callable[[], None]], None] = in_thread,
    ) -> None:
        super().__init__(session, changed, run)
        self._session: Session = session
        self._lock = threading.Lock()
        self.machine = place or machine()
        self._place = place
        self.slot = Pending()
        self.empty: dict[str, str] = {}  # what is said beside the fields of keys that are missing
        self.notes: list[str] = []
        self.report: list[Row] = []
        self.profiles: list[str] = profiles()
        self.page_login = PanelLogin(self._came_back)
        self._waiting_for: tuple[LoginRequest, bool] | None = None  # what the login under way is for
        events.listen(session, self._on_event)

    def where(self) -> str:
        """Say where typed keys go, in the language in use."""
        return (self._place or machine()).words

    def connect(self, request: LoginRequest, typed: Credentials | None, *, privacy: bool = False) -> None:
        """Connect to an account and test it; on failure everything stays as it was."""
        check(request, self.machine, typed=typed is not None)
        self._start(N_("Connecting"), lambda: self._connect(request, typed, privacy=privacy))

    def log_in(self, request: LoginRequest, *, privacy: bool = False) -> None:
        """Show a link to the broker's page; once access is allowed there, connect to the account."""
        refuse_sandbox(request.mode)
        check(request, self.machine, typed=False)
        self._waiting_for = request, privacy
        self._start(N_("Preparing the login"), lambda: self.page_login.begin(request.profile))

    def finish_login(self, pasted: str) -> None:
        """Go on with the address that the browser was sent to, where it could not be opened."""
        login = self.page_login.take()
        if login is not None:
            self._start(N_("Logging in"), lambda: self._logged_in(lambda: login.paste(pasted)))

    def give_up_login(self) -> None:
        """Stop waiting for the browser."""
        self.page_login.give_up()
        self._changed()

    def _came_back(self, login: BrowserLogin) -> None:
        if self.page_login.take(login) is not None:
            self._start(N_("Logging in"), lambda: self._logged_in(lambda: login.wait(1)))

    def _logged_in(self, keys: Callable[[], Credentials]) -> None:
        """Connect with the tokens that the login brought; they are kept by then."""
        found = keys()
        if self._waiting_for is None:
            return
        request, privacy = self._waiting_for
        del found
        self._test(lambda: self._open_login(request), privacy=privacy)

    def _open_login(self, request: LoginRequest) -> Client:
        self._session.entered = None
        place = None if request.profile else "oauth"
        return self._session.connect(
            request.mode, trading=request.trading, profile=request.profile or None, place=place
        )

    def ask_refresh(self) -> None:
        """Offer to refresh the access token; nothing is sent yet."""
        client = self._session.client
        if client is None:
            raise RequestRefused(_("Connect first: there is no token to refresh."))
        if self._session.found is None:
            raise RequestRefused(_("A sandbox's own token needs no refresh."))
        self.slot.put(PendingChange("refresh", N_("Refresh now"), REFRESH_LINES, self._refresh, client))
        self._changed()

    def send(self, offer_id: str) -> None:
        """Do what was offered, once."""
        offer = self.slot.take(offer_id, self._session.client)
        if offer is not None:
            self._start(N_("Refreshing"), offer.send)

    def drop(self) -> None:
        """Drop what was offered."""
        self.slot.drop()
        self._changed()

    def forget(self, profile: str) -> None:
        """Disconnect, and delete what is kept."""
        self._start(N_("Forgetting"), lambda: self._forget(profile))

    def close(self) -> None:
        """Offer nothing more, and wait for no browser."""
        self.slot.drop()
        self.page_login.give_up()

    def _start(self, busy: str, work: Callable[[], None]) -> None:
        with self._lock:
            if self.busy:
                return
            self.busy, self.error, self.note, self.notes, self.empty = busy, "", "", [], {}
        self._changed()
        self._work(work)

    def _connect(self, request: LoginRequest, typed: Credentials | None, *, privacy: bool) -> None:
        def keep() -> None:
            if request.save and typed is not None:
                store_profile(request.profile, typed)
                self.notes.append(
                    _("The keys are stored as profile '{profile}' in the system's keyring.").format(
                        profile=request.profile
                    )
                )

        self._test(lambda: self._open(request, typed), privacy=privacy, then=keep)

    def _test(
        self, opened: Callable[[], Client], *, privacy: bool, then: Callable[[], None] = lambda: None
    ) -> None:
        """Connect and call the account; if that fails, everything stays as it was."""
        with restored_on_failure(self._session), redirected_notices(self._session, self.notes.append):
            report = examine(opened(), privacy=privacy)
        then()
        self.report, self.profiles = report, profiles()
        self.note = N_("Connected")
        self.slot.drop()
        events.publish(self._session, "account")

    def _open(self, request: LoginRequest, typed: Credentials | None) -> Client:
        try:
            return open_account(self._session, request, typed)
        except RequestRefused:
            if typed is None and not request.profile and request.mode != "sandbox":
                self.empty = empty_fields({})
            raise

    def _refresh(self) -> None:
        self.note = self._session.refresh()
        events.publish(self._session, "account")

    def _forget(self, profile: str) -> None:
        said = self._session.forget(profile or None)
        self.report, self.profiles = [], profiles()
        self.note = said
        events.publish(self._session, "account")

    def _on_event(self, event: events.Event) -> None:
        if event == "account":
            self.slot.drop()
            if self._session.client is None:
                self.report = []
            self._changed()
