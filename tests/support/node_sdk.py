"""The broker's SDK for Node, a second independent client, as a program of its own."""

from __future__ import annotations

import json
import os
import platform
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

from support.sandbox import ROOT, SandboxProcess

SCRIPT = Path(__file__).parent / "node_session.mjs"
PACKAGE = ROOT / "node_modules" / "longbridge"
NEEDS = (2, 39)  # the C library that its binary for Linux names, for two functions it can do without
WEAK = 2  # a version that is needed weakly may be missing


def binding(folder: Path) -> Path | None:
    """Return the binary to load instead of the package's own, or None where that one loads.

    The published binary names version 2.39 of glibc for two functions that it looks for and can do without.
    An older glibc refuses the whole file for that. Then a copy is loaded which says that it needs the version
    weakly; nothing else differs, and what no program loads (500 MB for debuggers) is left out.
    """
    name, version = platform.libc_ver()
    if name != "glibc" or tuple(map(int, version.split("."))) >= NEEDS:
        return None
    machine = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    (original,) = (PACKAGE.parent / f"longbridge-linux-{machine}-gnu").glob("*.node")
    made = folder / original.name
    if not made.exists():
        made.write_bytes(_with_weak_version(original, f"GLIBC_{NEEDS[0]}.{NEEDS[1]}".encode()))
    return made


def _with_weak_version(path: Path, version: bytes) -> bytes:
    """Return what is loaded of a 64-bit little-endian ELF file, one version of a library needed weakly."""
    with path.open("rb") as file:
        head = file.read(64)
        start, size, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
        file.seek(start)
        headers = [struct.unpack_from("<IIQQQQQQ", file.read(size)) for _ in range(count)]
        loaded = [each for each in headers if each[0] == 1]
        file.seek(0)
        content = bytearray(file.read(max(offset + length for _, _, offset, _, _, length, _, _ in loaded)))
    struct.pack_into("<Q", content, 40, 0)  # the sections' table is gone, which no loader reads
    struct.pack_into("<HHH", content, 58, 0, 0, 0)

    def place(address: int) -> int:
        return next(o + address - a for _, _, o, a, _, n, _, _ in loaded if a <= address < a + n)

    dynamic = next(each for each in headers if each[0] == 2)
    entries = dict(struct.iter_unpack("<QQ", content[dynamic[2] : dynamic[2] + dynamic[5]]))
    texts, needed = place(entries[5]), place(entries[0x6FFFFFFE])
    changed = 0
    for _ in range(entries[0x6FFFFFFF]):
        _, parts, _, first, following = struct.unpack_from("<HHIII", content, needed)
        part = needed + first
        for _ in range(parts):
            _, _, _, name, step = struct.unpack_from("<IHHII", content, part)
            if content.startswith(version + b"\0", texts + name):
                struct.pack_into("<H", content, part + 4, WEAK)
                changed += 1
            part += step
        needed += following
    if changed != 1:
        raise RuntimeError(f"{path.name} names {version.decode()} {changed} times")
    return bytes(content)


def node(sandbox: SandboxProcess, part: str, folder: Path, **facts: Any) -> dict[str, Any]:
    """Run one part of the script against the sandbox; return what it saw."""
    program = shutil.which("node")
    assert program, "node is not installed: see CONTRIBUTING.md"
    assert PACKAGE.is_dir(), "type `npm ci`"
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    if (library := binding(folder)) is not None:
        clean["NAPI_RS_NATIVE_LIBRARY_PATH"] = str(library)
    done = subprocess.run(
        [program, str(SCRIPT), part],
        input=json.dumps(sandbox.info | facts),
        capture_output=True,
        encoding="utf-8",
        env=clean | {"TZ": "UTC"},
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen
