"""Whose machine the kernel runs on, and what may be done there."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_openapi import Client, Credentials
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.machine import SERVICES, Machine, Service, machine
from jupyter_openapi.session import Session
from jupyter_openapi.storage import DATA_VARIABLE, data_folder

KEYS = ("APP_KEY", "APP_SECRET", "ACCESS_TOKEN")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    for key in KEYS:
        monkeypatch.setenv(f"LONGBRIDGE_{key}", f"made-up {key}".replace(" ", "-"))
    return Session()


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.name)
def test_each_service_is_recognised_by_each_of_its_variables(service: Service) -> None:
    for variable in service.variables:
        place = machine({variable: "1"})
        assert place.service == service.name
        assert service.name in place.words
        assert place.orders
        assert not place.sandbox_only


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.name)
def test_a_vanishing_journal_is_named_with_a_folder_that_lasts(service: Service) -> None:
    said = machine({service.variables[0]: "1"}).vanishing
    assert str(data_folder()) in said
    assert f"%env {DATA_VARIABLE}={service.advice}" in said
    assert machine({service.variables[0]: "1", DATA_VARIABLE: service.advice}).vanishing == ""


def test_a_folder_on_a_lasting_disk_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/workspaces/mine")
    assert machine({"CODESPACES": "true"}).vanishing == ""
    assert machine({"KAGGLE_KERNEL_RUN_TYPE": "Interactive"}).vanishing != ""


def test_ones_own_machine_is_no_service() -> None:
    assert machine({}) == Machine(machine({}).words)


def test_the_data_folder_is_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "mine"))
    assert data_folder() == tmp_path / "mine"
    monkeypatch.setenv(DATA_VARIABLE, "~/mine")
    assert data_folder() == Path("~/mine").expanduser()


def test_real_orders_need_a_journal_that_lasts(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    with pytest.raises(RequestRefused, match=r"Google Colab deletes .*%env JUPYTER_OPENAPI_DATA="):
        session.connect("live", trading=True)
    with pytest.raises(RequestRefused, match="Google Colab deletes"):
        Client(Credentials(*KEYS), "live", trading=True)
    with pytest.raises(RequestRefused, match="Not connected"):
        session.connected()
    notices: list[str] = []
    session.notify = notices.append
    assert not session.connect("live").account.trading  # reading needs no journal
    assert session.connect("paper").account.trading
    assert sum("Google Colab deletes" in each for each in notices) == 2
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    assert session.connect("live", trading=True).account.trading
    session.close()


def test_a_panel_on_colab_names_the_switch_of_colab(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jupyter_openapi.widgets import CredentialPanel

    panel = CredentialPanel(session=session)
    assert "pip install anywidget" in panel._repr_mimebundle_()[0]["text/plain"]
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    assert "output.enable_custom_widget_manager()" in panel._repr_mimebundle_()[0]["text/plain"]
    panel.close()
    session.close()
