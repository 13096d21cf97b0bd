"""What was not shown is not sent, also where it was to be shown and could not be printed."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

import pytest
from support.shell import Shell, connected_shell

from jupyter_openapi.session import SESSION

BUY = "%openapi --override distance buy 100 700.HK @ 500"
CELLS = {
    "the last line": BUY,
    "another line": f"{BUY}\nkept = 1",
    "a loop": f"for _ in range(1):\n    {BUY}",
    "a display": f"p = {BUY}\ndisplay(p)",
    "a basket": "%openapi cancel_all",
    "an error that is handled": f"try:\n    {BUY}\nexcept OSError:\n    pass",
}


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    with connected_shell("--seed", "7") as loaded:
        loaded.run(f"%openapi --execute {BUY.removeprefix('%openapi ')}")
        yield loaded


@contextlib.contextmanager
def without_reader(buffering: int) -> Iterator[None]:
    """Print to a pipe that nobody reads any more, as under ``| head``."""
    reading, writing = os.pipe()
    os.close(reading)
    stream, sys.stdout = sys.stdout, os.fdopen(writing, "w", buffering, encoding="utf-8")
    try:
        yield
    finally:
        broken, sys.stdout = sys.stdout, stream
        with contextlib.suppress(OSError):
            broken.close()


def orders() -> int:
    client = SESSION.connected()
    return len(client.today_orders().data["orders"])


@pytest.mark.parametrize("buffering", [1, 1 << 16], ids=["line by line", "buffered"])
@pytest.mark.parametrize("name", CELLS)
def test_a_preview_that_could_not_be_printed_is_shown_first(
    shell: Shell, name: str, buffering: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with without_reader(buffering):
        shell.ip.run_cell(CELLS[name])
        before = orders()
        shell.ip.run_cell("%openapi send")  # that is not seen, either
        assert orders() == before
    capsys.readouterr()
    shell.run("%openapi send")
    said = capsys.readouterr().out
    assert "this preview was not shown before" in said
    assert "PREVIEW: nothing was sent" in said
    assert orders() == before


def test_a_preview_that_was_printed_is_sent(shell: Shell) -> None:
    before = orders()
    shell.run(BUY)
    shell.ip.run_cell("open('/missing')")  # an error of something else
    shell.run("%openapi send")
    assert orders() == before + 1
