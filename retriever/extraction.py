"""The sentences that answer: chosen among all sentences of the leading passages."""

from collections.abc import Sequence
from dataclasses import dataclass

from archive.answers import RankedPassage
from archive.documents import Document
from archive.encoder import Encoder
from archive.languages import Vectors
from archive.text import Span, sentences, stems

LEADING_PASSAGES = 5
MOST_SENTENCES = 3
SHORTEST = 3  # words; anything shorter is a heading or a signature

# How much worse than the best a further sentence may score, and how much it may resemble one
# that is already chosen (share of its words).
_WITHIN = 0.04
_SAME_WORDS = 0.8

# What a sentence's own cosine is joined by: the cosine of its passage, and the words it shares
# with the question.
_PASSAGE_WEIGHT = 0.5
_WORDS_WEIGHT = 0.15


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence of an article, by offsets into its text, and how well it answers.

    cosine: nearness of the sentence to the question. words: the share of the question's words
    that it holds. passage: the score of the passage it stands in.
    """

    document: Document
    start: int
    end: int
    cosine: float
    words: float
    passage: float

    @property
    def text(self) -> str:
        return self.document.text[self.start : self.end]

    @property
    def score(self) -> float:
        return self.cosine + _PASSAGE_WEIGHT * self.passage + _WORDS_WEIGHT * self.words


def score_sentences(
    question: str, vector: Vectors, ranked: Sequence[RankedPassage], encoder: Encoder
) -> list[ScoredSentence]:
    """The sentences of the leading passages, best first; equal scores in order of place.

    vector: (d,) of the question, unit length.
    """
    places = [(hit, span) for hit in ranked[:LEADING_PASSAGES] for span in _spans(hit)]
    if not places:
        return []
    texts = [hit.document.text[start:end] for hit, (start, end) in places]
    cosines = encoder.encode_passages(texts) @ vector
    scored = [
        ScoredSentence(
            hit.document, start, end, float(cosine),
            share_of_words(question, hit.document.text[start:end], hit.document.language),
            hit.score,
        )
        for (hit, (start, end)), cosine in zip(places, cosines, strict=True)
    ]  # fmt: skip
    return sorted(scored, key=lambda one: (-one.score, one.document.path, one.start))


def _spans(hit: RankedPassage) -> list[Span]:
    passage, language = hit.passage, hit.document.language
    return [
        (passage.start + start, passage.start + end)
        for start, end in sentences(passage.text, language)
        if len(passage.text[start:end].split()) >= SHORTEST
    ]


def share_of_words(question: str, sentence: str, language: str) -> float:
    """The share of the question's stems, as stemmed in the sentence's language, that it holds."""
    wanted = set(stems(question, language))
    return len(wanted & set(stems(sentence, language))) / len(wanted) if wanted else 0.0


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
    mine, theirs = (set(stems(each.text, each.document.language)) for each in (one, other))
    return len(mine & theirs) >= _SAME_WORDS * min(len(mine), len(theirs))
