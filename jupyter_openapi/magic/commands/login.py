"""``login``: type keys into the panel or a terminal, or log in on the broker's page with OAuth.

The link of a login is a line in a page, text in a terminal. It is taken back when the login is over.
"""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping
from typing import Any, Self

from markupsafe import Markup

from jupyter_openapi.credentials import Credentials
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.machine import browser_is_elsewhere, machine
from jupyter_openapi.magic.command import Invocation, Report, command
from jupyter_openapi.magic.flags import Flag
from jupyter_openapi.messages import _, say
from jupyter_openapi.transport.hosts import Host, resolve_host

PROFILE = Flag("profile", "NAME", "which stored account")
REGION = Flag("region", "REGION", "which of the broker's hosts", choices=("cn", "hk"))
OF_OAUTH = ("oauth", "paste", "device", "port", "region")


@command(
    "login",
    "Open the credential panel, or ask in a terminal; with --oauth log in on the broker's page.",
    flags=(
        PROFILE,
        Flag("oauth", help="log in on the broker's page, which sends the browser back to this machine"),
        Flag("paste", help="the same where the browser runs elsewhere: paste the address it was sent to"),
        Flag("device", help="the same with a short code, which is typed on any other machine"),
        Flag("port", "NUMBER", "the port of 127.0.0.1 that --oauth listens at"),
        REGION,
    ),
    examples=("login", "login --oauth", "login --oauth --profile main", "login --device"),
)
def login(invocation: Invocation) -> Any:
    """Return the panel; in a terminal ask for the keys without showing them; or log in with OAuth."""
    flags = invocation.command.flags
    profile = str(flags.get("profile") or "")
    if any(flags.get(name) for name in OF_OAUTH):
        return _by_oauth(flags, profile)
    if _in_kernel():
        from jupyter_openapi.widgets import CredentialPanel

        return CredentialPanel(profile=profile)
    from jupyter_openapi.session import SESSION

    SESSION.entered = _asked()
    if profile:
        from jupyter_openapi.credentials import store_profile

        store_profile(profile, SESSION.entered)
        return Report(
            _("Stored as profile '{profile}'. Now type %openapi connect paper --profile {profile}.").format(
                profile=profile
            )
        )
    return Report(_("Kept in this process's memory only. Now type %openapi connect paper."))


def _in_kernel() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def _asked() -> Credentials:
    from getpass import getpass

    try:
        return Credentials(getpass("App Key: "), getpass("App Secret: "), getpass("Access Token: "))
    except EOFError:
        raise RequestRefused(
            _("The input ended before the three keys were typed; nothing was kept.")
        ) from None


def _by_oauth(flags: Any, profile: str) -> Report:
    """Log in on the broker's page, in the way that the flags ask for or this machine allows."""
    from jupyter_openapi.session import SESSION

    if flags.get("device") and (flags.get("paste") or flags.get("port")):
        raise RequestRefused(_("--device neither listens nor takes an address: type it alone."))
    host = resolve_host(None, str(flags["region"]) if flags.get("region") else None)
    if machine().sandbox_only and not host.loopback:
        raise RequestRefused(_("On Binder, someone else's machine, nobody should log in."))
    if flags.get("device"):
        keys = _by_device(host, profile)
    else:
        keys = _by_browser(host, profile, _port(flags.get("port")), paste=bool(flags.get("paste")))
    SESSION.entered = None  # keys that were typed before would be used first
    store = keys.token_store
    place, expires = (store.words, store.expires) if store is not None else ("", None)
    until = _(" until {day:%Y-%m-%d}").format(day=expires) if expires is not None else ""
    named = f" --profile {profile}" if profile else ""
    return Report(
        _(
            "Logged in. The token is kept in {place}{until}, and renews itself. Now type %openapi connect "
            "paper{named} (or live)."
        ).format(place=place, until=until, named=named)
    )


def _port(text: Any) -> int:
    if not text:
        return 0
    if not str(text).isascii() or not str(text).isdigit() or not 0 < int(text) < 65_536:
        raise RequestRefused(_("--port takes a number from 1 to 65535, such as --port 60355."))
    return int(text)


def _by_browser(host: Host, profile: str, port: int, *, paste: bool) -> Credentials:
    from jupyter_openapi.login.browser import BrowserLogin

    elsewhere = browser_is_elsewhere()
    with BrowserLogin(host, port=port, profile=profile) as login, LoginNotice(host, login.url) as notice:
        if not (paste or (elsewhere and not port)):
            notice.show(_("Waiting for the browser, for 5 minutes at most."))
            if not _in_kernel():
                notice.open_browser(os.environ)
            return login.wait()
        notice.show(
            _(
                "At the end the browser can't open the page, since this kernel runs on another machine: copy "
                "the whole address from its address bar and paste it below. (--device needs no pasting.)"
            )
        )
        return login.paste(_pasted())


def _by_device(host: Host, profile: str) -> Credentials:
    from jupyter_openapi.login.device import DeviceLogin

    login = DeviceLogin(host, profile=profile)
    with LoginNotice(host, login.url) as notice:
        notice.show(
            _("Open it on any machine; the code is {code}. Waiting until you agree there.").format(
                code=login.user_code
            )
        )
        return login.wait()


def _pasted() -> str:
    """Return what a person pastes; what is typed so is kept in no notebook."""
    from getpass import getpass

    from IPython.core.error import StdinNotImplementedError

    try:
        return getpass(_("Address: "))
    except EOFError:
        return ""
    except StdinNotImplementedError:
        raise RequestRefused(
            _("This front end can't ask for text: type `%openapi login --device` instead.")
        ) from None


LINK = Markup('<p><a href="{url}" target="_blank" rel="noopener noreferrer">{title}</a></p><p>{text}</p>')
OVER = Markup("<p>{text}</p>")


class LoginNotice:
    """The notice of one login; a context manager, at whose end the link is replaced by a word.

    Parameters
    ----------
    host
        Whose page it is.
    url
        The page.
    """

    def __init__(self, host: Host, url: str) -> None:
        self._title = _("Log in on {host}").format(host=host.name)
        self._url = url
        self._shown: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def show(self, text: str) -> None:
        """Show the link and what to do."""
        plain = f"{self._title}:\n{self._url}\n{text}"
        if not _in_kernel():
            say(plain)
            return
        from IPython.display import display

        html = LINK.format(url=self._url, title=self._title, text=text)
        self._shown = display(  # type: ignore[no-untyped-call]
            {"text/html": html, "text/plain": plain}, raw=True, display_id=True
        )

    def _end(self) -> None:
        if self._shown is not None:
            over = _("The link to log in was shown here; it is no longer of use.")
            self._shown.update({"text/html": OVER.format(text=over), "text/plain": over}, raw=True)

    def open_browser(self, environ: Mapping[str, str]) -> bool:
        """Open the page in a browser with windows; never one that would take over a terminal."""
        windows = os.name == "nt" or sys.platform == "darwin"
        if not windows and not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
            return False
        try:
            return webbrowser.open(self._url)
        except (OSError, webbrowser.Error):
            return False
