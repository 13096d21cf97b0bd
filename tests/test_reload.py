"""A reload of the package (`%autoreload`, `importlib.reload`) keeps the connection and its keys."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BEGIN = """
import importlib, os, sys, time
from pathlib import Path
from IPython.testing.globalipapp import start_ipython

ip = start_ipython()

def run(cell):
    done = ip.run_cell(cell)
    done.raise_error()
    return done.result

run("%load_ext jupyter_openapi")
{before}
client = run("c = %openapi connect sandbox\\nc")
run("%openapi positions")
from jupyter_openapi import Credentials, session
held, typed = session.SESSION, Credentials("key-1-abcdefgh", "secret-1", "token-1")
{reload}
run("1")
from jupyter_openapi.session import SESSION
assert SESSION is held and SESSION.client is client, "the connection was lost"
assert typed.app_secret == "secret-1", "the keys were lost"
assert len(run("%openapi positions")) == 5
assert len(client.call("stock_positions").frame()) == 5
run("%openapi submit 700.HK side=buy type=MO quantity=100")
assert run("sent = %openapi send\\nsent").order_id
run("%openapi forget")
print("kept")
"""
BY_HAND = """
for name, module in list(sys.modules.items()):
    if name.partition(".")[0] == "jupyter_openapi" and module is not None:
        importlib.reload(module)
"""
# As IPython 8 does it: a module is empty before it is loaded again.
EMPTIED = BY_HAND.replace(
    "        importlib.reload",
    """        own = {name: vars(module)[name] for name in ("__name__", "__loader__")}
        vars(module).clear()
        vars(module).update(own)
        importlib.reload""",
)
# Every file gets a new line: what autoreload's own comparison finds equal it does not load again.
EDITED = """
later = time.time() + 5
for path in Path(sys.path[0]).rglob("*.py"):
    path.write_text(path.read_text() + "\\nclass Edited:\\n    pass\\n")
    os.utime(path, (later, later))
"""


@pytest.mark.parametrize(
    ("before", "reload"),
    [("", BY_HAND), ("", EMPTIED), ('run("%load_ext autoreload")\nrun("%autoreload 2")', EDITED)],
    ids=["importlib", "emptied", "autoreload"],
)
def test_a_reload_keeps_the_connection(before: str, reload: str, tmp_path: Path) -> None:
    copy = tmp_path / "package"
    shutil.copytree(ROOT / "jupyter_openapi", copy / "jupyter_openapi")
    script = tmp_path / "script.py"
    begin = f"import sys\nsys.path.insert(0, {str(copy)!r})\n"
    script.write_text(begin + BEGIN.format(before=before, reload=reload), encoding="utf-8")
    homes = {name: str(tmp_path / name) for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    environ = {**os.environ, **homes, "IPYTHONDIR": str(tmp_path / "ipython"), "PYTHONPATH": str(copy)}
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert done.stdout.endswith("kept\n"), done.stdout[-3000:] + done.stderr[-3000:]


def test_no_class_is_a_thread_local() -> None:
    """IPython 8's autoreload can't give such an object its new class, and loses the module with it."""
    found = [
        f"{path.name}: {node.name}"
        for path in (ROOT / "jupyter_openapi").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("local") for base in node.bases)
    ]
    assert found == []
