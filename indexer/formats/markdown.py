"""Markdown (CommonMark, and tables as GitHub writes them): its words without the marks.

Offsets "into the file" are offsets into the text that is made from it: a paragraph, a heading, an
item of a list and a row of a table each a line.
"""

import re
from itertools import pairwise

from lxml import etree
from lxml.html import HTMLParser, fragment_fromstring
from markdown_it import MarkdownIt
from markdown_it.token import Token

from archive.documents import DateBasis
from indexer.formats import plain
from indexer.formats.parsed import (
    Parsed,
    Stated,
    as_address,
    as_day,
    as_language,
    as_line,
    as_title,
)

_FRONT = re.compile(r"\A---[ \t]*\r?\n(.{0,10000}?)^---[ \t]*\r?\n?", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"^(\w+)[ \t]*:[ \t]*[\"']?(.*?)[\"']?[ \t]*$", re.MULTILINE)


def parse(content: bytes) -> Parsed:
    """The text of a file, and what its front matter states. Raises Refused for what is not text."""
    source = plain.parse(content)
    front = _FRONT.match(source.text)
    fields = {name.lower(): value for name, value in _FIELD.findall(front[1])} if front else {}
    tokens = _PARSER.parse(source.text[front.end() if front else 0 :])
    day = as_day(fields.get("date") or fields.get("published"))
    stated = Stated(
        as_title(fields.get("title")) or _first_heading(tokens),
        as_language(fields.get("lang") or fields.get("language")),
        day,
        DateBasis.STATED if day else DateBasis.UNKNOWN,
        as_address(fields.get("canonical") or fields.get("url")),
    )
    return Parsed("\n".join(_lines(tokens)), source.encoding, stated)


_PARSER = MarkdownIt("commonmark").enable("table")


def _first_heading(tokens: list[Token]) -> str:
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h1":
            return as_title(_inline(inline))
    return ""


def _lines(tokens: list[Token]) -> list[str]:
    lines: list[str] = []
    cells: list[str] | None = None
    mark = ""
    for token in tokens:
        if token.type == "list_item_open":
            mark = "- "
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and cells:
            lines.append(" | ".join(cells))
            cells = None
        elif token.type in ("inline", "fence", "code_block", "html_block"):
            told = [as_line(line) for line in _words(token).splitlines()]
            told = [line for line in told if line]
            if cells is not None:
                cells += told
            elif told:
                lines += [mark + told[0], *told[1:]]
                mark = ""
    return lines


def _words(token: Token) -> str:
    if token.type == "inline":
        return _inline(token)
    return _without_tags(token.content) if token.type == "html_block" else token.content


def _inline(token: Token) -> str:
    """The words of a paragraph: a line end within it is a blank, one that is forced a line end."""
    parts = []
    for child in token.children or []:
        if child.type in ("text", "code_inline", "image"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" " if child.type == "softbreak" else "\n")
    return "".join(parts)


def _without_tags(markup: str) -> str:
    try:
        tree = fragment_fromstring(
            markup, create_parent="div", parser=HTMLParser(remove_comments=True, no_network=True)
        )
    except etree.LxmlError:
        return ""
    etree.strip_elements(tree, "script", "style", with_tail=False)
    return "\n".join(tree.itertext())
