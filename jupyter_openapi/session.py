"""What one kernel holds: the connected client, the sandbox it started, the last preview."""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING

from jupyter_openapi.account import mode_named
from jupyter_openapi.client import Client
from jupyter_openapi.credentials import Credentials, find_credentials
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.guard import guarded
from jupyter_openapi.launch import SandboxProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_openapi.trading import Preview


class Session:
    """The state behind the magic and the widgets of one kernel."""

    def __init__(self) -> None:
        self.client: Client | None = None
        self.preview: Preview | None = None
        self.sandbox: SandboxProcess | None = None
        self.entered: Credentials | None = None  # typed into the panel
        self.notify: Callable[[str], None] = print

    def connect(
        self,
        mode: str,
        *,
        trading: bool | None = None,
        profile: str | None = None,
        credentials: Credentials | None = None,
        region: str | None = None,
    ) -> Client:
        """Make the client of an account and keep it; see `connect`."""
        if mode_named(mode) == "sandbox":
            if profile or credentials or region:
                raise RequestRefused(
                    "The sandbox has keys of its own: connect to it without a profile, credentials or region."
                )
            process = self.start_sandbox()
            client = Client(
                Credentials(*process.keys()),
                "sandbox",
                process.http_url,
                trading=trading,
                source="its own keys",
                notify=self.notify,
            )
        else:
            if os.environ.get("BINDER_LAUNCH_HOST"):
                raise RequestRefused(
                    "On Binder, someone else's machine, only the sandbox may be used: "
                    "`%openapi connect sandbox`."
                )
            found = find_credentials(profile, credentials, self.entered)
            for other in found.differs:
                self.notify(f"Using {found.source}; {other} holds other credentials.")
            for note in found.notes:
                self.notify(note)
            client = Client(
                found.credentials,
                mode,
                trading=trading,
                region=region,
                source=str(found.source),
                notify=self.notify,
            )
        self.preview = None  # a preview of one account must not be sent after connecting to another
        self.client = client
        return client

    def start_sandbox(self, arguments: Sequence[str] = ()) -> SandboxProcess:
        """Return this kernel's sandbox, started now if it does not run."""
        if self.sandbox is None or not self.sandbox.alive:
            self.sandbox = SandboxProcess(arguments)
            atexit.register(self.sandbox.stop)
        return self.sandbox

    def stop_sandbox(self) -> None:
        """Stop this kernel's sandbox, if it runs."""
        if self.sandbox is not None:
            atexit.unregister(self.sandbox.stop)
            self.sandbox.stop()
            self.sandbox = None

    def close(self) -> None:
        """Let go of everything: the client's connections, the preview, the sandbox."""
        if self.client is not None:
            self.client.close()
        self.client = self.preview = self.entered = None
        self.stop_sandbox()

    def connected(self) -> Client:
        """Return the client, or refuse with the line to type."""
        if self.client is None:
            raise RequestRefused("Not connected: type `%openapi connect sandbox` (or paper, or live) first.")
        return self.client


SESSION = Session()


@guarded
def connect(
    mode: str,
    *,
    trading: bool | None = None,
    profile: str | None = None,
    credentials: Credentials | None = None,
    region: str | None = None,
) -> Client:
    """Connect to an account; inside IPython the magic uses this client from then on.

    Needs no network: the first call does. ``sandbox`` starts a paper exchange on this machine that ends with
    this process.

    Parameters
    ----------
    mode
        ``sandbox``, ``paper`` or ``live``.
    trading
        Whether orders may be sent. Default: yes for sandbox and paper, no for live.
    profile
        The name of a stored profile.
    credentials
        Given credentials; otherwise: the panel's, a profile's, the environment's, a ``.env`` file's.
    region
        ``cn`` for the mainland hosts.

    Raises
    ------
    RequestRefused
        There are no credentials (it says where to put them), or the combination is not allowed.
    """
    return SESSION.connect(mode, trading=trading, profile=profile, credentials=credentials, region=region)
