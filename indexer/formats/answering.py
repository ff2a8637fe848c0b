"""What the child process answers to a file, with the parser of its format."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import BinaryIO

from indexer.formats import docx, feed, html, markdown, pdf, sitemap
from indexer.formats.parsed import FEED, LONGEST_TEXT, SITEMAP, Parsed
from indexer.refusals import Reason, Refused

FORMATS: dict[str, Callable[[bytes], Parsed | list[Parsed]]] = {
    ".md": markdown.parse, ".html": html.parse, ".htm": html.parse, ".pdf": pdf.parse,
    ".docx": docx.parse, FEED: feed.parse, SITEMAP: sitemap.parse,
}  # fmt: skip


def answered(header: bytes, files: BinaryIO) -> tuple[bytes, bool]:
    """The answer to a file as a line, and whether the process is still good for another file."""
    told = json.loads(header)
    answer = _answer(FORMATS[told["ending"]], files.read(told["size"]))
    going = answer.get("reason") != Reason.TOO_MUCH_MEMORY
    return json.dumps(answer, default=str).encode() + b"\n", going


def _answer(parse: Callable[[bytes], Parsed | list[Parsed]], content: bytes) -> dict[str, object]:
    try:
        parsed = parse(content)
        articles = [parsed] if isinstance(parsed, Parsed) else parsed
        if sum(len(one.text) for one in articles) > LONGEST_TEXT:
            raise Refused(Reason.TOO_LONG)
        return {"articles": [asdict(one) for one in articles]}
    except Refused as refused:
        return {"reason": refused.reason.value, "detail": refused.detail}
    except MemoryError:
        return {"reason": Reason.TOO_MUCH_MEMORY.value, "detail": ""}
    except Exception:  # what a parser raises at a file that nobody foresaw
        return {"reason": Reason.DAMAGED.value, "detail": ""}
