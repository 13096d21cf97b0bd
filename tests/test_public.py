"""The public face: names, signatures, and how little the extension imports."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import jupyter_openapi
from jupyter_openapi import errors, signing

PACKAGE = Path(jupyter_openapi.__file__).parent


def test_all_names_every_public_name_and_no_other() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    typed = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("jupyter_openapi.")
        for alias in node.names
        if not alias.name.startswith("load") and alias.name[:6] != "unload"
    }
    assert sorted(jupyter_openapi.__all__) == sorted(typed - {"load", "unload", "_"})
    for name in jupyter_openapi.__all__:
        assert getattr(jupyter_openapi, name) is not None
        assert name in dir(jupyter_openapi)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'conect'"):
        jupyter_openapi.conect  # noqa: B018


def test_the_error_tree_is_the_one_in_the_docstring() -> None:
    tree = errors.__doc__ or ""
    for error in (errors.RequestRefused, errors.ApiError, errors.TransportError, errors.OutcomeUnknown):
        assert issubclass(error, errors.OpenAPIError)
        assert error.__name__ in tree
    assert issubclass(errors.Interrupted, KeyboardInterrupt)
    assert not issubclass(errors.Interrupted, Exception)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (signing.canonical_request, "(method, path, query, body, *, app_key, access_token, timestamp)"),
        (signing.string_to_sign, "(canonical)"),
        (signing.sign, "(method, path, query, body, *, app_key, app_secret, access_token, timestamp)"),
        (jupyter_openapi.Credentials, "(app_key, app_secret, access_token)"),
        (jupyter_openapi.connect, "(mode, *, trading=None, profile=None, credentials=None, region=None)"),
    ],
)
def test_pinned_signatures(function: object, expected: str) -> None:
    signature = inspect.signature(function)  # type: ignore[arg-type]
    bare = signature.replace(
        return_annotation=inspect.Signature.empty,
        parameters=[p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()],
    )
    assert str(bare) == expected


def test_pinned_beginning_of_client() -> None:
    names = list(inspect.signature(jupyter_openapi.Client).parameters)
    assert names[:6] == ["credentials", "mode", "http_url", "trading", "timeout", "limits"]


LOAD = """
import sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
before = set(sys.modules)
shell.run_line_magic("load_ext", "jupyter_openapi")
ours = ("jupyter_openapi", "IPython")
print(sorted(name for name in set(sys.modules) - before if not name.startswith(ours)))
"""


def test_loading_the_extension_imports_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_declares_its_types() -> None:
    assert (PACKAGE / "py.typed").exists()
