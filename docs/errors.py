"""Write docs/reference/errors.md from the known error codes.

python docs/errors.py            write the page
python docs/errors.py --check    exit 1 if the page is not what would be written (for `make lint`)
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "errors.md"
sys.path.insert(0, str(ROOT))

from jupyter_openapi.spec.codes import OF, ErrorCode, error_codes, error_texts  # noqa: E402

HEAD = """# Errors by code

The codes that the broker's API answers with, and what to do next. An error shows the same sentence, and
`%openapi help CODE` shows it again. Generated from `jupyter_openapi/spec/codes.json` by
`python docs/errors.py`. The broker publishes no list of its trade codes: the source of each is named.

"""
GROUPS = (
    ("Login, signature and limits", lambda code: 400_000 <= code < 600_000),
    ("Quotes", lambda code: 300_000 <= code < 400_000 or code == 2_601_500),
    ("Orders", lambda code: 602_000 <= code < 603_000),
    ("News and topics", lambda code: code == 1_901_107),
)
TAIL = """
## Messages that say more than their code

{texts}
## Quotas that are easily met

| what | how much |
|---|---|
| trade and asset calls | 30 in 30 seconds and 20 ms apart, for each account |
| quote calls | 10 a second, 5 at once, for each app key |
| `history_candlesticks` | 60 calls in 30 seconds |
| securities with history a month, with an open account | 100 |
| with assets of HKD 10,000 | 400 |
| with assets of HKD 80,000 | 600 |
| with assets of HKD 400,000, or over 160 trades a month | 1000 |
| with assets of HKD 4 million, or over 1,600 trades a month | 2000 |
| with assets of HKD 6 million, or over 2,500 trades a month | 3000 |
| symbols in one quote call | 500 |
| subscribed securities | 500 |

## How far back bars go

| market | day, week, month, year | minutes |
|---|---|---|
| Hong Kong | 2004-06-01 | 2022-09-28 |
| United States | 2010-06-01 | 2023-12-04 |
| Mainland China (A shares) | 1999-11-01 | 2022-08-25 |
| US options | none | none |

## What a paper account cannot do

It trades Hong Kong and US stocks and ETFs, and Hong Kong warrants; US stocks may be sold short. It takes no
orders before or after regular hours, no options, no OTC stocks, no attached orders and no grids, and Day
orders only. Its quotes are those of the app key's own packages. Its money cannot be reset through the API.
"""


def page() -> str:
    """Return the whole page."""
    known = error_codes()
    parts = [HEAD]
    for title, belongs in GROUPS:
        parts.append(f"## {title}\n\n")
        parts += [section(each) for code, each in known.items() if belongs(code)]
    texts = "| message | what it means | what to do |\n|---|---|---|\n" + "".join(
        f"| {', '.join(each.contains)} | {each.meaning} | {advice(each)} |\n" for each in error_texts()
    )
    return "".join(parts).rstrip("\n") + "\n" + TAIL.format(texts=texts)


def advice(error: ErrorCode) -> str:
    """Return what to do, and what in the cases that the error's own sentence tells apart."""
    cases = [f"{OF[case]}: {text[0].lower()}{text[1:]}" for case, text in error.cases.items()]
    return " ".join([error.advice, *cases])


def section(error: ErrorCode) -> str:
    """Return what is known of one code, under a heading that the search finds."""
    http = f"HTTP {error.http}. " if error.http else ""
    return (
        f"(error-{error.code})=\n### {error.code}\n\n"
        f"{error.meaning}\n\n**What to do.** {advice(error)}\n\n*{http}Source: {error.source}.*\n\n"
    )


def main(arguments: list[str]) -> int:
    """Write the page, or check it."""
    text = page()
    if "--check" in arguments:
        if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{PAGE.relative_to(ROOT)} is stale: run python docs/errors.py", file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
