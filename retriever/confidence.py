"""How likely the best sentences answer the question."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from archive.languages import detect_language
from archive.text import words
from retriever.expected import Expected, expected
from retriever.extraction import ScoredSentence, choose

# A wrong answer is taken to cost half of what withholding a right one does, since the reader sees
# every quotation in its place: below odds of one to two the archive is said not to answer.
THRESHOLD = 1 / 3

# A logistic model; `python -m evaluation.fit_confidence` fits it: docs/evaluation.md.
_INTERCEPT = -14.52
_SENTENCE, _LATE, _WORDS, _ACROSS, _LACKING = 14.58, 4.52, 0.22, 0.45, -0.48

# A question of fewer different words than this is not known to be in another language.
_WORDS_TO_TELL = 3


@dataclass(frozen=True, slots=True)
class Signs:
    """What tells whether sentences answer a question, each the greatest of any of them.

    sentence: the cosine; late: how well its tokens meet the question's; words: the share of the
    question's words, 0 where the best is in another language. across: whether it is. lacking:
    whether the question asks for a figure and none of the sentences chosen holds one.
    """

    sentence: float
    late: float
    words: float
    across: bool
    lacking: bool


def signs(scored: Sequence[ScoredSentence], question: str) -> Signs | None:
    """The signs of sentences, best first; None for no sentence.

    Words in common count only within the question's language; a sentence in another has none,
    which is made up for.
    """
    if not scored:
        return None
    across = (
        scored[0].document.language != detect_language(question)
        and len(set(words(question))) >= _WORDS_TO_TELL
    )
    return Signs(
        max(one.cosine for one in scored),
        max(one.late for one in scored),
        0.0 if across else max(one.words for one in scored),
        across,
        expected(question) == Expected.FIGURE and not any(one.expected for one in choose(scored)),
    )


def confidence(told: Signs) -> float:
    """The probability, 0 to 1, that the best sentences answer the question."""
    logit = (
        _INTERCEPT
        + _SENTENCE * told.sentence
        + _LATE * told.late
        + _WORDS * told.words
        + _ACROSS * told.across
        + _LACKING * told.lacking
    )
    return 1 / (1 + math.exp(-logit))
