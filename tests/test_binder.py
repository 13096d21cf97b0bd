"""Binder: what repo2docker makes of the folder `binder`, and, in `make soak`, the installation itself."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest
from support import SOAK

ROOT = Path(__file__).parents[1]
BINDER = ROOT / "binder"
LINK = re.compile(r"https://mybinder\.org/v2/gh/([\w.-]+/[\w.-]+)/(\w+)\?urlpath=([^\s)\"]+)")


@pytest.fixture(scope="module")
def dockerfile() -> str:
    done = subprocess.run(
        [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(ROOT)],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_image_installs_the_project_with_its_python(dockerfile: str) -> None:
    wanted = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert f"Programming Language :: Python :: {wanted}" in project()["classifiers"]
    names = re.sub(r"-([0-9a-f]{2})", lambda code: chr(int(code[1], 16)), dockerfile)
    assert f"/environment.py-{wanted}-linux-64.lock" in names
    copied = dockerfile.index("COPY --chown=0:0 src/ ${REPO_DIR}/")
    installed = dockerfile.index('pip install --no-cache-dir -r "binder/requirements.txt"')
    assert copied < installed < dockerfile.index("RUN ./binder/postBuild")


def test_one_environment_serves_pages_and_kernels(dockerfile: str) -> None:
    # A second one would lack the widgets' front end, or Voila.
    assert "ENV KERNEL_PYTHON_PREFIX=${NB_PYTHON_PREFIX}" in dockerfile


def test_the_requirements_are_the_project_and_known_extras() -> None:
    lines = [
        line
        for line in (BINDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if line and line[0] != "#"
    ]
    (own,) = [line for line in lines if line.startswith(".")]
    extras = set(own.removeprefix(".[").removesuffix("]").split(","))
    assert {"plot", "parquet"} <= extras <= set(project()["optional-dependencies"])
    assert any(line.startswith("voila") for line in lines)


def test_the_last_step_runs_the_main_job() -> None:
    script = BINDER / "postBuild"
    assert script.stat().st_mode & stat.S_IXUSR
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    assert "\npython -m jupyter_openapi demo\n" in script.read_text(encoding="utf-8")


def test_links_open_notebooks_that_are_there() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    found = [link for page in pages for link in LINK.findall(page.read_text(encoding="utf-8"))]
    opened = {path for _, _, path in found}
    assert "lab/tree/notebooks/01-quickstart.ipynb" in opened
    for _, _, path in found:
        assert (ROOT / re.sub(r"^(lab/tree|voila/render)/", "", path)).is_file(), path


if SOAK:

    @pytest.mark.timeout(1200)
    def test_a_fresh_environment_runs_the_first_notebook(tmp_path: Path) -> None:
        venv.create(tmp_path / "env", with_pip=True)
        binaries = tmp_path / "env" / "bin"
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTHON"))
        }
        environ |= {
            "PATH": f"{binaries}:{environ['PATH']}",
            "VIRTUAL_ENV": str(binaries.parent),
            "HOME": str(tmp_path),
            "BINDER_LAUNCH_HOST": "https://mybinder.org/",
        }

        def run(*command: str) -> str:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=environ,
                capture_output=True,
                encoding="utf-8",
                timeout=900,
                check=False,
            )
            assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
            return done.stdout

        # repo2docker's own image brings JupyterLab.
        run("pip", "install", "--quiet", "-r", "binder/requirements.txt", "jupyterlab")
        run("./binder/postBuild")
        run("jupyter", "execute", "notebooks/01-quickstart.ipynb")
        refused = run(
            "python",
            "-c",
            "import jupyter_openapi as j\n"
            "try: j.connect('live', credentials=j.Credentials('k' * 32, 's' * 64, 't' * 64))\n"
            "except j.RequestRefused as refused: print(refused)",
        )
        assert "only the sandbox" in refused
