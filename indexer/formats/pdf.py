"""PDF, read by PDFium: paragraphs put together again from the lines of the pages.

A page holds letters at places. Lines of one height that follow closely are a paragraph, unless the
first word of the next would have had room on the line before; words that stand far apart on a line
are cells of a row. Offsets "into the file" are offsets into the text that is made so; `pages` tells
where each page begins in it. What is an image of text is not read.
"""

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from archive.documents import DateBasis
from indexer.formats.parsed import LONGEST_TEXT, Parsed, Stated, as_day, as_language, as_title
from indexer.refusals import Reason, Refused

MOST_PAGES = 2_000
# In heights of a line: how far apart cells are, and lines of two paragraphs; how much a height may
# differ within one, and how ragged its right edge is.
_CELL_APART = 1.5
_LINES_APART = 1.8
_SAME_HEIGHT = 0.2
_RAGGED = 0.5
_BULLET = re.compile(r"\s*(?:[•▪‣◦●■–—*·-]|\(?\d{1,2}[.)])\s")
_SENTENCE_END = re.compile(r"[.!?…:;\"»”)\]]$")
_HYPHEN = "\x02"
_FILE_NAME = re.compile(r"\.\w{2,4}$|^Microsoft |^untitled|^document\d*$|^\S*[\\/_]\S*$", re.I)
_EDGE, _LEAST_REPEATED = 2, 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page, and where it stands, in points from the lower left corner.

    cut: whether its last word goes on with the next line, after a hyphen that is left out here.
    """

    text: str
    left: float
    right: float
    bottom: float
    height: float
    cut: bool = False


def parse(content: bytes) -> Parsed:
    """The text of a document, where its pages begin, and what it states. Raises Refused."""
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        secret = "password" in str(error).lower()
        raise Refused(Reason.ENCRYPTED if secret else Reason.DAMAGED) from error
    if len(document) > MOST_PAGES:
        raise Refused(Reason.TOO_LONG)
    pages: list[list[Line]] = []
    length = 0
    for number in range(len(document)):
        pages.append(_page(document, number))
        length += sum(len(line.text) for line in pages[-1])
        if length > LONGEST_TEXT:
            raise Refused(Reason.TOO_LONG)
    text, starts = put_together(without_repeated(pages))
    told = document.get_metadata_dict()
    title = as_title(told["Title"])
    day = as_day(told["CreationDate"].removeprefix("D:"))
    return Parsed(
        text,
        "utf-8",
        Stated(
            "" if _FILE_NAME.search(title) else title,
            as_language(_language(document)),
            day,
            DateBasis.PROPERTIES if day else DateBasis.UNKNOWN,
            pages=starts,
        ),
    )


def _language(document: pypdfium2.PdfDocument) -> str:
    letters = (ctypes.c_ushort * 64)()
    size = pdfium.FPDFCatalog_GetLanguage(document, letters, ctypes.sizeof(letters))
    return "".join(map(chr, letters[: max(0, min(size, ctypes.sizeof(letters)) // 2 - 1)]))


# --- Lines ------------------------------------------------------------------------------------


def _page(document: pypdfium2.PdfDocument, number: int) -> list[Line]:
    """The lines of a page in the order that PDFium reads them; none of one that is broken."""
    try:
        page = document[number]
        letters = page.get_textpage()
    except pypdfium2.PdfiumError:
        return []
    try:
        return list(_lines_of(letters))
    finally:
        letters.close()
        page.close()


def _lines_of(letters: pypdfium2.PdfTextPage) -> Iterator[Line]:
    places: list[int] = []
    for place in range(letters.count_chars()):
        code = pdfium.FPDFText_GetUnicode(letters, place)
        ended = code in (0x0A, 0x0D)
        hyphen = code == 2 or pdfium.FPDFText_IsHyphen(letters, place) == 1
        if not ended and not hyphen:
            places.append(place)
        elif places:
            yield from _line(letters, places, cut=hyphen)
            places = []
    if places:
        yield from _line(letters, places, cut=False)


def _line(letters: pypdfium2.PdfTextPage, places: Sequence[int], *, cut: bool) -> Iterator[Line]:
    codes = [pdfium.FPDFText_GetUnicode(letters, place) for place in places]
    seen = [place for place, code in zip(places, codes, strict=True) if not chr(code).isspace()]
    if not seen:
        return
    left, bottom, _, top = letters.get_charbox(seen[0], loose=True)
    height = max(top - bottom, 1.0)
    right = letters.get_charbox(seen[-1], loose=True)[2]
    parts: list[str] = []
    for at, code in enumerate(codes):
        blank = chr(code).isspace()
        if blank and 0 < at < len(codes) - 1 and _gap(letters, places, at) > _CELL_APART * height:
            parts.append(" | ")
        elif code and code not in (0xFFFE, 0xFFFF):
            parts.append(" " if blank else chr(code))
    joined = "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = re.sub(r"(?:\| +)+\|", "|", " ".join(joined.split())).strip("| ")
    if text:
        yield Line(text, left, right, bottom, height, cut)


def _gap(letters: pypdfium2.PdfTextPage, places: Sequence[int], at: int) -> float:
    """How far apart the letters around a blank stand."""
    before = letters.get_charbox(places[at - 1], loose=True)[2]
    return float(letters.get_charbox(places[at + 1], loose=True)[0] - before)


# --- Paragraphs -------------------------------------------------------------------------------


def without_repeated(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The pages without the lines at their edges that most of them have: headers, page numbers."""

    def key(line: Line) -> str:
        return re.sub(r"\d+", "0", line.text)

    def edge(page: Sequence[Line]) -> set[int]:
        return {*range(min(_EDGE, len(page))), *range(max(0, len(page) - _EDGE), len(page))}

    counts = Counter(told for page in pages for told in {key(page[at]) for at in edge(page)})
    least = max(_LEAST_REPEATED, len(pages) / 2)
    return [
        [line for at, line in enumerate(page) if at not in edge(page) or counts[key(line)] < least]
        for page in pages
    ]


def put_together(pages: Sequence[Sequence[Line]]) -> tuple[str, tuple[int, ...]]:
    """The pages as one text, a paragraph a line, and where each page begins in it."""
    hyphened = {
        word for page in pages for line in page for word in re.findall(r"\w+-\w+", line.text)
    }
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    before: Line | None = None
    edges: dict[int, float] = {}
    for page in pages:
        starts.append(length + 1 if before else 0)
        first = True
        edges = _right_edges(page)
        for line in page:
            between = "\n"
            if before is None:
                between = ""
            elif before.cut:
                word = f"{before.text.split()[-1]}-{line.text.split()[0]}"
                between = "-" if re.sub(r"^\W+|\W+$", "", word) in hyphened else ""
            elif _goes_on(before, line, edges, first):
                between = " "
            if first:
                starts[-1] = length + len(between)
            parts += [between, line.text]
            length += len(between) + len(line.text)
            before, first = line, False
    return "".join(parts), tuple(min(start, length) for start in starts)


def _right_edges(page: Sequence[Line]) -> dict[int, float]:
    """How far lines that begin at about one place reach, by that place."""
    edges: dict[int, float] = {}
    for line in page:
        column = _column(line)
        edges[column] = max(edges.get(column, 0.0), line.right)
    return edges


def _column(line: Line) -> int:
    return round(line.left / 36)


def _goes_on(before: Line, line: Line, edges: dict[int, float], first: bool) -> bool:
    """Whether a line goes on with the paragraph of the one before."""
    if _BULLET.match(line.text) or " | " in before.text or " | " in line.text:
        return False
    if abs(before.height - line.height) > _SAME_HEIGHT * before.height:
        return False
    down = before.bottom - line.bottom
    if first or down <= 0:  # another page or column
        return not _SENTENCE_END.search(before.text) and line.text[0].islower()
    if line.text[0].islower() and not _SENTENCE_END.search(before.text):
        return down <= _LINES_APART * before.height
    word = line.text.split()[0]
    room = max(edges.get(_column(line), 0.0), edges.get(_column(before), 0.0)) - before.right
    needed = (line.right - line.left) * (len(word) + 1) / len(line.text)
    return down <= _LINES_APART * before.height and room < needed + _RAGGED * before.height
