"""The order form: fields, a preview of what the kernel received, and one button that sends it once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from jupyter_openapi.account import ClientLike
from jupyter_openapi.messages import N_, _
from jupyter_openapi.session import SESSION
from jupyter_openapi.trading.limits import OVERRIDES
from jupyter_openapi.widgets.model import HIDDEN, NOT_CONNECTED, ClientHolder, holder_of, without_ids
from jupyter_openapi.widgets.order_fields import first_fields, setup
from jupyter_openapi.widgets.order_ticket import Ticket
from jupyter_openapi.widgets.panel import Page, head_view, offer_view, static


class OrderForm(Page):
    """An order form in the page.

    Parameters
    ----------
    client
        Whose account it is, where there is no IPython (marimo, plain Python).
    session
        Whose client it uses; the kernel's own by default.
    privacy
        Show no amounts and no ids.
    language
        en, zh-CN or zh-HK; the language that was chosen, else the front end's, by default.
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

    NAME = N_("Order form")
    _esm = static("order_form.js")
    _css = static("panel.css", "order.css")
    _setup = traitlets.Dict().tag(sync=True)  # rules of the order types: nothing of an account

    def __init__(
        self,
        *,
        client: ClientLike | None = None,
        session: ClientHolder | None = None,
        privacy: bool = False,
        language: str = "",
        replaces: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> None:
        first = first_fields(fields)  # before anything is made: what is refused leaves nothing behind
        super().__init__(
            holder_of(client, session, SESSION), _setup=setup(), privacy=privacy, language=language
        )
        self.ticket = Ticket(
            self._session,
            self.touch,
            fields=first,
            replaces=replaces,
            watched=self._pages.watched,
        )

    def message(self, kind: str, content: Mapping[str, Any]) -> None:
        """Take one message of the page."""
        take_message(self.ticket, kind, content)

    def trouble(self, words: str) -> None:
        """Show an error inside the panel."""
        self.ticket.error = words

    def view(self) -> dict[str, Any]:
        """Return what the page shows, as JSON."""
        return ticket_view(self.ticket, self._session.client, privacy=self.privacy)

    def fallback(self) -> str:
        """Return what to show where there are no widgets."""
        return _(
            "Order form. Without it: %openapi submit 700.HK side=buy price=600 quantity=100, then %openapi "
            "send"
        )

    def close(self) -> None:
        """Stop looking, and leave the page."""
        self.ticket.close()
        super().close()


def take_message(ticket: Ticket, kind: str, content: Mapping[str, Any]) -> None:
    """Do what a message of the form's page asks."""
    if kind == "hello":
        ticket.resume()
    elif kind in {"edit", "preview"} and content["epoch"] == ticket.epoch:
        fields, version = content["fields"], str(content["version"])
        if kind == "edit":
            ticket.edit(fields, version)
        else:
            ticket.preview(fields, version, [str(name) for name in content.get("override") or ()])
    elif kind == "send":
        ticket.send(str(content["offer"]))
    elif kind == "cancel":
        ticket.cancel()
    elif kind == "drop":
        ticket.drop()


def ticket_view(ticket: Ticket, client: ClientLike | None, *, privacy: bool) -> dict[str, Any]:
    """Return what the form's page shows, as JSON."""
    return {
        **head_view(client, privacy=privacy),
        "epoch": ticket.epoch,
        "fields": ticket.fields,
        "replaces": bool(ticket.replaces),
        "busy": _(ticket.busy),
        "sending": ticket.busy == "Sending",
        "error": _error(ticket, client),
        "limit": [ticket.limit, _(OVERRIDES.get(ticket.limit, ""))] if ticket.limit else None,
        "problems": ticket.problems,
        "tape": ticket.tape.view(privacy=privacy),
        "choices": [list(pair) for pair in ticket.tape.choices],
        "offer": offer_view(ticket.slot.offer, privacy=privacy),
        "order": _order_view(ticket, privacy=privacy),
        "note": _(ticket.note),
    }


def _error(ticket: Ticket, client: ClientLike | None) -> str:
    if not ticket.error and client is None:
        return _(NOT_CONNECTED)
    # What a line would type is said by a box to tick here.
    return ticket.error.partition(_(" If you mean it, type"))[0] if ticket.limit else ticket.error


def _order_view(ticket: Ticket, *, privacy: bool) -> dict[str, Any] | None:
    if not ticket.order_id:
        return None
    state, progress = ticket.order, ticket.progress()
    message = str(state.order.get("msg") or "") if state else ""
    return {
        "id": HIDDEN if privacy else ticket.order_id,
        "words": state.status if privacy and state else ticket.order_words(),
        "status": state.status if state else "",
        "done": bool(state and state.done),
        "filled": bool(state and state.status == "FilledStatus"),
        "progress": float(progress) if progress is not None else None,
        "message": without_ids(message) if privacy else message,
    }
