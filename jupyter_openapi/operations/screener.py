"""`ScreenerOperations`: stock screener.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from jupyter_openapi.operations.caller import Caller, Moment, Object

if TYPE_CHECKING:
    from jupyter_openapi.operations.choices import Period
    from jupyter_openapi.reply import Reply


class ScreenerOperations(Caller):
    """Stock screener."""

    def screener_recommend_strategies(self, market: str) -> Reply:
        """Recommended screening strategies.

        Parameters
        ----------
        market
            Market: HK, US, CN or SG.

        Notes
        -----
        Reads only: ``GET /v1/quote/ai/screener/strategies/recommend``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.ScreenerContext.screener_recommend_strategies
        """
        return self.call("screener_recommend_strategies", market=market)

    def screener_user_strategies(self, market: str) -> Reply:
        """Your own screening strategies.

        Parameters
        ----------
        market
            Market: HK, US, CN or SG.

        Notes
        -----
        Reads only: ``GET /v1/quote/ai/screener/strategies/mine``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.ScreenerContext.screener_user_strategies
        """
        return self.call("screener_user_strategies", market=market)

    def screener_strategy(self, id: str | int) -> Reply:
        """One screening strategy.

        Parameters
        ----------
        id
            Id of the strategy.

        Notes
        -----
        Reads only: ``GET /v1/quote/ai/screener/strategy/{id}``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.ScreenerContext.screener_strategy
        """
        return self.call("screener_strategy", id=id)

    def screener_search(
        self,
        market: str,
        *,
        filters: Object | Iterable[Object] | None = None,
        page: int | None = None,
        returns: str | Iterable[str] | None = None,
        size: int | None = None,
    ) -> Reply:
        """Screen the stocks of a market, in pages.

        Parameters
        ----------
        market
            Market: HK, US, CN or SG.
        filters
            Conditions: key (filter_...), min, max, tech_values. Fields: key, min, max, tech_values.
            Default: [].
        page
            Page number, from 0. Default: 0.
        returns
            Figures to return, as filter_... keys. Default: ['filter_prevclose', 'filter_prevchg',
            'filter_marketcap', 'filter_salesgrowthyoy', 'filter_pettm', 'filter_pbmrq',
            'filter_industry'].
        size
            Rows a page. Default: 20.

        Notes
        -----
        Reads only: ``POST /v1/quote/ai/screener/search``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.ScreenerContext.screener_search
        """
        return self.call(
            "screener_search", market=market, filters=filters, page=page, returns=returns, size=size
        )

    def screener_indicators(self) -> Reply:
        """Figures stocks can be screened by.

        Notes
        -----
        Reads only: ``GET /v1/quote/ai/screener/indicators``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.ScreenerContext.screener_indicators
        """
        return self.call("screener_indicators")

    def quant_run_script(
        self,
        counter_id: str | int,
        *,
        start_time: Moment,
        end_time: Moment,
        script: str,
        line_type: Period,
        inputs_json: str | None = None,
        language: str | None = None,
        exclude_chart: bool | None = None,
    ) -> Reply:
        """Run an indicator script over bars, on the broker's side.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/HK/700.
        start_time
            First moment of the bars.
        end_time
            Last moment of the bars.
        script
            The script.
        line_type
            Length of a bar. One of 1m, 2m, 3m, 5m, 10m, 15m, 20m, 30m, 45m, 60m, 120m, 180m, 240m, day,
            week, month, quarter, year.
        inputs_json
            Inputs of the script as a JSON array, such as [14,2.0].
        language
            Language of the script.
        exclude_chart
            True leaves the picture out.

        Notes
        -----
        Reads only: ``POST /v2/quant/run_script``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call(
            "quant_run_script",
            counter_id=counter_id,
            start_time=start_time,
            end_time=end_time,
            script=script,
            line_type=line_type,
            inputs_json=inputs_json,
            language=language,
            exclude_chart=exclude_chart,
        )

    def quant_run_script_v1(
        self,
        counter_id: str | int,
        *,
        start_time: Moment,
        end_time: Moment,
        script: str,
        line_type: Period,
        input_json: str | None = None,
    ) -> Reply:
        """Run an indicator script over bars, first version.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/HK/700.
        start_time
            First moment of the bars.
        end_time
            Last moment of the bars.
        script
            The script.
        line_type
            Length of a bar. One of 1m, 2m, 3m, 5m, 10m, 15m, 20m, 30m, 45m, 60m, 120m, 180m, 240m, day,
            week, month, quarter, year.
        input_json
            Inputs of the script as a JSON array, such as [14,2.0].

        Notes
        -----
        Reads only: ``POST /v1/quant/run_script``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call(
            "quant_run_script_v1",
            counter_id=counter_id,
            start_time=start_time,
            end_time=end_time,
            script=script,
            line_type=line_type,
            input_json=input_json,
        )
