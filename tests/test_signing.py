"""The signature: golden vectors recorded from the official SDK, and the bytes on the wire."""

from __future__ import annotations

import hashlib
import json
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak
from support.wire import Received, recorder

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.signing import Clock, SignatureAuth, canonical_request, sign, string_to_sign

VECTORS: list[dict[str, str]] = json.loads(
    Path(__file__).with_name("data").joinpath("signature_vectors.json").read_text(encoding="utf-8")
)
Keys = namedtuple("Keys", "app_key app_secret access_token")
KEYS = Keys("key-1", "S3cr3t/+=é", "m_eyJhbGciOiJSUzI1NiJ9.e30.sig")


def documented(vector: dict[str, str]) -> tuple[str, str]:
    """Work both steps out from the documentation's formula, apart from the code under test."""
    v = vector
    text = "|".join([v["method"], v["path"], v["query"], ""])
    text += f"authorization:{v['access_token']}\nx-api-key:{v['app_key']}\nx-timestamp:{v['timestamp']}\n"
    text += "|authorization;x-api-key;x-timestamp|"
    if v["body"]:
        text += hashlib.sha1(v["body"].encode()).hexdigest()
    return text, "HMAC-SHA256|" + hashlib.sha1(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "vector", VECTORS, ids=lambda v: f"{v['method']} {v['path']} {v['query'][:20]} {v['app_key']}"
)
def test_vectors_of_the_official_sdk(vector: dict[str, str]) -> None:
    head = {name: vector[name] for name in ("app_key", "access_token", "timestamp")}
    request = (vector["method"], vector["path"], vector["query"], vector["body"].encode())
    canonical, to_sign = documented(vector)
    assert canonical_request(*request, **head) == canonical, "stage 1 of 3: the canonical request differs"
    assert string_to_sign(canonical) == to_sign, "stage 2 of 3: the string to sign differs"
    signature = sign(*request, **head, app_secret=vector["app_secret"])
    assert signature == vector["x_api_signature"], "stage 3 of 3: the signature differs"


def resign(received: Received, keys: Any = KEYS) -> str:
    return sign(
        received.method,
        received.path,
        received.query,
        received.body,
        app_key=keys.app_key,
        app_secret=keys.app_secret,
        access_token=keys.access_token,
        timestamp=received.headers["x-timestamp"],
    )


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
params = st.dictionaries(texts, texts | st.lists(texts, max_size=3) | st.integers(), max_size=4)
bodies = st.none() | st.binary(max_size=60) | texts
json_bodies = st.none() | st.recursive(
    texts | st.integers() | st.booleans(), lambda x: st.lists(x, max_size=3), max_leaves=5
)


def test_the_signed_bytes_are_the_wire_bytes() -> None:
    """For any parameters and body, a server that recomputes the signature from the wire finds it right."""
    with recorder() as server, requests.Session() as session:
        session.trust_env = False

        @settings(max_examples=soak(3000))
        @given(st.sampled_from(["GET", "POST", "PUT", "DELETE"]), texts, params, bodies, json_bodies)
        def check(method: str, path: str, query: dict[str, Any], data: Any, payload: Any) -> None:
            url = f"{server.url}/v1/{path}"
            body = {"data": data} if data is not None else {"json": payload}
            session.request(method, url, params=query, auth=SignatureAuth(KEYS), timeout=5, **body)
            received = server.requests[-1]
            assert received.headers["x-api-signature"] == resign(received)

        check()
        assert len(server.requests) >= soak(3000) // 2


def test_a_changed_byte_changes_the_signature() -> None:
    vector = VECTORS[0]
    head = {name: vector[name] for name in ("app_key", "app_secret", "access_token", "timestamp")}
    whole = sign("POST", "/v1/trade/order", "a=1", b"{}", **head)
    assert sign("POST", "/v1/trade/order", "a=1", b"{} ", **head) != whole
    assert sign("POST", "/v1/trade/order", "a=2", b"{}", **head) != whole
    assert sign("PUT", "/v1/trade/order", "a=1", b"{}", **head) != whole


def prepared(keys: Any, **request: Any) -> requests.PreparedRequest:
    wanted = requests.Request("POST", "https://127.0.0.1/v1/x", auth=SignatureAuth(keys), **request)
    return wanted.prepare()


def test_bearer_tokens_travel_unsigned() -> None:
    request = prepared(Keys("client", "", "Bearer abc"), json={"a": 1})
    assert request.headers["Authorization"] == "Bearer abc"
    assert "X-Api-Signature" not in request.headers


def test_text_bodies_become_the_bytes_that_are_signed() -> None:
    request = prepared(KEYS, data="é")
    assert request.body == "é".encode()


def test_a_stream_is_refused() -> None:
    with pytest.raises(RequestRefused, match="stream"):
        prepared(KEYS, data=iter([b"a"]))


def test_timestamps_of_a_key_never_repeat() -> None:
    frozen, other = Clock(now=lambda: 1539095200.1231), Clock(now=lambda: 1539095199.0)
    stamps = [frozen.stamp("frozen"), frozen.stamp("frozen"), other.stamp("frozen")]
    assert stamps == ["1539095200.123", "1539095200.124", "1539095200.125"]
    assert other.stamp("another key") == "1539095199.000"


def test_the_offset_moves_the_clock() -> None:
    clock = Clock(now=lambda: 1000.0)
    clock.offset = 12.5
    assert clock.stamp("offset") == "1012.500"


def test_debug_logs_hold_digests_only(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        prepared(KEYS, json={"a": 1})
    assert "HMAC-SHA256|" in caplog.text
    for secret in (KEYS.app_secret, KEYS.access_token):
        assert secret not in caplog.text
