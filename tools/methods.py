"""Write the typed methods of `Client`, in jupyter_openapi/operations, from the specification.

python tools/methods.py            write the modules
python tools/methods.py --check    exit 1 if they are not what would be written (for `make lint`)
"""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "jupyter_openapi" / "operations"
BY_HAND = {"caller"}
sys.path.insert(0, str(ROOT))

from jupyter_openapi.spec import Effect, Kind, Operation, Parameter, catalog  # noqa: E402
from jupyter_openapi.spec.loader import read_documents  # noqa: E402
from jupyter_openapi.spec.values import choices  # noqa: E402

HEAD = '''"""{title}

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

'''
TYPES = {
    Kind.TEXT: "str",
    Kind.ID: "str | int",
    Kind.SYMBOL: "str",
    Kind.DECIMAL: "Number",
    Kind.INTEGER: "int",
    Kind.BOOLEAN: "bool",
    Kind.TIMESTAMP: "Moment",
    Kind.MILLIS: "Moment",
    Kind.DATE: "Day",
    Kind.OBJECT: "Object",
    Kind.ANY: "object",
}
OFTEN, LONG = 4, 70  # more values, or letters, than this have a name
SENDING = "again: bool = False, override: Iterable[str] = (), tick: Tick | None = None"
WAYS = [("Literal[False] = False", "Preview"), ("Literal[True]", "Reply"), ("bool", "Reply | Preview")]
BASKETS = [("Literal[False] = False", "Basket"), ("Literal[True]", "pd.DataFrame")]
BASKET = "orders: Orders"
SDK = "https://longbridge.github.io/openapi/python/reference_all/#longbridge.openapi."
CLI = "https://github.com/longbridge/longbridge-terminal"
PAGES = {
    raw["operationId"]: raw["externalDocs"]["url"]
    for document in read_documents().values()
    for methods in document["paths"].values()
    for raw in methods.values()
    if "externalDocs" in raw
}


class Words:
    """The named `Literal` types of parameters with many values, one name for each set of values."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def type_of(self, operation: Operation, parameter: Parameter) -> str:
        """Return the `Literal` of an enum parameter, or the name it has here."""
        values = spelled(parameter)
        literal = f"Literal[{', '.join(map(repr, values))}]"
        if len(values) <= OFTEN and len(literal) <= LONG:
            return literal
        if literal not in self.names:
            taken = set(self.names.values())
            bare = camel(parameter.name)
            self.names[literal] = camel(operation.name) + bare if bare in taken or bare == "Type" else bare
        return self.names[literal]


def camel(name: str) -> str:
    """Return ``order_type`` as ``OrderType``."""
    return "".join(word.capitalize() for word in re.split(r"\W|_", name))


def spelled(parameter: Parameter) -> list[str | int]:
    """Return the values of an enum as Python gives them: names, and numbers as numbers."""
    numbers = {wire for wire in parameter.values.values() if isinstance(wire, int)}
    names: list[str | int] = [name for name in parameter.values if name not in map(str, numbers)]
    return names + sorted(numbers)


class Argument(NamedTuple):
    """One argument of a method."""

    name: str
    type: str
    needed: bool
    parameter: Parameter | None = None

    def text(self, *, optional: bool = False) -> str:
        """Return it as it stands in a definition."""
        if self.parameter is None or (self.needed and not optional):
            return f"{self.name}: {self.type}"
        return f"{self.name}: {self.type}{'' if self.type == 'object' else ' | None'} = None"


def arguments_of(operation: Operation, words: Words) -> list[Argument]:
    """Return the arguments of a method, the main one first, then those that must be given.

    A parameter that has a short name need not be given by its own. Names that Python can't take are there by
    their short ones only.
    """
    found = []
    for name, parameter in named(operation):
        one = words.type_of(operation, parameter) if parameter.kind is Kind.ENUM else TYPES[parameter.kind]
        kind = f"{one} | Iterable[{one}]" if parameter.array and one != "object" else one
        given = {*operation.defaults, *operation.short.values(), *operation.keeps}
        needed = parameter.required and not any(each.split(".")[0] == name for each in given)
        found.append(Argument(f"{name}_" if name == "self" else name, kind, needed, parameter))
    return sorted(found, key=lambda each: (each.name != main_of(operation), not each.needed))


def main_of(operation: Operation) -> str | None:
    """Return the name of the argument that may be given without it: the main parameter's, as Python can."""
    if operation.main is None or operation.main.isidentifier():
        return operation.main
    return next(short for short, wire in operation.short.items() if wire == operation.main)


def named(operation: Operation) -> Iterator[tuple[str, Parameter]]:
    """Yield every parameter by its name, and again by each short name."""
    for each in operation.parameters:
        if each.name.isidentifier():
            yield each.name, each
    own = {each.name for each in operation.parameters}
    for short in operation.short:
        meant = operation.parameter(short)
        if short not in own and meant is not None:
            yield short, replace(meant, required=False)


def listed(operation: Operation, arguments: list[Argument], more: str = "", *, optional: bool = False) -> str:
    """Return the arguments of a definition; only the main one may be given without its name."""
    main = [each for each in arguments if each.name == main_of(operation)]
    others = [each.text(optional=optional) for each in arguments if each.name != main_of(operation)]
    named_only = ", ".join(filter(None, [*others, more]))
    first = [each.text(optional=optional) for each in main]
    return ", ".join(["self", *first, *(["*", named_only] if named_only else [])])


def method(operation: Operation, words: Words) -> str:
    """Return the method of an operation, its overloads first."""
    arguments = arguments_of(operation, words)
    body = docstring(operation, arguments) + call_of(operation, arguments)
    if operation.effect is Effect.READ:
        return f"    def {operation.name}({listed(operation, arguments)}) -> Reply:\n{body}"
    made = []
    basket = operation.name == "submit_order"
    if basket:
        made += [over(operation, f"self, *, {BASKET}", *way) for way in BASKETS]
    made += [over(operation, listed(operation, arguments), *way) for way in WAYS]
    more = (
        f"{BASKET} | None = None, execute: bool = False, {SENDING}"
        if basket
        else f"execute: bool = False, {SENDING}"
    )
    gives = "Reply | Preview | Basket | pd.DataFrame" if basket else "Reply | Preview"
    inside = listed(operation, arguments, more, optional=basket)
    return "".join([*made, f"    def {operation.name}({inside}) -> {gives}:\n{body}"])


def over(operation: Operation, arguments: str, execute: str, gives: str) -> str:
    """Return one overload."""
    star = "" if "*" in arguments else ", *"
    return (
        f"    @overload\n    def {operation.name}({arguments}{star}, execute: {execute}, {SENDING}) "
        f"-> {gives}: ...\n"
    )


def call_of(operation: Operation, arguments: list[Argument]) -> str:
    """Return what the method does: the very call that a person could have written."""
    given = [
        f"{each.name}={each.name}" if each.name != "self_" else '**{"self": self_}' for each in arguments
    ]
    if operation.effect is Effect.READ:
        return f"        return self.call({', '.join([repr(operation.name), *given])})\n"
    sending = ["execute=execute", "again=again", "override=override", "tick=tick"]
    if operation.name != "submit_order":
        return f"        return self.call({', '.join([repr(operation.name), *sending, *given])})\n"
    call = ", ".join(["name", *sending, *given, "orders=orders"])
    return f'        name: str = "submit_order"\n        return self.call({call})\n'


def docstring(operation: Operation, arguments: list[Argument]) -> str:
    """Return the text of a method: what it does, its parameters, its effect and where it is described."""
    parts = [f"{operation.summary}."]
    if operation.description:
        parts.append(operation.description)
    wrapped = ["\n".join(textwrap.wrap(part, 100)) for part in parts]
    rows = [row for each in arguments for row in (each.name, *about(operation, each))]
    if operation.effect is not Effect.READ:
        rows += [
            "execute, again, override, tick",
            "    As for `call`: without ``execute=True`` nothing is sent.",
        ]
    if operation.name == "submit_order":
        rows += ["orders", "    Many orders at once, one a row: gives a Basket; no other parameter then."]
    if rows:
        wrapped.append("\n".join(["Parameters", "----------", *rows]))
    wrapped.append("\n".join(["Notes", "-----", *notes(operation)]))
    text = textwrap.indent("\n\n".join(wrapped), " " * 8).lstrip()
    return f'        """{text}\n        """\n'


def about(operation: Operation, argument: Argument) -> list[str]:
    """Return what a parameter is, in lines."""
    parameter = argument.parameter
    assert parameter is not None
    said = [parameter.description]
    if argument.name in operation.short and argument.name != parameter.name:
        said.append(f"Short for ``{operation.short[argument.name]}``.")
    if parameter.kind is Kind.ENUM:
        said.append(f"One of {choices(parameter)}.")
    if parameter.fields:
        said.append(f"Fields: {', '.join(each.name for each in parameter.fields)}.")
    if parameter.name in operation.keeps:
        said.append("Stays as it is if left out.")
    if argument.name in operation.defaults:
        said.append(f"Default: {operation.defaults[argument.name]!r}.")
    text = " ".join(filter(None, said)) or "As the broker describes it."
    return textwrap.wrap(text, 96, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)


def notes(operation: Operation) -> list[str]:
    """Return the effect of an operation, its request and where it is described."""
    effects = {
        Effect.READ: "Reads only",
        Effect.WRITE: "Changes settings or posts",
        Effect.TRADE: "Moves money",
    }
    page = PAGES.get(operation.name) or (SDK + operation.sdk[0].name if operation.sdk else CLI)
    return [f"{effects[operation.effect]}: ``{operation.method} {operation.path}``.", f"Source: {page}"]


def group_module(group: str, title: str, operations: list[Operation], words: Words) -> str:
    """Return the module of one group."""
    body = "\n".join(method(operation, words) for operation in operations)
    code = re.sub(r'""".*?"""', "", body, flags=re.DOTALL)
    used = [name for name in sorted(words.names.values()) if re.search(rf"\b{name}\b", code)]
    values = [
        name
        for name in ("Day", "Moment", "Number", "Object", "Orders", "Tick")
        if re.search(rf"\b{name}\b", code)
    ]
    trading = [name for name in ("Basket", "Preview") if re.search(rf"\b{name}\b", code)]
    typing = [
        "TYPE_CHECKING",
        *(["Literal"] if "Literal[" in code else []),
        *(["overload"] if "@overload" in code else []),
    ]
    lines = [HEAD.format(title=f"`{class_of(group)}`: {title[0].lower()}{title[1:]}.")]
    lines += ["from collections.abc import Iterable\n"] if "Iterable[" in code else []
    lines += [
        f"from typing import {', '.join(typing)}\n",
        f"\nfrom jupyter_openapi.operations.caller import {', '.join(['Caller', *values])}\n",
    ]
    lines += ["\nif TYPE_CHECKING:\n"]
    lines += ["    import pandas as pd\n\n"] if "pd." in code else []
    lines += [f"    from jupyter_openapi.operations.choices import {', '.join(used)}\n"] if used else []
    lines += ["    from jupyter_openapi.reply import Reply\n"]
    lines += [f"    from jupyter_openapi.trading import {', '.join(trading)}\n"] if trading else []
    lines += [f'\n\nclass {class_of(group)}(Caller):\n    """{title}."""\n\n', body]
    return "".join(lines)


def class_of(group: str) -> str:
    """Return the name of a group's class."""
    return f"{camel(group)}Operations"


def choices_module(words: Words) -> str:
    """Return the module of the `Literal` types."""
    spellings = {effect: names_of(effect) for effect in (True, False)}
    lines = [
        HEAD.format(title="The values of parameters that take one of a few, and the names of the operations.")
    ]
    lines += ["from typing import Literal, TypeAlias\n\n"]
    lines += [
        f"{name}: TypeAlias = {literal}\n"
        for literal, name in sorted(words.names.items(), key=lambda p: p[1])
    ]
    for name, read in (("ReadName", True), ("ChangeName", False)):
        lines += [f"{name}: TypeAlias = Literal[{', '.join(map(repr, spellings[read]))}]\n"]
    return "".join(lines)


def names_of(read: bool) -> list[str]:  # noqa: FBT001 (one of two lists)
    """Return the names and aliases of the operations that only read, or of the others."""
    found = [o for o in catalog().operations.values() if (o.effect is Effect.READ) == read]
    return sorted(name for o in found for name in (o.name, *o.aliases))


def package_module(groups: list[str]) -> str:
    """Return the package's own module: the class that `Client` inherits."""
    imports = "".join(
        f"from jupyter_openapi.operations.{group} import {class_of(group)}\n" for group in groups
    )
    bases = ", ".join(class_of(group) for group in groups)
    head = HEAD.format(
        title="Every operation as a typed method of `Client`, the same as `call` with its name."
    )
    text = f'class Operations({bases}):\n    """Base of `Client`: a method for every operation."""\n'
    return f'{head}{imports}\n__all__ = ["Operations"]\n\n\n{text}'


def written() -> dict[str, str]:
    """Return every module by its file name."""
    words = Words()
    titles = {name.removesuffix(".json"): each["info"]["title"] for name, each in read_documents().items()}
    operations = sorted(catalog().operations.values(), key=lambda o: o.group)
    grouped = {name: list(found) for name, found in groupby(operations, key=lambda o: o.group)}
    modules = {
        f"{name}.py": group_module(name, titles[name], found, words) for name, found in grouped.items()
    }
    modules["choices.py"] = choices_module(words)
    modules["__init__.py"] = package_module(list(grouped))
    with ThreadPoolExecutor() as pool:
        return dict(zip(modules, pool.map(formatted, modules.values()), strict=True))


def formatted(text: str) -> str:
    """Return Python text in the house's style."""
    ruff = [sys.executable, "-m", "ruff"]
    done = subprocess.run(  # noqa: S603 (a formatter of our own environment)
        [*ruff, "format", "--stdin-filename", "x.py", "-"],
        input=text, capture_output=True, encoding="utf-8", check=True, cwd=ROOT,
    )  # fmt: skip
    return done.stdout


def main(arguments: list[str]) -> int:
    """Write the modules, or check them."""
    modules = written()
    present = {path.name for path in FOLDER.glob("*.py") if path.stem not in BY_HAND}
    stale = [
        name
        for name in sorted(modules.keys() | present)
        if name not in present or (FOLDER / name).read_text(encoding="utf-8") != modules.get(name)
    ]
    if "--check" in arguments:
        if stale:
            print(f"{', '.join(stale)}: run python tools/methods.py", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        if name in modules:
            (FOLDER / name).write_text(modules[name], encoding="utf-8")
        else:
            (FOLDER / name).unlink()
    print(f"{len(stale)} of {len(modules)} modules written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
