"""Locks between processes: ``flock`` on POSIX, ``msvcrt.locking`` on Windows.

Such a lock belongs to the open file, so the operating system releases it when its process ends. Where a file
system has no locks an error says so; there is no fallback, for a lock file would outlive a killed process.
"""

from __future__ import annotations

import os
import sys
import weakref
from contextlib import suppress
from pathlib import Path

_LOCKS: weakref.WeakSet[FileLock] = weakref.WeakSet()

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError as held:
            raise BlockingIOError(held.errno, held.strerror) from None

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


class FileLock:
    """A lock on one of the given files. Each object is a holder of its own, also within one thread."""

    _descriptor: int | None = None

    def __init__(self, *paths: Path) -> None:
        self._paths = paths
        _LOCKS.add(self)

    def __del__(self) -> None:
        self.release()

    def take(self) -> bool:
        """Try each file once; return whether one is held now.

        Raises
        ------
        OSError
            A file can't be opened, or its file system has no locks.
        """
        for path in self._paths:
            # Kept before it is locked, so that `release` finds it whenever Ctrl-C arrives.
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
            try:
                _lock(self._descriptor)
            except BlockingIOError:
                self._close()
            except BaseException:
                self.release()
                raise
            else:
                return True
        return False

    def release(self) -> None:
        """Release whatever is held."""
        if self._descriptor is None:
            return
        try:
            with suppress(OSError):  # it was not locked; closing the file releases it in any case
                _unlock(self._descriptor)
        finally:
            self._close()

    def after_fork(self) -> None:
        """Forget the lock in a child, without unlocking it: it is still the parent's."""
        self._close()

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def _after_fork() -> None:
    for lock in _LOCKS:
        lock.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
