"""One ranking out of several, in which no passage gains by sharing the question's language."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

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
        standing = _weighted(members, best_words)
        near = {one.row: one.nearness for one in members}
        order = sorted(near, key=lambda row: (-standing[row], -near[row], row))
        handed_out = sorted(near.values(), reverse=True)
        fused += [
            Fused(row, score, standing[row]) for row, score in zip(order, handed_out, strict=True)
        ]
    return sorted(fused, key=lambda one: (-one.score, one.row))


def _weighted(members: Sequence[Candidate], best_words: float) -> Mapping[int, float]:
    near = [one.nearness for one in members]
    late = _spread_as([one.late for one in members], near)
    # Where the two put the passages in opposite orders, as of two passages they often do, the sums
    # are equal but for rounding, which must not decide.
    met = scaled(
        {
            one.row: round((1 - LATE_WEIGHT) * nearness + LATE_WEIGHT * interaction, 9)
            for one, nearness, interaction in zip(members, near, late, strict=True)
        }
    )
    return {
        one.row: (1 - LEXICAL_WEIGHT) * met[one.row]
        + LEXICAL_WEIGHT * (one.lexical / best_words if best_words else 0.0)
        for one in members
    }


def _spread_as(scores: Sequence[float], model: Sequence[float]) -> list[float]:
    """The scores brought to the mean and the standard deviation of others; equal ones to the
    others themselves, since they tell nothing."""
    told, wanted = np.array(scores), np.array(model)
    spread = told.std()
    if min(scores) == max(scores) or not spread:
        return list(model)
    brought: list[float] = ((told - told.mean()) / spread * wanted.std() + wanted.mean()).tolist()
    return brought


def scaled(scores: Mapping[int, float]) -> dict[int, float]:
    """The scores brought to 0..1, the least to 0 and the greatest to 1; equal ones all to 0."""
    least, greatest = min(scores.values()), max(scores.values())
    width = greatest - least
    return {row: (score - least) / width if width else 0.0 for row, score in scores.items()}
