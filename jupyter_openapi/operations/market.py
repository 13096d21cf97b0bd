"""`MarketOperations`: markets: status, broker holdings, rankings.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from jupyter_openapi.operations.caller import Caller, Day

if TYPE_CHECKING:
    from jupyter_openapi.operations.choices import LineType
    from jupyter_openapi.reply import Reply


class MarketOperations(Caller):
    """Markets: status, broker holdings, rankings."""

    def market_status(self) -> Reply:
        """Trading status of each market now.

        Notes
        -----
        Reads only: ``GET /v1/quote/market-status``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.MarketContext.market_status
        """
        return self.call("market_status")

    def market_broker_holding(
        self, symbol: str, *, type: Literal["rct_1", "rct_5", "rct_20", "rct_60"] | None = None
    ) -> Reply:
        """Brokers that hold most of a Hong Kong stock.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        type
            Over the last 1, 5, 20 or 60 days: rct_1, rct_5, rct_20, rct_60. One of rct_1, rct_5,
            rct_20, rct_60. Default: 'rct_1'.

        Notes
        -----
        Reads only: ``GET /v1/quote/broker-holding``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.MarketContext.broker_holding
        """
        return self.call("market_broker_holding", symbol=symbol, type=type)

    def market_broker_holding_detail(self, symbol: str) -> Reply:
        """All broker holdings of a Hong Kong stock.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/broker-holding/detail``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.MarketContext.broker_holding_detail
        """
        return self.call("market_broker_holding_detail", symbol=symbol)

    def market_broker_holding_daily(
        self, symbol: str, *, parti_number: str | int | None = None, broker_id: str | int | None = None
    ) -> Reply:
        """One broker's daily holding of a Hong Kong stock.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        parti_number
            Broker number, as broker holdings show it.
        broker_id
            Broker number, as broker holdings show it. Short for ``parti_number``.

        Notes
        -----
        Reads only: ``GET /v1/quote/broker-holding/daily``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.MarketContext.broker_holding_daily
        """
        return self.call(
            "market_broker_holding_daily", symbol=symbol, parti_number=parti_number, broker_id=broker_id
        )

    def market_ah_premium(
        self,
        symbol: str,
        *,
        line_type: LineType | None = None,
        line_num: int | None = None,
        period: LineType | None = None,
        count: int | None = None,
    ) -> Reply:
        """Candlesticks of the premium of A over H shares.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        line_type
            Length of a bar: 1m 5m 15m 30m 60m day week month year. One of 1m, 5m, 15m, 30m, 60m, day,
            week, month, year. Default: 'day'.
        line_num
            Rows at most. Default: 100.
        period
            Length of a bar: 1m 5m 15m 30m 60m day week month year. Short for ``line_type``. One of 1m,
            5m, 15m, 30m, 60m, day, week, month, year.
        count
            Rows at most. Short for ``line_num``.

        Notes
        -----
        Reads only: ``GET /v1/quote/ahpremium/klines``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.MarketContext.ah_premium
        """
        return self.call(
            "market_ah_premium",
            symbol=symbol,
            line_type=line_type,
            line_num=line_num,
            period=period,
            count=count,
        )

    def market_ah_premium_intraday(self, symbol: str, *, days: int | None = None) -> Reply:
        """Premium of A over H shares within the day.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        days
            Days of data. Default: 1.

        Notes
        -----
        Reads only: ``GET /v1/quote/ahpremium/timeshares``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.MarketContext.ah_premium_intraday
        """
        return self.call("market_ah_premium_intraday", symbol=symbol, days=days)

    def market_trade_stats(self, symbol: str) -> Reply:
        """Trade statistics of a security.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/trades-statistics``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.MarketContext.trade_stats
        """
        return self.call("market_trade_stats", symbol=symbol)

    def market_anomaly(self, market: str, *, category: int | None = None) -> Reply:
        """Unusual price moves in a market.

        Parameters
        ----------
        market
            Market: HK, US, CN or SG.
        category
            Category of move; 0 for all. Default: 0.

        Notes
        -----
        Reads only: ``GET /v1/quote/changes``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.MarketContext.anomaly
        """
        return self.call("market_anomaly", market=market, category=category)

    def market_constituent(self, symbol: str) -> Reply:
        """Members of an index.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/index-constituents``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.MarketContext.constituent
        """
        return self.call("market_constituent", symbol=symbol)

    def market_top_movers(
        self,
        markets: str | Iterable[str],
        *,
        limit: int | None = None,
        sort: int | None = None,
        date: Day | None = None,
    ) -> Reply:
        """Stocks that move most, with reasons.

        Parameters
        ----------
        markets
            Markets, as HK or US.
        limit
            Rows at most. Default: 20.
        sort
            Order: 0 ascending, 1 descending. Default: 0.
        date
            Day.

        Notes
        -----
        Reads only: ``POST /v1/quote/market/stock-events``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.MarketContext.top_movers
        """
        return self.call("market_top_movers", markets=markets, limit=limit, sort=sort, date=date)

    def market_rank_categories(self) -> Reply:
        """Categories of rankings.

        Notes
        -----
        Reads only: ``GET /v1/quote/market/rank/categories``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.MarketContext.rank_categories
        """
        return self.call("market_rank_categories")

    def market_rank_list(
        self, key: str, *, delay_bmp: bool | None = None, need_article: bool | None = None
    ) -> Reply:
        """Ranked stocks of a category.

        Parameters
        ----------
        key
            Key of the category, as market_rank_categories returns it; it begins with ib_.
        delay_bmp
            True for delayed prices. Default: False.
        need_article
            True includes the articles. Default: False.

        Notes
        -----
        Reads only: ``GET /v1/quote/market/rank/list``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.MarketContext.rank_list
        """
        return self.call("market_rank_list", key=key, delay_bmp=delay_bmp, need_article=need_article)
