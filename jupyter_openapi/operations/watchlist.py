"""`WatchlistOperations`: watchlist groups.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, overload

from jupyter_openapi.operations.caller import Caller, Tick

if TYPE_CHECKING:
    from jupyter_openapi.reply import Reply
    from jupyter_openapi.trading import Preview


class WatchlistOperations(Caller):
    """Watchlist groups."""

    def watchlist(self) -> Reply:
        """Watchlist groups and their securities, one row a security.

        Notes
        -----
        Reads only: ``GET /v1/watchlist/groups``.
        Source: https://open.longbridge.com/docs/quote/individual/watchlist_groups
        """
        return self.call("watchlist")

    @overload
    def create_watchlist_group(
        self,
        name: str,
        *,
        securities: str | Iterable[str] | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def create_watchlist_group(
        self,
        name: str,
        *,
        securities: str | Iterable[str] | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def create_watchlist_group(
        self,
        name: str,
        *,
        securities: str | Iterable[str] | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def create_watchlist_group(
        self,
        name: str,
        *,
        securities: str | Iterable[str] | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Create a watchlist group.

        Parameters
        ----------
        name
            Name.
        securities
            Securities as code.market, in the order they are shown.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``POST /v1/watchlist/groups``.
        Source: https://open.longbridge.com/docs/quote/individual/watchlist_create_group
        """
        return self.call(
            "create_watchlist_group",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            name=name,
            securities=securities,
        )

    @overload
    def update_watchlist_group(
        self,
        id: str | int,
        *,
        name: str | None = None,
        securities: str | Iterable[str] | None = None,
        mode: Literal["add", "remove", "replace"] | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def update_watchlist_group(
        self,
        id: str | int,
        *,
        name: str | None = None,
        securities: str | Iterable[str] | None = None,
        mode: Literal["add", "remove", "replace"] | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def update_watchlist_group(
        self,
        id: str | int,
        *,
        name: str | None = None,
        securities: str | Iterable[str] | None = None,
        mode: Literal["add", "remove", "replace"] | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def update_watchlist_group(
        self,
        id: str | int,
        *,
        name: str | None = None,
        securities: str | Iterable[str] | None = None,
        mode: Literal["add", "remove", "replace"] | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Rename a watchlist group, or change its securities.

        Parameters
        ----------
        id
            Id of the group, as watchlist shows it.
        name
            Name.
        securities
            Securities as code.market, in the order they are shown.
        mode
            add, remove or replace. One of add, remove, replace.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``PUT /v1/watchlist/groups``.
        Source: https://open.longbridge.com/docs/quote/individual/watchlist_update_group
        """
        return self.call(
            "update_watchlist_group",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            id=id,
            name=name,
            securities=securities,
            mode=mode,
        )

    @overload
    def delete_watchlist_group(
        self,
        id: str | int,
        *,
        purge: bool | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def delete_watchlist_group(
        self,
        id: str | int,
        *,
        purge: bool | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def delete_watchlist_group(
        self,
        id: str | int,
        *,
        purge: bool | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def delete_watchlist_group(
        self,
        id: str | int,
        *,
        purge: bool | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Delete a watchlist group.

        Parameters
        ----------
        id
            Id of the group, as watchlist shows it.
        purge
            True also takes the group's securities out of the watchlist altogether. Default: False.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``DELETE /v1/watchlist/groups``.
        Source: https://open.longbridge.com/docs/quote/individual/watchlist_delete_group
        """
        return self.call(
            "delete_watchlist_group",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            id=id,
            purge=purge,
        )

    @overload
    def update_pinned(
        self,
        securities: str | Iterable[str],
        *,
        mode: Literal["add", "remove"] | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def update_pinned(
        self,
        securities: str | Iterable[str],
        *,
        mode: Literal["add", "remove"] | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def update_pinned(
        self,
        securities: str | Iterable[str],
        *,
        mode: Literal["add", "remove"] | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def update_pinned(
        self,
        securities: str | Iterable[str],
        *,
        mode: Literal["add", "remove"] | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Pin securities to the top of the watchlist, or unpin them.

        Parameters
        ----------
        securities
            Securities as code.market, in the order they are shown.
        mode
            add pins, remove unpins. One of add, remove. Default: 'add'.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``POST /v1/watchlist/pinned``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.QuoteContext.update_pinned
        """
        return self.call(
            "update_pinned",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            securities=securities,
            mode=mode,
        )
