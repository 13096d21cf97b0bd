"""`AccountOperations`: access token and socket token.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, overload

from jupyter_openapi.operations.caller import Caller, Moment, Tick

if TYPE_CHECKING:
    from jupyter_openapi.reply import Reply
    from jupyter_openapi.trading import Preview


class AccountOperations(Caller):
    """Access token and socket token."""

    def socket_token(self) -> Reply:
        """One-time password for the quote or the trade socket.

        Notes
        -----
        Reads only: ``GET /v1/socket/token``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.QuoteContext.member_id
        """
        return self.call("socket_token")

    @overload
    def token_refresh(
        self,
        expired_at: Moment | None = None,
        *,
        execute: Literal[False] = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Preview: ...
    @overload
    def token_refresh(
        self,
        expired_at: Moment | None = None,
        *,
        execute: Literal[True],
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply: ...
    @overload
    def token_refresh(
        self,
        expired_at: Moment | None = None,
        *,
        execute: bool,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview: ...
    def token_refresh(
        self,
        expired_at: Moment | None = None,
        *,
        execute: bool = False,
        again: bool = False,
        override: Iterable[str] = (),
        tick: Tick | None = None,
    ) -> Reply | Preview:
        """A new access token; the old one stops working.

        Parameters
        ----------
        expired_at
            When the new token shall expire. Default: '+90d'.
        execute, again, override, tick
            As for `call`: without ``execute=True`` nothing is sent.

        Notes
        -----
        Changes settings or posts: ``GET /v1/token/refresh``.
        Source: https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi.Config.refresh_access_token
        """
        return self.call(
            "token_refresh", execute=execute, again=again, override=override, tick=tick, expired_at=expired_at
        )
