"""The sandbox that a kernel's first line will connect to is started before that line is read."""

from __future__ import annotations

import subprocess
import sys

import psutil

from jupyter_openapi.sandbox import launcher
from jupyter_openapi.sandbox.launcher import SandboxProcess

KERNEL = """
import gc, json, subprocess, sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

started = []
launch = subprocess.Popen.__init__
def note(self, words, *rest, **named):
    if "sandbox" in words:
        started.append("jupyter_openapi.session" in sys.modules)
    launch(self, words, *rest, **named)
subprocess.Popen.__init__ = note
shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
shell.run_line_magic("load_ext", "jupyter_openapi")
if "COLLECT" not in sys.argv:
    gc.disable()
try:
    client = shell.run_line_magic("openapi", sys.argv[1])
except Exception as problem:
    print(type(problem).__name__)
else:
    print(client.account.mode, len(client.call("stock_positions").frame()) > 0)
import psutil
session = sys.modules["jupyter_openapi.session"].SESSION
children = psutil.Process().children()
print(started, len(children), session.sandbox is not None, "pandas" in sys.modules, gc.isenabled())
session.close()
print(len(psutil.Process().children()))
"""


def lines_of(*words: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", KERNEL, *words], capture_output=True, encoding="utf-8", check=True
    )
    return [line for line in done.stdout.splitlines() if line and not line.startswith("Connected")]


def test_the_first_line_that_connects_starts_the_sandbox_before_it_imports_anything() -> None:
    assert lines_of("connect sandbox", "COLLECT") == ["sandbox True", "[False] 1 True True True", "0"]


def test_whether_garbage_is_collected_stays_as_it_was() -> None:
    assert lines_of("connect sandbox")[1].endswith("False")


def test_a_sandbox_that_the_line_does_not_take_after_all_is_stopped() -> None:
    refused, found, left = lines_of("connect sandbox --region cn", "COLLECT")
    assert (refused, found, left) == ("RequestRefused", "[False] 0 False True True", "0")


def test_other_lines_start_nothing_ahead() -> None:
    assert lines_of("connect live --profile nobody", "COLLECT")[1] == "[] 0 False False True"


def test_what_was_started_ahead_is_taken_once_and_only_without_arguments() -> None:
    launcher.start_ahead()
    launcher.start_ahead()
    other = SandboxProcess(["--seed", "7"])
    taken = SandboxProcess()
    third = SandboxProcess()
    try:
        assert len({other.pid, taken.pid, third.pid}) == 3
        assert all(process.alive for process in (other, taken, third))
    finally:
        for process in (other, taken, third):
            process.stop()
        launcher.drop_ahead()


def test_one_that_nobody_took_is_gone() -> None:
    before = {child.pid for child in psutil.Process().children()}
    launcher.start_ahead()
    (made,) = {child.pid for child in psutil.Process().children()} - before
    launcher.drop_ahead()
    assert not psutil.pid_exists(made)


IMPORTS = """
import gc, sys
from jupyter_openapi.magic.ahead import sandbox_ahead

looked = [0]
def note(phase, about):
    if phase == "start" and about["generation"] == 0:
        looked.append(len(gc.get_objects(generation=0)))
if "FREEZE" in sys.argv:
    gc.freeze()
aside, before = gc.get_freeze_count(), len(gc.get_objects())
with sandbox_ahead("connect sandbox"):
    gc.callbacks.append(note)
    kept = [[] for _ in range(5000)]
    made = len(gc.get_objects()) - before
print("pandas" in sys.modules, gc.isenabled(), max(looked) * 4 < made, gc.get_freeze_count() * 2 > aside)
"""


def imports(*words: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, *words], capture_output=True, encoding="utf-8", check=True
    )
    return done.stdout.split()


def test_what_was_imported_is_not_looked_through_as_if_it_were_new() -> None:
    assert imports()[:3] == ["True", "True", "True"]


def test_what_another_has_put_aside_stays_aside() -> None:
    assert imports("FREEZE")[3] == "True"
