"""Log in on the broker's page from the credential panel: a link, and a field for the address."""

from __future__ import annotations

from collections.abc import Callable

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.login.browser import BrowserLogin
from jupyter_openapi.machine import browser_is_elsewhere
from jupyter_openapi.messages import _
from jupyter_openapi.transport.hosts import resolve_host


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
        """Wait no longer."""
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
