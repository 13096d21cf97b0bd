"""A page in place of the browser's: numbers its messages, keeps the views that the kernel sends."""

from __future__ import annotations

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
