"""What readers think of the answers they got, kept beside the snapshots of the index."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from archive.answers import Answer, AnswerKind
from archive.documents import Filters, Question
from archive.errors import FeedbackUnwritable
from archive.snapshot import Snapshot
from archive.storage import append_line
from archive.text import well_formed

FEEDBACK = "feedback.jsonl"  # in the folder of the index: indexing again leaves it alone
LONGEST_WORDS = 500  # characters


class Verdict(StrEnum):
    UP = "up"
    DOWN = "down"
    WITHDRAWN = "withdrawn"  # the reader took the verdict back


class Reason(StrEnum):
    """What is wrong with an answer, or with a refusal."""

    WRONG_PASSAGE = "wrong_passage"
    OUTDATED = "outdated"
    WRONG_LANGUAGE = "wrong_language"
    MISSING_DOCUMENT = "missing_document"
    SHOULD_HAVE_REFUSED = "should_have_refused"
    SHOULD_HAVE_ANSWERED = "should_have_answered"


REASONS = {
    AnswerKind.EXTRACT: tuple(one for one in Reason if one != Reason.SHOULD_HAVE_ANSWERED),
    AnswerKind.NONE: (Reason.SHOULD_HAVE_ANSWERED, Reason.MISSING_DOCUMENT, Reason.WRONG_LANGUAGE),
}


class Quoted(BaseModel):
    """A citation of the answer: character offsets into the article's text, and its words."""

    model_config = ConfigDict(frozen=True)

    path: str
    start: int = Field(ge=0)
    end: int
    quote: str


class Judgement(BaseModel):
    """What one reader thought of one answer, and what the answer was.

    id: of the judgement; a later line with the same one replaces it.
    time: UTC. snapshot, model: what answered.
    """

    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1)
    time: AwareDatetime
    question: str
    filters: Filters
    kind: AnswerKind
    confidence: float
    citations: tuple[Quoted, ...]
    snapshot: str
    model: str
    verdict: Verdict
    reason: Reason | None = None
    words: str = Field("", max_length=LONGEST_WORDS)


def judge(
    id: str,
    snapshot: Snapshot,
    question: Question,
    answer: Answer,
    verdict: Verdict,
    reason: Reason | None = None,
    words: str = "",
) -> Judgement:
    """What is kept of an answer that a reader judges now. Words beyond the longest are cut."""
    cited = [
        Quoted(path=one.path, start=one.start, end=one.end, quote=one.quote)
        for one in answer.citations
    ]
    return Judgement(
        id=id,
        time=datetime.now(UTC),
        question=question.text,
        filters=question.filters,
        kind=answer.kind,
        confidence=answer.confidence,
        citations=tuple(cited),
        snapshot=snapshot.name,
        model=snapshot.facts.model,
        verdict=verdict,
        reason=reason,
        words=well_formed(words.strip())[:LONGEST_WORDS],
    )


def keep(index_dir: Path, judgement: Judgement) -> None:
    """Add a judgement to those of the index. Raises FeedbackUnwritable."""
    try:
        append_line(index_dir / FEEDBACK, judgement.model_dump_json().encode())
    except OSError as error:
        raise FeedbackUnwritable(index_dir, (error.strerror or "unknown reason").lower()) from None


def read_judgements(index_dir: Path) -> tuple[list[Judgement], int]:
    """The last word of every judgement in the order of the first, and how many lines are not one.

    Such a line is half of one, of a machine that stopped, or was written by something else.
    None, and 0, where nothing was ever judged.
    """
    try:
        lines = (index_dir / FEEDBACK).read_bytes().split(b"\n")
    except FileNotFoundError:
        return [], 0
    judgements: dict[str, Judgement] = {}
    foreign = 0
    for line in filter(None, lines):
        try:
            judgement = Judgement.model_validate_json(line)
        except ValidationError:
            foreign += 1
        else:
            judgements[judgement.id] = judgement
    return list(judgements.values()), foreign
