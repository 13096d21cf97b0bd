"""Read a reply's body: decompressed, and never more than a limit of bytes."""

from __future__ import annotations

import zlib

from urllib3.exceptions import DecodeError

from jupyter_openapi.transport.wire import TooLarge

LARGEST = 64 << 20  # bytes of a reply, as it came and unpacked
WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 47}  # zlib's parameter; 47 takes both of its headers


class Body:
    """Collects the parts of a body.

    Parameters
    ----------
    encoding
        Its ``Content-Encoding``. None is asked for, but a proxy may pack what it passes on.
    largest
        Bytes it may have, as it came and unpacked.
    """

    def __init__(self, encoding: str, largest: int) -> None:
        self._left, self._packed_left = largest, largest
        self._parts: list[bytes] = []
        self._unpack = None
        name = encoding.strip().lower()
        if name in WINDOWS:
            self._unpack = zlib.decompressobj(WINDOWS[name])
        elif name not in {"", "identity"}:
            raise DecodeError("the reply is packed in a way that was not asked for")

    def add(self, part: bytes) -> None:
        """Add what was received.

        Raises
        ------
        TooLarge
            There is too much of it.
        DecodeError
            It is not packed as it says.
        """
        self._packed_left -= len(part)
        if self._packed_left < 0:
            raise TooLarge("too large")
        if self._unpack is not None:
            try:
                # One byte more than is allowed, so that it shows.
                part = self._unpack.decompress(part, self._left + 1)
            except zlib.error:
                raise DecodeError("the reply is not packed as it says") from None
        self._left -= len(part)
        if self._left < 0:
            raise TooLarge("too large")
        self._parts.append(part)

    def whole(self) -> bytes:
        """Return the body; raises DecodeError where a packed one broke off."""
        if self._unpack is not None and self._parts and not self._unpack.eof:
            raise DecodeError("the packed reply broke off")
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
