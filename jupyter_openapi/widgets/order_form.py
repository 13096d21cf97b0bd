"""The order form: fields, a preview of what the kernel received, and one button that sends it once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from jupyter_openapi.session import SESSION
from jupyter_openapi.trading.limits import OVERRIDES
from jupyter_openapi.widgets.order_fields import first_fields, setup
from jupyter_openapi.widgets.order_ticket import Ticket
from jupyter_openapi.widgets.panel import HIDDEN, Page, shown_lines, stamp, static, title
from jupyter_openapi.widgets.queries import NOT_CONNECTED, ClientHolder


class OrderForm(Page):
    """An order form in the page.

    Parameters
    ----------
    session
        Whose client it uses; the kernel's own by default.
    privacy
        Show no amounts and no ids.
    fields
        What it starts with: ``symbol``, ``side``, ``price``, ``quantity``, ``type``, ``tif``, or wire names.

    Raises
    ------
    RequestRefused
        It has no such field, or a choice has no such value.

    Examples
    --------
    >>> OrderForm(symbol="700.HK", side="Sell", quantity="100")  # doctest: +SKIP
    """

    _esm = static("parts.js", "order_form.js")
    _css = static("panel.css")
    _setup = traitlets.Dict().tag(sync=True)  # rules of the order types: nothing of an account

    def __init__(
        self,
        *,
        session: ClientHolder | None = None,
        privacy: bool = False,
        replaces: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(_setup=setup(), privacy=privacy)
        self._session: ClientHolder = SESSION if session is None else session
        self.ticket = Ticket(
            self._session,
            self.touch,
            fields=first_fields(fields),
            replaces=replaces,
            watched=self._pages.watched,
        )

    def message(self, kind: str, content: Mapping[str, Any]) -> None:
        """Take one message of the page."""
        ticket = self.ticket
        if kind == "hello":
            ticket.resume()
        elif kind in {"edit", "preview"} and content["epoch"] == ticket.epoch:
            self._take(kind, content)
        elif kind == "send":
            ticket.send(str(content["offer"]))
        elif kind == "cancel":
            ticket.cancel()
        elif kind == "drop":
            ticket.drop()

    def _take(self, kind: str, content: Mapping[str, Any]) -> None:
        fields, version = content["fields"], str(content["version"])
        if kind == "edit":
            self.ticket.edit(fields, version)
        else:
            self.ticket.preview(fields, version, [str(name) for name in content.get("override") or ()])

    def trouble(self, words: str) -> None:
        """Show an error inside the panel."""
        self.ticket.error = words

    def view(self) -> dict[str, Any]:
        """Return what the page shall show, as JSON."""
        ticket, client, privacy = self.ticket, self._session.client, self.privacy
        offer = ticket.slot.offer
        return {
            "title": title(client, privacy=privacy),
            "mode": client.account.mode if client else "none",
            "trading": bool(client and client.account.trading),
            "time": stamp(client),
            "epoch": ticket.epoch,
            "fields": ticket.fields,
            "replaces": bool(ticket.replaces),
            "busy": ticket.busy,
            "error": self._error(),
            "limit": [ticket.limit, OVERRIDES.get(ticket.limit, "")] if ticket.limit else None,
            "problems": ticket.problems,
            "tape": ticket.tape.view(privacy=privacy),
            "choices": [list(pair) for pair in ticket.tape.choices],
            "offer": offer
            and {
                "id": offer.id,
                "kind": offer.kind,
                "button": offer.button,
                "version": offer.version,
                "seconds": offer.seconds_left,
                "lines": [list(line) for line in shown_lines(offer.lines, privacy=privacy)],
            },
            "order": self._order_view(),
            "note": ticket.note,
        }

    def _error(self) -> str:
        error = self.ticket.error
        if not error and self._session.client is None:
            return NOT_CONNECTED
        return error.partition(" If you mean it, type")[0] if self.ticket.limit else error

    def _order_view(self) -> dict[str, Any] | None:
        ticket = self.ticket
        if not ticket.order_id:
            return None
        state, progress = ticket.order, ticket.progress()
        return {
            "id": HIDDEN if self.privacy else ticket.order_id,
            "words": state.status if self.privacy and state else ticket.order_words(),
            "status": state.status if state else "",
            "done": bool(state and state.done),
            "progress": float(progress) if progress is not None else None,
            "message": str(state.order.get("msg") or "") if state else "",
        }

    def fallback(self) -> str:
        """Return what to show where there are no widgets."""
        return (
            "Order form. Without it: %openapi submit 700.HK side=buy price=600 quantity=100, then "
            "%openapi send"
        )

    def close(self) -> None:
        """Stop looking, and leave the page."""
        self.ticket.close()
        super().close()
