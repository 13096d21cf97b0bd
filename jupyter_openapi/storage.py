"""The package's own files and folders, readable by their owner only; atomic replacement; locks.

Folders have mode 0700 and files 0600 (POSIX); on Windows the user's profile folder is private by itself.

Locks between processes are ``flock`` on POSIX, ``msvcrt.locking`` on Windows. Such a lock belongs to the open
file, so the operating system releases it when its process ends. Where a file system has no locks an error
says so; there is no fallback, for a lock file would outlive a killed process.
"""

from __future__ import annotations

import os
import secrets
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.kernel import working_folder
from jupyter_openapi.messages import _

APP = "jupyter-openapi"
DATA_VARIABLE = "JUPYTER_OPENAPI_DATA"
"""Names the folder of what must last, instead of the system's; for machines that are deleted after use."""
SHEET_ROWS = 1_048_575
"""The rows of an Excel sheet, below its head."""
_creating = threading.RLock()
_inherited: list[object] = []


class Closes(Protocol):
    """Something with a `close` method, such as a connection of SQLite."""

    def close(self) -> None:
        """Close it."""


def close_with(owner: object, resource: Closes) -> Callable[[], object]:
    """Close `resource` when `owner` is collected, and return a function that closes it now.

    A child process only keeps it: closing a connection there might undo what its parent is writing. `__del__`
    would come too late where owner and resource are collected together.
    """
    closing = weakref.finalize(owner, _close, resource, os.getpid())
    closing.atexit = False
    return closing


def _close(resource: Closes, process: int) -> None:
    if process == os.getpid():
        resource.close()
    else:
        _inherited.append(resource)


def data_folder() -> Path:
    """Return the folder of what must last: the order journal, snapshots, histories. Makes nothing.

    ``JUPYTER_OPENAPI_DATA`` names it, else ``XDG_DATA_HOME`` or the system's place for such files.
    """
    from platformdirs import user_data_path

    if chosen := os.environ.get(DATA_VARIABLE):
        try:
            return typed_path(chosen).absolute()
        except (OSError, ValueError) as problem:
            raise RequestRefused(
                _("{variable}={chosen} can't be used: {reason}.").format(
                    variable=DATA_VARIABLE, chosen=chosen, reason=problem
                )
            ) from None
    return _of_user(user_data_path)


def state_folder() -> Path:
    """Return the folder of what kernels share (the limits); honours ``XDG_STATE_HOME``. Makes nothing."""
    from platformdirs import user_state_path

    return _of_user(user_state_path)


def config_folder() -> Path:
    """Return the folder of settings (profiles' names); honours ``XDG_CONFIG_HOME``. Makes nothing."""
    from platformdirs import user_config_path

    return _of_user(user_config_path)


def _of_user(place: Callable[..., Path]) -> Path:
    """Return a folder of the user's, who may have no home: a container's user often has none."""
    try:
        path = place(APP, appauthor=False)
        if path.parts[:1] != ("~",):  # an old platformdirs leaves it: a folder of that name
            return path
    except RuntimeError:
        pass
    raise RequestRefused(
        _(
            "This user has no home folder, so there is no place for the order journal, the limits and the "
            "settings: set HOME to a folder of yours and restart the kernel."
        )
    )


def typed_path(text: str | Path) -> Path:
    """Return the path that a person typed, ``~`` being the home folder.

    Raises
    ------
    ValueError
        No file can have it; the reason is for the person.
    """
    try:
        path = Path(text).expanduser()
        os.fsencode(path)
    except RuntimeError:
        raise ValueError(_("there is no home folder of {user}").format(user=Path(text).parts[0])) from None
    except UnicodeEncodeError as failure:
        lacking = ascii(failure.object[failure.start : failure.end])
        raise ValueError(
            _(
                "file names of this Python are {encoding}, which lacks {characters}; set PYTHONUTF8=1 and "
                "restart it"
            ).format(encoding=sys.getfilesystemencoding(), characters=lacking)
        ) from None
    if not path.is_absolute() and not working_folder():
        raise ValueError(_("the working folder was removed; type a whole path, or change the folder"))
    return path


def private_folder(path: Path) -> Path:
    """Make `path` a folder, one that only its owner can enter if it is made here or of our own name.

    Raises
    ------
    OSError
        If it can't be made or is not ours.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A folder that is not ours, such as /tmp, stays as it is.
    if APP in path.parts[-2:] and path.stat().st_mode & 0o077:
        path.chmod(0o700)
    return path


def create_private(path: Path) -> Path:
    """Make sure that the file `path` exists and that only its owner can read it, and return it.

    A file that exists already is not opened: closing it would drop the record locks that SQLite holds on it
    for other threads of this process.

    Raises
    ------
    OSError
        If it can't be made or is not ours.
    """
    with _creating:  # another thread must not lock the new file before its descriptor is closed here
        if not os.path.lexists(path):
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
            with suppress(FileExistsError):
                os.close(os.open(path, flags, 0o600))
    if path.stat().st_mode & 0o077 and os.name == "posix":
        path.chmod(0o600)
    return path


@contextmanager
def replacing(path: Path, *, ending: str = ".part", private: bool = True) -> Iterator[Path]:
    """Yield the path of a draft that takes the place of `path` in one step when the block ends well.

    A reader sees the old file or the new one, never a half; if the block fails, the old file is untouched.

    Parameters
    ----------
    path
        The file to write. Its folder must exist.
    ending
        What the draft's name ends in, so that nothing that looks for `path`'s kind of file finds it.
    private
        Whether only the owner may read it; otherwise it has the usual permissions of new files.

    Raises
    ------
    OSError
        The folder can't be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}{ending}")
    if private:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def replace_text(path: Path, text: str) -> None:
    """Write `text` to `path` in one step, for its owner only; see `replacing`."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="")


def _after_fork() -> None:
    global _creating  # noqa: PLW0603 (its holder may be a thread that the child does not have)
    _creating = threading.RLock()
    for lock in _LOCKS:
        lock.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


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
