"""Log in by a short code on any other machine, for kernels that no browser reaches.

Source: the broker's own command-line program logs in so (``longbridge-terminal``, ``src/auth.rs``; RFC 8628).
The broker's documents do not describe it.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from jupyter_openapi.credentials import Credentials
from jupyter_openapi.credentials.oauth import OAuthFile, Registration, keep_registration, registration
from jupyter_openapi.errors import RequestRefused, TransportError, clean, guarded
from jupyter_openapi.login.browser import store_for
from jupyter_openapi.login.server import TokenRefused, TokenServer, denied
from jupyter_openapi.messages import _
from jupyter_openapi.transport.hosts import Host

REDIRECT = "http://localhost:60355/callback"  # the broker's program registers this, and does not use it here
INTERVAL = 5.0  # seconds between two questions, where the server names none
SLOWER = 5.0  # seconds more where it asks for it


class DeviceLogin:
    """One login by a code.

    Parameters
    ----------
    host
        Whose account: the broker's host, or a sandbox.
    profile
        The keyring's profile that the tokens go to; empty for the official SDK's token file.

    Attributes
    ----------
    url
        The page to open on any machine.
    user_code
        The code it shows or asks for.
    """

    def __init__(self, host: Host, *, profile: str = "") -> None:
        self._server = TokenServer(host)
        self._profile = profile
        self._name = f"{self._server.name} device"
        known = registration(self._name)
        if known is None:
            known = Registration(self._server.register([REDIRECT], device=True), (REDIRECT,))
            OAuthFile(known.client_id)  # refuses an id that is no file's name
            keep_registration(self._name, known)
        self._client = known
        codes = self._server.start_device(known.client_id)
        self._device_code = str(codes.get("device_code") or "")
        self.user_code = clean(str(codes.get("user_code") or ""))
        self.url = _page(codes.get("verification_uri_complete") or codes.get("verification_uri"))
        self._interval = _seconds(codes.get("interval"), INTERVAL)
        self._ends = time.monotonic() + _seconds(codes.get("expires_in"), 300.0)
        if not self._device_code or not self.url:
            raise TransportError(
                _("The broker gave no code to log in with; use --oauth instead of --device.")
            )

    def __repr__(self) -> str:
        return f"<DeviceLogin at {self._server.host.name}>"

    @guarded
    def wait(self, stop: threading.Event | None = None) -> Credentials:
        """Ask until the login was agreed to, and return the credentials, which are kept by then.

        Raises
        ------
        RequestRefused
            Access was denied, or the code has ended.
        """
        stop = stop or threading.Event()
        # The account may live in either data centre; which, the person decides on the page.
        regions = ["ap"] if self._server.host.region == "cn" else ["ap", "us"]
        while time.monotonic() < self._ends:
            for region in regions:
                answer = self._ask(region)
                if answer is not None:
                    return self._keep(answer)
            if stop.wait(min(self._interval, max(0.0, self._ends - time.monotonic()))):
                raise RequestRefused(_("The login was cancelled; nothing was stored."))
        raise RequestRefused(_("The code expired before anybody agreed. Type the line again."))

    def _ask(self, region: str) -> dict[str, Any] | None:
        try:
            return self._server.ask_device(self._client.client_id, self._device_code, region)
        except TokenRefused as refused:
            if refused.error == "slow_down":
                self._interval += SLOWER
            if refused.error in {"slow_down", "authorization_pending"}:
                return None
            if refused.error == "access_denied":
                raise denied() from None
            if refused.error in {"invalid_client", "unauthorized_client"}:
                keep_registration(self._name, None)
            raise RequestRefused(
                _("{refused} Nothing was kept; type the line again.").format(refused=refused)
            ) from None
        except TransportError:
            return None  # asked again

    def _keep(self, answer: dict[str, Any]) -> Credentials:
        store = store_for(self._client.client_id, self._profile)
        store.store(answer)
        if not self._profile:
            # What connects without naming a client looks here.
            keep_registration(self._server.name, self._client)
        return Credentials.from_store(store)


def _page(url: object) -> str:
    text = clean(url) if isinstance(url, str) else ""
    return text if text.startswith(("https://", "http://127.0.0.1:", "http://localhost:")) else ""


def _seconds(value: object, otherwise: float) -> float:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 86_400
    return float(value) if fits and isinstance(value, int | float) else otherwise
