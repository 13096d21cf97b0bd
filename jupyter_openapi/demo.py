"""The main job in a terminal: the cells of a first notebook, run in a real IPython shell on the sandbox."""

from __future__ import annotations

import sys

CELLS = (
    "%load_ext jupyter_openapi",
    "client = %openapi connect sandbox",
    "held = %openapi positions\nheld[['symbol', 'symbol_name', 'quantity', 'cost_price', 'currency']]",
    "%openapi quote 700.HK AAPL.US",
    "book = %openapi depth 700.HK\nask = book.loc[book.side == 'ask', 'price'].min()",
    "%openapi submit 700.HK side=buy price={ask + 1} quantity=100",
    "sent = %openapi send",
    "from jupyter_openapi import run\nstate = run(client.wait(sent.order_id, timeout=20))\nprint(state)",
    "assert state.status == 'FilledStatus', state",
    """now = %openapi positions
grown = now.set_index('symbol').quantity - held.set_index('symbol').quantity
print('700.HK grew by', grown['700.HK'])
assert grown['700.HK'] == 100""",
)


def main() -> int:
    """Run the cells, showing each and what it gives; 0 when every one succeeded."""
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    pd.set_option("display.width", 120)
    quiet = Config({"HistoryManager": {"enabled": False}})
    shell = InteractiveShell.instance(config=quiet, colors="NoColor")
    for cell in CELLS:
        lines = cell.splitlines()
        print("\nIn:", lines[0], *(f"\n    {line}" for line in lines[1:]))  # noqa: T201 (a terminal program)
        result = shell.run_cell(cell, store_history=False)  # type: ignore[no-untyped-call]
        if not result.success:
            return 1
    shell.run_line_magic("unload_ext", "jupyter_openapi")
    return 0


if __name__ == "__main__":
    sys.exit(main())
