"""`GridOperations`: grid trading.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, overload

from jupyter_openapi.operations.caller import Caller, Object, Tick

if TYPE_CHECKING:
    from jupyter_openapi.reply import Reply
    from jupyter_openapi.trading import Preview


class GridOperations(Caller):
    """Grid trading."""

    @overload
    def grid_submit(
        self,
        symbol: str,
        *,
        settlement_currency: str,
        grid_trading_rule: Object,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def grid_submit(
        self,
        symbol: str,
        *,
        settlement_currency: str,
        grid_trading_rule: Object,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def grid_submit(
        self,
        symbol: str,
        *,
        settlement_currency: str,
        grid_trading_rule: Object,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def grid_submit(
        self,
        symbol: str,
        *,
        settlement_currency: str,
        grid_trading_rule: Object,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Start a grid strategy.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        settlement_currency
            Currency the strategy settles in.
        grid_trading_rule
            The strategy's prices, steps and quantities. Fields: submitted_base_price,
            upper_limit_price, lower_limit_price, trigger_price_type, trigger_spread_up,
            trigger_spread_down, trigger_percent_up, trigger_percent_down, multiple_trigger,
            time_in_force, upper_limit_quantity, lower_limit_quantity, expire_time, upper_limit_event,
            lower_limit_event, trigger_sell_depth, trigger_buy_depth, trigger_quantity,
            support_shortsell, rth, grid_order_type_up, grid_order_type_down.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Moves money: ``POST /v1/gridtrading/submit``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.GridContext.submit
        """
        return self.call(
            "grid_submit",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            symbol=symbol,
            settlement_currency=settlement_currency,
            grid_trading_rule=grid_trading_rule,
        )

    @overload
    def grid_replace(
        self,
        order_id: str | int,
        *,
        grid_trading_rule: Object,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def grid_replace(
        self,
        order_id: str | int,
        *,
        grid_trading_rule: Object,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def grid_replace(
        self,
        order_id: str | int,
        *,
        grid_trading_rule: Object,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def grid_replace(
        self,
        order_id: str | int,
        *,
        grid_trading_rule: Object,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Change a grid strategy.

        Parameters
        ----------
        order_id
            Order id, digits kept as text.
        grid_trading_rule
            The strategy's prices, steps and quantities. Fields: submitted_base_price,
            upper_limit_price, lower_limit_price, trigger_price_type, trigger_spread_up,
            trigger_spread_down, trigger_percent_up, trigger_percent_down, multiple_trigger,
            time_in_force, upper_limit_quantity, lower_limit_quantity, expire_time, upper_limit_event,
            lower_limit_event, trigger_sell_depth, trigger_buy_depth, trigger_quantity,
            support_shortsell, rth, grid_order_type_up, grid_order_type_down.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Moves money: ``POST /v1/gridtrading/replace``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.GridContext.replace
        """
        return self.call(
            "grid_replace",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            order_id=order_id,
            grid_trading_rule=grid_trading_rule,
        )

    def grid_list(
        self,
        symbol: str | None = None,
        *,
        page: int | None = None,
        limit: int | None = None,
        market: str | None = None,
        status: str | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
    ) -> Reply:
        """Grid strategies, in pages.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        page
            Page number, from 1.
        limit
            Rows at most.
        market
            Market: HK, US, CN or SG.
        status
            Only this state; give several to accept any of them.
        sort_by
            Column to sort by.
        sort_order
            asc or desc.

        Notes
        -----
        Reads only: ``GET /v1/gridtrading/list``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.GridContext.list
        """
        return self.call(
            "grid_list",
            symbol=symbol,
            page=page,
            limit=limit,
            market=market,
            status=status,
            sort_by=sort_by,
            sort_order=sort_order,
        )

    def grid_list_by_ids(self, order_ids: str | int | Iterable[str | int]) -> Reply:
        """Grid strategies by their ids.

        Parameters
        ----------
        order_ids
            Ids of grid strategies.

        Notes
        -----
        Reads only: ``POST /v1/gridtrading/list``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.GridContext.list_by_ids
        """
        return self.call("grid_list_by_ids", order_ids=order_ids)

    def grid_detail(
        self, order_id: str | int, *, history_id: str | int | None = None, limit: int | None = None
    ) -> Reply:
        """One grid strategy.

        Parameters
        ----------
        order_id
            Order id, digits kept as text.
        history_id
            Only this entry of the history.
        limit
            Rows at most.

        Notes
        -----
        Reads only: ``GET /v1/gridtrading/detail``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.GridContext.detail
        """
        return self.call("grid_detail", order_id=order_id, history_id=history_id, limit=limit)

    def grid_trigger_history(
        self, grid_order_id: str | int, *, page: int | None = None, limit: int | None = None
    ) -> Reply:
        """Triggers of a grid strategy, in pages.

        Parameters
        ----------
        grid_order_id
            Id of the grid strategy.
        page
            Page number, from 1.
        limit
            Rows at most.

        Notes
        -----
        Reads only: ``GET /v1/gridtrading/trigger_history_list``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.GridContext.trigger_history
        """
        return self.call("grid_trigger_history", grid_order_id=grid_order_id, page=page, limit=limit)

    @overload
    def grid_cancel(
        self,
        order_id: str | int,
        *,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def grid_cancel(
        self,
        order_id: str | int,
        *,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def grid_cancel(
        self,
        order_id: str | int,
        *,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def grid_cancel(
        self,
        order_id: str | int,
        *,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Stop a grid strategy.

        Parameters
        ----------
        order_id
            Order id, digits kept as text.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Moves money: ``POST /v1/gridtrading/cancel``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.GridContext.cancel
        """
        return self.call(
            "grid_cancel", execute=execute, again=again, override=override, tick=tick, order_id=order_id
        )

    @overload
    def grid_suspend(
        self,
        order_id: str | int,
        *,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def grid_suspend(
        self,
        order_id: str | int,
        *,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def grid_suspend(
        self,
        order_id: str | int,
        *,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def grid_suspend(
        self,
        order_id: str | int,
        *,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Pause a grid strategy.

        Parameters
        ----------
        order_id
            Order id, digits kept as text.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Moves money: ``POST /v1/gridtrading/suspend``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.GridContext.suspend
        """
        return self.call(
            "grid_suspend", execute=execute, again=again, override=override, tick=tick, order_id=order_id
        )

    @overload
    def grid_restart(
        self,
        order_id: str | int,
        *,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def grid_restart(
        self,
        order_id: str | int,
        *,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def grid_restart(
        self,
        order_id: str | int,
        *,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def grid_restart(
        self,
        order_id: str | int,
        *,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Resume a grid strategy.

        Parameters
        ----------
        order_id
            Order id, digits kept as text.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Moves money: ``POST /v1/gridtrading/restart``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.GridContext.restart
        """
        return self.call(
            "grid_restart", execute=execute, again=again, override=override, tick=tick, order_id=order_id
        )

    @overload
    def grid_submit_strategy_questionnaire(
        self,
        type: str,
        *,
        items: Object,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def grid_submit_strategy_questionnaire(
        self,
        type: str,
        *,
        items: Object,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def grid_submit_strategy_questionnaire(
        self,
        type: str,
        *,
        items: Object,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def grid_submit_strategy_questionnaire(
        self,
        type: str,
        *,
        items: Object,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Hand in the questionnaire on the risks of grid strategies.

        Parameters
        ----------
        type
            Which questionnaire.
        items
            Answers by question.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``POST /v1/record/questionnaire``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call(
            "grid_submit_strategy_questionnaire",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            type=type,
            items=items,
        )

    def grid_symbol_info(self, symbol: str) -> Reply:
        """Lot size and price steps of a security, as grid strategies need them.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/orders/info``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.GridContext.symbol_info
        """
        return self.call("grid_symbol_info", symbol=symbol)
