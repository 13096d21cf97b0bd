"""Every operation, found by name, by method and path, or by likeness."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from jupyter_openapi.errors import RequestRefused, did_you_mean, nearest, sentence
from jupyter_openapi.spec.load import load_operations
from jupyter_openapi.spec.model import Operation, SdkMethod

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@cache
def catalog() -> Catalog:
    """Return the catalog of the documents shipped with the package; loaded once."""
    return Catalog(load_operations())


class Catalog:
    """The operations of the API.

    Parameters
    ----------
    operations
        Every operation, each with a name of its own.

    Attributes
    ----------
    operations
        Operation by name.
    aliases
        Operation name by alias (``positions`` -> ``stock_positions``).
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations: Mapping[str, Operation] = MappingProxyType({o.name: o for o in operations})
        self.aliases: Mapping[str, str] = MappingProxyType(
            {alias: o.name for o in self.operations.values() for alias in o.aliases}
        )
        self._methods = self._sdk_names()
        self._exact = {(o.method, o.path): o for o in self.operations.values()}
        self._templates = [(_template(o), o) for o in self.operations.values() if "{" in o.path]

    def find(self, name: str) -> Operation | None:
        """Return the operation of this name, alias, or method of the official SDK; case does not matter.

        A method is named bare where only one context has it (``order_book``), with its context's name
        before it (``dca_pause``), or in full (``DCAContext.pause``).
        """
        word = name.lower()
        known = self.aliases.get(word, word)
        if known in self.operations:
            return self.operations[known]
        return self._methods[word][0] if word in self._methods else None

    def named(self, name: str) -> Operation:
        """Return the operation `find` finds, or refuse with the nearest names."""
        known = self.find(name)
        if known is None:
            names = [*self.operations, *self.aliases]
            raise RequestRefused(
                sentence(
                    f"There is no operation '{name}'.", did_you_mean(name, names), "See `%openapi endpoints`."
                )
            )
        return known

    def constants(self, name: str) -> Mapping[str, Any]:
        """Return the arguments that `name` stands for, beside those given.

        ``dca_pause`` is ``dca_toggle`` with ``status=Suspended``; an operation's own name stands for none.
        """
        word = name.lower()
        if word in self.operations or word not in self._methods:
            return _NOTHING
        return self._methods[word][1].constants

    def match(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation of a request, with the values its path holds, or None.

        A literal path wins over a template: ``/v1/sharelists/popular`` is not the list called "popular".
        """
        verb = method.upper()
        if found := self._exact.get((verb, path)):
            return found, {}
        for pattern, operation in self._templates:
            if operation.method == verb and (hit := pattern.fullmatch(path)):
                return operation, {key: unquote(value) for key, value in hit.groupdict().items()}
        return None

    def nearest(self, word: str) -> list[str]:
        """Return the names and aliases that look like `word`, best first."""
        return nearest(word, [*self.aliases, *self.operations])

    def _sdk_names(self) -> dict[str, tuple[Operation, SdkMethod]]:
        """Every spelling that means one method of the SDK; its first operation, where it sends several."""
        first: dict[str, tuple[Operation, SdkMethod]] = {}
        for operation in self.operations.values():
            for method in operation.sdk:
                first.setdefault(method.name, (operation, method))
        count = Counter(word for name in first for word in _spellings(name))
        return {word: first[name] for name in first for word in _spellings(name) if count[word] == 1}


def _spellings(method: str) -> tuple[str, str, str]:
    full = method.lower()
    context, _, bare = full.partition(".")
    return full, bare, f"{context.removesuffix('context')}_{bare}"


def _template(operation: Operation) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", operation.path)
    return re.compile("".join(f"(?P<{p}>[^/]+)" if i % 2 else re.escape(p) for i, p in enumerate(parts)))
