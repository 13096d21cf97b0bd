"""A tear sheet: one HTML page with the returns, risk, drawdowns and months of an account.

The page stands alone: its pictures are in it, nothing is loaded from anywhere, and it follows the reader's
light or dark setting. It is our own, in the language chosen and with what is not known; quantstats' page is
there on request (`engine`), for that package brings a scraper of another site's quotes and a dozen more.

quantstats sets matplotlib's style and seaborn's theme for the whole program, switches a notebook's pictures
and warns with today's pandas; the quotes' scraper that it installs is imported with it. In a process of its
own, without the account's variables, none of this reaches the notebook. It is given returns, no names and no
amounts, and is never asked to fetch anything.
"""

from __future__ import annotations

import base64
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from jupyter_openapi.errors import RequestRefused, guarded
from jupyter_openapi.market.money import figure
from jupyter_openapi.messages import _, language
from jupyter_openapi.portfolio.arguments import choice, file_path, percent
from jupyter_openapi.portfolio.performance import measured, months
from jupyter_openapi.portfolio.positions import warn
from jupyter_openapi.portfolio.risk_statistics import dated, reckoned, sentences
from jupyter_openapi.storage import replacing

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike

ENGINES = ("own", "quantstats")
STYLE = """
:root { color-scheme: light dark; --ink: #1f2933; --soft: #5b6875; --line: #d5dae0; --paper: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7eb; --soft: #b0bac5; --line: #323a44; --paper: #16191e; }
  img.light { display: none; }
}
@media not (prefers-color-scheme: dark) { img.dark { display: none; } }
body { font: 15px/1.5 "Helvetica Neue", Arial, "PingFang HK", "Noto Sans CJK HK", sans-serif;
  color: var(--ink);
  background: var(--paper);
  margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 0.5rem; }
p.who, footer { color: var(--soft); } img { max-width: 100%; height: auto; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.7rem; border-bottom: 1px solid var(--line); text-align: right; }
th, td { white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
"""


@guarded
def tearsheet(  # noqa: PLR0917 (as `returns`)
    client: ClientLike | None,
    path: str | Path,
    benchmark: str | None = None,
    start: Any = None,
    end: Any = None,
    base_currency: str = "HKD",
    *,
    risk_free_pct: float = 0.0,
    kinds: Mapping[str, str] | None = None,
    folder: str | Path | None = None,
    engine: str = "own",
) -> Path:
    """Write an HTML page about the returns of an account; a file that is there is replaced.

    Parameters
    ----------
    client, benchmark, start, end, base_currency, kinds, folder
        As `returns`.
    path
        A file that ends in ``.html``.
    risk_free_pct
        As `statistics`.
    engine
        ``own``: this package's page. ``quantstats``: that library's, in English, with more figures and
        pictures; it is made in a process of its own, in a few seconds, and needs the extra ``quantstats``.

    Returns
    -------
    pathlib.Path
        The file. It holds percentages and the index only, no amounts.

    Raises
    ------
    RequestRefused
        The path ends otherwise or can't be written, `engine` or an argument of `returns` is none,
        empyrical-reloaded or what `engine` needs is not installed, or quantstats failed.

    Warns
    -----
    IncompleteWarning
        As `returns`; the page says it, too.
    """
    target = file_path("path", path, "'page.html'")
    if target.suffix.lower() not in {".html", ".htm"}:
        raise RequestRefused(
            _("A tear sheet is a page: its name ends in .html, not {path}.").format(path=target.name)
        )
    engine = choice("engine", engine, ENGINES, _(" or "))
    percent("risk_free_pct", risk_free_pct, "3.5", above=-100)
    frame = measured(client, "day", benchmark, start, end, base_currency, kinds=kinds, folder=folder)
    table = reckoned(frame, risk_free_pct)
    page = page_of(frame, table) if engine == "own" else quantstats_page(frame, risk_free_pct, "Performance")
    try:
        with replacing(target, ending=".html", private=False) as draft:
            draft.write_text(page, encoding="utf-8")
    except OSError as failure:
        raise RequestRefused(
            _("{path} was not written: {reason}.").format(path=target, reason=failure.strerror or failure)
        ) from None
    warn(
        [*frame.attrs["openapi"]["missing"], *table.attrs["openapi"]["missing"]], _("Not everything is known")
    )
    return target


def page_of(frame: pd.DataFrame, table: pd.DataFrame) -> str:
    """Return the page of a frame of `returns` by day and its statistics."""
    known = frame.attrs["openapi"]
    first, last = (str(frame["date"].iloc[at])[:10] if len(frame) else "" for at in (0, -1))
    mode = _("{mode} account").format(mode=_(str(known.get("mode", "")).upper()))
    window = _("{first} to {last}").format(first=first, last=last) if first else ""
    who = [mode, window, known.get("base_currency"), known.get("benchmark")]
    missing = [*known["missing"], *table.attrs["openapi"]["missing"]]
    parts = [
        _heading(_("Performance"), "  ·  ".join(str(each) for each in who if each)),
        *(Markup("<p>{}</p>").format(line) for line in sentences(table)),
        *(
            [Markup("<p>{}</p>").format(_("Not known: {what}.").format(what=_("; ").join(missing)))]
            if missing
            else []
        ),
        *_pictures(frame),
        _section(_("Statistics"), _statistics(table)),
        _section(_("Returns by month, in percent"), _months(months(frame))),
        Markup("<footer>{}</footer>").format(" ".join(_(line) for line in known["notes"])),
    ]
    return str(
        Markup(
            '<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            "<title>{title}</title><style>{style}</style></head>\n<body>\n{body}\n</body></html>\n"
        ).format(
            language=language(),
            title=_("Performance"),
            style=Markup(STYLE),  # noqa: S704 (ours)
            body=Markup("\n").join(parts),
        )
    )


def _heading(title: str, line: str) -> Markup:
    return Markup('<h1>{}</h1><p class="who">{}</p>').format(title, line)


def _section(title: str, body: Markup) -> Markup:
    return Markup('<h2>{}</h2><div class="wide">{}</div>').format(title, body)


def _pictures(frame: pd.DataFrame) -> list[Markup]:
    """Return the pictures, each on light and on dark paper; a line instead where matplotlib is missing."""
    from jupyter_openapi import plots

    if not len(frame):
        return []
    found = []
    table = months(frame)
    charts: dict[str, Callable[[str], Any]] = {
        _("Index and drawdown"): lambda theme: plots.equity(frame, theme=theme),
        _("Months"): lambda theme: plots.months(table, theme=theme),
    }
    for title, draw in charts.items():
        try:
            images = [_image(draw(theme), title, theme) for theme in ("light", "dark")]
        except RequestRefused as refused:
            return [Markup("<p>{}</p>").format(str(refused))]
        found.append(Markup("").join(images))
    return found


def _image(figure: Any, title: str, theme: str) -> Markup:
    data = base64.b64encode(figure.png()).decode("ascii")
    return Markup('<img class="{}" alt="{}" src="data:image/png;base64,{}">').format(theme, title, data)


def titles() -> dict[str, str]:
    """Return what the page calls each statistic."""
    return {
        "total_return_pct": _("Return"),
        "annual_return_pct": _("Return a year"),
        "volatility_pct": _("Volatility a year"),
        "sharpe": _("Sharpe"),
        "sortino": _("Sortino"),
        "max_drawdown_pct": _("Deepest drawdown"),
        "calmar": _("Calmar"),
        "best_day_pct": _("Best day"),
        "worst_day_pct": _("Worst day"),
        "beta": _("Beta"),
        "alpha_pct": _("Alpha a year"),
        "tracking_error_pct": _("Tracking error a year"),
        "excess_return_pct": _("Ahead of the benchmark"),
    }


def _statistics(table: pd.DataFrame) -> Markup:
    columns = [name for name in ("portfolio", "benchmark") if name in table.columns]
    names = titles()
    heads = {"portfolio": _("Account"), "benchmark": str(table.attrs["openapi"].get("benchmark", ""))}
    rows = [
        [names[str(name)], *(_cell(row[column], percent=str(name).endswith("_pct")) for column in columns)]
        for name, row in table.iterrows()
        if any(row[column] == row[column] for column in columns)
    ]
    fall = table.loc["max_drawdown_pct"]
    for title, name in ((_("Peak before it"), "start"), (_("Lowest"), "end")):
        if isinstance(fall[name], (date, datetime)) and fall[name] == fall[name]:
            rows.append([title, f"{fall[name]:%Y-%m-%d}", *[""] * (len(columns) - 1)])
    return _table(["", *(heads[name] for name in columns)], rows)


def _months(table: pd.DataFrame) -> Markup:
    head = ["", *(str(name) for name in table.columns)]
    rows = [[str(year), *(_cell(value, percent=False) for value in table.loc[year])] for year in table.index]
    return _table(head, rows)


def _cell(value: Any, *, percent: bool) -> str:
    number = float(value)
    if math.isnan(number):
        return ""
    return figure(number) + ("%" if percent else "")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    titles = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in head)
    lines = [
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(escape(cell)) for cell in row)
        )
        for row in rows
    ]
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(
        titles, Markup("").join(lines)
    )


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
