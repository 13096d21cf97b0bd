"""`FundamentalOperations`: companies: reports, valuation, holders, macro data.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from jupyter_openapi.operations.caller import Caller, Day

if TYPE_CHECKING:
    from jupyter_openapi.operations.choices import FundamentalUsFinancialStatementKind, Kind, Market, Report
    from jupyter_openapi.reply import Reply


class FundamentalOperations(Caller):
    """Companies: reports, valuation, holders, macro data."""

    def fundamental_financial_report(
        self,
        symbol: str,
        *,
        kind: Kind | None = None,
        report: Report | None = None,
        period: Report | None = None,
    ) -> Reply:
        """Income statement, balance sheet and cash flow.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        kind
            IS income statement, BS balance sheet, CF cash flow, ALL the three. One of IS, BS, CF, ALL.
            Default: 'ALL'.
        report
            Reporting period: af annual, saf half-yearly, q1 q2 q3 a quarter, qf every quarter, 3q nine
            months. One of af, saf, q1, q2, q3, qf, 3q.
        period
            Reporting period: af annual, saf half-yearly, q1 q2 q3 a quarter, qf every quarter, 3q nine
            months. Short for ``report``. One of af, saf, q1, q2, q3, qf, 3q.

        Notes
        -----
        Reads only: ``GET /v1/quote/financial-reports``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.financial_report
        """
        return self.call(
            "fundamental_financial_report", symbol=symbol, kind=kind, report=report, period=period
        )

    def fundamental_institution_rating(self, symbol: str) -> Reply:
        """Analyst ratings: summary.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/institution-ratings``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.institution_rating
        """
        return self.call("fundamental_institution_rating", symbol=symbol)

    def fundamental_institution_rating_latest(self, symbol: str) -> Reply:
        """Analyst ratings: the latest.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/institution-rating-latest``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.institution_rating
        """
        return self.call("fundamental_institution_rating_latest", symbol=symbol)

    def fundamental_institution_rating_detail(self, symbol: str) -> Reply:
        """Analyst ratings over time.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/institution-ratings/detail``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.institution_rating_detail
        """
        return self.call("fundamental_institution_rating_detail", symbol=symbol)

    def fundamental_dividend(self, symbol: str) -> Reply:
        """Dividends: summary.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/dividends``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.dividend
        """
        return self.call("fundamental_dividend", symbol=symbol)

    def fundamental_dividend_detail(self, symbol: str) -> Reply:
        """Dividends in detail.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/dividends/details``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.dividend_detail
        """
        return self.call("fundamental_dividend_detail", symbol=symbol)

    def fundamental_forecast_eps(self, symbol: str) -> Reply:
        """Forecasts of earnings per share.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/forecast-eps``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.forecast_eps
        """
        return self.call("fundamental_forecast_eps", symbol=symbol)

    def fundamental_consensus(self, symbol: str) -> Reply:
        """Consensus estimates.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/financial-consensus-detail``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.consensus
        """
        return self.call("fundamental_consensus", symbol=symbol)

    def fundamental_valuation(
        self, symbol: str, *, indicator: str | None = None, range: int | None = None
    ) -> Reply:
        """Valuation multiple over time.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        indicator
            Valuation multiple: pe, pb, ps. Default: 'pe'.
        range
            Length of the series; the broker's own clients send 1. Default: 1.

        Notes
        -----
        Reads only: ``GET /v1/quote/valuation``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.valuation
        """
        return self.call("fundamental_valuation", symbol=symbol, indicator=indicator, range=range)

    def fundamental_valuation_history(self, symbol: str) -> Reply:
        """Valuation history.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/valuation/detail``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.valuation_history
        """
        return self.call("fundamental_valuation_history", symbol=symbol)

    def fundamental_industry_valuation(self, symbol: str) -> Reply:
        """Valuation against peers in the industry.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/industry-valuation-comparison``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.industry_valuation
        """
        return self.call("fundamental_industry_valuation", symbol=symbol)

    def fundamental_industry_valuation_dist(self, symbol: str) -> Reply:
        """Distribution of valuations in the industry.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/industry-valuation-distribution``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.industry_valuation_dist
        """
        return self.call("fundamental_industry_valuation_dist", symbol=symbol)

    def fundamental_company(self, symbol: str) -> Reply:
        """Company profile.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/comp-overview``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.company
        """
        return self.call("fundamental_company", symbol=symbol)

    def fundamental_executive(self, symbols: str | None = None, *, symbol: str | None = None) -> Reply:
        """Executives and directors.

        Parameters
        ----------
        symbols
            Securities as code.market: 700.HK, AAPL.US.
        symbol
            Securities as code.market: 700.HK, AAPL.US. Short for ``symbols``.

        Notes
        -----
        Reads only: ``GET /v1/quote/company-professionals``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.executive
        """
        return self.call("fundamental_executive", symbols=symbols, symbol=symbol)

    def fundamental_shareholder(self, symbol: str) -> Reply:
        """Major shareholders.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/shareholders``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.shareholder
        """
        return self.call("fundamental_shareholder", symbol=symbol)

    def fundamental_fund_holder(self, symbol: str) -> Reply:
        """Funds that hold the stock.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/fund-holders``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.fund_holder
        """
        return self.call("fundamental_fund_holder", symbol=symbol)

    def fundamental_corp_action(
        self, symbol: str, *, req_type: int | None = None, version: int | None = None
    ) -> Reply:
        """Corporate actions.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        req_type
            Kind of query; the broker's own clients send 1. Default: 1.
        version
            Version of the reply; the broker's own clients send 3. Default: 3.

        Notes
        -----
        Reads only: ``GET /v1/quote/company-act``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.corp_action
        """
        return self.call("fundamental_corp_action", symbol=symbol, req_type=req_type, version=version)

    def fundamental_invest_relation(self, symbol: str, *, count: int | None = None) -> Reply:
        """Companies it invests in.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        count
            Rows at most; 0 for all. Default: 0.

        Notes
        -----
        Reads only: ``GET /v1/quote/invest-relations``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.invest_relation
        """
        return self.call("fundamental_invest_relation", symbol=symbol, count=count)

    def fundamental_operating(self, symbol: str) -> Reply:
        """Operating figures.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/operatings``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.operating
        """
        return self.call("fundamental_operating", symbol=symbol)

    def fundamental_buyback(self, symbol: str) -> Reply:
        """Share buybacks.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/buy-backs``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.buyback
        """
        return self.call("fundamental_buyback", symbol=symbol)

    def fundamental_shareholder_top(self, symbol: str) -> Reply:
        """Top shareholders.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/shareholders/top``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.shareholder_top
        """
        return self.call("fundamental_shareholder_top", symbol=symbol)

    def fundamental_shareholder_detail(self, symbol: str, *, object_id: str | int) -> Reply:
        """Holdings of one shareholder.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        object_id
            Id of the shareholder, as fundamental_shareholder_top returns it.

        Notes
        -----
        Reads only: ``GET /v1/quote/shareholders/holding``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.shareholder_detail
        """
        return self.call("fundamental_shareholder_detail", symbol=symbol, object_id=object_id)

    def fundamental_valuation_comparison(
        self, symbol: str, *, currency: str, comparison_symbols: str | Iterable[str] | None = None
    ) -> Reply:
        """Valuations side by side.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        currency
            Currency the figures are in.
        comparison_symbols
            Securities to compare with.

        Notes
        -----
        Reads only: ``GET /v1/quote/compare/valuation``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.valuation_comparison
        """
        return self.call(
            "fundamental_valuation_comparison",
            symbol=symbol,
            currency=currency,
            comparison_symbols=comparison_symbols,
        )

    def fundamental_etf_asset_allocation(self, symbol: str) -> Reply:
        """Holdings and allocation of an ETF.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/quote/etf-asset-allocation``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.etf_asset_allocation
        """
        return self.call("fundamental_etf_asset_allocation", symbol=symbol)

    def fundamental_macroeconomic_indicators(
        self,
        market: Market | None = None,
        *,
        keyword: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        country: Market | None = None,
    ) -> Reply:
        """Macroeconomic indicators of a country, in pages.

        Parameters
        ----------
        market
            Market: HK, US, CN or SG. One of HK, CN, US, EU, JP, SG, ALL. Default: 'ALL'.
        keyword
            Words in the name of the indicator.
        offset
            Rows to skip.
        limit
            Rows at most.
        country
            Market: HK, US, CN or SG. Short for ``market``. One of HK, CN, US, EU, JP, SG, ALL.

        Notes
        -----
        Reads only: ``GET /v2/quote/macrodata``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.macroeconomic_indicators
        """
        return self.call(
            "fundamental_macroeconomic_indicators",
            market=market,
            keyword=keyword,
            offset=offset,
            limit=limit,
            country=country,
        )

    def fundamental_macroeconomic(
        self,
        indicator_code: str | int,
        *,
        start_date: Day | None = None,
        end_date: Day | None = None,
        offset: int | None = None,
        limit: int | None = None,
        sort: Literal["asc", "desc"] | None = None,
    ) -> Reply:
        """History of one macroeconomic indicator.

        Parameters
        ----------
        indicator_code
            Code of the indicator, as fundamental_macroeconomic_indicators returns it.
        start_date
            First day.
        end_date
            Last day.
        offset
            Rows to skip.
        limit
            Rows at most.
        sort
            asc or desc, by date. One of asc, desc. Default: 'desc'.

        Notes
        -----
        Reads only: ``GET /v2/quote/macrodata/{indicator_code}``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.macroeconomic
        """
        return self.call(
            "fundamental_macroeconomic",
            indicator_code=indicator_code,
            start_date=start_date,
            end_date=end_date,
            offset=offset,
            limit=limit,
            sort=sort,
        )

    def fundamental_ratings(self, counter_id: str | int) -> Reply:
        """Rating scores of a stock.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.

        Notes
        -----
        Reads only: ``GET /v1/quote/ratings``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("fundamental_ratings", counter_id=counter_id)

    def fundamental_institution_rating_views(self, counter_id: str | int) -> Reply:
        """Rating views of institutions.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.

        Notes
        -----
        Reads only: ``GET /v1/quote/ratings/institutional``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("fundamental_institution_rating_views", counter_id=counter_id)

    def fundamental_business_segments(self, counter_id: str | int) -> Reply:
        """Revenue by segment.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.

        Notes
        -----
        Reads only: ``GET /v1/quote/fundamentals/business-segments``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("fundamental_business_segments", counter_id=counter_id)

    def fundamental_business_segments_history(
        self, counter_id: str | int, *, report: Report | None = None, cate: str | None = None
    ) -> Reply:
        """Revenue by segment over time.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        report
            Reporting period: af annual, saf half-yearly, q1 q2 q3 a quarter, qf every quarter, 3q nine
            months. One of af, saf, q1, q2, q3, qf, 3q.
        cate
            Category of segment.

        Notes
        -----
        Reads only: ``GET /v1/quote/fundamentals/business-segments/history``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call(
            "fundamental_business_segments_history", counter_id=counter_id, report=report, cate=cate
        )

    def fundamental_industry_peers(
        self, counter_id: str | int, *, type: int, market: str, industry_id: str | int
    ) -> Reply:
        """Peers in the same industry.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        type
            Kind of comparison; the broker's own clients send 1.
        market
            Market: HK, US, CN or SG.
        industry_id
            Id of the industry; may be empty.

        Notes
        -----
        Reads only: ``GET /v1/quote/industries/peers``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call(
            "fundamental_industry_peers",
            counter_id=counter_id,
            type=type,
            market=market,
            industry_id=industry_id,
        )

    def fundamental_financial_report_snapshot(
        self,
        counter_id: str | int,
        *,
        report: Report | None = None,
        fiscal_year: int | None = None,
        fiscal_period: str | None = None,
    ) -> Reply:
        """Snapshot of an earnings report.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/US/AAPL; for a fund, its own id.
        report
            Reporting period: af annual, saf half-yearly, q1 q2 q3 a quarter, qf every quarter, 3q nine
            months. One of af, saf, q1, q2, q3, qf, 3q.
        fiscal_year
            Fiscal year.
        fiscal_period
            Fiscal period.

        Notes
        -----
        Reads only: ``GET /v1/quote/financials/earnings-snapshot``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call(
            "fundamental_financial_report_snapshot",
            counter_id=counter_id,
            report=report,
            fiscal_year=fiscal_year,
            fiscal_period=fiscal_period,
        )

    def fundamental_industry_rank(
        self, market: str, *, indicator: str, sort_type: str, limit: int | None = None
    ) -> Reply:
        """Industries ranked by an indicator.

        Parameters
        ----------
        market
            Market: HK, US, CN or SG.
        indicator
            Which figure.
        sort_type
            Order of the ranking.
        limit
            Rows at most. Default: 20.

        Notes
        -----
        Reads only: ``GET /v1/quote/industry/rank``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call(
            "fundamental_industry_rank", market=market, indicator=indicator, sort_type=sort_type, limit=limit
        )

    def fundamental_us_company_overview(self, symbol: str) -> Reply:
        """Company profile (US data centre).

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/us/stock-info/company-overview``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.us_company_overview
        """
        return self.call("fundamental_us_company_overview", symbol=symbol)

    def fundamental_us_valuation_overview(self, symbol: str) -> Reply:
        """Valuation (US data centre).

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/us/stock-info/valuation-overview``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.us_valuation_overview
        """
        return self.call("fundamental_us_valuation_overview", symbol=symbol)

    def fundamental_us_financial_overview(self, symbol: str, *, report: Report) -> Reply:
        """Financial overview (US data centre).

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        report
            Reporting period: af annual, saf half-yearly, q1 q2 q3 a quarter, qf every quarter, 3q nine
            months. One of af, saf, q1, q2, q3, qf, 3q.

        Notes
        -----
        Reads only: ``GET /v1/us/stock-info/finn-overview``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.us_financial_overview
        """
        return self.call("fundamental_us_financial_overview", symbol=symbol, report=report)

    def fundamental_us_financial_statement(
        self, symbol: str, *, kind: FundamentalUsFinancialStatementKind, report: Report
    ) -> Reply:
        """Financial statements (US data centre).

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        kind
            IS income statement, BS balance sheet, CF cash flow, ALL the three. One of IS, BS, CF.
        report
            Reporting period: af annual, saf half-yearly, q1 q2 q3 a quarter, qf every quarter, 3q nine
            months. One of af, saf, q1, q2, q3, qf, 3q.

        Notes
        -----
        Reads only: ``GET /v1/us/quote/financials/statements``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.us_financial_statement
        """
        return self.call("fundamental_us_financial_statement", symbol=symbol, kind=kind, report=report)

    def fundamental_us_key_financial_metrics(self, symbol: str, *, report: Report) -> Reply:
        """Key financial figures (US data centre).

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        report
            Reporting period: af annual, saf half-yearly, q1 q2 q3 a quarter, qf every quarter, 3q nine
            months. One of af, saf, q1, q2, q3, qf, 3q.

        Notes
        -----
        Reads only: ``GET /v1/us/stock-info/fin-keyfactor``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.us_key_financial_metrics
        """
        return self.call("fundamental_us_key_financial_metrics", symbol=symbol, report=report)

    def fundamental_us_analyst_consensus(self, symbol: str, *, report: Report) -> Reply:
        """Analysts' consensus (US data centre).

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        report
            Reporting period: af annual, saf half-yearly, q1 q2 q3 a quarter, qf every quarter, 3q nine
            months. One of af, saf, q1, q2, q3, qf, 3q.

        Notes
        -----
        Reads only: ``GET /v1/us/stock-info/fin-consensus``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.us_analyst_consensus
        """
        return self.call("fundamental_us_analyst_consensus", symbol=symbol, report=report)

    def fundamental_us_etf_dividend_info(self, symbol: str) -> Reply:
        """Dividends of an ETF (US data centre).

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/us/stock-info/etf-dividend-info``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.us_etf_dividend_info
        """
        return self.call("fundamental_us_etf_dividend_info", symbol=symbol)

    def fundamental_us_company_dividends(self, symbol: str) -> Reply:
        """Dividends of a company (US data centre).

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/us/stock-info/company-dividends``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.us_company_dividends
        """
        return self.call("fundamental_us_company_dividends", symbol=symbol)

    def fundamental_us_etf_files(self, symbol: str, *, size: int | None = None) -> Reply:
        """Documents of an ETF (US data centre).

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        size
            Rows a page.

        Notes
        -----
        Reads only: ``GET /v1/us/stock-info/etf-files``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.FundamentalContext.us_etf_files
        """
        return self.call("fundamental_us_etf_files", symbol=symbol, size=size)

    def fundamental_financial_report_latest(self, counter_id: str | int) -> Reply:
        """Figures of the latest financial report.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/HK/700.

        Notes
        -----
        Reads only: ``GET /v1/quote/financials/latest-report``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("fundamental_financial_report_latest", counter_id=counter_id)

    def fundamental_financial_statement(
        self, counter_id: str | int, *, kind: FundamentalUsFinancialStatementKind, report: str
    ) -> Reply:
        """A financial statement line by line, one period after another.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/HK/700.
        kind
            Which statement. One of IS, BS, CF.
        report
            Reporting period: af a year, saf half a year, qf a quarter.

        Notes
        -----
        Reads only: ``GET /v1/quote/financials/statements``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("fundamental_financial_statement", counter_id=counter_id, kind=kind, report=report)

    def fundamental_valuation_rank(self, counter_id: str | int, *, start_date: Day, end_date: Day) -> Reply:
        """Where a security stands in its industry by valuation, one row a day.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/HK/700.
        start_date
            First day.
        end_date
            Last day.

        Notes
        -----
        Reads only: ``GET /v1/quote/valuation/rank``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call(
            "fundamental_valuation_rank", counter_id=counter_id, start_date=start_date, end_date=end_date
        )

    def fundamental_institution_rating_history(self, counter_id: str | int) -> Reply:
        """Analysts' target prices and recommendations over time.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/HK/700.

        Notes
        -----
        Reads only: ``GET /v1/quote/ratings/history``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("fundamental_institution_rating_history", counter_id=counter_id)

    def fundamental_institution_rating_industry_rank(
        self, counter_id: str | int, *, page: int | None = None, size: int | None = None
    ) -> Reply:
        """Securities of an industry by what analysts say, in pages.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/HK/700.
        page
            Page, from 1.
        size
            Rows a page.

        Notes
        -----
        Reads only: ``GET /v1/quote/institution-ratings/industry-rank``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call(
            "fundamental_institution_rating_industry_rank", counter_id=counter_id, page=page, size=size
        )
