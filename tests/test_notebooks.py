"""The notebooks: each runs from top to bottom in a real kernel on the sandbox, and comes out as it says."""

from __future__ import annotations

import asyncio
import copy
import re
import socket
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
sys.path.insert(0, str(ROOT / "tools"))

import notebooks  # noqa: E402 (a script of this repository)
from notebooks import WIDGET  # noqa: E402

# What each must have come to. These cells are added for the test and stand in no file.
CHECKS = {
    "01-quickstart": "assert grown['700.HK'] == 100 and grown.drop('700.HK').eq(0).all(), grown",
    "02-orders-safely": """
assert preview.sent and sent.order_id
assert state.status == 'CanceledStatus', state
assert outcome.outcome.eq('sent').all() and len(outcome) == 3, outcome
assert len(kept) == len(booked) == 3, (kept, booked)
assert kept.state.eq('answered').all(), kept.state
""",
    "03-positions-analysis": """
assert len(held) == 5 and held.notna().all(axis=None), held
assert abs(held.weight.sum() - 1) < 1e-9
whole = portfolio.totals(held).iloc[-1]
assert whole.market == 'TOTAL' and abs(whole.market_value - 2_860_000) < 1_000_000, whole
assert len(returns) > 30 and list(returns) == list(held.symbol), returns
""",
    "04-history-and-pnl": """
done = list(fills.symbol + ' ' + fills.side)
assert done == ['MSFT.US Buy', 'MSFT.US Sell', '700.HK Buy', '700.HK Sell'], fills
sale = trips.set_index('symbol').loc['700.HK']
price = fills.price.iloc[-1]
assert (sale.kind, sale.quantity) == ('trip', 200), trips
assert abs(sale.realized_pl - 200 * (price - 480.60)) < 1e-6, trips
pool = (500 * 480.60 + 300 * fills.price.iloc[2]) / 800
assert abs(average.set_index('symbol').realized_pl['700.HK'] - 200 * (price - pool)) < 1e-6, average
assert len(curve) == 2 and archive.rows == 4 and again.rows == 0, (curve, archive, again)
""",
    "05-widgets": """
import time
view.refresh()
until = time.monotonic() + 20
while view.worth.frame is None and time.monotonic() < until:
    time.sleep(0.1)
assert len(view.worth.frame) == 5, view.worth.error
assert form.ticket.fields['symbol'] == '700.HK', form.ticket.fields
open_orders = %openapi orders
assert list(open_orders.status) == ['NewStatus'] * 2, open_orders
""",
    "06-performance": """
from math import isclose
assert len(past.days) >= 255 and past.missing == (), past
assert len(worth) == len(past.days) + 1 and len(daily) == len({*past.days, today.taken_at.date()})
assert worth.flow.sum() == daily.flow.sum() > 0
assert worth.net_value.notna().all()
assert isclose(worth.net_value.iloc[-1], 1_778_500 + worth.holdings.iloc[-1]), worth
assert list(daily.source.unique()) == ['reconstructed', 'snapshots'], daily.source
grown = (1 + daily.return_pct[1:] / 100).prod()
assert isclose(daily['index'].iloc[-1], 100 * grown) and daily.benchmark_index.notna().all()
assert isclose(figures.portfolio.total_return_pct, 100 * (grown - 1))
assert isclose(figures.portfolio.max_drawdown_pct, daily.drawdown_pct.min())
assert isclose((1 + table.year / 100).prod(), grown), table
held = portfolio.value(client).set_index('symbol').quantity
assert lots.groupby('symbol').quantity.sum().to_dict() == held.to_dict() and lots.cost.notna().all()
trips = portfolio.pnl(client, '-360d', fees=False)
assert trips.kind.eq('trip').all() and set(stats.symbol) == set(trips.symbol), (trips, stats)
assert stats.trades.sum() == trips.close_order_id.nunique() > 20
assert len(costs) > 5 and costs.arrival_price.notna().sum() > 5, costs
assert income.dividend.sum() > 1000 and income.interest.gt(0).sum() >= 11, income
assert list(moving.currency) == ['HKD', 'USD'], moving
assert isclose(moving.gross.sum(), worth.holdings.iloc[-1], rel_tol=0.05), moving
assert isclose(sectors.net.sum(), moving.net.sum(), rel_tol=0.05), sectors
assert {'Financials', 'Information Technology'} <= set(sectors.sector), sectors
assert after.set_index('symbol').quantity_after['700.HK'] == 1000, after
assert 1 <= len(basket.previews) <= 2 and not basket.sent, basket
orders = %openapi orders
assert len(orders) == 0, orders
""",
    "07-live": """
assert state.status == 'FilledStatus' and (sent.order_id, 'FilledStatus') in changes, (state, changes)
assert spreads and all(gap > 0 for _, gap in spreads), spreads
assert len(df) >= 3 and df.source.eq('push').all(), df
assert [row['state'] for row in open_links] == ['live', 'live'], open_links
assert {'quote', 'trade'} == {row['gateway'] for row in open_links}, open_links
assert client.links() == [] and total == 2666664666667000000, (client.links(), total)
""",
    "voila-portfolio": "assert view.privacy is False",
    "voila-trading": "assert form.ticket.fields['symbol'] == '700.HK', form.ticket.fields",
}
PANELS = {"05-widgets": 5, "voila-portfolio": 1, "voila-trading": 2}


def by_name(path: Path) -> str:
    return path.stem


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def test_every_notebook_has_its_check() -> None:
    assert {path.stem for path in NOTEBOOKS} == set(CHECKS)


async def executed(path: Path, folder: Path, turn: asyncio.Semaphore) -> Any:
    """Return a notebook after two runs in one kernel, and its check; its cells stand there twice."""
    notebook = read(path)
    notebook.cells += [copy_of(cell) for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells.append(nbformat.v4.new_code_cell(CHECKS[path.stem], id="check"))
    async with turn:
        client = NotebookClient(
            notebook,
            timeout=90,
            kernel_name="python3",
            store_widget_state=False,
            resources={"metadata": {"path": str(folder)}},
        )
        await client.async_execute()  # raises with the cell's error
    return notebook


def copy_of(cell: Any) -> Any:
    return nbformat.v4.new_code_cell(cell.source, id=f"{cell.id}-again")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each notebook gave, or its failure; a few run at a time, for they wait more than they work."""

    async def run() -> list[Any]:
        turn = asyncio.Semaphore(3)
        work = [executed(path, tmp_path_factory.mktemp(path.stem), turn) for path in reversed(NOTEBOOKS)]
        return await asyncio.gather(*work, return_exceptions=True)

    names = [path.stem for path in reversed(NOTEBOOKS)]
    return dict(zip(names, asyncio.run(run()), strict=True))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_a_notebook_runs_and_comes_out_as_it_says(path: Path, runs: dict[str, Any]) -> None:
    notebook = runs[path.stem]
    if isinstance(notebook, BaseException):
        raise notebook
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    panels = [output for output in outputs if WIDGET in output.get("data", {})]
    assert len(panels) == 2 * PANELS.get(path.stem, 0)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_the_file_holds_cells_and_nothing_else(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    counts = iter(range(1, len(notebook.cells) + 1))
    for cell in notebook.cells:
        assert not cell.metadata
        if cell.cell_type == "code":
            assert cell.execution_count == next(counts)


def texts(path: Path) -> list[str]:
    """Return all text that a notebook's outputs hold."""
    found = []
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            found += [output["text"]] if output.output_type == "stream" else []
            found += [text for kind, text in output.get("data", {}).items() if kind.startswith("text/")]
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_the_outputs_that_are_kept_read_well_anywhere(path: Path) -> None:
    notebook = read(path)
    assert path.stat().st_size < 1_500_000
    for cell in (each for each in notebook.cells if each.cell_type == "code"):
        for output in cell.outputs:
            assert output.output_type in {"stream", "display_data", "execute_result"}, cell.source
            assert set(output.get("data", {})) <= set(notebooks.KEPT)
            assert output.get("name") != "stderr", output
    for text in texts(path):
        assert not re.search(r"/(home|root|tmp|work|Users|var/folders)/", text), text
        assert not re.search(r"127\.0\.0\.1:\d", text), text
        assert not re.search(r"(?<![0-9a-f])[0-9a-f]{32}|Traceback|eyJ[\w-]{20}", text), text
        assert "\x1b[" not in text
        assert socket.gethostname() not in text or len(socket.gethostname()) < 4


def shapes(notebook: Any) -> list[list[tuple[str, ...]]]:
    """Return what each code cell displays, without the values: kinds, and the heads of tables."""
    found = []
    for cell in (each for each in notebook.cells if each.cell_type == "code"):
        shown = []
        for output in cell.outputs:
            data = output.get("data", {})
            heads = re.findall(
                r"<th(?: [^>]*)?>([^<]*)</th>", data.get("text/html", "").partition("<tbody")[0]
            )
            if output.output_type != "stream":
                shown.append((output.output_type, *sorted(data), *heads))
        found.append(shown)
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_the_outputs_that_are_kept_are_of_this_version(path: Path, runs: dict[str, Any]) -> None:
    """Prices differ from run to run, and which columns and pictures there are does not."""
    ran = runs[path.stem]
    if isinstance(ran, BaseException):
        raise ran
    kept = shapes(read(path))
    now = shapes(notebooks.cleaned(copy.deepcopy(ran)))[: len(kept)]
    assert now == kept, "type make notebooks"


def test_what_is_new_in_every_run_is_not_kept() -> None:
    text = "at http://127.0.0.1:43211 (process 4711) in /tmp/tmpx_y1/history, order 734963029292748800"
    assert notebooks.settled(text) == "at http://127.0.0.1:… (process …) in …, order 7…"


@pytest.mark.parametrize("path", [each for each in NOTEBOOKS if each.stem[0].isdigit()], ids=by_name)
def test_it_is_written_as_questions(path: Path) -> None:
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    questions = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert len(questions) >= 4
    assert [each for each in questions if not each.endswith("?")] == []
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (FOLDER / link).is_file(), link


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_it_needs_no_account(path: Path) -> None:
    code = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "code")
    assert "%openapi connect sandbox" in code
    assert not re.search(r"connect\W+(paper|live)", code)
