"""The commands of ``%openapi`` that are not operations of the broker.

To add a command, write its function in a module of this folder and name it in `COMMANDS`, which is in the
order that help and completion show.
"""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_openapi.magic.command import CommandSpec
from jupyter_openapi.magic.commands import (
    connection,
    live,
    login,
    orders,
    portfolio,
    sandbox,
    search,
    settings,
    trade,
)
from jupyter_openapi.magic.commands.help import explain

__all__ = ["COMMANDS", "CommandSpec"]

_ORDERED = (
    connection.connect,
    connection.status,
    connection.check,
    login.login,
    connection.refresh,
    connection.disconnect,
    connection.forget,
    search.search,
    trade.buy,
    trade.sell,
    orders.order,
    orders.send,
    orders.wait,
    orders.blotter,
    orders.cancel_all,
    orders.reconcile,
    orders.journal,
    portfolio.portfolio,
    portfolio.pnl,
    portfolio.returns,
    portfolio.trade_stats,
    portfolio.snapshot,
    live.watch,
    live.chart,
    sandbox.sandbox,
    settings.settings,
    search.endpoints,
    explain,
)

COMMANDS: Mapping[str, CommandSpec] = {spec.name: spec for spec in _ORDERED}
