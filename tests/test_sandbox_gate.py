"""Who may come in: keys, tokens, timestamps, signatures, repeats, rate limits."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_openapi.sandbox.errors import Refused
from jupyter_openapi.sandbox.exchange.store import Store
from jupyter_openapi.sandbox.gate import LIFETIME, WINDOW, Gate, KeyRing, KeySet, Limits, Request
from jupyter_openapi.signing import sign

NOW = 1_795_400_000.0
KEYS = KeySet("key", "secret", "token", NOW - 10, NOW + 1000, 1, 2)


class Clock:
    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def gate(keys: KeySet = KEYS, clock: Clock | None = None) -> Gate:
    return Gate(SimpleNamespace(keys=keys), clock or Clock())


def call(
    method: str = "GET",
    path: str = "/v1/asset/stock",
    query: str = "",
    body: bytes = b"",
    stamp: str = f"{NOW:.3f}",
    **other: str,
) -> Request:
    keys = {"app_key": KEYS.app_key, "app_secret": KEYS.app_secret, "access_token": KEYS.access_token} | other
    headers = {
        "X-Api-Key": keys["app_key"],
        "Authorization": keys["access_token"],
        "X-Timestamp": stamp,
        "X-Api-Signature": sign(method, path, query, body, timestamp=stamp, **keys),
    }
    return Request(method, path, query, headers, body)


def refusal(gate: Gate, call: Request, *, read: bool = True) -> tuple[int, int] | None:
    try:
        gate.admit(call, read=read)
    except Refused as refused:
        return refused.status, refused.code
    return None


@pytest.mark.parametrize(
    "admitted",
    [
        call(),
        call(query="symbol=700.HK&symbol=AAPL.US"),
        call("POST", "/v1/trade/order", body=b'{"remark":"\xe4\xbd\xa0"}'),
        call("DELETE", "/v1/trade/order", "order_id=1"),
        call(stamp=f"{NOW:.0f}"),
        call(path="/v1/%E4%BD%A0"),
    ],
)
def test_a_right_signature_comes_in(admitted: Request) -> None:
    assert refusal(gate(), admitted) is None


def test_papertrading_is_no_obstacle() -> None:
    asked = call()
    asked = replace(asked, headers={**asked.headers, "x-papertrading": "true"})
    assert refusal(gate(), asked) is None


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (call(app_key="other"), (403, 403203)),
        (call(access_token="other"), (401, 401004)),
        (call(access_token=""), (401, 401004)),
        (call(app_secret="other"), (403, 403201)),
        (call(stamp="now"), (403, 403201)),
        (call(stamp="١٢٣"), (403, 403201)),
        (call(stamp=f"{NOW * 1000:.0f}"), (403, 403201)),
        (call(stamp=f"{NOW - WINDOW - 1:.3f}"), (403, 403201)),
        (call(stamp=f"{NOW + WINDOW + 1:.3f}"), (403, 403201)),
        (replace(call(), body=b"{}"), (403, 403201)),
        (replace(call(), query="a=1"), (403, 403201)),
        (replace(call(), path="/v1/asset/fund"), (403, 403201)),
        (replace(call(), method="POST"), (403, 403201)),
        (Request("GET", "/", "", {"X-Api-Key": "key", "Authorization": "token"}), (403, 403201)),
        (Request("GET", "/", "", {}), (403, 403203)),
        (Request("GET", "/", "", {"X-Api-Key": "\udcff"}), (403, 403203)),
    ],
)
def test_each_mistake_has_its_code(wrong: Request, code: tuple[int, int]) -> None:
    assert refusal(gate(), wrong) == code


@given(place=st.integers(0, 63), letter=st.sampled_from("0123456789abcdefg"))
def test_no_other_signature_comes_in(place: int, letter: str) -> None:
    good = call()
    text = good.headers["X-Api-Signature"]
    start = len(text) - 64
    forged = text[: start + place] + letter + text[start + place + 1 :]
    asked = replace(good, headers={**good.headers, "X-Api-Signature": forged})
    assert refusal(gate(), asked) == (None if forged == text else (403, 403201))


def test_an_expired_token() -> None:
    assert refusal(gate(replace(KEYS, expires_at=NOW)), call()) == (401, 401003)


@pytest.mark.parametrize(("token", "code"), [("token", None), ("other", (401, 401004))])
def test_a_bearer_token_travels_unsigned(token: str, code: tuple[int, int] | None) -> None:
    headers = {"X-Api-Key": "key", "Authorization": f"Bearer {token}"}
    assert refusal(gate(), Request("GET", "/v1/asset/stock", "", headers)) == code


def test_a_bearer_token_expires_too() -> None:
    headers = {"X-Api-Key": "key", "Authorization": "Bearer token"}
    assert refusal(gate(replace(KEYS, expires_at=NOW - 1)), Request("GET", "/", "", headers)) == (401, 401003)


def test_a_write_is_admitted_once() -> None:
    once = gate()
    order = call("POST", "/v1/trade/order", body=b"{}", stamp=f"{NOW:.0f}")
    assert refusal(once, order, read=False) is None
    assert refusal(once, order, read=False) == (403, 403202)
    other = call("POST", "/v1/trade/order", body=b"{ }", stamp=f"{NOW:.0f}")
    assert refusal(once, other, read=False) is None


def test_a_read_is_admitted_again_only_with_whole_seconds() -> None:
    once = gate()
    for _ in range(3):
        assert refusal(once, call(stamp=f"{NOW:.0f}")) is None
    assert refusal(once, call(stamp=f"{NOW:.3f}")) is None
    assert refusal(once, call(stamp=f"{NOW:.3f}")) == (403, 403202)


def test_a_refused_call_is_not_remembered_as_seen() -> None:
    clock = Clock(NOW - WINDOW - 5)
    late = gate(clock=clock)
    assert refusal(late, call(), read=False) == (403, 403201)
    clock.now = NOW
    assert refusal(late, call(), read=False) is None


def test_the_gate_forgets_what_its_window_refuses_anyway() -> None:
    clock = Clock()
    old = gate(clock=clock)
    for second in range(1000):
        clock.now = NOW + second
        assert refusal(old, call(stamp=f"{clock.now:.3f}"), read=False) is None
    assert 2 * WINDOW <= len(old._seen) + len(old._seen_before) <= 4 * WINDOW + 2
    assert refusal(old, call(stamp=f"{NOW:.3f}"), read=False) == (403, 403201)


def test_a_new_token_kills_the_old_one() -> None:
    ring = KeyRing(Store(None))
    before = ring.keys
    after = ring.refresh(time.time() + 500)
    assert after.access_token != before.access_token
    assert (after.app_key, after.app_secret, after.aaid) == (before.app_key, before.app_secret, before.aaid)
    assert KeyRing(ring._store).keys == after


def test_keys_survive_and_an_expired_token_is_renewed_at_the_start() -> None:
    store = Store(None)
    first = KeyRing(store).keys
    assert KeyRing(store).keys == first
    assert first.expires_at - first.issued_at == pytest.approx(LIFETIME)
    KeyRing(store).refresh(1.0)
    again = KeyRing(store).keys
    assert again.app_key == first.app_key
    assert again.expires_at > first.issued_at + LIFETIME - 60


class Limited:
    def __init__(self) -> None:
        self.now = 100.0
        self.limits = Limits(now=lambda: self.now)

    def enter(self, name: str) -> bool:
        refused = None
        try:
            self.limits.enter(name)
        except Refused as error:
            refused = error.status, error.code
        assert refused in {None, (429, 429002)}
        return refused is None


def test_trade_calls_keep_20_ms_apart() -> None:
    limited = Limited()
    assert limited.enter("trade")
    limited.now += 0.019
    assert not limited.enter("trade")
    limited.now += 0.002
    assert limited.enter("trade")
    assert limited.enter("none")


def test_thirty_trade_calls_in_thirty_seconds() -> None:
    limited = Limited()
    start = limited.now
    passed = 0
    for _ in range(40):
        limited.now += 0.1
        passed += limited.enter("trade")
    assert passed == 30
    limited.now = start + 30.05
    assert not limited.enter("trade")
    limited.now = start + 30.11
    assert limited.enter("trade")
    assert not limited.enter("trade")


def test_ten_quotes_a_second_and_five_at_once() -> None:
    limited = Limited()
    assert [limited.enter("quote") for _ in range(6)] == [True] * 5 + [False]
    for _ in range(5):
        limited.limits.leave("quote")
    passed = 0
    for _ in range(9):
        passed += limited.enter("quote")
        limited.limits.leave("quote") if passed > 0 else None
    assert passed == 5
    limited.now += 1.0
    assert limited.enter("quote")


def test_limits_off() -> None:
    limits = Limits(on=False)
    for _ in range(100):
        limits.enter("trade")
        limits.enter("quote")
    limits.leave("quote")


def test_an_operation_called_like_its_limit_counts_once() -> None:
    limits = Limits(now=lambda: 100.0)
    for _ in range(10):
        limits.enter("quote", "quote")
        limits.leave("quote")
    with pytest.raises(Refused, match="more than 10 calls"):
        limits.enter("quote", "quote")
