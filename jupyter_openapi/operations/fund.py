"""`FundOperations`: mutual funds.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, overload

from jupyter_openapi.operations.caller import Caller, Moment, Number, Object, Tick

if TYPE_CHECKING:
    from jupyter_openapi.reply import Reply
    from jupyter_openapi.trading import Preview


class FundOperations(Caller):
    """Mutual funds."""

    def fund_hot_funds(self) -> Reply:
        """Funds in demand.

        Notes
        -----
        Reads only: ``GET /v1/fund/hot-funds``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.hot_funds
        """
        return self.call("fund_hot_funds")

    def fund_funds(
        self,
        *,
        filter: Object | None = None,
        quick_ids: int | Iterable[int] | None = None,
        time_interval: str | Iterable[str] | None = None,
    ) -> Reply:
        """Funds on offer, filtered.

        Parameters
        ----------
        filter
            Filter object, as fund_filters describes it.
        quick_ids
            Ids of quick filters.
        time_interval
            Intervals for the earning rate.

        Notes
        -----
        Reads only: ``POST /v1/fund/funds``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.funds
        """
        return self.call("fund_funds", filter=filter, quick_ids=quick_ids, time_interval=time_interval)

    def fund_filters(self) -> Reply:
        """What funds can be filtered by.

        Notes
        -----
        Reads only: ``GET /v1/fund/filters``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.filters
        """
        return self.call("fund_filters")

    def fund_detail(self, counter_id: str | int) -> Reply:
        """One fund.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.

        Notes
        -----
        Reads only: ``GET /v1/fund/funds/detail``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.detail
        """
        return self.call("fund_detail", counter_id=counter_id)

    def fund_analysis(self, counter_id: str | int, *, period: int | None = None) -> Reply:
        """Analysis of a fund: overview.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        period
            Period of the analysis, as the broker numbers it.

        Notes
        -----
        Reads only: ``GET /v1/fund/funds/analysis``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.analysis
        """
        return self.call("fund_analysis", counter_id=counter_id, period=period)

    def fund_analysis_detail(self, counter_id: str | int, *, period: int | None = None) -> Reply:
        """Analysis of a fund: detail.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        period
            Period of the analysis, as the broker numbers it.

        Notes
        -----
        Reads only: ``GET /v1/fund/funds/analysis/detail``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.analysis_detail
        """
        return self.call("fund_analysis_detail", counter_id=counter_id, period=period)

    def fund_trend(self, counter_id: str | int, *, period: int | None = None) -> Reply:
        """Trend chart of a fund.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        period
            Period of the chart, as the broker numbers it.

        Notes
        -----
        Reads only: ``GET /v1/fund/funds/trend``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.trend
        """
        return self.call("fund_trend", counter_id=counter_id, period=period)

    def fund_annual_returns(
        self, counter_id: str | int, *, page: int | None = None, size: int | None = None
    ) -> Reply:
        """Annual returns of a fund, in pages.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        page
            Page number, from 1.
        size
            Rows a page.

        Notes
        -----
        Reads only: ``GET /v1/fund/funds/returns/annual``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.annual_returns
        """
        return self.call("fund_annual_returns", counter_id=counter_id, page=page, size=size)

    def fund_quarterly_returns(
        self, counter_id: str | int, *, page: int | None = None, size: int | None = None
    ) -> Reply:
        """Quarterly returns of a fund, in pages.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        page
            Page number, from 1.
        size
            Rows a page.

        Notes
        -----
        Reads only: ``GET /v1/fund/funds/returns/quarterly``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.quarterly_returns
        """
        return self.call("fund_quarterly_returns", counter_id=counter_id, page=page, size=size)

    def fund_performance(
        self,
        counter_ids: str | int | Iterable[str | int] | None = None,
        *,
        counter_id: str | int | Iterable[str | int] | None = None,
    ) -> Reply:
        """Performance of funds.

        Parameters
        ----------
        counter_ids
            Internal ids of the funds.
        counter_id
            Internal ids of the funds. Short for ``counter_ids``.

        Notes
        -----
        Reads only: ``GET /v1/fund/funds/performance``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.performance
        """
        return self.call("fund_performance", counter_ids=counter_ids, counter_id=counter_id)

    def fund_performance_comparison(self, counter_id: str | int, *, period: int | None = None) -> Reply:
        """Performance of a fund against others.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        period
            Period of the comparison, as the broker numbers it.

        Notes
        -----
        Reads only: ``GET /v1/fund/funds/performance/comparison``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.performance_comparison
        """
        return self.call("fund_performance_comparison", counter_id=counter_id, period=period)

    def fund_nav(
        self,
        counter_ids: str | int | Iterable[str | int] | None = None,
        *,
        counter_id: str | int | Iterable[str | int] | None = None,
    ) -> Reply:
        """Net asset values of funds.

        Parameters
        ----------
        counter_ids
            Internal ids of the funds.
        counter_id
            Internal ids of the funds. Short for ``counter_ids``.

        Notes
        -----
        Reads only: ``GET /v1/fund/funds/nav``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.nav
        """
        return self.call("fund_nav", counter_ids=counter_ids, counter_id=counter_id)

    def fund_nav_history(
        self, counter_id: str | int, *, page: int | None = None, size: int | None = None
    ) -> Reply:
        """History of a fund's net asset value, in pages.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        page
            Page number, from 1.
        size
            Rows a page.

        Notes
        -----
        Reads only: ``GET /v1/fund/funds/nav-history``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.nav_history
        """
        return self.call("fund_nav_history", counter_id=counter_id, page=page, size=size)

    def fund_nav_range(
        self, counter_id: str | int, *, month_before: int | None = None, year_before: int | None = None
    ) -> Reply:
        """A fund's net asset value over the last months or years.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        month_before
            Months back.
        year_before
            Years back.

        Notes
        -----
        Reads only: ``GET /v1/fund/funds/nav-range``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.nav_range
        """
        return self.call(
            "fund_nav_range", counter_id=counter_id, month_before=month_before, year_before=year_before
        )

    def fund_holdings(self, counter_id: str | int, *, scene: int | None = None) -> Reply:
        """Top ten holdings of a fund.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        scene
            Variant of the list, as the broker numbers it.

        Notes
        -----
        Reads only: ``GET /v1/fund/funds/holdings``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.holdings
        """
        return self.call("fund_holdings", counter_id=counter_id, scene=scene)

    def fund_stock_holdings(self, counter_id: str | int, *, limit: int | None = None) -> Reply:
        """Stocks a fund holds.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        limit
            Rows at most.

        Notes
        -----
        Reads only: ``GET /v1/fund/funds/stock-holdings``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.stock_holdings
        """
        return self.call("fund_stock_holdings", counter_id=counter_id, limit=limit)

    def fund_positions_overview(
        self, *, account_channel: str | None = None, aaid: str | int | None = None
    ) -> Reply:
        """Overview of the funds you hold.

        Parameters
        ----------
        account_channel
            Account channel, as replies name it: lb, lb_papertrading.
        aaid
            Account id.

        Notes
        -----
        Reads only: ``GET /v1/asset/funds``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.positions
        """
        return self.call("fund_positions_overview", account_channel=account_channel, aaid=aaid)

    def fund_position(
        self,
        counter_id: str | int,
        *,
        account_channel: str | None = None,
        aaid: str | int | None = None,
        start: str | None = None,
        end: str | None = None,
    ) -> Reply:
        """One fund you hold.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        account_channel
            Account channel, as replies name it: lb, lb_papertrading.
        aaid
            Account id.
        start
            Start of the range, as the broker writes it.
        end
            End of the range, as the broker writes it.

        Notes
        -----
        Reads only: ``GET /v1/asset/funds/detail``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.position
        """
        return self.call(
            "fund_position",
            counter_id=counter_id,
            account_channel=account_channel,
            aaid=aaid,
            start=start,
            end=end,
        )

    def fund_position_performance(
        self,
        counter_ids: str | int | Iterable[str | int] | None = None,
        *,
        counter_id: str | int | Iterable[str | int] | None = None,
    ) -> Reply:
        """Performance of funds you hold.

        Parameters
        ----------
        counter_ids
            Internal ids of the funds.
        counter_id
            Internal ids of the funds. Short for ``counter_ids``.

        Notes
        -----
        Reads only: ``GET /v1/asset/funds/performance``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.position_performance
        """
        return self.call("fund_position_performance", counter_ids=counter_ids, counter_id=counter_id)

    def fund_position_profits(
        self,
        counter_id: str | int,
        *,
        account_channel: str | None = None,
        aaid: str | int | None = None,
        start: str | None = None,
        end: str | None = None,
        page: int | None = None,
        size: int | None = None,
    ) -> Reply:
        """Cumulative profit of a fund you hold, in pages.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        account_channel
            Account channel, as replies name it: lb, lb_papertrading.
        aaid
            Account id.
        start
            Start of the range, as the broker writes it.
        end
            End of the range, as the broker writes it.
        page
            Page number, from 1.
        size
            Rows a page.

        Notes
        -----
        Reads only: ``GET /v1/asset/funds/profits``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.position_profits
        """
        return self.call(
            "fund_position_profits",
            counter_id=counter_id,
            account_channel=account_channel,
            aaid=aaid,
            start=start,
            end=end,
            page=page,
            size=size,
        )

    def fund_position_nav(
        self, counter_id: str | int, *, month_before: int | None = None, year_before: int | None = None
    ) -> Reply:
        """Net asset value of a fund you hold.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        month_before
            Months back.
        year_before
            Years back.

        Notes
        -----
        Reads only: ``GET /v1/asset/funds/nav-history``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.position_nav
        """
        return self.call(
            "fund_position_nav", counter_id=counter_id, month_before=month_before, year_before=year_before
        )

    def fund_position_dividends(
        self,
        counter_id: str | int,
        *,
        account_channel: str | None = None,
        aaid: str | int | None = None,
        currency: str | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        page: int | None = None,
        size: int | None = None,
    ) -> Reply:
        """Dividends of a fund you hold, in pages.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        account_channel
            Account channel, as replies name it: lb, lb_papertrading.
        aaid
            Account id.
        currency
            Currency: HKD, USD or CNH; left out, all of them.
        start
            First moment of the period; a bare date is its start.
        end
            Last moment of the period; a bare date is its end.
        page
            Page number, from 1.
        size
            Rows a page.

        Notes
        -----
        Reads only: ``GET /v1/asset/funds/dividends``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.position_dividends
        """
        return self.call(
            "fund_position_dividends",
            counter_id=counter_id,
            account_channel=account_channel,
            aaid=aaid,
            currency=currency,
            start=start,
            end=end,
            page=page,
            size=size,
        )

    def fund_orders(
        self,
        counter_id: str | int | Iterable[str | int] | None = None,
        *,
        actions: str | Iterable[str] | None = None,
        states: str | Iterable[str] | None = None,
        currency: str | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        page: int | None = None,
        size: int | None = None,
        counter_ids: str | int | Iterable[str | int] | None = None,
    ) -> Reply:
        """Your fund orders, in pages.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        actions
            Only these actions.
        states
            Only these states.
        currency
            Currency: HKD, USD or CNH; left out, all of them.
        start
            First moment of the period; a bare date is its start.
        end
            Last moment of the period; a bare date is its end.
        page
            Page number, from 1.
        size
            Rows a page.
        counter_ids
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id. Short
            for ``counter_id``.

        Notes
        -----
        Reads only: ``GET /v1/fund/orders``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.orders
        """
        return self.call(
            "fund_orders",
            counter_id=counter_id,
            actions=actions,
            states=states,
            currency=currency,
            start=start,
            end=end,
            page=page,
            size=size,
            counter_ids=counter_ids,
        )

    @overload
    def fund_submit_order(
        self,
        counter_id: str | int,
        *,
        action: str,
        currency: str,
        amount: Number | None = None,
        units: Number | None = None,
        dividend_option: int | None = None,
        fee: Number | None = None,
        is_sell_all: bool | None = None,
        remark: str | None = None,
        trade_method: int | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def fund_submit_order(
        self,
        counter_id: str | int,
        *,
        action: str,
        currency: str,
        amount: Number | None = None,
        units: Number | None = None,
        dividend_option: int | None = None,
        fee: Number | None = None,
        is_sell_all: bool | None = None,
        remark: str | None = None,
        trade_method: int | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def fund_submit_order(
        self,
        counter_id: str | int,
        *,
        action: str,
        currency: str,
        amount: Number | None = None,
        units: Number | None = None,
        dividend_option: int | None = None,
        fee: Number | None = None,
        is_sell_all: bool | None = None,
        remark: str | None = None,
        trade_method: int | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def fund_submit_order(
        self,
        counter_id: str | int,
        *,
        action: str,
        currency: str,
        amount: Number | None = None,
        units: Number | None = None,
        dividend_option: int | None = None,
        fee: Number | None = None,
        is_sell_all: bool | None = None,
        remark: str | None = None,
        trade_method: int | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Place a fund order.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        action
            Buy or sell, as the broker writes it for funds.
        currency
            Currency of the order.
        amount
            Amount of money, for an order by amount.
        units
            Units, for an order by units.
        dividend_option
            What becomes of dividends, as the broker numbers it.
        fee
            Fee.
        is_sell_all
            True sells all units.
        remark
            A note of your own, kept with the order.
        trade_method
            Method, as the broker numbers it.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Moves money: ``POST /v1/fund/orders``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.submit_order
        """
        return self.call(
            "fund_submit_order",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            counter_id=counter_id,
            action=action,
            currency=currency,
            amount=amount,
            units=units,
            dividend_option=dividend_option,
            fee=fee,
            is_sell_all=is_sell_all,
            remark=remark,
            trade_method=trade_method,
        )

    def fund_order(self, id: str | int | None = None, *, order_id: str | int | None = None) -> Reply:
        """One fund order.

        Parameters
        ----------
        id
            Id of the fund order.
        order_id
            Id of the fund order. Short for ``id``.

        Notes
        -----
        Reads only: ``GET /v1/fund/orders/{id}``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.order
        """
        return self.call("fund_order", id=id, order_id=order_id)

    def fund_transactions(
        self,
        *,
        account_channel: str | None = None,
        business_type: str | None = None,
        category: str | None = None,
        currencies: str | Iterable[str] | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        page: int | None = None,
        size: int | None = None,
    ) -> Reply:
        """Cash movements of your fund orders, in pages.

        Parameters
        ----------
        account_channel
            Account channel, as replies name it: lb, lb_papertrading.
        business_type
            Only this kind of business.
        category
            Only this category.
        currencies
            Only these currencies.
        start
            First moment of the period; a bare date is its start.
        end
            Last moment of the period; a bare date is its end.
        page
            Page number, from 1.
        size
            Rows a page.

        Notes
        -----
        Reads only: ``GET /v1/fund/transactions``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.transactions
        """
        return self.call(
            "fund_transactions",
            account_channel=account_channel,
            business_type=business_type,
            category=category,
            currencies=currencies,
            start=start,
            end=end,
            page=page,
            size=size,
        )

    def fund_validate_order(
        self,
        counter_id: str | int,
        *,
        action: str,
        currency: str,
        amount: Number | None = None,
        units: Number | None = None,
        dividend_option: int | None = None,
        fund_source: int | None = None,
        account_channel: str | None = None,
    ) -> Reply:
        """Check a fund order without placing it.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        action
            Buy or sell, as the broker writes it for funds.
        currency
            Currency of the order.
        amount
            Amount of money, for an order by amount.
        units
            Units, for an order by units.
        dividend_option
            What becomes of dividends, as the broker numbers it.
        fund_source
            Where the money comes from, as the broker numbers it.
        account_channel
            Account channel, as replies name it: lb, lb_papertrading.

        Notes
        -----
        Reads only: ``POST /v1/fund/orders/validate``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.validate_order
        """
        return self.call(
            "fund_validate_order",
            counter_id=counter_id,
            action=action,
            currency=currency,
            amount=amount,
            units=units,
            dividend_option=dividend_option,
            fund_source=fund_source,
            account_channel=account_channel,
        )

    @overload
    def fund_cancel_order(
        self,
        id: str | int | None = None,
        *,
        ut_id: str | int | None = None,
        order_id: str | int | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def fund_cancel_order(
        self,
        id: str | int | None = None,
        *,
        ut_id: str | int | None = None,
        order_id: str | int | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def fund_cancel_order(
        self,
        id: str | int | None = None,
        *,
        ut_id: str | int | None = None,
        order_id: str | int | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def fund_cancel_order(
        self,
        id: str | int | None = None,
        *,
        ut_id: str | int | None = None,
        order_id: str | int | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Cancel a fund order.

        Parameters
        ----------
        id
            Id of the fund order.
        ut_id
            Id of the fund order once more, in the body; the same as id unless given. Default: '$id'.
        order_id
            Id of the fund order. Short for ``id``.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Moves money: ``POST /v1/fund/orders/{id}/cancel``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundContext.cancel_order
        """
        return self.call(
            "fund_cancel_order",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            id=id,
            ut_id=ut_id,
            order_id=order_id,
        )
