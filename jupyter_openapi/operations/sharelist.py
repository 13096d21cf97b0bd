"""`SharelistOperations`: shared lists.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, overload

from jupyter_openapi.operations.caller import Caller, Tick

if TYPE_CHECKING:
    from jupyter_openapi.reply import Reply
    from jupyter_openapi.trading import Preview


class SharelistOperations(Caller):
    """Shared lists."""

    def sharelist_list(
        self,
        size: int | None = None,
        *,
        self_: bool | None = None,
        subscription: bool | None = None,
        count: int | None = None,
    ) -> Reply:
        """Your own and subscribed shared lists.

        Parameters
        ----------
        size
            Rows a page. Default: 20.
        self_
            True includes your own lists.
        subscription
            True includes subscriptions. Default: True.
        count
            Rows a page. Short for ``size``.

        Notes
        -----
        Reads only: ``GET /v1/sharelists``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.SharelistContext.list
        """
        return self.call(
            "sharelist_list", size=size, **{"self": self_}, subscription=subscription, count=count
        )

    @overload
    def sharelist_create(
        self,
        name: str,
        *,
        description: str,
        cover: str | None = None,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def sharelist_create(
        self,
        name: str,
        *,
        description: str,
        cover: str | None = None,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def sharelist_create(
        self,
        name: str,
        *,
        description: str,
        cover: str | None = None,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def sharelist_create(
        self,
        name: str,
        *,
        description: str,
        cover: str | None = None,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Create a shared list.

        Parameters
        ----------
        name
            Name.
        description
            What the list is about.
        cover
            Address of the cover image. Default:
            'https://pub.pbkrs.com/files/202107/kaJSk6BsvPt6NJ3Q/sharelist_v1.png'.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``POST /v1/sharelists``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.SharelistContext.create
        """
        return self.call(
            "sharelist_create",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            name=name,
            description=description,
            cover=cover,
        )

    def sharelist_detail(
        self,
        id: str | int,
        *,
        constituent: bool | None = None,
        quote: bool | None = None,
        subscription: bool | None = None,
    ) -> Reply:
        """One shared list with its securities.

        Parameters
        ----------
        id
            Id of the shared list.
        constituent
            True includes the securities. Default: True.
        quote
            True includes their quotes. Default: True.
        subscription
            True includes subscriptions. Default: True.

        Notes
        -----
        Reads only: ``GET /v1/sharelists/{id}``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.SharelistContext.detail
        """
        return self.call(
            "sharelist_detail", id=id, constituent=constituent, quote=quote, subscription=subscription
        )

    @overload
    def sharelist_delete(
        self,
        id: str | int,
        *,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def sharelist_delete(
        self,
        id: str | int,
        *,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def sharelist_delete(
        self,
        id: str | int,
        *,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def sharelist_delete(
        self,
        id: str | int,
        *,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Delete a shared list.

        Parameters
        ----------
        id
            Id of the shared list.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``DELETE /v1/sharelists/{id}``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.SharelistContext.delete
        """
        return self.call(
            "sharelist_delete", execute=execute, again=again, override=override, tick=tick, id=id
        )

    def sharelist_popular(self, size: int | None = None, *, count: int | None = None) -> Reply:
        """Popular shared lists.

        Parameters
        ----------
        size
            Rows a page. Default: 20.
        count
            Rows a page. Short for ``size``.

        Notes
        -----
        Reads only: ``GET /v1/sharelists/popular``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.SharelistContext.popular
        """
        return self.call("sharelist_popular", size=size, count=count)

    @overload
    def sharelist_add_securities(
        self,
        id: str | int,
        *,
        symbols: str | Iterable[str],
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def sharelist_add_securities(
        self,
        id: str | int,
        *,
        symbols: str | Iterable[str],
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def sharelist_add_securities(
        self,
        id: str | int,
        *,
        symbols: str | Iterable[str],
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def sharelist_add_securities(
        self,
        id: str | int,
        *,
        symbols: str | Iterable[str],
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Add securities to a shared list.

        Parameters
        ----------
        id
            Id of the shared list.
        symbols
            Securities as code.market: 700.HK, AAPL.US.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``POST /v1/sharelists/{id}/items``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.SharelistContext.add_securities
        """
        return self.call(
            "sharelist_add_securities",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            id=id,
            symbols=symbols,
        )

    @overload
    def sharelist_remove_securities(
        self,
        id: str | int,
        *,
        symbols: str | Iterable[str],
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def sharelist_remove_securities(
        self,
        id: str | int,
        *,
        symbols: str | Iterable[str],
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def sharelist_remove_securities(
        self,
        id: str | int,
        *,
        symbols: str | Iterable[str],
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def sharelist_remove_securities(
        self,
        id: str | int,
        *,
        symbols: str | Iterable[str],
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Remove securities from a shared list.

        Parameters
        ----------
        id
            Id of the shared list.
        symbols
            Securities as code.market: 700.HK, AAPL.US.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``DELETE /v1/sharelists/{id}/items``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.SharelistContext.remove_securities
        """
        return self.call(
            "sharelist_remove_securities",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            id=id,
            symbols=symbols,
        )

    @overload
    def sharelist_sort_securities(
        self,
        id: str | int,
        *,
        symbols: str | Iterable[str],
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def sharelist_sort_securities(
        self,
        id: str | int,
        *,
        symbols: str | Iterable[str],
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def sharelist_sort_securities(
        self,
        id: str | int,
        *,
        symbols: str | Iterable[str],
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def sharelist_sort_securities(
        self,
        id: str | int,
        *,
        symbols: str | Iterable[str],
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """Put the securities of a shared list in this order.

        Parameters
        ----------
        id
            Id of the shared list.
        symbols
            Securities as code.market: 700.HK, AAPL.US.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``POST /v1/sharelists/{id}/items/sort``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.SharelistContext.sort_securities
        """
        return self.call(
            "sharelist_sort_securities",
            execute=execute,
            again=again,
            override=override,
            tick=tick,
            id=id,
            symbols=symbols,
        )
