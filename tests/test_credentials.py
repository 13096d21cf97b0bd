"""`Credentials` shows no secret in any form, refuses what can't stand in a header, and reads its token."""

from __future__ import annotations

import base64
import copy
import gc
import inspect
import json
import logging
import pickle
import traceback
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_openapi.credentials import Credentials, TokenFacts, token_facts
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.signing import SignatureAuth

KEY = "3fa1c9d2e7b84056aa10"
SECRET = "s3cr3t-9f8e7d6c5b4a39281706f5e4d3c2b1a0"
TOKEN = "t0k3n-0a1b2c3d4e5f60718293a4b5c6d7e8f9"


def jwt(prefix: str = "m_", **claims: object) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{prefix}{part({'alg': 'RS256'})}.{part(claims)}.c2ln"


def make() -> Credentials:
    return Credentials(KEY, SECRET, TOKEN)


# --- nothing shows a secret ------------------------------------------------------------------------------


def leaks(text: object) -> list[str]:
    return [value for value in (KEY, SECRET, TOKEN) if value in str(text)]


def test_the_values_are_readable_by_name() -> None:
    made = make()
    assert (made.app_key, made.app_secret, made.access_token) == (KEY, SECRET, TOKEN)


@pytest.mark.parametrize(
    "show", [repr, str, ascii, format, vars, lambda c: f"{c!r:>80}", lambda c: c.__dict__]
)
def test_no_printed_form_shows_a_value(show: object) -> None:
    assert leaks(show(make())) == []


def test_only_the_three_properties_hold_a_value() -> None:
    made = make()
    shown = {}
    for name in dir(made):
        try:
            shown[name] = leaks(repr(getattr(made, name)))
        except TypeError:
            continue
    assert {name for name, found in shown.items() if found} == {"app_key", "app_secret", "access_token"}
    assert [name for name, _ in inspect.getmembers_static(made) if name.startswith("_Cred")] == []


def test_the_objects_own_attributes_hold_nothing() -> None:
    made = make()
    assert vars(made) == {}
    assert leaks([repr(thing) for thing in gc.get_referents(made)]) == []


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_are_refused(protocol: int) -> None:
    with pytest.raises(TypeError, match=r"not pickled or copied.*from_profile"):
        pickle.dumps(make(), protocol=protocol)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda c: copy.deepcopy({"c": [c]})])
def test_copies_are_refused(duplicate: object) -> None:
    with pytest.raises(TypeError, match="not pickled or copied"):
        duplicate(make())


def test_the_state_is_refused() -> None:
    with pytest.raises(TypeError, match="not pickled or copied"):
        make().__getstate__()


def test_json_refuses_it_without_a_value() -> None:
    with pytest.raises(TypeError) as caught:
        json.dumps({"credentials": make()})
    assert leaks(caught.value) == []


def test_logging_it_shows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("trial").debug("%s %r %s", make(), make(), {"credentials": make()})
    assert "Credentials(" in caplog.text
    assert leaks(caplog.text) == []


def test_attributes_are_refused() -> None:
    with pytest.raises(AttributeError, match="with_token"):
        make().access_token = "other"


def test_values_go_with_the_object() -> None:
    made, twin = make(), make()
    del made
    gc.collect()
    assert twin.app_secret == SECRET


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("abcdefg", "'…'"),
        ("abcdefgh", "'ab…'"),
        ("abcdefghijklmno", "'ab…'"),
        ("abcdefghijklmnop", "'abcd…'"),
    ],
)
def test_the_repr_gives_little_of_the_key(key: str, shown: str) -> None:
    assert repr(Credentials(key, SECRET, TOKEN)) == f"Credentials(app_key={shown})"


def test_the_repr_tells_account_and_end() -> None:
    token = jwt(exp=datetime(2026, 12, 1, tzinfo=UTC).timestamp(), ac="lb_papertrading")
    shown = repr(Credentials(KEY, SECRET, token))
    assert shown == "Credentials(app_key='3fa1…', account 'paper', expires 2026-12-01)"


# --- identity, digests -----------------------------------------------------------------------------------


def test_objects_compare_by_identity_and_values_by_same_as() -> None:
    one, two = make(), make()
    assert one != two
    assert len({one, two}) == 2
    assert one.same_as(two)
    assert not one.same_as(one.with_token("another"))


def test_values_are_not_mixed_up_when_compared() -> None:
    assert not Credentials("ab", "c", "d").same_as(Credentials("a", "bc", "d"))


def test_digests_name_key_and_account_without_them() -> None:
    one = Credentials(KEY, SECRET, jwt(aid=21331930, ac="lb"))
    renewed = one.with_token(jwt(aid=21331930, ac="lb", exp=1))
    other = one.with_token(jwt(aid=777, ac="lb"))
    assert one.key_digest == renewed.key_digest == other.key_digest
    assert one.account_digest == renewed.account_digest != other.account_digest
    assert one.key_digest != one.account_digest
    assert leaks([one.key_digest, one.account_digest]) == []
    assert len(one.key_digest) == 32


def test_an_oauth_client_registered_anew_is_the_same_account() -> None:
    def made(client: str, member: int, channel: str = "lb") -> Credentials:
        subject = json.dumps({"client_id": client, "member_id": member, "account_channel": channel})
        return Credentials(client, "", jwt("Bearer ", sub=subject))

    one = made("client-1", 5)
    assert one.account_digest == made("client-2", 5).account_digest
    assert one.account_digest != made("client-1", 6).account_digest
    assert one.account_digest != made("client-1", 5, "lb_papertrading").account_digest


def test_paper_and_live_tokens_of_a_key_are_two_accounts() -> None:
    paper, live = (Credentials(KEY, SECRET, jwt(ac=channel)) for channel in ("lb_papertrading", "lb"))
    assert paper.account_digest != live.account_digest


# --- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("space", [" ", "\n", "\r\n", "\t", "\ufeff", "\u200b", "\u00a0", " \u200b\n"])
def test_space_around_a_pasted_value_is_dropped(space: str) -> None:
    made = Credentials(space + KEY + space, space + SECRET + space, space + TOKEN + space)
    assert made.same_as(make())


@pytest.mark.parametrize(
    ("flaw", "words"),
    [
        ("a\nb", "a line break"),
        ("a\r\nX-Evil: 1", "a line break"),
        ("a b", "white space"),
        ("a\tb", "white space"),
        ("a\x00b", "a control character"),
        ("a\x7fb", "a control character"),
        ("a\u200bb", "a control character"),
        ("aéb", "not ASCII"),
        ("a密b", "not ASCII"),
        ("a\ud800b", "a control character"),
    ],
)
@pytest.mark.parametrize("field", [0, 1, 2])
def test_a_value_that_cant_stand_in_a_header_is_refused(flaw: str, words: str, field: int) -> None:
    values = [KEY, SECRET, TOKEN]
    values[field] = flaw
    with pytest.raises(RequestRefused) as caught:
        Credentials(*values)
    message = str(caught.value)
    assert ["app key", "app secret", "access token"][field] in message
    assert words in message
    assert flaw not in message
    assert leaks(message) == []
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("value", ["", "  ", "\n", None, 5, b"bytes"])
@pytest.mark.parametrize("field", [0, 1, 2])
def test_empty_values_and_other_types_are_refused(value: object, field: int) -> None:
    values: list[object] = [KEY, SECRET, TOKEN]
    values[field] = value
    with pytest.raises(RequestRefused, match=["app key", "app secret", "access token"][field]):
        Credentials(*values)


def test_a_novel_is_refused() -> None:
    with pytest.raises(RequestRefused, match=r"access token is longer than 8192"):
        Credentials(KEY, SECRET, "x" * 8193)


@pytest.mark.parametrize("call", ["init", "with_token"])
def test_a_refusal_keeps_no_value_in_its_frames(call: str) -> None:
    made = make()
    problem: RequestRefused | None = None
    try:
        Credentials(*[KEY, SECRET, "bad\ntoken"]) if call == "init" else made.with_token("bad\ntoken")
    except RequestRefused as refused:
        problem = refused
    assert problem is not None
    frames = [frame for frame, _ in traceback.walk_tb(problem.__traceback__)][1:]  # without this test's own
    assert frames
    held = " ".join(repr(frame.f_locals) for frame in frames)
    assert leaks(held) == []
    assert "bad" not in held


def test_oauth_tokens_need_no_secret_and_have_one_spelling() -> None:
    made = Credentials("client-1", "", "bearer   abc")
    assert made.access_token == "Bearer abc"
    assert made.app_secret == ""
    assert made.facts.bearer
    headers = SignatureAuth(made).headers("GET", "/v1/asset/stock", "", b"")
    assert "X-Api-Signature" not in headers
    with pytest.raises(RequestRefused, match="access token is empty"):
        Credentials("client-1", "", "Bearer  ")
    with pytest.raises(RequestRefused, match="access token holds white space"):
        Credentials("client-1", "", "Bearer a b")


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=200))
def test_any_printable_value_is_kept_as_it_is(value: str) -> None:
    made = Credentials(value, value, value)
    assert (made.app_key, made.app_secret) == (value, value)
    assert made.access_token.encode("latin-1")


# --- what a token says -----------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "m_", "us_", "ap_", "hk_m_", "Bearer ", "Bearer us_"])
def test_claims_are_read_behind_any_prefix(prefix: str) -> None:
    facts = token_facts(jwt(prefix, exp=1783420934, ac="lb_papertrading", aid=21331930))
    assert facts == TokenFacts(
        expires=datetime(2026, 7, 7, 10, 42, 14, tzinfo=UTC),
        account="paper",
        region="us" if "us_" in prefix else "ap",
        bearer=prefix.startswith("Bearer"),
        account_id="21331930",
    )


def test_claims_of_an_oauth_token_stand_in_its_subject() -> None:
    subject = json.dumps({"client_id": "c", "member_id": 5, "account_channel": "lb"})
    assert token_facts(jwt("Bearer m_", sub=subject, exp="1783420934")).account == "live"


@pytest.mark.parametrize(
    ("channel", "kind"),
    [
        ("lb", "live"),
        ("lb_papertrading", "paper"),
        ("LB_PaperTrading", "paper"),
        ("lb_new", "live"),
        ("", None),
    ],
)
def test_a_channel_not_seen_before_counts_as_real_money(channel: str, kind: str | None) -> None:
    assert token_facts(jwt(ac=channel)).account == kind


HUGE = "1" + "0" * 5000


@pytest.mark.parametrize(
    "claim",
    [
        "true",
        '"soon"',
        "null",
        "[]",
        "{}",
        "1e300",
        "-1e300",
        "NaN",
        "Infinity",
        '"1e999"',
        "1" + "0" * 400,
        HUGE,
    ],
    ids=lambda text: text[:9],
)
def test_an_expiry_that_is_no_time_is_none(claim: str) -> None:
    body = base64.urlsafe_b64encode(f'{{"exp": {claim}}}'.encode()).decode()
    assert token_facts(f"m_a.{body}.c") == NOTHING


def test_an_expiry_in_milliseconds_is_read() -> None:
    assert token_facts(jwt(exp=1783420934000)).expires == datetime(2026, 7, 7, 10, 42, 14, tzinfo=UTC)


def test_days_left() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    facts = token_facts(jwt(exp=(now + timedelta(days=13, hours=12)).timestamp()))
    assert facts.days_left(now) == pytest.approx(13.5)
    assert token_facts("opaque").days_left(now) is None


NOTHING = TokenFacts(expires=None, account=None, region="ap", bearer=False)


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b", "a.b.c", "a.!!.c", "a.bnVsbA.c", "a.W10.c", "a.eyI.c", "é.密.\ud800", "a." * 999],
)
def test_garbage_has_no_facts(token: str) -> None:
    assert token_facts(token) == NOTHING


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    assert isinstance(token_facts(text), TokenFacts)


CLAIMS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(["exp", "ac", "aid", "aaid", "sub", "account_channel", "other"])


@given(st.dictionaries(NAMES, CLAIMS))
def test_no_claims_break_the_reader(claims: dict[str, object]) -> None:
    facts = token_facts(jwt(**claims))
    assert facts.account in {None, "paper", "live"}
    assert facts.expires is None or facts.expires.tzinfo is UTC
