"""How likely the best sentences answer the question."""

import math
from collections.abc import Sequence

from archive.languages import detect_language
from archive.text import words
from retriever.extraction import ScoredSentence

# A wrong answer is taken to cost half of what withholding a right one does, since the reader sees
# every quotation in its place: below odds of one to two the archive is said not to answer.
THRESHOLD = 1 / 3

# A logistic model; what it was fitted on, and how far off it is: docs/evaluation.md.
_INTERCEPT = -23.52
_SENTENCE, _PASSAGE, _WORDS, _ACROSS = 13.23, 12.29, 3.40, 2.94

# A question of fewer different words than this is not known to be in another language.
_WORDS_TO_TELL = 3


def confidence(scored: Sequence[ScoredSentence], question: str) -> float:
    """The probability, 0 to 1, that the best sentences answer the question; 0 for none.

    scored: sorted, best first. Words in common count only within the question's language; a
    sentence in another language has none and is less near, which is made up for.
    """
    if not scored:
        return 0.0
    best = scored[0]
    told = _INTERCEPT + _SENTENCE * best.cosine + _PASSAGE * best.passage
    across = best.document.language != detect_language(question)
    if across and len(set(words(question))) >= _WORDS_TO_TELL:
        told += _ACROSS
    else:
        told += _WORDS * best.words
    return 1 / (1 + math.exp(-told))
