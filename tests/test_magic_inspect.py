"""Shift+Tab on a ``%openapi`` line or cell: help in a kernel, and the kernel's own answers anywhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.kernel import Kernel

from jupyter_openapi.magic import Inspection
from jupyter_openapi.magic.inspector import inspected

CURSOR = "^"


def shown(marked: str) -> str | None:
    """Return what is shown where the mark stands."""
    return inspected(marked.replace(CURSOR, ""), marked.index(CURSOR))


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with Kernel(tmp_path_factory.mktemp("inspect")) as kernel:
        yield kernel


@pytest.mark.parametrize(
    ("marked", "says"),
    [
        ("%openapi posi^tions", "stock_positions  (also positions)"),
        ("x = 1\ndf = %openapi positions^", "stock_positions  (also positions)"),
        ("%openapi hold^ings", "stock_positions  (also positions)"),
        ("%openapi df << quote^ 700.HK", "Latest quotes of securities."),
        ("%openapi quote 700.HK \\\n    AAPL^.US", "Latest quotes of securities."),
        ("%openapi submit 700.HK si^de=buy", "side  required, choice. Buy or Sell."),
        ("%openapi --exe^cute submit 700.HK", "--execute             send what is otherwise only previewed"),
        ("%openapi GET /v1/asset/^stock", "stock_positions"),
        ("%openapi conn^ect sandbox", "connect  (a command of %openapi)"),
        ("%openapi^", "a preview; %openapi send sends it, once"),
        ("%openapi positons^", "Did you mean positions?"),
        ("%%openapi --execute sub^mit\nsymbol: 700.HK", "submit_order  (also submit)"),
        ("%%openapi submit\nsymbol: 700.HK\nsi^de: buy", "side  required, choice"),
        ('%%openapi POST /v1/trade/order\n{"symbol": "700.HK",\n "si^de": "Buy"}', "side  required, choice"),
    ],
)
def test_what_a_kernel_shows(kernel: Kernel, marked: str, says: str) -> None:
    reply = kernel.inspect(marked.replace(CURSOR, ""), marked.index(CURSOR))
    assert reply["status"] == "ok"
    assert reply["found"]
    assert says in reply["data"]["text/plain"]


def test_elsewhere_the_kernel_answers_by_itself(kernel: Kernel) -> None:
    kernel.run("bid_of_mine = 600.25")
    code = "%openapi submit 700.HK side=buy price={bid_of_mine}"
    assert "600.25" in kernel.inspect(code, code.index("bid_of") + 3)["data"]["text/plain"]
    assert "Docstring" in kernel.inspect("sorted", 3)["data"]["text/plain"]
    assert not kernel.inspect("no_such_name", 3)["found"]


def test_unloading_takes_it_away(kernel: Kernel) -> None:
    code = "'do_inspect' in vars(get_ipython().kernel)"
    assert kernel.run(code).result == "True"
    kernel.run("%load_ext jupyter_openapi\n%reload_ext jupyter_openapi")
    assert kernel.inspect("%openapi positions", 12)["found"]
    kernel.run("%unload_ext jupyter_openapi")
    assert kernel.run(code).result == "False"
    assert not kernel.inspect("%openapi positions", 12)["found"]
    kernel.run("%load_ext jupyter_openapi")
    assert kernel.inspect("%openapi positions", 12)["found"]


class SomeKernel:
    """A kernel whose own answer comes at once, or as a coroutine."""

    def __init__(self, *, later: bool) -> None:
        self.later = later

    def do_inspect(self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Any = ()) -> Any:
        async def answer() -> tuple[Any, ...]:
            return code, cursor_pos, detail_level, omit_sections

        return answer() if self.later else (code, cursor_pos, detail_level, omit_sections)


@pytest.mark.parametrize("later", [False, True])
def test_it_is_taken_out_of_a_chain_without_breaking_it(later: bool) -> None:
    kernel: Any = SomeKernel(later=later)
    ours = kernel.do_inspect = Inspection(kernel)
    assert "Latest quotes" in asyncio.run(ours("%openapi quote", 12))["data"]["text/plain"]
    assert asyncio.run(ours("sorted", 2, 1, omit_sections=["a"])) == ("sorted", 2, 1, ["a"])

    def theirs(*given: Any) -> Any:
        return ours(*given)

    kernel.do_inspect = theirs  # somebody else has taken the place since
    ours.end()
    assert kernel.do_inspect is theirs
    assert asyncio.run(theirs("%openapi quote", 12, 0)) == ("%openapi quote", 12, 0, ())

    own = kernel.do_inspect = SomeKernel(later=later).do_inspect
    second = kernel.do_inspect = Inspection(kernel)
    second.end()
    assert kernel.do_inspect == own


@pytest.mark.parametrize(
    "marked", ["d^f = %openapi positions", "print^(1)", "# %openapi pos^", "s = '%openapi pos^'", "^"]
)
def test_where_nothing_is_shown(marked: str) -> None:
    assert shown(marked) is None


@given(
    st.text(st.sampled_from("%openapi submit_order{}=\"'\\\n -@<#:腾"), max_size=30),
    st.text(st.sampled_from("%openapi submit_order{}=\"'\\\n -@<#:腾"), max_size=30),
    st.sampled_from(["", "%openapi ", "%%openapi ", "%%openapi submit\n"]),
)
def test_no_text_breaks_it(before: str, after: str, lead: str) -> None:
    found = inspected(f"{lead}{before}{after}", len(lead) + len(before))
    assert found is None or found.strip()
