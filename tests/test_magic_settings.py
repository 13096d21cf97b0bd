"""Settings that are kept between kernels; panels where there is a page, and where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.kernel import Kernel
from support.shell import Shell

from jupyter_openapi import RequestRefused
from jupyter_openapi.magic.commands import settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the file of settings a folder of its own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


def test_settings_outlive_a_kernel_and_are_shown_by_status(tmp_path: Path) -> None:
    variables = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    with Kernel(tmp_path, variables) as first:
        line = "%openapi settings tz=Asia/Hong_Kong view=full base_currency=usd account=sandbox"
        assert "tz             Asia/Hong_Kong" in first.run(line).result
        assert "There is no setting" in first.run("%openapi settings max_value=1").error[0] or (
            "settings has no parameter 'max_value'" in first.run("%openapi settings max_value=1").error[0]
        )
    with Kernel(tmp_path, variables) as second:
        assert "Connected to the SANDBOX account" in second.run("client = %openapi connect").text
        assert "settings   " in second.run("%openapi status").result
        assert "tz=Asia/Hong_Kong" in second.run("%openapi status").result
        assert "Asia/Hong_Kong" in second.run("%config OpenAPIMagics.tz").result
        assert (
            "total_USD" in second.run("%openapi portfolio").text
            or "USD" in second.run("%openapi portfolio").text
        )
        assert second.run("%openapi portfolio --panel").result.startswith("Portfolio. Without it")
        assert "--trade needs the account named" in second.run("%openapi connect --trade").error[0]


def test_the_file_is_one_that_a_person_can_read_and_only_the_owner(folder: Path) -> None:
    settings.keep({"tz": "Asia/Tokyo", "colors": "Red-Up"})
    settings.keep({"view": "full", "tz": None})
    assert settings.kept() == {"view": "full", "colors": "red-up"}
    assert settings.path().read_text(encoding="utf-8").splitlines()[1:] == [
        "view = full",
        "colors = red-up",
    ]
    assert settings.path().stat().st_mode & 0o077 == 0
    assert folder in settings.path().parents


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tz", "Mars"),
        ("view", "wide"),
        ("colors", "pink"),
        ("base_currency", "HK"),
        ("account", "real"),
        ("x", "1"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_changes_nothing(folder: Path, name: str, value: str) -> None:
    settings.keep({"view": "full"})
    with pytest.raises(RequestRefused):
        settings.keep({"view": "compact", name: value})
    assert settings.kept() == {"view": "full"}


@given(st.text())
def test_a_file_that_holds_anything_gives_only_settings_that_can_be_used(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "_lines", lambda: {"tz": text, text: text, "account": "live"})
        found = settings.kept()
    assert found["account"] == "live"
    assert all(settings.READERS[name](value) == value for name, value in found.items())


def test_no_setting_lets_an_order_pass() -> None:
    assert set(settings.READERS) == {
        "tz", "view", "colors", "base_currency", "language", "limits_url", "account"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "instead"),
    [("order 700.HK", "buy 100 700.HK @ bid"), ("blotter", "orders"), ("portfolio --panel", "portfolio")],
)
def test_a_terminal_is_told_what_to_type_instead_of_a_panel(shell: Shell, line: str, instead: str) -> None:
    shell.run("client = %openapi connect sandbox")
    assert f"this is a terminal. Type `%openapi {instead}` instead." in shell.fail(f"%openapi {line}")
