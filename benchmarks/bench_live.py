"""Live quotes as fast as they come, ours against the official SDK's; ``stream`` says more."""

from __future__ import annotations

from benchmarks.bench_stream import compare
from benchmarks.figures import show

PUSHES = 40_000


def main() -> None:
    both = compare("flood", PUSHES, 0)
    ours, sdk = both["ours"], both["sdk"]
    show(
        f"{PUSHES:,} live quotes: processor time / the SDK's", [ours["cpu"] / sdk["cpu"]],
        most=0.8, floor=f"{ours['cpu']:.1f} and {sdk['cpu']:.1f} us a push",
    )  # fmt: skip
    show(
        "  pushes a second / the SDK's", [ours["rate"] / sdk["rate"]],
        least=1.2, floor=f"{ours['rate']:,.0f} and {sdk['rate']:,.0f}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
