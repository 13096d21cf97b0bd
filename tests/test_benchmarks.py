"""The table of speed: a row is met or not by what it shows, and every part of the table is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.__main__ import TABLE
from benchmarks.figures import ROOT, ratios, show


@pytest.mark.parametrize(
    ("samples", "target", "verdict"),
    [
        ([0.30, 0.334, 0.9], {"most": 0.33}, "met"),
        ([0.30, 0.336, 0.9], {"most": 0.33}, "NOT MET"),
        ([2.1, 1.9, 2.0], {"least": 2}, "met"),
        ([12.04], {"most": 12}, "met"),
        ([1.99], {"least": 2}, "NOT MET"),
        ([5.0], {}, ""),
    ],
)
def test_the_median_as_it_is_shown_decides(
    samples: list[float], target: dict[str, float], verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show("a call", samples, floor="nothing", held_by="the weather", **target)
    row, *more = capsys.readouterr().out.splitlines()
    assert row.removesuffix("nothing").rstrip().endswith(verdict)
    assert ("met" in row.lower()) is bool(target)
    assert more == (["    held by: the weather"] if verdict == "NOT MET" else [])


def test_a_row_has_its_median_and_quartiles(capsys: pytest.CaptureFixture[str]) -> None:
    show("a call", [4.0, 1.0, 2.0, 3.0, 5.0], "ms")
    assert capsys.readouterr().out.split() == ["a", "call", "3.00", "ms", "2.00", "..", "4.00"]


def test_ratios_are_of_each_round() -> None:
    assert ratios([2.0, 9.0], [1.0, 3.0]) == [2.0, 3.0]
    with pytest.raises(ValueError, match="zip"):
        ratios([1.0], [1.0, 2.0])


def test_every_part_of_the_table_is_there_and_a_wrong_one_is_named() -> None:
    assert all((ROOT / "benchmarks" / f"bench_{name}.py").exists() for name in TABLE)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "speed"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2
    assert "there is no part 'speed'; there are call, frames" in done.stderr
