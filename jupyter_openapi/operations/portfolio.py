"""`PortfolioOperations`: profit analysis.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openapi.operations.caller import Caller, Day, Moment

if TYPE_CHECKING:
    from jupyter_openapi.reply import Reply


class PortfolioOperations(Caller):
    """Profit analysis."""

    def portfolio_profit_analysis(self, *, start: Moment | None = None, end: Moment | None = None) -> Reply:
        """Profit over a period: summary.

        Parameters
        ----------
        start
            First moment of the period; a bare date is its start.
        end
            Last moment of the period; a bare date is its end.

        Notes
        -----
        Reads only: ``GET /v1/portfolio/profit-analysis-summary``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.PortfolioContext.profit_analysis
        """
        return self.call("portfolio_profit_analysis", start=start, end=end)

    def portfolio_profit_analysis_sublist(
        self, *, profit_or_loss: str | None = None, start: Moment | None = None, end: Moment | None = None
    ) -> Reply:
        """Profit over a period: each holding.

        Parameters
        ----------
        profit_or_loss
            all, or only the winners or the losers. Default: 'all'.
        start
            First moment of the period; a bare date is its start.
        end
            Last moment of the period; a bare date is its end.

        Notes
        -----
        Reads only: ``GET /v1/portfolio/profit-analysis-sublist``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.PortfolioContext.profit_analysis
        """
        return self.call(
            "portfolio_profit_analysis_sublist", profit_or_loss=profit_or_loss, start=start, end=end
        )

    def portfolio_profit_analysis_by_market(
        self,
        market: str | None = None,
        *,
        page: int | None = None,
        size: int | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        currency: str | None = None,
    ) -> Reply:
        """Profit over a period by market, in pages.

        Parameters
        ----------
        market
            Market: HK, US, CN or SG.
        page
            Page number, from 1. Default: 1.
        size
            Rows a page. Default: 20.
        start
            First moment of the period; a bare date is its start.
        end
            Last moment of the period; a bare date is its end.
        currency
            Currency: HKD, USD or CNH; left out, all of them.

        Notes
        -----
        Reads only: ``GET /v1/portfolio/profit-analysis/by-market``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.PortfolioContext.profit_analysis_by_market
        """
        return self.call(
            "portfolio_profit_analysis_by_market",
            market=market,
            page=page,
            size=size,
            start=start,
            end=end,
            currency=currency,
        )

    def portfolio_profit_analysis_detail(
        self, symbol: str, *, start: Moment | None = None, end: Moment | None = None
    ) -> Reply:
        """Profit over a period of one security.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        start
            First moment of the period; a bare date is its start.
        end
            Last moment of the period; a bare date is its end.

        Notes
        -----
        Reads only: ``GET /v1/portfolio/profit-analysis/detail``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.PortfolioContext.profit_analysis_detail
        """
        return self.call("portfolio_profit_analysis_detail", symbol=symbol, start=start, end=end)

    def portfolio_profit_analysis_flows(
        self,
        symbol: str,
        *,
        page: int | None = None,
        size: int | None = None,
        derivative: bool | None = None,
        start: Day | None = None,
        end: Day | None = None,
    ) -> Reply:
        """Trades behind the profit of one security, in pages.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        page
            Page number, from 1. Default: 1.
        size
            Rows a page. Default: 20.
        derivative
            True for the options and warrants on the security. Default: False.
        start
            First day of the period.
        end
            Last day of the period.

        Notes
        -----
        Reads only: ``GET /v1/portfolio/profit-analysis/flows``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.PortfolioContext.profit_analysis_flows
        """
        return self.call(
            "portfolio_profit_analysis_flows",
            symbol=symbol,
            page=page,
            size=size,
            derivative=derivative,
            start=start,
            end=end,
        )
