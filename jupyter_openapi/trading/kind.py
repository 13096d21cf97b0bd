"""Whether a paper connection really reaches a paper account: what the token and the account itself say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jupyter_openapi.account import Account

PAPER_CHANNEL = "lb_papertrading"


class Kind:
    """Finds out once, and remembers."""

    def __init__(self, account: Account, read: Callable[[str, Mapping[str, Any]], Any]) -> None:
        self._account = account
        self._read = read
        self._channels: frozenset[str] | None = None

    def note(self) -> str:
        """Return what a preview must add to the account's title; empty when nothing.

        Raises
        ------
        RequestRefused
            The account's own channel says real money, on a paper connection.
        """
        account = self._account
        if account.mode != "paper":
            return ""
        channels = self._seen()
        if real := channels - {PAPER_CHANNEL}:
            raise RequestRefused(
                "Nothing was sent: you connected to a paper account, but its holdings are in the channel "
                f"'{', '.join(sorted(real))}', a real-money account's. Use the paper account's token."
            )
        if account.claim == "paper" or channels:
            return ""
        return "paper by header only: neither the token nor the account says so"

    def _seen(self) -> frozenset[str]:
        """Return the channels that hold something; an account that holds nothing tells nothing."""
        if self._channels is None:
            try:
                rows = self._read("stock_positions", {})["list"]
                held = [row for row in rows if row.get("stock_info")] or rows
                found = frozenset(str(row["account_channel"]) for row in held if row.get("account_channel"))
            except (OpenAPIError, KeyError, TypeError):
                return frozenset()
            if not found:
                return found
            self._channels = found
        return self._channels
