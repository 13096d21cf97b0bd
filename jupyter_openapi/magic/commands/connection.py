"""``connect``, ``disconnect``, ``status``, ``check``, ``refresh`` and ``forget``."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_openapi.account import Account
from jupyter_openapi.client import Client
from jupyter_openapi.connection import CALLS
from jupyter_openapi.credentials import validity
from jupyter_openapi.credentials.sources import PLACES
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.command import Invocation, Report, command, notify, notify_panels, parameter
from jupyter_openapi.magic.commands.login import PROFILE, REGION
from jupyter_openapi.magic.flags import Flag, Words
from jupyter_openapi.magic.grammar import connection_name
from jupyter_openapi.messages import N_, _, aligned, say
from jupyter_openapi.spec.model import Effect, Kind


@command(
    "refresh",
    "Exchange the access token for a new one; the old one stops working everywhere.",
    effect=Effect.WRITE,
    accepts=("execute",),
    examples=("--execute refresh",),
)
def refresh(invocation: Invocation) -> Report:
    """Send the refresh once and store the new token where the old one came from."""
    from jupyter_openapi.session import SESSION

    client = SESSION.connected()
    if not invocation.command.flags.get("execute"):
        raise RequestRefused(
            _(
                "Nothing was sent: this ends the present token of the {title} for every program that uses "
                "it. If you mean it, type `%openapi --execute refresh`."
            ).format(title=client.account.title)
        )
    return Report(SESSION.refresh())


@command(
    "disconnect",
    "Disconnect: the client can only read from then on. Typed keys are kept.",
    examples=("disconnect", "@second disconnect"),
)
def disconnect(invocation: Invocation) -> Report:
    """Close the connection that the line names, and say which it was."""
    del invocation
    from jupyter_openapi.session import SESSION

    client = SESSION.client
    if client is None:
        return Report(_("Nothing was connected."))
    SESSION.release(SESSION.connection.name)
    notify_panels("account")
    return Report(_("Disconnected from the {title}.").format(title=client.account.title))


@command(
    "forget",
    "Disconnect and drop typed keys; with --profile or --oauth delete a stored account.",
    flags=(PROFILE, Flag("oauth", help="delete the tokens of the OAuth login")),
    examples=("forget", "forget --profile main", "forget --oauth"),
)
def forget(invocation: Invocation) -> Report:
    """Drop the keys and return what was done."""
    from jupyter_openapi.session import SESSION

    profile = invocation.command.flags.get("profile")
    done = SESSION.forget(
        str(profile) if profile else None, oauth=bool(invocation.command.flags.get("oauth"))
    )
    notify_panels("account")
    return Report(done)


@command("check", "Test host, TLS, region, signature, latency, clock, token and limits, one line each.")
def check(invocation: Invocation) -> Report:
    """Test each in turn; one line each says what was found, or what to do."""
    del invocation
    from jupyter_openapi.diagnostics import check_up
    from jupyter_openapi.session import SESSION

    return Report("\n".join(str(finding) for finding in check_up(SESSION.connected())))


def describe_status(client: Client) -> Report:
    """Return the report as aligned lines; nothing is sent."""
    account = client.account
    rows = [
        (N_("account"), account.title),
        (N_("host"), account.host),
        (N_("trading"), _("on") if account.trading else _("off: this connection is read-only")),
        (N_("token"), str(validity(client.token_days_left(), renews=client.token_renews))),
        *_unsettled_row(client),
        *_settings_row(),
        *([(N_("limits in"), client.connection.limits_place)] if client.connection.limits_place else []),
        *[
            (_("{kind} calls left").format(kind=_(CALLS.get(kind, kind))), str(left))
            for kind, left in client.limits_left().items()
        ],
    ]
    return Report("\n".join(aligned(rows)))


def _settings_row() -> list[tuple[str, str]]:
    """Return the row of the saved settings; no row where there are none."""
    from jupyter_openapi.magic.commands import settings

    found = ", ".join(f"{name}={value}" for name, value in settings.kept().items())
    return [(N_("settings"), f"{found} ({settings.path()})")] if found else []


def _unsettled_row(client: Client) -> list[tuple[str, str]]:
    """Return the row that counts orders of unknown outcome; no row if there are none."""
    try:
        count = client.unsettled()
    except RequestRefused as refused:
        return [(N_("journal"), str(refused))]
    return [(N_("unsettled"), _("{count}: type `%openapi reconcile`").format(count=count))] if count else []


RED = "\x1b[1;97;41m"
PLAIN = "\x1b[0m"


def _default_account(items: Sequence[Words]) -> Sequence[Words]:
    """Put the default account where none is named; refuse what starts a sandbox, with the lines to type."""
    from jupyter_openapi.magic.commands import settings
    from jupyter_openapi.magic.commands.sandbox import OPTIONS

    of_sandbox = [f"{name}={text}" for name, text in items if name in OPTIONS]
    if of_sandbox:
        raise RequestRefused(
            _(
                "connect takes the account alone: type `%openapi sandbox start {options}`, then `%openapi "
                "connect sandbox`."
            ).format(options=" ".join(of_sandbox))
        )

    account = None if items else settings.kept().get("account")
    return items if account is None else [("account", account)]


@command(
    "connect",
    "Connect to the sandbox, a paper account or a live account.",
    parameter("account", Kind.ENUM, "which account", choices=("sandbox", "paper", "live"), required=True),
    flags=(
        Flag("trade", help="allow orders on a live account, which is read-only otherwise"),
        PROFILE,
        Flag("from", "PLACE", "take the keys from this source only", choices=tuple(PLACES), literal=True),
        REGION,
        Flag(
            "as", "NAME", "keep the other connections too; use this one as %openapi @NAME ...", literal=True
        ),
    ),
    examples=(
        "connect sandbox",
        "connect paper --profile main",
        "connect live --trade",
        "connect paper --from env",
        "connect paper --as second",
    ),
    words=_default_account,
)
def connect(invocation: Invocation) -> Client:
    """Connect, say to which account, and return the client."""
    from jupyter_openapi.session import SESSION

    flags = invocation.command.flags
    profile, region, place = (flags.get(name) for name in ("profile", "region", "from"))
    if flags.get("trade") and not invocation.command.words:
        raise RequestRefused(_("--trade needs the account named: type %openapi connect live --trade."))
    client = SESSION.connect(
        str(invocation.given["account"]),
        trading=True if flags.get("trade") else None,
        profile=str(profile) if profile else None,
        region=str(region) if region else None,
        place=str(place) if place else None,
        name=connection_name(str(flags["as"])) if "as" in flags else "",
    )
    notify_panels("account")
    if client.account.mode == "live" and client.account.trading:
        say(banner(client.account), warning=True)  # not to be muted, nor lost in a pipe
    else:
        notify(invocation.command, _("Connected to the {title}.").format(title=client.account.title))
    return client


def banner(account: Account) -> str:
    """Return the red line that stands over a live account whose orders are on."""
    text = _(" {title}: ORDERS ARE ON. What you send here trades real money. ").format(title=account.title)
    return f"{RED}{text}{PLAIN}"


@command("status", "Show the account, where its credentials come from, days and quota left.")
def status(invocation: Invocation) -> Report:
    """Describe the connection; nothing is sent."""
    del invocation

    from jupyter_openapi.session import SESSION

    return describe_status(SESSION.connected())
