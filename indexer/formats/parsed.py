"""What a format gives of a file: its text, and what it states beside the text."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from archive.documents import DateBasis

FEED, SITEMAP = ".xml", ".sitemap"
LONGEST_TEXT = 5_000_000
_LONGEST_STATED = 500
_LONGEST_ADDRESS = 2_000
_FIRST_DAY = date(1900, 1, 1)
_LANGUAGE = re.compile(r"([A-Za-z]{2})(?:[-_][A-Za-z0-9-]*)?")
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\^`{|}\x00-\x20]+", re.IGNORECASE)
_ISO_DAY = re.compile(r"\s*(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file states of itself beside its text; what it does not state is empty.

    language: ISO 639-1. address: the page's canonical one, http or https.
    pages: where each page of it begins in the text, in characters from 0 on; () for formats
    without pages.
    """

    title: str = ""
    language: str = ""
    published: date | None = None
    date_basis: DateBasis = DateBasis.UNKNOWN
    address: str = ""
    pages: tuple[int, ...] = ()


NOTHING = Stated()


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file as its format gives it. Of a format with markup, `text` is made from it: a paragraph,
    a list's item or a table's row is a line, and " | " stands between the cells of a row.
    """

    text: str
    encoding: str
    stated: Stated = NOTHING


def as_line(text: str | None) -> str:
    """A text as one line, its blanks folded."""
    return " ".join((text or "").split())


def as_title(text: str | None) -> str:
    """A title as one line in NFC; nothing for one that no page would show."""
    line = unicodedata.normalize("NFC", as_line(text))
    return line if len(line) <= _LONGEST_STATED and any(map(str.isalnum, line)) else ""


def as_language(tag: str | None) -> str:
    """The language of a tag such as fr-CA: fr. Nothing for a tag without two letters."""
    match = _LANGUAGE.fullmatch(as_line(tag))
    return match[1].lower() if match else ""


def as_address(text: str | None) -> str:
    """An address that a browser can open on the web, else nothing."""
    line = (text or "").strip()
    return line if len(line) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(line) else ""


def as_day(text: str | None) -> date | None:
    """The day that begins a text such as 2025-06-24T08:00Z or 20250624; none for one to come."""
    match = _ISO_DAY.match(text or "")
    try:
        day = date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
    return day if day and _FIRST_DAY <= day <= date.today() + timedelta(days=1) else None
