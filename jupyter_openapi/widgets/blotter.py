"""The blotter: the open orders as a table that keeps itself up to date, each with Replace and Cancel."""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets
import traitlets

from jupyter_openapi.account import MODES
from jupyter_openapi.messages import _
from jupyter_openapi.session import SESSION
from jupyter_openapi.widgets.blotter_model import COLUMNS, FILTERS, BlotterModel, Row
from jupyter_openapi.widgets.model import PendingChange
from jupyter_openapi.widgets.order_form import OrderForm
from jupyter_openapi.widgets.panel import (
    INSTALL,
    LOOKING,
    failure_words,
    shown_lines,
    stamp,
    static,
    title,
    without_ids,
)
from jupyter_openapi.widgets.polling import Throttle
from jupyter_openapi.widgets.queries import ClientHolder


class BlotterRow(ipywidgets.HBox):  # type: ignore[misc]
    """One order of the table."""

    def __init__(self, order_id: str, press: Callable[[str, str], None]) -> None:
        self.cells = ipywidgets.HTML()
        self.cells.add_class("jo-cells")
        self.replace = ipywidgets.Button(description="Replace")
        self.cancel = ipywidgets.Button(description="Cancel")
        self.replace.on_click(lambda _: press("replace", order_id))
        self.cancel.on_click(lambda _: press("cancel", order_id))
        super().__init__([self.cells, self.replace, self.cancel])
        self.add_class("jo-row")

    def show(self, row: Row) -> None:
        """Show the order as it is now; what has not changed is not touched, and does not flicker."""
        _put(self.cells, "value", cells(row.cells))
        _put(self.replace, "disabled", not row.replaceable)
        _put(self.cancel, "disabled", not row.cancellable)
        _put(self.replace, "tooltip", f"Replace: {row.about}")
        _put(self.cancel, "tooltip", f"Cancel: {row.about}")


class Blotter(ipywidgets.VBox):  # type: ignore[misc]
    """The open orders, today's and older ones, with Cancel, Replace and Cancel all.

    Parameters
    ----------
    session
        Whose client it uses; the kernel's own by default.
    symbols
        Show only these.
    privacy
        Show the share that has filled instead of quantities, and no ids.
    """

    privacy = traitlets.Bool(default_value=False, help="Show no amounts, no ids.")

    def __init__(
        self, *, session: ClientHolder | None = None, symbols: Sequence[str] = (), privacy: bool = False
    ) -> None:
        self._session: ClientHolder = SESSION if session is None else session
        self._lock = threading.RLock()
        self._shown_at = 0.0
        self._lines: dict[str, BlotterRow] = {}
        self._offer_id = ""
        self._editor = OrderForm(session=self._session, privacy=privacy)
        self._outbox = Throttle(self._update)
        self.book = BlotterModel(self._session, self._outbox.touch, symbols=symbols, watched=self._watched)
        self._editor.when_opened(self.book.refresh)
        self._build()
        super().__init__(self._parts, privacy=privacy)
        self.add_class("jo-panel")
        self.add_class("jo-blotter")
        self.observe(self._on_privacy, "privacy")
        self._outbox.touch()

    # ---- its parts

    def _build(self) -> None:
        self._head = ipywidgets.HTML()
        self._symbol = ipywidgets.Text(description="Symbol", value=self.book.symbol, placeholder="all")
        self._status = ipywidgets.Dropdown(description="Status", options=list(FILTERS), value="Open")
        refresh, cancel_all = _button("Refresh", "look"), _button("Cancel all", "stop")
        self._symbol.observe(lambda change: self.book.filter(symbol=change["new"]), "value")
        self._status.observe(lambda change: self.book.filter(status=change["new"]), "value")
        refresh.on_click(lambda _: self._try(self.book.refresh))
        cancel_all.on_click(lambda _: self._try(self.book.ask_cancel_all))
        tools = ipywidgets.HBox([self._symbol, self._status, refresh, cancel_all])
        tools.add_class("jo-tools")
        columns = ipywidgets.HTML(cells(COLUMNS))
        columns.add_class("jo-columns")
        self._table = ipywidgets.VBox([])
        self._empty = ipywidgets.HTML()
        self._alert, self._said = ipywidgets.HTML(), ipywidgets.HTML()
        self._offer = ipywidgets.VBox([])
        self._close_editor = _button("Close", "quiet")
        self._close_editor.on_click(lambda _: self._edit(None))
        self._editor_box = ipywidgets.VBox([self._editor, self._close_editor])
        self._editor_box.layout.display = "none"
        style = ipywidgets.HTML(f"<style>{static('panel.css', 'blotter.css')}</style>")
        style.layout.display = "none"
        self._parts = [
            style, self._head, tools, columns, self._table, self._empty,
            self._alert, self._offer, self._said, self._editor_box,
        ]  # fmt: skip

    def _press(self, action: str, order_id: str) -> None:
        if action == "cancel":
            self._try(lambda: self.book.ask_cancel(order_id))
        else:
            self._try(lambda: self._edit(self.book.find(order_id)))

    def _edit(self, order: Mapping[str, Any] | None) -> None:
        """Open the form on an order that is to be changed, or close it."""
        if order is not None:
            self._editor.ticket.start({}, replaces=order)
        self._editor_box.layout.display = "none" if order is None else None
        if order is None:
            self._editor.ticket.drop()

    def _try(self, action: Callable[[], None]) -> None:
        """Do what a click asks; what goes wrong is shown here, for nobody would see it elsewhere."""
        try:
            action()
        except Exception as failure:  # noqa: BLE001
            self.book.error = failure_words(failure)
        self._outbox.touch()

    def _watched(self) -> bool:
        return self._editor.watched() or time.monotonic() - self._shown_at < LOOKING

    def _on_privacy(self, change: Mapping[str, Any]) -> None:
        self._editor.privacy = change["new"]
        self._outbox.touch()

    # ---- what it shows

    def _update(self) -> None:
        book, client, privacy = self.book, self._session.client, self.privacy
        with self._lock:
            mode = client.account.mode if client else "none"
            armed = bool(client and client.account.trading)
            _put(self._head, "value", head(title(client, privacy=privacy), mode, stamp(client), armed=armed))
            rows = book.rows(privacy=privacy)
            self._show_rows(rows)
            _put(
                self._empty,
                "value",
                "" if rows else f'<p class="jo-empty">{html.escape(self._why_empty())}</p>',
            )
            error = "\n".join(filter(None, [book.error, book.problem]))
            error = without_ids(error) if privacy else error
            _put(
                self._alert,
                "value",
                f'<p class="jo-alert" role="alert">{html.escape(error)}</p>' if error else "",
            )
            said = f"{book.busy}…" if book.busy else book.note
            _put(
                self._said,
                "value",
                f'<p class="jo-status" role="status">{html.escape(said)}</p>' if said else "",
            )
            self._show_offer(book.slot.offer)

    def _why_empty(self) -> str:
        if self._session.client is None:
            return "Not connected."
        if not self.book.read:
            return "Reading the orders…" if not self.book.problem else "The orders could not be read."
        kind = "open orders" if self.book.status == "Open" else "such orders"
        return f"No {kind}{f' of {self.book.symbol}' if self.book.symbol else ''}."

    def _show_rows(self, rows: Sequence[Row]) -> None:
        for row in rows:
            line = self._lines.get(row.order_id)
            if line is None:
                line = self._lines[row.order_id] = BlotterRow(row.order_id, self._press)
            line.show(row)
        wanted = tuple(self._lines[row.order_id] for row in rows)
        if self._table.children != wanted:
            self._table.children = wanted
        for order_id in self._lines.keys() - {row.order_id for row in rows}:
            _close(self._lines.pop(order_id))

    def _show_offer(self, offer: PendingChange | None) -> None:
        """Show what would be sent. Each offer has buttons of its own: a late click can't send another one."""
        wanted = offer.id if offer else ""
        if wanted == self._offer_id:
            return
        self._offer_id = wanted
        before = self._offer.children
        self._offer.children = () if offer is None else self._offer_parts(offer)
        for part in before:
            _close(part)

    def _offer_parts(self, offer: PendingChange) -> tuple[Any, ...]:
        lines = "".join(
            f'<dt>{html.escape(label)}</dt><dd data-about="{html.escape(label)}">{html.escape(text)}</dd>'
            for label, text in shown_lines(offer.lines, privacy=self.privacy)
        )
        text = ipywidgets.HTML(
            f'<div class="jo-card" role="group" aria-label="Preview"><h4>Preview: nothing was sent yet</h4>'
            f'<dl class="jo-lines">{lines}</dl></div>'
        )
        keep, send = _button("Keep", "quiet"), _button(offer.button, "send")
        keep.on_click(lambda _: self._try(self.book.drop))
        send.on_click(lambda _: self._try(lambda: self.book.send(offer.id)))
        buttons = ipywidgets.HBox([keep, send])
        buttons.add_class("jo-offer-buttons")
        return text, buttons

    # ---- its life

    def close(self) -> None:
        """Stop looking, and leave the page."""
        self.book.close()
        self._outbox.close()
        self._editor.close()
        super().close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        self._shown_at = time.monotonic()
        self.book.refresh()
        bundle = super()._repr_mimebundle_(**kwargs)
        if isinstance(bundle, dict):
            bundle = {
                **bundle,
                "text/plain": _("Blotter. Without it: %openapi orders\n{install}").format(install=INSTALL),
            }
        return bundle


def cells(texts: Sequence[str]) -> str:
    """Return one line of the table, every text escaped."""
    return "".join(f'<span title="{html.escape(text)}">{html.escape(text)}</span>' for text in texts)


def head(text: str, mode: str, at: str, *, armed: bool) -> str:
    """Return the head: the panel's name, which account, and when this was true; every text escaped."""
    kind = mode.upper()
    chip = f'<span class="jo-chip" data-mode="{mode}">{kind}</span>' if mode in MODES else ""
    live = '<p class="jo-banner" data-mode="live">LIVE: orders move real money</p>'
    name = html.escape(text.removeprefix(f"{kind} "))
    return (
        f'<div class="jo-head"><span class="jo-name">Open orders</span>{chip}'
        f'<span class="jo-title">{name}</span><span class="jo-time">{html.escape(at)}</span></div>'
        + (live if armed and mode == "live" else "")
    )


def _button(text: str, kind: str) -> Any:
    button = ipywidgets.Button(description=text)
    button.add_class(f"jo-{kind}")
    return button


def _put(widget: Any, trait: str, value: Any) -> None:
    """Set a trait if it differs: what has not changed is not sent."""
    if getattr(widget, trait) != value:
        setattr(widget, trait, value)


def _close(widget: Any) -> None:
    for child in getattr(widget, "children", ()):
        _close(child)
    widget.close()
