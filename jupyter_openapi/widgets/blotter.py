"""The blotter: orders as a table that keeps itself up to date, each with Replace and Cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from jupyter_openapi.account import ClientLike
from jupyter_openapi.messages import N_, _
from jupyter_openapi.session import SESSION
from jupyter_openapi.widgets.blotter_model import BlotterModel
from jupyter_openapi.widgets.blotter_rows import COLUMNS, FILTERS, Row
from jupyter_openapi.widgets.model import ClientHolder, holder_of, without_ids
from jupyter_openapi.widgets.order_fields import setup
from jupyter_openapi.widgets.order_form import take_message, ticket_view
from jupyter_openapi.widgets.order_ticket import Ticket
from jupyter_openapi.widgets.panel import Page, head_view, offer_view, static

EDITOR = "editor "  # what the messages of the form inside begin with


class Blotter(Page):
    """The open orders, today's and older ones, with Cancel, Replace and Cancel all.

    Parameters
    ----------
    client
        Whose account it is, where there is no IPython (marimo, plain Python).
    session
        Whose client it uses; the kernel's own by default.
    symbols
        Show only these.
    privacy
        Show the share that has filled instead of quantities, and no ids.
    language
        en, zh-CN or zh-HK; the language that was chosen, else the front end's, by default.
    """

    NAME = N_("Blotter")
    _esm = static("blotter.js")
    _css = static("panel.css", "order.css", "blotter.css")
    _setup = traitlets.Dict().tag(sync=True)  # rules of the order types: nothing of an account

    def __init__(
        self,
        *,
        client: ClientLike | None = None,
        session: ClientHolder | None = None,
        symbols: Sequence[str] = (),
        privacy: bool = False,
        language: str = "",
    ) -> None:
        super().__init__(
            holder_of(client, session, SESSION), _setup=setup(), privacy=privacy, language=language
        )
        self.book = BlotterModel(self._session, self.touch, symbols=symbols, watched=self.watched)
        self.ticket = Ticket(self._session, self.touch, watched=self.watched)
        self._editing = False

    def message(self, kind: str, content: Mapping[str, Any]) -> None:
        """Take one message of the page."""
        if kind.startswith(EDITOR):
            take_message(self.ticket, kind.removeprefix(EDITOR), content)
        elif kind in {"hello", "refresh"}:
            self.book.refresh()
            if self._editing:
                self.ticket.resume()
        elif kind in {"replace", "close"}:
            self.edit(self.book.find(str(content["order"])) if kind == "replace" else None)
        else:
            self._ask(kind, content)

    def _ask(self, kind: str, content: Mapping[str, Any]) -> None:
        book = self.book
        if kind == "filter":
            book.filter(symbol=str(content["symbol"]), status=str(content["status"]))
        elif kind == "cancel":
            book.ask_cancel(str(content["order"]))
        elif kind == "cancel_all":
            book.ask_cancel_all()
        elif kind == "drop":
            book.drop()
        elif kind == "send":
            book.send(str(content["offer"]))

    def edit(self, order: Mapping[str, Any] | None) -> None:
        """Open the form on an order that is to be changed, or close it."""
        self._editing = order is not None
        if order is not None:
            self.ticket.start({}, replaces=order)
        else:
            self.ticket.drop()

    def trouble(self, words: str) -> None:
        """Show an error inside the panel."""
        self.book.error = words

    def view(self) -> dict[str, Any]:
        """Return what the page shows, as JSON."""
        book, client, privacy = self.book, self._session.client, self.privacy
        rows = book.rows(privacy=privacy)
        error = "\n".join(filter(None, [book.error, book.problem, book.unread]))
        return {
            **head_view(client, privacy=privacy),
            "busy": _(book.busy),
            "error": without_ids(error) if privacy else error,
            "note": _(book.note),
            "columns": list(COLUMNS),
            "rows": [_row_view(row) for row in rows],
            "filters": list(FILTERS),
            "symbol": book.symbol,
            "status": book.status,
            "empty": "" if rows else self._why_empty(),
            "offer": offer_view(book.slot.offer, privacy=privacy),
            "editor": ticket_view(self.ticket, client, privacy=privacy) if self._editing else None,
        }

    def _why_empty(self) -> str:
        book = self.book
        if self._session.client is None:
            return _("Not connected.")
        if not book.read:
            return _("The orders could not be read.") if book.problem else _("Reading the orders…")
        if book.symbol:
            return _("No orders of {symbol} here.").format(symbol=book.symbol)
        return _("No open orders.") if book.status == "Open" else _("No such orders.")

    def fallback(self) -> str:
        """Return what to show where there are no widgets."""
        return _("Blotter. Without it: %openapi orders")

    def close(self) -> None:
        """Stop polling, and leave the page."""
        self.book.close()
        self.ticket.close()
        super().close()


def _row_view(row: Row) -> dict[str, Any]:
    return {
        "id": row.order_id,
        "cells": [cell._asdict() for cell in row.cells],
        "actions": {
            "Replace": {"enabled": row.replaceable, "about": _("Replace: {about}").format(about=row.about)},
            "Cancel": {"enabled": row.cancellable, "about": _("Cancel: {about}").format(about=row.about)},
        },
    }
