"""The chain of places that credentials come from: whole sets only, first hit wins, differences are named."""

from __future__ import annotations

import json
import os
import stat
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from jupyter_openapi.credentials import (
    Credentials,
    Source,
    find_credentials,
    forget_profile,
    keep_token,
    profiles,
    store_profile,
)
from jupyter_openapi.credentials.oauth import OAuthFile
from jupyter_openapi.errors import OpenAPIError, RequestRefused


class Memory(KeyringBackend):
    """A keyring that forgets at the end of the test."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = self.deaf = False
        self.opened = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.opened += 1
        if self.locked:
            raise KeyringLocked(f"locked while holding {list(self.entries.values())}")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if not self.deaf:
            self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.entries:
            raise PasswordDeleteError("none")
        del self.entries[service, username]


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Memory:
    """Keep the user's own folders, variables and keyring out of every test."""
    for name in list(os.environ):
        if name.startswith(("LONGBRIDGE_", "LONGPORT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    backend = Memory()
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
    return backend


def variables(mark: str, prefix: str = "LONGBRIDGE_") -> dict[str, str]:
    ends = {"APP_KEY": "key", "APP_SECRET": "secret", "ACCESS_TOKEN": "token"}
    return {f"{prefix}{end}": f"{value}-{mark}" for end, value in ends.items()}


def dotenv(mark: str, prefix: str = "LONGBRIDGE_", more: str = "") -> str:
    return "".join(f"{name}={value}\n" for name, value in variables(mark, prefix).items()) + more


def made(mark: str) -> Credentials:
    return Credentials(f"key-{mark}", f"secret-{mark}", f"token-{mark}")


# --- the chain -------------------------------------------------------------------------------------------


def test_the_first_place_wins_and_the_others_are_named(tmp_path: Path) -> None:
    store_profile("main", made("profile"))
    path = tmp_path / "work" / ".env"
    path.write_text(dotenv("file"), encoding="utf-8")
    environ = variables("env")
    steps = [
        ({"explicit": made("call"), "panel": made("panel"), "profile": "main"}, "call", "given in the call"),
        ({"panel": made("panel"), "profile": "main"}, "profile", "profile 'main'"),
        ({"panel": made("panel")}, "panel", "the credential panel"),
        ({}, "env", "environment (LONGBRIDGE_*)"),
    ]
    names = [words for _, _, words in steps] + [f".env file ({path}, LONGBRIDGE_*)"]
    for at, (places, mark, words) in enumerate(steps):
        found = find_credentials(**places, environ=environ)
        assert found.credentials.same_as(made(mark))
        assert str(found.source) == words
        assert found.differs == names[at + 1 :]
    found = find_credentials(environ={})
    assert str(found.source) == names[-1]
    assert found.differs == []


def test_equal_sets_do_not_differ(tmp_path: Path) -> None:
    Path(".env").write_text(dotenv("a"), encoding="utf-8")
    assert find_credentials(explicit=made("a"), environ=variables("a")).differs == []


def test_the_variables_of_the_process_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables("real").items():
        monkeypatch.setenv(name, f" {value}\n")
    assert find_credentials().credentials.same_as(made("real"))
    assert Credentials.from_env().same_as(made("real"))


def test_longbridge_goes_before_longport_and_a_difference_is_named() -> None:
    environ = variables("new") | variables("old", "LONGPORT_")
    found = find_credentials(environ=environ)
    assert found.credentials.same_as(made("new"))
    assert found.differs == ["environment (LONGPORT_*)"]


def test_two_half_sets_make_no_whole_one() -> None:
    environ = variables("a") | variables("b", "LONGPORT_")
    del environ["LONGBRIDGE_ACCESS_TOKEN"], environ["LONGPORT_APP_KEY"]
    with pytest.raises(RequestRefused) as caught:
        find_credentials(environ=environ)
    message = str(caught.value)
    assert "but no LONGBRIDGE_ACCESS_TOKEN." in message
    assert "but no LONGPORT_APP_KEY." in message
    assert "%openapi login" in message
    assert "key-a" not in message
    assert "secret" not in message


def test_a_half_set_is_noted_and_the_next_whole_one_used(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = variables("old", "LONGPORT_") | {"LONGBRIDGE_APP_KEY": "x", "LONGBRIDGE_APP_SECRET": "  "}
    found = find_credentials(environ=environ)
    assert str(found.source) == "environment (LONGPORT_*)"
    (note,) = found.notes
    assert note.startswith("The environment holds LONGBRIDGE_APP_KEY but no LONGBRIDGE_APP_SECRET and no ")
    assert note.endswith(" LONGBRIDGE_ACCESS_TOKEN.")


@pytest.mark.parametrize("missing", ["APP_KEY", "APP_SECRET", "ACCESS_TOKEN"])
def test_from_env_names_the_missing_one(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables("a").items():
        if not name.endswith(missing):
            monkeypatch.setenv(name, value)
    with pytest.raises(
        RequestRefused, match=rf"but no LONGBRIDGE_{missing}\. Set LONGBRIDGE_APP_KEY.*before"
    ):
        Credentials.from_env()


def test_from_env_without_any() -> None:
    with pytest.raises(
        RequestRefused, match=r"The environment holds no credentials\. Set LONGBRIDGE_APP_KEY"
    ):
        Credentials.from_env()


def test_nothing_anywhere_says_what_to_type() -> None:
    with pytest.raises(
        RequestRefused,
        match=r"^No credentials were found\. Type `%openapi login` \(or `login --oauth`\), or set ",
    ):
        find_credentials(environ={})


def test_a_first_choice_that_cant_be_used_is_no_reason_for_the_second() -> None:
    Path(".env").write_text(dotenv("other account"), encoding="utf-8")
    environ = variables("a") | {"LONGBRIDGE_ACCESS_TOKEN": "two\nlines"}
    with pytest.raises(RequestRefused, match="access token holds a line break") as caught:
        find_credentials(environ=environ)
    assert "two" not in str(caught.value)


def test_a_later_place_that_cant_be_used_is_noted() -> None:
    Path(".env").write_bytes(b"\xff\xfe\x00")
    environ = variables("b") | {"LONGBRIDGE_ACCESS_TOKEN": "two\nlines"}
    found = find_credentials("nowhere", made("call"), environ=environ)
    assert found.credentials.same_as(made("call"))
    assert ["profile" in found.notes[0], "line break" in found.notes[1], "UTF-8" in found.notes[2]] == [
        True
    ] * 3


def test_no_secret_stays_in_the_frames_of_a_refusal(memory: Memory) -> None:
    environ = variables("a") | {"LONGBRIDGE_ACCESS_TOKEN": "secret\nlines"}
    store_profile("main", made("secret"))
    memory.locked = True
    for call in (
        lambda: find_credentials(environ=environ),
        lambda: find_credentials("main", environ=environ),
        lambda: store_profile("main", made("secret")),
    ):
        with pytest.raises(OpenAPIError) as caught:
            call()
        problem = caught.value
        assert problem.__cause__ is None
        assert problem.__context__ is None
        frames = [frame for frame, _ in traceback.walk_tb(problem.__traceback__)][2:]
        held = [
            repr({name: value for name, value in frame.f_locals.items() if name != "kwargs"})
            for frame in frames
        ]
        assert "secret" not in str(problem)
        assert not any("secret" in text for text in held)


# --- the .env file ---------------------------------------------------------------------------------------


def test_dotenv_never_reaches_the_environment_and_is_not_interpolated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOUSE", "expanded")
    Path(".env").write_text("# keys\nexport LONGPORT_APP_KEY='k'\nLONGPORT_APP_SECRET=a$HOUSE${HOUSE}\n"
                            'LONGPORT_ACCESS_TOKEN="t"\nOTHER=1\n', encoding="utf-8")  # fmt: skip
    found = find_credentials()
    assert found.credentials.app_secret == "a$HOUSE${HOUSE}"
    assert not any(name in os.environ for name in ("LONGPORT_APP_KEY", "OTHER"))


def test_dotenv_is_read_from_the_working_folder_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(dotenv("parent"), encoding="utf-8")
    (tmp_path / "work" / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "work" / "deep")
    with pytest.raises(RequestRefused, match="No credentials"):
        find_credentials()
    assert find_credentials(folder=tmp_path / "work").credentials.same_as(made("parent"))


@pytest.mark.parametrize("name", ["HTTP_URL", "QUOTE_WS_URL", "TRADE_WS_URL", "REGION"])
def test_dotenv_chooses_no_host(name: str) -> None:
    Path(".env").write_text(dotenv("a", more=f"LONGPORT_{name}=https://evil.example\n"), encoding="utf-8")
    found = find_credentials(environ={})
    assert len(found.notes) == 1
    assert f"LONGPORT_{name} in" in found.notes[0]
    assert f"LONGPORT_{name}" not in os.environ


def test_dotenv_with_a_byte_order_mark_and_windows_line_ends() -> None:
    Path(".env").write_bytes(b"\xef\xbb\xbf" + dotenv("w").replace("\n", "\r\n").encode())
    assert find_credentials(environ={}).credentials.same_as(made("w"))


@pytest.mark.parametrize(
    ("content", "words"), [(b"LONGBRIDGE_APP_KEY=\xff\n", "not UTF-8"), (b"#" * 1_000_001, "over 1 MB")]
)
def test_a_dotenv_that_cant_be_read_is_named(content: bytes, words: str) -> None:
    Path(".env").write_bytes(content)
    with pytest.raises(RequestRefused, match=words) as caught:
        find_credentials(environ={})
    assert str(Path.cwd() / ".env") in str(caught.value)


@pytest.mark.parametrize("next_line", ["nopqrstuvwxyz", "no.pq-rs_tu/vw+xyz", "xyz # the end"])
def test_a_token_wrapped_over_two_lines_is_named(next_line: str) -> None:
    Path(".env").write_text(dotenv("a") + next_line + "\n", encoding="utf-8")
    with pytest.raises(
        RequestRefused, match=r"line 4: the value of LONGBRIDGE_ACCESS_TOKEN seems to go on"
    ) as c:
        find_credentials(environ={})
    assert "one line" in str(c.value)
    assert next_line[:5] not in str(c.value)
    assert "token-a" not in str(c.value)


def test_a_quoted_token_with_a_line_break_is_named() -> None:
    Path(".env").write_text(dotenv("a").replace("token-a", '"token-\na"'), encoding="utf-8")
    with pytest.raises(RequestRefused, match="access token holds a line break"):
        find_credentials(environ={})


def test_a_line_that_says_nothing_is_named_and_the_others_are_used() -> None:
    Path(".env").write_text("=nothing\n" + dotenv("a") + "'unclosed\nDEBUG\n", encoding="utf-8")
    found = find_credentials(environ={})
    assert found.credentials.same_as(made("a"))
    said = [note.partition(".env, ")[2] for note in found.notes]
    assert said[0] == "line 1 is not read: it is not NAME=value."
    Path(".env").write_text("LONGBRIDGE_APP_KEY 'abc\n", encoding="utf-8")
    with pytest.raises(RequestRefused, match=r"\.env, line 1 is not read: it is not NAME=value"):
        find_credentials(environ={})


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_a_renewed_token_leaves_the_files_mode(mode: int) -> None:
    path = Path(".env").resolve()
    path.write_text(dotenv("a"), encoding="utf-8")
    path.chmod(mode)
    kept = keep_token(Source("dotenv", "LONGBRIDGE_", path), made("a").with_token("renewed"))
    assert kept.stored
    assert "LONGBRIDGE_ACCESS_TOKEN='renewed'" in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == mode


# --- profiles --------------------------------------------------------------------------------------------


def test_a_profile_comes_back_and_is_forgotten(tmp_path: Path, memory: Memory) -> None:
    store_profile("main", made("a"))
    store_profile("paper-2", Credentials("client", "", "Bearer abc"))
    assert profiles() == ["main", "paper-2"]
    assert Credentials.from_profile("main").same_as(made("a"))
    assert Credentials.from_profile("paper-2").app_secret == ""
    index = tmp_path / "config" / "jupyter-openapi" / "profiles.json"
    assert json.loads(index.read_text(encoding="utf-8")) == ["main", "paper-2"]
    assert stat.S_IMODE(index.stat().st_mode) == 0o600
    assert stat.S_IMODE(index.parent.stat().st_mode) == 0o700
    assert forget_profile("main")
    assert not forget_profile("main")
    assert profiles() == ["paper-2"]
    assert not any("/main" in str(entry) or "main/" in str(entry) for entry in memory.entries)


def test_the_default_profile_is_used_once_stored(memory: Memory) -> None:
    find_credentials(environ=variables("env"))
    assert memory.opened == 0  # a keyring may ask for a password: it stays shut until something is stored
    store_profile("default", made("stored"))
    assert str(find_credentials(environ=variables("env")).source) == "profile 'default'"


def test_an_unknown_profile_names_the_nearest() -> None:
    store_profile("paper", made("a"))
    with pytest.raises(RequestRefused, match=r"no profile 'papr'\. Did you mean paper\? Stored: paper\."):
        Credentials.from_profile("papr")
    with pytest.raises(RequestRefused, match="no profile 'x'"):
        find_credentials("x", environ=variables("env"))


def test_a_profile_that_is_not_whole_is_refused(memory: Memory) -> None:
    store_profile("main", made("a"))
    del memory.entries["jupyter-openapi", "main/app_secret"]
    with pytest.raises(RequestRefused, match=r"'main' is incomplete \(no app_secret\)"):
        Credentials.from_profile("main")


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "a" * 65, "a\n", "é"])
def test_odd_profile_names_are_refused(name: str) -> None:
    with pytest.raises(RequestRefused, match="A profile's name is"):
        store_profile(name, made("a"))


def test_a_locked_keyring_is_one_sentence_without_its_text(memory: Memory) -> None:
    store_profile("main", made("a"))
    memory.locked = True
    with pytest.raises(RequestRefused, match=r"refused \(KeyringLocked\): unlock it") as caught:
        Credentials.from_profile("main")
    assert "secret-a" not in str(caught.value)


def test_a_keyring_that_keeps_nothing_is_found_out(memory: Memory) -> None:
    memory.deaf = True
    with pytest.raises(RequestRefused, match="did not keep profile 'main'"):
        store_profile("main", made("a"))
    assert profiles() == []


def test_a_machine_without_a_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    from keyring.backends import fail

    monkeypatch.setattr(keyring.core, "_keyring_backend", fail.Keyring())
    with pytest.raises(RequestRefused, match=r"no keyring to hold profiles: set LONGBRIDGE_APP_KEY"):
        Credentials.from_profile("main")


def test_the_keyring_package_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(RequestRefused, match=r"%pip install 'jupyter-openapi\[keyring\]'"):
        Credentials.from_profile("main")
    assert find_credentials(environ=variables("env")).credentials.same_as(made("env"))


@pytest.mark.parametrize("content", ["", "{", "{}", "[1, null]", '"x"'])
def test_a_broken_list_of_names_is_an_empty_one(content: str, tmp_path: Path) -> None:
    index = tmp_path / "config" / "jupyter-openapi" / "profiles.json"
    index.parent.mkdir(parents=True)
    index.write_text(content, encoding="utf-8")
    assert profiles() == []


# --- a refreshed token goes back -------------------------------------------------------------------------


def test_a_profile_takes_the_new_token() -> None:
    store_profile("main", made("a"))
    kept = keep_token(Source("profile", "main"), made("a").with_token("renewed"))
    assert kept.stored
    assert Credentials.from_profile("main").access_token == "renewed"
    assert Credentials.from_profile("main").app_secret == "secret-a"


@pytest.mark.parametrize("prefix", ["LONGBRIDGE_", "LONGPORT_"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_dotenv_takes_the_new_token_and_keeps_the_rest(prefix: str, mark: bytes) -> None:
    path = Path(".env")
    path.write_bytes(mark + b"# mine\nOTHER=1\n" + dotenv("a", prefix).encode() + b"LAST='x y'\n")
    path.chmod(0o640)
    found = find_credentials(environ={})
    kept = keep_token(found.source, found.credentials.with_token("it's$new\\token"))
    assert kept.stored
    again = find_credentials(environ={})
    assert again.credentials.same_as(kept.credentials)
    assert again.credentials.access_token == "it's$new\\token"
    text = path.read_bytes()
    assert text.startswith(mark + b"# mine\nOTHER=1\n")
    assert text.endswith(b"LAST='x y'\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_linked_dotenv_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(dotenv("a"), encoding="utf-8")
    Path(".env").symlink_to(tmp_path / "elsewhere")
    found = find_credentials(environ={})
    kept = keep_token(found.source, found.credentials.with_token("renewed"))
    assert not kept.stored
    assert "link to another file" in kept.message
    assert (tmp_path / "elsewhere").read_text(encoding="utf-8") == dotenv("a")


@pytest.mark.parametrize("source", [Source("environment", "LONGPORT_"), Source("explicit"), Source("panel")])
def test_elsewhere_it_stays_in_memory_and_the_message_says_what_to_type(source: Source) -> None:
    kept = keep_token(source, made("a").with_token("renewed"))
    assert not kept.stored
    assert kept.credentials.access_token == "renewed"
    assert (
        "memory only; to keep it, type `from jupyter_openapi.credentials import store_profile" in kept.message
    )
    assert ("LONGPORT_ACCESS_TOKEN" in kept.message) == (source.kind == "environment")
    assert "renewed" not in kept.message


def test_a_keyring_that_refuses_loses_no_token(memory: Memory) -> None:
    store_profile("main", made("a"))
    memory.locked = True
    kept = keep_token(Source("profile", "main"), made("a").with_token("renewed"))
    assert kept.credentials.access_token == "renewed"
    assert not kept.stored
    assert "could not be stored: The system's keyring refused" in kept.message


# --- OAuth -----------------------------------------------------------------------------------------------


def oauth(home: Path, **more: object) -> Path:
    path = home / ".longbridge" / "openapi" / "tokens" / "client-1"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"client_id": "client-1", "access_token": "abc", "refresh_token": None,
               "expires_at": int(time.time()) + 3600}  # fmt: skip
    path.write_text(json.dumps(content | more), encoding="utf-8")
    return path


def test_the_sdks_token_file_is_read(tmp_path: Path) -> None:
    oauth(tmp_path / "home")
    found = Credentials.from_oauth("client-1")
    assert (found.app_key, found.app_secret, found.access_token) == ("client-1", "", "Bearer abc")
    assert repr(OAuthFile("client-1")) == "OAuthFile('client-1')"


def test_an_ended_token_without_a_refresh_token_is_refused(tmp_path: Path) -> None:
    oauth(tmp_path / "home", expires_at=1_690_000_000)
    with pytest.raises(RequestRefused, match=r"ends 2023-07-22 .* type `%openapi login --oauth`"):
        Credentials.from_oauth("client-1")
    oauth(tmp_path / "home", expires_at=1_690_000_000, refresh_token="r")
    assert Credentials.from_oauth("client-1").access_token == "Bearer abc"
    assert OAuthFile("client-1").due()


@pytest.mark.parametrize(("ahead", "due"), [(299, True), (301, False)])
def test_it_is_due_within_five_minutes_of_its_end(ahead: int, due: bool, tmp_path: Path) -> None:
    oauth(tmp_path / "home", expires_at=2_000_000_000)
    assert OAuthFile("client-1").due(now=2_000_000_000 - ahead) is due


def test_a_refresh_is_written_back(tmp_path: Path) -> None:
    path = oauth(tmp_path / "home", refresh_token="r1", logged_in_at=5)
    file = OAuthFile("client-1")
    assert file.can_refresh
    assert file.refresh_form() == {
        "grant_type": "refresh_token",
        "client_id": "client-1",
        "refresh_token": "r1",
    }
    new = file.store(
        {"access_token": "def", "expires_in": 2592000, "token_type": "bearer"}, now=1_800_000_000
    )
    assert new.access_token == Credentials.from_oauth("client-1").access_token == "Bearer def"
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "client_id": "client-1", "access_token": "def", "refresh_token": "r1", "expires_at": 1_802_592_000,
        "logged_in_at": 5,
    }  # fmt: skip
    assert file.expires == datetime(2027, 2, 14, 8, 0, tzinfo=UTC)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    file.store({"access_token": "ghi", "refresh_token": "r2"}, now=1_800_000_000)
    assert json.loads(path.read_text(encoding="utf-8"))["refresh_token"] == "r2"
    assert json.loads(path.read_text(encoding="utf-8"))["expires_at"] == 1_800_003_600


@pytest.mark.parametrize("answer", [{}, {"access_token": ""}, {"access_token": 5}, {"access_token": "a\nb"}])
def test_an_answer_without_a_token_changes_nothing(answer: dict[str, object], tmp_path: Path) -> None:
    path = oauth(tmp_path / "home", refresh_token="r1")
    before = path.read_bytes()
    with pytest.raises(RequestRefused, match="access token"):
        OAuthFile("client-1").store(answer)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", ["", "[]", "null", "{}", '{"access_token": 5}', "\x00"])
def test_a_broken_token_file_is_named(content: str, tmp_path: Path) -> None:
    oauth(tmp_path / "home").write_text(content, encoding="utf-8")
    with pytest.raises(RequestRefused, match=r"tokens/client-1 .*type `%openapi login --oauth`"):
        Credentials.from_oauth("client-1")


def test_no_token_file() -> None:
    with pytest.raises(RequestRefused, match="no OAuth token for client client-9"):
        Credentials.from_oauth("client-9")


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a/b", ".hidden", "a b", "a\n"])
def test_a_client_id_that_leaves_the_folder_is_refused(name: str) -> None:
    with pytest.raises(RequestRefused, match="client id is letters"):
        Credentials.from_oauth(name)
