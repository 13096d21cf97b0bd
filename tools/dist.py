"""Build the wheel and the source archive, and check that both are whole: ``tools/dist.py FOLDER``.

`twine check --strict` reads their metadata and the README as an index would show it. Every file of the
package that git does not ignore must be in the wheel, and nothing else.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "jupyter_openapi"
# What only the scripts' type checker and translators read.
LEFT_OUT = (".d.ts", "locale/README.md")


def run(*command: str) -> str:
    """Run a command in the project's folder; return what it said if it failed, else ""."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)  # noqa: S603 (our own)
    return done.stdout + done.stderr if done.returncode else ""


def build(folder: Path) -> None:
    """Write both archives into `folder`, which is emptied first."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.whl"), *folder.glob("*.tar.gz")):
        old.unlink()
    failed = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT))
    if failed:
        sys.exit(failed)


def tracked() -> set[str]:
    """Return the package's files that git does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", PACKAGE]
    listed = subprocess.check_output(command, cwd=ROOT, encoding="utf-8")  # noqa: S603 (our own)
    return {name for name in listed.split("\0") if name and not name.endswith(LEFT_OUT)}


def differences(folder: Path) -> list[str]:
    """Say what the archives lack and what they have beyond the package."""
    (wheel,) = folder.glob("*.whl")
    (source,) = folder.glob("*.tar.gz")
    expected = tracked()
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    with tarfile.open(source) as archive:
        sent = {name.partition("/")[2] for name in archive.getnames()}
    needed = expected | {"pyproject.toml", "README.md"}
    return [
        *(f"{wheel.name} lacks {name}" for name in sorted(expected - packed)),
        *(f"{wheel.name} holds {name}, which git ignores" for name in sorted(packed - expected)),
        *(f"{source.name} lacks {name}" for name in sorted(needed - sent)),
    ]


def main() -> None:
    """Build into the folder that is named, and end with status 1 where something is wrong."""
    folder = (ROOT / sys.argv[1]).resolve()
    build(folder)
    archives = sorted(str(each) for each in (*folder.glob("*.whl"), *folder.glob("*.tar.gz")))
    problems = differences(folder)
    if failed := run(sys.executable, "-m", "twine", "--no-color", "check", "--strict", *archives):
        problems.append(failed)
    if problems:
        sys.exit("\n".join(problems))
    print(f"{', '.join(Path(each).name for each in archives)}: whole")


if __name__ == "__main__":
    main()
