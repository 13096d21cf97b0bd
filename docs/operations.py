"""Write docs/reference/operations.md, and a page for each group below it, from the specification.

python docs/operations.py            write the pages
python docs/operations.py --check    exit 1 if a page is not what would be written (for `make lint`)
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
FOLDER = REFERENCE / "operations"
sys.path.insert(0, str(ROOT))

from jupyter_openapi.magic.examples import ID, example  # noqa: E402
from jupyter_openapi.magic.present import RecentValues  # noqa: E402
from jupyter_openapi.sandbox.dispatch import HANDLERS  # noqa: E402
from jupyter_openapi.sandbox.handlers import load_handlers  # noqa: E402
from jupyter_openapi.spec import Effect, Field, Kind, Operation, Parameter, catalog  # noqa: E402
from jupyter_openapi.spec.loader import read_documents  # noqa: E402
from jupyter_openapi.spec.values import choices  # noqa: E402

HEAD = """# Operations

Every REST operation of the broker that this package knows by name: {count} in {groups} groups. Generated
from the OpenAPI documents in `jupyter_openapi/spec/documents` by `python docs/operations.py`;
edit those, not these pages.

Call one with `%openapi NAME name=value ...` in a notebook, or `client.NAME(name=value)` in Python.
The pages of the groups give each an example line, with its result where the sandbox serves it. **read**
changes nothing; **write** changes settings or posts; **trade** moves money. Both of the latter need
`--execute` (or `execute=True`). Undocumented operations are seen in the official SDK, or in the broker's own
command line and MCP server, but on no page of its docs.

"""
BACK = (
    "[All operations](../operations.md). A parameter in **bold** must be given; a word without a name fills\n"
    "the one with a star."
)
SETUP = """
```ipython
%load_ext jupyter_openapi
%openapi sandbox start limits=off
client = %openapi connect sandbox
```
"""
NOTHING_SEEN = RecentValues()
WRITTEN = date(2026, 11, 24)  # the day of the pages' outputs
WORDS = {
    Kind.TEXT: "text",
    Kind.ID: "id",
    Kind.SYMBOL: "symbol",
    Kind.DECIMAL: "decimal",
    Kind.INTEGER: "whole number",
    Kind.BOOLEAN: "true or false",
    Kind.TIMESTAMP: "time",
    Kind.MILLIS: "time",
    Kind.DATE: "day",
    Kind.OBJECT: "object",
    Kind.ANY: "any",
}
SOURCES = {
    "sdk": "The columns are those that the official SDK 5.3.0 reads",
    "sdk-source": "The columns are those in the source of the official SDK",
    "cli": "The columns are those that the broker's own command line and MCP server read",
}


def pages() -> dict[Path, str]:
    """Return the text of every page."""
    load_handlers()
    operations = list(catalog().operations.values())
    titles = {
        name.removesuffix(".json"): document["info"]["title"] for name, document in read_documents().items()
    }
    grouped = [(name, list(found)) for name, found in groupby(operations, key=lambda o: o.group)]
    grouped.sort(key=lambda pair: titles[pair[0]])
    return {
        REFERENCE / "operations.md": index(grouped, titles),
        **{FOLDER / f"{name}.md": group(titles[name], found) for name, found in grouped},
    }


def index(grouped: list[tuple[str, list[Operation]]], titles: dict[str, str]) -> str:
    """Return the page that lists every operation."""
    parts = [HEAD.format(count=sum(len(found) for _, found in grouped), groups=len(grouped))]
    for name, found in grouped:
        parts.append(f"\n## {titles[name]}\n\n| operation | what it does | effect |\n|---|---|---|\n")
        parts += [
            f"| [`{each.name}`](operations/{name}.md#{each.name.replace('_', '-')}) | {each.summary} "
            f"| {Effect(each.effect).value} |\n"
            for each in found
        ]
    listed = "".join(f"operations/{name}\n" for name, _ in grouped)
    return "".join(parts) + f"\n```{{toctree}}\n:hidden:\n:maxdepth: 1\n\n{listed}```\n"


def group(title: str, found: list[Operation]) -> str:
    """Return the page of one group; what the sandbox serves is run, so that its result can be seen."""
    runs = SETUP if any(map(served, found)) else ""
    return f"# {title}\n\n{BACK}\n{runs}{''.join(map(one, found))}"


def served(operation: Operation) -> bool:
    """Tell whether the example line runs on a new sandbox on any day."""
    line = example(operation, seen=NOTHING_SEEN, on=WRITTEN)
    passing = ID in line or re.search(r"\d{6}[CP]\d|FILE_KEY", line)
    return operation.effect is Effect.READ and operation.name in HANDLERS and not passing


def one(operation: Operation) -> str:
    """Return the section of one operation."""
    lines = [f"\n## {operation.name}\n\n{operation.summary}.\n\n", f"{facts(operation)}\n"]
    language = "ipython" if served(operation) else "text"
    lines.append(f"\n```{language}\n{example(operation, seen=NOTHING_SEEN, on=WRITTEN)}\n```\n")
    rows = [row for parameter in operation.parameters for row in parameter_rows(operation, parameter)]
    if rows:
        lines += ["\n| parameter | type | what |\n|---|---|---|\n", *rows]
    lines += [f"\n{text}\n" for text in columns(operation)]
    return "".join(lines)


def facts(operation: Operation) -> str:
    """Return the line under the summary: request, effect, other names, where it is served."""
    found = [f"`{operation.method} {operation.path}`", f"**{Effect(operation.effect).value}**"]
    if operation.aliases:
        found.append(f"also {', '.join(f'`{alias}`' for alias in operation.aliases)}")
    if operation.sdk:
        found.append(f"SDK: {', '.join(f'`{method.name}`' for method in operation.sdk)}")
    if operation.pages:
        found.append("`--all` fetches every page")
    if operation.region:
        found.append(f"only in the {operation.region.upper()} data centre")
    if not operation.documented:
        found.append("undocumented")
    return " · ".join(found)


def parameter_rows(operation: Operation, parameter: Parameter, prefix: str = "") -> Iterator[str]:
    """Yield the table row of a parameter and those of its fields."""
    name = prefix + parameter.name
    needed = parameter.required and name not in operation.defaults and name not in operation.keeps
    shown = f"**`{name}`**" if needed else f"`{name}`"
    star = " ★" if operation.main == name else ""
    short = [f"`{key}`" for key, wire in operation.short.items() if wire == name]
    also = f" or {', '.join(short)}" if short else ""
    what = [parameter.description, limits(parameter)]
    if name in operation.keeps:
        what.append("Stays as it is if left out.")
    if name in operation.defaults:
        what.append(f"Default: `{operation.defaults[name]}`.")
    yield f"| {shown}{also}{star} | {kind(parameter)} | {' '.join(filter(None, what))} |\n"
    if not parameter.array:
        for inner in parameter.fields:
            yield from parameter_rows(operation, inner, f"{name}.")


def kind(parameter: Parameter) -> str:
    """Return the type of a parameter in words; of an enum, its values."""
    word = choices(parameter) if parameter.kind is Kind.ENUM else WORDS[parameter.kind]
    return f"{word} (one or more)" if parameter.array else word


def limits(parameter: Parameter) -> str:
    """Return a parameter's limits as one sentence, or nothing."""
    low, high = parameter.minimum, parameter.maximum
    found = [
        f"above {parameter.above:g}" if parameter.above is not None else "",
        f"at least {low:g}" if low is not None else "",
        f"at most {high:g}" if high is not None else "",
        f"at most {parameter.max_length} characters" if parameter.max_length is not None else "",
        f"at most {parameter.max_items} values" if parameter.max_items is not None else "",
    ]
    said = ", ".join(filter(None, found))
    return f"{said[0].upper()}{said[1:]}." if said else ""


def columns(operation: Operation) -> Iterator[str]:
    """Yield what the reply holds: the columns of each table, with their types, units and meanings."""
    if operation.effect is Effect.READ and not operation.tables:
        yield "Columns: inferred from the reply."
    if operation.tables and operation.reply_source != "docs":
        yield f"{SOURCES[operation.reply_source]}."
    done: set[tuple[str, ...]] = set()
    for number, table in enumerate(operation.tables):
        names = tuple(column.name for column in table.columns)
        if names not in done:
            word = (
                ""
                if number == 0
                else f"`--table {table.name}`:\n\n"
                if table.name
                else "The whole reply:\n\n"
            )
            rows = "".join(column_row(column) for column in table.columns)
            yield f"{word}| column | type | what |\n|---|---|---|\n{rows}".rstrip("\n")
        done.add(names)


def column_row(column: Field) -> str:
    """Return the table row of one column of a reply."""
    unit = f", {column.unit}" if column.unit else ""
    word = "code" if column.kind is Kind.ENUM else WORDS[column.kind]
    return f"| `{column.name}` | {word}{unit} | {column.description} |\n"


def main(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    written = pages()
    standing = {
        path: path.read_text(encoding="utf-8") for path in (*written, *FOLDER.glob("*.md")) if path.is_file()
    }
    if "--check" in arguments:
        stale = sorted(
            str(path.relative_to(ROOT))
            for path in written.keys() | standing.keys()
            if written.get(path) != standing.get(path)
        )
        if stale:
            print(f"{', '.join(stale)} stale: run python docs/operations.py", file=sys.stderr)
        return bool(stale)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in standing.keys() - written.keys():
        path.unlink()
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    print(f"{len(written)} pages written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
