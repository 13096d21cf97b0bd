"""`AlertOperations`: price alerts.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, overload

from jupyter_openapi.operations.caller import Caller, Object, Tick

if TYPE_CHECKING:
    from jupyter_openapi.operations.choices import Frequency, IndicatorId
    from jupyter_openapi.reply import Reply
    from jupyter_openapi.trading import Preview


class AlertOperations(Caller):
    """Price alerts."""

    def alert_list(self) -> Reply:
        """Price alerts.

        Notes
        -----
        Reads only: ``GET /v1/notify/reminders``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.AlertContext.list
        """
        return self.call("alert_list")

    @overload
    def alert_add(
        self,
        symbol: str | None = None,
        *,
        value_map: Object,
        enabled: bool | None = None,
        frequency: Frequency | None = None,
        indicator_id: IndicatorId | None = None,
        scope: int | None = None,
        state: int | Iterable[int] | None = None,
        id: str | int | None = None,
        condition: IndicatorId | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def alert_add(
        self,
        symbol: str | None = None,
        *,
        value_map: Object,
        enabled: bool | None = None,
        frequency: Frequency | None = None,
        indicator_id: IndicatorId | None = None,
        scope: int | None = None,
        state: int | Iterable[int] | None = None,
        id: str | int | None = None,
        condition: IndicatorId | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def alert_add(
        self,
        symbol: str | None = None,
        *,
        value_map: Object,
        enabled: bool | None = None,
        frequency: Frequency | None = None,
        indicator_id: IndicatorId | None = None,
        scope: int | None = None,
        state: int | Iterable[int] | None = None,
        id: str | int | None = None,
        condition: IndicatorId | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def alert_add(
        self,
        symbol: str | None = None,
        *,
        value_map: Object,
        enabled: bool | None = None,
        frequency: Frequency | None = None,
        indicator_id: IndicatorId | None = None,
        scope: int | None = None,
        state: int | Iterable[int] | None = None,
        id: str | int | None = None,
        condition: IndicatorId | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Create a price alert; with an id, change that one.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        value_map
            The threshold: {"price": "600"} for a price, {"chg": "5"} for a percentage. Fields: price,
            chg.
        enabled
            True switches the alert on. Default: True.
        frequency
            daily, every_time or once. One of daily, every_time, once. Default: 'daily'.
        indicator_id
            price_rise, price_fall, percent_rise or percent_fall. One of 1, 2, 3, 4.
        scope
            Scope; the broker's own clients send 0. Default: 0.
        state
            State; the broker's own clients send [1]. Default: [1].
        id
            Id of the alert to change; left out, a new alert is made.
        condition
            price_rise, price_fall, percent_rise or percent_fall. Short for ``indicator_id``. One of 1,
            2, 3, 4.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``POST /v1/notify/reminders``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.AlertContext.add
        """
        return self.call(
            "alert_add",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            symbol=symbol,
            value_map=value_map,
            enabled=enabled,
            frequency=frequency,
            indicator_id=indicator_id,
            scope=scope,
            state=state,
            id=id,
            condition=condition,
        )

    @overload
    def alert_delete(
        self,
        ids: str | int | Iterable[str | int],
        *,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def alert_delete(
        self,
        ids: str | int | Iterable[str | int],
        *,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def alert_delete(
        self,
        ids: str | int | Iterable[str | int],
        *,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def alert_delete(
        self,
        ids: str | int | Iterable[str | int],
        *,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Delete price alerts.

        Parameters
        ----------
        ids
            Ids of the alerts.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``DELETE /v1/notify/reminders``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.AlertContext.delete
        """
        return self.call("alert_delete", execute=execute, again=again, override=override, tick=tick, ids=ids)
