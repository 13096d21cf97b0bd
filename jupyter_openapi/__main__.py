"""``python -m jupyter_openapi demo | sandbox [...]``."""

from __future__ import annotations

import sys

USAGE = """usage: python -m jupyter_openapi COMMAND

  demo       the main job against the sandbox, in this terminal
  sandbox    run the paper exchange; `sandbox --help` lists its options"""


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
        case ["-h" | "--help"]:
            print(USAGE)
            return 0
        case _:
            print(USAGE, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main())
