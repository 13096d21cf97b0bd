"""`DcaOperations`: regular investment (DCA) plans.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, overload

from jupyter_openapi.operations.caller import Caller, Number, Tick

if TYPE_CHECKING:
    from jupyter_openapi.operations.choices import AllowMarginFinance
    from jupyter_openapi.reply import Reply
    from jupyter_openapi.trading import Preview


class DcaOperations(Caller):
    """Regular investment (DCA) plans."""

    def dca_list(
        self,
        symbol: str | None = None,
        *,
        page: int | None = None,
        limit: int | None = None,
        status: Literal["Active", "Suspended", "Finished"] | None = None,
    ) -> Reply:
        """Regular investment plans, in pages.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        page
            Page number, from 1. Default: 1.
        limit
            Rows at most. Default: 100.
        status
            Only this state; give several to accept any of them. One of Active, Suspended, Finished.

        Notes
        -----
        Reads only: ``GET /v1/dailycoins/query``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.DCAContext.list
        """
        return self.call("dca_list", symbol=symbol, page=page, limit=limit, status=status)

    @overload
    def dca_create(
        self,
        symbol: str,
        *,
        allow_margin_finance: AllowMarginFinance | None = None,
        invest_day_of_month: str | None = None,
        invest_day_of_week: str | None = None,
        invest_frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        per_invest_amount: Number | None = None,
        amount: Number | None = None,
        frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        day_of_week: str | None = None,
        day_of_month: str | None = None,
        allow_margin: AllowMarginFinance | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def dca_create(
        self,
        symbol: str,
        *,
        allow_margin_finance: AllowMarginFinance | None = None,
        invest_day_of_month: str | None = None,
        invest_day_of_week: str | None = None,
        invest_frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        per_invest_amount: Number | None = None,
        amount: Number | None = None,
        frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        day_of_week: str | None = None,
        day_of_month: str | None = None,
        allow_margin: AllowMarginFinance | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def dca_create(
        self,
        symbol: str,
        *,
        allow_margin_finance: AllowMarginFinance | None = None,
        invest_day_of_month: str | None = None,
        invest_day_of_week: str | None = None,
        invest_frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        per_invest_amount: Number | None = None,
        amount: Number | None = None,
        frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        day_of_week: str | None = None,
        day_of_month: str | None = None,
        allow_margin: AllowMarginFinance | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def dca_create(
        self,
        symbol: str,
        *,
        allow_margin_finance: AllowMarginFinance | None = None,
        invest_day_of_month: str | None = None,
        invest_day_of_week: str | None = None,
        invest_frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        per_invest_amount: Number | None = None,
        amount: Number | None = None,
        frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        day_of_week: str | None = None,
        day_of_month: str | None = None,
        allow_margin: AllowMarginFinance | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Create a regular investment plan.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        allow_margin_finance
            True lets purchases use margin. One of false, true. Default: 'no'.
        invest_day_of_month
            Day of the month, for Monthly.
        invest_day_of_week
            Day of the week, for Weekly and Fortnightly.
        invest_frequency
            Daily, Weekly, Fortnightly or Monthly. One of Daily, Weekly, Fortnightly, Monthly.
        per_invest_amount
            Amount of each purchase.
        amount
            Amount of each purchase. Short for ``per_invest_amount``.
        frequency
            Daily, Weekly, Fortnightly or Monthly. Short for ``invest_frequency``. One of Daily, Weekly,
            Fortnightly, Monthly.
        day_of_week
            Day of the week, for Weekly and Fortnightly. Short for ``invest_day_of_week``.
        day_of_month
            Day of the month, for Monthly. Short for ``invest_day_of_month``.
        allow_margin
            True lets purchases use margin. Short for ``allow_margin_finance``. One of false, true.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Moves money: ``POST /v1/dailycoins/create``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.DCAContext.create
        """
        return self.call(
            "dca_create",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            symbol=symbol,
            allow_margin_finance=allow_margin_finance,
            invest_day_of_month=invest_day_of_month,
            invest_day_of_week=invest_day_of_week,
            invest_frequency=invest_frequency,
            per_invest_amount=per_invest_amount,
            amount=amount,
            frequency=frequency,
            day_of_week=day_of_week,
            day_of_month=day_of_month,
            allow_margin=allow_margin,
        )

    @overload
    def dca_update(
        self,
        plan_id: str | int,
        *,
        allow_margin_finance: AllowMarginFinance | None = None,
        invest_day_of_month: str | None = None,
        invest_day_of_week: str | None = None,
        invest_frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        per_invest_amount: Number | None = None,
        amount: Number | None = None,
        frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        day_of_week: str | None = None,
        day_of_month: str | None = None,
        allow_margin: AllowMarginFinance | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def dca_update(
        self,
        plan_id: str | int,
        *,
        allow_margin_finance: AllowMarginFinance | None = None,
        invest_day_of_month: str | None = None,
        invest_day_of_week: str | None = None,
        invest_frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        per_invest_amount: Number | None = None,
        amount: Number | None = None,
        frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        day_of_week: str | None = None,
        day_of_month: str | None = None,
        allow_margin: AllowMarginFinance | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def dca_update(
        self,
        plan_id: str | int,
        *,
        allow_margin_finance: AllowMarginFinance | None = None,
        invest_day_of_month: str | None = None,
        invest_day_of_week: str | None = None,
        invest_frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        per_invest_amount: Number | None = None,
        amount: Number | None = None,
        frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        day_of_week: str | None = None,
        day_of_month: str | None = None,
        allow_margin: AllowMarginFinance | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def dca_update(
        self,
        plan_id: str | int,
        *,
        allow_margin_finance: AllowMarginFinance | None = None,
        invest_day_of_month: str | None = None,
        invest_day_of_week: str | None = None,
        invest_frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        per_invest_amount: Number | None = None,
        amount: Number | None = None,
        frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        day_of_week: str | None = None,
        day_of_month: str | None = None,
        allow_margin: AllowMarginFinance | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Change a regular investment plan.

        Parameters
        ----------
        plan_id
            Id of the plan.
        allow_margin_finance
            True lets purchases use margin. One of false, true.
        invest_day_of_month
            Day of the month, for Monthly.
        invest_day_of_week
            Day of the week, for Weekly and Fortnightly.
        invest_frequency
            Daily, Weekly, Fortnightly or Monthly. One of Daily, Weekly, Fortnightly, Monthly.
        per_invest_amount
            Amount of each purchase.
        amount
            Amount of each purchase. Short for ``per_invest_amount``.
        frequency
            Daily, Weekly, Fortnightly or Monthly. Short for ``invest_frequency``. One of Daily, Weekly,
            Fortnightly, Monthly.
        day_of_week
            Day of the week, for Weekly and Fortnightly. Short for ``invest_day_of_week``.
        day_of_month
            Day of the month, for Monthly. Short for ``invest_day_of_month``.
        allow_margin
            True lets purchases use margin. Short for ``allow_margin_finance``. One of false, true.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Moves money: ``POST /v1/dailycoins/update``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.DCAContext.update
        """
        return self.call(
            "dca_update",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            plan_id=plan_id,
            allow_margin_finance=allow_margin_finance,
            invest_day_of_month=invest_day_of_month,
            invest_day_of_week=invest_day_of_week,
            invest_frequency=invest_frequency,
            per_invest_amount=per_invest_amount,
            amount=amount,
            frequency=frequency,
            day_of_week=day_of_week,
            day_of_month=day_of_month,
            allow_margin=allow_margin,
        )

    @overload
    def dca_toggle(
        self,
        plan_id: str | int,
        *,
        status: Literal["Active", "Suspended", "Finished"],
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def dca_toggle(
        self,
        plan_id: str | int,
        *,
        status: Literal["Active", "Suspended", "Finished"],
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def dca_toggle(
        self,
        plan_id: str | int,
        *,
        status: Literal["Active", "Suspended", "Finished"],
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def dca_toggle(
        self,
        plan_id: str | int,
        *,
        status: Literal["Active", "Suspended", "Finished"],
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Pause, resume or stop a regular investment plan.

        Parameters
        ----------
        plan_id
            Id of the plan.
        status
            Suspended pauses the plan, Active resumes it, Finished stops it. One of Active, Suspended,
            Finished.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Moves money: ``POST /v1/dailycoins/toggle``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.DCAContext.pause
        """
        return self.call(
            "dca_toggle",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            plan_id=plan_id,
            status=status,
        )

    def dca_history(self, plan_id: str | int, *, page: int | None = None, limit: int | None = None) -> Reply:
        """What a regular investment plan bought, in pages.

        Parameters
        ----------
        plan_id
            Id of the plan.
        page
            Page number, from 1. Default: 1.
        limit
            Rows at most. Default: 20.

        Notes
        -----
        Reads only: ``GET /v1/dailycoins/query-records``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.DCAContext.history
        """
        return self.call("dca_history", plan_id=plan_id, page=page, limit=limit)

    def dca_stats(self, symbol: str | None = None) -> Reply:
        """Totals of the regular investment plans.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.

        Notes
        -----
        Reads only: ``GET /v1/dailycoins/statistic``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.DCAContext.stats
        """
        return self.call("dca_stats", symbol=symbol)

    def dca_check_support(
        self, symbols: str | Iterable[str] | None = None, *, symbol: str | Iterable[str] | None = None
    ) -> Reply:
        """Which securities allow regular investment plans.

        Parameters
        ----------
        symbols
            Securities as code.market: 700.HK, AAPL.US.
        symbol
            Securities as code.market: 700.HK, AAPL.US. Short for ``symbols``.

        Notes
        -----
        Reads only: ``POST /v1/dailycoins/batch-check-support``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.DCAContext.check_support
        """
        return self.call("dca_check_support", symbols=symbols, symbol=symbol)

    def dca_calc_date(
        self,
        symbol: str,
        *,
        invest_day_of_month: str | None = None,
        invest_day_of_week: str | None = None,
        invest_frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        frequency: Literal["Daily", "Weekly", "Fortnightly", "Monthly"] | None = None,
        day_of_week: str | None = None,
        day_of_month: str | None = None,
    ) -> Reply:
        """Next trade date of a regular investment plan.

        Parameters
        ----------
        symbol
            Security as code.market: 700.HK, AAPL.US.
        invest_day_of_month
            Day of the month, for Monthly.
        invest_day_of_week
            Day of the week, for Weekly and Fortnightly.
        invest_frequency
            Daily, Weekly, Fortnightly or Monthly. One of Daily, Weekly, Fortnightly, Monthly.
        frequency
            Daily, Weekly, Fortnightly or Monthly. Short for ``invest_frequency``. One of Daily, Weekly,
            Fortnightly, Monthly.
        day_of_week
            Day of the week, for Weekly and Fortnightly. Short for ``invest_day_of_week``.
        day_of_month
            Day of the month, for Monthly. Short for ``invest_day_of_month``.

        Notes
        -----
        Reads only: ``POST /v1/dailycoins/calc-trd-date``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.DCAContext.calc_date
        """
        return self.call(
            "dca_calc_date",
            symbol=symbol,
            invest_day_of_month=invest_day_of_month,
            invest_day_of_week=invest_day_of_week,
            invest_frequency=invest_frequency,
            frequency=frequency,
            day_of_week=day_of_week,
            day_of_month=day_of_month,
        )

    @overload
    def dca_set_reminder(
        self,
        alter_hours: str | None = None,
        *,
        hours: str | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def dca_set_reminder(
        self,
        alter_hours: str | None = None,
        *,
        hours: str | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def dca_set_reminder(
        self,
        alter_hours: str | None = None,
        *,
        hours: str | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def dca_set_reminder(
        self,
        alter_hours: str | None = None,
        *,
        hours: str | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Hours of notice before each purchase.

        Parameters
        ----------
        alter_hours
            Hours of notice.
        hours
            Hours of notice. Short for ``alter_hours``.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``POST /v1/dailycoins/update-alter-hours``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.DCAContext.set_reminder
        """
        return self.call(
            "dca_set_reminder",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            alter_hours=alter_hours,
            hours=hours,
        )
