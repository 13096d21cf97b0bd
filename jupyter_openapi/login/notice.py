"""Show the link of a login: a line in a page, text in a terminal. It is taken back when the login is over."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping
from typing import Any, Self

from markupsafe import Markup

from jupyter_openapi.messages import _
from jupyter_openapi.transport.hosts import Host

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
            print(plain)  # noqa: T201 (what a person must see now)
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


def _in_kernel() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None
