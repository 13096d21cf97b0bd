"""The watch table: quotes of some symbols, kept up to date in place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jupyter_openapi.account import ClientLike
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _, commas
from jupyter_openapi.session import SESSION
from jupyter_openapi.stream.gateway import INTERRUPTED, LIVE, OPENING, REFUSED
from jupyter_openapi.stream.subscriptions import QuoteSubscription
from jupyter_openapi.widgets.flow import Pace
from jupyter_openapi.widgets.live_page import LivePage, streaming
from jupyter_openapi.widgets.model import ClientHolder, holder_of
from jupyter_openapi.widgets.panel import static
from jupyter_openapi.widgets.watch_rows import cells, columns, row

KINDS = ("quote", "depth")


class Watch(LivePage):
    """A table of live quotes, a row a symbol, with a Stop button.

    The subscription begins at once. It ends with Stop, with `close()`, and when no page has shown the
    table for a minute; a page that shows it again starts it again.

    Parameters
    ----------
    symbols
        Such as ``"700.HK"`` or ``["700.HK", "AAPL.US"]``.
    client
        Whose data it is, where there is no IPython (marimo, plain Python).
    session
        Whose client it uses; the kernel's own by default.
    language
        en, zh-CN or zh-HK; the language that was chosen, else the front end's, by default.
    pace
        Times; a test shortens them.

    Raises
    ------
    RequestRefused
        A wrong symbol, or nothing is connected; nothing was sent.

    Examples
    --------
    >>> Watch(["700.HK", "AAPL.US"])  # doctest: +SKIP
    """

    NAME = "Watch"
    _esm = static("watch.js")
    _css = static("panel.css", "watch.css")

    def __init__(
        self,
        symbols: str | Iterable[str],
        *,
        client: ClientLike | None = None,
        session: ClientHolder | None = None,
        language: str = "",
        pace: Pace | None = None,
    ) -> None:
        super().__init__(holder_of(client, session, SESSION), pace=pace, language=language)
        self.symbols = (symbols,) if isinstance(symbols, str) else tuple(symbols)
        self.subscription: QuoteSubscription | None = None
        self._rows: dict[str, Any] = {}
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def follow(self) -> None:
        """Subscribe."""
        found = streaming(self._session).subscribe(self.symbols, *KINDS)
        if not isinstance(found, QuoteSubscription):
            raise RequestRefused(_("There are no quotes of these."))
        self.symbols, self.subscription = found.symbols, found
        found.on(lambda _event: self.touch())

    def unfollow(self) -> None:
        """Free the subscription."""
        if self.subscription is not None:
            self.subscription.close()

    def words(self) -> dict[str, str]:
        """Return the words of the page."""
        return {**super().words(), "title": _("Watch")}

    def state(self) -> dict[str, Any]:
        """Return all that a page shows, as JSON, by keys that stay the same."""
        live = self.subscription
        if live is not None and self.following:
            # What was known last stays when the subscription is gone.
            rows = [row(symbol, live.newest(symbol)) for symbol in self.symbols]
            self._rows = dict(cells(rows))
        return {
            **self.head(self._session.client),
            "columns": columns(),
            "count": len(self.symbols),
            "note": self._note(live),
            "error": self._problem(live),
            **self._rows,
        }

    def _problem(self, live: QuoteSubscription | None) -> str:
        if self.error or live is None or not self.following:
            return self.error
        return str(live.error or "") if live.state in {REFUSED, INTERRUPTED} else ""

    def _note(self, live: QuoteSubscription | None) -> str:
        if not self.following:
            return _("Stopped: these are the last values.")
        state = OPENING if live is None else live.state
        if state == LIVE and live is not None and live.silent:
            return _("Live. Nothing came yet of {symbols}: such an account may get no pushes.").format(
                symbols=commas(live.silent)
            )
        return {
            OPENING: _("Opening the link…"),
            LIVE: _("Live."),
            INTERRUPTED: _("Interrupted: these are the last values; the link is being opened again."),
            REFUSED: _("Refused."),
        }.get(state, "")

    @property
    def live_state(self) -> str:
        """``live``, ``interrupted``, ...; ``stopped`` while nothing is subscribed to."""
        return self.subscription.state if self.following and self.subscription is not None else "stopped"

    def fallback(self) -> str:
        """Return what to show where there are no widgets."""
        return _("Watch table. Without it: %openapi watch --seconds 30 {symbols}").format(
            symbols=" ".join(self.symbols)
        )
