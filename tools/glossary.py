"""What is wrong with a Chinese text besides its fields: another word than the glossary's, or its marks.

The glossary is `jupyter_openapi/locale/README.md`: the last two columns of its table say what is never
written in `zh_CN` and in `zh_HK`. `tools/catalogs.py --check` looks at every translation,
`tests/test_chinese.py` at the pages in Chinese too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "jupyter_openapi" / "locale" / "README.md"
CODECS = {"zh_CN": "gb2312", "zh_HK": "big5"}
"""Encodings that hold a language's own characters, and not the other's."""
ALIKE = frozenset(
    {
        "day",  # an axis of the calendar; a date
        "day, gtc or gtd",  # values of two spellings
        "live",  # a kind of account; a stream that goes on
        "nothing",  # in a sentence; in a list
        "paper",  # with the word account, and before it
        "symbol",  # the title of a column is shorter
    }
)
"""English texts that mean two things, or stand where a shorter word is needed."""
_CJK = "\u3400-\u9fff"
_CODE = re.compile(r"`[^`]*`|\{\{.*?\}\}|https?://\S+|[\w.]+\([^()\u3400-\u9fff]*\)")
_FIELD = re.compile(r"\{[^{}]*\}")
_MARKS = "\uff0c\u3002\uff1b\uff1a\u3001\uff01\uff1f"  # , . ; : enumeration comma ! ?
_OPEN, _SHUT = "\uff08\u300c\u201c", "\uff09\u300d\u201d"  # ( and quotes
RULES = {
    "half-width punctuation beside Chinese": re.compile(
        rf"[{_CJK}][,;!?()]|[,;!?(][{_CJK}]|\)[{_CJK}]|[{_CJK}]:(?!\w)|:[{_CJK}]"
    ),
    "no space between Chinese and Latin": re.compile(rf"[{_CJK}][A-Za-z0-9]|[A-Za-z0-9%][{_CJK}]"),
    "a space beside a full-width mark": re.compile(
        rf"[{_MARKS}{_OPEN}{_SHUT}] (?![ \u00b7]|$)|(?<=\S) [{_MARKS}{_OPEN}{_SHUT}]"
    ),
    "two marks in a row": re.compile(rf"[{_MARKS}]{{2}}"),
}
_QUOTES = {"zh_CN": re.compile("[\u300c\u300d]"), "zh_HK": re.compile("[\u201c\u201d]")}
_MONTH = re.compile(r"\A\d+\u6708\Z")  # 4 and the word for month, in the narrow cells of a calendar


@cache
def forbidden(language: str) -> Mapping[str, re.Pattern[str]]:
    """Return what the glossary never writes in a language, by the English of its row."""
    found: dict[str, re.Pattern[str]] = {}
    for line in README.read_text(encoding="utf-8").splitlines():
        cells = [each.strip().replace(r"\|", "|") for each in re.split(r"(?<!\\)\|", line)]
        if len(cells) != 7 or cells[1] in {"English", "---"}:  # the table's lines begin and end with a bar
            continue
        never = [each for each in cells[4 + tuple(CODECS).index(language)].split("\u3001") if each]
        if never:
            found[cells[1]] = re.compile("|".join(never))
    return found


def text_wrongs(language: str, text: str) -> Iterator[str]:
    """Yield what is wrong with a text in `zh_CN` or `zh_HK`; what is typed and the fields are left out."""
    plain = _FIELD.sub("\ue000", _CODE.sub("\ue001", text))
    for row, pattern in forbidden(language).items():
        if match := pattern.search(plain):
            yield f"{match[0]!r} is not the glossary's word for {row}"
    if not _MONTH.match(plain):
        for name, pattern in RULES.items():
            if match := pattern.search(plain.strip()):
                yield f"{name}: {match[0]!r}"
    if match := _QUOTES[language].search(plain):
        yield f"the other script's quotation mark: {match[0]!r}"
    for sign in dict.fromkeys(re.findall(f"[{_CJK}]", plain)):
        try:
            sign.encode(CODECS[language])
        except UnicodeEncodeError:
            yield f"a character of the other script: {sign!r}"


def uneven(translations: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Yield English texts that are translated in several ways, from (context, English, translation)."""
    found: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for context, english, text in translations:
        found[context, english.casefold().strip().rstrip(".")][text.strip().rstrip("\u3002")] = None
    for (_context, english), texts in found.items():
        if len(texts) > 1 and english not in ALIKE:
            yield f"{english!r} is translated as {' and '.join(map(repr, texts))}"
