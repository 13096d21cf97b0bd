"""``python -m jupyter_openapi demo | sandbox [...] | check [ACCOUNT]``."""

from __future__ import annotations

import sys

USAGE = """usage: python -m jupyter_openapi COMMAND

  demo       the main job against the sandbox, in this terminal
  sandbox    run the paper exchange; `sandbox --help` lists its options
  check      test the way to the broker; `check sandbox`, `check paper` (the default) or `check live`"""


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands; return the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    match words:
        case ["sandbox", *rest]:
            from jupyter_openapi.sandbox import main as sandbox

            return sandbox(rest)
        case ["demo"]:
            from jupyter_openapi.demo import main as demo

            return demo()
        case ["check"] | ["check", "sandbox" | "paper" | "live"]:
            return check(words[1] if words[1:] else "paper")
        case ["-h" | "--help"]:
            print(USAGE)
            return 0
        case _:
            print(USAGE, file=sys.stderr)
            return 2


def check(mode: str) -> int:
    """Print a line for each thing that stands between here and the broker; 0 when all is well."""
    from jupyter_openapi.checkup import check_up
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
