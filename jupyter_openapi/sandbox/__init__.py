"""The sandbox: a paper exchange on loopback, a program of its own.

``python -m jupyter_openapi sandbox`` starts it. Its first line on stdout is a JSON object with the URLs and
the credentials to use. It imports nothing of the client.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str]) -> int:
    """Run the sandbox with these command-line arguments; return the exit status."""
    import gc

    gc.disable()  # until it serves: what is made before then stays
    try:
        from jupyter_openapi.sandbox.options import parse
        from jupyter_openapi.sandbox.program import run

        return run(parse(argv))
    finally:
        gc.enable()
