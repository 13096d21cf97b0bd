"""The words of ``%openapi`` that are no operation of the broker: what each takes.

A command's parameters are described as an `Operation`, so that completion, help and checks treat both alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openapi.magic.flags import Flag
from jupyter_openapi.spec.model import Effect, Kind, Operation, Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A command: its parameters, and the flags that are its own and may stand after its name."""

    operation: Operation
    flags: tuple[Flag, ...] = ()

    @property
    def name(self) -> str:
        """The word that is typed."""
        return self.operation.name

    @property
    def summary(self) -> str:
        """What it does, in one sentence."""
        return self.operation.summary


def _command(
    name: str,
    summary: str,
    *parameters: Parameter,
    effect: Effect = Effect.READ,
    flags: tuple[Flag, ...] = (),
) -> CommandSpec:
    # The first parameter is the one that bare words fill.
    main = parameters[0].name if parameters else None
    operation = Operation(
        name=name,
        method="",
        path="",
        effect=effect,
        group="command",
        limit="none",
        summary=summary,
        main=main,
        parameters=parameters,
    )
    return CommandSpec(operation, flags)


def _takes(
    name: str,
    kind: Kind,
    description: str,
    *,
    choices: tuple[str, ...] = (),
    required: bool = False,
    array: bool = False,
    free_text: bool = False,
) -> Parameter:
    return Parameter(
        name=name,
        where="query",
        kind=kind,
        description=description,
        values={choice: choice for choice in choices},
        required=required,
        array=array,
        free_text=free_text,
    )


_PROFILE = Flag("profile", "NAME", "which stored account")
_BASE = _takes("base_currency", Kind.TEXT, "the currency of the totals, such as HKD")

_ALL = (
    _command(
        "connect",
        "Connect to the sandbox, a paper account or a live account.",
        _takes("account", Kind.ENUM, "which account", choices=("sandbox", "paper", "live"), required=True),
        flags=(
            Flag("trade", help="allow orders on a live account, which is read-only otherwise"),
            _PROFILE,
            Flag("region", "REGION", "which of the broker's hosts", choices=("cn", "hk")),
        ),
    ),
    _command("status", "Show the account, where its credentials come from, days and quota left."),
    _command("login", "Open the credential panel, or ask in a terminal.", flags=(_PROFILE,)),
    _command("refresh", "Exchange the access token for a new one.", effect=Effect.WRITE),
    _command("forget", "Delete stored credentials and disconnect.", flags=(_PROFILE,)),
    _command("check", "Test host, TLS, clock, token and signature, one line each."),
    _command("order", "Open the order form.", _takes("symbol", Kind.SYMBOL, "what to trade")),
    _command("blotter", "Show open orders, live.", _takes("symbol", Kind.SYMBOL, "only these", array=True)),
    _command("portfolio", "Value every holding, one row each.", _BASE),
    _command(
        "pnl",
        "Work out realized profit and loss from executions.",
        _takes("start", Kind.DATE, "the first day"),
        _takes("end", Kind.DATE, "the last day"),
        _BASE,
        _takes("method", Kind.ENUM, "how sales meet purchases", choices=("fifo", "average")),
        flags=(Flag("month", "YYYY-MM", "a whole month instead of start and end"),),
    ),
    _command(
        "wait",
        "Wait until an order is done, and return its last known state.",
        _takes("order_id", Kind.ID, "the order", required=True),
        _takes("timeout", Kind.DECIMAL, "seconds to wait at most"),
    ),
    _command("send", "Send the last preview, once, within 60 s.", effect=Effect.TRADE),
    _command(
        "cancel_all",
        "Cancel every open order, previewed as a list.",
        _takes("symbol", Kind.SYMBOL, "only orders of these", array=True),
        effect=Effect.TRADE,
    ),
    _command("reconcile", "Settle what is not known of orders sent earlier."),
    _command("journal", "Show what was sent from here, and what became of it."),
    _command("snapshot", "Append positions, cash, rates and quotes to the local store."),
    _command(
        "sandbox",
        "Run the paper exchange of this kernel.",
        _takes("action", Kind.ENUM, "what to do", choices=("start", "stop", "reset", "status")),
    ),
    _command(
        "endpoints",
        "List the operations, or those that hold a word.",
        _takes("word", Kind.TEXT, "what to look for", free_text=True),
    ),
    _command(
        "help",
        "Explain an operation or command.",
        _takes("operation", Kind.TEXT, "which"),
    ),
)
COMMANDS: Mapping[str, CommandSpec] = {spec.name: spec for spec in _ALL}
