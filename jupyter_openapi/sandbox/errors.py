"""Refusals of the sandbox: an HTTP status, the broker's code and one sentence.

Codes are the broker's own where they are known; the texts are the sandbox's, written to name the field.
"""

from __future__ import annotations

BAD_PARAMETER = 602001
NOT_REPLACEABLE = 602012
ORDER_NOT_FOUND = 602023
SHORT_SALE = 602301
NOT_CARRIED = 404000  # the sandbox's own: the broker publishes no code for an unknown route


class Refused(Exception):
    """An answer with an error code.

    Parameters
    ----------
    message
        One sentence; names the field where a field is at fault.
    code
        The envelope's business code.
    status
        The HTTP status.
    """

    def __init__(self, message: str, *, code: int = BAD_PARAMETER, status: int = 400) -> None:
        self.message = message
        self.code = code
        self.status = status
        super().__init__(message)


def bad(field: str, message: str) -> Refused:
    """Return the refusal of a parameter: HTTP 400, 602001, and a text that starts with the field's name."""
    return Refused(f"{field}: {message}")
