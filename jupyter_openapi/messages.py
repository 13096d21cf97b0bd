"""Message templates, the language they are shown in, and how they are printed.

A message is a constant template with named fields:
``_("There is no profile '{name}'.").format(name=name)``. The
template is the key of the translation catalogues, so it never holds a value. Where the words
depend on a count there are two templates: ``ngettext("{count} row", "{count} rows", n).format(count=n)``.
A word that stands in a constant is marked, ``N_("limit")``, and translated where it is shown, ``_(word)``:
the language may change after the module was imported. Where one English word has two meanings, `pgettext`
says which: ``pgettext("column", "Open")`` is an opening price. What the columns of replies mean fills a
catalogue of its own, which is read when one is asked for: `meaning`.

The language is that of the panel being drawn (`speaking`), else the one that was chosen (`set_language`),
else ``LONGBRIDGE_LANGUAGE``, else English. The catalogues are in ``locale/``; ``make catalogs`` renews them.
No catalogue is read, and gettext is not imported, while the language is English.

What is printed for a person fails neither for want of a character on its stream nor of a reader: `say`.
"""

from __future__ import annotations

import codecs
import io
import logging
import os
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gettext import NullTranslations

log = logging.getLogger(__name__)

ENGLISH = "en"
LANGUAGES = (ENGLISH, "zh-CN", "zh-HK")
VARIABLES = ("LONGBRIDGE_LANGUAGE", "LONGPORT_LANGUAGE")
"""Variables of the environment that name a language; the first that is set counts."""
MESSAGES, REPLIES = "jupyter_openapi", "replies"
"""The catalogues: all messages, and what the columns of replies mean."""
_WIDE = "\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
_CLOSING = "。，、；：！？）」』”’"  # noqa: RUF001 (Chinese marks)
_ENDS = tuple(".?!。？！")  # noqa: RUF001 (what ends a sentence)
_PARTS = rf"[（「『“‘]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[{_CLOSING}]*\s*|\s+"  # noqa: RUF001
"""What a line is broken between: a Chinese character or a word, with the marks that belong to it.

A pattern, compiled when it is first used: that takes longer than all else of `%load_ext`.
"""
_SPELLINGS: Mapping[str, str] = {
    "zh": "zh-CN",
    "zh-hans": "zh-CN",
    "zh-sg": "zh-CN",
    "zh-my": "zh-CN",
    "zh-hant": "zh-HK",
    "zh-mo": "zh-HK",
    "zh-tw": "zh-HK",
}
_chosen = ""
_environment = ""


# `.tag` is the language of the panel that this thread draws; missing or "" for none.
_speaking = threading.local()


def _spoken() -> str:
    tag: str = getattr(_speaking, "tag", "")
    return tag


def known(tag: str) -> str:
    """Return the language that a tag means, as `LANGUAGES` spells it; "" for one that is not available.

    Case, underscores, regions and encodings do not matter: ``zh_hk.UTF-8`` is ``zh-HK``, ``en_GB`` is ``en``.
    """
    wanted = tag.strip().partition(".")[0].partition("@")[0].replace("_", "-").lower()
    spoken = {each.lower(): each for each in LANGUAGES}
    words = wanted.split("-")
    for size in range(len(words), 0, -1):
        start = "-".join(words[:size])
        if found := spoken.get(start) or _SPELLINGS.get(start):
            return found
    return ""


def spelled(tag: str) -> str:
    """Return a language as `LANGUAGES` spells it; "" for another. Case and underscores do not matter."""
    wanted = tag.strip().replace("_", "-").lower()
    return next((each for each in LANGUAGES if each.lower() == wanted), "")


def checked(tag: str) -> str:
    """Return a language as `LANGUAGES` spells it.

    Raises
    ------
    ValueError
        It is not available; the error says which are.
    """
    found = spelled(tag)
    if not found:
        raise ValueError(
            _("{where} is {languages}, not {given}.").format(
                where="language",
                languages=_(" or ").join(LANGUAGES),
                given=" ".join(tag[:40].split()) or "''",
            )
        )
    return found


def set_language(tag: str | None) -> None:
    """Show messages in this language from now on; None: in that of ``LONGBRIDGE_LANGUAGE``, else English.

    Raises
    ------
    ValueError
        The language is not available.
    """
    global _chosen, _environment  # noqa: PLW0603 (one choice a process)
    _environment = spelled(_variable()[1])
    _chosen = checked(tag) if tag else ""


def chosen() -> str:
    """Return the language that was chosen, by `set_language` or the environment; "" where none was."""
    return _chosen or _environment


def unknown_variable() -> str:
    """Return a sentence if ``LONGBRIDGE_LANGUAGE`` names a language that is not available; else ""."""
    variable, named = _variable()
    if not named or spelled(named):
        return ""
    return _("{variable}={named} is not an available language: set it to {choices}.").format(
        variable=variable, named=named[:40], choices=_list_of_languages()
    )


def _variable() -> tuple[str, str]:
    """Return the variable that names a language, and what it says; "" where none is set."""
    for name in VARIABLES:
        if said := os.environ.get(name, "").strip():
            return name, said
    return VARIABLES[0], ""


def _list_of_languages() -> str:
    return commas(LANGUAGES, _(" or "))


def language() -> str:
    """Return the language that messages are shown in here: en, zh-CN or zh-HK."""
    return _spoken() or _chosen or _environment or ENGLISH


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Show messages in another language inside, in this thread only; "" leaves it as it is."""
    before = _spoken()
    _speaking.tag = known(tag) or before
    try:
        yield
    finally:
        _speaking.tag = before


def _(template: str) -> str:
    """Return the template in the language in use; English where the catalogue lacks it."""
    tag = _spoken() or _chosen or _environment
    return _catalogue(tag).gettext(template) if tag and tag != ENGLISH and template else template


def ngettext(one: str, many: str, count: int) -> str:
    """Return the template that fits a count, in the language in use; `one` and `many` are English."""
    tag = language()
    if tag != ENGLISH:
        return _catalogue(tag).ngettext(one, many, count)
    return one if count == 1 else many


def pgettext(context: str, template: str) -> str:
    """Return a template that means something else elsewhere; `context` says which meaning, such as column."""
    tag = language()
    return _catalogue(tag).pgettext(context, template) if tag != ENGLISH and template else template


def meaning(description: str) -> str:
    """Return what a reply's column means, as the specification says it, in the language in use."""
    tag = language()
    return _catalogue(tag, REPLIES).gettext(description) if tag != ENGLISH and description else description


def commas(words: Iterable[str], last: str = "") -> str:
    """Return words as a list: ``a, b, c``, or with `last` (such as ``_(" or ")``) ``a, b or c``."""
    comma, known = pgettext("list", ", "), list(words)
    return last.join(filter(None, [comma.join(known[:-1]), *known[-1:]])) if last else comma.join(known)


def bracketed(text: str) -> str:
    """Return a text in brackets, to stand behind another: ``" (UTC)"``; nothing for nothing."""
    return _(" ({text})").format(text=text) if text else ""


def ended(text: str) -> str:
    """Return a text as a sentence: with the full stop of the language in use, unless it has an end."""
    return text if not text or text.endswith(_ENDS) else text + _(".")


def N_(template: str) -> str:  # noqa: N802 (gettext's usual name)
    """Return the template itself, which goes into the catalogues: it is translated where it is shown."""
    return template


def text_width(text: str) -> int:
    """Return how many columns of a terminal a text takes: Chinese characters take two."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def padded(text: str, room: int) -> str:
    """Return a text with spaces after it, so that it takes `room` columns of a terminal."""
    return text + " " * (room - text_width(text))


def filled(text: str, width: int, lead: str = "", later: str = "") -> str:
    """Return a text in lines of at most `width` columns of a terminal, as `textwrap.fill` does.

    Chinese text breaks after any character, yet no line begins with a stop or a comma.
    """
    if (lead + later + text).isascii():
        from textwrap import fill

        return fill(
            text,
            width,
            initial_indent=lead,
            subsequent_indent=later,
            break_long_words=False,
            break_on_hyphens=False,
        )
    lines, line = list[str](), lead
    for part in re.findall(_PARTS, text.replace("\n", " ")):
        if text_width(line) + text_width(part.rstrip()) > width and line not in {lead, later}:
            lines.append(line.rstrip())
            line = later
        line += part
    return "\n".join([*lines, line.rstrip()])


def aligned(rows: Iterable[tuple[str, str]], lead: str = "") -> list[str]:
    """Return lines of label and text, the labels in the language in use and all texts at one column."""
    shown = [(_(label), text) for label, text in rows]
    room = max((text_width(label) for label, _text in shown), default=0)
    indent = " " * (len(lead) + room + 2)
    return [f"{lead}{padded(label, room)}  {text}".replace("\n", f"\n{indent}") for label, text in shown]


@cache
def _catalogue(tag: str, domain: str = MESSAGES) -> NullTranslations:
    """Return a language's catalogue; an empty one, and so English, where its file can't be read.

    That of the replies leaves out what stands in the other, and finds it there.
    """
    from gettext import GNUTranslations, NullTranslations
    from importlib.resources import files

    folder = files("jupyter_openapi") / "locale" / tag.replace("-", "_") / "LC_MESSAGES"
    try:
        with folder.joinpath(f"{domain}.mo").open("rb") as file:
            found: NullTranslations = GNUTranslations(file)
    except (OSError, UnicodeDecodeError):
        found = NullTranslations()
    if domain != MESSAGES:
        found.add_fallback(_catalogue(tag))
    return found


def say(text: str, *, warning: bool = False) -> None:
    """Print a line for a person; a line that can't be printed is no failure of what it tells of.

    The order is sent, and the file saved, before it is said. A reader that is gone (``| head``), a full disk
    behind ``>`` or a closed stream must not make it look undone, for then it would be done twice.
    """
    stream = sys.stderr if warning else sys.stdout
    try:
        try:
            print(text, file=stream)
        except UnicodeEncodeError:  # another's stream, which `print_legibly` could not set
            print(text.encode("ascii", LEGIBLY).decode(), file=stream)
    except (OSError, ValueError) as failure:
        log.debug("%s could not be printed: %s", text, failure)


def print_legibly() -> None:
    """Replace characters that the terminal can't show, instead of failing in the middle of a print."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in _UNREADABLE:
            stream.reconfigure(errors=LEGIBLY)


LEGIBLY = "jupyter_openapi.legibly"
_UNREADABLE = frozenset({"strict", "backslashreplace", "surrogateescape"})  # of the C locale: the last
_PLAIN = {"\u2026": "...", "\u00b7": "-", "\u2022": "*", "\u2500": "-", "\u251c": "|", "\u2514": "`"}


def _legibly(failure: UnicodeError) -> tuple[str, int]:
    """Stand in for characters that a stream can't encode."""
    if not isinstance(failure, UnicodeEncodeError):
        raise failure
    found = failure.object[failure.start : failure.end]
    plain = [_PLAIN.get(each) or each.encode("ascii", "backslashreplace").decode() for each in found]
    return "".join(plain), failure.end


codecs.register_error(LEGIBLY, _legibly)
set_language(None)
