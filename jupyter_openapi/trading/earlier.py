"""What was sent earlier, and what it means for an order now: Run All, and a replace that may still arrive."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.trading.delivery import WINDOW

if TYPE_CHECKING:
    from jupyter_openapi.trading.cells import Cell
    from jupyter_openapi.trading.journal import Journal

LATE = 120.0
"""Seconds after which a request that got no answer can't arrive any more.

Our own system goes on trying to deliver what was written to a dead line for about 100 seconds; a proxy in
between holds a request for as long as it waits itself, 60 seconds by custom; and the timestamp in it ages.
"""


def refuse_rerun(journal: Journal, owner: str, now: Cell, fingerprint: str) -> None:
    """Refuse what an earlier run of the cell that is running now sent already.

    Raises
    ------
    RequestRefused
        It says when that was, and how to send it all the same.
    """
    earlier = journal.same_from_earlier_run(owner, now.cell, now.run, fingerprint)
    if earlier is None:
        return
    when = datetime.fromtimestamp(earlier.created, UTC)
    raise RequestRefused(
        "Nothing was sent: an earlier run of this cell sent the same order at "
        f"{when:%Y-%m-%d %H:%M} UTC (order {earlier.order_id or 'id unknown'}). "
        "To send it again type `%openapi --again ...`, or again=True in Python."
    )


def late_replace(journal: Journal, owner: str, order_id: str) -> str | None:
    """Say why a replace of this order might be undone by an earlier one; None when it can't be.

    A replace has no id of its own at the broker: a try that got no answer may arrive after a later replace,
    and put the order back to what it asked for.
    """
    now = time.time()
    for intent in reversed(journal.open(owner)):
        if intent.kind == "replace" and intent.target == order_id:
            return (
                f"it is not known what became of an earlier replace of order {order_id}, which may still "
                "arrive and undo this one: type `%openapi reconcile` first"
            )
    for row in reversed(journal.rows(owner, since=now - WINDOW - LATE)):
        left = row["at"] + LATE - now
        if row["kind"] == "replace" and row["target"] == order_id and row["attempts"] > 1 and left > 0:
            return (
                f"a try of the last replace of order {order_id} got no answer, and may still arrive and undo "
                f"this one in the next {left:.0f} s"
            )
    return None
