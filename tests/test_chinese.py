"""Chinese: whole catalogues, the language in use, and orders that are never told the wrong way round."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import pytest
from browser.fakes import FakeClient, FakeSession
from matplotlib import font_manager
from support.page import Painting, Told
from test_plots import _font, held, texts

from jupyter_openapi import Client, Credentials, messages, plots
from jupyter_openapi.errors import RequestRefused, sentence
from jupyter_openapi.magic.commands import settings
from jupyter_openapi.market import orders
from jupyter_openapi.messages import (
    _,
    bracketed,
    commas,
    language,
    ngettext,
    pgettext,
    set_language,
    speaking,
)
from jupyter_openapi.plots import style as fonts
from jupyter_openapi.spec import catalog
from jupyter_openapi.trading.describe import describe_order
from jupyter_openapi.widgets import Blotter, Chart, CredentialPanel, OrderForm, PortfolioView, Watch
from jupyter_openapi.widgets.model import by_label
from jupyter_openapi.widgets.panel import static

if TYPE_CHECKING:
    from support.broker import Broker
    from support.sandbox import SandboxProcess
    from support.shell import Shell


ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import catalogs  # noqa: E402 (a script of this repository)
import glossary  # noqa: E402 (a script of this repository)

CHINESE = ("zh-CN", "zh-HK")
BOTH = pytest.mark.parametrize("tag", CHINESE)
SIDES = {
    "zh-CN": {"Buy": "买入", "Sell": "卖出"},
    "zh-HK": {"Buy": "買入", "Sell": "沽出"},
}
EVERY_SIDE = ("买入", "卖出", "買入", "沽出", "賣出")


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    set_language(None)


# ---- the catalogues


def test_every_message_is_translated_and_keeps_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert catalogs.main(["--check"]) == 0, capsys.readouterr().out


def test_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    messages_ = [
        catalogs.Message("", "{count:,} rows"),
        catalogs.Message("", "Type `%openapi send`."),
        catalogs.Message("", "Symbol"),
        catalogs.Message("column", "Open"),
        catalogs.Message("", "0 call, 1 put.", "", catalogs.REPLIES),
        catalogs.Message("", "Id, as agent_chat takes it.", "", catalogs.REPLIES),
    ]
    given = {
        ("", "{count:,} rows"): "{count} 行",
        ("", "Type `%openapi send`."): "{} `%openapi 发送`。",
        ("", "0 call, 1 put."): "0 认购，2 认沽。",
        ("", "Id, as agent_chat takes it."): "编号，可用于对话。",
    }
    words = {"zh_CN": ("请输入", "开盘"), "zh_HK": ("請輸入", "開盤")}

    def read(tag: str) -> dict[tuple[str, str], str]:
        typed, opening = words[tag]
        return {key: text.replace("{}", typed) for key, text in given.items()} | {("column", "Open"): opening}

    monkeypatch.setattr(catalogs, "read", read)
    found = [each for each in catalogs.wrongs(messages_) if "of the other script" not in each]
    assert len(found) == 5 * len(catalogs.LANGUAGES) + 1
    assert "['{count:,}'] are ['{count}']" in found[0]
    assert "what is typed differs" in found[1]
    assert found[2].endswith("no translation of 'Symbol'")
    assert "the values of '0 call, 1 put.' are not in '0 认购，2 认沽。'" in found[3]
    assert "the values of 'Id, as agent_chat takes it.' are not in" in found[4]
    assert next(each for each in found if "glossary" in each) == (
        "zh_HK: '開盤' is not the glossary's word for open, close, previous close (prices) in '開盤'"
    )


@pytest.mark.parametrize(
    ("tag", "text", "said"),
    [
        ("zh_CN", "未写入,因为没有。", "half-width"),
        ("zh_CN", "没有账户 {name};现有一个。", "half-width"),
        ("zh_CN", "成交(2 笔)", "half-width"),
        ("zh_CN", "最近5天", "no space"),
        ("zh_CN", "请用App 开通。", "no space"),
        ("zh_CN", "已发送。 请稍候。", "a space beside"),
        ("zh_CN", "未发送。。", "two marks"),
        ("zh_CN", "按「刷新」", "quotation mark"),
        ("zh_CN", "價格", "the other script: '價'"),
        ("zh_CN", "跟踪编号 {trace_id}", "'跟踪编号' is not the glossary's word for trace id"),
        ("zh_HK", "发送", "the other script: '发'"),
        ("zh_HK", "1 天后到期", "'天后' is not the glossary's"),
        ("zh_HK", "賣出 {quantity}", "'賣出' is not the glossary's word for to sell; short sale"),
    ],
)
def test_a_wrong_word_or_mark_is_found(tag: str, text: str, said: str) -> None:
    assert said in " ".join(glossary.text_wrongs(tag, text))


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("zh_CN", "预览：未发送任何内容。请在 {good_for:.0f} 秒内发送：{how}"),
        ("zh_CN", "{mode}账户{number}（{source}{where}）"),
        ("zh_CN", "请输入 `%openapi pnl start=2026-01-01`，或 {name}={{df['symbol']}}。"),
        ("zh_CN", "4月"),
        ("zh_HK", "買入金額、買賣盤、存入資金"),
    ],
)
def test_what_is_well_written_passes(tag: str, text: str) -> None:
    assert list(glossary.text_wrongs(tag, text)) == []


def test_one_english_text_has_one_translation() -> None:
    said = list(glossary.uneven([("", "Order filled", "订单已成交"), ("", "order filled.", "已成交。")]))
    assert said == ["'order filled' is translated as '订单已成交' and '已成交'"]
    assert not list(
        glossary.uneven([("", "Open", "未完成"), ("column", "Open", "开盘"), ("", "open.", "未完成。")])
    )


@pytest.mark.parametrize("page", ["README.zh-CN.md", "docs/quickstart.zh-CN.md"])
def test_pages_in_chinese_keep_to_the_glossary(page: str) -> None:
    whole = re.sub(
        r"(?ms)^```.*?^```", "", (ROOT / page).read_text(encoding="utf-8")
    )  # code is tested elsewhere
    prose = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", whole).replace("**", "")
    lines = [line for line in prose.splitlines() if re.search(r"[\u4e00-\u9fff]", line)]
    assert len(lines) > 20
    wrong = [f"{line}: {each}" for line in lines for each in glossary.text_wrongs("zh_CN", line)]
    assert wrong == []


def test_lists_and_brackets_are_those_of_the_language() -> None:
    assert (commas(["a", "b", "c"]), commas(["a", "b", "c"], " or "), commas([], " or ")) == (
        "a, b, c",
        "a, b or c",
        "",
    )
    assert (commas(["a"], " or "), bracketed("UTC"), bracketed("")) == ("a", " (UTC)", "")
    set_language("zh-CN")
    assert (commas(["a", "b", "c"], _(" or ")), bracketed("UTC")) == ("a、b 或 c", "（UTC）")


def test_a_catalogue_is_read_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gettext import GNUTranslations

    monkeypatch.setattr(catalogs, "LOCALE", tmp_path)
    listed = [
        catalogs.Message("", 'two\nlines of "{name}"\\'),
        catalogs.Message("", "{n} row", "{n} rows"),
        catalogs.Message("column", "Open"),
        catalogs.Message("", "Open"),
    ]
    keys = {each.key: {"zh_CN": f"译{number}"} for number, each in enumerate(listed)}
    assert list(catalogs.fill(listed, {**keys, "nothing": {"zh_CN": "x"}})) == ["nothing"]
    found = catalogs.translated("zh_CN", listed)
    assert list(found.values()) == ["译0", "译1", "译2", "译3"]
    assert list(catalogs.missing(listed)) == list(keys)  # zh_HK has none
    path = tmp_path / "one.mo"
    path.write_bytes(catalogs.mo_bytes("zh_CN", found))
    with path.open("rb") as file:
        known = GNUTranslations(file)
    assert known.gettext("Open") == "译3"
    assert known.pgettext("column", "Open") == "译2"
    assert {known.ngettext("{n} row", "{n} rows", count) for count in (0, 1, 2)} == {"译1"}
    assert known.gettext(listed[0].text) == "译0"


def test_meanings_of_columns_have_a_catalogue_of_their_own_that_shares_texts_with_the_other() -> None:
    listed = catalogs.extracted()
    texts = {domain: {each.text for each in listed if each.domain == domain} for domain in catalogs.DOMAINS}
    columns = [c for o in catalog().operations.values() for table in o.tables for c in table.columns]
    said = {column.description for column in columns if column.description}
    assert len(said) > 1400
    assert said == texts[catalogs.REPLIES] | (said & texts[catalogs.MAIN])
    assert not texts[catalogs.REPLIES] & {each.text for each in listed if each.domain != catalogs.REPLIES}
    shared = next(iter(said & texts[catalogs.MAIN]))
    for tag in CHINESE:
        set_language(tag)
        shown = {text: messages.meaning(text) for text in said}
        assert {text for text, chinese in shown.items() if chinese.isascii()} == set()
        assert messages.meaning(shared) == _(shared)
    set_language("en")
    assert messages.meaning(shared) == shared


def test_meanings_of_columns_are_read_when_one_is_asked_for() -> None:
    code = """
import sys
from jupyter_openapi.messages import _, meaning, set_language
opened = []
sys.addaudithook(lambda name, got: opened.append(str(got[0])) if name == "open" else None)
set_language("zh-HK")
def read():
    return [path.rsplit("/", 1)[-1] for path in opened if path.endswith(".mo")]
print(_("Buy"), read(), meaning("Strike price."), read())
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={"PATH": "/usr/bin", "PYTHONUTF8": "1"},
    )
    assert done.stdout.strip() == (
        "買入 ['jupyter_openapi.mo'] 行使價。 ['jupyter_openapi.mo', 'replies.mo']"
    )


def test_messages_inside_f_strings_count(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        """x = f"{_('one')} {N_('two')}" if a else pgettext("here", "three")""", encoding="utf-8"
    )
    assert {each.key for each in catalogs._in_python(module)} == {"one", "two", "here|three"}


def test_the_panels_words_are_in_their_script() -> None:
    text = static("order_form.js")
    for words in ("发送订单", "發送訂單", "预览", "預覽"):
        assert words in text


# ---- the language in use


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("en", "en"),
        ("en_GB.UTF-8", "en"),
        ("zh", "zh-CN"),
        ("ZH_cn", "zh-CN"),
        ("zh-Hans-HK", "zh-CN"),
        ("zh-HK", "zh-HK"),
        ("zh_HK.Big5@x", "zh-HK"),
        ("zh-Hant-TW", "zh-HK"),
        ("zh-TW", "zh-HK"),
        ("fr", ""),
        ("zhuang", ""),
        ("", ""),
    ],
)
def test_tags(tag: str, found: str) -> None:
    assert messages.known(tag) == found


def test_english_reads_no_catalogue_and_imports_no_gettext() -> None:
    code = (
        "import sys; from jupyter_openapi.messages import _, ngettext, pgettext; "
        "sys.modules.pop('gettext', 0); "
        "print(_('Buy'), ngettext('a', 'b', 2), pgettext('column', 'Open'), 'gettext' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={"PATH": "/usr/bin"},
    )
    assert done.stdout.split() == ["Buy", "b", "Open", "False"]


def test_the_variable_rules_until_a_language_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGBRIDGE_LANGUAGE", "zh-HK")
    set_language(None)
    assert (language(), _("Sell")) == ("zh-HK", "沽出")
    set_language("zh_CN")
    assert (language(), _("Sell")) == ("zh-CN", "卖出")
    set_language("en")
    assert (language(), _("Sell"), _("")) == ("en", "Sell", "")
    monkeypatch.setenv("LONGBRIDGE_LANGUAGE", "fr")
    set_language(None)
    assert language() == "en"
    assert messages.unknown_variable() == (
        "LONGBRIDGE_LANGUAGE=fr is not an available language: set it to en, zh-CN or zh-HK."
    )


def test_one_word_has_two_meanings_and_a_count_one_form() -> None:
    set_language("zh-CN")
    assert (pgettext("column", "Open"), _("Open")) == ("开盘", "未完成")
    assert [ngettext("{count:,} row", "{count:,} rows", n).format(count=n) for n in (0, 1, 2)] == [
        "0 行",
        "1 行",
        "2 行",
    ]
    assert _("Not in any catalogue.") == "Not in any catalogue."
    assert _("") == ""


def test_a_panel_speaks_for_its_own_thread_only() -> None:
    inside, go_on = threading.Event(), threading.Event()
    heard: list[str] = []

    def speak() -> None:
        with speaking("zh-CN"):
            inside.set()
            assert go_on.wait(10)
            heard.append(_("Buy"))
        heard.append(_("Buy"))

    thread = threading.Thread(target=speak)
    thread.start()
    assert inside.wait(10)
    assert _("Buy") == "Buy"
    go_on.set()
    thread.join()
    assert heard == ["买入", "Buy"]


def test_an_unknown_language_is_refused_in_one_line(shell: Shell) -> None:
    with pytest.raises(ValueError, match=r"^language is en or zh-CN or zh-HK, not fr"):
        set_language("fr")
    with pytest.raises(RequestRefused, match="not fr"):
        settings.read("language", "fr")
    with pytest.raises(RequestRefused, match="not fr"):
        OrderForm(session=FakeSession(FakeClient()), language="fr")
    assert "not fr" in shell.fail("%openapi settings language=fr")
    magics = shell.ip.magics_manager.registry["OpenAPIMagics"]
    with pytest.raises(Exception, match=r"^language is en or zh-CN or zh-HK, not fr"):
        magics.language = "fr"
    assert magics.language == ""


# ---- orders


@BOTH
@pytest.mark.parametrize("side", ["Buy", "Sell"])
@pytest.mark.parametrize("kind", sorted(orders.RULES))
def test_an_order_names_its_side_quantity_and_price(tag: str, side: str, kind: str) -> None:
    fields = {
        "symbol": "700.HK",
        "side": side,
        "order_type": kind,
        "submitted_quantity": "300",
        "submitted_price": "612.5",
        "trigger_price": "610",
        "time_in_force": "Day",
    }
    english = describe_order(fields)
    set_language(tag)
    said = describe_order(fields)
    assert said.startswith(f"{SIDES[tag][side]} 300 700.HK，")
    assert [word for word in EVERY_SIDE if word in said] == [SIDES[tag][side]]
    assert f"（{kind}）" in said
    assert re.findall(r"[\d.]+ HKD", said) == re.findall(r"[\d.]+ HKD", english)
    assert "612.50 HKD" in said
    assert not re.search(r"[a-z]{3}", said)


@BOTH
def test_sides_are_told_apart_wherever_they_are_named(tag: str) -> None:
    set_language(tag)
    for word in ("Buy", "BUY"):
        assert _(word) == SIDES[tag]["Buy"]
    for word in ("Sell", "SELL"):
        assert _(word) == SIDES[tag]["Sell"]
    assert _("bought") != _("sold")
    assert pgettext("order book", "bids") != pgettext("order book", "asks")
    assert _("Bid") != _("Ask")


@BOTH
def test_previews_errors_and_help_in_a_notebook(shell: Shell, sandbox: SandboxProcess, tag: str) -> None:
    shell.run("%openapi connect sandbox")
    price = f"{shell.run('%openapi quote 700.HK')['last_done'][0]:.2f}"
    shell.run(f"%config OpenAPIMagics.language = '{tag}'")
    try:
        for side in ("Buy", "Sell"):
            shown = str(shell.run(f"%openapi submit 700.HK side={side} price={price} quantity=100"))
            assert f"{SIDES[tag][side]} 100 700.HK，" in shown
            assert f"{price} HKD" in shown
            assert f'"side":"{side}"' in shown  # the wire stays as it is
            wrong = SIDES[tag]["Sell" if side == "Buy" else "Buy"]
            assert wrong not in shown
            assert "未" in shown.splitlines()[0]
            assert "`%openapi send`" in shown.splitlines()[0]
        labels = [line[2:].split("  ")[0] for line in shown.splitlines()[1:]]
        assert not any(label.isascii() for label in labels)
        refused = shell.fail("%openapi sumbit 700.HK")
        assert "sumbit" in refused
        assert "submit" in refused
        assert re.search(r"[\u4e00-\u9fff]", refused)
        help_ = str(shell.run("%openapi help connect"))
        assert "--trade" in help_
        assert "connect paper --profile main" in help_
        said = [line for line in help_.splitlines() if "%openapi" not in line]
        assert not re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", "\n".join(said))
        overview = str(shell.run("%openapi help"))
        assert "%openapi endpoints dividend" in overview
        advice = str(shell.run("%openapi help 401003"))
        assert "401003" in advice
        assert "%openapi login" in advice
        shell.run("df = %openapi quote 700.HK")
        assert list(shell.run("df.columns"))[0] == "symbol"  # noqa: RUF015 (the columns stay English)
        made, _meta = shell.ip.display_formatter.format(shell.run("df"))
        assert {"zh-CN": "代码", "zh-HK": "代號"}[tag] in made["text/plain"]
    finally:
        shell.run("%config OpenAPIMagics.language = ''")
    assert language() == "en"


def test_the_language_is_kept_as_a_setting(shell: Shell) -> None:
    magics = shell.ip.magics_manager.registry["OpenAPIMagics"]
    try:
        assert "zh-HK" in str(shell.run("%openapi settings language=zh_hk"))
        assert settings.kept()["language"] == "zh-HK"
        assert language() == "zh-HK"
    finally:
        magics.language = ""
        settings.keep({"language": None})


def test_sentences_join_without_a_space_after_a_chinese_stop() -> None:
    assert sentence("没有这个。", "请再试。") == "没有这个。请再试。"
    assert sentence("是否想写 sandbox？", "输入 %openapi。") == "是否想写 sandbox？输入 %openapi。"
    assert sentence("Nothing.", "Try again.") == "Nothing. Try again."


@BOTH
def test_every_refusal_ends_as_its_language_does(shell: Shell, sandbox: SandboxProcess, tag: str) -> None:
    """A stop that code adds is the language's own, as those of the messages are."""
    shell.run("%openapi connect sandbox")
    shell.run(f"%config OpenAPIMagics.language = '{tag}'")
    try:
        for line in ("quote 700HK", "buy -100 700.HK @ 600", "history_orders start=-30", "connect sanbox"):
            said = shell.fail(f"%openapi {line}").strip()
            assert said.endswith(("。", "？")), said
            assert "？ " not in said
    finally:
        shell.run("%config OpenAPIMagics.language = ''")


# ---- panels


@BOTH
def test_a_panel_speaks_the_language_it_was_given(tag: str) -> None:
    panel = OrderForm(session=FakeSession(FakeClient()), language=tag)
    told = Told(panel)
    told.tell("hello", locale="en-US")
    told.tell(
        "preview",
        version="page-1-1",
        epoch=panel.ticket.epoch,
        fields={
            "symbol": "700.HK",
            "side": "Sell",
            "order_type": "LO",
            "submitted_price": "600",
            "submitted_quantity": "100",
            "time_in_force": "Day",
        },
    )
    offer = told.wait_for("offer")
    assert offer["button"] == {"zh-CN": "发送订单", "zh-HK": "發送訂單"}[tag]
    assert panel._language == tag
    assert told.view["title"].startswith({"zh-CN": "模拟账户 ", "zh-HK": "模擬戶口 "}[tag])
    assert language() == "en"
    panel.close()


@BOTH
def test_live_panels_speak_the_language_they_were_given(tag: str, sandbox: SandboxProcess) -> None:
    keys = Credentials(*vars(sandbox.credentials).values())
    with Client(keys, "sandbox", sandbox.url, limits=False) as client:
        for panel in (
            Watch("700.HK", client=client, language=tag),
            Chart("700.HK", client=client, language=tag),
        ):
            page = Painting(panel)
            page.tell("hello", locale="en-US")
            assert page.ping(lambda page=page: "words" in page.state)
            assert page.state["words"]["stop"] == "停止"
            assert page.state["words"]["title"] == _spoken(panel.NAME, tag)
            panel.close()


def _spoken(text: str, tag: str) -> str:
    with speaking(tag):
        return _(text)


def test_a_panel_speaks_its_pages_language_where_none_was_chosen() -> None:
    panel = Blotter(session=FakeSession(None))
    told = Told(panel)
    told.tell("hello", locale="zh-TW")
    assert told.wait_for("empty", lambda text: text == "未連接。")
    told.tell("refresh", locale="fr")  # no language of ours: as before
    assert told.wait_for("empty", lambda text: text == "未連接。")
    set_language("en")
    told.tell("refresh", locale="zh-TW")
    assert told.wait_for("empty", lambda text: text == "Not connected.")
    panel.close()


@pytest.mark.parametrize("kind", [OrderForm, Blotter, PortfolioView, CredentialPanel])
def test_every_panel_takes_a_language(kind: Any) -> None:
    panel = kind(session=FakeSession(None), language="zh_cn")
    assert panel.language == "zh-CN"
    with speaking(panel.spoken()):
        assert re.search(r"[\u4e00-\u9fff]", panel.fallback())
    panel.close()


def test_names_of_fields_give_way_to_labels_beside_chinese() -> None:
    set_language("zh-CN")
    assert by_label("缺少submitted_price：LO 需要它") == "缺少价格：LO 需要它"
    assert by_label("my_submitted_price") == "my_submitted_price"


# ---- pictures


def test_a_picture_in_chinese_has_every_character(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path, letters = tmp_path / "cjk.ttf", set()
    for tag in catalogs.LANGUAGES:
        letters |= {sign for text in catalogs.read(tag).values() for sign in text if ord(sign) > 0x2000}
    _font(path, "Noto Sans CJK SC", "".join(sorted(letters | set("腾讯控股"))))
    monkeypatch.setattr(font_manager.fontManager, "ttflist", list(font_manager.fontManager.ttflist))
    monkeypatch.setitem(mpl.rcParams, "font.fantasy", ["A family of the test of Chinese"])
    fonts._face.cache_clear()
    font_manager.fontManager.addfont(path)
    try:
        for tag, words in (("zh-CN", "按持仓的资产配置"), ("zh-HK", "按持倉的資產配置")):
            set_language(tag)
            frame = held(tencent="腾讯控股")
            shown = texts(plots.allocation(frame))  # a missing glyph would warn, and fail
            assert words in shown
            assert "700.HK  腾讯控股" in shown
            assert fonts.NO_FONT not in " ".join(shown)
            texts(plots.profit(frame))
    finally:
        monkeypatch.undo()
        fonts._face.cache_clear()


def test_without_a_font_a_picture_is_english_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fonts, "families", lambda: ["DejaVu Sans"])
    assert "fonts-noto-cjk" not in " ".join(texts(plots.allocation(held())))
    assert "fonts-noto-cjk" in " ".join(texts(plots.allocation(held(tencent="腾讯控股"))))
    set_language("zh-CN")
    frame = held()
    shown = texts(plots.allocation(frame))
    assert "Allocation by holding" in shown
    assert "fonts-noto-cjk" in " ".join(shown)
    page: Any = plots.allocation(frame, interactive=True)  # a browser finds its fonts
    assert "按持仓的资产配置" in page.layout.title.text
    assert language() == "zh-CN"


def test_a_client_shown_in_chinese_sends_the_same(client: Client, broker: Broker) -> None:
    set_language("zh-CN")
    fields = {"symbol": "700.HK", "side": "Buy", "price": "600", "quantity": 100, "type": "LO"}
    preview: Any = client.call("submit_order", **fields)
    assert [label for label, _text in preview.lines][:2] == ["account", "order"]
    reply = preview.send()
    assert reply.order_id in broker.orders
    sent = json.loads(broker.changes[0].body)
    assert (sent["side"], sent["submitted_price"]) == ("Buy", "600")
    words = str(client.call("cancel_order", order_id=reply.order_id))
    assert "买入 700.HK：共 100" in words
