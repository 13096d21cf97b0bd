"""Operations to parse lines against: one of each shape the grammar distinguishes."""

from __future__ import annotations

from typing import Any

from jupyter_openapi.magic import commands
from jupyter_openapi.magic.arguments import arguments, evaluate_flags
from jupyter_openapi.magic.caller import Scope
from jupyter_openapi.magic.command import command, parameter
from jupyter_openapi.magic.flags import Flag
from jupyter_openapi.magic.grammar import parse_cell, parse_line
from jupyter_openapi.spec.model import Effect, Kind, Operation, Parameter

# A command of the tests' own, so that the grammar's tests do not hang on what any real one takes.
PNL = command(
    "pnl",
    "Profit and loss.",
    parameter("start", Kind.DATE, "the first day"),
    flags=(Flag("month", "YYYY-MM", "a whole month"),),
)(lambda ask: ask.given)
COMMANDS = {**commands.COMMANDS, "pnl": PNL}

SUBMIT = Operation(
    name="submit_order",
    method="POST",
    path="/v1/trade/order",
    effect=Effect.TRADE,
    group="trade",
    limit="trade",
    summary="Submit an order.",
    aliases=("submit",),
    main="symbol",
    parameters=(
        Parameter("symbol", "body", Kind.SYMBOL, required=True),
        Parameter("side", "body", Kind.ENUM, required=True),
        Parameter("submitted_price", "body", Kind.DECIMAL),
        Parameter("submitted_quantity", "body", Kind.DECIMAL),
        Parameter("expire_date", "body", Kind.DATE),
        Parameter("remark", "body", Kind.TEXT, free_text=True),
        Parameter("legs", "body", Kind.OBJECT, array=True),
    ),
    short={"price": "submitted_price", "quantity": "submitted_quantity"},
)
QUOTE = Operation(
    name="quote",
    method="GET",
    path="/quote/quote",
    effect=Effect.READ,
    group="quote",
    limit="quote",
    summary="Last prices.",
    main="symbol",
    parameters=(
        Parameter("symbol", "query", Kind.SYMBOL, array=True),
        Parameter("tags", "query", Kind.TEXT, array=True, free_text=True),
        Parameter("currency", "query", Kind.TEXT),
    ),
)
CANCEL = Operation(
    name="cancel_order",
    method="DELETE",
    path="/v1/trade/order",
    effect=Effect.TRADE,
    group="trade",
    limit="trade",
    summary="Cancel an order.",
    aliases=("cancel",),
    main="order_id",
    parameters=(Parameter("order_id", "query", Kind.ID, required=True),),
)
BALANCE = Operation(
    name="account_balance",
    method="GET",
    path="/v1/asset/account",
    effect=Effect.READ,
    group="asset",
    limit="trade",
    summary="Cash.",
    parameters=(Parameter("currency", "query", Kind.TEXT),),
)
OPERATIONS = {
    name: operation
    for operation in (SUBMIT, QUOTE, CANCEL, BALANCE)
    for name in (operation.name, *operation.aliases)
}


def given(
    line: str,
    cell: str | None = None,
    *,
    local: dict[str, Any] | None = None,
    notebook: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the arguments of a line or cell against the operations above; none for unknown words."""
    scope = Scope(local or {}, notebook or {})
    read = parse_line(line, commands=COMMANDS) if cell is None else parse_cell(line, cell, commands=COMMANDS)
    read = evaluate_flags(read, scope, commands=COMMANDS)
    operation = COMMANDS[read.word].operation if read.kind == "command" else OPERATIONS.get(read.word)
    return arguments(read, operation, scope)
