"""Word documents (Office Open XML), opened by python-docx once the archive they are is looked over.

Offsets "into the file" are offsets into the text that is made from it: a paragraph, an item of a
list and a row of a table each a line. Headers, footers, footnotes, comments and what is marked as
deleted are left out.
"""

import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO

import docx
from docx.document import Document
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from lxml import etree

from archive.documents import DateBasis
from indexer.formats.parsed import Parsed, Stated, as_day, as_language, as_line, as_title
from indexer.refusals import Reason, Refused
from indexer.zipped import refuse_packing

MOST_ENTRIES = 2_000
LARGEST_ENTRY = 50 * 1024 * 1024
LARGEST_WHOLE = 200 * 1024 * 1024
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")
_OLE = b"\xd0\xcf\x11\xe0"  # what Word wraps an encrypted document in
_DECLARATIONS = [
    word.encode(encoding)
    for word in ("<!DOCTYPE", "<!ENTITY")
    for encoding in ("utf-8", "utf-16-le", "utf-16-be")
]
_REWORKED = timedelta(days=366)


def parse(content: bytes) -> Parsed:
    """The text of a document and what its properties state. Raises Refused."""
    look_over(content)
    try:
        document = docx.Document(BytesIO(content))
        text = "\n".join(_lines(document.element.body))
        return Parsed(text, "utf-8", _stated(document))
    except (OpcError, KeyError, ValueError, AttributeError, TypeError, etree.LxmlError) as error:
        raise Refused(Reason.DAMAGED) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise Refused(Reason.DAMAGED) from error


def look_over(content: bytes) -> None:
    """Refuse an archive that is no document, before anything of it is parsed.

    At most MOST_ENTRIES entries, LARGEST_ENTRY bytes in each and LARGEST_WHOLE in all, none of more
    than 1 MB that is packed MOST_RATIO to one; none encrypted, none itself an archive, no part that
    declares a document type or entities. Raises Refused.
    """
    if content.startswith(_OLE):
        raise Refused(Reason.ENCRYPTED)
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = archive.infolist()
            _measure(entries)
            for entry in entries:
                _look_into(archive, entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise Refused(Reason.DAMAGED) from error
    except (NotImplementedError, RuntimeError) as error:  # a way of packing nobody uses
        raise Refused(Reason.DAMAGED) from error


def _measure(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_ENTRIES:
        raise Refused(Reason.BOMB, f"{len(entries)} entries")
    whole = sum(entry.file_size for entry in entries)
    largest = max((entry.file_size for entry in entries), default=0)
    if largest > LARGEST_ENTRY or whole > LARGEST_WHOLE:
        raise Refused(Reason.BOMB, f"{whole} bytes, {largest} of them in one entry")
    for entry in entries:
        refuse_packing(entry)


def _look_into(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Its sizes are those it is read by: an entry that unpacks to more than it says is damaged."""
    xml = entry.filename.lower().endswith((".xml", ".rels"))
    with archive.open(entry) as file:
        start = file.read(-1 if xml else 8)
    if start.startswith(_ARCHIVES):
        raise Refused(Reason.NESTED)
    if xml and any(one in start for one in _DECLARATIONS):
        raise Refused(Reason.ENTITIES)


# --- Text -------------------------------------------------------------------------------------

_PARAGRAPH, _TABLE, _ROW, _CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
_TEXT, _TAB, _BREAKS = qn("w:t"), qn("w:tab"), (qn("w:br"), qn("w:cr"))
_LIST = qn("w:numPr")
_PROPERTIES = qn("w:pPr")
# What is not read: deleted and moved-away words, and a drawing's second telling for old readers.
_SKIPPED = (
    qn("w:del"), qn("w:moveFrom"), "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
    "Fallback",
)  # fmt: skip


def _lines(body: etree._Element) -> Iterator[str]:
    """The lines of a document, by one pass over its elements in order."""
    parts: list[str] = []
    rows: list[list[str]] = []  # a row for each table that is open, the innermost last
    skipped = 0
    for event, element in etree.iterwalk(body, events=("start", "end")):
        tag = element.tag
        if tag in _SKIPPED:
            skipped += 1 if event == "start" else -1
        elif skipped:
            continue
        elif event == "start":
            if tag == _ROW:
                rows.append([])
            elif tag == _CELL and rows:
                rows[-1].append("")
            elif tag == _TEXT:
                parts.append(element.text or "")
            elif tag == _TAB and element.getparent().tag != qn("w:tabs"):
                parts.append("\t")
            elif tag in _BREAKS:
                parts.append("\n")
        elif tag == _PARAGRAPH:
            told = [line for line in map(as_line, "".join(parts).split("\n")) if line]
            parts.clear()
            if rows and rows[-1]:
                rows[-1][-1] = " ".join(filter(None, [rows[-1][-1], *told]))
            else:
                yield from _marked(element, told)
        elif tag == _ROW:
            line = " | ".join(filter(None, rows.pop()))
            if line and rows and rows[-1]:
                rows[-1][-1] = " ".join(filter(None, [rows[-1][-1], line]))
            elif line:
                yield line


def _marked(paragraph: etree._Element, lines: list[str]) -> list[str]:
    """The lines of a paragraph; an item of a list is marked as one."""
    properties = paragraph.find(_PROPERTIES)
    style = properties.find(qn("w:pStyle")) if properties is not None else None
    name = style.get(qn("w:val")) or "" if style is not None else ""
    listed = properties is not None and properties.find(_LIST) is not None
    if lines and (listed or name.startswith("List")) and not name.startswith("Heading"):
        return [f"- {lines[0]}", *lines[1:]]
    return lines


# --- Properties -------------------------------------------------------------------------------


def _stated(document: Document) -> Stated:
    """What the core properties state; the day of a template that was reworked later is none."""
    told = document.core_properties
    title = as_title(told.title)
    if not title or title == _TEMPLATE_TITLE:
        title = _title_paragraph(document)
    day = as_day(told.created.isoformat()) if told.created else None
    last = told.modified.date() if told.modified else None
    if day is None or told.comments == _TEMPLATE_COMMENT or _reworked(day, last):
        return Stated(title, as_language(told.language))
    return Stated(title, as_language(told.language), day, DateBasis.PROPERTIES)


_TEMPLATE_TITLE = "Word Document"
_TEMPLATE_COMMENT = "generated by python-docx"  # its template was made on a day in 2013


def _reworked(day: date, last: date | None) -> bool:
    return last is not None and last - day > _REWORKED


def _title_paragraph(document: Document) -> str:
    for paragraph in document.paragraphs[:20]:
        style = paragraph.style
        if style is not None and style.style_id == "Title" and as_title(paragraph.text):
            return as_title(paragraph.text)
    return ""
