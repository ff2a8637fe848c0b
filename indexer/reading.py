"""From files to decoded text: every file is read or refused, none is skipped."""

import codecs
import hashlib
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from charset_normalizer import from_bytes

from archive.documents import Refusal
from archive.errors import ArticlesMissing

ENDING = ".txt"
LARGEST_FILE = 20 * 1024 * 1024

# Which of several code pages that fit equally well is taken, the commonest first.
_COMMON_CODE_PAGES = ("cp1252", "cp1251", "cp1250", "cp1256", "cp1253", "cp1254", "cp1255")


class Reason(StrEnum):
    """Why a file is refused. The codes are stable; the sentences are for people."""

    EMPTY = "empty"
    ONLY_FURNITURE = "only_furniture"
    BINARY = "binary"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    OUTSIDE = "outside_folder"
    FORMAT = "unsupported_format"
    NAME = "unusable_name"


SENTENCES = {
    Reason.EMPTY: "The file holds no text.",
    Reason.ONLY_FURNITURE: "Nothing is left of the file once the site's furniture is out.",
    Reason.BINARY: "The file is not text.",
    Reason.UNREADABLE: "The file cannot be read: {detail}.",
    Reason.TOO_LARGE: "The file has {detail} bytes; the largest that is read has 20 MB.",
    Reason.OUTSIDE: "The link leads out of the articles folder.",
    Reason.FORMAT: "Only .txt files are read.",
    Reason.NAME: "The file's name is not valid Unicode.",
}


def refusal(path: str, reason: Reason, detail: object = "") -> Refusal:
    """The refusal of a file for one of the reasons."""
    return Refusal(path, reason.value, SENTENCES[reason].format(detail=detail))


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One decoded file. `digest` is the SHA-256 of its bytes; a byte order mark is not text."""

    path: str
    text: str
    encoding: str
    digest: str


def read_files(folder: Path) -> Iterator[SourceFile | Refusal]:
    """Every file below the folder, in the order of the paths: decoded, or refused with a reason.

    A folder that cannot be listed is refused as one, before the files.
    Names that begin with a dot are the system's and do not count as found. Links to files inside
    the folder are read; links to folders are not followed. Raises ArticlesMissing.
    """
    if not folder.is_dir():
        raise ArticlesMissing(folder)
    root = folder.resolve()
    closed: list[OSError] = []
    paths = sorted(_found(folder, closed))
    for error in closed:
        path = Path(error.filename).relative_to(folder).as_posix()
        yield refusal(path, Reason.UNREADABLE, (error.strerror or "unknown reason").lower())
    for path in paths:
        yield _read(folder, root, path)


def _found(folder: Path, closed: list[OSError]) -> Iterator[str]:
    """The files below the folder; folders that cannot be listed are told in `closed`."""
    for place, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if Path(place, name).is_symlink()]
        for name in names + links:
            if not name.startswith("."):
                yield Path(place, name).relative_to(folder).as_posix()


def _read(folder: Path, root: Path, path: str) -> SourceFile | Refusal:
    file = folder / path
    try:
        path.encode()
    except UnicodeEncodeError:
        return refusal(path.encode("utf-8", "backslashreplace").decode(), Reason.NAME)
    try:
        if not file.resolve().is_relative_to(root):
            return refusal(path, Reason.OUTSIDE)
        if file.suffix.lower() != ENDING:
            return refusal(path, Reason.FORMAT)
        size = file.stat().st_size
        if size > LARGEST_FILE:
            return refusal(path, Reason.TOO_LARGE, size)
        if not file.is_file():
            return refusal(path, Reason.UNREADABLE, "it is not a regular file")
        content = file.read_bytes()
    except OSError as error:
        return refusal(path, Reason.UNREADABLE, (error.strerror or "unknown reason").lower())
    except RuntimeError:  # a link that leads to itself
        return refusal(path, Reason.UNREADABLE, "the link leads to itself")
    return _decoded(path, content)


def _decoded(path: str, content: bytes) -> SourceFile | Refusal:
    if not content.strip():
        return refusal(path, Reason.EMPTY)
    found = decode(content)
    if found is None:
        return refusal(path, Reason.BINARY)
    text, encoding = found
    if not any(character.isalnum() for character in text):
        return refusal(path, Reason.EMPTY)
    return SourceFile(path, text, encoding, hashlib.sha256(content).hexdigest())


def decode(content: bytes) -> tuple[str, str] | None:
    """The text of a file and the name of its encoding; None for what is not text.

    A byte order mark decides; then UTF-16 where every second byte is zero as in Latin text;
    then UTF-8; then the legacy code page that charset-normalizer finds likeliest.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return _as_text(content, encoding)
    if b"\0" in content:
        return _as_text(content, _utf16_without_mark(content))
    return _as_text(content, "utf-8") or _legacy(content)


def _utf16_without_mark(content: bytes) -> str:
    """Little endian if more odd bytes than even ones are zero, as in Latin text and blanks."""
    return "utf-16-le" if content[1::2].count(0) >= content[::2].count(0) else "utf-16-be"


def _legacy(content: bytes) -> tuple[str, str] | None:
    if any(byte < 32 and byte not in b"\t\n\r\f\x1a\x1b" for byte in content[:4096]):
        return None
    found = from_bytes(content)
    best = found.best()
    if best is None:
        return None
    as_good = [
        one.encoding for one in found if (one.chaos, one.coherence) == (best.chaos, best.coherence)
    ]
    likeliest = [encoding for encoding in _COMMON_CODE_PAGES if encoding in as_good]
    return _as_text(content, (likeliest or as_good)[0])


def _as_text(content: bytes, encoding: str) -> tuple[str, str] | None:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _looks_binary(text) else (text, encoding)


def _looks_binary(text: str) -> bool:
    """More than one character in a hundred is a control or an unassigned code point."""
    strange = (
        character
        for character in set(text)
        if unicodedata.category(character) in ("Cc", "Cn", "Co")
        and character not in "\t\n\r\f\x0b\x85"
    )
    return sum(map(text.count, strange)) * 100 > len(text)
