"""What the retriever gives back: ranked passages, and answers made of quotations."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum

from archive.dates import Period
from archive.documents import Document, Passage
from archive.text import Span


@dataclass(frozen=True, slots=True)
class Why:
    """Why a passage was found. Ranks count from 1; None where that search did not find it.

    words: the words of the question that stand in the passage, as the question writes them.
    in_period: whether the passage concerns the time that the question names, and so was preferred.
    """

    dense_rank: int | None
    lexical_rank: int | None
    words: tuple[str, ...]
    in_period: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """Another article that tells the same release.

    place: where it says what is quoted, None where that is not known.
    """

    path: str
    title: str
    language: str
    published: date | None
    place: Span | None = None


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """A passage found for a question, with its article. Ranks count from 1, best first.

    row: its number in the snapshot.
    score: how near it is to the question; it orders passages of all languages, and compares only
    within one result. standing: 0..1, how meaning and words place it among its own language.
    versions: the other articles of its release that pass the question's filters.
    """

    rank: int
    row: int
    passage: Passage
    document: Document
    score: float
    standing: float
    why: Why
    versions: tuple[Version, ...] = ()


class AnswerKind(StrEnum):
    EXTRACT = "extract"  # sentences quoted from articles
    NONE = "none"  # the archive does not answer


@dataclass(frozen=True, slots=True)
class Context:
    """The sentence that a quoted one leans on, by offsets into the article's text.

    It is shown before the quotation and is no part of the answer.
    """

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quoted sentence stands: in the article's text and in its decoded file.

    n counts from 1 in the order of the answer. `start` and `end` are character offsets into the
    article's text, `file_start` and `file_end` into the decoded file, or the text that was made
    from a file with markup, where the same words stand up to Unicode normalisation (NFC).
    versions: the other articles of the same release.
    context: the sentence before, where the quoted one leans on it.
    page: the page of the file that the quotation begins on, None for files without pages.
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
    versions: tuple[Version, ...] = ()
    context: Context | None = None
    page: int | None = None

    @classmethod
    def of(
        cls,
        n: int,
        document: Document,
        start: int,
        end: int,
        versions: tuple[Version, ...] = (),
        context: Span | None = None,
    ) -> "Citation":
        """Quote a span of an article, with the span before it that it leans on.

        A span outside the article, or a context that is not before it, is a bug and raises
        ValueError.
        """
        quote = document.text[start:end]
        if not 0 <= start < end <= len(document.text):
            raise ValueError(f"{document.path}: no quotation at {start}..{end}.")
        if context and not 0 <= context[0] < context[1] <= start:
            raise ValueError(f"{document.path}: no context at {context} for {start}..{end}.")
        return cls(
            n, document.path, document.title, document.language, document.published,
            start, end, *document.in_file(start, end), quote, versions,
            Context(*context, document.text[slice(*context)]) if context else None,
            document.page(start),
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
    period: the time that the question names, where it was heeded.
    unheld: what the question has in quotation marks, where no passage holds it all.
    stages: the seconds that each stage of it took.
    """

    kind: AnswerKind
    question: str
    confidence: float
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    closest: tuple[RankedPassage, ...]
    seconds: float
    period: Period | None = None
    unheld: tuple[str, ...] = ()
    stages: Mapping[str, float] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if (self.kind == AnswerKind.NONE) != (not self.sentences):
            raise ValueError("A refusal quotes nothing, and every other answer quotes something.")
        quotes = {citation.n: citation.quote for citation in self.citations}
        for sentence in self.sentences:
            if quotes.get(sentence.citation) != sentence.text:
                raise ValueError(f"Sentence {sentence.text!r} is not what its citation quotes.")


def passage_facts(found: RankedPassage) -> dict[str, object]:
    """What JSON tells of a passage that was found."""
    return {
        "rank": found.rank,
        "path": found.passage.path,
        "title": found.document.title,
        "language": found.document.language,
        "published": found.document.published,
        "start": found.passage.start,
        "end": found.passage.end,
        "text": found.passage.text,
        "score": found.score,
        "why": asdict(found.why),
        "versions": [asdict(version) for version in found.versions],
    }


def answer_facts(answer: Answer) -> dict[str, object]:
    """What JSON tells of an answer; dates are still dates."""
    return {
        "kind": answer.kind,
        "question": answer.question,
        "period": asdict(answer.period) if answer.period else None,
        "unheld": answer.unheld,
        "confidence": answer.confidence,
        "sentences": [asdict(sentence) for sentence in answer.sentences],
        "citations": [asdict(citation) for citation in answer.citations],
        "closest": [passage_facts(one) for one in answer.closest],
        "seconds": answer.seconds,
        "stages": dict(answer.stages),
    }
