"""The sandbox of a kernel: a connection says so where it is not the one that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.sandbox import start_sandbox

from jupyter_openapi import TransportError
from jupyter_openapi.session import Session


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def session(said: list[str]) -> Iterator[Session]:
    made = Session()
    made.notify = said.append
    yield made
    made.close()


def expected(options: str) -> str:
    return (
        "This is a new, private sandbox, and not the one of "
        f"`%openapi sandbox start {options}`, which does not run here."
    )


def test_a_connection_is_told_from_the_file_that_another_kernel_uses(
    session: Session, said: list[str], tmp_path: Path
) -> None:
    db = str(tmp_path / "shared.db")
    with start_sandbox("--db", db):
        with pytest.raises(TransportError, match="in use by another sandbox"):
            session.start_sandbox(["--db", db])
        session.connect("sandbox")
        session.connect("sandbox")  # to the same one, which is known by now
    assert said == [expected(f"db={db}")]


def test_a_connection_is_told_from_a_sandbox_that_was_stopped_or_has_died(
    session: Session, said: list[str], tmp_path: Path
) -> None:
    db = str(tmp_path / "own.db")
    session.start_sandbox(["--db", db, "--seed", "7"])
    session.connect("sandbox")
    assert said == []
    session.stop_sandbox()
    session.connect("sandbox")
    assert said == [expected(f"db={db} seed=7")]
    assert session.sandbox is not None
    session.stop_sandbox()
    session.start_sandbox(["--limits", "off"]).stop()
    session.connect("sandbox")
    assert said[1:] == [expected("limits=off")]
    session.stop_sandbox()
    session.start_sandbox()
    session.connect("sandbox")
    assert len(said) == 2
