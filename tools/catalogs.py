"""The message catalogues of `jupyter_openapi/locale`: extracted, checked and filled (`make catalogs`).

python tools/catalogs.py              extract all messages, renew the .po and .mo files and the panels' words
python tools/catalogs.py --check      exit 1 if a file is not what would be written, or a message is wrong
python tools/catalogs.py missing      print the messages without a translation, as JSON
python tools/catalogs.py fill FILE    take translations from JSON: {"message": {"zh_CN": "", "zh_HK": ""}}

A message is what `_()`, `N_()`, `ngettext()` and `pgettext()` get in Python, `t()` and the labels of buttons
and fields in the panels' scripts, the help of commands and flags, and what the specification says of
operations, columns and error codes. What it says of the columns of replies goes into a domain of its own
(`replies.po`), for it is long and seldom asked for. In JSON a message with a context is "context|message",
and a plural is called by its first template.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import re
import string
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import glossary  # noqa: E402 (a script of this repository)
from babel.messages.extract import extract  # noqa: E402
from babel.messages.pofile import denormalize, normalize  # noqa: E402

PACKAGE = ROOT / "jupyter_openapi"
LOCALE = PACKAGE / "locale"
SCRIPTS = PACKAGE / "widgets" / "static"
WORDS = SCRIPTS / "words.js"
LANGUAGES = ("zh_CN", "zh_HK")
MAIN, REPLIES = "jupyter_openapi", "replies"
DOMAINS = (MAIN, REPLIES)
"""The catalogues of a language: all messages, and the meanings of replies' columns beside those."""
PYTHON = {
    "_": (0,),
    "N_": (0,),
    "ngettext": (0, 1),
    "pgettext": (0, 1),
    "command": (1,),
    "_order_command": (1,),
    "parameter": (2,),
    "column": (0,),
    "Flag": (2,),
}
"""Functions, and which of their arguments are messages (of `pgettext` the context and the message)."""
SCRIPT = {
    "t": None,
    "N": None,
    "button": (1,),
    "field": (1,),
    "checkbox": (1,),
    "section": (1,),
    "Head": (1,),
}
CONSTANTS = (
    "jupyter_openapi.portfolio.equity:NOTES",
    "jupyter_openapi.portfolio.pnl_frame:DEFINITIONS",
    "jupyter_openapi.portfolio.pnl_frame:REMARKS",
    "jupyter_openapi.portfolio.pnl_frame:BROKER_NOTE",
    "jupyter_openapi.portfolio.valuation:DEFINITIONS",
    "jupyter_openapi.portfolio.performance:DEFINITIONS",
    "jupyter_openapi.portfolio.performance:LOCAL",
    "jupyter_openapi.portfolio.performance:RECONSTRUCTED_NOTE",
    "jupyter_openapi.portfolio.trade_figures:DEFINITIONS",
    "jupyter_openapi.portfolio.tax_lots:DEFINITIONS",
    "jupyter_openapi.portfolio.tax_export:METHODS",
    "jupyter_openapi.portfolio.tax_export:DEFINITIONS",
    "jupyter_openapi.portfolio.tax_export:AVERAGED",
    "jupyter_openapi.portfolio.tax_export:FOREIGN_FEES",
    "jupyter_openapi.portfolio.exposures:DEFINITIONS",
    "jupyter_openapi.portfolio.cash_income:DEFINITIONS",
    "jupyter_openapi.portfolio.what_if_orders:DEFINITIONS",
    "jupyter_openapi.portfolio.rebalancing:DEFINITIONS",
    "jupyter_openapi.portfolio.execution_costs:DEFINITIONS",
    "jupyter_openapi.magic.flags:FLAGS",
)
"""Texts that stand in constants: all that the named objects hold."""
PANEL = (
    "jupyter_openapi.widgets.model:LABELS",
    "jupyter_openapi.widgets.blotter_rows:COLUMNS",
    "jupyter_openapi.widgets.blotter_rows:FILTERS",
    "jupyter_openapi.widgets.portfolio_view:HOLDINGS",
    "jupyter_openapi.widgets.portfolio_model:PICTURES",
    "jupyter_openapi.trading.describe:LASTS",
    "jupyter_openapi.trading.describe:HOURS",
    "jupyter_openapi.widgets.order_fields:ENDED",
)
"""What the kernel sends to the panels in English, and their scripts translate."""


class Message(NamedTuple):
    """A template: its context, its English text, the English plural where it has one, and its domain."""

    context: str
    text: str
    plural: str = ""
    domain: str = MAIN

    @property
    def key(self) -> str:
        """What it is called in JSON."""
        return f"{self.context}|{self.text}" if self.context else self.text


# ---- what there is to translate


def sources() -> Iterator[Path]:
    """Yield the Python files that speak to a person; the sandbox speaks the broker's words."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "sandbox" not in path.relative_to(PACKAGE).parts[:1]:
            yield path


def extracted() -> list[Message]:
    """Return every message, sorted."""
    found = set(in_scripts())
    for path in sources():
        found |= set(_in_python(path))
    found |= {Message("", text) for text in texts_of(*CONSTANTS, *PANEL)}
    found |= set(in_facts())
    plurals = {(each.context, each.text) for each in found if each.plural}
    main = [each for each in found if each.plural or (each.context, each.text) not in plurals]
    known = {each.text for each in main if not each.context}
    replies = {Message("", text, "", REPLIES) for text in in_replies() if text not in known}
    return [*sorted(main), *sorted(replies)]


def _in_python(path: Path) -> Iterator[Message]:
    """Yield the messages of a module; those inside f-strings too, whatever Python reads them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        if name not in PYTHON:
            continue
        for each in node.keywords:
            if name == "Flag" and each.arg == "help" and isinstance(each.value, ast.Constant):
                yield Message("", str(each.value.value))
        words = [each.value if isinstance(each, ast.Constant) else None for each in node.args]
        picked = [words[at] if at < len(words) else None for at in PYTHON[name]]
        if all(isinstance(each, str) and each for each in picked):
            texts = [str(each) for each in picked]
            yield Message(*texts) if name == "pgettext" else Message("", *texts)


def _in_script(path: Path) -> Iterator[Message]:
    """Yield the messages of a script."""
    with path.open("rb") as file, contextlib.redirect_stderr(io.StringIO()):  # it warns of `button("")`
        found = list(extract("javascript", file, keywords=SCRIPT))
    for _line, text, _comments, _context in found:
        if isinstance(text, str) and text:
            yield Message("", text)


def in_scripts() -> Iterator[Message]:
    """Yield the messages of the panels' scripts, and those that the kernel leaves to them."""
    for path in sorted(SCRIPTS.glob("*.js")):
        if path != WORDS:
            yield from _in_script(path)
    for text in texts_of(*PANEL):
        yield Message("", text)
    yield from (Message("", text) for text in _order_types())


def _order_types() -> Iterator[str]:
    from jupyter_openapi.market.order_rules import all_rules

    yield from ("Buy", "Sell", "BUY", "SELL", "SANDBOX", "PAPER", "LIVE")
    for rules in all_rules().values():
        yield from (rules.title, rules.meaning)


def in_facts() -> Iterator[Message]:
    """Yield what the specification and the facts of the market say in words."""
    from jupyter_openapi.frames.view import frame_views
    from jupyter_openapi.market import facts
    from jupyter_openapi.spec import catalog
    from jupyter_openapi.spec.codes import error_codes, error_texts
    from jupyter_openapi.spec.model import UNITS
    from jupyter_openapi.trading.describe import TYPES

    operations = catalog().operations.values()
    for operation in operations:
        yield from (Message("", text) for text in (operation.summary, operation.description) if text)
        yield from (Message("", text) for text in _described(operation.parameters))
    views = [view for operation in operations for view in operation.views] + list(frame_views().values())
    for view in views:
        for column in view.columns:
            yield Message("column", column.title)
            yield from (Message(column.field, word) for word in column.words)
    for operation in operations:
        below = {name for view in operation.views for name in view.below}
        shown = [column for table in operation.tables if table.name in below for column in table.columns]
        yield from (Message("column", column.name.replace("_", " ").capitalize()) for column in shown)
    yield from (Message("unit", unit) for unit in UNITS)
    for each in (*error_codes().values(), *error_texts()):
        yield from (Message("", text) for text in (each.meaning, each.advice, *each.cases.values()) if text)
    for title in (*TYPES.values(), "order"):
        yield Message("order type", title)
    for row in facts("orders")["statuses"].values():
        yield Message("", row["meaning"])


def in_replies() -> Iterator[str]:
    """Yield what the specification says of the columns of replies."""
    from jupyter_openapi.spec import catalog

    for operation in catalog().operations.values():
        for table in operation.tables:
            yield from (column.description for column in table.columns if column.description)


def _described(parameters: Iterable[Any]) -> Iterator[str]:
    for each in parameters:
        if each.description:
            yield each.description
        yield from _described(each.fields)


def texts_of(*names: str) -> Iterator[str]:
    """Yield the texts inside constants: keys and values with a capital letter or a space."""
    for name in names:
        module, _colon, constant = name.partition(":")
        yield from _texts(getattr(import_module(module), constant))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if re.search(r"[a-z]{2}.* |^[A-Z][a-z]+$|^[A-Z][a-z]+ %$", value):
            yield value
    elif hasattr(value, "help"):
        yield value.help
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(key)
            yield from _texts(each)
    elif isinstance(value, Iterable):
        for each in value:
            yield from _texts(each)


# ---- the files

Catalogue = dict[Message, str]


def path_of(language: str, ending: str = "po", domain: str = MAIN) -> Path:
    """Return where a language's catalogue is."""
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.{ending}"


def read(language: str) -> dict[tuple[str, str], str]:
    """Return a language's translations by context and English text, whichever domain they are in."""
    found: dict[tuple[str, str], str] = {}
    for domain in reversed(DOMAINS):
        path = path_of(language, domain=domain)
        found |= _read(path) if path.exists() else {}
    return found


def _read(path: Path) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for block in re.split(r"\n{2,}", path.read_text(encoding="utf-8")):
        parts: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if not line.startswith('"'):
                name, _space, line = line.partition(" ")  # noqa: PLW2901 (what is left of it)
            parts[name] = parts.get(name, "") + denormalize(line)
        if parts.get("msgid"):
            found[parts.get("msgctxt", ""), parts["msgid"]] = parts.get("msgstr") or parts.get(
                "msgstr[0]", ""
            )
    return found


def translated(language: str, messages: Iterable[Message]) -> Catalogue:
    """Return the translation of each message, "" where there is none; others are dropped."""
    known = read(language)
    return {message: known.get((message.context, message.text), "") for message in messages}


def of_domain(catalogue: Catalogue, domain: str) -> Catalogue:
    """Return the part of a catalogue that is in one domain."""
    return {message: text for message, text in catalogue.items() if message.domain == domain}


def _head(language: str) -> str:
    return (
        f"Project-Id-Version: jupyter-openapi\nLanguage: {language}\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
        "Plural-Forms: nplurals=1; plural=0;\n"
    )


def po_text(language: str, catalogue: Catalogue) -> str:
    """Return a .po file: sorted and without places or dates, so that only translations make a difference."""
    blocks = [f'# Renewed by `make catalogs`.\nmsgid ""\nmsgstr {normalize(_head(language))}']
    for message, text in catalogue.items():
        lines = [f"msgctxt {normalize(message.context)}"] if message.context else []
        lines.append(f"msgid {normalize(message.text)}")
        if message.plural:
            lines += [f"msgid_plural {normalize(message.plural)}", f"msgstr[0] {normalize(text)}"]
        else:
            lines.append(f"msgstr {normalize(text)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def mo_bytes(language: str, catalogue: Catalogue) -> bytes:
    """Return a .mo file, as GNU gettext's format has it; the same catalogue is the same bytes."""
    entries = {b"": _head(language).encode()}
    for message, text in catalogue.items():
        if text:
            context = f"{message.context}\x04" if message.context else ""
            many = f"\0{message.plural}" if message.plural else ""
            entries[f"{context}{message.text}{many}".encode()] = text.encode()
    rows = sorted(entries.items())
    start = 7 * 4 + 16 * len(rows)
    ids = b"".join(key + b"\0" for key, _text in rows)
    keys, texts, at, behind = [], [], start, start + len(ids)
    for key, text in rows:
        keys += [len(key), at]
        texts += [len(text), behind]
        at += len(key) + 1
        behind += len(text) + 1
    head = [0x950412DE, 0, len(rows), 28, 28 + 8 * len(rows), 0, start]
    numbers = [*head, *keys, *texts]
    return struct.pack(f"<{len(numbers)}I", *numbers) + ids + b"".join(text + b"\0" for _key, text in rows)


def words_script(catalogues: Mapping[str, Catalogue]) -> str:
    """Return the script that holds the panels' own words in each language."""
    wanted = sorted({message.text for message in in_scripts()})
    words = {
        language.replace("_", "-"): {
            text: catalogue[Message("", text)] for text in wanted if catalogue.get(Message("", text))
        }
        for language, catalogue in catalogues.items()
    }
    return (
        "// What the panels' scripts say, in each language. Renewed by `make catalogs`.\n\n"
        "/** @type {Record<string, Record<string, string>>} */\n"
        f"export const WORDS = {json.dumps(words, ensure_ascii=False, indent=2)};\n"
    )


def files_of(messages: list[Message]) -> dict[Path, bytes]:
    """Return what each file of the catalogues should hold."""
    catalogues = {language: translated(language, messages) for language in LANGUAGES}
    found = {WORDS: words_script(catalogues).encode()}
    for language, catalogue in catalogues.items():
        for domain in DOMAINS:
            part = of_domain(catalogue, domain)
            found[path_of(language, "po", domain)] = po_text(language, part).encode()
            found[path_of(language, "mo", domain)] = mo_bytes(language, part)
    return found


# ---- what may be wrong

_CODE = re.compile(r"`[^`]*`|%%?openapi\b|--[a-z][\w-]*")
_VALUES = re.compile(r"\d+(?:\.\d+)?|[A-Za-z]+(?:[._][A-Za-z]\w*)+|\b[A-Z]{4,}\b")
"""What the meaning of a column quotes: numbers, names of fields and operations, forms such as YYYYMMDD."""


def fields_of(text: str) -> list[str]:
    """Return the fields of a template with their formats, sorted; a date may be written in another way."""
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError:  # the overview holds braces and is no template
        return sorted(re.findall(r"\{[^{}]*\}", text))
    return sorted(
        f"{{{name}{f'!{turned}' if turned else ''}{f':{form}' if form and form[0] != '%' else ''}}}"
        for _text, name, form, turned in parsed
        if name is not None
    )


def wrongs(messages: Iterable[Message]) -> Iterator[str]:
    """Yield what is wrong with the translations: none, a field lost, a wrong word or mark."""
    listed = list(messages)
    for language in LANGUAGES:
        known = translated(language, listed)
        triples = (
            (f"{message.domain}|{message.context}", message.text, text)
            for message, text in known.items()
            if text
        )
        yield from (f"{language}: {problem}" for problem in glossary.uneven(triples))
        for message, text in known.items():
            yield from (f"{language}: {each} in {text!r}" for each in glossary.text_wrongs(language, text))
            if not text:
                yield f"{language}: no translation of {message.key!r}"
                continue
            wanted = fields_of(message.text)
            if fields_of(text) != wanted and fields_of(text) != fields_of(message.plural or message.text):
                yield f"{language}: the fields {wanted} are {fields_of(text)} in {text!r}"
            if sorted(_CODE.findall(text)) != sorted(_CODE.findall(message.text)):
                yield f"{language}: what is typed differs from {message.text!r} in {text!r}"
            quoted = sorted(_VALUES.findall(message.text))
            if message.domain == REPLIES and sorted(_VALUES.findall(text)) != quoted:
                yield f"{language}: the values of {message.text!r} are not in {text!r}"
            if text[:1].isspace() != message.text[:1].isspace() and message.text[:1] == "\n":
                yield f"{language}: the line break before {message.text!r} is lost"


def missing(messages: Iterable[Message]) -> dict[str, dict[str, str]]:
    """Return the messages that lack a translation, with what there is of each."""
    listed = list(messages)
    found = {language: translated(language, listed) for language in LANGUAGES}
    return {
        message.key: {language: found[language][message] for language in LANGUAGES}
        for message in listed
        if not all(found[language][message] for language in LANGUAGES)
    }


def fill(messages: list[Message], given: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Write translations into the .po files; yield the keys that are no messages."""
    by_key = {message.key: message for message in messages}
    yield from (key for key in given if key not in by_key)
    for language in LANGUAGES:
        catalogue = translated(language, messages)
        for key, texts in given.items():
            if key in by_key and texts.get(language):
                catalogue[by_key[key]] = texts[language]
        for domain in DOMAINS:
            path = path_of(language, domain=domain)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(po_text(language, of_domain(catalogue, domain)).encode())


def main(arguments: list[str]) -> int:
    """Do what the command line says; return 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", nargs="?", choices=("extract", "missing", "fill"), default="extract")
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args(arguments)
    if not WORDS.exists():  # the panels read it when they are imported
        WORDS.write_text("export const WORDS = {};\n", encoding="utf-8")
    messages = extracted()
    if given.what == "missing":
        print(json.dumps(missing(messages), ensure_ascii=False, indent=1))
        return 0
    if given.what == "fill":
        for key in fill(messages, json.loads(given.file.read_text(encoding="utf-8"))):
            print(f"no message: {key!r}")
    problems = list(wrongs(messages)) if given.check else []
    for path, content in files_of(messages).items():
        if path.exists() and path.read_bytes() == content:
            continue
        if given.check:
            problems.append(f"{path.relative_to(ROOT)} is out of date: type make catalogs")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for problem in problems:
        print(problem)
    if not given.check:
        print(f"{len(messages)} messages, {len(missing(messages))} of them without a translation")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
