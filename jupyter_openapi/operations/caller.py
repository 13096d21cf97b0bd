"""`Caller`: the one way by which every operation is called, and what its parameters may be given as."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

from jupyter_openapi.errors import guarded
from jupyter_openapi.messages import _
from jupyter_openapi.spec import catalog

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.operations.choices import ChangeName, ReadName
    from jupyter_openapi.reply import Reply
    from jupyter_openapi.trading import Basket, Preview


class Caller(ABC):
    """Base of `Client`: `call`, which the methods of the operations go through too."""

    if not TYPE_CHECKING:  # a type checker knows what there is

        def __getattr__(self, name: str) -> Any:
            """Name the method that was meant by a word of a line, such as ``positions`` or ``buy``."""
            raise AttributeError(_no_attribute(type(self), name), name=name, obj=self)

    @overload
    def call(self, operation: ReadName, /, **parameters: Any) -> Reply: ...
    @overload
    def call(
        self,
        operation: Literal["submit_order", "submit"],
        /,
        *,
        orders: Orders,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Basket: ...
    @overload
    def call(
        self,
        operation: Literal["submit_order", "submit"],
        /,
        *,
        orders: Orders,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> pd.DataFrame: ...
    @overload
    def call(
        self,
        operation: ChangeName,
        /,
        *,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
        **parameters: Any,
    ) -> Preview: ...
    @overload
    def call(
        self,
        operation: ChangeName,
        /,
        *,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
        **parameters: Any,
    ) -> Reply: ...
    @overload
    def call(
        self,
        operation: ChangeName,
        /,
        *,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
        **parameters: Any,
    ) -> Reply | Preview: ...
    @overload
    def call(
        self,
        operation: str,
        /,
        *,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: str | None = None,
        **parameters: Any,
    ) -> Reply | Preview | Basket | pd.DataFrame: ...

    @guarded
    def call(
        self,
        operation: str,
        /,
        *,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: str | None = None,
        **parameters: Any,
    ) -> Any:
        """Call an operation by its name.

        Each operation is a method too, with its parameters: ``client.stock_positions(symbol=["700.HK"])``.

        Parameters
        ----------
        operation
            A name (``stock_positions``) or alias (``positions``); `%openapi endpoints` lists them.
        execute
            Send a change at once. Without it a change gives its `Preview`, and nothing is sent.
        again
            Send it even though an earlier run of this notebook cell sent the same order.
        override
            Names of limits to let pass: ``max_value``, ``distance``, ``short``, ``trailing``, ``late``,
            ``unknown``, ``multiplier``.
        tick
            Round an order's prices to the market's steps: ``nearest``, ``up``, ``down``, or ``safe`` (a buy
            down, a sell up). The preview says so.
        parameters
            By their wire names; lists repeat, dates and decimals take the wire's form, None is left out.

        Returns
        -------
        Reply, or Preview for a change that was not executed. With ``submit_order`` and ``orders=`` (a
        DataFrame, one order a row) a Basket, or the frame of its outcomes.

        Raises
        ------
        RequestRefused
            Unknown operation or parameter, something missing or not allowed; nothing was sent.
        ApiError, TransportError, OutcomeUnknown, Interrupted
            See `jupyter_openapi.errors`.
        """
        return self._call(operation, parameters, execute=execute, again=again, override=override, tick=tick)

    @abstractmethod
    def _call(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        execute: bool,
        again: bool,
        override: Iterable[str],
        tick: str | None,
    ) -> Reply | Preview | Basket | pd.DataFrame:
        """Do what `call` says."""


Number: TypeAlias = str | int | float | Decimal
"""A price, an amount or a quantity; text and Decimal keep every digit."""
Moment: TypeAlias = str | int | float | date
"""A time: seconds since 1970, a datetime, a day, or text: ``2026-01-05 09:30``, ``today``, ``-30d``."""
Day: TypeAlias = str | date
"""A calendar day: a date, or text such as ``2026-01-05``, ``today``, ``-30d``."""
Object: TypeAlias = Mapping[str, object]
"""An object of a request's body."""
Tick: TypeAlias = Literal["nearest", "up", "down", "safe"]
"""How an order's prices are rounded to the market's steps."""
Orders: TypeAlias = "pd.DataFrame | Iterable[Mapping[str, object]]"
"""Orders of a basket, one a row."""


_LINES = {"buy": "submit_order", "sell": "submit_order"}


def _no_attribute(client: type, name: str) -> str:
    """Say that a client lacks an attribute, and what it has for one who knows the lines of ``%openapi``."""
    problem = f"{client.__name__!r} object has no attribute {name!r}"
    if name.startswith("_"):
        return problem
    if name == "send":
        return _("{problem}; a preview has it: preview.send()").format(problem=problem)
    operation = catalog().find(_LINES.get(name, name))
    if operation is None or not hasattr(client, operation.name):
        return problem
    return _("{problem}; type client.{method}(...)").format(problem=problem, method=operation.name)
