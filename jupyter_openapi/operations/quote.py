"""`QuoteOperations`: quotes over REST.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from jupyter_openapi.operations.caller import Caller, Day, Moment, Object

if TYPE_CHECKING:
    from jupyter_openapi.operations.choices import (
        AdjustType,
        CalcIndex,
        ExpiryDate,
        Language,
        Period,
        SortBy,
        SortOrder,
        Status,
        TradingDaysMarket,
        WarrantListType,
    )
    from jupyter_openapi.reply import Reply


class QuoteOperations(Caller):
    """Quotes over REST."""

    def static_info(self, symbol: str | Iterable[str]) -> Reply:
        """Names, lot size, currency, shares and other fixed facts of securities.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``POST /quote/static-info``.
        Source: https://open.longbridge.com/docs/quote/pull/static
        """
        return self.call("static_info", symbol=symbol)

    def quote(self, symbol: str | Iterable[str]) -> Reply:
        """Latest quotes of securities.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``POST /quote/quotes``.
        Source: https://open.longbridge.com/docs/quote/pull/quote
        """
        return self.call("quote", symbol=symbol)

    def option_quote(self, symbol: str | Iterable[str]) -> Reply:
        """Latest quotes of options.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``POST /quote/options/quotes``.
        Source: https://open.longbridge.com/docs/quote/pull/option-quote
        """
        return self.call("option_quote", symbol=symbol)

    def warrant_quote(self, symbol: str | Iterable[str]) -> Reply:
        """Latest quotes of warrants.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``POST /quote/warrants/quotes``.
        Source: https://open.longbridge.com/docs/quote/pull/warrant-quote
        """
        return self.call("warrant_quote", symbol=symbol)

    def depth(self, symbol: str) -> Reply:
        """Order book of a security: price levels on both sides.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``POST /quote/depth``.
        Source: https://open.longbridge.com/docs/quote/pull/depth
        """
        return self.call("depth", symbol=symbol)

    def brokers(self, symbol: str) -> Reply:
        """Brokers queueing on both sides of a Hong Kong security.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``POST /quote/brokers``.
        Source: https://open.longbridge.com/docs/quote/pull/brokers
        """
        return self.call("brokers", symbol=symbol)

    def participants(self) -> Reply:
        """Names behind the broker numbers of Hong Kong.

        Notes
        -----
        Reads only: ``POST /quote/participants``.
        Source: https://open.longbridge.com/docs/quote/pull/broker-ids
        """
        return self.call("participants")

    def trades(self, symbol: str, *, count: int | None = None) -> Reply:
        """Latest trades (ticks) of a security.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        count
            Rows at most. Default: 100.

        Notes
        -----
        Reads only: ``POST /quote/trades``.
        Source: https://open.longbridge.com/docs/quote/pull/trade
        """
        return self.call("trades", symbol=symbol, count=count)

    def intraday(
        self, symbol: str, *, trade_session: Literal["intraday", "all", 0, 100] | None = None
    ) -> Reply:
        """Today's minute line of a security.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        trade_session
            intraday for regular hours only, all for every session. One of intraday, all. Default:
            'intraday'.

        Notes
        -----
        Reads only: ``POST /quote/intraday``.
        Source: https://open.longbridge.com/docs/quote/pull/intraday
        """
        return self.call("intraday", symbol=symbol, trade_session=trade_session)

    def candlesticks(
        self,
        symbol: str,
        *,
        adjust_type: AdjustType | None = None,
        count: int | None = None,
        period: Period | None = None,
        trade_session: Literal["intraday", "all", 0, 100] | None = None,
    ) -> Reply:
        """Latest candlesticks of a security.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        adjust_type
            none, or forward to adjust past prices for dividends and splits. One of none, forward.
            Default: 'none'.
        count
            Rows at most. Default: 100.
        period
            Length of a bar: 1m 2m 3m 5m 10m 15m 20m 30m 45m 60m 120m 180m 240m, day, week, month,
            quarter, year. One of 1m, 2m, 3m, 5m, 10m, 15m, 20m, 30m, 45m, 60m, 120m, 180m, 240m, day,
            week, month, quarter, year. Default: 'day'.
        trade_session
            intraday for regular hours only, all for every session. One of intraday, all. Default:
            'intraday'.

        Notes
        -----
        Reads only: ``POST /quote/candlesticks``.
        Source: https://open.longbridge.com/docs/quote/pull/candlestick
        """
        return self.call(
            "candlesticks",
            symbol=symbol,
            adjust_type=adjust_type,
            count=count,
            period=period,
            trade_session=trade_session,
        )

    def history_candlesticks(
        self,
        symbol: str,
        *,
        adjust_type: AdjustType | None = None,
        date_request: Object | None = None,
        offset_request: Object | None = None,
        period: Period | None = None,
        query_type: Literal["by_offset", "by_date", 1, 2] | None = None,
        trade_session: Literal["intraday", "all", 0, 100] | None = None,
        start: Day | None = None,
        end: Day | None = None,
        start_date: Day | None = None,
        end_date: Day | None = None,
        count: int | None = None,
        date: Day | None = None,
        minute: str | None = None,
        direction: Literal["backward", "forward", 0, 1] | None = None,
    ) -> Reply:
        """Candlesticks of the past, between two dates or from a date on.

        Bars of a day and longer begin on 2004-06-01 in Hong Kong, 2010-06-01 in the US and 1999-11-01 in
        mainland China; minute bars on 2022-09-28, 2023-12-04 and 2022-08-25. US options have none. The
        broker counts the securities asked for in a month: 100 with an open account, more with its assets
        (error 301607). 60 calls in 30 seconds.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        adjust_type
            none, or forward to adjust past prices for dividends and splits. One of none, forward.
            Default: 'none'.
        date_request
            The range of dates: start_date and end_date; used when query_type is by_date. Fields:
            start_date, end_date.
        offset_request
            The starting point: direction, date, minute and count; used when query_type is by_offset.
            Fields: direction, date, minute, count.
        period
            Length of a bar: 1m 2m 3m 5m 10m 15m 20m 30m 45m 60m 120m 180m 240m, day, week, month,
            quarter, year. One of 1m, 2m, 3m, 5m, 10m, 15m, 20m, 30m, 45m, 60m, 120m, 180m, 240m, day,
            week, month, quarter, year. Default: 'day'.
        query_type
            by_date for a range of dates, by_offset for a count from a date on. One of by_offset,
            by_date. Default: 'by_date'.
        trade_session
            intraday for regular hours only, all for every session. One of intraday, all. Default:
            'intraday'.
        start
            First day. Short for ``date_request.start_date``.
        end
            Last day. Short for ``date_request.end_date``.
        start_date
            First day.
        end_date
            Last day.
        count
            Bars at most.
        date
            Day to start from.
        minute
            Minute of the day to start from, as HHMM; empty for none.
        direction
            backward or forward in time. One of backward, forward.

        Notes
        -----
        Reads only: ``POST /quote/history-candlesticks``.
        Source: https://open.longbridge.com/docs/quote/pull/history-candlestick
        """
        return self.call(
            "history_candlesticks",
            symbol=symbol,
            adjust_type=adjust_type,
            date_request=date_request,
            offset_request=offset_request,
            period=period,
            query_type=query_type,
            trade_session=trade_session,
            start=start,
            end=end,
            start_date=start_date,
            end_date=end_date,
            count=count,
            date=date,
            minute=minute,
            direction=direction,
        )

    def option_chain_expiry_date_list(self, symbol: str) -> Reply:
        """Expiry dates of the options on a security.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``POST /quote/options/expiry-dates``.
        Source: https://open.longbridge.com/docs/quote/pull/optionchain-date
        """
        return self.call("option_chain_expiry_date_list", symbol=symbol)

    def option_chain_info_by_date(
        self, symbol: str, *, expiry_date: Day, standard_only: bool | None = None
    ) -> Reply:
        """Options on a security that expire on a date.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        expiry_date
            Day the options expire.
        standard_only
            True leaves out contracts adjusted after corporate actions.

        Notes
        -----
        Reads only: ``POST /v1/quote/options/strikes``.
        Source: https://open.longbridge.com/docs/quote/pull/optionchain-date-strike
        """
        return self.call(
            "option_chain_info_by_date", symbol=symbol, expiry_date=expiry_date, standard_only=standard_only
        )

    def warrant_issuers(self) -> Reply:
        """Issuers of warrants.

        Notes
        -----
        Reads only: ``POST /quote/warrants/issuers``.
        Source: https://open.longbridge.com/docs/quote/pull/issuer
        """
        return self.call("warrant_issuers")

    def warrant_list(
        self,
        symbol: str,
        *,
        filter_config: Object | None = None,
        language: Language | None = None,
        sort_by: SortBy | None = None,
        sort_order: SortOrder | None = None,
        sort_offset: int | None = None,
        sort_count: int | None = None,
        type: WarrantListType | Iterable[WarrantListType] | None = None,
        issuer: int | Iterable[int] | None = None,
        expiry_date: ExpiryDate | Iterable[ExpiryDate] | None = None,
        price_type: Literal["in", "out", 1, 2] | Iterable[Literal["in", "out", 1, 2]] | None = None,
        status: Status | Iterable[Status] | None = None,
    ) -> Reply:
        """Warrants on a security, filtered and sorted.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        filter_config
            What to filter and how to sort. Fields: sort_by, sort_order, sort_offset, sort_count, type,
            issuer, expiry_date, price_type, status.
        language
            Language of the names: zh-CN, en or zh-HK. One of zh-CN, en, zh-HK. Default: 'en'.
        sort_by
            Column to sort by. One of last_done, change_rate, change_value, volume, turnover,
            expiry_date, strike_price, upper_strike_price, lower_strike_price, outstanding_quantity,
            outstanding_ratio, premium, itm_otm, implied_volatility, delta, call_price, to_call_price,
            effective_leverage, leverage_ratio, conversion_ratio, balance_point, status.
        sort_order
            ascending or descending. One of ascending, descending.
        sort_offset
            Rows to skip.
        sort_count
            Rows at most; 0 for all.
        type
            Kinds of warrant: call, put, bull, bear, inline. One of call, put, bull, bear, inline.
        issuer
            Ids of issuers, as warrant_issuers returns them.
        expiry_date
            Time to expiry in months: under_3, 3_6, 6_12, over_12. One of under_3, 3_6, 6_12, over_12.
        price_type
            in or out of the bounds. One of in, out.
        status
            suspend, prepare_list, normal. One of suspend, prepare_list, normal.

        Notes
        -----
        Reads only: ``POST /quote/warrants``.
        Source: https://open.longbridge.com/docs/quote/pull/warrant-filter
        """
        return self.call(
            "warrant_list",
            symbol=symbol,
            filter_config=filter_config,
            language=language,
            sort_by=sort_by,
            sort_order=sort_order,
            sort_offset=sort_offset,
            sort_count=sort_count,
            type=type,
            issuer=issuer,
            expiry_date=expiry_date,
            price_type=price_type,
            status=status,
        )

    def trading_session(self) -> Reply:
        """Trading hours of each market today.

        Notes
        -----
        Reads only: ``POST /quote/markets/trading-sessions``.
        Source: https://open.longbridge.com/docs/quote/pull/trade-session
        """
        return self.call("trading_session")

    def trading_days(
        self,
        market: TradingDaysMarket,
        *,
        beg_day: Day | None = None,
        end_day: Day | None = None,
        begin: Day | None = None,
        end: Day | None = None,
        start: Day | None = None,
    ) -> Reply:
        """Trading days of a market between two dates, half days apart.

        Parameters
        ----------
        market
            Market: HK, US, CN or SG. One of HK, US, CN, SG, Crypto.
        beg_day
            First day.
        end_day
            Last day.
        begin
            First day. Short for ``beg_day``.
        end
            Last day. Short for ``end_day``.
        start
            First day. Short for ``beg_day``.

        Notes
        -----
        Reads only: ``POST /quote/markets/trading-days``.
        Source: https://open.longbridge.com/docs/quote/pull/trade-day
        """
        return self.call(
            "trading_days", market=market, beg_day=beg_day, end_day=end_day, begin=begin, end=end, start=start
        )

    def capital_flow(self, symbol: str) -> Reply:
        """Net inflow of capital into a security today, by minute.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``POST /quote/capital-flow``.
        Source: https://open.longbridge.com/docs/quote/pull/capital-flow-intraday
        """
        return self.call("capital_flow", symbol=symbol)

    def capital_distribution(self, symbol: str) -> Reply:
        """Capital in and out of a security today by size of order.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``POST /quote/capital-distribution``.
        Source: https://open.longbridge.com/docs/quote/pull/capital-distribution
        """
        return self.call("capital_distribution", symbol=symbol)

    def calc_indexes(
        self,
        symbols: str | Iterable[str] | None = None,
        *,
        calc_index: CalcIndex | Iterable[CalcIndex] | None = None,
        indexes: CalcIndex | Iterable[CalcIndex] | None = None,
        symbol: str | Iterable[str] | None = None,
    ) -> Reply:
        """Calculated figures of securities: change, turnover rate, ratios, greeks.

        Parameters
        ----------
        symbols
            Securities as code.market: 700.HK, AAPL.US.
        calc_index
            Figures to calculate: last_done, change_rate, turnover_rate, pe_ttm_ratio, delta, ... One of
            last_done, change_value, change_rate, volume, turnover, ytd_change_rate, turnover_rate,
            total_market_value, capital_flow, amplitude, volume_ratio, pe_ttm_ratio, pb_ratio,
            dividend_ratio_ttm, five_day_change_rate, ten_day_change_rate, half_year_change_rate,
            five_minutes_change_rate, expiry_date, strike_price, upper_strike_price, lower_strike_price,
            outstanding_qty, outstanding_ratio, premium, itm_otm, implied_volatility, warrant_delta,
            call_price, to_call_price, effective_leverage, leverage_ratio, conversion_ratio,
            balance_point, open_interest, delta, gamma, theta, vega, rho.
        indexes
            Figures to calculate: last_done, change_rate, turnover_rate, pe_ttm_ratio, delta, ... Short
            for ``calc_index``. One of last_done, change_value, change_rate, volume, turnover,
            ytd_change_rate, turnover_rate, total_market_value, capital_flow, amplitude, volume_ratio,
            pe_ttm_ratio, pb_ratio, dividend_ratio_ttm, five_day_change_rate, ten_day_change_rate,
            half_year_change_rate, five_minutes_change_rate, expiry_date, strike_price,
            upper_strike_price, lower_strike_price, outstanding_qty, outstanding_ratio, premium,
            itm_otm, implied_volatility, warrant_delta, call_price, to_call_price, effective_leverage,
            leverage_ratio, conversion_ratio, balance_point, open_interest, delta, gamma, theta, vega,
            rho.
        symbol
            Securities as code.market: 700.HK, AAPL.US. Short for ``symbols``.

        Notes
        -----
        Reads only: ``POST /quote/calc-indexes``.
        Source: https://open.longbridge.com/docs/quote/pull/calc-index
        """
        return self.call(
            "calc_indexes", symbols=symbols, calc_index=calc_index, indexes=indexes, symbol=symbol
        )

    def security_list(
        self, market: TradingDaysMarket, *, category: Literal["Overnight"] | None = None
    ) -> Reply:
        """Securities that can be traded overnight.

        Parameters
        ----------
        market
            Market: HK, US, CN or SG. One of HK, US, CN, SG, Crypto.
        category
            Overnight is the only list there is. One of Overnight. Default: 'Overnight'.

        Notes
        -----
        Reads only: ``GET /v1/quote/get_security_list``.
        Source: https://open.longbridge.com/docs/quote/security/security_list
        """
        return self.call("security_list", market=market, category=category)

    def market_temperature(self, market: TradingDaysMarket) -> Reply:
        """Sentiment of a market now, 0 to 100.

        Parameters
        ----------
        market
            Market: HK, US, CN or SG. One of HK, US, CN, SG, Crypto.

        Notes
        -----
        Reads only: ``GET /v1/quote/market_temperature``.
        Source: https://open.longbridge.com/docs/quote/pull/market_temperature
        """
        return self.call("market_temperature", market=market)

    def history_market_temperature(
        self,
        market: TradingDaysMarket,
        *,
        start_date: Day | None = None,
        end_date: Day | None = None,
        start: Day | None = None,
        end: Day | None = None,
    ) -> Reply:
        """Sentiment of a market over a range of dates.

        Parameters
        ----------
        market
            Market: HK, US, CN or SG. One of HK, US, CN, SG, Crypto.
        start_date
            First day.
        end_date
            Last day.
        start
            First day. Short for ``start_date``.
        end
            Last day. Short for ``end_date``.

        Notes
        -----
        Reads only: ``GET /v1/quote/history_market_temperature``.
        Source: https://open.longbridge.com/docs/quote/pull/history_market_temperature
        """
        return self.call(
            "history_market_temperature",
            market=market,
            start_date=start_date,
            end_date=end_date,
            start=start,
            end=end,
        )

    def filings(self, symbol: str) -> Reply:
        """Regulatory filings of a company.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/filings``.
        Source: https://open.longbridge.com/docs/quote/pull/filings
        """
        return self.call("filings", symbol=symbol)

    def short_positions(
        self, symbol: str, *, last_timestamp: Moment | None = None, count: int | None = None
    ) -> Reply:
        """Short positions in a Hong Kong security over time.

        Parameters
        ----------
        symbol
            A Hong Kong security: 700.HK.
        last_timestamp
            Rows up to this time. Default: 'now'.
        count
            Rows at most. Default: 20.

        Notes
        -----
        Reads only: ``GET /v1/quote/short-positions/hk``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.QuoteContext.short_positions
        """
        return self.call("short_positions", symbol=symbol, last_timestamp=last_timestamp, count=count)

    def short_positions_us(
        self, symbol: str, *, last_timestamp: Moment | None = None, count: int | None = None
    ) -> Reply:
        """Short positions in a US security over time.

        Parameters
        ----------
        symbol
            A security outside Hong Kong: AAPL.US.
        last_timestamp
            Rows up to this time. Default: 'now'.
        count
            Rows at most. Default: 20.

        Notes
        -----
        Reads only: ``GET /v1/quote/short-positions/us``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.QuoteContext.short_positions
        """
        return self.call("short_positions_us", symbol=symbol, last_timestamp=last_timestamp, count=count)

    def short_trades(
        self, symbol: str, *, last_timestamp: Moment | None = None, page_size: int | None = None
    ) -> Reply:
        """Short sales of a Hong Kong security over time.

        Parameters
        ----------
        symbol
            A Hong Kong security: 700.HK.
        last_timestamp
            Rows up to this time. Default: 'now'.
        page_size
            Rows at most. Default: 20.

        Notes
        -----
        Reads only: ``GET /v1/quote/short-trades/hk``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.QuoteContext.short_trades
        """
        return self.call("short_trades", symbol=symbol, last_timestamp=last_timestamp, page_size=page_size)

    def short_trades_us(
        self, symbol: str, *, last_timestamp: Moment | None = None, page_size: int | None = None
    ) -> Reply:
        """Short sales of a US security over time.

        Parameters
        ----------
        symbol
            A security outside Hong Kong: AAPL.US.
        last_timestamp
            Rows up to this time. Default: 'now'.
        page_size
            Rows at most. Default: 20.

        Notes
        -----
        Reads only: ``GET /v1/quote/short-trades/us``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.QuoteContext.short_trades
        """
        return self.call("short_trades_us", symbol=symbol, last_timestamp=last_timestamp, page_size=page_size)

    def option_volume(self, symbol: str) -> Reply:
        """Volume of calls and puts on a security now.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/option-volume-stats``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.QuoteContext.option_volume
        """
        return self.call("option_volume", symbol=symbol)

    def option_volume_daily(
        self,
        symbol: str,
        *,
        timestamp: Moment | None = None,
        line_num: int | None = None,
        direction: int | None = None,
        count: int | None = None,
    ) -> Reply:
        """Daily volume and open interest of the options on a security.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        timestamp
            Rows up to this time; 0 for now. Default: 0.
        line_num
            Rows at most. Default: 30.
        direction
            Order of the rows; the broker's own clients send 1. Default: 1.
        count
            Rows at most. Short for ``line_num``.

        Notes
        -----
        Reads only: ``GET /v1/quote/option-volume-stats/daily``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.QuoteContext.option_volume_daily
        """
        return self.call(
            "option_volume_daily",
            symbol=symbol,
            timestamp=timestamp,
            line_num=line_num,
            direction=direction,
            count=count,
        )

    def symbol_to_counter_ids(self, ticker_regions: str | Iterable[str]) -> Reply:
        """Internal ids (TYPE/MARKET/CODE) of symbols.

        Parameters
        ----------
        ticker_regions
            Securities as code.market.

        Notes
        -----
        Reads only: ``POST /v1/quote/symbol-to-counter-ids``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("symbol_to_counter_ids", ticker_regions=ticker_regions)

    def us_crypto_overview(self, symbol: str) -> Reply:
        """Overview of a crypto pair.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/us/gemini/crypto-overview``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.QuoteContext.us_crypto_overview
        """
        return self.call("us_crypto_overview", symbol=symbol)

    def history_timeshares(
        self,
        counter_id: str | int,
        *,
        date: Day,
        trade_session: str | None = None,
        adjust_type: AdjustType | None = None,
    ) -> Reply:
        """Price, volume and average price of a past day, minute by minute.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/HK/700.
        date
            The day.
        trade_session
            0 regular hours, 101 before and after them, 100 every session.
        adjust_type
            Adjustment of the prices. One of none, forward.

        Notes
        -----
        Reads only: ``GET /v1/quote/history-timeshares``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call(
            "history_timeshares",
            counter_id=counter_id,
            date=date,
            trade_session=trade_session,
            adjust_type=adjust_type,
        )

    def quote_packages(self, market: str | None = None, *, account_channel: str | None = None) -> Reply:
        """Quote packages you have and could have.

        Parameters
        ----------
        market
            ALL, HK, US, CN or SG.
        account_channel
            Account channel: lb, lb_papertrading.

        Notes
        -----
        Reads only: ``GET /v1/quote/my-quotes``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("quote_packages", market=market, account_channel=account_channel)
