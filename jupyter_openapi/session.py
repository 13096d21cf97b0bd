"""State of one kernel: its connections, the sandbox it started, the previews to be sent."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jupyter_openapi.account import mode_named
from jupyter_openapi.client import Client
from jupyter_openapi.credentials import Credentials, Found, find_credentials, forget_profile, keep_token
from jupyter_openapi.credentials.oauth import OAuthFile, registration
from jupyter_openapi.errors import RequestRefused, guarded
from jupyter_openapi.kernel import in_ipython, lasting
from jupyter_openapi.login.server import TokenServer
from jupyter_openapi.machine import OWNER_SAYS, machine
from jupyter_openapi.messages import N_, _, commas, ngettext, say
from jupyter_openapi.sandbox.launcher import SandboxProcess
from jupyter_openapi.trading.limits import OrderLimits
from jupyter_openapi.trading.preview import NONE_YET, Pending, PendingPreviews
from jupyter_openapi.transport.hosts import choose_language, resolve_host


class NamedConnection:
    """One connection of the kernel; the unnamed one is called "". Panels take it as what holds their client.

    Attributes
    ----------
    client
        Its client; None while it is not connected.
    found
        Where the client's credentials came from; None for a sandbox.
    pending
        What ``%openapi send`` would send.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.client: Client | None = None
        self.found: Found | None = None
        self.pending = PendingPreviews()

    def hold(self, client: Client | None) -> None:
        """Use `client` from now on; what was pending for another one is dropped."""
        if client is self.client:
            return
        if self.client is not None:
            self.client.preview_made = None
        if client is not None:
            client.connection.attach()
        self.client = client
        self.pending.clear(_("you have reconnected since; preview it again."), otherwise=NONE_YET)
        if client is not None:
            client.preview_made = self.pending.clear_if_alike

    def release(self) -> Client | None:
        """Detach the client, which may only read from then on, drop what was pending, and return it."""
        client, self.found = self.client, None
        if client is not None:
            client.connection.detach()
            client.pause()  # a read opens its sockets and files again
        self.hold(None)
        return client


_USED: ContextVar[str] = ContextVar("connection", default="")  # the connection of the line that runs


class Session:
    """State behind the magic and the widgets of one kernel."""

    _options = ""  # of the last sandbox that was to be started, as a line has them

    def __init__(self) -> None:
        self.order_limits: OrderLimits | None = None  # the notebook's own, for every client it connects
        self.fees: Mapping[str, Any] | None = None  # the broker's own fees, as the notebook states them
        # Of the notebook's clients; None leaves them to the environment.
        self.language: str | None = None
        self.limits_url: str | None = None
        self._connections: dict[str, NamedConnection] = {"": NamedConnection("")}
        self.sandbox: SandboxProcess | None = None
        self.entered: Credentials | None = None  # typed into the panel
        self.notify: Callable[[str], None] = say

    @contextmanager
    def using(self, name: str) -> Iterator[NamedConnection]:
        """Use the connection called `name` for what is done inside.

        Raises
        ------
        RequestRefused
            There is none of that name.
        """
        if name and name not in self._connections:
            known = commas(f"@{each}" for each in self._connections if each) or _("none")
            raise RequestRefused(
                _(
                    "There is no connection called '{name}' (there are: {known}): type `%openapi connect "
                    "sandbox --as {name}` (or paper, or live) first."
                ).format(name=name, known=known)
            )
        token = _USED.set(name)
        try:
            yield self._connections[name]
        finally:
            _USED.reset(token)

    @property
    def connection(self) -> NamedConnection:
        """The connection of the line that runs: the unnamed one, but for ``%openapi @NAME ...``."""
        return self._connections.get(_USED.get()) or self._connections[""]

    @property
    def holder(self) -> Session | NamedConnection:
        """What a panel opened by the line that runs takes its client from."""
        return self.connection if self.connection.name else self

    @property
    def connections(self) -> tuple[NamedConnection, ...]:
        """Every connection that is connected."""
        return tuple(each for each in self._connections.values() if each.client is not None)

    @property
    def client(self) -> Client | None:
        """The connected client."""
        return self.connection.client

    @client.setter
    def client(self, client: Client | None) -> None:
        if client is not None:
            self._settle(client)
        self.connection.hold(client)

    @property
    def found(self) -> Found | None:
        """Where the client's credentials came from; None for a sandbox."""
        return self.connection.found

    @found.setter
    def found(self, found: Found | None) -> None:
        self.connection.found = found

    @property
    def preview(self) -> Pending | None:
        """The last preview that waits for ``%openapi send``, or None; one that is set counts as seen."""
        return self.connection.pending.last

    @preview.setter
    def preview(self, preview: Pending | None) -> None:
        self.connection.pending.put(preview)

    def _settle(self, client: Client) -> None:
        """Give a client this notebook's order limits and fees."""
        if self.order_limits is not None:
            client.order_limits = self.order_limits
        if self.fees is not None:
            client.fees = self.fees

    def set_order_limits(self, limits: OrderLimits) -> None:
        """Check the orders of this notebook against these limits from now on."""
        self.order_limits = limits
        for each in self._connections.values():
            if each.client is not None:
                each.client.order_limits = limits

    def set_language(self, language: str | None) -> None:
        """Ask the broker for names and messages in this language, in every connection of this notebook."""
        self.language = language
        for each in self.connections:
            if each.client is not None:
                each.client.language = choose_language(language)

    def set_fees(self, fees: Mapping[str, Any]) -> None:
        """Estimate with these fees of the broker's own from now on, in every connection of this notebook."""
        self.fees = fees
        for each in self._connections.values():
            if each.client is not None:
                each.client.fees = fees

    def release(self, name: str | None) -> str:
        """Disarm and detach the connection called `name`, or every one for None; say which, or nothing.

        A detached client may still read, and can't change anything; so can no preview of it be sent.
        """
        names = list(self._connections) if name is None else [name]
        titles = []
        for each in names:
            connection = self._connections.get(each)
            waiting = connection.pending.last if connection is not None else None
            if waiting is not None and not waiting.sent:
                self.notify(_("The preview that waited for `%openapi send` is void; nothing was sent."))
            client = connection.release() if connection is not None else None
            if client is not None:
                titles.append(client.account.title)
        if not titles:
            return ""
        said = _("Nothing is connected now: the connection to the {titles} was closed.")
        if any(each.client is not None for each in self._connections.values()):
            said = _("The connection to the {titles} was closed; the others stay open.")
        return said.format(titles=_(" and the ").join(titles))

    def connect(
        self,
        mode: str,
        *,
        trading: bool | None = None,
        profile: str | None = None,
        credentials: Credentials | None = None,
        region: str | None = None,
        place: str | None = None,
        name: str = "",
    ) -> Client:
        """Make the client of an account and keep it; see `connect`. If that fails, nothing is connected."""
        # What is typed after a connect that failed must not reach the account from before it, nor must a
        # preview of one account be sent after connecting to another.
        self.release(name)
        connection = self._connections.get(name) or NamedConnection(name)
        client, found = self._opened(
            mode, trading=trading, profile=profile, credentials=credentials, region=region, place=place
        )
        self._settle(client)
        connection.hold(client)
        connection.found = found
        self._connections[name] = connection
        self._report_unsettled(client)
        return client

    def _opened(
        self,
        mode: str,
        *,
        trading: bool | None,
        profile: str | None,
        credentials: Credentials | None,
        region: str | None,
        place: str | None,
    ) -> tuple[Client, Found | None]:
        """Return the client of an account, and where its credentials came from."""
        if mode_named(mode) == "sandbox":
            if profile or credentials or region or place:
                raise RequestRefused(
                    _(
                        "The sandbox has keys of its own: connect to it without a profile, credentials, "
                        "place or region."
                    )
                )
            return self._own_sandbox(trading=trading), None
        here = machine()
        if here.sandbox_only:
            raise RequestRefused(
                _(
                    "On Binder, someone else's machine, only the sandbox may be used: `%openapi connect "
                    "sandbox`."
                )
            )
        if not here.orders:
            trading = self._not_from_here(trading=trading)
        refused = trading and mode_named(mode) == "live"  # by the client, with these words
        if here.vanishing and not refused:
            self.notify(here.vanishing)
        return self._account(mode, profile, credentials, trading=trading, region=region, place=place)

    def _own_sandbox(self, *, trading: bool | None) -> Client:
        running = self.sandbox is not None and self.sandbox.alive
        other = "" if running else self._options
        process = self.start_sandbox()
        if other:
            self.notify(
                _(
                    "This is a new, private sandbox, and not the one of `%openapi sandbox start {options}`, "
                    "which does not run here."
                ).format(options=other)
            )
        return Client(
            Credentials(*process.keys()),
            "sandbox",
            process.http_url,
            trading=trading,
            limits=process.limits,
            source=N_("its own keys"),
            notify=self.notify,
            language=self.language,
            limits_url=self.limits_url,
        )

    def _account(
        self,
        mode: str,
        profile: str | None,
        credentials: Credentials | None,
        *,
        trading: bool | None,
        region: str | None,
        place: str | None,
    ) -> tuple[Client, Found]:
        server = TokenServer(resolve_host(None, region)).name
        if credentials is not None and place is not None:
            raise RequestRefused(_("Keys and a place to take them from were given: give only one."))
        found = find_credentials(profile, credentials, self.entered, place=place, server=server)
        for other in found.differs:
            self.notify(
                _("Using {source}; {other} holds other credentials.").format(source=found.source, other=other)
            )
        for note in (*found.warnings, *found.notes):
            self.notify(note)
        client = Client(
            found.credentials,
            mode,
            trading=trading,
            region=region,
            source=str(found.source),
            notify=self.notify,
            language=self.language,
            limits_url=self.limits_url,
        )
        return client, found

    @staticmethod
    def _not_from_here(*, trading: bool | None) -> bool:
        """Keep orders off on a page that others use; refuse to turn them on without its owner's consent."""
        if trading:
            raise RequestRefused(
                _(
                    "Orders are off on this page, which others may use, until its owner sets {variable}=on "
                    "for the server."
                ).format(variable=OWNER_SAYS)
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
            template = ngettext(
                "{count} order of this account is not settled: `%openapi reconcile`",
                "{count} orders of this account are not settled: `%openapi reconcile`",
                count,
            )
            self.notify(template.format(count=count))

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
            store = client.refresh().token_store
            return _("The new OAuth token is stored in {place}.").format(place=store.words if store else "")
        kept = keep_token(source, client.refresh())
        if source.kind == "panel":
            self.entered = kept.credentials
        return _("{message} Other programs that use the old token stop working.").format(message=kept.message)

    def forget(self, profile: str | None = None, *, oauth: bool = False) -> str:
        """Disconnect, drop typed credentials, delete the profile or login named; say what was done."""
        done = [_("Disconnected; nothing typed is kept.")]
        if profile is not None:
            deleted = forget_profile(profile)
            template = (
                _("Profile '{profile}' is deleted.")
                if deleted
                else _("Profile '{profile}' is not stored here.")
            )
            done.append(template.format(profile=profile))
        if oauth:
            done.append(_forget_login())
        self._drop()
        return " ".join(done)

    def _drop(self) -> None:
        """Close every connection and forget what was typed."""
        clients = [each.client for each in self.connections]
        self.release(None)
        for client in clients:
            if client is not None:
                client.close()
        self.entered = None

    def start_sandbox(self, arguments: Sequence[str] = ()) -> SandboxProcess:
        """Return this kernel's sandbox, started now if it does not run."""
        if self.sandbox is None or not self.sandbox.alive:
            pairs = zip(arguments[::2], arguments[1::2], strict=False)
            self._options = " ".join(f"{name.removeprefix('--')}={value}" for name, value in pairs)
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
        """Close every connection, and stop the sandbox."""
        self._drop()
        self.stop_sandbox()

    def connected(self) -> Client:
        """Return the client, or refuse with the line to type."""
        connection = self.connection
        if connection.client is None:
            named = f" --as {connection.name}" if connection.name else ""
            raise RequestRefused(
                _("Not connected: type `%openapi connect sandbox{named}` (or paper, or live) first.").format(
                    named=named
                )
            )
        connection.client.refuse_closed()
        return connection.client


def _forget_login() -> str:
    """Delete the tokens of the OAuth login; its client stays registered, for the next login."""
    known = registration(TokenServer(resolve_host()).name)
    if known is None or not OAuthFile(known.client_id).forget():
        return _("There is no OAuth login here.")
    return _(
        "The OAuth login is deleted here; the broker's app lists this program among those that you allowed."
    )


# A reload (`%autoreload`, `importlib.reload`) runs this file again: the connections stay.
SESSION: Session = lasting("session", Session)


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
    this process. Inside IPython the client that the magic used before may only read from then on, also when
    connecting fails. To hold several there, type ``%openapi connect ... --as NAME``, or make a `Client`.

    Parameters
    ----------
    mode
        ``sandbox``, ``paper`` or ``live``.
    trading
        Whether orders may be sent. Default: yes for sandbox and paper, no for live.
    profile
        The name of a stored profile.
    credentials
        Given credentials; otherwise: the panel's, a profile's, the OAuth login's, the environment's, a
        ``.env`` file's.
    region
        ``cn`` for the mainland hosts.

    Raises
    ------
    RequestRefused
        There are no credentials (it says where to put them), or the combination is not allowed.
    """
    earlier = None if in_ipython() else SESSION.client
    client = SESSION.connect(mode, trading=trading, profile=profile, credentials=credentials, region=region)
    if earlier is not None:
        earlier.connection.attach()  # no line of a script speaks for "the connected account"
    return client
