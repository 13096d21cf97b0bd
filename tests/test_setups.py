"""Set-ups that are not the developer's: odd terminals, no home or working folder, full disks, `python -O`."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from jupyter_openapi import kernel, messages, storage
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.export import Saving
from jupyter_openapi.portfolio.arguments import file_path
from jupyter_openapi.ratelimit import LimitsUnavailable, limiter_for

ROOT = Path(__file__).parents[1]
SCRIPTS = ("jupyter_openapi", "tests", "tools", "benchmarks")
CELLS = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in (
    "%load_ext jupyter_openapi",
    "client = %openapi connect sandbox",
    "px = %openapi quote 700.HK",
    "%openapi submit 700.HK side=buy price={px.last_done[0]} quantity=100",
    "sent = %openapi send",
    "journal = %openapi journal\\nif sent.order_id not in set(journal.order_id): raise RuntimeError(sent)",
    "%openapi positions",
):
    done = shell.run_cell(cell)
    if not done.success:
        print(ascii((cell, done.error_in_exec)), file=sys.stderr)
        sys.exit(3)
"""


def python(*words: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run Python with a home of its own; `variables` are added to its environment."""
    settings["env"] = {**os.environ, **settings.pop("variables", {})}
    settings.setdefault("stdout", subprocess.PIPE)
    return subprocess.run(
        [sys.executable, *words],
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        **settings,
    )


@pytest.mark.parametrize(
    "variables",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["PYTHONIOENCODING", "LC_ALL"],
)
def test_an_ascii_terminal_loses_no_order(variables: dict[str, str], tmp_path: Path) -> None:
    done = python("-c", CELLS, variables={**variables, "IPYTHONDIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert "Connected to the SANDBOX account ..." in done.stdout
    assert "Order " in done.stdout


def test_a_kernel_whose_folder_is_removed_goes_on(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    program = tmp_path / "program.py"  # not -c, for "" in sys.path breaks libraries that use pkgutil
    program.write_text(
        CELLS.replace("\nfor cell", "\nimport os\nos.rmdir(os.getcwd())\nfor cell", 1), encoding="utf-8"
    )
    done = python(str(program), cwd=gone, variables={"IPYTHONDIR": str(tmp_path)})
    assert not gone.exists()
    assert done.returncode == 0, done.stderr
    assert "Order " in done.stdout


@pytest.mark.parametrize("flags", [["-W", "error"], ["-OO"]])
def test_the_demo_runs_under_flags_of_python(flags: list[str]) -> None:
    done = python(*flags, "-m", "jupyter_openapi", "demo")
    assert done.returncode == 0, done.stderr
    assert "grew by 100" in done.stdout


def test_the_demo_fails_where_the_order_is_not_filled_as_it_should_be() -> None:
    other = (
        "import sys, jupyter_openapi.__main__ as program; program.LOT = 200; sys.exit(program.main(['demo']))"
    )
    done = python("-OO", "-c", other)
    assert done.returncode == 1
    assert "was not filled" in done.stderr


@pytest.mark.parametrize("words", [["demo"], ["--help"]])
@pytest.mark.parametrize("buffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_a_command_whose_reader_is_gone_ends_quietly(words: list[str], buffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = python(
            "-m", "jupyter_openapi", *words, stdout=writing, variables={"PYTHONUNBUFFERED": buffered}
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has this device")
def test_a_command_that_can_not_print_says_so_once() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = python("-m", "jupyter_openapi", "--help", stdout=full)
    assert done.returncode == 1
    assert done.stderr == "Stopped: what is printed can't be written (No space left on device).\n"


@pytest.mark.skipif(os.name != "posix", reason="closes a descriptor as a shell does")
def test_a_command_runs_with_stdout_closed() -> None:
    done = python("-m", "jupyter_openapi", "--version", stdout=None, preexec_fn=lambda: os.close(1))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_demo_in_a_removed_folder_says_so(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    program = (
        "import os, sys; os.rmdir(os.getcwd())\n"
        "from jupyter_openapi.__main__ import main; sys.exit(main(['demo']))"
    )
    # Python 3.13.0 itself imports no asyncio there, but for -P.
    done = python("-P", "-c", program, cwd=gone)
    assert done.returncode == 1
    assert done.stderr == "The working folder was removed: change to another, then try again.\n"


class Broken(io.StringIO):
    """A stream that can't be written."""

    def __init__(self, failure: Exception) -> None:
        super().__init__()
        self.failure = failure

    def write(self, _text: str) -> int:
        raise self.failure


@pytest.mark.parametrize(
    "failure",
    [BrokenPipeError(32, "Broken pipe"), OSError(28, "full"), ValueError("I/O operation on closed file")],
    ids=["pipe", "full", "closed"],
)
def test_what_can_not_be_said_was_done_all_the_same(
    failure: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(failure))
    monkeypatch.setattr(sys, "stderr", Broken(failure))
    with caplog.at_level("DEBUG", logger="jupyter_openapi.messages"):
        messages.say("Sent.")
        messages.say("LIVE", warning=True)
    assert [record.message.partition(" could")[0] for record in caplog.records] == ["Sent.", "LIVE"]


def test_what_another_stream_can_not_encode_is_said_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ascii(io.StringIO):
        def write(self, text: str) -> int:
            return super().write(text.encode("ascii").decode())

    stream = Ascii()
    monkeypatch.setattr(sys, "stdout", stream)
    messages.say("account …4821, 中")
    assert stream.getvalue() == "account ...4821, \\u4e2d\n"


def test_the_session_prints_by_what_never_fails() -> None:
    from jupyter_openapi.session import Session

    assert Session().notify is messages.say


def test_a_folder_that_is_gone_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def removed() -> str:
        raise FileNotFoundError(2, "No such file or directory")

    assert kernel.working_folder() == os.getcwd()  # noqa: PTH109
    monkeypatch.setattr(os, "getcwd", removed)
    assert kernel.working_folder() == ""
    with pytest.raises(RequestRefused, match=r"--out p\.csv can't be used: the working folder was removed"):
        Saving("p.csv")
    with pytest.raises(RequestRefused, match="the working folder was removed"):
        file_path("folder", "mine", "'snapshots'")
    assert Saving(str(tmp_path / "p.csv")).path.name == "p.csv"


def test_a_path_no_file_can_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RequestRefused, match=r"there is no home folder of ~no-such-user"):
        Saving("~no-such-user/p.csv")
    monkeypatch.setenv(storage.DATA_VARIABLE, "~no-such-user/data")
    with pytest.raises(RequestRefused, match=r"JUPYTER_OPENAPI_DATA=~no-such-user/data can't be used"):
        storage.data_folder()

    def in_ascii(path: object) -> bytes:
        return str(path).encode("ascii")

    monkeypatch.setattr(os, "fsencode", in_ascii)
    with pytest.raises(RequestRefused, match=r"which lacks '\\u6587'; set PYTHONUTF8=1 and restart it"):
        Saving("文.csv")
    with pytest.raises(RequestRefused, match="set PYTHONUTF8=1"):
        file_path("folder", "文", "'snapshots'")


@pytest.mark.parametrize("tells", [True, False], ids=["platformdirs refuses", "platformdirs leaves ~"])
def test_a_user_without_a_home_gets_no_folder_called_tilde(
    tells: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import platformdirs

    def place(*_: object, **__: object) -> Path:
        if tells:
            raise RuntimeError("could not determine the home directory")
        return Path("~/.local/share/jupyter-openapi")

    for name in ("user_data_path", "user_state_path", "user_config_path"):
        monkeypatch.setattr(platformdirs, name, place)
    for folder in (storage.data_folder, storage.state_folder, storage.config_folder):
        with pytest.raises(RequestRefused, match=r"no home folder.* set HOME to a folder of yours"):
            folder()


def test_limits_of_ones_own_name_the_variable_of_their_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(**_: object) -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("jupyter_openapi.ratelimit.tempfile.mkdtemp", nowhere)
    with pytest.raises(LimitsUnavailable, match=r"No usable temporary directory.* Set TMPDIR"):
        limiter_for("digest", alone=True)
    monkeypatch.setattr("jupyter_openapi.ratelimit.tempfile.mkdtemp", lambda **_: "/dev/null/limits")
    with pytest.raises(LimitsUnavailable, match="Set TMPDIR to a folder"):
        limiter_for("digest", alone=True)


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of a file as a full disk does")
@pytest.mark.parametrize("ending", [".xlsx", ".parquet", ".csv"])
def test_a_disk_that_fills_up_is_one_sentence_and_no_more(ending: str, tmp_path: Path) -> None:
    program = (
        "import resource, sys; import pandas as pd; import openpyxl, pyarrow.parquet\n"
        "from jupyter_openapi.magic.export import Saving\n"
        "frame = pd.DataFrame({'a': [str(n) * 50 for n in range(2000)]})\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    Saving(sys.argv[1]).save(frame)\nexcept Exception as refused:\n    print(refused)\n"
    )
    file = tmp_path / f"p{ending}"
    done = python("-B", "-c", program, str(file))  # -B: a compiled module would be cut short, and stay
    reason = "File too large|IO_EFBIG"  # lxml has words of its own
    assert re.fullmatch(rf"--out {re.escape(str(file))} was not written: .*({reason})\.\n", done.stdout)
    assert "zipfile" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from jupyter_openapi.portfolio import snapshot_store

    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    line = snapshot_store.SnapshotRow("cash", currency="HKD")
    with pytest.raises(RequestRefused, match="The snapshot was not kept"):
        snapshot_store.write(folder, "sandbox-0123456789ab", datetime.now(UTC), [line])


def test_a_frame_saved_whole_is_the_frame(tmp_path: Path) -> None:
    frame = pd.DataFrame({"symbol": ["700.HK"], "price": [1.5]})
    for ending, read in ((".xlsx", pd.read_excel), (".parquet", pd.read_parquet)):
        path = tmp_path / f"p{ending}"
        Saving(str(path)).save(frame)
        assert read(path).to_dict("list") == frame.to_dict("list")


def without_encoding(path: Path) -> list[str]:
    """Return where a script reads or writes text in whatever encoding the machine prefers."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or any(word.arg in {"encoding", None} for word in node.keywords):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        positional = {"read_text": 0, "write_text": 1}.get(name)
        unsaid = positional is not None and len(node.args) <= positional
        piped = name in {"run", "Popen", "check_output"} and any(word.arg == "text" for word in node.keywords)
        if unsaid or piped:
            found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def test_no_script_depends_on_the_encoding_of_its_machine() -> None:
    scripts = [path for folder in SCRIPTS for path in sorted((ROOT / folder).rglob("*.py"))]
    assert len(scripts) > 400
    assert [place for path in scripts for place in without_encoding(path)] == []
