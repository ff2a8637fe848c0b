"""Files of each format, made for one test in our own words."""

import ctypes
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import docx
import matplotlib
import pypdfium2
import pypdfium2.raw as pdfium

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
ARTICLE = (
    "The ferry <Aurora> left the port of Riga on a calm morning with ninety passengers aboard, "
    "most of them teachers on their way to a meeting.",
    "Her captain said that the crossing would take six hours, and that the weather was not "
    "expected to change before the evening.",
    "Two tugs waited outside the harbour because the channel had been narrowed by last winter's "
    "ice, which the port authority is still clearing away.",
)


def html_page(
    *paragraphs: str, head: str = "", inside: str = "", attributes: str = "", title: str = "Ferry"
) -> str:
    """A page with a menu, an article and a footer; `inside` is markup within the article."""
    told = "".join(f"<p>{one.replace('<', '&lt;')}</p>" for one in paragraphs or ARTICLE)
    return (
        f"<!DOCTYPE html><html {attributes}><head><title>{title}</title>{head}</head><body>"
        '<nav><ul><li><a href="/a">Harbour news</a></li><li><a href="/b">Timetables</a></li></ul>'
        f"</nav><main><article><h1>{title}</h1>{told}{inside}</article></main>"
        "<footer><p>All rights belong to the port.</p></footer></body></html>"
    )


def docx_file(
    *paragraphs: str,
    rows: Sequence[Sequence[str]] = (),
    items: Sequence[str] = (),
    properties: Mapping[str, object] | None = None,
) -> bytes:
    """A Word document: paragraphs, then a list, then a table."""
    made = docx.Document()
    for paragraph in paragraphs or ARTICLE:
        made.add_paragraph(paragraph)
    for item in items:
        made.add_paragraph(item, style="List Bullet")
    if rows:
        table = made.add_table(rows=0, cols=len(rows[0]))
        for row in rows:
            for cell, words in zip(table.add_row().cells, row, strict=True):
                cell.text = words
    for name, value in (properties or {}).items():
        setattr(made.core_properties, name, value)
    file = BytesIO()
    made.save(file)
    return file.getvalue()


def pdf_file(*pages: Sequence[tuple[float, float, str]]) -> bytes:
    """A PDF of A4 pages; of each, lines of 12 points as (left, height on the page, words)."""
    made = pypdfium2.PdfDocument.new()
    data = FONT.read_bytes()
    letters = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
    font = pdfium.FPDFText_LoadFont(made, letters, len(data), pdfium.FPDF_FONT_TRUETYPE, True)
    for lines in pages:
        page = made.new_page(595, 842)
        for left, height, words in lines:
            line = pdfium.FPDFPageObj_CreateTextObj(made, font, 12)
            text = (ctypes.c_ushort * (len(words) + 1))(*map(ord, words))
            pdfium.FPDFText_SetText(line, text)
            pdfium.FPDFPageObj_Transform(line, 1, 0, 0, 1, left, height)
            pdfium.FPDFPage_InsertObject(page, line)
        page.gen_content()
    file = BytesIO()
    made.save(file)
    made.close()
    return file.getvalue()


def pdf_lines(text: str, top: float = 780, width: int = 60) -> list[tuple[float, float, str]]:
    """A paragraph as the lines of a page: as many words on each as have room."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [(72, top - 14 * at, line) for at, line in enumerate(lines)]


def rezipped(content: bytes, changed: Mapping[str, bytes]) -> bytes:
    """A zip archive with entries replaced or added."""
    file = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as before,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        held = {name: before.read(name) for name in before.namelist()}
        for name, told in (held | dict(changed)).items():
            after.writestr(name, told)
    return file.getvalue()
