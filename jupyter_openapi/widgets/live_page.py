"""Shared base of the live panels: one flow of updates, Stop and Start, and an end when nobody looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from jupyter_openapi.account import ClientLike
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.kernel import cell_clock
from jupyter_openapi.messages import ENGLISH, _, speaking
from jupyter_openapi.stream.subscriber import Subscriber
from jupyter_openapi.widgets.flow import Flow, Pace, Pump, Update
from jupyter_openapi.widgets.model import ClientHolder, connected, failure_words
from jupyter_openapi.widgets.panel import Page, head_view, stamp


def streaming(session: ClientHolder) -> Subscriber:
    """Return the connected client, which can subscribe.

    Raises
    ------
    RequestRefused
        Nothing is connected, or the client has no live data.
    """
    client: object = connected(session)
    if not isinstance(client, Subscriber):
        raise RequestRefused(_("This client has no live data; type `%openapi connect sandbox` for one."))
    return client


def follow_quietly(panel: LivePage) -> None:
    """Start a panel; what refuses it is shown inside."""
    try:
        panel.start()
    except Exception as failure:  # noqa: BLE001 (shown in the panel)
        panel.trouble(failure_words(failure))


class LivePage(Page):
    """A panel that follows live data. Subclasses say what is followed, and what is shown of it.

    Parameters
    ----------
    session
        Whose client it uses.
    pace
        Times; a test shortens them.
    """

    def __init__(self, session: ClientHolder, *, pace: Pace | None = None, **traits: Any) -> None:
        super().__init__(session, **traits)
        flow = Flow(pace or Pace(), lambda: cell_clock().began, time.monotonic())
        cell_clock()  # from now on
        self._pump = Pump(flow, self._spoken_state, self._post, self._leave)
        self._turn = threading.RLock()
        self.error = ""
        self.stopped = False  # by its button
        self.following = False

    def follow(self) -> None:
        """Begin to follow; called again after `unfollow`."""
        # This and the next two are each panel's own; widgets have a metaclass, so this is no ABC.
        raise NotImplementedError

    def unfollow(self) -> None:
        """End every subscription."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """Return all that a page shows, as JSON, by keys that stay the same."""
        raise NotImplementedError

    def _spoken_state(self) -> dict[str, Any]:
        with speaking(self.spoken() or ENGLISH):
            return self.state()

    def words(self) -> dict[str, str]:
        """Return the words of the page; a panel adds its own, its title among them."""
        return {"stop": _("Stop"), "start": _("Start")}

    def ask(self, kind: str, content: Mapping[str, Any]) -> None:
        """Take a message of the page that is the panel's own."""

    def start(self) -> None:
        """Follow, unless it does already."""
        with self._turn:
            self.stopped = False
            if not self.following:
                self.error = ""
                self.follow()
                self.following = True
        self._pump.start()
        self.touch()

    def stop(self) -> None:
        """Free the subscription; what was shown stays."""
        self.stopped = True
        self._release()

    def _release(self) -> None:
        with self._turn:
            if self.following:
                self.following = False
                self.unfollow()
        self.touch()

    def _leave(self) -> None:
        """Free the subscription: no page has shown the panel for a while. One that does starts it again."""
        with self._turn:  # a page that was heard meanwhile has seen that the panel follows, and relies on it
            if not self._pump.watched:
                self._release()

    def touch(self) -> None:
        """Note that the state may have changed."""
        self._pump.touch()

    def message(self, kind: str, content: Mapping[str, Any]) -> None:
        """Take one message of the page."""
        with self._turn:
            if kind == "stop":
                self.stop()
            elif kind == "start" or (not self.following and not self.stopped):
                self.start()
        if kind not in {"hello", "ping", "start", "stop"}:
            self.ask(kind, content)

    def trouble(self, words: str) -> None:
        """Show an error inside the panel."""
        self.error = words

    def view(self) -> dict[str, Any]:
        """Return what the page shows, as JSON."""
        return self.state()

    def head(self, client: ClientLike | None) -> dict[str, Any]:
        """Return what both panels show alike."""
        known = head_view(client, privacy=self.privacy)
        known.pop("time")
        return {"head": known, "words": self.words(), "following": self.following, "error": self.error}

    def close(self) -> None:
        """Free the subscription, and leave the page."""
        if "_pump" in self.__dict__:  # it was not refused before it was whole
            self._pump.close()
            self._release()
            super().close()

    def _on_event(self, event: str) -> None:
        super()._on_event(event)  # type: ignore[arg-type]  # it is one of the two
        if event == "account":
            self._release()
            if not self.stopped:
                follow_quietly(self)

    def _post(self, update: Update) -> None:
        self.send(
            {
                "kind": "view",
                "seen": self._pages.numbers(),
                "number": update.number,
                "base": update.base,
                "time": stamp(self._session.client),
                "set": update.changed,
            }
        )

    def _receive(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Take a message; one that says what was painted needs no answer."""
        page = content.get("page") if isinstance(content, dict) else None
        if not isinstance(page, str):
            return
        kind = content.get("kind")
        if kind == "painted":
            number, ahead = content.get("update"), content.get("ahead", 0)
            if isinstance(number, int) and isinstance(ahead, int):
                self._pump.painted(page, number, ahead)
            return
        if kind != "gone":
            self._pump.heard()  # first of all, so that nobody leaves while the panel is started
        super()._receive(_widget, content, _buffers)
        if kind == "gone":
            self._pump.gone(page)
        else:
            self._pump.asked(page, whole=kind == "hello")
