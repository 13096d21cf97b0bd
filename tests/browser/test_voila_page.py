"""Voila serves a notebook as a page, panels included, without a browser's help."""

from __future__ import annotations

import html
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from support.sandbox import free_port

FOLDER = Path(__file__).parents[2] / "notebooks"
sys.path.insert(0, str(FOLDER.parent / "tools"))

from notebooks import WIDGET  # noqa: E402 (a script of this repository)


def test_voila_serves_the_portfolio_as_a_page(tmp_path: Path) -> None:
    port = free_port()
    home = {
        name: str(tmp_path) for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")
    }
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "voila", "--no-browser", "--Voila.ip=127.0.0.1", f"--port={port}"),
            str(FOLDER / "voila-portfolio.ipynb"),
        ],
        env=os.environ | home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        page = fetched(f"http://127.0.0.1:{port}/", server)
    finally:
        server.terminate()
        server.wait(60)
    assert WIDGET in page
    assert "Portfolio. Without it: %openapi portfolio" in html.unescape(page)
    assert "Traceback" not in page


def fetched(url: str, server: subprocess.Popen[bytes]) -> str:
    """Return the page as soon as the server answers."""
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return str(answer.read().decode())
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"Voila did not answer at {url}")
