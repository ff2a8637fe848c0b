"""What of saved web pages is read: the article, its title and its date.

    python -m evaluation.formats FOLDER...

FOLDER holds `pages.jsonl`: `html` (a gzipped page), `date`, and of some sets `title`, and segments
of text that belong to the article (`with`) and that do not (`without`). A segment is kept where the
text holds it, blanks folded. A title or a date is right where it is the one given; of a page
without a date, none is. What the method was tried on and what it was not are told apart: half of
the pages by the SHA-256 of their `_id`.
"""

import gzip
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path

from indexer.formats import html
from indexer.formats.parsed import Parsed, as_line


def tried(page: str) -> bool:
    """Whether the method may be tried on a page; its figures are those of the others."""
    return hashlib.sha256(page.encode()).digest()[0] % 2 == 0


def score(page: dict[str, object], parsed: Parsed) -> Counter[str]:
    """What there is to find on a page, and what was found: counts by figure, "right" after it."""
    counts = Counter[str]()
    text = as_line(parsed.text)

    def count(figure: str, right: bool) -> None:
        counts[figure] += 1
        counts[f"{figure} right"] += right

    for segment in _segments(page, "with"):
        count("kept", as_line(segment) in text)
    for segment in _segments(page, "without"):
        count("left out", as_line(segment) not in text)
    if page.get("title"):
        count("title", parsed.stated.title == as_line(str(page["title"])))
    day = page["date"] if isinstance(page.get("date"), str) else None
    if day or "with" not in page:
        published = parsed.stated.published
        count("date", (published.isoformat() if published else None) == day)
    return counts


def _segments(page: dict[str, object], name: str) -> list[str]:
    told = page.get(name)
    return [str(one) for one in told] if isinstance(told, list) else []


def main() -> None:
    for folder in map(Path, sys.argv[1:]):
        counts = {"tried on": Counter[str](), "not tried on": Counter[str]()}
        for line in (folder / "pages.jsonl").read_text(encoding="utf-8").splitlines():
            page = json.loads(line)
            with gzip.open(folder / page["html"]) as file:
                parsed = html.parse(file.read())
            counts["tried on" if tried(page["_id"]) else "not tried on"] += score(page, parsed)
        counts["all"] = counts["tried on"] + counts["not tried on"]
        for half, told in counts.items():
            figures = [
                f"{name} {told[f'{name} right'] / told[name]:.1%} of {told[name]}"
                for name in ("kept", "left out", "title", "date")
                if told[name]
            ]
            print(f"{folder.name}, {half}: {', '.join(figures)}", flush=True)


if __name__ == "__main__":
    main()
