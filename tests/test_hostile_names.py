"""A name in braces is what Python would give there, or the line is refused: never another variable."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.shell import Shell, loaded_shell

LINE = "get_ipython().run_line_magic('openapi', '--dry-run quote {qty}')"


@pytest.fixture(scope="module")
def loaded() -> Iterator[Shell]:
    with loaded_shell() as shell:
        yield shell


@pytest.fixture
def shell(loaded: Shell) -> Iterator[Shell]:
    loaded.run("qty = 'NOTEBOOK.HK'")
    yield loaded
    loaded.ip.run_cell("%reset_selective -f ^(f|g|h|make|done|C|seen|qty)$")


def asked(shown: Any) -> str:
    """Return the symbol that a line would have asked for."""
    return str(shown)


PLACES = {
    "the notebook itself": (f"{LINE}", "NOTEBOOK.HK"),
    "a function": (f"def f():\n    qty = '1.HK'\n    return {LINE}\nf()", "1.HK"),
    "a function of the notebook": (f"def f():\n    return {LINE}\nf()", "NOTEBOOK.HK"),
    "a nested function": (
        f"def make(qty):\n    def f():\n        return {LINE}\n    return f\nmake('2.HK')()",
        "2.HK",
    ),
    "a lambda": (f"def make(qty):\n    return lambda: {LINE}\nmake('3.HK')()", "3.HK"),
    "a lambda in a lambda": (f"(lambda qty: lambda: {LINE})('4.HK')()", "4.HK"),
    "three deep": (
        (
            f"def make(qty):\n    def g():\n        def h():\n            return {LINE}\n        return h()\n"
            "    return g\nmake('5.HK')()"
        ),
        "5.HK",
    ),
    "a comprehension": (f"[{LINE} for qty in ['6.HK']][0]", "6.HK"),
    "a comprehension in a function": (
        f"def make(qty):\n    return [{LINE} for _ in range(1)][0]\nmake('7.HK')",
        "7.HK",
    ),
    "a generator in a function": (
        f"def make(qty):\n    return next({LINE} for _ in range(1))\nmake('8.HK')",
        "8.HK",
    ),
    "a comprehension in a nested function": (
        (
            f"def make(qty):\n    def f():\n        return {{_: {LINE} for _ in range(1)}}[0]\n    return f\n"
            "make('9.HK')()"
        ),
        "9.HK",
    ),
    "a method": (
        (
            f"def make(qty):\n    class C:\n        def f(self):\n            return {LINE}\n    return C()\n"
            "make('10.HK').f()"
        ),
        "10.HK",
    ),
    "a class's own variables are not its methods'": (
        f"class C:\n    qty = 'CLASS.HK'\n    def f(self):\n        return {LINE}\nC().f()",
        "NOTEBOOK.HK",
    ),
    "a default": (f"def f(qty='11.HK'):\n    return {LINE}\nf()", "11.HK"),
    "a global": (
        f"def make(qty):\n    def f():\n        global qty\n        return {LINE}\n    return f\nmake('x')()",
        "NOTEBOOK.HK",
    ),
    "a nonlocal": (
        (
            "def make(qty):\n    def f():\n        nonlocal qty\n        qty = '13.HK'\n"
            f"        return {LINE}\n"
            "    return f\nmake('x')()"
        ),
        "13.HK",
    ),
    "an async function": (
        (
            f"import asyncio\ndef make(qty):\n    async def f():\n        return {LINE}\n    return f\n"
            "asyncio.run(make('14.HK')())"
        ),
        "14.HK",
    ),
    "another function's variable is not seen": (
        f"def g():\n    qty = 'CALLER.HK'\n    return f()\ndef f():\n    return {LINE}\ng()",
        "NOTEBOOK.HK",
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_name_is_what_python_says(shell: Shell, place: str) -> None:
    code, expected = PLACES[place]
    assert expected in asked(shell.run(code))


def test_a_line_as_it_is_typed(shell: Shell) -> None:
    shell.run(
        "def make(qty):\n    def f():\n        seen = %openapi --dry-run quote {qty}\n        return seen\n"
        "    return f"
    )
    assert "15.HK" in asked(shell.run("make('15.HK')()"))


def test_an_expression_with_names_of_its_own(shell: Shell) -> None:
    shell.run(
        "def make(code):\n    def f():\n"
        "        return get_ipython().run_line_magic('openapi', "
        "\"--dry-run quote {[f'{code}.{each}' for each in ['HK']]}\")\n    return f"
    )
    assert "16.HK" in asked(shell.run("make(16)()"))


def test_a_button_buys_what_it_says(shell: Shell) -> None:
    shell.run(
        "import ipywidgets\nqty, symbol = 100, 'AAPL.US'\nseen = []\n"
        "def make(qty, symbol):\n"
        "    button = ipywidgets.Button(description=f'Buy {qty} {symbol}')\n"
        "    def bought(_):\n"
        "        done = %openapi --dry-run submit {symbol} side=buy type=MO quantity={qty}\n"
        "        seen.append(done)\n"
        "    button.on_click(bought)\n"
        "    return button\n"
        "make(500, '700.HK').click()"
    )
    (said,) = shell.ip.user_ns["seen"]
    assert "700.HK" in str(said)
    assert "500" in str(said)
    assert "AAPL" not in str(said)


def test_interact_s_values_are_the_function_s(shell: Shell) -> None:
    shell.run(
        "import ipywidgets\nseen = []\n"
        "def f(qty):\n    seen.append(get_ipython().run_line_magic('openapi', '--dry-run quote {qty}'))\n"
        "ipywidgets.interactive(f, qty=ipywidgets.fixed('17.HK')).update()"
    )
    assert "17.HK" in str(shell.ip.user_ns["seen"])


# --- where it can't be had -----------------------------------------------------------------------------

TEXT = "text = '--dry-run quote ' + chr(123) + 'qty' + chr(125)\n"
DYNAMIC = "get_ipython().run_line_magic('openapi', text)"


@pytest.mark.parametrize(
    "code",
    [
        f"{TEXT}def make(qty):\n    def f():\n        return {DYNAMIC}\n    return f\nmake('1.HK')()",
        f"{TEXT}def make(qty):\n    return lambda: {DYNAMIC}\nmake('1.HK')()",
        (
            f"{TEXT}def make(qty):\n    class C:\n        def f(_):\n"
            f"            return {DYNAMIC}\n    return C()\n"
            "make('1.HK').f()"
        ),
        # No source at all to look into.
        (
            f'source = "def make(qty):\\n    def f():\\n        return {LINE}\\n    return f\\n"\n'
            "exec(source, globals())\nmake('1.HK')()"
        ),
    ],
)
def test_a_name_that_can_not_be_told_is_refused(shell: Shell, code: str) -> None:
    said = shell.fail(code)
    assert "{qty} can't be read here" in said
    assert "a parameter `qty=qty`" in said


def test_what_no_function_around_has_is_the_notebook_s(shell: Shell) -> None:
    code = f"{TEXT}def make(other):\n    def f():\n        return {DYNAMIC}\n    return f\nmake('1.HK')()"
    assert "NOTEBOOK.HK" in asked(shell.run(code))


def test_the_form_that_is_named_works(shell: Shell) -> None:
    for inner in ("def f(qty=qty):\n", "def f():\n        qty\n"):
        code = f"{TEXT}def make(qty):\n    {inner}        return {DYNAMIC}\n    return f\nmake('18.HK')()"
        assert "18.HK" in asked(shell.run(code))


@pytest.mark.parametrize(
    "code",
    [
        f"def f():\n    done = {LINE}\n    qty = 1\n    return done\nf()",
        f"def make():\n    def f():\n        return {LINE}\n    f()\n    qty = 1\nmake()",
    ],
)
def test_a_variable_without_a_value_is_not_the_notebook_s(shell: Shell, code: str) -> None:
    assert "qty has no value yet in this function" in shell.fail(code)


# --- modules -------------------------------------------------------------------------------------------

MODULE = """
from IPython import get_ipython

def plain():
    return get_ipython().run_line_magic("openapi", "--dry-run quote {qty}")

def nested(qty):
    def inner():
        return get_ipython().run_line_magic("openapi", "--dry-run quote {qty}")
    return inner

def free(other):
    def inner():
        return get_ipython().run_line_magic("openapi", "--dry-run quote {qty}")
    return inner
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    (tmp_path / "jupyter_openapi_helpers.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "jupyter_openapi_helpers", raising=False)
    import jupyter_openapi_helpers

    return jupyter_openapi_helpers


def test_a_module_s_function_sees_its_module(shell: Shell, module: types.ModuleType) -> None:
    shell.ip.user_ns["helpers"] = module
    said = shell.fail("helpers.plain()")
    assert "name 'qty' is not defined" in said
    module.qty = "MODULE.HK"  # type: ignore[attr-defined]
    assert "MODULE.HK" in asked(shell.run("helpers.plain()"))
    assert "MODULE.HK" in asked(shell.run("helpers.free(1)()"))
    assert "a parameter `qty=qty`" in shell.fail("helpers.nested('1.HK')()")


def test_a_script_that_is_run_sees_its_own(shell: Shell, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(f"qty = 'SCRIPT.HK'\ndone = {LINE}\n", encoding="utf-8")
    shell.run(f"%run {script}")
    assert "SCRIPT.HK" in asked(shell.ip.user_ns["done"])


def test_unloading_takes_the_change_of_cells_away(shell: Shell) -> None:
    from jupyter_openapi.magic.caller import NameInBraces

    def ours() -> int:
        return sum(isinstance(each, NameInBraces) for each in shell.ip.ast_transformers)

    shell.run("%load_ext jupyter_openapi")
    assert ours() == 1
    shell.run("%unload_ext jupyter_openapi")
    assert ours() == 0
    shell.run("%load_ext jupyter_openapi")
    assert ours() == 1
