"""How likely the best sentences answer the question."""

import math
from collections.abc import Sequence

from retriever.extraction import ScoredSentence

THRESHOLD = 0.5

# A logistic model: intercept, then the weights of the features in their order.
WEIGHTS = (0.0, 0.0, 0.0, 0.0)


def features(scored: Sequence[ScoredSentence]) -> tuple[float, float, float]:
    """What the decision rests on, of sentences that are sorted best first (at least one)."""
    best = scored[0]
    return best.passage, best.cosine, best.words


def confidence(scored: Sequence[ScoredSentence]) -> float:
    """The probability, 0 to 1, that the best sentences answer the question; 0 for none."""
    if not scored:
        return 0.0
    intercept, *weights = WEIGHTS
    told = zip(weights, features(scored), strict=True)
    return 1 / (1 + math.exp(-intercept - sum(weight * value for weight, value in told)))
