"""A page in place of the browser's: numbers its messages, keeps the views that the kernel sends."""

from __future__ import annotations

import time
from typing import Any

from browser.fakes import until


class Told:
    """The page of one panel."""

    def __init__(self, panel: Any, name: str = "page-1") -> None:
        self.panel, self.name, self.number = panel, name, 0
        self.views: list[dict[str, Any]] = []
        panel.send = lambda content, buffers=None: self.views.append(content)

    def tell(self, kind: str, **content: Any) -> dict[str, Any]:
        self.number += 1
        message = {"kind": kind, "page": self.name, "number": self.number, **content}
        self.panel._handle_custom_msg(message, [])
        return message

    @property
    def view(self) -> dict[str, Any]:
        assert until(lambda: self.views)
        return self.views[-1]

    def wait_for(self, name: str, found: Any = bool) -> Any:
        """Return a part of the view, once `found` holds for it."""
        assert until(lambda: found(self.view[name])), f"{name} stays {self.view[name]!r}"
        return self.view[name]


class Painting(Told):
    """A page that paints: keeps what it was told, and says so."""

    def __init__(self, panel: Any, name: str = "page-1") -> None:
        super().__init__(panel, name)
        self.state: dict[str, Any] = {}
        self.updates: list[dict[str, Any]] = []
        self.open = True
        panel.send = self.hear

    def ping(self, true: Any) -> bool:
        """Wait for something with signs of life, as an open page gives them."""

        def alive() -> Any:
            self.tell("ping")
            time.sleep(0.05)
            return true()

        return until(alive)

    def hear(self, content: dict[str, Any], buffers: Any = None) -> None:
        self.views.append(content)
        if not self.open:
            return
        self.updates.append(content)
        self.state = {**(self.state if content["base"] else {}), **content["set"]}
        painted = {"kind": "painted", "page": self.name, "update": content["number"]}
        self.panel._handle_custom_msg(painted, [])
