"""``python -m jupyter_openapi demo | sandbox [...] | check [ACCOUNT]``."""

from __future__ import annotations

import contextlib
import os
import sys

from jupyter_openapi.kernel import working_folder
from jupyter_openapi.messages import print_legibly

CELLS = (
    "%load_ext jupyter_openapi",
    "client = %openapi connect sandbox",
    "held = %openapi positions\nheld",
    "%openapi quote 700.HK AAPL.US",
    "book = %openapi depth 700.HK\nask = book.loc[book.side == 'ask', 'price'].min()",
    "%openapi submit 700.HK side=buy price={ask + 1} quantity=100",
    "sent = %openapi send",
    "from jupyter_openapi import run\nstate = run(client.wait(sent.order_id, timeout=20))\nprint(state)",
    """now = %openapi positions
grown = now.set_index('symbol').quantity - held.set_index('symbol').quantity
print(f"700.HK grew by {grown['700.HK']:g}")""",
    "%openapi portfolio",
)
FILLED, LOT = "FilledStatus", 100


def run_demo() -> int:
    """Run the cells, print each with its output, and return 0 when every one succeeded."""
    if not working_folder():
        print("The working folder was removed: change to another, then try again.", file=sys.stderr)
        return 1
    import pandas as pd
    from IPython import version_info
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    pd.set_option("display.width", 120)
    quiet = Config({"HistoryManager": {"enabled": False}})
    shell = InteractiveShell.instance(config=quiet, colors="nocolor" if version_info >= (9,) else "NoColor")
    for cell in CELLS:
        print("\nIn:", cell.replace("\n", "\n    "))
        result = shell.run_cell(cell, store_history=False)  # type: ignore[no-untyped-call]
        if not result.success:
            return 1
    shell.run_line_magic("unload_ext", "jupyter_openapi")
    if shell.user_ns["state"].status != FILLED or shell.user_ns["grown"]["700.HK"] != LOT:
        print("The order was not filled as it should be: see above.", file=sys.stderr)
        return 1
    return 0


USAGE = """usage: python -m jupyter_openapi COMMAND

  demo       connect to the sandbox, preview an order, send it, see it filled, in this terminal
  sandbox    run the paper exchange; `sandbox --help` lists its options
  check      test the connection: `check sandbox`, `check paper` (the default) or `check live`
  --version  print the version"""


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands; return the exit status."""
    print_legibly()
    if sys.stdout is None:  # closed before we began (`>&-`); IPython needs one
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 (until the process ends)
    try:
        status = _obey(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except OSError as failure:
        if _can_print():
            raise
        if not isinstance(failure, BrokenPipeError):  # that one has read enough: `| head`
            with contextlib.suppress(OSError):
                print(f"Stopped: what is printed can't be written ({failure.strerror}).", file=sys.stderr)
        sys.stdout = None  # else Python tries again at its end, and complains
        return 1
    return status


def _can_print() -> bool:
    """Tell whether stdout takes what is printed."""
    try:
        print(flush=True)
    except (OSError, ValueError):
        return False
    return True


def _obey(words: list[str]) -> int:
    match words:
        case ["sandbox", *rest]:
            from jupyter_openapi.sandbox import main as sandbox

            return sandbox(rest)
        case ["demo"]:
            return run_demo()
        case ["check"] | ["check", "sandbox" | "paper" | "live"]:
            return check(words[1] if words[1:] else "paper")
        case ["-V" | "--version"]:
            from jupyter_openapi import __version__

            print(f"jupyter-openapi {__version__}")
            return 0
        case ["-h" | "--help"]:
            print(USAGE)
            return 0
        case _:
            if words:
                print(f"There is no command '{' '.join(words)}'.\n", file=sys.stderr)
            print(USAGE, file=sys.stderr)
            return 2


def check(mode: str) -> int:
    """Test the way to the broker and print a line for each step; return 0 when all is well."""
    from jupyter_openapi.diagnostics import check_up
    from jupyter_openapi.errors import OpenAPIError
    from jupyter_openapi.session import SESSION

    well = True
    try:
        for finding in check_up(SESSION.connect(mode)):
            print(finding)
            well = well and finding.well
    except OpenAPIError as problem:
        print(problem, file=sys.stderr)
        return 1
    finally:
        SESSION.close()
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
