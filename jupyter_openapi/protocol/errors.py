"""The one error of this package."""

from __future__ import annotations


class ProtocolError(ValueError):
    """Bytes that are no packet or message, or values that can't be made into one."""
