"""``order``, ``send``, ``wait``, ``blotter``, ``cancel_all``, ``reconcile`` and ``journal``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.magic.caller import refuse_in_terminal
from jupyter_openapi.magic.command import Invocation, command, listed, notify, parameter
from jupyter_openapi.magic.flags import Flag
from jupyter_openapi.messages import N_, _, say
from jupyter_openapi.spec.model import Effect, Kind

if TYPE_CHECKING:
    import pandas as pd

SHOWN = (
    "id",
    "created",
    "mode",
    "digits",
    "kind",
    "symbol",
    "side",
    "quantity",
    "price",
    "state",
    "took_effect",
    "order_id",
    "message",
    "client_request_id",
)


@command(
    "cancel_all",
    "Cancel every open order; shows the list first.",
    parameter("symbol", Kind.SYMBOL, "only orders of these", array=True),
    effect=Effect.TRADE,
    accepts=("execute", "again"),
    examples=("cancel_all", "cancel_all 700.HK", "--execute cancel_all"),
)
def cancel_all(invocation: Invocation) -> Any:
    """Preview the cancelling of the open orders; with ``--execute``, do it and return each outcome."""
    from jupyter_openapi.magic.present import present_change
    from jupyter_openapi.session import SESSION

    basket: Any = SESSION.connected().cancel_all(invocation.given.get("symbol", ()))
    if invocation.command.flags.get("execute"):
        basket = basket.send(again=bool(invocation.command.flags.get("again")))
    return present_change(basket, None, invocation.command)


@command(
    "reconcile",
    "Find out what became of orders whose outcome is unknown; sends nothing.",
    parameter("intent", Kind.INTEGER, "the Number of one that you looked up yourself"),
    parameter("done", Kind.ENUM, "whether the broker did it", choices=("yes", "no")),
    parameter("order_id", Kind.ID, "the id of the order it became"),
    parameter("outcome", Kind.ID, "what it became: an order's id, or none for nothing"),
    accepts=("wide",),
    examples=("reconcile", "reconcile 12 outcome=none", "reconcile 12 outcome=ORDER_ID"),
)
def reconcile(invocation: Invocation) -> pd.DataFrame:
    """Return one row for each order that was open, with the verdict."""
    import pandas as pd

    from jupyter_openapi.session import SESSION
    from jupyter_openapi.trading.reconcile import Settlement

    client, given = SESSION.connected(), dict(invocation.given)
    if outcome := given.pop("outcome", None):
        none = str(outcome).lower() == "none"
        given |= {"done": "no"} if none else {"done": "yes", "order_id": outcome}
    if ("intent" in given) != ("done" in given) or ("order_id" in given and "intent" not in given):
        raise RequestRefused(
            _(
                "To settle one by hand say which, and what came of it: `%openapi reconcile INTENT "
                "outcome=none`, or outcome=ORDER_ID; `%openapi reconcile INTENT done=yes` where there is no "
                "id. `%openapi reconcile` alone settles what it can."
            )
        )
    if "intent" in given:
        order_id = given.get("order_id")
        found = [client.settle(int(given["intent"]), done=given["done"] == "yes", order_id=order_id)]
    else:
        found = client.reconcile()
    if not found:
        notify(invocation.command, _("Nothing is open: the outcome of every order sent from here is known."))
    rows = [{**asdict(each), "candidates": ", ".join(each.candidates)} for each in found]
    return listed(pd.DataFrame(rows, columns=list(Settlement.__dataclass_fields__)), invocation.command)


def _journal_definitions() -> tuple[str, ...]:
    return (
        N_(
            "Request is what became of sending it, as it was written down then; not how the order stands now."
        ),
        N_(
            "answered: the broker took it. The order may be filled, cancelled or rejected: `%openapi orders`."
        ),
        N_("refused: it was certainly not done. intended: it was written down, and not sent."),
        N_("sent, unknown: it is not known whether it was done; `%openapi reconcile` finds out."),
        N_("settled: that was found out later. Done tells whether the broker did it."),
    )


@command(
    "journal",
    "Show what was sent from this machine, and how the broker answered.",
    parameter("since", Kind.TIMESTAMP, "the first moment, such as -7d"),
    accepts=("tz", "out", "wide"),
    flags=(Flag("every", help="of every account, each sandbox that ever ran included"),),
    examples=("journal", "journal since=-7d", "journal --every"),
    definitions=_journal_definitions,
)
def journal(invocation: Invocation) -> pd.DataFrame:
    """Return one row for each change that was sent or was about to be, oldest first."""
    import pandas as pd

    from jupyter_openapi.magic.export import Saving
    from jupyter_openapi.session import SESSION
    from jupyter_openapi.trading.journal import Journal

    saving = Saving(str(invocation.command.flags["out"])) if "out" in invocation.command.flags else None
    client = SESSION.client
    book = client.journal if client is not None else Journal()
    since = invocation.given.get("since")
    # Without a connection there is no account whose orders could be meant.
    own = None if client is None or invocation.command.flags.get("every") else client.connection.owner
    rows = book.rows(own, None if since is None else float(since)) if book.path.exists() else []
    if own is not None and client is not None:
        rows = [row for row in rows if row["mode"] == client.account.mode]
    frame = pd.DataFrame(rows, columns=list(SHOWN))
    moments = pd.to_datetime(frame["created"].astype("float64"), unit="s", utc=True)
    frame["created"] = moments.dt.floor("ms").dt.tz_convert(invocation.context.tz(invocation.command))
    if saving is not None:
        notify(invocation.command, saving.save(frame))
    if (frame["state"] == "answered").any():
        notify(
            invocation.command,
            _("Request is what became of sending it, not how an order stands: `%openapi orders` tells that."),
        )
    return listed(frame, invocation.command)


@command(
    "send",
    "Send the last preview, once, within 60 s.",
    parameter("number", Kind.INTEGER, "which preview, if the last cell made several", above=0),
    effect=Effect.TRADE,
    accepts=("again", "raw"),
    examples=("send", "send 2"),
)
def send(invocation: Invocation) -> Any:
    """Send that very preview and return the reply; one that was not shown yet is shown instead."""
    from jupyter_openapi.magic.caller import show
    from jupyter_openapi.magic.present import present_change
    from jupyter_openapi.session import SESSION
    from jupyter_openapi.trading import Preview

    if SESSION.connection.pending.last is None:
        SESSION.connected()  # else there is none for want of a connection
    number = invocation.given.get("number")
    preview = SESSION.connection.pending.choose(None if number is None else int(number))
    sighting = preview.sighting
    if not sighting.seen and not preview.sent:
        say(  # only what was seen may be sent
            _("Nothing was sent: this preview was not shown before. Type `{line}` again to send it.").format(
                line=sighting.line
            )
        )
        show(preview)
        return None
    reply = preview.send(again=bool(invocation.command.flags.get("again")))
    operation = preview.operation if isinstance(preview, Preview) else None
    return present_change(reply, operation, invocation.command)


@command(
    "wait",
    "Wait until an order is done, and return its last known state.",
    parameter("order_id", Kind.ID, "the order", required=True),
    parameter("timeout", Kind.DECIMAL, "seconds to wait at most; default 60", above=0),
    examples=("wait ORDER_ID", "wait ORDER_ID timeout=5"),
)
def wait(invocation: Invocation) -> Any:
    """Wait for the order and return its `OrderState`."""
    from jupyter_openapi.kernel import run
    from jupyter_openapi.session import SESSION

    seconds, order_id = float(invocation.given.get("timeout", 60)), str(invocation.given["order_id"])
    if not order_id.isdecimal():  # a broker that lists an order late would be asked for it for 10 seconds
        raise RequestRefused(
            _("{order_id!r} is not an order id, which is all digits: `%openapi orders` lists them.").format(
                order_id=short(order_id, 40)
            )
        )
    return run(SESSION.connected().wait(order_id, timeout=seconds))


@command(
    "order",
    "Open the order form.",
    parameter("symbol", Kind.SYMBOL, "what to trade"),
    examples=("order 700.HK",),
)
def order(invocation: Invocation) -> Any:
    """Return the form, filled in with the symbol if one is given."""
    from jupyter_openapi.session import SESSION
    from jupyter_openapi.widgets import OrderForm

    SESSION.connected()
    symbol = str(invocation.given.get("symbol") or "700.HK")
    refuse_in_terminal(_("The order form"), f"buy 100 {symbol} @ bid")
    return OrderForm(session=SESSION.holder, symbol=str(invocation.given.get("symbol") or ""))


@command(
    "blotter",
    "Show open orders, live.",
    parameter("symbol", Kind.SYMBOL, "only orders of these", array=True),
    examples=("blotter", "blotter 700.HK"),
)
def blotter(invocation: Invocation) -> Any:
    """Return the blotter of the connected account."""
    from jupyter_openapi.session import SESSION
    from jupyter_openapi.widgets import Blotter

    SESSION.connected()
    refuse_in_terminal(_("The blotter"), "orders")
    return Blotter(session=SESSION.holder, symbols=list(invocation.given.get("symbol") or ()))
