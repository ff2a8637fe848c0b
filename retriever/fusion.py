"""One ranking out of several, in which no passage gains by sharing the question's language."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LEXICAL_WEIGHT = 0.3
SENTENCE_WEIGHT = 0.5
LATE_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that one of the searches found.

    cosine: its nearness to the question; sentence: that of its nearest sentence. late: how well
    its tokens meet those of the question. lexical: its BM25 score, 0 where that search did not
    find it.
    """

    row: int
    language: str
    cosine: float
    sentence: float
    late: float
    lexical: float

    @property
    def nearness(self) -> float:
        """How near the passage is as a whole and at its nearest point."""
        return (1 - SENTENCE_WEIGHT) * self.cosine + SENTENCE_WEIGHT * self.sentence


@dataclass(frozen=True, slots=True)
class Fused:
    """A passage in the fused ranking.

    score: a nearness, which orders passages of all languages.
    standing: 0..1, how meaning and words together place it among its own language.
    """

    row: int
    score: float
    standing: float


def fuse(candidates: Sequence[Candidate]) -> list[Fused]:
    """The candidates, best first; equal scores keep the smaller row first.

    Within one language the passages are put in the order of a weighted sum: the nearness and the
    late interaction, which is first brought to the nearness's mean and spread, scaled to 0..1 over
    that language's candidates; and the BM25 score, as a share of the best in any language, so that
    a chance word in another language weighs little. The language's own nearnesses are then handed
    out in that order: tokens and words reorder a language and never lift it over another, as they
    always would lift the language of the question.
    """
    best_words = max((one.lexical for one in candidates), default=0.0)
    by_language: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_language[candidate.language].append(candidate)
    fused: list[Fused] = []
    for members in by_language.values():
        near = [one.nearness for one in members]
        standing = _standings(members, near, best_words)
        told = zip(standing, near, [one.row for one in members], strict=True)
        order = sorted((-placed, -nearness, row) for placed, nearness, row in told)
        fused += [
            Fused(row, score, -placed)
            for (placed, _, row), score in zip(order, sorted(near, reverse=True), strict=True)
        ]
    return sorted(fused, key=lambda one: (-one.score, one.row))


def _standings(
    members: Sequence[Candidate], near: Sequence[float], best_words: float
) -> list[float]:
    """How meaning and words together place each passage of a language. near: their nearnesses."""
    late = _spread_as([one.late for one in members], near)
    # Where the two put the passages in opposite orders, as of two passages they often do, the sums
    # are equal but for rounding, which must not decide.
    met = scaled(
        [
            round((1 - LATE_WEIGHT) * nearness + LATE_WEIGHT * interaction, 9)
            for nearness, interaction in zip(near, late, strict=True)
        ]
    )
    return [
        (1 - LEXICAL_WEIGHT) * meaning
        + LEXICAL_WEIGHT * (one.lexical / best_words if best_words else 0.0)
        for one, meaning in zip(members, met, strict=True)
    ]


def _spread_as(scores: Sequence[float], model: Sequence[float]) -> list[float]:
    """The scores brought to the mean and the standard deviation of others; equal ones to the
    others themselves, since they tell nothing."""
    away, _, spread = _apart(scores)
    if min(scores) == max(scores) or not spread:
        return list(model)
    _, mean, wanted = _apart(model)
    brought: list[float] = (away / spread * wanted + mean).tolist()
    return brought


def _apart(scores: Sequence[float]) -> tuple[npt.NDArray[np.float64], float, float]:
    """How far each score is from their mean, the mean, and their standard deviation."""
    told = np.array(scores)
    mean = told.sum() / len(told)
    away = told - mean
    return away, mean, np.sqrt((away * away).sum() / len(told))


def scaled(scores: Sequence[float]) -> list[float]:
    """The scores brought to 0..1, the least to 0 and the greatest to 1; equal ones all to 0."""
    least, greatest = min(scores), max(scores)
    width = greatest - least
    return [(score - least) / width if width else 0.0 for score in scores]
