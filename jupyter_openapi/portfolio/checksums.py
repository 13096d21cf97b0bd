"""A checksum inside a Parquet file, over all of its bytes: a flipped bit is an error, never other data.

Parquet's own checksums leave out page headers and the footer. Here a SHA-256 of all else stands at the end of
the footer, behind its last field, where every reader of Parquet passes over it and none copies it into a file
that it writes. A file without one, of an earlier version or another program, is read as it is.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

LABEL = b"jupyter-openapi-sha256:"
MAGIC = b"PAR1"
TAIL = 8  # bytes at the end of a Parquet file: the length of its footer, and its magic
SIZE = len(LABEL) + hashlib.sha256().digest_size
FEW = 8  # bits by which a damaged label may differ; another program's bytes differ by dozens


class Damaged(ValueError):
    """A file is not as it was written."""


def sealed(content: bytes) -> bytes:
    """Return a Parquet file's bytes with their checksum."""
    body, length = content[:-TAIL], int.from_bytes(content[-TAIL:-4], "little")
    if content[-4:] != MAGIC:
        raise Damaged("it is no Parquet file")
    tail = (length + SIZE).to_bytes(4, "little") + MAGIC
    return body + LABEL + _digest(body, tail) + tail


def seal_file(path: Path) -> None:
    """Add its checksum to a Parquet file that nobody reads yet."""
    path.write_bytes(sealed(path.read_bytes()))


def verify(content: bytes) -> None:
    """Raise `Damaged` if a file that carries a checksum is not as it was written."""
    start = len(content) - TAIL - SIZE
    if start < 0:
        return
    label = content[start : start + len(LABEL)]
    wrong = (int.from_bytes(label, "big") ^ int.from_bytes(LABEL, "big")).bit_count()
    if wrong > FEW:
        return
    tail = content[-TAIL:]
    if wrong or content[start + len(LABEL) : -TAIL] != _digest(content[:start], tail):
        raise Damaged("a byte of it was changed")


def verify_file(path: Path) -> None:
    """As `verify`, for a file on this machine."""
    verify(path.read_bytes())


def _digest(body: bytes, tail: bytes) -> bytes:
    return hashlib.sha256(body + LABEL + tail).digest()
