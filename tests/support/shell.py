"""The extension in a real IPython shell, cell by cell."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from IPython.testing.globalipapp import start_ipython

from jupyter_openapi import Client, Credentials
from jupyter_openapi.magic.present import SEEN
from jupyter_openapi.session import SESSION
from support.sandbox import start_sandbox

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class Shell:
    """Runs cells as a person would."""

    def __init__(self, ip: InteractiveShell) -> None:
        self.ip = ip

    def run(self, cell: str) -> Any:
        """Run a cell that must succeed; return what its last line gives."""
        done = self.ip.run_cell(cell)
        done.raise_error()
        return done.result

    def fail(self, cell: str) -> str:
        """Run a cell that must fail; return the one line that is shown for it."""
        error = self.ip.run_cell(cell).error_in_exec
        assert error is not None, f"{cell!r} did not fail"
        lines: list[str] = error._render_traceback_()
        assert len(lines) == 1
        assert "\n" not in lines[0]
        return lines[0]

    def complete(self, text: str, cursor: int | None = None) -> list[str]:
        """Return what the completer offers, as the terminal and the kernel ask it."""
        return [text for text, _ in self.offers(text, cursor)]

    def offers(self, text: str, cursor: int | None = None) -> list[tuple[str, str]]:
        """Return each offer, and the whole text that taking it makes."""
        from IPython.core.completer import provisionalcompleter

        at = len(text) if cursor is None else cursor
        with provisionalcompleter():
            found = list(self.ip.Completer.completions(text, at))
        return [(each.text, text[: each.start] + each.text + text[each.end :]) for each in found]


@contextlib.contextmanager
def loaded_shell() -> Iterator[Shell]:
    """Load the extension, and leave nothing behind."""
    ip = start_ipython() or get_ipython()  # None where another module has started it
    ip.run_line_magic("load_ext", "jupyter_openapi")
    SEEN.clear()
    try:
        yield Shell(ip)
    finally:
        ip.run_line_magic("unload_ext", "jupyter_openapi")
        SESSION.close()
        SEEN.clear()


@contextlib.contextmanager
def connected_shell(*options: str) -> Iterator[Shell]:
    """Load the extension, connected to a sandbox of its own without limits, which gets these options."""
    with start_sandbox("--limits", "off", *options) as sandbox, loaded_shell() as loaded:
        keys = sandbox.credentials
        credentials = Credentials(keys.app_key, keys.app_secret, keys.access_token)
        with Client(credentials, "sandbox", sandbox.url, limits=False) as client:
            SESSION.client = client
            yield loaded
            SESSION.client = SESSION.preview = None
