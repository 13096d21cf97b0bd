"""The language asked for: where it is chosen, and that the broker's names come in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.streaming import until
from support.wire import http, recorder

from jupyter_openapi import Client, Credentials, RequestRefused
from jupyter_openapi.session import SESSION
from jupyter_openapi.transport.hosts import choose_language, language_named

if TYPE_CHECKING:
    from support.sandbox import SandboxProcess
    from support.shell import Shell

TENCENT = {"en": "TENCENT", "zh-CN": "腾讯控股", "zh-HK": "騰訊控股"}


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith(("LONGBRIDGE_", "LONGPORT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    yield
    SESSION.language = None


def client(sandbox: SandboxProcess, language: str | None = None) -> Client:
    keys = Credentials(*vars(sandbox.credentials).values())
    return Client(keys, "sandbox", sandbox.url, limits=False, language=language)


@pytest.mark.parametrize("language", TENCENT)
def test_names_come_in_the_language_of_the_client(language: str, sandbox: SandboxProcess) -> None:
    with client(sandbox, language) as one:
        order_id = one.call(
            "submit_order", symbol="700.HK", side="Buy", order_type="MO", submitted_quantity=100, execute=True
        ).order_id
        held = one.call("stock_positions").frame().set_index("symbol").symbol_name
        detail = one.call("order_detail", order_id=order_id).data
        listed = one.call("static_info", symbol=["700.HK"]).frame().iloc[0]
    assert held["700.HK"] == TENCENT[language]
    assert detail["stock_name"] == TENCENT[language]
    assert [listed.name_en, listed.name_cn, listed.name_hk] == list(TENCENT.values())


def test_pushes_come_in_the_language_of_their_own_client(sandbox: SandboxProcess) -> None:
    names: dict[str, list[str]] = {tag: [] for tag in TENCENT}
    with client(sandbox, "en") as one, client(sandbox, "zh-CN") as two, client(sandbox, "zh-HK") as three:
        for each in (one, two, three):
            heard = names[each.language]
            each.subscribe_orders().wait().on(lambda event, heard=heard: heard.append(event.stock_name))
        sandbox.client.submit(order_type="MO")
        until(lambda: all(len(heard) >= 2 for heard in names.values()))
    assert {tag: set(heard) for tag, heard in names.items()} == {tag: {name} for tag, name in TENCENT.items()}


def test_the_argument_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_language() == "en"
    monkeypatch.setenv("LONGPORT_LANGUAGE", "zh-HK")
    assert choose_language() == "zh-HK"
    monkeypatch.setenv("LONGBRIDGE_LANGUAGE", " zh-cn ")
    assert choose_language() == "zh-CN"
    assert choose_language("en") == "en"
    keys = Credentials("key-1-abcdefgh", "secret-1", "token-1")
    with recorder(lambda _: http()) as broker, Client(keys, "paper", broker.url, limits=False) as one:
        one.call("stock_positions")
        one.language = "zh_HK"
        one.call("stock_positions")
        assert one.stream_source().language == "zh-HK"
    assert [seen.headers["accept-language"] for seen in broker.requests] == ["zh-CN", "zh-HK"]


@pytest.mark.parametrize("given", ["fr", "zh", "", "zh-TW", "en\nX: y", "en-"])
def test_a_wrong_one_is_refused_in_one_line(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Credentials("key-1-abcdefgh", "secret-1", "token-1")
    with pytest.raises(RequestRefused, match=r"^language is en or zh-CN or zh-HK, not ") as caught:
        Client(keys, "paper", language=given)
    assert "\n" not in str(caught.value)
    if given.strip():
        monkeypatch.setenv("LONGBRIDGE_LANGUAGE", given)
        with pytest.raises(RequestRefused, match=r"^LONGBRIDGE_LANGUAGE is en or zh-CN or zh-HK, not"):
            Client(keys, "paper")


def test_config_goes_before_settings_and_these_before_the_environment(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGBRIDGE_LANGUAGE", "zh-HK")
    one = shell.run("c = %openapi connect sandbox\nc")
    assert one.language == "zh-HK"
    said = str(shell.run("%openapi settings language=zh-cn"))
    assert "language       zh-CN" in said
    assert one.language == "zh-CN"  # at once, for what is connected
    assert TENCENT["zh-CN"] in str(shell.run("%openapi positions").to_string())
    shell.run("%config OpenAPIMagics.language = 'en'")
    assert one.language == "en"
    assert shell.run("c = %openapi connect sandbox\nc").language == "en"
    assert "language is en or zh-CN or zh-HK, not fr" in shell.fail("%openapi settings language=fr")
    assert shell.ip.run_cell("%config OpenAPIMagics.language = 'fr'").error_in_exec is None
    assert SESSION.language == "en"
    shell.run("%config OpenAPIMagics.language = ''")
    assert SESSION.client is not None
    assert SESSION.client.language == "zh-HK"


def test_spellings() -> None:
    assert [language_named(each) for each in ("EN", "zh_cn", " zh-hk")] == ["en", "zh-CN", "zh-HK"]
