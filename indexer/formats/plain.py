"""Plain text: which encoding it is in."""

import codecs
import unicodedata
from functools import lru_cache

from charset_normalizer import from_bytes

from indexer.formats.parsed import Parsed
from indexer.refusals import Reason, Refused

# Which of several code pages that fit equally well is taken, the commonest first.
_COMMON_CODE_PAGES = ("cp1252", "cp1251", "cp1250", "cp1256", "cp1253", "cp1254", "cp1255")


def parse(content: bytes) -> Parsed:
    """The text of a file, as it stands. Raises Refused for what is not text."""
    found = decode(content)
    if found is None:
        raise Refused(Reason.BINARY)
    return Parsed(*found)


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
    return sum(map(text.count, filter(_is_strange, set(text)))) * 100 > len(text)


@lru_cache(maxsize=4096)
def _is_strange(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind in ("Cc", "Cn", "Co") and character not in "\t\n\r\f\x0b\x85"
