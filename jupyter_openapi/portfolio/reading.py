"""Reads for a valuation: one that fails leaves a gap and a sentence, and stops nothing.

After the first read that gets no answer at all, or whose keys are refused, the others are not even tried:
offline, each would cost another time-out.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_openapi.errors import ApiError, OpenAPIError, TransportError, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jupyter_openapi.account import Account


class Source(Protocol):
    """What a valuation needs of a `Client`."""

    tz: str

    @property
    def account(self) -> Account:
        """Which account it speaks for."""

    def call(self, operation: str, /, **parameters: Any) -> Any:
        """Call an operation by its name and return its reply."""


KEYS_REFUSED = frozenset({401003, 401004, 401102, 403201, 403202, 403203, 403204, 403205})
"""The broker's codes for a token, key, signature or address that it does not accept."""


class IncompleteWarning(UserWarning):
    """Something could not be had; what it is missing from is left empty, never zero."""


@dataclass
class Reader:
    """Reads one account, and collects what could not be had.

    Attributes
    ----------
    source
        The client.
    missing
        A few words for each thing that is not known although it should be.
    asides
        A sentence for each thing that was not had, and is not needed.
    over
        Whether there is no use in asking further: no connection, or keys that are not accepted.
    """

    source: Source
    missing: list[str] = field(default_factory=list)
    asides: list[str] = field(default_factory=list)
    over: bool = False

    def ask(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Return a reply's `data`.

        Raises
        ------
        OpenAPIError
            The read failed.
        """
        if self.over:
            raise TransportError(f"{operation}: not asked, for the account can't be reached.")
        try:
            data = self.source.call(operation, **parameters).data
        except TransportError as failure:
            self.over = failure.http_status is None
            raise
        except ApiError as failure:
            self.over = failure.code in KEYS_REFUSED
            raise
        return data if isinstance(data, dict) else {}

    def try_(self, what: str, operation: str, **parameters: Any) -> Mapping[str, Any] | None:
        """Return a reply's `data`, or None and a sentence: ``<what>: <why>``."""
        if self.over:
            self.miss(what)
            return None
        try:
            return self.ask(operation, **parameters)
        except OpenAPIError as failure:
            self.miss(f"{what} ({brief(failure)})")
            return None

    def miss(self, text: str) -> None:
        """Note something that could not be had."""
        if text not in self.missing:
            self.missing.append(text)

    def facts(self, operation: str) -> dict[str, Any]:
        """Return what a frame says about itself: operation, account, time."""
        account = self.source.account
        return {
            "operation": operation,
            "mode": account.mode,
            "source": account.source,
            "requested_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }


def warn(missing: Sequence[str], what: str) -> None:
    """Give one warning that names everything that is missing, if anything is."""
    if missing:
        warnings.warn(f"{what}: {'; '.join(missing)}.", IncompleteWarning, stacklevel=4)


def brief(failure: OpenAPIError) -> str:
    """Return what went wrong in a few words, without a full stop."""
    if isinstance(failure, ApiError):
        code = f", code {failure.code}" if failure.code is not None else ""
        return f"{sentence(failure.message).rstrip('.')}{code}"
    return sentence(str(failure)).rstrip(".")


def names(items: Iterable[str], most: int = 6) -> str:
    """Return ``700.HK, AAPL.US and 3 more``."""
    known = list(dict.fromkeys(items))
    if len(known) <= most:
        return ", ".join(known)
    return f"{', '.join(known[:most])} and {len(known) - most:,} more"
