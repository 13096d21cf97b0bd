"""What one kernel holds: the connected client, the sandbox it started, the last preview."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Sequence

from jupyter_openapi.account import mode_named
from jupyter_openapi.client import Client
from jupyter_openapi.connection import renew_oauth
from jupyter_openapi.credentials import Credentials, Found, find_credentials, forget_profile, keep_token
from jupyter_openapi.credentials.oauth import OAuthFile
from jupyter_openapi.errors import RequestRefused, guarded
from jupyter_openapi.kernel import OWNER_SAYS, machine
from jupyter_openapi.messages import _
from jupyter_openapi.sandbox.launcher import SandboxProcess
from jupyter_openapi.trading import Basket, Preview
from jupyter_openapi.trading.limits import OrderLimits


class Session:
    """The state behind the magic and the widgets of one kernel."""

    def __init__(self) -> None:
        self.order_limits: OrderLimits | None = None  # the notebook's own, for every client it connects
        self._client: Client | None = None
        self.preview: Preview | Basket | None = None
        self.sandbox: SandboxProcess | None = None
        self.entered: Credentials | None = None  # typed into the panel
        self.found: Found | None = None  # where the client's credentials came from; None for a sandbox
        self.notify: Callable[[str], None] = print

    @property
    def client(self) -> Client | None:
        """The connected client."""
        return self._client

    @client.setter
    def client(self, client: Client | None) -> None:
        if client is not None and self.order_limits is not None:
            client.order_limits = self.order_limits
        self._client = client

    def limit_orders(self, limits: OrderLimits) -> None:
        """Hold the orders of this notebook to these limits from now on."""
        self.order_limits = limits
        self.client = self._client

    def connect(
        self,
        mode: str,
        *,
        trading: bool | None = None,
        profile: str | None = None,
        credentials: Credentials | None = None,
        region: str | None = None,
    ) -> Client:
        """Make the client of an account and keep it; see `connect`. If that fails, nothing is connected."""
        # What is typed after a connect that failed must not reach the account from before it, nor must a
        # preview of one account be sent after connecting to another.
        self.client = self.preview = self.found = None
        if mode_named(mode) == "sandbox":
            if profile or credentials or region:
                raise RequestRefused(
                    _(
                        "The sandbox has keys of its own: connect to it without a profile, "
                        "credentials or region."
                    )
                )
            client = self._own_sandbox(trading=trading)
        else:
            place = machine()
            if place.sandbox_only:
                raise RequestRefused(
                    _(
                        "On Binder, someone else's machine, only the sandbox may be used: `%openapi "
                        "connect sandbox`."
                    )
                )
            if not place.orders:
                trading = self._not_from_here(trading=trading)
            client = self._account(mode, profile, credentials, trading=trading, region=region)
        self.client = client
        self._report_unsettled(client)
        return client

    def _own_sandbox(self, *, trading: bool | None) -> Client:
        process = self.start_sandbox()
        return Client(
            Credentials(*process.keys()),
            "sandbox",
            process.http_url,
            trading=trading,
            limits=process.limits,
            source="its own keys",
            notify=self.notify,
        )

    def _account(
        self,
        mode: str,
        profile: str | None,
        credentials: Credentials | None,
        *,
        trading: bool | None,
        region: str | None,
    ) -> Client:
        found = find_credentials(profile, credentials, self.entered)
        for other in found.differs:
            self.notify(
                _("Using {source}; {other} holds other credentials.").format(source=found.source, other=other)
            )
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
        self.found = found
        return client

    @staticmethod
    def _not_from_here(*, trading: bool | None) -> bool:
        """Keep orders off on a page that others use; asking for them needs the owner's word."""
        if trading:
            raise RequestRefused(
                _(
                    "Orders are off on this page, which others may use, until its owner sets "
                    "{owner_says}=on for "
                    "the server."
                ).format(owner_says=OWNER_SAYS)
            )
        return False

    def _report_unsettled(self, client: Client) -> None:
        """Say if it is not known what became of orders sent earlier, by this kernel or another."""
        try:
            count = client.unsettled()
        except RequestRefused as problem:
            self.notify(str(problem))  # reading goes on; an order is refused with the same words
            return
        if count:
            orders = (
                "1 order of this account is"
                if count == 1
                else _("{count} orders of this account are").format(count=count)
            )
            self.notify(_("{orders} not settled: `%openapi reconcile`").format(orders=orders))

    def refresh(self) -> str:
        """Exchange the client's token for a new one, store it where the old came from, and say so.

        Raises
        ------
        RequestRefused
            Not connected, or connected to the sandbox started here, whose keys are its own.
        OutcomeUnknown
            No answer came: the old token may have died. It is not sent again.
        """
        client = self.connected()
        if self.found is None:
            raise RequestRefused(_("The sandbox's own token needs no refresh."))
        source, keys = self.found.source, client.connection.credentials
        if keys.facts.bearer:
            client.connection.adopt(renew_oauth(OAuthFile(keys.app_key), client.connection.host))
            return "The new OAuth token is stored in the client's token file."
        kept = keep_token(source, client.refresh())
        if source.kind == "panel":
            self.entered = kept.credentials
        return _("{message} Other programs that use the old token stop working.").format(message=kept.message)

    def forget(self, profile: str | None = None) -> str:
        """Disconnect, drop typed credentials, delete the profile that is named; say what was done."""
        done = ["Disconnected; nothing typed is kept."]
        if profile is not None:
            known = forget_profile(profile)
            done.append(
                _("Profile '{profile}' is {deleted}.").format(
                    profile=profile, deleted="deleted" if known else "not stored here"
                )
            )
        if self.client is not None:
            self.client.close()
        self.client = self.preview = self.entered = self.found = None
        return " ".join(done)

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
        self.client = self.preview = self.entered = self.found = None
        self.stop_sandbox()

    def connected(self) -> Client:
        """Return the client, or refuse with the line to type."""
        if self.client is None:
            raise RequestRefused(
                _("Not connected: type `%openapi connect sandbox` (or paper, or live) first.")
            )
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
