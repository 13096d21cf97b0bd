"""`IpoOperations`: iPOs.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openapi.operations.caller import Caller, Moment

if TYPE_CHECKING:
    from jupyter_openapi.reply import Reply


class IpoOperations(Caller):
    """IPOs."""

    def ipo_subscriptions(self) -> Reply:
        """Hong Kong IPOs open for subscription or filed.

        Notes
        -----
        Reads only: ``GET /v1/ipo/subscriptions``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("ipo_subscriptions")

    def ipo_wait_listing(self, *, day_time: Moment | None = None) -> Reply:
        """Hong Kong IPOs between subscription and listing.

        Parameters
        ----------
        day_time
            Moment the list is for; now when left out.

        Notes
        -----
        Reads only: ``GET /v1/ipo/wait-listing``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("ipo_wait_listing", day_time=day_time)

    def ipo_listed(self, *, page: int | None = None, size: int | None = None) -> Reply:
        """Hong Kong IPOs listed lately, in pages.

        Parameters
        ----------
        page
            Page, from 1.
        size
            Rows a page.

        Notes
        -----
        Reads only: ``GET /v1/ipo/listed``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("ipo_listed", page=page, size=size)

    def ipo_calendar(self) -> Reply:
        """Calendar of IPOs.

        Notes
        -----
        Reads only: ``GET /v1/ipo/calendar``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("ipo_calendar")

    def ipo_profile(self, counter_id: str | int) -> Reply:
        """One IPO: price, dates, sponsors, business.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/HK/6871.

        Notes
        -----
        Reads only: ``GET /v1/ipo/profile``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("ipo_profile", counter_id=counter_id)

    def ipo_timeline(self, counter_id: str | int, *, market: str, flag: str | None = None) -> Reply:
        """Dates of one IPO.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/HK/6871.
        market
            HK or US.
        flag
            0 unless the broker says otherwise.

        Notes
        -----
        Reads only: ``GET /v1/ipo/timeline``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("ipo_timeline", counter_id=counter_id, market=market, flag=flag)

    def ipo_eligibility(self, counter_id: str | int) -> Reply:
        """Whether you may subscribe to one IPO.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/HK/6871.

        Notes
        -----
        Reads only: ``GET /v1/ipo/eligibility``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("ipo_eligibility", counter_id=counter_id)

    def ipo_holdings(
        self, counter_id: str | int, *, need_realtime: bool | None = None, account_channel: str | None = None
    ) -> Reply:
        """What you can subscribe one IPO with.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/HK/6871.
        need_realtime
            True for figures of this moment.
        account_channel
            Account channel: lb, lb_papertrading.

        Notes
        -----
        Reads only: ``GET /v1/ipo/holdings``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call(
            "ipo_holdings",
            counter_id=counter_id,
            need_realtime=need_realtime,
            account_channel=account_channel,
        )

    def ipo_orders(self, counter_id: str | int | None = None, *, account_channel: str | None = None) -> Reply:
        """Your IPO subscriptions under way.

        Parameters
        ----------
        counter_id
            Internal id of the security as TYPE/MARKET/CODE: ST/HK/6871.
        account_channel
            Account channel: lb, lb_papertrading.

        Notes
        -----
        Reads only: ``GET /v1/ipo/orders``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("ipo_orders", counter_id=counter_id, account_channel=account_channel)

    def ipo_orders_history(
        self,
        *,
        page: int | None = None,
        limit: int | None = None,
        market: str | None = None,
        status: str | None = None,
    ) -> Reply:
        """Your past IPO subscriptions, in pages.

        Parameters
        ----------
        page
            Page, from 1.
        limit
            Rows a page.
        market
            HK or US.
        status
            Only this state.

        Notes
        -----
        Reads only: ``GET /v1/ipo/orders/history``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("ipo_orders_history", page=page, limit=limit, market=market, status=status)

    def ipo_order(self, order_id: str | int, *, account_channel: str | None = None) -> Reply:
        """One IPO subscription.

        Parameters
        ----------
        order_id
            Id of the subscription, as ipo_orders gives it.
        account_channel
            Account channel: lb, lb_papertrading.

        Notes
        -----
        Reads only: ``GET /v1/ipo/orders/{order_id}``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("ipo_order", order_id=order_id, account_channel=account_channel)

    def ipo_profit_loss(self, period: str, *, account_channel: str | None = None) -> Reply:
        """Profit of your IPO subscriptions together.

        Parameters
        ----------
        period
            all, ytd, 1y or 3y.
        account_channel
            Account channel: lb, lb_papertrading.

        Notes
        -----
        Reads only: ``GET /v1/ipo/profit-loss``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("ipo_profit_loss", period=period, account_channel=account_channel)

    def ipo_profit_loss_items(
        self,
        period: str,
        *,
        page: int | None = None,
        size: int | None = None,
        account_channel: str | None = None,
    ) -> Reply:
        """Profit of your IPO subscriptions, one row a security, in pages.

        Parameters
        ----------
        period
            all, ytd, 1y or 3y.
        page
            Page, from 1.
        size
            Rows a page.
        account_channel
            Account channel: lb, lb_papertrading.

        Notes
        -----
        Reads only: ``GET /v1/ipo/profit-loss/items``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call(
            "ipo_profit_loss_items", period=period, page=page, size=size, account_channel=account_channel
        )

    def us_ipo_subscriptions(self) -> Reply:
        """US IPOs open for subscription or filed.

        Notes
        -----
        Reads only: ``GET /v1/us/ipo/subscriptions``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("us_ipo_subscriptions")

    def us_ipo_wait_listing(self) -> Reply:
        """US IPOs between subscription and listing.

        Notes
        -----
        Reads only: ``GET /v1/us/ipo/wait-listing``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("us_ipo_wait_listing")

    def us_ipo_listed(self, *, page: int | None = None, size: int | None = None) -> Reply:
        """US IPOs listed lately, in pages.

        Parameters
        ----------
        page
            Page, from 1.
        size
            Rows a page.

        Notes
        -----
        Reads only: ``GET /v1/us/ipo/listed``.
        Source: https://github.com/longbridge/longbridge-terminal
        """
        return self.call("us_ipo_listed", page=page, size=size)
