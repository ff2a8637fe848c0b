"""Files that something happened to, and files that somebody made to do harm."""

import gzip
import random
import zipfile
from collections.abc import Iterator
from io import BytesIO

from made_files import ARTICLE, docx_file, html_page, pdf_file, pdf_lines, rezipped

_TOKENS = (
    b"\0", b"\xff" * 4, b"<", b">", b"&#x110000;", b"]]>", b"<!--", b"<table><tr>", b"<script>",
    b"endobj", b"stream", b"startxref", b"/Length 99999999", b"PK\x03\x04", b"PK\x01\x02",
    b"[" * 99, b"(" * 99, b"\xed\xa0\x80", b"9" * 20, b"-1", b"|" * 50, b"```",
)  # fmt: skip


def seeds() -> dict[str, list[bytes]]:
    """Good files of each format by its ending, small enough to be mutated often."""
    rows = [("Ship", "Port"), ("Aurora", "Riga")]
    inside = "<ul><li>one</li></ul><table><tr><td>a</td><td>b</td></tr></table>"
    plain_pdf = pdf_file(pdf_lines(ARTICLE[0]), pdf_lines(ARTICLE[1]))
    return {
        ".html": [
            html_page(inside=inside).encode(),
            html_page("Пором вийшов із порту Риги тихого ранку. " * 4).encode("cp1251"),
        ],
        ".md": [b"# Title\n\nA *word*.\n\n- item\n\n| a | b |\n|---|---|\n| 1 | 2 |\n" * 3],
        ".docx": [docx_file(*ARTICLE, rows=rows, items=["one"])],
        ".pdf": [_SMALL_PDF, plain_pdf],
        ".txt": ["\n".join(ARTICLE).encode(), "Пором вийшов із порту.".encode("utf-16")],
    }


def mutated(content: bytes, chance: random.Random) -> bytes:
    """A file with a few of its bytes changed, cut, doubled, moved or put in; not empty."""
    told = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 4, 16, 64])):
        at = chance.randrange(len(told)) if told else 0
        length = chance.choice([1, 1, 2, 8, 100])
        way = chance.randrange(6)
        if way == 0 and told:
            told[at] ^= 1 << chance.randrange(8)
        elif way == 1 and len(told) > length:
            del told[at : at + length]
        elif way == 2:
            told[at:at] = told[at : at + length]
        elif way == 3:
            told[at:at] = chance.choice(_TOKENS)
        elif way == 4:
            told[at : at + length] = chance.randbytes(length)
        elif way == 5 and chance.random() < 0.1:
            del told[at:]
    return bytes(told) or b"x"


_SMALL_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/Lang(en)>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 "
    b"5 0 R>>>>>>endobj\n"
    b"4 0 obj<</Length 70>>stream\nBT /F1 12 Tf 72 700 Td "
    b"(The ferry left the port of Riga at noon.) Tj ET\nendstream endobj\n"
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
    b"trailer<</Root 1 0 R/Info<</Title(At sea)/CreationDate(D:20240305)>>>>\n%%EOF\n"
)


# --- Hostile files ----------------------------------------------------------------------------


def hostile() -> Iterator[tuple[str, bytes, str | None]]:
    """(name with its ending, content, the reason it is refused for; None where it is read).

    A "?" stands for any reason, or for being read: only that nothing happens to the others.
    """
    good = docx_file(*ARTICLE)
    body = "word/document.xml"
    with zipfile.ZipFile(BytesIO(good)) as archive:
        xml = archive.read(body)
    yield from _bombs(good, body, xml)
    yield from _entities(good, body, xml)
    yield from _lies(good)
    yield from _pages()
    yield from _documents()


def _bombs(good: bytes, body: str, xml: bytes) -> Iterator[tuple[str, bytes, str | None]]:
    padded = xml.replace(b"</w:body>", b" " * 20_000_000 + b"</w:body>")
    yield "ratio.docx", rezipped(good, {body: padded}), "bomb"
    yield "entry.docx", rezipped(good, {"word/media/a.bin": bytes(51 * 1024 * 1024)}), "bomb"
    many = {f"word/media/{at}.bin": b"x" for at in range(2001)}
    yield "entries.docx", rezipped(good, many), "bomb"
    whole = {f"word/media/{at}.bin": bytes(45 * 1024 * 1024) for at in range(5)}
    yield "whole.docx", rezipped(good, whole), "bomb"
    yield "nested.docx", rezipped(good, {"word/embeddings/a.docx": good}), "nested_archive"
    yield (
        "gzipped.docx",
        rezipped(good, {"word/media/a.png": gzip.compress(b"x")}),
        "nested_archive",
    )
    deep = b"<w:sdt><w:sdtContent>" * 5000 + b"</w:sdtContent></w:sdt>" * 5000
    yield "deep.docx", rezipped(good, {body: xml.replace(b"<w:p>", deep + b"<w:p>", 1)}), "damaged"
    wide = xml.replace(b"</w:body>", b"<w:p/>" * 600_000 + b"</w:body>")
    yield "wide.docx", rezipped(good, {body: wide}), "?"
    yield "cells.docx", docx_file("Words.", rows=[["x"] * 60] * 60), None


def _entities(good: bytes, body: str, xml: bytes) -> Iterator[tuple[str, bytes, str | None]]:
    laughs = '<!DOCTYPE a [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + at)} "{("&" + chr(97 + at) + ";") * 10}">' for at in range(9)
    )
    outer = '<!DOCTYPE a [<!ENTITY a SYSTEM "{}">'
    for name, declared in (
        ("laughs", laughs), ("file", outer.format("file:///etc/passwd")),
        ("web", outer.format("http://127.0.0.1:9/x")),
        ("parameter", '<!DOCTYPE a [<!ENTITY % a SYSTEM "file:///etc/hostname">%a;'),
    ):  # fmt: skip
        start = xml.index(b"<w:document")
        changed = xml[:start] + declared.encode() + b"]>" + xml[start:].replace(b"The ", b"&a;", 1)
        yield f"{name}.docx", rezipped(good, {body: changed}), "declares_entities"
    told = f'<?xml version="1.0" encoding="UTF-16"?>{laughs}]><a>&j;</a>'.encode("utf-16")
    yield "wide-laughs.docx", rezipped(good, {body: told}), "declares_entities"
    core = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    yield "core.docx", rezipped(good, {"docProps/core.xml": core}), "declares_entities"
    page = html_page(*ARTICLE, "&b; &c;").replace("<!DOCTYPE html>", f"{laughs}]>")
    yield "laughs.html", page.encode(), None
    page = html_page(*ARTICLE, "&a;").replace("<!DOCTYPE html>", outer.format("/etc/passwd") + "]>")
    yield "file.html", page.encode(), None
    fetch = html_page(inside='<img src="http://127.0.0.1:9/a"><iframe src="http://127.0.0.1:9/">')
    yield "fetch.html", fetch.encode(), None


def _lies(good: bytes) -> Iterator[tuple[str, bytes, str | None]]:
    at = good.rindex(b"PK\x01\x02")
    small = bytearray(good)
    small[at + 24 : at + 28] = (5).to_bytes(4, "little")
    yield "less.docx", bytes(small), "damaged"
    large = bytearray(good)
    large[at + 24 : at + 28] = (2**32 - 2).to_bytes(4, "little")
    yield "more.docx", bytes(large), "bomb"
    secret = bytearray(good)
    secret[at + 8] |= 1
    yield "secret.docx", bytes(secret), "encrypted"
    yield "ole.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000), "encrypted"
    yield "half.docx", good[: len(good) // 2], "damaged"
    yield "text.docx", b"No archive at all.", "damaged"
    yield "other.docx", rezipped(_zip({"a.txt": b"x"}), {}), "damaged"
    yield "picture.html", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "binary"
    yield "page.pdf", html_page().encode(), "damaged"


def _zip(entries: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def _pages() -> Iterator[tuple[str, bytes, str | None]]:
    words = "The ferry left the port. "
    yield "deep.html", html_page("<div>" * 9).replace("<article>", "<div>" * 50_000).encode(), "?"
    yield "tables.html", html_page(inside="<table><tr><td>" * 3_000 + "x").encode(), "?"
    yield "attributes.html", html_page(attributes='a="b" ' * 100_000).encode(), "?"
    yield (
        "json.html",
        html_page(
            head='<script type="application/ld+json">' + "[" * 200_000 + "</script>"
        ).encode(),
        None,
    )
    yield (
        "script.html",
        html_page(inside=f"<script>while(1){{}}//{words * 9}</script>").encode(),
        None,
    )
    yield "long.html", html_page(words * 40_000).encode(), "?"
    yield "labels.html", html_page(head='<meta charset="zlib_codec">').encode(), None
    yield "deep.md", b"> " * 20_000 + b"words", "?"
    yield "emphasis.md", b"*a **b " * 20_000, "?"
    yield "brackets.md", b"[" * 50_000 + b"a" + b"](" * 20_000, "?"
    yield "quotes.md", ("> - " * 500 + "words\n").encode() * 20, "?"


def _documents() -> Iterator[tuple[str, bytes, str | None]]:
    yield "locked.pdf", _LOCKED_PDF, "encrypted"
    yield "kids.pdf", _SMALL_PDF.replace(b"/Kids[3 0 R]", b"/Kids[2 0 R]"), "?"
    yield "count.pdf", _SMALL_PDF.replace(b"/Count 1", b"/Count 999999999"), "?"
    yield "arrays.pdf", _SMALL_PDF.replace(b"[0 0 595 842]", b"[" * 100_000), "?"
    script = b"/Pages 2 0 R/OpenAction<</S/JavaScript/JS(while\\(1\\){})>>"
    yield "script.pdf", _SMALL_PDF.replace(b"/Pages 2 0 R", script), None
    many = _SMALL_PDF.replace(
        b"/Kids[3 0 R]/Count 1", b"/Kids[" + b"3 0 R " * 2001 + b"]/Count 2001"
    )
    yield "pages.pdf", many, "too_long"
    shown = b"(The ferry left the port of Riga at noon.) Tj " * 20_000
    again = _SMALL_PDF.replace(b"(The ferry left the port of Riga at noon.) Tj ", shown)
    yield "letters.pdf", again.replace(b"/Length 70", b"/Length %d" % (len(shown) + 30)), "?"


# A PDF that asks for a password: the standard handler with keys that no empty password fits.
_LOCKED_PDF = _SMALL_PDF.replace(
    b"trailer<<",
    b"trailer<</ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"
    b"/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -44/O<" + b"ab" * 32 + b">/U<" + b"cd" * 32 +
    b">>>",
)  # fmt: skip
