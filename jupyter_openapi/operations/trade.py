"""`TradeOperations`: orders and executions.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, overload

from jupyter_openapi.operations.caller import Caller, Day, Moment, Number, Object, Orders, Tick

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.operations.choices import (
        Action,
        OrderType,
        QueryType,
        Strategy,
        TimeInForce,
        TodayOrdersStatus,
        TradingDaysMarket,
    )
    from jupyter_openapi.reply import Reply
    from jupyter_openapi.trading import Basket, Preview


class TradeOperations(Caller):
    """Orders and executions."""

    @overload
    def submit_order(
        self,
        *,
        orders: Orders,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Basket: ...
    @overload
    def submit_order(
        self,
        *,
        orders: Orders,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> pd.DataFrame: ...
    @overload
    def submit_order(
        self,
        symbol: str,
        *,
        side: Literal["Buy", "Sell"],
        order_type: OrderType | None = None,
        submitted_quantity: Number | None = None,
        time_in_force: TimeInForce | None = None,
        submitted_price: Number | None = None,
        trigger_price: Number | None = None,
        limit_offset: Number | None = None,
        trailing_amount: Number | None = None,
        trailing_percent: Number | None = None,
        expire_date: Day | None = None,
        outside_rth: Literal["RTH_ONLY", "ANY_TIME", "OVERNIGHT", "OPTION_PRE_MARKET"] | None = None,
        limit_depth_level: int | None = None,
        trigger_count: int | None = None,
        monitor_price: Number | None = None,
        remark: str | None = None,
        client_request_id: str | None = None,
        attached_params: Object | None = None,
        delayed_until: Moment | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
        type: OrderType | None = None,
        tif: TimeInForce | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def submit_order(
        self,
        symbol: str,
        *,
        side: Literal["Buy", "Sell"],
        order_type: OrderType | None = None,
        submitted_quantity: Number | None = None,
        time_in_force: TimeInForce | None = None,
        submitted_price: Number | None = None,
        trigger_price: Number | None = None,
        limit_offset: Number | None = None,
        trailing_amount: Number | None = None,
        trailing_percent: Number | None = None,
        expire_date: Day | None = None,
        outside_rth: Literal["RTH_ONLY", "ANY_TIME", "OVERNIGHT", "OPTION_PRE_MARKET"] | None = None,
        limit_depth_level: int | None = None,
        trigger_count: int | None = None,
        monitor_price: Number | None = None,
        remark: str | None = None,
        client_request_id: str | None = None,
        attached_params: Object | None = None,
        delayed_until: Moment | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
        type: OrderType | None = None,
        tif: TimeInForce | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def submit_order(
        self,
        symbol: str,
        *,
        side: Literal["Buy", "Sell"],
        order_type: OrderType | None = None,
        submitted_quantity: Number | None = None,
        time_in_force: TimeInForce | None = None,
        submitted_price: Number | None = None,
        trigger_price: Number | None = None,
        limit_offset: Number | None = None,
        trailing_amount: Number | None = None,
        trailing_percent: Number | None = None,
        expire_date: Day | None = None,
        outside_rth: Literal["RTH_ONLY", "ANY_TIME", "OVERNIGHT", "OPTION_PRE_MARKET"] | None = None,
        limit_depth_level: int | None = None,
        trigger_count: int | None = None,
        monitor_price: Number | None = None,
        remark: str | None = None,
        client_request_id: str | None = None,
        attached_params: Object | None = None,
        delayed_until: Moment | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
        type: OrderType | None = None,
        tif: TimeInForce | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def submit_order(
        self,
        symbol: str | None = None,
        *,
        side: Literal["Buy", "Sell"] | None = None,
        order_type: OrderType | None = None,
        submitted_quantity: Number | None = None,
        time_in_force: TimeInForce | None = None,
        submitted_price: Number | None = None,
        trigger_price: Number | None = None,
        limit_offset: Number | None = None,
        trailing_amount: Number | None = None,
        trailing_percent: Number | None = None,
        expire_date: Day | None = None,
        outside_rth: Literal["RTH_ONLY", "ANY_TIME", "OVERNIGHT", "OPTION_PRE_MARKET"] | None = None,
        limit_depth_level: int | None = None,
        trigger_count: int | None = None,
        monitor_price: Number | None = None,
        remark: str | None = None,
        client_request_id: str | None = None,
        attached_params: Object | None = None,
        delayed_until: Moment | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
        type: OrderType | None = None,
        tif: TimeInForce | None = None,
        orders: Orders | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview | Basket | pd.DataFrame:
        """Place a new order.

        A paper account trades Hong Kong and US stocks and ETFs and Hong Kong warrants, in regular hours,
        with Day orders; no options, no OTC stocks, no attached orders.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        side
            Buy or Sell. One of Buy, Sell.
        order_type
            Order type: LO limit, ELO enhanced limit, MO market, AO and ALO auction, ODD odd lot, LIT
            and MIT if touched, TSLPAMT and TSLPPCT trailing stop, SLO special limit. One of LO, ELO,
            MO, AO, ALO, ODD, LIT, MIT, TSLPAMT, TSLPPCT, TSMAMT, TSMPCT, SLO.
        submitted_quantity
            Quantity in shares; a multiple of the board lot in Hong Kong.
        time_in_force
            Day, GTC (until cancelled) or GTD (until expire_date). One of Day, GTC, GTD. Default: 'Day'.
        submitted_price
            Limit price; needed by LO, ELO, ALO, ODD and LIT.
        trigger_price
            Price that triggers the order; needed by LIT and MIT.
        limit_offset
            Distance of the limit price from the trigger; needed by TSLPAMT and TSLPPCT when
            limit_depth_level is 0.
        trailing_amount
            Trailing distance as an amount; needed by TSLPAMT.
        trailing_percent
            Trailing distance in percent: 10 is 10%, 0.5 is half a percent; needed by TSLPPCT.
        expire_date
            Last day of a GTD order.
        outside_rth
            US only: RTH_ONLY regular hours, ANY_TIME pre- and post-market too, OVERNIGHT the overnight
            session. One of RTH_ONLY, ANY_TIME, OVERNIGHT, OPTION_PRE_MARKET.
        limit_depth_level
            TSLPAMT and TSLPPCT: depth level the limit price is taken from; below 0 a bid level, above 0
            an ask level, 0 uses limit_offset.
        trigger_count
            Times the price must touch the trigger within one minute.
        monitor_price
            TSLPAMT and TSLPPCT: price from which tracking starts.
        remark
            A note of your own, kept with the order.
        client_request_id
            Key that makes a repeat harmless: the broker remembers it for 10 minutes.
        attached_params
            Take-profit and stop-loss orders attached to this one. Fields: attached_order_type,
            profit_taker_price, stop_loss_price, time_in_force, expire_time, activate_order_type,
            profit_taker_submit_price, stop_loss_submit_price, activate_rth, profit_taker_depth_level,
            stop_loss_depth_level.
        delayed_until
            Time at which the order is submitted, up to 90 days ahead.
        price
            Limit price; needed by LO, ELO, ALO, ODD and LIT. Short for ``submitted_price``.
        quantity
            Quantity in shares; a multiple of the board lot in Hong Kong. Short for
            ``submitted_quantity``.
        type
            Order type: LO limit, ELO enhanced limit, MO market, AO and ALO auction, ODD odd lot, LIT
            and MIT if touched, TSLPAMT and TSLPPCT trailing stop, SLO special limit. Short for
            ``order_type``. One of LO, ELO, MO, AO, ALO, ODD, LIT, MIT, TSLPAMT, TSLPPCT, TSMAMT,
            TSMPCT, SLO.
        tif
            Day, GTC (until cancelled) or GTD (until expire_date). Short for ``time_in_force``. One of
            Day, GTC, GTD.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.
        orders
            Many orders at once, one a row: gives a Basket; no other parameter then.

        Notes
        -----
        Moves money: ``POST /v1/trade/order``.
        Source: https://open.longbridge.com/docs/trade/order/submit
        """
        name: str = "submit_order"
        return self.call(
            name,
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            symbol=symbol,
            side=side,
            order_type=order_type,
            submitted_quantity=submitted_quantity,
            time_in_force=time_in_force,
            submitted_price=submitted_price,
            trigger_price=trigger_price,
            limit_offset=limit_offset,
            trailing_amount=trailing_amount,
            trailing_percent=trailing_percent,
            expire_date=expire_date,
            outside_rth=outside_rth,
            limit_depth_level=limit_depth_level,
            trigger_count=trigger_count,
            monitor_price=monitor_price,
            remark=remark,
            client_request_id=client_request_id,
            attached_params=attached_params,
            delayed_until=delayed_until,
            price=price,
            quantity=quantity,
            type=type,
            tif=tif,
            orders=orders,
        )

    @overload
    def replace_order(
        self,
        order_id: str | int,
        *,
        quantity: Number | None = None,
        price: Number | None = None,
        trigger_price: Number | None = None,
        limit_offset: Number | None = None,
        trailing_amount: Number | None = None,
        trailing_percent: Number | None = None,
        limit_depth_level: int | None = None,
        trigger_count: int | None = None,
        monitor_price: Number | None = None,
        remark: str | None = None,
        attached_params: Object | None = None,
        delayed_until: Moment | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def replace_order(
        self,
        order_id: str | int,
        *,
        quantity: Number | None = None,
        price: Number | None = None,
        trigger_price: Number | None = None,
        limit_offset: Number | None = None,
        trailing_amount: Number | None = None,
        trailing_percent: Number | None = None,
        limit_depth_level: int | None = None,
        trigger_count: int | None = None,
        monitor_price: Number | None = None,
        remark: str | None = None,
        attached_params: Object | None = None,
        delayed_until: Moment | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def replace_order(
        self,
        order_id: str | int,
        *,
        quantity: Number | None = None,
        price: Number | None = None,
        trigger_price: Number | None = None,
        limit_offset: Number | None = None,
        trailing_amount: Number | None = None,
        trailing_percent: Number | None = None,
        limit_depth_level: int | None = None,
        trigger_count: int | None = None,
        monitor_price: Number | None = None,
        remark: str | None = None,
        attached_params: Object | None = None,
        delayed_until: Moment | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def replace_order(
        self,
        order_id: str | int,
        *,
        quantity: Number | None = None,
        price: Number | None = None,
        trigger_price: Number | None = None,
        limit_offset: Number | None = None,
        trailing_amount: Number | None = None,
        trailing_percent: Number | None = None,
        limit_depth_level: int | None = None,
        trigger_count: int | None = None,
        monitor_price: Number | None = None,
        remark: str | None = None,
        attached_params: Object | None = None,
        delayed_until: Moment | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Change the quantity or the prices of an open order.

        Parameters
        ----------
        order_id
            Order id, digits kept as text.
        quantity
            New total quantity of the order, what is already executed included. Stays as it is if left
            out.
        price
            New limit price; needed by LO, ELO, ALO, ODD and LIT.
        trigger_price
            Price that triggers the order; needed by LIT and MIT.
        limit_offset
            Distance of the limit price from the trigger; needed by TSLPAMT and TSLPPCT when
            limit_depth_level is 0.
        trailing_amount
            Trailing distance as an amount; needed by TSLPAMT.
        trailing_percent
            Trailing distance in percent: 10 is 10%, 0.5 is half a percent; needed by TSLPPCT.
        limit_depth_level
            TSLPAMT and TSLPPCT: depth level the limit price is taken from; below 0 a bid level, above 0
            an ask level, 0 uses limit_offset.
        trigger_count
            Times the price must touch the trigger within one minute.
        monitor_price
            TSLPAMT and TSLPPCT: price from which tracking starts.
        remark
            A note of your own, kept with the order.
        attached_params
            Take-profit and stop-loss orders attached to this one. Fields: attached_order_type,
            profit_taker_price, stop_loss_price, time_in_force, expire_time, activate_order_type,
            profit_taker_submit_price, stop_loss_submit_price, activate_rth, profit_taker_id,
            stop_loss_id, cancel_all_attached, main_id, quantity, market_price,
            profit_taker_depth_level, stop_loss_depth_level.
        delayed_until
            New time of submission; 1 clears it.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Moves money: ``PUT /v1/trade/order``.
        Source: https://open.longbridge.com/docs/trade/order/replace
        """
        return self.call(
            "replace_order",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            order_id=order_id,
            quantity=quantity,
            price=price,
            trigger_price=trigger_price,
            limit_offset=limit_offset,
            trailing_amount=trailing_amount,
            trailing_percent=trailing_percent,
            limit_depth_level=limit_depth_level,
            trigger_count=trigger_count,
            monitor_price=monitor_price,
            remark=remark,
            attached_params=attached_params,
            delayed_until=delayed_until,
        )

    @overload
    def cancel_order(
        self,
        order_id: str | int,
        *,
        is_attached: bool | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def cancel_order(
        self,
        order_id: str | int,
        *,
        is_attached: bool | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def cancel_order(
        self,
        order_id: str | int,
        *,
        is_attached: bool | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def cancel_order(
        self,
        order_id: str | int,
        *,
        is_attached: bool | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Cancel an open order.

        Parameters
        ----------
        order_id
            Order id, digits kept as text.
        is_attached
            True when order_id is an attached take-profit or stop-loss order.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Moves money: ``DELETE /v1/trade/order``.
        Source: https://open.longbridge.com/docs/trade/order/withdraw
        """
        return self.call(
            "cancel_order",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            order_id=order_id,
            is_attached=is_attached,
        )

    def order_detail(self, order_id: str | int, *, is_attached: bool | None = None) -> Reply:
        """One order with its status history and its fees.

        Parameters
        ----------
        order_id
            Order id, digits kept as text.
        is_attached
            True when order_id is an attached take-profit or stop-loss order.

        Notes
        -----
        Reads only: ``GET /v1/trade/order``.
        Source: https://open.longbridge.com/docs/trade/order/order_detail
        """
        return self.call("order_detail", order_id=order_id, is_attached=is_attached)

    def today_orders(
        self,
        symbol: str | None = None,
        *,
        status: TodayOrdersStatus | Iterable[TodayOrdersStatus] | None = None,
        side: Literal["Buy", "Sell"] | None = None,
        market: TradingDaysMarket | None = None,
        order_id: str | int | None = None,
        is_attached: bool | None = None,
        page: int | None = None,
        size: int | None = None,
    ) -> Reply:
        """Today's orders.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        status
            Only this state; give several to accept any of them. One of NotReported,
            ReplacedNotReported, ProtectedNotReported, VarietiesNotReported, DelayedNotReported,
            WaitToNew, NewStatus, WaitToReplace, PendingReplaceStatus, ReplacedStatus,
            PartialFilledStatus, WaitToCancel, PendingCancelStatus, FilledStatus, RejectedStatus,
            CanceledStatus, ExpiredStatus, PartialWithdrawal.
        side
            Buy or Sell. One of Buy, Sell.
        market
            Market: HK, US, CN or SG. One of HK, US, CN, SG, Crypto.
        order_id
            Only this order.
        is_attached
            True when order_id is an attached take-profit or stop-loss order.
        page
            Page number, from 1.
        size
            Rows a page.

        Notes
        -----
        Reads only: ``GET /v1/trade/order/today``.
        Source: https://open.longbridge.com/docs/trade/order/today_orders
        """
        return self.call(
            "today_orders",
            symbol=symbol,
            status=status,
            side=side,
            market=market,
            order_id=order_id,
            is_attached=is_attached,
            page=page,
            size=size,
        )

    def history_orders(
        self,
        symbol: str | None = None,
        *,
        status: TodayOrdersStatus | Iterable[TodayOrdersStatus] | None = None,
        side: Literal["Buy", "Sell"] | None = None,
        market: TradingDaysMarket | None = None,
        start_at: Moment | None = None,
        end_at: Moment | None = None,
        page: int | None = None,
        size: int | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
    ) -> Reply:
        """Orders of past days, at most 1,000 a reply.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        status
            Only this state; give several to accept any of them. One of NotReported,
            ReplacedNotReported, ProtectedNotReported, VarietiesNotReported, DelayedNotReported,
            WaitToNew, NewStatus, WaitToReplace, PendingReplaceStatus, ReplacedStatus,
            PartialFilledStatus, WaitToCancel, PendingCancelStatus, FilledStatus, RejectedStatus,
            CanceledStatus, ExpiredStatus, PartialWithdrawal.
        side
            Buy or Sell. One of Buy, Sell.
        market
            Market: HK, US, CN or SG. One of HK, US, CN, SG, Crypto.
        start_at
            First moment of the window; a bare date is its start.
        end_at
            Last moment of the window; a bare date is its end.
        page
            Page number, from 1.
        size
            Rows a page.
        start
            First moment of the window; a bare date is its start. Short for ``start_at``.
        end
            Last moment of the window; a bare date is its end. Short for ``end_at``.

        Notes
        -----
        Reads only: ``GET /v1/trade/order/history``.
        Source: https://open.longbridge.com/docs/trade/order/history_orders
        """
        return self.call(
            "history_orders",
            symbol=symbol,
            status=status,
            side=side,
            market=market,
            start_at=start_at,
            end_at=end_at,
            page=page,
            size=size,
            start=start,
            end=end,
        )

    def estimate_max_purchase_quantity(
        self,
        symbol: str,
        *,
        side: Literal["Buy", "Sell"],
        order_type: OrderType | None = None,
        price: Number | None = None,
        currency: str | None = None,
        order_id: str | int | None = None,
        fractional_shares: bool | None = None,
        market: str | None = None,
        type: OrderType | None = None,
    ) -> Reply:
        """The largest quantity this account can buy, or sell short.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        side
            Buy, or Sell for a short sale (US only). One of Buy, Sell.
        order_type
            Order type: LO limit, ELO enhanced limit, MO market, AO and ALO auction, ODD odd lot, LIT
            and MIT if touched, TSLPAMT and TSLPPCT trailing stop, SLO special limit. One of LO, ELO,
            MO, AO, ALO, ODD, LIT, MIT, TSLPAMT, TSLPPCT, TSMAMT, TSMPCT, SLO.
        price
            Limit price, for the types that have one.
        currency
            Currency the purchase is settled in.
        order_id
            Order to be replaced, when estimating a replacement.
        fractional_shares
            True allows fractions of a share. Default: False.
        market
            Market: HK, US, CN or SG.
        type
            Order type: LO limit, ELO enhanced limit, MO market, AO and ALO auction, ODD odd lot, LIT
            and MIT if touched, TSLPAMT and TSLPPCT trailing stop, SLO special limit. Short for
            ``order_type``. One of LO, ELO, MO, AO, ALO, ODD, LIT, MIT, TSLPAMT, TSLPPCT, TSMAMT,
            TSMPCT, SLO.

        Notes
        -----
        Reads only: ``GET /v1/trade/estimate/buy_limit``.
        Source: https://open.longbridge.com/docs/trade/order/estimate_available_buy_limit
        """
        return self.call(
            "estimate_max_purchase_quantity",
            symbol=symbol,
            side=side,
            order_type=order_type,
            price=price,
            currency=currency,
            order_id=order_id,
            fractional_shares=fractional_shares,
            market=market,
            type=type,
        )

    def today_executions(self, symbol: str | None = None, *, order_id: str | int | None = None) -> Reply:
        """Today's executions (fills).

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        order_id
            Only the executions of this order.

        Notes
        -----
        Reads only: ``GET /v1/trade/execution/today``.
        Source: https://open.longbridge.com/docs/trade/execution/today_executions
        """
        return self.call("today_executions", symbol=symbol, order_id=order_id)

    def history_executions(
        self,
        symbol: str | None = None,
        *,
        order_id: str | int | None = None,
        start_at: Moment | None = None,
        end_at: Moment | None = None,
        page: int | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
    ) -> Reply:
        """Executions of past days, today excluded, at most 1,000 a page.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        order_id
            Only the executions of this order.
        start_at
            First moment of the window; a bare date is its start.
        end_at
            Last moment of the window; a bare date is its end.
        page
            Page number, from 1.
        start
            First moment of the window; a bare date is its start. Short for ``start_at``.
        end
            Last moment of the window; a bare date is its end. Short for ``end_at``.

        Notes
        -----
        Reads only: ``GET /v1/trade/execution/history``.
        Source: https://open.longbridge.com/docs/trade/execution/history_executions
        """
        return self.call(
            "history_executions",
            symbol=symbol,
            order_id=order_id,
            start_at=start_at,
            end_at=end_at,
            page=page,
            start=start,
            end=end,
        )

    def all_executions(
        self,
        symbol: str | None = None,
        *,
        order_id: str | int | None = None,
        start_at: Moment | None = None,
        end_at: Moment | None = None,
        page: int | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
    ) -> Reply:
        """All executions, today's and past ones, in pages.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        order_id
            Only the executions of this order.
        start_at
            First moment of the window; a bare date is its start.
        end_at
            Last moment of the window; a bare date is its end.
        page
            Page number, from 1.
        start
            First moment of the window; a bare date is its start. Short for ``start_at``.
        end
            Last moment of the window; a bare date is its end. Short for ``end_at``.

        Notes
        -----
        Reads only: ``GET /v3/trade/execution/all``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.TradeContext.all_executions
        """
        return self.call(
            "all_executions",
            symbol=symbol,
            order_id=order_id,
            start_at=start_at,
            end_at=end_at,
            page=page,
            start=start,
            end=end,
        )

    @overload
    def submit_multileg(
        self,
        *,
        side: Literal["Buy", "Sell"],
        strategy: Strategy,
        legs: Object | Iterable[Object],
        order_type: OrderType | None = None,
        submitted_quantity: Number | None = None,
        submitted_price: Number | None = None,
        remark: str | None = None,
        client_request_id: str | None = None,
        delayed_until: Moment | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
        type: OrderType | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def submit_multileg(
        self,
        *,
        side: Literal["Buy", "Sell"],
        strategy: Strategy,
        legs: Object | Iterable[Object],
        order_type: OrderType | None = None,
        submitted_quantity: Number | None = None,
        submitted_price: Number | None = None,
        remark: str | None = None,
        client_request_id: str | None = None,
        delayed_until: Moment | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
        type: OrderType | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def submit_multileg(
        self,
        *,
        side: Literal["Buy", "Sell"],
        strategy: Strategy,
        legs: Object | Iterable[Object],
        order_type: OrderType | None = None,
        submitted_quantity: Number | None = None,
        submitted_price: Number | None = None,
        remark: str | None = None,
        client_request_id: str | None = None,
        delayed_until: Moment | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
        type: OrderType | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def submit_multileg(
        self,
        *,
        side: Literal["Buy", "Sell"],
        strategy: Strategy,
        legs: Object | Iterable[Object],
        order_type: OrderType | None = None,
        submitted_quantity: Number | None = None,
        submitted_price: Number | None = None,
        remark: str | None = None,
        client_request_id: str | None = None,
        delayed_until: Moment | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
        type: OrderType | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Place a multi-leg option order.

        Parameters
        ----------
        side
            Buy or Sell. One of Buy, Sell.
        strategy
            Option strategy the legs make up. One of CoveredCall, CoveredPut, VerticalCallSpread,
            VerticalPutSpread, Collar, Straddle, Strangle, CalendarCallSpread, CalendarPutSpread.
        legs
            Legs of the strategy: symbol, side, position, ratio_quantity. Fields: symbol, side,
            position, ratio_quantity.
        order_type
            Order type: LO limit, ELO enhanced limit, MO market, AO and ALO auction, ODD odd lot, LIT
            and MIT if touched, TSLPAMT and TSLPPCT trailing stop, SLO special limit. One of LO, ELO,
            MO, AO, ALO, ODD, LIT, MIT, TSLPAMT, TSLPPCT, TSMAMT, TSMPCT, SLO.
        submitted_quantity
            Quantity in shares; a multiple of the board lot in Hong Kong.
        submitted_price
            Limit price; needed by LO, ELO, ALO, ODD and LIT.
        remark
            A note of your own, kept with the order.
        client_request_id
            Key that makes a repeat harmless: the broker remembers it for 10 minutes.
        delayed_until
            Time at which the order is submitted, up to 90 days ahead.
        price
            Limit price; needed by LO, ELO, ALO, ODD and LIT. Short for ``submitted_price``.
        quantity
            Quantity in shares; a multiple of the board lot in Hong Kong. Short for
            ``submitted_quantity``.
        type
            Order type: LO limit, ELO enhanced limit, MO market, AO and ALO auction, ODD odd lot, LIT
            and MIT if touched, TSLPAMT and TSLPPCT trailing stop, SLO special limit. Short for
            ``order_type``. One of LO, ELO, MO, AO, ALO, ODD, LIT, MIT, TSLPAMT, TSLPPCT, TSMAMT,
            TSMPCT, SLO.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Moves money: ``POST /v1/trade/order/multileg``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.TradeContext.submit_multileg
        """
        return self.call(
            "submit_multileg",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            side=side,
            strategy=strategy,
            legs=legs,
            order_type=order_type,
            submitted_quantity=submitted_quantity,
            submitted_price=submitted_price,
            remark=remark,
            client_request_id=client_request_id,
            delayed_until=delayed_until,
            price=price,
            quantity=quantity,
            type=type,
        )

    def us_query_orders(
        self,
        symbols: str | Iterable[str] | None = None,
        *,
        account_channel: str | None = None,
        action: Action | None = None,
        start_at: Moment | None = None,
        end_at: Moment | None = None,
        security_types: str | Iterable[str] | None = None,
        query_type: QueryType | None = None,
        page: int | None = None,
        limit: int | None = None,
        query_version: Moment | None = None,
    ) -> Reply:
        """Orders of an account in the US data centre, in pages.

        Parameters
        ----------
        symbols
            Securities as code.market: 700.HK, AAPL.US. Default: [].
        account_channel
            Account channel, as replies name it: lb, lb_papertrading. Default: ''.
        action
            all, buy or sell. One of all, buy, sell. Default: 'all'.
        start_at
            First moment of the window; a bare date is its start. Default: '-90d'.
        end_at
            Last moment of the window; a bare date is its end. Default: 'now'.
        security_types
            Only these kinds of security; an empty list means all. Default: [].
        query_type
            all, pending or filled. One of all, pending, filled. Default: 'all'.
        page
            Page number, from 1. Default: 1.
        limit
            Rows at most. Default: 20.
        query_version
            Time of the query. Default: 'now'.

        Notes
        -----
        Reads only: ``POST /v1/us/orders/query``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.TradeContext.us_query_orders
        """
        return self.call(
            "us_query_orders",
            symbols=symbols,
            account_channel=account_channel,
            action=action,
            start_at=start_at,
            end_at=end_at,
            security_types=security_types,
            query_type=query_type,
            page=page,
            limit=limit,
            query_version=query_version,
        )

    def us_order_detail(self, order_id: str | int) -> Reply:
        """One order of an account in the US data centre.

        Parameters
        ----------
        order_id
            Order id, digits kept as text.

        Notes
        -----
        Reads only: ``GET /v1/us/orders/{order_id}``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.TradeContext.us_order_detail
        """
        return self.call("us_order_detail", order_id=order_id)
