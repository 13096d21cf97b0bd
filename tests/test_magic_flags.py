"""The flags of ``%openapi``: requests shown and never sent, results saved, and flags that do not apply."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak
from support.sandbox import SandboxProcess
from support.shell import Shell
from support.wire import Received, Recorder, http, recorder
from traitlets import TraitError

from jupyter_openapi import Client, Credentials, Preview
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.frames import to_frame
from jupyter_openapi.magic.dry_run import curl
from jupyter_openapi.magic.export import Saving
from jupyter_openapi.magic.magics import OpenAPIMagics
from jupyter_openapi.magic.present import described, likely_meant, missing
from jupyter_openapi.magic.request import Target, draft
from jupyter_openapi.session import SESSION
from jupyter_openapi.signing import canonical_request, sign, string_to_sign
from jupyter_openapi.spec import catalog
from jupyter_openapi.transport.hosts import resolve_host

SHELLS = [name for name in ("sh", "dash", "bash", "zsh", "ksh", "busybox") if shutil.which(name)]


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[Client]:
    """Connect the shell to the sandbox."""
    keys = Credentials(*(sandbox.info[name] for name in ("app_key", "app_secret", "access_token")))
    with Client(keys, "sandbox", sandbox.url, limits=False) as connected:
        SESSION.client, SESSION.preview = connected, None
        yield connected
        SESSION.client = SESSION.preview = None


@pytest.fixture
def server(shell: Shell) -> Iterator[Recorder]:
    """Connect the shell to a server that records what arrives."""

    def answer(_: Received) -> bytes:
        return http(json.dumps({"code": 0, "message": "", "data": {"list": []}}).encode())

    with recorder(answer) as listening:
        keys = Credentials("key-of-a-test-1234", "secret-of-a-test-5678", "token-of-a-test-90ab")
        with Client(keys, "sandbox", listening.url, limits=False) as connected:
            SESSION.client, SESSION.preview = connected, None
            yield listening
            SESSION.client = SESSION.preview = None


LINES = [
    "positions 700.HK AAPL.US",
    "history_orders start=-30d",
    'submit 700.HK side=buy price=600 quantity=100 remark="it\'s a note"',
    "cancel 693664675163312128",
    "replace 693664675163312128 quantity=200 price=601",
    "GET /v1/asset/stock symbol=700.HK",
    "GET /v1/unheard/of a=1 b={[2, 3]}",
    "POST /v1/unheard/of a=1",
    "DELETE /v1/unheard/of a=1",
]


@pytest.mark.parametrize("flag", ["--dry-run", "--explain", "--curl"])
@pytest.mark.parametrize("line", LINES)
def test_what_only_shows_sends_nothing(shell: Shell, server: Recorder, flag: str, line: str) -> None:
    said = shell.run(f"%openapi {flag} {line}")
    assert server.requests == []
    assert SESSION.preview is None
    assert isinstance(said, str)
    assert repr(said) == str(said)
    for secret in ("key-of-a-test-1234", "secret-of-a-test-5678", "token-of-a-test-90ab"):
        assert secret not in said
    assert "nothing was sent" in said or flag == "--curl"


@pytest.mark.parametrize("flag", ["--dry-run", "--explain", "--curl"])
@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("positions symbl=700.HK", "Did you mean symbol?"),
        ("submit 700.HK side=buy", "submitted_quantity (quantity)"),
        ("submit 700.HK side=buy type=LO quantity=100", "submitted_price"),
        ("submit 700.HK side=buy type=MO price=1 quantity=100", "submitted_price"),
        ("positon", "positions"),
    ],
)
def test_what_only_shows_checks_as_the_call_does(
    shell: Shell, server: Recorder, flag: str, line: str, says: str
) -> None:
    assert says in shell.fail(f"%openapi {flag} {line}")
    assert server.requests == []


# Dry run


def test_a_dry_run_shows_the_request_and_needs_no_connection(shell: Shell) -> None:
    SESSION.client = None
    said = shell.run("%openapi --dry-run --tz Asia/Hong_Kong history_orders start=2026-11-01 status=filled")
    assert "not connected" in said
    assert "GET /v1/trade/order/history" in said
    assert "start_at=1793462400" in said
    said = shell.run("%openapi --dry-run submit 700.HK side=buy price=600.50 quantity=100")
    assert '"order_type": "LO"' in said
    assert '"submitted_price": "600.5"' in said
    assert "this is a trade: without --execute it gives a preview" in said
    assert "nothing of it was checked" in shell.run("%openapi --dry-run POST /v1/unheard/of a=1")


# Explain


def test_explain_shows_the_true_signature_and_masks_the_rest(shell: Shell, server: Recorder) -> None:
    said = shell.run("%openapi --explain submit 700.HK side=buy price=600 quantity=100")
    keys = {"app_key": "key-of-a-test-1234", "access_token": "token-of-a-test-90ab"}
    stamp = re.search(r"x-timestamp:([\d.]+)", said)
    assert stamp
    body = shell_body(shell)
    canonical = canonical_request("POST", "/v1/trade/order", "", body, **keys, timestamp=stamp[1])
    signature = sign(
        "POST", "/v1/trade/order", "", body, **keys, app_secret="secret-of-a-test-5678", timestamp=stamp[1]
    )
    assert string_to_sign(canonical) in said
    assert signature in said
    masked = canonical.replace("key-of-a-test-1234", "[app key, 18 characters]").replace(
        "token-of-a-test-90ab", "[access token, 20 characters]"
    )
    for line in masked.split("\n"):
        assert line in said
    assert "Masked: of the access token and the app key only the lengths are shown" in said


def shell_body(shell: Shell) -> bytes:
    """Return the body that the line of the test above stands for."""
    said = shell.run("%openapi --dry-run submit 700.HK side=buy price=600 quantity=100")
    shown = said[said.index("{") : said.rindex("}") + 1]
    return json.dumps(json.loads(shown), separators=(",", ":")).encode()


def test_what_explain_shows_is_accepted(shell: Shell, client: Client, sandbox: SandboxProcess) -> None:
    """The signature is the true one: sent by hand with the real key and token, it opens the gate."""
    said = shell.run("%openapi --explain positions 700.HK")
    stamp = re.search(r"x-timestamp:([\d.]+)", said)
    signature = re.search(r"^ +(HMAC-SHA256 SignedHeaders.*)$", said, re.MULTILINE)
    assert stamp
    assert signature
    headers = {
        "X-Api-Key": sandbox.info["app_key"],
        "Authorization": sandbox.info["access_token"],
        "X-Timestamp": stamp[1],
        "X-Api-Signature": signature[1],
    }
    reply = sandbox.client.send("GET", "/v1/asset/stock", "symbol=700.HK", b"", headers)
    assert reply.code == 0


def test_explain_of_an_oauth_token_says_that_nothing_is_signed(shell: Shell) -> None:
    with Client(Credentials("client-id-of-a-test", "", "Bearer token-of-a-test"), "paper") as oauth:
        SESSION.client = oauth
        said = shell.run("%openapi --explain positions")
        SESSION.client = None
    assert "travels unsigned" in said
    assert "token-of-a-test" not in said
    assert "client-id-of-a-test" not in said


def test_explain_needs_a_connection(shell: Shell) -> None:
    SESSION.client = None
    assert "Not connected" in shell.fail("%openapi --explain positions")


# curl


def pasted(command: str, info: dict[str, Any], program: str = "sh") -> dict[str, Any]:
    """Run a command as if it had been pasted into a shell, and return the envelope that curl printed."""
    # A shell that knows nothing else, but shares the clock that `make soak` moves.
    shifted = ("LD_PRELOAD", "CLOCK_OFFSET")
    clock = {name: value for name, value in os.environ.items() if name.startswith(shifted)}
    environment = clock | {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "LONGBRIDGE_APP_KEY": info["app_key"],
        "LONGBRIDGE_APP_SECRET": info["app_secret"],
        "LONGBRIDGE_ACCESS_TOKEN": info["access_token"],
        "http_proxy": "http://127.0.0.1:9",  # must not be asked
    }
    words = [program, "sh"] if program == "busybox" else [program]
    done = subprocess.run(
        words, input=command, env=environment, capture_output=True, encoding="utf-8", timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    envelope: dict[str, Any] = json.loads(done.stdout)
    return envelope


@pytest.mark.parametrize("program", SHELLS)
def test_a_pasted_read_gives_what_the_line_gives(
    shell: Shell, client: Client, sandbox: SandboxProcess, program: str
) -> None:
    command = shell.run("%openapi --curl positions 700.HK AAPL.US")
    envelope = pasted(command, sandbox.info, program)
    assert envelope["code"] == 0
    assert envelope["data"] == shell.run("%openapi --raw positions 700.HK AAPL.US")


@pytest.mark.parametrize(
    "remark",
    [
        "it's 5 o'clock",
        'a "quoted" word',
        "$HOME `id` $(id) \\ \\n !! % ; & | > <",
        "two\nlines and a\ttab",
        "中文 and émoji 🙂",
        "'",
        "''\\''",
        "#",
        "",
    ],
)
def test_a_pasted_order_is_booked_to_the_letter(
    shell: Shell, client: Client, sandbox: SandboxProcess, remark: str
) -> None:
    shell.ip.user_ns["remark"] = remark
    command = shell.run("%openapi --curl submit 700.HK side=buy type=MO quantity=100 remark={remark}")
    assert "Pasting this makes a trade" in command
    envelope = pasted(command, sandbox.info)
    assert envelope["code"] == 0, envelope
    order = sandbox.client.order(envelope["data"]["order_id"])
    assert order["remark"] == remark
    again = pasted(command, sandbox.info)  # the id is the command's own: it is booked once
    assert again.get("data", {}) in ({}, None, envelope["data"])


@settings(max_examples=soak(100))
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8), st.text(max_size=20) | st.lists(st.text(max_size=8)), max_size=3
    ),
    st.text(min_size=1, max_size=20),
)
def test_no_request_breaks_out_of_its_quotes(fields: dict[str, Any], word: str) -> None:
    """Whatever a request holds, a shell reads it back as it is, and runs nothing of it."""
    try:
        path = f"/v1/{json.dumps(word)[1:-1]}"
        asked = draft(Target("POST", None, method="POST", path=path, query={"q": word}, body=fields), "UTC")
        command = curl(asked, resolve_host("http://127.0.0.1:1"), notes=[word])
    except (RequestRefused, UnicodeEncodeError):
        return
    kept = [line for line in command.split("\n") if not line.startswith(("curl", "  --", "stamp="))]
    # Instead of sending, print what the shell has understood.
    script = "\n".join([*kept[:-1], 'printf \'%s\\0\' "$verb" "$route" "$query" "$body"', ")"])
    done = subprocess.run(
        ["sh"],
        input=script.encode(),
        env={
            **os.environ,
            **dict.fromkeys(("LONGBRIDGE_APP_KEY", "LONGBRIDGE_APP_SECRET", "LONGBRIDGE_ACCESS_TOKEN"), "x"),
        },
        capture_output=True,
        timeout=30,
        check=True,
    )
    assert done.stderr == b""
    assert done.stdout.split(b"\0")[:4] == [
        b"POST",
        asked.path.encode(),
        asked.query.encode(),
        asked.body,
    ]


def test_a_pasted_command_without_the_variables_says_so_and_sends_nothing(
    shell: Shell, server: Recorder
) -> None:
    command = shell.run("%openapi --curl positions")
    done = subprocess.run(
        ["sh"],
        input=f"{command}\necho alive",
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "LONGBRIDGE_APP_KEY" in done.stderr
    assert done.stdout == "alive\n"  # the shell it was pasted into lives on
    assert server.requests == []


def test_a_command_leaves_no_variables_behind(shell: Shell, client: Client, sandbox: SandboxProcess) -> None:
    command = shell.run("%openapi --curl positions")
    names = [match[1] for match in re.finditer(r"(?:^|\s)(\w+)=", command) if match[1].islower()]
    assert {"verb", "route", "query", "body", "stamp", "mac", "sign"} <= set(names)
    assert "path" not in names  # zsh's search path
    check = "; ".join(f'[ -z "${{{name}+set}}" ] || echo {name}' for name in names)
    environment = {"PATH": os.environ["PATH"], "LONGBRIDGE_APP_KEY": "x"}
    environment |= {"LONGBRIDGE_APP_SECRET": "x", "LONGBRIDGE_ACCESS_TOKEN": "x"}
    done = subprocess.run(
        ["sh"],
        input=f"{command}\n{check}",
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=False,
    )
    assert done.stdout.splitlines()[1:] == []
    assert "403203" in done.stdout.splitlines()[0]


def test_curl_follows_the_account(shell: Shell) -> None:
    SESSION.client = None
    assert "host=https://openapi.longbridge.com\n" in shell.run("%openapi --curl positions")
    with Client(Credentials("key-1", "secret-1", "token-1"), "paper") as paper:
        SESSION.client = paper
        said = shell.run("%openapi --curl positions")
        assert "'x-papertrading: true'" in said
        assert "--noproxy" not in said
    with Client(Credentials("key-1", "secret-1", "token-1"), "live") as live:
        SESSION.client = live
        assert "x-papertrading" not in shell.run("%openapi --curl positions")
        said = shell.fail("%openapi --curl submit 700.HK side=buy type=MO quantity=100")
        assert "read-only" in said
        SESSION.client = None


# What comes back


def test_raw_and_decimals_and_tz(shell: Shell, client: Client) -> None:
    assert isinstance(shell.run("%openapi --raw positions")["list"][0]["stock_info"][0]["quantity"], str)
    assert shell.run("%openapi positions")["cost_price"].dtype == np.float64
    assert isinstance(shell.run("%openapi --decimals decimal positions")["cost_price"][0], Decimal)
    assert isinstance(shell.run("%openapi --decimals string positions")["cost_price"][0], str)
    assert str(shell.run("%openapi --tz Asia/Hong_Kong quote 700.HK")["timestamp"].dt.tz) == "Asia/Hong_Kong"


def test_codes_have_names_unless_the_data_is_raw(shell: Shell, client: Client) -> None:
    assert set(shell.run("%openapi quote 700.HK AAPL.US")["trade_status"]) == {"Normal"}
    assert shell.run("%openapi --raw quote 700.HK")["secu_quote"][0]["trade_status"] == 0
    assert client.call("quote", symbol=["700.HK"]).frame(codes=True)["trade_status"].tolist() == [0]
    assert len(shell.run("%openapi quote 700.HK AAPL.US").drop_duplicates()) == 2


def test_another_table_of_the_reply(shell: Shell, client: Client) -> None:
    cash = shell.run("%openapi --table cash_infos balance")
    assert set(cash["currency"]) >= {"HKD", "USD"}
    assert str(cash["available_cash"].dtype) == "float64"
    reply = client.call("balance")
    assert reply.tables == ("cash_infos", "frozen_transaction_fees")
    assert reply.frame(table="cash_infos").equals(cash)
    assert "no table 'nothing'; its tables are list, cash_infos" in shell.fail(
        "%openapi --table nothing balance"
    )
    assert "chooses a table" in shell.fail("%openapi --table legs submit 700.HK side=buy price=1 quantity=1")
    assert "--raw and --table do not go together" in shell.fail("%openapi --raw --table cash_infos balance")


# What is not described


def test_an_undescribed_parameter_passes_when_asked_to(
    shell: Shell, server: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run("%openapi --param member_id=1 --param account_channel=2 positions 700.HK")
    assert server.requests[-1].target == "/v1/asset/stock?symbol=700.HK&member_id=1&account_channel=2"
    said = capsys.readouterr().out
    assert "no description of stock_positions has it: member_id, account_channel." in said
    shell.run("%openapi --param note=a+b&c GET /v1/asset/stock")
    assert server.requests[-1].target == "/v1/asset/stock?note=a%2Bb%26c"
    shell.run('%openapi --param depth=5 --param name=x --param zip="007" depth 700.HK')
    assert json.loads(server.requests[-1].body) == {
        "symbol": "700.HK",
        "depth": 5,
        "name": "x",
        "zip": "007",
    }
    assert "query    x=1" in shell.run("%openapi --dry-run --param x=1 positions 700.HK")
    shell.run("%openapi --param x=1 --param x=2 positions")
    assert server.requests[-1].target == "/v1/asset/stock?x=1&x=2"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--param member_id positions", "--param member_id has no value; type --param member_id=VALUE."),
        ("--param symbol=700.HK positions", "has symbol already; type symbol=700.HK without --param."),
        ("--param x=1 submit 700.HK side=buy price=1 quantity=1", "adds to what is described of a read"),
        ("--param x=1 GET /v1/unheard/of", "adds to what is described of a read"),
        ("--param x={y} positions", "without braces"),
        ("--all --param x=1 history_orders start=-1d", "do not go together"),
    ],
)
def test_an_undescribed_parameter_is_for_reads_that_are_known(
    shell: Shell, server: Recorder, line: str, words: str
) -> None:
    assert words in shell.fail(f"%openapi {line}")
    assert server.requests == []


def test_python_passes_undescribed_parameters_of_reads_only(server: Recorder) -> None:
    client = SESSION.client
    assert client is not None
    client.request("GET", "/v1/asset/stock", {"member_id": 1, "ids": [1, 2]}, undescribed=True)
    assert server.requests[-1].target == "/v1/asset/stock?member_id=1&ids=1&ids=2"
    sent = len(server.requests)
    with pytest.raises(RequestRefused, match=r"has no parameter 'member_id'"):
        client.request("GET", "/v1/asset/stock", {"member_id": 1})
    with pytest.raises(RequestRefused, match=r"only a read takes a parameter that is not described"):
        client.request("POST", "/v1/trade/order", None, {"symbol": "700.HK", "x": 1}, undescribed=True)
    assert len(server.requests) == sent


def test_a_variable_is_told_in_short(
    shell: Shell, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run("%openapi --raw a << positions")
    shell.run("%openapi --curl b << positions")
    shell.run("%openapi c << positions")
    said = capsys.readouterr().out
    assert "a: dict of 1\n" in said
    assert re.search(r"^b: text of \d+ lines$", said, re.MULTILINE)
    assert re.search(r"^c: \d+ rows, \d+ columns$", said, re.MULTILINE)


def test_the_settings_rule_what_no_flag_says(shell: Shell, client: Client) -> None:
    shell.run("%config OpenAPIMagics.decimals = 'decimal'\n%config OpenAPIMagics.tz = 'America/New_York'")
    try:
        frame = shell.run("%openapi quote 700.HK")
        assert isinstance(frame["last_done"][0], Decimal)
        assert str(frame["timestamp"].dt.tz) == "America/New_York"
        assert shell.run("%openapi --decimals float64 quote 700.HK")["last_done"].dtype == np.float64
        assert "start_at=1793505600" in shell.run("%openapi --dry-run history_orders start=2026-11-01")
    finally:
        shell.run("%config OpenAPIMagics.decimals = 'float64'\n%config OpenAPIMagics.tz = 'UTC'")


@pytest.mark.parametrize(("name", "value"), [("tz", "Mars"), ("decimals", "float"), ("tz", 3)])
def test_a_setting_that_is_nonsense_is_refused(shell: Shell, name: str, value: object) -> None:
    magics = next(known for known in shell.ip.configurables if isinstance(known, OpenAPIMagics))
    before = getattr(magics, name)
    with pytest.raises(TraitError):
        setattr(magics, name, value)
    assert getattr(magics, name) == before


def test_a_mute_mutes_what_is_shown_and_nothing_else(
    shell: Shell, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert shell.run("%openapi quote 0700.HK AAPL.US;") is None
    assert capsys.readouterr().out == ""
    assert len(shell.run("df = %openapi quote AAPL.US;\ndf")) == 1
    assert (
        len(shell.run("def f():\n    return get_ipython().run_line_magic('openapi', 'quote AAPL.US;')\nf()"))
        == 1
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("history_orders start=2026-11-01 end=2026-11-20", "Window: 2026-11-01 to 2026-11-20 (UTC)."),
        (
            "--tz Asia/Hong_Kong history_orders start=2026-11-01",
            "Window: from 2026-11-01 on (Asia/Hong_Kong).",
        ),
        ("history_orders end=2026-11-20", "Window: up to 2026-11-20 (UTC)."),
        (
            "cash_flow start=2026-11-01T09:30 end=2026-11-20",
            "Window: 2026-11-01 09:30:00 to 2026-11-20 23:59:59 (UTC).",
        ),
        ("history_candles 700.HK start=2024-01-02 end=2024-01-05", "Window: 2024-01-02 to 2024-01-05."),
        ("trading_days HK start=2026-11-02 end=2026-11-06", "Window: 2026-11-02 to 2026-11-06."),
        ("--raw history_orders start=2026-11-01", "Window: from 2026-11-01 on (UTC)."),
        ("GET /v1/trade/order/history start_at=2026-11-01", "Window: from 2026-11-01 on (UTC)."),
    ],
)
def test_the_window_is_printed(
    shell: Shell, client: Client, capsys: pytest.CaptureFixture[str], line: str, says: str
) -> None:
    shell.run(f"x = %openapi {line}")
    # The sandbox's prices begin some years before its day: of an early window it says that there are none.
    assert capsys.readouterr().out.splitlines()[0] == says


def test_the_window_stands_in_the_frame_and_only_where_one_was_given(
    shell: Shell, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = shell.run("%openapi cash_flow start=2026-11-01 end=2026-11-20")
    window = ["2026-11-01T00:00:00+00:00", "2026-11-20T23:59:59+00:00"]
    assert frame.attrs["openapi"]["window"] == window
    capsys.readouterr()
    shell.run("x = %openapi orders")
    shell.run("x = %openapi history_orders")
    assert capsys.readouterr().out == ""


def test_all_fetches_a_whole_history(
    shell: Shell, client: Client, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shell.run("%openapi --execute submit 700.HK side=buy type=MO quantity=100;")
    capsys.readouterr()
    frame = shell.run("all_of_them = %openapi --all cash_flow start=-400d\nall_of_them")
    said = capsys.readouterr().out
    assert re.match(rf"{len(frame)} rows, \d\d\d\d-\d\d-\d\d to \d\d\d\d-\d\d-\d\d, complete\.\n", said)
    assert frame.attrs["openapi"]["complete"] is True
    assert len(shell.run("%openapi --all --raw cash_flow start=-400d")["list"]) == len(frame)
    assert "needs a start" in shell.fail("%openapi --all cash_flow")
    shell.run(f"%openapi --all --out {tmp_path}/flow.csv cash_flow start=-400d;")
    assert len(pd.read_csv(tmp_path / "flow.csv")) == len(frame)


def test_a_reply_that_may_be_cut_says_so(
    shell: Shell, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run("%openapi --execute submit 700.HK side=buy type=MO quantity=100;")
    capsys.readouterr()
    frame = shell.run("x = %openapi cash_flow start=-400d end=today size=1\nx")
    assert "add --all" in capsys.readouterr().out
    assert frame.attrs["openapi"]["complete"] is False


# Symbols that did not come back


def test_symbols_that_are_missing_are_named(
    shell: Shell, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = shell.run("x = %openapi quote 0700.HK AAPL.US APPL.US\nx")
    assert capsys.readouterr().out.splitlines()[0] == "APPL.US: no data; did you mean AAPL.US?"
    assert frame.attrs["openapi"]["missing"] == ["APPL.US"]  # 0700.HK is read as 700.HK
    assert "0700.HK" not in shell.complete("%openapi quote 0")
    frame = shell.run("x = %openapi positions 1810.HK\nx")
    assert capsys.readouterr().out.splitlines()[0] == "1810.HK: no data."
    frame = shell.run("x = %openapi quote aapl.us 700.HK\nx")
    if len(frame) == 2:
        assert "no data" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("0700.HK", "700.HK"),
        ("00005.HK", "5.HK"),
        ("aapl.us", "AAPL.US"),
        ("HK.00700", "700.HK"),
        ("600519.SS", "600519.SH"),
        ("APPL.US", "AAPL.US"),
        ("MSFTT.US", "MSFT.US"),
        ("AAPL.US", None),
        ("1234.HK", None),
        ("QZXWV.US", None),
    ],
)
def test_the_likely_spelling(typed: str, meant: str | None) -> None:
    assert likely_meant(typed, {"AAPL.US", "MSFT.US", "700.HK"}) == meant


def test_many_missing_symbols_are_counted() -> None:
    said = described([f"{number}.HK" for number in range(1000, 1030)], []).split("\n")
    assert len(said) == 11
    assert said[-1] == "and no data for 20 more: df.attrs['openapi']['missing'] names them all."
    assert missing(["700.HK", "5.hk"], pd.DataFrame({"symbol": ["5.HK"]})) == ["700.HK"]
    assert missing(["700.HK"], pd.DataFrame({"close": [1.0]})) == []


# Saving

ROWS = {
    "orders": [
        {
            "order_id": "693664675163312128",
            "symbol": "700.HK",
            "stock_name": '=HYPERLINK("http://x","y")',
            "remark": '+1-2, a "note"\nin two lines\x07 中文',
            "price": "600.5",
            "quantity": "100",
            "submitted_at": "1795381920",
            "expire_date": "2026-12-31",
            "attached_orders": [{"order_id": "1"}],
        },
        {
            "order_id": "007",
            "symbol": "AAPL.US",
            "price": "",
            "quantity": "123456789.123456789",
            "submitted_at": "0",
            "expire_date": "",
        },
    ]
}


@pytest.fixture
def orders() -> pd.DataFrame:
    return to_frame(ROWS, "today_orders", decimals="decimal", tz="Asia/Hong_Kong")


def test_csv_keeps_ids_and_texts(orders: pd.DataFrame, tmp_path: Path) -> None:
    said = Saving(str(tmp_path / "o.csv")).save(orders)
    assert said == f"Saved 2 rows to {tmp_path}/o.csv."
    assert (tmp_path / "o.csv").read_bytes().startswith("\ufeff".encode())
    back = pd.read_csv(tmp_path / "o.csv", dtype=str, keep_default_na=False)
    assert list(back["order_id"]) == ["693664675163312128", "007"]
    assert back["remark"][0] == "'" + ROWS["orders"][0]["remark"]  # it begins with a plus sign
    assert list(back["quantity"]) == ["100", "123456789.123456789"]
    assert list(back["submitted_at (Asia/Hong_Kong)"]) == ["2026-11-23 05:12:00", ""]
    assert list(back["expire_date"]) == ["2026-12-31", ""]
    assert json.loads(back["attached_orders"][0]) == [{"order_id": "1"}]
    text = (tmp_path / "o.csv").read_text(encoding="utf-8-sig")
    assert '"693664675163312128"' in text


def test_excel_keeps_ids_and_runs_nothing(orders: pd.DataFrame, tmp_path: Path) -> None:
    import openpyxl

    Saving(str(tmp_path / "o.xlsx")).save(orders)
    sheet = openpyxl.load_workbook(tmp_path / "o.xlsx").active
    head = [cell.value for cell in sheet[1]]
    first = dict(zip(head, sheet[2], strict=True))
    assert first["order_id"].value == "693664675163312128"
    assert first["order_id"].data_type == "s"
    assert first["order_id"].number_format == "@"
    assert first["stock_name"].value == '=HYPERLINK("http://x","y")'
    assert first["stock_name"].data_type == "s"  # no formula
    assert first["remark"].value.startswith('+1-2, a "note"')
    assert first["submitted_at (Asia/Hong_Kong)"].value == pd.Timestamp("2026-11-23 05:12:00")
    assert first["expire_date"].value == pd.Timestamp("2026-12-31")
    assert first["expire_date"].number_format.upper() == "YYYY-MM-DD"
    assert float(first["price"].value) == 600.5
    assert first["price"].number_format == "General"
    second = dict(zip(head, sheet[3], strict=True))
    assert second["order_id"].value == "007"
    assert second["submitted_at (Asia/Hong_Kong)"].value in (None, "")


def test_excel_takes_decimals_as_numbers(tmp_path: Path) -> None:
    """Also where pandas 2 would write their text."""
    import openpyxl

    price = pd.Series([Decimal("600.50"), None, Decimal(7)], dtype=object)
    frame = pd.DataFrame({"price": price, "mixed": pd.Series([Decimal(1), "a", None], dtype=object)})
    Saving(str(tmp_path / "d.xlsx")).save(frame)
    sheet = openpyxl.load_workbook(tmp_path / "d.xlsx").active
    first, none, last = sheet["A"][1:]
    assert [first.data_type, last.data_type] == ["n", "n"]
    assert (first.value, none.value or None, last.value) == (600.5, None, 7)
    assert frame["price"][0] == Decimal("600.50")  # the frame itself is untouched


def test_excel_keeps_long_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"big": pd.array([693664675163312128, None], dtype="Int64"), "small": [1, 2]})
    Saving(str(tmp_path / "n.xlsx")).save(frame)
    back = pd.read_excel(tmp_path / "n.xlsx", dtype=object)
    assert back["big"][0] == "693664675163312128"
    assert back["small"][1] == 2


def test_parquet_keeps_types_zones_and_attributes(orders: pd.DataFrame, tmp_path: Path) -> None:
    orders.attrs["openapi"] = {"operation": "today_orders"}
    Saving(str(tmp_path / "o.parquet")).save(orders)
    back = pd.read_parquet(tmp_path / "o.parquet")
    assert list(back["order_id"]) == ["693664675163312128", "007"]
    assert str(back["submitted_at"].dt.tz) == "Asia/Hong_Kong"
    assert back["submitted_at"][0] == orders["submitted_at"][0]
    assert back["quantity"][1] == Decimal("123456789.123456789")
    assert back.attrs["openapi"] == {"operation": "today_orders"}
    assert list(back.columns) == list(orders.columns)


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_out_saves_what_the_line_gives(
    shell: Shell, client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    target = tmp_path / f"p.{ending}"
    shell.ip.user_ns["target"] = target
    frame = shell.run("x = %openapi --out {target} positions\nx")
    assert f"Saved {len(frame)} rows to {target}." in capsys.readouterr().out
    read = {"csv": pd.read_csv, "xlsx": pd.read_excel, "parquet": pd.read_parquet}[ending]
    back = read(target)
    assert list(back["symbol"]) == list(frame["symbol"])
    assert list(back["quantity"]) == list(frame["quantity"])
    shell.run("x = %openapi --out {target} positions 700.HK")
    assert "(the file that was there is replaced)" in capsys.readouterr().out
    assert len(read(target)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [target.name]  # no unfinished file is left


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("p.txt", "must end in .csv, .xlsx or .parquet"),
        ("p", "must end in"),
        ("nowhere/p.csv", "there is no folder"),
        ("folder.csv", "is a folder"),
    ],
)
def test_a_place_that_is_no_place_is_refused_before_anything_is_sent(
    shell: Shell, server: Recorder, tmp_path: Path, name: str, says: str
) -> None:
    (tmp_path / "folder.csv").mkdir()
    assert says in shell.fail(f"%openapi --out {tmp_path}/{name} positions")
    assert server.requests == []


@pytest.mark.parametrize(("ending", "package"), [("xlsx", "openpyxl"), ("parquet", "pyarrow")])
def test_a_missing_package_is_named(
    shell: Shell, server: Recorder, monkeypatch: pytest.MonkeyPatch, ending: str, package: str
) -> None:
    from jupyter_openapi.magic import export as out

    monkeypatch.setattr(out, "find_spec", lambda _: None)
    said = shell.fail(f"%openapi --out p.{ending} positions")
    assert f"needs the {package} package: type %pip install {package}, or save as .csv." in said
    assert server.requests == []


def test_a_write_that_fails_leaves_the_old_file(
    orders: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "o.csv"
    target.write_text("old", encoding="utf-8")

    def fails(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", fails)
    with pytest.raises(RequestRefused, match=r"was not written: No space left on device\."):
        Saving(str(target)).save(orders)
    assert target.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["o.csv"]


def test_a_sheet_that_is_too_long_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.zeros(1_048_576, dtype="int8")})
    with pytest.raises(RequestRefused, match="1,048,576 rows do not fit an Excel sheet"):
        Saving(str(tmp_path / "a.xlsx")).save(frame)
    wide = pd.DataFrame(columns=range(16_385))
    with pytest.raises(RequestRefused, match="was not written: This sheet is too large"):
        Saving(str(tmp_path / "a.xlsx")).save(wide)
    assert list(tmp_path.iterdir()) == []


# Flags that do not apply


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--all quote 700.HK", "--all fetches a long history piece by piece"),
        ("--all GET /v1/unheard/of", "--all fetches"),
        ("--again positions", "--again lets an order be sent again, and this is not an order"),
        ("--override max_value positions", "--override skips a check of an order, and this is not an order"),
        ("--again create_watchlist_group x", "--again lets an order"),
        ("--decimals string submit 700.HK", "--decimals is for DataFrames"),
        ("--out x.csv cancel 1", "--out saves a DataFrame, and this gives none"),
        ("--out x.csv DELETE /v1/unheard/of", "--out saves"),
        ("--raw --out x.csv positions", "--raw and --out do not go together"),
        ("--raw --decimals string positions", "--raw and --decimals do not go together"),
        ("--dry-run --execute submit 700.HK", "--dry-run and --execute do not go together: --dry-run sends"),
        ("--explain --curl positions", "--explain and --curl do not go together"),
        ("--curl --out x.csv positions", "--curl and --out do not go together"),
        ("--tz Mars positions", "there is no time zone 'Mars'"),
        ("--decimals float positions", "--decimals is float64 or decimal or string"),
    ],
)
def test_a_flag_that_does_not_apply_is_refused(shell: Shell, server: Recorder, line: str, says: str) -> None:
    said = shell.fail(f"%openapi {line}")
    assert says in said
    assert server.requests == []


def test_override_and_again_reach_the_desk(shell: Shell, client: Client) -> None:
    last = client.call("quote", symbol=["700.HK"]).frame()["last_done"].iloc[0]
    line = f"submit 700.HK side=buy price={int(last * 0.4)} quantity=100"
    assert "`--override distance`" in shell.fail(f"%openapi {line}")
    assert isinstance(shell.run(f"%openapi --override distance {line}"), Preview)
    assert "max_value" in shell.fail(f"%openapi --override nonsense {line}")
    reply = shell.run(f"%openapi --execute --again --override distance --raw {line}")
    assert set(reply) == {"order_id"}


def test_a_name_that_stands_for_arguments_sends_them(shell: Shell, server: Recorder) -> None:
    shell.run("%openapi --execute dca_pause 7")
    assert json.loads(server.requests[-1].body) == {"plan_id": "7", "status": "Suspended"}
    assert "dca_pause means dca_toggle with status=Suspended" in shell.fail(
        "%openapi dca_pause 7 status=Active"
    )
    assert catalog().constants("dca_pause") == {"status": "Suspended"}


def test_a_setting_that_is_nonsense_does_not_keep_the_magic_from_loading(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.ip.config.OpenAPIMagics.tz = "Mars"
    shell.run("%reload_ext jupyter_openapi")
    assert "Mars" in capsys.readouterr().out
    magics = next(known for known in shell.ip.configurables if isinstance(known, OpenAPIMagics))
    assert magics.tz == "UTC"


def test_the_brokers_own_fees_are_a_setting_of_the_notebook(shell: Shell, client: Client) -> None:
    assert client.fees == {}
    line = "submit AAPL.US side=buy type=MO quantity=10"
    assert "the broker's own fees are not known" in str(shell.run(f"%openapi {line}"))
    shell.run("%config OpenAPIMagics.fees = {'US': {'per_share': '0.005', 'minimum': 1}}")
    try:
        assert "fees about 1.00 USD, 1.00 of it the broker's own" in str(shell.run(f"%openapi {line}"))
        magics = next(known for known in shell.ip.configurables if isinstance(known, OpenAPIMagics))
        with pytest.raises(TraitError, match="takes per_order, per_share, rate, minimum"):
            magics.fees = {"US": {"commission": 1}}
    finally:
        shell.run("%config OpenAPIMagics.fees = {}")
    assert "the broker's own fees are not known" in str(shell.run(f"%openapi {line}"))
