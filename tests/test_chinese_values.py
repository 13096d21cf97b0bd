"""Values typed in Chinese are refused with the value to type, wherever a parameter has a list of values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from support.sandbox import start_sandbox

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import pgettext, speaking
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import check
from jupyter_openapi.spec.model import Kind, Operation, Parameter
from jupyter_openapi.spec.values import convert
from jupyter_openapi.trading.describe import TYPES

if TYPE_CHECKING:
    from support.shell import Shell

SUBMIT = {"symbol": "700.HK", "order_type": "LO", "side": "Buy", "submitted_quantity": "100"}


@pytest.fixture(scope="module")
def connected() -> Iterator[Shell]:
    from support.shell import loaded_shell

    with pytest.MonkeyPatch.context() as patch, start_sandbox("--limits", "off") as sandbox:
        keys = sandbox.credentials
        for name, value in (
            ("APP_KEY", keys.app_key),
            ("APP_SECRET", keys.app_secret),
            ("ACCESS_TOKEN", keys.access_token),
            ("HTTP_URL", sandbox.url),
        ):
            patch.setenv(f"LONGBRIDGE_{name}", value)
        with loaded_shell() as shell:
            shell.run("%openapi connect sandbox")
            yield shell


def every_enum() -> list[tuple[str, Parameter]]:
    def within(operation: Operation, parameters: tuple[Parameter, ...]) -> list[tuple[str, Parameter]]:
        found = [(operation.name, one) for one in parameters if one.kind is Kind.ENUM]
        return found + [each for one in parameters for each in within(operation, one.fields)]

    return [
        each
        for operation in catalog().operations.values()
        for each in within(operation, operation.parameters)
    ]


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("side", "买入", "side=buy"),
        ("side", "賣出", "side=sell"),
        ("side", "沽出", "side=sell"),
        ("order_type", "限价单", "order_type=lo"),
        ("order_type", "市價單", "order_type=mo"),
        ("time_in_force", "当日有效", "time_in_force=day"),
        ("time_in_force", "撤單前有效", "time_in_force=gtc"),
        ("outside_rth", "夜盘", "outside_rth=overnight"),
    ],
)
@pytest.mark.parametrize("tag", ["en", "zh-CN", "zh-HK"])
def test_an_order_says_what_to_type(name: str, typed: str, said: str, tag: str) -> None:
    with speaking(tag), pytest.raises(RequestRefused) as refused:
        check(catalog().named("submit_order"), SUBMIT | {name: typed})
    assert f"{name}={typed!r}" in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize("tag", ["zh-CN", "zh-HK"])
@pytest.mark.parametrize("code", sorted(TYPES))
def test_the_words_that_previews_show_for_order_types(code: str, tag: str) -> None:
    with speaking(tag):
        word = pgettext("order type", TYPES[code])
    assert not word.isascii()
    parameter = catalog().named("submit_order").parameter("order_type")
    assert parameter is not None
    with pytest.raises(RequestRefused, match=f"Type order_type={code.lower()}\\."):
        convert(parameter, word)


WORDS = {
    "1d": "日线", "day": "当日", "buy": "買入", "sell": "卖出", "asc": "升序", "call": "认购", "hk": "港股",
    "usd": "美元", "monthly": "每月", "is": "利润表", "long": "多头", "none": "不复权", "filled": "已成交",
    "active": "进行中", "add": "添加", "all": "全部", "stock": "股票", "gtc": "撤单前有效", "once": "一次",
    "profit_taker": "止盈", "in": "价内", "normal": "", "report": "",
}  # fmt: skip


@pytest.mark.parametrize("strict", [True, False])
def test_every_list_of_values_takes_part(strict: bool) -> None:
    seen = 0
    for operation, parameter in every_enum():
        known = {value.lower() for value in parameter.values}
        for value, word in WORDS.items():
            if value not in known or not word:
                continue
            with pytest.raises(RequestRefused) as refused:
                convert(parameter, word, strict=strict)
            shown = str(refused.value)
            assert f" Type {parameter.name}=" in shown, (operation, parameter.name)
            typed = shown.rpartition("=")[2].rstrip(".")
            assert convert(parameter, typed) == convert(parameter, value), (operation, parameter.name, shown)
            seen += 1
    assert seen > 60


def test_a_word_that_means_nothing_here_has_no_hint() -> None:
    side = catalog().named("submit_order").parameter("side")
    assert side is not None
    for word in ("牛证", "你好", "昨天"):
        with pytest.raises(RequestRefused) as refused:
            convert(side, word)
        assert "Type" not in str(refused.value)


def test_yes_and_no() -> None:
    flag = next(
        one for each in catalog().operations.values() for one in each.parameters if one.kind is Kind.BOOLEAN
    )
    for word, said in {"是": "yes", "否": "no"}.items():
        with pytest.raises(RequestRefused, match=f"neither true nor false. Type {flag.name}={said}\\."):
            convert(flag, word)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("submit 700.HK side=买入 type=LO quantity=100 price=600", "Type side=buy."),
        ("submit 700.HK side=賣出 type=LO quantity=100 price=600", "Type side=sell."),
        ("submit 700.HK side=buy type=限价单 quantity=100 price=600", "Type order_type=lo."),
        ("candles 700.HK period=日线", "Type period=day."),
        ("buy 100 700.HK @ 600 type=限价单", "Type type=lo."),
        ("buy 100 700.HK @ 600 tif=撤單前有效", "Type tif=gtc."),
        ("sell 100 700.HK @ 600 outside_rth=夜盘", "Type outside_rth=overnight."),
    ],
)
def test_a_line_says_what_to_type(connected: Shell, line: str, said: str) -> None:
    assert said in connected.fail(f"x = %openapi {line}")
