"""The nouns of the archive: an article, a passage of it, a question put to it."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from archive.text import Piece, Span, file_span, well_formed

UNDETERMINED = "und"


class DateBasis(StrEnum):
    """Where a publication date comes from."""

    STATED = "stated"  # a line of the page says when it was published or updated
    INFERRED = "inferred"  # the article opens with the full date of what it reports
    PROPERTIES = "properties"  # the file's properties say when it was made
    UNKNOWN = "unknown"  # there is no date; none is invented


@dataclass(frozen=True, slots=True)
class Document:
    """One article: what its file holds once the site's furniture is out.

    path:     the file, relative to the articles folder, with "/"; it names the document.
    source:   the first folder of the path, "" for a file that lies in none.
    language: ISO 639-1, "und" where it cannot be told.
    pieces:   the way from offsets in `text` to offsets in the decoded file; of a format with
              markup, in the text that was made from the file.
    digest:   SHA-256 of the file's bytes, in hexadecimal.
    address:  where the article stands on the web, as its file says; "" if it does not.
    pages:    where the file's pages begin, as offsets in the text made from it; () without pages.
    """

    path: str
    title: str
    language: str
    published: date | None
    date_basis: DateBasis
    text: str
    pieces: tuple[Piece, ...]
    encoding: str
    digest: str
    address: str = ""
    pages: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError(f"{self.path}: a document needs text.")
        if (self.published is None) != (self.date_basis == DateBasis.UNKNOWN):
            raise ValueError(f"{self.path}: a date and its basis go together.")

    @property
    def source(self) -> str:
        return source_of(self.path)

    def title_beside(self, part: str) -> str:
        """The title that a part of the text is found by, too: none where it is in it."""
        title = self.title.removesuffix("…")
        return "" if title in part else title

    def in_file(self, start: int, end: int) -> Span:
        """Where the characters start..end of the text stand in the decoded file."""
        return file_span(self.pieces, start, end)

    def page(self, start: int) -> int | None:
        """The page, counted from 1, that a character of the text stands on; None without pages."""
        if not self.pages:
            return None
        return max(1, bisect_right(self.pages, self.in_file(start, start + 1)[0]))


def source_of(path: str) -> str:
    """The first folder of a path relative to the articles folder, "" for a file in none."""
    folder, slash, _ = path.partition("/")
    return folder if slash else ""


@dataclass(frozen=True, slots=True)
class Passage:
    """One retrievable span of one article, by character offsets into the article's text.

    `text == document.text[start:end]` always, so that a citation can be shown in its place.
    """

    path: str
    start: int
    end: int
    text: str

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end or len(self.text) != self.end - self.start:
            raise ValueError(
                f"Passage of {self.path}: {len(self.text)} characters cannot span "
                f"{self.start}..{self.end}."
            )


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles a question is put to. An empty field lets every article through.

    since, until: publication dates, both inclusive. Where either is set, an article without a
    date stays out.
    """

    languages: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        for name in ("languages", "sources"):
            object.__setattr__(self, name, frozenset(map(well_formed, getattr(self, name))))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and of which articles.

    times: whether what concerns the time that the question names is preferred.
    own_language_first: whether passages in the question's language go before all others.
    """

    text: str
    filters: Filters = field(default_factory=Filters)
    times: bool = True
    own_language_first: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", well_formed(self.text))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is not indexed: why, as a stable code and as a sentence."""

    path: str
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A file that tells what another one tells; `similarity` is the share of wording in common."""

    path: str
    of: str
    similarity: float


@dataclass(frozen=True, slots=True)
class FurnitureLine:
    """A line that a site repeats on its pages, left out of every article.

    pages: on how many pages it stands; family: how many pages the site has in the archive.
    """

    source: str
    line: str
    pages: int
    family: int

    @property
    def why(self) -> str:
        return f"at the edge of {self.pages} of the {self.family} pages that share a layout"
