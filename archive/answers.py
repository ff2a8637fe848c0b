"""What the retriever gives back: ranked passages, and answers made of quotations."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from archive.documents import Document, Passage


@dataclass(frozen=True, slots=True)
class Why:
    """Why a passage was found. Ranks count from 1; None where that search did not find it.

    words: the words of the question that stand in the passage, as the question writes them.
    """

    dense_rank: int | None
    lexical_rank: int | None
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """A passage found for a question, with its article. Ranks count from 1, best first.

    row: its number in the snapshot.
    score: how near it is to the question; it orders passages of all languages, and compares only
    within one result. standing: 0..1, how meaning and words place it among its own language.
    """

    rank: int
    row: int
    passage: Passage
    document: Document
    score: float
    standing: float
    why: Why


class AnswerKind(StrEnum):
    EXTRACT = "extract"  # sentences quoted from articles
    NONE = "none"  # the archive does not answer


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quoted sentence stands: in the article's text and in its decoded file.

    n counts from 1 in the order of the answer. `start` and `end` are character offsets into the
    article's text, `file_start` and `file_end` into the decoded file, where the same words stand
    up to Unicode normalisation (NFC).
    """

    n: int
    path: str
    title: str
    language: str
    published: date | None
    start: int
    end: int
    file_start: int
    file_end: int
    quote: str

    @classmethod
    def of(cls, n: int, document: Document, start: int, end: int) -> "Citation":
        """Quote a span of an article. A span outside the article is a bug and raises ValueError."""
        quote = document.text[start:end]
        if not 0 <= start < end <= len(document.text):
            raise ValueError(f"{document.path}: no quotation at {start}..{end}.")
        return cls(
            n, document.path, document.title, document.language, document.published,
            start, end, *document.in_file(start, end), quote,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer: the words of an article, and the number of the citation."""

    text: str
    citation: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer is quotations only; a refusal is an answer with none, and the closest passages.

    confidence: how likely the quotations answer the question, 0 to 1.
    seconds: how long it took.
    """

    kind: AnswerKind
    question: str
    confidence: float
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    closest: tuple[RankedPassage, ...]
    seconds: float

    def __post_init__(self) -> None:
        if (self.kind == AnswerKind.NONE) != (not self.sentences):
            raise ValueError("A refusal quotes nothing, and every other answer quotes something.")
        quotes = {citation.n: citation.quote for citation in self.citations}
        for sentence in self.sentences:
            if quotes.get(sentence.citation) != sentence.text:
                raise ValueError(f"Sentence {sentence.text!r} is not what its citation quotes.")
