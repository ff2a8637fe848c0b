"""The sentences that answer: chosen among all sentences of the leading passages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from archive.answers import RankedPassage
from archive.documents import Document
from archive.text import Span, held_stems, words
from retriever.expected import expected, holds

MOST_SENTENCES = 3
SHORTEST = 5  # words; anything shorter is a heading, a signature or a date

# How much worse than the best a further sentence may score, and how much it may resemble one
# that is already chosen (share of its words).
_WITHIN = 0.2
_SAME_WORDS = 0.8

# What a sentence's own cosine is joined by; how it was chosen: docs/evaluation.md.
_PASSAGE_WEIGHT = 0.5
_WORDS_WEIGHT = 0.1
_STANDING_WEIGHT = 0.1
_LATE_WEIGHT = 0.8
_LEAD_WEIGHT = 0.8
_EXPECTED_WEIGHT = 0.03


# The stems that stand for each word of a question in a language, and how rare it is.
Sought = Mapping[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence of an article, by offsets into its text, and how well it answers.

    cosine: nearness of the sentence to the question. late: how well its tokens meet those of the
    question. words: the share of the question's words
    that it holds, rare ones counting more. passage, standing: those of its passage. lead: how much
    nearer the sentence before it in the passage is, 0 if it is not: what answers often follows
    what the question names. expected: whether it holds the kind of answer that is asked for.
    """

    document: Document
    start: int
    end: int
    cosine: float
    late: float
    words: float
    passage: float
    standing: float
    lead: float = 0.0
    expected: bool = False

    @property
    def text(self) -> str:
        return self.document.text[self.start : self.end]

    @property
    def score(self) -> float:
        return (
            self.cosine
            + _LATE_WEIGHT * self.late
            + _PASSAGE_WEIGHT * self.passage
            + _WORDS_WEIGHT * self.words
            + _STANDING_WEIGHT * self.standing
            + _LEAD_WEIGHT * self.lead
            + _EXPECTED_WEIGHT * self.expected
        )


@dataclass(frozen=True, slots=True)
class Told:
    """A passage that was found, the spans of its sentences, how near each comes to the question
    and how well its tokens meet the question's."""

    hit: RankedPassage
    sentences: list[Span]
    cosines: list[float]
    late: list[float]


def score_sentences(
    question: str, leading: Sequence[Told], sought: Mapping[str, Sought]
) -> list[ScoredSentence]:
    """The sentences of the leading passages, best first; equal scores in order of place.

    sought: what the words of the question are looked for as, for each language of the passages.
    """
    kind = expected(question)
    scored = [
        ScoredSentence(
            hit.document,
            start,
            end,
            cosine,
            late,
            _words(text, told, hit.document.language, sought[hit.document.language]),
            hit.score,
            hit.standing,
            max(before - cosine, 0.0),
            holds(kind, told, question),
        )
        for one in leading
        for hit in [one.hit]
        for (start, end), cosine, late, before in zip(
            one.sentences, one.cosines, one.late, [0.0, *one.cosines[:-1]], strict=True
        )
        for text in [hit.document.text[start:end]]
        for told in [_told(text)]
        if len(told) >= SHORTEST
    ]
    return sorted(scored, key=lambda one: (-one.score, one.document.path, one.start))


@lru_cache(maxsize=1024)
def _told(sentence: str) -> tuple[str, ...]:
    """The words of a sentence; for one question they are looked at several times."""
    return tuple(words(sentence))


def _words(text: str, told: Sequence[str], language: str, sought: Sought) -> float:
    """The share of the question's words that a sentence holds, each by its rarity.

    told: the words of the sentence.
    """
    stems = (stem for forms in sought for stem in forms)
    held = held_stems(text, language, stems, told)
    found = sum(rarity for forms, rarity in sought.items() if not held.isdisjoint(forms))
    return found / sum(sought.values()) if found else 0.0


def choose(scored: Sequence[ScoredSentence]) -> list[ScoredSentence]:
    """Up to MOST_SENTENCES of the best that each add something new, best first."""
    chosen: list[ScoredSentence] = []
    for sentence in scored:
        if len(chosen) == MOST_SENTENCES or sentence.score < scored[0].score - _WITHIN:
            break
        if not any(_says_the_same(sentence, other) for other in chosen):
            chosen.append(sentence)
    return chosen


def in_reading_order(chosen: Sequence[ScoredSentence]) -> list[ScoredSentence]:
    """The sentences of one article in the order they stand in; the best one's article first."""
    order = list(dict.fromkeys(one.document.path for one in chosen))
    return sorted(chosen, key=lambda one: (order.index(one.document.path), one.start))


def _says_the_same(one: ScoredSentence, other: ScoredSentence) -> bool:
    mine, theirs = (
        held_stems(each.text, each.document.language, (), _told(each.text)) for each in (one, other)
    )
    return len(mine & theirs) >= _SAME_WORDS * min(len(mine), len(theirs))
