"""`AssetOperations`: balances, positions, cash flow, statements.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from jupyter_openapi.operations.caller import Caller, Moment

if TYPE_CHECKING:
    from jupyter_openapi.operations.choices import BusinessType, Types
    from jupyter_openapi.reply import Reply


class AssetOperations(Caller):
    """Balances, positions, cash flow, statements."""

    def account_balance(self, currency: Literal["HKD", "USD", "CNH"] | None = None) -> Reply:
        """Cash, margin and buying power, one row a currency.

        Parameters
        ----------
        currency
            HKD, USD or CNH; left out, all of them. One of HKD, USD, CNH.

        Notes
        -----
        Reads only: ``GET /v1/asset/account``.
        Source: https://open.longbridge.com/docs/trade/asset/account
        """
        return self.call("account_balance", currency=currency)

    def cash_flow(
        self,
        symbol: str | None = None,
        *,
        start_time: Moment | None = None,
        end_time: Moment | None = None,
        business_type: BusinessType | None = None,
        page: int | None = None,
        size: int | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        start_at: Moment | None = None,
        end_at: Moment | None = None,
    ) -> Reply:
        """Ledger of cash movements between two times, in pages.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        start_time
            First moment of the window; a bare date is its start.
        end_time
            Last moment of the window; a bare date is its end.
        business_type
            cash, stock or fund. One of cash, stock, fund.
        page
            Page number, from 1.
        size
            Rows a page.
        start
            First moment of the window; a bare date is its start. Short for ``start_time``.
        end
            Last moment of the window; a bare date is its end. Short for ``end_time``.
        start_at
            First moment of the window; a bare date is its start. Short for ``start_time``.
        end_at
            Last moment of the window; a bare date is its end. Short for ``end_time``.

        Notes
        -----
        Reads only: ``GET /v1/asset/cashflow``.
        Source: https://open.longbridge.com/docs/trade/asset/cashflow
        """
        return self.call(
            "cash_flow",
            symbol=symbol,
            start_time=start_time,
            end_time=end_time,
            business_type=business_type,
            page=page,
            size=size,
            start=start,
            end=end,
            start_at=start_at,
            end_at=end_at,
        )

    def stock_positions(self, symbol: str | Iterable[str] | None = None) -> Reply:
        """Stocks, funds listed on an exchange and options held, per account channel.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/asset/stock``.
        Source: https://open.longbridge.com/docs/trade/asset/stock
        """
        return self.call("stock_positions", symbol=symbol)

    def fund_positions(self, symbol: str | Iterable[str] | None = None) -> Reply:
        """Mutual funds held, per account channel.

        Parameters
        ----------
        symbol
            ISIN of a fund.

        Notes
        -----
        Reads only: ``GET /v1/asset/fund``.
        Source: https://open.longbridge.com/docs/trade/asset/fund
        """
        return self.call("fund_positions", symbol=symbol)

    def margin_ratio(self, symbol: str) -> Reply:
        """Initial, maintenance and forced close-out margin factors of a symbol.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/risk/margin-ratio``.
        Source: https://open.longbridge.com/docs/trade/asset/margin_ratio
        """
        return self.call("margin_ratio", symbol=symbol)

    def exchange_rate(self) -> Reply:
        """Exchange rates the account uses.

        Notes
        -----
        Reads only: ``GET /v1/asset/exchange_rates``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.PortfolioContext.exchange_rate
        """
        return self.call("exchange_rate")

    def statements(
        self,
        statement_type: Literal["daily", "monthly", 1, 2] | None = None,
        *,
        start_date: int | None = None,
        limit: int | None = None,
    ) -> Reply:
        """Account statements available for download.

        Parameters
        ----------
        statement_type
            daily or monthly. One of daily, monthly. Default: 'daily'.
        start_date
            Page number, from 1 (the broker's name for it is misleading). Default: 1.
        limit
            Rows at most. Default: 20.

        Notes
        -----
        Reads only: ``GET /v1/statement/list``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.AssetContext.statements
        """
        return self.call("statements", statement_type=statement_type, start_date=start_date, limit=limit)

    def statement_download_url(self, file_key: str) -> Reply:
        """Expiring address of one statement file.

        Parameters
        ----------
        file_key
            Key of the file, as statements returns it.

        Notes
        -----
        Reads only: ``GET /v1/statement/download``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.AssetContext.statement_download_url
        """
        return self.call("statement_download_url", file_key=file_key)

    def us_asset_overview(self) -> Reply:
        """Cash, stocks, options and crypto of an account in the US data centre.

        Notes
        -----
        Reads only: ``GET /v1/us/assets/overview``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.TradeContext.us_asset_overview
        """
        return self.call("us_asset_overview")

    def us_realized_pl(self, category: str | None = None, *, currency: str | None = None) -> Reply:
        """Realised profit by period of an account in the US data centre.

        Parameters
        ----------
        category
            Only this category.
        currency
            Currency: HKD, USD or CNH; left out, all of them. Default: 'USD'.

        Notes
        -----
        Reads only: ``GET /v1/us/assets/pl/realized``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.TradeContext.us_realized_pl
        """
        return self.call("us_realized_pl", category=category, currency=currency)

    def us_available_holding(
        self,
        symbol: str,
        *,
        equity_type: Literal["STOCK", "OPTION", "CRYPTO"] | None = None,
        position_side: Literal["LONG", "SHORT"] | None = None,
    ) -> Reply:
        """Quantity of a US holding that can be sold.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        equity_type
            STOCK, OPTION or CRYPTO. One of STOCK, OPTION, CRYPTO. Default: 'STOCK'.
        position_side
            LONG or SHORT. One of LONG, SHORT. Default: 'LONG'.

        Notes
        -----
        Reads only: ``GET /v1/us/assets/available-holding``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.TradeContext.us_available_holding
        """
        return self.call(
            "us_available_holding", symbol=symbol, equity_type=equity_type, position_side=position_side
        )

    def us_cash_and_buy_power(self, currency: str | None = None) -> Reply:
        """Cash, buying power and margin state of an account in the US data centre.

        Parameters
        ----------
        currency
            Currency: HKD, USD or CNH; left out, all of them.

        Notes
        -----
        Reads only: ``GET /v1/us/assets/cash-and-buy-power``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.TradeContext.us_cash_and_buy_power
        """
        return self.call("us_cash_and_buy_power", currency=currency)

    def us_exchange_rates(self) -> Reply:
        """Exchange rates an account in the US data centre uses.

        Notes
        -----
        Reads only: ``GET /v1/us/assets/exchange-rates``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.TradeContext.us_exchange_rates
        """
        return self.call("us_exchange_rates")

    def us_transaction_history(
        self,
        *,
        start: Moment,
        end: Moment,
        page: int | None = None,
        size: int | None = None,
        types: Types | Iterable[Types] | None = None,
        currency: str | None = None,
    ) -> Reply:
        """Transactions of an account in the US data centre, in pages.

        Parameters
        ----------
        start
            First moment of the period; a bare date is its start.
        end
            Last moment of the period; a bare date is its end.
        page
            Page number, from 1. Default: 1.
        size
            Rows a page. Default: 20.
        types
            Only these kinds of transaction. One of TT_DEPOSIT_AND_WITHDRAWAL,
            TT_STOCKS_AND_ETFS_TRADING, TT_OPTIONS_TRADING, TT_CRYPTO_TRADING, TT_CORPORATE_ACTION,
            TT_TRANSFER_IN_AND_OUT, TT_CRYPTO_TRANSFER, TT_MARGIN_FINANCING, TT_OTHER.
        currency
            Currency: HKD, USD or CNH; left out, all of them.

        Notes
        -----
        Reads only: ``POST /v1/us/assets/transaction-history``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.TradeContext.us_transaction_history
        """
        return self.call(
            "us_transaction_history",
            start=start,
            end=end,
            page=page,
            size=size,
            types=types,
            currency=currency,
        )

    def account_bank_cards(self) -> Reply:
        """Bank cards withdrawals can go to.

        Notes
        -----
        Reads only: ``GET /v1/account/bank-cards``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("account_bank_cards")

    def account_deposits(
        self,
        *,
        page: int | None = None,
        size: int | None = None,
        account_channel: str | None = None,
        states: str | None = None,
        currencies: str | None = None,
    ) -> Reply:
        """Deposits, newest first, in pages.

        Parameters
        ----------
        page
            Page, from 1.
        size
            Rows a page.
        account_channel
            Account channel: lb, lb_papertrading.
        states
            Only these states, comma-separated.
        currencies
            Only these currencies, comma-separated.

        Notes
        -----
        Reads only: ``GET /v1/account/deposits``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call(
            "account_deposits",
            page=page,
            size=size,
            account_channel=account_channel,
            states=states,
            currencies=currencies,
        )

    def account_withdrawals(
        self, *, page: int | None = None, size: int | None = None, account_channel: str | None = None
    ) -> Reply:
        """Withdrawals, newest first, in pages.

        Parameters
        ----------
        page
            Page, from 1.
        size
            Rows a page.
        account_channel
            Account channel: lb, lb_papertrading.

        Notes
        -----
        Reads only: ``GET /v1/account/withdrawals``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("account_withdrawals", page=page, size=size, account_channel=account_channel)

    def short_margin(self) -> Reply:
        """Margin held for short positions.

        Notes
        -----
        Reads only: ``GET /v1/asset/cash/short-margin``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("short_margin")
