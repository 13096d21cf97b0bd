"""A tear sheet by quantstats, made in a process of its own.

quantstats sets matplotlib's style and seaborn's theme for the whole program, switches a notebook's pictures
and warns with today's pandas; the quotes' scraper that it installs is imported with it. In a process of its
own, without the account's variables, none of this reaches the notebook. It is given returns, no names and no
amounts, and is never asked to fetch anything.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.risk_statistics import dated

if TYPE_CHECKING:
    import pandas as pd

INSTALL = "pip install 'jupyter-openapi[quantstats]'"
LONGEST = 300  # seconds
ACCOUNT = "Account"
_OWN = re.compile(r"(?i)^(longbridge|longport|jupyter_openapi)_")
_LOADED = re.compile(r'[ \t]*<link\b[^>]*\bhref="https?://[^>]*>\n?')
PROGRAM = """
import json, logging, sys, warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
import pandas as pd
import quantstats

asked = json.load(sys.stdin)
days = pd.DatetimeIndex(asked["days"])
series = {name: pd.Series(values, index=days, name=name) for name, values in asked["returns"].items()}
ours, *theirs = series.values()
quantstats.reports.html(
    ours,
    benchmark=theirs[0] if theirs else None,
    rf=asked["risk_free"],
    title=asked["title"],
    output=asked["path"],
)
"""


def quantstats_page(frame: pd.DataFrame, risk_free_pct: float, title: str) -> str:
    """Return quantstats' page of a frame of `returns` by day; nothing in it is loaded from anywhere.

    Raises
    ------
    RequestRefused
        quantstats is not installed or failed, or there is no return of a day.
    """
    if find_spec("quantstats") is None:
        raise RequestRefused(
            _("This page needs quantstats, which is not installed: {install}.").format(install=INSTALL)
        )
    benchmark = frame.attrs["openapi"].get("benchmark") if "benchmark_pct" in frame.columns else None
    columns = ["return_pct", *(["benchmark_pct"] if benchmark else [])]
    days, table = dated(frame, *columns)
    if not days:
        raise RequestRefused(_("quantstats' page needs returns of single days, and there are none."))
    names = [ACCOUNT, *([str(benchmark)] if benchmark else [])]
    asked: dict[str, Any] = {
        "days": [f"{day:%Y-%m-%d}" for day in days],
        "returns": {name: table[:, place].tolist() for place, name in enumerate(names)},
        "risk_free": risk_free_pct / 100,
        "title": title,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.html")
        _run(asked | {"path": str(path)})
        return _LOADED.sub("", path.read_text(encoding="utf-8"))


def _run(asked: dict[str, Any]) -> None:
    clean = {name: value for name, value in os.environ.items() if not _OWN.match(name)}
    try:
        done = subprocess.run(  # noqa: S603 (this very Python, with a program of our own)
            [sys.executable, "-c", PROGRAM],
            input=json.dumps(asked),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=clean | {"MPLBACKEND": "Agg", "PYTHONIOENCODING": "utf-8"},
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RequestRefused(
            _("quantstats did not finish within {seconds} seconds.").format(seconds=LONGEST)
        ) from None
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2]
        raise RequestRefused(_("quantstats failed: {said:.200}").format(said=said))
