"""`CalendarOperations`: calendar of company and economic events.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from jupyter_openapi.operations.caller import Caller, Day

if TYPE_CHECKING:
    from jupyter_openapi.operations.choices import FinanceCalendarTypes
    from jupyter_openapi.reply import Reply


class CalendarOperations(Caller):
    """Calendar of company and economic events."""

    def finance_calendar(
        self,
        types: FinanceCalendarTypes | None = None,
        *,
        date: Day | None = None,
        date_end: Day | None = None,
        count: int | None = None,
        offset: int | None = None,
        next: Literal["later", "earlier"] | None = None,
        category: FinanceCalendarTypes | None = None,
        market: str | None = None,
        start: Day | None = None,
        end: Day | None = None,
    ) -> Reply:
        """Company and economic events between two dates.

        Parameters
        ----------
        types
            Kind of event: report, dividend, split, ipo, macrodata, closed, meeting, merge. Short for
            ``types[]``. One of report, dividend, split, ipo, macrodata, closed, meeting, merge.
        date
            First day.
        date_end
            Last day.
        count
            Rows at most.
        offset
            Rows to skip.
        next
            Page on to later, or back to earlier events. One of later, earlier.
        category
            Kind of event: report, dividend, split, ipo, macrodata, closed, meeting, merge. Short for
            ``types[]``. One of report, dividend, split, ipo, macrodata, closed, meeting, merge.
        market
            Only events of this market. Short for ``markets[]``.
        start
            First day. Short for ``date``.
        end
            Last day. Short for ``date_end``.

        Notes
        -----
        Reads only: ``GET /v1/quote/finance_calendar``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.CalendarContext.finance_calendar
        """
        return self.call(
            "finance_calendar",
            types=types,
            date=date,
            date_end=date_end,
            count=count,
            offset=offset,
            next=next,
            category=category,
            market=market,
            start=start,
            end=end,
        )
