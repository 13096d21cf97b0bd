"""How many modules an order from the form goes through, and how often it crosses between them."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.figures import ROOT, show

RULES = (
    "a module for each rule that an order passes: fields, preview, limits, journal, delivery, signature, wire"
)
TARGETS = {"order form to the wire": (40, 693)}


def main() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "routes.py")], capture_output=True, encoding="utf-8", check=True
    )
    for line in done.stdout.splitlines()[1:]:
        name, (modules, crossings, _) = line[:24].strip(), map(int, line[24:].split())
        most = TARGETS.get(name, (None, None))
        show(f"{name}: modules", [modules], "", most=most[0], held_by=RULES)
        show("  crossings between them", [crossings], "", most=most[1])


if __name__ == "__main__":
    main()
