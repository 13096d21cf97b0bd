"""Requests go to the broker or to loopback; anywhere else takes an explicit argument, and https."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.transport.hosts import CHINA, GLOBAL, KNOWN, Host, resolve_host


def test_the_global_host_is_the_default() -> None:
    assert resolve_host(environ={}) == Host(GLOBAL, known=True, loopback=False, region="hk")


@pytest.mark.parametrize(("region", "url"), [("cn", CHINA), ("CN", CHINA), ("hk", GLOBAL)])
def test_a_region_chooses_its_host(region: str, url: str) -> None:
    assert resolve_host(region=region, environ={}).url == url
    assert resolve_host(environ={"LONGBRIDGE_REGION": region}).url == url
    assert resolve_host(environ={"LONGPORT_REGION": region}).url == url


def test_an_unknown_region_is_refused_in_a_call_only() -> None:
    with pytest.raises(RequestRefused, match="no region 'sg': it is cn or hk"):
        resolve_host(region="sg", environ={})
    assert resolve_host(environ={"LONGBRIDGE_REGION": "sg"}).url == GLOBAL


def test_the_call_goes_before_the_environment() -> None:
    environ = {"LONGBRIDGE_HTTP_URL": "http://127.0.0.1:9", "LONGBRIDGE_REGION": "cn"}
    assert resolve_host("https://openapi.longportapp.com", environ=environ).name == "openapi.longportapp.com"
    assert resolve_host(region="hk", environ=environ).url == GLOBAL
    assert resolve_host(environ=environ).url == "http://127.0.0.1:9"


def test_a_url_and_a_region_that_disagree() -> None:
    with pytest.raises(RequestRefused, match="give only one"):
        resolve_host(GLOBAL, "cn", environ={})
    assert resolve_host("https://openapi.longportapp.cn", "cn", environ={}).region == "cn"
    assert resolve_host("http://localhost:1", "cn", environ={}).loopback


@pytest.mark.parametrize("url", sorted(KNOWN))
@pytest.mark.parametrize("spelling", ["{}", "{}/", "{}:443", " {} ", "{}:443/"])
def test_every_spelling_of_a_known_host_is_known(url: str, spelling: str) -> None:
    for shape in (url, url.upper().replace("HTTPS", "https"), url.replace("https", "HTTPS")):
        host = resolve_host(environ={"LONGPORT_HTTP_URL": spelling.format(shape)})
        assert host == Host(url, known=True, loopback=False, region="cn" if url.endswith(".cn") else "hk")


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:1/", "http://localhost:1"),
        ("https://localhost", "https://localhost"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
    ],
)
def test_loopback_may_be_plain_http_and_stand_in_a_variable(url: str, clean: str) -> None:
    assert resolve_host(environ={"LONGBRIDGE_HTTP_URL": url}) == Host(
        clean, known=False, loopback=True, region="hk"
    )


def test_another_host_takes_an_argument() -> None:
    assert resolve_host("https://gate.example:8443", environ={}) == Host(
        "https://gate.example:8443", known=False, loopback=False, region="hk"
    )
    for name in ("LONGBRIDGE_HTTP_URL", "LONGPORT_HTTP_URL"):
        with pytest.raises(
            RequestRefused, match=rf"{name} names gate.example.*nothing was sent.*pass http_url="
        ):
            resolve_host(environ={name: "https://gate.example"})


@pytest.mark.parametrize(
    "url",
    [
        "https://openapi.longbridge.com.evil.example",
        "https://openapi-longbridge.com",
        "https://openapi.longbridge.com:444",
        "https://longbridge.com",
        "https://openapi.longbridge.com.",
        "https://localhost.evil.example",
        "https://127.0.0.1.evil.example",
        "http://openapi.longbridge.com",
        "http://0.0.0.0:80",
        "http://127.1",
        "http://2130706433",
        "http://0x7f000001",
        "http://[::ffff:8.8.8.8]",
        "https://openapi.longbr\u0456dge.com",
        "https://openapi.longbridge\u3002com",
        "//openapi.longbridge.com",
        "openapi.longbridge.com",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_a_variable_never_leads_elsewhere(url: str) -> None:
    with pytest.raises(RequestRefused):
        resolve_host(environ={"LONGBRIDGE_HTTP_URL": url})


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@openapi.longbridge.com",
        "https://openapi.longbridge.com@evil.example",
        "https://@openapi.longbridge.com",
        "https://openapi.longbridge.com/hunter2",
        "https://openapi.longbridge.com/?hunter2",
        "https://openapi.longbridge.com?",
        "https://openapi.longbridge.com#hunter2",
        "https://openapi.longbridge.com\\@evil.example",
        "https://openapi.longbridge.com:",
        "https://openapi.longbridge.com:hunter2",
        "https://openapi.longbridge.com:99999",
        "https://open api.longbridge.com",
        "https://openapi.long\nbridge.com",
        "https://openapi.longbridge.com\r\nX-Evil: hunter2",
        "https://",
        "https://:443",
        "https://[::1",
        "http://gate.example",
        "",
        "   ",
    ],
)
def test_an_argument_is_a_host_and_nothing_else(url: str) -> None:
    with pytest.raises(RequestRefused, match=r"such as https://openapi\.longbridge\.com") as caught:
        resolve_host(url, environ={})
    assert "hunter2" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@given(
    st.text(max_size=60) | st.builds("https://{}{}".format, st.sampled_from(["a.b", "localhost"]), st.text())
)
def test_whatever_is_typed_is_a_host_or_a_refusal(text: str) -> None:
    try:
        host = resolve_host(text, environ={})
    except RequestRefused:
        return
    assert host.url.startswith("https://") or host.loopback
    assert resolve_host(host.url, environ={}) == host
