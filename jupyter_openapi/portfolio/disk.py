"""Files of a history, wherever fsspec reaches: a folder, memory, an object store."""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.places import data_folder, private_folder
from jupyter_openapi.portfolio.store import arrow

if TYPE_CHECKING:
    from pathlib import Path

STATE = "_state.json"  # readers of Parquet folders pass over names that begin with an underscore
NAME = "data.parquet"


class Disk:
    """One operation's history of one account, a file a month.

    Files are ``<root>/<operation>/account=<owner>/month=2026-11/data.parquet``.

    Parameters
    ----------
    root
        A folder or a URL that fsspec understands (``s3://bucket/history``); None for the package's own
        folder.
    operation, owner
        Whose history of what.

    Raises
    ------
    RequestRefused
        pyarrow or fsspec is not installed, or the root is none.
    """

    def __init__(self, root: str | Path | None, operation: str, owner: str) -> None:
        arrow()
        try:
            import fsspec
        except ImportError:
            raise RequestRefused(
                "This needs fsspec, which is not installed: pip install 'jupyter-openapi[parquet]'."
            ) from None
        if root is None:
            root = private_folder(data_folder()) / "history"
        place = os.path.expanduser(os.fspath(root))  # noqa: PTH111 (may be a URL)
        try:
            self._fs, base = fsspec.core.url_to_fs(place)
        except (ValueError, ImportError) as problem:
            raise RequestRefused(f"{root} is no place to keep a history in: {problem}.") from None
        dataset = f"{str(base).rstrip('/')}/{operation}"
        self.folder = f"{dataset}/account={owner}"
        self._local = "file" in (
            self._fs.protocol if isinstance(self._fs.protocol, tuple) else (self._fs.protocol,)
        )
        self.dataset = dataset if self._local else str(self._fs.unstrip_protocol(dataset))

    def state(self) -> dict[str, Any]:
        """Return what is known of the history so far; nothing if there is none.

        Raises
        ------
        RequestRefused
            It can't be read.
        """
        try:
            found = json.loads(self._fs.cat_file(f"{self.folder}/{STATE}"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as problem:
            raise RequestRefused(f"{self.folder}/{STATE} can't be read: {problem}.") from None
        return found if isinstance(found, dict) else {}

    def keep_state(self, state: dict[str, Any]) -> None:
        """Write what is known of the history."""
        self._put(f"{self.folder}/{STATE}", json.dumps(state, indent=1, sort_keys=True).encode())

    def month(self, month: str, schema: Any) -> Any:
        """Return a month's rows, or None if it has no file."""
        import pyarrow.parquet as pq

        try:
            content = self._fs.cat_file(self._path(month))
        except FileNotFoundError:
            return None
        try:
            return pq.read_table(io.BytesIO(content)).select(schema.names).cast(schema)
        except (arrow().ArrowException, KeyError, ValueError) as problem:
            raise RequestRefused(
                f"{self._path(month)} holds other columns than this version writes ({problem}); "
                "move the folder away and fetch the history anew."
            ) from None

    def keep_month(self, month: str, table: Any) -> None:
        """Write a month's rows in place of those before, in one step."""
        import pyarrow.parquet as pq

        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd")
        self._put(self._path(month), buffer.getvalue())

    def _path(self, month: str) -> str:
        return f"{self.folder}/month={month}/{NAME}"

    def _put(self, path: str, content: bytes) -> None:
        """Put a file so that readers see the old one or the new one; an object store does so by itself."""
        place, _, name = path.rpartition("/")
        try:
            self._fs.makedirs(place, exist_ok=True)
            if not self._local:
                self._fs.pipe_file(path, content)
                return
            draft = f"{place}/.{name}.{uuid4().hex[:8]}"
            try:
                with open(draft, "xb") as file:  # noqa: PTH123 (a path of fsspec's is text)
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(draft, path)  # noqa: PTH105
            finally:
                if os.path.exists(draft):  # noqa: PTH110
                    os.unlink(draft)  # noqa: PTH108
        except OSError as problem:
            raise RequestRefused(f"{path} can't be written: {problem.strerror or problem}.") from None
