"""Files, secrets and ids in careless hands: nothing leaks, runs, or is read as something else."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support import soak

from jupyter_openapi.credentials import Credentials, environment, find_credentials, store_profile
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.export import Saving
from jupyter_openapi.portfolio import parquet, snapshot_store
from jupyter_openapi.portfolio.parquet import ParquetStore
from jupyter_openapi.portfolio.snapshot_store import SnapshotRow
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import check

KEYS = Credentials("key-1", "secret-1", "token-1")

# --- keyrings and .env ---------------------------------------------------------------------------------


def plain_text(name: str, module: str) -> Any:
    import keyring.backend

    def kept(self: Any, *_: str) -> None:
        raise AssertionError("a plain-text keyring was used")

    parts = {"priority": 1, "get_password": kept, "set_password": kept, "delete_password": kept}
    return type(name, (keyring.backend.KeyringBackend,), {**parts, "__module__": module})()


@pytest.mark.parametrize(("name", "module"), [
    ("PlaintextKeyring", "keyrings.alt.file"),
    ("PlaintextKeyring", "keyrings.alt.pyfs"),
    ("BasicKeyring", "keyrings.alt.pyfs"),
    ("RegistryKeyring", "keyrings.alt.Windows"),
    ("Keyring", "keyring.backends.null"),
])  # fmt: skip
@pytest.mark.parametrize("chained", [False, True])
def test_a_profile_goes_only_into_a_keyring_that_encrypts(
    name: str, module: str, chained: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keyring
    from keyring.backends.chainer import ChainerBackend

    backend = plain_text(name, module)
    if chained:
        chain = type("Chain", (ChainerBackend,), {"backends": [backend]})()
        monkeypatch.setattr(keyring.core, "_keyring_backend", chain)
    else:
        monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
    with pytest.raises(RequestRefused, match=rf"the keyring {module}\.{name} does not encrypt"):
        store_profile("main", KEYS)


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o644, True), (0o640, True), (0o604, True)])
def test_a_dotenv_that_others_can_read_is_named(
    mode: int, warned: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("LONGBRIDGE_", "LONGPORT_"))]:
        monkeypatch.delenv(name)
    names = ("APP_KEY", "APP_SECRET", "ACCESS_TOKEN")
    Path(".env").write_text(
        "".join(f"LONGBRIDGE_{name}=value-of-{name}\n" for name in names), encoding="utf-8"
    )
    Path(".env").chmod(mode)
    notes = find_credentials().warnings
    assert any("can be read by others" in note and "chmod 600" in note for note in notes) is warned
    assert environment.open_to_others(tmp_path / "none") is False


# --- the sandbox's process -----------------------------------------------------------------------------

STARTER = """
import json, os, sys, time
from jupyter_openapi.sandbox.launcher import SandboxProcess

sandbox = SandboxProcess(["--db", sys.argv[1]])
child = os.fork()
if not child:
    time.sleep(60)  # holds our end of the pipe open
    os._exit(0)
print(json.dumps([sandbox.pid, child]), flush=True)
time.sleep(60)
"""


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_the_sandbox_knows_no_real_keys_is_private_and_ends_with_its_kernel(tmp_path: Path) -> None:
    db = tmp_path / "sandbox.db"
    secrets = {f"{prefix}_{name}": "real" for prefix in ("LONGBRIDGE", "LONGPORT", "longbridge")
               for name in ("APP_KEY", "APP_SECRET", "ACCESS_TOKEN", "HTTP_URL")}  # fmt: skip
    before = os.umask(0)
    try:
        starter = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", STARTER, str(db)],
            env={**os.environ, **secrets}, stdout=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
    finally:
        os.umask(before)
    assert starter.stdout is not None
    sandbox, child = json.loads(starter.stdout.readline())
    try:
        variables = Path(f"/proc/{sandbox}/environ").read_bytes().decode().split("\0")
        assert [each for each in variables if each.endswith("=real")] == []
        for path in tmp_path.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        starter.kill()
        starter.wait()
        deadline = time.monotonic() + 60
        while not gone(sandbox):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert not gone(child)
    finally:
        os.kill(child, signal.SIGKILL)
        starter.stdout.close()


# --- flipped bits --------------------------------------------------------------------------------------


def flips(content: bytes, count: int) -> list[bytes]:
    chance, made = random.Random(7), []
    for _ in range(count):
        at, bit = chance.randrange(len(content)), 1 << chance.randrange(8)
        made.append(content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :])
    return made


def test_a_flipped_bit_of_a_snapshot_is_an_error(tmp_path: Path) -> None:
    rows = [SnapshotRow("cash", currency="HKD", amount=Decimal(number)) for number in range(30)]
    rows += [SnapshotRow("holding", symbol=f"{number}.HK", quantity=Decimal(7)) for number in range(30)]
    path = snapshot_store.write(tmp_path, "a" * 32, datetime(2026, 1, 5, tzinfo=UTC), rows)
    content, kept = path.read_bytes(), snapshot_store.read([path])
    silent = 0
    for damaged in flips(content, soak(2000)):
        path.write_bytes(damaged)
        try:
            snapshot_store.read([path])
            silent += 1
        except RequestRefused as refused:
            silent += str(path) not in str(refused)
    assert silent == 0
    path.write_bytes(content)
    assert snapshot_store.read([path]).equals(kept)
    for cut in (0, 4, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:cut])
        with pytest.raises(RequestRefused):
            snapshot_store.read([path])


def test_a_flipped_bit_of_an_archive_is_an_error(tmp_path: Path) -> None:
    store = ParquetStore(tmp_path, "history_orders", "a" * 32)
    schema = pa.schema([("order_id", pa.string()), ("quantity", pa.int64())])
    table = pa.table({"order_id": [str(n) for n in range(50)], "quantity": list(range(50))}, schema=schema)
    store.keep_month("2026-01", table)
    (path,) = tmp_path.rglob("*.parquet")
    content = path.read_bytes()
    silent = 0
    for damaged in flips(content, soak(2000)):
        path.write_bytes(damaged)
        try:
            store.month("2026-01", schema)
            silent += 1
        except RequestRefused as refused:
            silent += "move" not in str(refused)
    assert silent == 0
    path.write_bytes(content)
    assert store.month("2026-01", schema).equals(table)
    # Any reader takes it, and what another program makes of it is read as it is.
    assert pd.read_parquet(path)["quantity"].sum() == sum(range(50))
    import duckdb

    assert duckdb.sql(f"SELECT SUM(quantity) FROM read_parquet('{path}')").fetchall() == [(sum(range(50)),)]
    pq.write_table(pq.read_table(path).slice(0, 10), path)
    assert store.month("2026-01", schema).num_rows == 10


def test_a_file_without_a_checksum_is_read_as_it_is(tmp_path: Path) -> None:
    table = pa.table({"a": [1, 2]})
    pq.write_table(table, tmp_path / "old.parquet")
    parquet.verify_file(tmp_path / "old.parquet")


# --- what a spreadsheet runs ---------------------------------------------------------------------------

FORMULAS = ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "\uff1d1",
            "\ufeff=1", '=HYPERLINK("http://x","y")']  # fmt: skip
HARMLESS = ["700.HK", "-5", "+5.25", "-1,000.5", "5%", "-5%", "a=b", "1e-5", "", "買い", "x@y"]


@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_a_csv_runs_no_formula_in_cells_or_names(dtype: str, tmp_path: Path) -> None:
    texts = FORMULAS + HARMLESS
    frame = pd.DataFrame({"=cmd()": pd.Series(texts, dtype=dtype), "n": range(-1, len(texts) - 1)})
    Saving(str(tmp_path / "x.csv")).save(frame)
    back = pd.read_csv(tmp_path / "x.csv", dtype=str, keep_default_na=False, lineterminator=None)
    assert list(back.columns) == ["'=cmd()", "n"]
    cells = list(back.iloc[:, 0])
    assert all(cell.startswith("'") for cell in cells[: len(FORMULAS)])
    assert cells[len(FORMULAS) :] == HARMLESS
    assert back["n"][0] == "-1"
    assert frame.columns[0] == "=cmd()"  # the frame itself stays as it was


def test_an_excel_sheet_runs_no_formula_in_cells_or_names(tmp_path: Path) -> None:
    import openpyxl

    frame = pd.DataFrame({"=1+1": FORMULAS, "@x\x07": HARMLESS})
    Saving(str(tmp_path / "x.xlsx")).save(frame)
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx").active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    assert [cell.value for cell in sheet[1]] == ["=1+1", "@x\ufffd"]


def test_a_link_says_where_it_goes(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x.csv").write_text("old", encoding="utf-8")
    (tmp_path / "x.csv").symlink_to(tmp_path / "real" / "x.csv")
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    frame = pd.DataFrame({"a": [1]})
    said = Saving(str(tmp_path / "x.csv")).save(frame)
    assert f"a link to {tmp_path}/real/x.csv" in said
    assert "replaced" in said
    assert (tmp_path / "x.csv").is_symlink()
    assert (tmp_path / "real" / "x.csv").read_text(encoding="utf-8-sig").startswith('"a"')
    assert f"a link to {tmp_path}/real/y.csv" in Saving(str(tmp_path / "folder" / "y.csv")).save(frame)
    assert ", a link to" not in Saving(str(tmp_path / "real" / "z.csv")).save(frame)


# --- ids -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["7.01e+17", "7.01E17", "7e17", "7012.0", "7012.", ".5", "701234567890123456.0"]
)
@pytest.mark.parametrize("operation", ["order_detail", "cancel_order", "replace_order"])
def test_an_order_id_that_was_rounded_is_refused_with_the_reason(operation: str, text: str) -> None:
    given = {"order_id": text, **({"quantity": 1} if operation == "replace_order" else {})}
    with pytest.raises(RequestRefused, match=r"rounded number.*last digits are lost"):
        check(catalog().named(operation), given)
    with pytest.raises(RequestRefused, match="float"):
        check(catalog().named(operation), {**given, "order_id": 7.01e17})


@pytest.mark.parametrize("text", ["693664675163312128", "E12", "1-2", "007", "12e"])
def test_an_order_id_that_is_whole_passes(text: str) -> None:
    assert check(catalog().named("order_detail"), {"order_id": text})["order_id"] == text
